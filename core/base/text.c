#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

/* One bit in each of eight bytes. */
#define ONES 0x0101010101010101ull
#define HIGHS 0x8080808080808080ull

static uint64_t load_word(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Not 0 when a byte of `v` is below `n`, which is at most 0x80, or is not ASCII.
 * A borrow may set a bit too many above such a byte, never without one. */
static uint64_t has_less(uint64_t v, uint8_t n)
{
	return ((v - ONES * n) | v) & HIGHS;
}

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

size_t fsk_text_plain(const void *p, size_t n)
{
	const uint8_t *s = p;
	size_t at = 0;

	while (n - at >= 8) {
		uint64_t v = load_word(s + at);

		if ((has_less(v, 0x20) | has_less(v ^ ONES * '"', 1) |
		     has_less(v ^ ONES * '\\', 1) | has_less(v ^ ONES * 0x7f, 1)) != 0)
			break;
		at += 8;
	}
	while (at < n && is_plain(s[at]))
		at++;
	return at;
}

size_t fsk_text_sequence(const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	size_t want;
	uint8_t low = 0x80, high = 0xbf;

	if (n == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		want = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		want = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		want = 4;
	else
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (n < want || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < want; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return want;
}

size_t fsk_text_utf8_valid(const void *p, size_t n)
{
	const uint8_t *s = p;
	size_t at = 0, step;

	for (;;) {
		while (n - at >= 8 && (load_word(s + at) & HIGHS) == 0)
			at += 8;
		if (at == n || (step = fsk_text_sequence(s + at, n - at)) == 0)
			return at;
		at += step;
	}
}

int fsk_text_append_utf8(struct fsk_buf *out, const void *p, size_t n, struct fsk_err *err)
{
	const uint8_t *s = p;
	int rc;

	for (;;) {
		size_t good = fsk_text_utf8_valid(s, n);

		rc = fsk_buf_append(out, s, good, err);
		if (rc < 0 || good == n)
			return rc;
		rc = fsk_buf_printf(out, err, "\\x%02x", s[good]);
		if (rc < 0)
			return rc;
		s += good + 1;
		n -= good + 1;
	}
}

char *fsk_text_dup_utf8(const void *p, size_t n)
{
	struct fsk_buf b;
	char *s = NULL;

	fsk_buf_init(&b, SIZE_MAX / 2);
	if (fsk_text_append_utf8(&b, p, n, NULL) == 0)
		s = fsk_buf_steal_str(&b, NULL);
	fsk_buf_free(&b);
	return s;
}

char *fsk_text_dup(const char *p, size_t n)
{
	char *s = malloc(n + 1);

	if (s == NULL)
		return NULL;
	memcpy(s, p, n);
	s[n] = '\0';
	return s;
}

static int append_code_point(struct fsk_buf *out, uint32_t cp, struct fsk_err *err)
{
	uint8_t raw[4];
	utf8proc_ssize_t n = utf8proc_encode_char((utf8proc_int32_t) cp, raw);

	return fsk_buf_append(out, raw, (size_t) n, err);
}

static uint32_t unit_at(const uint8_t *s, size_t n, size_t i)
{
	return i + 1 < n ? (uint32_t) s[i] | (uint32_t) s[i + 1] << 8 : 0;
}

/* Units of ASCII but NUL from `i` on, as bytes; how many there are, at most `max`. */
static size_t take_ascii(char *out, size_t max, const uint8_t *s, size_t n, size_t i)
{
	size_t k = 0;

	for (; k < max && i + 1 < n && s[i] > 0 && s[i] < 0x80 && s[i + 1] == 0; i += 2)
		out[k++] = (char) s[i];
	return k;
}

int fsk_text_append_utf16le(struct fsk_buf *out, const void *p, size_t n, bool stop_at_nul,
                            struct fsk_err *err)
{
	const uint8_t *s = p;
	char ascii[128];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i + 1 < n; i += 2) {
		size_t k = take_ascii(ascii, sizeof(ascii), s, n, i);
		uint32_t u = unit_at(s, n, i), v = unit_at(s, n, i + 2);

		if (k > 0) {
			rc = fsk_buf_append(out, ascii, k, err);
			i += 2 * (k - 1);
		} else if (u == 0 && stop_at_nul) {
			break;
		} else if (u >= 0xd800 && u <= 0xdbff && v >= 0xdc00 && v <= 0xdfff) {
			rc = append_code_point(out, 0x10000 + ((u - 0xd800) << 10) + (v - 0xdc00),
			                       err);
			i += 2;
		} else if (u >= 0xd800 && u <= 0xdfff) {
			rc = fsk_buf_printf(out, err, "\\u%04x", u);
		} else {
			rc = append_code_point(out, u, err);
		}
	}
	return rc;
}

uint32_t fsk_text_next(const char **p, const char *end)
{
	const uint8_t *s = (const uint8_t *) *p;
	size_t n = fsk_text_sequence(s, (size_t) (end - *p));
	uint32_t cp;

	if (n == 0) {
		*p += 1;
		return 0xdc80u + s[0];
	}
	cp = n == 1 ? s[0] : n == 2 ? s[0] & 0x1fu : n == 3 ? s[0] & 0x0fu : s[0] & 0x07u;
	for (size_t i = 1; i < n; i++)
		cp = cp << 6 | (s[i] & 0x3fu);
	*p += n;
	return cp;
}

/* Characters that would change how the rest of a line is shown. */
static bool misleads(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x061c ||
	       (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb);
}

/* 0x80 … 0x9f of Windows-1252; the holes are the controls of that number. */
static const uint16_t cp1252[32] = {
	0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
	0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

int fsk_text_append_cp1252(struct fsk_buf *out, const void *p, size_t n, struct fsk_err *err)
{
	const uint8_t *from = p;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		uint16_t u = from[i] >= 0x80 && from[i] < 0xa0 ? cp1252[from[i] - 0x80] : from[i];
		const uint8_t unit[2] = { (uint8_t) u, (uint8_t) (u >> 8) };

		rc = fsk_text_append_utf16le(out, unit, sizeof(unit), false, err);
	}
	return rc;
}

int fsk_text_append_escaped(struct fsk_buf *out, const void *p, size_t n, struct fsk_err *err)
{
	const char *s = p, *end = s + n, *from;
	int rc = 0;

	while (rc == 0 && s < end) {
		size_t plain = fsk_text_plain(s, (size_t) (end - s));
		uint32_t cp;

		from = s;
		if (plain > 0) {
			s += plain;
			rc = fsk_buf_append(out, from, plain, err);
			continue;
		}
		cp = fsk_text_next(&s, end);
		if (cp >= 0xdc80 && cp < 0xdd80)
			rc = fsk_buf_printf(out, err, "\\x%02x", cp - 0xdc80);
		else if (!misleads(cp))
			rc = fsk_buf_append(out, from, (size_t) (s - from), err);
		else if (cp < 0x80)
			rc = fsk_buf_printf(out, err, "\\x%02x", cp);
		else
			rc = fsk_buf_printf(out, err, "\\u{%x}", cp);
	}
	return rc;
}

const char *fsk_text_escape(char *out, size_t cap, const char *s)
{
	struct fsk_buf b;
	size_t n = strlen(s);

	/* one escaped character is at most ten bytes; more input cannot show */
	if (n > cap)
		n = cap;
	fsk_buf_init(&b, SIZE_MAX / 2);
	if (fsk_text_append_escaped(&b, s, n, NULL) < 0)
		b.len = 0;
	if (b.len < cap) {
		if (b.len > 0)
			memcpy(out, b.data, b.len);
		out[b.len] = '\0';
	} else {
		size_t keep = cap > 4 ? cap - 4 : 0;

		keep = fsk_text_utf8_valid(b.data, keep);
		memcpy(out, b.data, keep);
		memcpy(out + keep, "...", cap - keep > 3 ? 4 : cap - keep);
		out[cap - 1] = '\0';
	}
	fsk_buf_free(&b);
	return out;
}

uint32_t fsk_text_fold(uint32_t cp)
{
	if (cp < 0x80)
		return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return cp;
	return (uint32_t) utf8proc_tolower(utf8proc_toupper((utf8proc_int32_t) cp));
}

int fsk_text_casecmp(const char *a, const char *b)
{
	const char *ea = a + strlen(a), *eb = b + strlen(b);

	while (a < ea && b < eb) {
		uint32_t x = fsk_text_fold(fsk_text_next(&a, ea));
		uint32_t y = fsk_text_fold(fsk_text_next(&b, eb));

		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a < ea) - (b < eb);
}
