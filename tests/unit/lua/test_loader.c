/* What a plugin's table and an artifacts file must be, and what the message
 * says when they are not. */
#include "core/base/limits.h"
#include "tests/unit/lua/harness.h"

#define GOOD_HEAD "api = 1,\nname = 't',\nsummary = 's',\nwants = { '*' },\n"
#define JUDGE_HEAD "api = 1, name = 't', summary = 's',\n"
#define RUN "run = function() end,\n"

static const char artifacts[] =
    "return {\n"
    "  { name = 'windows.hive.ntuser', os = 'windows', as = 'hive',\n"
    "    globs = { 'Users/*/NTUSER.DAT' }, doc = 'hives of users' },\n"
    "  { name = 'browser.history', os = 'windows', as = 'database', globs = { 'W/*', 'X' } },\n"
    "  { name = 'browser.history', os = 'macos', as = 'database', globs = { 'M/*' } },\n"
    "  { name = 'any.log', globs = { '**/*.{log,txt}' } },\n"
    "  { name = 'windows.saved', empty = true, globs = { '%profile%/saved' } },\n"
    "}\n";

static int load(struct harness *h, const char *text, size_t len, json_t *options, json_t **meta)
{
	harness_open(h, NULL);
	harness_add(h, FSK_TEXT_ARTIFACTS, "arts", artifacts);
	assert_int_equal(
	    fsk_engine_add_text(h->e, FSK_TEXT_PLUGIN, "t", text, len, options, &h->err), 0);
	memset(&h->err, 0, sizeof(h->err));
	return fsk_engine_plugin_load(h->e, "t", meta, &h->err);
}

static void refused(const char *text, const char *message)
{
	struct harness h;

	assert_int_equal(load(&h, text, strlen(text), NULL, NULL), FSK_EPLUGIN);
	assert_string_equal(h.err.msg, message);
	/* and again, from memory */
	assert_int_equal(fsk_engine_plugin_load(h.e, "t", NULL, &h.err), FSK_EPLUGIN);
	assert_string_equal(h.err.msg, message);
	harness_close(&h);
}

static void texts_that_are_no_plugins(void **state)
{
	struct harness h;

	(void) state;
	refused("", "t.lua: must return one table, got nil");
	refused("return 1", "t.lua: must return one table, got number");
	refused("return {\n  api = 1,\n  name = = 't' }", "t.lua:3: unexpected symbol near '='");
	refused("\x1bLuaQ", "t.lua: attempt to load a binary chunk (mode is 't')");
	refused("error('at load')", "t.lua:1: at load");
	refused("return { [1] = 2 }", "t.lua: the table must have names as keys, not number");
	refused("local t = { api = 1 } t.o = t return t",
	        "t.lua: o.o.o.o.o.o.o.o.o.o.o.o.o.o.o.o.o: nested too deeply, or contains itself");
	harness_open(&h, NULL);
	fsk_engine_set_limits(h.e, &(struct fsk_engine_limits){ .instructions = 100000 });
	harness_add(&h, FSK_TEXT_PLUGIN, "t", "while true do end");
	assert_int_equal(fsk_engine_plugin_load(h.e, "t", NULL, &h.err), FSK_ETIMEOUT);
	assert_string_equal(h.err.msg, "t.lua:1: instruction budget of 100000 used up");
	harness_close(&h);
}

