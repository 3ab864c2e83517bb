/* From the text of a plugin to its table, checked field by field. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/lua/internal.h"

#define META_JSON_MAX (1u * FSK_MIB)

static const char run_key, check_key;

void fsk_loader_push_run(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &run_key);
}

void fsk_loader_table(lua_State *L, const struct fsk_text *t, const char *chunk)
{
	lua_pushfstring(L, "=%s", chunk);
	fsk_sandbox_load(L, t->text, t->len, lua_tostring(L, -1));
	lua_remove(L, -2);
	lua_call(L, 0, 1);
	if (!lua_istable(L, -1))
		luaL_error(L, "%s: must return one table, got %s", chunk, luaL_typename(L, -1));
}

/* --- from Lua to JSON --- */

struct loading {
	struct fsk_plugin *p;
	json_t *table;    /* all fields but run */
	const char *type; /* of run; NULL when it is a function */
};

/* Takes the pair on the top into the JSON. Not a word of it is judged here. */
static void take_field(lua_State *L, struct loading *l, size_t *budget)
{
	struct fsk_err err;
	const char *key;
	json_t *value;

	if (lua_type(L, -2) != LUA_TSTRING)
		luaL_error(L, "%s: the table must have names as keys, not %s", l->p->sandbox.chunk,
		           luaL_typename(L, -2));
	key = lua_tostring(L, -2);
	if (strcmp(key, "run") == 0 || (strcmp(key, "check") == 0 && lua_isfunction(L, -1)))
		return;
	if (lua_isfunction(L, -1))
		value = json_null(); /* fsk_schema_type knows */
	else if (fsk_lua_to_json(&value, L, -1, key, budget, &err) < 0)
		luaL_error(L, "%s: %s", l->p->sandbox.chunk, err.msg);
	if (json_object_set_new(l->table, key, value) < 0)
		luaL_error(L, "%s: no memory, or a name that is no text", l->p->sandbox.chunk);
}

static int load_table(lua_State *L)
{
	struct loading *l = lua_touserdata(L, 1);
	size_t budget = META_JSON_MAX;

	fsk_loader_table(L, l->p->text, l->p->sandbox.chunk);
	lua_pushnil(L);
	while (lua_next(L, 2)) {
		take_field(L, l, &budget);
		lua_pop(L, 1);
	}
	lua_pushliteral(L, "run");
	lua_rawget(L, 2);
	if (!lua_isfunction(L, -1))
		l->type = luaL_typename(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &run_key);
	lua_pushliteral(L, "check");
	lua_rawget(L, 2);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &check_key);
	return 0;
}

static int call_check(lua_State *L)
{
	json_t **out = lua_touserdata(L, 1);
	size_t budget = FSK_RECORD_BYTES_MAX;
	struct fsk_err err;

	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &check_key) != LUA_TFUNCTION)
		return 0;
	lua_call(L, 0, 1);
	if (fsk_lua_to_json(out, L, -1, "check()", &budget, &err) < 0)
		return luaL_error(L, "%s", err.msg);
	return 0;
}

/* Problems that are no texts are of a plugin that is wrong. */
static int check_list(const json_t *list, const char *chunk, struct fsk_err *err)
{
	json_t *item;
	size_t i;

	if (!json_is_array(list) && json_object_size(list) > 0)
		return fsk_err_set(err, FSK_EPLUGIN, "%s: check() must give a list of texts",
		                   chunk);
	json_array_foreach ((json_t *) list, i, item)
		if (!json_is_string(item))
			return fsk_err_set(err, FSK_EPLUGIN,
			                   "%s: check() must give a list of texts", chunk);
	return 0;
}

int fsk_loader_problems(struct fsk_plugin *p, json_t **list, struct fsk_err *err)
{
	int rc;

	*list = NULL;
	rc = fsk_sandbox_call(&p->sandbox, call_check, list, err);
	if (rc == 0)
		rc = check_list(*list, p->sandbox.chunk, err);
	if (rc < 0 || !json_is_array(*list)) {
		json_decref(*list);
		*list = NULL;
	}
	return rc;
}

/* --- checks --- */

static int check_api(const struct fsk_schema *s, const json_t *j, struct fsk_err *err)
{
	if (j == NULL)
		return fsk_schema_fail(err, s, "api", "missing, 1 is expected");
	if (!json_is_integer(j) || json_integer_value(j) != 1)
		return fsk_schema_fail(err, s, "api", "this fossick has version 1 of the API");
	return 0;
}

