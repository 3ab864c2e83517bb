/* Native modules as Lua sees them: the other side of core/module/module.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/lua/internal.h"
#include "core/lua/module_call.h"

/* The class of a class: made for each fsk_class, lives in the registry. */
struct native_bound {
	struct fsk_bound bound;
	const struct fsk_class *cls;
};

static int enter(lua_State *L, const struct fsk_function *f, const char *owner, void *self,
                 int self_at);

/* --- objects --- */

static void release(struct fsk_object *o)
{
	struct fsk_native_object *n = (struct fsk_native_object *) o;

	if (n->ptr != NULL && n->cls->destroy != NULL)
		n->cls->destroy(n->ptr);
	n->ptr = NULL;
}

struct fsk_native_object *fsk_native_at(lua_State *L, int at)
{
	struct fsk_object *o = fsk_object_any(L, at);

	return o != NULL && o->bound->release == release ? (struct fsk_native_object *) o : NULL;
}

struct fsk_native_object *fsk_native_check(lua_State *L, int at, const struct fsk_class *cls)
{
	struct fsk_native_object *n = fsk_native_at(L, at);

	if (n == NULL || n->cls != cls)
		luaL_typeerror(L, at, cls->name);
	if (n->object.run == NULL)
		luaL_error(L, "%s is no longer open", cls->name);
	return n;
}

static const struct fsk_function *find_function(const struct fsk_function *f, const char *name)
{
	while (f != NULL && f->name != NULL && strcmp(f->name, name) != 0)
		f++;
	return f != NULL && f->name != NULL ? f : NULL;
}

/* Upvalues: class, function. */
static int call_method(lua_State *L)
{
	const struct fsk_class *cls = lua_touserdata(L, lua_upvalueindex(1));
	const struct fsk_function *f = lua_touserdata(L, lua_upvalueindex(2));

	return enter(L, f, cls->name, fsk_native_check(L, 1, cls)->ptr, 1);
}

static int call_object(lua_State *L)
{
	struct fsk_native_object *n = fsk_native_at(L, 1);

	n = fsk_native_check(L, 1, n->cls);
	return enter(L, find_function(n->cls->methods, "__call"), n->cls->name, n->ptr, 1);
}

static int get(lua_State *L, struct fsk_object *self, const char *key)
{
	const struct fsk_native_object *n = (const struct fsk_native_object *) self;
	const struct fsk_function *f = find_function(n->cls->methods, key);

	if (f != NULL && key[0] != '_') {
		lua_pushlightuserdata(L, (void *) n->cls);
		lua_pushlightuserdata(L, (void *) f);
		lua_pushcclosure(L, call_method, 2);
		return 1;
	}
	lua_getiuservalue(L, 1, 2);
	if (strcmp(key, "entry") == 0)
		return 1;
	if (!fsk_entry_lends(key))
		return 0;
	if (!lua_isnil(L, -1))
		lua_getfield(L, -1, key);
	return 1;
}

static const struct fsk_entry *entry_of(const struct fsk_object *self)
{
	return ((const struct fsk_native_object *) self)->entry;
}

static const luaL_Reg no_methods[] = { { NULL, NULL } };

const struct fsk_bound *fsk_native_bound(lua_State *L, const struct fsk_class *cls)
{
	struct native_bound *b;

	if (lua_rawgetp(L, LUA_REGISTRYINDEX, cls) == LUA_TUSERDATA) {
		b = lua_touserdata(L, -1);
		lua_pop(L, 1);
		return &b->bound;
	}
	lua_pop(L, 1);
	b = lua_newuserdatauv(L, sizeof(*b), 0);
	*b = (struct native_bound){
		.bound = { .name = cls->name,
		           .methods = no_methods,
		           .get = get,
		           .release = release,
		           .entry = entry_of,
		           .call = find_function(cls->methods, "__call") ? call_object : NULL },
		.cls = cls,
	};
	lua_rawsetp(L, LUA_REGISTRYINDEX, cls);
	return &b->bound;
}

static int host_fail(struct fsk_call *c, const struct fsk_err *err)
{
	c->err = *err;
	return -1;
}

