/* One sandboxed Lua state: counted memory, counted instructions, text chunks
 * only, an allow list of globals. Private to core/lua. */
#ifndef FSK_LUA_SANDBOX_H
#define FSK_LUA_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lauxlib.h>
#include <lua.h>

#include "core/base/err.h"

struct fsk_plugin;
struct fsk_engine;

/* Bytes of the name of a text as messages have it. */
#define FSK_CHUNK_MAX 128u

struct fsk_sandbox {
	lua_State *L;
	struct fsk_engine *engine;
	struct fsk_plugin *plugin; /* NULL in the state that reads artifacts */
	char chunk[FSK_CHUNK_MAX]; /* "win-run-keys.lua": begins every message */
	size_t heap, heap_max;     /* bytes */
	uint64_t steps, steps_max; /* instructions left, and allowed for one call */
	/* Not 0 once the call must end (FSK_ETIMEOUT, FSK_ELIMIT, or the code of
	 * a callback): nothing in Lua can catch it any more. */
	int stop;
};

/* Makes the state and its globals. FSK_ENOMEM. */
int fsk_sandbox_open(struct fsk_sandbox *sb, struct fsk_err *err);
void fsk_sandbox_close(struct fsk_sandbox *sb);

/* The sandbox of a state. */
struct fsk_sandbox *fsk_sandbox_of(lua_State *L);

/* Calls fn(L) with `arg` as light userdata at index 1, under protection and
 * with a fresh instruction budget. Whatever is raised becomes FSK_EPLUGIN,
 * FSK_ETIMEOUT, FSK_ELIMIT, FSK_ENOMEM or the code of a callback; the message
 * begins with the chunk name. The stack is left as it was. */
int fsk_sandbox_call(struct fsk_sandbox *sb, lua_CFunction fn, void *arg, struct fsk_err *err);

/* Takes `n` instructions off the budget, for C code that works in
 * proportion to what Lua gave it. Raises when the budget is used up. */
#define FSK_COST_OBJECT 100  /* a handle, a call of a native, a record */
#define FSK_COST_LOOKUP 1000 /* a path looked up */
#define FSK_COST_WALK 10000  /* a glob */
void fsk_sandbox_charge(lua_State *L, uint64_t n);

/* Ends the call of run for good, with the code and message of `err`. */
int fsk_sandbox_stop(lua_State *L, const struct fsk_err *err);

/* Compiles a text chunk (a byte order mark is skipped, bytecode is refused)
 * with the allow-listed globals and pushes it. Raises on a syntax error. */
void fsk_sandbox_load(lua_State *L, const char *text, size_t len, const char *chunkname);

/* Pushes the table of globals. */
void fsk_sandbox_globals(lua_State *L);

/* Fills the globals that are Lua's own (base_lib.c); may raise. The table is
 * on the top of the stack. */
void fsk_base_lib_open(lua_State *L);
/* From here on a name that is not there raises, read or assigned. */
void fsk_base_lib_seal(lua_State *L);
/* time, bytes; data, require, list (helpers.c). */
void fsk_helpers_open(lua_State *L);
/* One global table for each native module (module_bridge.c). */
void fsk_modules_open(lua_State *L);

/* Replaces the table on the top by a stand-in that reads from it and cannot
 * be changed. `name` is for messages. */
void fsk_sandbox_freeze(lua_State *L, const char *name);

#endif
