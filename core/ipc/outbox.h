/* Where messages of a worker wait, so that thousands of rows cost one call and
 * one wake-up of the keeper, and not one each.
 *
 * A worker may die at any moment, by a signal of its own or one of the keeper's,
 * and nothing that it has said may be lost. So messages wait in memory that both
 * have: the keeper makes it, the worker maps it before it locks itself down, and
 * when the worker is gone and its channel is read to the end, the keeper takes
 * what was not sent. Nothing in it is touched by the keeper before that, and
 * what is taken counts as having arrived through the channel: it is tested no
 * less.
 *
 * Little endian: u64 number of bytes of the stream that went out before the first
 * waiting one; u64 bytes that wait; then these. Whatever is interrupted, the
 * number of bytes that did arrive tells which of them are still to be taken:
 * each exactly once. */
#ifndef FSK_IPC_OUTBOX_H
#define FSK_IPC_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

#define FSK_OUTBOX_ROOM (128u * 1024u) /* bytes that may wait */

/* --- the worker's side --- */

struct fsk_outbox {
	uint8_t *map; /* NULL: nothing may wait */
	uint64_t sent;
	size_t len;
};

/* Maps the memory behind `handle`, which stays the caller's. `o` is zeroed at first,
 * and knows by fsk_outbox_sent what went out before this call. FSK_EIO. */
int fsk_outbox_map(struct fsk_outbox *o, intptr_t handle, struct fsk_err *err);
void fsk_outbox_unmap(struct fsk_outbox *o);

/* Is there room for `n` bytes more? */
bool fsk_outbox_fits(const struct fsk_outbox *o, size_t n);

/* Adds bytes that fit. They count once fsk_outbox_commit was called: a message
 * is there in full, or not at all. */
void fsk_outbox_put(struct fsk_outbox *o, const void *p, size_t n);
void fsk_outbox_commit(struct fsk_outbox *o);

/* The bytes that wait. */
const uint8_t *fsk_outbox_waiting(const struct fsk_outbox *o, size_t *n);

/* All that waited went out, and `more` bytes behind it. */
void fsk_outbox_sent(struct fsk_outbox *o, size_t more);

/* --- the keeper's side --- */

/* Makes the memory; `*handle` is -1 when this system has none that would do:
 * then nothing waits. Close it with fsk_outbox_close. FSK_EIO. */
int fsk_outbox_create(intptr_t *handle, struct fsk_err *err);
void fsk_outbox_close(intptr_t handle);

/* Appends what waited when the worker died; `arrived` is the number of bytes
 * that came through the channel. FSK_EPROTO when the memory contradicts that. */
int fsk_outbox_take(struct fsk_buf *out, intptr_t handle, uint64_t arrived, struct fsk_err *err);

#endif
