/* Members on their way out: written one behind the other, synced together,
 * stated in the journal. One write and one sync are under way at a time. */
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "core/archive/writer.h"
#include "core/base/limits.h"

/* A larger member is written while it still grows; a smaller one when it is
 * whole, so that a slow one holds up no others. */
#define WHOLE (4u * FSK_MIB)
#define GROUP_BYTES (4u * FSK_MIB) /* of the rows of members that are stated together */
#define EACH_LINE 512u             /* besides the name, which is in the row, too */
#define JOINED (64u * FSK_KIB)     /* as much is written together with its header */

static uint64_t end_of(const struct fsk_open_member *m)
{
	return m->zip.offset + m->zip.header_len + m->zip.packed;
}

/* --- writing: what the job does --- */

static int write_header(struct fsk_write *w)
{
	int rc;

	fsk_buf_reset(&w->header);
	rc = fsk_zip_append_local(&w->header, &w->member->zip, &w->err);
	if (rc == 0)
		rc = fsk_output_write(w->zip, w->header.data, w->header.len, w->member->zip.offset,
		                      &w->err);
	return rc;
}

static struct fsk_piece *piece_behind(const struct fsk_write *w, const struct fsk_piece *p)
{
	return p != w->to ? p->next : NULL;
}

static void sum_up(struct fsk_write *w)
{
	struct fsk_zip_member *z = &w->member->zip;

	for (const struct fsk_piece *p = w->from; p != NULL; p = piece_behind(w, p))
		z->packed_crc32 = libdeflate_crc32(z->packed_crc32, p->packed, p->packed_len);
}

static int write_pieces(struct fsk_write *w)
{
	uint64_t at = w->position;
	int rc = 0;

	for (const struct fsk_piece *p = w->from; rc == 0 && p != NULL; p = piece_behind(w, p)) {
		rc = fsk_output_write(w->zip, p->packed, p->packed_len, at, &w->err);
		at += p->packed_len;
	}
	return rc;
}

/* All of a small member at one go. */
static int write_joined(struct fsk_write *w)
{
	int rc = 0;

	fsk_buf_reset(&w->header);
	rc = fsk_zip_append_local(&w->header, &w->member->zip, &w->err);
	for (const struct fsk_piece *p = w->from; rc == 0 && p != NULL; p = piece_behind(w, p))
		rc = fsk_buf_append(&w->header, p->packed, p->packed_len, &w->err);
	if (rc == 0)
		rc = fsk_output_write(w->zip, w->header.data, w->header.len, w->member->zip.offset,
		                      &w->err);
	return rc;
}

static void run_write(struct fsk_job *job, unsigned lane)
{
	struct fsk_write *w = (struct fsk_write *) job;

	(void) lane;
	sum_up(w);
	if (w->head && w->last && w->member->zip.packed <= JOINED) {
		write_joined(w);
		return;
	}
	if (w->head && write_header(w) < 0)
		return;
	if (write_pieces(w) == 0 && w->last && !w->head)
		write_header(w);
}

/* --- writing: what the owner does --- */

static bool is_large(const struct fsk_open_member *m)
{
	return m->size > WHOLE;
}

/* The oldest that is ended or large: which one that is does not depend on how
 * fast the threads are. */
static void choose_front(struct fsk_archive *a)
{
	for (struct fsk_open_member *m = a->members.first; a->front == NULL && m != NULL;
	     m = m->next)
		if (m->ended || is_large(m))
			a->front = m;
}

/* What is known when all bytes have come. */
static int complete(struct fsk_archive *a, struct fsk_open_member *m, struct fsk_err *err)
{
	int rc = fsk_member_digest(m, err);

	m->zip.size = m->size;
	if (rc < 0 || m->bare)
		return rc;
	if (fsk_manifest_content(m->row, m->size, &m->digests) == 0)
		m->text = fsk_json_line(m->row);
	if (m->text == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for \"%s\"", m->zip.name);
	if (strlen(m->text) > FSK_JSON_LINE_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "a row of %zu bytes", strlen(m->text));
	m->promised = 3 * strlen(m->text) + fsk_writer_room_of(m);
	a->promised += m->promised;
	return fsk_writer_reserve(a, 0, err);
}

