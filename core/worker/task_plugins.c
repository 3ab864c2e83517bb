/* Task "plugins": a group of plugins on one volume. */
#include "core/worker/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/model/types.h"

/* A plugin of the group. Those that do not load, or want nothing here, have
 * no wants and cost nothing further. */
struct member {
	const char *name;
	struct fsk_wants wants;
	struct fsk_entries own; /* of a walk of its own */
	const struct fsk_entries *found;
};

struct group {
	struct fsk_session *s;
	struct fsk_input *input;
	struct fsk_input_volume *volume;
	struct member *members;
	size_t count;
	struct fsk_entries found; /* of the walk for all */
};

static void free_group(struct group *g)
{
	for (size_t i = 0; i < g->count; i++) {
		fsk_wants_free(&g->members[i].wants);
		fsk_entries_free(&g->members[i].own);
	}
	free(g->members);
	fsk_entries_free(&g->found);
}

static int take_members(struct group *g, const json_t *head, struct fsk_err *err)
{
	const json_t *names = json_object_get(head, "plugins");
	size_t n = json_array_size(names);

	if (!json_is_array(names) || n > FSK_PLUGINS_MAX)
		return fsk_err_set(err, FSK_EPROTO, "TASK: \"plugins\" is not a list of names");
	g->members = calloc(n ? n : 1, sizeof(*g->members));
	if (!g->members)
		return fsk_err_set(err, FSK_ENOMEM, "plugins: out of memory");
	g->count = n;
	for (size_t i = 0; i < n; i++) {
		g->members[i].name = json_string_value(json_array_get(names, i));
		if (!g->members[i].name)
			return fsk_err_set(err, FSK_EPROTO, "TASK: plugin %zu is not a string", i);
	}
	return 0;
}

/* Reports what a plugin did wrong, or its item (`e`, or NULL); a keeper that
 * is gone is the only error. */
static int report_plugin(struct group *g, const char *name, const struct fsk_err *why,
                         const struct fsk_entry *e, struct fsk_err *err)
{
	struct fsk_buf object;
	int rc;

	if (g->s->lost.code != 0)
		return fsk_err_set(err, g->s->lost.code, "%s", g->s->lost.msg);
	fsk_buf_init(&object, FSK_FRAME_HEAD_MAX);
	rc = fsk_buf_printf(&object, err, "plugin \"%s\"", name);
	if (rc == 0 && e)
		rc = fsk_buf_printf(&object, err, " on \"%s%s%s\"", e->loc.path,
		                    e->loc.stream ? ":" : "", e->loc.stream ? e->loc.stream : "");
	if (rc == 0)
		rc = fsk_buf_append_u8(&object, 0, err);
	if (rc == 0)
		rc = fsk_report_failure(g->s, why, (const char *) object.data, e ? &e->loc : NULL,
		                        err);
	fsk_buf_free(&object);
	return rc;
}

/* The text of a plugin runs when it is loaded, so that is a step. */
static int load_member(struct group *g, struct member *m, struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	char key[300];
	int rc;

	snprintf(key, sizeof(key), "load|%.256s", m->name);
	rc = fsk_step_begin(g->s, key, m->name, NULL, FSK_STEP_AGAIN, err);
	if (rc <= 0)
		return rc;
	rc = fsk_engine_plugin_load(g->s->engine, m->name, NULL, &why);
	if (rc == 0)
		rc = fsk_engine_plugin_wants(&m->wants, g->s->engine, m->name, g->volume->v.os,
		                             &why);
	return rc == 0 ? 0 : report_plugin(g, m->name, &why, NULL, err);
}

static size_t count_globs(const struct member *m, size_t n)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t w = 0; w < m[i].wants.count; w++)
			total += m[i].wants.items[w].globs.count;
	return total;
}

/* Finds everything that `n` plugins want in one walk. */
static int glob_members(struct fsk_entries *out, struct group *g, const struct member *m, size_t n,
                        struct fsk_err *err)
{
	struct fsk_globset all = { 0 }; /* borrows the globs of the wants */
	int rc;

	all.globs = calloc(count_globs(m, n), sizeof(struct fsk_glob *));
	if (!all.globs)
		return fsk_err_set(err, FSK_ENOMEM, "plugins: out of memory");
	for (size_t i = 0; i < n; i++)
		for (size_t w = 0; w < m[i].wants.count; w++) {
			const struct fsk_globset *set = &m[i].wants.items[w].globs;

			memcpy(all.globs + all.count, set->globs,
			       set->count * sizeof(struct fsk_glob *));
			all.count += set->count;
		}
	rc = fsk_fs_glob(out, g->volume->fs, &all, 0, err);
	free(all.globs);
	return rc;
}

