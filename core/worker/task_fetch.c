/* Task "fetch": files by locator, one step each. */
#include "core/worker/task.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/model/times.h"
#include "core/model/types.h"

/* One file of the task. */
struct wanted {
	struct fsk_sending w;
	struct fsk_locator loc;
	const json_t *times; /* NULL: the path is looked up for them */
};

/* The files of one volume. */
struct batch {
	struct wanted **files;
	const struct fsk_locator **locs; /* of these files */
	size_t count;
	struct fsk_order *order;
};

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

/* What is wrong with a source or a volume was reported by the probe. */
static int find_volume(struct fsk_input **input, struct fsk_input_volume **volume,
                       struct fsk_session *s, const struct fsk_locator *l, struct fsk_err *err)
{
	int rc;

	s->muted = true;
	rc = fsk_inputs_find(input, volume, &s->inputs, l->source, l->volume, err);
	s->muted = false;
	return rc;
}

static int send_file(struct fsk_session *s, struct wanted *f, struct fsk_err *err)
{
	struct fsk_input *input;
	struct fsk_input_volume *volume;
	struct fsk_err why = { 0 };
	json_t *found = NULL;
	int rc;

	if (find_volume(&input, &volume, s, &f->loc, &why) != 0)
		return send_unreachable(s, &f->w, &why, err);
	if (!f->times)
		found = look_up_times(volume->fs, &f->loc);
	f->w.times = f->times ? f->times : found;
	rc = fsk_send_stream(s, volume->fs, &f->w, err);
	json_decref(found);
	return rc;
}

static int fetch_one(struct fsk_session *s, struct wanted *f, struct fsk_order *order,
                     struct fsk_err *err)
{
	char *key = format_key(&f->loc, err);
	int rc = key ? fsk_step_begin(s, key, NULL, f->loc.path, 0, err) : FSK_ENOMEM;

	f->w.order = order;
	if (rc == 1)
		rc = send_file(s, f, err);
	free(key);
	return rc;
}

/* Without an order the files come as the task has them. Looking for their places
 * may have ended a worker; then each one is left to its own step. */
static int find_order(struct fsk_session *s, struct batch *b, struct fsk_err *err)
{
	const struct fsk_locator *l = b->locs[0];
	struct fsk_input *input;
	struct fsk_input_volume *volume;
	char key[64], target[64];
	int rc;

	snprintf(key, sizeof(key), "order|%u/%u", l->source, l->volume);
	snprintf(target, sizeof(target), "places of files on volume %u", l->volume);
	rc = fsk_step_begin(s, key, NULL, target, FSK_STEP_AGAIN, err);
	if (rc != 1 || find_volume(&input, &volume, s, l, NULL) != 0)
		return rc < 0 ? rc : 0;
	return fsk_order_new(&b->order, volume->fs, b->locs, b->count, FSK_ORDER_LOOK, err);
}

static int fetch_batch(struct fsk_session *s, struct batch *b, struct fsk_err *err)
{
	int rc = find_order(s, b, err);
	int64_t i;

	if (!b->order) {
		for (size_t k = 0; rc == 0 && k < b->count; k++)
			rc = fetch_one(s, b->files[k], NULL, err);
		return rc;
	}
	while (rc == 0 && (i = fsk_order_next(b->order)) >= 0)
		rc = fetch_one(s, b->files[i], b->order, err);
	fsk_order_free(b->order);
	b->order = NULL;
	return rc;
}

static bool same_volume(const struct fsk_locator *a, const struct fsk_locator *b)
{
	return a->source == b->source && a->volume == b->volume;
}

/* The keeper asks for files volume by volume. */
static int fetch_all(struct fsk_session *s, struct wanted *files, size_t n, struct fsk_err *err)
{
	struct batch b = { .files = calloc(n, sizeof(*b.files)),
		           .locs = calloc(n, sizeof(*b.locs)) };
	int rc = b.files && b.locs ? 0 : fsk_err_set(err, FSK_ENOMEM, "TASK: out of memory");

	for (size_t i = 0; rc == 0 && i < n; i++) {
		b.files[b.count] = &files[i];
		b.locs[b.count++] = &files[i].loc;
		if (i + 1 < n && same_volume(&files[i].loc, &files[i + 1].loc))
			continue;
		rc = fetch_batch(s, &b, err);
		b.count = 0;
	}
	free(b.files);
	free(b.locs);
	return rc;
}

static int read_wanted(struct wanted *out, const json_t *file, struct fsk_err *err)
{
	int rc = fsk_json_get_u64(&out->w.id, file, "id", err);

	if (rc == 0)
		rc = fsk_json_opt_str(&out->w.letter, file, "letter", NULL, err);
	if (rc == 0)
		rc = fsk_json_opt_u64(&out->w.size, file, "size", 0, err);
	if (rc == 0)
		rc = fsk_locator_from_json(&out->loc, json_object_get(file, "locator"), err);
	if (rc != 0)
		return fsk_err_wrap(err, "TASK: file");
	out->w.loc = &out->loc;
	out->times = json_object_get(file, "times");
	return 0;
}

int fsk_task_fetch(struct fsk_session *s, const json_t *head, struct fsk_err *err)
{
	const json_t *list = json_object_get(head, "files");
	size_t n = json_array_size(list), i;
	struct wanted *files;
	const json_t *file;
	int rc = 0;

	if (!json_is_array(list))
		return fsk_err_set(err, FSK_EPROTO, "TASK: \"files\" is not an array");
	if (n == 0)
		return 0;
	files = calloc(n, sizeof(*files));
	if (!files)
		return fsk_err_set(err, FSK_ENOMEM, "TASK: out of memory");
	json_array_foreach (list, i, file)
		if (rc == 0)
			rc = read_wanted(&files[i], file, err);
	if (rc == 0)
		rc = fetch_all(s, files, n, err);
	for (i = 0; i < n; i++)
		fsk_locator_free(&files[i].loc);
	free(files);
	return rc;
}
