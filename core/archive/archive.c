#include "core/archive/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
#define DISK_THREADS 2u /* one writes, one syncs */
#define RESERVE_STEP (256u * FSK_KIB)

/* Evidence must not get these names, or it would hide what they say. */
static const char *const own_names[] = {
	FSK_NAME_COLLECTION, FSK_NAME_MANIFEST, FSK_NAME_CUSTODY,
	"findings.jsonl",    "anomalies.jsonl", "verdicts.jsonl",
};

/* --- space --- */

uint64_t fsk_writer_room(const struct fsk_archive *a)
{
	return FOLD_BASE + (uint64_t) FOLD_MEMBER * (a->journal.nstreams + 4) + a->journal.pieces +
	       a->index + a->promised + FSK_ZIP_END_SIZE;
}

uint64_t fsk_writer_room_of(const struct fsk_open_member *m)
{
	return FOLD_MEMBER + CENTRAL_MAX + m->zip.name_len;
}

int fsk_writer_reserve(struct fsk_archive *a, uint64_t extra, struct fsk_err *err)
{
	uint64_t need = fsk_writer_room(a) + extra, want, step;
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
	if (!a->keeps_reserve || a->reserved < fsk_writer_room(a) + SLACK)
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

void fsk_writer_note_failure(struct fsk_archive *a, const struct fsk_err *e)
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

struct fsk_archive *fsk_writer_new(const char *path, int level, unsigned threads,
                                   struct fsk_err *err)
{
	struct fsk_archive *a = calloc(1, sizeof(*a));
	int rc = 0;

	if (a != NULL) {
		a->zip.handle = a->reserve.handle = a->journal.out.handle = -1;
		a->limit = UINT64_MAX;
		a->level = level < 0 ? FSK_PACK_LEVEL : level > 12 ? 12 : level;
		a->threads = threads > 0 ? threads : fsk_cpu_count();
		if (a->threads > FSK_THREADS_MAX)
			a->threads = FSK_THREADS_MAX;
		fsk_commit_start(a);
		fsk_custody_init(&a->custody);
		a->path = strdup(path);
		a->journal_path = join(path, JOURNAL_SUFFIX);
		a->reserve_path = join(path, RESERVE_SUFFIX);
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

int fsk_writer_start(struct fsk_archive *a, struct fsk_err *err)
{
	if (a->packers != NULL)
		return 0;
	a->packers = calloc((size_t) a->threads + 1, sizeof(*a->packers));
	if (a->packers == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory to pack");
	a->pool = fsk_pool_new(a->threads);
	a->disk = fsk_pool_new(DISK_THREADS);
	fsk_archive_watch(a, a->ready, a->ready_arg);
	return 0;
}

static void stop_threads(struct fsk_archive *a)
{
	fsk_commit_stop(a);
	fsk_pool_free(a->pool);
	fsk_pool_free(a->disk);
	for (unsigned i = 0; a->packers != NULL && i <= a->threads; i++)
		fsk_packer_free(a->packers[i]);
	free(a->packers);
}

void fsk_archive_free(struct fsk_archive *a)
{
	if (a == NULL)
		return;
	stop_threads(a);
	fsk_writer_drop_reserve(a);
	fsk_output_close(&a->zip);
	fsk_journal_close(&a->journal);
	fsk_nameset_free(&a->names);
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
		                           .bytes_out = a->position };
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

/* Nothing was gathered yet: leaves nothing behind. */
static void abandon_files(struct fsk_archive *a)
{
	bool journal = a->journal.out.handle != -1, zip = a->zip.handle != -1;

	fsk_output_close(&a->zip);
	if (zip)
		fsk_output_remove(a->path, NULL);
	fsk_journal_close(&a->journal);
	if (journal)
		fsk_output_remove(a->journal_path, NULL);
	fsk_writer_drop_reserve(a);
}

/* Creates journal, ZIP and reserve at a->path. FSK_EEXIST: the next number. The journal is
 * first: a ZIP without members is known as an archive by its journal alone. */
static int create_files(struct fsk_archive *a, struct fsk_err *err)
{
	json_t *opening = make_opening(a);
	int rc = opening == NULL ? fsk_err_set(err, FSK_ENOMEM, "no memory for an archive") : 0;

	if (rc == 0 && (fsk_output_exists(a->path) || fsk_output_exists(a->reserve_path)))
		rc = fsk_err_set(err, FSK_EEXIST, "\"%s\" is there already", a->path);
	if (rc < 0)
		goto out;
	rc = fsk_journal_create(&a->journal, a->journal_path, opening, err);
	if (rc == 0)
		rc = fsk_output_create(&a->zip, a->path, err);
	if (rc == 0)
		rc = fsk_output_create(&a->reserve, a->reserve_path, err);
	a->keeps_reserve = rc == 0;
	if (rc == 0)
		rc = fsk_writer_reserve(a, 0, err);
	if (rc == 0)
		rc = fsk_output_sync_folder(a->path, err);
	if (rc == 0)
		rc = fsk_archive_custody(a, "opened", opening, err);
	if (rc < 0)
		abandon_files(a);
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
		if (rc == 0 && (a = fsk_writer_new((const char *) path.data, opt->level,
		                                   opt->threads, err)) == NULL)
			rc = FSK_ENOMEM;
		if (rc < 0)
			break;
		a->started = opt->started;
		a->settled = opt->settled;
		a->settled_arg = opt->arg;
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

static int write_custody(struct fsk_archive *a, char **lines, size_t n, struct fsk_err *err)
{
	struct fsk_err local = { 0 };
	int rc;

	do
		rc = fsk_journal_custody(&a->journal, lines, n, &local);
	while (rc == FSK_ENOSPC && give_slack(a));
	fsk_writer_note_failure(a, &local);
	return rc < 0 ? fsk_err_set(err, rc, "%s", local.msg) : 0;
}

int fsk_archive_custody(struct fsk_archive *a, const char *event, const json_t *details,
                        struct fsk_err *err)
{
	struct fsk_custody before = a->custody;
	char *line = NULL;
	int rc = 0;

	/* a line that is not synced would be lost without this one */
	if (a->stage == FSK_COMMIT_JOURNAL)
		rc = fsk_journal_sync(&a->journal, err);
	if (rc == 0)
		rc = fsk_custody_make(&line, &a->custody, fsk_time_now(), event, details, err);
	if (rc == 0)
		rc = write_custody(a, &line, 1, err);
	if (rc < 0)
		a->custody = before;
	free(line);
	return rc == 0 ? fsk_journal_sync(&a->journal, err) : rc;
}

int fsk_archive_flush(struct fsk_archive *a, struct fsk_err *err)
{
	struct fsk_err local = { 0 };
	int rc;

	while ((rc = fsk_journal_flush(&a->journal, &local)) == FSK_ENOSPC && give_slack(a))
		fsk_writer_note_failure(a, &local);
	if (rc == 0)
		return 0;
	fsk_writer_note_failure(a, &local);
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
	rc = fsk_writer_reserve(a, 3 * n + FOLD_MEMBER, &local);
	if (rc == 0)
		rc = fsk_journal_row(&a->journal, stream, sort, row, n, &local);
	if (rc == 0 && a->journal.lines.len >= FSK_JOURNAL_WAITING)
		rc = fsk_archive_flush(a, &local);
	if (rc == 0)
		return 0;
	fsk_writer_note_failure(a, &local);
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

int fsk_writer_note_row(struct fsk_archive *a, const struct fsk_open_member *m, struct fsk_err *err)
{
	struct fsk_err local = { 0 };
	int rc = 0;

	while (rc == 0) {
		rc = fsk_journal_member(&a->journal, m->zip.offset, m->zip.name, m->text, &local);
		if (rc != FSK_ENOSPC || !give_slack(a))
			break;
		fsk_writer_note_failure(a, &local);
		rc = 0;
	}
	if (rc == 0)
		return 0;
	fsk_writer_note_failure(a, &local);
	return fsk_err_set(err, rc, "%s", local.msg);
}

int fsk_archive_note_collection(struct fsk_archive *a, const json_t *collection,
                                struct fsk_err *err)
{
	char *text = fsk_json_line(collection);
	int rc = text == NULL ? fsk_err_set(err, FSK_ENOMEM, "no memory for collection.json")
	                      : fsk_writer_reserve(a, strlen(text), err);

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

void fsk_writer_take_offset(struct fsk_archive *a, size_t name_len)
{
	a->count--;
	a->index -= CENTRAL_MAX + name_len;
}

static bool is_own_name(const char *name)
{
	for (size_t i = 0; i < sizeof(own_names) / sizeof(own_names[0]); i++)
		if (strcmp(own_names[i], name) == 0)
			return true;
	return false;
}

int fsk_writer_take_name(struct fsk_open_member *m, const char *name, struct fsk_err *err)
{
	struct fsk_archive *a = m->archive;
	int rc = fsk_name_append_member(&m->name, name, err);

	if (rc == 0 && !(a->folding && is_own_name(name)))
		rc = fsk_nameset_take(&a->names, &m->name, err);
	if (rc == 0)
		rc = fsk_buf_append_u8(&m->name, 0, err);
	if (rc < 0)
		return rc;
	m->zip.name = (const char *) m->name.data;
	m->zip.name_len = strlen(m->zip.name);
	return 0;
}

static int make_custody(char **line, struct fsk_archive *a, const struct fsk_open_member *m,
                        struct fsk_err *err)
{
	json_t *details = json_pack("{s:O,s:I,s:s,s:s}", "name", json_object_get(m->row, "name"),
	                            "size", (json_int_t) m->size, "sha256", m->digests.sha256,
	                            "status", fsk_status_name(m->status));
	int rc = details == NULL
	             ? fsk_err_set(err, FSK_ENOMEM, "no memory for the custody log")
	             : fsk_custody_make(line, &a->custody, fsk_time_now(), "member", details, err);

	json_decref(details);
	return rc;
}

int fsk_writer_note_custody(struct fsk_archive *a, const struct fsk_members *list,
                            struct fsk_err *err)
{
	struct fsk_custody before = a->custody;
	char **lines = calloc(a->in_flight + 1, sizeof(*lines));
	size_t n = 0;
	int rc = lines == NULL ? fsk_err_set(err, FSK_ENOMEM, "no memory for the custody log") : 0;

	for (const struct fsk_open_member *m = list->first; rc == 0 && m != NULL; m = m->next)
		if (!m->bare)
			rc = make_custody(&lines[n++], a, m, err);
	if (rc == 0 && n > 0)
		rc = write_custody(a, lines, n, err);
	if (rc < 0)
		a->custody = before;
	for (size_t i = 0; lines != NULL && i < n; i++)
		free(lines[i]);
	free(lines);
	return rc;
}

int fsk_archive_finish(struct fsk_archive *a, const json_t *collection,
                       char manifest_sha256[FSK_SHA256_HEX], struct fsk_err *err)
{
	manifest_sha256[0] = '\0';
	for (const struct fsk_open_member *m = a->members.first; m != NULL; m = m->next)
		if (m->held)
			return fsk_err_set(err, FSK_EINVAL, "member \"%s\" is still open",
			                   m->zip.name);
	if (a->finished)
		return fsk_err_set(err, FSK_EINVAL, "the archive is finished");
	return fsk_writer_fold(a, collection, manifest_sha256, err);
}
