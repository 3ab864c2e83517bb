/* XPRESS with Huffman codes, as Windows packs prefetch files, hibernation files
 * and files of a compressed system. Format: [MS-XCA] 2.1 and 2.2. */
#ifndef FSK_BASE_XPRESS_H
#define FSK_BASE_XPRESS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

/* Inflates `n` bytes to exactly `size` bytes at `out`. FSK_ECORRUPT with `done`
 * (NULL: not asked) bytes that are good before the place where the data
 * contradicts itself or ends; FSK_ENOMEM. */
int fsk_xpress_huffman(uint8_t *out, size_t size, size_t *done, const uint8_t *data, size_t n,
                       struct fsk_err *err);

#endif
