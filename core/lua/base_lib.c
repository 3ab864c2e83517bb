/* Lua's own globals, as far as plugins see them. Three differ from the
 * manual: pcall and xpcall cannot catch the end of a budget; pairs and next
 * go in the order of keys (numbers, strings, the rest), because the order of
 * Lua's hash differs from run to run; and tostring and string.format show no
 * addresses. */
#include <stdlib.h>
#include <string.h>

#include <lualib.h>

#include "core/lua/sandbox.h"

/// # Lua in a plugin
///
/// Lua 5.4. There are `_VERSION assert error getmetatable ipairs next pairs pcall rawequal
/// rawget rawlen select setmetatable tonumber tostring type xpcall`, and the libraries
/// `string` (without `dump`), `table`, `math` (without `random` and `randomseed`) and `utf8`.
/// There is no `os`, `io`, `debug`, `package`, `coroutine`, `load` or `print`. What differs
/// from the manual:
///
/// - A global that does not exist raises when it is read or assigned: write `local`.
/// - `pairs` and `next` go in the order of keys, numbers first, then strings, so that the
///   same evidence gives the same output. Tables and functions as keys have no order that
///   is the same in each run: use `ipairs` over a list of them.
/// - `tostring` and `string.format` show no addresses; `%p` is refused.
/// - `setmetatable` refuses `__gc`.
/// - `pcall` and `xpcall` catch everything but the end of a budget: 2 billion instructions
///   and 256 MiB for each call of `run`.
/// - The shared tables cannot be changed, and members of evidence objects that do not exist
///   raise.
///
/// ```lua
/// local order = {}
/// for key in pairs { b = 1, a = 2, [2] = 3, [1] = 4 } do
///     order[#order + 1] = tostring(key)
/// end
/// assert(table.concat(order, " ") == "1 2 a b")
/// assert(not pcall(function() return undeclared end))
/// ```
/* --- pcall, xpcall --- */

/* After a protected call: what may not be caught is raised again. */
static void pass_on(lua_State *L, int status)
{
	struct fsk_sandbox *sb = fsk_sandbox_of(L);

	if (status == LUA_ERRMEM && sb->stop == 0)
		sb->stop = FSK_ELIMIT;
	if (sb->stop != 0)
		lua_error(L);
}

static int safe_pcall(lua_State *L)
{
	int status;

	luaL_checkany(L, 1);
	lua_pushboolean(L, true);
	lua_insert(L, 1);
	status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
	if (status == LUA_OK)
		return lua_gettop(L);
	pass_on(L, status);
	lua_pushboolean(L, false);
	lua_insert(L, -2);
	return 2;
}

/* Upvalue: the plugin's handler. It must not run at the end of a budget: that
 * error is raised inside of the hook, where Lua counts no instructions. */
static int guarded_handler(lua_State *L)
{
	if (fsk_sandbox_of(L)->stop != 0)
		return 1;
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, 1, 1);
	return 1;
}

static int safe_xpcall(lua_State *L)
{
	int n = lua_gettop(L), status;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, guarded_handler, 1);
	lua_replace(L, 2);
	lua_pushboolean(L, true);
	lua_pushvalue(L, 1);
	lua_rotate(L, 3, 2);
	status = lua_pcall(L, n - 2, LUA_MULTRET, 2);
	if (status == LUA_OK)
		return lua_gettop(L) - 2;
	pass_on(L, status);
	lua_pushboolean(L, false);
	lua_insert(L, -2);
	return 2;
}

/* --- pairs, next --- */

enum rank { RANK_NUMBER, RANK_STRING, RANK_BOOLEAN, RANK_OTHER };

struct key {
	enum rank rank;
	lua_Integer index; /* in the order of the hash; decides among RANK_OTHER */
	bool is_integer;
	lua_Integer integer;
	lua_Number number;
	const char *string; /* anchored by whoever holds the key */
	size_t len;
};

/* Nothing here allocates: lua_tolstring is given strings only. */
static struct key read_key(lua_State *L, int at, lua_Integer index)
{
	struct key k = { .rank = RANK_OTHER, .index = index };

	switch (lua_type(L, at)) {
	case LUA_TNUMBER:
		k.rank = RANK_NUMBER;
		k.is_integer = lua_isinteger(L, at);
		k.integer = k.is_integer ? lua_tointeger(L, at) : 0;
		k.number = lua_tonumber(L, at);
		break;
	case LUA_TSTRING:
		k.rank = RANK_STRING;
		k.string = lua_tolstring(L, at, &k.len);
		break;
	case LUA_TBOOLEAN:
		k.rank = RANK_BOOLEAN;
		k.integer = lua_toboolean(L, at);
		break;
	}
	return k;
}

