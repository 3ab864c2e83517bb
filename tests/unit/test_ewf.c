#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libdeflate.h>

#include "core/base/digest.h"
#include "core/base/limits.h"
#include "core/evidence/source.h"
#include "tests/unit/image.h"

#define ALL 0xffu

/* Reads the medium in pieces and holds it against the original, with zeros
 * in zero..zero_end. */
static void check_medium(struct fsk_source *s, const struct image *im, size_t zero, size_t zero_end,
                         size_t piece)
{
	uint8_t *want = malloc(im->spec.size), *got = malloc(im->spec.size);

	assert_non_null(want);
	assert_non_null(got);
	memcpy(want, im->medium, im->spec.size);
	memset(want + zero, 0, zero_end - zero);
	assert_int_equal(s->size, im->spec.size);
	for (size_t at = 0; at < s->size; at += piece) {
		size_t n = s->size - at < piece ? s->size - at : piece;
		fsk_source_read(s, got + at, n, at);
	}
	assert_memory_equal(got, want, im->spec.size);
	free(want);
	free(got);
}

/* Opens all segments, expects everything to be there, and no complaint but
 * `anomalies` ones, of which one says `text`. */
static void check_whole(const struct image *im, size_t anomalies, const char *text)
{
	struct fsk_source *s;
	struct fsk_err err;
	struct seen seen;

	assert_int_equal(image_open(&s, im, ALL, &seen, &err), 0);
	check_medium(s, im, 0, 0, 3000);
	check_medium(s, im, 0, 0, im->spec.size);
	fsk_source_check(s);
	assert_int_equal(seen_count(&seen), anomalies);
	if (anomalies > 0)
		assert_true(seen_with(&seen, text) > 0);
	assert_int_equal(s->bad.count, 0);
	fsk_source_close(s);
	seen_free(&seen);
}

static void check_reason(const struct seen *seen, size_t i, const char *want)
{
	json_t *a = json_array_get(seen->list, i);

	assert_non_null(a);
	assert_string_equal(json_string_value(json_object_get(a, "reason")), want);
}

static void check_ranges(const struct seen *seen, size_t i, size_t start, size_t end)
{
	json_t *a = json_array_get(seen->list, i);
	json_t *want = json_pack("[[I, I]]", (json_int_t) start, (json_int_t) (end - start));

	assert_true(json_equal(json_object_get(a, "ranges"), want));
	json_decref(want);
}

static void reads_all_layouts(void **state)
{
	static const struct image_spec specs[] = {
		{ .size = 40 * 1024 },
		{ .size = 40 * 1024, .stored = true },
		{ .size = 40 * 1024 + 512, .stored = true },
		{ .size = 40 * 1024 + 512, .stored = true, .full_last = true },
		{ .size = 39 * 1024 + 512, .segments = 3, .based = true, .table_chunks = 5 },
		{ .size = 40 * 1024, .smart = true, .segments = 2 },
		{ .size = 40 * 1024 + 512, .smart = true, .no_sizes = true, .table_chunks = 7 },
		{ .size = 40 * 1024, .chunk_sectors = 1, .no_sizes = true, .stored = true },
		{ .size = 300 * 1024, .chunk_sectors = 64, .segments = 5, .stored = true },
		{ .size = 512 },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		struct image im;
		image_make(&im, &specs[i]);
		check_whole(&im, 0, NULL);
		image_free(&im);
	}
}

static void reads_at_random(void **state)
{
	struct image im;
	struct fsk_source *s;
	struct seen seen;
	uint8_t got[5000];
	uint32_t x = 1;

	(void) state;
	image_make(&im,
	           &(struct image_spec){ .size = 200 * 1024 + 512, .segments = 2, .stored = true });
	assert_int_equal(image_open(&s, &im, ALL, &seen, NULL), 0);
	for (int i = 0; i < 2000; i++) {
		x = x * 1664525u + 1013904223u;
		size_t at = (x >> 4) % s->size, n = 1 + (x >> 16) % sizeof(got);
		if (n > s->size - at)
			n = s->size - at;
		fsk_source_read(s, got, n, at);
		assert_memory_equal(got, im.medium + at, n);
	}
	fsk_source_close(s);
	seen_free(&seen);
	image_free(&im);
}

