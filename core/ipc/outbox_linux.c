#include "core/ipc/outbox.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/cursor.h"
#include "core/base/file.h"

enum { AT_SENT = 0, AT_LEN = 8, HEAD = 16 };

#define SIZE (HEAD + FSK_OUTBOX_ROOM)

/* A word of the head. Release: what was written before is there for whoever sees
 * it. */
static void set_word(struct fsk_outbox *o, size_t at, uint64_t v)
{
	_Atomic uint64_t *word = (_Atomic uint64_t *) (void *) (o->map + at);

	atomic_store_explicit(word, htole64(v), memory_order_release);
}

int fsk_outbox_map(struct fsk_outbox *o, intptr_t handle, struct fsk_err *err)
{
	void *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, (int) handle, 0);

	if (p == MAP_FAILED)
		return fsk_err_errno(err, errno, "cannot map the memory for messages");
	o->map = p;
	set_word(o, AT_SENT, o->sent);
	return 0;
}

void fsk_outbox_unmap(struct fsk_outbox *o)
{
	if (o->map != NULL)
		munmap(o->map, SIZE);
	*o = (struct fsk_outbox){ 0 };
}

bool fsk_outbox_fits(const struct fsk_outbox *o, size_t n)
{
	return o->map != NULL && n <= FSK_OUTBOX_ROOM - o->len;
}

void fsk_outbox_put(struct fsk_outbox *o, const void *p, size_t n)
{
	if (n > 0)
		memcpy(o->map + HEAD + o->len, p, n);
	o->len += n;
}

void fsk_outbox_commit(struct fsk_outbox *o)
{
	set_word(o, AT_LEN, o->len);
}

const uint8_t *fsk_outbox_waiting(const struct fsk_outbox *o, size_t *n)
{
	*n = o->len;
	return o->map != NULL ? o->map + HEAD : NULL;
}

void fsk_outbox_sent(struct fsk_outbox *o, size_t more)
{
	o->sent += o->len + more;
	o->len = 0;
	if (o->map == NULL)
		return;
	/* in between nothing waits, whatever was sent: the other way round the
	 * bytes would count from the wrong place */
	set_word(o, AT_LEN, 0);
	set_word(o, AT_SENT, o->sent);
}

int fsk_outbox_create(intptr_t *handle, struct fsk_err *err)
{
	/* sealed: a worker that shortened it would end a keeper that reads it */
	int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	int fd = memfd_create("fossick-outbox", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	*handle = -1;
	if (fd < 0)
		return 0;
	if (ftruncate(fd, SIZE) < 0 || fcntl(fd, F_ADD_SEALS, seals) < 0) {
		int rc = fsk_err_errno(err, errno, "cannot make memory for messages");

		close(fd);
		return rc;
	}
	*handle = fd;
	return 0;
}

void fsk_outbox_close(intptr_t handle)
{
	if (handle >= 0)
		close((int) handle);
}

int fsk_outbox_take(struct fsk_buf *out, intptr_t handle, uint64_t arrived, struct fsk_err *err)
{
	struct fsk_file view = { .handle = handle, .size = SIZE };
	uint8_t head[HEAD];
	uint64_t sent, len, done;
	struct fsk_cur c;
	int64_t got;
	int rc;

	if (handle < 0)
		return 0;
	got = fsk_file_pread(&view, head, HEAD, 0, err);
	if (got != HEAD)
		return got < 0 ? (int) got : fsk_err_set(err, FSK_EIO, "no memory for messages");
	fsk_cur_init(&c, head, HEAD);
	sent = fsk_cur_u64le(&c);
	len = fsk_cur_u64le(&c);
	if (len > FSK_OUTBOX_ROOM || sent > arrived)
		return fsk_err_set(err, FSK_EPROTO, "%llu bytes wait behind %llu of %llu",
		                   (unsigned long long) len, (unsigned long long) sent,
		                   (unsigned long long) arrived);
	done = arrived - sent;
	if (done >= len)
		return 0;
	rc = fsk_buf_reserve(out, (size_t) (len - done), err);
	if (rc < 0)
		return rc;
	got = fsk_file_pread(&view, out->data + out->len, (size_t) (len - done), HEAD + done, err);
	if (got < 0)
		return (int) got;
	out->len += (size_t) got;
	return 0;
}
