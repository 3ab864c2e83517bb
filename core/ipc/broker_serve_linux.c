#include "core/ipc/broker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/ipc/broker_wire.h"

static int open_below(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned) flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
		           RESOLVE_NO_XDEV,
	};

	return (int) syscall(SYS_openat2, root, *path != '\0' ? path : ".", &how, sizeof(how));
}

static int code_of(int e)
{
	struct fsk_err err;

	/* a link, or a step out of the tree: there is no such file in this source */
	if (e == ELOOP || e == EXDEV)
		return FSK_ENOTFOUND;
	return fsk_err_errno(&err, e, "broker");
}

/* A regular file for reading; anything else is never opened. */
static int open_file(int *out, int root, const char *path)
{
	struct stat st;
	int fd = open_below(root, path, O_PATH | O_NOFOLLOW);
	int type_ok;

	*out = -1;
	if (fd < 0)
		return code_of(errno);
	type_ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	close(fd);
	if (!type_ok)
		return FSK_EINVAL;
	*out = open_below(root, path, O_RDONLY | O_NONBLOCK | O_NOATIME);
	if (*out < 0)
		*out = open_below(root, path, O_RDONLY | O_NONBLOCK);
	return *out < 0 ? code_of(errno) : 0;
}

static fsk_time time_of(const struct statx_timestamp *t)
{
	return fsk_time_from_unix(t->tv_sec, t->tv_nsec);
}

static char type_of(uint16_t mode)
{
	if (S_ISREG(mode))
		return 'f';
	if (S_ISDIR(mode))
		return 'd';
	return S_ISLNK(mode) ? 'l' : 'o';
}

static int put_entry(struct fsk_buf *b, const char *name, const struct statx *st)
{
	size_t n = strlen(name);
	fsk_time created = st->stx_mask & STATX_BTIME ? time_of(&st->stx_btime) : FSK_TIME_NONE;

	/* the ceiling is met here at the earliest: one test serves the whole entry */
	if (n > UINT16_MAX || fsk_buf_reserve(b, n + 64, NULL) < 0)
		return FSK_ELIMIT;
	fsk_buf_append_u8(b, (uint8_t) type_of(st->stx_mode), NULL);
	fsk_buf_append_u64le(b, st->stx_size, NULL);
	fsk_buf_append_u64le(b, st->stx_ino, NULL);
	fsk_buf_append_u64le(b, (uint64_t) time_of(&st->stx_mtime), NULL);
	fsk_buf_append_u64le(b, (uint64_t) time_of(&st->stx_atime), NULL);
	fsk_buf_append_u64le(b, (uint64_t) time_of(&st->stx_ctime), NULL);
	fsk_buf_append_u64le(b, (uint64_t) created, NULL);
	fsk_buf_append_u16le(b, (uint16_t) n, NULL);
	fsk_buf_append(b, name, n, NULL);
	return 0;
}

static int stat_entry(struct fsk_buf *body, int root, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct statx st;
	int fd = open_below(root, path, O_PATH | O_NOFOLLOW);
	int rc;

	if (fd < 0)
		return code_of(errno);
	rc = statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME,
	           &st);
	rc = rc < 0 ? code_of(errno) : put_entry(body, slash != NULL ? slash + 1 : path, &st);
	close(fd);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

struct names {
	char **items;
	size_t count, cap;
	uint64_t skipped;
};

static int keep_name(struct names *l, const char *name)
{
	size_t n = strlen(name);

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (fsk_text_utf8_valid(name, n) != n) {
		l->skipped++;
		return 0;
	}
	if (l->count >= FSK_BROKER_LIST_MAX)
		return FSK_ELIMIT;
	if (l->count == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		char **grown = realloc(l->items, cap * sizeof(*grown));

		if (grown == NULL)
			return FSK_ENOMEM;
		l->items = grown;
		l->cap = cap;
	}
	l->items[l->count] = strdup(name);
	return l->items[l->count++] != NULL ? 0 : FSK_ENOMEM;
}

