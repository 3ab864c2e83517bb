/* Hives, keys and values in Lua, on the real registry: tests/data/small.hive. */
#include <stdio.h>

#include "core/base/file.h"
#include "tests/unit/lua/harness.h"

static struct fsk_buf hive, typed;
static struct fake_file files[] = {
	{ .path = "a", .data = "x", .size = 1 },
	{ .path = "Users/ann/NTUSER.DAT" },
	{ .path = "Users/ann/settings.dat" },
	{ 0 },
};
#define HIVE "Users/ann/NTUSER.DAT"

static int read_file(struct fake_file *f, struct fsk_buf *b, const char *name)
{
	const char *build = getenv("FOSSICK_BUILD");
	struct fsk_err err;
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/data/%s", build != NULL ? build : ".", name);
	fsk_buf_init(b, 64u << 20);
	if (fsk_file_slurp(b, path, &err) < 0)
		return -1;
	f->data = (const char *) b->data;
	f->size = b->len;
	return 0;
}

static int read_hive(void **state)
{
	(void) state;
	return read_file(&files[1], &hive, "small.hive") +
	       read_file(&files[2], &typed, "typed.hive");
}

static int free_hive(void **state)
{
	(void) state;
	fsk_buf_free(&hive);
	fsk_buf_free(&typed);
	return 0;
}

static void logs_of(const char *path, const char *body, const char *expect)
{
	struct harness h;
	char *log;

	harness_open(&h, files);
	harness_plugin(&h, NULL, body);
	if (harness_run_as(&h, path, FSK_AS_HIVE) < 0)
		fail_msg("%s: %s", body, h.err.msg);
	log = harness_log(&h);
	assert_string_equal(log, expect);
	free(log);
	harness_close(&h);
}

static void logs(const char *body, const char *expect)
{
	logs_of(HIVE, body, expect);
}

static void members(void **state)
{
	(void) state;
	logs("ctx:log(item.entry.path .. item.user .. item.artifact .. tostring(item.dirty))\n"
	     "ctx:log(item.written) ctx:log(tostring(item))",
	     HIVE "annthe.artifactfalse\n2023-03-29T08:15:30.1234567Z\nhive: " HIVE);
	logs("local k = item:key('SOFTWARE\\\\microsoft')\n"
	     "ctx:log(k.name .. '|' .. k.path .. '|' .. k.hive.entry.name)\n"
	     "ctx:log(k:key('Windows\\\\CurrentVersion\\\\Run').written)\n"
	     "ctx:log(k:key('').path .. item:root().path .. item:key('').path)",
	     "Microsoft|Software\\Microsoft|NTUSER.DAT\n2023-03-30T01:02:03Z\nSoftware\\Microsoft");
	logs("local _, why, code = item:key('no') ctx:log(code)\n"
	     "_, why, code = item:key('Types'):value('no') ctx:log(code)\n"
	     "_, why, code = item:key('Types'):key('no') ctx:log(code)\n"
	     "ctx:log(select(2, pcall(function() return item:key('Types').size end)))",
	     "not-found\nnot-found\nnot-found\nt.lua:5: key has no member 'size'");
}

static void values(void **state)
{
	(void) state;
	logs("local t = item:key('Types')\n"
	     "local function show(n) local v = t:value(n) local d = v.data\n"
	     "if type(d) == 'table' then d = '{' .. table.concat(d, ',') .. '}' end\n"
	     "ctx:log(v.name .. ' ' .. v.type .. ' ' .. bytes.utf8(tostring(d))) end\n"
	     "show(nil) show('sz') show('dword') show('dword-be') show('qword') show('multi')\n"
	     "show('multi-none') show('link') show('dword-odd')\n"
	     "local v = t:value('strange') ctx:log(v.type .. bytes.hex(v.data))\n"
	     "ctx:log(bytes.hex(t:value('short').data) .. bytes.hex(t:value('dword').raw))",
	     " REG_SZ the default\nsz REG_SZ Jürgen 🌍\ndword REG_DWORD 4275878552\n"
	     "dword-be REG_DWORD_BIG_ENDIAN 16909060\nqword REG_QWORD -9223372036854775808\n"
	     "multi REG_MULTI_SZ {one,two,three}\nmulti-none REG_MULTI_SZ {}\n"
	     "link REG_LINK \\Registry\\Machine\ndword-odd REG_DWORD *\nREG_0x52deadbeef21\n"
	     "01020398badcfe");
}

