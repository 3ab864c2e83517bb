/* One walk for all globs at once: each folder is read once, and only when
 * some glob can match below it. */
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/sort.h"
#include "core/base/text.h"
#include "core/evidence/fs_impl.h"

/* With at most this many names to look for, a backend that can find single
 * names is asked for those instead of for the whole folder. */
#define FIND_MAX 16u

struct walk {
	struct fsk_fs *fs;
	struct fsk_matcher *m;
	struct fsk_matches *out;
	struct fsk_numbers hits; /* of a stream */
	uint32_t own;            /* wants from here on are those of others */
	bool deleted;
	uint64_t folders;
	uint64_t *seen; /* addresses of the folders entered, open addressing, 0 is free */
	size_t seen_count, seen_cap;
	unsigned depth;
	struct fsk_err *err;
};

static int walk_folder(struct walk *w, const struct fsk_name *dir, const char *path,
                       const struct fsk_numbers *live);

static bool same_as_last(const struct fsk_matches *l, const struct fsk_numbers *hits)
{
	const uint32_t *last;

	if (l->wants.count == 0)
		return false;
	last = l->wants.items + l->last;
	return *last == hits->count &&
	       memcmp(last + 1, hits->items, hits->count * sizeof(*last)) == 0;
}

/* Keeps the numbers of those who asked, behind their count. Neighbours mostly
 * have the same. */
static int keep_wants(struct fsk_matches *l, const struct fsk_numbers *hits, struct fsk_err *err)
{
	size_t need = l->wants.count + 1 + hits->count;
	uint32_t *more = l->wants.items;

	if (same_as_last(l, hits))
		return 0;
	if (need > UINT32_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "too many files are asked for too often");
	if (need > l->wants.cap) {
		more = realloc(more, 2 * need * sizeof(*more));
		if (more == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "out of memory");
		l->wants.items = more;
		l->wants.cap = 2 * need;
	}
	l->last = (uint32_t) l->wants.count;
	more += l->wants.count;
	*more = (uint32_t) hits->count;
	memcpy(more + 1, hits->items, hits->count * sizeof(*more));
	l->wants.count = need;
	return 0;
}

static int emit(struct walk *w, const struct fsk_name *n, const char *path, const char *stream,
                const struct fsk_numbers *hits)
{
	struct fsk_entries *l = &w->out->entries;
	struct fsk_err err = { 0 };
	int rc;

	fsk_plan_entry(w->fs, w->deleted);
	if (hits->items[0] >= w->own)
		return 0;
	rc = keep_wants(w->out, hits, w->err);
	if (rc < 0)
		return rc;
	if (l->count == l->cap) {
		size_t cap = l->cap > 0 ? l->cap * 2 : 64;
		struct fsk_entry *p = realloc(l->items, cap * sizeof(*p));

		if (p == NULL)
			return fsk_err_set(w->err, FSK_ENOMEM, "out of memory");
		l->items = p;
		l->cap = cap;
	}
	rc = fsk_fs_entry(&l->items[l->count], w->fs, n, path, stream, &err);
	if (rc == 0)
		l->items[l->count++].asked = w->out->last;
	else if (rc == FSK_ENOMEM)
		return fsk_err_set(w->err, rc, "%s", err.msg);
	else
		fsk_fs_anomaly(w->fs, rc, path, err.msg);
	return 0;
}

/* The streams of one file that somebody asks for. */
static int emit_streams(struct walk *w, const struct fsk_name *n, const char *path,
                        const struct fsk_match *r)
{
	struct fsk_locator loc = { .source = w->fs->source,
		                   .volume = w->fs->volume,
		                   .addr = n->addr,
		                   .seq = n->seq,
		                   .deleted = n->deleted,
		                   .path = (char *) path };
	struct fsk_err err = { 0 };
	size_t count = 0;
	char **names = NULL;
	int rc = 0;

	if (w->fs->ops->streams == NULL)
		return 0;
	if (w->fs->ops->streams(w->fs, &names, &count, &loc, &err) < 0) {
		/* what a deleted name stood for is often another file by now */
		if (n->deleted && err.code == FSK_ENOTFOUND)
			return 0;
		fsk_fs_anomaly(w->fs, err.code, path, err.msg);
		return 0;
	}
	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = fsk_matcher_stream(&w->hits, w->m, r, names[i], w->err);
		if (rc == 0 && w->hits.count > 0)
			rc = emit(w, n, path, names[i], &w->hits);
	}
	fsk_fs_streams_free(names, count);
	return rc;
}

