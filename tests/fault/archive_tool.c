/* Writes archives for the tests of core/archive, and dies at chosen moments.
 *
 *   archive_tool write DIR SEED MEMBERS   "done NAME SHA256" for each member
 *   archive_tool weave DIR SEED MEMBERS  the same, several open side by side
 *   archive_tool big DIR BYTES            one member of zeros with ends that are none
 *   archive_tool many DIR MEMBERS         that many tiny members
 *   archive_tool fill DIR                 until the disk is full, then finish
 *   archive_tool recover|verify ARCHIVE
 *   archive_tool target DIR EVIDENCE…
 *
 * Linked with --wrap for the calls that change files. Environment:
 *   KILL_AT=N   SIGKILL in front of the Nth such call
 *   TEAR=1      the call that is hit is a write: half of it is done
 *   LOSE=SEED   as if the power failed: of what was not synced, about half is
 *               undone
 *   NOSYNC=1    do not sync (for speed; says nothing about crashes)
 *   COUNT=1     say on stderr how many calls there were */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/archive/archive.h"
#include "core/archive/verify.h"

/* --- the calls that change files --- */

ssize_t __real_pwrite(int fd, const void *p, size_t n, off_t off);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t off);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

/* A write that is not on the medium yet. */
struct undo {
	int fd;
	off_t off;
	size_t n;
	char *old;
};

static pthread_mutex_t one_by_one = PTHREAD_MUTEX_INITIALIZER; /* the archive has threads */
static unsigned long calls, kill_at;
static bool tear, lose, nosync;
static uint64_t state;
static struct undo *undos;
static size_t nundos;

static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void remember(int fd, size_t n, off_t off)
{
	struct undo *u;

	undos = realloc(undos, (nundos + 1) * sizeof(*undos));
	if (undos == NULL)
		abort();
	u = &undos[nundos++];
	*u = (struct undo){ .fd = fd, .off = off, .n = n, .old = calloc(1, n + 1) };
	if (u->old == NULL || pread(fd, u->old, n, off) < 0)
		abort();
}

static void forget(int fd)
{
	size_t kept = 0;

	for (size_t i = 0; i < nundos; i++) {
		if (undos[i].fd == fd)
			free(undos[i].old);
		else
			undos[kept++] = undos[i];
	}
	nundos = kept;
}

static void die(void)
{
	while (lose && nundos-- > 0) {
		struct undo *u = &undos[nundos];

		if (next_random() & 1)
			if (__real_pwrite(u->fd, u->old, u->n, u->off) < 0)
				abort();
	}
	raise(SIGKILL);
}

static bool hit(void)
{
	return ++calls == kill_at;
}

ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t off)
{
	ssize_t put;

	pthread_mutex_lock(&one_by_one);
	if (hit()) {
		if (tear && n > 1)
			__real_pwrite(fd, p, n / 2, off);
		die();
	}
	if (lose)
		remember(fd, n, off);
	put = __real_pwrite(fd, p, n, off);
	pthread_mutex_unlock(&one_by_one);
	return put;
}

int __wrap_fdatasync(int fd)
{
	int rc;

	pthread_mutex_lock(&one_by_one);
	if (hit())
		die();
	rc = nosync ? 0 : __real_fdatasync(fd);
	forget(fd);
	pthread_mutex_unlock(&one_by_one);
	return rc;
}

int __wrap_ftruncate(int fd, off_t size)
{
	int rc;

	pthread_mutex_lock(&one_by_one);
	if (hit())
		die();
	rc = __real_ftruncate(fd, size);
	pthread_mutex_unlock(&one_by_one);
	return rc;
}

int __wrap_unlink(const char *path)
{
	int rc;

	pthread_mutex_lock(&one_by_one);
	if (hit())
		die();
	rc = __real_unlink(path);
	pthread_mutex_unlock(&one_by_one);
	return rc;
}

int __wrap_rename(const char *from, const char *to)
{
	int rc;

	pthread_mutex_lock(&one_by_one);
	if (hit())
		die();
	rc = __real_rename(from, to);
	pthread_mutex_unlock(&one_by_one);
	return rc;
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	int mode, fd;

	if (!(flags & O_CREAT))
		return __real_open(path, flags);
	va_start(args, flags);
	mode = va_arg(args, int);
	va_end(args);
	pthread_mutex_lock(&one_by_one);
	if (hit())
		die();
	fd = __real_open(path, flags, mode);
	pthread_mutex_unlock(&one_by_one);
	return fd;
}

