#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libdeflate.h>

#include "core/archive/archive.h"
#include "core/archive/scan.h"
#include "core/archive/verify.h"
#include "core/archive/zip.h"
#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/limits.h"

/* Nothing here is about crashes, and there are thousands of syncs. */
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
	(void) fd;
	return 0;
}

#define STARTED fsk_time_from_unix(1680077730, 0)

static char scratch[64];

static int make_scratch(void **state)
{
	(void) state;
	/* in memory where that is possible: there are thousands of small files */
	snprintf(scratch, sizeof(scratch), "%s/fossick-test.XXXXXX",
	         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	return mkdtemp(scratch) == NULL ? -1 : 0;
}

static void empty_scratch(void)
{
	DIR *d = opendir(scratch);
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
}

static int drop_scratch(void **state)
{
	(void) state;
	empty_scratch();
	return rmdir(scratch);
}

/* --- making archives --- */

static struct fsk_archive *create(const char *label)
{
	struct fsk_archive_options opt = {
		.dir = scratch, .label = label, .started = STARTED, .level = -1
	};
	struct fsk_archive *a = NULL;
	struct fsk_err err = { 0 };

	if (fsk_archive_create(&a, &opt, &err) < 0)
		fail_msg("%s", err.msg);
	return a;
}

static void add(struct fsk_archive *a, const char *name, const char *text)
{
	struct fsk_locator where = { .volume = 1, .addr = 5, .seq = 1, .path = (char *) name };
	struct fsk_times times;
	struct fsk_member m = {
		.name = name, .locator = &where, .times = &times, .expected = strlen(text)
	};
	struct fsk_open_member *o;

	fsk_times_clear(&times);
	times.modified = fsk_time_from_unix(1600000000, 100);
	assert_int_equal(fsk_archive_begin(&o, a, &m, NULL), 0);
	assert_int_equal(fsk_archive_write(o, text, strlen(text), NULL), 0);
	assert_int_equal(fsk_archive_end(o, FSK_STATUS_COMPLETE, NULL, NULL, 0, NULL), 0);
	assert_int_equal(fsk_archive_settle(a, NULL), 0);
}

static void row(struct fsk_archive *a, const char *stream, const char *key, int n)
{
	json_t *j = json_pack("{s:i}", "n", n);

	assert_int_equal(fsk_archive_row(a, stream, key, j, NULL), 0);
	json_decref(j);
}

static void finish(struct fsk_archive *a)
{
	char sha256[FSK_SHA256_HEX];
	json_t *collection = json_pack("{s:s}", "case", "T-1");
	struct fsk_err err = { 0 };

	if (fsk_archive_finish(a, collection, sha256, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(strlen(sha256), 64);
	json_decref(collection);
}

/* A finished archive with two files and three rows; its path in `path`. */
static void make_sample(char path[128])
{
	struct fsk_archive *a = create("case");

	add(a, "fs/C/one.txt", "the first file the first file the first file");
	row(a, "findings", "b", 1);
	row(a, "records/runkeys", "k", 2);
	row(a, "findings", "a", 3);
	add(a, "fs/C/two.txt", "second");
	finish(a);
	snprintf(path, 128, "%s", fsk_archive_path(a));
	fsk_archive_free(a);
}

static void slurp(struct fsk_buf *b, const char *path)
{
	fsk_buf_init(b, 1u << 20);
	assert_int_equal(fsk_file_slurp(b, path, NULL), 0);
}

static void spill(const char *path, const uint8_t *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	if (n > 0)
		assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* --- problems that verify reports --- */

struct problems {
	size_t count;
	char text[8192];
};

static void note(const char *object, const char *problem, void *arg)
{
	struct problems *p = arg;
	size_t n = strlen(p->text);

	p->count++;
	snprintf(p->text + n, sizeof(p->text) - n, "%s: %s\n", object, problem);
}

static int verify(struct problems *p, const char *path)
{
	struct fsk_verify_result r;
	int rc;

	*p = (struct problems){ 0 };
	rc = fsk_archive_verify(&r, path, note, p, NULL);
	assert_int_equal(r.problems, p->count);
	return rc;
}

static void assert_sound(const char *path)
{
	struct problems p;
	int rc = verify(&p, path);

	if (rc != 0 || p.count != 0)
		fail_msg("%d %s", rc, p.text);
}

/* --- writing --- */

static void an_archive_is_written_and_verified(void **state)
{
	struct fsk_verify_result r;
	char path[128], wanted[128];

	(void) state;
	make_sample(path);
	snprintf(wanted, sizeof(wanted), "%s/case-20230329T081530Z.zip", scratch);
	assert_string_equal(path, wanted);
	assert_sound(path);
	assert_int_equal(fsk_archive_verify(&r, path, NULL, NULL, NULL), 0);
	/* two files, anomalies, findings, runkeys, collection, manifest, custody */
	assert_int_equal(r.members, 8);
	assert_int_equal(r.partial, 0);
	empty_scratch();
}

static void nothing_is_overwritten(void **state)
{
	struct fsk_archive *a = create("case"), *b = create("case"), *c;
	char first[128];

	(void) state;
	assert_non_null(strstr(fsk_archive_path(a), "/case-20230329T081530Z.zip"));
	assert_non_null(strstr(fsk_archive_path(b), "/case-20230329T081530Z-2.zip"));
	snprintf(first, sizeof(first), "%s", fsk_archive_path(a));
	fsk_archive_free(a);
	/* the ZIP is gone, but a journal tells of it */
	unlink(first);
	c = create("case");
	assert_non_null(strstr(fsk_archive_path(c), "/case-20230329T081530Z-3.zip"));
	fsk_archive_free(b);
	fsk_archive_free(c);
	empty_scratch();
}

static void an_unwritable_folder_is_named(void **state)
{
	struct fsk_archive_options opt = { .dir = "/nonexistent/folder", .label = "x" };
	struct fsk_archive *a;
	struct fsk_err err;

	(void) state;
	assert_int_equal(fsk_archive_create(&a, &opt, &err), FSK_ENOTFOUND);
	assert_null(a);
	assert_non_null(strstr(err.msg, "/nonexistent/folder/x-"));
}

static void evidence_cannot_take_our_names(void **state)
{
	struct fsk_archive *a = create("case");
	struct problems p;
	struct fsk_buf b;

	(void) state;
	add(a, "manifest.jsonl", "forged");
	add(a, "Custody.JSONL", "forged");
	add(a, "findings.jsonl", "forged");
	finish(a);
	assert_sound(fsk_archive_path(a));
	slurp(&b, fsk_archive_path(a));
	assert_non_null(memmem(b.data, b.len, "manifest.jsonl~2", 16));
	assert_non_null(memmem(b.data, b.len, "Custody.JSONL~2", 15));
	assert_non_null(memmem(b.data, b.len, "findings.jsonl~2", 16));
	assert_int_equal(verify(&p, fsk_archive_path(a)), 0);
	fsk_buf_free(&b);
	fsk_archive_free(a);
	empty_scratch();
}

/* macOS keeps accents apart, and Windows takes a name as it comes. */
static void names_keep_their_accents_apart(void **state)
{
	struct fsk_archive *a = create("case");

	(void) state;
	add(a, "fs/cafe\xcc\x81", "apart");
	add(a, "fs/caf\xc3\xa9", "in one");
	add(a, "fs/\xe2\x84\xab", "a letter that is composed of another");
	finish(a);
	assert_sound(fsk_archive_path(a));
	fsk_archive_free(a);
	empty_scratch();
}

static void misuse_is_refused(void **state)
{
	struct fsk_archive *a = create("case");
	struct fsk_member m = { .name = "x" };
	struct fsk_open_member *one, *two;
	char sha256[FSK_SHA256_HEX];
	json_t *o = json_object();

	(void) state;
	assert_int_equal(fsk_archive_row(a, "manifest", "", o, NULL), FSK_EINVAL);
	assert_int_equal(fsk_archive_begin(&one, a, &m, NULL), 0);
	assert_int_equal(fsk_archive_begin(&two, a, &m, NULL), 0);
	assert_int_equal(fsk_archive_end(one, FSK_STATUS_COMPLETE, NULL, NULL, 0, NULL), 0);
	assert_int_equal(fsk_archive_finish(a, o, sha256, NULL), FSK_EINVAL);
	assert_int_equal(fsk_archive_end(two, FSK_STATUS_COMPLETE, NULL, NULL, 0, NULL), 0);
	assert_int_equal(fsk_archive_finish(a, o, sha256, NULL), 0);
	assert_int_equal(fsk_archive_begin(&one, a, &m, NULL), FSK_EINVAL);
	assert_null(one);
	json_decref(o);
	fsk_archive_free(a);
	empty_scratch();
}

static int append(void *arg, const uint8_t *p, size_t n, struct fsk_err *err)
{
	return fsk_buf_append(arg, p, n, err);
}

static void read_member(struct fsk_buf *out, const char *path, const char *name)
{
	struct fsk_zip_member m;
	struct fsk_scan scan;
	struct fsk_buf room;
	struct fsk_file f;
	bool found = false;

	fsk_buf_init(out, 1u << 20);
	fsk_buf_init(&room, 2 * FSK_MEMBER_NAME_MAX);
	assert_int_equal(fsk_file_open(&f, path, NULL), 0);
	assert_int_equal(fsk_scan(&scan, &f, f.size, true, NULL), 0);
	for (size_t i = 0; i < scan.count; i++) {
		assert_int_equal(fsk_scan_read(&m, &room, &scan.items[i], &f, NULL), 0);
		if (strcmp(m.name, name) != 0)
			continue;
		found = true;
		assert_int_equal(fsk_zip_unpack(&m, &f, append, out, NULL), 0);
	}
	assert_true(found);
	assert_int_equal(fsk_buf_append_u8(out, 0, NULL), 0);
	fsk_scan_free(&scan);
	fsk_buf_free(&room);
	fsk_file_close(&f);
}

static void assert_member(const char *path, const char *name, const char *wanted)
{
	struct fsk_buf b;

	read_member(&b, path, name);
	assert_string_equal((const char *) b.data, wanted);
	fsk_buf_free(&b);
}

static void manifest_states_what_is_known(void **state)
{
	struct fsk_archive *a = create("case");
	char inside[] = "a/b", stream[] = "s";
	struct fsk_locator where = {
		.source = 0, .volume = 2, .addr = 64, .seq = 3, .path = inside, .stream = stream
	};
	json_t *reasons = json_pack("[{s:s}]", "plugin", "p"), *o;
	struct fsk_member m = {
		.name = "fs/C/a/b:s", .locator = &where, .expected = 10, .reasons = reasons
	};
	const struct fsk_range gap = { .offset = 512, .length = 1024 };
	struct fsk_open_member *open;
	struct fsk_buf b;
	char *nl;

	(void) state;
	assert_int_equal(fsk_archive_begin(&open, a, &m, NULL), 0);
	assert_int_equal(fsk_archive_write(open, "abc", 3, NULL), 0);
	assert_int_equal(fsk_archive_end(open, FSK_STATUS_PARTIAL, "read error", &gap, 1, NULL), 0);
	finish(a);
	read_member(&b, fsk_archive_path(a), "manifest.jsonl");
	/* sorted by name: anomalies, collection, findings, then ours */
	nl = (char *) memmem(b.data, b.len, "{\"expected\"", 11);
	assert_non_null(nl);
	*strchr(nl, '\n') = '\0';
	o = json_loads(nl, 0, NULL);
	assert_non_null(o);
	assert_int_equal(json_integer_value(json_object_get(o, "expected")), 10);
	assert_int_equal(json_integer_value(json_object_get(o, "size")), 3);
	assert_string_equal(json_string_value(json_object_get(o, "status")), "partial");
	assert_string_equal(json_string_value(json_object_get(o, "reason")), "read error");
	assert_string_equal(json_string_value(json_object_get(o, "sha256")),
	                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(json_string_value(json_object_get(o, "sha1")),
	                    "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_string_equal(json_string_value(json_object_get(o, "md5")),
	                    "900150983cd24fb0d6963f7d28e17f72");
	assert_int_equal(
	    json_integer_value(json_array_get(json_array_get(json_object_get(o, "ranges"), 0), 1)),
	    1024);
	assert_string_equal(json_string_value(json_object_get(
	                        json_array_get(json_object_get(o, "reasons"), 0), "plugin")),
	                    "p");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(o, "locator"), "addr")),
	                 64);
	json_decref(o);
	json_decref(reasons);
	fsk_buf_free(&b);
	fsk_archive_free(a);
	empty_scratch();
}

/* --- several members --- */

#define SIDE_BY_SIDE 6

struct told {
	struct fsk_digests digests[SIDE_BY_SIDE];
	unsigned settled;
};

static void note_settled(void *arg, const struct fsk_settled *s)
{
	struct told *t = arg;

	assert_int_equal(s->code, 0);
	assert_null(s->why);
	t->digests[s->tag] = *s->digests;
	t->settled++;
}

/* Noise, then what deflates, in turns of 3 MB. */
static uint8_t *make_bytes(size_t n)
{
	uint8_t *p = malloc(n);
	uint64_t x = 88172645463325252u;

	assert_non_null(p);
	for (size_t i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p[i] = (i / 3000000 & 1) ? (uint8_t) (x & 0x13) : (uint8_t) x;
	}
	return p;
}

/* Members of all sizes, written in turns, ended backwards: each is what it was,
 * and no more is held than is permitted. */
static void write_side_by_side(int level, unsigned threads)
{
	static const size_t sizes[SIDE_BY_SIDE] = { 0, 10, 300000, 1 << 20, 9000000, 20000000 };
	struct told told = { 0 };
	struct fsk_archive_options opt = { .dir = scratch,
		                           .label = "many",
		                           .started = STARTED,
		                           .level = level,
		                           .threads = threads,
		                           .settled = note_settled,
		                           .arg = &told };
	struct fsk_open_member *open[SIDE_BY_SIDE];
	size_t at[SIDE_BY_SIDE] = { 0 };
	uint8_t *p = make_bytes(sizes[SIDE_BY_SIDE - 1] + SIDE_BY_SIDE);
	struct fsk_archive *a;
	struct fsk_digests d;

	assert_int_equal(fsk_archive_create(&a, &opt, NULL), 0);
	for (unsigned i = 0; i < SIDE_BY_SIDE; i++) {
		char name[8] = { 'f', (char) ('0' + i) };
		struct fsk_member m = { .name = name, .expected = sizes[i], .tag = i };

		assert_int_equal(fsk_archive_begin(&open[i], a, &m, NULL), 0);
	}
	for (bool more = true; more;) {
		more = false;
		for (unsigned i = 0; i < SIDE_BY_SIDE; i++) {
			size_t n = sizes[i] - at[i] < 777777 ? sizes[i] - at[i] : 777777;

			assert_int_equal(fsk_archive_write(open[i], p + i + at[i], n, NULL), 0);
			at[i] += n;
			more = more || at[i] < sizes[i];
		}
	}
	for (unsigned i = SIDE_BY_SIDE; i-- > 0;)
		assert_int_equal(fsk_archive_end(open[i], FSK_STATUS_COMPLETE, NULL, NULL, 0, NULL),
		                 0);
	assert_int_equal(fsk_archive_settle(a, NULL), 0);
	assert_int_equal(told.settled, SIDE_BY_SIDE);
	for (unsigned i = 0; i < SIDE_BY_SIDE; i++) {
		assert_int_equal(fsk_digest_bytes(&d, FSK_DIGEST_ALL, p + i, sizes[i], NULL), 0);
		assert_string_equal(d.sha256, told.digests[i].sha256);
		assert_string_equal(d.sha1, told.digests[i].sha1);
		assert_string_equal(d.md5, told.digests[i].md5);
	}
	finish(a);
	assert_sound(fsk_archive_path(a));
	fsk_archive_free(a);
	free(p);
	empty_scratch();
}

static void members_are_written_side_by_side(void **state)
{
	(void) state;
	write_side_by_side(-1, 1);
	write_side_by_side(-1, 4);
	write_side_by_side(0, 3);
}

/* An open member that has much to come is no reason for the others to wait. */
static void an_idle_member_holds_up_no_one(void **state)
{
	struct told told = { 0 };
	struct fsk_archive_options opt = { .dir = scratch,
		                           .label = "idle",
		                           .started = STARTED,
		                           .level = 1,
		                           .settled = note_settled,
		                           .arg = &told };
	struct fsk_member m = { .name = "slow" }, n = { .name = "quick", .tag = 1 };
	struct fsk_open_member *slow, *quick;
	struct fsk_archive *a;

	(void) state;
	assert_int_equal(fsk_archive_create(&a, &opt, NULL), 0);
	assert_int_equal(fsk_archive_begin(&slow, a, &m, NULL), 0);
	assert_int_equal(fsk_archive_write(slow, "slow", 4, NULL), 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(fsk_archive_begin(&quick, a, &n, NULL), 0);
		assert_int_equal(fsk_archive_write_zeros(quick, 10 * FSK_MIB, NULL), 0);
		assert_int_equal(fsk_archive_end(quick, FSK_STATUS_COMPLETE, NULL, NULL, 0, NULL),
		                 0);
		assert_int_equal(fsk_archive_settle(a, NULL), 0);
		assert_int_equal(told.settled, i + 1);
	}
	assert_true(fsk_archive_has_room(a, slow, 8 * FSK_MIB));
	assert_int_equal(fsk_archive_end(slow, FSK_STATUS_COMPLETE, NULL, NULL, 0, NULL), 0);
	finish(a);
	assert_int_equal(told.settled, 4);
	assert_sound(fsk_archive_path(a));
	fsk_archive_free(a);
	empty_scratch();
}

/* What nobody ends is left behind when the archive is freed. */
static void open_members_are_freed(void **state)
{
	struct fsk_member m = { .name = "open" };
	struct fsk_archive *a = create("case");
	struct fsk_open_member *o;

	(void) state;
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(fsk_archive_begin(&o, a, &m, NULL), 0);
		assert_int_equal(fsk_archive_write_zeros(o, i * 3 * FSK_MIB, NULL), 0);
	}
	fsk_archive_free(a);
	empty_scratch();
}

static void rows_become_sorted_members(void **state)
{
	char path[128];

	(void) state;
	make_sample(path);
	assert_member(path, "findings.jsonl", "{\"n\":3}\n{\"n\":1}\n");
	assert_member(path, "records/runkeys.jsonl", "{\"n\":2}\n");
	assert_member(path, "anomalies.jsonl", "");
	empty_scratch();
}

/* Same input, same bytes, but for the times and hashes of custody.jsonl,
 * which is why everything in front of it is compared. */
static void same_input_gives_same_bytes(void **state)
{
	struct fsk_buf a, b;
	char path[128];
	const uint8_t *custody;
	size_t n;

	(void) state;
	make_sample(path);
	slurp(&a, path);
	empty_scratch();
	make_sample(path);
	slurp(&b, path);
	custody = memmem(a.data, a.len, "custody.jsonl", 13);
	assert_non_null(custody);
	n = (size_t) (custody - a.data) - 30;
	assert_true(n > 1000);
	assert_memory_equal(a.data, b.data, n);
	fsk_buf_free(&a);
	fsk_buf_free(&b);
	empty_scratch();
}

/* --- verify --- */

static void every_flipped_byte_is_found(void **state)
{
	struct problems p;
	struct fsk_buf b;
	char path[128];

	(void) state;
	make_sample(path);
	slurp(&b, path);
	for (size_t i = 0; i < b.len; i++) {
		b.data[i] ^= 1u << (i % 8);
		spill(path, b.data, b.len);
		if (verify(&p, path) == 0 && p.count == 0)
			fail_msg("byte %zu", i);
		b.data[i] ^= 1u << (i % 8);
	}
	spill(path, b.data, b.len);
	assert_sound(path);
	fsk_buf_free(&b);
	empty_scratch();
}

static void every_truncation_and_addition_is_found(void **state)
{
	struct problems p;
	struct fsk_buf b;
	char path[128];

	(void) state;
	make_sample(path);
	slurp(&b, path);
	for (size_t n = 0; n < b.len; n += 3) {
		spill(path, b.data, n);
		if (verify(&p, path) == 0 && p.count == 0)
			fail_msg("%zu of %zu bytes", n, b.len);
	}
	assert_int_equal(fsk_buf_append(&b, "garbage", 7, NULL), 0);
	for (size_t n = 1; n <= 7; n++) {
		spill(path, b.data, b.len - 7 + n);
		assert_int_equal(verify(&p, path), 0);
		assert_int_equal(p.count, 1);
		assert_non_null(strstr(p.text, "bytes were added"));
		assert_null(strstr(p.text, "packed bytes"));
	}
	fsk_buf_free(&b);
	empty_scratch();
}

/* Writes the archive anew in its own form, so that only what the members
 * say can give a change away: `change` may edit content, or leave a member out by
 * returning false. */
typedef bool change_member(const char *name, struct fsk_buf *content);

static void rewrite(const char *path, change_member *change)
{
	struct fsk_buf in, out, index, room, content;
	struct fsk_scan scan;
	struct fsk_file f;
	uint64_t members = 0, at;

	fsk_buf_init(&out, 1u << 20);
	fsk_buf_init(&index, 1u << 20);
	fsk_buf_init(&content, 1u << 20);
	fsk_buf_init(&room, 2 * FSK_MEMBER_NAME_MAX);
	slurp(&in, path);
	assert_int_equal(fsk_file_open(&f, path, NULL), 0);
	assert_int_equal(fsk_scan(&scan, &f, f.size, true, NULL), 0);
	for (size_t i = 0; i < scan.count; i++) {
		struct fsk_zip_member m;

		fsk_buf_reset(&content);
		assert_int_equal(fsk_scan_read(&m, &room, &scan.items[i], &f, NULL), 0);
		assert_int_equal(fsk_zip_unpack(&m, &f, append, &content, NULL), 0);
		if (!change(m.name, &content))
			continue;
		m.offset = out.len;
		m.method = FSK_ZIP_STORED;
		m.size = m.packed = content.len;
		m.crc32 = m.packed_crc32 = libdeflate_crc32(0, content.data, content.len);
		assert_int_equal(fsk_zip_append_local(&out, &m, NULL), 0);
		assert_int_equal(fsk_buf_append(&out, content.data, content.len, NULL), 0);
		assert_int_equal(fsk_zip_append_central(&index, &m, NULL), 0);
		members++;
	}
	at = out.len;
	assert_int_equal(fsk_buf_append(&out, index.data, index.len, NULL), 0);
	assert_int_equal(fsk_zip_append_end(&out, members, at, index.len, NULL), 0);
	fsk_file_close(&f);
	spill(path, out.data, out.len);
	fsk_scan_free(&scan);
	fsk_buf_free(&in);
	fsk_buf_free(&out);
	fsk_buf_free(&index);
	fsk_buf_free(&content);
	fsk_buf_free(&room);
}

/* The line that holds `what`, as offsets. */
static void find_line(const struct fsk_buf *b, const char *what, size_t *start, size_t *end)
{
	const uint8_t *hit = memmem(b->data, b->len, what, strlen(what));

	assert_non_null(hit);
	*start = (size_t) (hit - b->data);
	while (*start > 0 && b->data[*start - 1] != '\n')
		(*start)--;
	*end = (size_t) ((const uint8_t *) memchr(hit, '\n', b->len - (size_t) (hit - b->data)) -
	                 b->data) +
	       1;
}

static void remove_line(struct fsk_buf *b, const char *what)
{
	size_t start, end;

	find_line(b, what, &start, &end);
	memmove(b->data + start, b->data + end, b->len - end);
	b->len -= end - start;
}

static bool no_change(const char *name, struct fsk_buf *content)
{
	(void) name;
	(void) content;
	return true;
}

static bool edit_file(const char *name, struct fsk_buf *content)
{
	if (strcmp(name, "fs/C/two.txt") == 0)
		content->data[0] ^= 1;
	return true;
}

/* the row's absence is one problem, the other digest in custody a second */
static bool edit_file_and_remove_row(const char *name, struct fsk_buf *content)
{
	if (strcmp(name, "manifest.jsonl") == 0)
		remove_line(content, "two.txt");
	return edit_file(name, content);
}

static bool shorten_file(const char *name, struct fsk_buf *content)
{
	if (strcmp(name, "fs/C/two.txt") == 0)
		content->len--;
	return true;
}

static bool remove_file(const char *name, struct fsk_buf *content)
{
	(void) content;
	return strcmp(name, "fs/C/two.txt") != 0;
}

static bool remove_custody(const char *name, struct fsk_buf *content)
{
	(void) content;
	return strcmp(name, "custody.jsonl") != 0;
}

static bool remove_manifest(const char *name, struct fsk_buf *content)
{
	(void) content;
	return strcmp(name, "manifest.jsonl") != 0;
}

static bool edit_row(const char *name, struct fsk_buf *content)
{
	if (strcmp(name, "manifest.jsonl") == 0)
		memcpy(memmem(content->data, content->len, "complete", 8), "Complete", 8);
	return true;
}

static bool remove_row(const char *name, struct fsk_buf *content)
{
	if (strcmp(name, "manifest.jsonl") == 0)
		remove_line(content, "two.txt");
	return true;
}

static bool edit_custody(const char *name, struct fsk_buf *content)
{
	if (strcmp(name, "custody.jsonl") == 0)
		memcpy(memmem(content->data, content->len, "two.txt", 7), "TWO.txt", 7);
	return true;
}

static bool edit_last_custody(const char *name, struct fsk_buf *content)
{
	if (strcmp(name, "custody.jsonl") == 0)
		memcpy(memmem(content->data, content->len, "\"members\":6", 11), "\"members\":5",
		       11);
	return true;
}

static bool cut_custody_line(const char *name, struct fsk_buf *content)
{
	if (strcmp(name, "custody.jsonl") == 0)
		remove_line(content, "one.txt");
	return true;
}

static bool cut_last_custody_line(const char *name, struct fsk_buf *content)
{
	if (strcmp(name, "custody.jsonl") == 0)
		remove_line(content, "\"closed\"");
	return true;
}

static bool swap_custody_lines(const char *name, struct fsk_buf *content)
{
	size_t a, middle, from, end;
	uint8_t *first;

	if (strcmp(name, "custody.jsonl") != 0)
		return true;
	find_line(content, "one.txt", &a, &middle);
	find_line(content, "two.txt", &from, &end);
	assert_int_equal(middle, from);
	first = malloc(middle - a);
	assert_non_null(first);
	memcpy(first, content->data + a, middle - a);
	memmove(content->data + a, content->data + middle, end - middle);
	memcpy(content->data + a + (end - middle), first, middle - a);
	free(first);
	return true;
}

static void forgeries_are_named(void **state)
{
	static const struct {
		change_member *change;
		const char *said;
	} cases[] = {
		{ edit_file, "fs/C/two.txt: its SHA-256 is not the one in the manifest" },
		{ edit_file_and_remove_row,
		  "fs/C/two.txt: its SHA-256 is not the one in custody line 3" },
		{ shorten_file, "fs/C/two.txt: has 5 bytes, the manifest says 6" },
		{ remove_file, "fs/C/two.txt: is in the manifest but not in the archive" },
		{ remove_file, "fs/C/two.txt: custody line 3 calls it finished, but it is not" },
		{ remove_custody, "custody.jsonl: is missing" },
		{ remove_manifest, "manifest.jsonl: is missing" },
		{ edit_row, "manifest.jsonl: its SHA-256 is not the one in the custody log" },
		{ remove_row, "fs/C/two.txt: is in the archive but not in the manifest" },
		{ remove_row, "manifest.jsonl: its SHA-256 is not the one in the custody log" },
		{ edit_custody, "custody.jsonl line 3: its hash does not fit its text" },
		{ edit_last_custody, "custody.jsonl line 8: its hash does not fit its text" },
		{ cut_custody_line, "custody.jsonl line 2: does not follow the line before it" },
		{ cut_last_custody_line, "custody.jsonl: does not end with a \"closed\" line" },
		{ swap_custody_lines, "custody.jsonl line 2: does not follow the line before it" },
	};
	struct problems p;
	char path[128];

	(void) state;
	make_sample(path);
	rewrite(path, no_change);
	assert_sound(path);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		empty_scratch();
		make_sample(path);
		rewrite(path, cases[i].change);
		assert_int_equal(verify(&p, path), 0);
		if (strstr(p.text, cases[i].said) == NULL)
			fail_msg("case %zu wanted \"%s\", got: %s", i, cases[i].said, p.text);
	}
	empty_scratch();
}

