/* ctx: what a plugin reports to, and its door to the rest of the volume. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/lua/internal.h"

/// # ctx
///
/// The first argument of `run`: what a plugin reports to, and its door to the rest of the
/// volume. Absence is `nil, message, code`, where the code is a word such as `not-found` or
/// `corrupt`; a mistake of the plugin raises. Beside the functions below, ctx has these
/// members:
///
/// | member | meaning |
/// |---|---|
/// | `ctx.volume` | `source` (name of the evidence), `index`, `letter` (`"C"` or nil), `fs`,
///     `os`, `serial` (`"64BB-3469"`, as Windows shows it, or nil) |
/// | `ctx.options` | the options of the plugin with the values of this run |
/// | `ctx.plugin` | the name of the plugin |
/// | `ctx.profiles` | list of the profiles on this volume that ProfileList of a Windows has, each
///     with `user`, `sid` (or nil) and `path` (`"Users/ann"`) |
struct ctx {
	struct fsk_object object; /* uservalue 1: volume, 2: options */
};

/* Entries of ctx:glob; an object so that no jump loses them. */
struct entries {
	struct fsk_object object;
	struct fsk_globset set;
	struct fsk_entries list;
	size_t at;
};

static struct fsk_run *check(lua_State *L)
{
	return ((struct ctx *) fsk_object_check(L, 1, &fsk_bound_ctx))->object.run;
}

struct fsk_run *fsk_ctx_check(lua_State *L)
{
	struct fsk_run *run = check(L);

	if (run->judging != NULL)
		luaL_error(L, "a plugin that judges is given rows: it cannot read evidence");
	return run;
}

/* --- records --- */

static const char *check_kind(lua_State *L, int at)
{
	const char *kind = luaL_checkstring(L, at);
	size_t n = strlen(kind);

	luaL_argcheck(
	    L, n > 0 && n <= 64 && strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == n, at,
	    "kind: up to 64 of lower case, digits, '.', '-' and '_'");
	return kind;
}

/* nil, or an ISO time as the functions of `time` give it. */
static void check_time(lua_State *L, int at)
{
	lua_pushliteral(L, "time");
	lua_rawget(L, at);
	if (!lua_isnil(L, -1) && (lua_type(L, -1) != LUA_TSTRING ||
	                          fsk_time_parse_iso(lua_tostring(L, -1)) == FSK_TIME_NONE))
		luaL_error(L, "fields.time: expected a time like \"2023-03-29T08:15:30Z\", got %s",
		           luaL_tolstring(L, -1, NULL));
	lua_pop(L, 1);
}

/* The budget of rows; false when it is used up. */
static bool count_row(lua_State *L, struct fsk_plugin *p)
{
	uint64_t max = p->engine->limits.rows != 0 ? p->engine->limits.rows : FSK_ROWS_MAX;
	struct fsk_err why;

	if (p->rows < max) {
		p->rows++;
		return true;
	}
	fsk_err_set(&why, FSK_ELIMIT, "more than %llu records of this plugin on this volume",
	            (unsigned long long) max);
	if (!p->rows_full) {
		p->rows_full = true;
		fsk_run_report(L, FSK_ELIMIT, NULL, why.msg);
	}
	fsk_push_failure(L, &why);
	return false;
}

/* {"fields":{…},"kind":"…"} of the table at 3. */
static int write_row(struct fsk_jsonbuf *b, lua_State *L, const char *kind, size_t *budget,
                     struct fsk_err *err)
{
	size_t front;
	int rc;

	fsk_buf_reset(&b->text);
	rc = fsk_buf_append_str(&b->text, "{\"fields\":", err);
	front = b->text.len;
	if (rc == 0)
		rc = fsk_lua_append_json(b, L, 3, "fields", budget, err);
	if (rc == 0 && b->text.data[front] != '{') /* a jump, but the memory is the engine's */
		return luaL_argerror(L, 3, "fields must have names");
	if (rc == 0)
		rc = fsk_buf_append_str(&b->text, ",\"kind\":\"", err);
	if (rc == 0)
		rc = fsk_buf_append_str(&b->text, kind, err);
	return rc == 0 ? fsk_buf_append(&b->text, "\"}", 2, err) : rc;
}

