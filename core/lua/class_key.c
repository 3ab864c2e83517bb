/* key: a key of a registry hive. */
#include <stdlib.h>
#include <string.h>

#include "core/lua/internal.h"
#include "core/registry/hive.h"

struct key {
	struct fsk_object object; /* uservalue 1: the hive */
	struct fsk_key *key;
	char *text; /* on its way into Lua, whose memory may end there */
};

static const struct fsk_bound bound_key;

static void release(struct fsk_object *self)
{
	struct key *k = (struct key *) self;

	fsk_key_free(k->key);
	free(k->text);
	k->key = NULL;
	k->text = NULL;
}

/* A key whose lookup failed holds nothing; it never reaches a plugin. */
static struct key *check(lua_State *L, int at)
{
	return fsk_object_check(L, at, &bound_key);
}

struct fsk_key **fsk_key_push(lua_State *L, int hive_at)
{
	struct key *k;

	hive_at = lua_absindex(L, hive_at);
	k = fsk_object_new(L, &bound_key, sizeof(*k), 1);
	lua_pushvalue(L, hive_at);
	lua_setiuservalue(L, -2, 1);
	return &k->key;
}

/* Pushes an empty key below the same hive as the key at `at`. */
static struct fsk_key **push_relative(lua_State *L, int at)
{
	lua_getiuservalue(L, at, 1);
	return fsk_key_push(L, -1);
}

/* Damage is an anomaly, and what is asked goes on without what is damaged. */
static void report(lua_State *L, int hive_at, const struct fsk_err *err)
{
	fsk_run_report(L, err->code, fsk_object_entry(L, hive_at), err->msg);
}

/* A text about the key at 1; nil when there is none or it cannot be read. */
static void push_fact(lua_State *L, struct key *k,
                      int (*fact)(char **, const struct fsk_key *, struct fsk_err *))
{
	struct fsk_err err;
	int rc;

	free(k->text);
	rc = fact(&k->text, k->key, &err);
	if (rc == 0) {
		fsk_push_text(L, k->text);
		return;
	}
	if (rc != FSK_ENOTFOUND) {
		lua_getiuservalue(L, 1, 1);
		report(L, -1, &err);
	}
	lua_pushnil(L);
}

static int get(lua_State *L, struct fsk_object *self, const char *key)
{
	struct key *k = (struct key *) self;

	if (strcmp(key, "name") == 0)
		fsk_push_text(L, fsk_key_name(k->key));
	else if (strcmp(key, "path") == 0)
		fsk_push_text(L, fsk_key_path(k->key));
	else if (strcmp(key, "written") == 0)
		fsk_push_time(L, fsk_key_written(k->key));
	else if (strcmp(key, "class") == 0)
		push_fact(L, k, fsk_key_class);
	else if (strcmp(key, "owner") == 0)
		push_fact(L, k, fsk_key_owner);
	else if (strcmp(key, "hive") == 0)
		lua_getiuservalue(L, 1, 1);
	else
		return 0;
	return 1;
}

/* Upvalues: key, position, count. */
static int next_key(lua_State *L)
{
	struct key *k = check(L, lua_upvalueindex(1));
	lua_Integer at = lua_tointeger(L, lua_upvalueindex(2));
	lua_Integer count = lua_tointeger(L, lua_upvalueindex(3));
	struct fsk_err err;

	for (; at < count; at++) {
		int rc = fsk_key_subkey(push_relative(L, lua_upvalueindex(1)), k->key, (size_t) at,
		                        &err);

		if (rc == 0) {
			lua_pushinteger(L, at + 1);
			lua_replace(L, lua_upvalueindex(2));
			return 1;
		}
		report(L, -2, &err);
		lua_pop(L, 2);
		fsk_sandbox_charge(L, 1000);
	}
	lua_pushinteger(L, at);
	lua_replace(L, lua_upvalueindex(2));
	return 0;
}