static int check_name(const struct fsk_schema *s, const struct fsk_text *t, const json_t *j,
                      struct fsk_err *err)
{
	const char *name;
	int rc = fsk_schema_line(err, s, "name", j);

	if (rc < 0)
		return rc;
	name = json_string_value(j);
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name))
		return fsk_schema_fail(err, s, "name", "'%s': only lower case, digits and hyphens",
		                       name);
	if (strcmp(name, t->name) != 0)
		return fsk_schema_fail(err, s, "name", "is '%s', but the file is '%s.lua'", name,
		                       t->name);
	return 0;
}

static int check_texts(const struct fsk_schema *s, const json_t *o, struct fsk_err *err)
{
	static const char *const lines[] = { "author", "license" };
	static const char *const lists[] = { "categories", "references", "os" };
	int rc = fsk_schema_line(err, s, "summary", json_object_get(o, "summary"));

	for (size_t i = 0; rc == 0 && i < 2; i++) {
		if (json_object_get(o, lines[i]) != NULL)
			rc = fsk_schema_line(err, s, lines[i], json_object_get(o, lines[i]));
	}
	for (size_t i = 0; rc == 0 && i < 3; i++) {
		if (json_object_get(o, lists[i]) != NULL)
			rc = fsk_schema_lines(err, s, lists[i], json_object_get(o, lists[i]));
	}
	return rc;
}

static int check_os(const struct fsk_schema *s, const json_t *list, struct fsk_err *err)
{
	char where[32];
	json_t *item;
	size_t i;

	json_array_foreach ((json_t *) list, i, item) {
		const char *os = json_string_value(item);

		snprintf(where, sizeof(where), "os[%zu]", i + 1);
		if (strcmp(os, "windows") != 0 && strcmp(os, "macos") != 0 &&
		    strcmp(os, "linux") != 0)
			return fsk_schema_fail(err, s, where,
			                       "'%s' is none of windows, macos, linux", os);
	}
	return 0;
}

/* "option:NAME" stands for the glob that the user has set; NULL for another want. */
static const char *option_of(const char *want)
{
	static const char prefix[] = "option:";

	return strncmp(want, prefix, sizeof(prefix) - 1) == 0 ? want + sizeof(prefix) - 1 : NULL;
}

static const char *chosen_glob(const json_t *options, const char *option)
{
	return json_string_value(json_object_get(json_object_get(options, option), "value"));
}

/* `options` are checked already. */
static int check_want(const struct fsk_schema *s, struct fsk_engine *e, const char *where,
                      const char *want, const json_t *options, struct fsk_err *err)
{
	struct fsk_globset set = { 0 };
	struct fsk_err why;
	int rc = 0;

	if (option_of(want) != NULL) {
		want = chosen_glob(options, option_of(want));
		if (want == NULL)
			return fsk_schema_fail(err, s, where, "there is no such option, a string");
		if (*want == '\0')
			return 0;
	} else if (!fsk_want_is_glob(want)) {
		if (fsk_artifacts_read(e, &why) < 0)
			return fsk_schema_fail(err, s, where, "the artifacts cannot be read: %s",
			                       why.msg);
		if (!fsk_artifact_exists(e, want))
			rc = fsk_schema_fail(err, s, where, "there is no artifact '%s'", want);
		return rc;
	}
	if (strchr(want, '\\') != NULL && strchr(want, '/') == NULL)
		return fsk_schema_fail(err, s, where, "bad glob: folders are parted by '/'");
	if (isalpha((unsigned char) want[0]) && want[1] == ':')
		return fsk_schema_fail(err, s, where,
		                       "bad glob: paths begin below the root, without a drive");
	if (fsk_profiles_glob(&set, NULL, want, &why) < 0)
		rc = fsk_schema_fail(err, s, where, "bad glob: %s", why.msg);
	fsk_globset_free(&set);
	return rc;
}

static int check_wants(const struct fsk_schema *s, struct fsk_engine *e, const json_t *o,
                       struct fsk_err *err)
{
	const json_t *list = json_object_get(o, "wants");
	char where[32];
	json_t *item;
	size_t i;
	int rc;

