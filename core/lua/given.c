/* Files that the analyst gives with --ioc and --yara. They are the engine's, in memory that is
 * not Lua's: a list of two million digests would not fit there. */
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/lua/internal.h"

/* The whole of the userdata: no object of the evidence, it outlives a run. */
struct given {
	const struct fsk_text *text;
};

static const char class_key; /* its address names the metatable in the registry */

const struct fsk_text *fsk_given_at(lua_State *L, int at)
{
	const struct given *g = lua_touserdata(L, at);
	bool ours;

	if (g == NULL || lua_type(L, at) != LUA_TUSERDATA || !lua_getmetatable(L, at))
		return NULL;
	ours = lua_rawgetp(L, LUA_REGISTRYINDEX, &class_key) == LUA_TTABLE &&
	       lua_rawequal(L, -1, -2);
	lua_pop(L, 2);
	return ours ? g->text : NULL;
}

static const struct fsk_text *check(lua_State *L)
{
	const struct fsk_text *t = fsk_given_at(L, 1);

	if (t == NULL)
		luaL_typeerror(L, 1, "given");
	return t;
}

/* Upvalues: the text, where the next line begins, its number. */
static int next_line(lua_State *L)
{
	const struct fsk_text *t = fsk_given_at(L, lua_upvalueindex(1));
	size_t from = (size_t) lua_tointeger(L, lua_upvalueindex(2)), n;
	lua_Integer number = lua_tointeger(L, lua_upvalueindex(3)) + 1;
	const char *end;

	if (from >= t->len)
		return 0;
	end = memchr(t->text + from, '\n', t->len - from);
	n = end != NULL ? (size_t) (end - t->text) - from : t->len - from;
	lua_pushinteger(L, (lua_Integer) (from + n + 1));
	lua_replace(L, lua_upvalueindex(2));
	lua_pushinteger(L, number);
	lua_replace(L, lua_upvalueindex(3));
	if (n > 0 && t->text[from + n - 1] == '\r')
		n--;
	if (n > FSK_GIVEN_LINE_MAX)
		n = FSK_GIVEN_LINE_MAX;
	fsk_sandbox_charge(L, 1 + n / 64);
	lua_pushlstring(L, t->text + from, n);
	lua_pushinteger(L, number);
	return 2;
}

/// # Files of the analyst
///
/// `fossick collect --ioc FILE` and `--yara FILE` give files to plugins. They lie outside of the
/// memory that a plugin has, so that a long list costs it nothing until it reads it. Functions of
/// native modules that take a text take such a file, too.
///
/// | member | meaning |
/// |---|---|
/// | `name` | the file's name |
/// | `size` | bytes |
/// | `text` | all of it as a string, which counts as memory of the plugin; raises for more than
///   64 MiB |
///
/// given:lines()
///
/// Iterates over the lines: text without its end (LF or CRLF), number. Of a line over 1 MiB the
/// beginning.
///
/// ```lua
/// for line, number in given("ioc")[1]:lines() do
///     assert(number > 1 or line == "evil.example # test")
/// end
/// ```
static int lines(lua_State *L)
{
	check(L);
	lua_settop(L, 1);
	lua_pushinteger(L, 0);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_line, 3);
	return 1;
}

static void push_whole(lua_State *L, const struct fsk_text *t)
{
	if (t->len > FSK_LUA_STRING_MAX)
		luaL_error(L, "'%s' is larger than %d bytes: read its lines", t->name,
		           (int) FSK_LUA_STRING_MAX);
	fsk_sandbox_charge(L, 1 + t->len / 64);
	lua_pushlstring(L, t->text, t->len);
}

static int index_given(lua_State *L)
{
	const struct fsk_text *t = check(L);
	const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";

	if (strcmp(key, "name") == 0)
		fsk_push_text(L, t->name);
	else if (strcmp(key, "size") == 0)
		lua_pushinteger(L, (lua_Integer) t->len);
	else if (strcmp(key, "text") == 0)
		push_whole(L, t);
	else if (strcmp(key, "lines") == 0)
		lua_pushcfunction(L, lines);
	else
		return luaL_error(L, "given has no member '%s'", key);
	return 1;
}

static int newindex_given(lua_State *L)
{
	return luaL_error(L, "given cannot be changed");
}

static int given_text(lua_State *L)
{
	lua_pushfstring(L, "given: %s", check(L)->name);
	return 1;
}

static const luaL_Reg metamethods[] = {
	{ "__index", index_given },
	{ "__newindex", newindex_given },
	{ "__tostring", given_text },
	{ NULL, NULL },
};

static void push_metatable(lua_State *L)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &class_key) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_createtable(L, 0, 5);
	luaL_setfuncs(L, metamethods, 0);
	lua_pushliteral(L, "given");
	lua_setfield(L, -2, "__name");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &class_key);
}

/// given(kind)
///
/// The files of a kind, `"ioc"` or `"yara"`: a list, by name; empty when none were given.
///
/// ```lua
/// for _, file in ipairs(given("ioc")) do
///     ctx:log(file.name .. ": " .. file.size .. " bytes")
/// end
/// assert(#given("yara") == 0)
/// ```
int fsk_lua_given(lua_State *L)
{
	static const char *const kinds[] = { "ioc", "yara", NULL };
	enum fsk_engine_text kind = luaL_checkoption(L, 1, NULL, kinds) == 0 ? FSK_TEXT_IOC
	                                                                     : FSK_TEXT_YARA;
	const struct fsk_engine *e = fsk_sandbox_of(L)->engine;
	lua_Integer n = 0;

	fsk_lua_push_list(L, 0);
	for (size_t i = 0; i < e->ntexts; i++) {
		struct given *g;
		if (e->texts[i]->kind != kind)
			continue;
		g = lua_newuserdatauv(L, sizeof(*g), 0);
		g->text = e->texts[i];
		push_metatable(L);
		lua_setmetatable(L, -2);
		lua_rawseti(L, -2, ++n);
	}
	return 1;
}
