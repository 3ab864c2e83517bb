/* Task "plugins": a group of plugins on one volume. */
#include "core/worker/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/model/types.h"

/* Something that was found for one want of a plugin. */
struct item {
	const struct fsk_entry *entry;
	const struct fsk_want *want;
};

/* A plugin of the group. Those that do not load, or want nothing here, have
 * no wants and cost nothing further. */
struct member {
	const char *name;
	struct fsk_wants wants;
	struct fsk_matches own; /* of a walk of its own */
	struct item *items;     /* in the order of the entries, then of the wants */
	size_t count, cap;
};

/* Who is behind a want's number in the matcher. */
struct asker {
	struct member *member;
	const struct fsk_want *want;
};

struct group {
	struct fsk_session *s;
	struct fsk_input *input;
	struct fsk_input_volume *volume;
	struct member *members;
	size_t count;
	struct asker *askers;
	size_t naskers;
	struct fsk_matches found; /* of the walk for all */
};

static void free_group(struct group *g)
{
	for (size_t i = 0; i < g->count; i++) {
		fsk_wants_free(&g->members[i].wants);
		fsk_matches_free(&g->members[i].own);
		free(g->members[i].items);
	}
	free(g->members);
	free(g->askers);
	fsk_matches_free(&g->found);
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

static int number_wants(struct group *g, struct fsk_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < g->count; i++)
		n += g->members[i].wants.count;
	g->askers = calloc(n + 1, sizeof(*g->askers));
	if (!g->askers)
		return fsk_err_set(err, FSK_ENOMEM, "plugins: out of memory");
	for (size_t i = 0; i < g->count; i++)
		for (size_t w = 0; w < g->members[i].wants.count; w++)
			g->askers[g->naskers++] = (struct asker){ &g->members[i],
				                                  &g->members[i].wants.items[w] };
	return 0;
}

/* One matcher for what `only` asks, or everybody (NULL). */
static int compile(struct fsk_matcher **out, struct group *g, const struct member *only,
                   struct fsk_err *err)
{
	int rc = fsk_matcher_new(out, fsk_fs_folds_case(g->volume->fs), err);

	for (size_t i = 0; rc == 0 && i < g->naskers; i++)
		if (!only || g->askers[i].member == only)
			rc = fsk_matcher_add(*out, &g->askers[i].want->globs, (uint32_t) i, err);
	return rc;
}

static int give(const struct asker *a, const struct fsk_entry *e, struct fsk_err *err)
{
	struct member *m = a->member;

	if (a->want->as != FSK_AS_FILE && e->type != FSK_ENTRY_FILE)
		return 0;
	if (m->count == m->cap) {
		size_t cap = m->cap ? 2 * m->cap : 16;
		struct item *more = realloc(m->items, cap * sizeof(*more));

		if (!more)
			return fsk_err_set(err, FSK_ENOMEM, "plugins: out of memory");
		m->items = more;
		m->cap = cap;
	}
	m->items[m->count++] = (struct item){ e, a->want };
	return 0;
}

/* Finds what `only` wants, or everybody (NULL), in one walk. */
static int match(struct fsk_matches *out, struct group *g, const struct member *only,
                 struct fsk_err *err)
{
	struct fsk_matcher *m;
	int rc = compile(&m, g, only, err);

	if (rc == 0)
		rc = fsk_fs_match(out, g->volume->fs, m, 0, err);
	fsk_matcher_free(m);
	for (size_t i = 0; rc == 0 && i < out->entries.count; i++) {
		size_t n;
		const uint32_t *wants = fsk_matches_wants(out, i, &n);

		for (size_t k = 0; rc == 0 && k < n; k++)
			rc = give(&g->askers[wants[k]], &out->entries.items[i], err);
	}
	return rc;
}

/* The walk for all ended a worker: each plugin walks alone, so that only
 * those suffer that lead to the bad place. */
static int walk_member(struct group *g, struct member *m, struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	char key[300];
	int rc;

	if (m->wants.count == 0)
		return 0;
	snprintf(key, sizeof(key), "walk|%.256s", m->name);
	rc = fsk_step_begin(g->s, key, m->name, NULL, FSK_STEP_AGAIN, err);
	if (rc <= 0)
		return rc;
	rc = match(&m->own, g, m, &why);
	return rc == 0 ? 0 : report_plugin(g, m->name, &why, NULL, err);
}

static int walk(struct group *g, struct fsk_err *err)
{
	char target[300];
	int rc = number_wants(g, err);

	if (rc < 0 || g->naskers == 0)
		return rc;
	snprintf(target, sizeof(target), "volume %u of \"%.256s\"", g->volume->v.index,
	         g->input->name);
	rc = fsk_step_begin(g->s, "walk", NULL, target, FSK_STEP_AGAIN, err);
	if (rc < 0)
		return rc;
	if (rc == 1)
		return match(&g->found, g, NULL, err);
	for (size_t i = 0; rc == 0 && i < g->count; i++)
		rc = walk_member(g, &g->members[i], err);
	return rc;
}

static int begin_item(struct group *g, const struct member *m, const struct item *it,
                      struct fsk_err *err)
{
	char *path = fsk_task_path(&it->entry->loc, err);
	struct fsk_buf key;
	int rc;

	if (!path)
		return FSK_ENOMEM;
	fsk_buf_init(&key, FSK_FRAME_HEAD_MAX);
	rc = fsk_buf_printf(&key, err, "%s|%s|%s", m->name, path, it->want->artifact);
	if (rc == 0)
		rc = fsk_buf_append_u8(&key, 0, err);
	if (rc == 0)
		rc = fsk_step_begin(g->s, (const char *) key.data, m->name, path, 0, err);
	fsk_buf_free(&key);
	free(path);
	return rc;
}

static int run_item(struct group *g, const struct member *m, const struct item *it,
                    struct fsk_err *err)
{
	const struct fsk_engine_item item = {
		.fs = g->volume->fs,
		.volume = &g->volume->v,
		.source_name = g->input->name,
		.entry = it->entry,
		.artifact = it->want->artifact,
		.as = it->want->as,
	};
	struct fsk_err why = { 0 };
	int rc = begin_item(g, m, it, err);

	if (rc <= 0)
		return rc;
	rc = fsk_engine_run(g->s->engine, m->name, &item, &why);
	return rc == 0 ? 0 : report_plugin(g, m->name, &why, it->entry, err);
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

		for (size_t k = 0; rc == 0 && k < m->count; k++)
			rc = run_item(g, m, &m->items[k], err);
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
