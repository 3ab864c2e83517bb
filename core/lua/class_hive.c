/* hive: a registry hive, opened from a copy in memory. */
#include <string.h>

#include "core/base/limits.h"
#include "core/lua/hive_logs.h"
#include "core/lua/internal.h"
#include "core/registry/hive.h"

/// # Hives, keys and values
///
/// What `run` gets for artifacts with `as = "hive"`, and what `ctx:hive` gives.
///
/// | member | meaning |
/// |---|---|
/// | `hive.entry` | its file |
/// | `hive.user`, `hive.sid`, `hive.profile`, `hive.artifact` | those members of it |
/// | `hive.dirty` | whether the newest changes were in the transaction logs only |
/// | `hive.replay` | of a dirty hive: what its transaction logs gave, see below; else `nil` |
/// | `hive.written` | ISO time in the header |
/// | `key.name`, `key.path` | the name; the path below the root, `\` separated |
/// | `key.written` | ISO time |
/// | `key.class` | the class name, `""` if none |
/// | `key.owner` | SID of the owner in its security descriptor, or nil |
/// | `key.hive` | its hive |
/// | `v.name` | `""` for the default value |
/// | `v.type` | `"REG_SZ"`, `"REG_DWORD"`, …; `"REG_0x52"` for numbers without a name |
/// | `v.data` | string for `REG_SZ`, `REG_EXPAND_SZ` and `REG_LINK`, integer for `REG_DWORD`,
///     `REG_DWORD_BIG_ENDIAN` and `REG_QWORD`, list for `REG_MULTI_SZ`, ISO time for
///     `REG_FILETIME`, bytes for the rest |
/// | `v.raw` | the bytes as they are |
/// | `v.written` | ISO time of a value in the `settings.dat` of an app, else nil |
///
/// In `settings.dat` (types `REG_0x5f5e101` and on) and below `Enum\…\Properties` (types
/// `REG_0xffff0007` and on) values have types of their own: there `v.data` is a string, an
/// integer, a float, a boolean, an ISO time, a GUID or a list, too, and a span of time an
/// integer of 100 ns.
///
/// The transaction logs beside a dirty hive (`.LOG`, `.LOG1`, `.LOG2`) are replayed into the copy
/// before a plugin sees it, as Windows would the next time it loads the hive. `hive.replay` is
/// a table: `applied` (boolean), `entries`, `pages` and `bytes` of all logs together, `grown`
/// (bytes), `header` (`"damaged"` when the base block was, else `"sound"`), and `logs`, a list of
/// tables with `path`, `state` (`"applied"`, `"empty"`, `"older"`, `"damaged"`, `"foreign"` or
/// `"gap"`), `entries`, `pages`, `bytes`, `first` and `last` (sequence numbers of what was applied)
/// and `note` (where and why replay stopped). Logs that could not be applied are anomalies.
/* Hives lie outside of Lua's memory; above this, garbage is looked for first. */
#define OUTSIDE_SOFT (64u * FSK_MIB)
#define DAMAGE_SHOWN 32 /* damaged places that get an anomaly each */

struct hive {
	struct fsk_object object; /* uservalue 1: the entry */
	struct fsk_hive *hive;
	struct fsk_hive_logs logs;
	const struct fsk_entry *entry; /* of the uservalue */
	uint64_t size;
};

static void release(struct fsk_object *self)
{
	struct hive *h = (struct hive *) self;

	fsk_hive_close(h->hive);
	h->hive = NULL;
	fsk_hive_logs_free(&h->logs);
	self->run->outside -= h->size;
}

/* The uservalue may be gone when a hive is released, but is there while the
 * hive is alive in Lua. */
static const struct fsk_entry *entry_of(const struct fsk_object *self)
{
	return ((const struct hive *) self)->entry;
}

/* What is damaged, as anomalies: some one by one, the rest as a number. */
static int report_damage(struct hive *h, struct fsk_err *err)
{
	size_t damaged = fsk_hive_info(h->hive)->damaged;
	struct fsk_err rest;
	int rc = 0;

	for (size_t i = 0; i < damaged && i < DAMAGE_SHOWN && rc == 0; i++)
		rc = fsk_run_anomaly(h->object.run, FSK_ECORRUPT, h->entry,
		                     fsk_hive_damage(h->hive, i), NULL, 0, err);
	if (rc < 0 || damaged <= DAMAGE_SHOWN)
		return rc;
	fsk_err_set(&rest, FSK_ECORRUPT, "hive has %zu more damaged places",
	            damaged - DAMAGE_SHOWN);
	return fsk_run_anomaly(h->object.run, FSK_ECORRUPT, h->entry, rest.msg, NULL, 0, err);
}

/* What of the newest changes is not in the copy. */
static int report_logs(struct hive *h, struct fsk_err *err)
{
	struct fsk_run *run = h->object.run;
	const char *missing = fsk_hive_logs_missing(&h->logs);
	char text[256];
	int rc = 0;

	for (size_t i = 0; i < h->logs.count && rc == 0; i++)
		if (fsk_hive_logs_trouble(text, &h->logs, i) != NULL)
			rc = fsk_run_anomaly(run, FSK_ECORRUPT, &h->logs.entries[i], text, NULL, 0,
			                     err);
	if (rc == 0 && missing != NULL)
		rc = fsk_run_anomaly(run, FSK_ENOTFOUND, h->entry, missing, NULL, 0, err);
	return rc;
}

