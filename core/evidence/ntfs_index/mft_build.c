#include "core/evidence/ntfs_index/mft_area.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/fs_ntfs.h"
#include "core/evidence/ntfs_index/mft_record.h"

#define READ_PIECE (4u * FSK_MIB)
#define SPACE_DOS 2
#define TIMES 8u
#define WHICH_BITS 4u

/* An index that grows. */
struct builder {
	struct fsk_mft_counts n;
	struct fsk_mft_entry *entries;
	struct fsk_mft_link *links; /* in the order of children */
	size_t links_cap;
	struct fsk_mft_stream *streams;
	size_t streams_cap;
	uint64_t *times;
	size_t times_cap;
	struct fsk_mft_range *damage;
	size_t damage_cap;
	struct fsk_buf names;
	uint32_t *later; /* extension records wait until their base record was seen */
	size_t later_count, later_cap;
	uint8_t *piece;
};

/* What is gathered of a record before it is stored. */
struct gather {
	struct builder *b;
	uint32_t addr; /* of the base record */
	struct fsk_mft_entry *entry;
	uint64_t times[TIMES]; /* $STANDARD_INFORMATION, then $FILE_NAME */
	bool has_si;
	uint8_t rank;  /* of the $FILE_NAME that gave the times */
	bool link_tag; /* a name says that it is a reparse point */
	uint32_t name_tag;
	uint32_t tag; /* of the reparse point, 0: none */
	struct fsk_err *err;
};

