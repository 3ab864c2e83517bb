#include "plugins/sqlite/recover.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "plugins/sqlite/memdb_impl.h"
#include "plugins/sqlite/pages.h"
#include "plugins/sqlite/rowset.h"
#include "plugins/sqlite/shape.h"

#define LEAF_HEADER 8
#define CELL_MIN 4  /* bytes; also the smallest freeblock */
#define SCORE_MIN 3 /* of a row found by shape */

struct search {
	struct fsk_recovery *out;
	struct fsk_memdb *db;
	const struct fsk_shape *shape;
	const struct fsk_shapes *all;
	struct fsk_pages pages;
	struct fsk_rowset live, seen;
	struct fsk_rowset named; /* values of found rows whose id is known */
	struct fsk_record_form form;
	size_t room;
	struct fsk_err *err;
	int rc;
};

/* Where a search is. */
struct spot {
	struct fsk_page page;
	uint32_t owner;
	enum fsk_recovered_from from;
	bool carved;
};

const char *fsk_recovered_from_name(enum fsk_recovered_from from)
{
	static const char *const names[] = { "freeblock", "gap", "cell" };

	return names[from];
}

/* --- rows that are there --- */

static void live_value(struct fsk_record_value *out, const struct fsk_memrows *r, int i)
{
	*out = (struct fsk_record_value){ 0 };
	switch (fsk_memrows_type(r, i)) {
	case FSK_MEM_INT:
		out->type = FSK_RECORD_INT;
		out->i = fsk_memrows_int(r, i);
		break;
	case FSK_MEM_NUMBER:
		out->type = FSK_RECORD_REAL;
		out->d = fsk_memrows_number(r, i);
		break;
	case FSK_MEM_TEXT:
	case FSK_MEM_BLOB:
		out->type = fsk_memrows_type(r, i) == FSK_MEM_TEXT ? FSK_RECORD_TEXT
		                                                   : FSK_RECORD_BLOB;
		out->bytes = fsk_memrows_bytes(r, i, &out->size);
		break;
	default:
		out->type = FSK_RECORD_NULL;
	}
}

/* A row stands in the set by its id, by its values, and by both. */
static int add_live(struct search *s, const struct fsk_memrows *r)
{
	uint64_t digest = FSK_ROW_DIGEST;
	int64_t id = fsk_memrows_int(r, 0);
	struct fsk_record_value v;
	int rc;

	for (unsigned i = 0; i < s->shape->columns; i++) {
		live_value(&v, r, (int) i + 1);
		if ((int) i != s->shape->alias)
			digest = fsk_row_digest(digest, &v);
	}
	rc = fsk_rowset_add(&s->live, digest, s->err);
	if (rc >= 0)
		rc = fsk_rowset_add(&s->live, fsk_row_digest_id(digest, id), s->err);
	if (rc >= 0)
		rc = fsk_rowset_add(&s->live, fsk_row_digest_id(FSK_ROW_DIGEST, id), s->err);
	return rc;
}

static int read_live(struct search *s)
{
	char *sql = sqlite3_mprintf("SELECT _rowid_, * FROM \"%w\"", s->shape->table);
	struct fsk_memrows *r;
	int rc;

	if (sql == NULL)
		return fsk_err_set(s->err, FSK_ENOMEM, "no memory for a statement");
	rc = fsk_memdb_query(&r, s->db, sql, s->err);
	sqlite3_free(sql);
	if (rc < 0)
		return rc;
	while ((rc = fsk_memrows_next(r, s->err)) > 0)
		if ((rc = add_live(s, r)) < 0)
			break;
	fsk_memrows_close(r);
	/* of a damaged table the rows before the damage are known */
	return rc == FSK_ECORRUPT ? 0 : rc;
}

/* --- what is found --- */

static uint64_t digest_of(const struct search *s, const struct fsk_record *r)
{
	static const struct fsk_record_value none = { .type = FSK_RECORD_NULL };
	struct fsk_record_at at = { 0 };
	uint64_t digest = FSK_ROW_DIGEST;
	struct fsk_record_value v;

	for (unsigned i = 0; i < s->shape->columns; i++) {
		if (!fsk_record_next(&v, &at, r))
			v = none;
		if ((int) i != s->shape->alias)
			digest = fsk_row_digest(digest, &v);
	}
	return digest;
}

