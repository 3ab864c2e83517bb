/* One call of run(ctx, item), and what it reports. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/lua/internal.h"

/* Of what a plugin says in passing; a message has its own ceiling. */
#define REASON_MAX 2048
#define RANGES_MAX 1000

/* --- reports --- */

static int report(struct fsk_run *run, json_t *j, struct fsk_err *err)
{
	const struct fsk_engine *engine = run->plugin->engine;
	int rc;

	if (j == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for an anomaly");
	rc = engine->ops.anomaly(engine->arg, run->plugin->text->name, j, err);
	json_decref(j);
	return rc;
}

int fsk_run_anomaly(struct fsk_run *run, int code, const struct fsk_entry *e, const char *reason,
                    const struct fsk_range *ranges, size_t nranges, struct fsk_err *err)
{
	const char *object = e != NULL ? e->loc.path : run->item->source_name;
	char cut[REASON_MAX];

	snprintf(cut, sizeof(cut), "%s", reason);
	if (nranges > RANGES_MAX)
		nranges = RANGES_MAX;
	return report(
	    run, fsk_anomaly_json(code, object, cut, e != NULL ? &e->loc : NULL, ranges, nranges),
	    err);
}

void fsk_run_report_given(lua_State *L, const char *name, const char *reason)
{
	struct fsk_err err = { .code = FSK_ECANCELED, .msg = "stopped" };
	char cut[REASON_MAX];
	json_t *j;

	snprintf(cut, sizeof(cut), "%s", reason);
	j = fsk_anomaly_json(FSK_ECORRUPT, name, cut, NULL, NULL, 0);
	if (j != NULL) /* the same in whatever step it is noticed: it counts once */
		json_object_set_new(j, "given", json_true());
	if (report(fsk_run_of(L), j, &err) < 0)
		fsk_sandbox_stop(L, &err);
}

void fsk_run_report(lua_State *L, int code, const struct fsk_entry *e, const char *reason)
{
	struct fsk_err err = { .code = FSK_ECANCELED, .msg = "stopped" };

	if (fsk_run_anomaly(fsk_run_of(L), code, e, reason, NULL, 0, &err) < 0)
		fsk_sandbox_stop(L, &err);
}

void fsk_run_collect(lua_State *L, const struct fsk_entry *e, const char *reason)
{
	struct fsk_plugin *p = fsk_run_of(L)->plugin;
	struct fsk_err err = { .code = FSK_ECANCELED, .msg = "stopped" };
	char cut[FSK_REASON_MAX];

	snprintf(cut, sizeof(cut), "%s", reason);
	if (p->engine->ops.collect(p->engine->arg, p->text->name, e, cut, &err) < 0)
		fsk_sandbox_stop(L, &err);
}

struct fsk_fs *fsk_run_fs(const struct fsk_run *run, const struct fsk_locator *loc)
{
	const struct fsk_machine_drive *d = fsk_machine_find(run->item->machine, loc);

	return d != NULL && d->fs != NULL ? d->fs : run->item->fs;
}

char fsk_run_letter(const struct fsk_run *run, const struct fsk_locator *loc)
{
	const struct fsk_machine_drive *d = fsk_machine_find(run->item->machine, loc);

	return d != NULL ? d->letter : run->item->volume->letter;
}

/* --- the item --- */

struct calling {
	struct fsk_run *run;
	int code; /* not 0: the item could not be opened, and why */
	struct fsk_err err;
};

static void push_entry(lua_State *L, const struct fsk_engine_item *item)
{
	struct fsk_err err;

	if (fsk_entry_copy(fsk_entry_push(L, item->artifact), item->entry, &err) < 0)
		luaL_error(L, "%s", err.msg);
}

/* Pushes what `as` says; false when it cannot be opened. */
static bool push_item(lua_State *L, struct calling *c)
{
	const struct fsk_engine_item *item = c->run->item;
	int top = lua_gettop(L);

	push_entry(L, item);
	if (item->as == FSK_AS_FILE)
		return true;
	if (item->as == FSK_AS_HIVE)
		c->code = fsk_hive_push(L, top + 1, &c->err);
	else
		c->code = fsk_database_push(L, top + 1, &c->err);
	return c->code == 0;
}

static int call_run(lua_State *L)
{
	struct calling *c = lua_touserdata(L, 1);

	if (!push_item(L, c))
		return 0;
	fsk_loader_push_run(L);
	fsk_ctx_push(L);
	lua_pushvalue(L, -3);
	lua_call(L, 2, 0);
	return 0;
}

static void start_volume(struct fsk_plugin *p, const struct fsk_volume *v)
{
	if (p->source == v->source && p->volume == v->index)
		return;
	p->source = v->source;
	p->volume = v->index;
	p->rows = 0;
	p->rows_full = false;
	p->overruns = 0;
	p->payloads = 0;
}

/* Counts calls that ran into a budget. The last one that is granted says that
 * there will be no more, so that no absence goes unexplained. */
static int end_run(struct fsk_plugin *p, int rc, const struct fsk_err *why, struct fsk_err *err)
{
	if (rc == 0)
		return 0;
	fsk_err_set(err, rc, "%s", why->msg);
	if (rc != FSK_ETIMEOUT && rc != FSK_ELIMIT)
		return rc;
	if (++p->overruns == FSK_LUA_OVERRUNS_MAX)
		fsk_err_set(err, rc, "%s; %u times, so it is not run any more on this volume",
		            why->msg, FSK_LUA_OVERRUNS_MAX);
	return rc;
}

int fsk_engine_run(struct fsk_engine *e, const char *plugin, const struct fsk_engine_item *item,
                   struct fsk_err *err)
{
	struct fsk_err why;
	struct fsk_plugin *p = fsk_engine_loaded(e, plugin, &why);
	struct fsk_run run = { .plugin = p, .item = item };
	struct calling c = { .run = &run };
	int rc;

	if (p == NULL)
		return fsk_err_set(err, why.code, "%s", why.msg);
	start_volume(p, item->volume);
	if (p->overruns >= FSK_LUA_OVERRUNS_MAX)
		return 0;
	p->run = &run;
	rc = fsk_sandbox_call(&p->sandbox, call_run, &c, &why);
	fsk_object_kill_all(&run);
	p->run = NULL;
	if (rc == 0 && c.code < 0)
		return fsk_err_set(err, c.code, "%s", c.err.msg);
	return end_run(p, rc, &why, err);
}

/* --- wants --- */

void fsk_wants_free(struct fsk_wants *w)
{
	for (size_t i = 0; i < w->count; i++) {
		free(w->items[i].artifact);
		fsk_globset_free(&w->items[i].globs);
	}
	free(w->items);
	memset(w, 0, sizeof(*w));
}

/* Is `os` one of the list? An empty list and an unknown system say yes. */
static bool suits(const json_t *list, const char *os)
{
	json_t *item;
	size_t i;

	if (json_array_size(list) == 0 || os == NULL || *os == '\0')
		return true;
	json_array_foreach ((json_t *) list, i, item) {
		if (strcmp(json_string_value(item), os) == 0)
			return true;
	}
	return false;
}

static enum fsk_engine_as as_of(const json_t *want)
{
	const char *word = json_string_value(json_object_get(want, "as"));
	enum fsk_engine_as as = FSK_AS_FILE;

	while (as < FSK_AS_DATABASE && strcmp(word, fsk_as_name(as)) != 0)
		as++;
	return as;
}

/* The artifact's text tells the line. */
static int bad_glob(struct fsk_engine *e, const char *artifact, int rc, const struct fsk_err *why,
                    struct fsk_err *err)
{
	int found = fsk_artifacts_test(e, artifact, err);

	return found < 0 ? found : fsk_err_set(err, rc, "%s", why->msg);
}

static int fill_want(struct fsk_want *out, struct fsk_engine *e, const json_t *want,
                     const struct fsk_profiles *profiles, struct fsk_err *err)
{
	struct fsk_err why;
	json_t *glob;
	size_t i;
	int rc;

	out->as = as_of(want);
	out->empty = json_is_true(json_object_get(want, "empty"));
	out->artifact = strdup(json_string_value(json_object_get(want, "name")));
	if (out->artifact == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for the wants of a plugin");
	json_array_foreach (json_object_get(want, "globs"), i, glob) {
		rc = fsk_profiles_glob(&out->globs, profiles, json_string_value(glob), &why);
		if (rc < 0)
			return bad_glob(e, out->artifact, rc, &why, err);
	}
	return 0;
}

int fsk_engine_plugin_wants(struct fsk_wants *out, struct fsk_engine *e, const char *plugin,
                            const char *os, const struct fsk_profiles *profiles,
                            struct fsk_err *err)
{
	struct fsk_err why;
	struct fsk_plugin *p = fsk_engine_loaded(e, plugin, &why);
	const json_t *wants;
	json_t *want;
	size_t i;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if (p == NULL)
		return fsk_err_set(err, why.code, "%s", why.msg);
	if (!suits(json_object_get(p->meta, "os"), os))
		return 0;
	wants = json_object_get(p->meta, "wants");
	out->items = calloc(json_array_size(wants), sizeof(*out->items));
	if (out->items == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for the wants of a plugin");
	json_array_foreach ((json_t *) wants, i, want) {
		const char *of = json_string_value(json_object_get(want, "os"));

		if (of != NULL && os != NULL && *os != '\0' && strcmp(of, os) != 0)
			continue;
		rc = fill_want(&out->items[out->count++], e, want, profiles, err);
		if (rc < 0)
			break;
	}
	if (rc < 0)
		fsk_wants_free(out);
	return rc;
}
