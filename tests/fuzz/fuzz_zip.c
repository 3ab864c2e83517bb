/* A ZIP archive: its members, and the content of the first of them. */
#include <stdint.h>
#include <stdlib.h>

#include "plugins/zip/zip.h"
#include "tests/fuzz/memory_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = { data, size };
	const struct fsk_input in = memory_input(&m);
	json_t *told, *notes;
	struct fsk_buf b;
	char *note;

	if (fsk_zip_examine(&told, &notes, &in, NULL) < 0)
		return 0;
	for (int64_t i = 1; i <= 4; i++) {
		const struct fsk_zip_which which = { .index = i };

		fsk_buf_init(&b, 1u << 20);
		fsk_zip_read(&b, &note, &in, &which, 3, 1u << 20, NULL);
		fsk_buf_free(&b);
		free(note);
	}
	json_decref(told);
	json_decref(notes);
	return 0;
}
