#include "tests/unit/unit.h"

#include <string.h>

#include "core/evidence/stream_lznt1.h"

static uint8_t out[65536];

/* Bits of a phrase that hold the distance, by position in the chunk: the table
 * of [MS-XCA] 2.5.1.4 rather than the loop of the decoder. */
static unsigned distance_bits(size_t at)
{
	static const unsigned up_to[] = {
		0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800, 0x1000
	};
	unsigned i = 0;

	while (at > up_to[i])
		i++;
	return 4 + i;
}

/* The longest earlier match for plain[at…n), at most `most` bytes. */
static size_t find_match(const uint8_t *plain, size_t at, size_t n, size_t most, size_t *distance)
{
	size_t best = 0;

	for (size_t from = 0; from < at; from++) {
		size_t len = 0;

		while (at + len < n && len < most && plain[from + len] == plain[at + len])
			len++;
		if (len > best) {
			best = len;
			*distance = at - from;
		}
	}
	return best;
}

/* A plain encoder for one chunk of at most 4096 bytes. Returns its length. */
static size_t encode(uint8_t *packed, const uint8_t *plain, size_t n)
{
	size_t w = 2, at = 0;

	while (at < n) {
		size_t flags = w++;

		packed[flags] = 0;
		for (int bit = 0; bit < 8 && at < n; bit++) {
			unsigned bits = at > 0 ? distance_bits(at) : 4;
			size_t distance = 0;
			size_t len = find_match(plain, at, n, (1u << (16 - bits)) + 2, &distance);

			if (len < 3) {
				packed[w++] = plain[at++];
				continue;
			}
			packed[flags] |= (uint8_t) (1u << bit);
			unsigned phrase = (unsigned) ((distance - 1) << (16 - bits) | (len - 3));
			packed[w++] = (uint8_t) phrase;
			packed[w++] = (uint8_t) (phrase >> 8);
			at += len;
		}
	}
	packed[0] = (uint8_t) (w - 3);
	packed[1] = (uint8_t) (0xb0 | (w - 3) >> 8);
	return w;
}

static void test_what_an_encoder_wrote(void **state)
{
	static uint8_t plain[4096], packed[3 * 4096];

	(void) state;
	for (unsigned period = 1; period < 4000; period = period * 3 + 1) {
		for (size_t i = 0; i < sizeof(plain); i++)
			plain[i] = (uint8_t) (i % period * 37 + i / 1000);
		size_t n = encode(packed, plain, sizeof(plain));

		assert_in_range(n, 3, 4097);
		n += encode(packed + n, plain, 1234);
		assert_int_equal(fsk_lznt1_decompress(out, sizeof(out), packed, n, NULL), 0);
		assert_memory_equal(out, plain, sizeof(plain));
		assert_memory_equal(out + 4096, plain, 1234);
		for (size_t i = 4096 + 1234; i < sizeof(out); i++)
			assert_int_equal(out[i], 0);
	}
}

static void test_stored_chunk_and_run(void **state)
{
	/* a stored chunk of 3 bytes, then 'x' repeated: one literal, one phrase
	 * of distance 1 and length 3 + 4092 */
	static const uint8_t packed[] = { 0x02, 0x30, 'a', 'b',  'c', 0x03,
		                          0xb0, 0x02, 'x', 0xfc, 0x0f };

	(void) state;
	assert_int_equal(fsk_lznt1_decompress(out, 8192, packed, sizeof(packed), NULL), 0);
	assert_memory_equal(out, "abc\0", 4);
	assert_int_equal(out[4095], 0);
	for (size_t i = 4096; i < 8192; i++)
		assert_int_equal(out[i], 'x');
}

/* Each must be refused, and leave no half unit behind. */
static void refused(const uint8_t *packed, size_t n, size_t cap)
{
	memset(out, 0x5a, cap);
	assert_int_equal(fsk_lznt1_decompress(out, cap, packed, n, NULL), FSK_ECORRUPT);
	for (size_t i = 0; i < cap; i++)
		assert_int_equal(out[i], 0);
}

static void test_hostile_input(void **state)
{
	static const uint8_t before_start[] = { 0x03, 0xb0, 0x02, 'x', 0x00, 0x10 };
	static const uint8_t phrase_first[] = { 0x02, 0xb0, 0x01, 0x00, 0x00 };
	static const uint8_t too_long[] = { 0x05, 0xb0, 0x06, 'x', 0xff, 0x0f, 0xff, 0x0f };
	static const uint8_t cut[] = { 0xff, 0xbf, 0x00, 'x' };
	static const uint8_t half_phrase[] = { 0x02, 0xb0, 0x02, 'x', 0x00 };
	static const uint8_t stored_past_end[] = { 0xff, 0x3f, 1 };

	(void) state;
	refused(before_start, sizeof(before_start), 4096);
	refused(phrase_first, sizeof(phrase_first), 4096);
	refused(too_long, sizeof(too_long), 4096);
	refused(cut, sizeof(cut), 4096);
	refused(half_phrase, sizeof(half_phrase), 4096);
	refused(stored_past_end, sizeof(stored_past_end), 4096);
}

static void test_more_input_than_the_unit(void **state)
{
	uint8_t packed[3 * 4098];

	(void) state;
	for (size_t i = 0; i < 3; i++) {
		packed[i * 4098] = 0xff;
		packed[i * 4098 + 1] = 0x3f;
		memset(packed + i * 4098 + 2, (int) ('a' + i), 4096);
	}
	assert_int_equal(fsk_lznt1_decompress(out, 8192, packed, sizeof(packed), NULL), 0);
	assert_int_equal(out[0], 'a');
	assert_int_equal(out[8191], 'b');
	assert_int_equal(fsk_lznt1_decompress(out, 4096, packed, 0, NULL), 0);
	assert_int_equal(out[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_an_encoder_wrote),
		cmocka_unit_test(test_stored_chunk_and_run),
		cmocka_unit_test(test_hostile_input),
		cmocka_unit_test(test_more_input_than_the_unit),
	};

	return cmocka_run_group_tests_name("LZNT1", tests, NULL, NULL);
}
