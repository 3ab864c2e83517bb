/* libtsk's external image over a source: memory, failing reads, the end. */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "core/evidence/tsk_img.h"
#include "tests/unit/memory_source.h"

#include <tsk/libtsk.h>

struct fixture {
	struct memory_medium medium;
	struct fsk_source source;
	struct anomaly_text notes;
	struct fsk_tsk_img *img;
	TSK_IMG_INFO *info;
};

#define SIZE (300u * 1024u + 100u) /* no multiple of a sector */

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->medium.size = SIZE;
	f->medium.data = malloc(SIZE);
	for (size_t i = 0; i < SIZE; i++)
		f->medium.data[i] = (uint8_t) (i * 7 + i / 251);
	memory_source(&f->source, &f->medium, &f->notes);
	assert_int_equal(fsk_tsk_img_open(&f->img, &f->source, 512, NULL), 0);
	f->info = fsk_tsk_img_info(f->img);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	fsk_tsk_img_close(f->img);
	fsk_rangelog_free(&f->source.bad);
	free(f->medium.data);
	free(f);
	return 0;
}

static void test_reads_are_the_medium(void **state)
{
	static const size_t lengths[] = { 1, 511, 512, 4096, 65536, 65537, 200000 };
	struct fixture *f = *state;
	char *buf = malloc(200000);

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (TSK_OFF_T off = 0; off < 100000; off += 33333) {
			assert_int_equal(tsk_img_read(f->info, off, buf, lengths[i]), lengths[i]);
			assert_memory_equal(buf, f->medium.data + off, lengths[i]);
		}
	}
	free(buf);
}

/* The reason for all of this: libtsk must not invent bytes. */
static void test_failed_read_is_zeros_and_noted(void **state)
{
	struct fixture *f = *state;
	char *buf = malloc(100001);

	f->medium.bad_at = 70000;
	f->medium.bad_length = 1;
	memset(buf, 0x5a, 100001);
	assert_int_equal(tsk_img_read(f->info, 0, buf, 100001), 100001);
	for (size_t i = 0; i < 100001; i++) {
		bool lost = i >= 136 * 512 && i < 137 * 512;

		assert_int_equal((uint8_t) buf[i], lost ? 0 : f->medium.data[i]);
	}
	assert_int_equal(f->source.bad.count, 1);
	assert_int_equal(f->source.bad.ranges[0].offset, 136 * 512);
	assert_int_equal(f->source.bad.ranges[0].length, 512);
	assert_string_equal(f->notes.text, "bad by request\n");
	free(buf);
}

static void test_end_is_short_and_no_damage(void **state)
{
	struct fixture *f = *state;
	char *buf = malloc(100000);

	memset(buf, 0x5a, 100000);
	assert_int_equal(tsk_img_read(f->info, SIZE - 100, buf, 512), 100);
	assert_memory_equal(buf, f->medium.data + SIZE - 100, 100);
	assert_true(tsk_img_read(f->info, SIZE - 1000, buf, 100000) <= 1000);
	assert_int_equal(tsk_img_read(f->info, SIZE + 512, buf, 512), -1);
	assert_int_equal(f->source.bad.count, 0);
	assert_string_equal(f->notes.text, "");
	free(buf);
}

static void test_sector_sizes(void **state)
{
	struct fixture *f = *state;
	struct fsk_tsk_img *img;
	struct fsk_err err;

	assert_int_equal(fsk_tsk_img_open(&img, &f->source, 4096, &err), 0);
	assert_int_equal(fsk_tsk_img_info(img)->sector_size, 4096);
	fsk_tsk_img_close(img);
	assert_int_equal(fsk_tsk_img_open(&img, &f->source, 100, &err), FSK_EINVAL);
	assert_null(img);
	assert_int_equal(fsk_tsk_img_open(&img, &f->source, 8192, &err), FSK_EINVAL);
	fsk_tsk_img_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reads_are_the_medium, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failed_read_is_zeros_and_noted, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(test_end_is_short_and_no_damage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sector_sizes, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("libtsk image", tests, NULL, NULL);
}
