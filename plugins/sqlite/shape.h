/* Names, affinities and root page of a table, as its schema tells them. */
#ifndef FSK_PLUGINS_SQLITE_SHAPE_H
#define FSK_PLUGINS_SQLITE_SHAPE_H

#include "plugins/sqlite/memdb.h"
#include "plugins/sqlite/record.h"

struct fsk_shape {
	char *table;
	char **names;
	uint8_t *affinities;
	unsigned columns;
	int alias; /* the column that is the row's id, or -1 */
	uint32_t root;
};

struct fsk_shapes {
	struct fsk_shape *list; /* sorted by name */
	size_t count;
};

/* The tables with row ids, up to FSK_SQLITE_TABLES_MAX; one whose columns cannot be
 * known is left out. Free with fsk_shapes_free, also after failure. */
int fsk_shapes_read(struct fsk_shapes *out, struct fsk_memdb *db, struct fsk_err *err);
void fsk_shapes_free(struct fsk_shapes *s);

/* By name without case; NULL. */
const struct fsk_shape *fsk_shapes_find(const struct fsk_shapes *s, const char *table);

struct fsk_record_form fsk_shape_form(const struct fsk_shape *s);

#endif
