/* Folder indexes of NTFS, sound and damaged, built here byte by byte. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/evidence/fs_ntfs.h"

#define FOLDER 77u
#define DIRECTORY 0x10000000u
#define REPARSE 0x400u

static void put(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t) (v >> (8 * i));
}

/* One index entry at `p`. Returns its length. */
static size_t entry(uint8_t *p, uint64_t addr, uint64_t seq, const char *name, int space,
                    uint32_t flags, uint32_t tag)
{
	size_t chars = strlen(name), key = 66 + 2 * chars, n = (16 + key + 7) & ~(size_t) 7;

	memset(p, 0, n);
	put(p, addr | seq << 48, 8);
	put(p + 8, n, 2);
	put(p + 10, key, 2);
	put(p + 16, FOLDER | 1ull << 48, 8);
	for (size_t i = 0; i < 4; i++)
		put(p + 24 + 8 * i, 133245126000000000ull + i, 8);
	put(p + 64, 1234, 8);
	put(p + 72, flags, 4);
	put(p + 76, tag, 4);
	p[80] = (uint8_t) chars;
	p[81] = (uint8_t) space;
	for (size_t i = 0; i < chars; i++)
		p[82 + 2 * i] = (uint8_t) name[i];
	return n;
}

static size_t last(uint8_t *p)
{
	memset(p, 0, 16);
	put(p + 8, 16, 2);
	put(p + 12, 2, 4);
	return 16;
}

static void node(uint8_t *p, size_t used)
{
	put(p, 16, 4);
	put(p + 4, used, 4);
	put(p + 8, used, 4);
}

static size_t root(uint8_t *p)
{
	size_t n = 32;

	memset(p, 0, n);
	put(p, 0x30, 4);
	put(p + 4, 1, 4);
	put(p + 8, 4096, 4);
	p[12] = 1;
	n += entry(p + n, 100, 3, "Users", 3, DIRECTORY, 0);
	n += entry(p + n, 101, 1, "Program Files", 1, DIRECTORY, 0);
	n += entry(p + n, 101, 1, "PROGRA~1", 2, DIRECTORY, 0);
	n += entry(p + n, 102, 1, "boot.ini", 3, 0, 0);
	n += entry(p + n, 103, 1, "Docs", 3, DIRECTORY | REPARSE, 0xa0000003);
	n += entry(p + n, 104, 1, "cloud", 3, DIRECTORY | REPARSE, 0x9000001a);
	n += last(p + n);
	node(p + 16, n - 16);
	return n;
}

static void seal(uint8_t *p, size_t size, uint16_t check)
{
	memcpy(p, "INDX", 4);
	put(p + 4, 0x28, 2);
	put(p + 6, size / 512 + 1, 2);
	put(p + 0x28, check, 2);
	for (size_t i = 1; i <= size / 512; i++) {
		memcpy(p + 0x28 + 2 * i, p + i * 512 - 2, 2);
		put(p + i * 512 - 2, check, 2);
	}
}

/* A record of 4096 bytes with `count` names. */
static void record(uint8_t *p, unsigned count)
{
	size_t n = 0x40;
	char name[32];

	memset(p, 0, 4096);
	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "file-%04u.bin", i);
		n += entry(p + n, 200 + i, 1, name, 3, 0, 0);
	}
	n += last(p + n);
	put(p + 24, 0x40 - 24, 4);
	put(p + 28, n - 24, 4);
	put(p + 32, 4096 - 24, 4);
	seal(p, 4096, 0x1234);
}

struct fixture {
	struct fsk_listing names;
	struct fsk_ntfs_index ix;
	uint8_t bytes[4096];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	fsk_ntfs_index_init(&f->ix, &f->names, FOLDER);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	fsk_ntfs_index_free(&f->ix);
	for (size_t i = 0; i < f->names.count; i++)
		fsk_name_clear(&f->names.items[i]);
	free(f->names.items);
	free(f);
	return 0;
}

static const struct fsk_name *find(const struct fixture *f, const char *name)
{
	for (size_t i = 0; i < f->names.count; i++)
		if (strcmp(f->names.items[i].name, name) == 0)
			return &f->names.items[i];
	return NULL;
}

static void test_root(void **state)
{
	struct fixture *f = *state;
	size_t n = root(f->bytes);

	assert_int_equal(fsk_ntfs_index_root(&f->ix, f->bytes, n, NULL), 0);
	assert_int_equal(fsk_ntfs_index_finish(&f->ix, NULL), 0);
	assert_int_equal(f->ix.record_size, 4096);
	assert_int_equal(f->names.count, 5);
	assert_int_equal(find(f, "Users")->addr, 100);
	assert_int_equal(find(f, "Users")->seq, 3);
	assert_int_equal(find(f, "Users")->type, FSK_ENTRY_DIR);
	assert_string_equal(find(f, "Program Files")->alias, "PROGRA~1");
	assert_null(find(f, "PROGRA~1"));
	assert_int_equal(find(f, "boot.ini")->size, 1234);
	assert_int_equal(find(f, "boot.ini")->type, FSK_ENTRY_FILE);
	assert_int_equal(find(f, "Docs")->type, FSK_ENTRY_LINK);
	assert_int_equal(find(f, "cloud")->type, FSK_ENTRY_DIR);
}

