/* One worker process: started, spoken to, ended. Knows frames as bytes only;
 * what they mean is in crew.h. */
#ifndef FSK_KEEPER_PROCESS_H
#define FSK_KEEPER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "core/base/buf.h"
#include "core/base/log.h"
#include "core/ipc/message.h"
#include "core/keeper/sources.h"

/* What a worker may send ahead while somebody else owns the archive's open
 * member. Beyond it the pipe is not read, and the worker waits. */
#define FSK_PROCESS_AHEAD (8u * FSK_MIB)

struct fsk_process;

/* `gone` comes once, after the process has exited and all that it had sent
 * was delivered; fsk_process_close may be called from it. */
struct fsk_process_ops {
	void (*input)(void *arg); /* bytes were added to fsk_process_input */
	void (*log)(void *arg, enum fsk_log_level level, const char *line);
	void (*broken)(void *arg, const char *reason); /* the broker's peer broke the protocol */
	void (*gone)(void *arg);
};

struct fsk_process_spec {
	uv_loop_t *loop;
	const char *program;
	const struct fsk_sources *sources;
	const intptr_t *shelves; /* inherited behind the evidence */
	size_t nshelves;
	const struct fsk_process_ops *ops;
	void *arg;
};

/* fork + exec through libuv with the descriptors of ipc/channel.h, its own
 * session, and no environment. FSK_ENOTFOUND or FSK_EIO name the program. */
int fsk_process_spawn(struct fsk_process **out, const struct fsk_process_spec *spec,
                      struct fsk_err *err);

/* Has it memory where its messages may wait (ipc/outbox.h)? What waits there when
 * it ends is delivered before `gone`. */
bool fsk_process_gathers(const struct fsk_process *p);

/* Queues one message. After the process is gone it is dropped silently. */
int fsk_process_send(struct fsk_process *p, enum fsk_msg_type t, const json_t *head,
                     const void *blob, size_t blob_len, struct fsk_err *err);

/* The same without a copy of `blob`, which stays as it is until the process is closed. */
int fsk_process_send_lent(struct fsk_process *p, enum fsk_msg_type t, const json_t *head,
                          const void *blob, size_t blob_len, struct fsk_err *err);

/* Bytes that have arrived. The caller consumes from the front, then calls
 * fsk_process_consumed so that a full buffer is read on. */
struct fsk_buf *fsk_process_input(struct fsk_process *p);
void fsk_process_consumed(struct fsk_process *p);

/* SIGKILL to its whole process group; `gone` follows. */
void fsk_process_kill(struct fsk_process *p);

/* Several times a second. Pipes that outlive their process are held by
 * something that it has started: they are given up, and `gone` follows. */
void fsk_process_tick(struct fsk_process *p);

int64_t fsk_process_pid(const struct fsk_process *p);

/* "exit status 3", "signal 11 (SIGSEGV)"; after `gone`. */
const char *fsk_process_epitaph(const struct fsk_process *p);

/* Closes all handles and frees when the loop has let go of them. Only after
 * `gone`. */
void fsk_process_close(struct fsk_process *p);

/* process_posix.c: a connected pair for the broker, ours first. */
int fsk_process_pair(intptr_t out[2], struct fsk_err *err);
void fsk_process_pair_close(intptr_t handle);
/* uv_poll_init makes a handle non-blocking; the broker wants it blocking. */
void fsk_process_pair_block(intptr_t handle);
/* The other side sees the end of the stream. */
void fsk_process_pair_shutdown(intptr_t handle);
void fsk_process_kill_group(int64_t pid);
/* "SIGSEGV", or "unknown". */
const char *fsk_process_signal_name(int sig);
/* rss_linux.c: bytes of memory that the process holds; 0 when not known. */
uint64_t fsk_process_rss(int64_t pid);

#endif