#define SHOW                                                                                         \
	"local function show(k, ...) for _, n in ipairs({ ... }) do local v = item:key(k):value(n) " \
	"local d = v.data if type(d) == 'table' then d = '{' .. table.concat(d, ',') .. '}' end\n"   \
	"ctx:log(n .. ' ' .. (math.type(d) or type(d)) .. ' ' .. tostring(d)) end end\n"

/* What apps and devices keep has types of its own. */
static void typed_values(void **state)
{
	(void) state;
	logs_of("Users/ann/settings.dat",
	        SHOW
	        "show('App', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64', 'single', 'double',\n"
	        "'char', 'bool', 'off', 'string', 'date', 'span', 'guid')",
	        "u8 integer 255\ni16 integer -2\nu16 integer 65535\ni32 integer -70000\n"
	        "u32 integer 2147483648\ni64 integer -5\nu64 integer 1099511627776\n"
	        "single float 1.5\ndouble float -0.25\nchar string \u0416\nbool boolean true\n"
	        "off boolean false\nstring string Dark\ndate string 2023-04-01T00:00:00Z\n"
	        "span integer 10000000\nguid string {8f0e7c52-3cf0-4a11-9d55-0123456789ab}");
	logs_of("Users/ann/settings.dat",
	        SHOW "show('Device', 'u32', 'guid', 'time', 'true', 'text', 'list', 'filetime')\n"
	             "ctx:log(item:key('Device'):value('filetime').type)",
	        "u32 integer 7\nguid string {8f0e7c52-3cf0-4a11-9d55-0123456789ab}\n"
	        "time string 2023-04-01T00:00:00Z\ntrue boolean true\ntext string Disk\n"
	        "list string {a,b}\nfiletime string 2023-04-01T00:00:00Z\nREG_FILETIME");
}

/* Too short, unknown or never: bytes. A time of writing only where there is one. */
static void typed_bytes(void **state)
{
	(void) state;
	logs_of("Users/ann/settings.dat",
	        "local k = item:key('App')\n"
	        "for _, n in ipairs({ 'short', 'unstamped', 'never', 'composite' }) do\n"
	        "local v = k:value(n) ctx:log(n .. ' ' .. (type(v.data) == 'string' and\n"
	        "bytes.hex(v.data) or tostring(v.data)) .. ' ' .. tostring(v.written)) end\n"
	        "ctx:log(tostring(item:key('Device'):value('u32').written))",
	        "short 0187133ca01662d901 2023-03-29T08:15:30.1234567Z\nunstamped true nil\n"
	        "never 000000000000000087133ca01662d901 2023-03-29T08:15:30.1234567Z\n"
	        "composite 100000007265737487133ca01662d901 2023-03-29T08:15:30.1234567Z\nnil");
}

static void lone_surrogates(void **state)
{
	(void) state;
	logs_of("Users/ann/settings.dat",
	        "for k in item:key('Lone'):keys() do ctx:log(k.name .. ' ' .. k.path) end\n"
	        "for v in item:key('Lone'):values() do ctx:log(v.name .. v.data) end",
	        "k\uFFFDl Lone\\k\uFFFDl\nv\uFFFDw1");
}

