/* What a plugin cannot do: escape, go on for ever, take all memory, catch
 * its own end, reach evidence later. */
#include "core/base/limits.h"
#include "tests/unit/lua/fake_modules.h"
#include "tests/unit/lua/harness.h"

static const struct fake_file files[] = {
	{ .path = "a", .data = "abc", .size = 3 },
	{ .path = "b", .data = "def", .size = 3 },
	{ 0 },
};

/* Small budgets, so that each of these ends in no time. */
static void open_small(struct harness *h, const char *head, const char *body)
{
	const struct fsk_engine_limits limits = { .heap = 8u << 20,
		                                  .instructions = 5000000,
		                                  .rows = 3 };

	harness_open(h, files);
	fsk_engine_set_limits(h->e, &limits);
	harness_plugin(h, head, body);
}

static void ends_with(const char *body, int code, const char *part)
{
	struct harness h;

	open_small(&h, NULL, body);
	if (harness_run(&h, "a") != code)
		fail_msg("%s: %d %s", body, h.err.code, h.err.msg);
	assert_contains(h.err.msg, part);
	assert_memory_equal(h.err.msg, "t.lua", 5);
	/* and it can be called again */
	assert_int_equal(harness_run(&h, "a"), code);
	harness_close(&h);
}

static void endless_loops_end(void **state)
{
	(void) state;
	ends_with("while true do end", FSK_ETIMEOUT,
	          "t.lua:2: instruction budget of 5000000 used up");
	ends_with("local s = 0\nfor i = 1, 1e18 do s = s + i end", FSK_ETIMEOUT, "t.lua:3: ");
	ends_with("local function f() return f() end f()", FSK_ETIMEOUT, "instruction budget");
	ends_with("local t = {} while true do for _ in pairs(t) do end end", FSK_ETIMEOUT,
	          "budget");
	ends_with("local t = {} for i = 1, 2000 do t[i] = i end\n"
	          "while true do next(t) end",
	          FSK_ETIMEOUT, "budget");
	ends_with("repeat until ctx:lookup('a') == nil", FSK_ETIMEOUT, "budget");
}

static void the_end_cannot_be_caught(void **state)
{
	(void) state;
	ends_with("while true do pcall(function() while true do end end) end", FSK_ETIMEOUT,
	          "budget");
	ends_with("pcall(pcall, pcall, function() while true do end end) ctx:log('survived')",
	          FSK_ETIMEOUT, "budget");
	ends_with("xpcall(function() while true do end end, function() while true do end end)\n"
	          "ctx:log('survived')",
	          FSK_ETIMEOUT, "budget");
	ends_with("local ok = xpcall(error, function() while true do end end)", FSK_ETIMEOUT, "");
	ends_with("local mt = { __close = function() while true do end end }\n"
	          "local function f() local x <close> = setmetatable({}, mt)\n"
	          "local y <close> = setmetatable({}, mt) while true do end end\n"
	          "pcall(f) ctx:log('survived')",
	          FSK_ETIMEOUT, "budget");
	ends_with("local t = setmetatable({}, { __index = function() while true do end end })\n"
	          "pcall(function() return t.x end) ctx:log('survived')",
	          FSK_ETIMEOUT, "budget");
	ends_with("pcall(table.sort, {3, 2, 1}, function() while true do end end)", FSK_ETIMEOUT,
	          "");
	ends_with("pcall(string.gsub, 'x', 'x', function() while true do end end)", FSK_ETIMEOUT,
	          "");
}

static void nothing_survives_the_budget(void **state)
{
	struct harness h;
	char *log;

	(void) state;
	open_small(&h, NULL, "pcall(function() while true do end end) ctx:log('survived')");
	assert_int_equal(harness_run(&h, "a"), FSK_ETIMEOUT);
	log = harness_log(&h);
	assert_string_equal(log, "");
	free(log);
	harness_close(&h);
}