static bool suits_another(const struct search *s, const struct fsk_record *r)
{
	for (size_t i = 0; i < s->all->count; i++) {
		const struct fsk_shape *other = &s->all->list[i];
		struct fsk_record_form form = fsk_shape_form(other);

		if (other != s->shape && other->columns == r->columns && fsk_record_suits(r, &form))
			return true;
	}
	return false;
}

static int add_row(struct search *s, const struct fsk_recovered *row)
{
	struct fsk_recovery *out = s->out;
	struct fsk_recovered *larger;
	size_t room = s->room > 0 ? 2 * s->room : 256;

	if (out->count >= FSK_SQLITE_RECOVERED_MAX)
		return fsk_err_set(s->err, FSK_ELIMIT, "more than %u recovered rows",
		                   FSK_SQLITE_RECOVERED_MAX);
	if (out->count == s->room) {
		larger = realloc(out->rows, room * sizeof(*larger));
		if (larger == NULL)
			return fsk_err_set(s->err, FSK_ENOMEM, "no memory for recovered rows");
		out->rows = larger;
		s->room = room;
	}
	out->rows[out->count++] = *row;
	return 0;
}

/* Keeps a record unless the same row is there, or was found already. */
static void keep(struct search *s, const struct spot *spot, const struct fsk_record *r,
                 const uint8_t *at)
{
	uint64_t values = digest_of(s, r);
	uint64_t whole = r->has_rowid ? fsk_row_digest_id(values, r->rowid) : values;
	bool owned = spot->owner == s->shape->root;
	struct fsk_recovered row = { .record = *r, .page = spot->page.number };

	if (fsk_rowset_has(&s->live, whole))
		return;
	row.replaced = r->has_rowid &&
	               fsk_rowset_has(&s->live, fsk_row_digest_id(FSK_ROW_DIGEST, r->rowid));
	/* what goes on in other pages cannot be compared */
	if (row.replaced && (uint64_t) (r->end - r->body) < r->body_size)
		return;
	s->rc = fsk_rowset_add(&s->seen, whole, s->err);
	if (s->rc > 0 && r->has_rowid && fsk_rowset_add(&s->named, values, s->err) < 0)
		s->rc = FSK_ENOMEM;
	if (s->rc <= 0)
		return;
	row.offset = spot->page.offset + (uint64_t) (at - spot->page.data);
	row.frame = spot->page.frame == FSK_PAGE_FILE ? 0 : (uint32_t) spot->page.frame + 1;
	row.from = spot->from;
	row.on_freelist = spot->owner == FSK_PAGE_FREE;
	row.carved = spot->carved;
	row.ambiguous = !owned && suits_another(s, r);
	s->rc = add_row(s, &row);
}

/* On a page of this table any cell is a row of it; elsewhere it must look like one. */
static bool is_ours(const struct search *s, const struct spot *spot, const struct fsk_record *r)
{
	if (spot->owner == s->shape->root && !spot->carved)
		return r->columns <= s->shape->columns;
	if (!fsk_record_suits(r, &s->form))
		return false;
	if (spot->owner != s->shape->root && r->columns != s->shape->columns)
		return false;
	return fsk_record_score(r) >= SCORE_MIN;
}

/* --- one page --- */

/* A freed cell in space that is no freeblock any more: the head of the block, with its
 * size, is still there. */
static bool former_freeblock(const struct search *s, struct fsk_record *r, const uint8_t *p,
                             const uint8_t *end)
{
	size_t size = (size_t) p[2] << 8 | p[3];

	return size > CELL_MIN && size <= (size_t) (end - p) &&
	       fsk_record_headless(r, p, size, &s->form) && r->size == size &&
	       fsk_record_score(r) >= SCORE_MIN;
}

