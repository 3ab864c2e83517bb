#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/lua/internal.h"

/// # Tables and JSON
///
/// Tables in records and findings become JSON:
///
/// | Lua | JSON |
/// |---|---|
/// | a table whose keys are exactly 1 to n | array |
/// | any other table, also `{}` | object; integer keys are written out |
/// | `list {}` | array, also when empty |
/// | string | string; bytes that are no UTF-8, and NUL, as `\xNN` |
/// | integer, float | number; NaN and infinities are `null` |
/// | entry, hive, database | the locator of its file |
///
/// Functions, other keys and tables that contain themselves raise or are over the limit.
/// Metatables do not count.
/* What a value costs besides its text, so that a table of millions of empty
 * things meets the limit too. */
#define VALUE_COST 8
#define NUMBER_COST 24

static const char list_key;

/* Walks down a value; nothing here may raise, because json_t is not safe from
 * jumps. lua_next, lua_rawget and lua_tolstring of a string do not. */
struct walk {
	lua_State *L;
	size_t *budget;
	unsigned depth;
	char where[256]; /* "fields.data[3]" */
	struct fsk_err *err;
};

static json_t *convert(struct walk *w, int at);

static json_t *refuse(struct walk *w, int code, const char *why)
{
	char place[300];

	fsk_text_escape(place, sizeof(place), w->where);
	fsk_err_set(w->err, code, "%s: %s", place, why);
	return NULL;
}

static json_t *out_of_memory(struct walk *w)
{
	return refuse(w, FSK_ENOMEM, "no memory");
}

static bool spend(struct walk *w, size_t n)
{
	if (n > *w->budget) {
		*w->budget = 0;
		refuse(w, FSK_ELIMIT, "larger than a record may be");
		return false;
	}
	*w->budget -= n;
	return true;
}

/* Valid UTF-8 without NUL, which many readers of JSON refuse: it comes out as
 * \x00 like other bytes that are no text. NULL without memory. */
static char *clean_text(const char *s, size_t len)
{
	struct fsk_buf b;
	const char *nul;
	char *out;
	int rc = 0;

	fsk_buf_init(&b, 4 * len + 8);
	while (rc == 0 && (nul = memchr(s, '\0', len)) != NULL) {
		rc = fsk_text_append_utf8(&b, s, (size_t) (nul - s), NULL);
		if (rc == 0)
			rc = fsk_buf_append_str(&b, "\\x00", NULL);
		len -= (size_t) (nul - s) + 1;
		s = nul + 1;
	}
	if (rc == 0)
		rc = fsk_text_append_utf8(&b, s, len, NULL);
	out = rc == 0 ? fsk_buf_steal_str(&b, NULL) : NULL;
	fsk_buf_free(&b);
	return out;
}

/* Bytes that JSON adds to a text: \" and \\, \u00NN for control characters. */
static size_t escape_cost(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += (unsigned char) *s < 0x20 ? 5 : *s == '"' || *s == '\\' ? 1 : 0;
	return n;
}

/* The string at `at` as it is written, paid for; NULL and w->err set when it
 * is too large. To be freed. */
static char *take_text(struct walk *w, const char *s, size_t len)
{
	char *clean;

	if (len > *w->budget) { /* before it is copied */
		spend(w, len);
		return NULL;
	}
	clean = clean_text(s, len);
	if (clean == NULL)
		out_of_memory(w);
	else if (!spend(w, strlen(clean) + escape_cost(clean) + VALUE_COST)) {
		free(clean);
		clean = NULL;
	}
	return clean;
}

static json_t *convert_text(struct walk *w, int at)
{
	size_t len;
	const char *s = lua_tolstring(w->L, at, &len);
	char *text = take_text(w, s, len);
	json_t *j;

	if (text == NULL)
		return NULL;
	j = json_string_nocheck(text);
	free(text);
	return j != NULL ? j : out_of_memory(w);
}

static json_t *convert_number(struct walk *w, int at)
{
	lua_Number n = lua_tonumber(w->L, at);

	if (!spend(w, NUMBER_COST))
		return NULL;
	if (lua_isinteger(w->L, at))
		return json_integer(lua_tointeger(w->L, at));
	return isfinite(n) ? json_real(n) : json_null();
}

