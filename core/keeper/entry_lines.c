#include "core/keeper/entry_lines.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/text.h"
#include "core/keeper/table.h"

/* Text that mactime splits at '|'. */
static void put_body_text(FILE *to, const char *s)
{
	char part[256];

	while (*s != '\0') {
		size_t n = strcspn(s, "|");

		if (n >= sizeof(part)) {
			n = sizeof(part) - 1;
			n = fsk_text_utf8_valid(s, n);
		}
		if (n > 0) {
			memcpy(part, s, n);
			part[n] = '\0';
			fsk_put_text(to, part);
		} else {
			fputs("\\x7c", to);
			n = 1;
		}
		s += n;
	}
}

void fsk_put_entry_name(FILE *to, const struct fsk_row *row, const char *prefix)
{
	fputs(prefix, to);
	fsk_put_text(to, row->loc.path);
	if (row->loc.stream != NULL) {
		putc(':', to);
		fsk_put_text(to, row->loc.stream);
	}
	fputs(row->loc.deleted ? " (deleted)\n" : "\n", to);
}

static bool has_fn(const struct fsk_times *t)
{
	return t->fn_modified != FSK_TIME_NONE || t->fn_accessed != FSK_TIME_NONE ||
	       t->fn_changed != FSK_TIME_NONE || t->fn_created != FSK_TIME_NONE;
}

#define SECONDS 19u /* characters of a time without its fraction */

/* Columns of a line; there are millions, so without printf. */
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

void fsk_put_entry_long(FILE *to, const struct fsk_row *row, const char *prefix)
{
	const struct fsk_times *t = &row->times;
	char columns[8 * (SECONDS + 1)], *p = columns;

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
	fprintf(to, "%-5s %12" PRIu64 "%.*s  ", row->type, row->size, (int) (p - columns), columns);
	fsk_put_entry_name(to, row, prefix);
}

static int64_t seconds(fsk_time t)
{
	return t == FSK_TIME_NONE || t < 0 ? 0 : t / 1000000000;
}

static const char *mode_of(const struct fsk_row *row)
{
	if (row->loc.stream != NULL || strcmp(row->type, "file") == 0)
		return "r/rrwxrwxrwx";
	if (strcmp(row->type, "dir") == 0)
		return "d/drwxrwxrwx";
	return strcmp(row->type, "link") == 0 ? "l/lrwxrwxrwx" : "-/-rwxrwxrwx";
}

static void put_body_line(FILE *to, const struct fsk_row *row, const char *prefix,
                          const char *suffix, const fsk_time times[4])
{
	fputs("0|", to);
	fputs(prefix, to);
	put_body_text(to, row->loc.path);
	if (row->loc.stream != NULL) {
		putc(':', to);
		put_body_text(to, row->loc.stream);
	}
	fprintf(to, "%s%s|%" PRIu64 "|%s|0|0|%" PRIu64, suffix,
	        row->loc.deleted ? " (deleted)" : "", row->loc.addr, mode_of(row), row->size);
	fprintf(to, "|%" PRId64 "|%" PRId64 "|%" PRId64 "|%" PRId64 "\n", seconds(times[0]),
	        seconds(times[1]), seconds(times[2]), seconds(times[3]));
}

void fsk_put_entry_body(FILE *to, const struct fsk_row *row, const char *prefix)
{
	const struct fsk_times *t = &row->times;
	const fsk_time si[] = { t->accessed, t->modified, t->changed, t->created };
	const fsk_time fn[] = { t->fn_accessed, t->fn_modified, t->fn_changed, t->fn_created };

	put_body_line(to, row, prefix, "", si);
	/* a stream has no name attribute of its own */
	if (has_fn(t) && row->loc.stream == NULL)
		put_body_line(to, row, prefix, " ($FILE_NAME)", fn);
}

void fsk_put_entry_json(FILE *to, const struct fsk_row *row, const char *letter)
{
	json_t *j = json_pack("{s:o, s:s, s:I, s:o}", "locator", fsk_locator_to_json(&row->loc),
	                      "type", row->type, "size", (json_int_t) row->size, "times",
	                      fsk_times_to_json(&row->times));

	if (j != NULL && letter != NULL)
		json_object_set_new(j, "letter", json_string(letter));
	fsk_put_json_line(to, j);
	json_decref(j);
}
