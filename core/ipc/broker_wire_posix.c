#include "core/ipc/broker_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/ipc/broker.h"

/* After a call that failed: is it worth another try? A handle that does not
 * block (the keeper's) is waited for, within the patience for one message. */
static bool try_again(intptr_t handle, short events)
{
	struct pollfd p = { .fd = (int) handle, .events = events };

	if (errno == EINTR)
		return true;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return false;
	if (poll(&p, 1, FSK_BROKER_PATIENCE * 1000) > 0)
		return true;
	errno = ETIMEDOUT;
	return false;
}

static int send_all(intptr_t handle, const uint8_t *p, size_t n, struct fsk_err *err)
{
	while (n > 0) {
		ssize_t done = send((int) handle, p, n, MSG_NOSIGNAL);

		if (done < 0 && try_again(handle, POLLOUT))
			continue;
		if (done < 0)
			return fsk_err_errno(err, errno, "broker: cannot send");
		p += done;
		n -= (size_t) done;
	}
	return 0;
}

/* The length goes first and alone, so that the descriptor rides on it. */
static int send_length(intptr_t handle, uint32_t length, int fd, struct fsk_err *err)
{
	uint8_t raw[4] = { (uint8_t) length, (uint8_t) (length >> 8), (uint8_t) (length >> 16),
		           (uint8_t) (length >> 24) };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = raw, .iov_len = sizeof(raw) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *c;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.room;
		msg.msg_controllen = sizeof(control.room);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	do
		n = sendmsg((int) handle, &msg, MSG_NOSIGNAL);
	while (n < 0 && try_again(handle, POLLOUT));
	if (n < 0)
		return fsk_err_errno(err, errno, "broker: cannot send");
	return send_all(handle, raw + n, sizeof(raw) - (size_t) n, err);
}

int fsk_broker_send(intptr_t handle, const struct fsk_buf *body, int fd, struct fsk_err *err)
{
	int rc = send_length(handle, (uint32_t) body->len, fd, err);

	return rc < 0 ? rc : send_all(handle, body->data, body->len, err);
}

/* Reads up to `n` bytes, keeping a descriptor that rides on them. */
static ssize_t receive_some(intptr_t handle, void *buf, size_t n, int *fd)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = buf, .iov_len = n };
	struct msghdr msg = { .msg_iov = &iov,
		              .msg_iovlen = 1,
		              .msg_control = control.room,
		              .msg_controllen = sizeof(control.room) };
	ssize_t got;

	do
		got = recvmsg((int) handle, &msg, MSG_CMSG_CLOEXEC);
	while (got < 0 && try_again(handle, POLLIN));
	if (got < 0)
		return got;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
		int passed;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(&passed, CMSG_DATA(c), sizeof(passed));
		if (*fd >= 0)
			close(*fd);
		*fd = passed;
	}
	return got;
}

/* Exactly `n` bytes: 1, 0 if the stream ends before the first, negative. */
static int receive_exact(intptr_t handle, uint8_t *buf, size_t n, int *fd, struct fsk_err *err)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = receive_some(handle, buf + done, n - done, fd);

		if (got < 0)
			return fsk_err_errno(err, errno, "broker: cannot receive");
		if (got == 0)
			return done == 0
			           ? 0
			           : fsk_err_set(err, FSK_EPROTO, "broker: stream ends early");
		done += (size_t) got;
	}
	return 1;
}

int fsk_broker_receive(struct fsk_buf *out, int *out_fd, intptr_t handle, struct fsk_err *err)
{
	uint8_t raw[4];
	uint32_t length;
	int fd = -1, rc;

	rc = receive_exact(handle, raw, sizeof(raw), &fd, err);
	if (rc == 1) {
		length = (uint32_t) raw[0] | (uint32_t) raw[1] << 8 | (uint32_t) raw[2] << 16 |
		         (uint32_t) raw[3] << 24;
		if (fsk_buf_reserve(out, length, err) < 0)
			rc = fsk_err_set(err, FSK_EPROTO, "broker: message of %u bytes", length);
		else if (length > 0 &&
		         (rc = receive_exact(handle, out->data + out->len, length, &fd, err)) == 0)
			rc = fsk_err_set(err, FSK_EPROTO, "broker: stream ends early");
		if (rc == 1)
			out->len += length;
	}
	if (out_fd != NULL && rc == 1)
		*out_fd = fd;
	else if (fd >= 0)
		close(fd);
	return rc;
}