/// ctx:record(kind, fields)
///
/// Adds one row to `records/<plugin>.jsonl`. `kind` is a short word (lower case, digits, `.`,
/// `-`, `_`). `fields` is a table of strings, numbers, booleans and tables, at most 16 deep
/// and 1 MiB. `fields.time`, an ISO time as the functions of `time` give it, puts the row on
/// the timeline. An entry, hive or database anywhere inside is written as the locator of its
/// file. How Lua values become JSON: see "Tables and JSON".
///
/// True; `nil, message, "limit"` when the row is too large or the plugin has 5 million rows
/// on this volume (both are anomalies in the archive as well).
///
/// ```lua
/// ctx:record("program", { name = item.name, time = item.times.modified, entry = item })
/// ```
static int method_record(lua_State *L)
{
	struct fsk_run *run = check(L);
	struct fsk_plugin *p = run->plugin;
	const char *kind = check_kind(L, 2);
	size_t budget = FSK_RECORD_BYTES_MAX;
	const struct fsk_buf *row;
	struct fsk_err err;
	int rc;

	fsk_sandbox_charge(L, FSK_COST_OBJECT);
	luaL_checktype(L, 3, LUA_TTABLE);
	check_time(L, 3);
	if (!count_row(L, p))
		return 3;
	rc = write_row(&p->engine->row, L, kind, &budget, &err);
	if (rc == FSK_ELIMIT) { /* the size of evidence is nobody's mistake */
		fsk_run_report(L, rc, run->item->entry, err.msg);
		return fsk_push_failure(L, &err);
	}
	if (rc < 0)
		return luaL_error(L, "%s", err.msg);
	fsk_err_set(&err, FSK_ECANCELED, "stopped");
	row = &p->engine->row.text;
	rc = p->engine->ops.record(p->engine->arg, p->text->name, (const char *) row->data,
	                           row->len, &err);
	if (rc < 0)
		return fsk_sandbox_stop(L, &err);
	lua_pushboolean(L, true);
	return 1;
}

/* --- files --- */

/// ctx:collect(e, reason)
///
/// Asks for the file to go into the archive. A hive or a database stands for its file. The
/// same file may be asked for many times: it is read once, and every reason is kept. True, or
/// `nil, message` when `e` is no file.
///
/// ```lua
/// ctx:collect(item, "program in a folder of downloads")
/// ```
static int method_collect(lua_State *L)
{
	const struct fsk_entry *e;
	const char *reason;

	fsk_ctx_check(L);
	e = fsk_object_check_entry(L, 2);
	reason = luaL_checkstring(L, 3);
	if (e->type != FSK_ENTRY_FILE) {
		lua_pushnil(L);
		lua_pushfstring(L, "\"%s\" is no file", e->loc.path);
		return 2;
	}
	fsk_run_collect(L, e, reason);
	lua_pushboolean(L, true);
	return 1;
}

/* Pushes `path` with '/' and without a drive letter, and tells the file system that the
 * letter means; false (nil, err, code pushed) when there is none. */
static bool push_local(lua_State *L, struct fsk_fs **fs, const struct fsk_run *run,
                       const char *path)
{
	char letter = run->item->volume->letter, drive;
	struct fsk_err err;
	int rc = 0;

	*fs = run->item->fs;
	if (isalpha((unsigned char) path[0]) && path[1] == ':' && strchr("/\\", path[2]) != NULL) {
		drive = (char) toupper((unsigned char) path[0]);
		if (drive != letter && fsk_machine_has(run->item->machine, drive))
			rc = fsk_machine_drive_fs(fs, run->item->machine, drive, &err);
		else if (letter != 0 && drive != letter)
			rc = fsk_err_set(&err, FSK_ENOTFOUND,
			                 "on drive %c:, which the evidence does not have", drive);
		if (rc < 0) {
			fsk_push_failure(L, &err);
			return false;
		}
		path += 2;
	}
	path += strspn(path, "/\\");
	luaL_gsub(L, path, "\\", "/");
	return true;
}

/// ctx:lookup(path)
///
/// One entry of this volume, or of the volume whose drive letter stands in front, if the same
/// machine has it. Both separators will do. `nil, message, code` when there is none, or no
/// such drive. Names are compared as the file system does.
///
/// ```lua
/// local hosts = ctx:lookup("C:\\Windows\\System32\\drivers\\etc\\hosts")
/// assert(hosts.path == "Windows/System32/drivers/etc/hosts")
/// local none, why, code = ctx:lookup("D:/hosts")
/// assert(none == nil and code == "not-found")
/// ```
static int method_lookup(lua_State *L)
{
	struct fsk_run *run = fsk_ctx_check(L);
	struct fsk_fs *fs;
	struct fsk_err err;
	const char *path;

	fsk_sandbox_charge(L, FSK_COST_LOOKUP);
	if (!push_local(L, &fs, run, luaL_checkstring(L, 2)))
		return 3;
	path = lua_tostring(L, -1);
	if (fsk_fs_lookup(fsk_entry_push(L, NULL), fs, path, &err) < 0)
		return fsk_push_failure(L, &err);
	return 1;
}

static void release_entries(struct fsk_object *self)
{
	struct entries *l = (struct entries *) self;

	fsk_globset_free(&l->set);
	fsk_entries_free(&l->list);
}

