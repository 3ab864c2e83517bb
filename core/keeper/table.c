#include "core/keeper/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/base/text.h"

const char *fsk_size_text(char out[24], uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double n = (double) bytes;
	size_t unit = 0;

	while (n >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		n /= 1024;
		unit++;
	}
	snprintf(out, 24, unit == 0 ? "%.0f %s" : "%.1f %s", n, units[unit]);
	return out;
}

static char *escaped(const char *s, size_t n)
{
	struct fsk_buf b;
	char *text = NULL;

	fsk_buf_init(&b, FSK_JSON_LINE_MAX);
	if (fsk_text_append_escaped(&b, s, n, NULL) == 0)
		text = fsk_buf_steal_str(&b, NULL);
	fsk_buf_free(&b);
	return text;
}

/* Most names: nothing in them can be escaped. */
static bool is_harmless(const char *s)
{
	while (*s >= 0x20 && *s < 0x7f && *s != '\\')
		s++;
	return *s == '\0';
}

void fsk_put_text(FILE *to, const char *s)
{
	char *text;

	if (is_harmless(s)) {
		fputs(s, to);
		return;
	}
	text = escaped(s, strlen(s));
	fputs(text != NULL ? text : "?", to);
	free(text);
}

void fsk_put_json(FILE *to, const json_t *j)
{
	char *text;

	if (json_is_string(j)) {
		fsk_put_text(to, json_string_value(j));
		return;
	}
	text = json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
	fsk_put_text(to, text != NULL ? text : "?");
	free(text);
}

/* bytes that begin a character: enough to keep the columns of names */
static unsigned width(const char *s, size_t n)
{
	unsigned w = 0;

	for (size_t i = 0; i < n; i++)
		w += ((unsigned char) s[i] & 0xc0) != 0x80;
	return w;
}

/* Bytes of the word of `n` bytes that fit into `room` columns: all, or up to the last slash of
 * those that fit, so that a long path goes on in the next line. */
static size_t fitting(const char *s, size_t n, unsigned room)
{
	size_t fit = 0;
	unsigned columns = 0;

	if (width(s, n) <= room)
		return n;
	for (size_t i = 0; i < n; i++) {
		columns += ((unsigned char) s[i] & 0xc0) != 0x80;
		if (columns > room)
			break;
		if (s[i] == '/')
			fit = i + 1;
	}
	return fit > 0 ? fit : n;
}

void fsk_put_wrapped(FILE *to, const char *s, unsigned start, unsigned indent, unsigned columns)
{
	char *text = escaped(s, strlen(s));
	const char *at = text != NULL ? text : "?";
	unsigned column = start;
	bool first = true, within = false;

	while (*at != '\0') {
		size_t n = strcspn(at, " ");
		if (!first && column + !within + width(at, n) > columns) {
			fprintf(to, "\n%*s", (int) indent, "");
			column = indent;
		} else if (!first && !within) {
			fputc(' ', to);
			column++;
		}
		if (column < columns)
			n = fitting(at, n, columns - column);
		fwrite(at, 1, n, to);
		column += width(at, n);
		first = false;
		at += n;
		within = *at != '\0' && *at != ' ';
		at += strspn(at, " ");
	}
	fputc('\n', to);
	free(text);
}

void fsk_put_json_line(FILE *to, const json_t *j)
{
	json_dumpf(j, to, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	fputc('\n', to);
}

void fsk_put_json_document(FILE *to, const json_t *j)
{
	json_dumpf(j, to, JSON_INDENT(2) | JSON_SORT_KEYS);
	fputc('\n', to);
}

void fsk_table_init(struct fsk_table *t, size_t columns)
{
	memset(t, 0, sizeof(*t));
	t->columns = columns;
}

void fsk_table_add(struct fsk_table *t, const char *cell)
{
	char **more = realloc(t->cells, (t->count + 1) * sizeof(*more));

	if (more == NULL)
		return;
	t->cells = more;
	t->cells[t->count++] = escaped(cell, strlen(cell));
}

static const char *cell_at(const struct fsk_table *t, size_t i)
{
	return t->cells[i] != NULL ? t->cells[i] : "?";
}

static unsigned column_width(const struct fsk_table *t, size_t column)
{
	unsigned w = 0;

	for (size_t i = column; i < t->count; i += t->columns) {
		unsigned k = width(cell_at(t, i), strlen(cell_at(t, i)));
		w = k > w ? k : w;
	}
	return w;
}

void fsk_table_print(const struct fsk_table *t, FILE *to, const char *indent)
{
	for (size_t row = 0; row + t->columns <= t->count; row += t->columns) {
		fputs(indent, to);
		for (size_t c = 0; c < t->columns; c++) {
			const char *cell = cell_at(t, row + c);
			unsigned pad = column_width(t, c) - width(cell, strlen(cell));
			fprintf(to, "%s%*s", cell, c + 1 < t->columns ? (int) pad + 2 : 0, "");
		}
		fputc('\n', to);
	}
}

void fsk_table_free(struct fsk_table *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i]);
	free(t->cells);
	memset(t, 0, sizeof(*t));
}