/* Rows anywhere in [p, end) whose cells are whole, or fill a former freeblock. */
static void carve(struct search *s, struct spot *spot, const uint8_t *p, const uint8_t *end)
{
	uint32_t usable = s->pages.usable;
	struct fsk_record r;

	spot->carved = true;
	while (p + CELL_MIN <= end && s->rc >= 0) {
		bool found = *p != 0 && fsk_record_cell(&r, p, end, usable, s->shape->columns) &&
		             r.columns > 1 && is_ours(s, spot, &r);

		if (found || former_freeblock(s, &r, p, end)) {
			keep(s, spot, &r, p);
			p += r.size;
		} else {
			p++;
		}
	}
	spot->carved = false;
}

/* A freed cell, or several that lay side by side: each has lost its first bytes. */
static void freeblock(struct search *s, struct spot *spot, const uint8_t *p, const uint8_t *end)
{
	struct fsk_record r;

	spot->from = FSK_FROM_FREEBLOCK;
	spot->carved = true;
	while (p + CELL_MIN < end && s->rc >= 0) {
		if (!fsk_record_headless(&r, p, (size_t) (end - p), &s->form) ||
		    fsk_record_score(&r) < SCORE_MIN)
			break;
		keep(s, spot, &r, p);
		p += r.size;
	}
	carve(s, spot, p, end);
}

static void freeblocks(struct search *s, struct spot *spot, size_t first)
{
	const uint8_t *data = spot->page.data;
	size_t at = first;
	struct fsk_cur c;

	/* the chain ascends; where it does not, it is damaged */
	while (at >= LEAF_HEADER && at + CELL_MIN <= s->pages.usable && s->rc >= 0) {
		size_t next, size;

		fsk_cur_init(&c, data, s->pages.usable);
		fsk_cur_seek(&c, at);
		next = fsk_cur_u16be(&c);
		size = fsk_cur_u16be(&c);
		if (size < CELL_MIN || size > s->pages.usable - at)
			return;
		freeblock(s, spot, data + at, data + at + size);
		if (next <= at)
			return;
		at = next;
	}
}

static void cells(struct search *s, struct spot *spot, struct fsk_cur list, unsigned count)
{
	const uint8_t *end = spot->page.data + s->pages.usable;
	struct fsk_record r;

	spot->from = FSK_FROM_CELL;
	for (unsigned i = 0; i < count && s->rc >= 0; i++) {
		size_t at = fsk_cur_u16be(&list);

		if (list.failed || at < LEAF_HEADER || at >= s->pages.usable)
			continue;
		if (fsk_record_cell(&r, spot->page.data + at, end, s->pages.usable,
		                    FSK_RECORD_COLUMNS_MAX) &&
		    is_ours(s, spot, &r))
			keep(s, spot, &r, spot->page.data + at);
	}
}

/* `in_force`: the cells of the page are rows that are there. */
static void leaf(struct search *s, struct spot *spot, bool in_force)
{
	size_t head = fsk_page_head(&spot->page), first, gap, content;
	const uint8_t *data = spot->page.data;
	unsigned count;
	struct fsk_cur c;

	fsk_cur_init(&c, data, s->pages.usable);
	fsk_cur_seek(&c, head + 1);
	first = fsk_cur_u16be(&c);
	count = fsk_cur_u16be(&c);
	content = fsk_cur_u16be(&c);
	content = content == 0 ? 65536 : content;
	fsk_cur_skip(&c, 1);
	if (!in_force)
		cells(s, spot, c, count);
	gap = head + LEAF_HEADER + 2 * (size_t) count;
	spot->from = FSK_FROM_GAP;
	if (gap < content && content <= s->pages.usable)
		carve(s, spot, data + gap, data + content);
	freeblocks(s, spot, first);
}

static void search_page(struct search *s, struct fsk_page page, bool in_force)
{
	struct spot spot = { .page = page };
	size_t head = fsk_page_head(&page);

	if (page.data == NULL || s->rc < 0)
		return;
	if (page.number <= s->pages.count)
		spot.owner = s->pages.owner[page.number];
	if (spot.owner != s->shape->root &&
	    (in_force ? spot.owner != FSK_PAGE_FREE
	              : spot.owner != FSK_PAGE_FREE && spot.owner != FSK_PAGE_UNOWNED))
		return;
	if (page.data[head] == FSK_PAGE_TABLE_LEAF) {
		leaf(s, &spot, in_force && spot.owner != FSK_PAGE_FREE);
	} else if (spot.owner == FSK_PAGE_FREE) {
		/* the list of free pages has overwritten the head of this one */
		spot.from = FSK_FROM_GAP;
		carve(s, &spot, page.data + head, page.data + s->pages.usable);
	}
}

