#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/base/file.h"
#include "core/base/limits.h"
#include "plugins/sqlite/memdb.h"

static void slurp(struct fsk_buf *out, const char *name)
{
	char path[4096];

	fsk_buf_init(out, FSK_SQLITE_MAX);
	if (name == NULL)
		return;
	snprintf(path, sizeof(path), "%s/tests/data/db/%s", getenv("FOSSICK_BUILD"), name);
	assert_int_equal(fsk_file_slurp(out, path, NULL), 0);
}

static void load(struct fsk_memdb_files *f, const char *db, const char *wal, const char *journal)
{
	slurp(&f->db, db);
	slurp(&f->wal, wal);
	slurp(&f->journal, journal);
}

static struct fsk_memdb *open_files(struct fsk_memdb_files *f)
{
	struct fsk_err err = { 0 };
	struct fsk_memdb *db;

	if (fsk_memdb_open(&db, f, &err) < 0)
		fail_msg("%s", err.msg);
	assert_null(f->db.data);
	assert_null(f->wal.data);
	assert_null(f->journal.data);
	return db;
}

static struct fsk_memdb *open_db(const char *db, const char *wal, const char *journal)
{
	struct fsk_memdb_files f;

	load(&f, db, wal, journal);
	return open_files(&f);
}

static struct fsk_memrows *query(struct fsk_memdb *db, const char *sql)
{
	struct fsk_err err = { 0 };
	struct fsk_memrows *r;

	if (fsk_memdb_query(&r, db, sql, &err) < 0)
		fail_msg("%s: %s", sql, err.msg);
	return r;
}

static int64_t number(struct fsk_memdb *db, const char *sql)
{
	struct fsk_memrows *r = query(db, sql);
	int64_t n;

	assert_int_equal(fsk_memrows_next(r, NULL), 1);
	assert_int_equal(fsk_memrows_type(r, 0), FSK_MEM_INT);
	n = fsk_memrows_int(r, 0);
	assert_int_equal(fsk_memrows_next(r, NULL), 0);
	assert_int_equal(fsk_memrows_next(r, NULL), 0);
	fsk_memrows_close(r);
	return n;
}

static void refuse_query(struct fsk_memdb *db, const char *sql, int code)
{
	struct fsk_err err = { 0 };
	struct fsk_memrows *r;
	int rc = fsk_memdb_query(&r, db, sql, &err);

	if (rc != code)
		fail_msg("%s: got %d (%s), wanted %d", sql, rc, err.msg, code);
	assert_null(r);
}

/* Runs a query to its end; what ended it. */
static int drain(struct fsk_memdb *db, const char *sql, size_t *rows, struct fsk_err *err)
{
	struct fsk_memrows *r;
	int rc = fsk_memdb_query(&r, db, sql, err);

	*rows = 0;
	if (rc < 0)
		return rc;
	while ((rc = fsk_memrows_next(r, err)) > 0)
		++*rows;
	assert_int_equal(fsk_memrows_next(r, NULL), rc);
	fsk_memrows_close(r);
	return rc;
}

static void kinds_of_values(void **state)
{
	struct fsk_memdb *db = open_db("plain.db", NULL, NULL);
	struct fsk_memrows *r = query(db, "SELECT * FROM kinds ORDER BY rowid");
	size_t n;

	(void) state;
	assert_null(fsk_memdb_note(db));
	assert_int_equal(fsk_memrows_columns(r), 5);
	assert_string_equal(fsk_memrows_name(r, 4), "n");
	assert_int_equal(fsk_memrows_next(r, NULL), 1);
	assert_int_equal(fsk_memrows_int(r, 0), -(1ll << 62));
	assert_int_equal(fsk_memrows_type(r, 1), FSK_MEM_NUMBER);
	assert_true(fsk_memrows_number(r, 1) == 0.5);
	assert_int_equal(fsk_memrows_type(r, 2), FSK_MEM_TEXT);
	assert_memory_equal(fsk_memrows_bytes(r, 2, &n), "J\xc3\xbcrgen", 7);
	assert_int_equal(n, 7);
	assert_int_equal(fsk_memrows_type(r, 3), FSK_MEM_BLOB);
	assert_memory_equal(fsk_memrows_bytes(r, 3, &n), "\0\1\xff", 3);
	assert_int_equal(n, 3);
	assert_int_equal(fsk_memrows_type(r, 4), FSK_MEM_NULL);
	assert_int_equal(fsk_memrows_next(r, NULL), 1);
	assert_non_null(fsk_memrows_bytes(r, 3, &n));
	assert_int_equal(n, 0);
	assert_int_equal(fsk_memrows_next(r, NULL), 0);
	fsk_memrows_close(r);
	assert_int_equal(number(db, "SELECT twice FROM doubled WHERE twice > 0"), 2);
	assert_int_equal(number(db, "SELECT json_extract('[1,2,3]', '$[2]')"), 3);
	fsk_memdb_close(db);
}

