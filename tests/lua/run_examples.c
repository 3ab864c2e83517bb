/* Runs the Lua examples of Markdown files in the real engine, over a small
 * tree, with the real registry and the real native modules. TAP, one case for
 * each example.
 *
 *   run_examples HIVE DATABASE SHORTCUT PREFETCH PROGRAM JUMPLIST MACHO PLIST ESE MSI
 *                {ARTIFACTS,LIBRARY}.lua… -- FILE.md…
 *
 * An example is a whole plugin when it has "api = 1": it is loaded and run on
 * everything that it wants here, which must be something, or on a small machine when it
 * judges: then it must give a verdict. Any other one is
 * the body of run, with the item under the name that it uses: item, hive, db. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/lua/engine.h"
#include "tests/unit/lua/fake_fs.h"

enum { REAL = 5, REALS = 15 }; /* files[REAL …] have the content of real ones */

static struct fake_file files[] = {
	{ .path = "Users/ann/Downloads/setup.exe", .data = "MZ and more", .size = 11 },
	{ .path = "Users/ann/Downloads/setup.exe",
	  .stream = "Zone.Identifier",
	  .data = "[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://example.org/setup.exe\r\n",
	  .size = 65 },
	{ .path = "Users/ann/x.dll", .data = "MZ", .size = 2 },
	{ .path = "Users/ann/AppData/Local/Phone/app.exe", .data = "MZ", .size = 2 },
	{ .path = "Windows/System32/drivers/etc/hosts", .data = "# hosts\n", .size = 8 },
	[REAL] = { .path = "Users/ann/NTUSER.DAT" },
	{ .path = "Users/ann/visits.db" },
	{ .path = "Users/ann/Links/tool.lnk" },
	{ .path = "Windows/Prefetch/TOOL.EXE-A5E6B2E0.pf" },
	{ .path = "Program Files/Tool/tool.exe" },
	{ .path = "Users/ann/list.automaticDestinations-ms" },
	{ .path = "Applications/Tool.app/Contents/MacOS/Tool" },
	{ .path = "Applications/Tool.app/Contents/Info.plist" },
	{ .path = "Users/ann/WebCacheV01.dat" },
	{ .path = "Users/ann/Packages/tool.msi" },
	{ .path = "Users/ann/Pictures/tool.ico" },
	{ .path = "Users/ann/Packages/tool.nupkg" },
	{ .path = "Applications/Tool.app/Contents/Resources/app.asar" },
	{ .path = "Windows/System32/winevt/Logs/System.evtx" },
	{ .path = "Users/ann/journal" },
	{ 0 },
};

static struct fsk_volume volume = { .letter = 'C', .fs = "ntfs", .os = "windows" };
static unsigned cases, said; /* examples, and reports of the present one */

static int on_record(void *arg, const char *plugin, const char *row, size_t n, struct fsk_err *err)
{
	(void) arg;
	(void) plugin;
	(void) row;
	(void) n;
	(void) err;
	said++;
	return 0;
}

static int on_json(void *arg, const char *plugin, json_t *j, struct fsk_err *err)
{
	(void) arg;
	(void) plugin;
	(void) j;
	(void) err;
	said++;
	return 0;
}

static int on_collect(void *arg, const char *plugin, const struct fsk_entry *e, const char *reason,
                      struct fsk_err *err)
{
	(void) arg;
	(void) plugin;
	(void) e;
	(void) reason;
	(void) err;
	said++;
	return 0;
}

static void on_log(void *arg, const char *plugin, const char *text)
{
	(void) arg;
	printf("# %s: %s\n", plugin, text);
	said++;
}

static int add(struct fsk_engine *e, enum fsk_engine_text kind, const char *name, const char *text,
               struct fsk_err *err)
{
	return fsk_engine_add_text(e, kind, name, text, strlen(text), NULL, err);
}

/* What a text is follows from its folder below lua-scripts. */
static enum fsk_engine_text kind_of(const char *path)
{
	if (strstr(path, "/intel/") != NULL)
		return FSK_TEXT_DATA;
	return strstr(path, "/lib/") != NULL ? FSK_TEXT_LIB : FSK_TEXT_ARTIFACTS;
}

/* "…/artifacts/windows.lua" under the name "windows", "…/intel/3cx/paths.csv" under
 * "3cx/paths.csv". */
static void name_of(char *out, size_t cap, const char *path)
{
	const char *intel = strstr(path, "/intel/"), *slash = strrchr(path, '/');

	if (intel != NULL) {
		snprintf(out, cap, "%s", intel + strlen("/intel/"));
		return;
	}
	snprintf(out, cap, "%s", slash != NULL ? slash + 1 : path);
	if (strchr(out, '.') != NULL)
		*strchr(out, '.') = '\0';
}

