/* VMDK: sparse extents (also stream-optimized), each file one extent, in the
 * order given. Facts: "Virtual Disk Format 5.0", VMware. All numbers are
 * little-endian; places are in sectors of 512 bytes. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/evidence/mapped.h"
#include "core/evidence/source_format.h"

#define SECTOR 512u
#define DESCRIPTOR_MAX (64u * FSK_KIB)
#define GRAINS_MIN 16u /* of one grain table; 512 in practice */
#define GRAINS_MAX 4096u
#define AT_END UINT64_MAX
#define ZERO_GRAIN 1u

enum { FLAG_REDUNDANT = 1u << 1, FLAG_ZERO_GRAINS = 1u << 2, FLAG_PACKED = 1u << 16 };

struct header {
	uint32_t version, flags, grains; /* entries of one grain table */
	uint64_t capacity, grain, descriptor, descriptor_len, spare_directory, directory;
	uint16_t packing;
};

/* Magic "KDMV", version, flags, capacity, grain size, descriptor and its
 * size, entries of a grain table, spare directory, directory, overhead,
 * unclean flag (1), line ends "\n \r\n" (4), packing (2). */
static int parse_header(struct header *h, const uint8_t raw[SECTOR], struct fsk_err *err)
{
	struct fsk_cur c;

	fsk_cur_init(&c, raw, SECTOR);
	if (fsk_cur_u32be(&c) != 0x4b444d56)
		return fsk_err_set(err, FSK_ECORRUPT, "no sparse VMDK extent");
	h->version = fsk_cur_u32le(&c);
	h->flags = fsk_cur_u32le(&c);
	h->capacity = fsk_cur_u64le(&c);
	h->grain = fsk_cur_u64le(&c);
	h->descriptor = fsk_cur_u64le(&c);
	h->descriptor_len = fsk_cur_u64le(&c);
	h->grains = fsk_cur_u32le(&c);
	h->spare_directory = fsk_cur_u64le(&c);
	h->directory = fsk_cur_u64le(&c);
	fsk_cur_seek(&c, 73);
	if (memcmp(fsk_cur_bytes(&c, 4), "\n \r\n", 4) != 0)
		return fsk_err_set(err, FSK_ECORRUPT,
		                   "damaged: it was copied as text, which changes line ends");
	h->packing = fsk_cur_u16le(&c);
	if (h->version < 1 || h->version > 3)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "VMDK version %" PRIu32, h->version);
	if (h->grain == 0 || h->grain > FSK_MAPPED_BLOCK_MAX / SECTOR || h->grains < GRAINS_MIN ||
	    h->grains > GRAINS_MAX || h->capacity > INT64_MAX / SECTOR)
		return fsk_err_set(err, FSK_ECORRUPT,
		                   "%" PRIu64 " sectors in grains of %" PRIu64 ", %" PRIu32
		                   " a table",
		                   h->capacity, h->grain, h->grains);
	if ((h->flags & FLAG_PACKED) != 0 && h->grain > FSK_MAPPED_PACKED_MAX / SECTOR)
		return fsk_err_set(err, FSK_ELIMIT, "packed grains of %" PRIu64 " sectors",
		                   h->grain);
	if ((h->flags & FLAG_PACKED) != 0 && h->packing != 1)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "VMDK packed by method %u", h->packing);
	return 0;
}

/* A stream-optimized file is written in one go: only the header at its end,
 * in the sector before the last one, knows the directory. */
static int read_header(struct header *h, const struct fsk_segment *seg, struct fsk_err *err)
{
	uint8_t raw[SECTOR];
	int rc = fsk_mapped_pread(seg, raw, SECTOR, 0, err);

	if (rc == 0)
		rc = parse_header(h, raw, err);
	if (rc != 0 || h->directory != AT_END)
		return rc;
	if (seg->file.size < 3 * SECTOR)
		return fsk_err_set(err, FSK_ECORRUPT, "the footer is missing");
	rc = fsk_mapped_pread(seg, raw, SECTOR, seg->file.size - 2 * SECTOR, err);
	if (rc == 0)
		rc = parse_header(h, raw, err);
	if (rc == 0 && h->directory == AT_END)
		rc = fsk_err_set(err, FSK_ECORRUPT, "the footer does not tell the directory");
	return rc != 0 ? fsk_err_wrap(err, "footer") : 0;
}

/* A snapshot has only what changed since its parent: alone it would show
 * zeros where the disk has data. */
