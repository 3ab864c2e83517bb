/* One walk for all globs at once: each folder is read once, and only when
 * some glob can match below it. */
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/evidence/fs_impl.h"

/* With at most this many names to look for, a backend that can find single
 * names is asked for those instead of for the whole folder. */
#define FIND_MAX 16u

/* A "**" in one of so many components in front lets a walk see most folders. */
#define WIDE_PARTS 2u

/* A glob of which the components before `part` have matched. */
struct state {
	const struct fsk_glob *glob;
	size_t part;
};

struct states {
	struct state *items;
	size_t count, cap;
};

struct walk {
	struct fsk_fs *fs;
	struct fsk_entries *out;
	bool deleted;
	uint64_t folders;
	uint64_t *seen; /* addresses of the folders entered, open addressing, 0 is free */
	size_t seen_count, seen_cap;
	unsigned depth;
	struct fsk_err *err;
};

static int walk_folder(struct walk *w, const struct fsk_name *dir, const char *path,
                       const struct states *live);

/* States are added glob by glob, so a double can only be among the last. */
static int push(struct states *s, const struct fsk_glob *g, size_t part, struct fsk_err *err)
{
	struct fsk_glob_part here, next;

	for (size_t i = s->count; i > 0 && s->items[i - 1].glob == g; i--)
		if (s->items[i - 1].part == part)
			return 0;
	if (s->count == s->cap) {
		size_t cap = s->cap > 0 ? s->cap * 2 : 16;
		struct state *p = realloc(s->items, cap * sizeof(*p));

		if (p == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "out of memory");
		s->items = p;
		s->cap = cap;
	}
	s->items[s->count++] = (struct state){ .glob = g, .part = part };
	/* "**" stands for nothing, too, unless it is the end of the pattern */
	if (fsk_glob_component(g, part, &here) && here.any_depth &&
	    fsk_glob_component(g, part + 1, &next))
		return push(s, g, part + 1, err);
	return 0;
}

static int emit(struct walk *w, const struct fsk_name *n, const char *path, const char *stream)
{
	struct fsk_entries *l = w->out;
	struct fsk_err err = { 0 };
	int rc;

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
		l->count++;
	else if (rc == FSK_ENOMEM)
		return fsk_err_set(w->err, rc, "%s", err.msg);
	else
		fsk_fs_anomaly(w->fs, rc, path, err.msg);
	return 0;
}

/* The streams of one file that any of the globs in `hits` asks for. */
static int emit_streams(struct walk *w, const struct fsk_name *n, const char *path,
                        const struct states *hits)
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
		fsk_fs_anomaly(w->fs, err.code, path, err.msg);
		return 0;
	}
	for (size_t i = 0; rc == 0 && i < count; i++) {
		bool wanted = false;

		for (size_t k = 0; k < hits->count && !wanted; k++)
			wanted = fsk_glob_stream_match(hits->items[k].glob, names[i], w->fs->folds);
		if (wanted)
			rc = emit(w, n, path, names[i]);
	}
	fsk_fs_streams_free(names, count);
	return rc;
}

/* What the globs of a folder say about one name in it. */
struct verdict {
	struct states below;   /* for the folder that the name is */
	struct states streams; /* globs that ask for a stream of it */
	bool match;
};

static int judge(struct verdict *v, const struct states *live, const struct fsk_name *n, bool fold,
                 struct fsk_err *err)
{
	v->below.count = v->streams.count = 0;
	v->match = false;
	for (size_t i = 0; i < live->count; i++) {
		const struct state *s = &live->items[i];
		struct fsk_glob_part part, next;
		int rc = 0;

		if (!fsk_glob_component(s->glob, s->part, &part) ||
		    !fsk_glob_component_match(s->glob, s->part, n->name, fold))
			continue;
		if (part.any_depth && n->type == FSK_ENTRY_DIR)
			rc = push(&v->below, s->glob, s->part, err);
		if (rc == 0 && fsk_glob_component(s->glob, s->part + 1, &next)) {
			if (!part.any_depth && n->type == FSK_ENTRY_DIR)
				rc = push(&v->below, s->glob, s->part + 1, err);
		} else if (rc == 0 && part.stream != NULL) {
			rc = push(&v->streams, s->glob, s->part, err);
		} else if (rc == 0) {
			v->match = true;
		}
		if (rc < 0)
			return rc;
	}
	return 0;
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
                     const struct states *live, struct verdict *v)
{
	char *path;
	int rc = judge(v, live, n, w->fs->folds, w->err);

	if (rc < 0 || (!v->match && v->streams.count == 0 && v->below.count == 0))
		return rc;
	path = fsk_path_join(dir, n->name);
	if (path == NULL) {
		fsk_fs_anomaly(w->fs, FSK_ELIMIT, dir, "a path in this folder is too long");
		return 0;
	}
	if (v->match)
		rc = emit(w, n, path, NULL);
	if (rc == 0 && v->streams.count > 0)
		rc = emit_streams(w, n, path, &v->streams);
	if (rc == 0 && v->below.count > 0) {
		rc = may_enter(w, n, path);
		if (rc > 0)
			rc = walk_folder(w, n, path, &v->below);
	}
	free(path);
	return rc;
}

