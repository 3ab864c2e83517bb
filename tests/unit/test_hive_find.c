/* Keys by pattern, class and owner, and what was deleted: on small.hive and
 * deleted.hive of tests/data. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/registry/deleted.h"
#include "core/registry/find.h"

static struct fsk_hive *open_hive(const char *name)
{
	struct fsk_err err = { 0 };
	struct fsk_hive *h;
	struct fsk_buf data;
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/data/%s", getenv("FOSSICK_BUILD"), name);
	fsk_buf_init(&data, FSK_HIVE_MAX);
	assert_int_equal(fsk_file_slurp(&data, path, NULL), 0);
	if (fsk_hive_open(&h, &data, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(fsk_hive_info(h)->damaged, 0);
	return h;
}

/* The paths that match, parted by '|'. */
static char *paths_of(struct fsk_hive *h, const char *pattern)
{
	struct fsk_keyfind *f;
	struct fsk_buf out;
	struct fsk_key *k;

	assert_int_equal(fsk_keyfind_new(&f, h, pattern, NULL), 0);
	fsk_buf_init(&out, FSK_MIB);
	while (fsk_keyfind_next(&k, f, NULL) > 0) {
		fsk_buf_printf(&out, NULL, "%s%s", out.len > 0 ? "|" : "", fsk_key_path(k));
		fsk_key_free(k);
	}
	fsk_keyfind_free(f);
	return fsk_buf_steal_str(&out, NULL);
}

static void finds(struct fsk_hive *h, const char *pattern, const char *paths)
{
	char *got = paths_of(h, pattern);

	assert_string_equal(got, paths);
	free(got);
}

static size_t found(struct fsk_hive *h, const char *pattern)
{
	char *got = paths_of(h, pattern);
	size_t n = *got != '\0';

	for (const char *p = got; (p = strchr(p, '|')) != NULL; p++)
		n++;
	free(got);
	return n;
}

static void patterns(void **state)
{
	struct fsk_hive *h = open_hive("small.hive");

	(void) state;
	finds(h, "software", "Software");
	finds(h, "SOFTWARE\\*", "Software\\Microsoft");
	finds(h, "**\\run", "Software\\Microsoft\\Windows\\CurrentVersion\\Run");
	finds(h, "Software\\**\\Windows", "Software\\Microsoft\\Windows");
	finds(h, "Software\\**\\Microsoft", "Software\\Microsoft");
	finds(h, "**\\**\\Windows", "Software\\Microsoft\\Windows");
	finds(h, "*\\*\\*\\Curr?ntV*\\*", "Software\\Microsoft\\Windows\\CurrentVersion\\Run");
	finds(h, "names\\gr\xc3\x96\xc3\x9f?",
	      "Names\\Gr\xc3\xb6\xc3\x9f"
	      "e");
	finds(h, "names\\?", "Names\\\xf0\x9f\x8c\x8e");
	finds(h, "Many\\k00*",
	      "Many\\k000|Many\\k001|Many\\k002|Many\\k003|Many\\k004|Many\\k005|"
	      "Many\\k006|Many\\k007|Many\\k008|Many\\k009");
	finds(h, "Types\\**", "");
	finds(h, "no\\such", "");
	assert_int_equal(found(h, "**"), 522);
	assert_int_equal(found(h, "**\\*"), 522);
	assert_int_equal(found(h, "Many\\*"), 510);
	fsk_hive_close(h);
}

static void patterns_refused(void **state)
{
	struct fsk_hive *h = open_hive("small.hive");
	struct fsk_keyfind *f;
	char deep[200];

	(void) state;
	assert_int_equal(fsk_keyfind_new(&f, h, "", NULL), FSK_EINVAL);
	assert_int_equal(fsk_keyfind_new(&f, h, "a\\\\b", NULL), FSK_EINVAL);
	assert_int_equal(fsk_keyfind_new(&f, h, "a\\", NULL), FSK_EINVAL);
	memset(deep, 0, sizeof(deep));
	for (size_t i = 0; i < 130; i += 2)
		memcpy(deep + i, "a\\", 2);
	deep[130] = 'a';
	assert_int_equal(fsk_keyfind_new(&f, h, deep, NULL), FSK_ELIMIT);
	fsk_hive_close(h);
}

