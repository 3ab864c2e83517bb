/* Compound files, on what tests/data/make-jumplists.py writes. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/limits.h"
#include "plugins/shared/compound.h"

static int open_list(struct fsk_compound **out, const char *name, struct fsk_err *err)
{
	struct fsk_buf data;
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/data/jumplists/%sDestinations-ms",
	         getenv("FOSSICK_BUILD"), name);
	fsk_buf_init(&data, FSK_OLECF_MAX);
	assert_int_equal(fsk_file_slurp(&data, path, NULL), 0);
	return fsk_compound_open(out, data.data, data.len, err);
}

/* The paths, parted by '|'. */
static void has_streams(const char *name, const char *wanted, const char *damage)
{
	struct fsk_compound *c;
	struct fsk_buf b;

	print_message("# %s\n", name);
	assert_int_equal(open_list(&c, name, NULL), 0);
	fsk_buf_init(&b, FSK_MIB);
	for (size_t i = 0; i < fsk_compound_count(c); i++)
		fsk_buf_printf(&b, NULL, "%s%s", i > 0 ? "|" : "", fsk_compound_path(c, i));
	assert_int_equal(fsk_buf_append_u8(&b, 0, NULL), 0);
	assert_string_equal((char *) b.data, wanted);
	if (damage == NULL)
		assert_null(fsk_compound_damage(c));
	else
		assert_string_equal(fsk_compound_damage(c), damage);
	fsk_buf_free(&b);
	fsk_compound_close(c);
}

static void streams(void **state)
{
	(void) state;
	has_streams("new.automatic", "1|DestList|a|b", NULL);
	has_streams("version-4.automatic", "1|DestList", NULL);
	has_streams("nested.automatic", "in/deeper/1|in/list|top", NULL);
	has_streams("cut.automatic", "1|a|b", "the directory contradicts itself");
	has_streams("loop.automatic", "1|DestList|a|b",
	            "the directory or a table is damaged or cut off");
	has_streams("circle.automatic", "1|a", "the directory contradicts itself");
	has_streams("deep.automatic", "", "storages are nested too deeply");
}

static void reads(struct fsk_compound *c, const char *path, uint64_t offset, size_t max,
                  size_t size)
{
	struct fsk_buf b;

	fsk_buf_init(&b, FSK_MIB);
	assert_int_equal(fsk_compound_read(&b, c, path, offset, max, NULL), 0);
	assert_int_equal(b.len, size);
	for (size_t i = 0; i < b.len; i++)
		assert_int_equal(b.data[i], (offset + i) % 251);
	fsk_buf_free(&b);
}

/* "large" and "small" count to 250 again and again. */
static void check_counting(const char *name)
{
	struct fsk_compound *c;

	print_message("# %s\n", name);
	assert_int_equal(open_list(&c, name, NULL), 0);
	assert_int_equal(fsk_compound_size(c, 0), 70000);
	reads(c, "large", 0, SIZE_MAX, 70000);
	reads(c, "large", 511, 2, 2);
	reads(c, "large", 69999, 10, 1);
	reads(c, "large", 70000, 10, 0);
	reads(c, "large", UINT64_MAX, 10, 0);
	reads(c, "small", 0, 4000, 1000);
	reads(c, "small", 63, 66, 66);
	reads(c, "small", 100, 0, 0);
	fsk_compound_close(c);
}

static void bytes_of_streams(void **state)
{
	struct fsk_compound *c;

	(void) state;
	check_counting("counting.automatic");
	check_counting("counting-4.automatic");
	assert_int_equal(open_list(&c, "many-sectors.automatic", NULL), 0);
	reads(c, "large", 0, 1000, 1000);
	reads(c, "large", 7800000, SIZE_MAX, 200000);
	fsk_compound_close(c);
}

static void failures(void **state)
{
	struct fsk_compound *c;
	struct fsk_err err = { 0 };
	struct fsk_buf b;

	(void) state;
	fsk_buf_init(&b, FSK_MIB);
	assert_int_equal(open_list(&c, "none.automatic", &err), FSK_ECORRUPT);
	assert_string_equal(err.msg, "no compound file: signature missing");
	assert_int_equal(open_list(&c, "version-9.automatic", &err), FSK_EUNSUPPORTED);
	assert_int_equal(open_list(&c, "header.automatic", &err), FSK_ECORRUPT);
	assert_string_equal(err.msg, "a compound file without a directory");
	assert_int_equal(open_list(&c, "large.automatic", NULL), 0);
	assert_int_equal(fsk_compound_read(&b, c, "DestList", 0, 10, &err), FSK_ECORRUPT);
	assert_string_equal(err.msg, "stream \"DestList\": larger than its file");
	assert_int_equal(fsk_compound_read(&b, c, "absent", 0, 10, &err), FSK_ENOTFOUND);
	fsk_compound_close(c);
	assert_int_equal(open_list(&c, "cut-end.automatic", NULL), 0);
	assert_int_equal(fsk_compound_read(&b, c, "a", 0, SIZE_MAX, &err), FSK_ECORRUPT);
	assert_string_equal(err.msg, "stream \"a\": 20 bytes are not there");
	assert_true(b.len > 0); /* what is there */
	fsk_compound_close(c);
	fsk_buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams),
		cmocka_unit_test(bytes_of_streams),
		cmocka_unit_test(failures),
	};

	return cmocka_run_group_tests_name("compound", tests, NULL, NULL);
}