static void search_all(struct search *s)
{
	struct fsk_pages *p = &s->pages;

	for (uint32_t n = 1; n <= p->count; n++) {
		if (p->frame[n] == 0)
			search_page(s, fsk_pages_file(p, n), true);
		else
			search_page(s, fsk_pages_file(p, n), false);
	}
	for (size_t i = 0; i < p->log.count; i++) {
		uint32_t n = p->log.frames[i].page;

		search_page(s, fsk_pages_frame(p, i), n <= p->count && p->frame[n] == i + 1);
	}
}

/* A row that was found with its id needs no mention without. */
static void drop_nameless_twins(struct search *s)
{
	struct fsk_recovery *out = s->out;
	size_t kept = 0;

	for (size_t i = 0; i < out->count; i++) {
		const struct fsk_record *r = &out->rows[i].record;

		if (r->has_rowid || !fsk_rowset_has(&s->named, digest_of(s, r)))
			out->rows[kept++] = out->rows[i];
	}
	out->count = kept;
}

/* --- all --- */

static int copy_names(struct fsk_recovery *out, const struct fsk_shape *shape, struct fsk_err *err)
{
	out->alias = shape->alias;
	out->names = calloc(shape->columns + 1, sizeof(*out->names));
	if (out->names == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for recovered rows");
	for (; out->columns < shape->columns; out->columns++) {
		out->names[out->columns] = strdup(shape->names[out->columns]);
		if (out->names[out->columns] == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "no memory for recovered rows");
	}
	return 0;
}

static int check_encoding(const struct fsk_memdb *db, struct fsk_err *err)
{
	struct fsk_cur c;

	fsk_cur_init(&c, db->vfs.db.data, db->vfs.db.size);
	fsk_cur_seek(&c, 56);
	if (fsk_cur_u32be(&c) > 1)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "rows in UTF-16 are not recovered");
	return 0;
}

static int search_table(struct search *s, const char *table)
{
	const struct fsk_memvfs *v = &s->db->vfs;
	int rc;

	s->shape = fsk_shapes_find(s->all, table);
	if (s->shape == NULL)
		return fsk_err_set(s->err, FSK_ENOTFOUND, "no table \"%s\" with row ids", table);
	s->form = fsk_shape_form(s->shape);
	rc = copy_names(s->out, s->shape, s->err);
	if (rc == 0)
		rc = read_live(s);
	if (rc == 0)
		rc = fsk_pages_open(&s->pages, v->db.data, v->db.size, v->wal.data, v->wal.size,
		                    s->err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < s->all->count; i++)
		fsk_pages_claim(&s->pages, s->all->list[i].root);
	search_all(s);
	drop_nameless_twins(s);
	return s->rc < 0 ? s->rc : 0;
}

int fsk_recover_rows(struct fsk_recovery *out, struct fsk_memdb *db, const char *table,
                     struct fsk_err *err)
{
	struct fsk_shapes all = { 0 };
	struct search s = { .out = out, .db = db, .all = &all, .err = err };
	int rc = check_encoding(db, err);

	*out = (struct fsk_recovery){ .alias = -1 };
	if (rc == 0)
		rc = fsk_shapes_read(&all, db, err);
	if (rc == 0)
		rc = search_table(&s, table);
	fsk_pages_free(&s.pages);
	fsk_rowset_free(&s.live);
	fsk_rowset_free(&s.seen);
	fsk_rowset_free(&s.named);
	fsk_shapes_free(&all);
	return rc;
}

void fsk_recovery_free(struct fsk_recovery *r)
{
	for (unsigned i = 0; i < r->columns; i++)
		free(r->names[i]);
	free(r->names);
	free(r->rows);
	*r = (struct fsk_recovery){ .alias = -1 };
}
