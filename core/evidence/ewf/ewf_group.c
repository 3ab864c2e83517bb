#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/evidence/ewf/ewf.h"

#define COMPRESSED 0x80000000u

int fsk_ewf_add_group(struct fsk_ewf *e, const struct fsk_ewf_group *g, struct fsk_err *err)
{
	if (g->count == 0) {
		free(g->found);
		return 0;
	}
	if (e->ngroups == e->groups_cap) {
		size_t cap = e->groups_cap < 16 ? 16 : e->groups_cap * 2;
		struct fsk_ewf_group *p = realloc(e->groups, cap * sizeof(*p));
		if (p == NULL) {
			free(g->found);
			return fsk_err_set(err, FSK_ENOMEM, "out of memory for %zu tables", cap);
		}
		e->groups = p;
		e->groups_cap = cap;
	}
	e->groups[e->ngroups++] = *g;
	return 0;
}

static void unload(struct fsk_ewf *e, struct fsk_ewf_group *g)
{
	if (g->entries != NULL)
		e->loaded -= 4 * (uint64_t) g->count;
	free(g->entries);
	g->entries = NULL;
}

void fsk_ewf_clear_groups(struct fsk_ewf *e, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		unload(e, &e->groups[i]);
		free(e->groups[i].found);
		e->groups[i].found = NULL;
	}
}

/* Makes room for `bytes` of entries: what was not used for longest goes. */
static void make_room(struct fsk_ewf *e, uint64_t bytes)
{
	while (e->loaded > 0 && e->loaded + bytes > FSK_EWF_TABLES) {
		struct fsk_ewf_group *oldest = NULL;
		for (size_t i = 0; i < e->ngroups; i++) {
			struct fsk_ewf_group *g = &e->groups[i];
			if (g->entries != NULL && (oldest == NULL || g->used < oldest->used))
				oldest = g;
		}
		unload(e, oldest);
	}
}

/* EnCase 6.7.1 wrote sections of more than 2 GiB without a base: behind that
 * mark all 32 bits are the offset, and the chunks are stored. Seen where an
 * offset without its top bit would fall back although the chunk before it
 * reaches the mark. */
static uint32_t find_overflow(const struct fsk_ewf *e, const struct fsk_ewf_segment *seg,
                              const uint32_t *p, uint32_t count)
{
	uint64_t reach = (uint64_t) e->chunk_size + 4096;

	if (seg->file->size <= COMPRESSED)
		return count;
	for (uint32_t i = 1; i < count; i++) {
		uint32_t before = p[i - 1] & ~COMPRESSED;
		if ((p[i] & COMPRESSED) != 0 && (p[i] & ~COMPRESSED) < before &&
		    before + reach >= COMPRESSED)
			return i;
	}
	return count;
}

static void take_entries(struct fsk_ewf *e, struct fsk_ewf_group *g, const struct fsk_ewf_table *t,
                         uint32_t *entries)
{
	e->loaded += 4 * (uint64_t) g->count;
	g->entries = entries;
	g->base = t->base;
	g->overflow_at = find_overflow(e, &e->segments[g->segment], entries, g->count);
}

static int load_table(struct fsk_ewf *e, struct fsk_ewf_group *g, const struct fsk_ewf_table *t,
                      bool lax, struct fsk_err *err)
{
	const struct fsk_ewf_segment *seg = &e->segments[g->segment];
	uint64_t lo = g->in_sectors ? g->data_start : 0;
	uint32_t *entries;
	int rc;

	if (t->count == 0)
		return fsk_err_set(err, FSK_ENOTFOUND, "there is none");
	make_room(e, 4 * (uint64_t) g->count);
	rc = fsk_ewf_read_entries(&entries, t, seg, lax, lo, g->data_end, err);
	if (rc == 0)
		take_entries(e, g, t, entries);
	return rc;
}

bool fsk_ewf_entry(const struct fsk_ewf_group *g, uint32_t i, uint64_t *offset, bool *compressed)
{
	bool past = i >= g->overflow_at;

	if (g->found != NULL) {
		*compressed = (g->found[i] & FSK_EWF_FOUND_PACKED) != 0;
		*offset = g->found[i] & ~FSK_EWF_FOUND_PACKED;
		return g->found[i] != FSK_EWF_FOUND_NOWHERE;
	}
	*compressed = !past && (g->entries[i] & COMPRESSED) != 0;
	*offset = g->base + (past ? g->entries[i] : g->entries[i] & ~COMPRESSED);
	return true;
}

