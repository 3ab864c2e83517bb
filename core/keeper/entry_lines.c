#include "core/keeper/entry_lines.h"

#include <string.h>

#include "core/base/text.h"
#include "core/model/jsontext.h"

static int put(struct fsk_buf *to, const char *s, struct fsk_err *err)
{
	return fsk_buf_append_str(to, s, err);
}

static int put_text(struct fsk_buf *to, const char *s, struct fsk_err *err)
{
	return fsk_text_append_escaped(to, s, strlen(s), err);
}

/* Path and stream behind the prefix, each through `put_part`. */
static int put_place(struct fsk_buf *to, const struct fsk_row *row, const char *prefix,
                     int (*put_part)(struct fsk_buf *, const char *, struct fsk_err *),
                     struct fsk_err *err)
{
	int rc = put(to, prefix, err);

	if (rc == 0)
		rc = put_part(to, row->loc.path, err);
	if (rc == 0 && row->loc.stream != NULL) {
		rc = put(to, ":", err);
		if (rc == 0)
			rc = put_part(to, row->loc.stream, err);
	}
	return rc;
}

int fsk_put_entry_name(struct fsk_buf *to, const struct fsk_row *row, const char *prefix,
                       struct fsk_err *err)
{
	int rc = put_place(to, row, prefix, put_text, err);

	return rc == 0 ? put(to, row->loc.deleted ? " (deleted)\n" : "\n", err) : rc;
}

static bool has_fn(const struct fsk_times *t)
{
	return t->fn_modified != FSK_TIME_NONE || t->fn_accessed != FSK_TIME_NONE ||
	       t->fn_changed != FSK_TIME_NONE || t->fn_created != FSK_TIME_NONE;
}

#define SECONDS 19u /* characters of a time without its fraction */
#define TYPE 5u
#define SIZE 12u
#define NUMBER_MAX 20u

static char *put_column(char *p, const char *text, size_t n)
{
	*p++ = ' ';
	memset(p, ' ', SECONDS);
	memcpy(p, text, n);
	return p + SECONDS;
}

static char *put_time(char *p, fsk_time t)
{
	char text[FSK_TIME_STR_MAX];

	if (t == FSK_TIME_NONE)
		return put_column(p, "-", 1);
	return put_column(p, fsk_time_iso(text, t), SECONDS);
}

static char *put_other_time(char *p, fsk_time t, fsk_time si)
{
	if (t == si && t != FSK_TIME_NONE)
		return put_column(p, "=", 1);
	return put_time(p, t);
}

/* Digits of `v`, at least `width` characters with blanks in front. */
static char *put_number(char *p, uint64_t v, size_t width)
{
	char digits[NUMBER_MAX], *at = digits + sizeof(digits);
	size_t n;

	do
		*--at = (char) ('0' + v % 10);
	while ((v /= 10) > 0);
	for (n = (size_t) (digits + sizeof(digits) - at); n < width; n++)
		*p++ = ' ';
	n = (size_t) (digits + sizeof(digits) - at);
	memcpy(p, at, n);
	return p + n;
}

/* The type is a word of at most 8 letters (ipc/rows.h). */
static char *put_type(char *p, const char *type)
{
	size_t n = strlen(type);

	memset(p, ' ', TYPE);
	memcpy(p, type, n);
	return p + (n > TYPE ? n : TYPE);
}

int fsk_put_entry_long(struct fsk_buf *to, const struct fsk_row *row, const char *prefix,
                       struct fsk_err *err)
{
	const struct fsk_times *t = &row->times;
	char columns[2 * TYPE + NUMBER_MAX + 8 * (SECONDS + 1) + 4], *p = columns;
	int rc;

	p = put_type(p, row->type);
	*p++ = ' ';
	p = put_number(p, row->size, SIZE);
	p = put_time(p, t->modified);
	p = put_time(p, t->accessed);
	p = put_time(p, t->changed);
	p = put_time(p, t->created);
	if (has_fn(t)) {
		p = put_other_time(p, t->fn_modified, t->modified);
		p = put_other_time(p, t->fn_accessed, t->accessed);
		p = put_other_time(p, t->fn_changed, t->changed);
		p = put_other_time(p, t->fn_created, t->created);
	}
	*p++ = ' ';
	*p++ = ' ';
	rc = fsk_buf_append(to, columns, (size_t) (p - columns), err);
	return rc == 0 ? fsk_put_entry_name(to, row, prefix, err) : rc;
}

