/* Where a DEFLATE stream ends, to the bit, so that another can follow it.
 *
 * libdeflate makes a whole stream at a time, and its last block says that it
 * is the last (BFINAL). A stream whose last block does not say so, padded to
 * a byte with an empty stored block, can be followed by a second stream, and
 * both together are one. To find that bit all blocks are walked through:
 * codes are read, but nothing is unpacked.
 *
 * Facts: RFC 1951. */
#ifndef FSK_ARCHIVE_DEFLATE_H
#define FSK_ARCHIVE_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

#define FSK_DEFLATE_OPEN_MAX 5u       /* bytes that fsk_deflate_open adds at most */
#define FSK_DEFLATE_STORED_MAX 65535u /* bytes of a stored block */
#define FSK_DEFLATE_STORED_HEAD 5u    /* bytes in front of them, at a byte's edge */

struct fsk_deflate; /* tables of codes: 20 KiB that are used again and again */

/* NULL without memory. Free with fsk_deflate_free (NULL is allowed). */
struct fsk_deflate *fsk_deflate_new(void);
void fsk_deflate_free(struct fsk_deflate *d);

/* Opens the end of the stream in p[0, *n), which must be exactly one stream:
 * clears BFINAL and pads. There must be room for FSK_DEFLATE_OPEN_MAX bytes
 * behind it; *n comes out longer. FSK_ECORRUPT when it is no such stream: it
 * is then as it was. */
int fsk_deflate_open(struct fsk_deflate *d, uint8_t *p, size_t *n, struct fsk_err *err);

/* Writes the head of a stored block of `n` bytes at a byte's edge. */
void fsk_deflate_stored_head(uint8_t head[FSK_DEFLATE_STORED_HEAD], size_t n, int final);

#endif
