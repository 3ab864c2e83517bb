/* ctx:payload{…}: what a plugin has decrypted, for whoever asked for it. */
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/lua/internal.h"

static void check_names(lua_State *L, int at)
{
	static const char *const known[] = { "bytes", "from", "kind", "name" };

	for (lua_pushnil(L); lua_next(L, at) != 0; lua_pop(L, 1)) {
		size_t i = 0;

		while (i < 4 && (lua_type(L, -2) != LUA_TSTRING ||
		                 strcmp(lua_tostring(L, -2), known[i]) != 0))
			i++;
		if (i == 4)
			luaL_error(L, "payload: '%s' is not known", luaL_tolstring(L, -2, NULL));
	}
}

/* Pushes the member; it is on the stack while the payload is in use. */
static const char *take_string(lua_State *L, int at, const char *key, bool needed, size_t *n)
{
	lua_pushstring(L, key);
	lua_rawget(L, at);
	if (lua_isnil(L, -1) && !needed)
		return NULL;
	if (lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "payload.%s: expected a string", key);
	return lua_tolstring(L, -1, n);
}

/* One line of it is kept. */
static const char *take_word(lua_State *L, int at, const char *key)
{
	size_t n;
	const char *s = take_string(L, at, key, false, &n);

	if (s != NULL && (n == 0 || n > FSK_PAYLOAD_NAME_MAX))
		luaL_error(L, "payload.%s: expected 1 to %d bytes", key,
		           (int) FSK_PAYLOAD_NAME_MAX);
	return s;
}

static void take(struct fsk_engine_payload *out, lua_State *L, int at)
{
	check_names(L, at);
	out->bytes = take_string(L, at, "bytes", true, &out->size);
	out->name = take_word(L, at, "name");
	out->kind = take_word(L, at, "kind");
	lua_pushliteral(L, "from");
	lua_rawget(L, at);
	if (fsk_object_entry(L, -1) == NULL)
		luaL_error(L, "payload.from: expected an entry");
	out->from = fsk_object_check_entry(L, lua_gettop(L));
	if (out->size == 0)
		luaL_error(L, "payload.bytes: is empty");
}

/* Over a limit: an anomaly, for what was asked for is not there. */
static int refuse(lua_State *L, const struct fsk_engine_payload *p)
{
	struct fsk_err why;

	if (p->size > FSK_PAYLOAD_MAX)
		fsk_err_set(&why, FSK_ELIMIT, "a payload of %zu bytes is not exported", p->size);
	else
		fsk_err_set(&why, FSK_ELIMIT, "more than %u payloads of this plugin on this volume",
		            FSK_PAYLOADS_MAX);
	fsk_run_report(L, FSK_ELIMIT, p->from, why.msg);
	return fsk_push_failure(L, &why);
}

/// ctx:payload(table)
///
/// Hands over bytes that the plugin has decrypted or unpacked and that may be harmful. They go
/// into the archive only when `--export-payloads` names who may read them, and then encrypted
/// for these (`payloads/<SHA-256>.p7m`); otherwise they do not leave the worker. Record digest,
/// size and offsets with `ctx:record` in any case.
///
/// | member | meaning |
/// |---|---|
/// | `bytes` | string, not empty, at most 16 MiB |
/// | `from` | the entry, hive or database that they come from |
/// | `name` | optional: what it is called in the malware, or in the plugin |
/// | `kind` | optional: what it is, as `"shellcode"` or `"dll"` |
///
/// True when it was taken; `nil, message, "unsupported"` when nobody asked for payloads; `nil,
/// message, "over-limit"` when it is too large, or the 65th of this plugin on this volume (both
/// are anomalies in the archive as well).
///
/// ```lua
/// local taken, why, code = ctx:payload {
///     bytes = item:read(0, 2), from = item, name = "stage2", kind = "dll",
/// }
/// assert(taken or code == "unsupported")
/// ```
int fsk_ctx_payload(lua_State *L)
{
	struct fsk_plugin *p = fsk_ctx_check(L)->plugin;
	const struct fsk_engine_ops *ops = &p->engine->ops;
	struct fsk_engine_payload payload = { 0 };
	struct fsk_err err;
	int rc = 0;

	luaL_checktype(L, 2, LUA_TTABLE);
	take(&payload, L, 2);
	if (!p->engine->payloads || ops->payload == NULL) {
		fsk_err_set(&err, FSK_EUNSUPPORTED, "no payloads are exported in this run");
		return fsk_push_failure(L, &err);
	}
	if (payload.size > FSK_PAYLOAD_MAX || p->payloads >= FSK_PAYLOADS_MAX)
		return refuse(L, &payload);
	p->payloads++;
	fsk_err_set(&err, FSK_ECANCELED, "stopped");
	rc = ops->payload(p->engine->arg, p->text->name, &payload, &err);
	if (rc < 0)
		return fsk_sandbox_stop(L, &err);
	lua_pushboolean(L, true);
	return 1;
}
