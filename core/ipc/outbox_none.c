/* A system without sealed memory that two processes share: nothing waits. */
#include "core/ipc/outbox.h"

int fsk_outbox_map(struct fsk_outbox *o, intptr_t handle, struct fsk_err *err)
{
	(void) o;
	(void) handle;
	return fsk_err_set(err, FSK_EUNSUPPORTED, "messages cannot wait on this system");
}

void fsk_outbox_unmap(struct fsk_outbox *o)
{
	(void) o;
}

bool fsk_outbox_fits(const struct fsk_outbox *o, size_t n)
{
	(void) o;
	(void) n;
	return false;
}

void fsk_outbox_put(struct fsk_outbox *o, const void *p, size_t n)
{
	(void) o;
	(void) p;
	(void) n;
}

void fsk_outbox_commit(struct fsk_outbox *o)
{
	(void) o;
}

const uint8_t *fsk_outbox_waiting(const struct fsk_outbox *o, size_t *n)
{
	(void) o;
	*n = 0;
	return NULL;
}

void fsk_outbox_sent(struct fsk_outbox *o, size_t more)
{
	(void) o;
	(void) more;
}

int fsk_outbox_create(intptr_t *handle, struct fsk_err *err)
{
	(void) err;
	*handle = -1;
	return 0;
}

void fsk_outbox_close(intptr_t handle)
{
	(void) handle;
}

int fsk_outbox_take(struct fsk_buf *out, intptr_t handle, uint64_t arrived, struct fsk_err *err)
{
	(void) out;
	(void) handle;
	(void) arrived;
	(void) err;
	return 0;
}