static int compare_numbers(const struct key *a, const struct key *b)
{
	if (a->is_integer && b->is_integer)
		return (a->integer > b->integer) - (a->integer < b->integer);
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return (int) a->is_integer - (int) b->is_integer; /* 2^53 and its neighbours */
}

static int compare_strings(const struct key *a, const struct key *b)
{
	int c = memcmp(a->string, b->string, a->len < b->len ? a->len : b->len);

	return c != 0 ? c : (a->len > b->len) - (a->len < b->len);
}

static int compare_keys(const void *pa, const void *pb)
{
	const struct key *a = pa, *b = pb;

	if (a->rank != b->rank)
		return (int) a->rank - (int) b->rank;
	switch (a->rank) {
	case RANK_NUMBER:
		return compare_numbers(a, b);
	case RANK_STRING:
		return compare_strings(a, b);
	case RANK_BOOLEAN:
		return (a->integer > b->integer) - (a->integer < b->integer);
	default:
		return (a->index > b->index) - (a->index < b->index);
	}
}

/* Upvalues: the keys (list), their order (struct key[]), position, count. */
static int pairs_step(lua_State *L)
{
	const struct key *order = lua_touserdata(L, lua_upvalueindex(2));
	lua_Integer at = lua_tointeger(L, lua_upvalueindex(3));
	lua_Integer count = lua_tointeger(L, lua_upvalueindex(4));

	while (at < count) {
		lua_rawgeti(L, lua_upvalueindex(1), order[at++].index);
		lua_pushvalue(L, -1);
		if (lua_rawget(L, 1) != LUA_TNIL) {
			lua_pushinteger(L, at);
			lua_replace(L, lua_upvalueindex(3));
			return 2;
		}
		lua_pop(L, 2); /* removed since the loop began */
	}
	lua_pushinteger(L, at);
	lua_replace(L, lua_upvalueindex(3));
	return 0;
}

/* Pushes the keys of the table at index 1 as a list; returns their number. */
static lua_Integer push_keys(lua_State *L)
{
	lua_Integer n = 0;

	lua_newtable(L);
	lua_pushnil(L);
	while (lua_next(L, 1)) {
		lua_pop(L, 1);
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, ++n);
	}
	return n;
}

static int sorted_pairs(lua_State *L)
{
	struct key *order;
	lua_Integer n;

	luaL_checkany(L, 1);
	if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
		lua_pushvalue(L, 1);
		lua_call(L, 1, 3);
		return 3;
	}
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	n = push_keys(L);
	fsk_sandbox_charge(L, (uint64_t) n);
	order = lua_newuserdatauv(L, (size_t) (n > 0 ? n : 1) * sizeof(*order), 0);
	for (lua_Integer i = 0; i < n; i++) {
		lua_rawgeti(L, 2, i + 1);
		order[i] = read_key(L, -1, i + 1);
		lua_pop(L, 1);
	}
	qsort(order, (size_t) n, sizeof(*order), compare_keys);
	lua_pushinteger(L, 0);
	lua_pushinteger(L, n);
	lua_pushcclosure(L, pairs_step, 4);
	lua_pushvalue(L, 1);
	lua_pushnil(L);
	return 3;
}

/* Whether `k`, which the walk of the hash met as its index-th, comes after
 * the key that next was given. */
static bool comes_after(const struct key *k, const struct key *from, bool met)
{
	if (k->rank == RANK_OTHER && from->rank == RANK_OTHER)
		return met;
	return compare_keys(k, from) > 0;
}

/* The smallest key above the one given, by a walk over the whole table:
 * meant for next(t), not for loops. */
static int sorted_next(lua_State *L)
{
	struct key from, best, k;
	bool met = false, found = false;
	lua_Integer i = 0;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 2);
	from = read_key(L, 2, 0);
	lua_pushnil(L); /* 3: best key */
	lua_pushnil(L);
	while (lua_next(L, 1)) {
		lua_pop(L, 1);
		k = read_key(L, -1, ++i);
		if ((lua_isnil(L, 2) || comes_after(&k, &from, met)) &&
		    (!found || compare_keys(&k, &best) < 0)) {
			best = k;
			found = true;
			lua_copy(L, -1, 3);
		}
		met = met || lua_rawequal(L, -1, 2);
	}
	fsk_sandbox_charge(L, (uint64_t) i);
	if (!found) {
		lua_pushnil(L);
		return 1;
	}
	lua_settop(L, 3);
	lua_pushvalue(L, 3);
	lua_rawget(L, 1);
	return 2;
}

/* --- text without addresses --- */

/* Has the value at `at` a text of its own? */
static bool has_text(lua_State *L, int at)
{
	int t = lua_type(L, at);

	if (t != LUA_TTABLE && t != LUA_TUSERDATA && t != LUA_TFUNCTION && t != LUA_TLIGHTUSERDATA)
		return true;
	if (luaL_getmetafield(L, at, "__tostring") == LUA_TNIL)
		return false;
	lua_pop(L, 1);
	return true;
}

