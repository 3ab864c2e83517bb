/* hive:keys and hive:deleted: what is found all over a hive. */
#include "core/lua/internal.h"
#include "core/registry/deleted.h"
#include "core/registry/find.h"

#define COST_STEP 1000 /* of a place that could not be searched */

struct search {
	struct fsk_object object; /* uservalue 1: the hive */
	struct fsk_keyfind *find;
};

struct remains {
	struct fsk_object object; /* uservalue 1: the hive */
	struct fsk_deleted_list list;
};

static void release_search(struct fsk_object *self)
{
	struct search *s = (struct search *) self;

	fsk_keyfind_free(s->find);
	s->find = NULL;
}

static void release_remains(struct fsk_object *self)
{
	fsk_deleted_free(&((struct remains *) self)->list);
}

/* Neither is ever seen by a plugin: they are upvalues of iterators. */
static const luaL_Reg no_methods[] = { { NULL, NULL } };
static const struct fsk_bound bound_search = {
	.name = "search",
	.methods = no_methods,
	.release = release_search,
};
static const struct fsk_bound bound_remains = {
	.name = "remains",
	.methods = no_methods,
	.release = release_remains,
};

/* An object that keeps the hive at 1 alive. */
static void *push_object(lua_State *L, const struct fsk_bound *bound, size_t size)
{
	void *o = fsk_object_new(L, bound, size, 1);

	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, 1);
	return o;
}

/* --- hive:keys --- */

/* Upvalue: the search. */
static int next_found(lua_State *L)
{
	struct search *s = fsk_object_check(L, lua_upvalueindex(1), &bound_search);
	struct fsk_err err;

	lua_settop(L, 0);
	lua_getiuservalue(L, lua_upvalueindex(1), 1);
	for (;;) {
		int rc = fsk_keyfind_next(fsk_key_push(L, 1), s->find, &err);

		if (rc > 0)
			return 1;
		lua_pop(L, 1);
		if (rc == 0 || rc == FSK_ENOMEM)
			return rc == 0 ? 0 : luaL_error(L, "%s", err.msg);
		fsk_run_report(L, err.code, fsk_object_entry(L, 1), err.msg);
		fsk_sandbox_charge(L, COST_STEP);
	}
}

/// hive:keys(pattern)
///
/// Iterator of the keys whose paths match, in the order of the hive. Components are parted by `\`
/// and compared without case: `?` is one character, `*` any number of them, and `**` as a whole
/// component any number of keys, also none, at the end at least one. What cannot be searched is
/// an anomaly.
///
/// ```lua hive
/// local found = {}
/// for key in hive:keys("software\\**\\run*") do
///     found[#found + 1] = key.path
/// end
/// assert(found[1] == "Software\\Microsoft\\Windows\\CurrentVersion\\Run")
/// ```
int fsk_hive_method_keys(lua_State *L)
{
	struct fsk_object *hive = fsk_object_check(L, 1, &fsk_bound_hive);
	const char *pattern = luaL_checkstring(L, 2);
	struct search *s = push_object(L, &bound_search, sizeof(*s));
	struct fsk_err err;
	int rc = fsk_keyfind_new(&s->find, fsk_hive_of(hive), pattern, &err);

	if (rc == FSK_EINVAL || rc == FSK_ELIMIT)
		return luaL_argerror(L, 2, lua_pushstring(L, err.msg));
	if (rc < 0)
		return luaL_error(L, "%s", err.msg);
	lua_pushcclosure(L, next_found, 1);
	return 1;
}

/* --- hive:deleted --- */

static void set_text(lua_State *L, const char *name, const char *text)
{
	if (text == NULL)
		return;
	fsk_push_text(L, text);
	lua_setfield(L, -2, name);
}

static void push_deleted(lua_State *L, const struct fsk_deleted *d)
{
	char type[24];

	lua_createtable(L, 0, 8);
	set_text(L, "kind", d->is_key ? "key" : "value");
	set_text(L, "name", d->name);
	set_text(L, "path", d->path);
	lua_pushinteger(L, d->offset);
	lua_setfield(L, -2, "offset");
	if (d->is_key) {
		fsk_push_time(L, d->written);
		lua_setfield(L, -2, "written");
		return;
	}
	set_text(L, "type", fsk_regtype_name(type, d->value.type));
	if (d->data_lost) {
		lua_pushboolean(L, 1);
		lua_setfield(L, -2, "lost");
		return;
	}
	fsk_value_push_data(L, &d->value);
	lua_setfield(L, -2, "data");
}

/* Upvalues: the remains, the position. */
static int next_deleted(lua_State *L)
{
	struct remains *r = fsk_object_check(L, lua_upvalueindex(1), &bound_remains);
	lua_Integer at = lua_tointeger(L, lua_upvalueindex(2));

	if ((size_t) at >= r->list.count)
		return 0;
	lua_pushinteger(L, at + 1);
	lua_replace(L, lua_upvalueindex(2));
	push_deleted(L, &r->list.items[at]);
	return 1;
}

/// hive:deleted()
///
/// Iterator of the keys and values that were deleted and still lie in free space of the hive, in
/// the order of their offsets: tables with `kind` (`"key"` or `"value"`), `name`, `path` (of the
/// key; of a value: its key; absent when not known), `offset` in the file, of a key `written`, of
/// a value `type` and `data`, or `lost = true` when its data was overwritten. They may be of
/// any age, and a part of what they tell may be of something that came later.
///
/// ```lua hive
/// for d in hive:deleted() do
///     ctx:record("deleted-" .. d.kind, { name = d.name, path = d.path, offset = d.offset,
///         time = d.written, value = d.data, entry = hive })
/// end
/// ```
int fsk_hive_method_deleted(lua_State *L)
{
	struct fsk_object *hive = fsk_object_check(L, 1, &fsk_bound_hive);
	struct remains *r = push_object(L, &bound_remains, sizeof(*r));
	struct fsk_err err;

	if (fsk_hive_deleted(&r->list, fsk_hive_of(hive), &err) < 0)
		return luaL_error(L, "%s", err.msg);
	if (r->list.more)
		fsk_run_report(L, FSK_ELIMIT, fsk_object_entry(L, 1),
		               "more deleted keys and values than are recovered");
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_deleted, 2);
	return 1;
}
