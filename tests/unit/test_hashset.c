/* Lists of digests: the forms of lines, bad ones, duplicates, and large lists. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/hashset/hashset.h"

#define MD5_A "0cc175b9c0f1b6a831c399e269772661"
#define MD5_B "92eb5ffee6ae2fec3ad71c777531578f"
#define SHA1_A "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"
#define SHA256_A "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"

static struct fsk_hashset *load(const char *text)
{
	struct fsk_hashset *s;

	assert_int_equal(fsk_hashset_load(&s, text, strlen(text), NULL), 0);
	return s;
}

static void has(const struct fsk_hashset *s, const char *hex, unsigned line, const char *label)
{
	struct fsk_hashset_hit hit;

	assert_true(fsk_hashset_find(&hit, s, hex, strlen(hex)));
	assert_int_equal(hit.line, line);
	assert_string_equal(hit.label, label);
}

static void lacks(const struct fsk_hashset *s, const char *hex)
{
	struct fsk_hashset_hit hit;

	assert_false(fsk_hashset_find(&hit, s, hex, strlen(hex)));
}

static size_t bad_lines(const struct fsk_hashset *s)
{
	struct fsk_hashset_counts c;

	fsk_hashset_counts(&c, s);
	return c.bad;
}

/* One line, MD5_A in it: with which label it is found. */
static void line_gives(const char *line, const char *label)
{
	struct fsk_hashset *s = load(line);

	print_message("# %s\n", line);
	has(s, MD5_A, 1, label);
	assert_int_equal(bad_lines(s), 0);
	fsk_hashset_free(s);
}

static void test_lines(void **state)
{
	(void) state;
	line_gives(MD5_A, "");
	line_gives("  " MD5_A "\r\n", "");
	line_gives("\xef\xbb\xbf" MD5_A, "");
	line_gives("0CC175B9C0F1B6A831C399E269772661", "");
	line_gives(MD5_A "  my file.exe", "my file.exe");
	line_gives(MD5_A " *a.exe", "a.exe");
	line_gives("\\" MD5_A "  a\\nb", "a\\nb");
	line_gives("MD5 (a (1).exe) = " MD5_A, "a (1).exe");
	line_gives(MD5_A ",a.exe,12", "a.exe");
	line_gives("a.exe;" MD5_A, "a.exe");
	line_gives("a.exe\t" MD5_A, "a.exe");
	line_gives(MD5_A "\t" SHA1_A "\ta.exe", "a.exe");
	line_gives("\"a;b\",\"" MD5_A "\"", "a;b");
	line_gives("md5:" MD5_A, "");
	line_gives(MD5_A " | a", "| a");
	line_gives(MD5_A "|a", "a");
	line_gives(MD5_A ",\xff", "\\xff");
}

static void test_headers(void **state)
{
	struct fsk_hashset *s = load("\"SHA-1\",\"MD5\",\"CRC32\",\"FileName\",\"FileSize\"\n"
	                             "\"86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8\",\"" MD5_A
	                             "\",\"00\",\"a.exe\",1\n");

	(void) state;
	has(s, SHA1_A, 2, "a.exe");
	has(s, MD5_A, 2, "a.exe");
	fsk_hashset_free(s);
	/* a column of digests that are of no file, and a header in a comment */
	s = load("# first_seen,sha256_hash,imphash,signature\n"
	         "# ---\n"
	         "2023-03-29," SHA256_A "," MD5_A ",thing\n"
	         "2023-03-29,n/a," MD5_B ",other\n");
	has(s, SHA256_A, 3, "thing");
	lacks(s, MD5_A);
	assert_int_equal(bad_lines(s), 0);
	fsk_hashset_free(s);
	/* rows of other indicators are none of ours, a digest with a typo is */
	s = load("type,indicator,comment\ndomain,example.org,x\nhash," MD5_A ",y\n"
	         "hash,0cc175b9c0f1b6a831c399e26977266,z\n");
	has(s, MD5_A, 3, "y");
	assert_int_equal(bad_lines(s), 1);
	fsk_hashset_free(s);
}

