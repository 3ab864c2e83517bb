#include "core/archive/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <libdeflate.h>

#include "core/archive/custody.h"
#include "core/archive/readback.h"
#include "core/archive/scan.h"
#include "core/base/file.h"
#include "core/base/limits.h"

#define NAME_MANIFEST "manifest.jsonl"
#define NAME_CUSTODY "custody.jsonl"
#define RAW_PIECE (256u * FSK_KIB)
#define RUN_RECOVER "run `fossick recover`"

/* A member: as it was read, as the manifest has it, or as custody has it. */
struct entry {
	char *name;
	uint64_t size, line;
	bool damaged, said, sized; /* said: a problem of its bytes was reported */
	uint8_t sha256[32], sha1[20], md5[16];
	bool has_sha256, has_sha1, has_md5;
};

struct entries {
	struct entry *items;
	size_t count, cap;
};

struct verify {
	struct fsk_verify_result *result;
	fsk_verify_report *report;
	void *arg;
	struct entries seen, manifest, custody;
	struct fsk_digest *digest; /* of the member that is being read */
	struct fsk_lines lines;
	bool in_lines;
	struct fsk_custody chain;
	uint64_t manifest_line, custody_line;
	char closed_sha256[FSK_SHA256_HEX]; /* of the manifest, by the last custody line */
	bool closed;
	/* packed bytes, tested as they pass on their way to libarchive */
	struct fsk_scan scan;
	size_t item;    /* of the scan, whose bytes are next */
	uint64_t raw;   /* offset of the next byte */
	uint32_t crc32; /* of the item's packed bytes so far */
	bool *changed;  /* one for each item */
};

static void problem(struct verify *v, const char *object, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void problem(struct verify *v, const char *object, const char *fmt, ...)
{
	char text[FSK_ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	v->result->problems++;
	if (v->report != NULL)
		v->report(object, text, v->arg);
}

static void line_problem(struct verify *v, const char *member, uint64_t line, const char *text)
{
	char object[64];

	snprintf(object, sizeof(object), "%s line %llu", member, (unsigned long long) line);
	problem(v, object, "%s", text);
}

/* --- lists of members --- */

static struct entry *add_entry(struct entries *list, const char *name, struct fsk_err *err)
{
	struct entry *e;

	if (list->count == list->cap) {
		size_t cap = list->cap == 0 ? 256 : list->cap * 2;
		struct entry *p = cap <= 2 * (size_t) FSK_MEMBERS_MAX
		                      ? realloc(list->items, cap * sizeof(*p))
		                      : NULL;

		if (p == NULL) {
			fsk_err_set(err, FSK_ENOMEM, "no memory for %zu members", cap);
			return NULL;
		}
		list->items = p;
		list->cap = cap;
	}
	e = &list->items[list->count];
	*e = (struct entry){ .name = strdup(name) };
	if (e->name == NULL) {
		fsk_err_set(err, FSK_ENOMEM, "no memory for a name");
		return NULL;
	}
	list->count++;
	return e;
}

static void free_entries(struct entries *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].name);
	free(list->items);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : x->line < y->line ? -1 : x->line > y->line;
}

static void sort_entries(struct entries *list)
{
	if (list->count > 0)
		qsort(list->items, list->count, sizeof(*list->items), compare_entries);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False when it is not `n` bytes of lower-case hex. */
static bool unhex(uint8_t *out, size_t n, const char *hex)
{
	if (hex == NULL || strlen(hex) != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t) (high << 4 | low);
	}
	return true;
}

static void set_digests(struct entry *e, const char *sha256, const char *sha1, const char *md5)
{
	e->has_sha256 = unhex(e->sha256, sizeof(e->sha256), sha256);
	e->has_sha1 = unhex(e->sha1, sizeof(e->sha1), sha1);
	e->has_md5 = unhex(e->md5, sizeof(e->md5), md5);
}

/* --- lines of manifest and custody --- */

