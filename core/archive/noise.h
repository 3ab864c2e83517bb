/* Which parts of some bytes will not deflate, found out at a fraction of what
 * deflating them costs: what is packed or encrypted already. */
#ifndef FSK_ARCHIVE_NOISE_H
#define FSK_ARCHIVE_NOISE_H

#include <stddef.h>
#include <stdint.h>

#define FSK_NOISE_UNIT 32768u          /* bytes that are judged together: the window of deflate */
#define FSK_NOISE_PIECE_MAX (1u << 20) /* bytes that can be judged at once */

struct fsk_noise; /* tables: 20 KiB that are used again and again */

/* NULL without memory. Free with fsk_noise_free (NULL is allowed). */
struct fsk_noise *fsk_noise_new(void);
void fsk_noise_free(struct fsk_noise *t);

/* Judges p[0, n): bit i of the result is set when unit i (the last one may be
 * short) is noise. A unit is not when a Huffman code for its bytes would save
 * about one part in a hundred, nor when more than one part in a hundred of it
 * was there in the 32 KiB before. The answer depends on the bytes alone. */
uint32_t fsk_noise_units(struct fsk_noise *t, const uint8_t *p, size_t n);

#endif
