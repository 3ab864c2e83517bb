#include <string.h>

#include "core/lua/internal.h"

struct fsk_run *fsk_run_of(lua_State *L)
{
	struct fsk_plugin *p = fsk_sandbox_of(L)->plugin;

	if (p == NULL || p->run == NULL)
		luaL_error(L, "evidence is there only while run is called");
	return p->run;
}

void fsk_object_kill(struct fsk_object *o)
{
	struct fsk_run *run = o->run;

	if (run == NULL)
		return;
	if (run->stream_owner == o) {
		fsk_stream_close(run->stream);
		run->stream = NULL;
		run->stream_owner = NULL;
	}
	if (o->bound->release != NULL)
		o->bound->release(o);
	o->run = NULL;
	if (o->newer != NULL)
		o->newer->older = o->older;
	else
		run->newest = o->older;
	if (o->older != NULL)
		o->older->newer = o->newer;
	o->newer = o->older = NULL;
}

void fsk_object_kill_all(struct fsk_run *run)
{
	while (run->newest != NULL)
		fsk_object_kill(run->newest);
}

static int collect(lua_State *L)
{
	fsk_object_kill(lua_touserdata(L, 1));
	return 0;
}

/* Upvalues: the class, its methods. */
static int index_object(lua_State *L)
{
	const struct fsk_bound *bound = lua_touserdata(L, lua_upvalueindex(1));
	struct fsk_object *self = fsk_object_check(L, 1, bound);
	const char *key;

	if (lua_type(L, 2) != LUA_TSTRING)
		return luaL_error(L, "%s has members with names only", bound->name);
	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL)
		return 1;
	key = lua_tostring(L, 2);
	if (bound->get != NULL && bound->get(L, self, key) > 0)
		return 1;
	return luaL_error(L, "%s has no member '%s'", bound->name, key);
}

static int newindex_object(lua_State *L)
{
	const struct fsk_bound *bound = lua_touserdata(L, lua_upvalueindex(1));

	return luaL_error(L, "%s cannot be changed", bound->name);
}

static int object_text(lua_State *L)
{
	const struct fsk_entry *e = fsk_object_entry(L, 1);
	const struct fsk_bound *bound = lua_touserdata(L, lua_upvalueindex(1));

	if (e != NULL)
		lua_pushfstring(L, "%s: %s", bound->name, e->loc.path);
	else
		lua_pushstring(L, bound->name);
	return 1;
}

static void set_closure(lua_State *L, const struct fsk_bound *bound, const char *name,
                        lua_CFunction fn)
{
	lua_pushlightuserdata(L, (void *) bound);
	lua_pushcclosure(L, fn, 1);
	lua_setfield(L, -2, name);
}

/* Pushes the metatable of a class, made at first use. */
static void push_metatable(lua_State *L, const struct fsk_bound *bound)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, bound) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_createtable(L, 0, 9);
	lua_pushstring(L, bound->name);
	lua_setfield(L, -2, "__name");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pushcfunction(L, collect);
	lua_setfield(L, -2, "__gc");
	set_closure(L, bound, "__newindex", newindex_object);
	set_closure(L, bound, "__tostring", object_text);
	if (bound->call != NULL) {
		lua_pushcfunction(L, bound->call);
		lua_setfield(L, -2, "__call");
	}
	lua_pushlightuserdata(L, (void *) bound);
	lua_newtable(L);
	luaL_setfuncs(L, bound->methods, 0);
	lua_pushcclosure(L, index_object, 2);
	lua_setfield(L, -2, "__index");
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, bound);
}

static void *new_of(lua_State *L, struct fsk_run *run, const struct fsk_bound *bound, size_t size,
                    int nuservalues)
{
	struct fsk_object *o;

	fsk_sandbox_charge(L, FSK_COST_OBJECT);
	luaL_checkstack(L, 6, NULL);
	push_metatable(L, bound);
	o = lua_newuserdatauv(L, size, nuservalues);
	memset(o, 0, size);
	o->bound = bound;
	lua_insert(L, -2);
	lua_setmetatable(L, -2);
	o->run = run;
	o->older = run->newest;
	if (run->newest != NULL)
		run->newest->newer = o;
	run->newest = o;
	return o;
}

void *fsk_object_new(lua_State *L, const struct fsk_bound *bound, size_t size, int nuservalues)
{
	return new_of(L, fsk_run_of(L), bound, size, nuservalues);
}

void *fsk_object_new_lasting(lua_State *L, const struct fsk_bound *bound, size_t size,
                             int nuservalues)
{
	return new_of(L, &fsk_run_of(L)->plugin->lasting, bound, size, nuservalues);
}

struct fsk_object *fsk_object_any(lua_State *L, int at)
{
	struct fsk_object *o = lua_touserdata(L, at);
	bool ours = false;

	if (o == NULL || lua_type(L, at) != LUA_TUSERDATA || !lua_getmetatable(L, at))
		return NULL;
	/* other userdata (the order of pairs) has no metatable at all */
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, o->bound) == LUA_TTABLE)
		ours = lua_rawequal(L, -1, -2);
	lua_pop(L, 2);
	return ours ? o : NULL;
}

void *fsk_object_check(lua_State *L, int at, const struct fsk_bound *bound)
{
	struct fsk_object *o = fsk_object_any(L, at);

	if (o == NULL || o->bound != bound)
		luaL_typeerror(L, at, bound->name);
	if (o->run == NULL)
		luaL_error(L, "%s is no longer open", bound->name);
	return o;
}

const struct fsk_entry *fsk_object_entry(lua_State *L, int at)
{
	const struct fsk_object *o = fsk_object_any(L, at);

	if (o == NULL || o->run == NULL || o->bound->entry == NULL)
		return NULL;
	return o->bound->entry(o);
}

const struct fsk_entry *fsk_object_check_entry(lua_State *L, int at)
{
	const struct fsk_object *o = fsk_object_any(L, at);
	const struct fsk_entry *e;

	if (o == NULL || o->bound->entry == NULL)
		luaL_typeerror(L, at, "entry");
	if (o->run == NULL)
		luaL_error(L, "%s is no longer open", o->bound->name);
	e = o->bound->entry(o);
	if (e == NULL)
		luaL_error(L, "%s does not stand for a file", o->bound->name);
	return e;
}
