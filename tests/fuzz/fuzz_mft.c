/* MFTs of NTFS: the first byte says how large the records are (512 << (byte & 3)),
 * whether the update sequence is put right beforehand (bit 7), the rest is the MFT.
 * With bit 6 the rest is the area of an index instead, as another process gave it;
 * with bit 5 its head is put right, so that the rest of it is looked at. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/evidence/ntfs_index/mft_index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
	uint8_t *data;
	size_t size;
};

static int read_memory(void *arg, void *buf, size_t n, uint64_t off, struct fsk_err *err)
{
	const struct memory *m = arg;

	(void) err;
	memcpy(buf, m->data + off, n);
	return 0;
}

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

static void drop(struct fsk_listing *l, const struct fsk_mft_index *ix)
{
	for (size_t i = 0; i < l->count; i++) {
		if (l->items[i].addr >= ix->n.entries || strchr(l->items[i].name, '/') != NULL)
			abort();
		fsk_name_clear(&l->items[i]);
	}
	free(l->items);
	memset(l, 0, sizeof(*l));
}

static void list(const struct fsk_mft_index *ix, uint32_t addr)
{
	struct fsk_name dir = { .addr = addr, .seq = ix->entries[addr].seq };
	struct fsk_listing l = { 0 };

	(void) fsk_mft_index_list(&l, ix, &dir, NULL);
	drop(&l, ix);
	(void) fsk_mft_index_list_gone(&l, ix, &dir, NULL);
	drop(&l, ix);
}

static void look(const struct fsk_mft_index *ix, bool built)
{
	struct fsk_listing l = { 0 };
	struct fsk_times t;

	for (uint32_t i = 0; i < ix->n.entries; i++) {
		const struct fsk_mft_entry *e = &ix->entries[i];
		size_t count;
		const struct fsk_mft_stream *s = fsk_mft_index_streams(&count, ix, i);

		fsk_mft_index_times(&t, ix, e);
		list(ix, i);
		if (built && (count > 0) != ((e->flags & FSK_MFT_STREAMS) != 0))
			abort();
		for (size_t k = 0; k < count; k++)
			if (strlen(fsk_mft_index_name(ix, s[k].name)) > ix->n.names)
				abort();
	}
	(void) fsk_mft_index_list_orphans(&l, ix, NULL);
	drop(&l, ix);
}

/* What was built must be fit to be given away. */
static void pack(const struct fsk_mft_index *ix)
{
	struct fsk_mft_index other;
	size_t size;
	const void *area = fsk_mft_index_pack(ix, &size);

	if (fsk_mft_index_attach(&other, area, size, NULL) < 0)
		abort();
	fsk_mft_index_free(&other);
}

/* The head: a name of 8 bytes, the size, and the counts, in 8 bytes each. */
static void mend_head(uint8_t *area, size_t size, const struct fsk_mft_index *empty)
{
	const uint8_t *head = empty->area;

	memcpy(area, head, 8);
	for (size_t i = 0; i < 8; i++)
		area[8 + i] = (uint8_t) ((uint64_t) size >> (8 * i));
	for (size_t i = 16; i < 16 + sizeof(struct fsk_mft_counts); i++)
		if (i % 8 > 0)
			area[i] = 0;
}

static void attach(const uint8_t *data, size_t size, bool mend)
{
	struct fsk_mft_reader none = { .read = read_memory, .record_size = 512 };
	struct fsk_mft_index ix, empty;
	uint8_t *area = malloc(size + 1);

	if (area == NULL || fsk_mft_index_build(&empty, &none, NULL) < 0)
		abort();
	memcpy(area, data, size);
	if (mend && size >= 16 + sizeof(struct fsk_mft_counts))
		mend_head(area, size, &empty);
	if (fsk_mft_index_attach(&ix, area, size, NULL) == 0)
		look(&ix, false);
	fsk_mft_index_free(&ix);
	fsk_mft_index_free(&empty);
	free(area);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = { 0 };
	struct fsk_mft_reader from = { .read = read_memory, .arg = &m };
	struct fsk_mft_index ix;

	if (size < 1 || size > 65536)
		return 0;
	if ((data[0] & 0x40) != 0)
		return attach(data + 1, size - 1, (data[0] & 0x20) != 0), 0;
	from.record_size = 512u << (data[0] & 3);
	m.size = (size - 1 + from.record_size - 1) / from.record_size * from.record_size;
	m.data = calloc(1, m.size + 1);
	if (m.data == NULL)
		return 0;
	memcpy(m.data, data + 1, size - 1);
	for (size_t i = 0; (data[0] & 0x80) != 0 && i < m.size; i += from.record_size)
		mend(m.data + i, from.record_size);
	from.size = m.size;
	if (fsk_mft_index_build(&ix, &from, NULL) == 0) {
		look(&ix, true);
		pack(&ix);
	}
	fsk_mft_index_free(&ix);
	free(m.data);
	return 0;
}