/* Makes room for one more item. */
static int grow(void **p, size_t *cap, uint64_t count, size_t item, size_t max, struct fsk_err *err)
{
	size_t want = *cap > 0 ? *cap + *cap / 2 : 1024;
	void *q;

	if (count < *cap)
		return 0;
	if (*cap >= max)
		return fsk_err_set(err, FSK_ELIMIT, "the MFT has too many names");
	if (want > max)
		want = max;
	q = realloc(*p, want * item);
	if (q == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	*p = q;
	*cap = want;
	return 0;
}

/* ASCII that stands for itself: most names. */
static bool is_plain(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		if (p[i + 1] != 0 || p[i] < 0x20 || p[i] > 0x7e || p[i] == '/')
			return false;
	return true;
}

static int add_text(uint32_t *at, struct builder *b, const uint8_t *p, size_t n,
                    struct fsk_err *err)
{
	char plain[256], *s;
	int rc;

	*at = (uint32_t) b->names.len;
	if (is_plain(p, n) && n / 2 < sizeof(plain)) {
		for (size_t i = 0; i < n / 2; i++)
			plain[i] = (char) p[2 * i];
		plain[n / 2] = '\0';
		return fsk_buf_append(&b->names, plain, n / 2 + 1, err);
	}
	s = fsk_ntfs_name_text(p, n);
	if (s == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	rc = fsk_buf_append(&b->names, s, strlen(s) + 1, err);
	free(s);
	return rc;
}

/* A long name and its 8.3 name mostly follow each other: that makes one link. */
static bool make_pair(struct builder *b, const struct fsk_mft_link *l)
{
	struct fsk_mft_link *last;

	if (b->n.links == 0)
		return false;
	last = &b->links[b->n.links - 1];
	if (last->child != l->child || last->parent != l->parent ||
	    last->parent_seq != l->parent_seq || last->kind + l->kind != FSK_MFT_SHORT ||
	    last->name + strlen((const char *) b->names.data + last->name) + 1 != l->name)
		return false;
	last->kind = last->kind == FSK_MFT_LONG ? FSK_MFT_LONG_SHORT : FSK_MFT_SHORT_LONG;
	return true;
}

static int add_link(struct gather *g, const struct fsk_mft_name *n)
{
	struct builder *b = g->b;
	struct fsk_mft_link l = { .parent = (uint32_t) n->parent,
		                  .child = g->addr,
		                  .parent_seq = n->parent_seq,
		                  .kind = n->space == SPACE_DOS ? FSK_MFT_SHORT : FSK_MFT_LONG,
		                  .gone = (g->entry->flags & FSK_MFT_USED) == 0 };
	int rc;

	if (n->parent >= b->n.entries) {
		b->n.strange++;
		return 0;
	}
	rc = add_text(&l.name, b, n->text, n->text_len, g->err);
	if (rc < 0 || make_pair(b, &l))
		return rc;
	rc = grow((void **) &b->links, &b->links_cap, b->n.links, sizeof(l), FSK_MFT_LINKS_MAX,
	          g->err);
	if (rc == 0)
		b->links[b->n.links++] = l;
	return rc;
}

/* A record has times for each of its names; long names win over 8.3 names, the
 * first over later ones. */
static int take_name(struct gather *g, const struct fsk_mft_attr *a)
{
	struct fsk_mft_name n;
	uint8_t rank;

	if (!a->resident || fsk_mft_name_read(&n, a->content, a->length) < 0) {
		g->b->n.strange++;
		return 0;
	}
	rank = n.space == SPACE_DOS ? 1 : 2;
	if (rank > g->rank) {
		g->rank = rank;
		memcpy(g->times + 4, n.times, sizeof(n.times));
	}
	if (n.reparse) {
		g->link_tag = true;
		g->name_tag = n.tag;
	}
	return add_link(g, &n);
}

static int take_stream(struct gather *g, const struct fsk_mft_attr *a)
{
	struct builder *b = g->b;
	struct fsk_mft_stream s = { .size = a->size, .record = g->addr };
	int rc;

	g->entry->flags |= FSK_MFT_STREAMS;
	if (!is_plain(a->name, a->name_len))
		g->entry->flags |= FSK_MFT_STRANGE_STREAMS;
	rc = grow((void **) &b->streams, &b->streams_cap, b->n.streams, sizeof(s),
	          FSK_MFT_LINKS_MAX, g->err);
	if (rc == 0)
		rc = add_text(&s.name, b, a->name, a->name_len, g->err);
	if (rc == 0)
		b->streams[b->n.streams++] = s;
	return rc;
}

static void take_reparse(struct gather *g, const struct fsk_mft_attr *a)
{
	/* what lies in clusters is told by the name */
	if (a->resident && a->length >= 4)
		g->tag = (uint32_t) a->content[0] | (uint32_t) a->content[1] << 8 |
		         (uint32_t) a->content[2] << 16 | (uint32_t) a->content[3] << 24;
	else if (g->link_tag)
		g->tag = g->name_tag;
}

static int take_attr(struct gather *g, const struct fsk_mft_attr *a)
{
	switch (a->type) {
	case FSK_MFT_STANDARD:
		if (a->resident && fsk_mft_standard_times(g->times, a->content, a->length))
			g->has_si = true;
		return 0;
	case FSK_MFT_ATTRIBUTE_LIST:
		g->entry->flags |= FSK_MFT_LISTED;
		return 0;
	case FSK_MFT_FILE_NAME:
		return take_name(g, a);
	case FSK_MFT_DATA:
		if (a->first_vcn != 0)
			return 0;
		if (a->name_len > 0)
			return take_stream(g, a);
		g->entry->size = a->size;
		return 0;
	case FSK_MFT_REPARSE:
		take_reparse(g, a);
		return 0;
	default:
		return 0;
	}
}

static int take_attrs(struct gather *g, struct fsk_mft_record *r)
{
	struct fsk_mft_attr a;
	int rc = 0, more;

	while (rc == 0 && (more = fsk_mft_attr_next(&a, r)) > 0)
		rc = take_attr(g, &a);
	if (rc == 0 && more < 0 && r->in_use) {
		g->entry->flags |= FSK_MFT_TORN;
		g->b->n.garbage++;
	}
	return rc;
}

/* Most of the eight times of a file are the same: each value is kept once. */
static int store_times(struct gather *g)
{
	struct builder *b = g->b;
	uint32_t which = 0;
	uint64_t first = b->n.times;
	int rc;

	for (size_t i = 0; i < TIMES; i++) {
		uint64_t k = first;

		if (i < 4 ? !g->has_si : g->rank == 0)
			continue;
		while (k < b->n.times && b->times[k] != g->times[i])
			k++;
		rc = grow((void **) &b->times, &b->times_cap, k, sizeof(uint64_t), UINT32_MAX,
		          g->err);
		if (rc < 0)
			return rc;
		if (k == b->n.times)
			b->times[b->n.times++] = g->times[i];
		which |= (uint32_t) (k - first + 1) << (WHICH_BITS * i);
	}
	g->entry->times = (uint32_t) first;
	g->entry->which = which;
	if (g->rank == 1)
		g->entry->flags |= FSK_MFT_SHORT_TIMES;
	return 0;
}

static void set_type(struct gather *g, bool directory)
{
	g->entry->type = (uint8_t) fsk_ntfs_type(directory, g->tag != 0, g->tag);
}

static int take_base(struct builder *b, uint32_t addr, struct fsk_mft_record *r,
                     struct fsk_err *err)
{
	struct gather g = { .b = b, .addr = addr, .entry = &b->entries[addr], .err = err };
	int rc;

	g.entry->seq = r->seq;
	g.entry->flags = r->in_use ? FSK_MFT_USED : FSK_MFT_DELETED;
	if (r->in_use)
		b->n.used++;
	else
		b->n.deleted++;
	rc = take_attrs(&g, r);
	set_type(&g, r->directory);
	return rc < 0 ? rc : store_times(&g);
}

/* What the base record, or an extension before this one, said. */
static void recall(struct gather *g)
{
	g->has_si = (g->entry->which & 0xffff) != 0;
	if (g->entry->which >> 16 != 0)
		g->rank = (g->entry->flags & FSK_MFT_SHORT_TIMES) != 0 ? 1 : 2;
	for (unsigned i = 0; i < TIMES; i++) {
		uint32_t k = g->entry->which >> (WHICH_BITS * i) & 15;

		g->times[i] = k > 0 ? g->b->times[g->entry->times + k - 1] : 0;
	}
}

static int take_extension(struct builder *b, struct fsk_mft_record *r, struct fsk_err *err)
{
	struct gather g = { .b = b, .err = err };
	bool directory, had_si;
	uint8_t rank;
	int rc;

	if (r->base >= b->n.entries) {
		b->n.strange++;
		return 0;
	}
	g.addr = (uint32_t) r->base;
	g.entry = &b->entries[g.addr];
	if ((g.entry->flags & FSK_MFT_USED) == 0 || g.entry->seq != r->base_seq)
		return 0;
	b->n.extensions++;
	directory = g.entry->type == FSK_ENTRY_DIR;
	recall(&g);
	had_si = g.has_si;
	rank = g.rank;
	rc = take_attrs(&g, r);
	if (g.entry->type != FSK_ENTRY_LINK)
		set_type(&g, directory);
	if (rc == 0 && (g.has_si != had_si || g.rank != rank)) {
		g.entry->flags &= (uint8_t) ~FSK_MFT_SHORT_TIMES;
		rc = store_times(&g);
	}
	return rc;
}

static int postpone(struct builder *b, uint32_t addr, struct fsk_err *err)
{
	int rc = grow((void **) &b->later, &b->later_cap, b->later_count, sizeof(addr),
	              FSK_MFT_RECORDS_MAX, err);

	if (rc == 0)
		b->later[b->later_count++] = addr;
	return rc;
}

static int take_garbage(struct builder *b, uint32_t addr, struct fsk_err *err)
{
	struct fsk_mft_range *last = b->n.damage > 0 ? &b->damage[b->n.damage - 1] : NULL;
	int rc;

	b->n.garbage++;
	if (last != NULL && last->first + last->count == addr) {
		last->count++;
		return 0;
	}
	rc = grow((void **) &b->damage, &b->damage_cap, b->n.damage, sizeof(*last),
	          FSK_MFT_RECORDS_MAX, err);
	if (rc == 0)
		b->damage[b->n.damage++] = (struct fsk_mft_range){ .first = addr, .count = 1 };
	return rc;
}

static int take_slot(struct builder *b, uint32_t addr, uint8_t *p, size_t n, struct fsk_err *err)
{
	struct fsk_mft_record r;

	switch (fsk_mft_record_open(&r, p, n)) {
	case FSK_MFT_SLOT_GARBAGE:
		return take_garbage(b, addr, err);
	case FSK_MFT_SLOT_RECORD:
		if (r.base == 0)
			return take_base(b, addr, &r, err);
		return r.in_use ? postpone(b, addr, err) : 0;
	default:
		return 0;
	}
}

static int read_all(struct builder *b, const struct fsk_mft_reader *from, struct fsk_err *err)
{
	uint32_t size = from->record_size, per = READ_PIECE / size;
	uint32_t count = (uint32_t) b->n.entries;
	int rc = 0;

	for (uint32_t at = 0; rc == 0 && at < count; at += per) {
		uint32_t n = count - at < per ? count - at : per;

		rc = from->read(from->arg, b->piece, (size_t) n * size, (uint64_t) at * size, err);
		for (uint32_t i = 0; rc == 0 && i < n; i++)
			rc = take_slot(b, at + i, b->piece + (size_t) i * size, size, err);
	}
	return rc;
}

static int read_extensions(struct builder *b, const struct fsk_mft_reader *from,
                           struct fsk_err *err)
{
	struct fsk_mft_record r;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < b->later_count; i++) {
		rc = from->read(from->arg, b->piece, from->record_size,
		                (uint64_t) b->later[i] * from->record_size, err);
		if (rc == 0 &&
		    fsk_mft_record_open(&r, b->piece, from->record_size) == FSK_MFT_SLOT_RECORD)
			rc = take_extension(b, &r, err);
	}
	return rc;
}

/* Links come in the order of children; a counting sort keeps that. */
static void sort_links(struct fsk_mft_link *sorted, uint32_t *first, const struct builder *b)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < b->n.links; i++)
		first[b->links[i].parent]++;
	for (size_t i = 0; i <= b->n.entries; i++) {
		uint32_t n = first[i];

		first[i] = sum;
		sum += n;
	}
	for (size_t i = 0; i < b->n.links; i++)
		sorted[first[b->links[i].parent]++] = b->links[i];
	/* each start has moved to the start of the next */
	memmove(first + 1, first, (size_t) b->n.entries * sizeof(*first));
	first[0] = 0;
}

