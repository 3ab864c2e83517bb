#include "core/lua/sandbox.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"

/* Often enough that an endless loop ends in no time, seldom enough that the
 * hook costs nothing. */
#define HOOK_EVERY 1000

static const char globals_key;

struct fsk_sandbox *fsk_sandbox_of(lua_State *L)
{
	struct fsk_sandbox *sb;

	memcpy(&sb, lua_getextraspace(L), sizeof(sb));
	return sb;
}

static void *counted_alloc(void *ud, void *ptr, size_t osize, size_t nsize)
{
	struct fsk_sandbox *sb = ud;
	size_t had = ptr != NULL ? osize : 0;
	void *p;

	if (nsize == 0) {
		free(ptr);
		sb->heap -= had;
		return NULL;
	}
	if (nsize > had && nsize - had > sb->heap_max - sb->heap)
		return NULL;
	p = realloc(ptr, nsize);
	if (p == NULL) {
		if (nsize > had)
			return NULL;
		p = ptr; /* Lua relies on shrinking to succeed */
	}
	sb->heap = sb->heap - had + nsize;
	return p;
}

static int raise_budget(lua_State *L, struct fsk_sandbox *sb, lua_Debug *ar)
{
	sb->stop = FSK_ETIMEOUT;
	if (ar != NULL && lua_getinfo(L, "Sl", ar) && ar->currentline > 0)
		lua_pushfstring(L, "%s:%d: ", ar->short_src, ar->currentline);
	else
		luaL_where(L, 1);
	lua_pushfstring(L, "instruction budget of %I used up", (LUAI_UACINT) sb->steps_max);
	lua_concat(L, 2);
	return lua_error(L);
}

static void count_hook(lua_State *L, lua_Debug *ar)
{
	struct fsk_sandbox *sb = fsk_sandbox_of(L);

	if (sb->steps > HOOK_EVERY && sb->stop == 0) {
		sb->steps -= HOOK_EVERY;
		return;
	}
	sb->steps = 0;
	raise_budget(L, sb, ar);
}

void fsk_sandbox_charge(lua_State *L, uint64_t n)
{
	struct fsk_sandbox *sb = fsk_sandbox_of(L);

	if (n < sb->steps) {
		sb->steps -= n;
		return;
	}
	sb->steps = 0;
	raise_budget(L, sb, NULL);
}

int fsk_sandbox_stop(lua_State *L, const struct fsk_err *err)
{
	fsk_sandbox_of(L)->stop = err->code;
	return luaL_error(L, "%s", err->msg);
}

void fsk_sandbox_globals(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &globals_key);
}

static int open_state(lua_State *L)
{
	lua_newtable(L);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &globals_key);
	fsk_base_lib_open(L);
	fsk_helpers_open(L);
	fsk_modules_open(L);
	fsk_base_lib_seal(L);
	return 0;
}

int fsk_sandbox_open(struct fsk_sandbox *sb, struct fsk_err *err)
{
	int rc;

	if (sb->heap_max == 0)
		sb->heap_max = FSK_LUA_HEAP_MAX;
	if (sb->steps_max == 0)
		sb->steps_max = FSK_LUA_INSTRUCTIONS_MAX;
	sb->heap = 0;
	sb->L = lua_newstate(counted_alloc, sb);
	if (sb->L == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "%s: no memory for its Lua state", sb->chunk);
	memcpy(lua_getextraspace(sb->L), &sb, sizeof(sb));
	lua_sethook(sb->L, count_hook, LUA_MASKCOUNT, HOOK_EVERY);
	rc = fsk_sandbox_call(sb, open_state, NULL, err);
	if (rc < 0)
		fsk_sandbox_close(sb);
	return rc;
}

void fsk_sandbox_close(struct fsk_sandbox *sb)
{
	if (sb->L != NULL)
		lua_close(sb->L);
	sb->L = NULL;
}

