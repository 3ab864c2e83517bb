#include "core/ipc/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/limits.h"

int fsk_shelf_create(intptr_t *handle, struct fsk_err *err)
{
	/* its pages come into being when they are written */
	int fd = memfd_create("fossick-shelf", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	*handle = -1;
	if (fd < 0)
		return 0;
	if (ftruncate(fd, (off_t) FSK_SHELF_MAX) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0) {
		int rc = fsk_err_errno(err, errno, "cannot make memory for an index");

		close(fd);
		return rc;
	}
	*handle = fd;
	return 0;
}

void fsk_shelf_close(intptr_t handle)
{
	if (handle >= 0)
		close((int) handle);
}

int fsk_shelf_seal(intptr_t handle, struct fsk_err *err)
{
	if (fcntl((int) handle, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		return fsk_err_errno(err, errno, "cannot seal the memory of an index");
	return 0;
}

static int check_size(size_t n, struct fsk_err *err)
{
	if (n > 0 && n <= FSK_SHELF_MAX)
		return 0;
	return fsk_err_set(err, FSK_ELIMIT, "an index of %zu bytes is not shared", n);
}

int fsk_shelf_put(char sha256[FSK_SHA256_HEX], intptr_t handle, const void *p, size_t n,
                  struct fsk_err *err)
{
	struct fsk_digests d;
	int rc = check_size(n, err);
	void *map;

	if (rc == 0)
		rc = fsk_digest_bytes(&d, FSK_DIGEST_SHA256, p, n, err);
	if (rc < 0)
		return rc;
	map = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, (int) handle, 0);
	if (map == MAP_FAILED)
		return fsk_err_errno(err, errno, "cannot map the memory of an index");
	memcpy(map, p, n);
	/* a mapping that can be written would keep the keeper from sealing */
	munmap(map, n);
	memcpy(sha256, d.sha256, FSK_SHA256_HEX);
	return 0;
}

int fsk_shelf_get(const void **out, intptr_t handle, size_t n, const char *sha256,
                  struct fsk_err *err)
{
	struct fsk_digests d;
	int rc = check_size(n, err);
	void *map;

	*out = NULL;
	if (rc < 0)
		return rc;
	/* private: a shared mapping of what is sealed is refused before Linux 6.7 */
	map = mmap(NULL, n, PROT_READ, MAP_PRIVATE, (int) handle, 0);
	if (map == MAP_FAILED)
		return fsk_err_errno(err, errno, "cannot map the memory of an index");
	rc = fsk_digest_bytes(&d, FSK_DIGEST_SHA256, map, n, err);
	if (rc == 0 && strcmp(d.sha256, sha256) != 0)
		rc = fsk_err_set(err, FSK_ECORRUPT, "the index has another digest");
	if (rc < 0)
		munmap(map, n);
	else
		*out = map;
	return rc;
}

void fsk_shelf_release(const void *p, size_t n)
{
	munmap((void *) (uintptr_t) p, n);
}
