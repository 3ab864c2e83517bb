#include "core/evidence/fs_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"

/* A kept listing larger than this is dropped as soon as nobody walks it. */
#define KEEP_NAMES_MAX 50000u

void fsk_entry_free(struct fsk_entry *e)
{
	fsk_locator_free(&e->loc);
	memset(e, 0, sizeof(*e));
}

int fsk_entry_copy(struct fsk_entry *out, const struct fsk_entry *in, struct fsk_err *err)
{
	*out = *in;
	memset(&out->loc, 0, sizeof(out->loc));
	return fsk_locator_copy(&out->loc, &in->loc, err);
}

const char *fsk_entry_type_name(enum fsk_entry_type t)
{
	static const char *const names[] = { "file", "dir", "link", "other" };

	return (size_t) t < sizeof(names) / sizeof(names[0]) ? names[t] : "other";
}

void fsk_entries_free(struct fsk_entries *l)
{
	for (size_t i = 0; i < l->count; i++)
		fsk_entry_free(&l->items[i]);
	free(l->items);
	memset(l, 0, sizeof(*l));
}

/* Names */

void fsk_name_clear(struct fsk_name *n)
{
	if (!n->borrowed) {
		free(n->name);
		free(n->alias);
	}
	memset(n, 0, sizeof(*n));
}

int fsk_name_copy(struct fsk_name *out, const struct fsk_name *in, struct fsk_err *err)
{
	*out = *in;
	out->alias = NULL;
	out->borrowed = false;
	out->name = strdup(in->name);
	if (out->name == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	return 0;
}

/* '/' cannot be in a path component, NUL not in a string. */
static int append_clean(struct fsk_buf *b, const char *p, size_t n)
{
	size_t start = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] != '/' && p[i] != '\0')
			continue;
		if (fsk_text_append_utf8(b, p + start, i - start, NULL) < 0 ||
		    fsk_buf_append_str(b, p[i] == '/' ? "\\x2f" : "\\x00", NULL) < 0)
			return -1;
		start = i + 1;
	}
	return fsk_text_append_utf8(b, p + start, n - start, NULL);
}

char *fsk_name_text(const char *p, size_t n)
{
	struct fsk_buf b;
	char *s = NULL;

	fsk_buf_init(&b, FSK_PATH_MAX);
	if (append_clean(&b, p, n) == 0)
		s = fsk_buf_steal_str(&b, NULL);
	fsk_buf_free(&b);
	return s;
}

char *fsk_path_join(const char *dir, const char *name)
{
	size_t a = strlen(dir), b = strlen(name);
	char *path;

	if (a + b + 2 > FSK_PATH_MAX)
		return NULL;
	path = malloc(a + b + 2);
	if (path == NULL)
		return NULL;
	memcpy(path, dir, a);
	if (a > 0)
		path[a++] = '/';
	memcpy(path + a, name, b + 1);
	return path;
}

/* Listings */

int fsk_listing_add(struct fsk_listing *l, struct fsk_name *n, struct fsk_err *err)
{
	int rc;

	if (l->count >= FSK_DIR_ENTRIES_MAX) {
		rc = fsk_err_set(err, FSK_ELIMIT, "more than %u names", FSK_DIR_ENTRIES_MAX);
		goto fail;
	}
	if (l->count == l->cap) {
		size_t cap = l->cap > 0 ? l->cap * 2 : 32;
		struct fsk_name *p = realloc(l->items, cap * sizeof(*p));

		if (p == NULL) {
			rc = fsk_err_set(err, FSK_ENOMEM, "out of memory");
			goto fail;
		}
		l->items = p;
		l->cap = cap;
	}
	l->items[l->count++] = *n;
	memset(n, 0, sizeof(*n));
	return 0;
fail:
	fsk_name_clear(n);
	return rc;
}

static int compare_addr(const void *pa, const void *pb)
{
	const struct fsk_name *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return strcmp(a->name, b->name);
}

