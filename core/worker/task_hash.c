/* Task "hash": digests of what globs find on one volume.
 *
 * A step for each of hundreds of thousands of files would cost more than hashing
 * most of them. So many files together are one step, "group|N", and their digests
 * are done by several threads at once. When such a step ends a worker, the keeper
 * forgets what came in it, and its files are hashed again, one step each. An empty
 * step behind each group says that the group is over. */
#include "core/worker/search.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/ipc/hash_rows.h"
#include "core/model/types.h"
#include "core/worker/hasher.h"
#include "core/worker/trays.h"

/* What one death of a worker may cost, and what the clock of a step must suffice
 * for; the last file may be larger. */
#define GROUP_FILES 256u
#define GROUP_BYTES (64u * FSK_MIB)

struct hashing {
	struct fsk_session *session;
	struct fsk_search q;
	struct fsk_order *order;
	const struct fsk_entry **files;
	struct fsk_trays *trays;   /* of small files */
	struct fsk_hasher *hasher; /* of a large one */
	struct fsk_buf rows;
	/* Hard links: whose digests will be those of file i, too, plus 1; 0: nobody's */
	uint32_t *also;
	int64_t last; /* file of this group to which a link may be added, or -1 */
	int64_t held; /* a large file whose digests wait for its links, or -1 */
	struct fsk_digests held_digests;
};

/* ---- what is told ---- */

static int send_rows(struct hashing *h, struct fsk_buf *rows, enum fsk_status status,
                     const struct fsk_rangelog *bad, const char *reason, struct fsk_err *err)
{
	const struct fsk_volume *v = &h->q.volume->v;
	json_t *head = json_pack("{s:i, s:i, s:s}", "source", (int) v->source, "volume",
	                         (int) v->index, "status", fsk_status_name(status));
	int rc;

	if (head && bad && bad->count > 0)
		json_object_set_new(head, "ranges", fsk_ranges_json(bad));
	if (head && reason && reason[0])
		json_object_set_new(head, "reason", fsk_json_text(reason));
	rc = fsk_report_blob(h->session, FSK_MSG_HASHED, head, rows->data, rows->len, err);
	fsk_buf_reset(rows);
	return rc;
}

static int send_complete(struct hashing *h, struct fsk_err *err)
{
	if (h->rows.len == 0)
		return 0;
	return send_rows(h, &h->rows, FSK_STATUS_COMPLETE, NULL, NULL, err);
}

static int append_row(struct fsk_buf *out, const struct hashing *h, size_t file,
                      const struct fsk_digests *d, struct fsk_err *err)
{
	const struct fsk_entry *e = h->files[file];
	struct fsk_hash_row row = { .loc = e->loc,
		                    .order = (uint64_t) (e - h->q.found.items),
		                    .size = e->size };

	if (d)
		row.digests = *d;
	return fsk_hash_row_append(out, &row, err);
}

/* A digest of zeros in place of lost bytes would be taken for the file's: only a
 * complete file has one. */
static int tell_incomplete(struct hashing *h, size_t file, enum fsk_status status,
                           const struct fsk_rangelog *bad, const char *reason, struct fsk_err *err)
{
	struct fsk_buf row;
	int rc;

	fsk_buf_init(&row, FSK_FILE_PIECE);
	rc = append_row(&row, h, file, NULL, err);
	if (rc == 0)
		rc = send_rows(h, &row, status, bad, reason, err);
	fsk_buf_free(&row);
	return rc;
}

/* Of struct fsk_trays. */
static int tell_complete(void *arg, size_t file, const struct fsk_digests *d, struct fsk_err *err)
{
	struct hashing *h = arg;
	int rc = append_row(&h->rows, h, file, d, err);

	for (; rc == 0 && h->also[file] != 0; file = h->also[file] - 1)
		rc = append_row(&h->rows, h, h->also[file] - 1, d, err);
	return rc == 0 && h->rows.len > FSK_ROWS_SENT ? send_complete(h, err) : rc;
}

static int tell_held(struct hashing *h, struct fsk_err *err)
{
	int64_t file = h->held;

	h->held = -1;
	return file < 0 ? 0 : tell_complete(h, (size_t) file, &h->held_digests, err);
}

/* ---- one file ---- */

