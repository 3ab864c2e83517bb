/* What a plugin sees of the evidence, and what becomes of what it says. */
#include "core/base/limits.h"
#include "tests/unit/lua/fake_modules.h"
#include "tests/unit/lua/harness.h"

static const char zeros[16];

static const struct fake_file files[] = {
	{ .path = "a", .data = "abc", .size = 3 },
	{ .path = "Users", .type = FSK_ENTRY_DIR },
	{ .path = "Users/alice/Desktop", .type = FSK_ENTRY_DIR },
	{ .path = "Users/alice/Desktop/Tool.EXE",
	  .data = "MZ\0\xff"
	          "tail",
	  .size = 8 },
	{ .path = "Users/alice/Desktop/Tool.EXE",
	  .stream = "Zone.Identifier",
	  .data = "ZoneId=3",
	  .size = 8 },
	{ .path = "Users/alice/Desktop/Tool.EXE", .stream = "x", .data = "", .size = 0 },
	{ .path = "Users/alice/.profile", .data = "p", .size = 1 },
	{ .path = "Users/desktop.ini", .data = "d", .size = 1 },
	{ .path = "bad", .data = "0123456789", .size = 10, .bad_at = 4, .bad_len = 2 },
	{ .path = "db", .data = "rows=3", .size = 6 },
	{ .path = "db-wal", .data = "w", .size = 1 },
	{ .path = "nodb", .data = zeros, .size = sizeof(zeros) },
	{ .path = "huge", .data = zeros, .size = 0 },
	{ 0 },
};

/* Runs `body` on `path` and compares the log. */
static void logs(const char *path, const char *body, const char *expect)
{
	struct harness h;
	char *log;

	harness_open(&h, files);
	harness_plugin(&h, NULL, body);
	if (harness_run(&h, path) < 0)
		fail_msg("%s: %s", body, h.err.msg);
	log = harness_log(&h);
	assert_string_equal(log, expect);
	free(log);
	harness_close(&h);
}

static void raises(const char *body, const char *expect)
{
	struct harness h;

	harness_open(&h, files);
	harness_plugin(&h, NULL, body);
	if (harness_run(&h, "a") != FSK_EPLUGIN)
		fail_msg("%s: %s", body, h.err.msg);
	assert_string_equal(h.err.msg, expect);
	harness_close(&h);
}

static void entries(void **state)
{
	(void) state;
	logs(
	    "Users/alice/Desktop/Tool.EXE",
	    "for _, k in ipairs { 'path', 'full', 'name', 'folder', 'ext', 'size', 'type', 'stream',\n"
	    "'deleted', 'user', 'artifact' } do ctx:log(k .. '=' .. tostring(item[k])) end\n"
	    "ctx:log(item.times.modified .. tostring(item.times.fn_created))",
	    "path=Users/alice/Desktop/Tool.EXE\nfull=C:/Users/alice/Desktop/Tool.EXE\nname=Tool.EXE\n"
	    "folder=Users/alice/Desktop\next=exe\nsize=8\ntype=file\nstream=nil\ndeleted=false\n"
	    "user=alice\nartifact=the.artifact\n2023-03-29T08:15:30Znil");
	logs("Users/alice/.profile", "ctx:log('[' .. item.ext .. ']' .. item.user)", "[]alice");
	logs("Users/desktop.ini", "ctx:log(tostring(item.user) .. item.folder)", "nilUsers");
	logs("a", "ctx:log('[' .. item.folder .. ']' .. item.full)", "[]C:/a");
	logs("Users/alice/Desktop/Tool.EXE:Zone.Identifier",
	     "ctx:log(item.stream .. '|' .. item:read())", "Zone.Identifier|ZoneId=3");
}

