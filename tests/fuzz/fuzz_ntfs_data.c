/* The unnamed $DATA of one record of an MFT: the first byte says how large the record
 * is (512 << (byte & 3)) and whether its update sequence is put right beforehand
 * (bit 7), two bytes how many clusters of 4 KiB the volume has, the rest is the
 * record. */
#include <stdlib.h>
#include <string.h>

#include "core/evidence/ntfs_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OFFSET 1048576u
#define CLUSTER 4096u

/* Mutations seldom hit a check value on purpose. */
static void mend(uint8_t *p, size_t n)
{
	memcpy(p, "FILE", 4);
	p[4] = 48;
	p[5] = 0;
	p[6] = (uint8_t) (n / 512 + 1);
	p[7] = 0;
	for (size_t i = 512; i <= n; i += 512)
		memcpy(p + i - 2, p + 48, 2);
}

static void demand(bool good)
{
	if (!good)
		abort();
}

/* What is told must be inside of the volume and cover the file. */
static void look(const struct fsk_extent *x, const struct fsk_runs *runs,
                 const struct fsk_ntfs_geometry *g)
{
	uint64_t at = 0;

	demand(x->first == 0 && x->count == runs->count && x->initialised <= x->size);
	for (size_t i = 0; i < runs->count; i++) {
		const struct fsk_run *r = &runs->items[i];

		demand(r->start == at && r->length > 0);
		at += r->length;
		if (r->kind == FSK_RUN_DATA)
			demand(r->at >= OFFSET &&
			       r->at + r->length <= OFFSET + g->clusters * CLUSTER);
		else
			demand(r->kind == FSK_RUN_HOLE);
	}
	demand(x->content != NULL || at >= x->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fsk_ntfs_geometry g = { .offset = OFFSET, .cluster_size = CLUSTER };
	struct fsk_runs runs = { 0 };
	struct fsk_extent x;
	uint8_t *record;
	size_t n;

	if (size < 3)
		return 0;
	n = (size_t) 512 << (data[0] & 3);
	g.clusters = data[1] | (uint64_t) data[2] << 8;
	record = calloc(1, n);
	if (record == NULL)
		return 0;
	memcpy(record, data + 3, size - 3 < n ? size - 3 : n);
	if ((data[0] & 0x80) != 0)
		mend(record, n);
	if (fsk_ntfs_data_find(&x, &runs, &g, record, n, 1, (data[0] & 0x40) != 0 ? "$J" : NULL,
	                       NULL) == 0) {
		look(&x, &runs, &g);
		demand(x.content == NULL ||
		       (x.content >= record && x.size <= n && x.content + x.size <= record + n));
	} else {
		demand(runs.count == 0);
	}
	free(runs.items);
	free(record);
	return 0;
}
