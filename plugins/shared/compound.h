/* OLE compound files, from memory or by ranges: jump lists, Windows Installer packages,
 * documents of old Office, Thumbs.db. Format: [MS-CFB].
 *
 * libolecf 20181231 is not asked: storages that are nested deeply end it with
 * a stack that overflows, listing takes quadratic time, and of a file that is
 * cut off it reads nothing. */
#ifndef FSK_PLUGINS_SHARED_COMPOUND_H
#define FSK_PLUGINS_SHARED_COMPOUND_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "plugins/shared/input.h"

struct fsk_compound;

/* Opens the `size` bytes at `data`, which it takes over (of malloc), also on
 * failure. FSK_ECORRUPT when it is none or has no directory, FSK_EUNSUPPORTED,
 * FSK_ENOMEM. */
int fsk_compound_open(struct fsk_compound **out, uint8_t *data, size_t size, struct fsk_err *err);
/* The same of a file whose ranges are read on demand; what `in` points to has to stay. Also
 * FSK_ELIMIT beyond FSK_OLECF_FILE_MAX. */
int fsk_compound_open_input(struct fsk_compound **out, const struct fsk_input *in,
                            struct fsk_err *err);
void fsk_compound_close(struct fsk_compound *c);

/* Streams in the order of their paths: names of storages and of the stream,
 * parted by '/', in UTF-8 with "\uNNNN" for a lone surrogate. */
size_t fsk_compound_count(const struct fsk_compound *c);
const char *fsk_compound_path(const struct fsk_compound *c, size_t i);
uint64_t fsk_compound_size(const struct fsk_compound *c, size_t i);

/* What could not be listed, as one sentence; NULL when nothing. */
const char *fsk_compound_damage(const struct fsk_compound *c);

/* Appends up to `max` bytes from `offset` of the stream of that path. FSK_ENOTFOUND;
 * FSK_ECORRUPT when fewer are there than its size says (they are appended);
 * FSK_ELIMIT beyond what `out` may hold; FSK_ENOMEM. */
int fsk_compound_read(struct fsk_buf *out, struct fsk_compound *c, const char *path,
                      uint64_t offset, size_t max, struct fsk_err *err);

#endif