static int plain_tostring(lua_State *L)
{
	luaL_checkany(L, 1);
	if (has_text(L, 1))
		luaL_tolstring(L, 1, NULL);
	else
		lua_pushstring(L, luaL_typename(L, 1));
	return 1;
}

/* Does a format string ask for an address? */
static bool wants_pointer(const char *f, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (f[i] != '%')
			continue;
		i++;
		while (i < len && strchr("-+ #0123456789.", f[i]) != NULL && f[i] != '\0')
			i++;
		if (i < len && f[i] == 'p')
			return true;
	}
	return false;
}

/* Upvalue: the original. */
static int plain_format(lua_State *L)
{
	size_t len;
	const char *f = luaL_checklstring(L, 1, &len);
	int n = lua_gettop(L);

	if (wants_pointer(f, len))
		return luaL_error(L, "string.format: '%%p' is not available");
	for (int i = 2; i <= n; i++) {
		if (has_text(L, i))
			continue;
		lua_pushstring(L, luaL_typename(L, i));
		lua_replace(L, i);
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, n, 1);
	return 1;
}

/* --- metatables --- */

static int safe_setmetatable(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
	if (lua_istable(L, 2)) {
		lua_pushliteral(L, "__gc");
		if (lua_rawget(L, 2) != LUA_TNIL)
			return luaL_argerror(L, 2, "'__gc' is not available");
	}
	if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
		return luaL_error(L, "cannot change a protected metatable");
	lua_settop(L, 2);
	lua_setmetatable(L, 1);
	return 1;
}

/* --- globals --- */

static int undeclared_read(lua_State *L)
{
	return luaL_error(L, "global '%s' does not exist", luaL_tolstring(L, 2, NULL));
}

static int undeclared_write(lua_State *L)
{
	return luaL_error(L, "global '%s' is not declared: write 'local %s'",
	                  luaL_tolstring(L, 2, NULL), luaL_tolstring(L, 2, NULL));
}

static const char *const kept[] = {
	"assert", "error",  "getmetatable", "ipairs", "rawequal", "rawget",
	"rawlen", "select", "tonumber",     "type",   "_VERSION", NULL,
};

static const luaL_Reg replaced[] = {
	{ "pcall", safe_pcall },
	{ "xpcall", safe_xpcall },
	{ "pairs", sorted_pairs },
	{ "next", sorted_next },
	{ "tostring", plain_tostring },
	{ "setmetatable", safe_setmetatable },
	{ NULL, NULL },
};

static void clear_fields(lua_State *L, const char *const *names)
{
	for (; *names != NULL; names++) {
		lua_pushnil(L);
		lua_setfield(L, -2, *names);
	}
}

/* Takes a library of Lua into the globals, without the fields in `without`. */
static void take_library(lua_State *L, int globals, const char *name, lua_CFunction open,
                         const char *const *without)
{
	luaL_requiref(L, name, open, 0);
	clear_fields(L, without);
	if (strcmp(name, LUA_STRLIBNAME) == 0) {
		lua_getfield(L, -1, "format");
		lua_pushcclosure(L, plain_format, 1);
		lua_setfield(L, -2, "format");
	}
	fsk_sandbox_freeze(L, name);
	lua_setfield(L, globals, name);
}

/* ("x"):upper() goes through the metatable of strings, which is the state's. */
static void protect_strings(lua_State *L)
{
	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 2);
}

void fsk_base_lib_seal(lua_State *L)
{
	lua_createtable(L, 0, 3);
	lua_pushcfunction(L, undeclared_read);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, undeclared_write);
	lua_setfield(L, -2, "__newindex");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
}

void fsk_base_lib_open(lua_State *L)
{
	static const char *const no_dump[] = { "dump", NULL };
	static const char *const no_random[] = { "random", "randomseed", NULL };
	static const char *const nothing[] = { NULL };
	int globals = lua_gettop(L);

	luaL_requiref(L, LUA_GNAME, luaopen_base, 0);
	for (const char *const *k = kept; *k != NULL; k++) {
		lua_getfield(L, -1, *k);
		lua_setfield(L, globals, *k);
	}
	lua_pop(L, 1);
	luaL_setfuncs(L, replaced, 0);
	take_library(L, globals, LUA_STRLIBNAME, luaopen_string, no_dump);
	take_library(L, globals, LUA_TABLIBNAME, luaopen_table, nothing);
	take_library(L, globals, LUA_MATHLIBNAME, luaopen_math, no_random);
	take_library(L, globals, LUA_UTF8LIBNAME, luaopen_utf8, nothing);
	protect_strings(L);
	lua_settop(L, globals);
}