static int add_file(struct fsk_engine *e, const char *path, struct fsk_err *err)
{
	char name[128];
	struct fsk_buf b;
	int rc;

	name_of(name, sizeof(name), path);
	fsk_buf_init(&b, FSK_PLUGIN_TEXT_MAX);
	rc = fsk_file_slurp(&b, path, err);
	if (rc == 0)
		rc = fsk_engine_add_text(e, kind_of(path), name, b.data, b.len, NULL, err);
	fsk_buf_free(&b);
	return rc;
}

static int run_want(struct fsk_engine *e, struct fsk_fs *fs, const char *plugin,
                    const struct fsk_want *want, unsigned *runs, struct fsk_err *err)
{
	struct fsk_entries found;
	int rc = fsk_fs_glob(&found, fs, &want->globs, 0, err);

	for (size_t i = 0; rc == 0 && i < found.count; i++) {
		const struct fsk_engine_item item = { .fs = fs,
			                              .volume = &volume,
			                              .source_name = "disk.E01",
			                              .entry = &found.items[i],
			                              .artifact = want->artifact,
			                              .as = want->as };
		rc = fsk_engine_run(e, plugin, &item, err);
		*runs += 1;
	}
	fsk_entries_free(&found);
	return rc;
}

/* On a machine of one source, with a volume that nobody could read and a record. */
static int run_judge(struct fsk_engine *e, const char *plugin, struct fsk_err *err)
{
	static const char *const lists[FSK_JUDGED_COUNT] = {
		[FSK_JUDGED_SOURCES] = "{\"source\":0,\"name\":\"disk.E01\"}\n",
		[FSK_JUDGED_VOLUMES] = "{\"source\":0,\"volume\":0}\n",
		[FSK_JUDGED_RECORDS] = "{\"fields\":{\"entry\":{\"path\":\"Users/ann/x.exe\"}},"
		                       "\"kind\":\"download\",\"plugin\":\"downloads\"}\n",
	};
	struct fsk_judged_rows rows = { .name = "disk.E01" };
	bool given = false;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < FSK_JUDGED_COUNT; i++) {
		fsk_buf_init(&rows.lists[i], FSK_MIB);
		if (lists[i] != NULL)
			rc = fsk_buf_append_str(&rows.lists[i], lists[i], err);
	}
	if (rc == 0)
		rc = fsk_engine_judge(&given, e, plugin, &rows, err);
	for (size_t i = 0; i < FSK_JUDGED_COUNT; i++)
		fsk_buf_free(&rows.lists[i]);
	return rc == 0 && !given ? fsk_err_set(err, FSK_ENOTFOUND, "gave no verdict") : rc;
}

static int run_plugin(struct fsk_engine *e, struct fsk_fs *fs, const char *plugin,
                      struct fsk_err *err)
{
	struct fsk_wants wants;
	json_t *meta = NULL;
	unsigned runs = 0;
	int rc = fsk_engine_plugin_load(e, plugin, &meta, err);
	bool judges = json_object_get(meta, "judges") != NULL;

	json_decref(meta);
	if (rc == 0 && judges)
		return run_judge(e, plugin, err);
	if (rc == 0)
		rc = fsk_engine_plugin_wants(&wants, e, plugin, "windows", NULL, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < wants.count; i++)
		rc = run_want(e, fs, plugin, &wants.items[i], &runs, err);
	fsk_wants_free(&wants);
	if (rc == 0 && (runs == 0 || said == 0))
		rc = fsk_err_set(err, FSK_ENOTFOUND, "ran %u times and said %u things", runs, said);
	return rc;
}

/* Does the example use the item under this name, without making it itself? */
static bool uses(const char *code, const char *name)
{
	char made[32];

	snprintf(made, sizeof(made), "local %s", name);
	for (const char *p = code; (p = strstr(p, name)) != NULL; p++) {
		if ((p == code || !isalnum((unsigned char) p[-1])) &&
		    strchr(":.", p[strlen(name)]) != NULL)
			return strstr(code, made) == NULL;
	}
	return false;
}

/* The example as the text of a plugin "example"; to be freed. */
static char *wrap(const char *code)
{
	const char *name = uses(code, "hive") ? "hive" : uses(code, "db") ? "db" : "item";
	const char *want = *name == 'h'   ? "test.hive"
	                   : *name == 'd' ? "test.db"
	                                  : "Users/ann/Downloads/setup.exe";
	struct fsk_buf b;

	fsk_buf_init(&b, FSK_PLUGIN_TEXT_MAX);
	fsk_buf_printf(&b, NULL,
	               "return { api = 1, name = 'example', summary = 'x', wants = { '%s' }, "
	               "run = function(ctx, %s)\n%s\nctx:log('ran') end }",
	               want, name, code);
	return fsk_buf_steal_str(&b, NULL);
}

