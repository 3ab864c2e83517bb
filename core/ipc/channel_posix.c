#include "core/ipc/channel.h"

#include <errno.h>
#include <string.h>
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
	fsk_buf_free(&c->in);
	fsk_buf_free(&c->out);
}

int fsk_channel_send(struct fsk_channel *c, enum fsk_msg_type t, const json_t *head,
                     const void *blob, size_t blob_len, struct fsk_err *err)
{
	enum fsk_ipc_state next = c->state;
	size_t done = 0;
	int rc = fsk_ipc_step(&next, t, err);

	if (rc < 0)
		return rc;
	fsk_buf_reset(&c->out);
	rc = fsk_msg_encode(&c->out, t, head, blob, blob_len, err);
	if (rc < 0)
		return rc;
	c->state = next;
	while (done < c->out.len) {
		ssize_t n = write((int) c->handle, c->out.data + done, c->out.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fsk_err_errno(err, errno, "cannot send %s", fsk_msg_name(t));
		done += (size_t) n;
	}
	return 0;
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