static bool seen_slot(const struct walk *w, uint64_t addr, size_t *slot)
{
	size_t mask = w->seen_cap - 1;
	size_t i = (size_t) ((addr * 0x9e3779b97f4a7c15ull) >> 20) & mask;

	while (w->seen[i] != 0 && w->seen[i] != addr)
		i = (i + 1) & mask;
	*slot = i;
	return w->seen[i] == addr;
}

static int seen_grow(struct walk *w)
{
	struct walk bigger = { .seen_cap = w->seen_cap > 0 ? w->seen_cap * 2 : 1024 };
	size_t slot;

	if (w->seen_count * 2 < w->seen_cap)
		return 0;
	bigger.seen = calloc(bigger.seen_cap, sizeof(*bigger.seen));
	if (bigger.seen == NULL)
		return fsk_err_set(w->err, FSK_ENOMEM, "out of memory");
	for (size_t i = 0; i < w->seen_cap; i++) {
		if (w->seen[i] == 0)
			continue;
		seen_slot(&bigger, w->seen[i], &slot);
		bigger.seen[slot] = w->seen[i];
	}
	free(w->seen);
	w->seen = bigger.seen;
	w->seen_cap = bigger.seen_cap;
	return 0;
}

/* May the walk enter this folder? A folder has one place in a tree: what
 * leads to an ancestor is a loop, and what leads to a folder that was there
 * before would let a few hundred hostile names become more paths than there
 * are atoms. Returns 1, 0 or a negative code. */
static int may_enter(struct walk *w, const struct fsk_name *n, const char *path)
{
	/* an address that was given to another folder since is that folder's */
	uint64_t key = n->deleted ? ~n->addr : n->addr;
	size_t slot;
	int rc;

	if (w->depth >= FSK_WALK_DEPTH_MAX) {
		fsk_fs_anomaly(w->fs, FSK_ELIMIT, path, "folders nest too deep; not entered");
		return 0;
	}
	if (++w->folders > FSK_DIR_ENTRIES_MAX)
		return fsk_err_set(w->err, FSK_ELIMIT, "more than %u folders on %s",
		                   FSK_DIR_ENTRIES_MAX, w->fs->object);
	if (n->addr == 0)
		return 1;
	rc = seen_grow(w);
	if (rc < 0)
		return rc;
	if (!seen_slot(w, key, &slot)) {
		w->seen[slot] = key;
		w->seen_count++;
		return 1;
	}
	if (!n->deleted)
		fsk_fs_anomaly(w->fs, FSK_ECORRUPT, path,
		               "the folder has a second place in the tree; not entered again");
	return 0;
}

static int take_name(struct walk *w, const struct fsk_name *n, const char *dir,
                     const struct fsk_numbers *live, struct fsk_match *r)
{
	bool enters;
	char *path;
	int rc = fsk_matcher_step(r, w->m, live, n->name, w->err);

	enters = r->below.count > 0 && n->type == FSK_ENTRY_DIR;
	if (rc < 0 || (r->hits.count == 0 && r->streams.count == 0 && !enters))
		return rc;
	path = fsk_path_join(dir, n->name);
	if (path == NULL) {
		fsk_fs_anomaly(w->fs, FSK_ELIMIT, dir, "a path in this folder is too long");
		return 0;
	}
	if (r->hits.count > 0)
		rc = emit(w, n, path, NULL, &r->hits);
	if (rc == 0 && r->streams.count > 0)
		rc = emit_streams(w, n, path, r);
	if (rc == 0 && enters) {
		rc = may_enter(w, n, path);
		if (rc > 0)
			rc = walk_folder(w, n, path, &r->below);
	}
	free(path);
	return rc;
}

static int take_listing(struct walk *w, const struct fsk_listing *l, const char *path,
                        const struct fsk_numbers *live)
{
	struct fsk_match r = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < l->count; i++)
		rc = take_name(w, &l->items[i], path, live, &r);
	fsk_match_free(&r);
	return rc;
}

/* The literal names to look for, where a host's name is unique in its folder. */
static bool can_find(const char **names, size_t *count, const struct walk *w,
                     const struct fsk_numbers *live)
{
	return w->fs->ops->find != NULL && !w->fs->folds && !w->deleted &&
	       fsk_matcher_literals(names, count, FIND_MAX, w->m, live);
}

static bool has_name(const struct fsk_listing *l, const char *name)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->items[i].name, name) == 0)
			return true;
	return false;
}

static int find_names(struct walk *w, struct fsk_listing *found, const char *path,
                      const char **names, size_t count, struct fsk_err *err)
{
	struct fsk_name n;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (has_name(found, names[i]))
			continue;
		memset(&n, 0, sizeof(n));
		rc = w->fs->ops->find(w->fs, &n, path, names[i], err);
		if (rc == 0)
			rc = fsk_listing_add(found, &n, err);
		else if (rc == FSK_ENOTFOUND)
			rc = 0;
	}
	return rc;
}