static void reading(void **state)
{
	(void) state;
	logs("Users/alice/Desktop/Tool.EXE",
	     "ctx:log(bytes.hex(item:read())) ctx:log(item:read(4)) ctx:log(item:read(5, 2))\n"
	     "ctx:log('[' .. item:read(8) .. item:read(100, 5) .. item:read(0, 0) .. ']')\n"
	     "ctx:log(item:sha256())\n"
	     "ctx:log(table.concat(item:streams(), '+'))\n"
	     "ctx:log(item:sibling('tool.exe').path)\n"
	     "ctx:log(item:sibling('Tool.EXE:zone.identifier'):read())\n"
	     "ctx:log(select(2, item:sibling('gone')) .. select(3, item:sibling('gone')))",
	     "4d5a00ff7461696c\ntail\nai\n[]\n"
	     "0adb730d1b9e2d138b619a0662e9cb3b52ef4b7dd4724853c535ab5a0bfed9e4\n"
	     "Zone.Identifier+x\nUsers/alice/Desktop/Tool.EXE\nZoneId=3\n"
	     "\"Users/alice/Desktop/gone\": not therenot-found");
	logs("Users/alice/Desktop", "ctx:log(item:sibling('Tool.EXE').name .. item.type)",
	     "Tool.EXEdir");
	logs("a", "ctx:log(item:sibling('Users/alice/Desktop/Tool.EXE').name)", "Tool.EXE");
	raises("item:read(-1)", "t.lua:2: bad argument #1 to 'read' (must not be negative)");
	raises("item:read(0, 1 << 40)",
	       "t.lua:2: bad argument #2 to 'read' (must be between 0 and 64 MiB)");
	raises("item:sibling('..\\\\x')",
	       "t.lua:2: bad argument #1 to 'sibling' (expected a name, or "
	       "a path with '/' below the folder)");
	raises("item.read()", "t.lua:2: bad argument #1 to 'read' (entry expected, got no value)");
}

static void damage_is_told(void **state)
{
	struct harness h;
	const json_t *anomaly;
	char *log;

	(void) state;
	harness_open(&h, files);
	harness_plugin(&h, NULL,
	               "ctx:log(bytes.hex(item:read())) item:read(3, 3)\n"
	               "local sum, why = item:sha256() ctx:log(tostring(sum) .. why)");
	assert_int_equal(harness_run(&h, "bad"), 0);
	log = harness_log(&h);
	assert_string_equal(log, "30313233000036373839\nnil\"bad\" has ranges that cannot be read");
	free(log);
	assert_int_equal(json_array_size(h.anomalies), 1);
	anomaly = json_array_get(h.anomalies, 0);
	assert_string_equal(json_string_value(json_object_get(anomaly, "code")), "io");
	assert_int_equal(json_integer_value(json_array_get(
	                     json_array_get(json_object_get(anomaly, "ranges"), 0), 0)),
	                 4);
	assert_non_null(json_object_get(anomaly, "locator"));
	harness_close(&h);
}

/* The fields of the only record that `body` makes, as a line. */
static void records(const char *body, const char *expect)
{
	struct harness h;
	char *line;

	harness_open(&h, files);
	harness_plugin(&h, NULL, body);
	if (harness_run(&h, "a") < 0)
		fail_msg("%s: %s", body, h.err.msg);
	assert_int_equal(json_array_size(h.records), 1);
	line = fsk_json_line(json_object_get(json_array_get(h.records, 0), "fields"));
	assert_string_equal(line, expect);
	free(line);
	harness_close(&h);
}

static void values_become_json(void **state)
{
	(void) state;
	records("ctx:record('x', {})", "{}");
	records("ctx:record('x', { a = 'b', n = 1, f = 0.5, t = true, no = nil })",
	        "{\"a\":\"b\",\"f\":0.5,\"n\":1,\"t\":true}");
	records("ctx:record('x', { l = { 1, 2, 3 }, o = { a = {} }, e = {}, le = list {} })",
	        "{\"e\":{},\"l\":[1,2,3],\"le\":[],\"o\":{\"a\":{}}}");
	records("ctx:record('x', { s = { [2] = 'b', [4] = 'd' }, m = { 1, x = 2 } })",
	        "{\"m\":{\"1\":1,\"x\":2},\"s\":{\"2\":\"b\",\"4\":\"d\"}}");
	records("ctx:record('x', { s = 'a\\xffb', z = 'a\\0b', u = 'ä', ['k\\xfe'] = 1 })",
	        "{\"k\\\\xfe\":1,\"s\":\"a\\\\xffb\",\"u\":\"ä\",\"z\":\"a\\\\x00b\"}");
	records("ctx:record('x', { inf = 1/0, nan = 0/0, big = math.maxinteger })",
	        "{\"big\":9223372036854775807,\"inf\":null,\"nan\":null}");
	records("ctx:record('x', { entry = item, time = '2023-03-29T08:15:30Z', l = { item } })",
	        "{\"entry\":{\"addr\":64,\"path\":\"a\",\"seq\":1,\"source\":0,\"volume\":1},"
	        "\"l\":[{\"addr\":64,\"path\":\"a\",\"seq\":1,\"source\":0,\"volume\":1}],"
	        "\"time\":\"2023-03-29T08:15:30Z\"}");
}

