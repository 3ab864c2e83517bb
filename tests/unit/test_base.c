#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/crypt.h"
#include "core/base/cursor.h"
#include "core/base/digest.h"
#include "core/base/err.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/sort.h"
#include "core/base/text.h"
#include "core/base/time.h"

static void err_names_object_and_reason(void **state)
{
	struct fsk_err err;

	(void) state;
	assert_int_equal(fsk_err_errno(&err, ENOENT, "cannot open \"%s\"", "a"), FSK_ENOTFOUND);
	assert_string_equal(err.msg, "cannot open \"a\": No such file or directory");
	assert_int_equal(fsk_err_wrap(&err, "volume %d", 2), FSK_ENOTFOUND);
	assert_string_equal(err.msg, "volume 2: cannot open \"a\": No such file or directory");
	assert_int_equal(fsk_err_set(NULL, FSK_EIO, "x"), FSK_EIO);
	assert_string_equal(fsk_code_name(FSK_EDIED), "died");
	assert_string_equal(fsk_code_name(FSK_ECORRUPT), "corrupt");
	assert_string_equal(fsk_code_name(-99), "unknown");
	assert_string_equal(fsk_code_name(3), "unknown");
}

static void buf_stops_at_its_ceiling(void **state)
{
	struct fsk_buf b;
	struct fsk_err err;

	(void) state;
	fsk_buf_init(&b, 8);
	assert_int_equal(fsk_buf_append_u32le(&b, 0x11223344, &err), 0);
	assert_int_equal(fsk_buf_append_u64le(&b, 1, &err), FSK_ELIMIT);
	assert_int_equal(b.len, 4);
	assert_memory_equal(b.data, "\x44\x33\x22\x11", 4);
	fsk_buf_consume(&b, 1);
	assert_int_equal(b.len, 3);
	assert_int_equal(fsk_buf_printf(&b, &err, "%s", "abcd"), 0);
	assert_memory_equal(b.data,
	                    "\x33\x22\x11"
	                    "abcd",
	                    7);
	fsk_buf_free(&b);
	assert_int_equal(b.max, 8);
}