static void a_left_over_journal_is_reported(void **state)
{
	struct fsk_recover_result r;
	struct problems p;
	char path[128], journal[160];

	(void) state;
	make_sample(path);
	snprintf(journal, sizeof(journal), "%s.journal", path);
	spill(journal, (const uint8_t *) "", 0);
	assert_int_equal(verify(&p, path), 0);
	assert_int_equal(p.count, 1);
	assert_non_null(strstr(p.text, "fossick recover"));
	assert_int_equal(fsk_archive_recover(&r, path, NULL), 0);
	assert_true(r.already_complete);
	assert_sound(path);
	empty_scratch();
}

static void strangers_are_refused(void **state)
{
	struct fsk_recover_result r;
	struct fsk_verify_result v;
	struct fsk_err err;
	char path[128];

	(void) state;
	snprintf(path, sizeof(path), "%s/x.zip", scratch);
	assert_int_equal(fsk_archive_verify(&v, path, NULL, NULL, &err), FSK_ENOTFOUND);
	assert_int_equal(fsk_archive_recover(&r, path, &err), FSK_ENOTFOUND);
	spill(path, (const uint8_t *) "some text, no archive", 21);
	assert_int_equal(fsk_archive_verify(&v, path, NULL, NULL, &err), FSK_ECORRUPT);
	assert_int_equal(fsk_archive_recover(&r, path, &err), FSK_ECORRUPT);
	assert_non_null(strstr(err.msg, "x.zip"));
	spill(path, (const uint8_t *) "", 0);
	assert_int_equal(fsk_archive_verify(&v, path, NULL, NULL, &err), FSK_ECORRUPT);
	assert_int_equal(fsk_archive_recover(&r, path, &err), FSK_ECORRUPT);
	empty_scratch();
}