static int read_names(struct names *l, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;
	int rc = 0;

	if (d == NULL) {
		rc = code_of(errno);
		if (copy >= 0)
			close(copy);
		return rc;
	}
	errno = 0;
	while (rc == 0 && (e = readdir(d)) != NULL)
		rc = keep_name(l, e->d_name);
	if (rc == 0 && errno != 0)
		rc = code_of(errno);
	closedir(d);
	if (rc == 0 && l->count > 0)
		qsort(l->items, l->count, sizeof(*l->items), by_name);
	return rc;
}

static int list_folder(struct fsk_buf *body, int root, const char *path)
{
	struct names l = { 0 };
	struct statx st;
	int fd = open_below(root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	size_t count_at = body->len + 8;
	uint32_t listed = 0;
	int rc;

	if (fd < 0)
		return code_of(errno);
	rc = read_names(&l, fd);
	fsk_buf_append_u64le(body, l.skipped, NULL);
	fsk_buf_append_u32le(body, 0, NULL);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		/* a name that went away since is not there: not an error */
		if (statx(fd, l.items[i], AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME,
		          &st) < 0)
			continue;
		rc = put_entry(body, l.items[i], &st);
		listed++;
	}
	for (size_t i = 0; i < 4 && rc == 0; i++)
		body->data[count_at + i] = (uint8_t) (listed >> (8 * i));
	for (size_t i = 0; i < l.count; i++)
		free(l.items[i]);
	free(l.items);
	close(fd);
	return rc;
}

static int answer(struct fsk_buf *body, int *fd, const struct fsk_buf *request,
                  const intptr_t *roots, size_t nroots)
{
	struct fsk_cur c;
	uint32_t source;
	char path[FSK_PATH_MAX + 1] = "";
	size_t n;
	uint8_t op;

	fsk_cur_init(&c, request->data, request->len);
	op = fsk_cur_u8(&c);
	source = fsk_cur_u32le(&c);
	n = fsk_cur_left(&c);
	if (c.failed || n > FSK_PATH_MAX || source >= nroots || roots[source] < 0)
		return FSK_EINVAL;
	fsk_cur_copy(&c, path, n);
	if (strlen(path) != n || path[0] == '/')
		return FSK_EINVAL;
	switch (op) {
	case FSK_BROKER_OPEN:
		return open_file(fd, (int) roots[source], path);
	case FSK_BROKER_LIST:
		return list_folder(body, (int) roots[source], path);
	case FSK_BROKER_STAT:
		return stat_entry(body, (int) roots[source], path);
	default:
		return FSK_EINVAL;
	}
}

int fsk_broker_serve(intptr_t handle, const intptr_t *roots, size_t nroots, struct fsk_err *err)
{
	struct fsk_buf request, body;
	int fd = -1, rc, code;

	/* from here on the patience of broker_wire_posix.c holds */
	fcntl((int) handle, F_SETFL, fcntl((int) handle, F_GETFL) | O_NONBLOCK);
	fsk_buf_init(&request, FSK_PATH_MAX + 16);
	fsk_buf_init(&body, 256u * FSK_MIB);
	rc = fsk_broker_receive(&request, NULL, handle, err);
	if (rc == 0)
		rc = fsk_err_set(err, FSK_EIO, "broker: the worker is gone");
	if (rc > 0)
		rc = fsk_buf_append_u32le(&body, 0, err);
	if (rc == 0) {
		code = answer(&body, &fd, &request, roots, nroots);
		if (code < 0) {
			fsk_buf_reset(&body);
			fsk_buf_append_u32le(&body, (uint32_t) code, NULL);
		}
		rc = fsk_broker_send(handle, &body, fd, err);
	}
	if (fd >= 0)
		close(fd);
	/* whoever waits for an answer that cannot come must not wait for ever */
	if (rc < 0)
		shutdown((int) handle, SHUT_RDWR);
	fsk_buf_free(&request);
	fsk_buf_free(&body);
	return rc;
}