static int compare_streams(const void *pa, const void *pb)
{
	const struct fsk_mft_stream *a = pa, *b = pb;

	if (a->record != b->record)
		return a->record < b->record ? -1 : 1;
	return (a->name > b->name) - (a->name < b->name);
}

/* Moves an array into the area, so that not all is in memory twice. */
static void move(void *to, void **from, uint64_t count, size_t item)
{
	if (count > 0)
		memcpy(to, *from, (size_t) count * item);
	free(*from);
	*from = NULL;
}

static int lay_out(struct fsk_mft_index *ix, struct builder *b, struct fsk_err *err)
{
	struct fsk_mft_places at;
	uint8_t *area;
	int rc;

	b->n.names = b->names.len;
	rc = fsk_mft_area_new(ix, &b->n, err);
	if (rc == 0)
		rc = fsk_mft_places_of(&at, &b->n, err);
	if (rc < 0)
		return rc;
	area = ix->owned;
	sort_links((void *) (area + at.links), (void *) (area + at.first), b);
	if (b->n.streams > 0)
		qsort(b->streams, (size_t) b->n.streams, sizeof(*b->streams), compare_streams);
	move(area + at.entries, (void **) &b->entries, b->n.entries, sizeof(*b->entries));
	move(area + at.streams, (void **) &b->streams, b->n.streams, sizeof(*b->streams));
	move(area + at.times, (void **) &b->times, b->n.times, sizeof(*b->times));
	move(area + at.damage, (void **) &b->damage, b->n.damage, sizeof(*b->damage));
	move(area + at.names, (void **) &b->names.data, b->n.names, 1);
	return 0;
}