static void names(void **state)
{
	(void) state;
	assert_true(fsk_keyfind_name("*", ""));
	assert_true(fsk_keyfind_name("a*b*c", "aXbYbZc"));
	assert_true(fsk_keyfind_name("**", "x"));
	assert_true(fsk_keyfind_name("A?C", "a/c"));
	assert_true(fsk_keyfind_name("[x]", "[X]"));
	assert_false(fsk_keyfind_name("?", ""));
	assert_false(fsk_keyfind_name("a*b", "abc"));
	assert_false(fsk_keyfind_name("abc", "ab"));
	assert_false(fsk_keyfind_name("", "a"));
}

static void class_and_owner(void **state)
{
	struct fsk_hive *h = open_hive("small.hive");
	struct fsk_key *k;
	char *text;

	(void) state;
	assert_int_equal(fsk_hive_key(&k, h, "Names", NULL), 0);
	assert_int_equal(fsk_key_class(&text, k, NULL), 0);
	assert_string_equal(text, "a class");
	free(text);
	assert_int_equal(fsk_key_owner(&text, k, NULL), 0);
	assert_string_equal(text, "S-1-5-32-544");
	free(text);
	fsk_key_free(k);
	assert_int_equal(fsk_hive_key(&k, h, "Types", NULL), 0);
	assert_int_equal(fsk_key_class(&text, k, NULL), 0);
	assert_string_equal(text, "");
	free(text);
	fsk_key_free(k);
	fsk_hive_close(h);
}

static const struct fsk_deleted *pick(const struct fsk_deleted_list *l, bool key, const char *name)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].is_key == key && strcmp(l->items[i].name, name) == 0)
			return &l->items[i];
	fail_msg("no \"%s\"", name);
	return NULL;
}

static void deleted(void **state)
{
	struct fsk_hive *h = open_hive("deleted.hive");
	const struct fsk_deleted *d;
	struct fsk_deleted_list l;

	(void) state;
	assert_int_equal(fsk_hive_deleted(&l, h, NULL), 0);
	assert_int_equal(l.count, 6);
	assert_false(l.more);
	for (size_t i = 1; i < l.count; i++)
		assert_true(l.items[i - 1].offset < l.items[i].offset);

	d = pick(&l, true, "Below");
	assert_string_equal(d->path, "Software\\Gone\\Below");
	assert_true(d->written != FSK_TIME_NONE);
	assert_string_equal(pick(&l, true, "Gone")->path, "Software\\Gone");
	assert_null(pick(&l, true, "Orphan")->path);

	d = pick(&l, false, "secret");
	assert_string_equal(d->value.text, "was here once");
	assert_null(d->path); /* nothing says whose it was */
	d = pick(&l, false, "number");
	assert_int_equal(d->value.number, 77);
	assert_string_equal(d->path, "Software\\Gone\\Below");
	d = pick(&l, false, "lost");
	assert_true(d->data_lost);
	assert_string_equal(d->path, "Software\\Gone\\Below");
	fsk_deleted_free(&l);
	fsk_hive_close(h);
}

static void nothing_deleted(void **state)
{
	struct fsk_hive *h = open_hive("small.hive");
	struct fsk_deleted_list l;

	(void) state;
	assert_int_equal(fsk_hive_deleted(&l, h, NULL), 0);
	assert_int_equal(l.count, 0);
	fsk_deleted_free(&l);
	fsk_hive_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns), cmocka_unit_test(patterns_refused),
		cmocka_unit_test(names),    cmocka_unit_test(class_and_owner),
		cmocka_unit_test(deleted),  cmocka_unit_test(nothing_deleted),
	};

	return cmocka_run_group_tests_name("hive_find", tests, NULL, NULL);
}