static unsigned long from_env(const char *name)
{
	const char *text = getenv(name);

	return text != NULL ? strtoul(text, NULL, 10) : 0;
}

/* --- archives --- */

static int complain(const struct fsk_err *err)
{
	fprintf(stderr, "archive_tool: %s: %s\n", fsk_code_name(err->code), err->msg);
	return 2;
}

static char big_sha256[FSK_SHA256_HEX];

static void on_settled(void *arg, const struct fsk_settled *s)
{
	(void) arg;
	if (s->code == 0) {
		printf("done %s %s\n", s->name, s->digests->sha256);
		memcpy(big_sha256, s->digests->sha256, sizeof(big_sha256));
	} else {
		printf("dropped %s %s\n", s->name, fsk_code_name(s->code));
	}
	fflush(stdout);
}

static struct fsk_archive *create(const char *dir, struct fsk_err *err)
{
	struct fsk_archive_options opt = { .dir = dir,
		                           .settled = on_settled,
		                           .label = "case",
		                           .level = -1,
		                           .started = fsk_time_from_unix(1680077730, 0) };
	struct fsk_archive *a;

	if (fsk_archive_create(&a, &opt, err) < 0)
		return NULL;
	printf("archive %s\n", fsk_archive_path(a));
	fflush(stdout);
	return a;
}

/* `size` bytes that depend on the state; every second member deflates well */
static void make_content(uint8_t *p, size_t size, bool packs)
{
	for (size_t i = 0; i < size; i++)
		p[i] = packs ? (uint8_t) ("evidence "[i % 9] + (i / 512) % 3)
		             : (uint8_t) next_random();
}

static int add_member(struct fsk_archive *a, unsigned i, struct fsk_err *err)
{
	static uint8_t content[300000];
	char name[120], path[100];
	struct fsk_locator where = { .volume = 1, .addr = 100 + i, .seq = 1, .path = path };
	struct fsk_times times;
	struct fsk_member m = { .name = name, .locator = &where, .times = &times };
	struct fsk_open_member *o;
	size_t size = (size_t) (next_random() % (i % 10 == 9 ? sizeof(content) : 3000));
	int rc;

	snprintf(path, sizeof(path), "Users/user%u/file%03u.bin", i % 3, i);
	snprintf(name, sizeof(name), "fs/C/%s", path);
	fsk_times_clear(&times);
	times.modified = fsk_time_from_unix(1600000000 + i, i * 100);
	times.created = fsk_time_from_unix(1500000000 + i, 0);
	m.expected = size;
	make_content(content, size, i % 2 == 0);
	rc = fsk_archive_begin(&o, a, &m, err);
	for (size_t at = 0; rc == 0 && at < size; at += 70000)
		rc = fsk_archive_write(o, content + at, size - at < 70000 ? size - at : 70000, err);
	return rc == 0 ? fsk_archive_end(o, FSK_STATUS_COMPLETE, NULL, NULL, 0, err) : rc;
}

static int add_row(struct fsk_archive *a, unsigned i, struct fsk_err *err)
{
	static const char *const streams[] = { "findings", "anomalies", "records/runkeys" };
	char key[32];
	json_t *row = json_pack("{s:i,s:s}", "n", (int) i, "text", "caf\xc3\xa9 \"quoted\"");
	int rc;

	snprintf(key, sizeof(key), "%u\"", (unsigned) (i * 2654435761u % 97));
	rc = fsk_archive_row(a, streams[i % 3], key, row, err);
	json_decref(row);
	return rc;
}

static int finish(struct fsk_archive *a, struct fsk_err *err)
{
	char sha256[FSK_SHA256_HEX];
	json_t *collection = json_pack("{s:s,s:b}", "case", "T-1", "finished", 1);
	int rc = fsk_archive_finish(a, collection, sha256, err);

	json_decref(collection);
	if (rc == 0)
		printf("manifest %s\n", sha256);
	return rc;
}

