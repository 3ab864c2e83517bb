/* GUID partition tables: UEFI specification 2.10, 5.3. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/evidence/volume_impl.h"

#define HEADER_MIN 92u
#define ENTRY_MIN 128u
#define ENTRY_MAX 4096u
#define NAME_BYTES 72u

static const uint8_t no_guid[16];

/* What to call a partition that has no name of its own. */
static const struct {
	uint8_t guid[16];
	const char *name;
} known_types[] = {
	{ { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e,
	    0xc9, 0x3b },
	  "EFI system partition" },
	{ { 0x16, 0xe3, 0xc9, 0xe3, 0x5c, 0x0b, 0xb8, 0x4d, 0x81, 0x7d, 0xf9, 0x2d, 0xf0, 0x02,
	    0x15, 0xae },
	  "Microsoft reserved partition" },
	{ { 0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9, 0x33, 0x44, 0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26,
	    0x99, 0xc7 },
	  "Basic data partition" },
	{ { 0xa4, 0xbb, 0x94, 0xde, 0xd1, 0x06, 0x40, 0x4d, 0xa1, 0x6a, 0xbf, 0xd5, 0x01, 0x79,
	    0xd6, 0xac },
	  "Windows recovery partition" },
	{ { 0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47, 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47,
	    0x7d, 0xe4 },
	  "Linux filesystem" },
	{ { 0x6d, 0xfd, 0x57, 0x06, 0xab, 0xa4, 0xc4, 0x43, 0x84, 0xe5, 0x09, 0x33, 0xc8, 0x4b,
	    0x4f, 0x4f },
	  "Linux swap" },
	{ { 0x48, 0x61, 0x68, 0x21, 0x49, 0x64, 0x6f, 0x6e, 0x74, 0x4e, 0x65, 0x65, 0x64, 0x45,
	    0x46, 0x49 },
	  "BIOS boot partition" },
	{ { 0xef, 0x57, 0x34, 0x7c, 0x00, 0x00, 0xaa, 0x11, 0xaa, 0x11, 0x00, 0x30, 0x65, 0x43,
	    0xec, 0xac },
	  "Apple APFS" },
	{ { 0x00, 0x53, 0x46, 0x48, 0x00, 0x00, 0xaa, 0x11, 0xaa, 0x11, 0x00, 0x30, 0x65, 0x43,
	    0xec, 0xac },
	  "Apple HFS+" },
};

struct header {
	uint64_t entries_at; /* bytes */
	uint32_t count, entry_size, entries_crc;
	bool sound;
};

static bool crc_matches(const uint8_t *sector, uint32_t size, uint32_t want)
{
	uint8_t copy[FSK_SECTOR_MAX];

	memcpy(copy, sector, size);
	memset(copy + 16, 0, 4); /* the field itself counts as zero */
	return libdeflate_crc32(0, copy, size) == want;
}

static bool read_header(struct header *h, struct fsk_source *s, uint32_t sector_size, uint64_t at)
{
	uint8_t sector[FSK_SECTOR_MAX];
	struct fsk_cur c;
	uint32_t size, crc;
	uint64_t lba;

	if (at > s->size || s->size - at < sector_size)
		return false;
	fsk_source_read(s, sector, sector_size, at);
	fsk_cur_init(&c, sector, sector_size);
	if (memcmp(fsk_cur_bytes(&c, 8), "EFI PART", 8) != 0)
		return false;
	fsk_cur_skip(&c, 4);
	size = fsk_cur_u32le(&c);
	crc = fsk_cur_u32le(&c);
	fsk_cur_seek(&c, 72);
	lba = fsk_cur_u64le(&c);
	h->count = fsk_cur_u32le(&c);
	h->entry_size = fsk_cur_u32le(&c);
	h->entries_crc = fsk_cur_u32le(&c);
	if (h->entry_size < ENTRY_MIN || h->entry_size > ENTRY_MAX || lba >= s->size / sector_size)
		return false;
	if (h->count > FSK_GPT_ENTRIES_MAX)
		h->count = FSK_GPT_ENTRIES_MAX;
	h->entries_at = lba * sector_size;
	h->sound = size >= HEADER_MIN && size <= sector_size && crc_matches(sector, size, crc);
	return true;
}