static void misuse_of_records_raises(void **state)
{
	(void) state;
	raises("ctx:record('X', {})",
	       "t.lua:2: bad argument #1 to 'record' (kind: up to 64 of lower "
	       "case, digits, '.', '-' and '_')");
	raises("ctx:record('x')",
	       "t.lua:2: bad argument #2 to 'record' (table expected, got no value)");
	raises("ctx:record('x', { 1, 2 })",
	       "t.lua:2: bad argument #2 to 'record' (fields must have names)");
	raises("ctx:record('x', { a = { f = print == nil } })",
	       "t.lua:2: global 'print' does not exist");
	raises("ctx:record('x', { a = { f = error } })",
	       "t.lua:2: fields.a.f: a function cannot be recorded");
	raises("ctx:record('x', { a = { [1.5] = 1 } })",
	       "t.lua:2: fields.a: keys must be strings or integers");
	raises("ctx:record('x', { [1] = 1, ['1'] = 2 })",
	       "t.lua:2: fields.1: two keys are written alike");
	raises("ctx:record('x', { c = ctx })",
	       "t.lua:2: fields.c: an object that stands for no file, "
	       "or is no longer open");
	raises("ctx:record('x', { time = 'yesterday' })",
	       "t.lua:2: fields.time: expected a time like "
	       "\"2023-03-29T08:15:30Z\", got yesterday");
	raises("ctx:record('x', { time = 5 })", "t.lua:2: fields.time: expected a time like "
	                                        "\"2023-03-29T08:15:30Z\", got 5");
}

static void size_of_evidence_is_no_mistake(void **state)
{
	static const char *const bodies[] = {
		"local ok, why = ctx:record('x', { s = ('x'):rep(2 << 20) }) ctx:log(tostring(ok) .. why)",
		"local t = {} t.t = t local ok, why = ctx:record('x', t) ctx:log(tostring(ok) .. why)",
		"local t = {} for i = 1, 200000 do t[i] = {} end\n"
		"local ok, why = ctx:record('x', { l = t }) ctx:log(tostring(ok) .. why)",
		/* 16 levels of the same two tables: 65536 leaves and more */
		"local t = {} for i = 1, 15 do t = { t, t, t, t } end\n"
		"local ok, why = ctx:record('x', { l = t }) ctx:log(tostring(ok) .. why)",
	};

	(void) state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		struct harness h;
		char *log;

		harness_open(&h, files);
		harness_plugin(&h, NULL, bodies[i]);
		assert_int_equal(harness_run(&h, "a"), 0);
		assert_int_equal(json_array_size(h.records), 0);
		assert_int_equal(json_array_size(h.anomalies), 1);
		log = harness_log(&h);
		assert_memory_equal(log, "nilfields", 9);
		free(log);
		harness_close(&h);
	}
}