static void a_busy_archive_is_not_recovered(void **state)
{
	struct fsk_archive *a = create("case");
	struct fsk_recover_result r;
	struct fsk_err err;

	(void) state;
	assert_int_equal(fsk_archive_recover(&r, fsk_archive_path(a), &err), FSK_EPERM);
	assert_non_null(strstr(err.msg, "another process"));
	fsk_archive_free(a);
	empty_scratch();
}

/* --- recover --- */

/* Recovers the first `n` bytes of an archive, alone or with its journal.
 * Whatever comes out must verify; which members must be there is given by
 * how many of the local headers in the whole file end before `n`. */
static void recover_prefix(const char *path, const struct fsk_buf *zip, size_t n,
                           const struct fsk_buf *journal, const struct fsk_scan *scan)
{
	struct fsk_recover_result r;
	struct fsk_err err = { 0 };
	char journal_path[160];
	size_t whole = 0;
	int rc;

	empty_scratch();
	spill(path, zip->data, n);
	if (journal != NULL) {
		snprintf(journal_path, sizeof(journal_path), "%s.journal", path);
		spill(journal_path, journal->data, journal->len);
	}
	while (whole < scan->count && scan->items[whole].end <= n)
		whole++;
	rc = fsk_archive_recover(&r, path, &err);
	if (rc < 0) {
		/* not even one header is there */
		if (whole > 0 || err.msg[0] == '\0' || journal != NULL)
			fail_msg("%zu bytes: %s", n, err.msg);
		return;
	}
	assert_sound(path);
	/* manifest and custody are written anew, rows may have to be */
	if (r.members_kept + 2 < whole && journal == NULL)
		fail_msg("%zu bytes: kept %zu of %zu", n, (size_t) r.members_kept, whole);
}