/* Chunks of 16 MiB: the cache holds four of them, and five are wanted. */
static void cache_forgets_the_oldest(void **state)
{
	struct image im;
	struct fsk_source *s;
	struct seen seen;
	uint8_t got[100];
	size_t chunk = 32768 * 512;

	(void) state;
	image_make(&im, &(struct image_spec){ .size = 5 * chunk, .chunk_sectors = 32768 });
	assert_int_equal(image_open(&s, &im, ALL, &seen, NULL), 0);
	for (size_t i = 0; i < 12; i++) {
		size_t at = i * 3 % 5 * chunk + 1000 * i;
		fsk_source_read(s, got, sizeof(got), at);
		assert_memory_equal(got, im.medium + at, sizeof(got));
	}
	assert_int_equal(seen_count(&seen), 0);
	fsk_source_close(s);
	seen_free(&seen);
	image_free(&im);
}

static void check_text(const struct fsk_source *s, const char *key, const char *want)
{
	const char *got = json_string_value(json_object_get(s->metadata, key));

	assert_non_null(got);
	assert_string_equal(got, want);
}

static void keeps_what_the_examiner_wrote(void **state)
{
	static const char header[] = "1\r\nmain\r\nc\tn\ta\te\tt\tav\tov\tm\tu\tp\tr\r\n"
	                             "C-7\tE-1\tdisk\tJ. Doe\tfrom header\tADI2.9\tWindows\t"
	                             "2018 5 16 15 5 8\t2018 13 16 15 5 8\t0\tf\r\n\r\n";
	/* 1 main / t m e zz / U+00E9, 1142163845, nothing, x */
	static const char wide[] = "\xff\xfe"
	                           "1\0\n\0m\0a\0i\0n\0\n\0t\0\t\0m\0\t\0e\0\t\0z\0z\0\n\0"
	                           "\xe9\0\t\0"
	                           "1\0"
	                           "1\0"
	                           "4\0"
	                           "2\0"
	                           "1\0"
	                           "6\0"
	                           "3\0"
	                           "8\0"
	                           "4\0"
	                           "5\0\t\0\t\0x\0\n\0\n\0";
	struct image im;
	struct fsk_source *s;
	struct seen seen;

	(void) state;
	image_make(&im, &(struct image_spec){ .size = 8192,
	                                      .header = header,
	                                      .header2 = (const uint8_t *) wide,
	                                      .header2_len = sizeof(wide) - 1,
	                                      .guid = 0xa5 });
	assert_int_equal(image_open(&s, &im, ALL, &seen, NULL), 0);
	check_text(s, "case_number", "C-7");
	check_text(s, "evidence_number", "E-1");
	check_text(s, "description", "disk");
	check_text(s, "examiner", "J. Doe"); /* empty in header2 */
	check_text(s, "notes", "\xc3\xa9");  /* header2 knows better */
	check_text(s, "acquired", "2006-03-12T11:44:05Z");
	check_text(s, "system_date", "2018 13 16 15 5 8"); /* no date: as it is */
	check_text(s, "acquisition_software", "ADI2.9");
	check_text(s, "acquisition_os", "Windows");
	check_text(s, "media_type", "fixed");
	check_text(s, "compression", "fast");
	check_text(s, "set_identifier", "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5");
	assert_null(json_object_get(s->metadata, "password_hash"));
	assert_true(json_is_true(json_object_get(s->metadata, "physical")));
	assert_int_equal(json_integer_value(json_object_get(s->metadata, "sectors")), 16);
	assert_string_equal(json_string_value(json_object_get(s->stored, "md5")), im.md5);
	assert_string_equal(json_string_value(json_object_get(s->stored, "sha1")), im.sha1);
	assert_int_equal(seen_count(&seen), 0);
	fsk_source_close(s);
	seen_free(&seen);
	image_free(&im);
}

static void header_without_main_is_an_anomaly(void **state)
{
	struct image im;

	(void) state;
	image_make(&im, &(struct image_spec){ .size = 8192, .header = "1\nsrce\na\nb\n" });
	check_whole(&im, 1, "section \"header\" at byte 13: has no \"main\" category");
	image_free(&im);
	/* text that grows beyond the limit */
	char *bomb = malloc(2 * FSK_EWF_HEADER_MAX);
	assert_non_null(bomb);
	memset(bomb, 'a', 2 * FSK_EWF_HEADER_MAX - 1);
	bomb[2 * FSK_EWF_HEADER_MAX - 1] = '\0';
	image_make(&im, &(struct image_spec){ .size = 8192, .header = bomb });
	check_whole(&im, 1, "longer than 1048576 bytes");
	image_free(&im);
	free(bomb);
}