static void host_anomaly(struct fsk_call *c, int entry_arg, int code, const char *reason)
{
	struct fsk_run *run = fsk_sandbox_of(c->L)->plugin->run;
	const struct fsk_entry *e = NULL;

	if (entry_arg >= 0 && entry_arg < c->nargs)
		e = fsk_object_entry(c->L, c->first + entry_arg);
	else if (entry_arg < 0 && c->self != 0)
		e = ((const struct fsk_native_object *) lua_touserdata(c->L, c->self))->entry;
	if (run == NULL || c->stopped)
		return;
	fsk_err_set(&c->err, FSK_ECANCELED, "stopped");
	c->stopped = fsk_run_anomaly(run, code, e, reason, NULL, 0, &c->err) < 0;
}

static const struct fsk_host host = {
	.abi = FSK_MODULE_ABI,
	.argc = fsk_host_argc,
	.arg_type = fsk_host_arg_type,
	.arg_string = fsk_host_arg_string,
	.arg_int = fsk_host_arg_int,
	.arg_number = fsk_host_arg_number,
	.arg_bool = fsk_host_arg_bool,
	.arg_object = fsk_host_arg_object,
	.arg_entry_slurp = fsk_host_arg_entry_slurp,
	.arg_entry_path = fsk_host_arg_entry_path,
	.push_nil = fsk_host_push_nil,
	.push_bool = fsk_host_push_bool,
	.push_int = fsk_host_push_int,
	.push_number = fsk_host_push_number,
	.push_string = fsk_host_push_string,
	.push_object = fsk_host_push_object,
	.push_table = fsk_host_push_table,
	.set_field = fsk_host_set_field,
	.set_index = fsk_host_set_index,
	.fail = host_fail,
	.anomaly = host_anomaly,
	.set_fields = fsk_host_set_fields,
	.arg_entry_size = fsk_host_arg_entry_size,
	.arg_entry_read = fsk_host_arg_entry_read,
	.arg_flag = fsk_host_arg_flag,
	.push_list = fsk_host_push_list,
	.arg_text = fsk_host_arg_text,
	.push_lasting = fsk_host_push_lasting,
	.arg_element = fsk_host_arg_element,
	.arg_named = fsk_host_arg_named,
};

/* --- calls --- */

static int enter(lua_State *L, const struct fsk_function *f, const char *owner, void *self,
                 int self_at)
{
	struct fsk_call c = { .L = L,
		              .owner = owner,
		              .function = f->name,
		              .nargs = lua_gettop(L) - self_at,
		              .first = self_at + 1,
		              .self = self_at };
	int n;

	fsk_sandbox_charge(L, FSK_COST_OBJECT);
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	n = f->call(&host, &c, self);
	if (n < 0 && c.err.code == 0)
		fsk_err_set(&c.err, FSK_EPLUGIN, "%s.%s failed", owner, f->name);
	if (c.stopped)
		return fsk_sandbox_stop(L, &c.err);
	if (c.starved) {
		fsk_err_set(&c.err, FSK_ELIMIT, "not enough memory");
		return fsk_sandbox_stop(L, &c.err);
	}
	return n >= 0 ? n : fsk_push_failure(L, &c.err);
}

/* Upvalues: module, function. */
static int call_function(lua_State *L)
{
	const struct fsk_module *m = lua_touserdata(L, lua_upvalueindex(1));

	return enter(L, lua_touserdata(L, lua_upvalueindex(2)), m->name, NULL, 0);
}

static void push_function(lua_State *L, const struct fsk_module *m, const struct fsk_function *f)
{
	lua_pushlightuserdata(L, (void *) m);
	lua_pushlightuserdata(L, (void *) f);
	lua_pushcclosure(L, call_function, 2);
}

void fsk_modules_open(lua_State *L)
{
	for (size_t i = 0; fsk_modules[i] != NULL; i++) {
		const struct fsk_module *m = fsk_modules[i];

		if (m->abi > FSK_MODULE_ABI)
			continue;
		lua_newtable(L);
		for (const struct fsk_function *f = m->functions; f->name != NULL; f++) {
			push_function(L, m, f);
			lua_setfield(L, -2, f->name);
		}
		fsk_sandbox_freeze(L, m->name);
		lua_setfield(L, -2, m->name);
	}
}

/// # Databases
///
/// What `run` gets for artifacts with `as = "database"`, and what `ctx:database(e)` gives,
/// which is `sqlite.open(e)` of the native module: an SQLite database, read in memory
/// together with its `-wal` or `-journal`. Nothing is written. `db.entry` is its file, `db.user`,
/// `db.sid`, `db.profile` and `db.artifact` are those members of it.
/* --- databases --- */