static void every_truncation_is_recovered(void **state)
{
	struct fsk_buf zip;
	struct fsk_scan scan;
	struct fsk_file f;
	char path[128];

	(void) state;
	make_sample(path);
	slurp(&zip, path);
	assert_int_equal(fsk_file_open(&f, path, NULL), 0);
	assert_int_equal(fsk_scan(&scan, &f, f.size, true, NULL), 0);
	fsk_file_close(&f);
	for (size_t n = 0; n < zip.len; n++)
		recover_prefix(path, &zip, n, NULL, &scan);
	fsk_scan_free(&scan);
	fsk_buf_free(&zip);
	empty_scratch();
}

/* An unfinished archive with its journal, either cut at every byte. */
static void every_truncation_of_a_run_is_recovered(void **state)
{
	struct fsk_archive *a = create("case");
	struct fsk_buf zip, journal, part;
	struct fsk_scan scan;
	struct fsk_file f;
	char path[128], journal_path[160];

	(void) state;
	add(a, "fs/C/one.txt", "the first file the first file the first file");
	row(a, "findings", "b", 1);
	add(a, "fs/C/two.txt", "second");
	snprintf(path, sizeof(path), "%s", fsk_archive_path(a));
	snprintf(journal_path, sizeof(journal_path), "%s.journal", path);
	fsk_archive_free(a);
	slurp(&zip, path);
	slurp(&journal, journal_path);
	assert_int_equal(fsk_file_open(&f, path, NULL), 0);
	assert_int_equal(fsk_scan(&scan, &f, f.size, true, NULL), 0);
	fsk_file_close(&f);
	assert_int_equal(scan.count, 2);
	for (size_t n = 0; n <= journal.len; n++) {
		part = journal;
		part.len = n;
		recover_prefix(path, &zip, zip.len, &part, &scan);
		assert_member(path, "fs/C/two.txt", "second");
	}
	recover_prefix(path, &zip, zip.len, &journal, &scan);
	assert_member(path, "findings.jsonl", "{\"n\":1}\n");
	fsk_scan_free(&scan);
	fsk_buf_free(&zip);
	fsk_buf_free(&journal);
	empty_scratch();
}

