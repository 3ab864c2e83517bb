/* ese.open(entry): databases of the Extensible Storage Engine for plugins. */
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/module/module.h"
#include "plugins/ese/database.h"
#include "plugins/shared/sink.h"

extern const struct fsk_module fsk_ese_module;

/* --- rows --- */

static void tell_damage(const struct fsk_host *host, struct fsk_call *call, struct fsk_ese_rows *r)
{
	char text[FSK_ERR_MSG_MAX];

	if (fsk_ese_damage(r, text))
		host->anomaly(call, -1, FSK_ECORRUPT, text);
}

/* An error in mid-way ends the iteration, and must not look like the end. */
static int rows_next(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_err err = { 0 };
	struct fsk_cell *cells;
	int n, rc = fsk_ese_next(self, &cells, &n, &err);

	tell_damage(host, call, self);
	if (rc < 0) {
		fsk_err_wrap(&err, "rows are missing");
		host->anomaly(call, -1, rc, err.msg);
		return host->fail(call, &err);
	}
	if (rc == 0) {
		host->push_nil(call);
		return 1;
	}
	host->push_table(call);
	host->set_fields(call, cells, n);
	return 1;
}

static void rows_destroy(void *object)
{
	fsk_ese_rows_close(object);
}

static const struct fsk_function rows_methods[] = {
	{ "__call", rows_next },
	{ NULL, NULL },
};
static const struct fsk_class rows_class = { "ese rows", rows_methods, rows_destroy };

/* --- databases --- */

/// # ese
///
/// Databases of the Extensible Storage Engine ("JET Blue"): WinINet's `WebCacheV01.dat`, and
/// others of Windows. They are read in memory as they are: what only the logs (`V01*.log`) have
/// is not seen.
/* --- functions --- */

/// db:state()
///
/// How it was left: `"clean"`, or `"dirty"` when it was in use and its logs were not yet
/// applied; `"created"`, `"converted"`, `"detached"`, `"unknown"`.
static int ese_state(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const char *state = fsk_ese_state(self);

	host->push_string(call, state, strlen(state));
	return 1;
}

/// db:tables()
///
/// Names of the tables, in the order of the catalog.
static int ese_tables(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	host->push_list(call);
	for (int i = 0; i < fsk_ese_tables(self); i++) {
		const char *name = fsk_ese_table(self, i);

		host->push_string(call, name, strlen(name));
		host->set_index(call, i + 1);
	}
	return 1;
}

/// db:columns(table)
///
/// Names of its columns, in the order of the catalog; `nil, message, code` when there is no
/// such table.
static int ese_columns(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const char *table = host->arg_string(call, 0, NULL);
	struct fsk_err err = { 0 };
	struct fsk_ese_rows *r;

	if (fsk_ese_rows(&r, self, table, &err) < 0)
		return host->fail(call, &err);
	host->push_list(call);
	for (int i = 0; i < fsk_ese_columns(r); i++) {
		const char *name = fsk_ese_column(r, i);

		host->push_string(call, name, strlen(name));
		host->set_index(call, i + 1);
	}
	fsk_ese_rows_close(r);
	return 1;
}

/// db:rows(table)
///
/// An iterator over the rows, in the order of the table's key; each is a table by name of
/// column. `nil, message, code` when there is no such table. Integers, currencies and booleans (0
/// and 1) are integers, floating point and date-times (days since 1899-12-30) are numbers; a
/// FILETIME in a column of date-times is an integer. Text is UTF-8, binary data and GUIDs are
/// bytes. Times in WinINet's tables are integers: `time.filetime` takes them. What is NULL is
/// absent; of several values in one column the first is given; values up to 16 MiB are read whole.
/// Rows and values that are damaged are anomalies of the entry, and the rest is read.
static int ese_rows(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const char *table = host->arg_string(call, 0, NULL);
	struct fsk_err err = { 0 };
	struct fsk_ese_rows *r;

	if (fsk_ese_rows(&r, self, table, &err) < 0)
		return host->fail(call, &err);
	host->push_object(call, &rows_class, r);
	return 1;
}

static void ese_destroy(void *object)
{
	fsk_ese_close(object);
}

static const struct fsk_function methods[] = {
	{ "state", ese_state }, { "tables", ese_tables }, { "columns", ese_columns },
	{ "rows", ese_rows },   { NULL, NULL },
};
static const struct fsk_class ese_class = { "ese database", methods, ese_destroy };

/* --- the module --- */

static void report(const struct fsk_host *host, struct fsk_call *call, const struct fsk_ese *db)
{
	const struct fsk_sink s = { host, call };
	const char *notes = fsk_ese_notes(db);

	fsk_report_lines(&s, 0, notes, strlen(notes));
	if (strcmp(fsk_ese_state(db), "dirty") == 0)
		host->anomaly(
		    call, 0, FSK_EUNSUPPORTED,
		    "the database was in use; its logs are not replayed, so that the last "
		    "changes may be missing");
}

/// ese.open(entry)
///
/// The database in a file, up to 1 GiB; `nil, message, code` when it is none. One that was in
/// use is read as it is, with an anomaly that says so.
///
/// ```lua
/// local db = assert(ese.open(ctx:lookup("Users/ann/WebCacheV01.dat")))
/// assert(db:tables()[1] == "MSysObjects" and db:state() == "clean")
/// for row in assert(db:rows("Containers")) do
/// 	ctx:record("container", { name = row.Name, id = row.ContainerId, entry = item })
/// end
/// ```
static int module_open(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_err err = { 0 };
	struct fsk_ese *db;
	uint8_t *data;
	size_t size;

	(void) self;
	if (host->arg_entry_slurp(call, 0, "", FSK_ESE_MAX, &data, &size, &err) < 0 ||
	    fsk_ese_open(&db, data, size, &err) < 0)
		return host->fail(call, &err);
	report(host, call, db);
	host->push_object(call, &ese_class, db);
	return 1;
}

static const struct fsk_function functions[] = {
	{ "open", module_open },
	{ NULL, NULL },
};

const struct fsk_module fsk_ese_module = {
	.abi = FSK_MODULE_ABI,
	.name = "ese",
	.summary = "ESE databases: WinINet's history and cache",
	.functions = functions,
	.library = fsk_ese_library,
};