/* How far a stream was read, and what stopped it before its end. */
struct reading {
	struct fsk_stream *stream;
	uint64_t done;
	struct fsk_err why;
};

/* The next piece: its length, or 0 when nothing more can be read. */
static size_t read_piece(struct hashing *h, struct reading *r, uint8_t *buf, size_t max)
{
	uint64_t left = fsk_stream_size(r->stream) - r->done;
	int64_t got;

	if (left == 0)
		return 0;
	fsk_order_ahead(h->order, r->done);
	got = fsk_stream_read(r->stream, buf, left < max ? (size_t) left : max, r->done, NULL,
	                      &r->why);
	if (got == 0)
		fsk_err_set(&r->why, FSK_ECORRUPT, "ends after %" PRIu64 " of %" PRIu64 " bytes",
		            r->done, r->done + left);
	if (got <= 0)
		return 0;
	r->done += (uint64_t) got;
	return (size_t) got;
}

static enum fsk_status status_of(const struct reading *r)
{
	if (r->why.code != 0)
		return r->done > 0 ? FSK_STATUS_PARTIAL : FSK_STATUS_UNREADABLE;
	return fsk_stream_status(r->stream);
}

static int tell_reading(struct hashing *h, size_t file, const struct reading *r,
                        struct fsk_err *err)
{
	return tell_incomplete(h, file, status_of(r), fsk_stream_bad(r->stream), r->why.msg, err);
}

static int hash_small(struct hashing *h, size_t file, struct reading *r, struct fsk_err *err)
{
	size_t size = (size_t) fsk_stream_size(r->stream), n;
	uint8_t *room;
	int rc = fsk_trays_room(&room, h->trays, size, err);

	if (rc < 0)
		return rc;
	while ((n = read_piece(h, r, room + r->done, size)) > 0)
		continue;
	if (status_of(r) != FSK_STATUS_COMPLETE)
		return tell_reading(h, file, r, err);
	fsk_trays_put(h->trays, file, size);
	h->last = (int64_t) file;
	return 0;
}

static int hash_large(struct hashing *h, size_t file, struct reading *r, struct fsk_err *err)
{
	size_t n;
	int rc = 0;

	while (rc == 0 && (n = read_piece(h, r, fsk_hasher_room(h->hasher), FSK_FILE_PIECE)) > 0)
		rc = fsk_hasher_feed(h->hasher, n, err);
	if (rc == 0)
		rc = fsk_hasher_final(&h->held_digests, h->hasher, err);
	if (rc < 0)
		return rc;
	if (status_of(r) != FSK_STATUS_COMPLETE)
		return tell_reading(h, file, r, err);
	h->last = h->held = (int64_t) file;
	return 0;
}

/* The file that came last of the order. */
static int hash_file(struct hashing *h, size_t file, struct fsk_err *err)
{
	struct reading r = { 0 };
	struct fsk_err why = { 0 };
	int rc;

	if (h->last >= 0 && fsk_order_same(h->order)) {
		h->also[h->last] = (uint32_t) file + 1;
		h->last = (int64_t) file;
		return 0;
	}
	h->last = -1;
	rc = tell_held(h, err);
	if (rc < 0)
		return rc;
	if (fsk_order_open(&r.stream, h->order, &why) < 0)
		return tell_incomplete(h, file, FSK_STATUS_UNREADABLE, NULL, why.msg, err);
	if (fsk_stream_size(r.stream) <= FSK_TRAY_FILE_MAX)
		rc = hash_small(h, file, &r, err);
	else
		rc = hash_large(h, file, &r, err);
	fsk_stream_close(r.stream);
	return rc;
}

static int flush(struct hashing *h, struct fsk_err *err)
{
	int rc = tell_held(h, err);

	h->last = -1;
	if (rc == 0)
		rc = fsk_trays_finish(h->trays, err);
	return rc < 0 ? rc : send_complete(h, err);
}

/* ---- steps ---- */

enum how { NOT_AGAIN, TOGETHER, ONE_BY_ONE };

