#include <stdlib.h>
#include <string.h>

#include "core/archive/recover.h"
#include "core/archive/verify.h"
#include "core/base/limits.h"

#define NAMES_MAX 1000 /* in the custody line; the counts are exact */

/* A member that the journal states. */
struct stated {
	uint64_t offset;
	struct fsk_journal_entry entry;
};

struct recovery {
	const char *path;
	struct fsk_archive *a; /* owns ZIP and journal */
	struct fsk_file view;
	uint64_t size;
	struct fsk_scan scan;
	size_t kept;           /* items of the scan that stay */
	struct stated *stated; /* sorted by offset */
	size_t nstated;
	bool had_journal;
	uint64_t damaged;       /* lines of the journal */
	json_t *rebuilt, *lost; /* names */
	uint64_t nrebuilt, nlost;
};

/* --- what the journal states --- */

static int compare_stated(const void *a, const void *b)
{
	const struct stated *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int collect_stated(struct recovery *r, struct fsk_err *err)
{
	const struct fsk_journal_stream *s = fsk_journal_stream(&r->a->journal,
	                                                        FSK_JOURNAL_MANIFEST);
	size_t n = s != NULL ? s->count : 0;

	free(r->stated);
	r->nstated = 0;
	r->stated = calloc(n + 1, sizeof(*r->stated));
	if (r->stated == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for %zu members", n);
	for (size_t i = 0; i < n; i++)
		if (s->entries[i].row_len > 0)
			r->stated[r->nstated++] = (struct stated){ .offset = s->members[i],
				                                   .entry = s->entries[i] };
	qsort(r->stated, r->nstated, sizeof(*r->stated), compare_stated);
	return 0;
}

static const struct stated *find_stated(const struct recovery *r, uint64_t offset)
{
	struct stated key = { .offset = offset };

	return bsearch(&key, r->stated, r->nstated, sizeof(key), compare_stated);
}

/* --- the walk --- */

static int walk(struct recovery *r, bool data, struct fsk_err *err)
{
	int rc;

	fsk_scan_free(&r->scan);
	rc = fsk_scan(&r->scan, &r->view, r->size, data, err);
	r->kept = r->scan.count;
	return rc;
}

static int read_size(struct recovery *r, struct fsk_err *err)
{
	int rc = fsk_output_size(&r->a->zip, &r->size, err);

	r->view = fsk_output_view(&r->a->zip, r->size);
	return rc;
}

/* --- is there anything to do? --- */

static int digest_sink(void *arg, const uint8_t *p, size_t n, struct fsk_err *err)
{
	return fsk_digest_update(arg, p, n, err);
}

static int digest_member(struct fsk_digests *d, const struct fsk_zip_member *m,
                         const struct fsk_file *f, struct fsk_err *err)
{
	struct fsk_digest *digest;
	int rc = fsk_digest_new(&digest, FSK_DIGEST_ALL, err);

	if (rc == 0)
		rc = fsk_zip_unpack(m, f, digest_sink, digest, err);
	if (rc == 0)
		rc = fsk_digest_final(d, digest, err);
	fsk_digest_free(digest);
	return rc;
}

static bool is_named(const struct recovery *r, size_t item, const char *name)
{
	struct fsk_zip_member m;
	struct fsk_buf room;
	bool same;

	fsk_buf_init(&room, 2 * FSK_MEMBER_NAME_MAX);
	same = fsk_scan_read(&m, &room, &r->scan.items[item], &r->view, NULL) == 0 &&
	       strcmp(m.name, name) == 0;
	fsk_buf_free(&room);
	return same;
}

/* Whole: the last two members are manifest and custody, and the right index
 * follows them up to the end of the file. Such a file is never touched,
 * whatever its members hold: that is for verify to say. */
static int check_whole(struct fsk_recover_result *result, struct recovery *r, struct fsk_err *err)
{
	uint64_t differs = 0;
	struct fsk_zip_member m;
	struct fsk_digests d;
	struct fsk_buf room;
	size_t n = r->scan.count;
	int rc;

	if (r->scan.stop != FSK_ZIP_INDEX || n < 2 || !is_named(r, n - 1, FSK_NAME_CUSTODY) ||
	    !is_named(r, n - 2, FSK_NAME_MANIFEST))
		return 0;
	rc = fsk_scan_compare_index(&differs, &r->scan, &r->view, r->size, err);
	if (rc < 0 || differs != UINT64_MAX)
		return rc;
	result->already_complete = true;
	result->members_kept = n;
	fsk_buf_init(&room, 2 * FSK_MEMBER_NAME_MAX);
	if (fsk_scan_read(&m, &room, &r->scan.items[n - 2], &r->view, NULL) == 0 &&
	    digest_member(&d, &m, &r->view, NULL) == 0)
		memcpy(result->manifest_sha256, d.sha256, FSK_SHA256_HEX);
	fsk_buf_free(&room);
	return 0;
}

/* --- a fold that was not finished --- */

/* The fold line counts only if it agrees with all that is known: members
 * stated before it lie before its offset, the others do not, and a member
 * ends or begins there. */
static bool fold_is_plausible(const struct recovery *r)
{
	const struct fsk_journal *j = &r->a->journal;
	bool edge = j->fold == 0;

	if (j->fold == FSK_JOURNAL_NO_FOLD)
		return false;
	for (size_t i = 0; i < r->nstated; i++)
		if ((r->stated[i].entry.at < j->fold_at) != (r->stated[i].offset < j->fold))
			return false;
	for (size_t i = 0; i < r->scan.count; i++)
		edge = edge || r->scan.items[i].offset == j->fold ||
		       r->scan.items[i].end == j->fold;
	return edge;
}

/* Takes a half-done fold back: the ZIP first, so that the line which says
 * what to cut outlives the cut. */
static int undo_fold(struct recovery *r, struct fsk_err *err)
{
	struct fsk_journal *j = &r->a->journal;
	int rc = 0;

	if (!fold_is_plausible(r)) {
		j->fold = FSK_JOURNAL_NO_FOLD;
	} else if (j->fold < r->size) {
		rc = fsk_output_truncate(&r->a->zip, j->fold, err);
		if (rc == 0)
			rc = fsk_output_sync(&r->a->zip, err);
	}
	if (rc == 0)
		rc = fsk_journal_rewind(j, err);
	if (rc == 0)
		rc = read_size(r, err);
	if (rc == 0)
		rc = collect_stated(r, err);
	return rc == 0 ? walk(r, true, err) : rc;
}

/* --- matching members and rows --- */

static void add_name(json_t *list, const char *name)
{
	if (json_array_size(list) < NAMES_MAX)
		json_array_append_new(list, fsk_json_text(name));
}

/* Is this member damaged, or not right behind the one before it? */
static bool is_torn(const struct recovery *r, size_t item)
{
	const struct fsk_scan_item *i = &r->scan.items[item];

	return !i->sound || i->offset != (item > 0 ? i[-1].end : 0);
}

/* A torn tail: members whose data is damaged and which nobody called finished.
 * Several may have been on their way to the medium when the power failed, and
 * arrived in any order: behind the last member that the journal states, the
 * first one that is torn ends the archive. */
static void cut_unsound_tail(struct recovery *r)
{
	uint64_t stated = r->nstated > 0 ? r->stated[r->nstated - 1].offset : 0;

	for (size_t i = 0; r->had_journal && i < r->kept; i++)
		if ((r->nstated == 0 || r->scan.items[i].offset > stated) && is_torn(r, i))
			r->kept = i;
	while (r->kept > 0 && !r->scan.items[r->kept - 1].sound &&
	       find_stated(r, r->scan.items[r->kept - 1].offset) == NULL)
		r->kept--;
}

static bool is_kept(const struct recovery *r, uint64_t offset)
{
	size_t low = 0, high = r->kept;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->scan.items[mid].offset < offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low < r->kept && r->scan.items[low].offset == offset;
}

static int note_lost(struct recovery *r, const struct stated *s, struct fsk_err *err)
{
	char *name = fsk_journal_key(&r->a->journal, &s->entry, err);

	if (name == NULL)
		return FSK_EIO;
	add_name(r->lost, name);
	r->nlost++;
	free(name);
	return 0;
}

/* Rows of members that are not there any more, one line for each run of
 * them. */
static int void_lost(struct recovery *r, struct fsk_err *err)
{
	size_t i = 0;
	int rc = 0;

	while (rc == 0 && i < r->nstated) {
		uint64_t from = r->stated[i].offset;
		size_t first = i;

		for (; rc == 0 && i < r->nstated && !is_kept(r, r->stated[i].offset); i++)
			rc = note_lost(r, &r->stated[i], err);
		if (rc == 0 && i > first)
			rc = fsk_journal_void(&r->a->journal, from,
			                      i < r->nstated ? r->stated[i].offset : INT64_MAX,
			                      err);
		else
			i++;
	}
	return rc;
}

/* A row from what the member itself tells. */
static int rebuild_row(struct recovery *r, const struct fsk_zip_member *m, struct fsk_err *err)
{
	struct fsk_times times;
	struct fsk_member member = { .name = m->name, .times = &times };
	struct fsk_digests d = { 0 };
	struct fsk_err damage = { 0 };
	const char *status = "recovered", *reason = "the journal had no row for it";
	json_t *row;
	char *text;
	int rc;

	fsk_times_clear(&times);
	times.modified = m->modified;
	times.accessed = m->accessed;
	times.created = m->created;
	rc = digest_member(&d, m, &r->view, &damage);
	if (rc == FSK_ECORRUPT) {
		status = fsk_status_name(FSK_STATUS_UNREADABLE);
		reason = damage.msg;
	} else if (rc < 0) {
		return fsk_err_set(err, rc, "%s", damage.msg);
	}
	row = fsk_manifest_row(&member, m->name);
	text = row != NULL && fsk_manifest_content(row, m->size, &d) == 0 &&
	               fsk_manifest_status(row, status, reason, NULL, 0) == 0
	           ? fsk_json_line(row)
	           : NULL;
	rc = text != NULL ? fsk_journal_member(&r->a->journal, m->offset, m->name, text, err)
	                  : fsk_err_set(err, FSK_ENOMEM, "no memory for \"%s\"", m->name);
	add_name(r->rebuilt, m->name);
	r->nrebuilt++;
	free(text);
	json_decref(row);
	return rc;
}

/* True when the row that is stated for this member is its own. */
static bool has_row(const struct recovery *r, const struct fsk_zip_member *m)
{
	const struct stated *s = find_stated(r, m->offset);
	char *name = s != NULL ? fsk_journal_key(&r->a->journal, &s->entry, NULL) : NULL;
	bool same = name != NULL && strcmp(name, m->name) == 0;

	free(name);
	return same;
}

/* Takes the kept members into the writer, with a row for each. */
static int take_members(struct recovery *r, struct fsk_err *err)
{
	struct fsk_archive *a = r->a;
	struct fsk_buf room;
	int rc = 0;

	fsk_buf_init(&room, 2 * FSK_MEMBER_NAME_MAX);
	for (size_t i = 0; rc == 0 && i < r->kept; i++) {
		struct fsk_zip_member m;

		rc = fsk_scan_read(&m, &room, &r->scan.items[i], &r->view, err);
		if (rc == 0 && !has_row(r, &m)) {
			rc = fsk_journal_void(&a->journal, m.offset, m.offset + 1, err);
			if (rc == 0)
				rc = rebuild_row(r, &m, err);
		}
		if (rc == 0)
			rc = fsk_nameset_add(&a->names, m.name, NULL);
		if (rc == 0 || rc == FSK_EEXIST)
			rc = fsk_writer_add_offset(a, m.offset, m.name_len, err);
		else
			fsk_err_set(err, rc, "no memory for %zu members", r->kept);
		a->end = r->scan.items[i].end;
	}
	fsk_buf_free(&room);
	return rc;
}

/* --- custody --- */

/* Goes on behind the last line that the journal has. */
static void resume_chain(struct fsk_archive *a)
{
	const char *text = a->journal.last_custody;
	json_t *line = text != NULL ? json_loads(text, JSON_ALLOW_NUL, NULL) : NULL;
	const char *hash = json_string_value(json_object_get(line, "hash"));
	const json_t *seq = json_object_get(line, "seq");

	if (hash != NULL && strlen(hash) == FSK_SHA256_HEX - 1 && json_is_integer(seq) &&
	    json_integer_value(seq) >= 0) {
		memcpy(a->custody.prev, hash, FSK_SHA256_HEX);
		a->custody.next = (uint64_t) json_integer_value(seq) + 1;
	}
	json_decref(line);
}

/* The time that our own members get. */
static void resume_start(struct fsk_archive *a)
{
	const char *text = json_string_value(json_object_get(a->journal.opening, "started"));

	a->started = text != NULL ? fsk_time_parse_iso(text) : FSK_TIME_NONE;
	if (a->started == FSK_TIME_NONE)
		a->started = fsk_time_now();
}

static int write_custody(struct recovery *r, uint64_t dropped, struct fsk_err *err)
{
	const char *in_flight = r->scan.in_flight;
	json_t *details = json_pack(
	    "{s:I,s:I,s:s,s:I,s:I,s:I,s:I,s:O,s:O,s:o*}", "members", (json_int_t) r->kept,
	    "bytes_dropped", (json_int_t) dropped, "journal", r->had_journal ? "read" : "missing",
	    "journal_lines_damaged", (json_int_t) r->damaged, "rows",
	    (json_int_t) r->a->journal.rows, "rebuilt", (json_int_t) r->nrebuilt, "lost",
	    (json_int_t) r->nlost, "rebuilt_names", r->rebuilt, "lost_names", r->lost, "in_flight",
	    in_flight != NULL ? fsk_json_text(in_flight) : NULL);
	int rc = details == NULL ? fsk_err_set(err, FSK_ENOMEM, "no memory for the custody log")
	                         : fsk_archive_custody(r->a, "recovered", details, err);

	json_decref(details);
	return rc;
}

/* --- all of it --- */

/* Rows and custody go to the journal before anything is cut. */
static int rebuild(struct recovery *r, struct fsk_recover_result *result, struct fsk_err *err)
{
	struct fsk_archive *a = r->a;
	uint64_t before = r->size;
	json_t *collection;
	int rc = undo_fold(r, err);

	if (rc < 0)
		return rc;
	before = before > r->size ? before - r->size : 0;
	cut_unsound_tail(r);
	resume_chain(a);
	resume_start(a);
	rc = void_lost(r, err);
	if (rc == 0)
		rc = take_members(r, err);
	result->members_kept = r->kept;
	result->rows = a->journal.rows;
	result->bytes_dropped = before + r->size - a->end;
	if (rc == 0)
		rc = write_custody(r, result->bytes_dropped, err);
	if (rc == 0)
		rc = fsk_output_truncate(&a->zip, a->end, err);
	if (rc == 0)
		rc = fsk_output_sync(&a->zip, err);
	if (rc < 0)
		return rc;
	collection = a->journal.collection != NULL ? json_deep_copy(a->journal.collection)
	                                           : json_object();
	if (collection == NULL || json_object_set_new(collection, "recovered", json_true()) < 0)
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory for collection.json");
	if (rc == 0)
		rc = fsk_writer_fold(a, collection, result->manifest_sha256, err);
	json_decref(collection);
	return rc;
}

static int open_journal(struct recovery *r, struct fsk_err *err)
{
	int rc = fsk_journal_open(&r->a->journal, r->a->journal_path, err);

	if (rc < 0)
		return rc;
	r->had_journal = json_object_get(r->a->journal.opening, "rebuilt") == NULL;
	r->damaged = r->a->journal.damaged;
	return collect_stated(r, err);
}

/* A file without any member of ours is an archive only if a journal says so. */
static int refuse_strangers(const struct recovery *r, bool journal, struct fsk_err *err)
{
	if (r->scan.count > 0 || r->scan.stop == FSK_ZIP_IN_FLIGHT)
		return 0;
	if (journal && (r->size == 0 || r->a->journal.opening != NULL))
		return 0;
	return fsk_err_set(err, FSK_ECORRUPT, "cannot recover \"%s\": %s", r->path,
	                   r->size == 0 ? "it is empty and has no journal"
	                                : "no member of an evidence archive is in it");
}

static int finish_left_over(struct recovery *r, bool journal, struct fsk_err *err)
{
	fsk_output_remove(r->a->reserve_path, NULL);
	fsk_journal_close(&r->a->journal);
	return journal ? fsk_output_remove(r->a->journal_path, err) : 0;
}

static int run(struct recovery *r, struct fsk_recover_result *result, struct fsk_err *err)
{
	struct fsk_archive *a = r->a;
	bool journal = fsk_output_exists(a->journal_path);
	int rc = fsk_output_open(&a->zip, r->path, err);

	if (rc == 0)
		rc = read_size(r, err);
	if (rc == 0 && journal)
		rc = open_journal(r, err);
	if (rc == 0)
		rc = walk(r, false, err);
	if (rc == 0)
		rc = refuse_strangers(r, journal, err);
	if (rc == 0)
		rc = check_whole(result, r, err);
	if (rc == 0 && result->already_complete)
		return finish_left_over(r, journal, err);
	if (rc == 0)
		rc = walk(r, true, err);
	if (rc < 0)
		return rc;
	fsk_output_remove(a->reserve_path, NULL);
	if (!journal) {
		rc = fsk_recover_import(a->journal_path, r->path, &r->scan, &r->view, err);
		if (rc == 0)
			rc = open_journal(r, err);
	}
	return rc == 0 ? rebuild(r, result, err) : rc;
}

int fsk_archive_recover(struct fsk_recover_result *result, const char *path, struct fsk_err *err)
{
	struct recovery r = { .path = path, .rebuilt = json_array(), .lost = json_array() };
	int rc = FSK_ENOMEM;

	*result = (struct fsk_recover_result){ 0 };
	if (r.rebuilt == NULL || r.lost == NULL)
		fsk_err_set(err, FSK_ENOMEM, "no memory to recover \"%s\"", path);
	else
		r.a = fsk_writer_new(path, -1, 0, err);
	if (r.a != NULL)
		rc = run(&r, result, err);
	fsk_archive_free(r.a);
	fsk_scan_free(&r.scan);
	free(r.stated);
	json_decref(r.rebuilt);
	json_decref(r.lost);
	return rc;
}