static void memory_is_bounded(void **state)
{
	(void) state;
	ends_with("local s = string.rep('x', 10 * 1024 * 1024 * 1024)", FSK_EPLUGIN, "too large");
	ends_with("local s = string.rep('x', 1024 * 1024 * 1024)", FSK_ELIMIT, "memory budget");
	ends_with("local s = ('x'):rep(1 << 10, ('y'):rep(1 << 20))", FSK_ELIMIT, "memory budget");
	ends_with("pcall(string.rep, 'x', 1 << 30) ctx:log('survived')", FSK_ELIMIT,
	          "memory budget");
	ends_with("local t = {} while true do t[#t + 1] = {} end", FSK_ELIMIT, "memory budget");
	ends_with("local t = {} for i = 1, 1e9 do t[i] = i end", FSK_ELIMIT, "memory budget");
	ends_with("local s = 'x' while true do s = s .. s end", FSK_ELIMIT, "memory budget");
	ends_with("local t = {} for i = 1, 1000 do t[i] = ('x'):rep(1 << 20) end\n"
	          "return table.concat(t)",
	          FSK_ELIMIT, "memory budget");
	ends_with("string.format('%99999d', 1)", FSK_EPLUGIN, "invalid conversion");
	ends_with("while true do pcall(string.rep, 'x', 1 << 30) end", FSK_ELIMIT, "memory budget");
	ends_with("probe.flood() ctx:log('survived')", FSK_ELIMIT, "memory budget");
}

static void recursion_is_bounded(void **state)
{
	(void) state;
	harness_try("local function f() return 1 + f() end\nlocal ok, why = pcall(f)\n"
	            "ctx:log(tostring(why:find('stack overflow') ~= nil))",
	            0, "true");
	ends_with("local function f() return 1 + f() end f()", FSK_ELIMIT, "memory budget");
	ends_with("local s = string.rep('(', 250) .. 'x' local t = {} t[1] = t\n"
	          "ctx:record('x', { t = t }) error('over')",
	          FSK_EPLUGIN, "over");
	ends_with("local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k)\n"
	          "return t[k .. 'x'] end return t.a",
	          FSK_EPLUGIN, "overflow");
	ends_with("string.find(string.rep('a', 300000), string.rep('(a', 40))", FSK_EPLUGIN, "");
}

static void only_the_list_of_globals(void **state)
{
	static const char *const absent[] = {
		"_G",    "collectgarbage", "coroutine",  "debug",    "dofile", "io",
		"load",  "loadfile",       "loadstring", "module",   "os",     "package",
		"print", "rawset",         "warn",       "selftest",
	};
	char body[128], expect[128];

	(void) state;
	for (size_t i = 0; i < sizeof(absent) / sizeof(*absent); i++) {
		snprintf(body, sizeof(body), "return %s", absent[i]);
		snprintf(expect, sizeof(expect), "t.lua:2: global '%s' does not exist", absent[i]);
		harness_try(body, FSK_EPLUGIN, expect);
	}
	harness_try("ctx:log(tostring(string.dump)) ctx:log(tostring((''):rep(2) == ''))\n"
	            "ctx:log(tostring(math.random)) ctx:log(tostring(math.randomseed))\n"
	            "ctx:log(_VERSION)",
	            0, "nil\ntrue\nnil\nnil\nLua 5.4");
	harness_try("counter = 1", FSK_EPLUGIN,
	            "t.lua:2: global 'counter' is not declared: write 'local counter'");
	harness_try("return ('x').dump", 0, "");
}

static void shared_tables_cannot_be_changed(void **state)
{
	(void) state;
	harness_try("string.upper = nil", FSK_EPLUGIN, "t.lua:2: 'string' cannot be changed");
	harness_try("table.insert(string, 1)", FSK_EPLUGIN, "t.lua:2: 'string' cannot be changed");
	harness_try("sqlite.open = nil", FSK_EPLUGIN, "t.lua:2: 'sqlite' cannot be changed");
	harness_try("ctx:log(tostring(getmetatable('')))\n"
	            "ctx:log(tostring(getmetatable(string)))\n"
	            "ctx:log(tostring(getmetatable(item)))\n"
	            "ctx:log(tostring(getmetatable(list{})))",
	            0, "false\nfalse\nfalse\nfalse");
	harness_try("setmetatable(string, {})", FSK_EPLUGIN,
	            "t.lua:2: cannot change a protected metatable");
	harness_try("setmetatable({}, { __gc = function() end })", FSK_EPLUGIN,
	            "t.lua:2: bad argument #2 to 'setmetatable' ('__gc' is not available)");
	harness_try("setmetatable(item, {})", FSK_EPLUGIN,
	            "t.lua:2: bad argument #1 to 'setmetatable' (table expected, got entry)");
	harness_try("item.path = 'x'", FSK_EPLUGIN, "t.lua:2: entry cannot be changed");
	harness_try("ctx.collect = print", FSK_EPLUGIN, "t.lua:2: global 'print' does not exist");
	harness_try("return item.paht", FSK_EPLUGIN, "t.lua:2: entry has no member 'paht'");
}

