/* A package of Windows Installer, with all that can be told of it. */
#include <stdint.h>
#include <string.h>

#include "plugins/msi/msi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
	const uint8_t *data;
	size_t size;
};

static int64_t read_memory(void *arg, void *buf, size_t n, uint64_t off, bool *bad,
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = { data, size };
	const struct fsk_input in = { .arg = &m, .size = size, .read = read_memory };
	json_t *told, *notes;

	if (fsk_msi_examine(&told, &notes, &in, NULL) < 0)
		return 0;
	json_decref(told);
	json_decref(notes);
	return 0;
}
