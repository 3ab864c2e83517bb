#include "core/ipc/broker_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/ipc/broker.h"

/* Milliseconds of a steady clock. */
static int64_t now_ms(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* When the patience for a message that begins now is over. */
static int64_t end_of_patience(void)
{
	return now_ms() + FSK_BROKER_PATIENCE * 1000;
}

/* After a call that failed: is it worth another try? A handle that does not
 * block (the keeper's) is waited for until `end`. */
static bool try_again(intptr_t handle, short events, int64_t end)
{
	struct pollfd p = { .fd = (int) handle, .events = events };
	int64_t left = end - now_ms();

	if (errno == EINTR)
		return true;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return false;
	if (left > 0 && poll(&p, 1, (int) left) > 0)
		return true;
	errno = ETIMEDOUT;
	return false;
}

static int send_all(intptr_t handle, const uint8_t *p, size_t n, int64_t end, struct fsk_err *err)
{
	while (n > 0) {
		ssize_t done = send((int) handle, p, n, MSG_NOSIGNAL);

		if (done < 0 && try_again(handle, POLLOUT, end))
			continue;
		if (done < 0)
			return fsk_err_errno(err, errno, "broker: cannot send");
		p += done;
		n -= (size_t) done;
	}
	return 0;
}

/* The length goes first and alone, so that the descriptor rides on it. */
static int send_length(intptr_t handle, uint32_t length, int fd, int64_t end, struct fsk_err *err)
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
	while (n < 0 && try_again(handle, POLLOUT, end));
	if (n < 0)
		return fsk_err_errno(err, errno, "broker: cannot send");
	return send_all(handle, raw + n, sizeof(raw) - (size_t) n, end, err);
}

int fsk_broker_send(intptr_t handle, const struct fsk_buf *body, int fd, struct fsk_err *err)
{
	int64_t end = end_of_patience();
	int rc = send_length(handle, (uint32_t) body->len, fd, end, err);

	return rc < 0 ? rc : send_all(handle, body->data, body->len, end, err);
}

/* Keeps the last descriptor of a control message: one may carry several. */
static void take_descriptors(int *fd, struct cmsghdr *c)
{
	size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return;
	for (size_t i = 0; i < count; i++) {
		if (*fd >= 0)
			close(*fd);
		memcpy(fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
	}
}

/* Reads up to `n` bytes, keeping a descriptor that rides on them. */
static ssize_t receive_some(intptr_t handle, void *buf, size_t n, int *fd, int64_t end)
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
	while (got < 0 && try_again(handle, POLLIN, end));
	if (got < 0)
		return got;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c))
		take_descriptors(fd, c);
	return got;
}

/* Exactly `n` bytes: 1, 0 if the stream ends before the first, negative. */
static int receive_exact(intptr_t handle, uint8_t *buf, size_t n, int *fd, int64_t end,
                         struct fsk_err *err)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = receive_some(handle, buf + done, n - done, fd, end);

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
	int64_t end = end_of_patience();
	uint8_t raw[4];
	uint32_t length;
	int fd = -1, rc;

	rc = receive_exact(handle, raw, sizeof(raw), &fd, end, err);
	if (rc == 1) {
		length = (uint32_t) raw[0] | (uint32_t) raw[1] << 8 | (uint32_t) raw[2] << 16 |
		         (uint32_t) raw[3] << 24;
		if (fsk_buf_reserve(out, length, err) < 0)
			rc = fsk_err_set(err, FSK_EPROTO, "broker: message of %u bytes", length);
		else if (length > 0 && (rc = receive_exact(handle, out->data + out->len, length,
		                                           &fd, end, err)) == 0)
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