	if (list == NULL)
		return fsk_schema_fail(err, s, "wants", "missing, a list of strings is expected");
	rc = fsk_schema_lines(err, s, "wants", list);
	if (rc == 0 && json_array_size(list) == 0)
		return fsk_schema_fail(err, s, "wants", "is empty: run would never be called");
	if (rc == 0 && json_array_size(list) > FSK_PLUGIN_WANTS_MAX)
		return fsk_schema_fail(err, s, "wants", "more than %u entries",
		                       FSK_PLUGIN_WANTS_MAX);
	json_array_foreach ((json_t *) list, i, item) {
		if (rc < 0)
			break;
		snprintf(where, sizeof(where), "wants[%zu]", i + 1);
		rc = check_want(s, e, where, json_string_value(item), json_object_get(o, "options"),
		                err);
	}
	return rc;
}

/* The word must stand in the text: whoever runs plugins looks for it before they are
 * loaded, to see which run last. */
static int check_judges(const struct fsk_schema *s, const json_t *o, struct fsk_err *err)
{
	const json_t *list = json_object_get(o, "judges");
	char where[32];
	json_t *item;
	size_t i;
	int rc = fsk_schema_lines(err, s, "judges", list);

	if (rc < 0)
		return rc;
	if (json_object_get(o, "wants") != NULL || json_object_get(o, "os") != NULL)
		return fsk_schema_fail(err, s, "judges", "stands instead of 'wants' and 'os'");
	if (!fsk_judges_declared(s->text, s->len))
		return fsk_schema_fail(err, s, "judges", "must be written as \"judges = {…}\"");
	if (json_array_size(list) == 0)
		return fsk_schema_fail(err, s, "judges",
		                       "is empty: there would be nothing to judge");
	if (json_array_size(list) > FSK_PLUGIN_WANTS_MAX)
		return fsk_schema_fail(err, s, "judges", "more than %u entries",
		                       FSK_PLUGIN_WANTS_MAX);
	json_array_foreach ((json_t *) list, i, item) {
		snprintf(where, sizeof(where), "judges[%zu]", i + 1);
		if (!fsk_judges_valid(json_string_value(item)))
			return fsk_schema_fail(
			    err, s, where,
			    "'%s' is none of \"plugin\", \"plugin:kind\", \"prefix-*\"",
			    json_string_value(item));
	}
	return 0;
}

/* What run is called for. */
static int check_items(const struct fsk_schema *s, struct fsk_engine *e, const json_t *o,
                       struct fsk_err *err)
{
	return json_object_get(o, "judges") != NULL ? check_judges(s, o, err)
	                                            : check_wants(s, e, o, err);
}

/* --- options --- */

static bool same_type(const json_t *a, const json_t *b)
{
	if (json_is_number(a) || json_is_boolean(a))
		return json_is_number(a) ? json_is_number(b) : json_is_boolean(b);
	return json_typeof(a) == json_typeof(b);
}

static int check_option(const struct fsk_schema *s, const char *name, json_t *option,
                        const json_t *chosen, struct fsk_err *err)
{
	static const char *const known[] = { "default", "help", NULL };
	const json_t *dflt = json_object_get(option, "default");
	char where[160];

	snprintf(where, sizeof(where), "options.%.100s", name);
	if (!json_is_object(option))
		return fsk_schema_fail(err, s, where, "expected a table, got %s",
		                       fsk_schema_type(option));
	if (fsk_schema_unknown(option, known) != NULL)
		return fsk_schema_fail(err, s, where, "'%s' is not known",
		                       fsk_schema_unknown(option, known));
	if (dflt == NULL || json_is_null(dflt))
		return fsk_schema_fail(err, s, where, "'default' is missing");
	if (json_is_object(dflt) && json_object_size(dflt) == 0)
		json_object_set_new(option, "default", json_array()); /* {} is a list here */
	dflt = json_object_get(option, "default");
	if (json_is_object(dflt))
		return fsk_schema_fail(err, s, where, "'default' must be no table with names");
	if (!json_is_string(json_object_get(option, "help")))
		return fsk_schema_fail(err, s, where, "'help' is missing, a string is expected");
	if (chosen != NULL && !same_type(dflt, chosen))
		return fsk_schema_fail(err, s, where, "expected %s as the default is, got %s",
		                       fsk_schema_type(dflt), fsk_schema_type(chosen));
	json_object_set(option, "value", (json_t *) (chosen != NULL ? chosen : dflt));
	return 0;
}

static int check_options(const struct fsk_schema *s, json_t *declared, const json_t *chosen,
                         struct fsk_err *err)
{
	const char *key;
	json_t *value;
	void *next;
	int rc;

