/* Logs of Windows 2000 to 8: behind a base block of 512 bytes "DIRT", one bit
 * for each 512 bytes of bins, and from the next multiple of 512 on those of
 * them whose bit is set, one behind the other. */
#include "core/registry/log.h"

#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/registry/cells.h"

#define SECTOR 512u
#define SIGNATURE 4u

static const uint8_t *bitmap_of(const struct fsk_log *l)
{
	return l->data + FSK_BASE_BLOCK + SIGNATURE;
}

static size_t bitmap_bits(const struct fsk_log *l)
{
	return l->head.bins / SECTOR;
}

static bool is_set(const uint8_t *bitmap, size_t bit)
{
	return (bitmap[bit / 8] >> bit % 8 & 1) != 0;
}

/* Where the first sector lies in the log. */
static size_t sectors_at(const struct fsk_log *l)
{
	size_t end = FSK_BASE_BLOCK + SIGNATURE + bitmap_bits(l) / 8;

	return (end + SECTOR - 1) / SECTOR * SECTOR;
}

bool fsk_log_bitmap_begins(const struct fsk_log *l)
{
	if (l->head.bins == 0 || l->head.bins % FSK_BIN_ALIGN != 0)
		fsk_log_note(l->result, "its size of the hive at offset 40 cannot be");
	else if (l->size < sectors_at(l) + SECTOR)
		fsk_log_note(l->result, "cut off at offset %zu before the first changed sector",
		             l->size);
	else if (memcmp(l->data + FSK_BASE_BLOCK, "DIRT", SIGNATURE) != 0)
		fsk_log_note(l->result, "no bitmap at offset %u", FSK_BASE_BLOCK);
	else
		return true;
	return false;
}

/* A sector that begins a bin says where in the hive it belongs. There is no
 * checksum: this is the one sign of a log that was not written to its end. */
static bool belongs(const uint8_t *sector, size_t offset)
{
	struct fsk_cur cur;

	if (offset == 0 && memcmp(sector, "hbin", 4) != 0)
		return false;
	if (offset % FSK_BIN_ALIGN != 0 || memcmp(sector, "hbin", 4) != 0)
		return true;
	fsk_cur_init(&cur, sector, SECTOR);
	fsk_cur_skip(&cur, 4);
	return fsk_cur_u32le(&cur) == offset;
}

int fsk_log_bitmap_apply(struct fsk_target *t, const struct fsk_log *l, struct fsk_err *err)
{
	const uint8_t *bitmap = bitmap_of(l);
	struct fsk_log_result *r = l->result;
	size_t at = sectors_at(l), bits = bitmap_bits(l);
	struct fsk_err why = { 0 };
	int rc = fsk_target_grow(t, l->head.bins, &why);

	if (rc == FSK_ENOMEM)
		return fsk_err_set(err, rc, "%s", why.msg);
	if (rc < 0) {
		fsk_log_note(r, "%s", why.msg);
		return 0;
	}
	for (size_t i = 0; i < bits; i++) {
		if (!is_set(bitmap, i))
			continue;
		if (l->size - at < SECTOR) {
			fsk_log_note(r, "cut off at offset %zu before the sector for 0x%zx",
			             l->size, i * SECTOR);
			break;
		}
		if (!belongs(l->data + at, i * SECTOR)) {
			fsk_log_note(r, "stopped at offset %zu: no bin for 0x%zx", at, i * SECTOR);
			break;
		}
		memcpy(t->hive->data + FSK_HIVE_HEADER + i * SECTOR, l->data + at, SECTOR);
		at += SECTOR;
		r->pages++;
	}
	r->bytes = (uint64_t) r->pages * SECTOR;
	if (r->pages == 0)
		return 0;
	r->entries = 1;
	r->first = r->last = l->head.sequence1;
	t->head.bins = l->head.bins;
	t->head.sequence1 = t->head.sequence2 = l->head.sequence1;
	return 0;
}
