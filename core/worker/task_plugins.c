/* Task "plugins": a group of plugins on one volume. */
#include "core/worker/plugins.h"

#include "core/worker/index_share.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/model/types.h"

static void free_group(struct fsk_group *g)
{
	for (size_t i = 0; i < g->count; i++) {
		fsk_wants_free(&g->members[i].wants);
		fsk_matches_free(&g->members[i].own);
		free(g->members[i].items);
	}
	fsk_machine_clear(&g->machine);
	free(g->members);
	free(g->askers);
	fsk_matches_free(&g->found);
	fsk_entries_free(&g->unallocated);
}

static int add_members(struct fsk_group *g, const json_t *names, bool guests, struct fsk_err *err)
{
	const json_t *name;
	size_t i;

	json_array_foreach (names, i, name) {
		if (!json_is_string(name))
			return fsk_err_set(err, FSK_EPROTO, "TASK: plugin %zu is not a string", i);
		g->members[g->count++] = (struct fsk_group_member){ .name = json_string_value(name),
			                                            .guest = guests };
	}
	return 0;
}

static int take_members(struct fsk_group *g, const json_t *head, struct fsk_err *err)
{
	const json_t *names = json_object_get(head, "plugins");
	const json_t *others = json_object_get(head, "others");
	size_t n = json_array_size(names) + json_array_size(others);
	int rc;

	if (!json_is_array(names) || (others && !json_is_array(others)) || n > FSK_PLUGINS_MAX)
		return fsk_err_set(err, FSK_EPROTO, "TASK: \"plugins\" is not a list of names");
	g->members = calloc(n ? n : 1, sizeof(*g->members));
	if (!g->members)
		return fsk_err_set(err, FSK_ENOMEM, "plugins: out of memory");
	rc = add_members(g, names, false, err);
	return rc == 0 ? add_members(g, others, true, err) : rc;
}

/* The keeper counts who uses an index that is shared. */
static int take_index(struct fsk_group *g, const json_t *head, struct fsk_err *err)
{
	const json_t *index = json_object_get(head, "index");
	bool used;

	if (!index)
		return 0;
	used = fsk_index_take(g->s, g->volume->fs, index);
	return fsk_report(g->s, FSK_MSG_PLAN,
	                  json_pack("{s:I, s:I, s:b}", "source", (json_int_t) g->volume->v.source,
	                            "volume", (json_int_t) g->volume->v.index, "used", (int) used),
	                  err);
}

/* Without a way in the task this group decides it, for others too. */
static int take_way(struct fsk_group *g, const json_t *head, struct fsk_err *err)
{
	enum fsk_way way = FSK_WAY_FOLDERS;
	const json_t *shelf = json_object_get(head, "shelf");
	const char *name;
	int rc = fsk_json_opt_str(&name, head, "way", NULL, err);

	if (rc == 0)
		rc = fsk_json_opt_bool(&g->explain, head, "explain", false, err);
	if (rc != 0)
		return rc;
	g->shelf = json_is_integer(shelf) ? json_integer_value(shelf) : -1;
	g->plans = name == NULL;
	while (name && way < FSK_WAY_BOTH && strcmp(name, fsk_way_name(way)) != 0)
		way++;
	fsk_fs_set_way(g->volume->fs, way);
	return 0;
}

/* Reports what a plugin did wrong, or its item (`e`, or NULL); a keeper that
 * is gone is the only error. */
int fsk_group_report(struct fsk_group *g, const char *name, const struct fsk_err *why,
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
static int load_member(struct fsk_group *g, struct fsk_group_member *m, struct fsk_err *err)
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
		                             &g->volume->profiles, &why);
	/* what is wrong with a guest is said where it runs */
	return rc == 0 || m->guest ? 0 : fsk_group_report(g, m->name, &why, NULL, err);
}

static int begin_item(struct fsk_group *g, const struct fsk_group_member *m,
                      const struct fsk_group_item *it, struct fsk_err *err)
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

static int run_item(struct fsk_group *g, const struct fsk_group_member *m,
                    const struct fsk_group_item *it, struct fsk_err *err)
{
	const struct fsk_engine_item item = {
		.fs = g->volume->fs,
		.machine = &g->machine,
		.volume = &g->volume->v,
		.profiles = &g->volume->profiles,
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
	return rc == 0 ? 0 : fsk_group_report(g, m->name, &why, it->entry, err);
}

static int take_profiles(struct fsk_group *g, const json_t *head, struct fsk_err *err)
{
	fsk_profiles_free(&g->volume->profiles);
	return fsk_profiles_from_json(&g->volume->profiles, json_object_get(head, "profiles"), err);
}

static int run_group(struct fsk_group *g, struct fsk_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < g->count; i++)
		rc = load_member(g, &g->members[i], err);
	if (rc == 0)
		rc = fsk_group_walk(g, err);
	for (size_t i = 0; rc == 0 && i < g->count; i++) {
		const struct fsk_group_member *m = &g->members[i];

		for (size_t k = 0; rc == 0 && k < m->count; k++)
			rc = run_item(g, m, &m->items[k], err);
	}
	return rc;
}

int fsk_task_plugins(struct fsk_session *s, const json_t *head, struct fsk_err *err)
{
	struct fsk_group g = { .s = s };
	int rc = fsk_task_volume(&g.input, &g.volume, s, head, err);

	if (rc != 0)
		return rc;
	s->volume = &g.volume->v;
	rc = take_profiles(&g, head, err);
	if (rc == 0)
		rc = fsk_group_machine(&g.machine, s, head, err);
	if (rc == 0)
		rc = take_members(&g, head, err);
	if (rc == 0)
		rc = take_index(&g, head, err);
	if (rc == 0)
		rc = take_way(&g, head, err);
	if (rc == 0)
		rc = run_group(&g, err);
	free_group(&g);
	return rc;
}