static void name_part(struct fsk_part *p, const uint8_t type[16], const uint8_t *name)
{
	struct fsk_buf b;

	fsk_buf_init(&b, 4096);
	if (fsk_text_append_utf16le(&b, name, NAME_BYTES, true, NULL) == 0)
		fsk_table_text(p->description, (const char *) b.data, b.len);
	fsk_buf_free(&b);
	for (size_t i = 0; i < sizeof(known_types) / sizeof(known_types[0]); i++)
		if (p->description[0] == '\0' && memcmp(type, known_types[i].guid, 16) == 0)
			snprintf(p->description, sizeof(p->description), "%s", known_types[i].name);
}

static int take_entry(struct fsk_table *t, const uint8_t *entry, uint32_t slot, struct fsk_err *err)
{
	struct fsk_part p = { 0 };
	struct fsk_cur c;
	const uint8_t *type;
	uint64_t last;

	fsk_cur_init(&c, entry, ENTRY_MIN);
	type = fsk_cur_bytes(&c, 16);
	fsk_cur_copy(&c, p.guid, 16);
	p.start = fsk_cur_u64le(&c);
	last = fsk_cur_u64le(&c);
	if (memcmp(type, no_guid, 16) == 0 || p.start == 0 || last < p.start)
		return 0;
	p.length = last - p.start + 1;
	snprintf(p.slot, sizeof(p.slot), "%03u", slot);
	fsk_cur_skip(&c, 8);
	name_part(&p, type, fsk_cur_bytes(&c, NAME_BYTES));
	return fsk_table_add(t, &p, err);
}

static int compare_parts(const void *pa, const void *pb)
{
	const struct fsk_part *a = pa, *b = pb;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return strcmp(a->slot, b->slot);
}

static int take_entries(struct fsk_table *t, struct header *h, struct fsk_source *s,
                        struct fsk_err *err)
{
	size_t n = (size_t) h->count * h->entry_size;
	uint8_t *all;
	int rc = 0;

	if (n == 0 || n > s->size - h->entries_at)
		return fsk_err_set(err, FSK_ENOTFOUND, "the array of the GPT is cut off");
	all = malloc(n);
	if (all == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	fsk_source_read(s, all, n, h->entries_at);
	if (libdeflate_crc32(0, all, n) != h->entries_crc)
		h->sound = false;
	for (uint32_t i = 0; rc == 0 && i < h->count; i++)
		rc = take_entry(t, all + (size_t) i * h->entry_size, i, err);
	free(all);
	if (rc == 0 && t->count > 0)
		qsort(t->parts, t->count, sizeof(t->parts[0]), compare_parts);
	return rc;
}

static int try_at(struct fsk_table *out, struct fsk_source *s, uint32_t sector_size, bool backup,
                  struct fsk_err *err)
{
	uint64_t at = backup ? s->size / sector_size * sector_size - sector_size : sector_size;
	struct header h;
	int rc;

	memset(out, 0, sizeof(*out));
	if (s->size < 2 * (uint64_t) sector_size || !read_header(&h, s, sector_size, at))
		return fsk_err_set(err, FSK_ENOTFOUND, "no GPT");
	out->scheme = FSK_SCHEME_GPT;
	out->name = "GPT";
	out->sector_size = sector_size;
	out->backup = backup;
	rc = take_entries(out, &h, s, err);
	out->damaged = !h.sound;
	if (rc < 0)
		fsk_table_free(out);
	return rc;
}

int fsk_gpt_load(struct fsk_table *out, struct fsk_source *s, struct fsk_err *err)
{
	const uint32_t sizes[] = { s->sector_size, 512, 1024, 2048, 4096 };
	struct fsk_table damaged = { 0 }, t;
	bool has_damaged = false;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < 10; i++) {
		int rc = try_at(&t, s, sizes[i % 5], i >= 5, err);

		if (rc == 0 && !t.damaged) {
			fsk_table_free(&damaged);
			*out = t;
			return 0;
		}
		if (rc == 0 && !has_damaged) {
			damaged = t;
			has_damaged = true;
		} else if (rc == 0) {
			fsk_table_free(&t);
		} else if (rc != FSK_ENOTFOUND) {
			fsk_table_free(&damaged);
			return rc;
		}
	}
	if (!has_damaged)
		return fsk_err_set(err, FSK_ENOTFOUND, "no GPT");
	*out = damaged;
	return 0;
}
