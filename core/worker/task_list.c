/* Tasks "list", "cat" and "hash": what globs find on one volume. */
#include "core/worker/task.h"

#include <stdlib.h>

#include "core/base/limits.h"
#include "core/ipc/rows.h"
#include "core/model/times.h"
#include "core/model/types.h"
#include "core/worker/hasher.h"

/* Rows that are sent as soon as they are so many bytes; the longest row fits
 * behind them. */
#define ROWS_SENT (FSK_FILE_PIECE / 4)

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

static int send_rows(struct fsk_session *s, const struct search *q, struct fsk_buf *rows,
                     struct fsk_err *err)
{
	json_t *head = json_pack("{s:i, s:i}", "source", (int) q->volume->v.source, "volume",
	                         (int) q->volume->v.index);
	int rc;

	if (head && q->letter[0])
		json_object_set_new(head, "letter", json_string(q->letter));
	rc = fsk_report_blob(s, FSK_MSG_ENTRY, head, rows->data, rows->len, err);
	fsk_buf_reset(rows);
	return rc;
}

int fsk_task_list(struct fsk_session *s, const json_t *head, struct fsk_err *err)
{
	struct search q = { 0 };
	struct fsk_buf rows;
	int rc = start(s, &q, head, err);

	fsk_buf_init(&rows, FSK_FILE_PIECE);
	for (size_t i = 0; rc == 0 && i < q.found.count; i++) {
		const struct fsk_entry *e = &q.found.items[i];
		struct fsk_row row = { .loc = e->loc,
			               .type = fsk_entry_type_name(e->type),
			               .size = e->size,
			               .times = e->times };

		rc = fsk_row_append(&rows, &row, err);
		if (rc == 0 && rows.len > ROWS_SENT)
			rc = send_rows(s, &q, &rows, err);
	}
	if (rc == 0 && rows.len > 0)
		rc = send_rows(s, &q, &rows, err);
	fsk_buf_free(&rows);
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

/* Hashes as far as it can be read; `why` says what stopped it before the end. */
static int hash_content(struct fsk_hasher *h, struct fsk_order *o, struct fsk_stream *st,
                        uint64_t *done, struct fsk_err *why, struct fsk_err *err)
{
	uint64_t size = fsk_stream_size(st);
	int rc = 0;

	while (rc == 0 && *done < size) {
		size_t want = size - *done < FSK_FILE_PIECE ? (size_t) (size - *done)
		                                            : FSK_FILE_PIECE;
		int64_t got;

		fsk_order_ahead(o, *done);
		got = fsk_stream_read(st, fsk_hasher_room(h), want, *done, NULL, why);
		if (got == 0)
			fsk_err_set(why, FSK_ECORRUPT, "ends after %llu of %llu bytes",
			            (unsigned long long) *done, (unsigned long long) size);
		if (got <= 0)
			break;
		rc = fsk_hasher_feed(h, (size_t) got, err);
		*done += (uint64_t) got;
	}
	return rc;
}

/* `e` is one of q->found. */
static int report_hashed(struct fsk_session *s, const struct search *q, const struct fsk_entry *e,
                         enum fsk_status status, json_t *digests, const struct fsk_rangelog *bad,
                         const char *reason, struct fsk_err *err)
{
	json_t *head = json_pack("{s:o, s:I, s:I, s:s}", "locator", fsk_locator_to_json(&e->loc),
	                         "order", (json_int_t) (e - q->found.items), "size",
	                         (json_int_t) e->size, "status", fsk_status_name(status));

	if (head && bad && bad->count > 0)
		json_object_set_new(head, "ranges", fsk_ranges_json(bad));
	if (head && reason[0])
		json_object_set_new(head, "reason", fsk_json_text(reason));
	if (head && status == FSK_STATUS_COMPLETE)
		json_object_set(head, "digests", digests);
	json_decref(digests);
	return fsk_report(s, FSK_MSG_HASHED, head, err);
}

/* A digest of zeros in place of lost bytes would be taken for the file's:
 * only a complete file has one. */
static int hash_stream(struct fsk_session *s, const struct search *q, struct fsk_hasher *h,
                       struct fsk_order *o, struct fsk_stream *st, const struct fsk_entry *e,
                       struct fsk_err *err)
{
	struct fsk_digests digests;
	struct fsk_err why = { 0 };
	enum fsk_status status;
	uint64_t done = 0;
	int rc = hash_content(h, o, st, &done, &why, err);

	if (rc == 0)
		rc = fsk_hasher_final(&digests, h, err);
	if (rc != 0)
		return rc;
	status = fsk_stream_status(st);
	if (why.code != 0)
		status = done > 0 ? FSK_STATUS_PARTIAL : FSK_STATUS_UNREADABLE;
	return report_hashed(s, q, e, status, fsk_digests_json(&digests), fsk_stream_bad(st),
	                     why.msg, err);
}

static int hash_one(struct fsk_session *s, struct search *q, struct fsk_hasher *h,
                    struct fsk_order *o, const struct fsk_entry *e, struct fsk_err *err)
{
	struct fsk_stream *st = NULL;
	struct fsk_err why = { 0 };
	char *path = fsk_task_path(&e->loc, err);
	int rc = path ? fsk_step_begin(s, path, NULL, path, 0, err) : FSK_ENOMEM;

	free(path);
	if (rc <= 0)
		return rc;
	if (fsk_order_open(&st, o, &why) != 0)
		return report_hashed(s, q, e, FSK_STATUS_UNREADABLE, NULL, NULL, why.msg, err);
	rc = hash_stream(s, q, h, o, st, e, err);
	fsk_stream_close(st);
	return rc;
}

/* `files` has room for all that was found. */
static int hash_files(struct fsk_session *s, struct search *q, struct fsk_hasher *h,
                      const struct fsk_locator **files, const struct fsk_entry **entries,
                      struct fsk_err *err)
{
	struct fsk_order *o = NULL;
	size_t n = 0;
	int64_t i;
	int rc = fsk_step_begin(s, "order", NULL, q->input->name, FSK_STEP_AGAIN, err);

	if (rc < 0)
		return rc;
	for (size_t k = 0; k < q->found.count; k++) {
		if (q->found.items[k].type != FSK_ENTRY_FILE)
			continue;
		entries[n] = &q->found.items[k];
		files[n++] = &q->found.items[k].loc;
	}
	rc = fsk_order_new(&o, q->volume->fs, files, n, rc == 1, err);
	while (rc == 0 && (i = fsk_order_next(o)) >= 0)
		rc = hash_one(s, q, h, o, entries[i], err);
	fsk_order_free(o);
	return rc;
}

static int hash_all(struct fsk_session *s, struct search *q, struct fsk_hasher *h,
                    struct fsk_err *err)
{
	const struct fsk_locator **files = calloc(q->found.count + 1, sizeof(*files));
	const struct fsk_entry **entries = calloc(q->found.count + 1, sizeof(*entries));
	int rc = files && entries ? hash_files(s, q, h, files, entries, err)
	                          : fsk_err_set(err, FSK_ENOMEM, "digests: out of memory");

	free(files);
	free(entries);
	return rc;
}

int fsk_task_hash(struct fsk_session *s, const json_t *head, struct fsk_err *err)
{
	struct search q = { 0 };
	struct fsk_hasher *h = NULL;
	bool all;
	int rc = fsk_json_opt_bool(&all, head, "all", false, err);

	if (rc == 0)
		rc = start(s, &q, head, err);
	if (rc == 0)
		rc = fsk_hasher_new(&h, s->pool, all ? FSK_DIGEST_ALL : FSK_DIGEST_SHA256,
		                    &fsk_hash_files, err);
	if (rc == 0)
		rc = hash_all(s, &q, h, err);
	fsk_hasher_free(h);
	fsk_entries_free(&q.found);
	return rc;
}
