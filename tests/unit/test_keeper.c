/* The parts of the keeper that need no worker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "core/keeper/logline.h"
#include "core/keeper/member.h"
#include "core/keeper/options.h"
#include "core/keeper/kept.h"
#include "core/keeper/segments.h"
#include "core/keeper/table.h"
#include "core/keeper/tally.h"

/* ---- options ---- */

#define ARGS(...) ((const char *const[]){ "fossick", __VA_ARGS__, NULL })

/* getopt moves the pointers about, so it gets its own, which live as long as
 * the options do. */
static int parse(struct fsk_options *o, const char *const *argv, struct fsk_err *err)
{
	static char *copy[64];
	int argc = 0;

	for (; argv[argc] != NULL; argc++)
		copy[argc] = (char *) argv[argc];
	copy[argc] = NULL;
	return fsk_options_parse(o, argc, copy, err);
}

static void options_of_collect(void **state)
{
	const char *const *argv = ARGS("collect", "disk.E01", "-o", "out", "-j3", "--case", "7",
	                               "--limit-size", "64K", "second.raw", "-vv", "--step-time=9",
	                               "--memory", "1G", "--level", "0", "-p", "a,b.lua",
	                               "--require-sandbox", "-n");
	struct fsk_options o;
	struct fsk_err err;

	(void) state;
	assert_int_equal(parse(&o, argv, &err), 0);
	assert_int_equal(o.command, FSK_CMD_COLLECT);
	assert_int_equal(o.nargs, 2);
	assert_string_equal(o.args[0], "disk.E01");
	assert_string_equal(o.args[1], "second.raw");
	assert_string_equal(o.out_dir, "out");
	assert_string_equal(o.case_id, "7");
	assert_string_equal(o.select, "a,b.lua");
	assert_int_equal(o.workers, 3);
	assert_int_equal(o.limit_size, 65536);
	assert_int_equal(o.memory, 1 << 30);
	assert_int_equal(o.step_seconds, 9);
	assert_int_equal(o.level, 0);
	assert_int_equal(o.verbosity, 2);
	assert_true(o.dry_run && o.require_sandbox);
}

static void options_defaults(void **state)
{
	struct fsk_options o;
	struct fsk_err err;

	(void) state;
	assert_int_equal(parse(&o, ARGS("collect", "x"), &err), 0);
	assert_string_equal(o.out_dir, ".");
	assert_string_equal(o.select, "3cx");
	assert_string_equal(o.case_id, "");
	assert_null(o.label);
	assert_int_equal(o.workers, 0);
	assert_int_equal(o.level, -1);
	assert_int_equal(o.step_seconds, FSK_STEP_SECONDS);
	assert_false(o.dry_run || o.json || o.require_sandbox || o.no_index);
	assert_int_equal(parse(&o, ARGS("plugin", "check", "a.lua"), &err), 0);
	assert_int_equal(o.command, FSK_CMD_PLUGIN_CHECK);
	assert_int_equal(o.nargs, 1);
	assert_int_equal(parse(&o, ARGS("info", "--self"), &err), 0);
	assert_true(o.self);
	assert_int_equal(parse(&o, ARGS("ls", "--help"), &err), 0);
	assert_true(o.help);
	assert_int_equal(parse(&o, ARGS("hash", "--no-index", "x"), &err), 0);
	assert_true(o.no_index);
}

