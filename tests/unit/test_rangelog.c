#include "tests/unit/unit.h"

#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/rangelog.h"

static void check_range(const struct fsk_rangelog *l, size_t i, uint64_t offset, uint64_t length)
{
	assert_true(i < l->count);
	assert_int_equal(l->ranges[i].offset, offset);
	assert_int_equal(l->ranges[i].length, length);
}

static void merges_what_overlaps_or_touches(void **state)
{
	struct fsk_rangelog l;

	(void) state;
	fsk_rangelog_init(&l);
	fsk_rangelog_add(&l, 100, 10);
	fsk_rangelog_add(&l, 300, 10);
	fsk_rangelog_add(&l, 200, 10);
	assert_int_equal(l.count, 3);
	check_range(&l, 1, 200, 10);
	fsk_rangelog_add(&l, 110, 5); /* touches the first from behind */
	check_range(&l, 0, 100, 15);
	fsk_rangelog_add(&l, 90, 10); /* and from the front */
	check_range(&l, 0, 90, 25);
	fsk_rangelog_add(&l, 114, 100); /* spans two */
	assert_int_equal(l.count, 2);
	check_range(&l, 0, 90, 124);
	fsk_rangelog_add(&l, 120, 5); /* known already */
	check_range(&l, 0, 90, 124);
	fsk_rangelog_add(&l, 0, 1000); /* swallows all */
	assert_int_equal(l.count, 1);
	check_range(&l, 0, 0, 1000);
	assert_int_equal(fsk_rangelog_bytes(&l), 1000);
	assert_int_equal(l.generation, 8);
	assert_false(l.overflow);
	fsk_rangelog_free(&l);
	assert_int_equal(l.count, 0);
}

static void answers_about_ranges(void **state)
{
	struct fsk_rangelog l;

	(void) state;
	fsk_rangelog_init(&l);
	assert_false(fsk_rangelog_hits(&l, 0, UINT64_MAX));
	assert_false(fsk_rangelog_covers(&l, 0, 1));
	fsk_rangelog_add(&l, 100, 10);
	fsk_rangelog_add(&l, 200, 10);
	assert_true(fsk_rangelog_hits(&l, 109, 1));
	assert_true(fsk_rangelog_hits(&l, 0, 101));
	assert_false(fsk_rangelog_hits(&l, 0, 100));
	assert_false(fsk_rangelog_hits(&l, 110, 90));
	assert_false(fsk_rangelog_hits(&l, 105, 0));
	assert_true(fsk_rangelog_covers(&l, 100, 10));
	assert_true(fsk_rangelog_covers(&l, 500, 0));
	assert_false(fsk_rangelog_covers(&l, 100, 11));
	assert_false(fsk_rangelog_covers(&l, 99, 2));
	assert_false(fsk_rangelog_covers(&l, 105, 100));
	assert_int_equal(fsk_rangelog_find(&l, 0), 0);
	assert_int_equal(fsk_rangelog_find(&l, 109), 0);
	assert_int_equal(fsk_rangelog_find(&l, 110), 1);
	assert_int_equal(fsk_rangelog_find(&l, 210), 2);
	fsk_rangelog_free(&l);
}

static void goes_to_the_end_of_numbers(void **state)
{
	struct fsk_rangelog l;

	(void) state;
	fsk_rangelog_init(&l);
	fsk_rangelog_add(&l, UINT64_MAX - 5, 100);
	fsk_rangelog_add(&l, 7, 0);
	assert_int_equal(l.count, 1);
	check_range(&l, 0, UINT64_MAX - 5, 5);
	assert_true(fsk_rangelog_hits(&l, UINT64_MAX - 1, UINT64_MAX));
	fsk_rangelog_free(&l);
}

static void agrees_with_a_bitmap(void **state)
{
	uint8_t map[600];
	uint32_t x = 7;

	(void) state;
	for (int round = 0; round < 50; round++) {
		struct fsk_rangelog l;
		fsk_rangelog_init(&l);
		memset(map, 0, sizeof(map));
		for (int i = 0; i < 60; i++) {
			x = x * 1664525u + 1013904223u;
			size_t at = (x >> 8) % 580, n = (x >> 20) % 20;
			fsk_rangelog_add(&l, at, n);
			memset(map + at, 1, n);
		}
		size_t runs = 0, bytes = 0;
		for (size_t i = 0; i < sizeof(map); i++) {
			runs += map[i] && (i == 0 || !map[i - 1]);
			bytes += map[i];
			assert_int_equal(fsk_rangelog_hits(&l, i, 1), map[i]);
			assert_int_equal(fsk_rangelog_covers(&l, i, 1), map[i]);
		}
		assert_int_equal(l.count, runs);
		assert_int_equal(fsk_rangelog_bytes(&l), bytes);
		fsk_rangelog_free(&l);
	}
}

static void grows_ranges_when_it_is_full(void **state)
{
	struct fsk_rangelog l;

	(void) state;
	fsk_rangelog_init(&l);
	for (uint64_t i = 0; i < FSK_RANGELOG_MAX; i++)
		fsk_rangelog_add(&l, i * 100, 10);
	assert_int_equal(l.count, FSK_RANGELOG_MAX);
	assert_false(l.overflow);
	fsk_rangelog_add(&l, 1030, 10); /* nearer to the range at 1000 */
	fsk_rangelog_add(&l, 2080, 10); /* nearer to the one at 2100 */
	fsk_rangelog_add(&l, (uint64_t) FSK_RANGELOG_MAX * 100 + 50, 10); /* behind the last */
	assert_true(l.overflow);
	assert_int_equal(l.count, FSK_RANGELOG_MAX);
	check_range(&l, 10, 1000, 40);
	check_range(&l, 21, 2080, 30);
	check_range(&l, FSK_RANGELOG_MAX - 1, (FSK_RANGELOG_MAX - 1) * 100ull, 160);
	fsk_rangelog_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merges_what_overlaps_or_touches),
		cmocka_unit_test(answers_about_ranges),
		cmocka_unit_test(goes_to_the_end_of_numbers),
		cmocka_unit_test(agrees_with_a_bitmap),
		cmocka_unit_test(grows_ranges_when_it_is_full),
	};
	return cmocka_run_group_tests_name("rangelog", tests, NULL, NULL);
}
