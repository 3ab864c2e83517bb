/* How a group of plugins finds its items: one matcher, one walk, and the plan
 * that the keeper is told. */
#include "core/worker/plugins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/unallocated.h"
#include "core/worker/index_share.h"

static int number_wants(struct fsk_group *g, struct fsk_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < g->count; i++)
		n += g->members[i].wants.count;
	g->askers = calloc(n + 1, sizeof(*g->askers));
	if (!g->askers)
		return fsk_err_set(err, FSK_ENOMEM, "plugins: out of memory");
	for (size_t i = 0; i < g->count; i++)
		for (size_t w = 0; w < g->members[i].wants.count; w++)
			g->askers[g->naskers++] = (struct fsk_group_asker){
				.member = &g->members[i], .want = &g->members[i].wants.items[w]
			};
	return 0;
}

/* One matcher for what `only` asks, or everybody (NULL). */
static int compile(struct fsk_matcher **out, struct fsk_group *g,
                   const struct fsk_group_member *only, struct fsk_err *err)
{
	int rc = fsk_matcher_new(out, fsk_fs_folds_case(g->volume->fs), err);

	for (size_t i = 0; rc == 0 && i < g->naskers; i++)
		if (!only || g->askers[i].member == only)
			rc = fsk_matcher_add(*out, &g->askers[i].want->globs, (uint32_t) i, err);
	return rc;
}

static int give(struct fsk_group_asker *a, const struct fsk_entry *e, struct fsk_err *err)
{
	struct fsk_group_member *m = a->member;

	if (a->want->as != FSK_AS_FILE && e->type != FSK_ENTRY_FILE)
		return 0;
	if (a->want->empty && e->size == 0)
		return 0;
	a->found++;
	if (m->guest)
		return 0;
	if (m->count == m->cap) {
		size_t cap = m->cap ? 2 * m->cap : 16;
		struct fsk_group_item *more = realloc(m->items, cap * sizeof(*more));

		if (!more)
			return fsk_err_set(err, FSK_ENOMEM, "plugins: out of memory");
		m->items = more;
		m->cap = cap;
	}
	m->items[m->count++] = (struct fsk_group_item){ e, a->want };
	return 0;
}

static int deal(struct fsk_group *g, const struct fsk_matches *found, struct fsk_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < found->entries.count; i++) {
		size_t n;
		const uint32_t *wants = fsk_matches_wants(found, i, &n);

		for (size_t k = 0; rc == 0 && k < n; k++)
			rc = give(&g->askers[wants[k]], &found->entries.items[i], err);
	}
	return rc;
}

/* Free space is in no folder: it is had by its name alone. */
static bool wants_unallocated(const struct fsk_want *w)
{
	struct fsk_glob_part part;

	for (size_t i = 0; i < w->globs.count; i++)
		if (fsk_glob_component(w->globs.globs[i], 0, &part) && part.literal &&
		    strcmp(part.literal, FSK_UNALLOCATED) == 0)
			return true;
	return false;
}

static int deal_unallocated(struct fsk_group *g, struct fsk_group_asker *a, struct fsk_err *err)
{
	struct fsk_err why;
	int rc = 0;

	if (g->unallocated.count == 0 &&
	    fsk_unallocated_entries(&g->unallocated, g->volume->fs, &why) < 0)
		return fsk_group_report(g, a->member->name, &why, NULL, err);
	for (size_t i = 0; rc == 0 && i < g->unallocated.count; i++) {
		const struct fsk_entry *e = &g->unallocated.items[i];

		if (fsk_globset_match(&a->want->globs, e->loc.path, false))
			rc = give(a, e, err);
	}
	return rc;
}

/* What the keeper is told of the way: `m` is NULL when there was no walk for all. */
static json_t *describe_plan(const struct fsk_group *g, const struct fsk_matcher *m,
                             const char *reason)
{
	const struct fsk_plan *p = fsk_fs_last_plan(g->volume->fs);
	struct fsk_matcher_size size = { 0 };
	uint32_t want = 0;
	json_t *j;

	if (m)
		size = fsk_matcher_size(m);
	j = json_pack("{s:I, s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "source",
	              (json_int_t) g->volume->v.source, "volume", (json_int_t) g->volume->v.index,
	              "way", fsk_way_name(m ? p->way : FSK_WAY_FOLDERS), "reason",
	              m ? p->reason : reason, "folders", (json_int_t) (m ? p->folders : 0),
	              "entries", (json_int_t) (m ? p->entries : 0), "records",
	              (json_int_t) (m ? p->records : 0), "globs", (json_int_t) size.globs, "states",
	              (json_int_t) size.states, "plugins", (json_int_t) g->count);
	if (j && m && fsk_matcher_depth_of_any(m, &want) < FSK_WIDE_PARTS)
		json_object_set_new(j, "by",
		                    json_pack("{s:s, s:o}", "plugin", g->askers[want].member->name,
		                              "artifact",
		                              fsk_json_text(g->askers[want].want->artifact)));
	return j;
}

