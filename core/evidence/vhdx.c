/* VHDX, fixed and dynamic. Facts: [MS-VHDX] "Virtual Hard Disk v2 (VHDX) File
 * Format", Microsoft. All numbers are little-endian. */
#include <inttypes.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/evidence/mapped.h"
#include "core/evidence/source_format.h"

#define KIB64 (64u * FSK_KIB)
#define HEADER_LEN 4096u
#define ENTRY 32u /* of the region table and the metadata table */
#define REGIONS_MAX 2047u
#define ITEMS_MAX 2047u
#define BATCH 512u

/* What of the file is needed. */
struct regions {
	uint64_t table_at, metadata_at;
	uint32_t table_len, metadata_len;
};

struct disk {
	uint64_t size;
	uint32_t block_size, flags, sector_size;
};

enum { FLAG_HAS_PARENT = 2 };
enum { BLOCK_FULL = 6, BLOCK_PARTIAL = 7 }; /* the other states read as zeros */

/* CRC-32C (Castagnoli), with the four bytes at `at` taken as zero. */
static uint32_t crc32c(const uint8_t *p, size_t n, size_t at)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		crc ^= i >= at && i < at + 4 ? 0 : p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

/* Signature (4), CRC-32C of all `n` bytes (4), … */
static int load(uint8_t *raw, size_t n, const char *signature, const struct fsk_segment *seg,
                uint64_t at, struct fsk_err *err)
{
	struct fsk_cur c;
	int rc = fsk_mapped_pread(seg, raw, n, at, err);

	if (rc < 0)
		return rc;
	fsk_cur_init(&c, raw, n);
	fsk_cur_seek(&c, 4);
	if (memcmp(raw, signature, 4) != 0 || fsk_cur_u32le(&c) != crc32c(raw, n, 4))
		return fsk_err_set(err, FSK_ECORRUPT, "\"%s\" at byte %" PRIu64 " is damaged",
		                   signature, at);
	return 0;
}

/* Two headers, of which the one with the higher sequence number (8, at 8)
 * counts. A log identifier (16, at 48) says that the log holds writes that are
 * not in their places yet. */
static int check_log(struct fsk_source *s, struct fsk_err *err)
{
	static const uint8_t none[16];
	const struct fsk_segment *seg = &s->segs[0];
	uint64_t best = 0;
	bool have = false, dirty = false;

	for (unsigned i = 1; i <= 2; i++) {
		uint8_t raw[HEADER_LEN];
		struct fsk_cur c;
		uint64_t sequence;
		if (load(raw, sizeof(raw), "head", seg, i * KIB64, NULL) < 0)
			continue;
		fsk_cur_init(&c, raw, sizeof(raw));
		fsk_cur_seek(&c, 8);
		sequence = fsk_cur_u64le(&c);
		if (have && sequence <= best)
			continue;
		have = true;
		best = sequence;
		dirty = memcmp(raw + 48, none, sizeof(none)) != 0;
	}
	if (!have)
		return fsk_err_set(err, FSK_ECORRUPT, "both headers are damaged");
	if (dirty)
		fsk_mapped_report(s, seg, FSK_ECORRUPT,
		                  "it was not closed: the last writes are in its log only, "
		                  "which is not replayed");
	return 0;
}

/* Region table: signature, checksum, entries at 8, then of each: identifier
 * (16), place (8), length (4), required (4). */
static int read_regions(struct regions *out, const struct fsk_segment *seg, uint64_t at,
                        struct fsk_err *err)
{
	static const uint8_t table[] =
	    "\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08";
	static const uint8_t metadata[] =
	    "\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e";
	uint8_t raw[KIB64];
	struct fsk_cur c;
	uint32_t count;
	int rc = load(raw, sizeof(raw), "regi", seg, at, err);

	if (rc < 0)
		return rc;
	memset(out, 0, sizeof(*out));
	fsk_cur_init(&c, raw, sizeof(raw));
	fsk_cur_seek(&c, 8);
	count = fsk_cur_u32le(&c);
	fsk_cur_skip(&c, 4);
	for (uint32_t i = 0; i < count && i < REGIONS_MAX; i++) {
		const uint8_t *id = fsk_cur_bytes(&c, 16);
		uint64_t place = fsk_cur_u64le(&c);
		uint32_t len = fsk_cur_u32le(&c);
		fsk_cur_skip(&c, 4);
		if (id != NULL && memcmp(id, table, 16) == 0) {
			out->table_at = place;
			out->table_len = len;
		} else if (id != NULL && memcmp(id, metadata, 16) == 0) {
			out->metadata_at = place;
			out->metadata_len = len;
		}
	}
	if (out->table_at == 0 || out->metadata_at == 0)
		return fsk_err_set(err, FSK_ECORRUPT, "the region table lacks a region");
	return 0;
}

/* Items: file parameters (block size, flags), size of the disk, sector size. */
static void read_item(struct disk *d, const struct fsk_segment *seg, const uint8_t id[16],
                      uint64_t at)
{
	static const uint8_t parameters[] =
	    "\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b";
	static const uint8_t size[] =
	    "\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8";
	static const uint8_t sector[] =
	    "\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f";
	uint8_t raw[8] = { 0 };
	struct fsk_cur c;

	fsk_cur_init(&c, raw, sizeof(raw));
	if (memcmp(id, parameters, 16) == 0 && fsk_mapped_pread(seg, raw, 8, at, NULL) == 0) {
		d->block_size = fsk_cur_u32le(&c);
		d->flags = fsk_cur_u32le(&c);
	} else if (memcmp(id, size, 16) == 0 && fsk_mapped_pread(seg, raw, 8, at, NULL) == 0) {
		d->size = fsk_cur_u64le(&c);
	} else if (memcmp(id, sector, 16) == 0 && fsk_mapped_pread(seg, raw, 4, at, NULL) == 0) {
		d->sector_size = fsk_cur_u32le(&c);
	}
}