void fsk_listing_by_addr(struct fsk_listing *l)
{
	if (l->count > 0)
		qsort(l->items, l->count, sizeof(l->items[0]), compare_addr);
}

const struct fsk_name *fsk_listing_find(const struct fsk_listing *l, size_t count, uint64_t addr)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->items[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < count && l->items[low].addr == addr ? &l->items[low] : NULL;
}

void fsk_listing_release(struct fsk_listing *l)
{
	if (l == NULL || --l->refs > 0)
		return;
	for (size_t i = 0; i < l->count; i++)
		fsk_name_clear(&l->items[i]);
	fsk_name_table_free(l->table);
	free(l->items);
	free(l->path);
	free(l);
}

static int compare_names(const void *pa, const void *pb)
{
	const struct fsk_name *a = pa, *b = pb;
	int c = strcmp(a->name, b->name);

	if (c == 0)
		c = (int) a->deleted - (int) b->deleted;
	if (c == 0)
		c = (a->addr > b->addr) - (a->addr < b->addr);
	if (c == 0)
		c = (a->seq > b->seq) - (a->seq < b->seq);
	return c;
}

static void sort_listing(struct fsk_listing *l)
{
	size_t kept = 0;

	if (l->count == 0)
		return;
	qsort(l->items, l->count, sizeof(l->items[0]), compare_names);
	for (size_t i = 1; i < l->count; i++) {
		if (compare_names(&l->items[kept], &l->items[i]) == 0)
			fsk_name_clear(&l->items[i]);
		else if (++kept != i)
			l->items[kept] = l->items[i];
	}
	l->count = kept + 1;
}

static struct fsk_listing *find_kept(struct fsk_fs *fs, const char *path, bool deleted)
{
	for (size_t i = 0; i < FSK_LISTINGS_KEPT && fs->kept[i] != NULL; i++) {
		struct fsk_listing *l = fs->kept[i];

		if (l->deleted != deleted || strcmp(l->path, path) != 0)
			continue;
		memmove(&fs->kept[1], &fs->kept[0], i * sizeof(fs->kept[0]));
		fs->kept[0] = l;
		return l;
	}
	return NULL;
}

static void keep(struct fsk_fs *fs, struct fsk_listing *l)
{
	if (l->count > KEEP_NAMES_MAX)
		return;
	fsk_listing_release(fs->kept[FSK_LISTINGS_KEPT - 1]);
	memmove(&fs->kept[1], &fs->kept[0], (FSK_LISTINGS_KEPT - 1) * sizeof(fs->kept[0]));
	fs->kept[0] = l;
	l->refs++;
}

void fsk_fs_forget(struct fsk_fs *fs)
{
	for (size_t i = 0; i < FSK_LISTINGS_KEPT; i++) {
		fsk_listing_release(fs->kept[i]);
		fs->kept[i] = NULL;
	}
}

int fsk_fs_list(struct fsk_listing **out, struct fsk_fs *fs, const struct fsk_name *dir,
                const char *path, bool deleted, struct fsk_err *err)
{
	struct fsk_listing *l = find_kept(fs, path, deleted);
	int rc;

	*out = l;
	if (l != NULL) {
		l->refs++;
		return 0;
	}
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	l->refs = 1;
	l->deleted = deleted;
	l->path = strdup(path);
	if (l->path == NULL)
		rc = fsk_err_set(err, FSK_ENOMEM, "out of memory");
	else
		rc = fs->ops->list(fs, l, dir, path, deleted, err);
	if (rc < 0) {
		fsk_listing_release(l);
		return rc;
	}
	sort_listing(l);
	keep(fs, l);
	*out = l;
	return 0;
}

/* File systems */

int fsk_fs_alloc(struct fsk_fs **out, const struct fsk_fs_ops *ops, const char *object,
                 struct fsk_err *err)
{
	struct fsk_fs *fs = calloc(1, sizeof(*fs));