/// db:rows(sql, …)
///
/// Iterator of the rows as tables by column name; `NULL` is absent. What stands for each `?`
/// follows: strings, numbers, booleans, nil. Only reading is possible. A row that cannot be
/// read is an anomaly and ends the loop.
///
/// ```lua database
/// local urls = {}
/// for row in db:rows("SELECT url, at FROM visits WHERE id >= ? ORDER BY id", 1) do
///     urls[#urls + 1] = row.url
///     ctx:record("visit", { url = row.url, time = time.webkit(row.at), entry = db })
/// end
/// assert(#urls == 2)
/// ```
///
/// Statements may use `in_wal(table, rowid)`: `'new'` for a row that only the write-ahead log has,
/// so that whoever opens the file alone does not see it, `'changed'` for one that the file has
/// with other values, else `NULL`.
///
/// ```lua database
/// for row in db:rows("SELECT url, in_wal('visits', id) AS in_wal FROM visits") do
///     assert(row.in_wal == nil)
/// end
/// ```

/// db:recovered(table)
///
/// Iterator of rows that are no longer in the table, but still in the file or its log: deleted,
/// replaced, or never committed. Equal rows come once, what is in the table now does not come.
/// `nil, message, code` for a table without row ids, or text in UTF-16.
///
/// | member | meaning |
/// |---|---|
/// | `row.values` | by column name; what was overwritten is absent |
/// | `row.rowid` | the row's id, or nil when it was overwritten |
/// | `row.page`, `row.offset` | page, and byte of its file |
/// | `row.frame` | frame of the log, from 1; nil: `offset` is in the database file |
/// | `row.from` | `"cell"` of a free or replaced page, `"freeblock"` or `"gap"` of one in use |
/// | `row.freelist` | the page is free |
/// | `row.carved` | found by the shape of the table: likely, not certain |
/// | `row.ambiguous` | the page belongs to no table now, and the row suits another, too |
/// | `row.replaced` | a row of this id is there, with other values |
/// | `row.partial` | a part lay on other pages |
///
/// ```lua database
/// for row in db:recovered("visits") do
///     ctx:record("visit", { url = row.values.url, recovered = true, page = row.page,
///         offset = row.offset, time = time.webkit(row.values.at), entry = db })
/// end
/// ```

/// db:tables()
///
/// List of the names of tables and views, sorted.
///
/// ```lua database
/// assert(db:tables()[1] == "visits")
/// ```

/// db:columns(table)
///
/// List of the names of the columns, in their order; `nil, message, code` when there is no
/// such table.
///
/// ```lua database
/// assert(table.concat(db:columns("visits"), ",") == "id,url,at")
/// ```

static const struct fsk_module *find_module(const char *name)
{
	for (size_t i = 0; fsk_modules[i] != NULL; i++) {
		if (strcmp(fsk_modules[i]->name, name) == 0)
			return fsk_modules[i];
	}
	return NULL;
}

/* The code that a failed native gave as a word. */
static int parse_code(const char *name)
{
	for (int code = FSK_ENOMEM; name != NULL && code > -64; code--) {
		if (strcmp(fsk_code_name(code), name) == 0)
			return code;
	}
	return FSK_ECORRUPT;
}

int fsk_database_push(lua_State *L, int entry_at, struct fsk_err *err)
{
	const struct fsk_module *m = find_module("sqlite");
	const struct fsk_function *f = m != NULL ? find_function(m->functions, "open") : NULL;
	const char *why;

	if (f == NULL)
		return fsk_err_set(err, FSK_EUNSUPPORTED,
		                   "this build has no module that reads databases");
	entry_at = lua_absindex(L, entry_at);
	push_function(L, m, f);
	lua_pushvalue(L, entry_at);
	lua_call(L, 1, 3);
	if (fsk_native_at(L, -3) != NULL) {
		lua_pop(L, 2);
		return 0;
	}
	why = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "not opened";
	fsk_err_set(err,
	            lua_type(L, -1) == LUA_TSTRING ? parse_code(lua_tostring(L, -1)) : FSK_ECORRUPT,
	            "%s", why);
	lua_pop(L, 3);
	return err->code;
}