static void text_in_utf16(void **state)
{
	struct fsk_memdb *db = open_db("utf16.db", NULL, NULL);
	struct fsk_memrows *r = query(db, "SELECT x FROM t");
	size_t n;

	(void) state;
	assert_int_equal(fsk_memrows_next(r, NULL), 1);
	assert_memory_equal(fsk_memrows_bytes(r, 0, &n), "\xd0\x96\xf0\x9f\x8c\x8d", 6);
	assert_int_equal(n, 6);
	fsk_memrows_close(r);
	fsk_memdb_close(db);
}

static void parameters(void **state)
{
	struct fsk_memdb *db = open_db("plain.db", NULL, NULL);
	struct fsk_memrows *r = query(db, "SELECT ?1 + ?2, ?3, ?4");
	struct fsk_err err = { 0 };
	size_t n;

	(void) state;
	assert_int_equal(fsk_memrows_bind_int(r, 0, 40, NULL), 0);
	assert_int_equal(fsk_memrows_bind_number(r, 1, 2.5, NULL), 0);
	assert_int_equal(fsk_memrows_bind_text(r, 2, "a\0b", 3, NULL), 0);
	assert_int_equal(fsk_memrows_bind_int(r, 4, 1, &err), FSK_EINVAL);
	assert_string_equal(err.msg, "the statement has 4 parameters, not 5");
	assert_int_equal(fsk_memrows_next(r, NULL), 1);
	assert_true(fsk_memrows_number(r, 0) == 42.5);
	assert_memory_equal(fsk_memrows_bytes(r, 1, &n), "a\0b", 3);
	assert_int_equal(n, 3);
	assert_int_equal(fsk_memrows_type(r, 2), FSK_MEM_NULL);
	fsk_memrows_close(r);
	fsk_memdb_close(db);
}

static void columns_of_tables(void **state)
{
	struct fsk_memdb *db = open_db("plain.db", NULL, NULL);
	struct fsk_memrows *r;
	struct fsk_err err = { 0 };

	(void) state;
	assert_int_equal(fsk_memdb_table(&r, db, "odd \"name\"", NULL), 0);
	assert_int_equal(fsk_memrows_columns(r), 1);
	assert_string_equal(fsk_memrows_name(r, 0), "x");
	fsk_memrows_close(r);
	assert_int_equal(fsk_memdb_table(&r, db, "absent", &err), FSK_ENOTFOUND);
	assert_string_equal(err.msg, "no such table: absent");
	refuse_query(db, "SELECT absent FROM kinds", FSK_ENOTFOUND);
	fsk_memdb_close(db);
}

static void rows_only_in_wal(void **state)
{
	struct fsk_memdb *db = open_db("wal.db", NULL, NULL);

	(void) state;
	assert_int_equal(number(db, "SELECT count(*) FROM visits"), 10);
	refuse_query(db, "SELECT * FROM late", FSK_ENOTFOUND);
	fsk_memdb_close(db);

	db = open_db("wal.db", "wal.db-wal", NULL);
	assert_null(fsk_memdb_note(db));
	assert_int_equal(number(db, "SELECT count(*) FROM visits"), 15);
	assert_int_equal(number(db, "SELECT count(*) FROM visits WHERE url LIKE '%late%'"), 5);
	assert_int_equal(number(db, "SELECT count(*) FROM late"), 0);
	fsk_memdb_close(db);
}