static int next_entry(lua_State *L);
static const luaL_Reg no_methods[] = { { NULL, NULL } };
static const struct fsk_bound bound_entries = {
	.name = "entries",
	.methods = no_methods,
	.release = release_entries,
	.call = next_entry,
};

static int next_entry(lua_State *L)
{
	struct entries *l = fsk_object_check(L, 1, &bound_entries);
	struct fsk_err err;

	if (l->at >= l->list.count)
		return 0;
	if (fsk_entry_copy(fsk_entry_push(L, NULL), &l->list.items[l->at++], &err) < 0)
		return luaL_error(L, "%s", err.msg);
	return 1;
}

/// ctx:glob(pattern)
///
/// Iterator of the entries that match, in the order of their paths: `*`, `?`, `[a-z]`,
/// `{a,b}`, and `**` for any number of folders; `file:stream` for alternate data streams. A
/// pattern that begins with the names of folders is cheap, one that begins with `**` asks for
/// the whole volume (on NTFS one pass over `$MFT`, for all that come after it, too).
///
/// ```lua
/// local names = {}
/// for e in ctx:glob("Users/*/Downloads/*.{exe,msi}") do
///     names[#names + 1] = e.name
/// end
/// assert(table.concat(names, " ") == "setup.exe")
/// ```
static int method_glob(lua_State *L)
{
	struct fsk_run *run = fsk_ctx_check(L);
	const char *pattern = luaL_checkstring(L, 2);
	struct entries *l = fsk_object_new(L, &bound_entries, sizeof(*l), 0);
	struct fsk_err err;

	fsk_sandbox_charge(L, FSK_COST_WALK);
	if (fsk_profiles_glob(&l->set, run->item->profiles, pattern, &err) < 0)
		return luaL_argerror(L, 2, lua_pushfstring(L, "%s", err.msg));
	if (fsk_fs_glob(&l->list, run->item->fs, &l->set, 0, &err) < 0)
		fsk_run_report(L, err.code, NULL, err.msg);
	return 1;
}

/// ctx:hive(e)
///
/// Opens an entry as a registry hive: `nil, message, code` when it is none. Items of
/// artifacts with `as = "hive"` come opened.
///
/// ```lua
/// local hive = assert(ctx:hive(ctx:lookup("Users/ann/NTUSER.DAT")))
/// assert(hive:key("Types").name == "Types")
/// ```
static int method_hive(lua_State *L)
{
	struct fsk_err err;

	fsk_ctx_check(L);
	fsk_object_check_entry(L, 2);
	if (fsk_hive_push(L, 2, &err) < 0)
		return fsk_push_failure(L, &err);
	return 1;
}

/// ctx:database(e)
///
/// Opens an entry as an SQLite database, with the `-wal` and `-journal` beside it: `nil,
/// message, code` when it is none. Items of artifacts with `as = "database"` come opened.
///
/// ```lua
/// local db = assert(ctx:database(ctx:lookup("Users/ann/visits.db")))
/// for row in db:rows("SELECT url FROM visits ORDER BY id LIMIT 1") do
///     assert(row.url == "https://example.org/")
/// end
/// ```
static int method_database(lua_State *L)
{
	struct fsk_err err;

	fsk_ctx_check(L);
	fsk_object_check_entry(L, 2);
	if (fsk_database_push(L, 2, &err) < 0)
		return fsk_push_failure(L, &err);
	return 1;
}

/* --- anomalies, log --- */

/* The text that the argument at 2 stands for, or NULL. */
static const struct fsk_text *about_text(lua_State *L)
{
	const struct fsk_engine *e = fsk_sandbox_of(L)->engine;

	if (lua_type(L, 2) == LUA_TSTRING)
		return fsk_engine_text(e, FSK_TEXT_DATA, lua_tostring(L, 2));
	return fsk_given_at(L, 2);
}

/// ctx:anomaly(e, reason)
///
/// Something about the evidence that a reader must know before trusting an absence: a format
/// that contradicts itself, a file that should be there. `e` may be nil. It may also be a file of
/// the analyst (see `given`) or the name of a table (see `data`): what is wrong with them counts
/// once, however often it is told.
///
/// ```lua
/// if item.size == 0 then
///     ctx:anomaly(item, "program without content")
/// end
/// ```
static int method_anomaly(lua_State *L)
{
	const struct fsk_text *given = about_text(L);
	const struct fsk_entry *e = NULL;

	check(L);
	if (given != NULL) {
		fsk_run_report_given(L, given->name, luaL_checkstring(L, 3));
		return 0;
	}
	if (!lua_isnil(L, 2))
		e = fsk_object_check_entry(L, 2);
	fsk_run_report(L, FSK_ECORRUPT, e, luaL_checkstring(L, 3));
	return 0;
}