/* A row fits its message however its text is escaped, and so does a reason. */
static void texts_are_bounded_as_they_are_written(void **state)
{
	static const char *const units[] = { "x", "\\1", "\\xff", "\\0", "\\\"", "\\\\", "ä" };

	(void) state;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		struct harness h;
		char body[400], *line;

		snprintf(body, sizeof(body),
		         "local s = '' local n = 4096\n"
		         "while n < (2 << 20) do local t = ('%s'):rep(n)\n"
		         "if ctx:record('x', { s = t, [t:sub(1, 9)] = item }) then s = t end\n"
		         "n = n + n // 4 end\n"
		         "ctx:collect(item, s) ctx:anomaly(item, s)",
		         units[i]);
		harness_open(&h, files);
		harness_plugin(&h, NULL, body);
		if (harness_run(&h, "a") < 0)
			fail_msg("%s", h.err.msg);
		assert_true(json_array_size(h.records) > 5);
		line = fsk_json_line(json_array_get(h.records, json_array_size(h.records) - 1));
		assert_in_range(strlen(line), FSK_RECORD_BYTES_MAX / 2,
		                FSK_RECORD_BYTES_MAX + 1024);
		free(line);
		line = fsk_json_line(json_array_get(h.collected, 0));
		assert_in_range(strlen(line), 20, 20000);
		free(line);
		line = fsk_json_line(json_array_get(h.anomalies, json_array_size(h.anomalies) - 1));
		assert_in_range(strlen(line), 100, 20000);
		free(line);
		harness_close(&h);
	}
}

static void findings(void **state)
{
	struct harness h;
	char *line;

	(void) state;
	harness_open(&h, files);
	harness_plugin(
	    &h, NULL,
	    "ctx:finding { severity = 'high', confidence = 'low', title = 'T', detail = 'D',\n"
	    "evidence = { item }, references = { 'cve:1' }, fields = { n = 1 } }\n"
	    "ctx:finding { severity = 'info', confidence = 'high', title = 'U' }");
	assert_int_equal(harness_run(&h, "a"), 0);
	line = fsk_json_line(h.findings);
	assert_string_equal(
	    line,
	    "[{\"confidence\":\"low\",\"detail\":\"D\",\"evidence\":[{\"addr\":64,\"path\":\"a\",\"seq\":1,"
	    "\"source\":0,\"volume\":1}],\"fields\":{\"n\":1},\"references\":[\"cve:1\"],"
	    "\"severity\":\"high\",\"title\":\"T\"},{\"confidence\":\"high\",\"evidence\":[],"
	    "\"fields\":{},\"references\":[],\"severity\":\"info\",\"title\":\"U\"}]");
	free(line);
	harness_close(&h);
	raises("ctx:finding { severity = 'huge', confidence = 'low', title = 'x' }",
	       "t.lua:2: finding.severity: expected info, low, medium or high");
	raises("ctx:finding { severity = 'low', title = 'x' }",
	       "t.lua:2: finding.confidence: expected low, medium or high");
	raises("ctx:finding { severity = 'low', confidence = 'low' }",
	       "t.lua:2: finding.title: expected a string");
	raises("ctx:finding { severity = 'low', confidence = 'low', title = 'x', detail = 1 }",
	       "t.lua:2: finding.detail: expected a string");
	raises(
	    "ctx:finding { severity = 'low', confidence = 'low', title = 'x', evidence = { 'a' } }",
	    "t.lua:2: finding.evidence[1]: expected entries");
	raises("ctx:finding { severity = 'low', confidence = 'low', title = 'x', evidence = item }",
	       "t.lua:2: finding.evidence: expected a list of entries");
	raises("ctx:finding { severity = 'low', confidence = 'low', title = 'x', evidense = {} }",
	       "t.lua:2: finding: 'evidense' is not known");
}

static void machine(void **state)
{
	struct harness h;

	(void) state;
	harness_open(&h, files);
	harness_plugin(
	    &h, NULL,
	    "ctx:machine{ computer = 'A', users = { 'x' } } ctx:machine{ computer = 'B' }");
	assert_int_equal(harness_run(&h, "a"), 0);
	assert_string_equal(json_string_value(json_object_get(h.machine, "computer")), "B");
	assert_int_equal(json_array_size(json_object_get(h.machine, "users")), 1);
	harness_close(&h);
	harness_open(&h, files);
	harness_plugin(&h, NULL, "ctx:machine{ 'no names' }");
	assert_int_equal(harness_run(&h, "a"), FSK_EPLUGIN);
	harness_close(&h);
}