/* A log whose end was lost gives the transactions that are whole. */
/* Rows that only the log has are told from those that the file has, too. */
static void marks_of_the_log(void **state)
{
	struct fsk_memdb *db = open_db("wal.db", "wal.db-wal", NULL);
	struct fsk_err err = { 0 };
	size_t rows;

	(void) state;
	assert_int_equal(
	    number(db, "SELECT count(*) FROM visits WHERE in_wal('visits', id) = 'new'"), 5);
	assert_int_equal(
	    number(db, "SELECT min(id) FROM visits WHERE in_wal('visits', id) = 'new'"), 11);
	assert_int_equal(
	    number(db, "SELECT count(*) FROM visits WHERE in_wal('visits', id) IS NULL"), 10);
	assert_int_equal(number(db, "SELECT count(in_wal('visits', 4711))"), 0);
	assert_int_equal(drain(db, "SELECT in_wal('none', 1)", &rows, &err), FSK_ENOTFOUND);
	fsk_memdb_close(db);

	db = open_db("wal.db", NULL, NULL);
	assert_int_equal(number(db, "SELECT count(in_wal('visits', id)) FROM visits"), 0);
	fsk_memdb_close(db);

	db = open_db("changed.db", "changed.db-wal", NULL);
	assert_int_equal(number(db, "SELECT id FROM t WHERE in_wal('t', id) = 'changed'"), 2);
	assert_int_equal(number(db, "SELECT count(in_wal('t', id)) FROM t"), 1);
	fsk_memdb_close(db);
}

static void cut_wal(void **state)
{
	struct fsk_memdb_files f;
	struct fsk_memdb *db;
	int64_t rows;

	(void) state;
	load(&f, "wal.db", "wal.db-wal", NULL);
	f.wal.len = 32 + 2 * (24 + 4096) + 100;
	db = open_files(&f);
	rows = number(db, "SELECT count(*) FROM visits");
	assert_in_range(rows, 11, 14);
	refuse_query(db, "SELECT * FROM late", FSK_ENOTFOUND);
	assert_non_null(strstr(fsk_memdb_note(db), "frame 3 of its -wal is damaged or cut off"));
	fsk_memdb_close(db);
}

/* One bit of a page: the rows of that frame and of all behind it are gone. */
static void damaged_wal(void **state)
{
	struct fsk_memdb_files f;
	struct fsk_memdb *db;

	(void) state;
	load(&f, "wal.db", "wal.db-wal", NULL);
	f.wal.data[32 + 24 + 4096 + 24 + 4000] ^= 1;
	db = open_files(&f);
	assert_in_range(number(db, "SELECT count(*) FROM visits"), 10, 14);
	assert_non_null(strstr(fsk_memdb_note(db), "frame 2 of its -wal is damaged or cut off"));
	fsk_memdb_close(db);
	/* frames of an earlier round are no damage */
	load(&f, "wal.db", "wal.db-wal", NULL);
	f.wal.data[32 + 24 + 4096 + 8] ^= 1;
	db = open_files(&f);
	assert_null(fsk_memdb_note(db));
	fsk_memdb_close(db);
}

static void foreign_wal(void **state)
{
	struct fsk_memdb_files f;
	struct fsk_memdb *db;

	(void) state;
	db = open_db("wal.db", "wide.db-wal", NULL);
	assert_string_equal(fsk_memdb_note(db),
	                    "opened without its -wal: its page size is another");
	assert_int_equal(number(db, "SELECT count(*) FROM visits"), 10);
	fsk_memdb_close(db);

	db = open_db("wal.db", "plain.db", NULL);
	assert_string_equal(fsk_memdb_note(db),
	                    "opened without its -wal: it is no write-ahead log");
	assert_int_equal(number(db, "SELECT count(*) FROM visits"), 10);
	fsk_memdb_close(db);

	load(&f, "wal.db", "wal.db-wal", NULL);
	f.wal.data[17] ^= 1; /* salt */
	db = open_files(&f);
	assert_non_null(strstr(fsk_memdb_note(db), "the checksum of its header is wrong"));
	assert_int_equal(number(db, "SELECT count(*) FROM visits"), 10);
	fsk_memdb_close(db);

	load(&f, "wal.db", "wal.db-wal", NULL);
	f.wal.len = 20;
	db = open_files(&f);
	assert_non_null(strstr(fsk_memdb_note(db), "the checksum of its header is wrong"));
	fsk_memdb_close(db);
}

static void hot_journal(void **state)
{
	struct fsk_memdb_files f;
	struct fsk_memdb *db;
	struct fsk_err err = { 0 };
	size_t rows;

	(void) state;
	db = open_db("hot.db", NULL, "hot.db-journal");
	assert_string_equal(fsk_memdb_note(db), "its hot -journal was rolled back in memory");
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 400);
	assert_int_equal(number(db, "SELECT count(*) FROM t WHERE state LIKE 'before%'"), 400);
	fsk_memdb_close(db);

	/* without it the half-done transaction shows */
	load(&f, "hot.db", NULL, NULL);
	db = open_files(&f);
	assert_null(fsk_memdb_note(db));
	drain(db, "SELECT * FROM t WHERE state LIKE 'during%'", &rows, &err);
	assert_true(rows > 0);
	fsk_memdb_close(db);
}