/// ctx:log(text)
///
/// A line for the log, for whoever writes or tests the plugin. Nothing of it goes into the
/// archive.
///
/// ```lua
/// ctx:log("looking at " .. item.full)
/// ```
static int method_log(lua_State *L)
{
	struct fsk_plugin *p = check(L)->plugin;

	p->engine->ops.log(p->engine->arg, p->text->name, luaL_checkstring(L, 2));
	return 0;
}

/* --- fields --- */

static void push_volume(lua_State *L, const struct fsk_engine_item *item)
{
	const struct fsk_volume *v = item->volume;
	char serial[10];

	lua_createtable(L, 0, 6);
	fsk_push_text(L, item->source_name);
	lua_setfield(L, -2, "source");
	lua_pushinteger(L, v->index);
	lua_setfield(L, -2, "index");
	if (v->letter != 0) {
		lua_pushlstring(L, &v->letter, 1);
		lua_setfield(L, -2, "letter");
	}
	if (v->fs[0] != '\0') {
		lua_pushstring(L, v->fs);
		lua_setfield(L, -2, "fs");
	}
	if (v->os[0] != '\0') {
		lua_pushstring(L, v->os);
		lua_setfield(L, -2, "os");
	}
	if (v->serial != 0) { /* of NTFS Windows shows the lower half */
		snprintf(serial, sizeof(serial), "%04X-%04X", (unsigned) (v->serial >> 16 & 0xffff),
		         (unsigned) (v->serial & 0xffff));
		lua_pushstring(L, serial);
		lua_setfield(L, -2, "serial");
	}
}

static void push_options(lua_State *L, const struct fsk_plugin *p)
{
	json_t *declared = json_object_get(p->meta, "options"), *option;
	const char *key;

	lua_newtable(L);
	json_object_foreach (declared, key, option) {
		fsk_lua_push_json(L, json_object_get(option, "value"));
		lua_setfield(L, -2, key);
	}
}

void fsk_ctx_push(lua_State *L)
{
	const struct fsk_run *run = fsk_run_of(L);

	fsk_object_new(L, &fsk_bound_ctx, sizeof(struct ctx), 2);
	push_volume(L, run->item);
	lua_setiuservalue(L, -2, 1);
	push_options(L, run->plugin);
	lua_setiuservalue(L, -2, 2);
}

static void push_profiles(lua_State *L, const struct fsk_profiles *p)
{
	size_t n = p != NULL ? p->count : 0;
	lua_Integer at = 0;

	fsk_sandbox_charge(L, FSK_COST_LOOKUP);
	fsk_lua_push_list(L, (int) n);
	for (size_t i = 0; i < n; i++) {
		const char *slash = strrchr(p->items[i].path, '/');

		if (fsk_profile_is_former(p->items[i].path))
			continue;
		lua_createtable(L, 0, 3);
		fsk_push_text(L, slash != NULL ? slash + 1 : p->items[i].path);
		lua_setfield(L, -2, "user");
		fsk_push_text(L, p->items[i].sid);
		lua_setfield(L, -2, "sid");
		fsk_push_text(L, p->items[i].path);
		lua_setfield(L, -2, "path");
		lua_rawseti(L, -2, ++at);
	}
}

static int get(lua_State *L, struct fsk_object *self, const char *key)
{
	bool judges = self->run->judging != NULL;

	if (judges && (strcmp(key, "volume") == 0 || strcmp(key, "profiles") == 0))
		return luaL_error(L, "a plugin that judges has no ctx.%s: see machine.volumes",
		                  key);
	if (strcmp(key, "volume") == 0)
		lua_getiuservalue(L, 1, 1);
	else if (strcmp(key, "options") == 0)
		lua_getiuservalue(L, 1, 2);
	else if (strcmp(key, "plugin") == 0)
		lua_pushstring(L, self->run->plugin->text->name);
	else if (strcmp(key, "profiles") == 0)
		push_profiles(L, self->run->item->profiles);
	else
		return 0;
	return 1;
}

static const luaL_Reg methods[] = {
	{ "record", method_record },
	{ "finding", fsk_ctx_finding },
	{ "machine", fsk_ctx_machine },
	{ "verdict", fsk_ctx_verdict },
	{ "collect", method_collect },
	{ "payload", fsk_ctx_payload },
	{ "follow", fsk_ctx_follow },
	{ "expand", fsk_ctx_expand },
	{ "glob", method_glob },
	{ "lookup", method_lookup },
	{ "hive", method_hive },
	{ "database", method_database },
	{ "anomaly", method_anomaly },
	{ "log", method_log },
	{ NULL, NULL },
};

const struct fsk_bound fsk_bound_ctx = { .name = "ctx", .methods = methods, .get = get };
