/* Tasks "list" and "cat": what globs find on one volume. */
#include "core/worker/task.h"

#include <stdlib.h>

#include "core/base/limits.h"
#include "core/model/times.h"
#include "core/model/types.h"

struct search {
	struct fsk_input *input;
	struct fsk_input_volume *volume;
	struct fsk_entries found;
	char letter[2];
};

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

static int walk(struct fsk_session *s, struct search *q, const json_t *head, struct fsk_err *err)
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

static int start(struct fsk_session *s, struct search *q, const json_t *head, struct fsk_err *err)
{
	int rc = fsk_task_volume(&q->input, &q->volume, s, head, err);

	if (rc != 0)
		return rc;
	q->letter[0] = q->volume->v.letter;
	return walk(s, q, head, err);
}

int fsk_task_list(struct fsk_session *s, const json_t *head, struct fsk_err *err)
{
	struct search q = { 0 };
	int rc = start(s, &q, head, err);

	for (size_t i = 0; rc == 0 && i < q.found.count; i++) {
		json_t *j = fsk_entry_head(&q.found.items[i], q.letter);

		if (j)
			json_object_set_new(
			    j, "type", json_string(fsk_entry_type_name(q.found.items[i].type)));
		rc = fsk_report(s, FSK_MSG_ENTRY, j, err);
	}
	fsk_entries_free(&q.found);
	return rc;
}

static int cat_one(struct fsk_session *s, struct search *q, size_t i, struct fsk_err *err)
{
	const struct fsk_entry *e = &q->found.items[i];
	struct fsk_sending w = {
		.id = i + 1, .loc = &e->loc, .letter = q->letter, .size = e->size
	};
	json_t *times;
	char *path;
	int rc;

	if (e->type != FSK_ENTRY_FILE)
		return 0;
	path = fsk_task_path(&e->loc, err);
	rc = path ? fsk_step_begin(s, path, NULL, path, 0, err) : FSK_ENOMEM;
	free(path);
	if (rc <= 0)
		return rc;
	times = fsk_times_to_json(&e->times);
	w.times = times;
	rc = fsk_send_stream(s, q->volume->fs, &w, err);
	json_decref(times);
	return rc;
}

int fsk_task_cat(struct fsk_session *s, const json_t *head, struct fsk_err *err)
{
	struct search q = { 0 };
	int rc = start(s, &q, head, err);

	for (size_t i = 0; rc == 0 && i < q.found.count; i++)
		rc = cat_one(s, &q, i, err);
	fsk_entries_free(&q.found);
	return rc;
}