/* What the journal calls finished but the ZIP has lost must not be hidden. */
static void a_lost_member_is_told(void **state)
{
	struct fsk_archive *a = create("case");
	struct fsk_recover_result r;
	struct problems p;
	char path[128];

	(void) state;
	add(a, "fs/C/one.txt", "one");
	add(a, "fs/C/two.txt", "two");
	snprintf(path, sizeof(path), "%s", fsk_archive_path(a));
	fsk_archive_free(a);
	assert_int_equal(truncate(path, 100), 0);
	assert_int_equal(fsk_archive_recover(&r, path, NULL), 0);
	assert_int_equal(r.members_kept, 0);
	assert_int_equal(verify(&p, path), 0);
	assert_int_equal(p.count, 2);
	assert_non_null(strstr(p.text, "fs/C/two.txt: custody line 3 calls it finished"));
	empty_scratch();
}

/* Damage in the middle: the members behind it stay. */
static void members_behind_damage_are_kept(void **state)
{
	struct fsk_recover_result r;
	struct fsk_buf b;
	char path[128];

	(void) state;
	make_sample(path);
	slurp(&b, path);
	memset(b.data, 0, 20);
	spill(path, b.data, b.len - 50);
	assert_int_equal(fsk_archive_recover(&r, path, NULL), 0);
	assert_false(r.already_complete);
	assert_member(path, "fs/C/two.txt", "second");
	assert_member(path, "findings.jsonl", "{\"n\":3}\n{\"n\":1}\n");
	fsk_buf_free(&b);
	empty_scratch();
}