static int do_write(const char *dir, unsigned members)
{
	struct fsk_err err = { 0 };
	struct fsk_archive *a = create(dir, &err);
	json_t *collection = json_pack("{s:s}", "case", "T-1");
	int rc = a == NULL ? -1 : fsk_archive_note_collection(a, collection, &err);

	for (unsigned i = 0; rc == 0 && i < members; i++) {
		for (unsigned k = 0; rc == 0 && k < 4; k++)
			rc = add_row(a, i * 4 + k, &err);
		if (rc == 0)
			rc = add_member(a, i, &err);
	}
	if (rc == 0)
		rc = finish(a, &err);
	json_decref(collection);
	fsk_archive_free(a);
	return rc < 0 ? complain(&err) : 0;
}

#define WOVEN 4u /* members open side by side */

struct thread {
	struct fsk_open_member *member;
	size_t left;
	unsigned number;
};

static int begin_thread(struct thread *t, struct fsk_archive *a, unsigned i, struct fsk_err *err)
{
	char name[40];
	struct fsk_member m = { .name = name };

	snprintf(name, sizeof(name), "fs/C/woven/%03u.bin", i);
	/* one in eight is larger than what waits in memory until it is whole */
	t->left = (size_t) (next_random() % (i % 8 == 3 ? 7000000 : 30000));
	t->number = i;
	return fsk_archive_begin(&t->member, a, &m, err);
}

/* Some bytes more, or its end. */
static int spin(struct thread *t, struct fsk_err *err)
{
	static uint8_t content[400000];
	size_t n = (size_t) (next_random() % sizeof(content));
	int rc;

	if (t->left == 0) {
		rc = fsk_archive_end(t->member, FSK_STATUS_COMPLETE, NULL, NULL, 0, err);
		t->member = NULL;
		return rc;
	}
	n = n < t->left ? n : t->left;
	t->left -= n;
	make_content(content, n, t->number % 2 == 0);
	return fsk_archive_write(t->member, content, n, err);
}

static int do_weave(const char *dir, unsigned members)
{
	struct fsk_err err = { 0 };
	struct fsk_archive *a = create(dir, &err);
	struct thread threads[WOVEN] = { 0 };
	unsigned begun = 0, open = 0;
	int rc = a == NULL ? -1 : 0;

	while (rc == 0 && (begun < members || open > 0)) {
		struct thread *t = &threads[next_random() % WOVEN];

		if (t->member == NULL && begun < members) {
			rc = add_row(a, begun, &err);
			if (rc == 0)
				rc = begin_thread(t, a, begun++, &err);
			open++;
		} else if (t->member != NULL) {
			rc = spin(t, &err);
			open -= t->member == NULL;
		}
	}
	if (rc == 0)
		rc = finish(a, &err);
	fsk_archive_free(a);
	return rc < 0 ? complain(&err) : 0;
}

static int do_big(const char *dir, uint64_t bytes)
{
	struct fsk_err err = { 0 };
	struct fsk_archive *a = create(dir, &err);
	struct fsk_member m = { .name = "fs/C/big.bin", .expected = bytes };
	struct fsk_open_member *o;
	int rc = a == NULL ? -1 : fsk_archive_begin(&o, a, &m, &err);

	if (rc == 0)
		rc = fsk_archive_write(o, "head", 4, &err);
	if (rc == 0)
		rc = fsk_archive_write_zeros(o, bytes - 8, &err);
	if (rc == 0)
		rc = fsk_archive_write(o, "tail", 4, &err);
	if (rc == 0)
		rc = fsk_archive_end(o, FSK_STATUS_COMPLETE, NULL, NULL, 0, &err);
	if (rc == 0)
		rc = fsk_archive_settle(a, &err);
	if (rc == 0)
		rc = fsk_archive_put(a, "behind.txt", "behind", 6, &err);
	if (rc == 0)
		rc = finish(a, &err);
	printf("sha256 %s\n", big_sha256);
	fsk_archive_free(a);
	return rc < 0 ? complain(&err) : 0;
}

static int do_many(const char *dir, unsigned members)
{
	struct fsk_err err = { 0 };
	struct fsk_archive *a = create(dir, &err);
	int rc = a == NULL ? -1 : 0;

	for (unsigned i = 0; rc == 0 && i < members; i++) {
		char name[40];

		snprintf(name, sizeof(name), "fs/C/%u/%u", i / 1000, i);
		rc = fsk_archive_put(a, name, name, strlen(name), &err);
	}
	if (rc == 0)
		rc = finish(a, &err);
	fsk_archive_free(a);
	return rc < 0 ? complain(&err) : 0;
}

