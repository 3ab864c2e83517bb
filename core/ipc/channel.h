/* The worker's blocking end of the channel (channel_posix.c). */
#ifndef FSK_IPC_CHANNEL_H
#define FSK_IPC_CHANNEL_H

#include <stdint.h>

#include "core/ipc/message.h"
#include "core/ipc/outbox.h"

#define FSK_WORKER_FD_CHANNEL 3  /* both directions */
#define FSK_WORKER_FD_LOG 4      /* worker -> keeper, lines "<level digit><text>\n" */
#define FSK_WORKER_FD_BROKER 5   /* ipc/broker.h; closed when there is no directory source */
#define FSK_WORKER_FD_OUTBOX 6   /* ipc/outbox.h; closed when this system has none */
#define FSK_WORKER_FD_EVIDENCE 7 /* the first evidence descriptor */

struct fsk_channel {
	intptr_t handle;
	struct fsk_buf in, out;
	struct fsk_outbox outbox;
	uint64_t waits_since; /* milliseconds on a steady clock, of the first message there */
	enum fsk_ipc_state state;
	size_t taken; /* bytes of `in` that the last received message occupies */
};

/* `handle` stays the caller's. */
void fsk_channel_init(struct fsk_channel *c, intptr_t handle);
void fsk_channel_free(struct fsk_channel *c);

/* From here on small messages may wait in the memory behind `outbox`, which stays
 * the caller's: until it is full, until one comes that may not wait (fsk_msg_waits),
 * or until the next one finds that FSK_CHANNEL_WAIT_MS have gone by. FSK_EIO. */
#define FSK_CHANNEL_WAIT_MS 100u
int fsk_channel_gather(struct fsk_channel *c, intptr_t outbox, struct fsk_err *err);

/* Sends one message, blocking; the blob is not copied when it is large.
 * FSK_EPROTO when the table forbids it now, FSK_EIO when the other side is
 * gone. */
int fsk_channel_send(struct fsk_channel *c, enum fsk_msg_type t, const json_t *head,
                     const void *blob, size_t blob_len, struct fsk_err *err);

/* Receives one message, blocking; clear it with fsk_msg_clear. Returns 1, 0
 * at an orderly end of stream, or a negative code. */
int fsk_channel_recv(struct fsk_channel *c, struct fsk_msg *m, struct fsk_err *err);

#endif