static int tell_plan(struct fsk_group *g, const struct fsk_matcher *m, const char *reason,
                     struct fsk_err *err)
{
	json_t *plan, *index;

	if (!g->plans)
		return 0;
	plan = describe_plan(g, m, reason);
	index = plan && m ? fsk_index_give(g->s, g->volume->fs, g->shelf) : NULL;
	if (index)
		json_object_set_new(plan, "index", index);
	return fsk_report(g->s, FSK_MSG_PLAN, plan, err);
}

/* Where the wants of the guests begin. To explain, theirs are counted, too. */
static uint32_t own_wants(const struct fsk_group *g)
{
	uint32_t n = 0;

	while (n < g->naskers && (g->explain || !g->askers[n].member->guest))
		n++;
	return n;
}

/* Finds what `only` wants, or everybody (NULL), in one walk. */
static int match(struct fsk_matches *out, struct fsk_group *g, const struct fsk_group_member *only,
                 struct fsk_err *err)
{
	unsigned flags = g->plans && !only ? FSK_GLOB_PLAN : 0;
	struct fsk_matcher *m;
	int rc = compile(&m, g, only, err);

	if (rc == 0)
		rc = fsk_fs_match(out, g->volume->fs, m, own_wants(g), flags, err);
	if (rc == 0 && !only)
		rc = tell_plan(g, m, NULL, err);
	fsk_matcher_free(m);
	if (rc == 0)
		rc = deal(g, out, err);
	for (size_t i = 0; rc == 0 && i < g->naskers; i++)
		if ((!only || g->askers[i].member == only) && !g->askers[i].member->guest &&
		    wants_unallocated(g->askers[i].want))
			rc = deal_unallocated(g, &g->askers[i], err);
	return rc;
}

/* The walk for all ended a worker: each plugin walks alone, so that only
 * those suffer that lead to the bad place. */
static int walk_member(struct fsk_group *g, struct fsk_group_member *m, struct fsk_err *err)
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
	return rc == 0 ? 0 : fsk_group_report(g, m->name, &why, NULL, err);
}

static int walk_alone(struct fsk_group *g, struct fsk_err *err)
{
	int rc = tell_plan(g, NULL, "a walk for all plugins ended a worker", err);

	for (size_t i = 0; rc == 0 && i < g->count; i++)
		if (!g->members[i].guest)
			rc = walk_member(g, &g->members[i], err);
	return rc;
}

static int walk(struct fsk_group *g, struct fsk_err *err)
{
	char target[300];
	int rc;

	if (g->naskers == 0)
		return tell_plan(g, NULL, "no plugin wants anything here", err);
	snprintf(target, sizeof(target), "volume %u of \"%.256s\"", g->volume->v.index,
	         g->input->name);
	rc = fsk_step_begin(g->s, "walk", NULL, target, FSK_STEP_AGAIN, err);
	if (rc < 0)
		return rc;
	return rc == 1 ? match(&g->found, g, NULL, err) : walk_alone(g, err);
}

/* An artifact that stands for several systems is told once. */
static void add_found(json_t *found, const struct fsk_group_asker *a)
{
	size_t n = json_array_size(found);
	json_t *last = n > 0 ? json_array_get(found, n - 1) : NULL;
	const char *name = json_string_value(json_array_get(last, 0));
	json_int_t before = json_integer_value(json_array_get(last, 1));

	if (name && strcmp(name, a->want->artifact) == 0)
		json_array_set_new(last, 1, json_integer(before + (json_int_t) a->found));
	else
		json_array_append_new(found, json_pack("[o, I]", fsk_json_text(a->want->artifact),
		                                       (json_int_t) a->found));
}

/* How many entries fit each want of a member, in the order of its wants. */
static json_t *describe_found(const struct fsk_group *g, const struct fsk_group_member *m)
{
	json_t *found = json_array();

	for (size_t i = 0; i < g->naskers; i++)
		if (g->askers[i].member == m)
			add_found(found, &g->askers[i]);
	return json_pack("{s:I, s:I, s:s, s:o}", "source", (json_int_t) g->volume->v.source,
	                 "volume", (json_int_t) g->volume->v.index, "plugin", m->name, "found",
	                 found);
}

int fsk_group_walk(struct fsk_group *g, struct fsk_err *err)
{
	int rc = number_wants(g, err);

	if (rc == 0)
		rc = walk(g, err);
	for (size_t i = 0; rc == 0 && g->plans && g->explain && i < g->count; i++)
		rc = fsk_report(g->s, FSK_MSG_PLAN, describe_found(g, &g->members[i]), err);
	return rc;
}
