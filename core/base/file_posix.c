#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/fs.h>
#endif

static int device_size(struct fsk_file *f, int fd, struct fsk_err *err)
{
	off_t end = lseek(fd, 0, SEEK_END);
#ifdef BLKSSZGET
	int sector = 0;

	if (ioctl(fd, BLKSSZGET, &sector) == 0 && sector > 0)
		f->sector_size = (uint32_t) sector;
#endif
	if (end < 0)
		return fsk_err_errno(err, errno, "cannot find the size of the device");
	f->size = (uint64_t) end;
	f->is_device = true;
	return 0;
}

int fsk_file_adopt(struct fsk_file *out, intptr_t handle, struct fsk_err *err)
{
	struct stat st;

	*out = (struct fsk_file){ .handle = -1 };
	if (fstat((int) handle, &st) < 0)
		return fsk_err_errno(err, errno, "cannot use descriptor %d", (int) handle);
	if (S_ISBLK(st.st_mode)) {
		if (device_size(out, (int) handle, err) < 0)
			return err != NULL ? err->code : FSK_EIO;
	} else if (S_ISREG(st.st_mode)) {
		out->size = (uint64_t) st.st_size;
	} else {
		return fsk_err_set(err, FSK_EINVAL, "neither a file nor a block device");
	}
	out->handle = handle;
	return 0;
}

int fsk_file_adopt_plain(struct fsk_file *out, intptr_t handle, struct fsk_err *err)
{
	off_t end = lseek((int) handle, 0, SEEK_END);

	*out = (struct fsk_file){ .handle = -1 };
	if (end < 0)
		return fsk_err_errno(err, errno, "cannot use descriptor %d", (int) handle);
	out->size = (uint64_t) end;
	out->handle = handle;
	return 0;
}

static int open_quietly(const char *path)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd = -1;

#ifdef O_NOATIME
	/* only the owner may ask for this: a refusal is no reason to give up */
	fd = open(path, flags | O_NOATIME);
#endif
	return fd >= 0 ? fd : open(path, flags);
}

int fsk_file_open(struct fsk_file *out, const char *path, struct fsk_err *err)
{
	int fd = open_quietly(path);
	int rc;

	*out = (struct fsk_file){ .handle = -1 };
	if (fd < 0)
		return fsk_err_errno(err, errno, "cannot open \"%s\"", path);
	rc = fsk_file_adopt(out, fd, err);
	if (rc < 0) {
		close(fd);
		return err != NULL ? fsk_err_wrap(err, "cannot open \"%s\"", path) : rc;
	}
	return 0;
}

int64_t fsk_file_pread(const struct fsk_file *f, void *buf, size_t n, uint64_t off,
                       struct fsk_err *err)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got;

		if (off + done > (uint64_t) INT64_MAX)
			break;
		got = pread((int) f->handle, (char *) buf + done, n - done, (off_t) (off + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fsk_err_errno(err, errno, "byte %llu",
			                     (unsigned long long) (off + done));
		if (got == 0)
			break;
		done += (size_t) got;
	}
	return (int64_t) done;
}

void fsk_file_prefetch(const struct fsk_file *f, uint64_t off, uint64_t n)
{
#ifdef POSIX_FADV_WILLNEED
	if (off <= (uint64_t) INT64_MAX && n <= (uint64_t) INT64_MAX - off)
		posix_fadvise((int) f->handle, (off_t) off, (off_t) n, POSIX_FADV_WILLNEED);
#else
	(void) f;
	(void) off;
	(void) n;
#endif
}

void fsk_file_close(struct fsk_file *f)
{
	if (f->handle >= 0)
		close((int) f->handle);
	f->handle = -1;
}
