#include "core/archive/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "core/archive/writer.h"
#include "core/base/limits.h"

#define JOURNAL_SUFFIX ".journal"
#define RESERVE_SUFFIX ".reserve"
#define SAME_NAME_MAX 10000u /* archives of one label and second in a folder */

/* What finish needs beside the rows: collection.json, headers, end records. */
#define FOLD_BASE (256u * FSK_KIB)
#define FOLD_MEMBER (4u * FSK_KIB)
#define CENTRAL_MAX 128u /* bytes of a central header less its name */
/* Parts of the reserve that the journal may have once the disk is full. */
#define SLACK (64u * FSK_KIB)
#define SLACK_PARTS 4u
#define RESERVE_STEP (256u * FSK_KIB)

/* Evidence must not get these names, or it would hide what they say. */
static const char *const own_names[] = {
	FSK_NAME_COLLECTION, FSK_NAME_MANIFEST, FSK_NAME_CUSTODY,
	"findings.jsonl",    "anomalies.jsonl",
};

/* --- space --- */

static uint64_t fold_needs(const struct fsk_archive *a)
{
	return FOLD_BASE + (uint64_t) FOLD_MEMBER * (a->journal.nstreams + 4) + a->journal.pieces +
	       a->index + FSK_ZIP_END_SIZE;
}

/* Makes sure that finish has its room after `extra` more bytes of rows. */
static int keep_reserve(struct fsk_archive *a, uint64_t extra, struct fsk_err *err)
{
	uint64_t need = fold_needs(a) + extra, want, step;
	int rc;

	if (!a->keeps_reserve)
		return 0;
	if (a->failure.code != 0)
		return need <= a->reserved
		           ? 0
		           : fsk_err_set(err, FSK_ENOSPC,
		                         "cannot write \"%s\": the rest of the space is "
		                         "kept to close the archive",
		                         a->path);
	want = need + SLACK * SLACK_PARTS;
	if (want <= a->reserved)
		return 0;
	step = want / 8 > RESERVE_STEP ? want / 8 : RESERVE_STEP;
	rc = fsk_output_allocate(&a->reserve, want + step, NULL);
	if (rc == 0) {
		a->reserved = want + step;
		return 0;
	}
	rc = fsk_output_allocate(&a->reserve, want, err);
	if (rc == 0)
		a->reserved = want;
	return rc;
}

/* After a full disk: some of the reserve for the journal. */
static bool give_slack(struct fsk_archive *a)
{
	if (!a->keeps_reserve || a->reserved < fold_needs(a) + SLACK)
		return false;
	a->reserved -= SLACK;
	return fsk_output_truncate(&a->reserve, a->reserved, NULL) == 0;
}

void fsk_writer_drop_reserve(struct fsk_archive *a)
{
	if (!a->keeps_reserve)
		return;
	a->keeps_reserve = false;
	fsk_output_close(&a->reserve);
	fsk_output_remove(a->reserve_path, NULL);
}

/* Remembers an error of the output volume: from here on only what closes the
 * archive is tried. */
static void note_failure(struct fsk_archive *a, const struct fsk_err *e)
{
	if (a->failure.code == 0 && (e->code == FSK_ENOSPC || e->code == FSK_EIO))
		a->failure = *e;
}

/* --- life --- */

static char *join(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	char *s = malloc(n + m + 1);

	if (s != NULL) {
		memcpy(s, a, n);
		memcpy(s + n, b, m + 1);
	}
	return s;
}

/* Packed bytes of the open member go to its place. */
static int write_packed(void *arg, const void *p, size_t n, struct fsk_err *err)
{
	struct fsk_archive *a = arg;
	uint64_t room = a->folding ? 0 : fold_needs(a);
	int rc;

	if (a->limit != UINT64_MAX && a->position + n + room > a->limit)
		return fsk_err_set(err, FSK_ENOSPC,
		                   "cannot write \"%s\": a file here holds no more than %llu bytes",
		                   a->path, (unsigned long long) a->limit);
	rc = fsk_output_write(&a->zip, p, n, a->position, err);
	if (rc < 0)
		return rc;
	a->member.packed_crc32 = libdeflate_crc32(a->member.packed_crc32, p, n);
	a->position += n;
	return 0;
}