/* Number of elements when the table is a list, -1 when it is none. Keys must
 * be exactly 1..n: n integer keys, of which the largest is n. */
static lua_Integer list_length(lua_State *L, int at)
{
	lua_Integer n = 0, largest = 0;
	bool marked = false;

	if (lua_getmetatable(L, at)) {
		lua_rawgetp(L, LUA_REGISTRYINDEX, &list_key);
		marked = lua_rawequal(L, -1, -2);
		lua_pop(L, 2);
	}
	lua_pushnil(L);
	while (lua_next(L, at)) {
		lua_pop(L, 1);
		if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1) {
			lua_pop(L, 1);
			return -1;
		}
		if (lua_tointeger(L, -1) > largest)
			largest = lua_tointeger(L, -1);
		n++;
	}
	return n == largest && (n > 0 || marked) ? n : -1;
}

static json_t *convert_list(struct walk *w, int at, lua_Integer n)
{
	size_t end = strlen(w->where);
	json_t *list = json_array(), *item;

	if (list == NULL)
		return out_of_memory(w);
	for (lua_Integer i = 1; i <= n; i++) {
		snprintf(w->where + end, sizeof(w->where) - end, "[%lld]", (long long) i);
		lua_rawgeti(w->L, at, i);
		item = convert(w, lua_gettop(w->L));
		lua_pop(w->L, 1);
		if (item == NULL || json_array_append_new(list, item) < 0) {
			json_decref(list);
			return item == NULL ? NULL : out_of_memory(w);
		}
		w->where[end] = '\0';
	}
	return list;
}

/* Key of an object as UTF-8, to be freed; NULL and w->err set when it is of
 * another type. */
static char *object_key(struct walk *w, int at)
{
	char number[32];
	size_t len;
	const char *s = number;

	if (lua_type(w->L, at) == LUA_TSTRING) {
		s = lua_tolstring(w->L, at, &len);
	} else if (lua_isinteger(w->L, at)) {
		len = (size_t) snprintf(number, sizeof(number), "%lld",
		                        (long long) lua_tointeger(w->L, at));
	} else {
		refuse(w, FSK_EINVAL, "keys must be strings or integers");
		return NULL;
	}
	return take_text(w, s, len);
}

/* Adds the pair on the top of the stack. */
static int convert_pair(struct walk *w, json_t *object)
{
	size_t end = strlen(w->where);
	int top = lua_gettop(w->L);
	char *key = object_key(w, top - 1);
	json_t *value;
	int rc;

	if (key == NULL)
		return -1;
	snprintf(w->where + end, sizeof(w->where) - end, "%s%s", end > 0 ? "." : "", key);
	if (json_object_get(object, key) != NULL) {
		refuse(w, FSK_EINVAL, "two keys are written alike");
		free(key);
		return -1;
	}
	value = convert(w, top);
	rc = value == NULL ? -1 : json_object_set_new(object, key, value);
	if (value != NULL && rc < 0)
		out_of_memory(w);
	free(key);
	if (rc == 0)
		w->where[end] = '\0';
	return rc;
}

static json_t *convert_object(struct walk *w, int at)
{
	json_t *object = json_object();

	if (object == NULL)
		return out_of_memory(w);
	lua_pushnil(w->L);
	while (lua_next(w->L, at)) {
		if (convert_pair(w, object) < 0) {
			lua_pop(w->L, 2);
			json_decref(object);
			return NULL;
		}
		lua_pop(w->L, 1);
	}
	return object;
}

static json_t *convert_table(struct walk *w, int at)
{
	json_t *j = NULL;
	lua_Integer n;

	if (w->depth >= FSK_RECORD_DEPTH_MAX)
		return refuse(w, FSK_ELIMIT, "nested too deeply, or contains itself");
	if (!lua_checkstack(w->L, 8))
		return out_of_memory(w);
	w->depth++;
	n = list_length(w->L, at);
	if (spend(w, VALUE_COST))
		j = n >= 0 ? convert_list(w, at, n) : convert_object(w, at);
	w->depth--;
	return j;
}