static int load(struct hive *h, struct fsk_err *err)
{
	struct fsk_run *run = h->object.run;
	struct fsk_buf data;
	int rc;

	fsk_buf_init(&data, FSK_HIVE_MAX);
	rc = fsk_entry_slurp(&data, run, h->entry, err);
	if (rc == 0)
		rc = fsk_hive_logs_replay(&h->logs, &data, fsk_run_fs(run, &h->entry->loc),
		                          &h->entry->loc, err);
	if (rc == 0) {
		h->size = data.len;
		run->outside += h->size;
		rc = fsk_hive_open(&h->hive, &data, err);
	}
	fsk_buf_free(&data);
	if (rc == 0)
		rc = report_logs(h, err);
	if (rc == 0)
		rc = report_damage(h, err);
	return rc;
}

int fsk_hive_push(lua_State *L, int at, struct fsk_err *err)
{
	const struct fsk_entry *e = fsk_object_check_entry(L, at);
	struct hive *h;
	int rc;

	if (fsk_run_of(L)->outside + e->size > OUTSIDE_SOFT)
		lua_gc(L, LUA_GCCOLLECT);
	h = fsk_object_new(L, &fsk_bound_hive, sizeof(*h), 1);
	h->entry = e;
	lua_pushvalue(L, at);
	lua_setiuservalue(L, -2, 1);
	rc = load(h, err);
	if (rc < 0) {
		fsk_object_kill(&h->object);
		lua_pop(L, 1);
	}
	return rc;
}

static void set_number(lua_State *L, const char *name, uint64_t v)
{
	lua_pushinteger(L, (lua_Integer) v);
	lua_setfield(L, -2, name);
}

static void push_log(lua_State *L, const struct fsk_hive_logs *logs, size_t i)
{
	const struct fsk_log_result *r = &logs->replay.logs[i];

	lua_createtable(L, 0, 8);
	fsk_push_text(L, logs->entries[i].loc.path);
	lua_setfield(L, -2, "path");
	lua_pushstring(L, fsk_log_state_name(r->state));
	lua_setfield(L, -2, "state");
	set_number(L, "entries", r->entries);
	set_number(L, "pages", r->pages);
	set_number(L, "bytes", r->bytes);
	if (r->entries > 0) {
		set_number(L, "first", r->first);
		set_number(L, "last", r->last);
	}
	if (r->note[0] != '\0') {
		fsk_push_text(L, r->note);
		lua_setfield(L, -2, "note");
	}
}

static void push_replay(lua_State *L, const struct fsk_hive_logs *logs)
{
	const struct fsk_replay *r = &logs->replay;

	if (!r->dirty) {
		lua_pushnil(L);
		return;
	}
	lua_createtable(L, 0, 7);
	lua_pushboolean(L, r->applied);
	lua_setfield(L, -2, "applied");
	lua_pushstring(L, r->damaged ? "damaged" : "sound");
	lua_setfield(L, -2, "header");
	set_number(L, "entries", r->entries);
	set_number(L, "pages", r->pages);
	set_number(L, "bytes", r->bytes);
	set_number(L, "grown", r->grown);
	fsk_lua_push_list(L, (int) logs->count);
	for (size_t i = 0; i < logs->count; i++) {
		push_log(L, logs, i);
		lua_rawseti(L, -2, (lua_Integer) i + 1);
	}
	lua_setfield(L, -2, "logs");
}

static int get(lua_State *L, struct fsk_object *self, const char *key)
{
	struct hive *h = (struct hive *) self;

	if (strcmp(key, "entry") == 0) {
		lua_getiuservalue(L, 1, 1);
	} else if (fsk_entry_lends(key)) {
		lua_getiuservalue(L, 1, 1);
		lua_getfield(L, -1, key);
	} else if (strcmp(key, "dirty") == 0) {
		lua_pushboolean(L, h->logs.replay.dirty);
	} else if (strcmp(key, "replay") == 0) {
		push_replay(L, &h->logs);
	} else if (strcmp(key, "written") == 0) {
		fsk_push_time(L, fsk_hive_info(h->hive)->written);
	} else {
		return 0;
	}
	return 1;
}

/// hive:key(path)
///
/// The key at a path that uses `\`, compared without case; `""` is the root. `nil, message,
/// code` when it is not there.
///
/// ```lua hive
/// local run = hive:key("software\\microsoft\\windows\\currentversion\\run")
/// assert(run.name == "Run" and run.written == "2023-03-30T01:02:03Z")
/// assert(select(3, hive:key("no\\such")) == "not-found")
/// ```
static int method_key(lua_State *L)
{
	struct hive *h = fsk_object_check(L, 1, &fsk_bound_hive);
	const char *path = luaL_checkstring(L, 2);
	struct fsk_err err;

	if (fsk_hive_key(fsk_key_push(L, 1), h->hive, path, &err) < 0)
		return fsk_push_failure(L, &err);
	return 1;
}

/// hive:root()
///
/// The key at the top.
///
/// ```lua hive
/// for key in hive:root():keys() do
///     ctx:record("key", { name = key.name, time = key.written })
/// end
/// ```
static int method_root(lua_State *L)
{
	struct hive *h = fsk_object_check(L, 1, &fsk_bound_hive);
	struct fsk_err err;

	if (fsk_hive_root(fsk_key_push(L, 1), h->hive, &err) < 0)
		return fsk_push_failure(L, &err);
	return 1;
}

static const luaL_Reg methods[] = {
	{ "key", method_key },
	{ "root", method_root },
	{ "keys", fsk_hive_method_keys },
	{ "deleted", fsk_hive_method_deleted },
	{ NULL, NULL },
};

const struct fsk_bound fsk_bound_hive = {
	.name = "hive",
	.methods = methods,
	.get = get,
	.release = release,
	.entry = entry_of,
};

struct fsk_hive *fsk_hive_of(struct fsk_object *o)
{
	return ((struct hive *) o)->hive;
}
