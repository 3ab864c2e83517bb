#include "core/model/jsontext.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "core/base/limits.h"
#include "core/base/text.h"

#define NUMBER_MAX 40 /* characters of a number */

/* --- writing --- */

/* The letter behind the backslash; 0 for those that are written with digits. */
static char short_escape(uint8_t c)
{
	switch (c) {
	case '"':
	case '\\':
		return (char) c;
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return 0;
	}
}

/* A byte that is not written as it is: special, or of no valid sequence. */
static int put_special(struct fsk_buf *out, uint8_t c, struct fsk_err *err)
{
	char letter = short_escape(c);

	if (letter != 0)
		return fsk_buf_append(out, (char[2]){ '\\', letter }, 2, err);
	if (c == 0 || c >= 0x80)
		return fsk_buf_printf(out, err, "\\\\x%02x", c);
	return fsk_buf_printf(out, err, "\\u%04X", c);
}

int fsk_jsontext_string(struct fsk_buf *out, const void *p, size_t n, struct fsk_err *err)
{
	const char *s = p, *end = s + n;
	size_t start = out->len;
	int rc = fsk_buf_reserve(out, n + 2, err);

	if (rc == 0)
		rc = fsk_buf_append_u8(out, '"', err);
	while (rc == 0 && s < end) {
		size_t good = fsk_text_plain(s, (size_t) (end - s));

		if (good == 0 && (uint8_t) *s >= 0x7f)
			good = fsk_text_sequence(s, (size_t) (end - s));
		if (good > 0)
			rc = fsk_buf_append(out, s, good, err);
		else
			rc = put_special(out, (uint8_t) *s, err);
		s += good > 0 ? good : 1;
	}
	if (rc == 0)
		rc = fsk_buf_append_u8(out, '"', err);
	if (rc < 0)
		out->len = start;
	return rc;
}

int fsk_jsontext_integer(struct fsk_buf *out, int64_t v, struct fsk_err *err)
{
	char digits[24], *at = digits + sizeof(digits);
	uint64_t left = v < 0 ? 0 - (uint64_t) v : (uint64_t) v;

	do
		*--at = (char) ('0' + left % 10);
	while ((left /= 10) > 0);
	if (v < 0)
		*--at = '-';
	return fsk_buf_append(out, at, (size_t) (digits + sizeof(digits) - at), err);
}

/* As jansson writes it; the number of characters, 0 without memory. */
static size_t real_text(char out[NUMBER_MAX], double v)
{
	json_t *j = json_real(v);
	size_t n = j != NULL ? json_dumpb(j, out, NUMBER_MAX, JSON_ENCODE_ANY) : 0;

	json_decref(j);
	return n <= NUMBER_MAX ? n : 0;
}

int fsk_jsontext_real(struct fsk_buf *out, double v, struct fsk_err *err)
{
	char text[NUMBER_MAX];
	size_t n;

	if (!isfinite(v))
		return fsk_buf_append(out, "null", 4, err);
	n = real_text(text, v);
	return n > 0 ? fsk_buf_append(out, text, n, err)
	             : fsk_err_set(err, FSK_ENOMEM, "no memory for a number");
}

/* --- testing --- */

/* What a `\` at `s` stands for in our form: the length of the escape, 0 when it is
 * none. */
static size_t escape_length(uint8_t *out, const char *s, size_t n)
{
	static const char letters[] = "\"\\bfnrt", bytes[] = "\"\\\b\f\n\r\t";
	static const char digits[] = "0123456789ABCDEF";
	const char *l, *d;

	if (n < 2)
		return 0;
	l = memchr(letters, s[1], sizeof(letters) - 1);
	if (l != NULL) {
		*out = (uint8_t) bytes[l - letters];
		return 2;
	}
	if (n < 6 || memcmp(s + 1, "u00", 3) != 0 || (s[4] != '0' && s[4] != '1'))
		return 0;
	d = memchr(digits, s[5], sizeof(digits) - 1);
	if (d == NULL)
		return 0;
	*out = (uint8_t) ((s[4] - '0') * 16 + (d - digits));
	return *out == 0 || short_escape(*out) != 0 ? 0 : 6;
}

/* Length of a string with its quotes; 0 when it is none. */
static size_t string_length(const char *p, size_t n)
{
	size_t at = 1;
	uint8_t byte;

	if (n < 2 || p[0] != '"')
		return 0;
	for (;;) {
		size_t step;

		at += fsk_text_plain(p + at, n - at);
		if (at == n)
			return 0;
		if (p[at] == '"')
			return at + 1;
		step = p[at] == '\\' ? escape_length(&byte, p + at, n - at)
		                     : fsk_text_sequence(p + at, n - at);
		if (step < 2 && p[at] != 0x7f) /* none, or a control character */
			return 0;
		at += step;
	}
}

