#include "tests/unit/unit.h"

#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/evidence/source.h"
#include "tests/unit/image.h"

struct piece {
	const char *name;
	const void *data;
	size_t n;
};

static int open_pieces(struct fsk_source **out, const struct piece *pieces, size_t n,
                       struct seen *seen, struct fsk_err *err)
{
	struct fsk_segment segs[8];
	int rc;

	for (size_t i = 0; i < n; i++)
		temp_segment(&segs[i], pieces[i].name, pieces[i].data, pieces[i].n);
	rc = fsk_source_open(out, 3, segs, n, seen_sink(seen), err);
	for (size_t i = 0; rc < 0 && i < n; i++) {
		fsk_file_close(&segs[i].file);
		free(segs[i].name);
	}
	return rc;
}

static void number(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t) (i * 7 + i / 256);
}

static void reads_raw(void **state)
{
	uint8_t data[5000], got[5000];
	struct piece one = { "disk.raw", data, sizeof(data) };
	struct fsk_source *s;
	struct seen seen;

	(void) state;
	number(data, sizeof(data));
	assert_int_equal(open_pieces(&s, &one, 1, &seen, NULL), 0);
	assert_string_equal(s->ops->format, "raw");
	assert_string_equal(s->name, "disk.raw");
	assert_int_equal(s->index, 3);
	assert_int_equal(s->size, sizeof(data));
	assert_int_equal(s->sector_size, 512);
	assert_int_equal(json_object_size(s->metadata), 0);
	fsk_source_read(s, got, sizeof(got), 0);
	assert_memory_equal(got, data, sizeof(data));
	fsk_source_read(s, got, 100, 4900);
	assert_memory_equal(got, data + 4900, 100);
	assert_int_equal(seen_count(&seen), 0);
	assert_int_equal(s->bad.count, 0);
	fsk_source_close(s);
	seen_free(&seen);
}

static void joins_split_raw_in_the_order_given(void **state)
{
	uint8_t data[3000], got[3000];
	struct piece parts[] = {
		{ "disk.001", data, 1000 },       { "disk.002", data + 1000, 1 },
		{ "disk.003", data + 1001, 0 },   { "disk.004", data + 1001, 1500 },
		{ "disk.005", data + 2501, 499 },
	};
	struct fsk_source *s;
	struct seen seen;

	(void) state;
	number(data, sizeof(data));
	assert_int_equal(open_pieces(&s, parts, 5, &seen, NULL), 0);
	assert_int_equal(s->size, sizeof(data));
	for (size_t at = 0; at < sizeof(data); at += 37) {
		size_t n = sizeof(data) - at < 1600 ? sizeof(data) - at : 1600;
		memset(got, 0xee, sizeof(got));
		fsk_source_read(s, got, n, at);
		assert_memory_equal(got, data + at, n);
		assert_int_equal(got[n], n < sizeof(got) ? 0xee : got[n]);
	}
	assert_int_equal(seen_count(&seen), 0);
	fsk_source_close(s);
	seen_free(&seen);
}

static void refuses_an_empty_file(void **state)
{
	struct piece none = { "bogus.E01", "", 0 };
	struct fsk_source *s;
	struct fsk_err err;
	struct seen seen;

	(void) state;
	assert_int_equal(open_pieces(&s, &none, 1, &seen, &err), FSK_EINVAL);
	assert_string_equal(err.msg, "\"bogus.E01\": the file is empty");
	assert_null(s);
	seen_free(&seen);
	assert_int_equal(fsk_source_open(&s, 0, NULL, 0, (struct fsk_anomaly_sink){ 0 }, &err),
	                 FSK_EINVAL);
}

/* head, or tail of a file of 2048 bytes */
static int open_signed(const void *sig, size_t n, size_t at, struct fsk_err *err)
{
	uint8_t data[2048] = { 0 };
	struct piece one = { "x", data, sizeof(data) };
	struct fsk_source *s;
	struct seen seen;
	int rc;

	memcpy(data + at, sig, n);
	rc = open_pieces(&s, &one, 1, &seen, err);
	seen_free(&seen);
	fsk_source_close(s);
	return rc;
}

