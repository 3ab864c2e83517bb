/* The bytes of the broker's socket, shared by its two sides. */
#ifndef FSK_IPC_BROKER_WIRE_H
#define FSK_IPC_BROKER_WIRE_H

#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

enum { FSK_BROKER_OPEN = 'O', FSK_BROKER_LIST = 'L', FSK_BROKER_STAT = 'S' };

/* Sends u32le length and `body`, with descriptor `fd` beside it (-1: none). */
int fsk_broker_send(intptr_t handle, const struct fsk_buf *body, int fd, struct fsk_err *err);

/* Receives one body into `out` (its ceiling is the limit) and a descriptor
 * if one came, else -1. `out_fd` may be NULL: descriptors are then closed.
 * Returns 1, 0 at an orderly end, or negative. */
int fsk_broker_receive(struct fsk_buf *out, int *out_fd, intptr_t handle, struct fsk_err *err);

#endif