static size_t locator_cost(const struct fsk_locator *l)
{
	size_t n = 160 + strlen(l->path) + escape_cost(l->path); /* names and numbers */

	return l->stream == NULL ? n : n + strlen(l->stream) + escape_cost(l->stream);
}

static json_t *convert_object_of_evidence(struct walk *w, int at)
{
	const struct fsk_entry *e = fsk_object_entry(w->L, at);
	json_t *j;

	if (e == NULL)
		return refuse(w, FSK_EINVAL,
		              "an object that stands for no file, or is no longer open");
	if (!spend(w, locator_cost(&e->loc)))
		return NULL;
	j = fsk_locator_to_json(&e->loc);
	return j != NULL ? j : out_of_memory(w);
}

static json_t *convert(struct walk *w, int at)
{
	switch (lua_type(w->L, at)) {
	case LUA_TNIL:
		return json_null();
	case LUA_TBOOLEAN:
		return spend(w, VALUE_COST) ? json_boolean(lua_toboolean(w->L, at)) : NULL;
	case LUA_TNUMBER:
		return convert_number(w, at);
	case LUA_TSTRING:
		return convert_text(w, at);
	case LUA_TTABLE:
		return convert_table(w, at);
	case LUA_TUSERDATA:
		return convert_object_of_evidence(w, at);
	default:
		return refuse(w, FSK_EINVAL, "a function cannot be recorded");
	}
}

int fsk_lua_to_json(json_t **out, lua_State *L, int at, const char *where, size_t *budget,
                    struct fsk_err *err)
{
	struct fsk_err local;
	struct walk w = { .L = L, .budget = budget, .err = &local };

	if (!lua_checkstack(L, 8)) {
		*out = NULL;
		return fsk_err_set(err, FSK_ENOMEM, "%s: no memory", where);
	}
	local.code = FSK_ENOMEM;
	local.msg[0] = '\0';
	snprintf(w.where, sizeof(w.where), "%s", where);
	*out = convert(&w, lua_absindex(L, at));
	if (*out != NULL)
		return 0;
	return fsk_err_set(err, local.code, "%s", local.msg);
}

/* Arrays and objects of depth FSK_RECORD_DEPTH_MAX at most: the keeper's
 * options and our own meta data. */
void fsk_lua_push_json(lua_State *L, const json_t *j)
{
	const char *key;
	json_t *value;
	size_t i;

	luaL_checkstack(L, 4, NULL);
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		lua_newtable(L);
		json_object_foreach ((json_t *) j, key, value) {
			fsk_lua_push_json(L, value);
			lua_setfield(L, -2, key);
		}
		break;
	case JSON_ARRAY:
		fsk_lua_push_list(L, (int) json_array_size(j));
		json_array_foreach ((json_t *) j, i, value) {
			fsk_lua_push_json(L, value);
			lua_rawseti(L, -2, (lua_Integer) i + 1);
		}
		break;
	case JSON_STRING:
		lua_pushlstring(L, json_string_value(j), json_string_length(j));
		break;
	case JSON_INTEGER:
		lua_pushinteger(L, json_integer_value(j));
		break;
	case JSON_REAL:
		lua_pushnumber(L, json_real_value(j));
		break;
	case JSON_NULL:
		lua_pushnil(L);
		break;
	default:
		lua_pushboolean(L, json_is_true(j));
	}
}

void fsk_lua_list_open(lua_State *L)
{
	lua_createtable(L, 0, 1);
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &list_key);
}

void fsk_lua_push_list(lua_State *L, int size)
{
	lua_createtable(L, size, 0);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &list_key);
	lua_setmetatable(L, -2);
}

/// list(t)
///
/// Marks a table as a list, so that it is one in JSON also while it is empty. Returns it.
///
/// ```lua
/// ctx:record("users", { names = list {} })
/// ```
int fsk_lua_list(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	if (lua_getmetatable(L, 1))
		return luaL_argerror(L, 1, "the table has a metatable");
	lua_settop(L, 1);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &list_key);
	lua_setmetatable(L, 1);
	return 1;
}