static void notes_errors_of_the_acquisition(void **state)
{
	struct image im;
	struct fsk_source *s;
	struct seen seen;
	uint8_t got[2048];

	(void) state;
	image_make(&im, &(struct image_spec){ .size = 16384,
	                                      .errors = { { 4, 2 }, { 6, 1 }, { 31, 9 } } });
	assert_int_equal(image_open(&s, &im, ALL, &seen, NULL), 0);
	assert_int_equal(seen_count(&seen), 1);
	check_reason(&seen, 0, "2048 bytes could not be read when the image was made");
	assert_int_equal(s->lost.count, 2);
	assert_int_equal(s->lost.ranges[0].offset, 4 * 512);
	assert_int_equal(s->lost.ranges[0].length, 3 * 512);
	assert_int_equal(s->lost.ranges[1].length, 512); /* the medium ends there */
	assert_int_equal(s->bad.count, 0);
	fsk_source_read(s, got, 2048, 1024);
	assert_memory_equal(got, im.medium + 1024, 2048); /* as it is in the image */
	assert_true(fsk_rangelog_covers(&s->bad, 4 * 512, 1024));
	assert_int_equal(fsk_rangelog_bytes(&s->bad), 1024); /* what was read of it */
	assert_int_equal(seen_count(&seen), 1);
	fsk_source_close(s);
	seen_free(&seen);
	image_free(&im);
}

static void fills_a_bad_chunk_with_zeros(void **state)
{
	struct image im;
	struct fsk_source *s;
	struct seen seen;
	size_t i = 7;

	(void) state;
	image_make(&im, &(struct image_spec){ .size = 40 * 1024, .stored = true });
	for (; i < 10; i += 2) { /* one that is deflated, one that is stored */
		im.segs[0].data[im.chunks[i].offset + im.chunks[i].length / 2] ^= 0x10;
		assert_int_equal(image_open(&s, &im, ALL, &seen, NULL), 0);
		assert_int_equal(seen_count(&seen), 0);
		check_medium(s, &im, i * 1024, (i + 1) * 1024, 100);
		assert_int_equal(seen_count(&seen), 1);
		assert_int_equal(seen_with(&seen, "wrong checksum"), 1);
		check_ranges(&seen, 0, i * 1024, (i + 1) * 1024);
		check_medium(s, &im, i * 1024, (i + 1) * 1024, 9000);
		assert_int_equal(seen_count(&seen), 1);
		assert_int_equal(fsk_rangelog_bytes(&s->bad), 1024);
		fsk_source_close(s);
		seen_free(&seen);
		im.segs[0].data[im.chunks[i].offset + im.chunks[i].length / 2] ^= 0x10;
	}
	image_free(&im);
}

/* One anomaly for the range, however it is read, and zeros there. */
static void check_gap(const struct image *im, unsigned mask, size_t first, size_t end,
                      const char *reason)
{
	struct fsk_source *s;
	struct fsk_err err;
	struct seen seen;
	size_t start = first * im->chunk_size, stop = end * im->chunk_size;

	assert_int_equal(image_open(&s, im, mask, &seen, &err), 0);
	if (seen_count(&seen) != 1 || seen_with(&seen, reason) != 1)
		fprintf(stderr, "%s\n", json_dumps(seen.list, 0));
	assert_int_equal(seen_count(&seen), 1);
	assert_int_equal(seen_with(&seen, reason), 1);
	check_ranges(&seen, 0, start, stop);
	check_medium(s, im, start, stop, 700);
	check_medium(s, im, start, stop, im->spec.size);
	assert_int_equal(seen_count(&seen), 1);
	assert_int_equal(s->bad.count, 1);
	assert_int_equal(s->bad.ranges[0].offset, start);
	assert_int_equal(s->bad.ranges[0].length, stop - start);
	fsk_source_close(s);
	seen_free(&seen);
}

static void goes_on_without_a_segment(void **state)
{
	struct image im;
	size_t first, end;

	(void) state;
	image_make(&im, &(struct image_spec){ .size = 80 * 1024, .segments = 5, .based = true });
	image_segment_chunks(&im, 1, &first, &end);
	check_gap(&im, ALL & ~2u, first, end,
	          "segment 2 is missing: bytes 16384 to 32767 of the "
	          "medium are not there");
	image_segment_chunks(&im, 3, &first, &(size_t){ 0 });
	check_gap(&im, 7, first, im.nchunks,
	          "the image goes on behind segment 3, which is the last one at hand: bytes");
	image_segment_chunks(&im, 1, &first, &(size_t){ 0 });
	image_segment_chunks(&im, 2, &(size_t){ 0 }, &end);
	check_gap(&im, ALL & ~6u, first, end, "segments 2 to 3 are missing: bytes");
	/* without the first one the others still know the geometry */
	image_segment_chunks(&im, 0, &first, &end);
	check_gap(&im, ALL & ~1u, first, end, "segment 1 is missing: bytes");
	image_free(&im);
}

