#include "core/archive/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/magic.h>
#include <sys/vfs.h>
#endif

static int open_locked(struct fsk_output *out, const char *path, int flags, struct fsk_err *err)
{
	struct stat st;
	int fd;

	*out = (struct fsk_output){ .handle = -1 };
	fd = open(path, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return fsk_err_errno(err, errno, "cannot %s \"%s\"",
		                     flags & O_CREAT ? "create" : "open", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return fsk_err_set(err, FSK_EINVAL, "cannot open \"%s\": not a regular file", path);
	}
	/* some network file systems have no locks: that is no reason to refuse */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		close(fd);
		return fsk_err_set(err, FSK_EPERM,
		                   "cannot open \"%s\": another process is writing it", path);
	}
	out->path = strdup(path);
	if (out->path == NULL) {
		close(fd);
		return fsk_err_set(err, FSK_ENOMEM, "cannot open \"%s\": no memory", path);
	}
	out->handle = fd;
	return 0;
}

int fsk_output_create(struct fsk_output *out, const char *path, struct fsk_err *err)
{
	return open_locked(out, path, O_CREAT | O_EXCL, err);
}

int fsk_output_open(struct fsk_output *out, const char *path, struct fsk_err *err)
{
	return open_locked(out, path, 0, err);
}

void fsk_output_close(struct fsk_output *o)
{
	if (o->handle >= 0)
		close((int) o->handle);
	free(o->path);
	*o = (struct fsk_output){ .handle = -1 };
}

int fsk_output_write(const struct fsk_output *o, const void *p, size_t n, uint64_t off,
                     struct fsk_err *err)
{
	size_t done = 0;

	while (done < n) {
		ssize_t put = pwrite((int) o->handle, (const char *) p + done, n - done,
		                     (off_t) (off + done));

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return fsk_err_errno(err, put < 0 ? errno : ENOSPC, "cannot write \"%s\"",
			                     o->path);
		done += (size_t) put;
	}
	return 0;
}

int fsk_output_read(const struct fsk_output *o, void *p, size_t n, uint64_t off,
                    struct fsk_err *err)
{
	struct fsk_file view = fsk_output_view(o, UINT64_MAX);
	struct fsk_err local = { 0 };
	int64_t got = fsk_file_pread(&view, p, n, off, &local);

	if (got == (int64_t) n)
		return 0;
	return fsk_err_set(err, FSK_EIO, "cannot read \"%s\": %s", o->path,
	                   got < 0 ? local.msg : "it is shorter than it was");
}

int fsk_output_sync(const struct fsk_output *o, struct fsk_err *err)
{
	if (fdatasync((int) o->handle) < 0)
		return fsk_err_errno(err, errno, "cannot sync \"%s\"", o->path);
	return 0;
}

int fsk_output_truncate(const struct fsk_output *o, uint64_t size, struct fsk_err *err)
{
	if (ftruncate((int) o->handle, (off_t) size) < 0)
		return fsk_err_errno(err, errno, "cannot truncate \"%s\"", o->path);
	return 0;
}

/* for file systems that cannot allocate without writing */
static int fill(const struct fsk_output *o, uint64_t from, uint64_t to, struct fsk_err *err)
{
	static const char zeros[65536];
	int rc = 0;

	while (rc == 0 && from < to) {
		size_t n = to - from < sizeof(zeros) ? (size_t) (to - from) : sizeof(zeros);

		rc = fsk_output_write(o, zeros, n, from, err);
		from += n;
	}
	return rc;
}

int fsk_output_allocate(const struct fsk_output *o, uint64_t size, struct fsk_err *err)
{
	uint64_t now = 0;
	int e, rc = fsk_output_size(o, &now, err);

	if (rc < 0 || size <= now)
		return rc < 0 ? rc : fsk_output_truncate(o, size, err);
	e = posix_fallocate((int) o->handle, (off_t) now, (off_t) (size - now));
	if (e == EINVAL || e == EOPNOTSUPP || e == ENOSYS)
		rc = fill(o, now, size, err);
	else if (e != 0)
		rc = fsk_err_errno(err, e, "cannot reserve space in \"%s\"", o->path);
	if (rc < 0)
		fsk_output_truncate(o, now, NULL);
	return rc;
}

int fsk_output_size(const struct fsk_output *o, uint64_t *size, struct fsk_err *err)
{
	struct stat st;

	*size = 0;
	if (fstat((int) o->handle, &st) < 0)
		return fsk_err_errno(err, errno, "cannot find the size of \"%s\"", o->path);
	*size = (uint64_t) st.st_size;
	return 0;
}

uint64_t fsk_output_limit(const struct fsk_output *o)
{
	uint64_t limit = UINT64_MAX;
	struct rlimit process;
#ifdef __linux__
	struct statfs fs;

	if (fstatfs((int) o->handle, &fs) == 0 && fs.f_type == MSDOS_SUPER_MAGIC)
		limit = UINT32_MAX;
#else
	(void) o;
#endif
	if (getrlimit(RLIMIT_FSIZE, &process) == 0 && process.rlim_cur != RLIM_INFINITY &&
	    process.rlim_cur < limit)
		limit = process.rlim_cur;
	return limit;
}

struct fsk_file fsk_output_view(const struct fsk_output *o, uint64_t size)
{
	return (struct fsk_file){ .handle = o->handle, .size = size };
}

bool fsk_output_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

int fsk_output_remove(const char *path, struct fsk_err *err)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return fsk_err_errno(err, errno, "cannot remove \"%s\"", path);
	return 0;
}

int fsk_output_rename(const char *from, const char *to, struct fsk_err *err)
{
	if (rename(from, to) < 0)
		return fsk_err_errno(err, errno, "cannot rename \"%s\" to \"%s\"", from, to);
	return 0;
}

int fsk_output_sync_folder(const char *path, struct fsk_err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t) (slash - path) + 1);
	int fd, rc = 0;

	if (folder == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* a file system that cannot sync a folder says EINVAL */
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL))
		rc = fsk_err_errno(err, errno, "cannot sync \"%s\"", folder);
	if (fd >= 0)
		close(fd);
	free(folder);
	return rc;
}
