#include <inttypes.h>
#include <stdlib.h>

#include <libdeflate.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/evidence/ewf/ewf.h"

#define COMPRESSED 0x80000000u
#define BATCH 4096u /* entries read at once */

/* Number of entries (4), padding (4), base (8), padding (4), Adler-32. */
static int parse_header(struct fsk_ewf_table *t, const uint8_t raw[FSK_EWF_TABLE_HEADER],
                        uint64_t file_size, struct fsk_err *err)
{
	struct fsk_cur c;

	fsk_cur_init(&c, raw, FSK_EWF_TABLE_HEADER);
	t->count = fsk_cur_u32le(&c);
	fsk_cur_skip(&c, 4);
	t->base = fsk_cur_u64le(&c);
	fsk_cur_skip(&c, 4);
	if (fsk_cur_u32le(&c) != libdeflate_adler32(1, raw, FSK_EWF_TABLE_HEADER - 4))
		return fsk_err_set(err, FSK_ECORRUPT, "wrong checksum of the header");
	if (t->count > FSK_EWF_TABLE_ENTRIES_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "%" PRIu32 " entries, the limit is %u",
		                   t->count, FSK_EWF_TABLE_ENTRIES_MAX);
	if (4 * (uint64_t) t->count > t->end - t->entries_at)
		return fsk_err_set(err, FSK_ECORRUPT, "%" PRIu32 " entries do not fit in",
		                   t->count);
	if (t->base > file_size)
		return fsk_err_set(err, FSK_ECORRUPT, "its base lies behind the end of the file");
	return 0;
}

static int read_entry(uint32_t *out, const struct fsk_ewf_table *t,
                      const struct fsk_ewf_segment *seg, uint32_t i, struct fsk_err *err)
{
	uint8_t raw[4];
	struct fsk_cur c;
	int rc = fsk_ewf_pread(seg, raw, sizeof(raw), t->entries_at + 4 * (uint64_t) i, err);

	fsk_cur_init(&c, raw, sizeof(raw));
	*out = rc == 0 ? fsk_cur_u32le(&c) : 0;
	return rc;
}

int fsk_ewf_peek_table(struct fsk_ewf_table *out, const struct fsk_ewf_segment *seg,
                       const struct fsk_ewf_section *sec, struct fsk_err *err)
{
	uint8_t raw[FSK_EWF_TABLE_HEADER];
	uint64_t len = sec->end - sec->data;
	int rc;

	*out = (struct fsk_ewf_table){ .section = sec->start,
		                       .entries_at = sec->data + FSK_EWF_TABLE_HEADER,
		                       .end = sec->end };
	if (len < sizeof(raw))
		return fsk_err_set(err, FSK_ECORRUPT, "%" PRIu64 " bytes are too short", len);
	rc = fsk_ewf_pread(seg, raw, sizeof(raw), sec->data, err);
	if (rc == 0)
		rc = parse_header(out, raw, seg->file->size, err);
	if (rc == 0 && out->count > 0)
		rc = read_entry(&out->first, out, seg, 0, err);
	if (rc == 0 && out->count > 0)
		rc = read_entry(&out->latest, out, seg, out->count - 1, err);
	if (rc < 0)
		out->count = 0;
	return rc;
}

uint64_t fsk_ewf_entry_offset(const struct fsk_ewf_table *t, uint32_t entry)
{
	return t->base + (entry & ~COMPRESSED);
}

bool fsk_ewf_table_plausible(const struct fsk_ewf_table *t, uint64_t lo, uint64_t hi)
{
	uint64_t first = fsk_ewf_entry_offset(t, t->first);
	uint64_t latest = fsk_ewf_entry_offset(t, t->latest);

	return first >= lo && first <= latest && latest < hi;
}

static int load_entries(uint32_t *entries, uint32_t *adler, const struct fsk_ewf_table *t,
                        const struct fsk_ewf_segment *seg, struct fsk_err *err)
{
	uint64_t at = t->entries_at;
	uint8_t raw[4 * BATCH];

	*adler = 1;
	for (uint32_t left = t->count; left > 0;) {
		uint32_t n = left < BATCH ? left : BATCH;
		struct fsk_cur c;
		int rc = fsk_ewf_pread(seg, raw, 4 * (size_t) n, at, err);
		if (rc < 0)
			return rc;
		*adler = libdeflate_adler32(*adler, raw, 4 * (size_t) n);
		fsk_cur_init(&c, raw, 4 * (size_t) n);
		for (uint32_t i = 0; i < n; i++)
			*entries++ = fsk_cur_u32le(&c);
		at += 4 * (uint64_t) n;
		left -= n;
	}
	return 0;
}

/* The original format and SMART have no checksum behind the entries: there
 * the first chunk follows at once. */
static bool has_footer(const struct fsk_ewf_table *t, const uint32_t *entries)
{
	uint64_t footer = t->entries_at + 4 * (uint64_t) t->count;

	return footer + 4 <= t->end && fsk_ewf_entry_offset(t, entries[0]) != footer;
}

static bool ascending(const struct fsk_ewf_table *t, const uint32_t *entries, uint64_t lo,
                      uint64_t hi)
{
	uint64_t last = 0;

	for (uint32_t i = 0; i < t->count; i++) {
		uint64_t at = fsk_ewf_entry_offset(t, entries[i]);
		if (at < lo || at >= hi || (i > 0 && at <= last))
			return false;
		last = at;
	}
	return true;
}

int fsk_ewf_read_entries(uint32_t **out, const struct fsk_ewf_table *t,
                         const struct fsk_ewf_segment *seg, bool lax, uint64_t lo, uint64_t hi,
                         struct fsk_err *err)
{
	uint32_t *entries = malloc(4 * (size_t) t->count);
	uint32_t adler, stored = 0;
	int rc;

	*out = NULL;
	if (entries == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory for %" PRIu32 " chunks",
		                   t->count);
	rc = load_entries(entries, &adler, t, seg, err);
	if (rc == 0 && has_footer(t, entries)) {
		rc = read_entry(&stored, t, seg, t->count, err);
		if (rc == 0 && stored != adler && !(lax && ascending(t, entries, lo, hi)))
			rc = fsk_err_set(err, FSK_ECORRUPT, "wrong checksum of the entries");
	}
	if (rc < 0)
		free(entries);
	else
		*out = entries;
	return rc;
}
