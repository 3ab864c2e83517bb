/* Walks and lookups over a tree in memory, with every folder read counted. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "core/evidence/fs_impl.h"
#include "tests/unit/memory_source.h"

struct node {
	const char *path;
	const char *streams; /* names, separated by ' ' */
	const char *alias;
	bool dir, deleted;
	uint64_t addr;
};

static const struct node tree[] = {
	{ "Users", NULL, NULL, true, false, 10 },
	{ "Users/Alice", NULL, NULL, true, false, 11 },
	{ "Users/Alice/NTUSER.DAT", NULL, NULL, false, false, 12 },
	{ "Users/Alice/notes.txt", "Zone.Identifier secret", NULL, false, false, 13 },
	{ "Users/Alice/gone.txt", NULL, NULL, false, true, 14 },
	{ "Users/Alice/Downloads", NULL, "DOWNLO~1", true, false, 15 },
	{ "Users/Alice/Downloads/setup.EXE", "Zone.Identifier", NULL, false, false, 16 },
	{ "Users/b\xc3\xb6"
	  "b",
	  NULL, NULL, true, false, 17 },
	{ "Users/b\xc3\xb6"
	  "b/ntuser.dat",
	  NULL, NULL, false, false, 18 },
	{ "Users/Public", NULL, NULL, false, false, 19 },
	{ "Windows", NULL, NULL, true, false, 20 },
	{ "Windows/System32", NULL, NULL, true, false, 21 },
	{ "Windows/System32/config", NULL, NULL, true, false, 22 },
	{ "Windows/System32/config/SAM", NULL, NULL, false, false, 23 },
	{ "Windows/System32/config/SYSTEM", NULL, NULL, false, false, 24 },
	{ "Windows/broken", NULL, NULL, true, false, 25 },
	{ "loop", NULL, NULL, true, false, 30 },
	{ "loop/back", NULL, NULL, true, false, 30 },
	{ "loop/again", NULL, NULL, true, false, 10 },
};
#define NODES (sizeof(tree) / sizeof(tree[0]))

struct fixture {
	struct fsk_fs *fs;
	struct anomaly_text notes;
	char read[1024]; /* folders that were listed, each in <> */
};

static int list(struct fsk_fs *fs, struct fsk_listing *out, const struct fsk_name *dir,
                const char *path, bool deleted, struct fsk_err *err)
{
	struct fixture *f = fs->impl;
	size_t n = strlen(path), end = strlen(f->read);

	(void) dir;
	snprintf(f->read + end, sizeof(f->read) - end, "<%s>", path);
	if (strcmp(path, "Windows/broken") == 0)
		return fsk_err_set(err, FSK_ECORRUPT, "broken by request");
	for (size_t i = 0; i < NODES; i++) {
		const char *name = tree[i].path + (n > 0 ? n + 1 : 0);
		struct fsk_name add = { 0 };

		if ((n > 0 && (strncmp(tree[i].path, path, n) != 0 || tree[i].path[n] != '/')) ||
		    strlen(tree[i].path) <= n || strchr(name, '/') != NULL ||
		    (tree[i].deleted && !deleted))
			continue;
		add.name = strdup(name);
		add.alias = tree[i].alias != NULL ? strdup(tree[i].alias) : NULL;
		add.addr = tree[i].addr;
		add.deleted = tree[i].deleted;
		add.type = tree[i].dir ? FSK_ENTRY_DIR : FSK_ENTRY_FILE;
		if (fsk_listing_add(out, &add, err) < 0)
			return err->code;
	}
	return 0;
}

static int describe(struct fsk_fs *fs, struct fsk_entry *e, const struct fsk_name *n,
                    struct fsk_err *err)
{
	(void) fs;
	(void) err;
	e->type = n->type;
	e->size = n->addr;
	return 0;
}

static int streams(struct fsk_fs *fs, char ***out, size_t *count, const struct fsk_locator *loc,
                   struct fsk_err *err)
{
	(void) fs;
	(void) err;
	*out = NULL;
	*count = 0;
	for (size_t i = 0; i < NODES; i++) {
		if (tree[i].addr != loc->addr || tree[i].streams == NULL)
			continue;
		char *copy = strdup(tree[i].streams), *save = NULL;

		*out = calloc(4, sizeof(char *));
		for (char *s = strtok_r(copy, " ", &save); s != NULL;
		     s = strtok_r(NULL, " ", &save))
			(*out)[(*count)++] = strdup(s);
		free(copy);
	}
	return 0;
}

