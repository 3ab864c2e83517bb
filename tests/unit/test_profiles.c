/* Profile folders: values of ProfileList, whose a path is, globs with %profile%. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/profiles.h"
#include "core/worker/profiles.h"

#define ANN "S-1-5-21-1-2-3-1001"
#define BOB "S-1-5-21-1-2-3-1002"

static void parses(const char *text, const char *expect)
{
	char path[FSK_PROFILE_PATH_MAX], letter, got[FSK_PROFILE_PATH_MAX + 8];

	if (fsk_profile_parse(&letter, path, text, "Windows"))
		snprintf(got, sizeof(got), "%c:%s", letter ? letter : '-', path);
	else
		snprintf(got, sizeof(got), "no");
	assert_string_equal(got, expect);
}

static void paths_of_profiles(void **state)
{
	(void) state;
	parses("C:\\Users\\ann", "C:Users/ann");
	parses("d:/Profiles//ann\\", "D:Profiles/ann");
	parses("%SystemDrive%\\Users\\ann b", "-:Users/ann b");
	parses("%systemroot%\\system32\\config\\systemprofile",
	       "-:Windows/system32/config/systemprofile");
	parses("%WINDIR%\\ServiceProfiles\\LocalService", "-:Windows/ServiceProfiles/LocalService");
	parses("\\??\\C:\\Users\\ann", "C:Users/ann");
	parses("\\\\?\\C:\\Users\\ann", "C:Users/ann");
	parses("C:\\Users\\J\xc3\xbcrgen", "C:Users/J\xc3\xbcrgen");
}

static void paths_that_are_none(void **state)
{
	static const char *const odd[] = {
		"",
		"C:",
		"C:\\",
		"C:Users\\ann",
		"\\Users\\ann",
		"Users",
		"C:\\..\\x",
		"C:\\a\\..\\b",
		"C:\\.\\b",
		"\\\\server\\share\\ann",
		"C:\\a:b",
		"C:\\a*",
		"C:\\a?",
		"C:\\a\x01",
		"%TEMP%\\ann",
		"C:\\%x%\\",
		"%SystemDrive%",
		"%SystemRoot%",
		"%SystemRoot%\\",
		"\\??\\",
	};
	char many[400] = "C:", longer[2000] = "C:\\";

	(void) state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		parses(odd[i], "no");
	for (int i = 0; i < 100; i++)
		strcat(many, "\\x");
	parses(many, "no");
	memset(longer + 3, 'x', 1500);
	parses(longer, "no");
}

static void sids(void **state)
{
	size_t n;
	char long_one[300];

	(void) state;
	assert_true(fsk_profile_sid(&n, ANN));
	assert_int_equal(n, strlen(ANN));
	assert_true(fsk_profile_sid(&n, ANN ".bak"));
	assert_int_equal(n, strlen(ANN));
	assert_true(fsk_profile_sid(&n, "S-1-5-18"));
	for (const char *const *p =
	         (const char *const[]){ "", "S-1-", "S-2-5", "x", "S-1-5-", "s-1-5", "S-1-5-18x",
	                                "S-1-5.bak.bak", NULL };
	     *p; p++)
		assert_false(fsk_profile_sid(&n, *p));
	memset(long_one, '1', sizeof(long_one) - 1);
	memcpy(long_one, "S-1-", 4);
	long_one[sizeof(long_one) - 1] = '\0';
	assert_false(fsk_profile_sid(&n, long_one));
}

static void fill(struct fsk_profiles *p)
{
	memset(p, 0, sizeof(*p));
	assert_int_equal(fsk_profiles_add(p, "Users/ann", ANN, NULL), 0);
	assert_int_equal(fsk_profiles_add(p, "Profiles/Bob", BOB, NULL), 0);
	assert_int_equal(fsk_profiles_add(p, "cat", NULL, NULL), 0);
	assert_int_equal(
	    fsk_profiles_add(p, "Windows/system32/config/systemprofile", "S-1-5-18", NULL), 0);
	assert_int_equal(fsk_profiles_add_place(p, "Profiles/Bob", NULL), 0);
	assert_int_equal(fsk_profiles_add_place(p, "PROFILES/eve", NULL), 0);
	assert_int_equal(fsk_profiles_add_place(p, "cat", NULL), 0);
	fsk_profiles_settle(p);
	assert_int_equal(p->nplaces, 2);
}

static void is_of(const struct fsk_profiles *p, const char *path, const char *expect)
{
	struct fsk_profile_of of;
	char got[400];

	fsk_profiles_find(&of, p, path);
	snprintf(got, sizeof(got), "%.*s %.*s %s", (int) of.folder, path, (int) of.name_len,
	         path + of.name, of.sid ? of.sid : "-");
	assert_string_equal(got, expect);
}

static void whose_a_path_is(void **state)
{
	struct fsk_profiles p;

	(void) state;
	fill(&p);
	is_of(&p, "Users/ann/NTUSER.DAT", "Users/ann ann " ANN);
	is_of(&p, "USERS/ANN/a/b/c", "USERS/ANN ANN " ANN);
	is_of(&p, "Users/eve/x", "Users/eve eve -");
	is_of(&p, "Users/ann", "  -");
	is_of(&p, "Users/desktop.ini", "  -");
	is_of(&p, "profiles/bob/x", "profiles/bob bob " BOB);
	is_of(&p, "Profiles/eve/x", "Profiles/eve eve -");
	is_of(&p, "Profiles/x", "  -");
	is_of(&p, "cat/x", "cat cat -");
	is_of(&p, "dog/x", "  -");
	is_of(&p, "catx/x", "  -");
	is_of(&p, "Windows/System32/config/systemprofile/x",
	      "Windows/System32/config/systemprofile systemprofile S-1-5-18");
	is_of(&p, "Windows/ServiceProfiles/LocalService/x",
	      "Windows/ServiceProfiles/LocalService LocalService -");
	is_of(&p, "Windows.old/Users/ann/x", "Windows.old/Users/ann ann -");
	is_of(&p, "windows.old.000/Documents and Settings/ann/x",
	      "windows.old.000/Documents and Settings/ann ann -");
	is_of(&p, "$WINDOWS.~Q/DATA/Users/ann/x", "$WINDOWS.~Q/DATA/Users/ann ann -");
	is_of(&p, "Windows.old/Profiles/Bob/x", "  -");
	assert_true(fsk_profile_is_former("Windows.old.000/Users/ann"));
	assert_false(fsk_profile_is_former("Windows.old"));
	assert_false(fsk_profile_is_former("Users/ann"));
	is_of(&p, "home/ann/x", "home/ann ann -");
	is_of(&p, "", "  -");
	fsk_profiles_free(&p);
	is_of(NULL, "Users/ann/x", "Users/ann ann -");
	is_of(NULL, "Profiles/Bob/x", "  -");
}

/* The innermost folder counts, and a folder that two claim is nobody's. */
static void doubles(void **state)
{
	struct fsk_profiles p = { 0 };

	(void) state;
	assert_int_equal(fsk_profiles_add(&p, "Users", BOB, NULL), 0);
	assert_int_equal(fsk_profiles_add(&p, "Users/ann", ANN, NULL), 0);
	assert_int_equal(fsk_profiles_add(&p, "users/ANN", ANN, NULL), 0);
	assert_int_equal(fsk_profiles_add(&p, "Users/cat", ANN, NULL), 0);
	assert_int_equal(fsk_profiles_add(&p, "Users/CAT", BOB, NULL), 0);
	assert_int_equal(fsk_profiles_add(&p, "Users/ann/inner", BOB, NULL), 0);
	fsk_profiles_settle(&p);
	assert_int_equal(p.count, 4);
	is_of(&p, "Users/ann/x", "Users/ann ann " ANN);
	is_of(&p, "Users/cat/x", "Users/cat cat -");
	is_of(&p, "Users/eve/x", "Users/eve eve -");
	is_of(&p, "Users/ann/inner/x", "Users/ann/inner inner " BOB);
	fsk_profiles_free(&p);
}