static void recover_says_what_it_did(void **state)
{
	struct fsk_archive *a = create("case");
	struct fsk_member m = { .name = "fs/C/in-flight.bin" };
	struct fsk_open_member *open;
	struct fsk_recover_result r;
	struct fsk_verify_result v;
	struct fsk_buf b;
	json_t *noted = json_pack("{s:s}", "case", "T-7");
	char path[128];

	(void) state;
	assert_int_equal(fsk_archive_note_collection(a, noted, NULL), 0);
	add(a, "fs/C/one.txt", "one");
	row(a, "findings", "a", 1);
	assert_int_equal(fsk_archive_begin(&open, a, &m, NULL), 0);
	assert_int_equal(fsk_archive_write_zeros(open, 8 * FSK_MIB, NULL), 0); /* a large one */
	while (fsk_archive_stats(a).bytes_out < 1000)
		fsk_archive_pump(a);
	assert_int_equal(fsk_archive_settle(a, NULL), 0);
	snprintf(path, sizeof(path), "%s", fsk_archive_path(a));
	fsk_archive_free(a);
	assert_int_equal(fsk_archive_recover(&r, path, NULL), 0);
	assert_int_equal(r.members_kept, 1);
	assert_int_equal(r.rows, 1);
	assert_true(r.bytes_dropped > 0);
	assert_sound(path);
	assert_int_equal(fsk_archive_verify(&v, path, NULL, NULL, NULL), 0);
	assert_string_equal(v.manifest_sha256, r.manifest_sha256);
	assert_int_equal(v.partial, 0);
	read_member(&b, path, "custody.jsonl");
	assert_non_null(strstr((char *) b.data, "\"event\":\"recovered\""));
	assert_non_null(strstr((char *) b.data, "\"in_flight\":\"fs/C/in-flight.bin\""));
	fsk_buf_free(&b);
	read_member(&b, path, "collection.json");
	assert_non_null(strstr((char *) b.data, "\"case\": \"T-7\""));
	assert_non_null(strstr((char *) b.data, "\"recovered\": true"));
	fsk_buf_free(&b);
	json_decref(noted);
	empty_scratch();
}

