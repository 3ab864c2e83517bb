/* Packs the bytes of one member at a time: plain bytes in, stored or
 * deflated bytes out.
 *
 * Members of up to FSK_PACK_WHOLE bytes are gathered and deflated by
 * libdeflate at one go, and stored when that saves less than one part in
 * fifty. Larger ones are streamed: stored when samples of their beginning do
 * not deflate, else through zlib, because libdeflate cannot stream. What comes out
 * depends on the level, the bytes and which of them were given as zeros, not
 * on the pieces they came in. */
#ifndef FSK_ARCHIVE_PACK_H
#define FSK_ARCHIVE_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

#define FSK_PACK_WHOLE (16u * 1024u * 1024u)

struct fsk_pack;

/* Gets packed bytes, in pieces of 64 KiB and more but for the last. */
typedef int fsk_pack_sink(void *arg, const void *p, size_t n, struct fsk_err *err);

/* `level` is 0 (store everything) to 12; -1 is 6. zlib knows levels to 9. */
int fsk_pack_new(struct fsk_pack **out, int level, fsk_pack_sink *sink, void *arg,
                 struct fsk_err *err);
void fsk_pack_free(struct fsk_pack *p);

/* Begins a member; forgets one that was not ended. */
void fsk_pack_begin(struct fsk_pack *p);
int fsk_pack_write(struct fsk_pack *p, const void *data, size_t n, struct fsk_err *err);
/* `n` zero bytes. Long runs cost next to nothing. */
int fsk_pack_zeros(struct fsk_pack *p, uint64_t n, struct fsk_err *err);
/* Gives out what is left; `method` is FSK_ZIP_STORED or FSK_ZIP_DEFLATED. */
int fsk_pack_end(struct fsk_pack *p, uint16_t *method, struct fsk_err *err);

#endif