	*out = NULL;
	if (fs == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	fs->ops = ops;
	fs->object = strdup(object);
	if (fs->object == NULL) {
		free(fs);
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	}
	fs->root.type = FSK_ENTRY_DIR;
	fsk_times_clear(&fs->root.times);
	*out = fs;
	return 0;
}

void fsk_fs_close(struct fsk_fs *fs)
{
	if (fs == NULL)
		return;
	fsk_fs_forget(fs);
	if (fs->impl != NULL)
		fs->ops->close(fs);
	fsk_name_clear(&fs->root);
	free(fs->object);
	free(fs);
}

void fsk_fs_walk_only(struct fsk_fs *fs)
{
	fs->walk_only = true;
}

bool fsk_fs_folds_case(const struct fsk_fs *fs)
{
	return fs->folds;
}

void fsk_fs_anomaly(struct fsk_fs *fs, int code, const char *path, const char *reason)
{
	struct fsk_locator where = { .source = fs->source, .volume = fs->volume };
	struct fsk_buf b;
	char *object = NULL;

	if (path == NULL) {
		fsk_anomaly_report(&fs->sink, code, fs->object, reason, NULL, NULL, 0);
		return;
	}
	where.path = (char *) path;
	fsk_buf_init(&b, FSK_PATH_MAX + 1024);
	if (fsk_buf_printf(&b, NULL, "\"%s\" on %s", path[0] != '\0' ? path : "/", fs->object) == 0)
		object = fsk_buf_steal_str(&b, NULL);
	fsk_anomaly_report(&fs->sink, code, object != NULL ? object : fs->object, reason, &where,
	                   NULL, 0);
	free(object);
	fsk_buf_free(&b);
}

int fsk_fs_entry(struct fsk_entry *out, struct fsk_fs *fs, const struct fsk_name *n,
                 const char *path, const char *stream, struct fsk_err *err)
{
	int rc;

	memset(out, 0, sizeof(*out));
	out->loc.source = fs->source;
	out->loc.volume = fs->volume;
	out->loc.addr = n->addr;
	out->loc.seq = n->seq;
	out->loc.deleted = n->deleted;
	out->loc.path = strdup(path);
	out->loc.stream = stream != NULL ? strdup(stream) : NULL;
	if (out->loc.path == NULL || (stream != NULL && out->loc.stream == NULL)) {
		fsk_entry_free(out);
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	}
	rc = fs->ops->describe(fs, out, n, err);
	if (rc < 0)
		fsk_entry_free(out);
	return rc;
}

int fsk_fs_streams(char ***out, size_t *count, struct fsk_fs *fs, const struct fsk_entry *e,
                   struct fsk_err *err)
{
	*out = NULL;
	*count = 0;
	if (fs->ops->streams == NULL)
		return 0;
	return fs->ops->streams(fs, out, count, &e->loc, err);
}

void fsk_fs_streams_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

/* Lookup */

/* One step down: `at` and `*path` become those of the child. */
static int step(struct fsk_fs *fs, struct fsk_name *at, char **path, const char *want,
                struct fsk_err *err)
{
	struct fsk_name next = { 0 };
	struct fsk_listing *l = NULL;
	const struct fsk_name *n;
	char *joined;
	int rc;