/* The value of `name = "…"` in a whole plugin. */
static void plugin_name(char *out, size_t cap, const char *code)
{
	const char *at = strstr(code, "name = \"");
	size_t n;

	at = at != NULL ? strchr(at, '"') : NULL;
	n = at != NULL ? strcspn(at + 1, "\"") : 0;
	snprintf(out, cap, "%.*s", (int) n, at != NULL ? at + 1 : "");
}

static int run_code(const char *code, char **artifacts, int count, struct fsk_err *err)
{
	static const struct fsk_engine_ops ops = {
		.record = on_record,
		.finding = on_json,
		.machine = on_json,
		.verdict = on_json,
		.collect = on_collect,
		.anomaly = on_json,
		.log = on_log,
	};
	bool whole = strstr(code, "api = 1") != NULL;
	char *text = whole ? strdup(code) : wrap(code);
	struct fsk_engine *e = NULL;
	struct fsk_fs *fs;
	char name[128] = "example";
	int rc;

	if (whole)
		plugin_name(name, sizeof(name), code);
	said = 0;
	fake_fs_open(&fs, files);
	rc = fsk_engine_new(&e, &ops, NULL, err);
	for (int i = 0; rc == 0 && i < count; i++)
		rc = add_file(e, artifacts[i], err);
	if (rc == 0)
		rc = add(
		    e, FSK_TEXT_ARTIFACTS, "test",
		    "return { { name = 'test.hive', as = 'hive', globs = { '**/NTUSER.DAT' } },"
		    "{ name = 'test.db', as = 'database', globs = { '**/visits.db' } } }",
		    err);
	if (rc == 0)
		rc = add(e, FSK_TEXT_LIB, "greet",
		         "return { hello = function(name) return 'hello, ' .. name end }", err);
	if (rc == 0)
		rc = add(e, FSK_TEXT_DATA, "domains.txt", "example.org\n", err);
	if (rc == 0)
		rc = add(e, FSK_TEXT_IOC, "list.txt", "evil.example # test\r\n", err);
	if (rc == 0)
		rc = add(e, FSK_TEXT_PLUGIN, name, text, err);
	if (rc == 0)
		rc = run_plugin(e, fs, name, err);
	fsk_engine_free(e);
	fsk_fs_close(fs);
	free(text);
	return rc;
}

static void run_document(const char *path, char *text, char **artifacts, int count)
{
	const char *slash = strrchr(path, '/');
	char *at = text, *code, *end;
	struct fsk_err err;

	while ((code = strstr(at, "\n```lua\n")) != NULL) {
		unsigned line = 2;

		for (const char *p = text; p < code; p++)
			line += *p == '\n';
		code += strlen("\n```lua\n");
		end = strstr(code, "\n```");
		if (end == NULL)
			break;
		*end = '\0';
		at = end + 1;
		memset(&err, 0, sizeof(err));
		if (run_code(code, artifacts, count, &err) < 0)
			printf("# %s\nnot ", err.msg);
		printf("ok %u - %s:%u\n", ++cases, slash != NULL ? slash + 1 : path, line);
	}
}

static int slurp(struct fsk_buf *b, const char *path)
{
	struct fsk_err err;

	fsk_buf_init(b, 64u << 20);
	if (fsk_file_slurp(b, path, &err) == 0 && fsk_buf_append_u8(b, 0, &err) == 0)
		return 0;
	printf("not ok %u - %s\n", ++cases, err.msg);
	return -1;
}

int main(int argc, char **argv)
{
	struct fsk_buf real[REALS] = { 0 }, text;
	int split = 1 + REALS;

	while (split < argc && strcmp(argv[split], "--") != 0)
		split++;
	for (int i = 0; i < REALS; i++) {
		if (i + 1 >= argc || slurp(&real[i], argv[i + 1]) < 0)
			return 1;
		files[REAL + i].data = (const char *) real[i].data;
		files[REAL + i].size = real[i].len - 1;
	}
	for (int i = split + 1; i < argc; i++) {
		if (slurp(&text, argv[i]) == 0)
			run_document(argv[i], (char *) text.data, argv + 1 + REALS,
			             split - 1 - REALS);
		fsk_buf_free(&text);
	}
	for (int i = 0; i < REALS; i++)
		fsk_buf_free(&real[i]);
	printf("1..%u\n", cases);
	return 0;
}
