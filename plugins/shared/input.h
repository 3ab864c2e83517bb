/* Where the bytes of a file come from. */
#ifndef FSK_PLUGINS_SHARED_INPUT_H
#define FSK_PLUGINS_SHARED_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

/* `read` gives up to `n` bytes at `off`, 0 at the end, negative when nothing can be
 * read; it sets `*bad` when bytes came as zeros that the medium does not give. */
struct fsk_input {
	void *arg;
	uint64_t size;
	int64_t (*read)(void *arg, void *buf, size_t n, uint64_t off, bool *bad,
	                struct fsk_err *err);
};

#endif