/* What lies between two gaps is somewhere, and nobody knows where. */
static void leaves_out_what_has_no_place(void **state)
{
	struct image im;
	struct fsk_source *s;
	struct seen seen;
	size_t first, end, ignored;

	(void) state;
	image_make(&im, &(struct image_spec){ .size = 80 * 1024, .segments = 5 });
	image_segment_chunks(&im, 1, &first, &ignored);
	image_segment_chunks(&im, 3, &ignored, &end);
	assert_int_equal(image_open(&s, &im, 1 | 4 | 16, &seen, NULL), 0);
	assert_int_equal(seen_count(&seen), 2);
	check_ranges(&seen, 0, first * 1024, end * 1024);
	assert_int_equal(seen_with(&seen, "segment 2 is missing; segment 4 is missing: bytes"), 1);
	assert_int_equal(seen_with(&seen, "16 chunks between two gaps are left out"), 1);
	check_medium(s, &im, first * 1024, end * 1024, 5000);
	fsk_source_close(s);
	seen_free(&seen);
	image_free(&im);
}

static void sorts_segments_and_drops_strangers(void **state)
{
	struct image im, other;
	struct fsk_segment segs[6];
	struct fsk_source *s;
	struct seen seen;

	(void) state;
	image_make(&im, &(struct image_spec){ .size = 60 * 1024, .segments = 3, .guid = 1 });
	image_make(&other, &(struct image_spec){ .size = 60 * 1024, .segments = 3, .guid = 2 });
	temp_segment(&segs[0], "c.E03", im.segs[2].data, im.segs[2].len);
	temp_segment(&segs[1], "a.E01", im.segs[0].data, im.segs[0].len);
	temp_segment(&segs[2], "b.E02", im.segs[1].data, im.segs[1].len);
	temp_segment(&segs[3], "again.E02", im.segs[1].data, im.segs[1].len);
	temp_segment(&segs[4], "readme.E04", "hello, I am no segment", 22);
	temp_segment(&segs[5], "empty.E05", "", 0);
	assert_int_equal(fsk_source_open(&s, 0, segs, 6, seen_sink(&seen), NULL), 0);
	check_medium(s, &im, 0, 0, 5000);
	assert_int_equal(seen_count(&seen), 3);
	assert_int_equal(seen_with(&seen, "left out: no EWF segment file: wrong signature"), 1);
	assert_int_equal(seen_with(&seen, "left out: the file ends at byte 0"), 1);
	assert_int_equal(seen_with(&seen, "left out: segment 2 is already there as \"b.E02\""), 1);
	fsk_source_close(s);
	seen_free(&seen);

	/* the second segment of another image must not fill the gap */
	temp_segment(&segs[0], "a.E01", im.segs[0].data, im.segs[0].len);
	temp_segment(&segs[1], "b.E02", other.segs[1].data, other.segs[1].len);
	temp_segment(&segs[2], "c.E03", im.segs[2].data, im.segs[2].len);
	assert_int_equal(fsk_source_open(&s, 0, segs, 3, seen_sink(&seen), NULL), 0);
	check_medium(s, &im, 20 * 1024, 40 * 1024, 5000);
	assert_int_equal(seen_count(&seen), 1);
	assert_int_equal(seen_with(&seen, "\"b.E02\" is left out: it belongs to another image"), 1);
	fsk_source_close(s);
	seen_free(&seen);
	image_free(&im);
	image_free(&other);
}

/* However much of the last segment is there: every whole chunk is found. */
static void saves_what_a_cut_file_has(void **state)
{
	struct image im;

	(void) state;
	image_make(&im, &(struct image_spec){
	                    .size = 50 * 1024, .stored = true, .table_chunks = 20, .based = true });
	size_t full = im.segs[0].len;
	for (size_t len = im.chunks[0].offset + im.chunks[0].length + 1; len < full; len += 997) {
		struct fsk_source *s;
		struct seen seen;
		size_t have = 0;
		while (have < im.nchunks && im.chunks[have].offset + im.chunks[have].length <= len)
			have++;
		im.segs[0].len = len;
		assert_int_equal(image_open(&s, &im, ALL, &seen, NULL), 0);
		assert_true(seen_with(&seen, "segment 1 is cut off: it has no end mark") > 0);
		check_medium(s, &im, have * 1024, im.spec.size, 2500);
		assert_int_equal(fsk_rangelog_bytes(&s->bad), im.spec.size - have * 1024);
		fsk_source_close(s);
		seen_free(&seen);
	}
	image_free(&im);
}

