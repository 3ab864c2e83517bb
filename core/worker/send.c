/* Files on their way to the archive. */
#include "core/worker/task.h"

#include <stdlib.h>

#include "core/base/limits.h"
#include "core/model/types.h"

static int send_open(struct fsk_session *s, const struct fsk_sending *w, uint64_t size,
                     struct fsk_err *err)
{
	json_t *head = json_pack("{s:I, s:o, s:I}", "id", (json_int_t) w->id, "locator",
	                         fsk_locator_to_json(w->loc), "size", (json_int_t) size);

	if (head && w->letter && w->letter[0])
		json_object_set_new(head, "letter", json_string(w->letter));
	if (head && w->times)
		json_object_set(head, "times", (json_t *) w->times);
	return fsk_report(s, FSK_MSG_FILE, head, err);
}

json_t *fsk_ranges_json(const struct fsk_rangelog *bad)
{
	json_t *list = json_array();
	const struct fsk_range *last = bad->count > 0 ? &bad->ranges[bad->count - 1] : NULL;

	for (size_t i = 0; i < bad->count && i < FSK_CLOSE_RANGES_MAX; i++) {
		const struct fsk_range *r = &bad->ranges[i];
		uint64_t length = r->length;

		if (i + 1 == FSK_CLOSE_RANGES_MAX)
			length = last->offset + last->length - r->offset;
		json_array_append_new(
		    list, json_pack("[I, I]", (json_int_t) r->offset, (json_int_t) length));
	}
	return list;
}

static int send_close(struct fsk_session *s, const struct fsk_sending *w, enum fsk_status status,
                      const struct fsk_rangelog *bad, const char *reason, struct fsk_err *err)
{
	json_t *head = json_pack("{s:I, s:s}", "id", (json_int_t) w->id, "status",
	                         fsk_status_name(status));

	if (head && bad && bad->count > 0)
		json_object_set_new(head, "ranges", fsk_ranges_json(bad));
	if (head && reason && reason[0])
		json_object_set_new(head, "reason", fsk_json_text(reason));
	return fsk_report(s, FSK_MSG_CLOSE, head, err);
}

static int send_piece(struct fsk_session *s, uint64_t id, const void *p, size_t n, bool sparse,
                      struct fsk_err *err)
{
	json_t *head = json_pack("{s:I}", "id", (json_int_t) id);

	if (!sparse)
		return fsk_report_blob(s, FSK_MSG_DATA, head, p, n, err);
	if (head)
		json_object_set_new(head, "zeros", json_integer((json_int_t) n));
	return fsk_report(s, FSK_MSG_DATA, head, err);
}

/* Sends what can be read. `why` says what stopped it before the end; the
 * result is negative only when the keeper is gone. */
static int send_content(struct fsk_session *s, struct fsk_stream *st, const struct fsk_sending *w,
                        uint64_t *sent, struct fsk_err *why, struct fsk_err *err)
{
	uint64_t size = fsk_stream_size(st);
	uint8_t *piece = malloc(FSK_FILE_PIECE);
	int rc = 0;

	if (!piece)
		return fsk_err_set(why, FSK_ENOMEM, "out of memory"), 0;
	while (rc == 0 && *sent < size) {
		size_t want = size - *sent < FSK_FILE_PIECE ? (size_t) (size - *sent)
		                                            : FSK_FILE_PIECE;
		bool sparse = false;
		int64_t got;

		if (w->order)
			fsk_order_ahead(w->order, *sent);
		got = fsk_stream_read(st, piece, want, *sent, &sparse, why);
		if (got == 0)
			fsk_err_set(why, FSK_ECORRUPT, "ends after %llu of %llu bytes",
			            (unsigned long long) *sent, (unsigned long long) size);
		if (got <= 0)
			break;
		rc = send_piece(s, w->id, piece, (size_t) got, sparse, err);
		*sent += (uint64_t) got;
	}
	free(piece);
	return rc;
}

static int send_all(struct fsk_session *s, struct fsk_stream *st, const struct fsk_sending *w,
                    struct fsk_err *err)
{
	enum fsk_status status;
	struct fsk_err why = { 0 };
	uint64_t sent = 0;
	int rc = send_content(s, st, w, &sent, &why, err);

	if (rc != 0)
		return rc;
	status = fsk_stream_status(st);
	if (why.code != 0)
		status = sent > 0 ? FSK_STATUS_PARTIAL : FSK_STATUS_UNREADABLE;
	return send_close(s, w, status, fsk_stream_bad(st), why.msg, err);
}

int fsk_send_stream(struct fsk_session *s, struct fsk_fs *fs, const struct fsk_sending *w,
                    struct fsk_err *err)
{
	struct fsk_stream *st = NULL;
	struct fsk_err why = { 0 };
	int rc = w->order ? fsk_order_open(&st, w->order, &why)
	                  : fsk_stream_open(&st, fs, w->loc, &why);

	if (rc != 0) {
		rc = send_open(s, w, w->size, err);
		return rc ? rc : send_close(s, w, FSK_STATUS_UNREADABLE, NULL, why.msg, err);
	}
	rc = send_open(s, w, fsk_stream_size(st), err);
	if (rc == 0 && fsk_stream_size(st) > s->file_size) {
		fsk_err_set(&why, FSK_ELIMIT, "larger than the limit of %llu bytes",
		            (unsigned long long) s->file_size);
		rc = send_close(s, w, FSK_STATUS_OVER_LIMIT, NULL, why.msg, err);
	} else if (rc == 0) {
		rc = send_all(s, st, w, err);
	}
	fsk_stream_close(st);
	return rc;
}
