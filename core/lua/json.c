#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/lua/internal.h"
#include "core/model/jsontext.h"

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
#define FEW 16 /* members that are sorted in place */

static const char list_key;

/* Where a value stands, from the inside out: "fields.data[3]". */
struct place {
	const struct place *outer;
	const char *name; /* NULL: `index` */
	size_t len;
	lua_Integer index;
};

/* Walks down a value and writes its text. Nothing here may raise, because memory is
 * not safe from jumps. lua_next, lua_rawgeti and lua_tolstring of a string do not. */
struct walk {
	lua_State *L;
	struct fsk_jsonbuf *b;
	size_t *budget;
	unsigned depth;
	const char *root;
	const struct place *place;
	struct fsk_err *err;
};

static int convert(struct walk *w, int at);

static void append_place(struct fsk_buf *out, const struct walk *w, const struct place *p)
{
	if (p == NULL) {
		fsk_buf_append_str(out, w->root, NULL);
		return;
	}
	append_place(out, w, p->outer);
	if (p->name == NULL) {
		fsk_buf_printf(out, NULL, "[%lld]", (long long) p->index);
		return;
	}
	if (out->len > 0)
		fsk_buf_append_u8(out, '.', NULL);
	fsk_text_append_escaped(out, p->name, p->len, NULL);
}

static int refuse(struct walk *w, int code, const char *why)
{
	struct fsk_buf where;

	fsk_buf_init(&where, FSK_RECORD_BYTES_MAX);
	append_place(&where, w, w->place);
	fsk_err_set(w->err, code, "%.*s: %s", (int) (where.len < 256 ? where.len : 256),
	            where.len > 0 ? (const char *) where.data : "", why);
	fsk_buf_free(&where);
	return code;
}

static int out_of_memory(struct walk *w)
{
	return refuse(w, FSK_ENOMEM, "no memory");
}

static int spend(struct walk *w, size_t n)
{
	if (n > *w->budget) {
		*w->budget = 0;
		return refuse(w, FSK_ELIMIT, "larger than a record may be");
	}
	*w->budget -= n;
	return 0;
}

static int put(struct walk *w, const char *text, size_t n)
{
	return fsk_buf_append(&w->b->text, text, n, NULL) == 0 ? 0 : out_of_memory(w);
}

/* The string as JSON, paid for. */
static int put_text(struct walk *w, const char *s, size_t len)
{
	size_t start = w->b->text.len;

	if (len > *w->budget) /* before it is copied */
		return spend(w, len);
	if (fsk_jsontext_string(&w->b->text, s, len, NULL) < 0)
		return out_of_memory(w);
	return spend(w, w->b->text.len - start - 2 + VALUE_COST);
}

static int convert_text(struct walk *w, int at)
{
	size_t len;
	const char *s = lua_tolstring(w->L, at, &len);

	return put_text(w, s, len);
}

static int convert_number(struct walk *w, int at)
{
	int rc = spend(w, NUMBER_COST);

	if (rc < 0)
		return rc;
	if (lua_isinteger(w->L, at))
		rc = fsk_jsontext_integer(&w->b->text, lua_tointeger(w->L, at), NULL);
	else
		rc = fsk_jsontext_real(&w->b->text, lua_tonumber(w->L, at), NULL);
	return rc == 0 ? 0 : out_of_memory(w);
}

