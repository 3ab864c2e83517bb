/* VHD, fixed and dynamic. Facts: "Virtual Hard Disk Image Format
 * Specification", Microsoft, version 1.0. All numbers are big-endian. */
#include <inttypes.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/evidence/mapped.h"
#include "core/evidence/source_format.h"
#include "core/model/types.h"

#define FOOTER 512u
#define HEADER 1024u
#define SECTOR 512u
#define UNUSED 0xffffffffu
#define BATCH 1024u

enum { FIXED = 2, DYNAMIC = 3, DIFFERENCING = 4 };

struct footer {
	uint64_t header_at; /* of the dynamic header */
	uint64_t size;
	uint32_t type;
	char creator[5];
};

/* One's complement of the sum of all bytes but the checksum's own, and but
 * those of skip..skip_end. */
static bool sum_is_good(const uint8_t *p, size_t n, size_t at, size_t skip, size_t skip_end)
{
	uint32_t sum = 0;
	struct fsk_cur c;

	for (size_t i = 0; i < n; i++)
		if ((i < at || i >= at + 4) && (i < skip || i >= skip_end))
			sum += p[i];
	fsk_cur_init(&c, p, n);
	fsk_cur_seek(&c, at);
	return fsk_cur_u32be(&c) == ~sum;
}

/* Some versions of QEMU summed up before it had set the identifier at 68. */
bool fsk_vhd_is_footer(const uint8_t raw[FOOTER])
{
	return memcmp(raw, "conectix", 8) == 0 &&
	       (sum_is_good(raw, FOOTER, 64, 0, 0) || sum_is_good(raw, FOOTER, 64, 68, 84));
}

/* Cookie (8), features, version at 12, start of the dynamic header at 16, creator
 * at 28, size at 48, type at 60, checksum at 64. */
static bool parse_footer(struct footer *out, const uint8_t raw[FOOTER], bool strict)
{
	struct fsk_cur c;
	uint32_t version;

	if (memcmp(raw, "conectix", 8) != 0 || (strict && !fsk_vhd_is_footer(raw)))
		return false;
	memset(out, 0, sizeof(*out));
	fsk_cur_init(&c, raw, FOOTER);
	fsk_cur_seek(&c, 12);
	version = fsk_cur_u32be(&c);
	out->header_at = fsk_cur_u64be(&c);
	fsk_cur_seek(&c, 28);
	fsk_cur_copy(&c, out->creator, 4);
	fsk_cur_seek(&c, 48);
	out->size = fsk_cur_u64be(&c);
	fsk_cur_seek(&c, 60);
	out->type = fsk_cur_u32be(&c);
	return version == 0x10000 && out->type >= FIXED && out->type <= DIFFERENCING;
}

/* The footer is at the end; dynamic disks have a copy at the start. Better a
 * footer with a wrong checksum than none. */
static int read_footer(struct footer *out, struct fsk_source *s, struct fsk_err *err)
{
	const struct fsk_segment *seg = &s->segs[0];
	uint8_t tail[FOOTER] = { 0 }, head[FOOTER] = { 0 };

	if (seg->file.size >= FOOTER)
		fsk_mapped_pread(seg, tail, FOOTER, seg->file.size - FOOTER, NULL);
	fsk_mapped_pread(seg, head, FOOTER, 0, NULL);
	if (parse_footer(out, tail, true))
		return 0;
	if (parse_footer(out, head, true))
		fsk_mapped_report(
		    s, seg, FSK_ECORRUPT,
		    "the footer is missing or damaged; the copy at the start is used");
	else if (parse_footer(out, tail, false) || parse_footer(out, head, false))
		fsk_mapped_report(s, seg, FSK_ECORRUPT,
		                  "the footer has a wrong checksum; it is used all the same");
	else
		return fsk_err_set(err, FSK_ECORRUPT, "VHD without a good footer");
	return 0;
}

struct header {
	uint64_t table_at;
	uint32_t entries, block_size;
};

/* Cookie "cxsparse", start of the table at 16, entries at 28, block size at
 * 32, checksum at 36. */
static int read_header(struct header *out, const struct fsk_segment *seg, uint64_t at,
                       struct fsk_err *err)
{
	uint8_t raw[HEADER];
	struct fsk_cur c;
	int rc = fsk_mapped_pread(seg, raw, HEADER, at, err);