static void close_fs(struct fsk_fs *fs)
{
	(void) fs;
}

static const struct fsk_fs_ops ops = {
	.list = list, .describe = describe, .streams = streams, .close = close_fs
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_int_equal(fsk_fs_alloc(&f->fs, &ops, "tree", NULL), 0);
	f->fs->impl = f;
	f->fs->root.addr = 1;
	f->fs->folds = true;
	f->fs->sink.report = anomaly_note;
	f->fs->sink.arg = &f->notes;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	fsk_fs_close(f->fs);
	free(f);
	return 0;
}

/* Paths that match, one a line, with ':' before streams and '!' behind what
 * is deleted. */
static const char *glob(struct fixture *f, unsigned flags, const char *a, const char *b)
{
	static char text[4096];
	struct fsk_globset set = { 0 };
	struct fsk_entries l;
	size_t n = 0;

	f->read[0] = text[0] = '\0';
	assert_int_equal(fsk_globset_add(&set, a, NULL), 0);
	if (b != NULL)
		assert_int_equal(fsk_globset_add(&set, b, NULL), 0);
	assert_int_equal(fsk_fs_glob(&l, f->fs, &set, flags, NULL), 0);
	for (size_t i = 0; i < l.count; i++) {
		const struct fsk_locator *loc = &l.items[i].loc;

		n += (size_t) snprintf(text + n, sizeof(text) - n, "%s%s%s%s\n", loc->path,
		                       loc->stream != NULL ? ":" : "",
		                       loc->stream != NULL ? loc->stream : "",
		                       loc->deleted ? "!" : "");
	}
	fsk_entries_free(&l);
	fsk_globset_free(&set);
	return text;
}

static void test_only_folders_that_can_match_are_read(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(glob(f, 0, "users/*/ntuser.dat", NULL),
	                    "Users/Alice/NTUSER.DAT\nUsers/b\xc3\xb6"
	                    "b/ntuser.dat\n");
	assert_string_equal(f->read, "<><Users><Users/Alice><Users/b\xc3\xb6"
	                             "b>");
	assert_string_equal(f->notes.text, "");
}

static void test_each_folder_is_read_once(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(
	    glob(f, 0, "Windows/System32/config/{SAM,SYSTEM}", "windows/system32/**/S*"),
	    "Windows/System32/config/SAM\nWindows/System32/config/SYSTEM\n");
	assert_string_equal(f->read, "<><Windows><Windows/System32><Windows/System32/config>");
	/* and a second walk reads nothing again */
	glob(f, 0, "Windows/System32/*", NULL);
	assert_string_equal(f->read, "");
}

static void test_case_is_kept_or_folded(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(glob(f, 0,
	                         "USERS/B\xc3\x96"
	                         "B",
	                         NULL),
	                    "Users/b\xc3\xb6"
	                    "b\n");
	f->fs->folds = false;
	assert_string_equal(glob(f, 0, "USERS/*", NULL), "");
	assert_string_equal(glob(f, 0, "Users/[A-Z]*", NULL), "Users/Alice\nUsers/Public\n");
}

static void test_any_depth(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(glob(f, 0, "Users/**/*.exe", NULL),
	                    "Users/Alice/Downloads/setup.EXE\n");
	assert_string_equal(glob(f, 0, "**/config", NULL), "Windows/System32/config\n");
	assert_string_equal(glob(f, 0, "Windows/System32/**", NULL),
	                    "Windows/System32/config\nWindows/System32/config/SAM\n"
	                    "Windows/System32/config/SYSTEM\n");
	assert_string_equal(glob(f, 0, "**/**/SAM", "**/SAM"), "Windows/System32/config/SAM\n");
}

static void test_streams_only_where_named(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(glob(f, 0, "Users/**/*:Zone.Identifier", NULL),
	                    "Users/Alice/Downloads/setup.EXE:Zone.Identifier\n"
	                    "Users/Alice/notes.txt:Zone.Identifier\n");
	assert_string_equal(glob(f, 0, "Users/Alice/notes.txt", "Users/Alice/n*:*"),
	                    "Users/Alice/notes.txt\nUsers/Alice/notes.txt:Zone.Identifier\n"
	                    "Users/Alice/notes.txt:secret\n");
}

