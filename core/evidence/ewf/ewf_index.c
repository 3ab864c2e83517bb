#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/ewf/ewf.h"

#define EARLY_TABLES 64u /* that may wait for their chunks */

/* What is pending while the sections of one segment go by. */
struct state {
	struct fsk_ewf_walk walk;
	bool strange;      /* an unknown section was reported */
	bool have_sectors; /* chunks that no table has claimed yet */
	struct fsk_ewf_section sectors;
	bool table_used;             /* the last table is in use: table2 is but its copy */
	size_t group;                /* it is this one, if it has entries */
	size_t nbad;                 /* damaged tables of these chunks: table, then table2 */
	struct fsk_ewf_table bad[2]; /* their count is 0 if the header is damaged */
	struct fsk_err why;          /* of the first one */
};

static bool is(const struct fsk_ewf_section *sec, const char *type)
{
	return strcmp(sec->type, type) == 0;
}

/* Where chunks of a table may lie. */
static void data_range(const struct state *st, const struct fsk_ewf_section *table, uint64_t *lo,
                       uint64_t *hi)
{
	*lo = st->have_sectors ? st->sectors.data : table->data;
	*hi = st->have_sectors ? st->sectors.end : table->end;
}

/* No header tells how many chunks there are: they prove themselves. */
static int scan_sectors(struct fsk_ewf *e, uint32_t segment, struct state *st, struct fsk_err *err)
{
	const struct fsk_ewf_segment *seg = &e->segments[segment];
	uint64_t lo = st->sectors.data, hi = st->sectors.end;
	struct fsk_ewf_group g = { .segment = segment, .data_start = lo, .data_end = hi };
	struct fsk_ewf_found f;
	int rc = fsk_ewf_scan(&f, e, segment, lo, hi, e->chunk_count, err);

	if (rc < 0)
		return rc;
	fsk_ewf_report(e, seg, FSK_ECORRUPT, NULL, 0,
	               "no usable table for the chunks at byte %" PRIu64 "%s%s: %" PRIu32
	               " chunks found by their checksums",
	               lo, st->nbad > 0 ? ": " : "", st->nbad > 0 ? st->why.msg : "", f.count);
	g.found = f.entries;
	g.count = f.count;
	rc = fsk_ewf_add_group(e, &g, err);
	if (rc < 0 || (f.reached == hi && !st->sectors.truncated))
		return rc;
	return fsk_ewf_add_gap(e, err,
	                       "chunks behind byte %" PRIu64 " of segment %u cannot be "
	                       "found",
	                       f.reached, seg->number);
}

/* Tables whose entries are damaged still say how many chunks there are; where
 * these lie is found out when they are needed. */
static bool make_suspect(struct fsk_ewf_group *g, const struct state *st)
{
	size_t i = 0;

	while (i < st->nbad && st->bad[i].count == 0)
		i++;
	if (i == st->nbad)
		return false;
	g->table = st->bad[i];
	g->count = g->table.count;
	if (i + 1 < st->nbad && st->bad[i + 1].count == g->count)
		g->spare = st->bad[i + 1];
	return true;
}

/* Whatever waits for a good table gets none any more. */
static int flush(struct fsk_ewf *e, uint32_t segment, struct state *st, struct fsk_err *err)
{
	struct fsk_ewf_group g = { .segment = segment, .in_sectors = st->have_sectors };
	int rc = 0;

	if (make_suspect(&g, st)) {
		g.data_start = st->have_sectors ? st->sectors.data : g.table.entries_at;
		g.data_end = st->have_sectors ? st->sectors.end : g.table.end;
		rc = fsk_ewf_add_group(e, &g, err);
	} else if (st->have_sectors) {
		rc = scan_sectors(e, segment, st, err);
	} else if (st->nbad > 0) {
		rc = fsk_ewf_add_gap(e, err, "table at byte %" PRIu64 " of segment %u: %s",
		                     st->bad[0].section, e->segments[segment].number, st->why.msg);
	}
	st->have_sectors = false;
	st->nbad = 0;
	return rc;
}

/* The table of these chunks, if it came before them. */
static struct fsk_ewf_group *find_early_table(struct fsk_ewf *e, uint32_t segment,
                                              const struct fsk_ewf_section *sec)
{
	for (size_t i = 0; i < EARLY_TABLES && i < e->ngroups; i++) {
		struct fsk_ewf_group *g = &e->groups[e->ngroups - 1 - i];
		uint64_t first = fsk_ewf_entry_offset(&g->table, g->table.first);
		if (g->segment == segment && !g->in_sectors && g->found == NULL &&
		    first >= sec->data && first < sec->end)
			return g;
	}
	return NULL;
}

static int on_sectors(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                      struct state *st, struct fsk_err *err)
{
	struct fsk_ewf_group *early;
	int rc = flush(e, segment, st, err);

	early = find_early_table(e, segment, sec);
	if (early != NULL) {
		early->in_sectors = true;
		early->data_start = sec->data;
		early->data_end = sec->end;
		return rc;
	}
	st->have_sectors = true;
	st->sectors = *sec;
	st->table_used = false;
	return rc;
}