static void test_alias_without_its_long_name_is_a_name(void **state)
{
	struct fixture *f = *state;
	size_t n = 32;

	root(f->bytes);
	n += entry(f->bytes + n, 101, 1, "PROGRA~1", 2, DIRECTORY, 0);
	n += last(f->bytes + n);
	node(f->bytes + 16, n - 16);
	assert_int_equal(fsk_ntfs_index_root(&f->ix, f->bytes, n, NULL), 0);
	assert_int_equal(fsk_ntfs_index_finish(&f->ix, NULL), 0);
	assert_non_null(find(f, "PROGRA~1"));
}

static void test_record_with_fixups(void **state)
{
	struct fixture *f = *state;

	f->ix.record_size = 4096;
	record(f->bytes, 30);
	assert_int_equal(fsk_ntfs_index_record(&f->ix, f->bytes, 4096, NULL), 0);
	assert_int_equal(f->names.count, 30);
	assert_int_equal(f->ix.strange, 0);
	assert_int_equal(find(f, "file-0029.bin")->addr, 229);
}

static void test_torn_record_adds_nothing(void **state)
{
	struct fixture *f = *state;
	struct fsk_err err;

	record(f->bytes, 30);
	f->bytes[3 * 512 - 2] ^= 1;
	assert_int_equal(fsk_ntfs_index_record(&f->ix, f->bytes, 4096, &err), FSK_ECORRUPT);
	record(f->bytes, 30);
	f->bytes[0] = 0;
	assert_int_equal(fsk_ntfs_index_record(&f->ix, f->bytes, 4096, &err), FSK_ECORRUPT);
	assert_int_equal(f->names.count, 0);
}

static void test_entry_of_another_folder_is_strange(void **state)
{
	struct fixture *f = *state;
	size_t n = root(f->bytes);

	put(f->bytes + 32 + 16, FOLDER + 1, 6);
	assert_int_equal(fsk_ntfs_index_root(&f->ix, f->bytes, n, NULL), 0);
	assert_null(find(f, "Users"));
	assert_int_equal(f->ix.strange, 1);
}

static void test_a_node_that_is_cut_is_strange(void **state)
{
	struct fixture *f = *state;
	size_t n = root(f->bytes), used = n - 16, third = 16;

	for (int i = 0; i < 2; i++)
		third += f->bytes[16 + third + 8];
	/* behind a whole entry, and inside of one */
	put(f->bytes + 16 + 4, third, 4);
	assert_int_equal(fsk_ntfs_index_root(&f->ix, f->bytes, n, NULL), 0);
	assert_int_equal(f->ix.strange, 1);
	put(f->bytes + 16 + 4, third + 4, 4);
	assert_int_equal(fsk_ntfs_index_root(&f->ix, f->bytes, n, NULL), 0);
	assert_int_equal(f->ix.strange, 2);
	put(f->bytes + 16 + 4, used, 4);
	assert_int_equal(fsk_ntfs_index_root(&f->ix, f->bytes, n, NULL), 0);
	assert_int_equal(f->ix.strange, 2);
}

static void test_children_are_counted(void **state)
{
	struct fixture *f = *state;
	size_t n = root(f->bytes);

	f->bytes[32 + 12] |= 1;     /* of the first entry */
	f->bytes[n - 16 + 12] |= 1; /* of the last one, which has no name */
	assert_int_equal(fsk_ntfs_index_root(&f->ix, f->bytes, n, NULL), 0);
	assert_int_equal(f->ix.children, 2);
	record(f->bytes, 30);
	assert_int_equal(fsk_ntfs_index_record(&f->ix, f->bytes, 4096, NULL), 0);
	assert_int_equal(f->ix.records, 1);
	assert_int_equal(f->ix.strange, 0);
}

/* Every byte changed in turn, and every shorter length: no crash, no hang (the
 * sanitizers watch), and never more names than fit. */
static void test_every_damage(void **state)
{
	struct fixture *f = *state;
	uint8_t sound[4096], *exact;
	size_t n = root(sound);

	(void) state;
	for (size_t i = 0; i < n; i++) {
		for (unsigned v = 0; v < 3; v++) {
			static const uint8_t values[] = { 0x00, 0xff, 0x80 };

			exact = malloc(n);
			memcpy(exact, sound, n);
			exact[i] = values[v];
			(void) fsk_ntfs_index_root(&f->ix, exact, n, NULL);
			free(exact);
		}
		exact = malloc(i + 1);
		memcpy(exact, sound, i);
		(void) fsk_ntfs_index_root(&f->ix, exact, i, NULL);
		free(exact);
	}
	assert_in_range(f->names.count, 1, 4 * n * 6);
	for (size_t i = 0; i < 4096; i += 3) {
		record(f->bytes, 30);
		f->bytes[i] ^= 0xff;
		(void) fsk_ntfs_index_record(&f->ix, f->bytes, 4096, NULL);
	}
}