static int step_alone(struct hashing *h, size_t file, struct fsk_err *err)
{
	const struct fsk_locator *l = &h->files[file]->loc;
	char *path = fsk_task_path(l, err);
	struct fsk_buf key;
	int rc = path ? 0 : FSK_ENOMEM;

	fsk_buf_init(&key, FSK_FRAME_HEAD_MAX);
	if (rc == 0)
		rc = fsk_buf_printf(&key, err, "file|%s", path);
	if (rc == 0)
		rc = fsk_buf_append_u8(&key, 0, err);
	if (rc == 0)
		rc = fsk_step_begin(h->session, (const char *) key.data, NULL, path, 0, err);
	if (rc == 1)
		rc = hash_file(h, file, err);
	if (rc == 0)
		rc = flush(h, err);
	fsk_buf_free(&key);
	free(path);
	return rc;
}

/* The step behind a group. */
static void over_key(char out[48], unsigned number)
{
	snprintf(out, 48, "group|%u|over", number);
}

static int begin_group(enum how *out, struct hashing *h, unsigned number, struct fsk_err *err)
{
	char key[48], target[400];
	int rc;

	*out = NOT_AGAIN;
	over_key(key, number);
	if (fsk_steps_left_out(&h->session->steps, key))
		return 0;
	snprintf(key, sizeof(key), "group|%u", number);
	snprintf(target, sizeof(target), "group %u of files on volume %u of \"%.300s\"", number,
	         h->q.volume->v.index, h->q.input->name);
	rc = fsk_step_begin(h->session, key, NULL, target, FSK_STEP_AGAIN, err);
	*out = rc == 1 ? TOGETHER : ONE_BY_ONE;
	return rc < 0 ? rc : 0;
}

/* The next files of the order; `*more` tells whether there are some behind them.
 * Which ones belong together must be the same in every run of the task. */
static int hash_group(struct hashing *h, unsigned number, bool *more, struct fsk_err *err)
{
	uint64_t bytes = 0;
	enum how how;
	char key[48];
	int rc = begin_group(&how, h, number, err);

	for (unsigned n = 0; rc == 0 && n < GROUP_FILES && bytes < GROUP_BYTES; n++) {
		int64_t file = fsk_order_next(h->order);

		*more = file >= 0;
		if (!*more)
			break;
		bytes += h->files[file]->size;
		if (how == TOGETHER)
			rc = hash_file(h, (size_t) file, err);
		else if (how == ONE_BY_ONE)
			rc = step_alone(h, (size_t) file, err);
	}
	if (rc < 0 || how == NOT_AGAIN)
		return rc;
	rc = flush(h, err);
	over_key(key, number);
	if (rc == 0)
		rc = fsk_step_begin(h->session, key, NULL, "the end of a group", 0, err);
	return rc < 0 ? rc : 0;
}

static int hash_all(struct hashing *h, struct fsk_err *err)
{
	bool more = true;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && more; i++)
		rc = hash_group(h, i, &more, err);
	return rc;
}

static int make_tools(struct hashing *h, bool all, struct fsk_err *err)
{
	struct fsk_pool *pool = h->session->pool;
	unsigned which = all ? FSK_DIGEST_ALL : FSK_DIGEST_SHA256;
	int rc = fsk_trays_new(&h->trays, pool, which, tell_complete, h, err);

	h->also = calloc(h->q.found.count + 1, sizeof(*h->also));
	if (!h->also)
		return fsk_err_set(err, FSK_ENOMEM, "digests: out of memory");
	return rc < 0 ? rc : fsk_hasher_new(&h->hasher, pool, which, &fsk_hash_files, err);
}

int fsk_task_hash(struct fsk_session *s, const json_t *head, struct fsk_err *err)
{
	struct hashing h = { .session = s, .last = -1, .held = -1 };
	bool all;
	int rc = fsk_json_opt_bool(&all, head, "all", false, err);

	fsk_buf_init(&h.rows, FSK_FILE_PIECE);
	if (rc == 0)
		rc = fsk_search_start(&h.q, s, head, err);
	if (rc == 0)
		rc = fsk_search_order(&h.order, &h.files, &h.q, s, 0, err);
	if (rc == 0)
		rc = make_tools(&h, all, err);
	if (rc == 0)
		rc = hash_all(&h, err);
	fsk_hasher_free(h.hasher);
	fsk_trays_free(h.trays);
	fsk_order_free(h.order);
	free(h.files);
	free(h.also);
	fsk_buf_free(&h.rows);
	fsk_entries_free(&h.q.found);
	return rc;
}
