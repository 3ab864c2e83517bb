/* An archive of an Electron program: its index, and its files. */
#include <stdint.h>
#include <stdlib.h>

#include "plugins/asar/asar.h"
#include "tests/fuzz/memory_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = { data, size };
	const struct fsk_input in = memory_input(&m);
	json_t *told, *notes, *file;
	struct fsk_buf b;
	char *note;
	size_t i;

	if (fsk_asar_examine(&told, &notes, &in, NULL) < 0)
		return 0;
	json_array_foreach (json_object_get(told, "files"), i, file) {
		if (i == 8)
			break;
		fsk_buf_init(&b, 1u << 16);
		fsk_asar_read(&b, &note, &in, json_string_value(json_object_get(file, "path")), 0,
		              1u << 16, NULL);
		fsk_buf_free(&b);
		free(note);
	}
	json_decref(told);
	json_decref(notes);
	return 0;
}