static void test_times(void **state)
{
	uint8_t si[72] = { 0 }, fn[80] = { 0 };
	struct fsk_times t;
	char text[FSK_TIME_STR_MAX];
	int best = 0;

	(void) state;
	fsk_times_clear(&t);
	for (size_t i = 0; i < 4; i++) {
		put(si + 8 * i, 133245126000000000ull + 1234567 + i, 8);
		put(fn + 8 + 8 * i, 133245126000000000ull + i, 8);
	}
	fsk_ntfs_si_times(&t, si, sizeof(si));
	assert_string_equal(fsk_time_iso(text, t.created), "2023-03-28T21:30:00.1234567Z");
	assert_int_equal(t.modified - t.created, 100);
	assert_int_equal(t.changed - t.created, 200);
	assert_int_equal(t.accessed - t.created, 300);
	fn[65] = 2;
	fsk_ntfs_fn_times(&t, fn, sizeof(fn), &best);
	assert_int_equal(best, 1);
	put(fn + 8, 133245126000000000ull + 5, 8);
	fn[65] = 1;
	fsk_ntfs_fn_times(&t, fn, sizeof(fn), &best);
	assert_int_equal(best, 2);
	assert_string_equal(fsk_time_iso(text, t.fn_created), "2023-03-28T21:30:00.0000005Z");
	fn[65] = 2;
	put(fn + 8, 0, 8);
	fsk_ntfs_fn_times(&t, fn, sizeof(fn), &best);
	assert_int_not_equal(t.fn_created, FSK_TIME_NONE);
	fsk_ntfs_fn_times(&t, fn, 20, &best);
	fsk_ntfs_si_times(&t, si, 31);
}

/* A record of which only the first `kept` names are in use, as after deletions. */
static void shortened(uint8_t *p, unsigned count, unsigned kept)
{
	size_t n = 0x40;

	record(p, count);
	assert_int_equal(fsk_ntfs_fixups(p, 4096, NULL), 0);
	for (unsigned i = 0; i < kept; i++)
		n += (size_t) (p[n + 8] | p[n + 9] << 8);
	n += last(p + n);
	put(p + 28, n - 24, 4);
	seal(p, 4096, 0x4321);
}

static size_t count_gone(struct fixture *f, bool used)
{
	struct fsk_listing gone = { 0 };
	size_t n;

	f->ix.gone = &gone;
	assert_int_equal(used ? fsk_ntfs_index_record(&f->ix, f->bytes, 4096, NULL)
	                      : fsk_ntfs_index_unused(&f->ix, f->bytes, 4096, NULL),
	                 0);
	for (size_t i = 0; i < gone.count; i++) {
		assert_true(gone.items[i].deleted);
		assert_true(gone.items[i].addr >= 200 && gone.items[i].addr < 230);
		assert_int_equal(gone.items[i].size, 1234);
		fsk_name_clear(&gone.items[i]);
	}
	free(gone.items);
	n = gone.count;
	f->ix.gone = NULL;
	return n;
}

static void test_left_over_entries(void **state)
{
	struct fixture *f = *state;

	f->ix.addrs = 1000;
	shortened(f->bytes, 30, 10);
	/* the last entry lies over the head of the eleventh name */
	assert_int_equal(count_gone(f, true), 30 - 10 - 1);
	assert_int_equal(f->names.count, 10);
	assert_null(find(f, "file-0010.bin"));
	/* in a record that is in no use all are left over */
	shortened(f->bytes, 30, 10);
	assert_int_equal(count_gone(f, false), 30 - 1);
	assert_int_equal(f->names.count, 10);
}

static void test_left_over_that_fits_not(void **state)
{
	struct fixture *f = *state;

	f->ix.addrs = 1000;
	shortened(f->bytes, 30, 0);
	assert_int_equal(count_gone(f, true), 29);
	f->ix.addrs = 220; /* records beyond it were never there */
	shortened(f->bytes, 30, 0);
	assert_int_equal(count_gone(f, true), 19);
	f->ix.addrs = 1000;
	f->ix.folder = FOLDER + 1;
	shortened(f->bytes, 30, 0);
	assert_int_equal(count_gone(f, true), 0);
	f->ix.folder = FOLDER;
	shortened(f->bytes, 30, 0);
	f->bytes[512 - 2] ^= 1;
	assert_int_equal(count_gone(f, false), 0);
}

int main(void)
{
#define CASE(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_root),
		CASE(test_alias_without_its_long_name_is_a_name),
		CASE(test_record_with_fixups),
		CASE(test_torn_record_adds_nothing),
		CASE(test_entry_of_another_folder_is_strange),
		CASE(test_a_node_that_is_cut_is_strange),
		CASE(test_children_are_counted),
		CASE(test_left_over_entries),
		CASE(test_left_over_that_fits_not),
		CASE(test_every_damage),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests_name("NTFS index", tests, NULL, NULL);
}