static int use_table(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                     const struct fsk_ewf_table *t, struct state *st, struct fsk_err *err)
{
	struct fsk_ewf_group g = { .segment = segment, .count = t->count, .table = *t };
	uint64_t lo, hi, first = fsk_ewf_entry_offset(t, t->first);
	int rc = 0;

	data_range(st, sec, &lo, &hi);
	if (!st->have_sectors && t->count > 0 && first < sec->start)
		hi = sec->start; /* the descriptor of the chunks is damaged */
	if (st->have_sectors && t->count > 0 && (first < lo || first >= hi)) {
		rc = flush(e, segment, st, err); /* not the table of these chunks */
		hi = sec->start;
	}
	g.in_sectors = st->have_sectors;
	g.data_start = lo;
	g.data_end = hi;
	st->group = e->ngroups;
	if (rc == 0)
		rc = fsk_ewf_add_group(e, &g, err);
	st->have_sectors = false;
	st->table_used = true;
	st->nbad = 0;
	return rc;
}

/* Its entries are read when they are needed, but for those whose first or
 * last one looks wrong: what they say decides now to which chunks the table
 * belongs. */
static int test_table(const struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                      const struct fsk_ewf_table *t, const struct state *st, struct fsk_err *why)
{
	uint32_t *entries;
	uint64_t lo, hi;
	int rc;

	data_range(st, sec, &lo, &hi);
	if (t->count == 0 || fsk_ewf_table_plausible(t, lo, hi))
		return 0;
	rc = fsk_ewf_read_entries(&entries, t, &e->segments[segment], false, 0, 0, why);
	free(entries);
	return rc;
}

/* Copy of a table that is in use. */
static void take_spare(struct fsk_ewf *e, const struct fsk_ewf_segment *seg,
                       const struct fsk_ewf_table *t, const struct state *st,
                       const struct fsk_err *why)
{
	struct fsk_ewf_group *g = st->group < e->ngroups ? &e->groups[st->group] : NULL;
	uint32_t count = g != NULL ? g->count : 0;

	if (why->code != 0)
		fsk_ewf_report(e, seg, why->code, NULL, 0,
		               "table2 at byte %" PRIu64 ": %s; the table before it is used",
		               t->section, why->msg);
	else if (t->count != count)
		fsk_ewf_report(e, seg, FSK_ECORRUPT, NULL, 0,
		               "table2 at byte %" PRIu64 ": %" PRIu32
		               " entries; the table before it has %" PRIu32 " and is used",
		               t->section, t->count, count);
	else if (g != NULL)
		g->spare = *t;
}

static int on_table(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                    struct state *st, struct fsk_err *err)
{
	const struct fsk_ewf_segment *seg = &e->segments[segment];
	bool copy = is(sec, "table2");
	struct fsk_err why = { 0 };
	struct fsk_ewf_table t;
	int rc = 0;

	if (!copy && st->nbad > 0)
		rc = flush(e, segment, st, err);
	if (rc < 0)
		return rc;
	rc = fsk_ewf_peek_table(&t, seg, sec, &why);
	if (copy && st->table_used) {
		take_spare(e, seg, &t, st, &why);
		return 0;
	}
	if (rc == 0)
		rc = test_table(e, segment, sec, &t, st, &why);
	if (rc == FSK_ENOMEM)
		return fsk_err_set(err, rc, "%s", why.msg);
	if (rc < 0) {
		if (st->nbad == 0)
			st->why = why;
		if (st->nbad < 2)
			st->bad[st->nbad++] = t;
		st->table_used = false;
		return 0;
	}
	if (copy)
		fsk_ewf_report(e, seg, FSK_ECORRUPT, NULL, 0,
		               "table in front of byte %" PRIu64 ": %s; table2 is used", sec->start,
		               st->nbad > 0 ? st->why.msg : "it is missing");
	return use_table(e, segment, sec, &t, st, err);
}

/* Sections that say something about the image as a whole. */
static int read_facts(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                      struct fsk_err *err)
{
	if (is(sec, "volume") || is(sec, "disk") || is(sec, "data"))
		return fsk_ewf_read_volume(e, segment, sec, err);
	if (is(sec, "header") || is(sec, "header2"))
		return fsk_ewf_read_header(e, segment, sec, is(sec, "header2"), err);
	if (is(sec, "hash"))
		return fsk_ewf_read_hash(e, segment, sec, err);
	if (is(sec, "digest"))
		return fsk_ewf_read_digest(e, segment, sec, err);
	if (is(sec, "error2"))
		return fsk_ewf_read_errors(e, segment, sec, err);
	return 0;
}

static int visit(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec, void *arg,
                 struct fsk_err *err)
{
	struct fsk_ewf_segment *seg = &e->segments[segment];
	struct state *st = arg;
	struct fsk_err why;
	int rc;

