/* Task "fetch": files by locator, one step each. */
#include "core/worker/task.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/model/times.h"
#include "core/model/types.h"

static char *format_key(const struct fsk_locator *l, struct fsk_err *err)
{
	struct fsk_buf b;
	char *key = NULL;

	fsk_buf_init(&b, FSK_FRAME_HEAD_MAX);
	if (fsk_buf_printf(&b, err, "fetch|%u/%u/%" PRIu64 "/%s/%s", l->source, l->volume, l->addr,
	                   l->stream ? l->stream : "", l->path) == 0)
		key = fsk_buf_steal_str(&b, err);
	fsk_buf_free(&b);
	return key;
}

/* Times of the name's entry, if it is still the same record; else NULL. */
static json_t *look_up_times(struct fsk_fs *fs, const struct fsk_locator *l)
{
	char *path = fsk_task_path(l, NULL);
	struct fsk_entry e = { 0 };
	json_t *times = NULL;

	if (path && !l->deleted && fsk_fs_lookup(&e, fs, path, NULL) == 0) {
		if (e.loc.addr == l->addr && e.loc.seq == l->seq)
			times = fsk_times_to_json(&e.times);
		fsk_entry_free(&e);
	}
	free(path);
	return times;
}

/* A file whose volume cannot be opened is reported like one that cannot be
 * read: it must not vanish from the archive. */
static int send_unreachable(struct fsk_session *s, const struct fsk_sending *w,
                            const struct fsk_err *why, struct fsk_err *err)
{
	json_t *head = json_pack("{s:I, s:o, s:I}", "id", (json_int_t) w->id, "locator",
	                         fsk_locator_to_json(w->loc), "size", (json_int_t) w->size);
	int rc = fsk_report(s, FSK_MSG_FILE, head, err);

	if (rc != 0)
		return rc;
	return fsk_report(s, FSK_MSG_CLOSE,
	                  json_pack("{s:I, s:s, s:o}", "id", (json_int_t) w->id, "status",
	                            fsk_status_name(FSK_STATUS_UNREADABLE), "reason",
	                            fsk_json_text(why->msg)),
	                  err);
}

static int send_file(struct fsk_session *s, struct fsk_sending *w, const json_t *times,
                     struct fsk_err *err)
{
	struct fsk_input *input;
	struct fsk_input_volume *volume;
	struct fsk_err why = { 0 };
	json_t *found = NULL;
	int rc;

	s->muted = true;
	rc = fsk_inputs_find(&input, &volume, &s->inputs, w->loc->source, w->loc->volume, &why);
	s->muted = false;
	if (rc != 0)
		return send_unreachable(s, w, &why, err);
	if (!times)
		found = look_up_times(volume->fs, w->loc);
	w->times = times ? times : found;
	rc = fsk_send_stream(s, volume->fs, w, err);
	json_decref(found);
	return rc;
}

static int fetch_one(struct fsk_session *s, const json_t *file, struct fsk_err *err)
{
	struct fsk_sending w = { 0 };
	struct fsk_locator loc = { 0 };
	char *key = NULL;
	int rc = fsk_json_get_u64(&w.id, file, "id", err);

	if (rc == 0)
		rc = fsk_json_opt_str(&w.letter, file, "letter", NULL, err);
	if (rc == 0)
		rc = fsk_json_opt_u64(&w.size, file, "size", 0, err);
	if (rc == 0)
		rc = fsk_locator_from_json(&loc, json_object_get(file, "locator"), err);
	if (rc != 0)
		return fsk_err_wrap(err, "TASK: file");
	w.loc = &loc;
	key = format_key(&loc, err);
	rc = key ? fsk_step_begin(s, key, NULL, loc.path, 0, err) : FSK_ENOMEM;
	if (rc == 1)
		rc = send_file(s, &w, json_object_get(file, "times"), err);
	free(key);
	fsk_locator_free(&loc);
	return rc;
}

int fsk_task_fetch(struct fsk_session *s, const json_t *head, struct fsk_err *err)
{
	const json_t *files = json_object_get(head, "files");
	const json_t *file;
	size_t i;

	if (!json_is_array(files))
		return fsk_err_set(err, FSK_EPROTO, "TASK: \"files\" is not an array");
	json_array_foreach (files, i, file) {
		int rc = fetch_one(s, file, err);

		if (rc != 0)
			return rc;
	}
	return 0;
}
