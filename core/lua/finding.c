/* ctx:finding{…}, checked member by member, and ctx:machine{…}. */
#include <string.h>

#include "core/base/limits.h"
#include "core/lua/internal.h"

/* The first mistake in the table, as a message in `err`; the members are
 * severity, confidence, title, detail, evidence, references, fields. */
static int check_members(const json_t *j, struct fsk_err *err)
{
	static const char *const known[] = { "severity", "confidence", "title",  "detail",
		                             "evidence", "references", "fields", NULL };
	const char *unknown = fsk_schema_unknown(j, known);
	const char *severity = json_string_value(json_object_get(j, "severity"));
	const char *confidence = json_string_value(json_object_get(j, "confidence"));
	const char *title = json_string_value(json_object_get(j, "title"));
	enum fsk_severity s;
	enum fsk_confidence c;

	if (unknown != NULL)
		return fsk_err_set(err, FSK_EINVAL, "finding: '%s' is not known", unknown);
	if (severity == NULL || fsk_severity_parse(&s, severity) < 0)
		return fsk_err_set(err, FSK_EINVAL,
		                   "finding.severity: expected info, low, medium or high");
	if (confidence == NULL || fsk_confidence_parse(&c, confidence) < 0)
		return fsk_err_set(err, FSK_EINVAL,
		                   "finding.confidence: expected low, medium or high");
	if (title == NULL || *title == '\0')
		return fsk_err_set(err, FSK_EINVAL, "finding.title: expected a string");
	if (json_object_get(j, "detail") != NULL && !json_is_string(json_object_get(j, "detail")))
		return fsk_err_set(err, FSK_EINVAL, "finding.detail: expected a string");
	return 0;
}

/* Makes `key` a list whose items pass `good`. An empty table of Lua is one. */
static int check_list(json_t *j, const char *key, bool (*good)(const json_t *),
                      const char *expected, struct fsk_err *err)
{
	json_t *list = json_object_get(j, key), *item;
	size_t i;

	if (list == NULL || (json_is_object(list) && json_object_size(list) == 0)) {
		if (json_object_set_new(j, key, json_array()) < 0)
			return fsk_err_set(err, FSK_ENOMEM, "no memory for a finding");
		return 0;
	}
	if (!json_is_array(list))
		return fsk_err_set(err, FSK_EINVAL, "finding.%s: expected a list of %s", key,
		                   expected);
	json_array_foreach (list, i, item) {
		if (!good(item))
			return fsk_err_set(err, FSK_EINVAL, "finding.%s[%zu]: expected %s", key,
			                   i + 1, expected);
	}
	return 0;
}

static bool is_text(const json_t *j)
{
	return json_is_string(j);
}

/* Entries were turned into locators on the way. */
static bool is_locator(const json_t *j)
{
	struct fsk_locator l;

	if (fsk_locator_from_json(&l, j, NULL) < 0)
		return false;
	fsk_locator_free(&l);
	return true;
}

/* A plugin that judges hands on locators that it was given, with their places. */
static void drop_places(json_t *evidence)
{
	json_t *item;
	size_t i;

	json_array_foreach (evidence, i, item)
		json_object_del(item, "place");
}

static int check_finding(json_t *j, struct fsk_err *err)
{
	json_t *fields;
	int rc = check_members(j, err);

	if (rc == 0)
		rc = check_list(j, "evidence", is_locator, "entries", err);
	if (rc == 0)
		drop_places(json_object_get(j, "evidence"));
	if (rc == 0)
		rc = check_list(j, "references", is_text, "strings", err);
	fields = json_object_get(j, "fields");
	if (rc == 0 && fields == NULL)
		json_object_set_new(j, "fields", json_object());
	if (rc == 0 && fields != NULL && !json_is_object(fields))
		rc = fsk_err_set(err, FSK_EINVAL, "finding.fields: expected a table with names");
	return rc;
}

/// ctx:finding(table)
///
/// A statement about the evidence. A plugin says what it saw, where, and how sure it is; it
/// does not judge.
///
/// | member | meaning |
/// |---|---|
/// | `severity` | `"info"`, `"low"`, `"medium"` or `"high"`: how much it matters if true |
/// | `confidence` | `"low"`, `"medium"` or `"high"`: how sure it is |
/// | `title` | one line; the same for the same kind of thing |
/// | `detail` | optional text |
/// | `evidence` | optional list of entries, hives or databases |
/// | `references` | optional list of strings, as in the plugin's table |
/// | `fields` | optional table, as in `ctx:record` |
///
/// ```lua
/// ctx:finding {
///     severity = "medium", confidence = "high",
///     title = "Program in the folder of downloads",
///     detail = item.full, evidence = { item }, references = { "attack:T1204.002" },
/// }
/// ```
int fsk_ctx_finding(lua_State *L)
{
	struct fsk_object *ctx = fsk_object_check(L, 1, &fsk_bound_ctx);
	struct fsk_plugin *p = ctx->run->plugin;
	size_t budget = FSK_RECORD_BYTES_MAX;
	struct fsk_err err;
	bool refused = false;
	json_t *j;
	int rc;

	luaL_checktype(L, 2, LUA_TTABLE);
	rc = fsk_lua_to_json(&j, L, 2, "finding", &budget, &err);
	if (rc == 0) {
		rc = check_finding(j, &err);
		if (rc == 0) {
			fsk_err_set(&err, FSK_ECANCELED, "stopped");
			rc = p->engine->ops.finding(p->engine->arg, p->text->name, j, &err);
			refused = rc < 0;
		}
		json_decref(j);
	}
	if (refused)
		return fsk_sandbox_stop(L, &err);
	return rc < 0 ? luaL_error(L, "%s", err.msg) : 0;
}

/// ctx:machine(facts)
///
/// Facts that tell which machine the volume is of, by name: strings, numbers, booleans, lists
/// and tables of them. They go into `machines` of `collection.json`; a later fact of the same name
/// replaces the one before. At most 1000 of one plugin.
///
/// ```lua
/// ctx:machine { computer = "WS-7", users = { "ann", "bob" } }
/// ```
int fsk_ctx_machine(lua_State *L)
{
	struct fsk_plugin *p = fsk_ctx_check(L)->plugin;
	size_t budget = FSK_RECORD_BYTES_MAX;
	struct fsk_err err;
	json_t *facts;
	int rc;

	luaL_checktype(L, 2, LUA_TTABLE);
	rc = fsk_lua_to_json(&facts, L, 2, "machine", &budget, &err);
	if (rc < 0)
		return luaL_error(L, "%s", err.msg);
	if (!json_is_object(facts) || json_object_size(facts) > FSK_MACHINE_FACTS_MAX) {
		json_decref(facts);
		return luaL_argerror(L, 2, "expected a table of at most 1000 names");
	}
	fsk_err_set(&err, FSK_ECANCELED, "stopped");
	rc = p->engine->ops.machine(p->engine->arg, p->text->name, facts, &err);
	json_decref(facts);
	return rc < 0 ? fsk_sandbox_stop(L, &err) : 0;
}