static void names_formats_it_cannot_read(void **state)
{
	static const struct {
		const char *sig;
		size_t n, at;
		const char *name;
	} known[] = {
		{ "EVF2\x0d\x0a\x81\x00", 8, 0, "EWF version 2 (Ex01)" },
		{ "LVF\x09\x0d\x0a\xff\x00", 8, 0, "EWF logical evidence (L01)" },
		{ "# Disk DescriptorFile\n", 22, 0,
		  "VMDK descriptor (give its extent files instead)" },
		{ "QFI\xfb\x00\x00\x00\x03", 8, 0, "QCOW" },
		{ "PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		  "\x00\x00\x00\x00\x15\x00\x00\x00"
		  "container.description",
		  51, 0, "AFF4" },
		{ "PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		  "\x00\x00\x00\x00\x05\x00\x00\x00"
		  "a.txt",
		  35, 0, "ZIP archive" },
		{ "koly\x00\x00\x00\x04\x00\x00\x02\x00", 12, 1536, "Apple DMG" },
		{ "7z\xbc\xaf\x27\x1c", 6, 0, "7-Zip archive" },
		{ "ADCRYPT\x00", 8, 0, "AD-encrypted image" },
	};
	struct fsk_err err;

	(void) state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		char want[100];
		snprintf(want, sizeof(want), "\"x\": %s is not supported", known[i].name);
		assert_int_equal(open_signed(known[i].sig, known[i].n, known[i].at, &err),
		                 FSK_EUNSUPPORTED);
		assert_string_equal(err.msg, want);
	}
}

static void takes_near_misses_for_raw(void **state)
{
	struct fsk_err err;

	(void) state;
	assert_int_equal(open_signed("KDMV\xff\xff\xff\xff", 8, 0, &err), 0);
	assert_int_equal(open_signed("QFI\xfb\x03\x00\x00\x00", 8, 0, &err), 0);
	assert_int_equal(open_signed("PK\x03\x04\x14\x00", 6, 0, &err), 0);
	assert_int_equal(open_signed("koly is a word", 14, 1536, &err), 0);
	assert_int_equal(open_signed("vhdxfile", 8, 512, &err), 0);
	assert_int_equal(open_signed("\xeb\x52\x90NTFS    ", 11, 0, &err), 0);
	assert_int_equal(open_signed("Dear reader,\n", 13, 0, &err), 0);
}

static void zeros_beyond_the_end(void **state)
{
	uint8_t data[1000], got[600];
	struct piece one = { "disk.raw", data, sizeof(data) };
	static const uint8_t zero[600];
	struct fsk_source *s;
	struct seen seen;

	(void) state;
	number(data, sizeof(data));
	assert_int_equal(open_pieces(&s, &one, 1, &seen, NULL), 0);
	memset(got, 0xee, sizeof(got));
	fsk_source_read(s, got, 600, 700);
	assert_memory_equal(got, data + 700, 300);
	assert_memory_equal(got + 300, zero, 300);
	assert_int_equal(seen_with(&seen, "beyond the end, which is at byte 1000"), 1);
	assert_true(fsk_rangelog_covers(&s->bad, 1000, 300));
	assert_false(fsk_rangelog_hits(&s->bad, 0, 1000));
	fsk_source_read(s, got, 100, 1100); /* known: noted, not told again */
	fsk_source_read(s, got, 100, UINT64_MAX - 10);
	assert_int_equal(seen_count(&seen), 2);
	fsk_source_close(s);
	seen_free(&seen);
}

static void survives_a_file_that_shrinks(void **state)
{
	uint8_t data[4096], got[4096];
	struct piece one = { "disk.raw", data, sizeof(data) };
	static const uint8_t zero[4096];
	struct fsk_source *s;
	struct seen seen;

	(void) state;
	number(data, sizeof(data));
	assert_int_equal(open_pieces(&s, &one, 1, &seen, NULL), 0);
	assert_int_equal(ftruncate((int) s->segs[0].file.handle, 1000), 0);
	fsk_source_read(s, got, sizeof(got), 0);
	assert_memory_equal(got, data, 512); /* the sector that is cut counts as bad */
	assert_memory_equal(got + 512, zero, sizeof(got) - 512);
	assert_int_equal(seen_count(&seen), 1);
	assert_int_equal(seen_with(&seen, "ends at byte 1000, it had 4096"), 1);
	assert_int_equal(fsk_rangelog_bytes(&s->bad), 4096 - 512);
	fsk_source_close(s);
	seen_free(&seen);
}

