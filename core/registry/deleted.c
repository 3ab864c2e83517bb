#include "core/registry/deleted.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/registry/key.h"

#define NAME_MAX_KEY 512u     /* bytes; 255 characters */
#define NAME_MAX_VALUE 32768u /* bytes; 16383 characters */
#define FLAGS_KEY 0x3fffu     /* that are known */
#define FLAGS_VALUE 0x3u
#define TYPE_PROPERTY 0xffff0000u /* types of device properties begin with these bits */
#define CHILDREN_MAX 1000000u
#define BUDGET (64u * FSK_MIB) /* and twice the size of the hive */

/* A record in free space. */
struct found {
	uint32_t off; /* of its cell, from the first bin */
	bool is_key;
	uint32_t key; /* values: the offset of the deleted key whose list has it, or NONE */
};

/* Free space between two cells in use, or the edges of a bin. */
struct region {
	uint32_t from, to;
};

struct scan {
	struct fsk_hive *hive;
	const struct fsk_cells *cells;
	size_t size; /* of the bins and of what lies behind them */
	struct region *regions;
	size_t nregions, regions_cap;
	struct found *found;
	size_t nfound, found_cap;
	uint64_t budget; /* bytes of names, paths and data that may still be copied */
	struct fsk_deleted_list *out;
	struct fsk_err *err;
};

