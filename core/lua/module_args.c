/* What a native is given: its arguments, and the bytes of entries among them. */
#include "core/lua/module_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int fsk_host_argc(struct fsk_call *c)
{
	return c->nargs;
}

enum fsk_arg_type fsk_host_arg_type(struct fsk_call *c, int i)
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
		return fsk_native_at(c->L, at(c, i)) != NULL ? FSK_ARG_OBJECT : FSK_ARG_ENTRY;
	default:
		return FSK_ARG_NIL;
	}
}

const char *fsk_host_arg_string(struct fsk_call *c, int i, size_t *len)
{
	if (i >= c->nargs || lua_type(c->L, at(c, i)) != LUA_TSTRING)
		mistype(c, i, "a string");
	return lua_tolstring(c->L, at(c, i), len);
}

const char *fsk_host_arg_text(struct fsk_call *c, int i, size_t *len)
{
	const struct fsk_text *t = i < c->nargs ? fsk_given_at(c->L, at(c, i)) : NULL;

	if (t == NULL)
		return fsk_host_arg_string(c, i, len);
	*len = t->len;
	return t->text;
}

int64_t fsk_host_arg_int(struct fsk_call *c, int i)
{
	int good = 0;
	lua_Integer n = i < c->nargs && lua_type(c->L, at(c, i)) == LUA_TNUMBER
	                    ? lua_tointegerx(c->L, at(c, i), &good)
	                    : 0;

	if (!good)
		mistype(c, i, "an integer");
	return n;
}

double fsk_host_arg_number(struct fsk_call *c, int i)
{
	if (i >= c->nargs || lua_type(c->L, at(c, i)) != LUA_TNUMBER)
		mistype(c, i, "a number");
	return lua_tonumber(c->L, at(c, i));
}

bool fsk_host_arg_bool(struct fsk_call *c, int i)
{
	if (i >= c->nargs || !lua_isboolean(c->L, at(c, i)))
		mistype(c, i, "a boolean");
	return lua_toboolean(c->L, at(c, i));
}

void *fsk_host_arg_object(struct fsk_call *c, int i, const struct fsk_class *cls)
{
	struct fsk_native_object *n = i < c->nargs ? fsk_native_at(c->L, at(c, i)) : NULL;

	if (n == NULL || n->cls != cls)
		mistype(c, i, cls->name);
	return fsk_native_check(c->L, at(c, i), cls)->ptr;
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
	const struct fsk_native_object *self = c->self != 0 ? lua_touserdata(c->L, c->self) : NULL;

	return i < 0 && self != NULL && self->entry != NULL ? self->entry : arg_entry(c, i);
}

const char *fsk_host_arg_entry_path(struct fsk_call *c, int i)
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

int fsk_host_arg_entry_slurp(struct fsk_call *c, int i, const char *suffix, size_t max,
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

int64_t fsk_host_arg_entry_size(struct fsk_call *c, int i, struct fsk_err *err)
{
	const struct fsk_entry *e = arg_or_own_entry(c, i);
	struct fsk_stream *st;
	int rc = fsk_entry_stream(&st, arg_entry_object(c, i), e, err);

	return rc < 0 ? rc : (int64_t) fsk_stream_size(st);
}

int64_t fsk_host_arg_entry_read(struct fsk_call *c, int i, void *buf, size_t n, uint64_t off,
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

bool fsk_host_arg_flag(struct fsk_call *c, int i, const char *name, bool absent)
{
	int type;
	bool value;

	if (fsk_host_arg_type(c, i) == FSK_ARG_NIL)
		return absent;
	if (fsk_host_arg_type(c, i) != FSK_ARG_TABLE)
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

bool fsk_host_arg_element(struct fsk_call *c, int i, const char *name, size_t k,
                          struct fsk_cell *out)
{
	int type;

	if (fsk_host_arg_type(c, i) == FSK_ARG_NIL)
		return false;
	if (fsk_host_arg_type(c, i) != FSK_ARG_TABLE)
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

bool fsk_host_arg_named(struct fsk_call *c, int i, int64_t n, const char **name, const char **text,
                        size_t *len)
{
	const struct fsk_text *t;
	int type;

	if (fsk_host_arg_type(c, i) != FSK_ARG_TABLE)
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
