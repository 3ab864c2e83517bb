/* Memory on which one worker leaves something large that the others then use: the
 * index of a volume.
 *
 * The keeper makes shelves before there are workers, and each worker inherits all
 * of them. One worker lays bytes down and tells their number and digest; the keeper
 * seals the shelf, so that nobody changes them any more, and only then tells the
 * others. These test the digest first, since before the seal a third worker could
 * have written, too; what the bytes say is tested by whoever reads it. */
#ifndef FSK_IPC_SHELF_H
#define FSK_IPC_SHELF_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/digest.h"
#include "core/base/err.h"

#define FSK_SHELVES 4u /* of one run */

/* --- the keeper's side --- */

/* Makes a shelf; `*handle` is -1 when this system has none. Close it with
 * fsk_shelf_close. FSK_EIO. */
int fsk_shelf_create(intptr_t *handle, struct fsk_err *err);
void fsk_shelf_close(intptr_t handle);

/* From here on nothing on it changes. FSK_EIO: somebody can still write. */
int fsk_shelf_seal(intptr_t handle, struct fsk_err *err);

/* --- the worker's side --- */

/* Copies `n` bytes onto it and tells their SHA-256. FSK_ELIMIT beyond
 * FSK_SHELF_MAX, FSK_EIO. */
int fsk_shelf_put(char sha256[FSK_SHA256_HEX], intptr_t handle, const void *p, size_t n,
                  struct fsk_err *err);

/* Maps the first `n` bytes of a sealed shelf read-only. FSK_ECORRUPT when they have
 * another digest, FSK_ELIMIT, FSK_EIO. Release with fsk_shelf_release. */
int fsk_shelf_get(const void **out, intptr_t handle, size_t n, const char *sha256,
                  struct fsk_err *err);
void fsk_shelf_release(const void *p, size_t n);

#endif