static void fields_are_checked(void **state)
{
	static const struct {
		const char *text, *message;
	} all[] = {
		{ "return { " GOOD_HEAD RUN "sumary = 'x',\n}",
		  "t.lua:6: field 'sumary': is not known" },
		{ "return {\n name = 't' }", "t.lua: field 'api': missing, 1 is expected" },
		{ "return { api = 2 }",
		  "t.lua:1: field 'api': this fossick has version 1 of the API" },
		{ "return { api = '1' }",
		  "t.lua:1: field 'api': this fossick has version 1 of the API" },
		{ "return { api = 1, summary = '' }",
		  "t.lua: field 'name': missing, a string is expected" },
		{ "return { api = 1, name = 'T' }",
		  "t.lua:1: field 'name': 'T': only lower case, digits and hyphens" },
		{ "return { api = 1, name = 'u' }",
		  "t.lua:1: field 'name': is 'u', but the file is 't.lua'" },
		{ "return { api = 1, name = 't' }",
		  "t.lua: field 'summary': missing, a string is expected" },
		{ "return { api = 1, name = 't',\nsummary = 5 }",
		  "t.lua:2: field 'summary': expected a string, got a number" },
		{ "return { api = 1, name = 't', summary = '' }",
		  "t.lua:1: field 'summary': is empty" },
		{ "return { api = 1, name = 't', summary = 'a\\nb' }",
		  "t.lua:1: field 'summary': must be one line" },
		{ "return { api = 1, name = 't', summary = function() end }",
		  "t.lua:1: field 'summary': expected a string, got a function" },
		{ "return { " GOOD_HEAD "author = {}, }",
		  "t.lua:5: field 'author': expected a string, got an empty table" },
		{ "return { " GOOD_HEAD "categories = 'x', }",
		  "t.lua:5: field 'categories': expected a list of strings, got a string" },
		{ "return { " GOOD_HEAD "references = { 'a', 1 }, }",
		  "t.lua:5: field 'references[2]': expected a string, got a number" },
		{ "return { " GOOD_HEAD "categories = { 'a', 'a' }, }",
		  "t.lua:5: field 'categories[2]': 'a' is there twice" },
		{ "return { " GOOD_HEAD "os = { 'windows', 'beos' }, }",
		  "t.lua:5: field 'os[2]': 'beos' is none of windows, macos, linux" },
		{ "return { api = 1, name = 't', summary = 's' }",
		  "t.lua: field 'wants': missing, a list of strings is expected" },
		{ "return { api = 1, name = 't', summary = 's', wants = {} }",
		  "t.lua:1: field 'wants': is empty: run would never be called" },
		{ "return { api = 1, name = 't', summary = 's',\nwants = { 'x/*', 'no.such' } }",
		  "t.lua:2: field 'wants[2]': there is no artifact 'no.such'" },
		{ "return { api = 1, name = 't', summary = 's',\nwants = { 'x/*', 'option:where' } }",
		  "t.lua:2: field 'wants[2]': there is no such option, a string" },
		{ "return { api = 1, name = 't', summary = 's', wants = { 'option:n' },\n"
		  "options = { n = { default = 3, help = 'x' } } }",
		  "t.lua:1: field 'wants[1]': there is no such option, a string" },
		{ "return { api = 1, name = 't', summary = 's', wants = { 'option:g' },\n"
		  "options = { g = { default = 'C:/x/*', help = 'x' } } }",
		  "t.lua:1: field 'wants[1]': bad glob: paths begin below the root, without a drive" },
		{ "return { api = 1, name = 't', summary = 's', wants = { 'Users\\\\*\\\\x' } }",
		  "t.lua:1: field 'wants[1]': bad glob: folders are parted by '/'" },
		{ "return { api = 1, name = 't', summary = 's', wants = { 'C:/Users/*' } }",
		  "t.lua:1: field 'wants[1]': bad glob: paths begin below the root, "
		  "without a drive" },
		{ "return { api = 1, name = 't', summary = 's', wants = { 'a/[b' } }", NULL },
		{ "return { " GOOD_HEAD "}", "t.lua: field 'run': expected a function, got nil" },
		{ "return { " GOOD_HEAD "run = 'x' }",
		  "t.lua:5: field 'run': expected a function, got string" },
		{ "return { " GOOD_HEAD RUN "judges = { 'x' } }",
		  "t.lua:6: field 'judges': stands instead of 'wants' and 'os'" },
		{ "return { " JUDGE_HEAD "judges = {} }",
		  "t.lua:2: field 'judges': is empty: there would be nothing to judge" },
		{ "return { " JUDGE_HEAD "judges = { 'a', 'A*' } }",
		  "t.lua:2: field 'judges[2]': 'A*' is none of \"plugin\", \"plugin:kind\", "
		  "\"prefix-*\"" },
		{ "return { " JUDGE_HEAD "judges = { 'a' }, os = { 'windows' } }",
		  "t.lua:2: field 'judges': stands instead of 'wants' and 'os'" },
		{ "local j = 'jud' .. 'ges' return { " JUDGE_HEAD "[j] = { 'a' } }",
		  "t.lua: field 'judges': must be written as \"judges = {…}\"" },
		{ "return { " JUDGE_HEAD "judges = { 'a' } }",
		  "t.lua: field 'run': expected a function, got nil" },
		{ "return { " GOOD_HEAD RUN "options = 1 }",
		  "t.lua:6: field 'options': expected a table, got a number" },
		{ "return { " GOOD_HEAD RUN "options = {\ndays = 3 } }",
		  "t.lua:7: field 'options.days': expected a table, got a number" },
		{ "return { " GOOD_HEAD RUN "options = {\ndays = { help = 'x' } } }",
		  "t.lua:7: field 'options.days': 'default' is missing" },
		{ "return { " GOOD_HEAD RUN "options = {\ndays = { default = 1 } } }",
		  "t.lua:7: field 'options.days': 'help' is missing, a string is expected" },
		{ "return { " GOOD_HEAD RUN
		  "options = {\ndays = { default = 1, help = 'x', typ = 1 } } }",
		  "t.lua:7: field 'options.days': 'typ' is not known" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct harness h;

		if (all[i].message != NULL) {
			refused(all[i].text, all[i].message);
			continue;
		}
		assert_int_equal(load(&h, all[i].text, strlen(all[i].text), NULL, NULL),
		                 FSK_EPLUGIN);
		assert_contains(h.err.msg, "t.lua:1: field 'wants[1]': bad glob: ");
		harness_close(&h);
	}
}

static void good_plugins_tell_their_meta_data(void **state)
{
	static const char text[] =
	    "\xEF\xBB\xBFreturn { " GOOD_HEAD RUN "author = 'A', license = 'L', categories = {},\n"
	    "references = { 'cve:1' }, os = { 'windows' },\n"
	    "options = { days = { default = 3, help = 'h' }, words = { default = {}, help = 'h' } } }";
	static const char expect[] =
	    "{\"api\":1,\"author\":\"A\",\"categories\":[],\"license\":\"L\",\"name\":\"t\",\"options\":"
	    "{\"days\":{\"default\":3,\"help\":\"h\",\"value\":3},"
	    "\"words\":{\"default\":[],\"help\":\"h\",\"value\":[]}},\"os\":[\"windows\"],"
	    "\"references\":[\"cve:1\"],\"summary\":\"s\","
	    "\"wants\":[{\"as\":\"file\",\"globs\":[\"*\"],\"name\":\"*\"}]}";
	struct harness h;
	json_t *meta;
	char *line;

	(void) state;
	assert_int_equal(load(&h, text, strlen(text), NULL, &meta), 0);
	line = fsk_json_line(meta);
	assert_string_equal(line, expect);
	free(line);
	json_decref(meta);
	assert_string_equal(fsk_engine_plugin_name(h.e, 0), "t");
	assert_null(fsk_engine_plugin_name(h.e, 1));
	assert_int_equal(fsk_engine_plugin_load(h.e, "u", &meta, &h.err), FSK_ENOTFOUND);
	assert_null(meta);
	harness_close(&h);
}

static int with_options(struct harness *h, const char *json)
{
	static const char text[] =
	    "return { " GOOD_HEAD "options = { days = { default = 3, help = 'h' },\n"
	    "words = { default = { 'a' }, help = 'h' }, on = { default = false, help = 'h' } },\n"
	    "run = function(ctx) ctx:log(ctx.options.days .. table.concat(ctx.options.words, '+')\n"
	    "  .. tostring(ctx.options.on)) end }";
	static const struct fake_file files[] = { { .path = "a" }, { 0 } };
	json_t *options = json != NULL ? json_loads(json, 0, NULL) : NULL;
	int rc;

	harness_open(h, files);
	assert_int_equal(
	    fsk_engine_add_text(h->e, FSK_TEXT_PLUGIN, "t", text, strlen(text), options, &h->err),
	    0);
	json_decref(options);
	rc = fsk_engine_plugin_load(h->e, "t", NULL, &h->err);
	return rc < 0 ? rc : harness_run(h, "a");
}

static void options_reach_the_plugin(void **state)
{
	static const struct {
		const char *json, *log, *message;
	} all[] = {
		{ NULL, "3afalse", NULL },
		{ "{\"days\":7}", "7afalse", NULL },
		{ "{\"words\":[\"x\",\"y\"],\"on\":true}", "3x+ytrue", NULL },
		{ "{\"days\":\"7\"}", NULL,
		  "t.lua:5: field 'options.days': expected a number as the default is, got a string" },
		{ "{\"dais\":7}", NULL, "t.lua: there is no option 'dais'" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct harness h;
		int rc = with_options(&h, all[i].json);

		if (all[i].log != NULL) {
			char *log = harness_log(&h);

			assert_int_equal(rc, 0);
			assert_string_equal(log, all[i].log);
			free(log);
		} else {
			assert_int_equal(rc, FSK_EPLUGIN);
			assert_string_equal(h.err.msg, all[i].message);
		}
		harness_close(&h);
	}
}

/* %profile% is what the volume's profiles make of it. */
static void wants_know_profiles(void **state)
{
	static const char text[] = "return { api = 1, name = 't', summary = 's', " RUN
	                           "wants = { '%profile%/x', 'windows.saved' } }";
	struct fsk_profiles profiles = { 0 };
	struct fsk_wants wants;
	struct harness h;

	(void) state;
	assert_int_equal(fsk_profiles_add_place(&profiles, "Homes/ann", NULL), 0);
	load(&h, text, strlen(text), NULL, NULL);
	assert_int_equal(fsk_engine_plugin_wants(&wants, h.e, "t", "windows", &profiles, &h.err),
	                 0);
	assert_string_equal(wants.items[0].artifact, "%profile%/x");
	assert_true(fsk_globset_match(&wants.items[0].globs, "homes/eve/x", true));
	assert_true(fsk_globset_match(&wants.items[0].globs, "users/eve/x", true));
	assert_true(fsk_globset_match(&wants.items[1].globs, "homes/eve/saved", true));
	assert_false(wants.items[0].empty);
	assert_true(wants.items[1].empty);
	fsk_wants_free(&wants);
	fsk_profiles_free(&profiles);
	harness_close(&h);
}

static size_t count_wants(const char *text, const char *os, const char *first)
{
	struct fsk_wants wants;
	struct harness h;
	size_t n;

	load(&h, text, strlen(text), NULL, NULL);
	assert_int_equal(fsk_engine_plugin_wants(&wants, h.e, "t", os, NULL, &h.err), 0);
	n = wants.count;
	if (first != NULL)
		assert_string_equal(wants.items[0].artifact, first);
	fsk_wants_free(&wants);
	harness_close(&h);
	return n;
}

static void wants_depend_on_the_system(void **state)
{
	static const char text[] =
	    "return { api = 1, name = 't', summary = 's', " RUN
	    "wants = { 'browser.history', 'windows.hive.ntuser', 'any.log', 'x/y' } }";
	static const char mac[] = "return { " GOOD_HEAD RUN "os = { 'macos' } }";
	struct fsk_wants wants;
	struct harness h;

	(void) state;
	assert_int_equal(count_wants(text, "windows", "browser.history"), 4);
	assert_int_equal(count_wants(text, "macos", "browser.history"), 3);
	assert_int_equal(count_wants(text, "linux", "any.log"), 2);
	assert_int_equal(count_wants(text, "", "browser.history"), 5);
	assert_int_equal(count_wants(mac, "windows", NULL), 0);
	assert_int_equal(count_wants(mac, "macos", "*"), 1);
	assert_int_equal(count_wants(mac, "", "*"), 1);

	load(&h, text, strlen(text), NULL, NULL);
	assert_int_equal(fsk_engine_plugin_wants(&wants, h.e, "t", "windows", NULL, &h.err), 0);
	assert_int_equal(wants.items[0].as, FSK_AS_DATABASE);
	assert_int_equal(wants.items[0].globs.count, 2);
	assert_int_equal(wants.items[1].as, FSK_AS_HIVE);
	assert_true(fsk_globset_match(&wants.items[1].globs, "users/x/ntuser.dat", true));
	assert_false(fsk_globset_match(&wants.items[1].globs, "users/ntuser.dat", true));
	assert_int_equal(wants.items[2].as, FSK_AS_FILE);
	fsk_wants_free(&wants);
	harness_close(&h);
}

static void artifacts_are_checked(void **state)
{
	static const struct {
		const char *text, *message;
	} all[] = {
		{ "return 1", "arts.lua: must return one table, got number" },
		{ "return { name = 'x' }",
		  "arts.lua: must return a list of artifacts, got a table" },
		{ "return { 1 }", "arts.lua: field '[1]': expected a table, got a number" },
		{ "return { { globs = { 'x' } } }",
		  "arts.lua: field '[1].name': missing, a string is expected" },
		{ "return { { name = 'A', globs = { 'x' } } }",
		  "arts.lua:1: field '[1].name': 'A': only lower case, digits, '.', '-' and '_'" },
		{ "return {\n{ name = 'a',\nglobs = 'x' } }",
		  "arts.lua:3: field '[1].globs': expected a list of strings, got a string" },
		{ "return {\n{ name = 'a', globs = { 'x' } },\n{ name = 'b' } }",
		  "arts.lua: field '[2].globs': missing, a list of globs is expected" },
		{ "return {\n{ name = 'a', globs = { 'x' } },\n{ name = 'b',\nglobs = {} } }",
		  "arts.lua:4: field '[2].globs': is empty" },
		{ "return { { name = 'a', as = 'hives', globs = { 'x' } } }",
		  "arts.lua:1: field '[1].as': expected \"file\", \"hive\" or \"database\"" },
		{ "return { { name = 'a', os = 'dos', globs = { 'x' } } }",
		  "arts.lua:1: field '[1].os': expected \"windows\", \"macos\" or \"linux\"" },
		{ "return { { name = 'a', empty = 1, globs = { 'x' } } }",
		  "arts.lua:1: field '[1].empty': expected true, or nothing" },
		{ "return { { name = 'a', globs = { 'x/%profile%/y' } } }",
		  "arts.lua:1: field '[1].globs[1]': bad glob: \"%profile%\" stands once, for a folder in "
		  "front of a path" },
		{ "return { { name = 'a', glob = 'x' } }",
		  "arts.lua:1: field '[1].glob': is not known" },
		{ "return {\n{ name = 'a', globs = { 'x' } },\n{ name = 'a', globs = { 'y' } } }",
		  "arts.lua:2: field '[2].name': 'a' is there twice" },
	};
	char message[400];

	(void) state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct harness h;

		harness_open(&h, NULL);
		fsk_engine_be_thorough(h.e);
		harness_add(&h, FSK_TEXT_ARTIFACTS, "arts", all[i].text);
		harness_add(&h, FSK_TEXT_PLUGIN, "t",
		            "return { api = 1, name = 't', summary = 's',\n"
		            "wants = { 'some.artifact' }, " RUN "}");
		assert_int_equal(fsk_engine_plugin_load(h.e, "t", NULL, &h.err), FSK_EPLUGIN);
		snprintf(message, sizeof(message),
		         "t.lua:2: field 'wants[1]': the artifacts cannot be read: %s",
		         all[i].message);
		assert_string_equal(h.err.msg, message);
		harness_close(&h);
	}
}

/* In a collection only what a plugin wants is expanded. */
static void a_bad_glob_is_told_to_who_wants_it(void **state)
{
	struct fsk_wants wants;
	struct harness h;

	(void) state;
	harness_open(&h, NULL);
	harness_add(&h, FSK_TEXT_ARTIFACTS, "arts",
	            "return { { name = 'good', globs = { 'x' } },\n"
	            "{ name = 'bad', globs = { 'a', '{b' } } }");
	harness_add(&h, FSK_TEXT_PLUGIN, "t",
	            "return { api = 1, name = 't', summary = 's', wants = { 'good' }, " RUN "}");
	harness_add(&h, FSK_TEXT_PLUGIN, "u",
	            "return { api = 1, name = 'u', summary = 's', wants = { 'bad' }, " RUN "}");
	assert_int_equal(fsk_engine_plugin_wants(&wants, h.e, "t", "windows", NULL, &h.err), 0);
	fsk_wants_free(&wants);
	assert_int_equal(fsk_engine_plugin_wants(&wants, h.e, "u", "windows", NULL, &h.err),
	                 FSK_EPLUGIN);
	assert_string_equal(h.err.msg,
	                    "arts.lua:2: field '[2].globs[2]': bad glob: pattern \"{b\": "
	                    "'{' is not closed");
	harness_close(&h);
}

static void texts_are_bounded_and_single(void **state)
{
	char *big = calloc(1, FSK_PLUGIN_TEXT_MAX + 1);
	struct harness h;

	(void) state;
	assert_non_null(big);
	harness_open(&h, NULL);
	assert_int_equal(fsk_engine_add_text(h.e, FSK_TEXT_PLUGIN, "t", big,
	                                     FSK_PLUGIN_TEXT_MAX + 1, NULL, &h.err),
	                 FSK_ELIMIT);
	assert_int_equal(fsk_engine_add_text(h.e, FSK_TEXT_DATA, "t", big, FSK_PLUGIN_TEXT_MAX + 1,
	                                     NULL, &h.err),
	                 0);
	assert_int_equal(fsk_engine_add_text(h.e, FSK_TEXT_PLUGIN, "t", "x", 1, NULL, &h.err), 0);
	assert_int_equal(fsk_engine_add_text(h.e, FSK_TEXT_PLUGIN, "t", "x", 1, NULL, &h.err),
	                 FSK_EEXIST);
	assert_int_equal(fsk_engine_add_text(h.e, FSK_TEXT_LIB, "t", "x", 1, NULL, &h.err), 0);
	harness_close(&h);
	free(big);
}

static void texts_come_in_pieces(void **state)
{
	struct fsk_engine_piece piece = { .name = "list", .data = "one\n", .len = 4, .size = 7 };
	struct fsk_engine_piece other = { .name = "other", .data = "x", .len = 1, .size = 1 };
	static const struct fake_file files[] = { { .path = "a" }, { 0 } };
	struct harness h;
	char *log;

	(void) state;
	harness_open(&h, files);
	assert_int_equal(fsk_engine_add_piece(h.e, FSK_TEXT_IOC, &piece, &h.err), 0);
	assert_false(fsk_engine_texts_whole(h.e));
	assert_int_equal(fsk_engine_add_piece(h.e, FSK_TEXT_IOC, &other, &h.err), FSK_EPROTO);
	assert_int_equal(fsk_engine_add_piece(h.e, FSK_TEXT_YARA, &piece, &h.err), FSK_EPROTO);
	assert_int_equal(fsk_engine_add_piece(h.e, FSK_TEXT_IOC, &piece, &h.err), FSK_EPROTO);
	piece.len = 3;
	assert_int_equal(fsk_engine_add_piece(h.e, FSK_TEXT_IOC, &piece, &h.err), 0);
	assert_true(fsk_engine_texts_whole(h.e));
	assert_int_equal(fsk_engine_add_piece(h.e, FSK_TEXT_IOC, &other, &h.err), 0);
	piece.size = FSK_GIVEN_MAX + 1ull;
	piece.name = "huge";
	assert_int_equal(fsk_engine_add_piece(h.e, FSK_TEXT_IOC, &piece, &h.err), FSK_ELIMIT);
	harness_plugin(&h, NULL,
	               "for _, f in ipairs(given('ioc')) do\n"
	               "ctx:log(f.name .. ' ' .. f.size .. ' ' .. f.text)\n"
	               "for line, n in f:lines() do ctx:log(n .. line) end end\n"
	               "ctx:log(#given('yara') .. tostring(given('ioc')[1]))");
	assert_int_equal(harness_run(&h, "a"), 0);
	log = harness_log(&h);
	assert_string_equal(log, "list 7 one\none\n1one\n2one\nother 1 x\n1x\n0given: list");
	free(log);
	harness_close(&h);
}

static void problems(const char *check, int code, const char *wanted)
{
	struct harness h;
	char text[512], *got = NULL;
	json_t *list;

	snprintf(text, sizeof(text), "return { " GOOD_HEAD RUN "check = function() %s end }",
	         check);
	harness_open(&h, NULL);
	harness_add(&h, FSK_TEXT_PLUGIN, "t", text);
	assert_int_equal(fsk_engine_plugin_problems(h.e, "t", &list, &h.err), code);
	if (list != NULL)
		got = json_dumps(list, JSON_COMPACT);
	assert_string_equal(got != NULL ? got : "none", wanted);
	free(got);
	json_decref(list);
	harness_close(&h);
}

static void a_plugin_checks_what_it_reads(void **state)
{
	(void) state;
	problems("return list { 'a', 'b' }", 0, "[\"a\",\"b\"]");
	problems("return list {}", 0, "[]");
	problems("return {}", 0, "none");
	problems("", 0, "none");
	problems("return { 1 }", FSK_EPLUGIN, "none");
	problems("return { a = 'b' }", FSK_EPLUGIN, "none");
	problems("error('x')", FSK_EPLUGIN, "none");
	problems("while true do end", FSK_ETIMEOUT, "none");
	refused("return { " GOOD_HEAD RUN "check = 5 }", "t.lua:6: field 'check': is not known");
}

static void libraries_and_data(void **state)
{
	static const struct fake_file files[] = { { .path = "a" }, { 0 } };
	struct harness h;
	char *log;

	(void) state;
	harness_open(&h, files);
	harness_add(&h, FSK_TEXT_LIB, "one", "local M = { n = 0 } return M");
	harness_add(&h, FSK_TEXT_LIB, "self", "return require('self')");
	harness_add(&h, FSK_TEXT_LIB, "void", "local x = 1");
	harness_add(&h, FSK_TEXT_LIB, "leak", "leaked = 1 return {}");
	assert_int_equal(fsk_engine_add_text(h.e, FSK_TEXT_DATA, "x.csv", "a\0b", 3, NULL, &h.err),
	                 0);
	harness_plugin(
	    &h, NULL,
	    "require('one').n = 5 ctx:log(tostring(require('one').n))\n"
	    "ctx:log(tostring(#data('x.csv')) .. tostring(data('x.csv') == data('x.csv')))\n"
	    "for _, n in ipairs { 'self', 'void', 'leak', 'gone' } do\n"
	    "ctx:log(select(2, pcall(require, n))) end\n"
	    "ctx:log(select(2, pcall(data, 'gone')))");
	assert_int_equal(harness_run(&h, "a"), 0);
	log = harness_log(&h);
	assert_string_equal(
	    log, "5\n3true\n"
	         "lib/self.lua:1: library 'self' requires itself, or failed before\n"
	         "library 'void' returns nothing\n"
	         "lib/leak.lua:1: global 'leaked' is not declared: write 'local leaked'\n"
	         "there is no library 'gone'\nthere is no data file 'gone'");
	free(log);
	harness_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_that_are_no_plugins),
		cmocka_unit_test(fields_are_checked),
		cmocka_unit_test(good_plugins_tell_their_meta_data),
		cmocka_unit_test(options_reach_the_plugin),
		cmocka_unit_test(wants_depend_on_the_system),
		cmocka_unit_test(wants_know_profiles),
		cmocka_unit_test(artifacts_are_checked),
		cmocka_unit_test(a_bad_glob_is_told_to_who_wants_it),
		cmocka_unit_test(texts_are_bounded_and_single),
		cmocka_unit_test(texts_come_in_pieces),
		cmocka_unit_test(a_plugin_checks_what_it_reads),
		cmocka_unit_test(libraries_and_data),
	};

	return cmocka_run_group_tests_name("lua loader", tests, NULL, NULL);
}
