/* Native modules as Lua sees them: the other side of core/module/module.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/lua/internal.h"
#include "core/module/module.h"

/* One call from Lua into a native. Lives on the C stack of `enter`. */
struct fsk_call {
	lua_State *L;
	const char *owner, *function; /* "sqlite", "open"; for messages */
	int nargs;                    /* without self */
	int first;                    /* stack index of argument 0 */
	int self;                     /* stack index of self, 0 when there is none */
	bool starved;                 /* a push ran out of memory: later ones do nothing */
	bool stopped;                 /* the sink of anomalies refused */
	struct fsk_err err;
};

/* An object of a module's class. */
struct native {
	struct fsk_object object; /* uservalue 1: self of the method that pushed it, 2: entry */
	const struct fsk_class *cls;
	void *ptr;
	const struct fsk_entry *entry; /* of uservalue 2 */
};

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
	struct native *n = (struct native *) o;

	if (n->ptr != NULL && n->cls->destroy != NULL)
		n->cls->destroy(n->ptr);
	n->ptr = NULL;
}

/* The object at `at` if it is of a module, alive or not; else NULL. */
static struct native *native_at(lua_State *L, int at)
{
	struct fsk_object *o = fsk_object_any(L, at);

	return o != NULL && o->bound->release == release ? (struct native *) o : NULL;
}

static struct native *check_native(lua_State *L, int at, const struct fsk_class *cls)
{
	struct native *n = native_at(L, at);

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

	return enter(L, f, cls->name, check_native(L, 1, cls)->ptr, 1);
}

static int call_object(lua_State *L)
{
	struct native *n = native_at(L, 1);

	n = check_native(L, 1, n->cls);
	return enter(L, find_function(n->cls->methods, "__call"), n->cls->name, n->ptr, 1);
}

static int get(lua_State *L, struct fsk_object *self, const char *key)
{
	const struct native *n = (const struct native *) self;
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
	return ((const struct native *) self)->entry;
}

static const luaL_Reg no_methods[] = { { NULL, NULL } };

/* The bound of a class, made at first use and kept by the registry. */
static const struct fsk_bound *bound_of(lua_State *L, const struct fsk_class *cls)
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

/* --- arguments --- */

static int at(const struct fsk_call *c, int i)
{
	return c->first + i;
}

static void mistype(struct fsk_call *c, int i, const char *expected)
{
	const struct fsk_object *o = i < c->nargs ? fsk_object_any(c->L, at(c, i)) : NULL;
	const char *got = i < c->nargs ? luaL_typename(c->L, at(c, i)) : "nothing";

	luaL_error(c->L, "%s.%s: argument %d: expected %s, got %s", c->owner, c->function, i + 1,
	           expected, o != NULL ? o->bound->name : got);
}

static int host_argc(struct fsk_call *c)
{
	return c->nargs;
}

static enum fsk_arg_type host_arg_type(struct fsk_call *c, int i)
{
	if (i >= c->nargs)
		return FSK_ARG_NIL;
	switch (lua_type(c->L, at(c, i))) {
	case LUA_TBOOLEAN:
		return FSK_ARG_BOOL;
	case LUA_TNUMBER:
		return lua_isinteger(c->L, at(c, i)) ? FSK_ARG_INT : FSK_ARG_NUMBER;
	case LUA_TSTRING:
		return FSK_ARG_STRING;
	case LUA_TTABLE:
		return FSK_ARG_TABLE;
	case LUA_TUSERDATA:
		if (fsk_given_at(c->L, at(c, i)) != NULL)
			return FSK_ARG_TEXT;
		return native_at(c->L, at(c, i)) != NULL ? FSK_ARG_OBJECT : FSK_ARG_ENTRY;
	default:
		return FSK_ARG_NIL;
	}
}

static const char *host_arg_string(struct fsk_call *c, int i, size_t *len)
{
	if (i >= c->nargs || lua_type(c->L, at(c, i)) != LUA_TSTRING)
		mistype(c, i, "a string");
	return lua_tolstring(c->L, at(c, i), len);
}

static const char *host_arg_text(struct fsk_call *c, int i, size_t *len)
{
	const struct fsk_text *t = i < c->nargs ? fsk_given_at(c->L, at(c, i)) : NULL;

	if (t == NULL)
		return host_arg_string(c, i, len);
	*len = t->len;
	return t->text;
}