/* A place for it behind all that was written. */
static int place(struct fsk_archive *a, struct fsk_open_member *m, struct fsk_err *err)
{
	struct fsk_buf *header = &a->write.header;
	int rc;

	m->zip.offset = a->position;
	m->zip.method = a->level > 0 ? FSK_ZIP_DEFLATED : FSK_ZIP_STORED;
	m->zip.size = m->zip.packed = FSK_ZIP_OPEN;
	fsk_buf_reset(header);
	rc = fsk_zip_append_local(header, &m->zip, err);
	if (rc < 0)
		return rc;
	m->zip.header_len = (uint32_t) header->len;
	a->position += header->len;
	m->placed = true;
	return 0;
}

static int check_limit(const struct fsk_archive *a, uint64_t n, struct fsk_err *err)
{
	uint64_t room = a->folding ? 0 : fsk_writer_room(a);

	if (a->limit == UINT64_MAX || a->position + n + room <= a->limit)
		return 0;
	return fsk_err_set(err, FSK_ENOSPC,
	                   "cannot write \"%s\": a file here holds no more than %llu bytes",
	                   a->path, (unsigned long long) a->limit);
}

/* The pieces that are next. Returns their bytes. */
static uint64_t take_pieces(struct fsk_write *w, struct fsk_open_member *m)
{
	uint64_t n = 0;

	w->from = w->to = NULL;
	for (struct fsk_piece *p = m->unwritten; p != NULL && p->ready; p = p->next) {
		if (w->from == NULL)
			w->from = p;
		w->to = p;
		m->unwritten = p->next;
		n += p->packed_len;
	}
	return n;
}

/* A member of one piece that did not shrink is stored. */
static void choose_method(struct fsk_open_member *m)
{
	if (m->size == 0 || (m->size <= FSK_PACK_PIECE && m->first->packed == m->first->plain))
		m->zip.method = FSK_ZIP_STORED;
}

static int prepare_write(struct fsk_archive *a, struct fsk_open_member *m, struct fsk_err *err)
{
	struct fsk_write *w = &a->write;
	bool head = !m->placed;
	uint64_t n;
	int rc = head ? place(a, m, err) : 0;

	if (rc == 0 && w->last)
		rc = complete(a, m, err);
	if (rc < 0)
		return rc;
	if (w->last)
		choose_method(m);
	w->head = head;
	w->member = m;
	w->position = a->position;
	n = take_pieces(w, m);
	if (w->last)
		m->zip.packed = a->position + n - m->zip.offset - m->zip.header_len;
	rc = check_limit(a, n, err);
	a->position += n;
	return rc;
}

static bool start_write(struct fsk_archive *a)
{
	struct fsk_write *w = &a->write;
	struct fsk_open_member *m;
	struct fsk_err err = { 0 };

	choose_front(a);
	m = a->front;
	if (m == NULL)
		return false;
	w->last = fsk_member_is_ready(m);
	if (!w->last && (!is_large(m) || m->unwritten == NULL || !m->unwritten->ready))
		return false;
	w->err = (struct fsk_err){ 0 };
	if (prepare_write(a, m, &err) < 0) {
		fsk_commit_drop(a, m, &err);
		return true;
	}
	w->busy = true;
	fsk_pool_submit(a->disk, &w->job, false);
	return true;
}

static void end_write(struct fsk_archive *a)
{
	struct fsk_write *w = &a->write;
	struct fsk_open_member *m = w->member;

	w->busy = false;
	if (w->err.code != 0) {
		fsk_commit_drop(a, m, &w->err);
		return;
	}
	for (struct fsk_piece *p = w->from; p != NULL; p = piece_behind(w, p))
		p->written = true;
	fsk_member_sweep(m);
	if (!w->last)
		return;
	fsk_members_remove(&a->members, m);
	fsk_members_add(&a->written, m);
	a->front = NULL;
}