static bool matches(const struct fsk_profiles *p, const char *pattern, const char *path)
{
	struct fsk_globset set = { 0 };
	bool hit;

	assert_int_equal(fsk_profiles_glob(&set, p, pattern, NULL), 0);
	hit = fsk_globset_match(&set, path, true);
	fsk_globset_free(&set);
	return hit;
}

static void globs(void **state)
{
	struct fsk_globset set = { 0 };
	struct fsk_profiles p;

	(void) state;
	fill(&p);
	assert_true(matches(&p, "%profile%/NTUSER.DAT", "Users/ann/NTUSER.DAT"));
	assert_true(matches(&p, "%profile%/NTUSER.DAT", "Profiles/eve/ntuser.dat"));
	assert_true(matches(&p, "%profile%/NTUSER.DAT", "cat/NTUSER.DAT"));
	assert_false(matches(&p, "%profile%/NTUSER.DAT", "dog/NTUSER.DAT"));
	assert_true(matches(&p, "{%profile%/a,b}/x", "cat/a/x"));
	assert_true(matches(&p, "{b,%profile%/a}/x", "b/x"));
	assert_true(matches(&p, "/%profile%/x", "Users/ann/x"));
	assert_true(matches(NULL, "%profile%/x", "Documents and Settings/ann/x"));
	assert_true(matches(NULL, "%profile%/x", "Windows/System32/config/systemprofile/x"));
	assert_false(matches(NULL, "%profile%/x", "Profiles/Bob/x"));
	assert_true(matches(&p, "[%]profile%/x", "%profile%/x"));
	for (const char *const *bad =
	         (const char *const[]){ "a%profile%/x", "a/%profile%/x", "%profile%",
	                                "%profile%x/y", "%profile%/%profile%/x", NULL };
	     *bad; bad++)
		assert_int_equal(fsk_profiles_glob(&set, &p, *bad, NULL), FSK_EINVAL);
	assert_int_equal(set.count, 0);
	fsk_globset_free(&set);
	fsk_profiles_free(&p);
}

