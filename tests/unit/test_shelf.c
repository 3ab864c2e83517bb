/* An index goes from one worker to another, and nobody changes it on the way. */
#include "tests/unit/unit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/ipc/shelf.h"

static const char text[] = "what one worker has found out";

/* A shelf with the text on it; skips where the system has none. */
static intptr_t laid(char sha256[FSK_SHA256_HEX])
{
	intptr_t shelf;

	assert_int_equal(fsk_shelf_create(&shelf, NULL), 0);
	if (shelf < 0)
		skip();
	assert_int_equal(fsk_shelf_put(sha256, shelf, text, sizeof(text), NULL), 0);
	return shelf;
}

static void what_is_laid_down_is_there(void **state)
{
	char sha256[FSK_SHA256_HEX];
	intptr_t shelf = laid(sha256);
	const void *got;

	(void) state;
	assert_int_equal(fsk_shelf_seal(shelf, NULL), 0);
	assert_int_equal(fsk_shelf_get(&got, shelf, sizeof(text), sha256, NULL), 0);
	assert_string_equal(got, text);
	fsk_shelf_release(got, sizeof(text));
	fsk_shelf_close(shelf);
}

static void a_seal_holds(void **state)
{
	char sha256[FSK_SHA256_HEX];
	intptr_t shelf = laid(sha256);

	(void) state;
	assert_int_equal(fsk_shelf_seal(shelf, NULL), 0);
	assert_true(fsk_shelf_put(sha256, shelf, "x", 1, NULL) < 0);
	assert_int_equal(pwrite((int) shelf, "x", 1, 0), -1);
	assert_int_equal(ftruncate((int) shelf, 1), -1);
	/* sealing again, after the task was run again, is no failure of the first */
	assert_true(fsk_shelf_seal(shelf, NULL) < 0);
	fsk_shelf_close(shelf);
}

static void who_can_still_write_is_noticed(void **state)
{
	char sha256[FSK_SHA256_HEX];
	intptr_t shelf = laid(sha256);
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, (int) shelf, 0);

	(void) state;
	assert_ptr_not_equal(p, MAP_FAILED);
	assert_int_equal(fsk_shelf_seal(shelf, NULL), FSK_EIO);
	munmap(p, 4096);
	assert_int_equal(fsk_shelf_seal(shelf, NULL), 0);
	fsk_shelf_close(shelf);
}

static void what_was_changed_is_refused(void **state)
{
	char sha256[FSK_SHA256_HEX];
	intptr_t shelf = laid(sha256);
	const void *got;

	(void) state;
	assert_int_equal(pwrite((int) shelf, "W", 1, 0), 1);
	assert_int_equal(fsk_shelf_seal(shelf, NULL), 0);
	assert_int_equal(fsk_shelf_get(&got, shelf, sizeof(text), sha256, NULL), FSK_ECORRUPT);
	assert_null(got);
	assert_int_equal(fsk_shelf_get(&got, shelf, 0, sha256, NULL), FSK_ELIMIT);
	assert_int_equal(fsk_shelf_get(&got, shelf, (size_t) FSK_SHELF_MAX + 1, sha256, NULL),
	                 FSK_ELIMIT);
	fsk_shelf_close(shelf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_laid_down_is_there),
		cmocka_unit_test(a_seal_holds),
		cmocka_unit_test(who_can_still_write_is_noticed),
		cmocka_unit_test(what_was_changed_is_refused),
	};

	return cmocka_run_group_tests_name("shelves", tests, NULL, NULL);
}
