#include "core/ipc/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "core/base/limits.h"

enum { READ_PIECE = 65536, FRAME_ROOM = 64 };

void fsk_channel_init(struct fsk_channel *c, intptr_t handle)
{
	*c = (struct fsk_channel){ .handle = handle, .state = FSK_IPC_START };
	fsk_buf_init(&c->in, FSK_FRAME_MAX + READ_PIECE + FRAME_ROOM);
	fsk_buf_init(&c->out, FSK_FRAME_MAX + FRAME_ROOM);
}

void fsk_channel_free(struct fsk_channel *c)
{
	fsk_outbox_unmap(&c->outbox);
	fsk_buf_free(&c->in);
	fsk_buf_free(&c->out);
}

int fsk_channel_gather(struct fsk_channel *c, intptr_t outbox, struct fsk_err *err)
{
	return fsk_outbox_map(&c->outbox, outbox, err);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t) t.tv_sec * 1000 + (uint64_t) t.tv_nsec / 1000000;
}

/* Drops the first `n` bytes of the pieces. */
static void advance(struct iovec *pieces, size_t count, size_t n)
{
	for (size_t i = 0; i < count; i++) {
		size_t part = n < pieces[i].iov_len ? n : pieces[i].iov_len;

		pieces[i].iov_base = (uint8_t *) pieces[i].iov_base + part;
		pieces[i].iov_len -= part;
		n -= part;
	}
}

/* Sends what waits, and behind it the front of a message and its blob. */
static int send_out(struct fsk_channel *c, const struct fsk_buf *front, const void *blob,
                    size_t blob_len, struct fsk_err *err)
{
	size_t waiting, done = 0, all;
	const uint8_t *first = fsk_outbox_waiting(&c->outbox, &waiting);
	struct iovec pieces[3] = {
		{ .iov_base = (void *) (uintptr_t) first, .iov_len = waiting },
		{ .iov_base = front->data, .iov_len = front->len },
		{ .iov_base = (void *) (uintptr_t) blob, .iov_len = blob_len },
	};

	all = waiting + front->len + blob_len;
	while (done < all) {
		ssize_t n = writev((int) c->handle, pieces, 3);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fsk_err_errno(err, errno, "cannot send");
		advance(pieces, 3, (size_t) n);
		done += (size_t) n;
	}
	fsk_outbox_sent(&c->outbox, front->len + blob_len);
	return 0;
}

/* Lays a message down to wait; false when it has to go out. */
static bool lay_down(struct fsk_channel *c, enum fsk_msg_type t, const void *blob, size_t blob_len)
{
	size_t before;

	fsk_outbox_waiting(&c->outbox, &before);
	if (!fsk_msg_waits(t) || !fsk_outbox_fits(&c->outbox, c->out.len + blob_len))
		return false;
	if (before == 0)
		c->waits_since = now_ms();
	else if (now_ms() - c->waits_since >= FSK_CHANNEL_WAIT_MS)
		return false;
	fsk_outbox_put(&c->outbox, c->out.data, c->out.len);
	fsk_outbox_put(&c->outbox, blob, blob_len);
	fsk_outbox_commit(&c->outbox);
	return true;
}

int fsk_channel_send(struct fsk_channel *c, enum fsk_msg_type t, const json_t *head,
                     const void *blob, size_t blob_len, struct fsk_err *err)
{
	enum fsk_ipc_state next = c->state;
	int rc = fsk_ipc_step(&next, t, err);

	if (rc < 0)
		return rc;
	fsk_buf_reset(&c->out);
	rc = fsk_msg_encode_front(&c->out, t, head, blob_len, err);
	if (rc < 0)
		return rc;
	c->state = next;
	if (lay_down(c, t, blob, blob_len))
		return 0;
	rc = send_out(c, &c->out, blob, blob_len, err);
	return rc == 0 ? 0 : fsk_err_wrap(err, "%s", fsk_msg_name(t));
}

/* More bytes from the other side: 1, 0 at the end of the stream, negative. */
static int fill(struct fsk_channel *c, struct fsk_err *err)
{
	ssize_t n;
	int rc = fsk_buf_reserve(&c->in, READ_PIECE, err);

	if (rc < 0)
		return rc;
	do
		n = read((int) c->handle, c->in.data + c->in.len, READ_PIECE);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fsk_err_errno(err, errno, "cannot receive");
	c->in.len += (size_t) n;
	return n > 0;
}

int fsk_channel_recv(struct fsk_channel *c, struct fsk_msg *m, struct fsk_err *err)
{
	int64_t size;
	int rc;

	*m = (struct fsk_msg){ 0 };
	fsk_buf_reset(&c->out);
	rc = send_out(c, &c->out, NULL, 0, err); /* what waits is the question */
	if (rc < 0)
		return rc;
	fsk_buf_consume(&c->in, c->taken);
	c->taken = 0;
	while ((size = fsk_msg_decode(m, c->in.data, c->in.len, err)) == 0) {
		rc = fill(c, err);
		if (rc < 0)
			return rc;
		if (rc == 0)
			return c->in.len == 0
			           ? 0
			           : fsk_err_set(err, FSK_EPROTO, "stream ends inside a frame");
	}
	if (size < 0)
		return (int) size;
	c->taken = (size_t) size;
	rc = fsk_ipc_step(&c->state, m->type, err);
	if (rc < 0) {
		fsk_msg_clear(m);
		return rc;
	}
	return 1;
}
