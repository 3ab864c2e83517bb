/* Tasks "list" and "cat": what globs find on one volume. */
#include "core/worker/search.h"

#include <stdlib.h>

#include "core/base/limits.h"
#include "core/ipc/rows.h"
#include "core/model/times.h"
#include "core/model/types.h"

static int send_rows(struct fsk_session *s, const struct fsk_search *q, struct fsk_buf *rows,
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
	struct fsk_search q = { 0 };
	struct fsk_buf rows;
	int rc = fsk_search_start(&q, s, head, err);

	fsk_buf_init(&rows, FSK_FILE_PIECE);
	for (size_t i = 0; rc == 0 && i < q.found.count; i++) {
		const struct fsk_entry *e = &q.found.items[i];
		struct fsk_row row = { .loc = e->loc,
			               .type = fsk_entry_type_name(e->type),
			               .size = e->size,
			               .times = e->times };

		rc = fsk_row_append(&rows, &row, err);
		if (rc == 0 && rows.len > FSK_ROWS_SENT)
			rc = send_rows(s, &q, &rows, err);
	}
	if (rc == 0 && rows.len > 0)
		rc = send_rows(s, &q, &rows, err);
	fsk_buf_free(&rows);
	fsk_entries_free(&q.found);
	return rc;
}

static int cat_one(struct fsk_session *s, struct fsk_search *q, struct fsk_order *o, uint64_t id,
                   const struct fsk_entry *e, struct fsk_err *err)
{
	struct fsk_sending w = {
		.id = id, .loc = &e->loc, .letter = q->letter, .size = e->size, .order = o
	};
	char *path = fsk_task_path(&e->loc, err);
	int rc = path ? fsk_step_begin(s, path, NULL, path, 0, err) : FSK_ENOMEM;
	json_t *times;

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
	struct fsk_search q = { 0 };
	const struct fsk_entry **files = NULL;
	struct fsk_order *o = NULL;
	int64_t i;
	int rc = fsk_search_start(&q, s, head, err);

	if (rc == 0)
		rc = fsk_search_order(&o, &files, &q, s, FSK_ORDER_KEEP, err);
	while (rc == 0 && (i = fsk_order_next(o)) >= 0)
		rc = cat_one(s, &q, o, (uint64_t) i + 1, files[i], err);
	fsk_order_free(o);
	free(files);
	fsk_entries_free(&q.found);
	return rc;
}