/* The next byte of a string that passed the test. */
static uint8_t next_byte(const char **p, const char *end)
{
	uint8_t byte = (uint8_t) * *p;

	if (byte == '\\')
		*p += escape_length(&byte, *p, (size_t) (end - *p));
	else
		*p += 1;
	return byte;
}

int fsk_jsontext_compare(const char *a, size_t an, const char *b, size_t bn)
{
	const char *ae = a + an, *be = b + bn;
	size_t common = an < bn ? an : bn;
	int order;

	if (memchr(a, '\\', an) == NULL && memchr(b, '\\', bn) == NULL) {
		order = memcmp(a, b, common);
		return order != 0 ? order : (an > bn) - (an < bn);
	}
	while (a < ae && b < be) {
		order = next_byte(&a, ae) - next_byte(&b, be);
		if (order != 0)
			return order;
	}
	return (a < ae) - (b < be);
}

static bool all_digits(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

/* Digits that fit into 64 bits. */
static bool is_integer(const char *p, size_t n)
{
	const char *limit = "9223372036854775807";
	bool minus = n > 0 && p[0] == '-';

	p += minus;
	n -= minus;
	if (n == 0 || n > 19 || (p[0] == '0' && (n > 1 || minus)) || !all_digits(p, n))
		return false;
	if (minus)
		limit = "9223372036854775808";
	return n < 19 || memcmp(p, limit, n) <= 0;
}

/* Is this what jansson makes of the number that it reads there? */
static bool is_real(const char *p, size_t n)
{
	json_t *j = json_loadb(p, n, JSON_DECODE_ANY, NULL);
	char text[NUMBER_MAX];
	bool same = json_is_real(j) && real_text(text, json_real_value(j)) == n &&
	            memcmp(text, p, n) == 0;

	json_decref(j);
	return same;
}

static size_t number_length(const char *p, size_t n)
{
	bool real = false;
	size_t len = 0;

	for (; len < n && len < NUMBER_MAX && memchr("+-.0123456789Ee", p[len], 15) != NULL; len++)
		real = real || memchr("+.Ee", p[len], 4) != NULL;
	return (real ? is_real(p, len) : is_integer(p, len)) ? len : 0;
}

static size_t list_length(const char *p, size_t n, unsigned depth)
{
	size_t at = 1;

	if (n > 1 && p[1] == ']')
		return 2;
	for (;;) {
		size_t item = fsk_jsontext_value(p + at, n - at, depth);

		at += item;
		if (item == 0 || at == n)
			return 0;
		if (p[at] == ']')
			return at + 1;
		if (p[at++] != ',')
			return 0;
	}
}

/* Name, colon and value; `*name` is the length of the name with its quotes. */
static size_t member_length(size_t *name, const char *p, size_t n, unsigned depth)
{
	size_t value;

	*name = string_length(p, n);
	if (*name == 0 || *name == n || p[*name] != ':')
		return 0;
	value = fsk_jsontext_value(p + *name + 1, n - *name - 1, depth);
	return value > 0 ? *name + 1 + value : 0;
}

static size_t object_length(const char *p, size_t n, unsigned depth)
{
	const char *before = NULL;
	size_t at = 1, name, last = 0;

	if (n > 1 && p[1] == '}')
		return 2;
	for (;;) {
		size_t member = member_length(&name, p + at, n - at, depth);

		if (member == 0 || at + member == n)
			return 0;
		if (before != NULL && fsk_jsontext_compare(before, last, p + at + 1, name - 2) >= 0)
			return 0;
		before = p + at + 1;
		last = name - 2;
		at += member;
		if (p[at] == '}')
			return at + 1;
		if (p[at++] != ',')
			return 0;
	}
}

static size_t word_length(const char *p, size_t n, const char *word)
{
	size_t len = strlen(word);

	return len <= n && memcmp(p, word, len) == 0 ? len : 0;
}

size_t fsk_jsontext_value(const char *p, size_t n, unsigned depth)
{
	if (n == 0)
		return 0;
	switch (p[0]) {
	case '"':
		return string_length(p, n);
	case '{':
		return depth > 0 ? object_length(p, n, depth - 1) : 0;
	case '[':
		return depth > 0 ? list_length(p, n, depth - 1) : 0;
	case 't':
		return word_length(p, n, "true");
	case 'f':
		return word_length(p, n, "false");
	case 'n':
		return word_length(p, n, "null");
	default:
		return number_length(p, n);
	}
}

bool fsk_jsontext_record(const char *p, size_t n)
{
	/* the locator of an entry counts for none in a plugin */
	size_t at = word_length(p, n, "{\"fields\":"), len;

	if (at == 0 || at == n || p[at] != '{')
		return false;
	len = fsk_jsontext_value(p + at, n - at, FSK_RECORD_DEPTH_MAX + 1);
	at += len;
	if (len == 0 || (len = word_length(p + at, n - at, ",\"kind\":")) == 0)
		return false;
	at += len;
	len = string_length(p + at, n - at);
	return len > 0 && n - at == len + 1 && p[n - 1] == '}';
}
