/* What a native gives. Each step is protected, so that natives see no jump. */
#include "core/lua/module_call.h"

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
	const struct fsk_bound *bound = fsk_native_bound(L, p->cls);
	struct fsk_native_object *n = p->lasting ? fsk_object_new_lasting(L, bound, sizeof(*n), 2)
	                                         : fsk_object_new(L, bound, sizeof(*n), 2);

	n->cls = p->cls;
	n->ptr = p->object;
	p->object = NULL; /* it has an owner now */
	/* the collector knows only the handle, not what it stands for */
	lua_gc(L, LUA_GCSTEP, 16);
	return 1;
}

void fsk_host_push_nil(struct fsk_call *c)
{
	if (room(c))
		lua_pushnil(c->L);
}

void fsk_host_push_bool(struct fsk_call *c, bool v)
{
	if (room(c))
		lua_pushboolean(c->L, v);
}

void fsk_host_push_int(struct fsk_call *c, int64_t v)
{
	if (room(c))
		lua_pushinteger(c->L, v);
}

void fsk_host_push_number(struct fsk_call *c, double v)
{
	if (room(c))
		lua_pushnumber(c->L, v);
}

void fsk_host_push_string(struct fsk_call *c, const char *s, size_t len)
{
	protect(c, step_string, &(struct push){ .text = s, .len = len }, 0);
}

void fsk_host_push_table(struct fsk_call *c)
{
	protect(c, step_table, NULL, 0);
}

void fsk_host_push_list(struct fsk_call *c)
{
	protect(c, step_list, NULL, 0);
}

void fsk_host_set_field(struct fsk_call *c, const char *key)
{
	protect(c, step_field, &(struct push){ .text = key }, 2);
}

void fsk_host_set_fields(struct fsk_call *c, const struct fsk_cell *cells, int n)
{
	protect(c, step_fields, &(struct push){ .cells = cells, .ncells = n }, 1);
}

void fsk_host_set_index(struct fsk_call *c, int64_t i)
{
	protect(c, step_index, &(struct push){ .index = i }, 2);
}

/* Anchors at the object on the top what it depends on: self of the method,
 * and the entry it was opened from, or that self was. Nothing of this
 * allocates. */
static void link_object(struct fsk_call *c)
{
	struct fsk_native_object *n = lua_touserdata(c->L, -1);
	const struct fsk_native_object *self = c->self != 0 ? lua_touserdata(c->L, c->self) : NULL;

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

void fsk_host_push_object(struct fsk_call *c, const struct fsk_class *cls, void *object)
{
	push_owned(c, &(struct push){ .cls = cls, .object = object });
	if (!c->starved)
		link_object(c);
}

void fsk_host_push_lasting(struct fsk_call *c, const struct fsk_class *cls, void *object)
{
	push_owned(c, &(struct push){ .cls = cls, .object = object, .lasting = true });
}