/* ---- damaged tables ---- */

/* The table or its copy, if their offsets make sense. */
static int load_lax(struct fsk_ewf *e, struct fsk_ewf_group *g)
{
	int rc = load_table(e, g, &g->table, true, NULL);

	return rc == 0 ? 0 : load_table(e, g, &g->spare, true, NULL);
}

static void lose_behind(struct fsk_ewf *e, const struct fsk_ewf_group *g, uint32_t from,
                        uint64_t reached)
{
	const struct fsk_ewf_segment *seg = &e->segments[g->segment];
	char reason[100];

	snprintf(reason, sizeof(reason),
	         "chunks behind byte %" PRIu64 " of segment %u cannot be found", reached,
	         seg->number);
	fsk_ewf_lose(e, seg, g->first_chunk + from, g->first_chunk + g->count, reason);
}

/* Keeps what a scan found; the chunks behind come from a damaged table, and
 * without one nobody knows where they are. */
static int keep_found(struct fsk_ewf *e, struct fsk_ewf_group *g, struct fsk_ewf_found *f,
                      struct fsk_err *err)
{
	uint64_t *found = realloc(f->entries, g->count * sizeof(*found));
	bool compressed, lax = f->count < g->count && load_lax(e, g) == 0;
	uint64_t offset;

	if (found == NULL) {
		free(f->entries);
		return fsk_err_set(err, FSK_ENOMEM, "out of memory for %" PRIu32 " chunks",
		                   g->count);
	}
	for (uint32_t i = f->count; i < g->count; i++) {
		found[i] = FSK_EWF_FOUND_NOWHERE;
		if (lax && fsk_ewf_entry(g, i, &offset, &compressed))
			found[i] = offset | (compressed ? FSK_EWF_FOUND_PACKED : 0);
	}
	unload(e, g);
	g->found = found;
	if (f->count < g->count && !lax)
		lose_behind(e, g, f->count, f->reached);
	return 0;
}

/* The chunks of a sectors section prove themselves. In the original format
 * and in that of SMART they follow in the table itself. */
static int recover(struct fsk_ewf *e, struct fsk_ewf_group *g, const char *why, struct fsk_err *err)
{
	const struct fsk_ewf_segment *seg = &e->segments[g->segment];
	struct fsk_ewf_found f = { .reached = g->table.section };
	int rc;

	if (!g->in_sectors && load_lax(e, g) == 0) {
		if (!g->told)
			fsk_ewf_report(e, seg, FSK_ECORRUPT, NULL, 0,
			               "table at byte %" PRIu64
			               ": %s; used, for its offsets make sense",
			               g->table.section, why);
		return 0;
	}
	if (g->in_sectors) {
		rc = fsk_ewf_scan(&f, e, g->segment, g->data_start, g->data_end, g->count, err);
		if (rc < 0)
			return rc;
		fsk_ewf_report(e, seg, FSK_ECORRUPT, NULL, 0,
		               "no usable table for the chunks at byte %" PRIu64 ": %s: %" PRIu32
		               " chunks found by their checksums",
		               g->data_start, why, f.count);
	}
	return keep_found(e, g, &f, err);
}

int fsk_ewf_load_group(struct fsk_ewf *e, struct fsk_ewf_group *g, bool ahead, struct fsk_err *err)
{
	struct fsk_err why;
	int rc;

	g->used = ++e->tick;
	if (g->entries != NULL || g->found != NULL)
		return 0;
	if (ahead && g->suspect)
		return fsk_err_set(err, FSK_ECORRUPT, "its table is damaged");
	rc = load_table(e, g, &g->table, false, &why);
	if (rc == 0)
		return 0;
	g->suspect = true;
	if (ahead || rc == FSK_ENOMEM)
		return fsk_err_set(err, rc, "%s", why.msg);
	rc = load_table(e, g, &g->spare, false, NULL);
	if (rc < 0)
		rc = recover(e, g, why.msg, err);
	else if (!g->told)
		fsk_ewf_report(e, &e->segments[g->segment], why.code, NULL, 0,
		               "table at byte %" PRIu64 ": %s; table2 is used", g->table.section,
		               why.msg);
	g->told = true;
	return rc;
}