static void payloads(void **state)
{
	static const char body[] =
	    "ctx:log(tostring(ctx:payload { bytes = 'abc', from = item, kind = 'dll' }))\n"
	    "local _, why, code = ctx:payload { bytes = ('x'):rep((16 << 20) + 1), from = item }\n"
	    "ctx:log(code)\n"
	    "for i = 1, 63 do assert(ctx:payload { bytes = 'n', from = item, name = 'n' }) end\n"
	    "ctx:log(select(2, ctx:payload { bytes = 'n', from = item }))";
	struct harness h;
	char *log;

	(void) state;
	harness_open(&h, files);
	fsk_engine_want_payloads(h.e);
	harness_plugin(&h, NULL, body);
	assert_int_equal(harness_run(&h, "a"), 0);
	log = harness_log(&h);
	assert_string_equal(
	    log, "true\nover-limit\nmore than 64 payloads of this plugin on this volume");
	free(log);
	assert_int_equal(json_array_size(h.payloads), 64);
	log = fsk_json_line(json_array_get(h.payloads, 0));
	assert_string_equal(log, "{\"from\":\"a\",\"kind\":\"dll\",\"size\":3}");
	free(log);
	assert_int_equal(json_array_size(h.anomalies), 2);
	harness_close(&h);
	logs("a", "ctx:log(select(3, ctx:payload { bytes = 'abc', from = item }))", "unsupported");
	raises("ctx:payload { from = item }", "t.lua:2: payload.bytes: expected a string");
	raises("ctx:payload { bytes = '', from = item }", "t.lua:2: payload.bytes: is empty");
	raises("ctx:payload { bytes = 'a', form = item }", "t.lua:2: payload: 'form' is not known");
	raises("ctx:payload { bytes = 'a', from = item, name = ('n'):rep(257) }",
	       "t.lua:2: payload.name: expected 1 to 256 bytes");
	raises("ctx:payload { bytes = 'a', from = 'a' }",
	       "t.lua:2: payload.from: expected an entry");
}

static void collecting(void **state)
{
	struct harness h;
	char *log;

	(void) state;
	harness_open(&h, files);
	harness_plugin(
	    &h, NULL,
	    "ctx:collect(item, 'why') ctx:log(tostring(ctx:collect(ctx:lookup('Users'), 'x')))\n"
	    "ctx:collect(ctx:database(ctx:lookup('db')), 'its file')\n"
	    "local e = ctx:follow('\"C:\\\\Users\\\\alice\\\\Desktop\\\\tool.exe\" -x')\n"
	    "ctx:log(e.path)\n"
	    "local none, why, code = ctx:follow('%AppData%\\\\x.exe') ctx:log(why .. code)\n"
	    "none, why = ctx:follow('%UserProfile%\\\\x.exe', { user = 'alice' }) ctx:log(why)");
	assert_int_equal(harness_run(&h, "a"), 0);
	log = harness_log(&h);
	assert_string_equal(log, "nil\nUsers/alice/Desktop/Tool.EXE\n"
	                         "%AppData% depends on a user, and none is knownunsupported\n"
	                         "\"C:\\Users\\alice\\x.exe\": not on this volume");
	free(log);
	log = fsk_json_line(h.collected);
	assert_string_equal(
	    log, "[{\"path\":\"a\",\"reason\":\"why\"},"
	         "{\"path\":\"db\",\"reason\":\"its file\"},"
	         "{\"path\":\"Users/alice/Desktop/Tool.EXE\",\"reason\":"
	         "\"named in: \\\"C:\\\\Users\\\\alice\\\\Desktop\\\\tool.exe\\\" -x\"}]");
	free(log);
	harness_close(&h);
	raises("ctx:collect(item)",
	       "t.lua:2: bad argument #2 to 'collect' (string expected, got no value)");
	raises(
	    "ctx:follow('x', { usr = 'a' })",
	    "t.lua:2: bad argument #2 to 'follow' (the options are 'dir', 'env', 'root', 'user' and 'wow64')");
}