static void results_have_no_addresses(void **state)
{
	(void) state;
	harness_try("ctx:log(tostring({})) ctx:log(tostring(print == nil and 1 or error))",
	            FSK_EPLUGIN, "t.lua:2: global 'print' does not exist");
	harness_try("ctx:log(tostring({})) ctx:log(tostring(error)) ctx:log(tostring(item))\n"
	            "ctx:log(string.format('%s %5s %q', {}, error, 'x'))\n"
	            "ctx:log(('%s'):format(ctx)) ctx:log(tostring(setmetatable({},\n"
	            "{ __tostring = function() return 'mine' end })))",
	            0, "table\nfunction\nentry: a\ntable function \"x\"\nctx\nmine");
	harness_try("return string.format('%p', {})", FSK_EPLUGIN,
	            "t.lua:2: string.format: '%p' is not available");
	harness_try("return ('%%%-20p'):format({})", FSK_EPLUGIN,
	            "t.lua:2: string.format: '%p' is not available");
}

static void tables_are_walked_in_order(void **state)
{
	(void) state;
	harness_try(
	    "local t = { z = 1, a = 2, [3] = 'c', [1] = 'a', [2.5] = 'b', [true] = 'x' }\n"
	    "local s = '' for k, v in pairs(t) do s = s .. tostring(k) .. '=' .. v .. ' ' end\n"
	    "ctx:log(s)",
	    0, "1=a 2.5=b 3=c a=2 z=1 true=x ");
	harness_try("local t = { c = 1, b = 2, a = 3 }\nlocal k = next(t) local s = k\n"
	            "while k do k = next(t, k) s = s .. tostring(k) end ctx:log(s)\n"
	            "ctx:log(tostring(next({})))",
	            0, "abcnil\nnil");
	harness_try("local o, t = {}, {} t[o] = 1 ctx:log(tostring(next(t) == o))\n"
	            "ctx:log(tostring(next(t, o)))",
	            0, "true\nnil");
	harness_try("local t = { a = 1, b = 2, c = 3 } local s = ''\n"
	            "for k in pairs(t) do t.b = nil s = s .. k end ctx:log(s)",
	            0, "ac");
	harness_try(
	    "local t = setmetatable({}, { __pairs = function() return next, { x = 1 } end })\n"
	    "for k in pairs(t) do ctx:log(k) end",
	    0, "x");
}

static void pcall_catches_the_rest(void **state)
{
	(void) state;
	harness_try("local ok, why = pcall(error, { 1 }) ctx:log(tostring(ok) .. type(why))\n"
	            "ok, why = pcall(error, 'x', 0) ctx:log(why)\n"
	            "ctx:log(tostring(select('#', pcall(function() return 1, nil, 3 end))))\n"
	            "ok, why = xpcall(error, function(m) return 'H' .. m end, 'y', 0)\n"
	            "ctx:log(tostring(ok) .. why)",
	            0, "falsetable\nx\n4\nfalseHy");
}

static void errors_name_plugin_and_line(void **state)
{
	struct harness h;

	(void) state;
	harness_try("\n\nerror('boom')", FSK_EPLUGIN, "t.lua:4: boom");
	harness_try("error({})", FSK_EPLUGIN, "t.lua:2: error value is a table, not a string");
	harness_try("error('plain', 0)", FSK_EPLUGIN, "t.lua:2: plain");
	harness_try("local x = nil\nreturn x.y", FSK_EPLUGIN,
	            "t.lua:3: attempt to index a nil value (local 'x')");
	harness_try("pcall(item.read, item, -1)\nreturn ctx:collect(nil, 'x')", FSK_EPLUGIN,
	            "t.lua:3: bad argument #1 to 'collect' (entry expected, got nil)");
	harness_open(&h, files);
	harness_add(&h, FSK_TEXT_LIB, "lib", "\nreturn { f = function() error('deep') end }");
	harness_plugin(&h, NULL, "\nrequire('lib').f()");
	assert_int_equal(harness_run(&h, "a"), FSK_EPLUGIN);
	assert_string_equal(h.err.msg, "t.lua:3: lib/lib.lua:2: deep");
	harness_close(&h);
}

