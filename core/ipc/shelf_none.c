/* A system without sealed memory: each worker makes its own index. */
#include "core/ipc/shelf.h"

int fsk_shelf_create(intptr_t *handle, struct fsk_err *err)
{
	(void) err;
	*handle = -1;
	return 0;
}

void fsk_shelf_close(intptr_t handle)
{
	(void) handle;
}

int fsk_shelf_seal(intptr_t handle, struct fsk_err *err)
{
	(void) handle;
	return fsk_err_set(err, FSK_EUNSUPPORTED, "an index is not shared on this system");
}

int fsk_shelf_put(char sha256[FSK_SHA256_HEX], intptr_t handle, const void *p, size_t n,
                  struct fsk_err *err)
{
	(void) sha256;
	(void) handle;
	(void) p;
	(void) n;
	return fsk_err_set(err, FSK_EUNSUPPORTED, "an index is not shared on this system");
}

int fsk_shelf_get(const void **out, intptr_t handle, size_t n, const char *sha256,
                  struct fsk_err *err)
{
	(void) handle;
	(void) n;
	(void) sha256;
	*out = NULL;
	return fsk_err_set(err, FSK_EUNSUPPORTED, "an index is not shared on this system");
}

void fsk_shelf_release(const void *p, size_t n)
{
	(void) p;
	(void) n;
}