static int convert_boolean(struct walk *w, int at)
{
	int rc = spend(w, VALUE_COST);

	if (rc < 0)
		return rc;
	return lua_toboolean(w->L, at) ? put(w, "true", 4) : put(w, "false", 5);
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

static int convert_list(struct walk *w, int at, lua_Integer n)
{
	struct place place = { .outer = w->place };
	int rc = put(w, "[", 1);

	w->place = &place;
	for (lua_Integer i = 1; rc == 0 && i <= n; i++) {
		place.index = i;
		if (i > 1)
			rc = put(w, ",", 1);
		lua_rawgeti(w->L, at, i);
		if (rc == 0)
			rc = convert(w, lua_gettop(w->L));
		lua_pop(w->L, 1);
	}
	w->place = place.outer;
	return rc == 0 ? put(w, "]", 1) : rc;
}

/* The key of a pair as text; `number` has room for one that is none. */
static int key_text(struct walk *w, int at, const char **out, size_t *len, char number[32])
{
	if (lua_type(w->L, at) == LUA_TSTRING) {
		*out = lua_tolstring(w->L, at, len);
		return 0;
	}
	if (!lua_isinteger(w->L, at))
		return refuse(w, FSK_EINVAL, "keys must be strings or integers");
	*len = (size_t) snprintf(number, 32, "%lld", (long long) lua_tointeger(w->L, at));
	*out = number;
	return 0;
}

static int add_member(struct walk *w, const struct fsk_jsonmember *m)
{
	struct fsk_jsonbuf *b = w->b;

	/* the second half is for sorting */
	if (2 * b->count == b->cap) {
		size_t cap = b->cap == 0 ? 64 : 2 * b->cap;
		struct fsk_jsonmember *members = realloc(b->members, cap * sizeof(*members));

		if (members == NULL)
			return out_of_memory(w);
		b->members = members;
		b->cap = cap;
	}
	b->members[b->count++] = *m;
	return 0;
}

/* Writes the pair on the top of the stack as a member. */
static int convert_pair(struct walk *w)
{
	struct place place = { .outer = w->place };
	struct fsk_jsonmember m = { .at = w->b->text.len };
	int top = lua_gettop(w->L), rc;
	char number[32];

	rc = key_text(w, top - 1, &place.name, &place.len, number);
	if (rc == 0)
		rc = put_text(w, place.name, place.len);
	m.name = w->b->text.len - m.at - 2;
	if (rc == 0)
		rc = put(w, ":", 1);
	w->place = &place;
	if (rc == 0)
		rc = convert(w, top);
	m.len = w->b->text.len - m.at;
	if (rc == 0)
		rc = add_member(w, &m);
	w->place = place.outer;
	return rc;
}

static int compare(const char *text, const struct fsk_jsonmember *a, const struct fsk_jsonmember *b)
{
	return fsk_jsontext_compare(text + a->at + 1, a->name, text + b->at + 1, b->name);
}

/* Few members, as a record has, where they are. */
static void insert_sort(struct fsk_jsonmember *m, size_t n, const char *text)
{
	for (size_t i = 1; i < n; i++) {
		struct fsk_jsonmember moving = m[i];
		size_t k = i;

		for (; k > 0 && compare(text, &m[k - 1], &moving) > 0; k--)
			m[k] = m[k - 1];
		m[k] = moving;
	}
}

static void merge(struct fsk_jsonmember *out, const struct fsk_jsonmember *m, size_t half, size_t n,
                  const char *text)
{
	size_t a = 0, b = half;

	while (a < half || b < n) {
		bool left = b == n || (a < half && compare(text, &m[a], &m[b]) <= 0);

		*out++ = m[left ? a++ : b++];
	}
}

/* `spare` has room for as many. */
static void sort_members(struct fsk_jsonmember *m, struct fsk_jsonmember *spare, size_t n,
                         const char *text)
{
	size_t half = n / 2;

	if (n <= FEW) {
		insert_sort(m, n, text);
		return;
	}
	sort_members(m, spare, half, text);
	sort_members(m + half, spare + half, n - half, text);
	merge(spare, m, half, n, text);
	memcpy(m, spare, n * sizeof(*m));
}

static int refuse_twin(struct walk *w, const char *name, size_t len)
{
	struct place place = { .outer = w->place, .name = name, .len = len };
	int rc;

	w->place = &place;
	rc = refuse(w, FSK_EINVAL, "two keys are written alike");
	w->place = place.outer;
	return rc;
}

/* Puts the members that were written from `start` on into their order, with
 * commas. */
static int order_members(struct walk *w, size_t start, struct fsk_jsonmember *m, size_t n)
{
	struct fsk_buf *text = &w->b->text, *spare = &w->b->spare;
	const char *from = (const char *) text->data;

	fsk_buf_reset(spare);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && compare(from, &m[i - 1], &m[i]) == 0)
			return refuse_twin(w, from + m[i].at + 1, m[i].name);
		if ((i > 0 && fsk_buf_append_u8(spare, ',', NULL) < 0) ||
		    fsk_buf_append(spare, from + m[i].at, m[i].len, NULL) < 0)
			return out_of_memory(w);
	}
	text->len = start;
	return put(w, (const char *) spare->data, spare->len);
}

