#include "plugins/shared/compound.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "plugins/shared/sectors.h"

#define ENTRY 128u /* bytes of a directory entry */
#define SMALL 64u  /* bytes of a small sector */
#define NO_ENTRY 0xffffffffu

enum { UNUSED, STORAGE, STREAM, ROOT = 5 };

/* A directory entry ([MS-CFB] 2.6). */
struct entry {
	const uint8_t *name; /* UTF-16LE in the copy of the directory */
	uint8_t name_size, type;
	bool seen;
	uint32_t left, right, child, start;
	uint64_t size;
};

struct stream {
	char *path;
	uint32_t start;
	uint64_t size;
};

struct fsk_compound {
	uint8_t *data; /* NULL: it is read on demand */
	struct fsk_input in;
	struct fsk_sectors sectors;
	struct fsk_buf directory;
	struct entry *entries;
	uint32_t nentries;
	uint32_t *small_next; /* the table of small sectors */
	size_t nsmall;
	struct fsk_chain small; /* the sectors in which small ones lie */
	struct stream *streams;
	size_t count, text_left;
	const char *damage;
};

/* --- directory --- */

/* All bytes of a chain that are there. */
static int slurp_chain(struct fsk_buf *out, struct fsk_compound *c, uint32_t start,
                       struct fsk_err *err)
{
	const struct fsk_sectors *s = &c->sectors;
	struct fsk_chain chain;
	struct fsk_err why = { 0 };
	int rc = fsk_chain_read(&chain, s->next, s->count, start, out->max / s->sector, err);

	if (rc == 0) {
		rc = fsk_chain_copy(out, s, &chain, 0, chain.count * s->sector, &why);
		if (chain.broken || rc == FSK_ECORRUPT)
			c->damage = "the directory or a table is damaged or cut off";
		rc = rc == FSK_ECORRUPT ? 0 : rc < 0 ? fsk_err_set(err, rc, "%s", why.msg) : 0;
	}
	free(chain.at);
	return rc;
}

static void read_entry(struct entry *e, struct fsk_cur *c, unsigned major)
{
	size_t size;

	e->name = fsk_cur_bytes(c, 64);
	size = fsk_cur_u16le(c);
	e->name_size = (uint8_t) (size >= 2 && size <= 64 ? size - 2 : 0);
	e->type = fsk_cur_u8(c);
	fsk_cur_skip(c, 1);
	e->left = fsk_cur_u32le(c);
	e->right = fsk_cur_u32le(c);
	e->child = fsk_cur_u32le(c);
	fsk_cur_skip(c, 16 + 4 + 8 + 8);
	e->start = fsk_cur_u32le(c);
	e->size = fsk_cur_u64le(c);
	if (major == 3) /* the upper half may be anything */
		e->size = (uint32_t) e->size;
}

