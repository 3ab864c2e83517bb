/* Icons and cursors of Windows (.ico, .cur): the pictures in them, and what lies behind.
 *
 * Layout after Microsoft's "Icons" (J. Hornick, MSDN 1995) and R. Chen's "The evolution of the ICO
 * file format": a header of 6 bytes (0, kind, count), an entry of 16 bytes for each picture, and
 * the pictures, each a bitmap without its file header or a whole PNG (W3C PNG, chapter 5). */
#ifndef FSK_PLUGINS_ICO_ICO_H
#define FSK_PLUGINS_ICO_ICO_H

#include <jansson.h>

#include "core/base/err.h"
#include "plugins/shared/input.h"

/* What ico.open tells, as JSON, and notes on what is wrong; the caller releases both with
 * json_decref. FSK_ECORRUPT when it is no icon, FSK_ENOMEM, or why it cannot be read. */
int fsk_ico_examine(json_t **told, json_t **notes, const struct fsk_input *in, struct fsk_err *err);

#endif