static void the_volume(void **state)
{
	(void) state;
	logs("a",
	     "local v = ctx.volume ctx:log(v.source .. v.index .. v.letter .. v.fs .. v.os)\n"
	     "ctx:log(ctx.plugin) ctx:log(tostring(next(ctx.options)))",
	     "disk.E011Cntfswindows\nt\nnil");
	logs("a",
	     "for e in ctx:glob('Users/**/*.{exe,ini}') do ctx:log(e.path) end\n"
	     "for e in ctx:glob('none/*') do ctx:log('?') end\n"
	     "ctx:log(ctx:lookup('C:\\\\Users\\\\ALICE\\\\Desktop\\\\tool.exe').name)\n"
	     "ctx:log(ctx:lookup('c:/users').type) ctx:log(ctx:lookup('\\\\a').path)\n"
	     "ctx:log(select(2, ctx:lookup('D:/x'))) ctx:log(select(3, ctx:lookup('gone')))",
	     "Users/alice/Desktop/Tool.EXE\nUsers/desktop.ini\nTool.EXE\ndir\na\n"
	     "on drive D:, which the evidence does not have\nnot-found");
	raises("ctx:glob('a[')",
	       "t.lua:2: bad argument #1 to 'glob' (pattern \"a[\": '[' is not closed)");
}

static void anomalies(void **state)
{
	struct harness h;
	char *line;

	(void) state;
	harness_open(&h, files);
	harness_plugin(&h, NULL, "ctx:anomaly(item, 'odd') ctx:anomaly(nil, 'general')");
	assert_int_equal(harness_run(&h, "a"), 0);
	line = fsk_json_line(h.anomalies);
	assert_string_equal(
	    line, "[{\"code\":\"corrupt\",\"locator\":{\"addr\":64,\"path\":\"a\",\"seq\":1,"
	          "\"source\":0,\"volume\":1},\"object\":\"a\",\"reason\":\"odd\"},"
	          "{\"code\":\"corrupt\",\"object\":\"disk.E01\",\"reason\":\"general\"}]");
	free(line);
	harness_close(&h);
}

static void databases(void **state)
{
	static const char body[] =
	    "local s = '' for row in item:rows('q') do s = s .. row.n .. row.name .. #row.more end\n"
	    "ctx:log(s) ctx:log(item.entry.path .. tostring(item.user) .. item.artifact)\n"
	    "ctx:log(tostring(item:is_same(item)) .. tostring(item))\n"
	    "for i = 1, 200 do for row in ctx:database(item.entry):rows('q') do break end end\n"
	    "for row in ctx:database(item.entry):rows('q') do\n"
	    "local t = {} for i = 1, 2000 do t[i] = { i } end end\n"
	    "ctx:log(tostring(item:is_same(sqlite.open(item.entry))))";
	struct harness h;
	char *log;

	(void) state;
	harness_open(&h, files);
	harness_plugin(&h, NULL, body);
	if (harness_run_as(&h, "db", FSK_AS_DATABASE) < 0)
		fail_msg("%s", h.err.msg);
	log = harness_log(&h);
	assert_string_equal(log,
	                    "1row 112row 213row 31\ndbnilthe.artifact\ntruedatabase: db\nfalse");
	free(log);
	assert_int_equal(json_array_size(h.anomalies), 1 + 200 + 1 + 1);
	assert_int_equal(fake_databases_open, 0);
	assert_int_equal(fake_cursors_open, 0);
	assert_int_equal(fake_wrong_order, 0);
	assert_int_equal(harness_run_as(&h, "nodb", FSK_AS_DATABASE), FSK_ECORRUPT);
	assert_string_equal(h.err.msg, "\"nodb\": no database");
	harness_close(&h);
	logs(
	    "a",
	    "local db, why, code = ctx:database(ctx:lookup('nodb')) ctx:log(tostring(db) .. why .. code)",
	    "nil\"nodb\": no databasecorrupt");
}