static int names_of(struct walk *w, struct fsk_listing **out, const struct fsk_name *dir,
                    const char *path, const struct fsk_numbers *live, struct fsk_err *err)
{
	const char *names[FIND_MAX];
	size_t count;
	int rc;

	if (!can_find(names, &count, w, live))
		return fsk_fs_list(out, w->fs, dir, path, w->deleted, err);
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	(*out)->refs = 1;
	rc = find_names(w, *out, path, names, count, err);
	if (rc < 0) {
		fsk_listing_release(*out);
		*out = NULL;
	}
	return rc;
}

static int walk_folder(struct walk *w, const struct fsk_name *dir, const char *path,
                       const struct fsk_numbers *live)
{
	struct fsk_listing *l = NULL;
	struct fsk_err err = { 0 };
	int rc;

	fsk_plan_folder(w->fs, w->deleted);
	rc = names_of(w, &l, dir, path, live, &err);
	if (rc == FSK_ENOMEM)
		return fsk_err_set(w->err, rc, "%s", err.msg);
	if (rc < 0) {
		fsk_fs_anomaly(w->fs, rc, path, err.msg);
		return 0;
	}
	w->depth++;
	rc = take_listing(w, l, path, live);
	w->depth--;
	fsk_listing_release(l);
	return rc;
}

static int compare_entries(const void *a, const void *b)
{
	return fsk_locator_cmp(&((const struct fsk_entry *) a)->loc,
	                       &((const struct fsk_entry *) b)->loc);
}

static void sort_entries(struct fsk_entries *l)
{
	size_t kept = 0;

	if (l->count == 0)
		return;
	/* folders come in order, and what is in them behind each: most paths do, too */
	fsk_sort_runs(l->items, l->count, sizeof(l->items[0]), compare_entries);
	for (size_t i = 1; i < l->count; i++) {
		if (compare_entries(&l->items[kept], &l->items[i]) == 0)
			fsk_entry_free(&l->items[i]);
		else if (++kept != i)
			l->items[kept] = l->items[i];
	}
	l->count = kept + 1;
}

void fsk_matches_free(struct fsk_matches *l)
{
	fsk_entries_free(&l->entries);
	fsk_numbers_free(&l->wants);
	memset(l, 0, sizeof(*l));
}

const uint32_t *fsk_matches_wants(const struct fsk_matches *l, size_t i, size_t *count)
{
	const uint32_t *wants = l->wants.items + l->entries.items[i].asked;

	*count = *wants;
	return wants + 1;
}

static int walk_root(struct walk *w)
{
	struct fsk_numbers live = { 0 };
	int rc = fsk_matcher_start(&live, w->m, w->err);

	if (rc == 0 && live.count > 0) {
		rc = may_enter(w, &w->fs->root, "");
		if (rc > 0)
			rc = walk_folder(w, &w->fs->root, "", &live);
	}
	fsk_numbers_free(&live);
	return rc;
}

int fsk_fs_match(struct fsk_matches *out, struct fsk_fs *fs, struct fsk_matcher *m, uint32_t own,
                 unsigned flags, struct fsk_err *err)
{
	struct walk w = { .fs = fs,
		          .m = m,
		          .out = out,
		          .own = own,
		          .deleted = (flags & FSK_GLOB_DELETED) != 0,
		          .err = err };
	int rc;

	memset(out, 0, sizeof(*out));
	fsk_plan_start(fs, m, flags);
	rc = walk_root(&w);
	fsk_plan_end(fs, flags);
	fsk_numbers_free(&w.hits);
	free(w.seen);
	if (rc < 0)
		fsk_matches_free(out);
	else
		sort_entries(&out->entries);
	return rc;
}

int fsk_fs_glob(struct fsk_entries *out, struct fsk_fs *fs, const struct fsk_globset *set,
                unsigned flags, struct fsk_err *err)
{
	struct fsk_matches found = { 0 };
	struct fsk_matcher *m;
	int rc = fsk_matcher_new(&m, fs->folds, err);

	memset(out, 0, sizeof(*out));
	if (rc < 0)
		return rc;
	rc = fsk_matcher_add(m, set, 0, err);
	if (rc == 0)
		rc = fsk_fs_match(&found, fs, m, UINT32_MAX, flags, err);
	*out = found.entries;
	fsk_numbers_free(&found.wants);
	fsk_matcher_free(m);
	return rc;
}