static void loops(void **state)
{
	(void) state;
	logs(
	    "local n, last = 0\nfor k in item:key('Many'):keys() do\n"
	    "n = n + 1 last = k.name local rubbish = {} for i = 1, 20 do rubbish[i] = {} end end\n"
	    "ctx:log(n .. last)\n"
	    "for v in item:key('Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Run'):values()\n"
	    "do ctx:log(v.name) end\n"
	    "local function walk(k) local n = 1 for s in k:keys() do n = n + walk(s) end return n end\n"
	    "ctx:log(tostring(walk(item:root()) > 500))",
	    "510k509\nPhone\nSidebar\ntrue");
}

static void lists_stay_lists(void **state)
{
	struct harness h;
	char *line;

	(void) state;
	harness_open(&h, files);
	harness_plugin(
	    &h, NULL,
	    "ctx:record('x', { l = item:key('Types'):value('multi-none').data, h = item })");
	assert_int_equal(harness_run_as(&h, HIVE, FSK_AS_HIVE), 0);
	line = fsk_json_line(json_object_get(json_array_get(h.records, 0), "fields"));
	assert_string_equal(line,
	                    "{\"h\":{\"addr\":65,\"path\":\"" HIVE "\",\"seq\":1,\"source\":0,"
	                    "\"volume\":1},\"l\":[]}");
	free(line);
	harness_close(&h);
}

static void handles_go_dead(void **state)
{
	static const char *const uses[] = {
		"return old:key('x')",   "return key.name",          "return value.data",
		"for k in keys do end",  "for v in values do end",   "return key.hive.dirty",
		"ctx:collect(old, 'x')", "ctx:record('x', { old })",
	};

	(void) state;
	for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++) {
		struct harness h;
		char body[512];

		snprintf(body, sizeof(body),
		         "if old then\n%s\nend old = item key = old:key('Types')\n"
		         "value = key:value('sz') keys = key:keys() values = key:values()",
		         uses[i]);
		harness_open(&h, files);
		harness_plugin(&h, "local old, key, value, keys, values", body);
		assert_int_equal(harness_run_as(&h, HIVE, FSK_AS_HIVE), 0);
		assert_int_equal(harness_run_as(&h, HIVE, FSK_AS_HIVE), FSK_EPLUGIN);
		assert_contains(h.err.msg, "no longer open");
		harness_close(&h);
	}
}

/* Hives lie outside of Lua's memory: opening one after the other must not
 * keep them all. */
static void many_hives_are_given_back(void **state)
{
	(void) state;
	logs("for i = 1, 2000 do local h = ctx:hive(item.entry)\n"
	     "if not h:key('Types') then error('gone') end end ctx:log('done')",
	     "done");
}

static void memory_may_end_anywhere(void **state)
{
	static const char body[] =
	    "for k in item:root():keys() do for v in k:values() do ctx:log(v.name .. v.type)\n"
	    "local d = v.data end if k.name ~= 'Many' then for s in k:keys() do ctx:log(s.path) end\n"
	    "end end local h = ctx:hive(item.entry) ctx:log(h:key('Types'):value('sz').raw)\n";
	size_t heap = 12000;
	int rc;

	(void) state;
	do {
		const struct fsk_engine_limits limits = { .heap = heap };
		struct harness h;

		harness_open(&h, files);
		fsk_engine_set_limits(h.e, &limits);
		harness_plugin(&h, NULL, body);
		rc = harness_run_as(&h, HIVE, FSK_AS_HIVE);
		if (rc != 0 && rc != FSK_ELIMIT)
			fail_msg("%zu bytes: %d %s", heap, rc, h.err.msg);
		harness_close(&h);
		heap += heap < 40000 ? 311 : 8192;
	} while (rc != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members),
		cmocka_unit_test(values),
		cmocka_unit_test(typed_values),
		cmocka_unit_test(typed_bytes),
		cmocka_unit_test(lone_surrogates),
		cmocka_unit_test(loops),
		cmocka_unit_test(lists_stay_lists),
		cmocka_unit_test(handles_go_dead),
		cmocka_unit_test(many_hives_are_given_back),
		cmocka_unit_test(memory_may_end_anywhere),
	};

	return cmocka_run_group_tests_name("lua hives", tests, read_hive, free_hive);
}
