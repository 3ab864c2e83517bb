/* sqlite.open(entry): databases for plugins.
 *
 *   db = sqlite.open(entry)         with its -wal and -journal; nil, err
 *   for row in db:rows(sql, …)      tables by column name; NULL is absent
 *   db:tables()                     names of tables and views, sorted
 *   db:columns(table)               names in their order; nil, err
 *   for row in db:recovered(table)  rows that are no longer there; nil, err
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/module/module.h"
#include "plugins/shared/sink.h"
#include "plugins/sqlite/memdb.h"
#include "plugins/sqlite/recovered_class.h"

#define CELLS 32 /* that are handed over at once */

extern const struct fsk_module fsk_sqlite_module;

static void adopt(struct fsk_buf *out, uint8_t *data, size_t size)
{
	fsk_buf_init(out, FSK_SQLITE_MAX);
	out->data = data;
	out->len = out->cap = size;
}

/* A file beside the database; what cannot be read is an anomaly, and the
 * database is opened without it. */
static void slurp_sibling(struct fsk_buf *out, const struct fsk_host *host, struct fsk_call *call,
                          const char *suffix)
{
	struct fsk_err err = { 0 };
	uint8_t *data;
	size_t size;
	int rc = host->arg_entry_slurp(call, 0, suffix, FSK_SQLITE_MAX, &data, &size, &err);

	adopt(out, rc == 0 ? data : NULL, rc == 0 ? size : 0);
	if (rc == 0 || rc == FSK_ENOTFOUND)
		return;
	fsk_err_wrap(&err, "opened without its %s", suffix);
	host->anomaly(call, 0, rc, err.msg);
}

/* --- rows --- */

/* The value of a column; false for NULL, which is absent. */
static bool take_cell(struct fsk_cell *out, const struct fsk_memrows *r, int column)
{
	switch (fsk_memrows_type(r, column)) {
	case FSK_MEM_INT:
		out->type = FSK_ARG_INT;
		out->i = fsk_memrows_int(r, column);
		break;
	case FSK_MEM_NUMBER:
		out->type = FSK_ARG_NUMBER;
		out->d = fsk_memrows_number(r, column);
		break;
	case FSK_MEM_TEXT:
	case FSK_MEM_BLOB:
		out->type = FSK_ARG_STRING;
		out->s = fsk_memrows_bytes(r, column, &out->len);
		break;
	default:
		return false;
	}
	out->name = fsk_memrows_name(r, column);
	return true;
}

static void push_cells(const struct fsk_host *host, struct fsk_call *call,
                       const struct fsk_memrows *r)
{
	struct fsk_cell cells[CELLS];
	int columns = fsk_memrows_columns(r), n = 0;

	host->push_table(call);
	for (int i = 0; i < columns; i++) {
		n += take_cell(&cells[n], r, i);
		if (n < CELLS && i + 1 < columns)
			continue;
		host->set_fields(call, cells, n);
		n = 0;
	}
}

/* An error in mid-way ends the iteration, and must not look like the end. */
static int rows_next(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_err err = { 0 };
	int rc = fsk_memrows_next(self, &err);

	if (rc < 0) {
		fsk_err_wrap(&err, "rows are missing");
		host->anomaly(call, -1, rc, err.msg);
		return host->fail(call, &err);
	}
	if (rc == 0) {
		host->push_nil(call);
		return 1;
	}
	push_cells(host, call, self);
	return 1;
}

static void rows_destroy(void *object)
{
	fsk_memrows_close(object);
}

static const struct fsk_function rows_methods[] = {
	{ "__call", rows_next },
	{ NULL, NULL },
};
static const struct fsk_class rows_class = { "rows", rows_methods, rows_destroy };

/* --- databases --- */

/* Raises for arguments that cannot be parameters, before anything is made. */
static void check_parameters(const struct fsk_host *host, struct fsk_call *call)
{
	for (int i = 1; i < host->argc(call); i++) {
		enum fsk_arg_type type = host->arg_type(call, i);

		if (type == FSK_ARG_TABLE || type == FSK_ARG_OBJECT || type == FSK_ARG_ENTRY)
			host->arg_string(call, i, NULL);
	}
}

