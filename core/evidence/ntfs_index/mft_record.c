#include "core/evidence/ntfs_index/mft_record.h"

#include <string.h>

#include "core/base/cursor.h"
#include "core/evidence/fs_ntfs.h"

#define HEAD 42u      /* of a record, before the update sequence array of old versions */
#define ATTR_HEAD 16u /* common to both kinds of attribute */
#define ATTR_END 0xffffffffu
#define FLAG_IN_USE 1u
#define FLAG_DIRECTORY 2u
#define FN_REPARSE 0x400u

/* Whether a damaged record was in use is in its first sector, and no update
 * sequence value lies over it. */
static enum fsk_mft_slot damaged(const uint8_t *p)
{
	return (p[22] & FLAG_IN_USE) != 0 ? FSK_MFT_SLOT_GARBAGE : FSK_MFT_SLOT_FREE;
}

enum fsk_mft_slot fsk_mft_record_open(struct fsk_mft_record *r, uint8_t *p, size_t n)
{
	static const uint8_t zeros[4];
	struct fsk_cur c;
	uint16_t flags, first;
	uint64_t base;

	memset(r, 0, sizeof(*r));
	if (n < 512 || memcmp(p, "FILE", 4) != 0)
		return n >= 4 && memcmp(p, zeros, 4) == 0 ? FSK_MFT_SLOT_UNUSED
		                                          : FSK_MFT_SLOT_GARBAGE;
	if (fsk_ntfs_fixups(p, n, NULL) < 0)
		return damaged(p);
	fsk_cur_init(&c, p, n);
	fsk_cur_seek(&c, 16);
	r->seq = fsk_cur_u16le(&c);
	fsk_cur_skip(&c, 2);
	first = fsk_cur_u16le(&c);
	flags = fsk_cur_u16le(&c);
	r->used = fsk_cur_u32le(&c);
	fsk_cur_skip(&c, 4);
	base = fsk_cur_u64le(&c);
	if (first < HEAD || r->used > n || first > r->used)
		return damaged(p);
	r->data = p;
	r->next = first;
	r->in_use = (flags & FLAG_IN_USE) != 0;
	r->directory = (flags & FLAG_DIRECTORY) != 0;
	r->base = base & 0xffffffffffffull;
	r->base_seq = (uint16_t) (base >> 48);
	return FSK_MFT_SLOT_RECORD;
}

static int read_resident(struct fsk_mft_attr *a, struct fsk_cur *c)
{
	uint32_t length = fsk_cur_u32le(c);
	uint16_t at = fsk_cur_u16le(c);

	fsk_cur_seek(c, at);
	a->resident = true;
	a->content = fsk_cur_bytes(c, length);
	a->length = length;
	a->size = length;
	return c->failed ? FSK_ECORRUPT : 1;
}

/* Only the first extent tells the size. */
static int read_nonresident(struct fsk_mft_attr *a, struct fsk_cur *c)
{
	a->first_vcn = fsk_cur_u64le(c);
	if (a->first_vcn == 0) {
		fsk_cur_seek(c, 48);
		a->size = fsk_cur_u64le(c);
	}
	return c->failed ? FSK_ECORRUPT : 1;
}

int fsk_mft_attr_next(struct fsk_mft_attr *out, struct fsk_mft_record *r)
{
	struct fsk_cur c;
	const uint8_t *p;
	uint32_t length;
	uint16_t name_at;
	uint8_t nonresident, chars;

	memset(out, 0, sizeof(*out));
	fsk_cur_init(&c, r->data, r->used);
	fsk_cur_seek(&c, r->next);
	if (fsk_cur_left(&c) < 4)
		return 0;
	out->type = fsk_cur_u32le(&c);
	if (out->type == ATTR_END || out->type == 0)
		return 0;
	length = fsk_cur_u32le(&c);
	fsk_cur_seek(&c, r->next);
	p = length >= ATTR_HEAD ? fsk_cur_bytes(&c, length) : NULL;
	if (p == NULL)
		return FSK_ECORRUPT;
	r->next += length;
	out->raw = p;
	out->raw_len = length;
	fsk_cur_init(&c, p, length);
	fsk_cur_skip(&c, 8);
	nonresident = fsk_cur_u8(&c);
	chars = fsk_cur_u8(&c);
	name_at = fsk_cur_u16le(&c);
	if (chars > 0) {
		struct fsk_cur name = c;

		fsk_cur_seek(&name, name_at);
		out->name_len = (size_t) chars * 2;
		out->name = fsk_cur_bytes(&name, out->name_len);
		if (out->name == NULL)
			return FSK_ECORRUPT;
	}
	fsk_cur_skip(&c, 4);
	return nonresident != 0 ? read_nonresident(out, &c) : read_resident(out, &c);
}

int fsk_mft_name_read(struct fsk_mft_name *out, const void *p, size_t n)
{
	struct fsk_cur c;
	uint64_t parent;
	uint8_t chars;

	memset(out, 0, sizeof(*out));
	fsk_cur_init(&c, p, n);
	parent = fsk_cur_u64le(&c);
	out->parent = parent & 0xffffffffffffull;
	out->parent_seq = (uint16_t) (parent >> 48);
	for (size_t i = 0; i < 4; i++)
		out->times[i] = fsk_cur_u64le(&c);
	fsk_cur_skip(&c, 16);
	out->reparse = (fsk_cur_u32le(&c) & FN_REPARSE) != 0;
	out->tag = fsk_cur_u32le(&c);
	chars = fsk_cur_u8(&c);
	out->space = fsk_cur_u8(&c);
	out->text_len = (size_t) chars * 2;
	out->text = fsk_cur_bytes(&c, out->text_len);
	return c.failed || chars == 0 ? FSK_ECORRUPT : 0;
}

bool fsk_mft_standard_times(uint64_t out[4], const void *p, size_t n)
{
	struct fsk_cur c;

	fsk_cur_init(&c, p, n);
	for (size_t i = 0; i < 4; i++)
		out[i] = fsk_cur_u64le(&c);
	return !c.failed;
}
