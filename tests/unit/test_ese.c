/* ESE databases, on what tests/data/make-ese.py writes. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/limits.h"
#include "plugins/ese/database.h"

static int open_named(struct fsk_ese **out, const char *name, struct fsk_err *err)
{
	struct fsk_buf data;
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/data/ese/%s", getenv("FOSSICK_BUILD"), name);
	fsk_buf_init(&data, FSK_ESE_MAX);
	assert_int_equal(fsk_file_slurp(&data, path, NULL), 0);
	return fsk_ese_open(out, data.data, data.len, err);
}

static struct fsk_ese *opened(const char *name, const char *state, const char *notes)
{
	struct fsk_err err = { 0 };
	struct fsk_ese *db;

	print_message("# %s\n", name);
	if (open_named(&db, name, &err) < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(fsk_ese_state(db), state);
	assert_string_equal(fsk_ese_notes(db), notes);
	return db;
}

static const struct fsk_cell *cell(const struct fsk_cell *cells, int n, const char *name)
{
	for (int i = 0; i < n; i++) {
		if (strcmp(cells[i].name, name) == 0)
			return &cells[i];
	}
	return NULL;
}

static void is_int(const struct fsk_cell *cells, int n, const char *name, int64_t wanted)
{
	const struct fsk_cell *c = cell(cells, n, name);

	assert_non_null(c);
	assert_int_equal(c->type, FSK_ARG_INT);
	assert_int_equal(c->i, wanted);
}

static void is_bytes(const struct fsk_cell *cells, int n, const char *name, const char *wanted,
                     size_t size)
{
	const struct fsk_cell *c = cell(cells, n, name);

	assert_non_null(c);
	assert_int_equal(c->type, FSK_ARG_STRING);
	assert_int_equal(c->len, size);
	assert_memory_equal(c->s, wanted, size);
}

/* The table of make-ese.py with a value of each type. */
static void has_things(struct fsk_ese *db)
{
	struct fsk_ese_rows *r;
	struct fsk_cell *cells;
	int n;

	assert_int_equal(fsk_ese_tables(db), 2);
	assert_string_equal(fsk_ese_table(db, 0), "MSysObjects");
	assert_string_equal(fsk_ese_table(db, 1), "Things");
	assert_int_equal(fsk_ese_rows(&r, db, "Things", NULL), 0);
	assert_int_equal(fsk_ese_columns(r), 10);
	assert_string_equal(fsk_ese_column(r, 9), "Blob");
	assert_int_equal(fsk_ese_next(r, &cells, &n, NULL), 1);
	is_int(cells, n, "Id", 1);
	is_int(cells, n, "Flag", 1);
	is_int(cells, n, "Short", -2);
	is_int(cells, n, "Big", (int64_t) 1 << 40);
	assert_true(cell(cells, n, "Real")->d == 1.5);
	assert_true(cell(cells, n, "Day")->d == 45014.34375);
	is_bytes(cells, n, "Name", "first", 5);
	is_bytes(cells, n, "Key", "\0\1", 2);
	is_bytes(cells, n, "Text", "h\xc3\xa4 \xf0\x9f\x98\x80", 8);
	is_bytes(cells, n, "Blob", "\xff\0\xfe", 3);
	assert_int_equal(fsk_ese_next(r, &cells, &n, NULL), 1);
	is_int(cells, n, "Id", -7);
	assert_null(cell(cells, n, "Text"));
	assert_int_equal(fsk_ese_next(r, &cells, &n, NULL), 1);
	assert_int_equal(cell(cells, n, "Text")->len, 300);
	assert_int_equal(fsk_ese_next(r, &cells, &n, NULL), 0);
	fsk_ese_rows_close(r);
	fsk_ese_close(db);
}

static void test_rows(void **state)
{
	(void) state;
	has_things(opened("small.edb", "clean", ""));
	has_things(opened("dirty.edb", "dirty", ""));
}

/* What libesedb would refuse. */
static void test_newer(void **state)
{
	(void) state;
	has_things(opened("new.edb", "clean", ""));
}

static void test_headers(void **state)
{
	(void) state;
	has_things(opened("bad-header.edb", "clean", "the header is damaged, its copy is taken\n"));
	has_things(opened("bad-headers.edb", "clean",
	                  "the checksums of the header and of its copy are wrong\n"));
}

static void test_damage(void **state)
{
	struct fsk_ese *db = opened("bad-row.edb", "clean", "1 rows are damaged and left out\n");
	struct fsk_ese_rows *r;
	struct fsk_cell *cells;
	int n;

	(void) state;
	assert_int_equal(fsk_ese_rows(&r, db, "Things", NULL), 0);
	assert_int_equal(fsk_ese_next(r, &cells, &n, NULL), 1);
	is_int(cells, n, "Id", -7);
	fsk_ese_rows_close(r);
	fsk_ese_close(db);
}

static void test_none(void **state)
{
	static const char *const names[] = { "bad-catalog.edb", "cut.edb", "none.edb" };
	struct fsk_err err = { 0 };
	struct fsk_ese *db;

	(void) state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		print_message("# %s\n", names[i]);
		assert_int_equal(open_named(&db, names[i], &err), FSK_ECORRUPT);
		assert_null(db);
	}
	db = opened("small.edb", "clean", "");
	assert_int_equal(fsk_ese_rows(&(struct fsk_ese_rows *){ NULL }, db, "None", &err),
	                 FSK_ENOTFOUND);
	assert_string_equal(err.msg, "no table None");
	fsk_ese_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),    cmocka_unit_test(test_newer),
		cmocka_unit_test(test_headers), cmocka_unit_test(test_damage),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests_name("ese", tests, NULL, NULL);
}