static void test_deleted_only_on_request(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(glob(f, 0, "Users/Alice/g*", NULL), "");
	assert_string_equal(glob(f, FSK_GLOB_DELETED, "Users/Alice/g*", NULL),
	                    "Users/Alice/gone.txt!\n");
}

static void test_loops_end(void **state)
{
	struct fixture *f = *state;

	/* "back" is the folder it is in; "again" is Users, seen here first */
	assert_string_equal(glob(f, 0, "loop/**", NULL), "loop/again\nloop/back\n");
	assert_string_equal(f->read, "<><loop><loop/again>");
	assert_non_null(strstr(f->notes.text, "second place in the tree"));
}

static void test_unreadable_folder_is_an_anomaly(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(glob(f, 0, "Windows/*/*", NULL), "Windows/System32/config\n");
	assert_string_equal(f->notes.text, "broken by request\n");
}

/* The walk finds exactly what the matcher says of each path. */
static void test_walk_agrees_with_matcher(void **state)
{
	static const char *const patterns[] = {
		"**",
		"*",
		"*/*",
		"**/*",
		"**/*.*",
		"Users/**/D*/**",
		"**/Alice/**",
		"*/S*/**/S*",
		"{Users,Windows}/**/{a,s}*",
		"**/*s*/*",
		"[!U]*/**",
		"Users/Alice",
		"W*/**/config/S?M",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct fsk_globset set = { 0 };
		size_t n = 0;

		assert_int_equal(fsk_globset_add(&set, patterns[i], NULL), 0);
		for (size_t k = 0; k < NODES; k++)
			if (!tree[k].deleted && fsk_globset_match(&set, tree[k].path, true))
				n += strlen(tree[k].path) + 1;
		const char *got = glob(f, 0, patterns[i], NULL);

		for (size_t k = 0; k < NODES; k++) {
			char line[200];

			snprintf(line, sizeof(line), "%s\n", tree[k].path);
			if (!tree[k].deleted && fsk_globset_match(&set, tree[k].path, true))
				assert_non_null(strstr(got, line));
		}
		assert_int_equal(strlen(got), n);
		fsk_globset_free(&set);
	}
}

/* Who asked is told with each entry; what only others want is not kept, but counts. */
static void test_entries_say_who_asked(void **state)
{
	static const char *const patterns[] = { "**/ntuser.dat", "Users/**", "**/SAM" };
	struct fixture *f = *state;
	struct fsk_globset sets[3] = { 0 };
	struct fsk_matches found;
	struct fsk_matcher *m;
	const uint32_t *wants;
	uint64_t entries;
	size_t n;

	assert_int_equal(fsk_matcher_new(&m, true, NULL), 0);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(fsk_globset_add(&sets[i], patterns[i], NULL), 0);
		assert_int_equal(fsk_matcher_add(m, &sets[i], i, NULL), 0);
	}
	assert_int_equal(fsk_fs_match(&found, f->fs, m, UINT32_MAX, 0, NULL), 0);
	entries = fsk_fs_last_plan(f->fs)->entries;
	assert_int_equal(found.entries.count, entries);
	assert_string_equal(found.entries.items[found.entries.count - 1].loc.path,
	                    "Windows/System32/config/SAM");
	wants = fsk_matches_wants(&found, found.entries.count - 1, &n);
	assert_true(n == 1 && wants[0] == 2);
	fsk_matches_free(&found);
	assert_int_equal(fsk_fs_match(&found, f->fs, m, 1, 0, NULL), 0);
	assert_int_equal(fsk_fs_last_plan(f->fs)->entries, entries);
	assert_int_equal(found.entries.count, 2);
	for (size_t i = 0; i < 2; i++) {
		wants = fsk_matches_wants(&found, i, &n);
		assert_true(n == 2 && wants[0] == 0 && wants[1] == 1);
	}
	fsk_matches_free(&found);
	fsk_matcher_free(m);
	for (unsigned i = 0; i < 3; i++)
		fsk_globset_free(&sets[i]);
}