static int manifest_row(void *arg, const char *text, size_t n, struct fsk_err *err)
{
	struct verify *v = arg;
	json_t *row = json_loadb(text, n, JSON_ALLOW_NUL, NULL);
	const char *name = json_string_value(json_object_get(row, "name"));
	const char *status = json_string_value(json_object_get(row, "status"));
	const json_t *size = json_object_get(row, "size");
	struct entry *e = NULL;

	v->manifest_line++;
	if (name == NULL || status == NULL)
		line_problem(v, NAME_MANIFEST, v->manifest_line, "is no manifest row");
	else if ((e = add_entry(&v->manifest, name, err)) == NULL)
		return json_decref(row), FSK_ENOMEM;
	if (e != NULL) {
		e->line = v->manifest_line;
		e->sized = json_is_integer(size) && json_integer_value(size) >= 0;
		e->size = e->sized ? (uint64_t) json_integer_value(size) : 0;
		set_digests(e, json_string_value(json_object_get(row, "sha256")),
		            json_string_value(json_object_get(row, "sha1")),
		            json_string_value(json_object_get(row, "md5")));
		v->result->partial += strcmp(status, "complete") != 0;
	}
	json_decref(row);
	return 0;
}

static void note_closed(struct verify *v, const json_t *line)
{
	const char *sha256 = json_string_value(json_object_get(line, "manifest_sha256"));

	v->closed = sha256 != NULL && strlen(sha256) == FSK_SHA256_HEX - 1;
	if (v->closed)
		memcpy(v->closed_sha256, sha256, FSK_SHA256_HEX);
}

static int custody_line(void *arg, const char *text, size_t n, struct fsk_err *err)
{
	struct verify *v = arg;
	struct fsk_err wrong = { 0 };
	json_t *line;
	int rc = fsk_custody_check(&line, &v->chain, text, n, &wrong);
	const char *event = json_string_value(json_object_get(line, "event"));
	const char *name = json_string_value(json_object_get(line, "name"));
	struct entry *e;

	v->custody_line++;
	v->closed = false; /* only the last line counts */
	if (rc < 0)
		line_problem(v, NAME_CUSTODY, v->custody_line, wrong.msg);
	rc = 0;
	if (event != NULL && strcmp(event, "closed") == 0) {
		note_closed(v, line);
	} else if (event != NULL && strcmp(event, "member") == 0 && name != NULL) {
		e = add_entry(&v->custody, name, err);
		if (e == NULL) {
			rc = FSK_ENOMEM;
		} else {
			e->line = v->custody_line;
			set_digests(e, json_string_value(json_object_get(line, "sha256")), NULL,
			            NULL);
		}
	}
	json_decref(line);
	return rc;
}

/* --- reading the members back --- */

static int member_begins(void *arg, const char *name, struct fsk_err *err)
{
	struct verify *v = arg;
	struct entry *e = add_entry(&v->seen, name, err);
	int rc = e == NULL ? FSK_ENOMEM : fsk_digest_new(&v->digest, FSK_DIGEST_ALL, err);

	if (rc < 0)
		return rc;
	e->line = v->seen.count;
	v->result->members++;
	v->in_lines = true;
	if (strcmp(name, NAME_MANIFEST) == 0)
		fsk_lines_init(&v->lines, manifest_row, v);
	else if (strcmp(name, NAME_CUSTODY) == 0)
		fsk_lines_init(&v->lines, custody_line, v);
	else
		v->in_lines = false;
	return 0;
}

/* What the lines say; one that is too long is a problem, not the end. */
static int lines_result(struct verify *v, int rc, const struct fsk_err *local, struct fsk_err *err)
{
	if (rc == FSK_ELIMIT) {
		problem(v, v->seen.items[v->seen.count - 1].name, "has a line of %s", local->msg);
		v->in_lines = false;
		fsk_lines_free(&v->lines);
		return 0;
	}
	return rc < 0 ? fsk_err_set(err, rc, "%s", local->msg) : 0;
}

