/* Typed values of binary XML as text, as Windows shows them: numbers in decimals, SIDs as
 * S-1-…, times in ISO, bytes in hexadecimal digits. Values of a list are parted by a NUL; a
 * text with NULs in it is a list, too. */
#ifndef FSK_PLUGINS_EVTX_VALUE_H
#define FSK_PLUGINS_EVTX_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

#define FSK_EVTX_NULL 0x00u
#define FSK_EVTX_STRING 0x01u
#define FSK_EVTX_UINT16 0x06u
#define FSK_EVTX_XML 0x21u
#define FSK_EVTX_STRINGS 0x81u /* a list: each ended by NUL */

/* Appends the value of `n` bytes. A size that does not fit the type, and a type that is not
 * known, come as hexadecimal digits. FSK_ELIMIT, FSK_ENOMEM. */
int fsk_evtx_value(struct fsk_buf *out, unsigned type, const uint8_t *p, size_t n,
                   struct fsk_err *err);

#endif
