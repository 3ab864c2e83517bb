#include "core/evidence/mapped.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"

#define GRAIN_HEADER 12u /* of a packed block: first sector (8), packed size (4) */

struct fsk_mapped {
	size_t count;
	struct fsk_source_ops ops;
	struct libdeflate_decompressor *inflater;
	uint8_t *packed, *block; /* the last block that was unpacked */
	uint64_t block_at;       /* its start on the medium */
	bool have_block;
	struct fsk_mapped_extent extents[];
};

int fsk_mapped_new(struct fsk_mapped **out, size_t count, struct fsk_err *err)
{
	struct fsk_mapped *m = calloc(1, sizeof(*m) + count * sizeof(m->extents[0]));

	*out = m;
	if (m == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	m->count = count;
	return 0;
}

void fsk_mapped_free(struct fsk_mapped *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->count; i++)
		free(m->extents[i].table);
	libdeflate_free_decompressor(m->inflater);
	free(m->packed);
	free(m->block);
	free(m);
}

struct fsk_mapped_extent *fsk_mapped_extent(struct fsk_mapped *m, size_t i)
{
	return &m->extents[i];
}

int fsk_mapped_alloc(struct fsk_mapped_extent *x, struct fsk_err *err)
{
	uint64_t n = x->length / x->block_size + (x->length % x->block_size != 0);

	if (n > FSK_MAPPED_BLOCKS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "%" PRIu64 " blocks, the limit is %u", n,
		                   FSK_MAPPED_BLOCKS_MAX);
	x->table = calloc(n > 0 ? n : 1, sizeof(*x->table));
	if (x->table == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory for %" PRIu64 " blocks", n);
	x->nblocks = (uint32_t) n;
	return 0;
}

int fsk_mapped_pread(const struct fsk_segment *seg, void *buf, size_t n, uint64_t off,
                     struct fsk_err *err)
{
	int64_t got = fsk_file_pread(&seg->file, buf, n, off, err);

	if (got < 0)
		return (int) got;
	if ((uint64_t) got < n)
		return fsk_err_set(err, FSK_ECORRUPT, "\"%s\" ends at byte %" PRIu64, seg->name,
		                   seg->file.size);
	return 0;
}

void fsk_mapped_report(struct fsk_source *s, const struct fsk_segment *seg, int code,
                       const char *fmt, ...)
{
	struct fsk_err text;
	char object[300];
	va_list ap;

	va_start(ap, fmt);
	fsk_err_vset(&text, code, fmt, ap);
	va_end(ap);
	snprintf(object, sizeof(object), "\"%.280s\"", seg->name);
	fsk_anomaly_report(&s->sink, code, object, text.msg, NULL, NULL, 0);
}

/* Unpacks block `i` into m->block. */
static int unpack(struct fsk_mapped *m, const struct fsk_mapped_extent *x, uint32_t i,
                  struct fsk_err *err)
{
	uint64_t at = (uint64_t) x->table[i] << x->shift;
	uint64_t medium_at = x->start + (uint64_t) i * x->block_size;
	uint64_t left = x->length - (uint64_t) i * x->block_size;
	size_t want = left < x->block_size ? (size_t) left : x->block_size, got = 0, used = 0;
	uint8_t head[GRAIN_HEADER];
	struct fsk_cur c;
	uint32_t n;
	int rc;

	if (m->have_block && m->block_at == medium_at)
		return 0;
	m->have_block = false;
	rc = fsk_mapped_pread(x->seg, head, sizeof(head), at, err);
	if (rc < 0)
		return rc;
	fsk_cur_init(&c, head, sizeof(head));
	fsk_cur_seek(&c, 8);
	n = fsk_cur_u32le(&c);
	if (n > 2 * x->block_size)
		return fsk_err_set(err, FSK_ECORRUPT,
		                   "block at byte %" PRIu64 ": packed into %" PRIu32 " bytes", at,
		                   n);
	rc = fsk_mapped_pread(x->seg, m->packed, n, at + sizeof(head), err);
	if (rc < 0)
		return rc;
	if (libdeflate_zlib_decompress_ex(m->inflater, m->packed, n, m->block, x->block_size, &used,
	                                  &got) != LIBDEFLATE_SUCCESS ||
	    got < want)
		return fsk_err_set(err, FSK_ECORRUPT,
		                   "block at byte %" PRIu64 " of \"%s\" does not "
		                   "inflate, or has a wrong checksum",
		                   at, x->seg->name);
	m->block_at = medium_at;
	m->have_block = true;
	return 0;
}

static int read_block(struct fsk_mapped *m, const struct fsk_mapped_extent *x, uint8_t *buf,
                      size_t n, uint64_t off, struct fsk_err *err)
{
	uint32_t i = (uint32_t) (off / x->block_size), in = (uint32_t) (off % x->block_size);
	int rc;

	if (x->table[i] == 0) {
		memset(buf, 0, n);
		return 0;
	}
	if (x->table[i] == FSK_MAPPED_LOST)
		return fsk_err_set(err, FSK_ECORRUPT, "\"%s\": the table of this block is damaged",
		                   x->seg->name);
	if (!x->deflated)
		return fsk_mapped_pread(x->seg, buf, n,
		                        ((uint64_t) x->table[i] << x->shift) + x->skip + in, err);
	rc = unpack(m, x, i, err);
	if (rc == 0)
		memcpy(buf, m->block + in, n);
	return rc;
}

/* Bytes of one extent; off is relative to it. */
static int read_extent(struct fsk_mapped *m, const struct fsk_mapped_extent *x, uint8_t *buf,
                       size_t n, uint64_t off, struct fsk_err *err)
{
	if (x->table == NULL)
		return fsk_mapped_pread(x->seg, buf, n, off, err);
	while (n > 0) {
		size_t left = x->block_size - (size_t) (off % x->block_size);
		size_t take = n < left ? n : left;
		int rc = read_block(m, x, buf, take, off, err);
		if (rc < 0)
			return rc;
		buf += take;
		off += take;
		n -= take;
	}
	return 0;
}

static int read_at(void *impl, void *buf, size_t n, uint64_t off, struct fsk_err *err)
{
	struct fsk_mapped *m = impl;
	uint8_t *p = buf;

	for (size_t i = 0; i < m->count && n > 0; i++) {
		const struct fsk_mapped_extent *x = &m->extents[i];
		uint64_t left;
		size_t take;
		int rc;
		if (off - x->start >= x->length)
			continue;
		left = x->start + x->length - off;
		take = n < left ? n : (size_t) left;
		rc = read_extent(m, x, p, take, off - x->start, err);
		if (rc < 0)
			return rc;
		p += take;
		off += take;
		n -= take;
	}
	return 0;
}

static void close_mapped(void *impl)
{
	fsk_mapped_free(impl);
}

/* Where the file must at least reach to hold `n` bytes of block `i`. */
static uint64_t reach(const struct fsk_mapped_extent *x, uint32_t i, uint64_t n)
{
	if (x->deflated)
		n = GRAIN_HEADER;
	return ((uint64_t) x->table[i] << x->shift) + x->skip + n;
}

static void find_cut_blocks(struct fsk_rangelog *cut, const struct fsk_mapped_extent *x)
{
	uint64_t file_end = x->seg->file.size;

	if (x->table == NULL) {
		if (x->length > file_end)
			fsk_rangelog_add(cut, x->start + file_end, x->length - file_end);
		return;
	}
	for (uint32_t i = 0; i < x->nblocks; i++) {
		uint64_t at = (uint64_t) i * x->block_size;
		uint64_t n = x->length - at < x->block_size ? x->length - at : x->block_size;
		uint64_t end = reach(x, i, n);
		uint64_t over = end > file_end ? end - file_end : 0;
		if (x->table[i] == 0 || (over == 0 && x->table[i] != FSK_MAPPED_LOST))
			continue;
		if (over > n || x->deflated || x->table[i] == FSK_MAPPED_LOST)
			over = n;
		fsk_rangelog_add(cut, x->start + at + n - over, over);
	}
}

/* Reads fail by whole units, so what is cut is noted in such. */
static void round_to_units(struct fsk_rangelog *l, uint64_t unit, uint64_t size)
{
	struct fsk_rangelog wide;

	fsk_rangelog_init(&wide);
	for (size_t i = 0; i < l->count; i++) {
		uint64_t start = l->ranges[i].offset / unit * unit;
		uint64_t end = l->ranges[i].offset + l->ranges[i].length;
		end = size - end < unit ? size : (end + unit - 1) / unit * unit;
		fsk_rangelog_add(&wide, start, end - start);
	}
	fsk_rangelog_free(l);
	for (size_t i = 0; i < wide.count; i++)
		fsk_rangelog_add(l, wide.ranges[i].offset, wide.ranges[i].length);
	fsk_rangelog_free(&wide);
}

static void report_cut_blocks(struct fsk_mapped *m, struct fsk_source *s)
{
	for (size_t i = 0; i < m->count; i++) {
		struct fsk_rangelog cut;
		struct fsk_err text;
		char object[300];
		fsk_rangelog_init(&cut);
		find_cut_blocks(&cut, &m->extents[i]);
		round_to_units(&cut, s->unit, s->size);
		snprintf(object, sizeof(object), "\"%.280s\"", m->extents[i].seg->name);
		fsk_err_set(&text, FSK_ECORRUPT,
		            "%" PRIu64 " bytes of the medium are not in the "
		            "file, which ends at byte %" PRIu64,
		            fsk_rangelog_bytes(&cut), m->extents[i].seg->file.size);
		if (cut.count > 0)
			fsk_anomaly_report(&s->sink, FSK_ECORRUPT, object, text.msg, NULL,
			                   cut.ranges, cut.count);
		for (size_t k = 0; k < cut.count; k++)
			fsk_rangelog_add(&s->lost, cut.ranges[k].offset, cut.ranges[k].length);
		fsk_rangelog_free(&cut);
	}
}

/* Buffers for packed blocks, as large as the largest. */
static int prepare_unpacking(struct fsk_mapped *m, struct fsk_source *s, struct fsk_err *err)
{
	uint32_t largest = 0;

	for (size_t i = 0; i < m->count; i++)
		if (m->extents[i].deflated && m->extents[i].block_size > largest)
			largest = m->extents[i].block_size;
	if (largest == 0)
		return 0;
	m->inflater = libdeflate_alloc_decompressor();
	m->packed = malloc(2 * (size_t) largest);
	m->block = malloc(largest);
	if (m->inflater == NULL || m->packed == NULL || m->block == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	s->unit = largest;
	return 0;
}

int fsk_mapped_finish(struct fsk_mapped *m, struct fsk_source *s, const char *format,
                      struct fsk_err *err)
{
	uint64_t at = 0;
	int rc;

	for (size_t i = 0; i < m->count; i++) {
		m->extents[i].start = at;
		if (m->extents[i].length > INT64_MAX - at)
			return fsk_err_set(err, FSK_ELIMIT, "a disk of more than 2^63 bytes");
		at += m->extents[i].length;
	}
	if (at == 0)
		return fsk_err_set(err, FSK_ECORRUPT, "a disk of 0 bytes");
	s->unit = s->sector_size;
	rc = prepare_unpacking(m, s, err);
	if (rc < 0)
		return rc;
	s->size = at;
	report_cut_blocks(m, s);
	m->ops =
	    (struct fsk_source_ops){ .format = format, .read_at = read_at, .close = close_mapped };
	s->ops = &m->ops;
	s->impl = m;
	return 0;
}