#ifdef FSK_FAULT_INJECTION
static void check_anomaly(const struct seen *seen, size_t i, json_int_t offset, json_int_t length)
{
	json_t *a = json_array_get(seen->list, i), *want = json_pack("[[I, I]]", offset, length);

	assert_string_equal(json_string_value(json_object_get(a, "code")), "io");
	assert_string_equal(json_string_value(json_object_get(a, "object")), "\"disk.raw\"");
	assert_true(json_equal(json_object_get(a, "ranges"), want));
	json_decref(want);
}

static void fills_bad_sectors_with_zeros(void **state)
{
	uint8_t data[16 * 512], got[16 * 512], want[16 * 512];
	struct piece one = { "disk.raw", data, sizeof(data) };
	struct fsk_source *s;
	struct seen seen;
	uint64_t generation;

	(void) state;
	number(data, sizeof(data));
	memcpy(want, data, sizeof(want));
	assert_int_equal(open_pieces(&s, &one, 1, &seen, NULL), 0);
	assert_int_equal(fsk_source_fault_range(s, 3 * 512 + 100, 600, NULL), 0); /* sectors 3, 4 */
	assert_int_equal(fsk_source_fault_range(s, 9 * 512, 1, NULL), 0);
	memset(want + 3 * 512, 0, 1024);
	memset(want + 9 * 512, 0, 512);
	fsk_source_read(s, got, sizeof(got), 0);
	assert_memory_equal(got, want, sizeof(want));
	assert_int_equal(seen_count(&seen), 2);
	check_anomaly(&seen, 0, 3 * 512, 1024);
	check_anomaly(&seen, 1, 9 * 512, 512);
	/* again, unaligned: the same zeros, no new anomaly, but a sign for the reader */
	generation = s->bad.generation;
	fsk_source_read(s, got, 700, 3 * 512 + 50);
	assert_memory_equal(got, want + 3 * 512 + 50, 700);
	assert_int_equal(seen_count(&seen), 2);
	assert_true(s->bad.generation > generation);
	generation = s->bad.generation;
	fsk_source_read(s, got, 512, 5 * 512);
	assert_int_equal(s->bad.generation, generation);
	assert_int_equal(fsk_rangelog_bytes(&s->bad), 3 * 512);
	fsk_source_close(s);
	seen_free(&seen);
}

/* A read inside a bad sector condemns the sector, not its neighbours. */
static void notes_whole_sectors(void **state)
{
	uint8_t data[8 * 512], got[16];
	struct piece one = { "disk.raw", data, sizeof(data) };
	struct fsk_source *s;
	struct seen seen;

	(void) state;
	number(data, sizeof(data));
	assert_int_equal(open_pieces(&s, &one, 1, &seen, NULL), 0);
	assert_int_equal(fsk_source_fault_range(s, 512, 512, NULL), 0);
	fsk_source_read(s, got, 16, 600);
	assert_int_equal(s->bad.count, 1);
	assert_int_equal(s->bad.ranges[0].offset, 512);
	assert_int_equal(s->bad.ranges[0].length, 512);
	fsk_source_read(s, got, 16, 504);
	assert_memory_equal(got, data + 504, 8);
	assert_int_equal(seen_count(&seen), 1);
	fsk_source_close(s);
	seen_free(&seen);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_raw),
		cmocka_unit_test(joins_split_raw_in_the_order_given),
		cmocka_unit_test(refuses_an_empty_file),
		cmocka_unit_test(names_formats_it_cannot_read),
		cmocka_unit_test(takes_near_misses_for_raw),
		cmocka_unit_test(zeros_beyond_the_end),
		cmocka_unit_test(survives_a_file_that_shrinks),
#ifdef FSK_FAULT_INJECTION
		cmocka_unit_test(fills_bad_sectors_with_zeros),
		cmocka_unit_test(notes_whole_sectors),
#endif
	};
	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
