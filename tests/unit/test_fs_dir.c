/* A folder of the host as a file system, through the broker. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/evidence/fs.h"
#include "core/evidence/rangelog.h"
#include "core/ipc/broker.h"
#include "tests/unit/memory_source.h"

struct fixture {
	char dir[64];
	intptr_t root[3];
	int fds[2];
	pthread_t server;
	struct fsk_fs *fs;
	struct anomaly_text notes;
};

static void *serve(void *arg)
{
	struct fixture *f = arg;

	while (fsk_broker_serve(f->fds[0], f->root, 3, NULL) == 0)
		;
	return NULL;
}

static void make(const struct fixture *f, const char *path, const char *text)
{
	char full[300];
	FILE *out;

	snprintf(full, sizeof(full), "%s/%s", f->dir, path);
	for (char *slash = full + strlen(f->dir) + 1; (slash = strchr(slash, '/')) != NULL;
	     slash++) {
		*slash = '\0';
		(void) mkdir(full, 0700);
		*slash = '/';
	}
	out = fopen(full, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void start(struct fixture *f)
{
	struct fsk_anomaly_sink sink = { anomaly_note, &f->notes };
	char link[100];

	strcpy(f->dir, "/tmp/fossick-dir-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	make(f, "etc/passwd", "root");
	make(f, "home/Ann/.bashrc", "alias");
	make(f, "home/Ann/Notes.txt", "hello");
	make(f, "home/ann/notes.txt", "other");
	make(f, "odd/a\xff", "name");
	make(f, "odd/c:d", "colon");
	snprintf(link, sizeof(link), "%s/odd/up", f->dir);
	assert_int_equal(symlink("..", link), 0);
	f->root[0] = f->root[1] = -1;
	f->root[2] = open(f->dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, f->fds), 0);
	assert_int_equal(pthread_create(&f->server, NULL, serve, f), 0);
	assert_int_equal(fsk_fs_open_dir(&f->fs, 2, f->fds[1], sink, NULL), 0);
}

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	start(*state);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char cmd[128];

	fsk_fs_close(f->fs);
	close(f->fds[1]);
	pthread_join(f->server, NULL);
	close(f->fds[0]);
	close((int) f->root[2]);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", f->dir);
	assert_int_equal(system(cmd), 0);
	free(f);
	return 0;
}

static const char *glob(struct fixture *f, const char *pattern)
{
	static char text[4096];
	struct fsk_globset set = { 0 };
	struct fsk_entries l;
	struct fsk_err err = { 0 };
	size_t n = 0;

	text[0] = '\0';
	assert_int_equal(fsk_globset_add(&set, pattern, NULL), 0);
	if (fsk_fs_glob(&l, f->fs, &set, 0, &err) < 0)
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < l.count; i++)
		n += (size_t) snprintf(text + n, sizeof(text) - n, "%s %s\n", l.items[i].loc.path,
		                       fsk_entry_type_name(l.items[i].type));
	fsk_entries_free(&l);
	fsk_globset_free(&set);
	return text;
}

/* Without openat2 there are no directory sources. */
static void need_broker(struct fixture *f)
{
	struct fsk_broker_entry e = { 0 };
	int rc = fsk_broker_stat(&e, f->fds[1], 2, "etc", NULL);

	free(e.name);
	if (rc == FSK_EUNSUPPORTED)
		skip();
}

static void test_globs(void **state)
{
	struct fixture *f = *state;

	need_broker(f);
	assert_string_equal(glob(f, "home/*/[Nn]otes.txt"),
	                    "home/Ann/Notes.txt file\nhome/ann/notes.txt file\n");
	assert_string_equal(glob(f, "**/.bashrc"), "home/Ann/.bashrc file\n");
	assert_string_equal(glob(f, "home/Ann/notes.txt"), "");
	assert_false(fsk_fs_folds_case(f->fs));
}

static void test_links_are_entries_and_are_not_followed(void **state)
{
	struct fixture *f = *state;

	need_broker(f);
	assert_string_equal(glob(f, "odd/**"), "odd/c:d file\nodd/up link\n");
	assert_non_null(strstr(f->notes.text, "not UTF-8"));
	assert_string_equal(glob(f, "odd/up/etc/passwd"), "");
	assert_string_equal(glob(f, "odd/c\\:d"), "odd/c:d file\n");
}

