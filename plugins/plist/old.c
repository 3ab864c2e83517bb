/* The old text form of OpenStep: { key = value; } ( a, b ) <0fbd77> "text" word. Everything that
 * is no list is text or data. Grammar: "Old-Style ASCII Property Lists", Apple. */
#include <stdio.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "plugins/plist/parts.h"

struct old {
	struct fsk_plist *p;
	struct fsk_cur c;
	unsigned depth;
};

static int read_value(struct old *o, uint32_t in, size_t key, struct fsk_err *err);

static int wrong(const struct old *o, const char *what, struct fsk_err *err)
{
	return fsk_err_set(err, FSK_ECORRUPT, "no property list: offset 0x%zx: %s", o->c.pos, what);
}

static int peek(const struct old *o)
{
	return fsk_cur_left(&o->c) > 0 ? o->c.data[o->c.pos] : -1;
}

/* Behind the next `mark`, or at the end. */
static void skip_to(struct old *o, const char *mark)
{
	size_t n = strlen(mark);

	while (fsk_cur_left(&o->c) >= n && memcmp(o->c.data + o->c.pos, mark, n) != 0)
		fsk_cur_skip(&o->c, 1);
	fsk_cur_skip(&o->c, fsk_cur_left(&o->c) < n ? fsk_cur_left(&o->c) : n);
}

/* The next character that is neither blank nor inside of a comment; -1 at the end. */
static int next(struct old *o)
{
	for (;;) {
		int c = peek(o);
		int second = fsk_cur_left(&o->c) > 1 ? o->c.data[o->c.pos + 1] : 0;

		if (c == ' ' || (c >= '\t' && c <= '\r'))
			fsk_cur_skip(&o->c, 1);
		else if (c == '/' && second == '/')
			skip_to(o, "\n");
		else if (c == '/' && second == '*')
			skip_to(o, "*/");
		else
			return c;
	}
}

static bool is_word(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c > 0 && strchr("_$/:.-", c) != NULL);
}

/* \n, \", \U00e9, \351 (in NeXT's code, of which only ASCII is read). */
static int take_escape(struct fsk_buf *out, struct old *o, struct fsk_err *err)
{
	static const char letters[] = "abfnrtv", meant[] = "\a\b\f\n\r\t\v";
	int c = fsk_cur_u8(&o->c), digit;
	const char *at = c != 0 ? strchr(letters, c) : NULL;
	unsigned n = 0;
	uint8_t unit[2];
	int rc;

	if (at != NULL)
		return fsk_buf_append_u8(out, (uint8_t) meant[at - letters], err);
	if (c != 'U')
		return fsk_buf_append_u8(out, (uint8_t) c, err);
	for (int i = 0; i < 4; i++) {
		digit = fsk_cur_u8(&o->c) | 0x20;
		n = n << 4 | (unsigned) (digit >= 'a' ? digit - 'a' + 10 : digit & 15);
	}
	unit[0] = (uint8_t) n;
	unit[1] = (uint8_t) (n >> 8);
	rc = fsk_text_append_utf16le(out, unit, sizeof(unit), false, err);
	return rc;
}

static int take_quoted(struct old *o, int quote, struct fsk_err *err)
{
	struct fsk_buf *out = &o->p->text;
	int rc = 0;

	fsk_cur_skip(&o->c, 1);
	while (rc == 0 && fsk_cur_left(&o->c) > 0 && peek(o) != quote) {
		uint8_t c = fsk_cur_u8(&o->c);

		rc = c == '\\' ? take_escape(out, o, err) : fsk_buf_append_u8(out, c, err);
	}
	if (rc == 0 && peek(o) != quote)
		return wrong(o, "a text does not end", err);
	fsk_cur_skip(&o->c, 1);
	return rc;
}