static void handles_go_dead(void **state)
{
	static const char *const uses[] = {
		"return old.path",          "return old:read()", "ctx:collect(old, 'x')",
		"return old_ctx.volume",    "old_ctx:log('x')",  "old_ctx:record('x', {})",
		"for e in old_glob do end", "return old.times",  "for row in old_rows do end",
		"return old_db:rows('x')",
	};
	static const struct fake_file some[] = {
		{ .path = "a", .data = "abc", .size = 3 },
		{ .path = "db", .data = "rows=3", .size = 6 },
		{ 0 },
	};
	struct harness h;

	(void) state;
	for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++) {
		char body[512];

		snprintf(body, sizeof(body),
		         "if old then\n%s\nend\nold, old_ctx = item, ctx\n"
		         "old_glob = ctx:glob('*') old_db = ctx:database(ctx:lookup('db'))\n"
		         "old_rows = old_db:rows('x') old:read(0, 1)",
		         uses[i]);
		harness_open(&h, some);
		harness_plugin(&h, "local old, old_ctx, old_glob, old_db, old_rows", body);
		assert_int_equal(harness_run(&h, "a"), 0);
		if (harness_run(&h, "a") != FSK_EPLUGIN)
			fail_msg("%s: did not raise", uses[i]);
		assert_contains(h.err.msg, "t.lua:3: ");
		assert_contains(h.err.msg, "is no longer open");
		harness_close(&h);
	}
}

static void lasting_objects_outlive_the_run(void **state)
{
	struct harness h;
	char *log;

	(void) state;
	harness_open(&h, files);
	harness_plugin(&h, "local kept",
	               "kept = kept or probe.lasting() probe.lasting() ctx:log(tostring(kept()))");
	for (int i = 0; i < 3; i++)
		assert_int_equal(harness_run(&h, "a"), 0);
	assert_true(fake_lasting_open >= 1);
	log = harness_log(&h);
	assert_contains(log, "1");
	assert_contains(log, "2");
	assert_contains(log, "3");
	free(log);
	assert_int_equal(harness_run(&h, "a"), 0);
	harness_close(&h);
	assert_int_equal(fake_lasting_open, 0);
}

static void dead_handles_in_records_are_refused(void **state)
{
	struct harness h;

	(void) state;
	harness_open(&h, files);
	harness_plugin(&h, "local old",
	               "if old then ctx:record('x', { a = { old } }) end old = item");
	assert_int_equal(harness_run(&h, "a"), 0);
	assert_int_equal(harness_run(&h, "a"), FSK_EPLUGIN);
	assert_string_equal(h.err.msg,
	                    "t.lua:2: fields.a[1]: an object that stands for no file, or "
	                    "is no longer open");
	harness_close(&h);
}

static void a_refusal_ends_the_run(void **state)
{
	struct harness h;
	char *log;

	(void) state;
	harness_open(&h, files);
	harness_plugin(&h, NULL, "pcall(ctx.record, ctx, 'x', {}) ctx:log('survived')");
	h.refuse = FSK_ECANCELED;
	assert_int_equal(harness_run(&h, "a"), FSK_ECANCELED);
	assert_contains(h.err.msg, "refused");
	log = harness_log(&h);
	assert_string_equal(log, "");
	free(log);
	harness_close(&h);
}

/* Every function of the API, with memory that ends at each possible place:
 * nothing crashes, nothing leaks (the sanitizer looks), every handle of C is
 * given back, and the message is the right one. */
static void memory_may_end_anywhere(void **state)
{
	static const char body[] =
	    "ctx:record('k', { a = { 1, 2, item }, s = ('x'):rep(300), t = item.times.modified })\n"
	    "ctx:finding { severity = 'low', confidence = 'low', title = 't', evidence = { item } }\n"
	    "for e in ctx:glob('**') do ctx:collect(e, e.full .. e.ext) e:streams() e:sha256() end\n"
	    "for k, v in pairs { a = 1, b = 2, 3, 4 } do ctx:log(k .. v) end\n"
	    "local db = ctx:database(ctx:lookup('db'))\n"
	    "for row in db:rows('q') do ctx:log(row.name .. #row.more) end\n"
	    "ctx:follow('C:\\\\a x') ctx:anomaly(item, item:read(0, 2)) ctx:hive(item)\n"
	    "ctx:log(require('l').f(data('d')) .. bytes.hex(bytes.utf16('a\\0')))\n"
	    "ctx:log(tostring(item) .. string.format('%s', list {}))";
	static const struct fake_file some[] = {
		{ .path = "a", .data = "abc", .size = 3, .bad_at = 1, .bad_len = 1 },
		{ .path = "db", .data = "rows=3", .size = 6 },
		{ 0 },
	};
	size_t heap = 1000, refused = 0;
	int rc;

	(void) state;
	do {
		const struct fsk_engine_limits limits = { .heap = heap };
		struct harness h;

		harness_open(&h, some);
		fsk_engine_set_limits(h.e, &limits);
		harness_add(&h, FSK_TEXT_LIB, "l", "return { f = function(s) return s .. s end }");
		harness_add(&h, FSK_TEXT_DATA, "d", "text");
		harness_plugin(&h, NULL, body);
		rc = harness_run(&h, "a");
		if (rc != 0 && rc != FSK_ELIMIT && rc != FSK_ENOMEM)
			fail_msg("%zu bytes: %d %s", heap, rc, h.err.msg);
		refused += rc != 0;
		assert_int_equal(fake_databases_open, 0);
		assert_int_equal(fake_cursors_open, 0);
		harness_close(&h);
		heap += heap < 40000 ? 211 : 4096;
	} while (rc != 0);
	assert_true(refused > 100);
	assert_int_equal(fake_wrong_order, 0);
}