static int convert_object(struct walk *w, int at)
{
	size_t start = w->b->text.len + 1, first = w->b->count;
	struct fsk_jsonmember *m;
	size_t n;
	int rc = put(w, "{", 1);

	lua_pushnil(w->L);
	while (lua_next(w->L, at)) {
		if (rc == 0)
			rc = convert_pair(w);
		if (rc < 0) {
			lua_pop(w->L, 2);
			return rc;
		}
		lua_pop(w->L, 1);
	}
	n = w->b->count - first;
	w->b->count = first;
	if (n > 1) { /* else there may be no array yet */
		m = w->b->members + first;
		sort_members(m, m + n, n, (const char *) w->b->text.data);
		rc = order_members(w, start, m, n);
	}
	return rc == 0 ? put(w, "}", 1) : rc;
}

static int convert_table(struct walk *w, int at)
{
	lua_Integer n;
	int rc;

	if (w->depth >= FSK_RECORD_DEPTH_MAX)
		return refuse(w, FSK_ELIMIT, "nested too deeply, or contains itself");
	if (!lua_checkstack(w->L, 8))
		return out_of_memory(w);
	rc = spend(w, VALUE_COST);
	if (rc < 0)
		return rc;
	w->depth++;
	n = list_length(w->L, at);
	rc = n >= 0 ? convert_list(w, at, n) : convert_object(w, at);
	w->depth--;
	return rc;
}

static int convert_object_of_evidence(struct walk *w, int at)
{
	const struct fsk_entry *e = fsk_object_entry(w->L, at);
	size_t start = w->b->text.len;

	if (e == NULL)
		return refuse(w, FSK_EINVAL,
		              "an object that stands for no file, or is no longer open");
	if (fsk_locator_append(&w->b->text, &e->loc, NULL) < 0)
		return out_of_memory(w);
	return spend(w, w->b->text.len - start + VALUE_COST);
}

static int convert(struct walk *w, int at)
{
	switch (lua_type(w->L, at)) {
	case LUA_TNIL:
		return put(w, "null", 4);
	case LUA_TBOOLEAN:
		return convert_boolean(w, at);
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

void fsk_jsonbuf_init(struct fsk_jsonbuf *b)
{
	*b = (struct fsk_jsonbuf){ 0 };
	/* what is written meets the budget of its walk */
	fsk_buf_init(&b->text, SIZE_MAX / 2);
	fsk_buf_init(&b->spare, SIZE_MAX / 2);
}

void fsk_jsonbuf_free(struct fsk_jsonbuf *b)
{
	fsk_buf_free(&b->text);
	fsk_buf_free(&b->spare);
	free(b->members);
	*b = (struct fsk_jsonbuf){ 0 };
}

int fsk_lua_append_json(struct fsk_jsonbuf *b, lua_State *L, int at, const char *where,
                        size_t *budget, struct fsk_err *err)
{
	struct fsk_err local = { .code = FSK_ENOMEM };
	struct walk w = { .L = L, .b = b, .budget = budget, .root = where, .err = &local };
	size_t start = b->text.len;

	b->count = 0;
	if (!lua_checkstack(L, 8))
		return fsk_err_set(err, FSK_ENOMEM, "%s: no memory", where);
	if (convert(&w, lua_absindex(L, at)) == 0)
		return 0;
	b->text.len = start;
	return fsk_err_set(err, local.code, "%s", local.msg);
}

int fsk_lua_to_json(json_t **out, lua_State *L, int at, const char *where, size_t *budget,
                    struct fsk_err *err)
{
	struct fsk_jsonbuf b;
	int rc;

	*out = NULL;
	fsk_jsonbuf_init(&b);
	rc = fsk_lua_append_json(&b, L, at, where, budget, err);
	if (rc == 0)
		*out = json_loadb((const char *) b.text.data, b.text.len, JSON_DECODE_ANY, NULL);
	if (rc == 0 && *out == NULL)
		rc = fsk_err_set(err, FSK_ENOMEM, "%s: no memory", where);
	fsk_jsonbuf_free(&b);
	return rc;
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