/* A journal that was committed has its header zeroed, and stays unused. */
static void cold_journal(void **state)
{
	struct fsk_memdb_files f;
	struct fsk_memdb *db;

	(void) state;
	load(&f, "plain.db", NULL, "hot.db-journal");
	memset(f.journal.data, 0, 512);
	db = open_files(&f);
	assert_null(fsk_memdb_note(db));
	assert_int_equal(number(db, "SELECT count(*) FROM many"), 500);
	fsk_memdb_close(db);
}

static void refuse_open(const void *bytes, size_t n, const char *msg)
{
	struct fsk_memdb_files f;
	struct fsk_err err = { 0 };
	struct fsk_memdb *db;

	load(&f, NULL, NULL, NULL);
	assert_int_equal(fsk_buf_append(&f.db, bytes, n, NULL), 0);
	assert_int_equal(fsk_memdb_open(&db, &f, &err), FSK_ECORRUPT);
	assert_null(db);
	assert_null(f.db.data);
	if (strstr(err.msg, msg) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", msg, err.msg);
}

static void no_database(void **state)
{
	uint8_t page[4096] = "SQLite format 3";

	(void) state;
	refuse_open("", 0, "no SQLite database: empty");
	refuse_open("SQLite", 6, "signature missing");
	refuse_open("some text that is no database", 29, "signature missing (encrypted, or");
	refuse_open(page, 16, "file is not a database");
	refuse_open(page, sizeof(page), "file is not a database");
}

static void damaged(void **state)
{
	struct fsk_memdb_files f;
	struct fsk_memdb *db;
	struct fsk_err err = { 0 };
	size_t rows;

	(void) state;
	load(&f, "plain.db", NULL, NULL);
	memset(f.db.data + f.db.len / 2, 0xee, 4096);
	db = open_files(&f);
	assert_int_equal(drain(db, "SELECT * FROM many", &rows, &err), FSK_ECORRUPT);
	assert_string_equal(err.msg, "database disk image is malformed");
	assert_in_range(rows, 1, 499);
	fsk_memdb_close(db);

	load(&f, "plain.db", NULL, NULL);
	f.db.len = f.db.len / 2 + 100;
	db = open_files(&f);
	assert_non_null(strstr(fsk_memdb_note(db), "cut off: "));
	assert_int_equal(number(db, "SELECT count(*) FROM kinds"), 2);
	assert_int_equal(drain(db, "SELECT * FROM many", &rows, &err), FSK_ECORRUPT);
	assert_in_range(rows, 1, 499);
	fsk_memdb_close(db);

	load(&f, "plain.db", NULL, NULL);
	memset(f.db.data + 100, 0xee, 3000); /* the schema */
	assert_int_equal(fsk_memdb_open(&db, &f, &err), FSK_ECORRUPT);
	assert_null(db);
}

static void only_reading(void **state)
{
	static const char *const sql[] = {
		"INSERT INTO kinds DEFAULT VALUES",
		"UPDATE kinds SET i = 0",
		"DELETE FROM kinds",
		"CREATE TABLE x (y)",
		"CREATE TEMP TABLE x (y)",
		"CREATE VIEW x AS SELECT 1",
		"DROP TABLE kinds",
		"ALTER TABLE kinds RENAME TO x",
		"ATTACH ':memory:' AS x",
		"DETACH main",
		"PRAGMA user_version",
		"PRAGMA journal_mode = DELETE",
		"PRAGMA table_info(kinds)",
		"SELECT * FROM pragma_table_info('kinds')",
		"VACUUM",
		"VACUUM INTO 'x'",
		"BEGIN",
		"SAVEPOINT x",
		"ANALYZE",
		"REINDEX",
		"SELECT load_extension('x')",
		"SELECT random()",
		"SELECT hex(randomblob(4))",
	};
	struct fsk_memdb *db = open_db("plain.db", NULL, NULL);

	(void) state;
	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++)
		refuse_query(db, sql[i], FSK_EPERM);
	refuse_query(db, "SELECT * FROM words", FSK_EUNSUPPORTED); /* fts5 */
	refuse_query(db, "SELECT * FROM dbstat", FSK_ENOTFOUND);
	refuse_query(db, "SELEC", FSK_EINVAL);
	refuse_query(db, "", FSK_EINVAL);
	refuse_query(db, "-- nothing", FSK_EINVAL);
	refuse_query(db, "SELECT 1; SELECT 2", FSK_EINVAL);
	assert_int_equal(number(db, "SELECT 1;  \n"), 1);
	assert_int_equal(number(db, "SELECT count(*) FROM kinds"), 2);
	fsk_memdb_close(db);
}