static void cursor_fails_once_and_for_all(void **state)
{
	const uint8_t raw[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct fsk_cur c;
	uint8_t copy[4] = { 9, 9, 9, 9 };

	(void) state;
	fsk_cur_init(&c, raw, sizeof(raw));
	assert_int_equal(fsk_cur_u16le(&c), 0x0201);
	assert_int_equal(fsk_cur_u16be(&c), 0x0304);
	assert_int_equal(fsk_cur_u32be(&c), 0x05060708);
	assert_false(c.failed);
	assert_int_equal(fsk_cur_u16le(&c), 0);
	assert_true(c.failed);
	assert_int_equal(fsk_cur_left(&c), 0);
	assert_int_equal(fsk_cur_u8(&c), 0);
	fsk_cur_copy(&c, copy, sizeof(copy));
	assert_memory_equal(copy, "\0\0\0\0", 4);
	fsk_cur_init(&c, raw, sizeof(raw));
	fsk_cur_seek(&c, 9);
	assert_false(c.failed);
	fsk_cur_skip(&c, SIZE_MAX);
	assert_true(c.failed);
}

static void utf8_is_judged_strictly(void **state)
{
	(void) state;
	assert_int_equal(fsk_text_utf8_valid("a\xc3\xa4z", 4), 4);
	assert_int_equal(fsk_text_utf8_valid("\xc0\x80", 2), 0);         /* overlong */
	assert_int_equal(fsk_text_utf8_valid("a\xed\xa0\x80", 4), 1);    /* surrogate */
	assert_int_equal(fsk_text_utf8_valid("\xf4\x90\x80\x80", 4), 0); /* over U+10FFFF */
	assert_int_equal(fsk_text_utf8_valid("\xf0\x9f\x98\x80", 4), 4);
	assert_int_equal(fsk_text_utf8_valid("\xe2\x82", 2), 0); /* cut short */
}

static void text_from_evidence_becomes_utf8(void **state)
{
	struct fsk_buf b;
	char *s = fsk_text_dup_utf8("a\xff"
	                            "b\xc3",
	                            4);

	(void) state;
	assert_string_equal(s, "a\\xffb\\xc3");
	free(s);
	fsk_buf_init(&b, 100);
	/* "A", U+1F600, a lone high surrogate, an odd byte */
	assert_int_equal(
	    fsk_text_append_utf16le(&b, "A\0\x3d\xd8\x00\xde\x3d\xd8\x21", 9, false, NULL), 0);
	assert_int_equal(b.len, 11);
	assert_memory_equal(b.data, "A\xf0\x9f\x98\x80\\ud83d", 11);
	fsk_buf_reset(&b);
	assert_int_equal(fsk_text_append_utf16le(&b, "A\0\0\0B\0", 6, true, NULL), 0);
	assert_int_equal(b.len, 1);
	fsk_buf_reset(&b);
	assert_int_equal(
	    fsk_text_append_utf16le(&b, "A\0\0\0B\0\xe9\0C\0D\0\0\1E", 15, false, NULL), 0);
	assert_int_equal(b.len, 9);
	assert_memory_equal(b.data,
	                    "A\0B\xc3\xa9"
	                    "CD\xc4\x80",
	                    9);
	fsk_buf_free(&b);
}

static void shown_text_is_one_harmless_line(void **state)
{
	char out[64], tiny[8];

	(void) state;
	assert_string_equal(fsk_text_escape(out, sizeof(out), "a\x1b[2Jb\nc"), "a\\x1b[2Jb\\x0ac");
	assert_string_equal(fsk_text_escape(out, sizeof(out), "x\xe2\x80\xaegpj.exe"),
	                    "x\\u{202e}gpj.exe");
	assert_string_equal(fsk_text_escape(tiny, sizeof(tiny), "abcdefghij"), "abcd...");
	assert_string_equal(fsk_text_escape(tiny, sizeof(tiny), "abcdefg"), "abcdefg");
}

static void names_are_compared_without_case(void **state)
{
	(void) state;
	assert_int_equal(fsk_text_casecmp("NTUSER.dat", "ntuser.DAT"), 0);
	assert_int_equal(fsk_text_casecmp("\xc3\x84", "\xc3\xa4"), 0);
	assert_true(fsk_text_casecmp("a", "b") < 0);
	assert_true(fsk_text_casecmp("ab", "a") > 0);
}

static void times_convert(void **state)
{
	char s[FSK_TIME_STR_MAX];
	const fsk_time t = fsk_time_from_filetime(133245117301234567ull);

	(void) state;
	assert_string_equal(fsk_time_iso(s, t), "2023-03-28T21:15:30.1234567Z");
	assert_int_equal(fsk_time_to_filetime(t), 133245117301234567ull);
	assert_string_equal(fsk_time_compact(s, t), "20230328T211530Z");
	assert_string_equal(fsk_time_iso(s, fsk_time_from_webkit(13324475400123456)),
	                    "2023-03-28T11:10:00.123456Z");
	assert_string_equal(fsk_time_iso(s, fsk_time_from_prtime(1680000000000000)),
	                    "2023-03-28T10:40:00Z");
	assert_string_equal(fsk_time_iso(s, fsk_time_from_mac_absolute(701692800.5)),
	                    "2023-03-28T10:40:00.500Z");
	assert_string_equal(fsk_time_iso(s, fsk_time_from_unix(-1, 0)), "1969-12-31T23:59:59Z");
	assert_string_equal(fsk_time_iso(s, FSK_TIME_NONE), "");
	assert_true(fsk_time_from_filetime(0) == FSK_TIME_NONE);
	assert_true(fsk_time_from_filetime(UINT64_MAX) == FSK_TIME_NONE);
	assert_true(fsk_time_from_webkit(INT64_MAX) == FSK_TIME_NONE);
	assert_true(fsk_time_from_mac_absolute(1e300) == FSK_TIME_NONE);
	assert_true(fsk_time_parse_iso("2023-03-28T21:15:30.1234567Z") == t);
	assert_true(fsk_time_parse_iso("2000-02-29T00:00:00Z") == 951782400ll * 1000000000);
	assert_true(fsk_time_parse_iso("2023-03-28 10:35:30") == FSK_TIME_NONE);
	assert_true(fsk_time_parse_iso("2023-13-28T10:35:30Z") == FSK_TIME_NONE);
	assert_true(fsk_time_parse_iso("2023- 3-28T10:35:30Z") == FSK_TIME_NONE);
	assert_true(fsk_time_parse_iso("+202-03-28T10:35:30Z") == FSK_TIME_NONE);
	assert_true(fsk_time_parse_iso("2023-03-28T10:35:3Z") == FSK_TIME_NONE);
	assert_true(fsk_time_parse_iso("2023-03-28T10:35:30Zz") == FSK_TIME_NONE);
	assert_true(fsk_time_parse_iso("") == FSK_TIME_NONE);
}

static void digests_are_those_of_the_standards(void **state)
{
	struct fsk_digests d;

	(void) state;
	assert_int_equal(fsk_digest_bytes(&d, FSK_DIGEST_ALL, "abc", 3, NULL), 0);
	assert_string_equal(d.sha256,
	                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(d.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_string_equal(d.md5, "900150983cd24fb0d6963f7d28e17f72");
	assert_int_equal(fsk_digest_bytes(&d, FSK_DIGEST_MD5, "", 0, NULL), 0);
	assert_string_equal(d.md5, "d41d8cd98f00b204e9800998ecf8427e");
	assert_string_equal(d.sha256, "");
}

static void files_are_read_at_offsets(void **state)
{
	char path[] = "/tmp/fossick-file-XXXXXX", got[8];
	struct fsk_file f;
	struct fsk_err err;
	struct fsk_buf b;
	int fd = mkstemp(path);

	(void) state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "0123456789", 10), 10);
	close(fd);
	assert_int_equal(fsk_file_open(&f, path, &err), 0);
	assert_int_equal(f.size, 10);
	assert_int_equal(fsk_file_pread(&f, got, 4, 3, &err), 4);
	assert_memory_equal(got, "3456", 4);
	assert_int_equal(fsk_file_pread(&f, got, 8, 7, &err), 3);
	assert_int_equal(fsk_file_pread(&f, got, 8, UINT64_MAX - 4, &err), 0);
	fsk_file_close(&f);
	fsk_buf_init(&b, 9);
	assert_int_equal(fsk_file_slurp(&b, path, &err), FSK_ELIMIT);
	assert_non_null(strstr(err.msg, path));
	fsk_buf_free(&b);
	unlink(path);
	assert_int_equal(fsk_file_open(&f, path, &err), FSK_ENOTFOUND);
	assert_int_equal(fsk_file_open(&f, "/tmp", &err), FSK_EINVAL);
	assert_int_equal(f.handle, -1);
}

static void keep_line(enum fsk_log_level level, const char *line, void *arg)
{
	(void) level;
	snprintf(arg, 100, "%s", line);
}

static void log_escapes_and_filters(void **state)
{
	char line[100] = "";

	(void) state;
	fsk_log_set_sink(keep_line, line);
	fsk_log(FSK_LOG_INFO, "not shown");
	assert_string_equal(line, "");
	fsk_log(FSK_LOG_WARN, "file \"%s\"", "a\x1b]0;x");
	assert_string_equal(line, "file \"a\\x1b]0;x\"");
	fsk_log_set_sink(NULL, NULL);
}

struct item {
	int key, place;
};

static int compare_items(const void *a, const void *b)
{
	return ((const struct item *) a)->key - ((const struct item *) b)->key;
}

/* By key, those of the same key in the order in which they came. */
static void expect_sorted(struct item *items, size_t n, bool stable)
{
	long long sum = 0;

	for (size_t i = 0; i < n; i++) {
		items[i].place = (int) i;
		sum += items[i].key;
	}
	fsk_sort_runs(items, n, sizeof(*items), compare_items);
	for (size_t i = 0; i < n; i++) {
		sum -= items[i].key;
		if (i == 0)
			continue;
		assert_true(items[i - 1].key <= items[i].key);
		if (stable && items[i - 1].key == items[i].key)
			assert_true(items[i - 1].place < items[i].place);
	}
	assert_int_equal(sum, 0);
}

static void runs_are_sorted(void **state)
{
	static struct item items[5000];
	unsigned x = 1;

	(void) state;
	/* length of the runs: one, a few, all in order, against the order */
	for (int run = 1; run <= 5000; run = run * 7 + 1)
		for (size_t n = 0; n < 5000; n = n * 3 + 1) {
			for (size_t i = 0; i < n; i++) {
				x = x * 1103515245u + 12345u;
				items[i].key = (int) (i % (size_t) run) * 3 + (int) (x >> 30);
			}
			expect_sorted(items, n, false);
		}
	for (int i = 0; i < 5000; i++)
		items[i].key = -i;
	expect_sorted(items, 5000, false);
	/* few runs are merged, which keeps the order of equals */
	for (int i = 0; i < 5000; i++)
		items[i].key = i % 2500 / 10 + (i == 4000 ? -50 : 0);
	expect_sorted(items, 5000, true);
}

/* RFC 6229 (key of 40 bits); test case 2 of McGrew and Viega, "The Galois/Counter Mode". */
static void ciphers_are_those_of_the_standards(void **state)
{
	static const uint8_t key[5] = { 1, 2, 3, 4, 5 }, zeros[32];
	static const uint8_t stream[8] = { 0xb2, 0x39, 0x63, 0x05, 0xf0, 0x3d, 0xc0, 0x27 };
	static const uint8_t sealed[16] = { 0x03, 0x88, 0xda, 0xce, 0x60, 0xb6, 0xa3, 0x92,
		                            0xf3, 0x28, 0xc2, 0xb9, 0x71, 0xb2, 0xfe, 0x78 };
	uint8_t tag[16] = { 0xab, 0x6e, 0x47, 0xd4, 0x2c, 0xec, 0x13, 0xbd,
		            0xf5, 0x3a, 0x67, 0xb2, 0x12, 0x57, 0xbd, 0xdf };
	struct fsk_gcm with = {
		.key = zeros, .nonce = zeros, .tag = tag, .nkey = 16, .nnonce = 12
	};
	uint8_t out[16];

	(void) state;
	fsk_crypt_rc4(out, zeros, sizeof(stream), key, sizeof(key));
	assert_memory_equal(out, stream, sizeof(stream));
	fsk_crypt_rc4(out, out, sizeof(stream), key, sizeof(key));
	assert_memory_equal(out, zeros, sizeof(stream));
	assert_int_equal(fsk_crypt_gcm(out, &with, sealed, sizeof(sealed), NULL), 0);
	assert_memory_equal(out, zeros, sizeof(out));
	tag[15] ^= 1;
	assert_int_equal(fsk_crypt_gcm(out, &with, sealed, sizeof(sealed), NULL), FSK_ECORRUPT);
	with.nkey = 17;
	assert_int_equal(fsk_crypt_gcm(out, &with, sealed, 16, NULL), FSK_EUNSUPPORTED);
	with.nkey = 16, with.nnonce = 0;
	assert_int_equal(fsk_crypt_gcm(out, &with, sealed, 16, NULL), FSK_EUNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_names_object_and_reason),
		cmocka_unit_test(buf_stops_at_its_ceiling),
		cmocka_unit_test(cursor_fails_once_and_for_all),
		cmocka_unit_test(utf8_is_judged_strictly),
		cmocka_unit_test(text_from_evidence_becomes_utf8),
		cmocka_unit_test(shown_text_is_one_harmless_line),
		cmocka_unit_test(names_are_compared_without_case),
		cmocka_unit_test(times_convert),
		cmocka_unit_test(digests_are_those_of_the_standards),
		cmocka_unit_test(ciphers_are_those_of_the_standards),
		cmocka_unit_test(files_are_read_at_offsets),
		cmocka_unit_test(log_escapes_and_filters),
		cmocka_unit_test(runs_are_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
