/* value: a value of a registry key. */
#include <string.h>

#include "core/lua/internal.h"
#include "core/registry/hive.h"

struct value {
	struct fsk_object object;
	struct fsk_value value;
};

static const struct fsk_bound bound_value;

static void release(struct fsk_object *self)
{
	fsk_value_free(&((struct value *) self)->value);
}

struct fsk_value *fsk_value_push(lua_State *L)
{
	struct value *v = fsk_object_new(L, &bound_value, sizeof(*v), 0);

	return &v->value;
}

static void push_raw(lua_State *L, const struct fsk_value *v)
{
	lua_pushlstring(L, v->size > 0 ? (const char *) v->data : "", v->size);
}

static void push_list(lua_State *L, char **list)
{
	fsk_lua_push_list(L, 0);
	for (lua_Integer i = 0; list[i] != NULL; i++) {
		fsk_push_text(L, list[i]);
		lua_rawseti(L, -2, i + 1);
	}
}

static void push_moment(lua_State *L, const struct fsk_value *v)
{
	if (v->time == FSK_TIME_NONE) /* never, or out of range */
		push_raw(L, v);
	else
		fsk_push_time(L, v->time);
}

void fsk_value_push_data(lua_State *L, const struct fsk_value *v)
{
	switch (v->form) {
	case FSK_FORM_TEXT:
	case FSK_FORM_GUID:
		fsk_push_text(L, v->text);
		break;
	case FSK_FORM_LIST:
		push_list(L, v->list);
		break;
	case FSK_FORM_NUMBER:
		lua_pushinteger(L, (lua_Integer) v->number);
		break;
	case FSK_FORM_REAL:
		lua_pushnumber(L, v->real);
		break;
	case FSK_FORM_TRUTH:
		lua_pushboolean(L, v->number != 0);
		break;
	case FSK_FORM_TIME:
		push_moment(L, v);
		break;
	default:
		push_raw(L, v);
	}
}

static int get(lua_State *L, struct fsk_object *self, const char *key)
{
	const struct fsk_value *v = &((struct value *) self)->value;
	char name[24];

	if (strcmp(key, "name") == 0)
		fsk_push_text(L, v->name != NULL ? v->name : "");
	else if (strcmp(key, "type") == 0)
		lua_pushstring(L, fsk_regtype_name(name, v->type));
	else if (strcmp(key, "data") == 0)
		fsk_value_push_data(L, v);
	else if (strcmp(key, "raw") == 0)
		push_raw(L, v);
	else if (strcmp(key, "written") == 0)
		fsk_push_time(L, v->written);
	else
		return 0;
	return 1;
}

static const luaL_Reg methods[] = { { NULL, NULL } };

static const struct fsk_bound bound_value = {
	.name = "value",
	.methods = methods,
	.get = get,
	.release = release,
};
