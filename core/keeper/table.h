/* Plain text for people: aligned columns, sizes, escaped evidence text. */
#ifndef FSK_KEEPER_TABLE_H
#define FSK_KEEPER_TABLE_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/* "512 B", "1.5 MiB". Returns `out`. */
const char *fsk_size_text(char out[24], uint64_t bytes);

/* Writes `s` with everything escaped that a terminal might act on. */
void fsk_put_text(FILE *to, const char *s);

/* As above for a JSON scalar or container. */
void fsk_put_json(FILE *to, const json_t *j);

/* Writes text wrapped at `columns`, each line after the first indented. A word that is longer
 * than a line goes on behind a slash in it, if it has one. */
void fsk_put_wrapped(FILE *to, const char *s, unsigned start, unsigned indent, unsigned columns);

/* One compact JSON line, keys sorted. */
void fsk_put_json_line(FILE *to, const json_t *j);
/* The same over several lines, for documents. */
void fsk_put_json_document(FILE *to, const json_t *j);

/* A table of rows of escaped cells; the width of a column is that of its
 * longest cell. */
struct fsk_table {
	char **cells; /* NULL: out of memory, shown as "?" */
	size_t count, columns;
};
void fsk_table_init(struct fsk_table *t, size_t columns);
void fsk_table_add(struct fsk_table *t, const char *cell);
void fsk_table_print(const struct fsk_table *t, FILE *to, const char *indent);
void fsk_table_free(struct fsk_table *t);

#endif