	if (rc < 0)
		return rc;
	if (memcmp(raw, "cxsparse", 8) != 0 || !sum_is_good(raw, HEADER, 36, 0, 0))
		return fsk_err_set(err, FSK_ECORRUPT, "the header of the dynamic disk is damaged");
	fsk_cur_init(&c, raw, HEADER);
	fsk_cur_seek(&c, 16);
	out->table_at = fsk_cur_u64be(&c);
	fsk_cur_seek(&c, 28);
	out->entries = fsk_cur_u32be(&c);
	out->block_size = fsk_cur_u32be(&c);
	if (out->block_size < SECTOR || out->block_size > FSK_MAPPED_BLOCK_MAX ||
	    out->block_size % SECTOR != 0)
		return fsk_err_set(err, FSK_ECORRUPT, "blocks of %" PRIu32 " bytes",
		                   out->block_size);
	return 0;
}

static int read_table(struct fsk_mapped_extent *x, const struct header *h, struct fsk_err *err)
{
	uint8_t raw[4 * BATCH];
	struct fsk_cur c;

	if (x->nblocks > h->entries)
		return fsk_err_set(err, FSK_ECORRUPT,
		                   "a table of %" PRIu32 " blocks for a disk of %" PRIu32,
		                   h->entries, x->nblocks);
	for (uint32_t i = 0; i < x->nblocks; i++) {
		uint32_t left = x->nblocks - i;
		if (i % BATCH == 0) {
			size_t n = 4 * (size_t) (left < BATCH ? left : BATCH);
			int rc = fsk_mapped_pread(x->seg, raw, n, h->table_at + 4 * (uint64_t) i,
			                          err);
			if (rc < 0)
				return rc;
			fsk_cur_init(&c, raw, n);
		}
		x->table[i] = fsk_cur_u32be(&c);
		if (x->table[i] == UNUSED)
			x->table[i] = 0;
	}
	return 0;
}

/* Each block starts with a bitmap of the sectors that were written. In a
 * dynamic disk the others are zero on disk, too, so it is not needed. */
static int open_dynamic(struct fsk_mapped_extent *x, const struct footer *f, struct fsk_err *err)
{
	struct header h;
	uint32_t bitmap;
	int rc = read_header(&h, x->seg, f->header_at, err);

	if (rc < 0)
		return rc;
	bitmap = (h.block_size / SECTOR + 7) / 8;
	x->block_size = h.block_size;
	x->shift = 9;
	x->skip = (bitmap + SECTOR - 1) / SECTOR * SECTOR;
	rc = fsk_mapped_alloc(x, err);
	return rc < 0 ? rc : read_table(x, &h, err);
}

static int fill(struct fsk_mapped *m, struct fsk_source *s, struct fsk_err *err)
{
	struct fsk_mapped_extent *x = fsk_mapped_extent(m, 0);
	struct footer f;
	int rc = read_footer(&f, s, err);

	if (rc < 0)
		return rc;
	x->seg = &s->segs[0];
	x->length = f.size;
	if (f.type == DIFFERENCING)
		return fsk_err_set(err, FSK_EUNSUPPORTED,
		                   "differencing VHD: it needs its parent, which is not supported");
	if (f.type == DYNAMIC)
		rc = open_dynamic(x, &f, err);
	if (rc == 0)
		rc = fsk_mapped_finish(m, s, "vhd", err);
	if (rc == 0) {
		json_object_set_new(s->metadata, "disk_type",
		                    json_string(f.type == FIXED ? "fixed" : "dynamic"));
		json_object_set_new(s->metadata, "creator", fsk_json_text(f.creator));
	}
	return rc;
}

int fsk_vhd_open(struct fsk_source *s, struct fsk_err *err)
{
	struct fsk_mapped *m;
	int rc;

	if (s->nsegs != 1)
		return fsk_err_set(err, FSK_EINVAL, "a VHD is one file, not %zu", s->nsegs);
	rc = fsk_mapped_new(&m, 1, err);
	if (rc == 0)
		rc = fill(m, s, err);
	if (rc < 0)
		fsk_mapped_free(m);
	return rc;
}