static int do_fill(const char *dir)
{
	struct fsk_err err = { 0 }, full = { 0 };
	struct fsk_archive *a = create(dir, &err);
	int rc = a == NULL ? -1 : 0;
	unsigned i;

	if (a == NULL)
		return complain(&err);
	for (i = 0; rc == 0 && i < 100000; i++) {
		rc = add_row(a, i, &full);
		if (rc == 0)
			rc = add_member(a, i, &full);
	}
	printf("full %s: %s\n", fsk_code_name(full.code), full.msg);
	if (fsk_archive_put(a, "more", "more", 4, &err) != FSK_ENOSPC)
		printf("but \"more\" went in\n");
	rc = add_row(a, i, &err);
	if (rc == 0)
		rc = fsk_archive_custody(a, "disk-full", NULL, &err);
	if (rc == 0)
		rc = finish(a, &err);
	fsk_archive_free(a);
	return rc < 0 ? complain(&err) : 0;
}

static int do_recover(const char *path)
{
	struct fsk_recover_result r;
	struct fsk_err err = { 0 };

	if (fsk_archive_recover(&r, path, &err) < 0)
		return complain(&err);
	printf("kept %llu dropped %llu rows %llu %s manifest %s\n",
	       (unsigned long long) r.members_kept, (unsigned long long) r.bytes_dropped,
	       (unsigned long long) r.rows, r.already_complete ? "complete" : "recovered",
	       r.manifest_sha256);
	return 0;
}

static void print_problem(const char *object, const char *text, void *arg)
{
	(void) arg;
	printf("problem %s: %s\n", object, text);
}

static int do_verify(const char *path)
{
	struct fsk_verify_result r;
	struct fsk_err err = { 0 };

	if (fsk_archive_verify(&r, path, print_problem, NULL, &err) < 0)
		return complain(&err);
	printf("members %llu bytes %llu problems %llu partial %llu manifest %s\n",
	       (unsigned long long) r.members, (unsigned long long) r.bytes,
	       (unsigned long long) r.problems, (unsigned long long) r.partial, r.manifest_sha256);
	return r.problems > 0;
}

static int do_target(int argc, char **argv)
{
	struct fsk_err err = { 0 };

	if (fsk_archive_check_target(argv[0], (const char *const *) argv + 1, (size_t) argc - 1,
	                             &err) < 0)
		return complain(&err);
	return 0;
}

static int run(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "target") == 0)
		return do_target(argc - 2, argv + 2);
	if (argc == 5 && strcmp(argv[1], "write") == 0) {
		state = strtoull(argv[3], NULL, 10) * 2654435761u + 88172645463325252u;
		return do_write(argv[2], (unsigned) atoi(argv[4]));
	}
	if (argc == 5 && strcmp(argv[1], "weave") == 0) {
		state = strtoull(argv[3], NULL, 10) * 2654435761u + 88172645463325252u;
		return do_weave(argv[2], (unsigned) atoi(argv[4]));
	}
	if (argc == 4 && strcmp(argv[1], "big") == 0)
		return do_big(argv[2], strtoull(argv[3], NULL, 10));
	if (argc == 4 && strcmp(argv[1], "many") == 0)
		return do_many(argv[2], (unsigned) atoi(argv[3]));
	if (argc == 3 && strcmp(argv[1], "fill") == 0)
		return do_fill(argv[2]);
	if (argc == 3 && strcmp(argv[1], "recover") == 0)
		return do_recover(argv[2]);
	if (argc == 3 && strcmp(argv[1], "verify") == 0)
		return do_verify(argv[2]);
	fprintf(stderr, "archive_tool: see the head of archive_tool.c\n");
	return 64;
}

int main(int argc, char **argv)
{
	int status;

	kill_at = from_env("KILL_AT");
	tear = from_env("TEAR") != 0;
	nosync = from_env("NOSYNC") != 0;
	lose = getenv("LOSE") != NULL;
	state = 88172645463325252u + from_env("LOSE");
	status = run(argc, argv);
	if (from_env("COUNT") != 0)
		fprintf(stderr, "calls %lu\n", calls);
	for (size_t i = 0; i < nundos; i++)
		free(undos[i].old);
	free(undos);
	return status;
}
