/* Folder indexes of NTFS: the first byte says whether the rest is an index root
 * or an index record of 512 << (byte & 7) bytes. */
#include <stdlib.h>
#include <string.h>

#include "core/evidence/fs_ntfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drop(struct fsk_listing *l)
{
	for (size_t i = 0; i < l->count; i++) {
		if (l->items[i].name == NULL || strchr(l->items[i].name, '/') != NULL)
			abort();
		fsk_name_clear(&l->items[i]);
	}
	free(l->items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fsk_listing names = { 0 }, gone = { 0 };
	struct fsk_ntfs_index ix;
	struct fsk_times times;
	int best = 0;

	if (size == 0)
		return 0;
	fsk_ntfs_index_init(&ix, &names, 77);
	if ((data[0] & 0x40) != 0)
		ix.gone = &gone;
	ix.addrs = 1u << 20;
	if ((data[0] & 0x80) != 0) {
		(void) fsk_ntfs_index_root(&ix, data + 1, size - 1, NULL);
	} else {
		size_t n = (size_t) 512 << (data[0] & 7);
		uint8_t *record = calloc(1, n);

		memcpy(record, data + 1, size - 1 < n ? size - 1 : n);
		if ((data[0] & 0x20) != 0)
			(void) fsk_ntfs_index_unused(&ix, record, n, NULL);
		else
			(void) fsk_ntfs_index_record(&ix, record, n, NULL);
		free(record);
	}
	(void) fsk_ntfs_index_finish(&ix, NULL);
	fsk_times_clear(&times);
	fsk_ntfs_si_times(&times, data, size);
	fsk_ntfs_fn_times(&times, data, size, &best);
	fsk_ntfs_index_free(&ix);
	drop(&names);
	drop(&gone);
	return 0;
}