static void verdict_free(struct verdict *v)
{
	free(v->below.items);
	free(v->streams.items);
}

static int take_listing(struct walk *w, const struct fsk_listing *l, const char *path,
                        const struct states *live)
{
	struct verdict v = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < l->count; i++)
		rc = take_name(w, &l->items[i], path, live, &v);
	verdict_free(&v);
	return rc;
}

/* All parts are literal, and a host's name is unique in its folder. */
static bool can_find(const struct walk *w, const struct states *live)
{
	struct fsk_glob_part part;

	if (w->fs->ops->find == NULL || w->fs->folds || w->deleted || live->count > FIND_MAX)
		return false;
	for (size_t i = 0; i < live->count; i++)
		if (!fsk_glob_component(live->items[i].glob, live->items[i].part, &part) ||
		    part.literal == NULL || part.any_depth)
			return false;
	return true;
}

static int find_names(struct walk *w, struct fsk_listing *found, const char *path,
                      const struct states *live, struct fsk_err *err)
{
	struct fsk_glob_part part;
	struct fsk_name n;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < live->count; i++) {
		bool known = false;

		fsk_glob_component(live->items[i].glob, live->items[i].part, &part);
		for (size_t k = 0; k < found->count && !known; k++)
			known = strcmp(found->items[k].name, part.literal) == 0;
		if (known)
			continue;
		memset(&n, 0, sizeof(n));
		rc = w->fs->ops->find(w->fs, &n, path, part.literal, err);
		if (rc == 0)
			rc = fsk_listing_add(found, &n, err);
		else if (rc == FSK_ENOTFOUND)
			rc = 0;
	}
	return rc;
}

static int names_of(struct walk *w, struct fsk_listing **out, const struct fsk_name *dir,
                    const char *path, const struct states *live, struct fsk_err *err)
{
	int rc;

	if (!can_find(w, live))
		return fsk_fs_list(out, w->fs, dir, path, w->deleted, err);
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	(*out)->refs = 1;
	rc = find_names(w, *out, path, live, err);
	if (rc < 0) {
		fsk_listing_release(*out);
		*out = NULL;
	}
	return rc;
}

static int walk_folder(struct walk *w, const struct fsk_name *dir, const char *path,
                       const struct states *live)
{
	struct fsk_listing *l = NULL;
	struct fsk_err err = { 0 };
	int rc;

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
	qsort(l->items, l->count, sizeof(l->items[0]), compare_entries);
	for (size_t i = 1; i < l->count; i++) {
		if (compare_entries(&l->items[kept], &l->items[i]) == 0)
			fsk_entry_free(&l->items[i]);
		else if (++kept != i)
			l->items[kept] = l->items[i];
	}
	l->count = kept + 1;
}

/* "**" in one of the first components: most folders of the volume are read. */
static bool goes_everywhere(const struct fsk_globset *set)
{
	struct fsk_glob_part part;

	for (size_t i = 0; i < set->count; i++)
		for (size_t k = 0; k < WIDE_PARTS; k++)
			if (fsk_glob_component(set->globs[i], k, &part) && part.any_depth)
				return true;
	return false;
}

int fsk_fs_glob(struct fsk_entries *out, struct fsk_fs *fs, const struct fsk_globset *set,
                unsigned flags, struct fsk_err *err)
{
	struct walk w = {
		.fs = fs, .out = out, .deleted = (flags & FSK_GLOB_DELETED) != 0, .err = err
	};
	struct states live = { 0 };
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if ((flags & (FSK_GLOB_DELETED | FSK_GLOB_WALK)) == 0 && fs->ops->prepare != NULL &&
	    goes_everywhere(set))
		fs->ops->prepare(fs);
	for (size_t i = 0; rc == 0 && i < set->count; i++)
		rc = push(&live, set->globs[i], 0, err);
	if (rc == 0 && live.count > 0) {
		rc = may_enter(&w, &fs->root, "");
		if (rc > 0)
			rc = walk_folder(&w, &fs->root, "", &live);
	}
	free(live.items);
	free(w.seen);
	if (rc < 0)
		fsk_entries_free(out);
	else
		sort_entries(out);
	return rc;
}