static void without_a_journal_rows_are_rebuilt(void **state)
{
	struct fsk_archive *a = create("case");
	struct fsk_recover_result r;
	struct fsk_verify_result v;
	struct fsk_buf b;
	char path[128], journal[160];

	(void) state;
	add(a, "fs/C/one.txt", "one");
	snprintf(path, sizeof(path), "%s", fsk_archive_path(a));
	snprintf(journal, sizeof(journal), "%s.journal", path);
	fsk_archive_free(a);
	unlink(journal);
	assert_int_equal(fsk_archive_recover(&r, path, NULL), 0);
	assert_int_equal(r.members_kept, 1);
	assert_sound(path);
	assert_int_equal(fsk_archive_verify(&v, path, NULL, NULL, NULL), 0);
	assert_int_equal(v.partial, 1);
	read_member(&b, path, "manifest.jsonl");
	assert_non_null(strstr((char *) b.data, "\"status\":\"recovered\""));
	assert_non_null(strstr((char *) b.data, "\"modified\":\"2020-09-13T12:26:40.0000001Z\""));
	fsk_buf_free(&b);
	read_member(&b, path, "custody.jsonl");
	assert_non_null(strstr((char *) b.data, "\"journal\":\"missing\""));
	fsk_buf_free(&b);
	empty_scratch();
}