/* Listing "odd" would stumble over a name there. */
static void test_literal_paths_are_not_listed(void **state)
{
	struct fixture *f = *state;

	need_broker(f);
	assert_string_equal(glob(f, "odd/{up,c\\:d,none}"), "odd/c:d file\nodd/up link\n");
	assert_string_equal(f->notes.text, "");
}

static void test_windows_tree_folds_case(void **state)
{
	struct fixture *f = *state;
	struct fsk_anomaly_sink sink = { anomaly_note, &f->notes };
	struct fsk_entry e;

	need_broker(f);
	fsk_fs_close(f->fs);
	make(f, "WINDOWS/System32/config/SYSTEM", "regf");
	assert_int_equal(fsk_fs_open_dir(&f->fs, 2, f->fds[1], sink, NULL), 0);
	assert_true(fsk_fs_folds_case(f->fs));
	assert_string_equal(glob(f, "Windows/system32/Config/{SAM,system}"),
	                    "WINDOWS/System32/config/SYSTEM file\n");
	assert_int_equal(fsk_fs_lookup(&e, f->fs, "windows/SYSTEM32/config/system", NULL), 0);
	assert_string_equal(e.loc.path, "WINDOWS/System32/config/SYSTEM");
	assert_int_equal(e.loc.source, 2);
	assert_int_equal(e.loc.addr, 0);
	assert_int_equal(e.size, 4);
	fsk_entry_free(&e);
}

static void test_reading(void **state)
{
	struct fixture *f = *state;
	struct fsk_entry e;
	struct fsk_stream *st;
	char buf[16];
	bool sparse;

	need_broker(f);
	assert_int_equal(fsk_fs_lookup(&e, f->fs, "home/Ann/Notes.txt", NULL), 0);
	assert_int_equal(fsk_stream_open(&st, f->fs, &e.loc, NULL), 0);
	assert_int_equal(fsk_stream_size(st), 5);
	assert_int_equal(fsk_stream_read(st, buf, sizeof(buf), 1, &sparse, NULL), 4);
	assert_memory_equal(buf, "ello", 4);
	assert_int_equal(fsk_stream_read(st, buf, sizeof(buf), 5, NULL, NULL), 0);
	assert_int_equal(fsk_stream_status(st), FSK_STATUS_COMPLETE);
	/* the file becomes shorter under our hands */
	make(f, "home/Ann/Notes.txt", "he");
	assert_int_equal(fsk_stream_read(st, buf, sizeof(buf), 0, NULL, NULL), 5);
	assert_memory_equal(buf, "he\0\0\0", 5);
	assert_int_equal(fsk_stream_status(st), FSK_STATUS_PARTIAL);
	assert_int_equal(fsk_stream_bad(st)->ranges[0].offset, 2);
	fsk_stream_close(st);
	fsk_entry_free(&e);
	assert_int_equal(fsk_fs_lookup(&e, f->fs, "home/../etc/passwd", NULL), FSK_ENOTFOUND);
	assert_int_equal(fsk_fs_lookup(&e, f->fs, "etc/passwd/x", NULL), FSK_ENOTFOUND);
}

static void test_absence(void **state)
{
	struct fixture *f = *state;
	struct fsk_locator loc = { .source = 2, .path = (char *) "etc/shadow" };
	struct fsk_stream *st;
	struct fsk_err err;

	need_broker(f);
	assert_int_equal(fsk_stream_open(&st, f->fs, &loc, &err), FSK_ENOTFOUND);
	assert_null(st);
	assert_non_null(strstr(err.msg, "etc/shadow"));
	loc.path = (char *) "odd/up";
	assert_true(fsk_stream_open(&st, f->fs, &loc, &err) < 0);
}

int main(void)
{
#define CASE(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_globs),
		CASE(test_links_are_entries_and_are_not_followed),
		CASE(test_literal_paths_are_not_listed),
		CASE(test_windows_tree_folds_case),
		CASE(test_reading),
		CASE(test_absence),
	};

	return cmocka_run_group_tests_name("directory sources", tests, NULL, NULL);
}
