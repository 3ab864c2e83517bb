#include "plugins/shared/sectors.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"

#define HEADER 512u
#define END 0xfffffffeu /* of a chain; larger and smaller by few: marks, too */
#define FREE 0xffffffffu
#define IN_HEADER 109u /* places of the FAT that the header has */

/* Up to `n` bytes at `off`: fewer at the end of the file, or where it cannot be read. */
static size_t read_at(const struct fsk_sectors *s, uint8_t *out, size_t n, uint64_t off)
{
	size_t done = 0;

	while (done < n) {
		bool bad = false;
		int64_t got = s->in->read(s->in->arg, out + done, n - done, off + done, &bad, NULL);

		if (got <= 0)
			break;
		done += (size_t) got;
	}
	return done;
}

static uint64_t place_of(const struct fsk_sectors *s, uint32_t n)
{
	return ((uint64_t) n + 1) * s->sector;
}

size_t fsk_sectors_read(uint8_t *out, const struct fsk_sectors *s, uint32_t n)
{
	return n < s->count ? read_at(s, out, s->sector, place_of(s, n)) : 0;
}

/* The sector `n` is the `part`-th of the FAT. */
static void take_fat(struct fsk_sectors *s, uint32_t n, size_t part)
{
	size_t size, first = part * (s->sector / 4);
	uint8_t p[FSK_SECTOR_MAX];
	struct fsk_cur c;

	if (first >= s->count)
		return;
	size = fsk_sectors_read(p, s, n);
	if (size < s->sector)
		s->damaged = true;
	fsk_cur_init(&c, p, size);
	for (size_t i = first; i < s->count && fsk_cur_left(&c) >= 4; i++)
		s->next[i] = fsk_cur_u32le(&c);
}

/* The places of the FAT: the first in the header, the others in a chain of
 * sectors, each of which ends with the number of the next. */
static void read_fat(struct fsk_sectors *s, struct fsk_cur *head, uint32_t following)
{
	size_t part = 0, per = s->sector / 4;

	for (unsigned i = 0; i < IN_HEADER; i++, part++) {
		uint32_t n = fsk_cur_u32le(head);

		if (n < END)
			take_fat(s, n, part);
	}
	for (uint32_t steps = 0; following < END && steps < s->count; steps++) {
		uint8_t p[FSK_SECTOR_MAX];
		size_t size = fsk_sectors_read(p, s, following);
		struct fsk_cur c;

		if (size < s->sector) {
			s->damaged = true;
			break;
		}
		fsk_cur_init(&c, p, size);
		for (size_t i = 0; i + 1 < per && part * per < s->count; i++, part++)
			take_fat(s, fsk_cur_u32le(&c), part);
		fsk_cur_seek(&c, size - 4);
		following = fsk_cur_u32le(&c);
	}
}

static int read_header(struct fsk_sectors *s, struct fsk_cur *c, uint32_t *following,
                       struct fsk_err *err)
{
	static const uint8_t magic[8] = { 0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1 };
	const uint8_t *p = fsk_cur_bytes(c, sizeof(magic));
	unsigned shift, order;

	if (p == NULL || memcmp(p, magic, sizeof(magic)) != 0)
		return fsk_err_set(err, FSK_ECORRUPT, "no compound file: signature missing");
	fsk_cur_skip(c, 18);
	s->major = fsk_cur_u16le(c);
	order = fsk_cur_u16le(c);
	shift = fsk_cur_u16le(c);
	fsk_cur_seek(c, 48);
	s->directory = fsk_cur_u32le(c);
	fsk_cur_skip(c, 4);
	s->cutoff = fsk_cur_u32le(c);
	s->small_table = fsk_cur_u32le(c);
	fsk_cur_skip(c, 4);
	*following = fsk_cur_u32le(c);
	fsk_cur_skip(c, 4);
	if (c->failed || c->len < HEADER)
		return fsk_err_set(err, FSK_ECORRUPT, "a compound file that ends in its header");
	if (order != 0xfffe || !((s->major == 3 && shift == 9) || (s->major == 4 && shift == 12)))
		return fsk_err_set(err, FSK_EUNSUPPORTED,
		                   "a compound file of version %u with sectors of 2^%u bytes",
		                   s->major, shift);
	s->sector = (size_t) 1 << shift;
	return 0;
}

int fsk_sectors_open(struct fsk_sectors *s, const struct fsk_input *in, struct fsk_err *err)
{
	uint8_t head[HEADER];
	struct fsk_cur c;
	uint32_t following = END;
	int rc;

	memset(s, 0, sizeof(*s));
	s->in = in;
	fsk_cur_init(&c, head, read_at(s, head, sizeof(head), 0));
	rc = read_header(s, &c, &following, err);
	if (rc < 0)
		return rc;
	if (in->size > FSK_OLECF_FILE_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "a compound file of more than %llu bytes",
		                   (unsigned long long) FSK_OLECF_FILE_MAX);
	if (in->size > s->sector)
		s->count = (uint32_t) ((in->size - 1) / s->sector);
	s->next = malloc((s->count + (size_t) 1) * sizeof(*s->next));
	if (s->next == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for the table of sectors");
	for (uint32_t i = 0; i < s->count; i++)
		s->next[i] = FREE;
	read_fat(s, &c, following);
	return 0;
}

void fsk_sectors_free(struct fsk_sectors *s)
{
	free(s->next);
	memset(s, 0, sizeof(*s));
}

int fsk_chain_read(struct fsk_chain *out, const uint32_t *next, size_t count, uint32_t start,
                   size_t max, struct fsk_err *err)
{
	memset(out, 0, sizeof(*out));
	max = max < count ? max : count; /* longer ones go in circles */
	if (max == 0) {
		out->broken = start < END && count == 0;
		return 0;
	}
	out->at = malloc(max * sizeof(*out->at));
	if (out->at == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a chain of sectors");
	while (out->count < max && start < count) {
		out->at[out->count++] = start;
		start = next[start];
	}
	out->broken = start != END && (out->count < max || max == count);
	return 0;
}

/* Bytes from `from` in the i-th sector on, up to `size`, that lie in sequence in the file. */
static size_t in_sequence(const struct fsk_sectors *s, const struct fsk_chain *chain, size_t i,
                          size_t from, size_t size)
{
	size_t n = s->sector - from;

	while (n < size && i + 1 < chain->count && chain->at[i + 1] == chain->at[i] + 1) {
		n += s->sector;
		i++;
	}
	return n < size ? n : size;
}

int fsk_chain_copy(struct fsk_buf *out, const struct fsk_sectors *s, const struct fsk_chain *chain,
                   uint64_t offset, size_t size, struct fsk_err *err)
{
	while (size > 0) {
		size_t i = (size_t) (offset / s->sector), from = (size_t) (offset % s->sector), n,
		       got;
		int rc;

		if (i >= chain->count || chain->at[i] >= s->count)
			return fsk_err_set(err, FSK_ECORRUPT, "%zu bytes are not there", size);
		n = in_sequence(s, chain, i, from, size);
		rc = fsk_buf_reserve(out, n, err);
		if (rc < 0)
			return rc;
		got = read_at(s, out->data + out->len, n, place_of(s, chain->at[i]) + from);
		out->len += got;
		offset += got;
		size -= got;
		if (got < n)
			return fsk_err_set(err, FSK_ECORRUPT, "%zu bytes are not there", size);
	}
	return 0;
}
