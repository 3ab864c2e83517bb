#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/worker/hasher.h"

#define SIZE (3u * FSK_FILE_PIECE + 12345u)

/* Feeds the first `n` bytes in pieces of changing size. */
static void feed(struct fsk_hasher *h, const uint8_t *data, size_t n, uint32_t x)
{
	for (size_t at = 0, take; at < n; at += take) {
		x = x * 1664525u + 1013904223u;
		take = 1 + (x >> 8) % FSK_FILE_PIECE;
		if (x % 3 == 0)
			take %= 5000;
		take = take < n - at ? take : n - at;
		memcpy(fsk_hasher_room(h), data + at, take);
		assert_int_equal(fsk_hasher_feed(h, take, NULL), 0);
	}
}

static void check_streams(unsigned threads, unsigned which, const struct fsk_hasher_ring *ring,
                          const uint8_t *data)
{
	struct fsk_pool *pool = fsk_pool_new(threads);
	struct fsk_digests got, want;
	struct fsk_hasher *h;

	assert_int_equal(fsk_hasher_new(&h, pool, which, ring, NULL), 0);
	for (uint32_t i = 0; i < 6; i++) {
		size_t n = i == 2 ? 0 : SIZE - i * 70001u;
		feed(h, data, n, i + 1);
		assert_int_equal(fsk_hasher_final(&got, h, NULL), 0);
		assert_int_equal(fsk_digest_bytes(&want, which, data, n, NULL), 0);
		assert_string_equal(got.md5, want.md5);
		assert_string_equal(got.sha1, want.sha1);
		assert_string_equal(got.sha256, want.sha256);
	}
	feed(h, data, SIZE, 9); /* freed while something is under way */
	fsk_hasher_free(h);
	fsk_pool_free(pool);
}

static void digests_are_those_of_the_whole(void **state)
{
	uint8_t *data = malloc(SIZE);

	(void) state;
	assert_non_null(data);
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (uint8_t) (i * 7 + i / 253);
	for (unsigned threads = 0; threads < 4; threads++) {
		check_streams(threads, FSK_DIGEST_ALL, &fsk_hash_files, data);
		check_streams(threads, FSK_DIGEST_SHA256, &fsk_hash_files, data);
		check_streams(threads, FSK_DIGEST_ALL, &fsk_hash_medium, data);
	}
	free(data);
}

static void only_what_was_asked_for(void **state)
{
	struct fsk_digests d = { .md5 = "m", .sha256 = "s" };
	json_t *j = fsk_digests_json(&d);

	(void) state;
	assert_int_equal(json_object_size(j), 2);
	assert_string_equal(json_string_value(json_object_get(j, "md5")), "m");
	assert_null(json_object_get(j, "sha1"));
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_are_those_of_the_whole),
		cmocka_unit_test(only_what_was_asked_for),
	};

	return cmocka_run_group_tests_name("hasher", tests, NULL, NULL);
}