/* Line of the innermost active function of this chunk; 0 when none is. */
static int line_in_chunk(lua_State *L, const char *chunk)
{
	lua_Debug ar;

	for (int level = 0; lua_getstack(L, level, &ar); level++) {
		if (lua_getinfo(L, "Sl", &ar) && strcmp(ar.short_src, chunk) == 0)
			return ar.currentline > 0 ? ar.currentline : 0;
	}
	return 0;
}

/* Message handler: makes a string of any error value and puts the plugin and
 * its line in front when the message does not name them (errors raised in a
 * library, or by C code that C code called). */
static int name_place(lua_State *L)
{
	const struct fsk_sandbox *sb = fsk_sandbox_of(L);
	size_t n = strlen(sb->chunk);
	const char *msg;
	int line;

	if (lua_type(L, 1) != LUA_TSTRING && lua_type(L, 1) != LUA_TNUMBER) {
		lua_pushfstring(L, "error value is a %s, not a string", luaL_typename(L, 1));
		lua_replace(L, 1);
	}
	msg = lua_tostring(L, 1);
	if (strncmp(msg, sb->chunk, n) == 0 && msg[n] == ':')
		return 1;
	line = line_in_chunk(L, sb->chunk);
	if (line > 0)
		lua_pushfstring(L, "%s:%d: %s", sb->chunk, line, msg);
	else
		lua_pushfstring(L, "%s: %s", sb->chunk, msg);
	return 1;
}

static int fail(struct fsk_sandbox *sb, int status, struct fsk_err *err)
{
	const char *msg = lua_type(sb->L, -1) == LUA_TSTRING ? lua_tostring(sb->L, -1) : NULL;

	if (sb->stop == FSK_ELIMIT || (sb->stop == 0 && status == LUA_ERRMEM))
		return fsk_err_set(err, FSK_ELIMIT, "%s: memory budget of %zu bytes used up",
		                   sb->chunk, sb->heap_max);
	if (msg == NULL || status == LUA_ERRERR)
		msg = "error while handling an error";
	return fsk_err_set(err, sb->stop != 0 ? sb->stop : FSK_EPLUGIN, "%s%s%s",
	                   strncmp(msg, sb->chunk, strlen(sb->chunk)) == 0 ? "" : sb->chunk,
	                   strncmp(msg, sb->chunk, strlen(sb->chunk)) == 0 ? "" : ": ", msg);
}

int fsk_sandbox_call(struct fsk_sandbox *sb, lua_CFunction fn, void *arg, struct fsk_err *err)
{
	lua_State *L = sb->L;
	int top = lua_gettop(L), status, rc = 0;

	sb->stop = 0;
	sb->steps = sb->steps_max;
	lua_pushcfunction(L, name_place);
	lua_pushcfunction(L, fn);
	lua_pushlightuserdata(L, arg);
	status = lua_pcall(L, 1, 0, top + 1);
	if (status != LUA_OK)
		rc = fail(sb, status, err);
	lua_settop(L, top);
	if (status != LUA_OK)
		lua_gc(L, LUA_GCCOLLECT); /* no finalizer of ours raises */
	return rc;
}

void fsk_sandbox_load(lua_State *L, const char *text, size_t len, const char *chunkname)
{
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
		text += 3;
		len -= 3;
	}
	if (luaL_loadbufferx(L, text, len, chunkname, "t") != LUA_OK)
		lua_error(L);
	fsk_sandbox_globals(L);
	lua_setupvalue(L, -2, 1);
}

static int frozen_newindex(lua_State *L)
{
	return luaL_error(L, "'%s' cannot be changed", lua_tostring(L, lua_upvalueindex(1)));
}

void fsk_sandbox_freeze(lua_State *L, const char *name)
{
	lua_newtable(L);
	lua_createtable(L, 0, 3);
	lua_pushvalue(L, -3);
	lua_setfield(L, -2, "__index");
	lua_pushstring(L, name);
	lua_pushcclosure(L, frozen_newindex, 1);
	lua_setfield(L, -2, "__newindex");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
	lua_remove(L, -2);
}
