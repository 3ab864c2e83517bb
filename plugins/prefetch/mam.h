/* What Windows 10 packs prefetch files in: "MAM", the kind of packing, the
 * length of the content, a checksum if the kind says so, the packed bytes. */
#ifndef FSK_PLUGINS_PREFETCH_MAM_H
#define FSK_PLUGINS_PREFETCH_MAM_H

#include <stdbool.h>

#include "core/base/buf.h"

bool fsk_mam_is(const uint8_t *data, size_t size);

/* Unpacks into `out`, up to its max: FSK_ELIMIT beyond. FSK_EUNSUPPORTED for
 * other kinds than XPRESS with Huffman codes. FSK_ECORRUPT with what is good in
 * `out`, which may be nothing; FSK_ENOMEM. */
int fsk_mam_unpack(struct fsk_buf *out, const uint8_t *data, size_t size, struct fsk_err *err);

#endif