static int member_data(void *arg, const void *p, size_t n, struct fsk_err *err)
{
	struct verify *v = arg;
	struct entry *e = &v->seen.items[v->seen.count - 1];
	struct fsk_err local = { 0 };
	int rc = fsk_digest_update(v->digest, p, n, err);

	e->size += n;
	v->result->bytes += n;
	if (rc == 0 && v->in_lines)
		rc = lines_result(v, fsk_lines_add(&v->lines, p, n, &local), &local, err);
	return rc;
}

static int member_ends(void *arg, const char *damage, struct fsk_err *err)
{
	struct verify *v = arg;
	struct entry *e = &v->seen.items[v->seen.count - 1];
	struct fsk_err local = { 0 };
	struct fsk_digests d;
	int rc = fsk_digest_final(&d, v->digest, err);

	fsk_digest_free(v->digest);
	v->digest = NULL;
	if (rc == 0 && v->in_lines)
		rc = lines_result(v, fsk_lines_end(&v->lines, &local), &local, err);
	if (v->in_lines)
		fsk_lines_free(&v->lines);
	v->in_lines = false;
	if (rc < 0)
		return rc;
	set_digests(e, d.sha256, d.sha1, d.md5);
	e->damaged = e->said = damage != NULL;
	if (damage != NULL)
		problem(v, e->name, "cannot be read: %s", damage);
	if (strcmp(e->name, NAME_MANIFEST) == 0)
		memcpy(v->result->manifest_sha256, d.sha256, FSK_SHA256_HEX);
	return 0;
}

/* --- packed bytes --- */

/* Takes bytes at `at` if they are the next ones. */
static void raw_bytes(void *arg, uint64_t at, const uint8_t *p, size_t n)
{
	struct verify *v = arg;

	while (v->item < v->scan.count && at <= v->raw && v->raw < at + n) {
		const struct fsk_scan_item *i = &v->scan.items[v->item];
		uint64_t data = i->offset + i->header_len, stop = at + n < i->end ? at + n : i->end;
		uint64_t start = v->raw > data ? v->raw : data;

		if (start < stop)
			v->crc32 = libdeflate_crc32(v->crc32, p + (start - at),
			                            (size_t) (stop - start));
		v->raw = stop > v->raw ? stop : v->raw;
		if (v->raw < i->end)
			break;
		v->changed[v->item++] = v->crc32 != i->packed_crc32;
		v->crc32 = 0;
	}
}

/* --- comparing --- */

static bool is_own(const char *name)
{
	return strcmp(name, NAME_MANIFEST) == 0 || strcmp(name, NAME_CUSTODY) == 0;
}

static void compare_member(struct verify *v, struct entry *seen, const struct entry *row)
{
	uint64_t before = v->result->problems;

	if (seen->damaged)
		return;
	if (!row->sized || !row->has_sha256)
		problem(v, seen->name, "its manifest row has no size or no SHA-256");
	else if (seen->size != row->size)
		problem(v, seen->name, "has %llu bytes, the manifest says %llu",
		        (unsigned long long) seen->size, (unsigned long long) row->size);
	else if (memcmp(seen->sha256, row->sha256, sizeof(row->sha256)) != 0)
		problem(v, seen->name, "its SHA-256 is not the one in the manifest");
	else if (!row->has_sha1 || memcmp(seen->sha1, row->sha1, sizeof(row->sha1)) != 0)
		problem(v, seen->name, "its SHA-1 is not the one in the manifest");
	else if (!row->has_md5 || memcmp(seen->md5, row->md5, sizeof(row->md5)) != 0)
		problem(v, seen->name, "its MD5 is not the one in the manifest");
	seen->said = v->result->problems > before;
}

static void report_twice(struct verify *v, const struct entries *list, const char *where)
{
	for (size_t i = 1; i < list->count; i++)
		if (strcmp(list->items[i - 1].name, list->items[i].name) == 0)
			problem(v, list->items[i].name, "is twice in the %s", where);
}