static int64_t host_arg_int(struct fsk_call *c, int i)
{
	int good = 0;
	lua_Integer n = i < c->nargs && lua_type(c->L, at(c, i)) == LUA_TNUMBER
	                    ? lua_tointegerx(c->L, at(c, i), &good)
	                    : 0;

	if (!good)
		mistype(c, i, "an integer");
	return n;
}

static double host_arg_number(struct fsk_call *c, int i)
{
	if (i >= c->nargs || lua_type(c->L, at(c, i)) != LUA_TNUMBER)
		mistype(c, i, "a number");
	return lua_tonumber(c->L, at(c, i));
}

static bool host_arg_bool(struct fsk_call *c, int i)
{
	if (i >= c->nargs || !lua_isboolean(c->L, at(c, i)))
		mistype(c, i, "a boolean");
	return lua_toboolean(c->L, at(c, i));
}

static void *host_arg_object(struct fsk_call *c, int i, const struct fsk_class *cls)
{
	struct native *n = i < c->nargs ? native_at(c->L, at(c, i)) : NULL;

	if (n == NULL || n->cls != cls)
		mistype(c, i, cls->name);
	return check_native(c->L, at(c, i), cls)->ptr;
}

static const struct fsk_entry *arg_entry(struct fsk_call *c, int i)
{
	const struct fsk_entry *e = i < c->nargs ? fsk_object_entry(c->L, at(c, i)) : NULL;

	if (e == NULL)
		mistype(c, i, "an entry");
	return e;
}

/* The object of an entry argument, which the stack keeps; -1: that self came from. */
static struct fsk_object *arg_entry_object(struct fsk_call *c, int i)
{
	struct fsk_object *o;

	if (i >= 0 || c->self == 0)
		return fsk_object_any(c->L, at(c, i));
	lua_getiuservalue(c->L, c->self, 2);
	o = fsk_object_any(c->L, -1);
	lua_pop(c->L, 1);
	return o;
}

static const struct fsk_entry *arg_or_own_entry(struct fsk_call *c, int i)
{
	const struct native *self = c->self != 0 ? lua_touserdata(c->L, c->self) : NULL;

	return i < 0 && self != NULL && self->entry != NULL ? self->entry : arg_entry(c, i);
}

static const char *host_arg_entry_path(struct fsk_call *c, int i)
{
	return arg_entry(c, i)->loc.path;
}

