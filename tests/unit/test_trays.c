/* Digests of many small files at once. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "core/worker/trays.h"

#define FILES 3000u

/* Files are parts of one buffer: some empty, most small, some as large as may be. */
static size_t size_of(uint32_t i)
{
	uint32_t x = i * 1664525u + 1013904223u;

	if (i % 37 == 0)
		return 0;
	if (i % 701 == 0)
		return FSK_TRAY_FILE_MAX;
	return (x >> 8) % (i % 11 == 0 ? 200000 : 3000);
}

struct check {
	const uint8_t *data;
	unsigned which;
	size_t next; /* file whose digests are to come */
	size_t stop; /* file at which the taker fails */
};

static int take(void *arg, size_t file, const struct fsk_digests *d, struct fsk_err *err)
{
	struct check *c = arg;
	struct fsk_digests want;

	assert_int_equal(file, c->next);
	c->next += file % 5 == 3 ? 2 : 1; /* every fifth was not put */
	assert_int_equal(
	    fsk_digest_bytes(&want, c->which, c->data + file, size_of((uint32_t) file), err), 0);
	assert_string_equal(d->md5, want.md5);
	assert_string_equal(d->sha1, want.sha1);
	assert_string_equal(d->sha256, want.sha256);
	return file == c->stop ? fsk_err_set(err, FSK_EIO, "by request") : 0;
}

static int fill(struct fsk_trays *t, const struct check *c, struct fsk_err *err)
{
	uint8_t *room;

	for (uint32_t i = 0; i < FILES; i++) {
		int rc = fsk_trays_room(&room, t, size_of(i), err);

		if (rc < 0)
			return rc;
		memcpy(room, c->data + i, size_of(i));
		if (i % 5 != 4)
			fsk_trays_put(t, i, size_of(i));
	}
	return fsk_trays_finish(t, err);
}

static void check_files(unsigned threads, unsigned which, const uint8_t *data)
{
	struct check c = { .data = data, .which = which, .stop = SIZE_MAX };
	struct fsk_pool *pool = fsk_pool_new(threads);
	struct fsk_trays *t;
	struct fsk_err err;

	assert_int_equal(fsk_trays_new(&t, pool, which, take, &c, &err), 0);
	assert_int_equal(fsk_trays_finish(t, &err), 0);
	for (int round = 0; round < 2; round++) {
		c.next = 0;
		assert_int_equal(fill(t, &c, &err), 0);
		assert_int_equal(c.next, FILES);
	}
	c.next = 0;
	c.stop = 1000;
	assert_int_equal(fill(t, &c, &err), FSK_EIO);
	assert_int_equal(c.next, 1001);
	fsk_trays_free(t); /* while something is under way */
	fsk_pool_free(pool);
}

static void digests_are_those_of_the_files(void **state)
{
	size_t n = FSK_TRAY_FILE_MAX + FILES;
	uint8_t *data = malloc(n);

	(void) state;
	assert_non_null(data);
	for (size_t i = 0; i < n; i++)
		data[i] = (uint8_t) (i * 7 + i / 253);
	for (unsigned threads = 0; threads < 4; threads++) {
		check_files(threads, FSK_DIGEST_ALL, data);
		check_files(threads, FSK_DIGEST_SHA256, data);
	}
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(digests_are_those_of_the_files) };

	return cmocka_run_group_tests_name("trays", tests, NULL, NULL);
}