/* The table comes first there, and tells of chunks that are cut off. */
static void saves_what_a_cut_smart_file_has(void **state)
{
	struct image im;
	size_t keep = 30;

	(void) state;
	image_make(&im,
	           &(struct image_spec){ .size = 50 * 1024, .smart = true, .table_chunks = 100 });
	struct fsk_source *s;
	struct seen seen;
	im.segs[0].len = im.chunks[keep].offset + 1;
	assert_int_equal(image_open(&s, &im, ALL, &seen, NULL), 0);
	check_medium(s, &im, keep * 1024, im.spec.size, 2500);
	assert_int_equal(seen_with(&seen, "the file ends before the chunks that its table lists"),
	                 1);
	fsk_source_close(s);
	seen_free(&seen);
	image_free(&im);
}

static void flip_in_table(struct image *im, size_t table, size_t at)
{
	im->segs[0].data[table + 76 + at] ^= 4;
}

static void check_piece(struct fsk_source *s, const struct image *im, uint8_t got[1024], size_t at)
{
	fsk_source_read(s, got, 1024, at);
	assert_memory_equal(got, im->medium + at, 1024);
}

static void table2_is_the_spare(void **state)
{
	struct image im;
	size_t header = 1, entry = 24 + 4 * 5;

	(void) state;
	image_make(&im, &(struct image_spec){ .size = 40 * 1024, .stored = true });
	struct image_table *t = &im.tables[1];
	flip_in_table(&im, t->table, entry);
	check_whole(&im, 1, "wrong checksum of the entries; table2 is used");
	flip_in_table(&im, t->table, entry);
	flip_in_table(&im, t->table, header);
	check_whole(&im, 1, "wrong checksum of the header; table2 is used");
	flip_in_table(&im, t->table, header);
	flip_in_table(&im, t->table2, entry);
	check_whole(&im, 1, "wrong checksum of the entries; the table before it is good");
	/* both: the chunks themselves tell where they are */
	flip_in_table(&im, t->table, entry);
	check_whole(&im, 1, "16 chunks found by their checksums");
	flip_in_table(&im, t->table2, header);
	flip_in_table(&im, t->table, header);
	check_whole(&im, 1, "16 chunks found by their checksums");
	image_free(&im);
}

/* Damage of a table is met with the first chunk of it that is read, not before
 * and not by reading ahead, and told once. */
static void tables_are_tested_when_needed(void **state)
{
	struct fsk_pool *pool = fsk_pool_new(2);
	struct image im;
	struct fsk_source *s;
	struct seen seen;
	uint8_t got[1024];

	(void) state;
	image_make(&im, &(struct image_spec){ .size = 80 * 1024, .table_chunks = 20 });
	flip_in_table(&im, im.tables[1].table, 24 + 4 * 5);
	flip_in_table(&im, im.tables[3].table2, 24 + 4 * 5);
	assert_int_equal(image_open(&s, &im, ALL, &seen, NULL), 0);
	fsk_source_use_pool(s, pool);
	check_piece(s, &im, got, 19 * 1024);
	check_piece(s, &im, got, 40 * 1024);
	fsk_source_prefetch(s, 0, im.spec.size);
	assert_int_equal(seen_count(&seen), 0);
	check_piece(s, &im, got, 20 * 1024);
	assert_int_equal(seen_count(&seen), 1);
	assert_int_equal(seen_with(&seen, "wrong checksum of the entries; table2 is used"), 1);
	check_piece(s, &im, got, 21 * 1024);
	check_medium(s, &im, 0, 0, 3000);
	assert_int_equal(seen_count(&seen), 1);
	fsk_source_check(s);
	fsk_source_check(s);
	assert_int_equal(seen_count(&seen), 2);
	assert_int_equal(seen_with(&seen, "the table before it is good"), 1);
	fsk_source_close(s);
	seen_free(&seen);
	image_free(&im);
	fsk_pool_free(pool);
}

/* A copy that says something else than its table. */
static void table2_may_not_differ(void **state)
{
	struct image im;

	(void) state;
	image_make(&im, &(struct image_spec){ .size = 40 * 1024 });
	struct image_table *t = &im.tables[1];
	uint8_t *p = im.segs[0].data + t->table2 + 76;
	p[24 + 4 * 3] ^= 1;
	image_seal_table(&im.segs[0], t->table2);
	check_whole(&im, 1, "gives other places than the table before it, which is used");
	p[24 + 4 * 3] ^= 1;
	p[0]--;
	image_seal_table(&im.segs[0], t->table2);
	check_whole(&im, 1, "15 entries; the table before it has 16 and is used");
	image_free(&im);
}