static int check_parent(const struct header *h, const struct fsk_segment *seg, struct fsk_err *err)
{
	uint64_t len = h->descriptor_len * SECTOR;
	char *text;
	const char *cid;
	int rc = 0;

	if (h->descriptor == 0 || h->descriptor > INT64_MAX / SECTOR || h->descriptor_len == 0)
		return 0;
	if (h->descriptor_len > DESCRIPTOR_MAX / SECTOR)
		len = DESCRIPTOR_MAX;
	text = calloc(1, (size_t) len + 1);
	if (text == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	if (fsk_mapped_pread(seg, text, (size_t) len, h->descriptor * SECTOR, NULL) == 0) {
		cid = strstr(text, "parentCID=");
		if (cid != NULL && strncmp(cid + 10, "ffffffff", 8) != 0)
			rc = fsk_err_set(err, FSK_EUNSUPPORTED,
			                 "VMDK snapshot: it needs its parent, "
			                 "which is not supported");
	}
	free(text);
	return rc;
}

static int read_words(uint32_t *out, size_t n, const struct fsk_segment *seg, uint64_t sector,
                      struct fsk_err *err)
{
	uint8_t raw[4 * GRAINS_MAX];
	struct fsk_cur c;
	int rc = fsk_mapped_pread(seg, raw, 4 * n, sector * SECTOR, err);

	if (rc < 0)
		return rc;
	fsk_cur_init(&c, raw, 4 * n);
	for (size_t i = 0; i < n; i++)
		out[i] = fsk_cur_u32le(&c);
	return 0;
}

static uint32_t table_len(const struct fsk_mapped_extent *x, const struct header *h, uint32_t t)
{
	uint32_t left = x->nblocks - t * h->grains;

	return left < h->grains ? left : h->grains;
}

/* Grain table `t`, found through a directory. */
static int read_table(uint32_t *out, const struct fsk_mapped_extent *x, const struct header *h,
                      uint64_t directory, uint32_t t, struct fsk_err *err)
{
	uint32_t n = table_len(x, h, t), at;
	uint8_t raw[4];
	struct fsk_cur c;
	int rc = fsk_mapped_pread(x->seg, raw, sizeof(raw), directory * SECTOR + 4 * (uint64_t) t,
	                          err);

	if (rc < 0)
		return rc;
	fsk_cur_init(&c, raw, sizeof(raw));
	at = fsk_cur_u32le(&c);
	if (at == 0) {
		memset(out, 0, n * sizeof(*out));
		return 0;
	}
	rc = read_words(out, n, x->seg, at, err);
	for (uint32_t i = 0; rc == 0 && i < n; i++)
		if (out[i] == ZERO_GRAIN && (h->flags & FLAG_ZERO_GRAINS) != 0)
			out[i] = 0;
	return rc;
}

/* With the spare directory where the first one fails. */
static void read_tables(struct fsk_mapped_extent *x, const struct header *h, struct fsk_source *s)
{
	uint32_t ntables = x->nblocks / h->grains + (x->nblocks % h->grains != 0);
	bool spare = (h->flags & FLAG_REDUNDANT) != 0 && h->spare_directory < INT64_MAX / SECTOR;
	bool told = false;
	struct fsk_err why;

	for (uint32_t t = 0; t < ntables; t++) {
		uint32_t *out = x->table + (size_t) t * h->grains;
		if (read_table(out, x, h, h->directory, t, &why) == 0)
			continue;
		if (!told)
			fsk_mapped_report(s, x->seg, why.code, "grain table %" PRIu32 ": %s", t,
			                  why.msg);
		told = true;
		if (spare && read_table(out, x, h, h->spare_directory, t, NULL) == 0)
			continue;
		for (uint32_t i = 0; i < table_len(x, h, t); i++)
			out[i] = FSK_MAPPED_LOST;
	}
}

static int open_extent(struct fsk_mapped_extent *x, struct fsk_source *s,
                       const struct fsk_segment *seg, struct fsk_err *err)
{
	struct header h;
	int rc;

	x->seg = seg;
	rc = read_header(&h, seg, err);
	if (rc == 0)
		rc = check_parent(&h, seg, err);
	if (rc < 0)
		return rc;
	if (h.directory >= INT64_MAX / SECTOR)
		return fsk_err_set(err, FSK_ECORRUPT, "the directory is at sector %" PRIu64,
		                   h.directory);
	x->length = h.capacity * SECTOR;
	x->block_size = (uint32_t) h.grain * SECTOR;
	x->shift = 9;
	x->deflated = (h.flags & FLAG_PACKED) != 0;
	rc = fsk_mapped_alloc(x, err);
	if (rc == 0)
		read_tables(x, &h, s);
	return rc;
}

int fsk_vmdk_open(struct fsk_source *s, struct fsk_err *err)
{
	struct fsk_mapped *m;
	int rc = fsk_mapped_new(&m, s->nsegs, err);

	for (size_t i = 0; rc == 0 && i < s->nsegs; i++) {
		rc = open_extent(fsk_mapped_extent(m, i), s, &s->segs[i], err);
		if (rc < 0 && s->nsegs > 1)
			fsk_err_wrap(err, "\"%s\"", s->segs[i].name);
	}
	if (rc == 0)
		rc = fsk_mapped_finish(m, s, "vmdk", err);
	if (rc < 0)
		fsk_mapped_free(m);
	return rc;
}