/* --- the target --- */

static void evidence_folders_are_no_target(void **state)
{
	char below[96], link[96];
	const char *evidence[1] = { scratch };
	struct fsk_err err;

	(void) state;
	snprintf(below, sizeof(below), "%s/below", scratch);
	snprintf(link, sizeof(link), "%s/link", scratch);
	assert_int_equal(mkdir(below, 0700), 0);
	assert_int_equal(symlink(below, link), 0);
	assert_int_equal(fsk_archive_check_target(scratch, evidence, 1, &err), FSK_EPERM);
	assert_int_equal(fsk_archive_check_target(below, evidence, 1, &err), FSK_EPERM);
	assert_non_null(strstr(err.msg, "lies on the evidence"));
	assert_int_equal(fsk_archive_check_target(link, evidence, 1, &err), FSK_EPERM);
	evidence[0] = below;
	assert_int_equal(fsk_archive_check_target(scratch, evidence, 1, &err), 0);
	assert_int_equal(fsk_archive_check_target(link, evidence, 1, &err), FSK_EPERM);
	assert_int_equal(fsk_archive_check_target("/nonexistent", evidence, 1, &err),
	                 FSK_ENOTFOUND);
	unlink(link);
	rmdir(below);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_archive_is_written_and_verified),
		cmocka_unit_test(nothing_is_overwritten),
		cmocka_unit_test(an_unwritable_folder_is_named),
		cmocka_unit_test(evidence_cannot_take_our_names),
		cmocka_unit_test(names_keep_their_accents_apart),
		cmocka_unit_test(misuse_is_refused),
		cmocka_unit_test(manifest_states_what_is_known),
		cmocka_unit_test(members_are_written_side_by_side),
		cmocka_unit_test(an_idle_member_holds_up_no_one),
		cmocka_unit_test(open_members_are_freed),
		cmocka_unit_test(rows_become_sorted_members),
		cmocka_unit_test(same_input_gives_same_bytes),
		cmocka_unit_test(every_flipped_byte_is_found),
		cmocka_unit_test(every_truncation_and_addition_is_found),
		cmocka_unit_test(forgeries_are_named),
		cmocka_unit_test(a_left_over_journal_is_reported),
		cmocka_unit_test(strangers_are_refused),
		cmocka_unit_test(a_busy_archive_is_not_recovered),
		cmocka_unit_test(every_truncation_is_recovered),
		cmocka_unit_test(every_truncation_of_a_run_is_recovered),
		cmocka_unit_test(a_lost_member_is_told),
		cmocka_unit_test(members_behind_damage_are_kept),
		cmocka_unit_test(recover_says_what_it_did),
		cmocka_unit_test(without_a_journal_rows_are_rebuilt),
		cmocka_unit_test(evidence_folders_are_no_target),
	};

	return cmocka_run_group_tests(tests, make_scratch, drop_scratch);
}