static uint64_t seconds(fsk_time t)
{
	return t == FSK_TIME_NONE || t < 0 ? 0 : (uint64_t) t / 1000000000;
}

static const char *mode_of(const struct fsk_row *row)
{
	if (row->loc.stream != NULL || strcmp(row->type, "file") == 0)
		return "|r/rrwxrwxrwx|0|0|";
	if (strcmp(row->type, "dir") == 0)
		return "|d/drwxrwxrwx|0|0|";
	return strcmp(row->type, "link") == 0 ? "|l/lrwxrwxrwx|0|0|" : "|-/-rwxrwxrwx|0|0|";
}

/* Text that mactime splits at '|'. */
static int put_body_text(struct fsk_buf *to, const char *s, struct fsk_err *err)
{
	const char *bar;
	int rc = 0;

	while (rc == 0 && (bar = strchr(s, '|')) != NULL) {
		rc = fsk_text_append_escaped(to, s, (size_t) (bar - s), err);
		if (rc == 0)
			rc = put(to, "\\x7c", err);
		s = bar + 1;
	}
	return rc == 0 ? put_text(to, s, err) : rc;
}

static int put_body_line(struct fsk_buf *to, const struct fsk_row *row, const char *prefix,
                         const char *suffix, const fsk_time times[4], struct fsk_err *err)
{
	const char *mode = mode_of(row);
	char rest[6 * (NUMBER_MAX + 1) + 32], *p = rest;
	int rc = put(to, "0|", err);

	if (rc == 0)
		rc = put_place(to, row, prefix, put_body_text, err);
	if (rc == 0)
		rc = put(to, suffix, err);
	if (rc == 0 && row->loc.deleted)
		rc = put(to, " (deleted)", err);
	if (rc < 0)
		return rc;
	*p++ = '|';
	p = put_number(p, row->loc.addr, 0);
	memcpy(p, mode, strlen(mode));
	p = put_number(p + strlen(mode), row->size, 0);
	for (size_t i = 0; i < 4; i++) {
		*p++ = '|';
		p = put_number(p, seconds(times[i]), 0);
	}
	*p++ = '\n';
	return fsk_buf_append(to, rest, (size_t) (p - rest), err);
}

int fsk_put_entry_body(struct fsk_buf *to, const struct fsk_row *row, const char *prefix,
                       struct fsk_err *err)
{
	const struct fsk_times *t = &row->times;
	const fsk_time si[] = { t->accessed, t->modified, t->changed, t->created };
	const fsk_time fn[] = { t->fn_accessed, t->fn_modified, t->fn_changed, t->fn_created };
	int rc = put_body_line(to, row, prefix, "", si, err);

	/* a stream has no name attribute of its own */
	if (rc == 0 && has_fn(t) && row->loc.stream == NULL)
		rc = put_body_line(to, row, prefix, " ($FILE_NAME)", fn, err);
	return rc;
}

int fsk_put_entry_json(struct fsk_buf *to, const struct fsk_row *row, const char *letter,
                       struct fsk_err *err)
{
	int rc = put(to, letter != NULL ? "{\"letter\":" : "{", err);

	if (rc == 0 && letter != NULL)
		rc = fsk_jsontext_string(to, letter, strlen(letter), err);
	if (rc == 0)
		rc = put(to, letter != NULL ? ",\"locator\":" : "\"locator\":", err);
	if (rc == 0)
		rc = fsk_locator_append(to, &row->loc, err);
	if (rc == 0)
		rc = put(to, ",\"size\":", err);
	if (rc == 0)
		rc = fsk_jsontext_integer(to, (int64_t) row->size, err);
	if (rc == 0)
		rc = put(to, ",\"times\":", err);
	if (rc == 0)
		rc = fsk_times_append(to, &row->times, err);
	if (rc == 0)
		rc = put(to, ",\"type\":\"", err);
	if (rc == 0)
		rc = put(to, row->type, err);
	return rc == 0 ? put(to, "\"}\n", err) : rc;
}