static int next_value(lua_State *L)
{
	struct key *k = check(L, lua_upvalueindex(1));
	lua_Integer at = lua_tointeger(L, lua_upvalueindex(2));
	lua_Integer count = lua_tointeger(L, lua_upvalueindex(3));
	struct fsk_err err;

	for (; at < count; at++) {
		if (fsk_key_value(fsk_value_push(L), k->key, (size_t) at, &err) == 0) {
			lua_pushinteger(L, at + 1);
			lua_replace(L, lua_upvalueindex(2));
			return 1;
		}
		lua_getiuservalue(L, lua_upvalueindex(1), 1);
		report(L, -1, &err);
		lua_pop(L, 2);
		fsk_sandbox_charge(L, 1000);
	}
	lua_pushinteger(L, at);
	lua_replace(L, lua_upvalueindex(2));
	return 0;
}

/* An iterator over what `count` counts; a list that cannot be counted is an
 * anomaly and an empty loop. */
static int push_iterator(lua_State *L, lua_CFunction step,
                         int (*count)(size_t *, struct fsk_key *, struct fsk_err *))
{
	struct key *k = check(L, 1);
	struct fsk_err err;
	size_t n = 0;

	if (count(&n, k->key, &err) < 0) {
		lua_getiuservalue(L, 1, 1);
		report(L, -1, &err);
		n = 0;
	}
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 0);
	lua_pushinteger(L, (lua_Integer) n);
	lua_pushcclosure(L, step, 3);
	return 1;
}

/// key:keys()
///
/// Iterator of the keys directly below, in the order of the hive.
///
/// ```lua hive
/// local names = {}
/// for key in hive:key("Software\\Microsoft"):keys() do
///     names[#names + 1] = key.name
/// end
/// assert(names[1] == "Windows")
/// ```
static int method_keys(lua_State *L)
{
	return push_iterator(L, next_key, fsk_key_subkeys);
}

/// key:values()
///
/// Iterator of the values, in the order of the hive.
///
/// ```lua hive
/// for v in hive:key("Software\\Microsoft\\Windows\\CurrentVersion\\Run"):values() do
///     ctx:record("run", { name = v.name, command = v.data, user = hive.user, entry = hive })
///     ctx:follow(v.data, { user = hive.user })
/// end
/// ```
static int method_values(lua_State *L)
{
	return push_iterator(L, next_value, fsk_key_values);
}

/// key:key(path)
///
/// A key below this one, as `hive:key`.
///
/// ```lua hive
/// local software = hive:key("Software")
/// assert(software:key("Microsoft\\Windows").path == "Software\\Microsoft\\Windows")
/// ```
static int method_key(lua_State *L)
{
	struct key *k = check(L, 1);
	const char *below = luaL_checkstring(L, 2);
	struct fsk_object *hive;
	struct fsk_key **out;
	struct fsk_err err;
	int rc;

	lua_getiuservalue(L, 1, 1);
	hive = fsk_object_check(L, -1, &fsk_bound_hive);
	out = push_relative(L, 1);
	if (below[strspn(below, "\\")] != '\0')
		rc = fsk_key_below(out, k->key, below, &err);
	else
		rc = fsk_hive_key(out, fsk_hive_of(hive), fsk_key_path(k->key), &err);
	if (rc < 0)
		return fsk_push_failure(L, &err);
	return 1;
}

/// key:value([name])
///
/// The value of that name, compared without case; without a name the default value. `nil,
/// message, code` when it is not there.
///
/// ```lua hive
/// local types = hive:key("Types")
/// assert(types:value().data == "the default")
/// assert(types:value("DWORD").data == 0xFEDCBA98)
/// assert(table.concat(types:value("multi").data, "+") == "one+two+three")
/// assert(not types:value("gone"))
/// ```
static int method_value(lua_State *L)
{
	struct key *k = check(L, 1);
	const char *name = luaL_optstring(L, 2, "");
	struct fsk_err err;

	if (fsk_key_value_named(fsk_value_push(L), k->key, name, &err) < 0)
		return fsk_push_failure(L, &err);
	return 1;
}

static const luaL_Reg methods[] = {
	{ "keys", method_keys }, { "values", method_values },
	{ "key", method_key },   { "value", method_value },
	{ NULL, NULL },
};

static const struct fsk_bound bound_key = {
	.name = "key",
	.methods = methods,
	.get = get,
	.release = release,
};