static void builder_free(struct builder *b)
{
	free(b->entries);
	free(b->links);
	free(b->streams);
	free(b->times);
	free(b->damage);
	free(b->later);
	free(b->piece);
	fsk_buf_free(&b->names);
}

int fsk_mft_index_build(struct fsk_mft_index *ix, const struct fsk_mft_reader *from,
                        struct fsk_err *err)
{
	uint32_t size = from->record_size;
	struct builder b = { 0 };
	int rc;

	memset(ix, 0, sizeof(*ix));
	fsk_buf_init(&b.names, UINT32_MAX);
	if (size < 512 || size > 65536 || (size & (size - 1)) != 0)
		return fsk_err_set(err, FSK_EINVAL, "MFT records of %u bytes", size);
	if (from->size / size > FSK_MFT_RECORDS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u MFT records",
		                   FSK_MFT_RECORDS_MAX);
	b.n.entries = from->size / size;
	b.entries = calloc((size_t) b.n.entries + 1, sizeof(*b.entries));
	b.piece = malloc(READ_PIECE);
	if (b.entries == NULL || b.piece == NULL)
		rc = fsk_err_set(err, FSK_ENOMEM, "out of memory");
	else
		rc = read_all(&b, from, err);
	if (rc == 0)
		rc = read_extensions(&b, from, err);
	if (rc == 0)
		rc = lay_out(ix, &b, err);
	builder_free(&b);
	return rc;
}