/* Both tables and a chunk are damaged: the entries behind it are used. */
static void damaged_tables_help_behind_a_bad_chunk(void **state)
{
	struct image im;
	struct fsk_source *s;
	struct seen seen;

	(void) state;
	image_make(&im, &(struct image_spec){ .size = 40 * 1024, .stored = true });
	struct image_table *t = &im.tables[1];
	im.segs[0].data[im.chunks[20].offset + 7] ^= 1;
	flip_in_table(&im, t->table, 24 + 4 * 2);
	flip_in_table(&im, t->table2, 24 + 4 * 3);
	assert_int_equal(image_open(&s, &im, ALL, &seen, NULL), 0);
	check_medium(s, &im, 20 * 1024, 21 * 1024, 5000);
	assert_int_equal(seen_with(&seen, "4 chunks found by their checksums"), 1);
	fsk_source_close(s);
	seen_free(&seen);
	image_free(&im);
}

static void survives_damaged_descriptors(void **state)
{
	struct image im;

	(void) state;
	image_make(&im, &(struct image_spec){ .size = 40 * 1024, .based = true });
	struct image_table *t = &im.tables[1];
	const size_t at[] = { t->sectors, t->table, t->table2, im.tables[0].sectors };
	for (size_t i = 0; i < 4; i++) {
		im.segs[0].data[at[i] + 20] ^= 1;
		check_whole(&im, i == 1 ? 3 : 2, "wrong checksum");
		im.segs[0].data[at[i] + 20] ^= 1;
	}
	/* a chain that ends in itself, with good checksums */
	memset(im.segs[0].data + t->sectors + 16, 0, 16);
	im.segs[0].data[t->sectors + 16] = 1;
	image_seal_descriptor(&im.segs[0], t->sectors);
	check_whole(&im, 0, NULL);
	image_free(&im);
}

/* Size and next offset of a section that disagree could hide an image. */
static void tells_of_two_chains(void **state)
{
	struct image im;

	(void) state;
	image_make(&im, &(struct image_spec){ .size = 8 * 1024 });
	im.segs[0].data[im.tables[0].table + 24] ^= 0x40;
	image_seal_descriptor(&im.segs[0], im.tables[0].table);
	check_whole(&im, 1, "contradict each other");
	image_free(&im);
}

/* Opening fails, and says so in these words. */
static void check_refused(const struct image *im, int code, const char *text)
{
	struct fsk_source *s;
	struct fsk_err err;
	struct seen seen;

	assert_int_equal(image_open(&s, im, ALL, &seen, &err), code);
	assert_string_equal(err.msg, text);
	assert_null(s);
	seen_free(&seen);
}

static void reseal_volume(struct image *im)
{
	uint8_t *p = im->segs[0].data + im->volume + 76;
	uint32_t sum = libdeflate_adler32(1, p, 1048);

	for (int i = 0; i < 4; i++)
		p[1048 + i] = (uint8_t) (sum >> (8 * i));
}

static void refuses_impossible_geometry(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		int code;
		const char *text;
	} bad[] = {
		{ 8, 0, FSK_ECORRUPT, "\"disk.E01\": section \"volume\": no sectors in a chunk" },
		{ 8, 0x10001, FSK_ELIMIT,
		  "\"disk.E01\": section \"volume\": chunks of 33554944 "
		  "bytes, the limit is 33554432" },
		{ 8, 0xffffffff, FSK_ELIMIT,
		  "\"disk.E01\": section \"volume\": chunks of "
		  "2199023255040 bytes, the limit is 33554432" },
		{ 12, 0, FSK_ECORRUPT, "\"disk.E01\": section \"volume\": 0 bytes a sector" },
		{ 12, 1u << 20, FSK_ECORRUPT,
		  "\"disk.E01\": section \"volume\": 1048576 bytes a "
		  "sector" },
		{ 20, 0x7fffffff, FSK_ELIMIT,
		  "\"disk.E01\": section \"volume\": 9223372032559808528 "
		  "sectors, the limit is 2147483648 chunks" },
	};
	struct image im;

	(void) state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		image_make(&im, &(struct image_spec){ .size = 8 * 1024 });
		for (int k = 0; k < 4; k++)
			im.segs[0].data[im.volume + 76 + bad[i].at + (size_t) k] =
			    (uint8_t) (bad[i].value >> (8 * k));
		reseal_volume(&im);
		check_refused(&im, bad[i].code, bad[i].text);
		image_free(&im);
	}
	image_make(&im, &(struct image_spec){ .size = 8 * 1024 });
	im.segs[0].data[im.volume + 76 + 5] ^= 1;
	check_refused(&im, FSK_ECORRUPT, "\"disk.E01\": section \"volume\": wrong checksum");
	image_free(&im);
	/* with a second segment its data section serves */
	image_make(&im, &(struct image_spec){ .size = 8 * 1024, .segments = 2 });
	im.segs[0].data[im.volume + 76 + 5] ^= 1;
	check_whole(&im, 1, "section \"volume\" at byte 13: wrong checksum");
	image_free(&im);
}

