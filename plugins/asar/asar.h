/* Archives of Electron programs (app.asar): an index in JSON in front of the files.
 *
 * Format: https://github.com/electron/asar, README.md ("Format") and src/integrity.ts: two pickles
 * (a length of 4 bytes, then the index with its own lengths), then the files one behind the other;
 * offsets count from the end of the index. */
#ifndef FSK_PLUGINS_ASAR_ASAR_H
#define FSK_PLUGINS_ASAR_ASAR_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "plugins/shared/input.h"

/* Lists the files, as asar.open tells it. `*told` and `*notes` (texts, what is damaged) are new
 * references. FSK_ECORRUPT when it is no archive, FSK_ELIMIT when the index is too large, FSK_EIO,
 * FSK_ENOMEM. */
int fsk_asar_examine(json_t **told, json_t **notes, const struct fsk_input *in,
                     struct fsk_err *err);

/* Appends up to `max` bytes from byte `offset` of the file at `path`. When that is the whole file,
 * it is compared with the digest that the index has of it. `*note` (to be freed) is NULL, or what
 * is wrong with it. FSK_ENOTFOUND, also for a file that lies beside the archive; FSK_ECORRUPT when
 * it would lie behind the end; FSK_ELIMIT, FSK_EIO, FSK_ENOMEM. */
int fsk_asar_read(struct fsk_buf *out, char **note, const struct fsk_input *in, const char *path,
                  uint64_t offset, size_t max, struct fsk_err *err);

#endif
