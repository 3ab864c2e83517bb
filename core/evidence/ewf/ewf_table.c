#include <inttypes.h>
#include <stdlib.h>

#include <libdeflate.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/evidence/ewf/ewf.h"

#define COMPRESSED 0x80000000u
#define BATCH 4096u /* entries read at once */

int fsk_ewf_add_entry(struct fsk_ewf *e, uint32_t entry, struct fsk_err *err)
{
	if (e->nentries == e->entries_cap) {
		size_t cap = e->entries_cap < 1024 ? 1024 : e->entries_cap * 2;
		uint32_t *p = realloc(e->entries, cap * sizeof(*p));
		if (p == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "out of memory for %zu chunks", cap);
		e->entries = p;
		e->entries_cap = cap;
	}
	e->entries[e->nentries++] = entry;
	return 0;
}

/* Number of entries (4), padding (4), base (8), padding (4), Adler-32. */
static int read_header(struct fsk_ewf_table *t, const struct fsk_ewf_segment *seg,
                       const struct fsk_ewf_section *sec, struct fsk_err *err)
{
	uint8_t raw[FSK_EWF_TABLE_HEADER];
	uint64_t len = sec->end - sec->data;
	struct fsk_cur c;
	int rc;

	if (len < sizeof(raw))
		return fsk_err_set(err, FSK_ECORRUPT, "%" PRIu64 " bytes are too short", len);
	rc = fsk_ewf_pread(seg, raw, sizeof(raw), sec->data, err);
	if (rc < 0)
		return rc;
	fsk_cur_init(&c, raw, sizeof(raw));
	t->count = fsk_cur_u32le(&c);
	fsk_cur_skip(&c, 4);
	t->base = fsk_cur_u64le(&c);
	fsk_cur_skip(&c, 4);
	if (fsk_cur_u32le(&c) != libdeflate_adler32(1, raw, sizeof(raw) - 4))
		return fsk_err_set(err, FSK_ECORRUPT, "wrong checksum of the header");
	if (t->count > FSK_EWF_TABLE_ENTRIES_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "%" PRIu32 " entries, the limit is %u",
		                   t->count, FSK_EWF_TABLE_ENTRIES_MAX);
	if (4 * (uint64_t) t->count > len - sizeof(raw))
		return fsk_err_set(err, FSK_ECORRUPT, "%" PRIu32 " entries do not fit in",
		                   t->count);
	if (t->base > seg->file->size)
		return fsk_err_set(err, FSK_ECORRUPT, "its base lies behind the end of the file");
	t->entries_end = sec->data + sizeof(raw) + 4 * (uint64_t) t->count;
	return 0;
}

static int append_entries(struct fsk_ewf *e, uint32_t *adler, const struct fsk_ewf_segment *seg,
                          uint64_t at, uint32_t count, struct fsk_err *err)
{
	uint8_t raw[4 * BATCH];

	*adler = 1;
	while (count > 0) {
		uint32_t n = count < BATCH ? count : BATCH;
		struct fsk_cur c;
		int rc = fsk_ewf_pread(seg, raw, 4 * (size_t) n, at, err);
		if (rc < 0)
			return rc;
		*adler = libdeflate_adler32(*adler, raw, 4 * (size_t) n);
		fsk_cur_init(&c, raw, 4 * (size_t) n);
		for (uint32_t i = 0; i < n; i++) {
			rc = fsk_ewf_add_entry(e, fsk_cur_u32le(&c), err);
			if (rc < 0)
				return rc;
		}
		at += 4 * (uint64_t) n;
		count -= n;
	}
	return 0;
}

/* The original format and SMART have no checksum behind the entries: there
 * the first chunk follows at once. */
static bool has_footer(const struct fsk_ewf *e, const struct fsk_ewf_table *t,
                       const struct fsk_ewf_section *sec)
{
	uint64_t first = t->base + (e->entries[t->first_entry] & ~COMPRESSED);

	return t->entries_end + 4 <= sec->end && first != t->entries_end;
}

