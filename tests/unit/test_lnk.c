/* Shortcuts, on what tests/data/make-lnk.py writes. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/limits.h"
#include "plugins/lnk/darwin.h"
#include "plugins/lnk/shortcut.h"

static int read_link(struct fsk_lnk *l, const char *name, struct fsk_err *err)
{
	struct fsk_buf data;
	char path[4096];
	int rc;

	snprintf(path, sizeof(path), "%s/tests/data/lnk/%s.lnk", getenv("FOSSICK_BUILD"), name);
	fsk_buf_init(&data, FSK_LNK_MAX);
	assert_int_equal(fsk_file_slurp(&data, path, NULL), 0);
	rc = fsk_lnk_read(l, data.data, data.len, err);
	fsk_buf_free(&data);
	return rc;
}

static void is_text(const char *got, const char *wanted)
{
	if (wanted == NULL)
		assert_null(got);
	else if (got == NULL)
		fail_msg("nothing, not %s", wanted);
	else
		assert_string_equal(got, wanted);
}

static void is_time(fsk_time t, const char *wanted)
{
	char iso[FSK_TIME_STR_MAX];

	assert_string_equal(fsk_time_iso(iso, t), wanted);
}

static void all_of_it(void **state)
{
	struct fsk_lnk l;
	char guid[FSK_GUID_TEXT];

	(void) state;
	assert_int_equal(read_link(&l, "tool", NULL), 0);
	is_text(l.text[FSK_LNK_DESCRIPTION], "A tool");
	is_text(l.text[FSK_LNK_RELATIVE], "..\\tool.exe");
	is_text(l.text[FSK_LNK_WORKING_DIR], "C:\\Users\\ann");
	is_text(l.text[FSK_LNK_ARGUMENTS], "/quiet");
	is_text(l.text[FSK_LNK_ICON], NULL);
	is_text(l.text[FSK_LNK_VOLUME_LABEL], "OS");
	is_text(l.text[FSK_LNK_MACHINE], "ann-pc");
	is_time(l.created, "2023-03-29T08:15:30Z");
	is_time(l.accessed, "2023-03-29T08:15:31Z");
	is_time(l.modified, "2023-03-29T08:15:32Z");
	assert_int_equal(l.size, 4660);
	assert_int_equal(l.attributes, 0x20);
	assert_true(l.has_volume && l.has_droids);
	assert_int_equal(l.drive_type, 3);
	assert_int_equal(l.volume_serial, 0x64bb3469);
	assert_string_equal(fsk_guid_text(guid, l.droid[FSK_LNK_DROID_FILE]),
	                    "{9B1CE584-4A4C-11E5-B5C9-080027AC3D7F}");
	assert_int_equal(l.items.count, 5);
	is_text(l.items.path, "C:\\Users\\ann\\tool.exe");
	is_text(l.items.at[4].name, "tool.exe");
	is_text(l.items.at[4].short_name, "TOOL~1.EXE");
	is_time(l.items.at[4].modified, "2023-03-29T08:15:30Z");
	assert_int_equal(l.items.at[4].reference, 1ull << 48 | 81349);
	assert_int_equal(l.appended, 0);
	fsk_lnk_free(&l);
}

/* Where each leads, and what is wrong with it. */
static void where_they_lead(void **state)
{
	static const char tool[] = "C:\\Users\\ann\\tool.exe";
	static const struct {
		const char *name, *target, *from, *damage;
	} cases[] = {
		{ "tool", tool, "local", "" },
		{ "appended", tool, "local", "" },
		{ "network", "\\\\server\\share\\dir\\a.exe", "network", "" },
		{ "items", tool, "items", "" },
		{ "guessed", tool, "items", "" },
		{ "surrogate", "C:\\a\\ud800.exe", "local", "" },
		{ "shell", "::{26EE0668-A00A-44D7-9371-BEB064C98683}", "items", "" },
		{ "unknown", NULL, NULL, "" },
		{ "darwin", NULL, NULL, "" },
		{ "environment", "%windir%\\x.exe", "environment", "" },
		{ "empty-info", NULL, NULL, "" },
		{ "cut-strings", tool, "local", "cut off within its strings\n" },
		{ "cut-items", NULL, NULL, "cut off within the list of shell items\n" },
		{ "bad-offset", tool, "items",
		  "location information: an offset leads outside of it\n" },
		{ "bad-volume", tool, "local",
		  "location information: a part of it lies outside\n" },
		{ "bad-info", tool, "items",
		  "cut off at the location information, or its size is wrong\n" },
		{ "bad-item", tool, "local", "shell item 1 is damaged\n" },
		{ "bad-block", tool, "local", "a block of extra data is cut off\n" },
		{ "many-blocks", NULL, NULL, "too many blocks of extra data\n" },
		{ "many-items", NULL, NULL, "more than 256 shell items\n" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *from;
		struct fsk_lnk l;

		print_message("# %s\n", cases[i].name);
		assert_int_equal(read_link(&l, cases[i].name, NULL), 0);
		is_text(fsk_lnk_target(&l, &from), cases[i].target);
		is_text(from, cases[i].from);
		assert_int_equal(fsk_buf_append_u8(&l.damage, 0, NULL), 0);
		assert_string_equal((char *) l.damage.data, cases[i].damage);
		fsk_lnk_free(&l);
	}
}

static void odd_ones(void **state)
{
	struct fsk_darwin d;
	struct fsk_lnk l;

	(void) state;
	assert_int_equal(read_link(&l, "network", NULL), 0);
	is_text(l.text[FSK_LNK_ARGUMENTS], "\u20ac\u00e9!");
	is_text(l.text[FSK_LNK_NETWORK_SHARE], "\\\\server\\share");
	is_text(l.text[FSK_LNK_DEVICE], "Z:");
	fsk_lnk_free(&l);
	assert_int_equal(read_link(&l, "appended", NULL), 0);
	assert_int_equal(l.appended, 7);
	fsk_lnk_free(&l);
	assert_int_equal(read_link(&l, "cut-strings", NULL), 0);
	is_text(l.text[FSK_LNK_ARGUMENTS], "/q");
	fsk_lnk_free(&l);
	assert_int_equal(read_link(&l, "darwin", NULL), 0);
	assert_true(fsk_darwin_parse(&d, l.text[FSK_LNK_DARWIN]));
	is_text(d.product, "{AC76BA86-7AD7-1036-7B44-A93000000001}");
	is_text(d.feature, "ReaderProgramFiles");
	is_text(d.component, "{F95C9759-13AF-4E41-A46B-DBD281608D53}");
	fsk_lnk_free(&l);
	assert_false(fsk_darwin_parse(&d, "34TL`lrv5(mOG_3$,CC"));
	assert_false(fsk_darwin_parse(&d, "~~~~~lrv5(mOG_3$,CC!x"));
}

static void no_shortcuts(void **state)
{
	struct fsk_err err = { 0 };
	struct fsk_lnk l;

	(void) state;
	assert_int_equal(read_link(&l, "none", &err), FSK_ECORRUPT);
	assert_string_equal(err.msg, "no shortcut: signature missing");
	fsk_lnk_free(&l);
	assert_int_equal(read_link(&l, "cut-header", &err), FSK_ECORRUPT);
	assert_string_equal(err.msg, "a shortcut that ends in its header");
	fsk_lnk_free(&l);
	assert_int_equal(fsk_lnk_read(&l, (const uint8_t *) "", 0, &err), FSK_ECORRUPT);
	fsk_lnk_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it),
		cmocka_unit_test(where_they_lead),
		cmocka_unit_test(odd_ones),
		cmocka_unit_test(no_shortcuts),
	};

	return cmocka_run_group_tests_name("lnk", tests, NULL, NULL);
}