static void test_bad_lines(void **state)
{
	struct fsk_hashset *s = load("# comment\n\n; comment\n// comment\n" MD5_A "\n"
	                             "0cc175b9c0f1b6a831c399e26977266\n"
	                             "0cc175b9c0f1b6a831c399e2697726g1  x\n"
	                             "what is this\n"
	                             "d41d8cd98f00b204e9800998ecf8427e\n" SHA1_A "\n");
	struct fsk_hashset_counts c;

	(void) state;
	has(s, MD5_A, 5, "");
	has(s, SHA1_A, 10, "");
	lacks(s, "d41d8cd98f00b204e9800998ecf8427e");
	lacks(s, "");
	lacks(s, "zz");
	lacks(s, "zcc175b9c0f1b6a831c399e269772661");
	fsk_hashset_counts(&c, s);
	assert_int_equal(c.lines, 10);
	assert_int_equal(c.bad, 4);
	assert_int_equal(c.problems[0].line, 6);
	assert_string_equal(c.problems[0].text, "31 hex digits, where 32, 40 or 64 are a digest");
	assert_int_equal(c.problems[1].line, 7);
	assert_string_equal(c.problems[1].text, "no digest: byte 0x67 behind 30 hex digits");
	assert_string_equal(c.problems[2].text, "no digest");
	assert_int_equal(c.problems[3].line, 9);
	assert_string_equal(c.problems[3].text, "left out: the digest of files without content");
	fsk_hashset_free(s);
}

static void test_nothing(void **state)
{
	struct fsk_hashset *s;

	(void) state;
	assert_int_equal(fsk_hashset_load(&s, "", 0, NULL), 0);
	lacks(s, MD5_A);
	fsk_hashset_free(s);
}

static void test_duplicates(void **state)
{
	struct fsk_hashset *s = load(MD5_B "\n" MD5_A " first\n" MD5_A " second\n" MD5_B "\n");
	struct fsk_hashset_counts c;

	(void) state;
	has(s, MD5_A, 2, "first");
	has(s, MD5_B, 1, "");
	fsk_hashset_counts(&c, s);
	assert_int_equal(c.duplicates, 2);
	assert_int_equal(c.entries[FSK_HASH_MD5], 2);
	fsk_hashset_free(s);
}

/* A digest that a number gives: the first bytes differ much or not at all. */
static void hex_of(char hex[65], uint32_t i, bool alike)
{
	uint32_t x = alike ? 7 : i * 2654435761u;

	snprintf(hex, 65, "%08x%048x%08x", (unsigned) x, 0u, (unsigned) (i * 40503u));
}

static void check_many(bool alike)
{
	const uint32_t n = 50000;
	char *text = malloc((size_t) n * 65 + 1), hex[65];
	struct fsk_hashset_counts c;
	struct fsk_hashset_hit hit;
	struct fsk_hashset *s;

	assert_non_null(text);
	for (uint32_t i = 0; i < n; i++) {
		hex_of(hex, i, alike);
		snprintf(text + (size_t) i * 65, 66, "%s\n", hex);
	}
	assert_int_equal(fsk_hashset_load(&s, text, (size_t) n * 65, NULL), 0);
	free(text);
	for (uint32_t i = 0; i < n; i++) {
		hex_of(hex, i, alike);
		assert_true(fsk_hashset_find(&hit, s, hex, 64));
		assert_int_equal(hit.line, i + 1);
	}
	hex_of(hex, n, alike);
	lacks(s, hex);
	fsk_hashset_counts(&c, s);
	assert_int_equal(c.entries[FSK_HASH_SHA256], n);
	/* no more than half as much again as the digests are */
	assert_true(c.memory < (size_t) n * 32 * 3 / 2);
	fsk_hashset_free(s);
}

static void test_many(void **state)
{
	(void) state;
	check_many(false);
	check_many(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),      cmocka_unit_test(test_headers),
		cmocka_unit_test(test_bad_lines),  cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_duplicates), cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("hashset", tests, NULL, NULL);
}