static void test_lookup(void **state)
{
	struct fixture *f = *state;
	struct fsk_entry e;
	struct fsk_err err;

	assert_int_equal(fsk_fs_lookup(&e, f->fs, "users/ALICE/downlo~1/SETUP.exe", NULL), 0);
	assert_string_equal(e.loc.path, "Users/Alice/Downloads/setup.EXE");
	assert_int_equal(e.loc.addr, 16);
	assert_null(e.loc.stream);
	fsk_entry_free(&e);
	assert_int_equal(fsk_fs_lookup(&e, f->fs, "Users/Alice/notes.txt:zone.identifier", NULL),
	                 0);
	assert_string_equal(e.loc.stream, "Zone.Identifier");
	fsk_entry_free(&e);
	assert_int_equal(fsk_fs_lookup(&e, f->fs, "Users/Alice/notes.txt:none", &err),
	                 FSK_ENOTFOUND);
	assert_int_equal(fsk_fs_lookup(&e, f->fs, "Users/Alice/gone.txt", &err), FSK_ENOTFOUND);
	assert_non_null(strstr(err.msg, "gone.txt"));
	assert_int_equal(fsk_fs_lookup(&e, f->fs, "Users/Public/x", &err), FSK_ENOTFOUND);
	assert_int_equal(fsk_fs_lookup(&e, f->fs, "", NULL), 0);
	assert_int_equal(e.type, FSK_ENTRY_DIR);
	fsk_entry_free(&e);
	assert_int_equal(fsk_fs_lookup(&e, f->fs, "/Users//Alice/", NULL), 0);
	assert_string_equal(e.loc.path, "Users/Alice");
	fsk_entry_free(&e);
}

/* Each name of a large folder, found through its table and one by one. */
static void test_names_of_a_large_folder(void **state)
{
	static const struct {
		const char *want, *name;
	} all[] = {
		{ "Name 7", "Name 7" },
		{ "nAME 7", "Name 7" },
		{ "README", "README" }, /* as it is spelt, before any other case */
		{ "readme", "readme" },
		{ "ReadMe", "README" }, /* the first in order */
		{ "NAME~1", "name~1" }, /* a long name before one of 8.3 */
		{ "Name~29", "Name 29" },
		{ "b\xc3\x96"
		  "B",
		  "b\xc3\xb6"
		  "b" },
		{ "gone", NULL },
		{ "Name 700", NULL },
	};
	struct fsk_listing l = { .refs = 1 };

	(void) state;
	for (unsigned i = 0; i < 306; i++) {
		static const char *const other[] = { "README",
			                             "b\xc3\xb6"
			                             "b",
			                             "gone",
			                             "name~1",
			                             "readme",
			                             "x" };
		struct fsk_name n = { .addr = i, .deleted = i == 302 };
		char name[32], alias[32];

		snprintf(name, sizeof(name), "Name %u", i);
		snprintf(alias, sizeof(alias), "NAME~%u", i);
		n.name = strdup(i < 300 ? name : other[i - 300]);
		n.alias = i < 300 ? strdup(alias) : NULL;
		assert_int_equal(fsk_listing_add(&l, &n, NULL), 0);
	}
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (unsigned round = 0; round < 2; round++) {
			const struct fsk_name *n = fsk_listing_pick(&l, true, all[i].want);

			if (all[i].name == NULL)
				assert_null(n);
			else
				assert_string_equal(n->name, all[i].name);
			if (round == 0 && i % 2 == 0) { /* again without the table */
				fsk_name_table_free(l.table);
				l.table = NULL;
				l.asked = false;
			}
		}
	}
	assert_non_null(l.table);
	assert_null(fsk_listing_pick(&l, false, "ReadMe"));
	assert_string_equal(fsk_listing_pick(&l, false, "name~7")->name, "Name 7");
	for (size_t i = 0; i < l.count; i++)
		fsk_name_clear(&l.items[i]);
	fsk_name_table_free(l.table);
	free(l.items);
}

static void test_names_are_clean(void **state)
{
	char *s = fsk_name_text("a/b\0c\xff", 6);

	(void) state;
	assert_string_equal(s, "a\\x2fb\\x00c\\xff");
	free(s);
}

int main(void)
{
#define CASE(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_only_folders_that_can_match_are_read),
		CASE(test_each_folder_is_read_once),
		CASE(test_case_is_kept_or_folded),
		CASE(test_any_depth),
		CASE(test_streams_only_where_named),
		CASE(test_deleted_only_on_request),
		CASE(test_loops_end),
		CASE(test_unreadable_folder_is_an_anomaly),
		CASE(test_walk_agrees_with_matcher),
		CASE(test_entries_say_who_asked),
		CASE(test_lookup),
		cmocka_unit_test(test_names_of_a_large_folder),
		cmocka_unit_test(test_names_are_clean),
	};

	return cmocka_run_group_tests_name("walks", tests, NULL, NULL);
}