static void budgets(void **state)
{
	static const char endless[] =
	    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) "
	    "SELECT max(i) FROM c";
	struct fsk_memdb *db = open_db("plain.db", NULL, NULL);
	struct fsk_err err = { 0 };
	size_t rows;

	(void) state;
	fsk_memdb_limit_steps(db, 2000000);
	assert_int_equal(drain(db, endless, &rows, &err), FSK_ETIMEOUT);
	assert_string_equal(err.msg, "stopped after 2000000 steps");
	assert_int_equal(number(db, "SELECT count(*) FROM many"), 500);
	fsk_memdb_limit_steps(db, FSK_SQLITE_STEPS_MAX);

	assert_int_equal(drain(db, "SELECT zeroblob(17000000)", &rows, &err), FSK_ELIMIT);
	assert_string_equal(err.msg, "string or blob too big");
	assert_int_equal(drain(db,
	                       "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c "
	                       "LIMIT 40) SELECT i, hex(zeroblob(8000000)) AS b FROM c ORDER BY b",
	                       &rows, &err),
	                 FSK_ELIMIT);
	assert_string_equal(err.msg, "needs more memory than there is (256 MiB)");
	assert_int_equal(number(db, "SELECT count(*) FROM many"), 500);
	fsk_memdb_close(db);
}

/* The step limit counts for each statement, also when two are read in turns. */
static void statements_in_turns(void **state)
{
	struct fsk_memdb *a = open_db("wal.db", "wal.db-wal", NULL);
	struct fsk_memdb *b = open_db("wal.db", NULL, NULL);
	struct fsk_memrows *ra = query(a, "SELECT id FROM visits ORDER BY id");
	struct fsk_memrows *rb = query(b, "SELECT id FROM visits ORDER BY id");

	(void) state;
	for (int i = 1; i <= 10; i++) {
		assert_int_equal(fsk_memrows_next(ra, NULL), 1);
		assert_int_equal(fsk_memrows_next(rb, NULL), 1);
		assert_int_equal(fsk_memrows_int(ra, 0), i);
		assert_int_equal(fsk_memrows_int(rb, 0), i);
	}
	assert_int_equal(fsk_memrows_next(ra, NULL), 1);
	assert_int_equal(fsk_memrows_next(rb, NULL), 0);
	fsk_memrows_close(rb);
	fsk_memdb_close(b);
	assert_int_equal(fsk_memrows_next(ra, NULL), 1);
	fsk_memrows_close(ra);
	fsk_memdb_close(a);
}

/* The worker may open nothing: neither may SQLite, not even for a sort. */
static void opens_no_file(void **state)
{
	struct fsk_memdb_files wal, hot;
	struct rlimit old, none;
	struct fsk_memdb *db;
	struct fsk_err err = { 0 };
	size_t rows;

	(void) state;
	load(&wal, "wal.db", "wal.db-wal", NULL);
	load(&hot, "hot.db", NULL, "hot.db-journal");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_null(fopen("/dev/null", "r"));
	db = open_files(&wal);
	assert_int_equal(number(db, "SELECT count(DISTINCT url) FROM visits"), 15);
	fsk_memdb_close(db);
	db = open_files(&hot);
	assert_int_equal(drain(db,
	                       "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c "
	                       "LIMIT 200000) SELECT i FROM c ORDER BY hex(i) DESC",
	                       &rows, &err),
	                 0);
	assert_int_equal(rows, 200000);
	fsk_memdb_close(db);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_of_values),  cmocka_unit_test(text_in_utf16),
		cmocka_unit_test(parameters),       cmocka_unit_test(columns_of_tables),
		cmocka_unit_test(rows_only_in_wal), cmocka_unit_test(cut_wal),
		cmocka_unit_test(marks_of_the_log), cmocka_unit_test(damaged_wal),
		cmocka_unit_test(foreign_wal),      cmocka_unit_test(hot_journal),
		cmocka_unit_test(cold_journal),     cmocka_unit_test(no_database),
		cmocka_unit_test(damaged),          cmocka_unit_test(only_reading),
		cmocka_unit_test(budgets),          cmocka_unit_test(statements_in_turns),
		cmocka_unit_test(opens_no_file),
	};

	return cmocka_run_group_tests_name("memdb", tests, NULL, NULL);
}
