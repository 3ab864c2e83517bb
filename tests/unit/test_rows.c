/* Rows of listings in the blob of ENTRY. */
#include "tests/unit/unit.h"

#include <string.h>

#include "core/base/limits.h"
#include "core/ipc/rows.h"

static struct fsk_row example(void)
{
	struct fsk_row r = { .type = "file", .size = 1234567890123 };

	r.loc.addr = 77;
	r.loc.seq = 3;
	r.loc.path = (char *) "Users/b\xc3\xa9n/a.txt";
	fsk_times_clear(&r.times);
	r.times.modified = -5;
	r.times.fn_created = 1680164130000000000;
	return r;
}

static void test_round_trip(void **state)
{
	struct fsk_row in = example(), out;
	struct fsk_buf b;
	struct fsk_cur c;
	struct fsk_err err;

	(void) state;
	fsk_buf_init(&b, FSK_MIB);
	assert_int_equal(fsk_row_append(&b, &in, &err), 0);
	in.loc.deleted = true;
	in.loc.stream = (char *) "Zone.Identifier";
	assert_int_equal(fsk_row_append(&b, &in, &err), 0);
	fsk_cur_init(&c, b.data, b.len);
	assert_int_equal(fsk_row_read(&out, &c, &err), 1);
	assert_int_equal(out.loc.addr, 77);
	assert_int_equal(out.loc.seq, 3);
	assert_int_equal(out.size, 1234567890123);
	assert_string_equal(out.type, "file");
	assert_string_equal(out.loc.path, in.loc.path);
	assert_null(out.loc.stream);
	assert_false(out.loc.deleted);
	assert_memory_equal(&out.times, &in.times, sizeof(in.times));
	assert_int_equal(fsk_row_read(&out, &c, &err), 1);
	assert_string_equal(out.loc.stream, "Zone.Identifier");
	assert_true(out.loc.deleted);
	assert_int_equal(fsk_row_read(&out, &c, &err), 0);
	fsk_buf_free(&b);
}

/* Whatever is cut off or written over: a row, the end, or FSK_EPROTO. */
static void test_damaged(void **state)
{
	struct fsk_row in = example(), out;
	struct fsk_buf b;
	struct fsk_cur c;
	struct fsk_err err;

	(void) state;
	fsk_buf_init(&b, FSK_MIB);
	assert_int_equal(fsk_row_append(&b, &in, &err), 0);
	for (size_t n = 1; n < b.len; n++) {
		fsk_cur_init(&c, b.data, n);
		assert_int_equal(fsk_row_read(&out, &c, &err), FSK_EPROTO);
	}
	b.data[b.len - 3] = 0xff; /* no UTF-8 */
	fsk_cur_init(&c, b.data, b.len);
	assert_int_equal(fsk_row_read(&out, &c, &err), FSK_EPROTO);
	b.data[b.len - 3] = 0; /* text behind the path */
	fsk_cur_init(&c, b.data, b.len);
	assert_int_equal(fsk_row_read(&out, &c, &err), FSK_EPROTO);
	b.data[b.len - 3] = 'x';
	b.data[b.len - 1] = 'x'; /* no end */
	fsk_cur_init(&c, b.data, b.len);
	assert_int_equal(fsk_row_read(&out, &c, &err), FSK_EPROTO);
	b.data[b.len - 1] = 0;
	fsk_cur_init(&c, b.data, b.len);
	assert_int_equal(fsk_row_read(&out, &c, &err), 1);
	b.data[4 + 89] = '\033'; /* a type that a terminal would act on */
	fsk_cur_init(&c, b.data, b.len);
	assert_int_equal(fsk_row_read(&out, &c, &err), FSK_EPROTO);
	fsk_buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
