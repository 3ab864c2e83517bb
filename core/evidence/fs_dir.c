/* A folder of the host as evidence. This process opens nothing: the keeper
 * does, through the broker. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/evidence/fs_impl.h"
#include "core/ipc/broker.h"

struct host_dir {
	intptr_t broker;
};

static enum fsk_entry_type type_of(char c)
{
	switch (c) {
	case 'f':
		return FSK_ENTRY_FILE;
	case 'd':
		return FSK_ENTRY_DIR;
	case 'l':
		return FSK_ENTRY_LINK;
	default:
		return FSK_ENTRY_OTHER;
	}
}

static int name_of(struct fsk_name *out, const struct fsk_broker_entry *e, const char *name,
                   struct fsk_err *err)
{
	memset(out, 0, sizeof(*out));
	out->addr = e->inode;
	out->type = type_of(e->type);
	out->size = out->type == FSK_ENTRY_DIR ? 0 : e->size;
	fsk_times_clear(&out->times);
	out->times.modified = e->modified;
	out->times.accessed = e->accessed;
	out->times.changed = e->changed;
	out->times.created = e->created;
	out->name = strdup(name);
	return out->name != NULL ? 0 : fsk_err_set(err, FSK_ENOMEM, "out of memory");
}

static int list(struct fsk_fs *fs, struct fsk_listing *out, const struct fsk_name *dir,
                const char *path, bool deleted, struct fsk_err *err)
{
	const struct host_dir *h = fs->impl;
	struct fsk_broker_list l = { 0 };
	int rc = fsk_broker_list(&l, h->broker, fs->source, path, err);

	(void) dir;
	(void) deleted;
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		struct fsk_name n;

		rc = name_of(&n, &l.entries[i], l.entries[i].name, err);
		if (rc == 0)
			rc = fsk_listing_add(out, &n, err);
	}
	if (rc == 0 && l.skipped > 0)
		fsk_fs_anomaly(fs, FSK_EUNSUPPORTED, path,
		               "names in this folder are not UTF-8 and were left out");
	fsk_broker_list_free(&l);
	return rc;
}

static int find(struct fsk_fs *fs, struct fsk_name *out, const char *path, const char *name,
                struct fsk_err *err)
{
	const struct host_dir *h = fs->impl;
	struct fsk_broker_entry e = { 0 };
	char *joined;
	int rc;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return fsk_err_set(err, FSK_ENOTFOUND, "no \"%s\"", name);
	joined = fsk_path_join(path, name);
	if (joined == NULL)
		return fsk_err_set(err, FSK_ELIMIT, "path is too long");
	rc = fsk_broker_stat(&e, h->broker, fs->source, joined, err);
	free(joined);
	if (rc == 0)
		rc = name_of(out, &e, name, err);
	free(e.name);
	return rc;
}

static int describe(struct fsk_fs *fs, struct fsk_entry *e, const struct fsk_name *n,
                    struct fsk_err *err)
{
	(void) fs;
	(void) err;
	e->type = n->type;
	e->size = n->size;
	e->times = n->times;
	/* an inode of the examiner's host says nothing about the evidence */
	e->loc.addr = 0;
	return 0;
}

static int read_file(struct fsk_stream *st, uint8_t *buf, size_t n, uint64_t off, bool *sparse,
                     struct fsk_err *err)
{
	int64_t got = fsk_file_pread(st->impl, buf, n, off, err);

	*sparse = false;
	if (got < 0)
		got = 0;
	if ((size_t) got < n) {
		/* unreadable, or the file became shorter while it was read */
		memset(buf + got, 0, n - (size_t) got);
		fsk_rangelog_add(&st->bad, off + (uint64_t) got, n - (size_t) got);
	}
	return 0;
}

static void close_file(struct fsk_stream *st)
{
	fsk_file_close(st->impl);
	free(st->impl);
}

static const struct fsk_stream_ops file_ops = { .read = read_file, .close = close_file };

static int open_stream(struct fsk_fs *fs, struct fsk_stream **out, const struct fsk_locator *loc,
                       struct fsk_err *err)
{
	const struct host_dir *h = fs->impl;
	struct fsk_file *f;
	intptr_t fd = -1;
	int rc;

	if (loc->stream != NULL)
		return fsk_err_set(err, FSK_ENOTFOUND, "no such stream");
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	f->handle = -1;
	rc = fsk_broker_open(&fd, h->broker, fs->source, loc->path, err);
	if (rc == 0)
		rc = fsk_file_adopt_plain(f, fd, err);
	if (rc == 0)
		rc = fsk_stream_alloc(out, &file_ops, f->size, err);
	if (rc < 0) {
		fsk_file_close(f);
		free(f);
		return rc;
	}
	(*out)->impl = f;
	return 0;
}

static void close_dir(struct fsk_fs *fs)
{
	free(fs->impl); /* the broker's handle is not ours */
}

static const struct fsk_fs_ops dir_ops = {
	.list = list,
	.find = find,
	.describe = describe,
	.open = open_stream,
	.close = close_dir,
};

/* A copy of a Windows tree is read as Windows would. */
static bool looks_like_windows(struct fsk_fs *fs)
{
	struct fsk_listing *l;
	bool yes = false;

	if (fsk_fs_list(&l, fs, &fs->root, "", false, NULL) < 0)
		return false;
	for (size_t i = 0; i < l->count && !yes; i++)
		yes = l->items[i].type == FSK_ENTRY_DIR &&
		      (fsk_text_casecmp(l->items[i].name, "Windows") == 0 ||
		       fsk_text_casecmp(l->items[i].name, "WINNT") == 0);
	fsk_listing_release(l);
	return yes;
}

int fsk_fs_open_dir(struct fsk_fs **out, uint32_t source, intptr_t broker,
                    struct fsk_anomaly_sink sink, struct fsk_err *err)
{
	char object[40];
	struct host_dir *h;
	struct fsk_fs *fs;
	int rc;

	*out = NULL;
	snprintf(object, sizeof(object), "directory source %u", source);
	rc = fsk_fs_alloc(&fs, &dir_ops, object, err);
	if (rc < 0)
		return rc;
	h = calloc(1, sizeof(*h));
	if (h == NULL) {
		fsk_fs_close(fs);
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	}
	h->broker = broker;
	fs->impl = h;
	fs->source = source;
	fs->sink = sink;
	fs->folds = looks_like_windows(fs);
	*out = fs;
	return 0;
}