/* ---- finding a chunk ---- */

static bool holds(const struct fsk_ewf_group *g, uint64_t chunk)
{
	return chunk >= g->first_chunk && chunk - g->first_chunk < g->count;
}

static struct fsk_ewf_group *find_group(struct fsk_ewf *e, uint64_t chunk)
{
	size_t lo = 0, hi = e->ngroups;

	if (e->last_group < e->ngroups && holds(&e->groups[e->last_group], chunk))
		return &e->groups[e->last_group];
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (holds(&e->groups[mid], chunk)) {
			e->last_group = mid;
			return &e->groups[mid];
		}
		if (chunk < e->groups[mid].first_chunk)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static int find_extent(struct fsk_ewf_extent *x, const struct fsk_ewf *e,
                       const struct fsk_ewf_group *g, uint32_t i, struct fsk_err *err)
{
	uint64_t end = g->data_end, file_end;
	size_t bound = fsk_ewf_chunk_bound(e);
	bool ignored;

	x->seg = &e->segments[g->segment];
	file_end = x->seg->file->size;
	if (!fsk_ewf_entry(g, i, &x->offset, &x->compressed))
		return fsk_err_set(err, FSK_ENOTFOUND, "no table says where it is");
	if (i + 1 < g->count && !fsk_ewf_entry(g, i + 1, &end, &ignored))
		end = g->data_end;
	if (end <= x->offset || end > file_end)
		end = file_end; /* out of order: the checksum will tell */
	if (x->offset >= end)
		return fsk_err_set(err, FSK_ECORRUPT,
		                   "byte %" PRIu64 " of \"%s\" is behind its end", x->offset,
		                   x->seg->name);
	x->length = end - x->offset < bound ? (size_t) (end - x->offset) : bound;
	return 0;
}

int fsk_ewf_locate(struct fsk_ewf_extent *out, struct fsk_ewf *e, uint64_t chunk, bool ahead,
                   struct fsk_err *err)
{
	struct fsk_ewf_group *g = find_group(e, chunk);
	int rc;

	if (g == NULL)
		return fsk_err_set(err, FSK_ENOTFOUND, "chunk %" PRIu64 " is missing", chunk);
	rc = fsk_ewf_load_group(e, g, ahead, err);
	if (rc == 0)
		rc = find_extent(out, e, g, (uint32_t) (chunk - g->first_chunk), err);
	return rc < 0 ? fsk_err_wrap(err, "chunk %" PRIu64, chunk) : 0;
}

/* ---- all of them ---- */

static bool same_place(const struct fsk_ewf_group *g, const uint32_t *spare, uint32_t i)
{
	return (g->entries[i] & COMPRESSED) == (spare[i] & COMPRESSED) &&
	       fsk_ewf_entry_offset(&g->table, g->entries[i]) ==
	           fsk_ewf_entry_offset(&g->spare, spare[i]);
}

/* The copy of a table that is good. */
static void check_spare(struct fsk_ewf *e, const struct fsk_ewf_group *g)
{
	const struct fsk_ewf_segment *seg = &e->segments[g->segment];
	uint32_t *entries, i = 0;
	struct fsk_err why;

	if (fsk_ewf_read_entries(&entries, &g->spare, seg, false, 0, 0, &why) < 0) {
		fsk_ewf_report(e, seg, why.code, NULL, 0,
		               "table2 at byte %" PRIu64 ": %s; the table before it is good",
		               g->spare.section, why.msg);
		return;
	}
	while (i < g->count && same_place(g, entries, i))
		i++;
	if (i < g->count)
		fsk_ewf_report(e, seg, FSK_ECORRUPT, NULL, 0,
		               "table2 at byte %" PRIu64
		               ": gives other places than the table before it, which is used",
		               g->spare.section);
	free(entries);
}

void fsk_ewf_check(void *impl)
{
	struct fsk_ewf *e = impl;

	for (size_t i = 0; i < e->ngroups; i++) {
		struct fsk_ewf_group *g = &e->groups[i];
		if (fsk_ewf_load_group(e, g, false, NULL) < 0 || g->suspect || g->compared)
			continue;
		g->compared = true;
		if (g->spare.count > 0)
			check_spare(e, g);
	}
}