/* Pairs of digits up to ">". */
static int take_data(struct old *o, struct fsk_err *err)
{
	unsigned n = 0, digits = 0;
	int c, rc = 0;

	fsk_cur_skip(&o->c, 1);
	for (c = next(o); rc == 0 && c != '>'; c = next(o)) {
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
			return wrong(o, "no digit of data", err);
		n = n << 4 | (unsigned) (c > '9' ? (c | 0x20) - 'a' + 10 : c - '0');
		if (++digits % 2 == 0)
			rc = fsk_buf_append_u8(&o->p->text, (uint8_t) n, err);
		fsk_cur_skip(&o->c, 1);
	}
	fsk_cur_skip(&o->c, 1);
	return rc;
}

/* Text or data into the store, ended by a NUL. */
static int take_text(size_t *at, size_t *len, struct old *o, struct fsk_err *err)
{
	int c = next(o), rc = 0;

	*at = o->p->text.len;
	if (c == '"' || c == '\'')
		rc = take_quoted(o, c, err);
	else if (c == '<')
		rc = take_data(o, err);
	else if (!is_word(c))
		return wrong(o, "no value", err);
	else
		for (; rc == 0 && is_word(peek(o)); fsk_cur_skip(&o->c, 1))
			rc = fsk_buf_append_u8(&o->p->text, (uint8_t) peek(o), err);
	*len = o->p->text.len - *at;
	return rc == 0 ? fsk_buf_append_u8(&o->p->text, 0, err) : rc;
}

static int read_dict(struct old *o, uint32_t box, struct fsk_err *err)
{
	size_t key, len;
	int rc = 0;

	while (rc == 0 && next(o) != '}') {
		rc = take_text(&key, &len, o, err);
		if (rc == 0 && next(o) != '=')
			rc = wrong(o, "no '=' behind a key", err);
		fsk_cur_skip(&o->c, rc == 0);
		if (rc == 0)
			rc = read_value(o, box, key, err);
		if (rc == 0 && next(o) != ';' && next(o) != '}')
			rc = wrong(o, "no ';' behind a value", err);
		fsk_cur_skip(&o->c, rc == 0 && next(o) == ';');
	}
	return rc;
}

static int read_list(struct old *o, uint32_t box, struct fsk_err *err)
{
	int rc = 0;

	while (rc == 0 && next(o) != ')') {
		rc = read_value(o, box, 0, err);
		if (rc == 0 && next(o) != ',' && next(o) != ')')
			rc = wrong(o, "no ',' behind a value", err);
		fsk_cur_skip(&o->c, rc == 0 && next(o) == ',');
	}
	return rc;
}

static int read_value(struct old *o, uint32_t in, size_t key, struct fsk_err *err)
{
	int c = next(o), rc;
	bool dict = c == '{';
	uint32_t at;

	rc = fsk_plist_add(&at, o->p, in, key, dict ? FSK_PLIST_DICT : FSK_PLIST_ARRAY, err);
	if (rc < 0)
		return rc;
	if (!dict && c != '(') {
		o->p->at[at].kind = FSK_PLIST_TEXT;
		return take_text(&o->p->at[at].text, &o->p->at[at].len, o, err);
	}
	if (o->depth >= FSK_PLIST_DEPTH_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u values inside each other",
		                   FSK_PLIST_DEPTH_MAX);
	o->depth++;
	fsk_cur_skip(&o->c, 1);
	rc = dict ? read_dict(o, at, err) : read_list(o, at, err);
	o->depth--;
	fsk_cur_skip(&o->c, rc == 0);
	return rc;
}

int fsk_plist_old(struct fsk_plist *p, const void *data, size_t size, struct fsk_err *err)
{
	struct old o = { .p = p };
	int rc;

	fsk_cur_init(&o.c, data, size);
	if (next(&o) != '{' && next(&o) != '(')
		return fsk_err_set(err, FSK_ECORRUPT, "no property list");
	rc = read_value(&o, FSK_PLIST_NONE, 0, err);
	if (rc == 0 && next(&o) != -1)
		fsk_plist_note(p, o.c.pos, "something behind the value");
	return rc;
}
