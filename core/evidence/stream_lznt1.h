/* LZNT1, the compression of NTFS ([MS-XCA] 2.5): chunks of at most 4096
 * bytes, each a u16le header (bits 0-11 length of the chunk minus 3, bit 15
 * compressed) and tokens. Internal to core/evidence. */
#ifndef FSK_EVIDENCE_STREAM_LZNT1_H
#define FSK_EVIDENCE_STREAM_LZNT1_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

/* Decompresses `in` into `out`, whose capacity is the compression unit. A
 * chunk that ends early leaves zeros up to its next multiple of 4096, as does
 * a header of zero for the rest of the unit. FSK_ECORRUPT leaves `out`
 * zeroed: half a unit is worth nothing to who hashes it. */
int fsk_lznt1_decompress(uint8_t *out, size_t cap, const uint8_t *in, size_t len,
                         struct fsk_err *err);

#endif
