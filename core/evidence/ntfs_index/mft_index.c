#include "core/evidence/ntfs_index/mft_index.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/fs_ntfs.h"
#include "core/evidence/ntfs_index/mft_record.h"

#define READ_PIECE (4u * FSK_MIB)
#define SPACE_DOS 2
#define TIMES 8u
#define WHICH_BITS 4u

/* What is gathered of a record before it is stored. */
struct gather {
	struct fsk_mft_index *ix;
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

/* Extension records wait until their base record was seen. */
struct later {
	uint32_t *items;
	size_t count, cap;
};

static int grow(void **p, size_t *cap, size_t item, size_t max, struct fsk_err *err)
{
	size_t want = *cap > 0 ? *cap + *cap / 2 : 1024;
	void *q;

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

static int add_text(uint32_t *at, struct fsk_mft_index *ix, const uint8_t *p, size_t n,
                    struct fsk_err *err)
{
	char plain[256], *s;
	int rc;

	*at = (uint32_t) ix->names.len;
	if (is_plain(p, n) && n / 2 < sizeof(plain)) {
		for (size_t i = 0; i < n / 2; i++)
			plain[i] = (char) p[2 * i];
		plain[n / 2] = '\0';
		return fsk_buf_append(&ix->names, plain, n / 2 + 1, err);
	}
	s = fsk_ntfs_name_text(p, n);
	if (s == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	rc = fsk_buf_append(&ix->names, s, strlen(s) + 1, err);
	free(s);
	return rc;
}

/* A long name and its 8.3 name mostly follow each other: that makes one link. */
static bool make_pair(struct fsk_mft_index *ix, const struct fsk_mft_link *l)
{
	struct fsk_mft_link *last;

	if (ix->links_count == 0)
		return false;
	last = &ix->links[ix->links_count - 1];
	if (last->child != l->child || last->parent != l->parent ||
	    last->parent_seq != l->parent_seq || last->kind + l->kind != FSK_MFT_SHORT ||
	    last->name + strlen(fsk_mft_index_name(ix, last->name)) + 1 != l->name)
		return false;
	last->kind = last->kind == FSK_MFT_LONG ? FSK_MFT_LONG_SHORT : FSK_MFT_SHORT_LONG;
	return true;
}

static int add_link(struct gather *g, const struct fsk_mft_name *n)
{
	struct fsk_mft_index *ix = g->ix;
	struct fsk_mft_link l = { .parent = (uint32_t) n->parent,
		                  .child = g->addr,
		                  .parent_seq = n->parent_seq,
		                  .kind = n->space == SPACE_DOS ? FSK_MFT_SHORT : FSK_MFT_LONG,
		                  .gone = (g->entry->flags & FSK_MFT_USED) == 0 };
	int rc;

	if (n->parent >= ix->count) {
		ix->strange++;
		return 0;
	}
	rc = add_text(&l.name, ix, n->text, n->text_len, g->err);
	if (rc < 0 || make_pair(ix, &l))
		return rc;
	if (ix->links_count == ix->links_cap)
		rc = grow((void **) &ix->links, &ix->links_cap, sizeof(l), FSK_MFT_LINKS_MAX,
		          g->err);
	if (rc == 0)
		ix->links[ix->links_count++] = l;
	return rc;
}

/* A record has times for each of its names; long names win over 8.3 names, the
 * first over later ones. */
static int take_name(struct gather *g, const struct fsk_mft_attr *a)
{
	struct fsk_mft_name n;
	uint8_t rank;

	if (!a->resident || fsk_mft_name_read(&n, a->content, a->length) < 0) {
		g->ix->strange++;
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
	struct fsk_mft_index *ix = g->ix;
	struct fsk_mft_stream s = { .size = a->size, .record = g->addr };
	int rc = 0;

	g->entry->flags |= FSK_MFT_STREAMS;
	if (!is_plain(a->name, a->name_len))
		g->entry->flags |= FSK_MFT_STRANGE_STREAMS;
	if (ix->streams_count == ix->streams_cap)
		rc = grow((void **) &ix->streams, &ix->streams_cap, sizeof(s), FSK_MFT_LINKS_MAX,
		          g->err);
	if (rc == 0)
		rc = add_text(&s.name, ix, a->name, a->name_len, g->err);
	if (rc == 0)
		ix->streams[ix->streams_count++] = s;
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
	if (rc == 0 && more < 0 && r->in_use)
		g->ix->garbage++;
	return rc;
}

/* Most of the eight times of a file are the same: each value is kept once. */
static int store_times(struct gather *g)
{
	struct fsk_mft_index *ix = g->ix;
	uint32_t which = 0;
	size_t first = ix->times_count;
	int rc;

	for (size_t i = 0; i < TIMES; i++) {
		size_t k = first;

		if (i < 4 ? !g->has_si : g->rank == 0)
			continue;
		while (k < ix->times_count && ix->time_pool[k] != g->times[i])
			k++;
		if (k == ix->times_cap) {
			rc = grow((void **) &ix->time_pool, &ix->times_cap, sizeof(uint64_t),
			          UINT32_MAX, g->err);
			if (rc < 0)
				return rc;
		}
		if (k == ix->times_count)
			ix->time_pool[ix->times_count++] = g->times[i];
		which |= (uint32_t) (k - first + 1) << (WHICH_BITS * i);
	}
	g->entry->times = (uint32_t) first;
	g->entry->which = which;
	if (g->rank == 1)
		g->entry->flags |= FSK_MFT_SHORT_TIMES;
	return 0;
}

static uint64_t stored_time(const struct fsk_mft_index *ix, const struct fsk_mft_entry *e,
                            unsigned i)
{
	uint32_t k = e->which >> (WHICH_BITS * i) & 15;

	return k > 0 ? ix->time_pool[e->times + k - 1] : 0;
}

static void set_type(struct gather *g, bool directory)
{
	g->entry->type = (uint8_t) fsk_ntfs_type(directory, g->tag != 0, g->tag);
}

static int take_base(struct fsk_mft_index *ix, uint32_t addr, struct fsk_mft_record *r,
                     struct fsk_err *err)
{
	struct gather g = { .ix = ix, .addr = addr, .entry = &ix->entries[addr], .err = err };
	int rc;

	g.entry->seq = r->seq;
	g.entry->flags = r->in_use ? FSK_MFT_USED : FSK_MFT_DELETED;
	if (r->in_use)
		ix->used++;
	else
		ix->deleted++;
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
	for (unsigned i = 0; i < TIMES; i++)
		g->times[i] = stored_time(g->ix, g->entry, i);
}

static int take_extension(struct fsk_mft_index *ix, struct fsk_mft_record *r, struct fsk_err *err)
{
	struct gather g = { .ix = ix, .err = err };
	bool directory, had_si;
	uint8_t rank;
	int rc;

	if (r->base >= ix->count) {
		ix->strange++;
		return 0;
	}
	g.addr = (uint32_t) r->base;
	g.entry = &ix->entries[g.addr];
	if ((g.entry->flags & FSK_MFT_USED) == 0 || g.entry->seq != r->base_seq)
		return 0;
	ix->extensions++;
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

static int postpone(struct later *l, uint32_t addr, struct fsk_err *err)
{
	int rc = 0;

	if (l->count == l->cap)
		rc = grow((void **) &l->items, &l->cap, sizeof(addr), FSK_MFT_RECORDS_MAX, err);
	if (rc == 0)
		l->items[l->count++] = addr;
	return rc;
}

static int take_slot(struct fsk_mft_index *ix, struct later *later, uint32_t addr, uint8_t *p,
                     size_t n, struct fsk_err *err)
{
	struct fsk_mft_record r;

	switch (fsk_mft_record_open(&r, p, n)) {
	case FSK_MFT_SLOT_GARBAGE:
		ix->garbage++;
		return 0;
	case FSK_MFT_SLOT_RECORD:
		if (r.base == 0)
			return take_base(ix, addr, &r, err);
		return r.in_use ? postpone(later, addr, err) : 0;
	default:
		return 0;
	}
}

static int read_all(struct fsk_mft_index *ix, struct later *later,
                    const struct fsk_mft_reader *from, uint8_t *piece, struct fsk_err *err)
{
	uint32_t per = READ_PIECE / from->record_size;
	int rc = 0;

	for (uint32_t at = 0; rc == 0 && at < ix->count; at += per) {
		uint32_t n = ix->count - at < per ? ix->count - at : per;

		rc = from->read(from->arg, piece, (size_t) n * from->record_size,
		                (uint64_t) at * from->record_size, err);
		for (uint32_t i = 0; rc == 0 && i < n; i++)
			rc = take_slot(ix, later, at + i, piece + (size_t) i * from->record_size,
			               from->record_size, err);
	}
	return rc;
}

static int read_extensions(struct fsk_mft_index *ix, const struct later *later,
                           const struct fsk_mft_reader *from, uint8_t *piece, struct fsk_err *err)
{
	struct fsk_mft_record r;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < later->count; i++) {
		rc = from->read(from->arg, piece, from->record_size,
		                (uint64_t) later->items[i] * from->record_size, err);
		if (rc == 0 &&
		    fsk_mft_record_open(&r, piece, from->record_size) == FSK_MFT_SLOT_RECORD)
			rc = take_extension(ix, &r, err);
	}
	return rc;
}

/* Links come in the order of children; a counting sort keeps that. */
static int sort_links(struct fsk_mft_index *ix, struct fsk_err *err)
{
	struct fsk_mft_link *sorted = malloc((ix->links_count + 1) * sizeof(*sorted));
	uint32_t sum = 0;

	ix->first = calloc((size_t) ix->count + 1, sizeof(*ix->first));
	if (sorted == NULL || ix->first == NULL) {
		free(sorted);
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < ix->links_count; i++)
		ix->first[ix->links[i].parent]++;
	for (uint32_t i = 0; i <= ix->count; i++) {
		uint32_t n = ix->first[i];

		ix->first[i] = sum;
		sum += n;
	}
	for (size_t i = 0; i < ix->links_count; i++)
		sorted[ix->first[ix->links[i].parent]++] = ix->links[i];
	/* each start has moved to the start of the next */
	memmove(ix->first + 1, ix->first, ix->count * sizeof(*ix->first));
	ix->first[0] = 0;
	free(ix->links);
	ix->links = sorted;
	ix->links_cap = ix->links_count + 1;
	return 0;
}

static void fit(void **p, size_t *cap, size_t count, size_t item)
{
	void *q = realloc(*p, (count + 1) * item);

	if (q == NULL)
		return;
	*p = q;
	*cap = count + 1;
}

/* What growing left over is given back: the index may stay for long. */
static void shrink(struct fsk_mft_index *ix)
{
	fit((void **) &ix->streams, &ix->streams_cap, ix->streams_count, sizeof(*ix->streams));
	fit((void **) &ix->time_pool, &ix->times_cap, ix->times_count, sizeof(*ix->time_pool));
	fit((void **) &ix->names.data, &ix->names.cap, ix->names.len, 1);
}

static int compare_streams(const void *pa, const void *pb)
{
	const struct fsk_mft_stream *a = pa, *b = pb;

	if (a->record != b->record)
		return a->record < b->record ? -1 : 1;
	return (a->name > b->name) - (a->name < b->name);
}

int fsk_mft_index_build(struct fsk_mft_index *ix, const struct fsk_mft_reader *from,
                        struct fsk_err *err)
{
	uint32_t size = from->record_size;
	struct later later = { 0 };
	uint8_t *piece;
	int rc;

	memset(ix, 0, sizeof(*ix));
	fsk_buf_init(&ix->names, UINT32_MAX);
	if (size < 512 || size > 65536 || (size & (size - 1)) != 0)
		return fsk_err_set(err, FSK_EINVAL, "MFT records of %u bytes", size);
	if (from->size / size > FSK_MFT_RECORDS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u MFT records",
		                   FSK_MFT_RECORDS_MAX);
	ix->count = (uint32_t) (from->size / size);
	ix->entries = calloc((size_t) ix->count + 1, sizeof(*ix->entries));
	piece = malloc(READ_PIECE);
	if (ix->entries == NULL || piece == NULL)
		rc = fsk_err_set(err, FSK_ENOMEM, "out of memory");
	else
		rc = read_all(ix, &later, from, piece, err);
	if (rc == 0)
		rc = read_extensions(ix, &later, from, piece, err);
	if (rc == 0)
		rc = sort_links(ix, err);
	if (rc == 0 && ix->streams_count > 0)
		qsort(ix->streams, ix->streams_count, sizeof(ix->streams[0]), compare_streams);
	shrink(ix);
	free(later.items);
	free(piece);
	return rc;
}

void fsk_mft_index_free(struct fsk_mft_index *ix)
{
	free(ix->entries);
	free(ix->links);
	free(ix->first);
	free(ix->streams);
	free(ix->time_pool);
	fsk_buf_free(&ix->names);
	memset(ix, 0, sizeof(*ix));
}

uint64_t fsk_mft_index_bytes(const struct fsk_mft_index *ix)
{
	return ((uint64_t) ix->count + 1) * (sizeof(*ix->entries) + sizeof(*ix->first)) +
	       ix->links_cap * sizeof(*ix->links) + ix->streams_cap * sizeof(*ix->streams) +
	       ix->times_cap * sizeof(*ix->time_pool) + ix->names.cap;
}

const struct fsk_mft_entry *fsk_mft_index_find(const struct fsk_mft_index *ix, uint64_t addr,
                                               uint64_t seq)
{
	const struct fsk_mft_entry *e;

	if (addr >= ix->count)
		return NULL;
	e = &ix->entries[addr];
	return (e->flags & FSK_MFT_USED) != 0 && e->seq == seq ? e : NULL;
}

const char *fsk_mft_index_name(const struct fsk_mft_index *ix, uint32_t name)
{
	return (const char *) ix->names.data + name;
}

static int add_child(struct fsk_listing *out, const struct fsk_mft_index *ix, uint32_t child,
                     const char *text, struct fsk_err *err)
{
	const struct fsk_mft_entry *e = &ix->entries[child];
	struct fsk_name n = { .addr = child, .seq = e->seq };

	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return 0;
	n.type = (enum fsk_entry_type) e->type;
	fsk_times_clear(&n.times);
	n.name = strdup(text);
	if (n.name == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	return fsk_listing_add(out, &n, err);
}

static int add_children(struct fsk_ntfs_index *found, const struct fsk_mft_index *ix,
                        const struct fsk_mft_link *l, struct fsk_err *err)
{
	bool short_first = l->kind == FSK_MFT_SHORT || l->kind == FSK_MFT_SHORT_LONG;
	const char *text = fsk_mft_index_name(ix, l->name);
	int rc;

	rc = add_child(short_first ? &found->aliases : found->names, ix, l->child, text, err);
	if (rc < 0 || l->kind == FSK_MFT_LONG || l->kind == FSK_MFT_SHORT)
		return rc;
	return add_child(short_first ? found->names : &found->aliases, ix, l->child,
	                 text + strlen(text) + 1, err);
}

int fsk_mft_index_list(struct fsk_listing *out, const struct fsk_mft_index *ix,
                       const struct fsk_name *dir, struct fsk_err *err)
{
	struct fsk_ntfs_index found;
	int rc = 0;

	if (dir->addr >= ix->count)
		return 0;
	fsk_ntfs_index_init(&found, out, dir->addr);
	for (uint32_t i = ix->first[dir->addr]; rc == 0 && i < ix->first[dir->addr + 1]; i++)
		if (!ix->links[i].gone && ix->links[i].parent_seq == (uint16_t) dir->seq)
			rc = add_children(&found, ix, &ix->links[i], err);
	if (rc == 0)
		rc = fsk_ntfs_index_finish(&found, err);
	fsk_ntfs_index_free(&found);
	return rc;
}

void fsk_mft_index_times(struct fsk_times *out, const struct fsk_mft_index *ix,
                         const struct fsk_mft_entry *e)
{
	fsk_time *const members[TIMES] = { &out->created,    &out->modified,   &out->changed,
		                           &out->accessed,   &out->fn_created, &out->fn_modified,
		                           &out->fn_changed, &out->fn_accessed };

	fsk_times_clear(out);
	for (unsigned i = 0; i < TIMES; i++)
		*members[i] = fsk_time_from_filetime(stored_time(ix, e, i));
}

const struct fsk_mft_stream *fsk_mft_index_streams(const struct fsk_mft_index *ix, uint64_t addr)
{
	size_t low = 0, high = ix->streams_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ix->streams[mid].record < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < ix->streams_count && ix->streams[low].record == addr ? &ix->streams[low]
	                                                                  : NULL;
}
