#include "plugins/sqlite/in_wal.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/sqlite/wal.h"

#define TABLES_MAX 16 /* whose statements are kept */

/* One table, as the log has it and as the file alone has it. */
struct pair {
	char *table;
	sqlite3_stmt *now, *before; /* before is NULL: the file has no such table */
};

struct fsk_in_wal {
	struct fsk_memdb *db;
	struct pair pairs[TABLES_MAX];
	unsigned count;
	bool tried, has_frames;
};

static void drop_pair(struct pair *p)
{
	sqlite3_finalize(p->now);
	sqlite3_finalize(p->before);
	sqlite3_free(p->table);
	*p = (struct pair){ 0 };
}

void fsk_in_wal_drop(struct fsk_memdb *db)
{
	struct fsk_in_wal *l = db->in_wal;

	for (unsigned i = 0; l != NULL && i < l->count; i++)
		drop_pair(&l->pairs[i]);
	free(l);
	db->in_wal = NULL;
}

/* Opens the file once more, without its log. */
static void open_base(struct fsk_in_wal *l)
{
	const struct fsk_memvfs *v = &l->db->vfs;
	struct fsk_wal log;

	l->tried = true;
	if (fsk_wal_read(&log, v->wal.data, v->wal.size, NULL) == 0)
		l->has_frames = log.committed > 0;
	fsk_wal_free(&log);
	if (l->has_frames)
		l->db->base = fsk_memdb_open_base(l->db);
}

static sqlite3_stmt *prepare(const struct fsk_memdb *db, const char *table)
{
	char *sql = sqlite3_mprintf("SELECT * FROM \"%w\" WHERE _rowid_ = ?1", table);
	sqlite3_stmt *stmt = NULL;

	if (sql != NULL && sqlite3_prepare_v2(db->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		stmt = NULL;
	sqlite3_free(sql);
	return stmt;
}

static struct pair *find_pair(struct fsk_in_wal *l, const char *table)
{
	struct pair *p;

	for (unsigned i = 0; i < l->count; i++)
		if (strcmp(l->pairs[i].table, table) == 0)
			return &l->pairs[i];
	if (l->count == TABLES_MAX)
		drop_pair(&l->pairs[--l->count]);
	p = &l->pairs[l->count];
	p->table = sqlite3_mprintf("%s", table);
	p->now = prepare(l->db, table);
	if (p->table == NULL || p->now == NULL) {
		drop_pair(p);
		return NULL;
	}
	if (l->db->base != NULL)
		p->before = prepare(l->db->base, table);
	l->count++;
	return p;
}

static bool step_to(sqlite3_stmt *stmt, int64_t rowid)
{
	if (stmt == NULL)
		return false;
	sqlite3_reset(stmt);
	sqlite3_bind_int64(stmt, 1, rowid);
	return sqlite3_step(stmt) == SQLITE_ROW;
}

static bool same_value(sqlite3_stmt *a, sqlite3_stmt *b, int i)
{
	int type = sqlite3_column_type(a, i), n;

	if (type != sqlite3_column_type(b, i))
		return false;
	if (type == SQLITE_NULL)
		return true;
	if (type == SQLITE_INTEGER)
		return sqlite3_column_int64(a, i) == sqlite3_column_int64(b, i);
	if (type == SQLITE_FLOAT)
		return sqlite3_column_double(a, i) == sqlite3_column_double(b, i);
	n = sqlite3_column_bytes(a, i);
	return n == sqlite3_column_bytes(b, i) &&
	       (n == 0 ||
	        memcmp(sqlite3_column_blob(a, i), sqlite3_column_blob(b, i), (size_t) n) == 0);
}

static bool same_row(sqlite3_stmt *a, sqlite3_stmt *b)
{
	int n = sqlite3_column_count(a);

	if (n != sqlite3_column_count(b))
		return false;
	for (int i = 0; i < n; i++)
		if (!same_value(a, b, i))
			return false;
	return true;
}

/* NULL: no difference, or no such row. */
static const char *state_of(struct pair *p, int64_t rowid)
{
	if (!step_to(p->now, rowid))
		return NULL;
	if (!step_to(p->before, rowid))
		return "new";
	return same_row(p->now, p->before) ? NULL : "changed";
}

static void in_wal(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	struct fsk_in_wal *l = sqlite3_user_data(context);
	const char *table = (const char *) sqlite3_value_text(argv[0]), *state;
	int64_t rowid = sqlite3_value_int64(argv[1]);
	struct pair *p;

	(void) argc;
	if (!l->tried)
		open_base(l);
	if (table == NULL || !l->has_frames)
		return;
	p = find_pair(l, table);
	if (p == NULL) {
		sqlite3_result_error(context, "no such table: in_wal()", -1);
		return;
	}
	state = state_of(p, rowid);
	sqlite3_reset(p->now);
	sqlite3_reset(p->before);
	if (state != NULL)
		sqlite3_result_text(context, state, -1, SQLITE_STATIC);
}

int fsk_in_wal_add(struct fsk_memdb *db)
{
	db->in_wal = calloc(1, sizeof(*db->in_wal));
	if (db->in_wal == NULL)
		return SQLITE_NOMEM;
	db->in_wal->db = db;
	return sqlite3_create_function_v2(db->db, "in_wal", 2, SQLITE_UTF8 | SQLITE_DIRECTONLY,
	                                  db->in_wal, in_wal, NULL, NULL, NULL);
}