static void options_refused(void **state)
{
	static const struct {
		const char *argv[6];
		const char *says;
	} rows[] = {
		{ { "fossick", NULL }, "a command is missing" },
		{ { "fossick", "steal", NULL }, "no command \"steal\"" },
		{ { "fossick", "plugin", NULL }, "\"list\" or \"check\"" },
		{ { "fossick", "collect", NULL }, "collect wants a SOURCE" },
		{ { "fossick", "cat", "x", NULL }, "a SOURCE and a GLOB" },
		{ { "fossick", "info", "a", "b", NULL }, "too many arguments: \"b\"" },
		{ { "fossick", "verify", "", NULL }, "an argument is empty" },
		{ { "fossick", "collect", "x", "-j", "0", NULL }, "--jobs wants a number from 1" },
		{ { "fossick", "collect", "x", "-j", "2x", NULL }, "not \"2x\"" },
		{ { "fossick", "collect", "x", "--level", "13", NULL }, "from 0 to 12" },
		{ { "fossick", "collect", "x", "--limit-size", "9Q", NULL }, "is not a size" },
		{ { "fossick", "collect", "x", "--nonsense", NULL }, "\"--nonsense\"" },
		{ { "fossick", "collect", "x", "-o", NULL }, "wants a value" },
		{ { "fossick", "ls", "x", "-o", "y", NULL }, "ls takes no option \"-o\"" },
		{ { "fossick", "hash", NULL }, "hash wants a SOURCE" },
		{ { "fossick", "ls", "x", "--all-digests", NULL }, "takes no option" },
		{ { "fossick", "verify", "x", "--self", NULL },
		  "verify takes no option \"--self\"" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fsk_options o;
		struct fsk_err err;
		assert_int_equal(parse(&o, rows[i].argv, &err), FSK_EINVAL);
		if (strstr(err.msg, rows[i].says) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", err.msg, rows[i].says);
	}
}

static void sizes(void **state)
{
	uint64_t n;

	(void) state;
	assert_int_equal(fsk_parse_size(&n, "10", NULL), 0);
	assert_int_equal(n, 10);
	assert_int_equal(fsk_parse_size(&n, "3MiB", NULL), 0);
	assert_int_equal(n, 3 << 20);
	assert_int_equal(fsk_parse_size(&n, "2t", NULL), 0);
	assert_int_equal(n, 2ull << 40);
	assert_int_equal(fsk_parse_size(&n, "", NULL), FSK_EINVAL);
	assert_int_equal(fsk_parse_size(&n, "-1", NULL), FSK_EINVAL);
	assert_int_equal(fsk_parse_size(&n, "0", NULL), FSK_EINVAL);
	assert_int_equal(fsk_parse_size(&n, "99999999999T", NULL), FSK_EINVAL);
	assert_int_equal(fsk_parse_size(&n, "1KB2", NULL), FSK_EINVAL);
}

/* ---- segments ---- */

static void assert_segment(const char *first, uint32_t n, const char *wanted)
{
	char name[64];

	if (wanted == NULL) {
		assert_false(fsk_segment_name(name, sizeof(name), first, n));
		return;
	}
	assert_true(fsk_segment_name(name, sizeof(name), first, n));
	assert_string_equal(name, wanted);
}

static void segments_of_ewf(void **state)
{
	(void) state;
	assert_segment("a/disk.E01", 0, "a/disk.E01");
	assert_segment("a/disk.E01", 1, "a/disk.E02");
	assert_segment("a/disk.E01", 98, "a/disk.E99");
	assert_segment("a/disk.E01", 99, "a/disk.EAA");
	assert_segment("a/disk.E01", 100, "a/disk.EAB");
	assert_segment("a/disk.E01", 99 + 26, "a/disk.EBA");
	assert_segment("a/disk.E01", 99 + 675, "a/disk.EZZ");
	assert_segment("a/disk.E01", 99 + 676, "a/disk.FAA");
	assert_segment("a/disk.E01", FSK_SEGMENTS_MAX - 1, "a/disk.ZZZ");
	assert_segment("a/disk.E01", FSK_SEGMENTS_MAX, NULL);
	assert_segment("x.e01", 99, "x.eaa");
	assert_segment("x.s01", 1, "x.s02");
	assert_segment("x.s01", 99 + 676 * 8, NULL);
}

static void segments_of_raw(void **state)
{
	(void) state;
	assert_segment("d.001", 1, "d.002");
	assert_segment("d.001", 998, "d.999");
	assert_segment("d.001", 999, NULL);
	assert_segment("d.000", 1, "d.001");
	assert_segment("d.0001", 1500, "d.1501");
	assert_segment("d.aa", 1, "d.ab");
	assert_segment("d.aa", 675, "d.zz");
	assert_segment("d.aa", 676, NULL);
	assert_segment("d.aaa", 26, "d.aba");
	assert_segment("D.AA", 27, "D.BB");
}

static void segments_of_others(void **state)
{
	(void) state;
	assert_int_equal(fsk_segment_scheme_of("disk.E02"), FSK_SEGMENTS_NONE);
	assert_int_equal(fsk_segment_scheme_of("disk.002"), FSK_SEGMENTS_NONE);
	assert_int_equal(fsk_segment_scheme_of("disk.raw"), FSK_SEGMENTS_NONE);
	assert_int_equal(fsk_segment_scheme_of("disk.img"), FSK_SEGMENTS_NONE);
	assert_int_equal(fsk_segment_scheme_of("disk.1"), FSK_SEGMENTS_NONE);
	assert_int_equal(fsk_segment_scheme_of("E01"), FSK_SEGMENTS_NONE);
	assert_int_equal(fsk_segment_scheme_of("dir.E01/disk"), FSK_SEGMENTS_NONE);
	assert_segment("disk.raw", 1, NULL);
}

/* ---- names of members ---- */

static void assert_member(struct fsk_locator loc, bool twin, const char *place, bool many,
                          const char *wanted)
{
	struct fsk_buf b;
	char *name;

	fsk_buf_init(&b, FSK_MEMBER_NAME_MAX);
	assert_int_equal(fsk_member_name(&b, &loc, twin, place, many, NULL), 0);
	name = fsk_buf_steal_str(&b, NULL);
	assert_string_equal(name, wanted);
	free(name);
}

static void member_names(void **state)
{
	char path[] = "Users/a b/x.exe", stream[] = "Zone.Identifier", odd[] = "a/b";

	(void) state;
	assert_member((struct fsk_locator){ .path = path }, false, "C", false,
	              "fs/C/Users/a b/x.exe");
	assert_member((struct fsk_locator){ .path = path, .source = 2 }, false, "$rootfs$", true,
	              "src2/fs/$rootfs$/Users/a b/x.exe");
	assert_member((struct fsk_locator){ .path = path, .stream = stream }, false, "vol3", false,
	              "fs/vol3/Users/a b/x.exe:Zone.Identifier");
	assert_member((struct fsk_locator){ .path = path, .stream = odd }, false, "C", false,
	              "fs/C/Users/a b/x.exe:a%2Fb");
	assert_member((struct fsk_locator){ .path = path, .deleted = true, .addr = 77 }, false, "C",
	              false, "fs/C/Users/a b/x.exe~77");
	assert_member((struct fsk_locator){ .path = path, .addr = 8 }, true, "C", false,
	              "fs/C/Users/a b/x.exe~8");
}

/* ---- log lines ---- */

struct lines {
	char text[4096];
	unsigned count;
	enum fsk_log_level last;
};

static void keep_line(enum fsk_log_level level, const char *line, void *arg)
{
	struct lines *l = arg;

	if (l->count++ < 8)
		snprintf(l->text + strlen(l->text), sizeof(l->text) - strlen(l->text), "%s|", line);
	l->last = level;
}

static void log_lines(void **state)
{
	struct fsk_logline l = { .has_levels = true };
	struct lines got = { .count = 0 };
	char longest[3 * FSK_LOG_LINE_MAX];

	(void) state;
	fsk_logline_feed(&l, "2he", 3, 0, keep_line, &got);
	fsk_logline_feed(&l, "llo\n0bad\n\n9x\n", 13, 0, keep_line, &got);
	assert_string_equal(got.text, "hello|bad|9x|");
	assert_int_equal(got.last, FSK_LOG_WARN);
	memset(longest, 'x', sizeof(longest));
	got.text[0] = '\0';
	fsk_logline_feed(&l, longest, sizeof(longest), 0, keep_line, &got);
	fsk_logline_finish(&l, 0, keep_line, &got);
	assert_int_equal(strlen(got.text), FSK_LOG_LINE_MAX + 1);
}

static void log_rate(void **state)
{
	struct fsk_logline l = { .has_levels = true };
	struct lines got = { .count = 0 };

	(void) state;
	for (unsigned i = 0; i < 3 * FSK_LOG_LINES_PER_SECOND; i++)
		fsk_logline_feed(&l, "3x\n", 3, 500, keep_line, &got);
	assert_int_equal(got.count, FSK_LOG_LINES_PER_SECOND);
	got.text[0] = '\0';
	got.count = 0;
	fsk_logline_feed(&l, "3y\n", 3, 1500, keep_line, &got);
	assert_string_equal(got.text, "400 lines of its log were dropped|y|");
}

/* ---- what the screen counts ---- */

static void tally(void **state)
{
	struct fsk_tally t;

	(void) state;
	fsk_tally_init(&t);
	fsk_tally_add(&t, FSK_SEV_LOW, FSK_CONF_HIGH, "low", "C:/z");
	fsk_tally_add(&t, FSK_SEV_HIGH, FSK_CONF_LOW, "b", NULL);
	fsk_tally_add(&t, FSK_SEV_HIGH, FSK_CONF_HIGH, "a", "C:/4");
	fsk_tally_add(&t, FSK_SEV_HIGH, FSK_CONF_HIGH, "a", "C:/2");
	fsk_tally_add(&t, FSK_SEV_HIGH, FSK_CONF_HIGH, "a", "C:/2");
	fsk_tally_add(&t, FSK_SEV_HIGH, FSK_CONF_HIGH, "a", "C:/3");
	fsk_tally_add(&t, FSK_SEV_HIGH, FSK_CONF_HIGH, "a", "C:/1");
	fsk_tally_sort(&t);
	assert_int_equal(t.total, 7);
	assert_int_equal(t.count, 3);
	assert_string_equal(t.items[0].title, "a");
	assert_int_equal(t.items[0].count, 5);
	assert_string_equal(t.items[0].places[0], "C:/1");
	assert_string_equal(t.items[0].places[1], "C:/2");
	assert_string_equal(t.items[0].places[2], "C:/3");
	assert_string_equal(t.items[1].title, "b");
	assert_string_equal(t.items[2].title, "low");
	fsk_tally_free(&t);
}

static void tally_is_bounded(void **state)
{
	struct fsk_tally t;
	char title[32];

	(void) state;
	fsk_tally_init(&t);
	for (unsigned i = 0; i < FSK_TALLY_KINDS + 5; i++) {
		snprintf(title, sizeof(title), "t%u", i);
		fsk_tally_add(&t, FSK_SEV_LOW, FSK_CONF_LOW, title, NULL);
	}
	assert_int_equal(t.count, FSK_TALLY_KINDS);
	assert_int_equal(t.dropped, 5);
	assert_int_equal(t.total, FSK_TALLY_KINDS + 5);
	fsk_tally_free(&t);
}

static void wrapped(const char *text, unsigned columns, const char *wanted)
{
	char *got = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&got, &n);

	assert_non_null(to);
	fsk_put_wrapped(to, text, 0, 2, columns);
	fclose(to);
	assert_string_equal(got, wanted);
	free(got);
}

static void long_words_go_on(void **state)
{
	(void) state;
	wrapped("one two", 20, "one two\n");
	wrapped("one two three", 8, "one two\n  three\n");
	wrapped("in C:/Users/anna/AppData x", 12, "in\n  C:/Users/\n  anna/\n  AppData x\n");
	wrapped("C:/Users/anna/AppData", 12, "C:/Users/\n  anna/\n  AppData\n");
	wrapped("a\\very\\long\\word here", 8, "a\\very\\long\\word\n  here\n");
	wrapped("", 8, "\n");
}

static void sizes_for_people(void **state)
{
	char text[24];

	(void) state;
	assert_string_equal(fsk_size_text(text, 0), "0 B");
	assert_string_equal(fsk_size_text(text, 1023), "1023 B");
	assert_string_equal(fsk_size_text(text, 1536), "1.5 KiB");
	assert_string_equal(fsk_size_text(text, 3ull << 40), "3.0 TiB");
}

/* ---- kept ---- */

static void put_kept(struct fsk_kept *k, unsigned n)
{
	char key[16], text[64];

	snprintf(key, sizeof(key), "k%03u", n);
	/* of very different weight */
	snprintf(text, sizeof(text), n % 3 == 0 ? "{\"n\":[%u,[],[],[],[]]}" : "%u", n);
	assert_int_equal(fsk_kept_add(k, key, n, text, strlen(text), NULL), 0);
}

/* The same beginning is kept, in whatever order rows come. */
static void kept_is_the_longest_beginning(void **state)
{
	enum { ROWS = 200 };
	unsigned strides[] = { 1, 199, 3, 77, 141 };
	size_t kept = 0;

	(void) state;
	for (size_t s = 0; s < sizeof(strides) / sizeof(*strides); s++) {
		struct fsk_kept k;

		fsk_kept_init(&k, 20000);
		for (unsigned i = 0; i < ROWS; i++)
			put_kept(&k, i * strides[s] % ROWS);
		fsk_kept_sort(&k);
		assert_true(k.count > 10 && k.count < ROWS && k.weight <= k.max);
		for (unsigned i = 0; i < k.count; i++)
			assert_int_equal(k.rows[i].tag, i);
		if (s == 0)
			kept = k.count;
		assert_int_equal(k.count, kept);
		assert_int_equal(strtoul(k.cut + 1, NULL, 10), kept);
		fsk_kept_free(&k);
	}
}

static void kept_holds_all_that_fits(void **state)
{
	struct fsk_kept k;

	(void) state;
	fsk_kept_init(&k, 1 << 20);
	for (unsigned i = 100; i-- > 0;)
		put_kept(&k, i);
	fsk_kept_sort(&k);
	assert_int_equal(k.count, 100);
	assert_null(k.cut);
	assert_string_equal(k.rows[1].text, "1");
	fsk_kept_free(&k);
	fsk_kept_init(&k, 10);
	put_kept(&k, 1);
	assert_int_equal(k.count, 0);
	assert_string_equal(k.cut, "k001");
	fsk_kept_free(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_of_collect),
		cmocka_unit_test(options_defaults),
		cmocka_unit_test(options_refused),
		cmocka_unit_test(sizes),
		cmocka_unit_test(segments_of_ewf),
		cmocka_unit_test(segments_of_raw),
		cmocka_unit_test(segments_of_others),
		cmocka_unit_test(member_names),
		cmocka_unit_test(log_lines),
		cmocka_unit_test(log_rate),
		cmocka_unit_test(tally),
		cmocka_unit_test(tally_is_bounded),
		cmocka_unit_test(sizes_for_people),
		cmocka_unit_test(long_words_go_on),
		cmocka_unit_test(kept_is_the_longest_beginning),
		cmocka_unit_test(kept_holds_all_that_fits),
	};

	return cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
}
