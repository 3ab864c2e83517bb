#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/base/glob.h"

struct row {
	const char *pattern, *path;
	bool fold, match;
};

static const struct row rows[] = {
	{ "Users/*/NTUSER.DAT", "Users/alice/NTUSER.DAT", false, true },
	{ "Users/*/NTUSER.DAT", "users/ALICE/ntuser.dat", true, true },
	{ "Users/*/NTUSER.DAT", "users/alice/ntuser.dat", false, false },
	{ "Users/*/NTUSER.DAT", "Users/a/b/NTUSER.DAT", false, false },
	{ "/Users/*", "Users/alice", false, true },
	{ "**/ffmpeg.dll", "ffmpeg.dll", false, true },
	{ "**/ffmpeg.dll", "a/b/c/ffmpeg.dll", false, true },
	{ "**/ffmpeg.dll", "a/ffmpeg.dll.bak", false, false },
	{ "a/**/b", "a/b", false, true },
	{ "a/**/b", "a/x/y/b", false, true },
	{ "a/**/b", "a/x/y/bb", false, false },
	{ "a/**", "a", false, false },
	{ "a/**", "a/x", false, true },
	{ "a/**", "a/x/y", false, true },
	{ "**", "x", false, true },
	{ "a?c", "abc", false, true },
	{ "a?c", "a/c", false, false },
	{ "a?c",
	  "a\xc3\xa4"
	  "c",
	  false, true },
	{ "[a-c]x", "bx", false, true },
	{ "[a-c]x", "BX", true, true },
	{ "[a-c]x", "dx", true, false },
	{ "[!a-c]x", "dx", false, true },
	{ "[!a-c]x", "ax", false, false },
	{ "[]x]", "]", false, true },
	{ "{a,b}/c", "b/c", false, true },
	{ "{a,b/{c,d}}/e", "b/d/e", false, true },
	{ "{a,b/{c,d}}/e", "b/e", false, false },
	{ "Program Files{, (x86)}/3CX*/**", "Program Files (x86)/3CXDesktopApp/app/x", false,
	  true },
	{ "Program Files{, (x86)}/3CX*/**", "Program Files/3CXDesktopApp/app", false, true },
	{ "a\\*b", "a*b", false, true },
	{ "a\\*b", "axb", false, false },
	{ "\\{x\\}", "{x}", false, true },
	{ "*.msi:Zone.Identifier", "x.msi:Zone.Identifier", false, true },
	{ "*.msi:zone.*", "x.msi:Zone.Identifier", true, true },
	{ "*.msi", "x.msi:Zone.Identifier", false, false },
	{ "*.msi:*", "x.msi", false, false },
	{ "*a*b*c*", "xxaxxbxxcxx", false, true },
	{ "*a*b*c*", "xxaxxcxxbxx", false, false },
	{ "\xc3\x84*", "\xc3\xa4x", true, true },
};

static void paths_match_as_documented(void **state)
{
	(void) state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fsk_globset set = { 0 };
		struct fsk_err err;

		assert_int_equal(fsk_globset_add(&set, rows[i].pattern, &err), 0);
		if (fsk_globset_match(&set, rows[i].path, rows[i].fold) != rows[i].match)
			fail_msg("pattern \"%s\", path \"%s\": wanted %d", rows[i].pattern,
			         rows[i].path, rows[i].match);
		fsk_globset_free(&set);
	}
}

static void only_useful_folders_are_entered(void **state)
{
	struct fsk_globset set = { 0 };

	(void) state;
	assert_int_equal(fsk_globset_add(&set, "Users/*/AppData/**", NULL), 0);
	assert_int_equal(fsk_globset_add(&set, "Windows/{System32,SysWOW64}/x", NULL), 0);
	assert_int_equal(set.count, 3);
	assert_true(fsk_globset_may_descend(&set, "", false));
	assert_true(fsk_globset_may_descend(&set, "Users", false));
	assert_true(fsk_globset_may_descend(&set, "users/bob", true));
	assert_false(fsk_globset_may_descend(&set, "users/bob", false));
	assert_false(fsk_globset_may_descend(&set, "Users/bob/Desktop", true));
	assert_true(fsk_globset_may_descend(&set, "Users/bob/AppData/a/b/c", true));
	assert_true(fsk_globset_may_descend(&set, "Windows/SysWOW64", true));
	assert_false(fsk_globset_may_descend(&set, "Windows/SysWOW64/x", true));
	assert_false(fsk_globset_may_descend(&set, "Program Files", true));
	fsk_globset_free(&set);
}

static void components_tell_literals(void **state)
{
	struct fsk_globset set = { 0 };
	struct fsk_glob_part part;

	(void) state;
	assert_int_equal(fsk_globset_add(&set, "a\\[b/**/c*/d:s", NULL), 0);
	assert_true(fsk_glob_component(set.globs[0], 0, &part));
	assert_string_equal(part.literal, "a[b");
	assert_true(fsk_glob_component(set.globs[0], 1, &part));
	assert_true(part.any_depth);
	assert_true(fsk_glob_component(set.globs[0], 2, &part));
	assert_null(part.literal);
	assert_null(part.stream);
	assert_true(fsk_glob_component(set.globs[0], 3, &part));
	assert_string_equal(part.literal, "d");
	assert_string_equal(part.stream, "s");
	assert_false(fsk_glob_component(set.globs[0], 4, &part));
	assert_true(fsk_glob_component_match(set.globs[0], 2, "Cat", true));
	assert_true(fsk_glob_stream_match(set.globs[0], "S", true));
	fsk_globset_free(&set);
}

static void bad_patterns_are_refused(void **state)
{
	struct fsk_globset set = { 0 };
	struct fsk_err err;
	char bomb[200] = "";

	(void) state;
	assert_int_equal(fsk_globset_add(&set, "", &err), FSK_EINVAL);
	assert_int_equal(fsk_globset_add(&set, "a/[b", &err), FSK_EINVAL);
	assert_non_null(strstr(err.msg, "a/[b"));
	assert_int_equal(fsk_globset_add(&set, "a/{b", &err), FSK_EINVAL);
	assert_int_equal(set.count, 0);
	for (int i = 0; i < 20; i++)
		strcat(bomb, "{a,b}");
	assert_int_equal(fsk_globset_add(&set, bomb, &err), FSK_ELIMIT);
	assert_int_equal(set.count, 0);
	fsk_globset_free(&set);
}

static void stars_do_not_explode(void **state)
{
	struct fsk_globset set = { 0 };
	char name[3000];

	(void) state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(fsk_globset_add(&set, "*a*a*a*a*a*a*a*a*a*a*a*a*b", NULL), 0);
	assert_false(fsk_globset_match(&set, name, true));
	fsk_globset_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_match_as_documented),
		cmocka_unit_test(only_useful_folders_are_entered),
		cmocka_unit_test(components_tell_literals),
		cmocka_unit_test(bad_patterns_are_refused),
		cmocka_unit_test(stars_do_not_explode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