static int read_directory(struct fsk_compound *c, struct fsk_err *err)
{
	struct fsk_cur cur;
	int rc;

	fsk_buf_init(&c->directory, (size_t) FSK_OLECF_ITEMS_MAX * ENTRY);
	rc = slurp_chain(&c->directory, c, c->sectors.directory, err);
	if (rc < 0)
		return rc;
	c->nentries = (uint32_t) (c->directory.len / ENTRY);
	if (c->directory.len == c->directory.max)
		c->damage = "more streams than are listed";
	if (c->nentries == 0)
		return fsk_err_set(err, FSK_ECORRUPT, "a compound file without a directory");
	c->entries = calloc(c->nentries, sizeof(*c->entries));
	if (c->entries == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a directory");
	fsk_cur_init(&cur, c->directory.data, c->directory.len);
	for (uint32_t i = 0; i < c->nentries; i++)
		read_entry(&c->entries[i], &cur, c->sectors.major);
	return 0;
}

/* The table of small sectors, and the stream of the root, in which they lie. */
static int read_small(struct fsk_compound *c, struct fsk_err *err)
{
	struct fsk_buf table;
	struct fsk_cur cur;
	int rc;

	fsk_buf_init(&table, FSK_OLECF_SMALL_MAX);
	rc = slurp_chain(&table, c, c->sectors.small_table, err);
	c->nsmall = table.len / 4;
	if (rc == 0 && c->nsmall > 0) {
		c->small_next = malloc(c->nsmall * sizeof(*c->small_next));
		if (c->small_next == NULL)
			rc = fsk_err_set(err, FSK_ENOMEM,
			                 "no memory for the table of small sectors");
		fsk_cur_init(&cur, table.data, table.len);
		for (size_t i = 0; i < c->nsmall && rc == 0; i++)
			c->small_next[i] = fsk_cur_u32le(&cur);
	}
	fsk_buf_free(&table);
	if (rc == 0)
		rc = fsk_chain_read(&c->small, c->sectors.next, c->sectors.count,
		                    c->entries[0].start, SIZE_MAX, err);
	return rc;
}

/* --- the list --- */

/* What is still to be visited: an entry, and the storage that it is in. */
struct visit {
	uint32_t entry, parent; /* parent: place in `paths` */
};

struct listing {
	struct fsk_compound *c;
	struct visit *todo; /* a stack */
	size_t ntodo;
	char **paths; /* of the storages, "" first */
	unsigned *depths;
	size_t npaths;
	struct fsk_err *err;
};

static void push(struct listing *l, uint32_t entry, size_t parent)
{
	struct entry *e = entry < l->c->nentries ? &l->c->entries[entry] : NULL;

	if (entry == NO_ENTRY)
		return;
	if (e == NULL || e->seen || (e->type != STORAGE && e->type != STREAM)) {
		l->c->damage = "the directory contradicts itself";
		return;
	}
	e->seen = true; /* each once: the stack has room for all */
	l->todo[l->ntodo++] = (struct visit){ entry, (uint32_t) parent };
}

/* "storage/name"; NULL without memory, or when all paths together are too long. */
static char *path_of(struct listing *l, const struct entry *e, const char *above)
{
	struct fsk_buf b;
	char *path = NULL;
	int rc = 0;

	fsk_buf_init(&b, l->c->text_left);
	if (*above != '\0')
		rc = fsk_buf_printf(&b, l->err, "%s/", above);
	if (rc == 0)
		rc = fsk_text_append_utf16le(&b, e->name, e->name_size, true, l->err);
	if (rc == 0) {
		l->c->text_left -= b.len;
		path = fsk_buf_steal_str(&b, l->err);
	}
	fsk_buf_free(&b);
	return path;
}

/* Takes over `path`. */
static int visit_storage(struct listing *l, const struct entry *e, char *path, size_t parent)
{
	if (l->depths[parent] >= FSK_OLECF_DEPTH_MAX) {
		l->c->damage = "storages are nested too deeply";
		free(path);
		return 0;
	}
	l->paths[l->npaths] = path;
	l->depths[l->npaths] = l->depths[parent] + 1;
	push(l, e->child, l->npaths++);
	return 0;
}

static int visit(struct listing *l, struct visit v)
{
	const struct entry *e = &l->c->entries[v.entry];
	char *path = path_of(l, e, l->paths[v.parent]);

	push(l, e->left, v.parent);
	push(l, e->right, v.parent);
	if (path == NULL && l->c->text_left > FSK_PATH_MAX)
		return FSK_ENOMEM;
	if (path == NULL) {
		l->c->damage = "more names than are listed";
		return 0;
	}
	if (e->type == STORAGE)
		return visit_storage(l, e, path, v.parent);
	l->c->streams[l->c->count++] = (struct stream){ path, e->start, e->size };
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct stream *) a)->path, ((const struct stream *) b)->path);
}

static int list_streams(struct fsk_compound *c, struct fsk_err *err)
{
	struct listing l = { .c = c, .err = err };
	int rc = 0;

	l.todo = calloc(c->nentries, sizeof(*l.todo));
	l.paths = calloc(c->nentries, sizeof(*l.paths));
	l.depths = calloc(c->nentries, sizeof(*l.depths));
	c->streams = calloc(c->nentries, sizeof(*c->streams));
	c->text_left = FSK_OLECF_TEXT_MAX;
	if (l.todo == NULL || l.paths == NULL || l.depths == NULL || c->streams == NULL ||
	    (l.paths[0] = strdup("")) == NULL) {
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory for a list of streams");
		goto out;
	}
	l.npaths = 1;
	c->entries[0].seen = true;
	push(&l, c->entries[0].child, 0);
	while (l.ntodo > 0 && rc == 0)
		rc = visit(&l, l.todo[--l.ntodo]);
	if (c->count > 1)
		qsort(c->streams, c->count, sizeof(*c->streams), by_path);
out:
	for (size_t i = 0; i < l.npaths; i++)
		free(l.paths[i]);
	free(l.paths);
	free(l.depths);
	free(l.todo);
	return rc;
}

/* --- opening --- */

static int64_t read_memory(void *arg, void *buf, size_t n, uint64_t off, bool *bad,
                           struct fsk_err *err)
{
	const struct fsk_compound *c = arg;

	(void) bad;
	(void) err;
	if (off >= c->in.size)
		return 0;
	n = n < c->in.size - off ? n : (size_t) (c->in.size - off);
	memcpy(buf, c->data + off, n);
	return (int64_t) n;
}

