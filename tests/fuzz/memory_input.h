/* The bytes of a fuzzer as what readers of programs read by ranges. */
#ifndef FSK_TESTS_MEMORY_INPUT_H
#define FSK_TESTS_MEMORY_INPUT_H

#include <string.h>

#include "plugins/shared/ranges.h"

struct memory {
	const uint8_t *data;
	size_t size;
};

static inline int64_t memory_read(void *arg, void *buf, size_t n, uint64_t off, bool *bad,
                                  struct fsk_err *err)
{
	const struct memory *m = arg;

	(void) bad;
	(void) err;
	if (off >= m->size)
		return 0;
	n = n < m->size - off ? n : (size_t) (m->size - off);
	if (n > 0)
		memcpy(buf, m->data + off, n);
	return (int64_t) n;
}

/* `m` is borrowed. */
static inline struct fsk_input memory_input(struct memory *m)
{
	return (struct fsk_input){ .arg = m, .size = m->size, .read = memory_read };
}

#endif