static void a_plugin_that_overruns_again_is_left_out(void **state)
{
	struct harness h;

	(void) state;
	open_small(&h, NULL, "ctx:log('run') while item.name == 'a' do end");
	for (unsigned i = 1; i <= FSK_LUA_OVERRUNS_MAX; i++) {
		assert_int_equal(harness_run(&h, "b"), 0);
		assert_int_equal(harness_run(&h, "a"), FSK_ETIMEOUT);
	}
	assert_contains(h.err.msg, "3 times, so it is not run any more on this volume");
	assert_int_equal(json_array_size(h.log), 6);
	assert_int_equal(harness_run(&h, "a"), 0);
	assert_int_equal(harness_run(&h, "b"), 0);
	assert_int_equal(json_array_size(h.log), 6);
	h.volume.source = 1;
	assert_int_equal(harness_run(&h, "b"), 0);
	assert_int_equal(json_array_size(h.log), 7);
	harness_close(&h);
}

static void rows_are_bounded(void **state)
{
	struct harness h;

	(void) state;
	open_small(&h, NULL,
	           "for i = 1, 10 do local ok, why = ctx:record('x', { i = i })\n"
	           "if not ok then ctx:log(why) return end end");
	assert_int_equal(harness_run(&h, "a"), 0);
	assert_int_equal(harness_run(&h, "b"), 0);
	assert_int_equal(json_array_size(h.records), 3);
	assert_int_equal(json_array_size(h.anomalies), 1);
	assert_int_equal(json_array_size(h.log), 2);
	h.volume.index = 2;
	assert_int_equal(harness_run(&h, "a"), 0);
	assert_int_equal(json_array_size(h.records), 6);
	harness_close(&h);
}

static void state_is_the_plugins_own(void **state)
{
	struct harness h;

	(void) state;
	harness_open(&h, files);
	harness_plugin(&h, "local n = 0", "n = n + 1 ctx:log(tostring(n))");
	harness_add(&h, FSK_TEXT_PLUGIN, "other",
	            "return { api = 1, name = 'other', summary = 's', "
	            "wants = { '*' }, run = function() return n end }");
	assert_int_equal(harness_run(&h, "a"), 0);
	assert_int_equal(harness_run(&h, "b"), 0);
	assert_string_equal(json_string_value(json_array_get(h.log, 1)), "2");
	assert_int_equal(fsk_engine_plugin_load(h.e, "other", NULL, &h.err), 0);
	harness_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endless_loops_end),
		cmocka_unit_test(the_end_cannot_be_caught),
		cmocka_unit_test(nothing_survives_the_budget),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(recursion_is_bounded),
		cmocka_unit_test(only_the_list_of_globals),
		cmocka_unit_test(shared_tables_cannot_be_changed),
		cmocka_unit_test(results_have_no_addresses),
		cmocka_unit_test(tables_are_walked_in_order),
		cmocka_unit_test(pcall_catches_the_rest),
		cmocka_unit_test(errors_name_plugin_and_line),
		cmocka_unit_test(handles_go_dead),
		cmocka_unit_test(lasting_objects_outlive_the_run),
		cmocka_unit_test(dead_handles_in_records_are_refused),
		cmocka_unit_test(a_refusal_ends_the_run),
		cmocka_unit_test(memory_may_end_anywhere),
		cmocka_unit_test(a_plugin_that_overruns_again_is_left_out),
		cmocka_unit_test(rows_are_bounded),
		cmocka_unit_test(state_is_the_plugins_own),
	};

	return cmocka_run_group_tests_name("lua sandbox", tests, NULL, NULL);
}