/* Takes over `c`. */
static int open_input(struct fsk_compound **out, struct fsk_compound *c, struct fsk_err *err)
{
	int rc = fsk_sectors_open(&c->sectors, &c->in, err);

	if (rc == 0 && c->sectors.damaged)
		c->damage = "the table of sectors is damaged or cut off";
	if (rc == 0)
		rc = read_directory(c, err);
	if (rc == 0)
		rc = read_small(c, err);
	if (rc == 0)
		rc = list_streams(c, err);
	if (rc < 0)
		fsk_compound_close(c);
	else
		*out = c;
	return rc;
}

int fsk_compound_open(struct fsk_compound **out, uint8_t *data, size_t size, struct fsk_err *err)
{
	struct fsk_compound *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (c == NULL) {
		free(data);
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a compound file");
	}
	c->data = data;
	c->in = (struct fsk_input){ .arg = c, .size = size, .read = read_memory };
	return open_input(out, c, err);
}

int fsk_compound_open_input(struct fsk_compound **out, const struct fsk_input *in,
                            struct fsk_err *err)
{
	struct fsk_compound *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (c == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a compound file");
	c->in = *in;
	return open_input(out, c, err);
}

void fsk_compound_close(struct fsk_compound *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->count; i++)
		free(c->streams[i].path);
	free(c->streams);
	free(c->entries);
	free(c->small.at);
	free(c->small_next);
	fsk_buf_free(&c->directory);
	fsk_sectors_free(&c->sectors);
	free(c->data);
	free(c);
}

size_t fsk_compound_count(const struct fsk_compound *c)
{
	return c->count;
}

const char *fsk_compound_path(const struct fsk_compound *c, size_t i)
{
	return c->streams[i].path;
}

uint64_t fsk_compound_size(const struct fsk_compound *c, size_t i)
{
	return c->streams[i].size;
}

const char *fsk_compound_damage(const struct fsk_compound *c)
{
	return c->damage;
}

/* --- reading --- */

/* A stream of small sectors, each of which is a part of a large one. */
static int read_small_stream(struct fsk_buf *out, struct fsk_compound *c, uint32_t start,
                             uint64_t offset, size_t size, struct fsk_err *err)
{
	struct fsk_chain chain;
	int rc = fsk_chain_read(&chain, c->small_next, c->nsmall, start,
	                        (size_t) ((offset + size + SMALL - 1) / SMALL), err);

	while (rc == 0 && size > 0) {
		size_t i = (size_t) (offset / SMALL), from = (size_t) (offset % SMALL);
		size_t n = SMALL - from < size ? SMALL - from : size;

		if (i >= chain.count)
			rc = fsk_err_set(err, FSK_ECORRUPT, "%zu bytes are not there", size);
		else
			rc = fsk_chain_copy(out, &c->sectors, &c->small,
			                    (uint64_t) chain.at[i] * SMALL + from, n, err);
		offset += n;
		size -= n;
	}
	free(chain.at);
	return rc;
}

static int read_stream(struct fsk_buf *out, struct fsk_compound *c, const struct stream *s,
                       uint64_t offset, size_t size, struct fsk_err *err)
{
	size_t sectors = (size_t) ((offset + size) / c->sectors.sector + 1);
	struct fsk_chain chain;
	int rc;

	if (s->size < c->sectors.cutoff)
		return read_small_stream(out, c, s->start, offset, size, err);
	rc = fsk_chain_read(&chain, c->sectors.next, c->sectors.count, s->start, sectors, err);
	if (rc == 0)
		rc = fsk_chain_copy(out, &c->sectors, &chain, offset, size, err);
	free(chain.at);
	return rc;
}

int fsk_compound_read(struct fsk_buf *out, struct fsk_compound *c, const char *path,
                      uint64_t offset, size_t max, struct fsk_err *err)
{
	struct stream key = { .path = (char *) path }, *s = NULL;
	size_t left;
	int rc;

	if (c->count > 0)
		s = bsearch(&key, c->streams, c->count, sizeof(key), by_path);
	if (s == NULL)
		return fsk_err_set(err, FSK_ENOTFOUND, "no stream \"%s\"", path);
	if (s->size > c->in.size)
		return fsk_err_set(err, FSK_ECORRUPT, "stream \"%s\": larger than its file", path);
	left = offset < s->size ? (size_t) (s->size - offset) : 0;
	rc = read_stream(out, c, s, offset, left < max ? left : max, err);
	if (rc < 0)
		fsk_err_wrap(err, "stream \"%s\"", path);
	return rc;
}