	if (!json_is_object(declared))
		return fsk_schema_fail(err, s, "options", "expected a table, got %s",
		                       fsk_schema_type(declared));
	json_object_foreach ((json_t *) chosen, key, value) {
		if (json_object_get(declared, key) == NULL)
			return fsk_schema_fail(err, s, NULL, "there is no option '%s'", key);
	}
	json_object_foreach_safe(declared, next, key, value)
	{
		rc = check_option(s, key, value, json_object_get(chosen, key), err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* --- meta data --- */

static json_t *resolve_want(const struct fsk_engine *e, json_t *out, const char *want,
                            const json_t *options)
{
	bool option = option_of(want) != NULL;

	if (option)
		want = chosen_glob(options, option_of(want));
	if (option && *want == '\0')
		return out;
	if (option || fsk_want_is_glob(want)) {
		json_array_append_new(
		    out, json_pack("{s:s, s:s, s:[s]}", "name", want, "as", "file", "globs", want));
		return out;
	}
	for (size_t i = 0; i < e->nartifacts; i++) {
		if (strcmp(e->artifacts[i].name, want) == 0)
			json_array_append_new(out, fsk_artifact_json(&e->artifacts[i]));
	}
	return out;
}

/* Empty tables of Lua came out as objects; readers of the JSON get lists.
 * Wants are resolved. */
static int finish_meta(struct fsk_plugin *p, json_t *meta)
{
	static const char *const lists[] = { "categories", "references", "os" };
	const json_t *names = json_object_get(meta, "wants");
	json_t *wants = json_array(), *name;
	size_t i;

	for (i = 0; i < 3; i++) {
		if (!json_is_array(json_object_get(meta, lists[i])))
			json_object_set_new(meta, lists[i], json_array());
	}
	json_array_foreach ((json_t *) names, i, name)
		resolve_want(p->engine, wants, json_string_value(name),
		             json_object_get(meta, "options"));
	return json_object_set_new(meta, "wants", wants) < 0 ? FSK_ENOMEM : 0;
}

static int check_table(struct fsk_plugin *p, struct loading *l, struct fsk_err *err)
{
	static const char *const known[] = { "api",     "name",       "summary",    "author",
		                             "license", "categories", "references", "os",
		                             "wants",   "judges",     "options",    NULL };
	const struct fsk_schema s = { .chunk = p->sandbox.chunk,
		                      .text = p->text->text,
		                      .len = p->text->len };
	json_t *o = l->table;
	int rc;

	if (fsk_schema_unknown(o, known) != NULL)
		return fsk_schema_fail(err, &s, fsk_schema_unknown(o, known), "is not known");
	rc = check_api(&s, json_object_get(o, "api"), err);
	if (rc == 0)
		rc = check_name(&s, p->text, json_object_get(o, "name"), err);
	if (rc == 0)
		rc = check_texts(&s, o, err);
	if (rc == 0)
		rc = check_os(&s, json_object_get(o, "os"), err);
	if (rc == 0 && json_object_get(o, "options") == NULL)
		json_object_set_new(o, "options", json_object());
	if (rc == 0)
		rc = check_options(&s, json_object_get(o, "options"), p->options, err);
	if (rc == 0)
		rc = check_items(&s, p->engine, o, err);
	if (rc == 0 && l->type != NULL)
		rc = fsk_schema_fail(err, &s, "run", "expected a function, got %s", l->type);
	return rc;
}

int fsk_loader_load(struct fsk_plugin *p, struct fsk_err *err)
{
	struct fsk_sandbox *sb = &p->sandbox;
	struct loading l = { .p = p };
	int rc;

	snprintf(sb->chunk, sizeof(sb->chunk), "%s.lua", p->text->name);
	sb->engine = p->engine;
	sb->plugin = p;
	sb->heap_max = p->engine->limits.heap;
	sb->steps_max = p->engine->limits.instructions;
	rc = fsk_sandbox_open(sb, err);
	if (rc < 0)
		return rc;
	l.table = json_object();
	rc = l.table != NULL ? fsk_sandbox_call(sb, load_table, &l, err)
	                     : fsk_err_set(err, FSK_ENOMEM, "%s: no memory", sb->chunk);
	if (rc == 0)
		rc = check_table(p, &l, err);
	if (rc == 0)
		rc = finish_meta(p, l.table);
	if (rc == 0)
		p->meta = json_incref(l.table);
	json_decref(l.table);
	return rc;
}
