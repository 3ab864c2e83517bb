#include <inttypes.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/ewf/ewf.h"

/* What is pending while the sections of one segment go by. */
struct state {
	struct fsk_ewf_walk walk;
	bool have_sectors; /* chunks that no table has claimed yet */
	struct fsk_ewf_section sectors;
	bool table_used; /* the last table was good: table2 is but its copy */
	size_t nbad;     /* damaged tables of these chunks: table, then table2 */
	struct fsk_ewf_section bad[2];
	struct fsk_err why; /* of the first one */
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

/* The chunks of a sectors section one by one; what cannot be proven comes
 * from a damaged table, if its offsets make sense. */
static int recover_sectors(struct fsk_ewf *e, uint32_t segment, struct state *st,
                           struct fsk_err *err)
{
	const struct fsk_ewf_segment *seg = &e->segments[segment];
	uint64_t found, reached, lo = st->sectors.data, hi = st->sectors.end;
	struct fsk_ewf_table t;
	int rc = fsk_ewf_scan(e, segment, lo, hi, &found, &reached, err);

	if (rc < 0)
		return rc;
	fsk_ewf_report(e, seg, FSK_ECORRUPT, NULL, 0,
	               "no usable table for the chunks at byte %" PRIu64 "%s%s: %" PRIu64
	               " chunks found by their checksums",
	               lo, st->nbad > 0 ? ": " : "", st->nbad > 0 ? st->why.msg : "", found);
	if (reached == hi && !st->sectors.truncated)
		return 0;
	for (size_t i = 0; i < st->nbad; i++) {
		if (fsk_ewf_load_table(&t, e, segment, &st->bad[i], true, lo, hi, NULL) < 0 ||
		    t.count <= found)
			continue;
		return fsk_ewf_add_group(e, segment, t.first_entry + (size_t) found,
		                         t.count - (uint32_t) found, t.base, hi, err);
	}
	return fsk_ewf_add_gap(e, err,
	                       "chunks behind byte %" PRIu64 " of segment %u cannot be "
	                       "found",
	                       reached, seg->number);
}

/* The original format and SMART: the chunks follow in the table itself. */
static int recover_table(struct fsk_ewf *e, uint32_t segment, struct state *st, struct fsk_err *err)
{
	const struct fsk_ewf_segment *seg = &e->segments[segment];
	struct fsk_ewf_table t;

	for (size_t i = 0; i < st->nbad; i++) {
		struct fsk_ewf_section *sec = &st->bad[i];
		if (fsk_ewf_load_table(&t, e, segment, sec, true, 0, sec->end, NULL) < 0)
			continue;
		fsk_ewf_report(e, seg, FSK_ECORRUPT, NULL, 0,
		               "table at byte %" PRIu64 ": %s; used, for its offsets make sense",
		               sec->start, st->why.msg);
		return fsk_ewf_add_group(e, segment, t.first_entry, t.count, t.base, sec->end, err);
	}
	return fsk_ewf_add_gap(e, err, "table at byte %" PRIu64 " of segment %u: %s",
	                       st->bad[0].start, seg->number, st->why.msg);
}

/* Whatever waits for a good table gets none any more. */
static int flush(struct fsk_ewf *e, uint32_t segment, struct state *st, struct fsk_err *err)
{
	int rc = 0;

	if (st->have_sectors)
		rc = recover_sectors(e, segment, st, err);
	else if (st->nbad > 0)
		rc = recover_table(e, segment, st, err);
	st->have_sectors = false;
	st->nbad = 0;
	return rc;
}

static int on_sectors(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                      struct state *st, struct fsk_err *err)
{
	int rc = flush(e, segment, st, err);

	st->have_sectors = true;
	st->sectors = *sec;
	st->table_used = false;
	return rc;
}

static int use_table(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                     const struct fsk_ewf_table *t, struct state *st, struct fsk_err *err)
{
	uint64_t lo, hi, first = sec->data;
	bool ignored;
	struct fsk_ewf_group g = { .first_entry = t->first_entry,
		                   .base = t->base,
		                   .overflow_at = 1 };
	int rc = 0;

	data_range(st, sec, &lo, &hi);
	if (t->count > 0)
		fsk_ewf_entry(e, &g, 0, &first, &ignored);
	if (!st->have_sectors && first < sec->start)
		hi = sec->start; /* the descriptor of the chunks is damaged */
	if (st->have_sectors && t->count > 0 && (first < lo || first >= hi)) {
		rc = flush(e, segment, st, err); /* not the table of these chunks */
		hi = sec->start;
	}
	if (rc == 0)
		rc = fsk_ewf_add_group(e, segment, t->first_entry, t->count, t->base, hi, err);
	st->have_sectors = false;
	st->table_used = true;
	st->nbad = 0;
	return rc;
}

static int on_table(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                    struct state *st, struct fsk_err *err)
{
	const struct fsk_ewf_segment *seg = &e->segments[segment];
	struct fsk_ewf_table t;
	struct fsk_err why = { 0 };
	int rc;

	if (is(sec, "table") && st->nbad > 0 && (rc = flush(e, segment, st, err)) < 0)
		return rc;
	rc = fsk_ewf_load_table(&t, e, segment, sec, false, 0, 0, &why);
	if (rc == FSK_ENOMEM)
		return fsk_err_set(err, rc, "%s", why.msg);
	if (is(sec, "table2") && st->table_used) {
		if (rc == 0)
			e->nentries = t.first_entry;
		else
			fsk_ewf_report(e, seg, why.code, NULL, 0,
			               "table2 at byte %" PRIu64
			               ": %s; the table before it is good",
			               sec->start, why.msg);
		return 0;
	}
	if (rc < 0) {
		if (st->nbad == 0)
			st->why = why;
		if (st->nbad < 2)
			st->bad[st->nbad++] = *sec;
		st->table_used = false;
		return 0;
	}
	if (is(sec, "table2"))
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
	size_t ngroups = e->ngroups, nentries = e->nentries;
	struct state st = { .walk = { .report = true } };
	struct fsk_err why;
	int rc = fsk_ewf_walk_sections(e, segment, &st.walk, visit, &st, &why);

	*done = st.walk.done;
	*next = st.walk.ended && !st.walk.done;
	if (rc == FSK_ENOMEM)
		return fsk_err_set(err, rc, "%s", why.msg);
	if (seg->foreign) {
		e->ngroups = ngroups;
		e->nentries = nentries;
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