	if (st->walk.broken) {
		st->walk.broken = false;
		rc = fsk_ewf_add_gap(e, err, "segment %u is damaged in front of byte %" PRIu64,
		                     seg->number, sec->start);
		if (rc < 0)
			return rc;
	}
	if (is(sec, "sectors"))
		return on_sectors(e, segment, sec, st, err);
	if (is(sec, "table") || is(sec, "table2"))
		return on_table(e, segment, sec, st, err);
	if (!fsk_ewf_known_section(sec->type) && !st->strange) {
		st->strange = true;
		fsk_ewf_report(e, seg, FSK_EUNSUPPORTED, NULL, 0,
		               "section \"%s\" at byte %" PRIu64 ": nothing is known of its kind; "
		               "it is left out",
		               sec->type, sec->start);
	}
	rc = read_facts(e, segment, sec, &why);
	if (rc == FSK_EINVAL) {
		seg->foreign = true;
		return fsk_err_set(err, FSK_EINVAL, "%s", why.msg);
	}
	if (rc < 0)
		fsk_ewf_report(e, seg, why.code, NULL, 0, "section \"%s\" at byte %" PRIu64 ": %s",
		               sec->type, sec->start, why.msg);
	return rc == FSK_ENOMEM ? fsk_err_set(err, rc, "%s", why.msg) : 0;
}

/* `*next` and `*done`: which end mark the segment has, if any. */
static int index_segment(struct fsk_ewf *e, uint32_t segment, bool *next, bool *done,
                         struct fsk_err *err)
{
	struct fsk_ewf_segment *seg = &e->segments[segment];
	size_t ngroups = e->ngroups;
	struct state st = { .walk = { .report = true } };
	struct fsk_err why;
	int rc = fsk_ewf_walk_sections(e, segment, &st.walk, visit, &st, &why);

	*done = st.walk.done;
	*next = st.walk.ended && !st.walk.done;
	if (rc == FSK_ENOMEM)
		return fsk_err_set(err, rc, "%s", why.msg);
	if (seg->foreign) {
		fsk_ewf_clear_groups(e, ngroups, e->ngroups);
		e->ngroups = ngroups;
		return fsk_ewf_add_gap(e, err, "\"%s\" is left out: %s", seg->name, why.msg);
	}
	if (rc < 0)
		fsk_ewf_report(e, seg, why.code, NULL, 0, "%s", why.msg);
	rc = flush(e, segment, &st, err);
	if (rc < 0 || st.walk.ended)
		return rc;
	return fsk_ewf_add_gap(e, err, "segment %u is cut off: it has no end mark", seg->number);
}

static int find_geometry(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                         void *arg, struct fsk_err *err)
{
	struct fsk_err *first = arg;
	struct fsk_err why;

	(void) err;
	if (!is(sec, "volume") && !is(sec, "disk") && !is(sec, "data"))
		return 0;
	if (fsk_ewf_read_volume(e, segment, sec, &why) == 0)
		return 1;
	if (first->code == 0)
		fsk_err_set(first, why.code, "section \"%s\": %s", sec->type, why.msg);
	return 0;
}

static int read_geometry(struct fsk_ewf *e, struct fsk_err *err)
{
	struct fsk_ewf_walk walk = { .report = false };
	struct fsk_err first = { 0 };

	for (uint32_t i = 0; i < e->nsegments && !e->have_geometry; i++)
		fsk_ewf_walk_sections(e, i, &walk, find_geometry, &first, NULL);
	if (e->have_geometry)
		return 0;
	if (first.code != 0)
		return fsk_err_set(err, first.code, "%s", first.msg);
	return fsk_err_set(err, FSK_ECORRUPT, "no section tells the size of the medium");
}

static int missing_segments(struct fsk_ewf *e, uint32_t i, unsigned after, struct fsk_err *err)
{
	struct fsk_ewf_segment *seg = &e->segments[i];
	unsigned last = seg->number - 1u;

	if (after + 1 == seg->number)
		return 0;
	if (after + 1 == last)
		return fsk_ewf_add_gap(e, err, "segment %u is missing", last);
	return fsk_ewf_add_gap(e, err, "segments %u to %u are missing", after + 1, last);
}

static int index_all(struct fsk_ewf *e, struct fsk_err *err)
{
	unsigned number = 0;
	bool next = false, done = false;
	int rc = 0;

	for (uint32_t i = 0; i < e->nsegments && rc == 0; i++) {
		if (done)
			fsk_ewf_report(
			    e, &e->segments[i], FSK_ECORRUPT, NULL, 0,
			    "segment %u says that it is the last one, and this one follows",
			    number);
		rc = missing_segments(e, i, number, err);
		if (rc == 0)
			rc = index_segment(e, i, &next, &done, err);
		number = e->segments[i].number;
	}
	if (rc == 0 && next)
		rc = fsk_ewf_add_gap(
		    e, err, "the image goes on behind segment %u, which is the last one at hand",
		    number);
	return rc;
}

int fsk_ewf_index(struct fsk_ewf *e, struct fsk_err *err)
{
	int rc = read_geometry(e, err);

	if (rc == 0)
		rc = fsk_ewf_inflater_init(&e->inflater, e, err);
	if (rc == 0)
		rc = fsk_ewf_cache_new(&e->cache, e, FSK_EWF_CACHE, err);
	return rc < 0 ? rc : index_all(e, err);
}