static void refuses_garbage_behind_the_signature(void **state)
{
	struct image im;

	(void) state;
	image_make(&im, &(struct image_spec){ .size = 8 * 1024 });
	memset(im.segs[0].data + 13, 0x5a, im.segs[0].len - 13);
	check_refused(&im, FSK_ECORRUPT, "\"disk.E01\": no section tells the size of the medium");
	im.segs[0].len = 10;
	check_refused(&im, FSK_ECORRUPT,
	              "\"disk.E01\": no usable segment file: the file ends at "
	              "byte 10");
	image_free(&im);
}

static void write_at(int fd, const void *p, size_t n, uint64_t at)
{
	assert_int_equal(pwrite(fd, p, n, (off_t) at), n);
}

/* EnCase 6.7.1: a sectors section that goes beyond 2 GiB, entries of 32 bits
 * without a base. Made from an ordinary image whose chunks are moved apart. */
static void follows_offsets_over_2_gib(void **state)
{
	enum { CHUNK = 1024, N = 4 };
	const uint64_t first = 0x80000000u - CHUNK - 4;
	struct image im;
	struct fsk_segment seg;
	struct fsk_source *s;
	struct seen seen;
	uint8_t entries[4 * N + 4], *head, descriptor[76];
	size_t sectors, tail;
	uint64_t shift;

	(void) state;
	image_make(&im, &(struct image_spec){ .size = N * CHUNK });
	sectors = im.tables[0].sectors;
	head = im.segs[0].data;
	temp_segment(&seg, "big.E01", head, sectors);
	int fd = (int) seg.file.handle;
	/* chunks: all stored, back to back, the second one starts at 2 GiB */
	for (size_t i = 0; i < N; i++) {
		uint64_t at = first + i * (CHUNK + 4);
		uint32_t sum = libdeflate_adler32(1, im.medium + i * CHUNK, CHUNK);
		uint8_t raw[4] = { (uint8_t) sum, (uint8_t) (sum >> 8), (uint8_t) (sum >> 16),
			           (uint8_t) (sum >> 24) };
		write_at(fd, im.medium + i * CHUNK, CHUNK, at);
		write_at(fd, raw, 4, at + CHUNK);
		for (int k = 0; k < 4; k++)
			entries[4 * i + (size_t) k] = (uint8_t) (at >> (8 * k));
	}
	uint32_t sum = libdeflate_adler32(1, entries, 4 * N);
	for (int k = 0; k < 4; k++)
		entries[4 * N + k] = (uint8_t) (sum >> (8 * k));
	/* what followed the chunks follows them again, with its offsets moved */
	tail = im.tables[0].table;
	shift = first + N * (CHUNK + 4) - tail;
	memcpy(im.segs[0].data + tail + 76 + 24, entries, sizeof(entries));
	memcpy(im.segs[0].data + im.tables[0].table2 + 76 + 24, entries, sizeof(entries));
	for (size_t at = sectors; at != 0;) {
		uint64_t next = 0;
		for (int k = 7; k >= 0; k--)
			next = next << 8 | head[at + 16 + (size_t) k];
		bool last = next == at;
		for (int k = 0; k < 8; k++)
			head[at + 16 + (size_t) k] = (uint8_t) ((next + shift) >> (8 * k));
		if (at == sectors) /* the size of this one changes */
			memset(head + at + 24, 0, 8);
		image_seal_descriptor(&im.segs[0], at);
		at = last ? 0 : (size_t) next;
	}
	memcpy(descriptor, head + sectors, 76);
	write_at(fd, descriptor, 76, sectors);
	write_at(fd, head + tail, im.segs[0].len - tail, tail + shift);
	seg.file.size = im.segs[0].len + shift;
	assert_int_equal(fsk_source_open(&s, 0, &seg, 1, seen_sink(&seen), NULL), 0);
	check_medium(s, &im, 0, 0, 1500);
	assert_int_equal(seen_count(&seen), 0);
	fsk_source_close(s);
	seen_free(&seen);
	image_free(&im);
}