/* Of the same entry, or of the file whose path has `suffix` appended. */
static int slurp(struct fsk_buf *out, struct fsk_run *run, const struct fsk_entry *e,
                 const char *suffix, struct fsk_err *err)
{
	struct fsk_entry sibling;
	char *path;
	size_t n;
	int rc;

	if (suffix == NULL || *suffix == '\0')
		return fsk_entry_slurp(out, run, e, err);
	n = strlen(e->loc.path) + strlen(suffix) + 1;
	path = malloc(n);
	if (path == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a path");
	snprintf(path, n, "%s%s", e->loc.path, suffix);
	rc = fsk_fs_lookup(&sibling, fsk_run_fs(run, &e->loc), path, err);
	free(path);
	if (rc < 0)
		return rc;
	rc = fsk_entry_slurp(out, run, &sibling, err);
	fsk_entry_free(&sibling);
	return rc;
}

static int host_arg_entry_slurp(struct fsk_call *c, int i, const char *suffix, size_t max,
                                uint8_t **data, size_t *size, struct fsk_err *err)
{
	const struct fsk_entry *e = arg_entry(c, i);
	struct fsk_buf b;
	int rc;

	*data = NULL;
	*size = 0;
	fsk_buf_init(&b, max);
	rc = slurp(&b, fsk_sandbox_of(c->L)->plugin->run, e, suffix, err);
	if (rc == 0)
		rc = fsk_buf_reserve(&b, b.len == 0 ? 1 : 0, err); /* never NULL on success */
	if (rc < 0) {
		fsk_buf_free(&b);
		return rc;
	}
	*data = b.data;
	*size = b.len;
	return 0;
}

static int64_t host_arg_entry_size(struct fsk_call *c, int i, struct fsk_err *err)
{
	const struct fsk_entry *e = arg_or_own_entry(c, i);
	struct fsk_stream *st;
	int rc = fsk_entry_stream(&st, arg_entry_object(c, i), e, err);

	return rc < 0 ? rc : (int64_t) fsk_stream_size(st);
}

static int64_t host_arg_entry_read(struct fsk_call *c, int i, void *buf, size_t n, uint64_t off,
                                   bool *bad, struct fsk_err *err)
{
	const struct fsk_entry *e = arg_or_own_entry(c, i);
	struct fsk_object *o = arg_entry_object(c, i);
	struct fsk_stream *st;
	int64_t got = fsk_entry_stream(&st, o, e, err);

	if (got == 0)
		got = fsk_stream_read(st, buf, n, off, NULL, err);
	if (got < 0 || fsk_stream_bad(st) == NULL || fsk_stream_bad(st)->count == 0)
		return got;
	if (bad != NULL)
		*bad = true;
	if (!c->stopped && fsk_entry_note_damage(o, &c->err) < 0)
		c->stopped = true;
	return got;
}

static bool host_arg_flag(struct fsk_call *c, int i, const char *name, bool absent)
{
	int type;
	bool value;

	if (host_arg_type(c, i) == FSK_ARG_NIL)
		return absent;
	if (host_arg_type(c, i) != FSK_ARG_TABLE)
		mistype(c, i, "a table");
	lua_pushstring(c->L, name);
	type = lua_rawget(c->L, at(c, i));
	if (type != LUA_TNIL && type != LUA_TBOOLEAN)
		luaL_error(c->L, "%s.%s: field '%s': expected a boolean, got %s", c->owner,
		           c->function, name, luaL_typename(c->L, -1));
	value = type == LUA_TNIL ? absent : lua_toboolean(c->L, -1);
	lua_pop(c->L, 1);
	return value;
}

static void element_value(struct fsk_call *c, const char *name, size_t k, struct fsk_cell *out)
{
	*out = (struct fsk_cell){ .name = name };
	if (lua_isinteger(c->L, -1)) {
		out->type = FSK_ARG_INT;
		out->i = lua_tointeger(c->L, -1);
		return;
	}
	if (lua_type(c->L, -1) != LUA_TSTRING)
		luaL_error(
		    c->L, "%s.%s: field '%s': element %I: expected an integer or a string, got %s",
		    c->owner, c->function, name, (lua_Integer) k + 1, luaL_typename(c->L, -1));
	out->type = FSK_ARG_STRING;
	out->s = lua_tolstring(c->L, -1, &out->len);
}

static bool host_arg_element(struct fsk_call *c, int i, const char *name, size_t k,
                             struct fsk_cell *out)
{
	int type;

	if (host_arg_type(c, i) == FSK_ARG_NIL)
		return false;
	if (host_arg_type(c, i) != FSK_ARG_TABLE)
		mistype(c, i, "a table");
	lua_pushstring(c->L, name);
	type = lua_rawget(c->L, at(c, i));
	if (type != LUA_TNIL && type != LUA_TTABLE)
		luaL_error(c->L, "%s.%s: field '%s': expected a list, got %s", c->owner,
		           c->function, name, luaL_typename(c->L, -1));
	if (type == LUA_TTABLE)
		type = lua_rawgeti(c->L, -1, (lua_Integer) k + 1);
	if (type != LUA_TNIL)
		element_value(c, name, k, out);
	lua_settop(c->L, c->first + c->nargs - 1);
	return type != LUA_TNIL;
}

/* The string member of the table on the top: the table goes on holding it. */
static const char *member(struct fsk_call *c, int64_t n, const char *key, size_t *len)
{
	const char *text;

	lua_pushstring(c->L, key);
	if (lua_rawget(c->L, -2) != LUA_TSTRING)
		luaL_error(c->L, "%s.%s: item %d: field '%s': expected a string, got %s", c->owner,
		           c->function, (int) n, key, luaL_typename(c->L, -1));
	text = lua_tolstring(c->L, -1, len);
	lua_pop(c->L, 1);
	return text;
}

static bool host_arg_named(struct fsk_call *c, int i, int64_t n, const char **name,
                           const char **text, size_t *len)
{
	const struct fsk_text *t;
	int type;

	if (host_arg_type(c, i) != FSK_ARG_TABLE)
		mistype(c, i, "a list");
	type = lua_rawgeti(c->L, at(c, i), n);
	t = fsk_given_at(c->L, -1);
	if (t != NULL) {
		*name = t->name;
		*text = t->text;
		*len = t->len;
	} else if (type == LUA_TTABLE) {
		*name = member(c, n, "name", len);
		*text = member(c, n, "text", len);
	} else if (type != LUA_TNIL) {
		luaL_error(c->L, "%s.%s: item %d: expected a table, got %s", c->owner, c->function,
		           (int) n, luaL_typename(c->L, -1));
	}
	lua_pop(c->L, 1);
	return type != LUA_TNIL;
}

/* --- results: each step is protected, so that natives see no jump --- */

struct push {
	const char *text;
	size_t len;
	int64_t index;
	const struct fsk_class *cls;
	void *object;
	const struct fsk_cell *cells;
	int ncells;
	bool lasting;
};

static bool room(struct fsk_call *c)
{
	if (!c->starved && !lua_checkstack(c->L, 4))
		c->starved = true;
	return !c->starved;
}

/* Calls step with `p` and the `takes` values on the top; they are replaced
 * by one. */
static void protect(struct fsk_call *c, lua_CFunction step, struct push *p, int takes)
{
	if (!room(c))
		return;
	lua_pushcfunction(c->L, step);
	lua_insert(c->L, -1 - takes);
	lua_pushlightuserdata(c->L, p);
	lua_insert(c->L, -1 - takes);
	if (lua_pcall(c->L, takes + 1, 1, 0) != LUA_OK)
		c->starved = true;
}

static int step_string(lua_State *L)
{
	struct push *p = lua_touserdata(L, 1);

	lua_pushlstring(L, p->len > 0 ? p->text : "", p->len);
	return 1;
}

static int step_table(lua_State *L)
{
	lua_newtable(L);
	return 1;
}

static int step_list(lua_State *L)
{
	fsk_lua_push_list(L, 0);
	return 1;
}

/* Gets table and value, gives the table back. */
static int step_field(lua_State *L)
{
	struct push *p = lua_touserdata(L, 1);

	lua_pushstring(L, p->text);
	lua_insert(L, 3);
	lua_rawset(L, 2);
	return 1;
}

static void push_cell(lua_State *L, const struct fsk_cell *cell)
{
	if (cell->type == FSK_ARG_INT)
		lua_pushinteger(L, cell->i);
	else if (cell->type == FSK_ARG_NUMBER)
		lua_pushnumber(L, cell->d);
	else
		lua_pushlstring(L, cell->len > 0 ? cell->s : "", cell->len);
}

/* Puts one with room for `n` fields in the place of the table at 2, while that is empty: nothing
 * but the stack has it, and a table that grows field by field is built many times. */
static void make_room(lua_State *L, int n)
{
	lua_pushnil(L);
	if (lua_next(L, 2)) {
		lua_pop(L, 2);
		return;
	}
	lua_createtable(L, 0, n);
	lua_replace(L, 2);
}

/* Gets the table, which has no metatable, and gives it back. */
static int step_fields(lua_State *L)
{
	struct push *p = lua_touserdata(L, 1);

	make_room(L, p->ncells);
	for (int i = 0; i < p->ncells; i++) {
		push_cell(L, &p->cells[i]);
		lua_setfield(L, 2, p->cells[i].name);
	}
	return 1;
}

static int step_index(lua_State *L)
{
	struct push *p = lua_touserdata(L, 1);

	lua_rawseti(L, 2, p->index);
	return 1;
}

static int step_object(lua_State *L)
{
	struct push *p = lua_touserdata(L, 1);
	const struct fsk_bound *bound = bound_of(L, p->cls);
	struct native *n = p->lasting ? fsk_object_new_lasting(L, bound, sizeof(*n), 2)
	                              : fsk_object_new(L, bound, sizeof(*n), 2);

	n->cls = p->cls;
	n->ptr = p->object;
	p->object = NULL; /* it has an owner now */
	/* the collector knows only the handle, not what it stands for */
	lua_gc(L, LUA_GCSTEP, 16);
	return 1;
}

static void host_push_nil(struct fsk_call *c)
{
	if (room(c))
		lua_pushnil(c->L);
}

static void host_push_bool(struct fsk_call *c, bool v)
{
	if (room(c))
		lua_pushboolean(c->L, v);
}

static void host_push_int(struct fsk_call *c, int64_t v)
{
	if (room(c))
		lua_pushinteger(c->L, v);
}

static void host_push_number(struct fsk_call *c, double v)
{
	if (room(c))
		lua_pushnumber(c->L, v);
}

static void host_push_string(struct fsk_call *c, const char *s, size_t len)
{
	protect(c, step_string, &(struct push){ .text = s, .len = len }, 0);
}

static void host_push_table(struct fsk_call *c)
{
	protect(c, step_table, NULL, 0);
}

static void host_push_list(struct fsk_call *c)
{
	protect(c, step_list, NULL, 0);
}

static void host_set_field(struct fsk_call *c, const char *key)
{
	protect(c, step_field, &(struct push){ .text = key }, 2);
}

static void host_set_fields(struct fsk_call *c, const struct fsk_cell *cells, int n)
{
	protect(c, step_fields, &(struct push){ .cells = cells, .ncells = n }, 1);
}

static void host_set_index(struct fsk_call *c, int64_t i)
{
	protect(c, step_index, &(struct push){ .index = i }, 2);
}

/* Anchors at the object on the top what it depends on: self of the method,
 * and the entry it was opened from, or that self was. Nothing of this
 * allocates. */
static void link_object(struct fsk_call *c)
{
	struct native *n = lua_touserdata(c->L, -1);
	const struct native *self = c->self != 0 ? lua_touserdata(c->L, c->self) : NULL;

	if (self != NULL) {
		lua_pushvalue(c->L, c->self);
		lua_setiuservalue(c->L, -2, 1);
	}
	n->entry = c->nargs > 0 ? fsk_object_entry(c->L, c->first) : NULL;
	if (n->entry != NULL) {
		lua_pushvalue(c->L, c->first);
		lua_setiuservalue(c->L, -2, 2);
	} else if (self != NULL) {
		n->entry = self->entry;
		lua_getiuservalue(c->L, c->self, 2);
		lua_setiuservalue(c->L, -2, 2);
	}
}

static void push_owned(struct fsk_call *c, struct push *p)
{
	protect(c, step_object, p, 0);
	if (p->object != NULL && p->cls->destroy != NULL)
		p->cls->destroy(p->object);
}

static void host_push_object(struct fsk_call *c, const struct fsk_class *cls, void *object)
{
	push_owned(c, &(struct push){ .cls = cls, .object = object });
	if (!c->starved)
		link_object(c);
}

static void host_push_lasting(struct fsk_call *c, const struct fsk_class *cls, void *object)
{
	push_owned(c, &(struct push){ .cls = cls, .object = object, .lasting = true });
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
		e = fsk_object_entry(c->L, at(c, entry_arg));
	else if (entry_arg < 0 && c->self != 0)
		e = ((const struct native *) lua_touserdata(c->L, c->self))->entry;
	if (run == NULL || c->stopped)
		return;
	fsk_err_set(&c->err, FSK_ECANCELED, "stopped");
	c->stopped = fsk_run_anomaly(run, code, e, reason, NULL, 0, &c->err) < 0;
}

static const struct fsk_host host = {
	.abi = FSK_MODULE_ABI,
	.argc = host_argc,
	.arg_type = host_arg_type,
	.arg_string = host_arg_string,
	.arg_int = host_arg_int,
	.arg_number = host_arg_number,
	.arg_bool = host_arg_bool,
	.arg_object = host_arg_object,
	.arg_entry_slurp = host_arg_entry_slurp,
	.arg_entry_path = host_arg_entry_path,
	.push_nil = host_push_nil,
	.push_bool = host_push_bool,
	.push_int = host_push_int,
	.push_number = host_push_number,
	.push_string = host_push_string,
	.push_object = host_push_object,
	.push_table = host_push_table,
	.set_field = host_set_field,
	.set_index = host_set_index,
	.fail = host_fail,
	.anomaly = host_anomaly,
	.set_fields = host_set_fields,
	.arg_entry_size = host_arg_entry_size,
	.arg_entry_read = host_arg_entry_read,
	.arg_flag = host_arg_flag,
	.push_list = host_push_list,
	.arg_text = host_arg_text,
	.push_lasting = host_push_lasting,
	.arg_element = host_arg_element,
	.arg_named = host_arg_named,
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
	if (native_at(L, -3) != NULL) {
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