/* Both lists are sorted by name. */
static void compare_manifest(struct verify *v)
{
	const struct entries *a = &v->seen, *b = &v->manifest;
	size_t i = 0, k = 0;

	report_twice(v, a, "archive");
	report_twice(v, b, "manifest");
	while (i < a->count || k < b->count) {
		int order = i == a->count   ? 1
		            : k == b->count ? -1
		                            : strcmp(a->items[i].name, b->items[k].name);

		if (order < 0 && !is_own(a->items[i].name))
			problem(v, a->items[i].name, "is in the archive but not in the manifest");
		else if (order > 0)
			problem(v, b->items[k].name, "is in the manifest but not in the archive");
		else if (order == 0)
			compare_member(v, &a->items[i], &b->items[k]);
		i += order <= 0;
		k += order >= 0;
	}
}

static const struct entry *find_seen(const struct verify *v, const char *name)
{
	size_t low = 0, high = v->seen.count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(v->seen.items[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < v->seen.count && strcmp(v->seen.items[low].name, name) == 0
	           ? &v->seen.items[low]
	           : NULL;
}

/* What custody calls finished must be there. After a recovery a name may
 * have been written again: the last line counts. */
static void compare_custody(struct verify *v)
{
	for (size_t i = 0; i < v->custody.count; i++) {
		const struct entry *c = &v->custody.items[i];
		const struct entry *e = find_seen(v, c->name);

		if (i + 1 < v->custody.count && strcmp(c->name, v->custody.items[i + 1].name) == 0)
			continue;
		if (e == NULL)
			problem(v, c->name,
			        "custody line %llu calls it finished, but it is not in the archive",
			        (unsigned long long) c->line);
		else if (!e->said && (!c->has_sha256 || memcmp(c->sha256, e->sha256, 32) != 0))
			problem(v, c->name, "its SHA-256 is not the one in custody line %llu",
			        (unsigned long long) c->line);
	}
}

static void check_closing(struct verify *v)
{
	if (find_seen(v, NAME_MANIFEST) == NULL)
		problem(v, NAME_MANIFEST, "is missing");
	if (find_seen(v, NAME_CUSTODY) == NULL)
		problem(v, NAME_CUSTODY, "is missing");
	else if (!v->closed)
		problem(v, NAME_CUSTODY,
		        "does not end with a \"closed\" line: its end was removed");
	else if (v->result->manifest_sha256[0] != '\0' &&
	         strcmp(v->closed_sha256, v->result->manifest_sha256) != 0)
		problem(v, NAME_MANIFEST,
		        "its SHA-256 is not the one in the custody log: rows were "
		        "changed, added or removed");
}

/* --- the file as a whole --- */

/* What libarchive has not asked for; then the verdict. */
static int check_packed(struct verify *v, const struct fsk_file *f, struct fsk_err *err)
{
	uint8_t *p = malloc(RAW_PIECE);
	const struct entry *e;
	struct fsk_zip_member m;
	struct fsk_buf room;
	int64_t got = 1;
	int rc = p == NULL ? fsk_err_set(err, FSK_ENOMEM, "no memory to verify") : 0;

	fsk_buf_init(&room, 2 * FSK_MEMBER_NAME_MAX);
	while (rc == 0 && v->item < v->scan.count && got > 0) {
		got = fsk_file_pread(f, p, RAW_PIECE, v->raw, err);
		rc = got < 0 ? (int) got : 0;
		if (rc == 0)
			raw_bytes(v, v->raw, p, (size_t) got);
	}
	for (size_t i = 0; rc == 0 && i < v->scan.count; i++) {
		if (!v->changed[i])
			continue;
		rc = fsk_scan_read(&m, &room, &v->scan.items[i], f, err);
		e = rc == 0 ? find_seen(v, m.name) : NULL;
		if (rc == 0 && (e == NULL || !e->said))
			problem(v, m.name, "its packed bytes are not those that were written");
	}
	fsk_buf_free(&room);
	free(p);
	return rc;
}

/* Is each local header what we write for what it says? A time that was
 * changed in only one of its three forms shows here. */
static int check_headers(struct verify *v, const struct fsk_file *f, struct fsk_err *err)
{
	const struct fsk_scan *scan = &v->scan;
	struct fsk_buf room, want, got;
	int rc = 0;

	fsk_buf_init(&room, 2 * FSK_MEMBER_NAME_MAX);
	fsk_buf_init(&want, 2 * FSK_MEMBER_NAME_MAX);
	fsk_buf_init(&got, 2 * FSK_MEMBER_NAME_MAX);
	for (size_t i = 0; rc == 0 && i < scan->count; i++) {
		struct fsk_zip_member m;

		fsk_buf_reset(&want);
		rc = fsk_scan_read(&m, &room, &scan->items[i], f, err);
		if (rc == 0)
			rc = fsk_zip_append_local(&want, &m, err);
		if (rc == 0)
			rc = fsk_buf_reserve(&got, m.header_len, err);
		if (rc == 0 && fsk_file_pread(f, got.data, m.header_len, m.offset, err) < 0)
			rc = FSK_EIO;
		if (rc == 0 &&
		    (want.len != m.header_len || memcmp(want.data, got.data, want.len) != 0))
			problem(v, m.name, "its local header was changed");
	}
	fsk_buf_free(&room);
	fsk_buf_free(&want);
	fsk_buf_free(&got);
	return rc;
}

/* Holds index and headers against each other. */
static int check_structure(struct verify *v, const char *path, const struct fsk_file *f,
                           struct fsk_err *err)
{
	struct fsk_scan *scan = &v->scan;
	uint64_t differs = UINT64_MAX;
	int rc = fsk_scan(scan, f, f->size, false, err);

	v->changed = calloc(scan->count + 1, sizeof(*v->changed));
	if (rc == 0 && v->changed == NULL)
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory for %zu members", scan->count);
	if (rc == 0)
		rc = check_headers(v, f, err);
	if (rc == 0 && scan->holes > 0)
		problem(v, path, "%llu bytes between its members belong to none of them",
		        (unsigned long long) scan->holes);
	if (rc == 0 && scan->count == 0)
		problem(v, path, "its headers are not those of an evidence archive");
	else if (rc == 0 && scan->in_flight != NULL)
		problem(v, scan->in_flight, "is not finished, nor is the archive: " RUN_RECOVER);
	else if (rc == 0 && scan->stop != FSK_ZIP_INDEX)
		problem(v, path,
		        "has no index at byte %llu, where its members end: it is cut off, "
		        "damaged or not finished: " RUN_RECOVER,
		        (unsigned long long) scan->stopped_at);
	else if (rc == 0)
		rc = fsk_scan_compare_index(&differs, scan, f, f->size, err);
	if (rc == 0 && differs != UINT64_MAX)
		problem(v, path,
		        "byte %llu, behind its members, is not what their headers ask for: the "
		        "index was changed or cut off (then " RUN_RECOVER "), or bytes were added",
		        (unsigned long long) differs);
	return rc;
}

static void check_journal(struct verify *v, const char *path)
{
	size_t n = strlen(path);
	char *journal = malloc(n + sizeof(".journal"));
	struct fsk_file f;

	if (journal == NULL)
		return;
	memcpy(journal, path, n);
	memcpy(journal + n, ".journal", sizeof(".journal"));
	if (fsk_file_open(&f, journal, NULL) == 0) {
		problem(v, journal, "was left by a run that did not finish: " RUN_RECOVER);
		fsk_file_close(&f);
	}
	free(journal);
}

static bool is_ascii(const char *s)
{
	while (*s != '\0' && ((unsigned char) *s & 0x80) == 0)
		s++;
	return *s == '\0';
}

/* libarchive composes letters and their accents, and a name of the evidence may
 * keep them apart, so names are taken from the headers; both go over the
 * members in the order in which they lie. */
static int restore_names(struct verify *v, const struct fsk_file *f, struct fsk_err *err)
{
	struct fsk_zip_member m;
	struct fsk_buf room;
	int rc = 0;

	fsk_buf_init(&room, 2 * FSK_MEMBER_NAME_MAX);
	for (size_t i = 0; rc == 0 && i < v->scan.count && v->scan.count == v->seen.count; i++) {
		struct entry *e = &v->seen.items[i];
		char *name;

		if (is_ascii(e->name))
			continue;
		rc = fsk_scan_read(&m, &room, &v->scan.items[i], f, err);
		name = rc == 0 ? strdup(m.name) : NULL;
		if (rc == 0 && name == NULL)
			rc = fsk_err_set(err, FSK_ENOMEM, "no memory for a name");
		if (rc == 0) {
			free(e->name);
			e->name = name;
		}
	}
	fsk_buf_free(&room);
	return rc;
}

static int check_members(struct verify *v, const char *path, const struct fsk_file *f,
                         struct fsk_err *err)
{
	static const struct fsk_readback_ops ops = { member_begins, member_data, member_ends,
		                                     raw_bytes };
	struct fsk_err local = { 0 };
	int rc = fsk_readback(f, &ops, v, &local);

	if (rc < 0 && rc != FSK_ECORRUPT && rc != FSK_ELIMIT)
		return fsk_err_set(err, rc, "cannot verify \"%s\": %s", path, local.msg);
	if (rc < 0) {
		problem(v, path, "cannot be read as a ZIP to its end: %s", local.msg);
		if (v->seen.count == 0)
			return 0; /* nothing to compare with */
	}
	rc = restore_names(v, f, err);
	if (rc < 0)
		return rc;
	sort_entries(&v->seen);
	sort_entries(&v->manifest);
	sort_entries(&v->custody);
	compare_manifest(v);
	compare_custody(v);
	check_closing(v);
	return 0;
}

/* Anything that begins or ends as a ZIP does. */
static int check_kind(const struct fsk_file *f, const char *path, struct fsk_err *err)
{
	static const uint8_t end_sig[4] = { 'P', 'K', 5, 6 };
	uint8_t head[4] = { 0 }, tail[4] = { 0 };
	uint64_t at = f->size > 22 ? f->size - 22 : 0;
	struct fsk_err local = { 0 };

	if (fsk_file_pread(f, head, sizeof(head), 0, &local) < 0 ||
	    fsk_file_pread(f, tail, sizeof(tail), at, &local) < 0)
		return fsk_err_set(err, local.code, "cannot verify \"%s\": %s", path, local.msg);
	if ((head[0] != 'P' || head[1] != 'K') && memcmp(tail, end_sig, sizeof(tail)) != 0)
		return fsk_err_set(err, FSK_ECORRUPT,
		                   "cannot verify \"%s\": it is no evidence archive", path);
	return 0;
}

int fsk_archive_verify(struct fsk_verify_result *result, const char *path,
                       fsk_verify_report *report, void *arg, struct fsk_err *err)
{
	struct verify v = { .result = result, .report = report, .arg = arg };
	struct fsk_file f;
	int rc;

	*result = (struct fsk_verify_result){ 0 };
	fsk_custody_init(&v.chain);
	rc = fsk_file_open(&f, path, err);
	if (rc < 0)
		return rc;
	check_journal(&v, path);
	/* killed before the first member */
	rc = f.size == 0 && result->problems > 0 ? 1 : check_kind(&f, path, err);
	if (rc == 0)
		rc = check_structure(&v, path, &f, err);
	if (rc == 0)
		rc = check_members(&v, path, &f, err);
	if (rc == 0)
		rc = check_packed(&v, &f, err);
	fsk_file_close(&f);
	fsk_scan_free(&v.scan);
	free(v.changed);
	fsk_digest_free(v.digest);
	if (v.in_lines)
		fsk_lines_free(&v.lines);
	free_entries(&v.seen);
	free_entries(&v.manifest);
	free_entries(&v.custody);
	return rc < 0 ? rc : 0;
}
