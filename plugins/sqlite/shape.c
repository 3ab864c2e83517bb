#include "plugins/sqlite/shape.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "plugins/sqlite/memdb_impl.h"

static bool contains(const char *type, const char *part)
{
	char *pattern = sqlite3_mprintf("%%%s%%", part);
	bool found = pattern != NULL && sqlite3_strlike(pattern, type, 0) == 0;

	sqlite3_free(pattern);
	return found;
}

/* The rules of https://www.sqlite.org/datatype3.html, section 3.1, in their order. */
static enum fsk_affinity affinity_of(const char *type)
{
	static const struct {
		const char *part;
		enum fsk_affinity affinity;
	} rules[] = {
		{ "INT", FSK_AFFINITY_NUMERIC }, { "CHAR", FSK_AFFINITY_TEXT },
		{ "CLOB", FSK_AFFINITY_TEXT },   { "TEXT", FSK_AFFINITY_TEXT },
		{ "BLOB", FSK_AFFINITY_ANY },
	};

	if (type == NULL || type[0] == '\0')
		return FSK_AFFINITY_ANY;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (contains(type, rules[i].part))
			return rules[i].affinity;
	return FSK_AFFINITY_NUMERIC;
}

/* Sets *is_key for a part of the primary key. */
static bool read_column(struct fsk_shape *s, unsigned i, bool *is_key, struct fsk_memdb *db,
                        const char *name)
{
	const char *type, *collation;
	int not_null, key, autoincrement;

	if (sqlite3_table_column_metadata(db->db, NULL, s->table, name, &type, &collation,
	                                  &not_null, &key, &autoincrement) != SQLITE_OK)
		return false;
	s->names[i] = strdup(name);
	s->affinities[i] = (uint8_t) affinity_of(type);
	*is_key = key != 0;
	if (key && type != NULL && sqlite3_stricmp(type, "INTEGER") == 0)
		s->alias = (int) i;
	return s->names[i] != NULL;
}

static bool has_rowid(struct fsk_memdb *db, const char *table)
{
	char *sql = sqlite3_mprintf("SELECT _rowid_ FROM \"%w\"", table);
	struct fsk_memrows *r = NULL;
	bool has = sql != NULL && fsk_memdb_query(&r, db, sql, NULL) == 0;

	fsk_memrows_close(r);
	sqlite3_free(sql);
	return has;
}

static bool read_shape(struct fsk_shape *s, struct fsk_memdb *db)
{
	struct fsk_memrows *r;
	bool good = true, is_key;
	unsigned keys = 0;

	s->alias = -1;
	if (!has_rowid(db, s->table) || fsk_memdb_table(&r, db, s->table, NULL) < 0)
		return false;
	s->columns = (unsigned) fsk_memrows_columns(r);
	s->names = calloc(s->columns + 1, sizeof(*s->names));
	s->affinities = calloc(s->columns + 1, 1);
	if (s->names == NULL || s->affinities == NULL || s->columns > FSK_RECORD_COLUMNS_MAX)
		good = false;
	for (unsigned i = 0; i < s->columns && good; i++) {
		good = read_column(s, i, &is_key, db, fsk_memrows_name(r, (int) i));
		keys += good && is_key;
	}
	fsk_memrows_close(r);
	if (keys > 1)
		s->alias = -1; /* a key of several columns is no row's id */
	if (good && s->alias >= 0)
		s->affinities[s->alias] = FSK_AFFINITY_ALIAS;
	return good;
}

static void free_shape(struct fsk_shape *s)
{
	for (unsigned i = 0; s->names != NULL && i < s->columns; i++)
		free(s->names[i]);
	free(s->names);
	free(s->affinities);
	free(s->table);
	*s = (struct fsk_shape){ 0 };
}

static int add_shape(struct fsk_shapes *out, struct fsk_memdb *db, const struct fsk_memrows *r,
                     struct fsk_err *err)
{
	struct fsk_shape *s = &out->list[out->count];
	int64_t root = fsk_memrows_int(r, 1);
	size_t n;

	*s = (struct fsk_shape){ .table = strdup(fsk_memrows_bytes(r, 0, &n)) };
	if (s->table == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a schema");
	s->root = root > 0 && root <= UINT32_MAX ? (uint32_t) root : 0;
	if (s->root > 0 && read_shape(s, db))
		out->count++;
	else
		free_shape(s);
	return 0;
}

int fsk_shapes_read(struct fsk_shapes *out, struct fsk_memdb *db, struct fsk_err *err)
{
	struct fsk_memrows *r;
	int rc;

	*out = (struct fsk_shapes){ .list = calloc(FSK_SQLITE_TABLES_MAX, sizeof(*out->list)) };
	if (out->list == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a schema");
	rc = fsk_memdb_query(&r, db,
	                     "SELECT name, rootpage FROM sqlite_master WHERE type = 'table' "
	                     "ORDER BY name",
	                     err);
	if (rc < 0)
		return rc;
	while (out->count < FSK_SQLITE_TABLES_MAX && (rc = fsk_memrows_next(r, err)) > 0)
		if ((rc = add_shape(out, db, r, err)) < 0)
			break;
	fsk_memrows_close(r);
	return rc < 0 ? rc : 0;
}

void fsk_shapes_free(struct fsk_shapes *s)
{
	for (size_t i = 0; i < s->count; i++)
		free_shape(&s->list[i]);
	free(s->list);
	*s = (struct fsk_shapes){ 0 };
}

const struct fsk_shape *fsk_shapes_find(const struct fsk_shapes *s, const char *table)
{
	for (size_t i = 0; i < s->count; i++)
		if (sqlite3_stricmp(s->list[i].table, table) == 0)
			return &s->list[i];
	return NULL;
}

struct fsk_record_form fsk_shape_form(const struct fsk_shape *s)
{
	return (struct fsk_record_form){ .affinities = s->affinities, .columns = s->columns };
}
