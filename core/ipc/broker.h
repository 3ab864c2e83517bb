/* Directory sources: the worker opens nothing, so the keeper opens for it.
 *
 * A second socket pair carries one request at a time, each answered once.
 * Request: u32le length, u8 op ('O' open a file, 'L' list a folder, 'S'
 * stat), u32le source, path in UTF-8 (relative, '/' separated, "" is the
 * root; no "..", no leading '/'). Answer: u32le length, i32le code (0 or
 * FSK_E*); then for 'L' u64le names skipped, u32le count and the entries, for
 * 'S' one entry. An entry: u8 type ('f' 'd' 'l' 'o'),
 * u64le size, u64le inode, i64le mtime, atime, ctime, btime (fsk_time),
 * u16le name length, name. For 'O' the descriptor travels beside the answer
 * (SCM_RIGHTS). The keeper resolves every path below the directory it was
 * given (openat2 RESOLVE_BENEATH|RESOLVE_NO_SYMLINKS|RESOLVE_NO_MAGICLINKS
 * |RESOLVE_NO_XDEV): a link is evidence, never followed, and a kernel without
 * openat2 (before Linux 5.6) has no directory sources. Special files are
 * never opened. */
#ifndef FSK_IPC_BROKER_H
#define FSK_IPC_BROKER_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/time.h"

struct fsk_broker_entry {
	char *name; /* valid UTF-8 as the host gave it; other names are skipped and
	             * counted; free() it after fsk_broker_stat */
	char type;  /* 'f' 'd' 'l' 'o' */
	uint64_t size, inode;
	fsk_time modified, accessed, changed, created;
};

struct fsk_broker_list {
	struct fsk_broker_entry *entries; /* sorted by name, bytewise */
	size_t count;
	uint64_t skipped; /* names that are not UTF-8 */
};
void fsk_broker_list_free(struct fsk_broker_list *l);

/* The worker's side; `handle` is FSK_WORKER_FD_BROKER. Blocking. */
int fsk_broker_open(intptr_t *out_fd, intptr_t handle, uint32_t source, const char *path,
                    struct fsk_err *err);
int fsk_broker_list(struct fsk_broker_list *out, intptr_t handle, uint32_t source, const char *path,
                    struct fsk_err *err);
int fsk_broker_stat(struct fsk_broker_entry *out, intptr_t handle, uint32_t source,
                    const char *path, struct fsk_err *err);

/* The keeper's side: answers one request that is waiting on `handle`,
 * resolving below roots[source] (a directory descriptor, -1 for sources of
 * another kind). A worker that stops in the middle of a request, or that does
 * not take its answer, costs at most FSK_BROKER_PATIENCE seconds. Returns 0,
 * or negative when the other side is gone or broke the protocol. */
#define FSK_BROKER_PATIENCE 5
int fsk_broker_serve(intptr_t handle, const intptr_t *roots, size_t nroots, struct fsk_err *err);

#endif
