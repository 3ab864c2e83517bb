/* The only files of this program that are open for writing.
 * output_posix.c, output_win32.c.
 *
 * Errors name the file and the reason. FSK_ENOSPC also stands for a quota
 * and for the largest file that the file system can hold. */
#ifndef FSK_ARCHIVE_OUTPUT_H
#define FSK_ARCHIVE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/file.h"

struct fsk_output {
	intptr_t handle; /* descriptor or HANDLE; -1 when closed */
	char *path;      /* owned */
};

/* Creates a file that must not exist yet (FSK_EEXIST), for its owner alone,
 * and locks it against a second writer. */
int fsk_output_create(struct fsk_output *out, const char *path, struct fsk_err *err);

/* Opens an existing regular file and locks it; FSK_EPERM when another
 * process is writing it. */
int fsk_output_open(struct fsk_output *out, const char *path, struct fsk_err *err);

/* Closes and frees; allowed on a zeroed struct whose handle is -1. */
void fsk_output_close(struct fsk_output *o);

/* Writes all `n` bytes at `off`. After a failure any part may be there. */
int fsk_output_write(const struct fsk_output *o, const void *p, size_t n, uint64_t off,
                     struct fsk_err *err);

/* Reads exactly `n` bytes at `off`; FSK_EIO when the file is shorter. */
int fsk_output_read(const struct fsk_output *o, void *p, size_t n, uint64_t off,
                    struct fsk_err *err);

/* The data (and the size) are on the medium when this returns 0. */
int fsk_output_sync(const struct fsk_output *o, struct fsk_err *err);

int fsk_output_truncate(const struct fsk_output *o, uint64_t size, struct fsk_err *err);

/* Makes the file `size` bytes large with real space behind it, not a hole. */
int fsk_output_allocate(const struct fsk_output *o, uint64_t size, struct fsk_err *err);

int fsk_output_size(const struct fsk_output *o, uint64_t *size, struct fsk_err *err);

/* The size that this file cannot grow beyond: 4 GiB - 1 on FAT, the limit of
 * the process if it has one, else UINT64_MAX. */
uint64_t fsk_output_limit(const struct fsk_output *o);

/* A view for code that only reads. Borrowed: never close it. */
struct fsk_file fsk_output_view(const struct fsk_output *o, uint64_t size);

bool fsk_output_exists(const char *path);
/* No error when there is none. */
int fsk_output_remove(const char *path, struct fsk_err *err);
/* Replaces `to` at one stroke. */
int fsk_output_rename(const char *from, const char *to, struct fsk_err *err);
/* Makes creations, renames and removals in the folder of `path` lasting. */
int fsk_output_sync_folder(const char *path, struct fsk_err *err);

#endif