static bool is_power_of_two(uint32_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/* Metadata table: "metadata", reserved (2), entries (2), reserved (20), then of
 * each: identifier (16), place from the start of the region (4), length (4),
 * flags (4), reserved (4). */
static int read_disk(struct disk *d, const struct fsk_segment *seg, const struct regions *r,
                     struct fsk_err *err)
{
	uint8_t raw[KIB64];
	struct fsk_cur c;
	uint16_t count;
	int rc = fsk_mapped_pread(seg, raw, sizeof(raw), r->metadata_at, err);

	if (rc < 0)
		return rc;
	if (memcmp(raw, "metadata", 8) != 0)
		return fsk_err_set(err, FSK_ECORRUPT, "the metadata table is damaged");
	memset(d, 0, sizeof(*d));
	fsk_cur_init(&c, raw, sizeof(raw));
	fsk_cur_seek(&c, 10);
	count = fsk_cur_u16le(&c);
	fsk_cur_skip(&c, 20);
	for (uint16_t i = 0; i < count && i < ITEMS_MAX; i++) {
		const uint8_t *id = fsk_cur_bytes(&c, 16);
		uint32_t place = fsk_cur_u32le(&c);
		fsk_cur_skip(&c, ENTRY - 20);
		if (id != NULL)
			read_item(d, seg, id, r->metadata_at + place);
	}
	if (!is_power_of_two(d->block_size) || d->block_size < FSK_MIB ||
	    d->block_size > FSK_MAPPED_BLOCK_MAX ||
	    (d->sector_size != FSK_SECTOR_MIN && d->sector_size != FSK_SECTOR_MAX))
		return fsk_err_set(err, FSK_ECORRUPT,
		                   "blocks of %" PRIu32 " bytes, sectors of %" PRIu32,
		                   d->block_size, d->sector_size);
	return 0;
}

/* One entry (8 bytes) for each block: state in bits 0 to 2, place in MiB from
 * bit 20 on. After as many blocks as 2^23 sectors hold comes one entry for
 * their bitmap, which only disks with a parent use. */
static int read_table(struct fsk_mapped_extent *x, const struct disk *d, const struct regions *r,
                      struct fsk_err *err)
{
	uint32_t ratio = (uint32_t) (((uint64_t) d->sector_size << 23) / d->block_size);
	uint64_t have_from = 0, have = 0;
	uint8_t raw[8 * BATCH];

	for (uint32_t i = 0; i < x->nblocks; i++) {
		uint64_t at = 8 * ((uint64_t) i + i / ratio), entry;
		struct fsk_cur c;
		if (at + 8 > r->table_len)
			return fsk_err_set(err, FSK_ECORRUPT, "the block table is too short");
		if (have == 0 || at + 8 > have_from + have) {
			int rc;
			have = r->table_len - at < sizeof(raw) ? r->table_len - at : sizeof(raw);
			have_from = at;
			rc = fsk_mapped_pread(x->seg, raw, (size_t) have, r->table_at + at, err);
			if (rc < 0)
				return rc;
		}
		fsk_cur_init(&c, raw, (size_t) have);
		fsk_cur_seek(&c, (size_t) (at - have_from));
		entry = fsk_cur_u64le(&c);
		if ((entry & 7) == BLOCK_FULL || (entry & 7) == BLOCK_PARTIAL)
			x->table[i] = entry >> 20 < FSK_MAPPED_LOST ? (uint32_t) (entry >> 20)
			                                            : FSK_MAPPED_LOST;
	}
	return 0;
}

static int fill(struct fsk_mapped *m, struct fsk_source *s, struct fsk_err *err)
{
	struct fsk_mapped_extent *x = fsk_mapped_extent(m, 0);
	struct regions r;
	struct disk d;
	int rc = check_log(s, err);

	x->seg = &s->segs[0];
	if (rc == 0 && read_regions(&r, x->seg, 3 * (uint64_t) KIB64, NULL) < 0)
		rc = read_regions(&r, x->seg, 4 * (uint64_t) KIB64, err);
	if (rc == 0)
		rc = read_disk(&d, x->seg, &r, err);
	if (rc < 0)
		return rc;
	if ((d.flags & FLAG_HAS_PARENT) != 0)
		return fsk_err_set(
		    err, FSK_EUNSUPPORTED,
		    "differencing VHDX: it needs its parent, which is not supported");
	x->length = d.size;
	x->block_size = d.block_size;
	x->shift = 20;
	s->sector_size = d.sector_size;
	rc = fsk_mapped_alloc(x, err);
	if (rc == 0)
		rc = read_table(x, &d, &r, err);
	return rc < 0 ? rc : fsk_mapped_finish(m, s, "vhdx", err);
}

int fsk_vhdx_open(struct fsk_source *s, struct fsk_err *err)
{
	struct fsk_mapped *m;
	int rc;

	if (s->nsegs != 1)
		return fsk_err_set(err, FSK_EINVAL, "a VHDX is one file, not %zu", s->nsegs);
	rc = fsk_mapped_new(&m, 1, err);
	if (rc == 0)
		rc = fill(m, s, err);
	if (rc < 0)
		fsk_mapped_free(m);
	return rc;
}