/* --- dropping --- */

static void tell(const struct fsk_archive *a, const struct fsk_open_member *m)
{
	bool good = m->err.code == 0;
	struct fsk_settled s = { .tag = m->tag,
		                 .status = m->status,
		                 .name = m->zip.name,
		                 .digests = good ? &m->digests : NULL,
		                 .code = m->err.code,
		                 .why = good ? NULL : m->err.msg };

	if (m->heard && a->settled != NULL)
		a->settled(a->settled_arg, &s);
}

static void write_dropped(struct fsk_archive *a, const struct fsk_open_member *m)
{
	json_t *details = json_pack("{s:o*,s:o*}", "name", fsk_json_text(m->zip.name), "reason",
	                            fsk_json_text(m->err.msg));

	if (!a->folding)
		fsk_archive_custody(a, "dropped", details, NULL);
	json_decref(details);
}

/* `m` is in none of the lists any more. */
static void drop(struct fsk_archive *a, struct fsk_open_member *m, const struct fsk_err *cause)
{
	m->err = *cause;
	m->dropped = true;
	if (a->drop.code == 0)
		a->drop = *cause;
	a->in_flight--;
	a->promised -= m->promised;
	if (m->counted)
		fsk_writer_take_offset(a, m->zip.name_len);
	write_dropped(a, m);
	tell(a, m);
	fsk_member_empty(m);
	if (m->held)
		fsk_members_add(&a->dropped, m);
	else
		fsk_member_free(m);
}

void fsk_commit_drop(struct fsk_archive *a, struct fsk_open_member *m, const struct fsk_err *cause)
{
	struct fsk_err why = *cause; /* may be m->err or w->err */

	fsk_writer_note_failure(a, &why);
	if (a->write.busy && a->write.member == m) {
		fsk_pool_wait(a->disk, &a->write.job);
		a->write.busy = false;
	}
	fsk_members_remove(&a->members, m);
	if (a->front == m)
		a->front = NULL;
	if (m->placed) {
		a->position = m->zip.offset;
		fsk_output_truncate(&a->zip, a->position, NULL);
	}
	drop(a, m, &why);
}

/* Takes back what lies in the file from `m`, a member of the group, on. */
static void cut_back(struct fsk_archive *a, struct fsk_open_member *m, const struct fsk_err *cause)
{
	uint64_t offset = m->zip.offset;
	struct fsk_open_member *next;

	fsk_writer_note_failure(a, cause);
	if (a->front != NULL && a->front->placed)
		fsk_commit_drop(a, a->front, cause);
	a->position = offset;
	fsk_output_truncate(&a->zip, offset, NULL);
	fsk_journal_void(&a->journal, offset, INT64_MAX, NULL);
	for (; m != NULL; m = next) {
		next = m->next;
		fsk_members_remove(&a->group, m);
		drop(a, m, cause);
	}
	while ((m = a->written.first) != NULL) {
		fsk_members_remove(&a->written, m);
		drop(a, m, cause);
	}
}

/* --- syncing --- */

static void run_sync(struct fsk_job *job, unsigned lane)
{
	struct fsk_sync *s = (struct fsk_sync *) job;

	(void) lane;
	fsk_output_sync(s->file, &s->err);
}

static void start_sync(struct fsk_archive *a, enum fsk_commit_stage stage,
                       const struct fsk_output *file)
{
	a->stage = stage;
	a->sync.file = file;
	a->sync.err = (struct fsk_err){ 0 };
	fsk_pool_submit(a->disk, &a->sync.job, true);
}

/* Their rows, up to the first that does not fit. */
static void state_rows(struct fsk_archive *a)
{
	struct fsk_err err = { 0 };

	for (struct fsk_open_member *m = a->group.first; m != NULL; m = m->next) {
		int rc = fsk_writer_add_offset(a, m->zip.offset, m->zip.name_len, &err);

		m->counted = rc == 0;
		if (rc == 0 && !m->bare)
			rc = fsk_writer_note_row(a, m, &err);
		if (rc < 0) {
			cut_back(a, m, &err);
			return;
		}
		a->promised -= m->promised; /* the journal counts them now */
		m->promised = 0;
	}
}

