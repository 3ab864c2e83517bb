/* ZIP archives (.zip, .nupkg, .jar, .docx): their members, and the bytes of one. libzip reads them
 * by ranges of the file; nothing is written.
 *
 * Format: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification" 6.3. */
#ifndef FSK_PLUGINS_ZIP_ZIP_H
#define FSK_PLUGINS_ZIP_ZIP_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/buf.h"
#include "core/base/digest.h"
#include "core/base/err.h"
#include "plugins/shared/input.h"

/* Which member. */
struct fsk_zip_which {
	const char *name; /* as the archive has it, the first of several; NULL: by index */
	int64_t index;    /* from 1, in the order of the directory */
};

/* Lists the members, as zip.open tells it. `*told` and `*notes` (texts, what is damaged) are new
 * references. FSK_ECORRUPT when it is no archive, FSK_ELIMIT when its directory is too large,
 * FSK_EIO, FSK_ENOMEM. */
int fsk_zip_examine(json_t **told, json_t **notes, const struct fsk_input *in, struct fsk_err *err);

/* Appends up to `max` bytes of a member from byte `offset` of its content. What contradicts the
 * format behind bytes that could be had becomes a text in `*note` (to be freed, NULL when
 * nothing), and those bytes stay. FSK_ENOTFOUND, FSK_EUNSUPPORTED (encrypted, or a method that
 * libzip lacks), FSK_ECORRUPT, FSK_ELIMIT: larger than FSK_ZIP_MEMBER_MAX, or packed as
 * no file is (FSK_ZIP_RATIO_MAX). */
int fsk_zip_read(struct fsk_buf *out, char **note, const struct fsk_input *in,
                 const struct fsk_zip_which *which, uint64_t offset, size_t max,
                 struct fsk_err *err);

/* Digests of the content of a member, and its size. Also FSK_ECORRUPT when it is damaged
 * anywhere. */
int fsk_zip_digests(struct fsk_digests *out, uint64_t *size, const struct fsk_input *in,
                    const struct fsk_zip_which *which, struct fsk_err *err);

#endif
