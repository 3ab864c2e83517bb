/* Files of the host, read-only and positional. Nothing here can write; the
 * archive layer has the only code that does. file_posix.c, file_win32.c. */
#ifndef FSK_BASE_FILE_H
#define FSK_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

struct fsk_file {
	intptr_t handle; /* descriptor or HANDLE; -1 when closed */
	uint64_t size;   /* bytes, when opened; for a block device its capacity */
	bool is_device;
	uint32_t sector_size; /* of a device; 0 otherwise */
};

/* Opens for reading, without changing the access time where the system
 * allows that. FSK_ENOTFOUND, FSK_EPERM, FSK_EIO; a folder is FSK_EINVAL. */
int fsk_file_open(struct fsk_file *out, const char *path, struct fsk_err *err);

/* Takes over a descriptor that was passed to this process. */
int fsk_file_adopt(struct fsk_file *out, intptr_t handle, struct fsk_err *err);

/* As above, for what is known to be an ordinary file: asks for nothing but its
 * end, which a locked-down process may. */
int fsk_file_adopt_plain(struct fsk_file *out, intptr_t handle, struct fsk_err *err);

/* Reads up to `n` bytes at `off`. Returns the count (0 at the end) or a
 * negative code; short counts happen only at the end of the file. */
int64_t fsk_file_pread(const struct fsk_file *f, void *buf, size_t n, uint64_t off,
                       struct fsk_err *err);

/* A hint: these bytes will be read soon. */
void fsk_file_prefetch(const struct fsk_file *f, uint64_t off, uint64_t n);

void fsk_file_close(struct fsk_file *f);

/* Appends a whole file to `out`, whose ceiling is the limit. */
int fsk_file_slurp(struct fsk_buf *out, const char *path, struct fsk_err *err);

#endif