static void state_group(struct fsk_archive *a)
{
	struct fsk_err err = { 0 };

	state_rows(a);
	a->stage = FSK_COMMIT_IDLE;
	if (a->group.first == NULL)
		return;
	if (fsk_writer_note_custody(a, &a->group, &err) < 0)
		cut_back(a, a->group.first, &err);
	else
		start_sync(a, FSK_COMMIT_JOURNAL, &a->journal.out);
}

static void settle_group(struct fsk_archive *a)
{
	struct fsk_open_member *m;

	while ((m = a->group.first) != NULL) {
		fsk_members_remove(&a->group, m);
		a->end = end_of(m);
		a->promised -= m->promised;
		a->in_flight--;
		if (m->tell != NULL)
			*m->tell = m->digests;
		tell(a, m);
		fsk_member_free(m);
	}
}

/* As many as have room in one line of custody. */
static void make_group(struct fsk_archive *a)
{
	struct fsk_open_member *m;
	size_t bytes = 0;

	while ((m = a->written.first) != NULL) {
		bytes += EACH_LINE + (m->text != NULL ? strlen(m->text) : 0);
		if (bytes > GROUP_BYTES && a->group.first != NULL)
			break;
		fsk_members_remove(&a->written, m);
		fsk_members_add(&a->group, m);
	}
}

static bool pump_sync(struct fsk_archive *a)
{
	if (a->stage == FSK_COMMIT_IDLE) {
		if (a->written.first == NULL)
			return false;
		make_group(a);
		start_sync(a, FSK_COMMIT_ZIP, &a->zip);
		return true;
	}
	if (!fsk_pool_done(a->disk, &a->sync.job))
		return false;
	if (a->sync.err.code != 0) {
		a->stage = FSK_COMMIT_IDLE;
		cut_back(a, a->group.first, &a->sync.err);
	} else if (a->stage == FSK_COMMIT_ZIP) {
		state_group(a);
	} else {
		a->stage = FSK_COMMIT_IDLE;
		settle_group(a);
	}
	return true;
}

bool fsk_commit_pump(struct fsk_archive *a)
{
	bool moved = false;

	if (a->packers == NULL)
		return false;
	if (a->write.busy && fsk_pool_done(a->disk, &a->write.job)) {
		end_write(a);
		moved = true;
	}
	/* on a full disk nothing goes on but closing */
	while (a->failure.code != 0 && !a->folding && a->members.first != NULL) {
		fsk_commit_drop(a, a->members.first, &a->failure);
		moved = true;
	}
	if (!a->write.busy && start_write(a))
		moved = true;
	return pump_sync(a) || moved;
}

bool fsk_commit_wait(struct fsk_archive *a, bool sync)
{
	if (!sync && a->write.busy) {
		fsk_pool_wait(a->disk, &a->write.job);
		return true;
	}
	if (sync && a->stage != FSK_COMMIT_IDLE) {
		fsk_pool_wait(a->disk, &a->sync.job);
		return true;
	}
	return false;
}

static void free_all(struct fsk_members *list)
{
	struct fsk_open_member *m;

	while ((m = list->first) != NULL) {
		fsk_members_remove(list, m);
		fsk_member_free(m);
	}
}

void fsk_commit_start(struct fsk_archive *a)
{
	a->write.job.run = run_write;
	a->write.zip = &a->zip;
	a->sync.job.run = run_sync;
	fsk_buf_init(&a->write.header, 2 * FSK_MEMBER_NAME_MAX + JOINED);
}

void fsk_commit_stop(struct fsk_archive *a)
{
	fsk_pool_cancel(a->disk, &a->write.job);
	fsk_pool_cancel(a->disk, &a->sync.job);
	free_all(&a->members);
	free_all(&a->written);
	free_all(&a->group);
	free_all(&a->dropped);
	fsk_buf_free(&a->write.header);
}
