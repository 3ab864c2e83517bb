/* Text from evidence: encodings, folding, and escaping for people. */
#ifndef FSK_BASE_TEXT_H
#define FSK_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

/* Length in bytes of the longest valid UTF-8 prefix (RFC 3629: no
 * surrogates, no overlong forms, at most U+10FFFF; NUL counts as valid). */
size_t fsk_text_utf8_valid(const void *p, size_t n);

/* Bytes of the valid sequence (as above) at `p`, 1 to 4; 0 when there is none. */
size_t fsk_text_sequence(const void *p, size_t n);

/* Length of the longest prefix that is ASCII from blank to tilde without '"' and
 * '\\': what JSON and most people take as it is. */
size_t fsk_text_plain(const void *p, size_t n);

/* Appends `n` bytes as valid UTF-8: each byte that belongs to no valid
 * sequence becomes "\xNN" (backslash, x, two lower-case digits). Valid
 * backslashes are left as they are, so this is for showing, not for
 * reversing. */
int fsk_text_append_utf8(struct fsk_buf *out, const void *p, size_t n, struct fsk_err *err);

/* As above into fresh memory that the caller frees; NULL on ENOMEM. */
char *fsk_text_dup_utf8(const void *p, size_t n);

/* The first `n` bytes of `p`, unchanged, as a string that the caller frees;
 * NULL without memory. */
char *fsk_text_dup(const char *p, size_t n);

/* Appends UTF-16LE (`n` bytes; an odd last byte is ignored) as UTF-8. Lone
 * surrogates become "\uNNNN". Stops at a NUL unit only if `stop_at_nul`. */
int fsk_text_append_utf16le(struct fsk_buf *out, const void *p, size_t n, bool stop_at_nul,
                            struct fsk_err *err);

/* Appends Windows-1252 (`n` bytes) as UTF-8; the holes of it come as the controls of that number.
 */
int fsk_text_append_cp1252(struct fsk_buf *out, const void *p, size_t n, struct fsk_err *err);

/* Appends text so that a terminal or a log shows it as one harmless line:
 * C0, C1, DEL, bidirectional controls, line separators and invalid bytes
 * come out as \xNN or \u{N}. */
int fsk_text_append_escaped(struct fsk_buf *out, const void *p, size_t n, struct fsk_err *err);

/* Escapes `s` into `out` (capacity `cap` > 0), cut with "..." where it does
 * not fit. Returns `out`. For messages. */
const char *fsk_text_escape(char *out, size_t cap, const char *s);

/* Next code point of valid UTF-8 at *p (< end); invalid bytes come out as
 * 0xDC80 + byte value, one at a time. Advances *p. */
uint32_t fsk_text_next(const char **p, const char *end);

/* Simple case folding of one code point (utf8proc's lower-case mapping of
 * the upper-case mapping), close to the NTFS upcase table. */
uint32_t fsk_text_fold(uint32_t cp);

/* Compares NUL-terminated UTF-8 by folded code points: <0, 0, >0. */
int fsk_text_casecmp(const char *a, const char *b);

#endif