static int grow(void **items, size_t *cap, size_t count, size_t size, struct fsk_err *err)
{
	size_t want = *cap == 0 ? 64 : 2 * *cap;
	void *p;

	if (count < *cap)
		return 0;
	p = realloc(*items, want * size);
	if (p == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for deleted keys");
	*items = p;
	*cap = want;
	return 0;
}

/* --- free space --- */

static int add_region(struct scan *s, uint32_t from, uint32_t to)
{
	struct region *last = s->nregions > 0 ? &s->regions[s->nregions - 1] : NULL;
	int rc;

	if (last != NULL && last->to == from) {
		last->to = to;
		return 0;
	}
	rc = grow((void **) &s->regions, &s->regions_cap, s->nregions, sizeof(*s->regions), s->err);
	if (rc == 0)
		s->regions[s->nregions++] = (struct region){ from, to };
	return rc;
}

/* Cells of one bin; stops where their chain breaks. */
static int scan_bin(struct scan *s, uint32_t at, uint32_t end)
{
	struct fsk_cur cell;
	int rc = 0;

	for (at += FSK_BIN_HEADER; rc == 0 && at < end;) {
		uint32_t size;

		if (!fsk_cells_get(&cell, s->cells, at) || cell.len + 4 > end - at ||
		    (cell.len + 4) % 8 != 0)
			break;
		size = (uint32_t) cell.len + 4;
		if ((s->cells->bins[at + 3] & 0x80) == 0) /* a positive length is a free cell */
			rc = add_region(s, at, at + size);
		at += size;
	}
	return rc;
}

static int find_regions(struct scan *s)
{
	size_t at = 0;
	int rc = 0;

	while (rc == 0 && at < s->cells->size) {
		uint32_t size = fsk_cells_bin(s->cells, at);

		if (size > 0)
			rc = scan_bin(s, (uint32_t) at, (uint32_t) at + size);
		at += size > 0 ? size : FSK_BIN_ALIGN;
	}
	/* bins that the hive gave up: the file does not shrink with it */
	at = (s->cells->size + 7) / 8 * 8;
	if (rc == 0 && at + 8 <= s->size)
		rc = add_region(s, (uint32_t) at, (uint32_t) (s->size / 8 * 8));
	return rc;
}

/* The end of the free space that `off` lies in; 0 when it lies in none. */
static uint32_t free_until(const struct scan *s, uint32_t off)
{
	size_t low = 0, high = s->nregions;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (s->regions[mid].to <= off)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->nregions && s->regions[low].from <= off ? s->regions[low].to : 0;
}

/* A cursor over the content of the cell at `off`, up to the end of the free
 * space. */
static bool open_free(struct fsk_cur *cur, const struct scan *s, uint32_t off)
{
	uint32_t end = off % 8 == 0 ? free_until(s, off) : 0;

	if (end < 4 || end - 4 < off)
		return false;
	fsk_cur_init(cur, s->cells->bins + off + 4, end - off - 4);
	return true;
}

/* --- what makes sense --- */

static bool sane_offset(const struct scan *s, uint32_t off)
{
	return off == FSK_CELL_NONE || (off % 8 == 0 && off < s->size);
}

static bool sane_name(const uint8_t *p, size_t n, bool latin1, size_t max)
{
	if (n > max || (!latin1 && n % 2 != 0))
		return false;
	for (size_t i = 0; i < n; i += latin1 ? 1 : 2)
		if (p[i] < 0x20 && (latin1 || p[i + 1] == 0))
			return false;
	return true;
}

static bool sane_time(uint64_t filetime)
{
	fsk_time t = fsk_time_from_filetime(filetime);
	struct fsk_civil c = fsk_time_civil(t);

	return t != FSK_TIME_NONE && c.year >= 1990 && c.year < 2100;
}

static bool is_key(struct fsk_nk *nk, const struct scan *s, uint32_t off)
{
	struct fsk_cur cur;

	return open_free(&cur, s, off) && fsk_cells_parse_nk(nk, &cur, off, NULL) == 0 &&
	       (nk->flags & ~FLAGS_KEY) == 0 && nk->name_len > 0 &&
	       sane_name(nk->name, nk->name_len, nk->latin1, NAME_MAX_KEY) &&
	       sane_time(nk->written) && sane_offset(s, nk->parent) &&
	       sane_offset(s, nk->security) && sane_offset(s, nk->values) &&
	       nk->nsubkeys <= CHILDREN_MAX && nk->nvalues <= CHILDREN_MAX;
}

static bool is_value(struct fsk_vk *vk, const struct scan *s, uint32_t off)
{
	struct fsk_cur cur, flags;

	if (!open_free(&cur, s, off) || fsk_cells_parse_vk(vk, &cur, off, NULL) < 0)
		return false;
	open_free(&flags, s, off);
	fsk_cur_skip(&flags, 16);
	return (fsk_cur_u16le(&flags) & ~FLAGS_VALUE) == 0 &&
	       sane_name(vk->name, vk->name_len, vk->latin1, NAME_MAX_VALUE) &&
	       (vk->type <= FSK_REG_QWORD || (vk->type & TYPE_PROPERTY) == TYPE_PROPERTY) &&
	       (vk->in_place || (sane_offset(s, vk->data) && vk->size <= s->size));
}

/* --- the records --- */

static int take(struct scan *s, uint32_t off)
{
	struct fsk_nk nk;
	struct fsk_vk vk;
	bool key = is_key(&nk, s, off);
	int rc;

	if (!key && !is_value(&vk, s, off))
		return 0;
	if (s->nfound == FSK_HIVE_DELETED_MAX) {
		s->out->more = true;
		return 0;
	}
	rc = grow((void **) &s->found, &s->found_cap, s->nfound, sizeof(*s->found), s->err);
	if (rc == 0)
		s->found[s->nfound++] = (struct found){ off, key, FSK_CELL_NONE };
	return rc;
}

static int find_records(struct scan *s)
{
	int rc = 0;

	for (size_t i = 0; i < s->nregions; i++)
		for (uint32_t at = s->regions[i].from; rc == 0 && at < s->regions[i].to; at += 8)
			rc = take(s, at);
	return rc;
}

static struct found *lookup(const struct scan *s, uint32_t off)
{
	size_t low = 0, high = s->nfound;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (s->found[mid].off < off)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->nfound && s->found[low].off == off ? &s->found[low] : NULL;
}

/* Values that stand in the list of a deleted key are its own. */
static void claim_values(struct scan *s)
{
	for (size_t i = 0; i < s->nfound; i++) {
		struct fsk_cur cur;
		struct fsk_nk nk;

		if (!s->found[i].is_key || !is_key(&nk, s, s->found[i].off) ||
		    nk.values == FSK_CELL_NONE || !open_free(&cur, s, nk.values))
			continue;
		for (uint32_t k = 0; k < nk.nvalues && fsk_cur_left(&cur) >= 4; k++) {
			struct found *f = lookup(s, fsk_cur_u32le(&cur));

			if (f != NULL && !f->is_key && f->key == FSK_CELL_NONE)
				f->key = s->found[i].off;
		}
	}
}

/* --- names and paths --- */

/* The key at `off`, whether it was deleted or not. */
static bool any_key(struct fsk_nk *nk, const struct scan *s, uint32_t off)
{
	if (free_until(s, off) > 0)
		return is_key(nk, s, off);
	return fsk_cells_nk(nk, s->cells, off, NULL) == 0;
}

/* Puts `name` and a '\' in front of what is in `path`. */
static int prepend(struct fsk_buf *path, const struct fsk_nk *nk, struct fsk_err *err)
{
	char *name = fsk_cells_text(nk->name, nk->name_len, nk->latin1);
	struct fsk_buf longer;
	int rc;

	if (name == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a path");
	fsk_buf_init(&longer, FSK_HIVE_PATH_MAX);
	rc = fsk_buf_printf(&longer, err, "%s%s", name, path->len > 0 ? "\\" : "");
	if (rc == 0)
		rc = fsk_buf_append(&longer, path->data, path->len, err);
	free(name);
	if (rc < 0) {
		fsk_buf_free(&longer);
		return rc;
	}
	fsk_buf_free(path);
	*path = longer;
	return 0;
}

/* The path of the key at `off`; `out` stays NULL when it does not lead to the
 * root. */
static int path_of(char **out, const struct scan *s, uint32_t off)
{
	struct fsk_buf path;
	struct fsk_nk nk;
	int rc = 0;

	fsk_buf_init(&path, FSK_HIVE_PATH_MAX);
	for (unsigned depth = 0; rc == 0 && off != s->hive->root; depth++) {
		if (depth > FSK_HIVE_DEPTH_MAX || !any_key(&nk, s, off)) {
			fsk_buf_free(&path);
			return 0;
		}
		rc = prepend(&path, &nk, s->err);
		off = nk.parent;
	}
	if (rc == 0 && (*out = fsk_buf_steal_str(&path, s->err)) == NULL)
		rc = FSK_ENOMEM;
	fsk_buf_free(&path);
	return rc == FSK_ELIMIT ? 0 : rc;
}

static int fill_key(struct fsk_deleted *d, struct scan *s, uint32_t off)
{
	struct fsk_nk nk;

	is_key(&nk, s, off);
	d->written = fsk_time_from_filetime(nk.written);
	d->name = fsk_cells_text(nk.name, nk.name_len, nk.latin1);
	if (d->name == NULL)
		return fsk_err_set(s->err, FSK_ENOMEM, "no memory for the name of a key");
	return path_of(&d->path, s, off);
}

/* Data that is still in free space, as one cell. */
static int fill_data(struct fsk_deleted *d, struct scan *s, const struct fsk_vk *vk)
{
	const uint8_t *p = vk->small;
	struct fsk_cur cur;

	if (!vk->in_place && vk->size > 0) {
		if (vk->size > FSK_BIG_SEGMENT || vk->size > s->budget ||
		    !open_free(&cur, s, vk->data) || fsk_cur_left(&cur) < vk->size) {
			d->data_lost = true;
			return 0;
		}
		p = fsk_cur_bytes(&cur, vk->size);
	}
	return fsk_value_fill(&d->value, vk->type, p, vk->size, s->err);
}

static int fill_value(struct fsk_deleted *d, struct scan *s, const struct found *f)
{
	struct fsk_vk vk;
	int rc = 0;

	is_value(&vk, s, f->off);
	d->value.type = vk.type;
	d->name = fsk_cells_text(vk.name, vk.name_len, vk.latin1);
	if (d->name == NULL)
		return fsk_err_set(s->err, FSK_ENOMEM, "no memory for the name of a value");
	if (f->key != FSK_CELL_NONE)
		rc = path_of(&d->path, s, f->key);
	return rc < 0 ? rc : fill_data(d, s, &vk);
}

/* Records may overlap, so that together they are larger than the hive. False
 * when that was the last one. */
static bool charge(struct scan *s, const struct fsk_deleted *d)
{
	uint64_t bytes = sizeof(*d) + strlen(d->name) + d->value.size;

	if (d->path != NULL)
		bytes += strlen(d->path);
	if (bytes > s->budget) {
		s->out->more = true;
		return false;
	}
	s->budget -= bytes;
	return true;
}

static int fill(struct scan *s)
{
	bool go_on = true;

	int rc = 0;

	s->out->items = calloc(s->nfound + 1, sizeof(*s->out->items));
	if (s->out->items == NULL)
		return fsk_err_set(s->err, FSK_ENOMEM, "no memory for deleted keys");
	for (size_t i = 0; rc == 0 && go_on && i < s->nfound; i++) {
		const struct found *f = &s->found[i];
		struct fsk_deleted *d = &s->out->items[s->out->count++];

		d->is_key = f->is_key;
		d->offset = f->off + FSK_HIVE_HEADER;
		d->written = FSK_TIME_NONE;
		rc = f->is_key ? fill_key(d, s, f->off) : fill_value(d, s, f);
		if (rc == 0)
			go_on = charge(s, d);
	}
	return rc;
}

int fsk_hive_deleted(struct fsk_deleted_list *out, struct fsk_hive *h, struct fsk_err *err)
{
	struct scan s = {
		.hive = h,
		.cells = &h->cells,
		.size = h->data.len - FSK_HIVE_HEADER,
		.budget = BUDGET + 2 * (uint64_t) h->data.len,
		.out = out,
		.err = err,
	};
	int rc;

	memset(out, 0, sizeof(*out));
	rc = find_regions(&s);
	if (rc == 0)
		rc = find_records(&s);
	if (rc == 0) {
		claim_values(&s);
		rc = fill(&s);
	}
	free(s.regions);
	free(s.found);
	return rc;
}

void fsk_deleted_free(struct fsk_deleted_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->items[i].name);
		free(l->items[i].path);
		fsk_value_free(&l->items[i].value);
	}
	free(l->items);
	memset(l, 0, sizeof(*l));
}