	if (at->type != FSK_ENTRY_DIR)
		return fsk_err_set(err, FSK_ENOTFOUND, "\"%s\" is no folder", *path);
	if (fs->ops->find != NULL && !fs->folds) {
		rc = fs->ops->find(fs, &next, *path, want, err);
	} else {
		rc = fsk_fs_list(&l, fs, at, *path, false, err);
		if (rc < 0)
			return rc;
		n = fsk_listing_pick(l, fs->folds, want);
		if (n == NULL)
			rc = fsk_err_set(err, FSK_ENOTFOUND, "no \"%s\" in \"%s\"", want, *path);
		else
			rc = fsk_name_copy(&next, n, err);
		fsk_listing_release(l);
	}
	if (rc < 0)
		return rc;
	joined = fsk_path_join(*path, next.name);
	if (joined == NULL) {
		fsk_name_clear(&next);
		return fsk_err_set(err, FSK_ELIMIT, "path below \"%s\" is too long", *path);
	}
	free(*path);
	*path = joined;
	fsk_name_clear(at);
	*at = next;
	return 0;
}

/* The last component may be "file:stream" or a name that has a ':' itself. */
static int last_step(struct fsk_fs *fs, struct fsk_name *at, char **path, char *want,
                     const char **stream, struct fsk_err *err)
{
	char *colon = strchr(want, ':');
	int rc;

	*stream = NULL;
	rc = step(fs, at, path, want, err);
	if (rc != FSK_ENOTFOUND || colon == NULL || colon == want || fs->ops->streams == NULL)
		return rc;
	*colon = '\0';
	*stream = colon + 1;
	return step(fs, at, path, want, err);
}

/* Streams are looked up as names are; the entry has the case of the disk. */
static int find_stream(char **out, struct fsk_fs *fs, const struct fsk_name *at, const char *want,
                       struct fsk_err *err)
{
	struct fsk_locator loc = { .source = fs->source,
		                   .volume = fs->volume,
		                   .addr = at->addr,
		                   .seq = at->seq,
		                   .path = (char *) "" };
	size_t count = 0;
	char **names = NULL;
	int rc;

	*out = NULL;
	rc = fs->ops->streams(fs, &names, &count, &loc, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count && *out == NULL; i++) {
		if (strcmp(names[i], want) != 0 &&
		    !(fs->folds && fsk_text_casecmp(names[i], want) == 0))
			continue;
		*out = names[i];
		names[i] = NULL;
	}
	fsk_fs_streams_free(names, count);
	if (*out == NULL)
		return fsk_err_set(err, FSK_ENOTFOUND, "no stream \"%s\"", want);
	return 0;
}

static int walk_down(struct fsk_fs *fs, struct fsk_name *at, char **path, char *rest,
                     const char **stream, struct fsk_err *err)
{
	unsigned depth = 0;
	int rc = 0;

	*stream = NULL;
	while (rc == 0 && *rest != '\0') {
		size_t n = strcspn(rest, "/");
		bool last = rest[n] == '\0';

		if (++depth > FSK_WALK_DEPTH_MAX)
			return fsk_err_set(err, FSK_ELIMIT, "more than %u components",
			                   FSK_WALK_DEPTH_MAX);
		rest[n] = '\0';
		if (n > 0)
			rc = last ? last_step(fs, at, path, rest, stream, err)
			          : step(fs, at, path, rest, err);
		rest += last ? n : n + 1;
		if (*stream != NULL)
			break;
	}
	return rc;
}

int fsk_fs_lookup(struct fsk_entry *out, struct fsk_fs *fs, const char *path, struct fsk_err *err)
{
	struct fsk_name at = { 0 };
	char *rest = NULL, *done = NULL, *stream = NULL;
	const char *want = NULL;
	int rc;

	memset(out, 0, sizeof(*out));
	if (strlen(path) >= FSK_PATH_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "path is too long");
	at = fs->root;
	at.name = strdup("");
	at.alias = NULL;
	rest = strdup(path);
	done = strdup("");
	if (at.name == NULL || rest == NULL || done == NULL) {
		rc = fsk_err_set(err, FSK_ENOMEM, "out of memory");
		goto out;
	}
	rc = walk_down(fs, &at, &done, rest, &want, err);
	if (rc == 0 && want != NULL)
		rc = find_stream(&stream, fs, &at, want, err);
	if (rc == 0)
		rc = fsk_fs_entry(out, fs, &at, done, stream, err);
	if (rc < 0)
		fsk_err_wrap(err, "cannot find \"%s\" on %s", path, fs->object);
out:
	fsk_name_clear(&at);
	free(rest);
	free(done);
	free(stream);
	return rc;
}
