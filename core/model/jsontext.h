/* JSON as text, for rows that come in hundreds of thousands: written without a
 * tree, and tested without one.
 *
 * There is one form, the one in which fsk_json_line writes a tree: one line
 * without blanks; members sorted by the bytes of their names, each name once;
 * UTF-8 as it is; \" \\ \b \f \n \r \t, other control characters as \u00NN with
 * capital digits; no NUL; integers of 64 bits; reals as jansson writes them. So a
 * text that passes the test is, byte by byte, what reading it into a tree and
 * writing that again would give. */
#ifndef FSK_MODEL_JSONTEXT_H
#define FSK_MODEL_JSONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

/* Appends a string with its quotes. Bytes that are no UTF-8, and NUL, become
 * "\xNN" as in base/text.h. FSK_ELIMIT, FSK_ENOMEM. */
int fsk_jsontext_string(struct fsk_buf *out, const void *p, size_t n, struct fsk_err *err);

int fsk_jsontext_integer(struct fsk_buf *out, int64_t v, struct fsk_err *err);

/* NaN and infinities are null. */
int fsk_jsontext_real(struct fsk_buf *out, double v, struct fsk_err *err);

/* Compares two strings without their quotes, as names of members are sorted. */
int fsk_jsontext_compare(const char *a, size_t an, const char *b, size_t bn);

/* Length of the value in this form that stands at `p`; 0 when there is none.
 * Objects and arrays may be `depth` deep. */
size_t fsk_jsontext_value(const char *p, size_t n, unsigned depth);

/* Are these `n` bytes {"fields":{…},"kind":"…"} in this form, no deeper than a
 * record may be? */
bool fsk_jsontext_record(const char *p, size_t n);

#endif