/* Whatever bits flip: no byte is ever wrong without being in the log. */
static void never_lies(void **state)
{
	uint32_t x = 99;

	(void) state;
	for (int seed = 0; seed < 300; seed++) {
		struct image im;
		struct fsk_source *s;
		struct seen seen;
		image_make(&im, &(struct image_spec){ .size = 24 * 1024 + 512,
		                                      .stored = true,
		                                      .segments = 2,
		                                      .guid = 1,
		                                      .table_chunks = 8,
		                                      .smart = seed % 5 == 4,
		                                      .header = "1\nmain\nc\n7\n\n" });
		for (int flips = 1 + seed % 6; flips > 0; flips--) {
			x = x * 1664525u + 1013904223u;
			struct fsk_buf *b = &im.segs[(x >> 9) % 2];
			b->data[(x >> 10) % b->len] ^= (uint8_t) (1u << (x >> 29));
		}
		uint8_t *got = malloc(im.spec.size);
		assert_non_null(got);
		if (image_open(&s, &im, ALL, &seen, NULL) == 0) {
			assert_int_equal(s->size, im.spec.size);
			fsk_source_read(s, got, im.spec.size, 0);
			for (size_t i = 0; i < im.spec.size; i++)
				if (got[i] != im.medium[i])
					assert_true(got[i] == 0 &&
					            fsk_rangelog_hits(&s->bad, i, 1));
			if (s->bad.count > 0)
				assert_true(seen_count(&seen) > 0);
			fsk_source_close(s);
		}
		seen_free(&seen);
		free(got);
		image_free(&im);
	}
}

/* As above, with the checksums of descriptors and tables made right again, so
 * that the values behind them are met. Bytes may differ here; nothing else. */
static void survives_hostile_values(void **state)
{
	uint32_t x = 5;

	(void) state;
	for (int seed = 0; seed < 300; seed++) {
		struct image im;
		struct fsk_source *s;
		struct seen seen;
		image_make(&im, &(struct image_spec){ .size = 8 * 1024, .table_chunks = 3 });
		struct fsk_buf *b = &im.segs[0];
		for (int flips = 1 + seed % 4; flips > 0; flips--) {
			x = x * 1664525u + 1013904223u;
			const struct image_table *t = &im.tables[(x >> 8) % im.ntables];
			const size_t at[] = { t->sectors, t->table, t->table2, im.volume };
			size_t d = at[(x >> 12) % 4];
			b->data[d + 16 + (x >> 14) % 16] = (uint8_t) (x >> 20);
			image_seal_descriptor(b, d);
			b->data[im.volume + 76 + 4 + (x >> 24) % 20] ^= (uint8_t) (1 + seed);
			if (seed % 2 == 0)
				reseal_volume(&im);
		}
		if (image_open(&s, &im, ALL, &seen, NULL) == 0) {
			uint8_t got[4096];
			fsk_source_read(s, got, sizeof(got), 0);
			fsk_source_read(s, got, sizeof(got), s->size / 2);
			fsk_source_read(s, got, sizeof(got), s->size - 1);
			fsk_source_close(s);
		}
		assert_true(seen_count(&seen) <= FSK_EWF_REPORTS_MAX + 10);
		seen_free(&seen);
		image_free(&im);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_layouts),
		cmocka_unit_test(reads_at_random),
		cmocka_unit_test(cache_forgets_the_oldest),
		cmocka_unit_test(keeps_what_the_examiner_wrote),
		cmocka_unit_test(header_without_main_is_an_anomaly),
		cmocka_unit_test(notes_errors_of_the_acquisition),
		cmocka_unit_test(fills_a_bad_chunk_with_zeros),
		cmocka_unit_test(goes_on_without_a_segment),
		cmocka_unit_test(leaves_out_what_has_no_place),
		cmocka_unit_test(sorts_segments_and_drops_strangers),
		cmocka_unit_test(saves_what_a_cut_file_has),
		cmocka_unit_test(saves_what_a_cut_smart_file_has),
		cmocka_unit_test(table2_is_the_spare),
		cmocka_unit_test(tables_are_tested_when_needed),
		cmocka_unit_test(table2_may_not_differ),
		cmocka_unit_test(damaged_tables_help_behind_a_bad_chunk),
		cmocka_unit_test(survives_damaged_descriptors),
		cmocka_unit_test(tells_of_two_chains),
		cmocka_unit_test(refuses_impossible_geometry),
		cmocka_unit_test(refuses_garbage_behind_the_signature),
		cmocka_unit_test(follows_offsets_over_2_gib),
		cmocka_unit_test(never_lies),
		cmocka_unit_test(survives_hostile_values),
	};
	return cmocka_run_group_tests_name("ewf", tests, NULL, NULL);
}
