#include "core/worker/search.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/limits.h"

static int add_globs(struct fsk_globset *set, const json_t *head, struct fsk_err *err)
{
	const json_t *globs = json_object_get(head, "globs");
	const json_t *glob;
	size_t i;

	if (!json_is_array(globs))
		return fsk_err_set(err, FSK_EPROTO, "TASK: \"globs\" is not an array");
	json_array_foreach (globs, i, glob) {
		int rc = json_is_string(glob)
		             ? fsk_globset_add(set, json_string_value(glob), err)
		             : fsk_err_set(err, FSK_EPROTO, "TASK: glob %zu is not a string", i);

		if (rc != 0)
			return rc;
	}
	return 0;
}

static int walk(struct fsk_session *s, struct fsk_search *q, const json_t *head,
                struct fsk_err *err)
{
	struct fsk_globset set = { 0 };
	bool deleted;
	int rc = fsk_json_opt_bool(&deleted, head, "deleted", false, err);

	if (rc == 0)
		rc = add_globs(&set, head, err);
	if (rc == 0)
		rc = fsk_step_begin(s, "walk", NULL, q->input->name, FSK_STEP_AGAIN, err);
	if (rc == 0)
		rc = fsk_err_set(err, FSK_EDIED, "volume %u of \"%s\": listing it ended a worker",
		                 q->volume->v.index, q->input->name);
	else if (rc == 1)
		rc = fsk_fs_glob(&q->found, q->volume->fs, &set, deleted ? FSK_GLOB_DELETED : 0,
		                 err);
	fsk_globset_free(&set);
	return rc;
}

int fsk_search_start(struct fsk_search *q, struct fsk_session *s, const json_t *head,
                     struct fsk_err *err)
{
	int rc = fsk_task_volume(&q->input, &q->volume, s, head, err);

	if (rc != 0)
		return rc;
	q->letter[0] = q->volume->v.letter;
	return walk(s, q, head, err);
}

/* Looking for the places may have ended a worker: then it is not done again. */
int fsk_search_order(struct fsk_order **out, const struct fsk_entry ***files,
                     const struct fsk_search *q, struct fsk_session *s, unsigned flags,
                     struct fsk_err *err)
{
	const struct fsk_locator **locs = calloc(q->found.count + 1, sizeof(*locs));
	char target[400];
	size_t n = 0;
	int rc;

	*out = NULL;
	*files = calloc(q->found.count + 1, sizeof(**files));
	snprintf(target, sizeof(target), "places of files on volume %u of \"%.300s\"",
	         q->volume->v.index, q->input->name);
	if (locs && *files)
		rc = fsk_step_begin(s, "order", NULL, target, FSK_STEP_AGAIN, err);
	else
		rc = fsk_err_set(err, FSK_ENOMEM, "out of memory");
	for (size_t i = 0; rc >= 0 && i < q->found.count; i++) {
		if (q->found.items[i].type != FSK_ENTRY_FILE)
			continue;
		(*files)[n] = &q->found.items[i];
		locs[n++] = &q->found.items[i].loc;
	}
	if (rc >= 0)
		rc = fsk_order_new(out, q->volume->fs, locs, n,
		                   flags | (rc == 1 ? FSK_ORDER_LOOK : 0), err);
	free(locs);
	return rc;
}