/* Names that are patterns match only themselves. */
static void odd_places(void **state)
{
	struct fsk_profiles p = { 0 };
	char text[FSK_PROFILE_PLACE_LEN + 40];

	(void) state;
	assert_int_equal(fsk_profiles_add_place(&p, "a[b]{c,d}/ann", NULL), 0);
	assert_true(matches(&p, "%profile%/x", "a[b]{c,d}/eve/x"));
	assert_false(matches(&p, "%profile%/x", "abc/eve/x"));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(fsk_profiles_add_place(&p, text, NULL), FSK_ELIMIT);
	text[20] = '/';
	for (char c = 'a'; p.nplaces < FSK_PROFILE_PLACES_MAX; c++) {
		text[0] = c;
		assert_int_equal(fsk_profiles_add_place(&p, text, NULL), 0);
	}
	text[0] = 'z';
	assert_int_equal(fsk_profiles_add_place(&p, text, NULL), FSK_ELIMIT);
	assert_true(matches(&p, "%profile%/x", "a[b]{c,d}/eve/x"));
	fsk_profiles_free(&p);
}

/* What fits without places fits with all of them, as long as they may be. */
static void places_fit(void **state)
{
	struct fsk_globset set = { 0 };
	struct fsk_profiles p = { 0 };
	char place[FSK_PROFILE_PLACE_LEN + 2], pattern[1201];

	(void) state;
	for (char c = 'a'; p.nplaces < FSK_PROFILE_PLACES_MAX; c++) {
		memset(place, c, FSK_PROFILE_PLACE_LEN - 2);
		memcpy(place + FSK_PROFILE_PLACE_LEN - 2, "/y", 3);
		assert_int_equal(fsk_profiles_add_place(&p, place, NULL), 0);
	}
	memset(pattern, 'x', sizeof(pattern) - 1);
	memcpy(pattern, "%profile%/", 10);
	pattern[sizeof(pattern) - 1] = '\0';
	assert_int_equal(fsk_profiles_glob(&set, &p, pattern, NULL), 0);
	fsk_globset_free(&set);
	fsk_profiles_free(&p);
}

static void survives_json(void **state)
{
	struct fsk_profiles p, q;
	json_t *j;

	(void) state;
	fill(&p);
	j = fsk_profiles_to_json(&p);
	assert_int_equal(fsk_profiles_from_json(&q, j, NULL), 0);
	is_of(&q, "profiles/bob/x", "profiles/bob bob " BOB);
	is_of(&q, "Profiles/eve/x", "Profiles/eve eve -");
	assert_int_equal(q.count, p.count);
	json_decref(j);
	fsk_profiles_free(&p);
	fsk_profiles_free(&q);
	assert_int_equal(fsk_profiles_from_json(&q, NULL, NULL), 0);
	assert_int_equal(q.count, 0);
}

static void refuses_json(void **state)
{
	static const char *const bad[] = {
		"[]",
		"{}",
		"{\"folders\":[]}",
		"{\"folders\":[1],\"places\":[]}",
		"{\"folders\":[[\"a\"]],\"places\":[]}",
		"{\"folders\":[[\"a\",1]],\"places\":[]}",
		"{\"folders\":[],\"places\":[1]}",
		"{\"folders\":[],\"places\":[\"\"]}",
		"{\"folders\":[],\"places\":[\"{a,b}\"]}",
		"{\"folders\":[],\"places\":[\"a[\"]}",
		"{\"folders\":[],\"places\":[\"%profile%/a\"]}",
	};
	struct fsk_profiles p;

	(void) state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *j = json_loads(bad[i], 0, NULL);

		assert_non_null(j);
		assert_int_equal(fsk_profiles_from_json(&p, j, NULL), FSK_EPROTO);
		fsk_profiles_free(&p);
		json_decref(j);
	}
}

static void counts_are_bounded(void **state)
{
	struct fsk_profiles p = { 0 };
	char path[40];
	int rc = 0;

	(void) state;
	for (unsigned i = 0; rc == 0; i++) {
		snprintf(path, sizeof(path), "p%u", i);
		rc = fsk_profiles_add(&p, path, NULL, NULL);
	}
	assert_int_equal(rc, FSK_ELIMIT);
	assert_int_equal(p.count, FSK_PROFILES_MAX);
	fsk_profiles_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_of_profiles),
		cmocka_unit_test(paths_that_are_none),
		cmocka_unit_test(sids),
		cmocka_unit_test(whose_a_path_is),
		cmocka_unit_test(doubles),
		cmocka_unit_test(globs),
		cmocka_unit_test(odd_places),
		cmocka_unit_test(places_fit),
		cmocka_unit_test(survives_json),
		cmocka_unit_test(refuses_json),
		cmocka_unit_test(counts_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