static void natives(void **state)
{
	(void) state;
	logs(
	    "a",
	    "ctx:log(probe.types(nil, true, 1, 1.5, 's', {}, sqlite.open(ctx:lookup('db')), item))\n"
	    "local a, b, c, d = probe.echo(7, 0.5, true)\n"
	    "ctx:log(tostring(a) .. b .. tostring(c) .. tostring(d))",
	    "01234567\n70.5truenil");
	raises("probe.echo(7, 'x')",
	       "t.lua:2: probe.echo: argument 2: expected a number, got string");
	raises("probe.echo(0.5)",
	       "t.lua:2: probe.echo: argument 1: expected an integer, got number");
	raises("probe.echo()", "t.lua:2: probe.echo: argument 1: expected an integer, got nothing");
	raises("sqlite.open('x')",
	       "t.lua:2: sqlite.open: argument 1: expected an entry, got string");
	raises("sqlite.open(ctx:lookup('db')):is_same(item)",
	       "t.lua:2: database.is_same: argument 1: expected database, got entry");
	raises("return sqlite.open(ctx:lookup('db')).nothing",
	       "t.lua:2: database has no member 'nothing'");
	raises("local db = sqlite.open(ctx:lookup('db')) db.rows(item, 'x')",
	       "t.lua:2: bad argument #1 to 'rows' (database expected, got entry)");
}

#define VERDICT "ctx:verdict { case = 'c', ladder = list { 'x' }, step = 'x', summary = 's' }"

/* `expect`: the log, or the message of a failure. */
static void judges(const char *body, const char *const *lists, int code, bool given,
                   const char *expect)
{
	struct harness h;
	bool said;
	char *log;

	harness_open(&h, NULL);
	assert_int_equal(harness_judge(&h, body, lists, &said), code);
	assert_int_equal(said, given);
	log = harness_log(&h);
	assert_string_equal(code == 0 ? log : h.err.msg, expect);
	free(log);
	harness_close(&h);
}

static void judging(void **state)
{
	static const char *const lists[FSK_JUDGED_COUNT] = {
		[FSK_JUDGED_FACTS] = "{\"plugin\":\"tell\",\"facts\":{\"n\":1}}\n",
		[FSK_JUDGED_FINDINGS] = "{\"plugin\":\"tell\",\"title\":\"f\"}\n"
		                        "{\"plugin\":\"other\",\"title\":\"g\"}\n",
		[FSK_JUDGED_RECORDS] =
		    "{\"fields\":{\"a\":null},\"kind\":\"word\",\"plugin\":\"tell\"}\n"
		    "{\"fields\":{},\"kind\":\"size\",\"plugin\":\"tell\"}\n",
	};
	static const char *const broken[FSK_JUDGED_COUNT] = { [FSK_JUDGED_PLUGINS] = "{\n" };

	(void) state;
	judges("ctx:log(#machine.findings .. machine.findings[1].title .. #machine.records)\n"
	       "ctx:log(machine.records[1].kind .. #machine.volumes .. machine.facts.tell.n)\n"
	       "ctx:log(tostring(machine.truncated) .. ctx.plugin)\n"
	       "ctx:record('r', {}) ctx:anomaly(nil, 'x') " VERDICT,
	       lists, 0, true, "1f1\nword01\nfalset");
	judges("ctx:log('nothing')", NULL, 0, false, "nothing");
	judges(VERDICT "\nerror('late')", NULL, FSK_EPLUGIN, true, "t.lua:3: late");
	judges(VERDICT "\n" VERDICT, NULL, FSK_EPLUGIN, true,
	       "t.lua:3: the verdict on this machine was given already");
	judges("ctx:verdict { case = 'c' }", NULL, FSK_EPLUGIN, false,
	       "t.lua:2: verdict.ladder: is missing");
	judges("ctx:verdict { case = 'c', fields = { f = list } }", NULL, FSK_EPLUGIN, false,
	       "t.lua:2: verdict.fields.f: a function cannot be recorded");
	judges("", broken, FSK_EPLUGIN, false,
	       "t.lua: machine.plugins: no memory, or a row that is none");
}

static void judges_have_no_evidence(void **state)
{
	static const char *const calls[] = { "glob('*')",     "lookup('a')", "hive(nil)",
		                             "database(nil)", "collect(1)",  "follow('x')",
		                             "expand('x')",   "machine({})", "payload({})" };
	char body[64];

	(void) state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		snprintf(body, sizeof(body), "ctx:%s", calls[i]);
		judges(body, NULL, FSK_EPLUGIN, false,
		       "t.lua:2: a plugin that judges is given rows: it cannot read evidence");
	}
	judges("ctx:log(ctx.volume)", NULL, FSK_EPLUGIN, false,
	       "t.lua:2: a plugin that judges has no ctx.volume: see machine.volumes");
	raises("ctx:verdict {}",
	       "t.lua:2: only a plugin that judges gives a verdict: its table has "
	       "'judges' instead of 'wants'");
}

