#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/limits.h"
#include "plugins/leveldb/leveldb.h"

static struct fsk_buf load(const char *name)
{
	char path[4096];
	struct fsk_buf b;

	snprintf(path, sizeof(path), "%s/tests/data/leveldb/%s", getenv("FOSSICK_BUILD"), name);
	fsk_buf_init(&b, FSK_LEVELDB_MAX);
	assert_int_equal(fsk_file_slurp(&b, path, NULL), 0);
	return b;
}

static struct fsk_leveldb *open_bytes(struct fsk_buf *b)
{
	struct fsk_leveldb *db;

	assert_int_equal(fsk_leveldb_open(&db, b->data, b->len, NULL), 0);
	return db;
}

/* Lines "sequence key=value", "-" for a deletion; long values as their length. */
static void dump(char *out, size_t cap, struct fsk_leveldb *db)
{
	struct fsk_leveldb_record r;
	size_t n = 0;

	out[0] = '\0';
	while (fsk_leveldb_next(db, &r, NULL) > 0) {
		n += (size_t) snprintf(out + n, cap - n,
		                       "%llu %.*s=", (unsigned long long) r.sequence,
		                       (int) r.key_size, (const char *) r.key);
		if (r.deleted)
			n += (size_t) snprintf(out + n, cap - n, "-\n");
		else if (r.value_size > 100)
			n += (size_t) snprintf(out + n, cap - n, "%zu\n", r.value_size);
		else
			n += (size_t) snprintf(out + n, cap - n, "%.*s\n", (int) r.value_size,
			                       (const char *) r.value);
	}
}

static void expect(const char *name, const char *wanted)
{
	struct fsk_buf b = load(name);
	struct fsk_leveldb *db = open_bytes(&b);
	char got[4096];

	dump(got, sizeof(got), db);
	assert_string_equal(got, wanted);
	assert_null(fsk_leveldb_note(db));
	fsk_leveldb_close(db);
}

static void logs(void **state)
{
	(void) state;
	expect("plain.log", "1 a=1\n2 b=2\n3 a=-\n");
	expect("long.log", "1 k=70000\n2 l=y\n");
}

static void tables(void **state)
{
	(void) state;
	expect("plain.ldb", "7 one=1\n");
	expect("packed.ldb", "1 key000=v0\n2 key001=v1\n3 key002=v2\n4 key003=v3\n5 key004=v4\n"
	                     "6 key005=-\n7 key006=v6\n8 key007=v7\n9 key008=v8\n10 key009=v9\n");
}

/* A block whose checksum is wrong is left out, and said so; the others are read. */
static void damage(void **state)
{
	struct fsk_buf b = load("packed.ldb");
	struct fsk_leveldb *db;
	char got[4096];

	(void) state;
	b.data[3] ^= 1;
	db = open_bytes(&b);
	dump(got, sizeof(got), db);
	assert_memory_equal(got, "4 key003=v3\n", 12);
	assert_non_null(strstr(fsk_leveldb_note(db), "1 damaged parts"));
	fsk_leveldb_close(db);

	b = load("plain.log");
	b.data[9] ^= 1;
	db = open_bytes(&b);
	dump(got, sizeof(got), db);
	assert_non_null(fsk_leveldb_note(db));
	fsk_leveldb_close(db);
}

/* Cut off anywhere, and with any byte changed: an end, and no more than was there. */
static void hostile(void **state)
{
	static const char *const names[] = { "plain.log", "packed.ldb", "plain.ldb" };
	struct fsk_leveldb *db;
	char got[4096];

	(void) state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct fsk_buf b = load(names[i]);

		for (size_t n = 0; n < 2 * b.len; n++) {
			size_t size = n < b.len ? n : b.len;
			uint8_t *copy = malloc(size + 1);

			assert_non_null(copy);
			memcpy(copy, b.data, size);
			if (n >= b.len)
				copy[n - b.len] ^= 0xff;
			if (fsk_leveldb_open(&db, copy, size, NULL) == 0) {
				dump(got, sizeof(got), db);
				fsk_leveldb_close(db);
			}
		}
		fsk_buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logs),
		cmocka_unit_test(tables),
		cmocka_unit_test(damage),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests_name("leveldb", tests, NULL, NULL);
}