static bool plausible(const struct fsk_ewf *e, const struct fsk_ewf_table *t, uint64_t lo,
                      uint64_t hi)
{
	uint64_t last = 0;

	for (uint32_t i = 0; i < t->count; i++) {
		uint64_t at = t->base + (e->entries[t->first_entry + i] & ~COMPRESSED);
		if (at < lo || at >= hi || (i > 0 && at <= last))
			return false;
		last = at;
	}
	return true;
}

int fsk_ewf_load_table(struct fsk_ewf_table *out, struct fsk_ewf *e, uint32_t segment,
                       const struct fsk_ewf_section *sec, bool lax, uint64_t lo, uint64_t hi,
                       struct fsk_err *err)
{
	const struct fsk_ewf_segment *seg = &e->segments[segment];
	uint32_t adler;
	uint8_t raw[4];
	struct fsk_cur c;
	int rc = read_header(out, seg, sec, err);

	if (rc < 0)
		return rc;
	out->first_entry = e->nentries;
	rc = append_entries(e, &adler, seg, sec->data + FSK_EWF_TABLE_HEADER, out->count, err);
	if (rc == 0 && out->count > 0 && has_footer(e, out, sec)) {
		rc = fsk_ewf_pread(seg, raw, sizeof(raw), out->entries_end, err);
		fsk_cur_init(&c, raw, sizeof(raw));
		if (rc == 0 && fsk_cur_u32le(&c) != adler && !(lax && plausible(e, out, lo, hi)))
			rc = fsk_err_set(err, FSK_ECORRUPT, "wrong checksum of the entries");
	}
	if (rc < 0)
		e->nentries = out->first_entry;
	return rc;
}

/* EnCase 6.7.1 wrote sections of more than 2 GiB without a base: behind that
 * mark all 32 bits are the offset, and the chunks are stored. Seen where an
 * offset without its top bit would fall back although the chunk before it
 * reaches the mark. */
static uint32_t find_overflow(const struct fsk_ewf *e, size_t first_entry, uint32_t count)
{
	const uint32_t *p = e->entries + first_entry;
	uint64_t reach = (uint64_t) e->chunk_size + 4096;

	for (uint32_t i = 1; i < count; i++) {
		uint32_t before = p[i - 1] & ~COMPRESSED;
		if ((p[i] & COMPRESSED) != 0 && (p[i] & ~COMPRESSED) < before &&
		    before + reach >= COMPRESSED)
			return i;
	}
	return count;
}

int fsk_ewf_add_group(struct fsk_ewf *e, uint32_t segment, size_t first_entry, uint32_t count,
                      uint64_t base, uint64_t data_end, struct fsk_err *err)
{
	if (count == 0)
		return 0;
	if (e->ngroups == e->groups_cap) {
		size_t cap = e->groups_cap < 16 ? 16 : e->groups_cap * 2;
		struct fsk_ewf_group *p = realloc(e->groups, cap * sizeof(*p));
		if (p == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "out of memory for %zu tables", cap);
		e->groups = p;
		e->groups_cap = cap;
	}
	e->groups[e->ngroups++] = (struct fsk_ewf_group){
		.base = base,
		.data_end = data_end,
		.first_entry = first_entry,
		.count = count,
		.overflow_at = find_overflow(e, first_entry, count),
		.segment = segment,
	};
	return 0;
}

void fsk_ewf_entry(const struct fsk_ewf *e, const struct fsk_ewf_group *g, uint32_t i,
                   uint64_t *offset, bool *compressed)
{
	uint32_t entry = e->entries[g->first_entry + i];

	*compressed = i < g->overflow_at && (entry & COMPRESSED) != 0;
	*offset = g->base + (i < g->overflow_at ? entry & ~COMPRESSED : entry);
}