static void hives_that_are_none(void **state)
{
	struct harness h;

	(void) state;
	harness_open(&h, files);
	harness_plugin(&h, NULL, "ctx:log('called')");
	assert_int_equal(harness_run_as(&h, "nodb", FSK_AS_HIVE), FSK_ECORRUPT);
	assert_int_equal(json_array_size(h.log), 0);
	harness_close(&h);
	logs("a", "local hive, why, code = ctx:hive(item) ctx:log(tostring(hive) .. code)",
	     "nilcorrupt");
}

static void helpers(void **state)
{
	(void) state;
	logs(
	    "a",
	    "ctx:log(time.webkit(13324551330000000)) ctx:log(time.prtime(1680077730000000))\n"
	    "ctx:log(time.filetime(133245513300000000)) ctx:log(time.unix(1680077730))\n"
	    "ctx:log(time.unix(1680077730.5)) ctx:log(time.mac(701770530))\n"
	    "ctx:log(tostring(time.webkit(0)) .. tostring(time.unix(nil)) .. tostring(time.mac(nil)))\n"
	    "ctx:log(tostring(time.ns('2023-03-29T08:15:30Z') < time.ns('2023-03-29T08:15:30.5Z')))\n"
	    "ctx:log(tostring(time.ns('x')) .. tostring(time.unix(1e300)))",
	    "2023-03-29T08:15:30Z\n2023-03-29T08:15:30Z\n2023-03-29T08:15:30Z\n2023-03-29T08:15:30Z\n"
	    "2023-03-29T08:15:30.500Z\n2023-03-29T08:15:30Z\nnilnilnil\ntrue\nnilnil");
	logs(
	    "a",
	    "local s = '\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\xff'\n"
	    "ctx:log(string.format('%x %x %x %x', bytes.u8(s, 8), bytes.u16le(s), bytes.u32le(s, 2),\n"
	    "bytes.u64le(s, 1)))\n"
	    "ctx:log(string.format('%x %x %x', bytes.u16be(s), bytes.u32be(s, 5), bytes.u64be(s)))\n"
	    "ctx:log(tostring(bytes.u64le(s, 2)) .. tostring(bytes.u8('', 1)))\n"
	    "ctx:log(bytes.hex(bytes.unhex('00fF')) .. tostring(bytes.unhex('0')) .. tostring(bytes.unhex('zz')))\n"
	    "ctx:log(bytes.utf16('h\\0\\xe4\\0\\x3d\\xd8\\0\\xde\\0\\0x\\0')) ctx:log(bytes.utf16('\\0\\xd8'))\n"
	    "ctx:log(bytes.utf8('a\\xff'))",
	    "ff 201 5040302 ff07060504030201\n102 50607ff 1020304050607ff\nnilnil\n00ffnilnil\n"
	    "hä😀\n\\ud800\na\\xff");
	raises("bytes.u8('x', 0)", "t.lua:2: bad argument #2 to 'u8' (positions count from 1)");
	raises("list(item)", "t.lua:2: bad argument #1 to 'list' (table expected, got entry)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries),
		cmocka_unit_test(reading),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(values_become_json),
		cmocka_unit_test(misuse_of_records_raises),
		cmocka_unit_test(size_of_evidence_is_no_mistake),
		cmocka_unit_test(texts_are_bounded_as_they_are_written),
		cmocka_unit_test(findings),
		cmocka_unit_test(collecting),
		cmocka_unit_test(machine),
		cmocka_unit_test(payloads),
		cmocka_unit_test(the_volume),
		cmocka_unit_test(anomalies),
		cmocka_unit_test(databases),
		cmocka_unit_test(natives),
		cmocka_unit_test(judging),
		cmocka_unit_test(judges_have_no_evidence),
		cmocka_unit_test(hives_that_are_none),
		cmocka_unit_test(helpers),
	};

	return cmocka_run_group_tests_name("lua api", tests, NULL, NULL);
}