static int bind(const struct fsk_host *host, struct fsk_call *call, struct fsk_memrows *r, int i,
                struct fsk_err *err)
{
	const char *s;
	size_t n;

	switch (host->arg_type(call, i + 1)) {
	case FSK_ARG_BOOL:
		return fsk_memrows_bind_int(r, i, host->arg_bool(call, i + 1), err);
	case FSK_ARG_INT:
		return fsk_memrows_bind_int(r, i, host->arg_int(call, i + 1), err);
	case FSK_ARG_NUMBER:
		return fsk_memrows_bind_number(r, i, host->arg_number(call, i + 1), err);
	case FSK_ARG_STRING:
		s = host->arg_string(call, i + 1, &n);
		return fsk_memrows_bind_text(r, i, s, n, err);
	default:
		return 0;
	}
}

static int db_rows(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const char *sql = host->arg_string(call, 0, NULL);
	struct fsk_err err = { 0 };
	struct fsk_memrows *r;
	int rc;

	check_parameters(host, call);
	rc = fsk_memdb_query(&r, self, sql, &err);
	for (int i = 0; i + 1 < host->argc(call) && rc == 0; i++) {
		rc = bind(host, call, r, i, &err);
		if (rc < 0)
			fsk_memrows_close(r);
	}
	if (rc < 0)
		return host->fail(call, &err);
	host->push_object(call, &rows_class, r);
	return 1;
}

static int db_tables(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_err err = { 0 };
	struct fsk_memrows *r;
	int64_t count = 0;
	int rc = fsk_memdb_query(&r, self,
	                         "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
	                         "ORDER BY name",
	                         &err);

	if (rc < 0)
		return host->fail(call, &err);
	host->push_table(call);
	while ((rc = fsk_memrows_next(r, &err)) > 0) {
		size_t n;
		const char *name = fsk_memrows_bytes(r, 0, &n);

		host->push_string(call, name, n);
		host->set_index(call, ++count);
	}
	fsk_memrows_close(r);
	return rc < 0 ? host->fail(call, &err) : 1;
}

static int db_columns(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const char *table = host->arg_string(call, 0, NULL);
	const struct fsk_sink s = { host, call };
	struct fsk_err err = { 0 };
	struct fsk_memrows *r;

	if (fsk_memdb_table(&r, self, table, &err) < 0)
		return host->fail(call, &err);
	host->push_table(call);
	for (int i = 0; i < fsk_memrows_columns(r); i++)
		fsk_put_element(&s, (size_t) i + 1, fsk_memrows_name(r, i));
	fsk_memrows_close(r);
	return 1;
}

static void db_destroy(void *object)
{
	fsk_memdb_close(object);
}

static const struct fsk_function db_methods[] = {
	{ "rows", db_rows },
	{ "tables", db_tables },
	{ "columns", db_columns },
	{ "recovered", fsk_sqlite_recovered },
	{ NULL, NULL },
};
static const struct fsk_class db_class = { "database", db_methods, db_destroy };

static int module_open(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const struct fsk_sink s = { host, call };
	struct fsk_memdb_files files;
	struct fsk_err err = { 0 };
	struct fsk_memdb *db;
	const char *note;
	uint8_t *data;
	size_t size;

	(void) self;
	if (host->arg_entry_slurp(call, 0, "", FSK_SQLITE_MAX, &data, &size, &err) < 0)
		return host->fail(call, &err);
	adopt(&files.db, data, size);
	slurp_sibling(&files.wal, host, call, "-wal");
	slurp_sibling(&files.journal, host, call, "-journal");
	if (fsk_memdb_open(&db, &files, &err) < 0)
		return host->fail(call, &err);
	note = fsk_memdb_note(db);
	fsk_report_lines(&s, 0, note, note != NULL ? strlen(note) : 0);
	host->push_object(call, &db_class, db);
	return 1;
}

static const struct fsk_function functions[] = {
	{ "open", module_open },
	{ NULL, NULL },
};

const struct fsk_module fsk_sqlite_module = {
	.abi = FSK_MODULE_ABI,
	.name = "sqlite",
	.summary = "SQLite databases with their logs, read in memory",
	.functions = functions,
	.library = fsk_memdb_library,
};