/* The walk for all ended a worker: each plugin walks alone, so that only
 * those suffer that lead to the bad place. */
static int walk_member(struct group *g, struct member *m, struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	char key[300];
	int rc;

	m->found = &m->own;
	if (count_globs(m, 1) == 0)
		return 0;
	snprintf(key, sizeof(key), "walk|%.256s", m->name);
	rc = fsk_step_begin(g->s, key, m->name, NULL, FSK_STEP_AGAIN, err);
	if (rc <= 0)
		return rc;
	rc = glob_members(&m->own, g, m, 1, &why);
	return rc == 0 ? 0 : report_plugin(g, m->name, &why, NULL, err);
}

static int walk(struct group *g, struct fsk_err *err)
{
	char target[300];
	int rc;

	for (size_t i = 0; i < g->count; i++)
		g->members[i].found = &g->found;
	if (count_globs(g->members, g->count) == 0)
		return 0;
	snprintf(target, sizeof(target), "volume %u of \"%.256s\"", g->volume->v.index,
	         g->input->name);
	rc = fsk_step_begin(g->s, "walk", NULL, target, FSK_STEP_AGAIN, err);
	if (rc < 0)
		return rc;
	if (rc == 1)
		return glob_members(&g->found, g, g->members, g->count, err);
	for (size_t i = 0; rc == 0 && i < g->count; i++)
		rc = walk_member(g, &g->members[i], err);
	return rc;
}

static int run_item(struct group *g, const struct member *m, const struct fsk_want *w,
                    const struct fsk_entry *e, const char *path, struct fsk_err *err)
{
	const struct fsk_engine_item item = {
		.fs = g->volume->fs,
		.volume = &g->volume->v,
		.source_name = g->input->name,
		.entry = e,
		.artifact = w->artifact,
		.as = w->as,
	};
	struct fsk_err why = { 0 };
	struct fsk_buf key;
	int rc;

	fsk_buf_init(&key, FSK_FRAME_HEAD_MAX);
	rc = fsk_buf_printf(&key, err, "%s|%s|%s", m->name, path, w->artifact);
	if (rc == 0)
		rc = fsk_buf_append_u8(&key, 0, err);
	if (rc == 0)
		rc = fsk_step_begin(g->s, (const char *) key.data, m->name, path, 0, err);
	fsk_buf_free(&key);
	if (rc <= 0)
		return rc;
	rc = fsk_engine_run(g->s->engine, m->name, &item, &why);
	return rc == 0 ? 0 : report_plugin(g, m->name, &why, e, err);
}

static bool fits(const struct fsk_want *w, const struct fsk_entry *e, const char *path, bool fold)
{
	if (w->as != FSK_AS_FILE && e->type != FSK_ENTRY_FILE)
		return false;
	return fsk_globset_match(&w->globs, path, fold);
}

static int run_entry(struct group *g, const struct member *m, const struct fsk_entry *e,
                     struct fsk_err *err)
{
	bool fold = fsk_fs_folds_case(g->volume->fs);
	char *path = fsk_task_path(&e->loc, err);
	int rc = path ? 0 : FSK_ENOMEM;

	for (size_t i = 0; rc == 0 && i < m->wants.count; i++)
		if (fits(&m->wants.items[i], e, path, fold))
			rc = run_item(g, m, &m->wants.items[i], e, path, err);
	free(path);
	return rc;
}

static int run_group(struct group *g, struct fsk_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < g->count; i++)
		rc = load_member(g, &g->members[i], err);
	if (rc == 0)
		rc = walk(g, err);
	for (size_t i = 0; rc == 0 && i < g->count; i++) {
		const struct member *m = &g->members[i];

		for (size_t k = 0; rc == 0 && k < m->found->count; k++)
			rc = run_entry(g, m, &m->found->items[k], err);
	}
	return rc;
}

int fsk_task_plugins(struct fsk_session *s, const json_t *head, struct fsk_err *err)
{
	struct group g = { .s = s };
	int rc = fsk_task_volume(&g.input, &g.volume, s, head, err);

	if (rc != 0)
		return rc;
	s->volume = &g.volume->v;
	rc = take_members(&g, head, err);
	if (rc == 0)
		rc = run_group(&g, err);
	free_group(&g);
	return rc;
}