struct fsk_archive *fsk_writer_new(const char *path, int level, struct fsk_err *err)
{
	struct fsk_archive *a = calloc(1, sizeof(*a));
	int rc = 0;

	if (a != NULL) {
		a->zip.handle = a->reserve.handle = a->journal.out.handle = -1;
		a->limit = UINT64_MAX;
		fsk_buf_init(&a->name, 8 * FSK_MEMBER_NAME_MAX);
		fsk_buf_init(&a->header, 2 * FSK_MEMBER_NAME_MAX);
		fsk_custody_init(&a->custody);
		a->path = strdup(path);
		a->journal_path = join(path, JOURNAL_SUFFIX);
		a->reserve_path = join(path, RESERVE_SUFFIX);
		rc = fsk_pack_new(&a->pack, level, write_packed, a, err);
	}
	if (a == NULL || a->path == NULL || a->journal_path == NULL || a->reserve_path == NULL)
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory for an archive");
	for (size_t i = 0; rc == 0 && i < sizeof(own_names) / sizeof(own_names[0]); i++)
		rc = fsk_nameset_add(&a->names, own_names[i], err);
	if (rc < 0) {
		fsk_archive_free(a);
		return NULL;
	}
	return a;
}

static void forget_member(struct fsk_archive *a)
{
	a->open = false;
	fsk_digest_free(a->digest);
	a->digest = NULL;
	json_decref(a->row);
	a->row = NULL;
}

void fsk_archive_free(struct fsk_archive *a)
{
	if (a == NULL)
		return;
	forget_member(a);
	fsk_writer_drop_reserve(a);
	fsk_output_close(&a->zip);
	fsk_journal_close(&a->journal);
	fsk_nameset_free(&a->names);
	fsk_pack_free(a->pack);
	fsk_buf_free(&a->name);
	fsk_buf_free(&a->header);
	free(a->offsets);
	free(a->path);
	free(a->journal_path);
	free(a->reserve_path);
	free(a);
}

const char *fsk_archive_path(const struct fsk_archive *a)
{
	return a->path;
}

struct fsk_archive_stats fsk_archive_stats(const struct fsk_archive *a)
{
	return (struct fsk_archive_stats){ .members = a->count,
		                           .bytes_in = a->bytes_in,
		                           .bytes_out = a->open ? a->position : a->end };
}

/* "<dir>/<label>-<time>", to which a number and ".zip" come */
static int make_stem(struct fsk_buf *out, const struct fsk_archive_options *opt,
                     struct fsk_err *err)
{
	char when[FSK_TIME_STR_MAX];
	int rc = fsk_buf_printf(out, err, "%s/", opt->dir);

	if (rc == 0)
		rc = fsk_name_append_label(out, opt->label != NULL ? opt->label : "", err);
	if (rc == 0)
		rc = fsk_buf_printf(out, err, "-%s", fsk_time_compact(when, opt->started));
	if (rc == 0)
		rc = fsk_buf_append_u8(out, 0, err);
	return rc;
}

