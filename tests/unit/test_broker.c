#include "tests/unit/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/ipc/broker.h"

struct fixture {
	char dir[64];
	intptr_t root[2];
	int fds[2];
	pthread_t server;
};

/* The keeper's side, until the worker's side hangs up. */
static void *serve(void *arg)
{
	struct fixture *f = arg;

	while (fsk_broker_serve(f->fds[0], f->root, 2, NULL) == 0)
		;
	return NULL;
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char path[128];

	strcpy(f->dir, "/tmp/fossick-broker-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	put(f->dir, "b.txt", "hello");
	put(f->dir, "a\xff", "not utf-8");
	snprintf(path, sizeof(path), "%s/folder", f->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	put(path, "inner", "x");
	snprintf(path, sizeof(path), "%s/link", f->dir);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	snprintf(path, sizeof(path), "%s/up", f->dir);
	assert_int_equal(symlink("..", path), 0);
	snprintf(path, sizeof(path), "%s/pipe", f->dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	f->root[0] = open(f->dir, O_RDONLY | O_DIRECTORY);
	f->root[1] = -1;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, f->fds), 0);
	assert_int_equal(pthread_create(&f->server, NULL, serve, f), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char cmd[128];

	close(f->fds[1]);
	pthread_join(f->server, NULL);
	close(f->fds[0]);
	close((int) f->root[0]);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", f->dir);
	assert_int_equal(system(cmd), 0);
	free(f);
	return 0;
}

static void folders_are_listed_in_order(void **state)
{
	struct fixture *f = *state;
	struct fsk_broker_list l;
	struct fsk_err err;

	assert_int_equal(fsk_broker_list(&l, f->fds[1], 0, "", &err), 0);
	assert_int_equal(l.count, 5);
	assert_int_equal(l.skipped, 1);
	assert_string_equal(l.entries[0].name, "b.txt");
	assert_int_equal(l.entries[0].type, 'f');
	assert_int_equal(l.entries[0].size, 5);
	assert_true(l.entries[0].modified != FSK_TIME_NONE);
	assert_string_equal(l.entries[1].name, "folder");
	assert_int_equal(l.entries[1].type, 'd');
	assert_string_equal(l.entries[2].name, "link");
	assert_int_equal(l.entries[2].type, 'l');
	assert_int_equal(l.entries[3].type, 'o');
	fsk_broker_list_free(&l);
	assert_int_equal(fsk_broker_list(&l, f->fds[1], 0, "none", &err), FSK_ENOTFOUND);
	assert_non_null(strstr(err.msg, "none"));
}

static void files_are_opened_for_the_worker(void **state)
{
	struct fixture *f = *state;
	struct fsk_err err;
	intptr_t fd;
	char got[8];

	assert_int_equal(fsk_broker_open(&fd, f->fds[1], 0, "b.txt", &err), 0);
	assert_int_equal(read((int) fd, got, sizeof(got)), 5);
	assert_memory_equal(got, "hello", 5);
	assert_int_equal(write((int) fd, "x", 1), -1);
	close((int) fd);
	assert_int_equal(fsk_broker_open(&fd, f->fds[1], 0, "folder/inner", &err), 0);
	close((int) fd);
}

static void nothing_outside_is_reached(void **state)
{
	static const char *const bad[] = {
		"link", "up/x", "../x", "folder/../../x", "/etc/passwd", "folder", "pipe", "none",
	};
	struct fixture *f = *state;
	struct fsk_err err;
	intptr_t fd;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(fsk_broker_open(&fd, f->fds[1], 0, bad[i], &err) < 0);
		assert_int_equal(fd, -1);
	}
	assert_int_equal(fsk_broker_open(&fd, f->fds[1], 1, "b.txt", &err), FSK_EINVAL);
	assert_int_equal(fsk_broker_open(&fd, f->fds[1], 9, "b.txt", &err), FSK_EINVAL);
}

static void links_are_evidence(void **state)
{
	struct fixture *f = *state;
	struct fsk_broker_entry e;
	struct fsk_err err;

	assert_int_equal(fsk_broker_stat(&e, f->fds[1], 0, "folder/inner", &err), 0);
	assert_string_equal(e.name, "inner");
	assert_int_equal(e.size, 1);
	free(e.name);
	assert_int_equal(fsk_broker_stat(&e, f->fds[1], 0, "none", &err), FSK_ENOTFOUND);
}

static void garbage_ends_the_service(void **state)
{
	struct fixture *f = *state;
	char byte;

	assert_int_equal(write(f->fds[1], "\xff\xff\xff\xff", 4), 4);
	assert_int_equal(read(f->fds[1], &byte, 1), 0);
	assert_int_equal(pthread_join(f->server, NULL), 0);
	assert_int_equal(pthread_create(&f->server, NULL, serve, f), 0);
}

/* libuv makes the keeper's end non-blocking; a request may arrive in pieces. */
static void a_request_may_come_in_pieces(void **state)
{
	struct fixture *f = *state;
	static const uint8_t first[] = { 5, 0 }, second[] = { 0, 0, 'S' }, third[] = { 0, 0, 0, 0 };
	uint8_t answer[8];

	assert_int_equal(fcntl(f->fds[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(write(f->fds[1], first, sizeof(first)), sizeof(first));
	usleep(50000);
	assert_int_equal(write(f->fds[1], second, sizeof(second)), sizeof(second));
	usleep(50000);
	assert_int_equal(write(f->fds[1], third, sizeof(third)), sizeof(third));
	assert_int_equal(recv(f->fds[1], answer, sizeof(answer), MSG_WAITALL), sizeof(answer));
	assert_memory_equal(answer + 4, "\0\0\0\0", 4);
}

static size_t open_descriptors(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* A worker has nothing to pass; what it passes anyway must not fill the
 * keeper's table of descriptors. */
static void passed_descriptors_are_closed(void **state)
{
	struct fixture *f = *state;
	static uint8_t request[] = { 5, 0, 0, 0, 'S', 0, 0, 0, 0 };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = request, .iov_len = sizeof(request) };
	struct msghdr msg = { .msg_iov = &iov,
		              .msg_iovlen = 1,
		              .msg_control = control.room,
		              .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int fds[2] = { f->fds[1], f->fds[1] };
	size_t before = open_descriptors();
	uint8_t answer[8];

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	assert_int_equal(sendmsg(f->fds[1], &msg, 0), sizeof(request));
	assert_int_equal(recv(f->fds[1], answer, sizeof(answer), MSG_WAITALL), sizeof(answer));
	assert_int_equal(open_descriptors(), before);
}

/* The patience is for the whole message, not for each of its bytes. */
static void a_dripping_request_is_given_up(void **state)
{
	struct fixture *f = *state;
	static const uint8_t start[] = { 100, 0, 0, 0 };
	int sent = 0;

	assert_int_equal(write(f->fds[1], start, sizeof(start)), sizeof(start));
	while (sent < 90 && send(f->fds[1], "S", 1, MSG_NOSIGNAL) == 1) {
		usleep(100000);
		sent++;
	}
	assert_in_range(sent, 1, 10 * FSK_BROKER_PATIENCE + 10);
	assert_int_equal(pthread_join(f->server, NULL), 0);
	assert_int_equal(pthread_create(&f->server, NULL, serve, f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(folders_are_listed_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_are_opened_for_the_worker, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_outside_is_reached, set_up, tear_down),
		cmocka_unit_test_setup_teardown(links_are_evidence, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_request_may_come_in_pieces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(passed_descriptors_are_closed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_dripping_request_is_given_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(garbage_ends_the_service, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
