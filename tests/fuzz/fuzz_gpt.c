/* GUID partition tables: the input is the disk. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/evidence/volume_impl.h"
#include "tests/unit/memory_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_medium medium = { .data = (uint8_t *) data, .size = size };
	struct anomaly_text notes = { { 0 } };
	struct fsk_source s;
	struct fsk_table t;

	memory_source(&s, &medium, &notes);
	if (fsk_gpt_load(&t, &s, NULL) == 0) {
		for (size_t i = 0; i < t.count; i++) {
			const char *d = t.parts[i].description;

			if (t.parts[i].length == 0 ||
			    fsk_text_utf8_valid(d, strlen(d)) != strlen(d))
				abort();
		}
		fsk_table_free(&t);
	}
	fsk_rangelog_free(&s.bad);
	return 0;
}