static json_t *make_opening(const struct fsk_archive *a)
{
	char when[FSK_TIME_STR_MAX];
	const char *slash = strrchr(a->path, '/');
	json_t *o = json_object();

	if (o == NULL || json_object_set_new(o, "format", json_integer(1)) < 0 ||
	    json_object_set_new(o, "archive", fsk_json_text(slash != NULL ? slash + 1 : a->path)) <
	        0 ||
	    json_object_set_new(o, "started", json_string(fsk_time_iso(when, a->started))) < 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* Creates ZIP, journal and reserve at a->path. FSK_EEXIST: the next number. */
static int create_files(struct fsk_archive *a, struct fsk_err *err)
{
	json_t *opening = make_opening(a);
	int rc = opening == NULL ? fsk_err_set(err, FSK_ENOMEM, "no memory for an archive") : 0;

	if (rc == 0 && (fsk_output_exists(a->journal_path) || fsk_output_exists(a->reserve_path)))
		rc = fsk_err_set(err, FSK_EEXIST, "\"%s\" is there already", a->journal_path);
	if (rc == 0)
		rc = fsk_output_create(&a->zip, a->path, err);
	if (rc < 0)
		goto out;
	rc = fsk_journal_create(&a->journal, a->journal_path, opening, err);
	if (rc == 0)
		rc = fsk_output_create(&a->reserve, a->reserve_path, err);
	a->keeps_reserve = rc == 0;
	if (rc == 0)
		rc = keep_reserve(a, 0, err);
	if (rc == 0)
		rc = fsk_output_sync_folder(a->path, err);
	if (rc == 0)
		rc = fsk_archive_custody(a, "opened", opening, err);
	if (rc < 0) {
		/* nothing was gathered yet: leave nothing behind */
		bool journal = a->journal.out.handle != -1;

		fsk_output_close(&a->zip);
		fsk_journal_close(&a->journal);
		fsk_output_remove(a->path, NULL);
		if (journal)
			fsk_output_remove(a->journal_path, NULL);
		fsk_writer_drop_reserve(a);
	}
out:
	json_decref(opening);
	return rc;
}

int fsk_archive_create(struct fsk_archive **out, const struct fsk_archive_options *opt,
                       struct fsk_err *err)
{
	struct fsk_buf stem, path;
	int rc;

	*out = NULL;
	fsk_buf_init(&stem, FSK_PATH_MAX);
	fsk_buf_init(&path, FSK_PATH_MAX + 64);
	rc = make_stem(&stem, opt, err);
	for (unsigned n = 1; rc == 0; n++) {
		char number[16] = "";
		struct fsk_archive *a = NULL;

		if (n > 1)
			snprintf(number, sizeof(number), "-%u", n);
		fsk_buf_reset(&path);
		rc = fsk_buf_printf(&path, err, "%s%s.zip", (const char *) stem.data, number);
		if (rc == 0)
			rc = fsk_buf_append_u8(&path, 0, err);
		if (rc == 0 &&
		    (a = fsk_writer_new((const char *) path.data, opt->level, err)) == NULL)
			rc = FSK_ENOMEM;
		if (rc < 0)
			break;
		a->started = opt->started;
		rc = create_files(a, err);
		if (rc == 0) {
			a->limit = fsk_output_limit(&a->zip);
			*out = a;
			break;
		}
		fsk_archive_free(a);
		if (rc == FSK_EEXIST && n < SAME_NAME_MAX)
			rc = 0;
	}
	fsk_buf_free(&stem);
	fsk_buf_free(&path);
	return rc;
}

/* --- journal, and what to do when it does not fit --- */

static int append_custody(struct fsk_archive *a, const char *event, const json_t *details,
                          struct fsk_err *err)
{
	struct fsk_custody before = a->custody;
	struct fsk_err local = { 0 };
	char *line;
	int rc = fsk_custody_make(&line, &a->custody, fsk_time_now(), event, details, &local);

	if (rc == 0) {
		do
			rc = fsk_journal_custody(&a->journal, line, &local);
		while (rc == FSK_ENOSPC && give_slack(a));
		note_failure(a, &local);
	}
	free(line);
	if (rc < 0) {
		a->custody = before;
		return fsk_err_set(err, rc, "%s", local.msg);
	}
	return 0;
}

int fsk_archive_custody(struct fsk_archive *a, const char *event, const json_t *details,
                        struct fsk_err *err)
{
	int rc = append_custody(a, event, details, err);

	return rc == 0 ? fsk_journal_sync(&a->journal, err) : rc;
}

int fsk_archive_flush(struct fsk_archive *a, struct fsk_err *err)
{
	struct fsk_err local = { 0 };
	int rc;

	while ((rc = fsk_journal_flush(&a->journal, &local)) == FSK_ENOSPC && give_slack(a))
		note_failure(a, &local);
	if (rc == 0)
		return 0;
	note_failure(a, &local);
	fsk_journal_give_up(&a->journal);
	return fsk_err_set(err, rc, "%s", local.msg);
}

int fsk_archive_row_text(struct fsk_archive *a, const char *stream, const char *sort,
                         const char *row, size_t n, struct fsk_err *err)
{
	struct fsk_err local = { 0 };
	int rc;

	if (strcmp(stream, FSK_JOURNAL_MANIFEST) == 0 || strcmp(stream, "custody") == 0 ||
	    *stream == '\0')
		return fsk_err_set(err, FSK_EINVAL, "\"%s\" is no stream of rows", stream);
	rc = keep_reserve(a, 3 * n + FOLD_MEMBER, &local);
	if (rc == 0)
		rc = fsk_journal_row(&a->journal, stream, sort, row, n, &local);
	if (rc == 0 && a->journal.lines.len >= FSK_JOURNAL_WAITING)
		rc = fsk_archive_flush(a, &local);
	if (rc == 0)
		return 0;
	note_failure(a, &local);
	return fsk_err_set(err, rc, "%s", local.msg);
}

int fsk_archive_row(struct fsk_archive *a, const char *stream, const char *sort, const json_t *row,
                    struct fsk_err *err)
{
	char *text = fsk_json_line(row);
	int rc = text == NULL ? fsk_err_set(err, FSK_ENOMEM, "no memory for a row")
	                      : fsk_archive_row_text(a, stream, sort, text, strlen(text), err);

	free(text);
	return rc;
}

/* The row of the open member. */
static int append_member(struct fsk_archive *a, struct fsk_err *err)
{
	struct fsk_err local = { 0 };
	char *text = fsk_json_line(a->row);
	int rc = text == NULL ? fsk_err_set(&local, FSK_ENOMEM, "no memory for a row")
	                      : keep_reserve(a, 3 * strlen(text) + FOLD_MEMBER, &local);

	while (rc == 0) {
		rc = fsk_journal_member(&a->journal, a->member.offset, a->member.name, text,
		                        &local);
		if (rc != FSK_ENOSPC || !give_slack(a))
			break;
		note_failure(a, &local);
		rc = 0;
	}
	free(text);
	if (rc == 0)
		return 0;
	note_failure(a, &local);
	return fsk_err_set(err, rc, "%s", local.msg);
}

int fsk_archive_note_collection(struct fsk_archive *a, const json_t *collection,
                                struct fsk_err *err)
{
	char *text = fsk_json_line(collection);
	int rc = text == NULL ? fsk_err_set(err, FSK_ENOMEM, "no memory for collection.json")
	                      : keep_reserve(a, strlen(text), err);

	if (rc == 0)
		rc = fsk_journal_collection(&a->journal, text, err);
	if (rc == 0)
		rc = fsk_journal_sync(&a->journal, err);
	free(text);
	return rc;
}

/* --- members --- */

int fsk_writer_add_offset(struct fsk_archive *a, uint64_t offset, size_t name_len,
                          struct fsk_err *err)
{
	if (a->count == FSK_MEMBERS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u members", FSK_MEMBERS_MAX);
	if (a->count == a->cap) {
		size_t cap = a->cap == 0 ? 256 : a->cap * 2;
		uint64_t *p = realloc(a->offsets, cap * sizeof(*p));

		if (p == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "no memory for %zu members", cap);
		a->offsets = p;
		a->cap = cap;
	}
	a->offsets[a->count++] = offset;
	a->index += CENTRAL_MAX + name_len;
	return 0;
}

/* Takes the open member back. Returns the code of `e`. */
static int drop_member(struct fsk_archive *a, const struct fsk_err *e, struct fsk_err *err)
{
	struct fsk_err cause = *e; /* may be err itself */
	json_t *details;

	note_failure(a, &cause);
	fsk_output_truncate(&a->zip, a->end, NULL);
	fsk_journal_void(&a->journal, a->end, INT64_MAX, NULL);
	details = json_pack("{s:o*,s:o*}", "name", fsk_json_text(a->member.name), "reason",
	                    fsk_json_text(cause.msg));
	forget_member(a);
	if (!a->folding)
		fsk_archive_custody(a, "dropped", details, NULL);
	json_decref(details);
	return fsk_err_set(err, cause.code, "%s", cause.msg);
}

static int write_header(struct fsk_archive *a, struct fsk_err *err)
{
	int rc;

	fsk_buf_reset(&a->header);
	rc = fsk_zip_append_local(&a->header, &a->member, err);
	if (rc == 0)
		rc = fsk_output_write(&a->zip, a->header.data, a->header.len, a->member.offset,
		                      err);
	return rc;
}

static bool is_own_name(const char *name)
{
	for (size_t i = 0; i < sizeof(own_names) / sizeof(own_names[0]); i++)
		if (strcmp(own_names[i], name) == 0)
			return true;
	return false;
}

/* Makes the name safe and free: a->name, with a NUL behind it. */
static int take_name(struct fsk_archive *a, const char *name, struct fsk_err *err)
{
	int rc;

	fsk_buf_reset(&a->name);
	rc = fsk_name_append_member(&a->name, name, err);
	if (rc < 0)
		return rc;
	if (!a->folding || !is_own_name(name))
		return fsk_nameset_take(&a->names, &a->name, err);
	rc = fsk_buf_append_u8(&a->name, 0, err);
	if (rc == 0)
		a->name.len--;
	return rc;
}

static void set_member(struct fsk_archive *a, const struct fsk_member *m)
{
	a->member = (struct fsk_zip_member){
		.offset = a->end,
		.method = FSK_ZIP_DEFLATED,
		.size = FSK_ZIP_OPEN,
		.packed = FSK_ZIP_OPEN,
		.modified = m->times != NULL ? m->times->modified : a->started,
		.accessed = m->times != NULL ? m->times->accessed : FSK_TIME_NONE,
		.created = m->times != NULL ? m->times->created : FSK_TIME_NONE,
		.name = (const char *) a->name.data,
		.name_len = a->name.len,
	};
}

int fsk_writer_begin(struct fsk_archive *a, const struct fsk_member *m, struct fsk_err *err)
{
	struct fsk_err local = { 0 };
	int rc;

	if (a->open)
		return fsk_err_set(err, FSK_EINVAL, "member \"%s\" is still open", a->member.name);
	rc = take_name(a, m->name, err);
	if (rc < 0)
		return rc;
	set_member(a, m);
	a->row = fsk_manifest_row(m, a->member.name);
	if (a->row == NULL)
		rc = fsk_err_set(&local, FSK_ENOMEM, "no memory for \"%s\"", a->member.name);
	if (rc == 0)
		rc = fsk_digest_new(&a->digest, FSK_DIGEST_ALL, &local);
	if (rc == 0)
		rc = write_header(a, &local);
	if (rc < 0)
		return drop_member(a, &local, err);
	a->position = a->member.offset + a->header.len;
	a->member.size = 0;
	a->open = true;
	fsk_pack_begin(a->pack);
	return 0;
}

int fsk_archive_begin(struct fsk_archive *a, const struct fsk_member *m, struct fsk_err *err)
{
	if (a->failure.code != 0)
		return fsk_err_set(err, a->failure.code, "%s", a->failure.msg);
	if (a->finished)
		return fsk_err_set(err, FSK_EINVAL, "the archive is finished");
	return fsk_writer_begin(a, m, err);
}

static int not_open(const struct fsk_archive *a, struct fsk_err *err)
{
	if (a->failure.code != 0)
		return fsk_err_set(err, a->failure.code, "%s", a->failure.msg);
	return fsk_err_set(err, FSK_EINVAL, "no member is open");
}

static int hash_plain(struct fsk_archive *a, const void *p, size_t n, struct fsk_err *err)
{
	a->member.crc32 = libdeflate_crc32(a->member.crc32, p, n);
	a->member.size += n;
	a->bytes_in += n;
	return fsk_digest_update(a->digest, p, n, err);
}

int fsk_archive_write(struct fsk_archive *a, const void *p, size_t n, struct fsk_err *err)
{
	struct fsk_err local = { 0 };
	int rc;

	if (!a->open)
		return not_open(a, err);
	if (n == 0)
		return 0;
	rc = hash_plain(a, p, n, &local);
	if (rc == 0)
		rc = fsk_pack_write(a->pack, p, n, &local);
	return rc == 0 ? 0 : drop_member(a, &local, err);
}

int fsk_archive_write_zeros(struct fsk_archive *a, uint64_t n, struct fsk_err *err)
{
	static const uint8_t zeros[64 * 1024];
	struct fsk_err local = { 0 };
	int rc;

	if (!a->open)
		return not_open(a, err);
	rc = fsk_pack_zeros(a->pack, n, &local);
	while (rc == 0 && n > 0) {
		size_t piece = n < sizeof(zeros) ? (size_t) n : sizeof(zeros);

		rc = hash_plain(a, zeros, piece, &local);
		n -= piece;
	}
	return rc == 0 ? 0 : drop_member(a, &local, err);
}

/* Data, then the patched header, then down to the medium. */
static int end_data(struct fsk_archive *a, struct fsk_digests *d, struct fsk_err *err)
{
	int rc = fsk_pack_end(a->pack, &a->member.method, err);

	if (rc == 0)
		rc = fsk_digest_final(d, a->digest, err);
	if (rc < 0)
		return rc;
	a->member.packed = a->position - a->member.offset - a->header.len;
	rc = write_header(a, err);
	return rc == 0 ? fsk_output_sync(&a->zip, err) : rc;
}

static int note_member(struct fsk_archive *a, struct fsk_err *err)
{
	int rc = fsk_writer_add_offset(a, a->member.offset, a->member.name_len, err);

	if (rc == 0)
		a->end = a->position;
	return rc;
}

int fsk_writer_end_bare(struct fsk_archive *a, struct fsk_digests *digests, struct fsk_err *err)
{
	struct fsk_err local = { 0 };
	int rc;

	if (!a->open)
		return not_open(a, err);
	rc = end_data(a, digests, &local);
	if (rc == 0)
		rc = note_member(a, &local);
	if (rc < 0)
		return drop_member(a, &local, err);
	forget_member(a);
	return 0;
}

/* The custody line of the open member. */
static int member_custody(struct fsk_archive *a, const struct fsk_digests *d, const char *status,
                          struct fsk_err *err)
{
	json_t *details = json_pack("{s:O,s:I,s:s,s:s}", "name", json_object_get(a->row, "name"),
	                            "size", (json_int_t) a->member.size, "sha256", d->sha256,
	                            "status", status);
	int rc = details == NULL ? fsk_err_set(err, FSK_ENOMEM, "no memory for the custody log")
	                         : append_custody(a, "member", details, err);

	json_decref(details);
	return rc;
}

int fsk_archive_end(struct fsk_archive *a, enum fsk_status status, const char *reason,
                    const struct fsk_range *ranges, size_t nranges, struct fsk_digests *digests,
                    struct fsk_err *err)
{
	struct fsk_err local = { 0 };
	struct fsk_digests d;
	int rc;

	if (!a->open)
		return not_open(a, err);
	rc = end_data(a, &d, &local);
	if (rc == 0 && fsk_manifest_complete(a->row, a->member.size, &d, fsk_status_name(status),
	                                     reason, ranges, nranges) < 0)
		rc = fsk_err_set(&local, FSK_ENOMEM, "no memory for \"%s\"", a->member.name);
	/* the row first: a custody line must never name a member without one */
	if (rc == 0)
		rc = append_member(a, &local);
	if (rc == 0)
		rc = member_custody(a, &d, fsk_status_name(status), &local);
	if (rc == 0)
		rc = fsk_journal_sync(&a->journal, &local);
	if (rc == 0)
		rc = note_member(a, &local);
	if (rc < 0)
		return drop_member(a, &local, err);
	forget_member(a);
	if (digests != NULL)
		*digests = d;
	return 0;
}

int fsk_writer_put(struct fsk_archive *a, const char *name, const void *p, size_t n,
                   struct fsk_err *err)
{
	struct fsk_member m = { .name = name, .expected = n };
	int rc = fsk_writer_begin(a, &m, err);

	if (rc == 0)
		rc = fsk_archive_write(a, p, n, err);
	return rc == 0 ? fsk_archive_end(a, FSK_STATUS_COMPLETE, NULL, NULL, 0, NULL, err) : rc;
}

int fsk_archive_put(struct fsk_archive *a, const char *name, const void *p, size_t n,
                    struct fsk_err *err)
{
	if (a->failure.code != 0)
		return fsk_err_set(err, a->failure.code, "%s", a->failure.msg);
	return fsk_writer_put(a, name, p, n, err);
}

int fsk_archive_finish(struct fsk_archive *a, const json_t *collection,
                       char manifest_sha256[FSK_SHA256_HEX], struct fsk_err *err)
{
	if (a->open)
		return fsk_err_set(err, FSK_EINVAL, "member \"%s\" is still open", a->member.name);
	if (a->finished)
		return fsk_err_set(err, FSK_EINVAL, "the archive is finished");
	return fsk_writer_fold(a, collection, manifest_sha256, err);
}
