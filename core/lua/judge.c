/* One call of run(ctx, machine) of a plugin that judges. */
#include <string.h>

#include "core/lua/internal.h"
#include "core/model/judges.h"

/// # machine
///
/// The second argument of `run` in a plugin that judges: plain tables, in an order that is the
/// same in every run. A machine is what belongs together: the volumes of a source, also those that
/// could not be opened, and those of sources without a Windows when one source has the only one.
///
/// | member | meaning |
/// |---|---|
/// | `machine.sources` | list of `{ source, name, format }` |
/// | `machine.volumes` | list of `{ source, volume, letter, os, fs, label, description,
///     length }`; without `fs` there is no known file system on it (encrypted, damaged) |
/// | `machine.facts` | what `ctx:machine` told, by plugin:
///     `machine.facts["win-system"].computer` |
/// | `machine.plugins` | list of `{ name, ok, lost, error }` for each plugin of the run that
///     does not judge: `lost` counts steps that ended a worker, `error` is a mistake of its |
/// | `machine.findings` | list of the findings of judged plugins: `{ plugin, severity,
///     confidence, title, detail, references, fields, evidence }`; each of `evidence` is a
///     locator with `place` (`"C:/Users/…"`) |
/// | `machine.records` | list of `{ plugin, kind, fields }` of the kinds that are judged |
/// | `machine.anomalies` | list of `{ code, object, reason, plugin, status, path }`; one that
///     belongs to no source is given to every machine |
/// | `machine.truncated` | true when there were more rows than can be given; findings come
///     before records |
struct judging {
	struct fsk_run *run;
	const struct fsk_judged_rows *rows;
	json_t *row; /* in hand: freed whatever jumps */
};

/* The next line as JSON in j->row; false at the end. */
static bool next_row(lua_State *L, struct judging *j, enum fsk_judged what, size_t *at)
{
	const struct fsk_buf *b = &j->rows->lists[what];
	const char *line = (const char *) b->data + *at, *end;

	json_decref(j->row);
	j->row = NULL;
	if (*at >= b->len)
		return false;
	end = memchr(line, '\n', b->len - *at);
	if (end == NULL)
		end = (const char *) b->data + b->len;
	*at = (size_t) (end + 1 - (const char *) b->data);
	j->row = json_loadb(line, (size_t) (end - line), JSON_ALLOW_NUL, NULL);
	if (!json_is_object(j->row))
		luaL_error(L, "machine.%s: no memory, or a row that is none",
		           fsk_judged_name(what));
	return true;
}

/* Is this row for this plugin? The keeper sends what any of them asks for. */
static bool is_wanted(const struct judging *j, enum fsk_judged what)
{
	const json_t *judges = json_object_get(j->run->plugin->meta, "judges");
	const char *plugin = json_string_value(json_object_get(j->row, "plugin"));
	const char *kind = json_string_value(json_object_get(j->row, "kind"));

	if (what != FSK_JUDGED_FINDINGS && what != FSK_JUDGED_RECORDS)
		return true;
	return plugin != NULL &&
	       fsk_judges_match(judges, plugin, what == FSK_JUDGED_RECORDS ? kind : NULL);
}

static void push_list(lua_State *L, struct judging *j, enum fsk_judged what)
{
	lua_Integer n = 0;
	size_t at = 0;

	fsk_lua_push_list(L, 0);
	while (next_row(L, j, what, &at)) {
		if (!is_wanted(j, what))
			continue;
		fsk_lua_push_json(L, j->row);
		lua_rawseti(L, -2, ++n);
	}
}

static void push_facts(lua_State *L, struct judging *j)
{
	size_t at = 0;

	lua_newtable(L);
	while (next_row(L, j, FSK_JUDGED_FACTS, &at)) {
		fsk_lua_push_json(L, j->row);
		lua_getfield(L, -1, "plugin");
		lua_getfield(L, -2, "facts");
		lua_rawset(L, -4);
		lua_pop(L, 1);
	}
}

static void push_machine(lua_State *L, struct judging *j)
{
	lua_newtable(L);
	for (enum fsk_judged i = 0; i < FSK_JUDGED_COUNT; i++) {
		if (i == FSK_JUDGED_FACTS)
			push_facts(L, j);
		else
			push_list(L, j, i);
		lua_setfield(L, -2, fsk_judged_name(i));
	}
	lua_pushboolean(L, j->rows->truncated);
	lua_setfield(L, -2, "truncated");
}

static int call_run(lua_State *L)
{
	struct judging *j = lua_touserdata(L, 1);

	fsk_loader_push_run(L);
	fsk_ctx_push(L);
	push_machine(L, j);
	lua_call(L, 2, 0);
	return 0;
}

int fsk_engine_judge(bool *said, struct fsk_engine *e, const char *plugin,
                     const struct fsk_judged_rows *rows, struct fsk_err *err)
{
	static const struct fsk_volume nowhere = { 0 };
	const struct fsk_engine_item item = { .volume = &nowhere, .source_name = rows->name };
	struct fsk_plugin *p = fsk_engine_loaded(e, plugin, err);
	struct fsk_run run = { .plugin = p, .item = &item, .judging = said };
	struct judging j = { .run = &run, .rows = rows };
	int rc;

	*said = false;
	if (p == NULL)
		return err->code;
	if (json_array_size(json_object_get(p->meta, "judges")) == 0)
		return fsk_err_set(err, FSK_EPLUGIN, "%s: does not judge", p->sandbox.chunk);
	p->rows = 0;
	p->rows_full = false;
	p->run = &run;
	rc = fsk_sandbox_call(&p->sandbox, call_run, &j, err);
	fsk_object_kill_all(&run);
	json_decref(j.row);
	p->run = NULL;
	return rc;
}
