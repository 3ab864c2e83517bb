#include "tests/unit/lua/fake_fs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/evidence/rangelog.h"

struct fsk_fs {
	const struct fake_file *files;
};

struct fsk_stream {
	const struct fake_file *file;
	struct fsk_range range;
	struct fsk_rangelog bad;
};

int fake_streams_open;

void fake_fs_open(struct fsk_fs **out, const struct fake_file *files)
{
	*out = calloc(1, sizeof(**out));
	if (*out != NULL)
		(*out)->files = files;
}

void fsk_fs_close(struct fsk_fs *fs)
{
	free(fs);
}

bool fsk_fs_folds_case(const struct fsk_fs *fs)
{
	return fs != NULL;
}

const char *fsk_entry_type_name(enum fsk_entry_type t)
{
	static const char *const names[] = { "file", "dir", "link", "other" };

	return names[t];
}

void fsk_entry_free(struct fsk_entry *e)
{
	fsk_locator_free(&e->loc);
	memset(e, 0, sizeof(*e));
}

int fsk_entry_copy(struct fsk_entry *out, const struct fsk_entry *in, struct fsk_err *err)
{
	*out = *in;
	return fsk_locator_copy(&out->loc, &in->loc, err);
}

void fsk_entries_free(struct fsk_entries *l)
{
	for (size_t i = 0; i < l->count; i++)
		fsk_entry_free(&l->items[i]);
	free(l->items);
	memset(l, 0, sizeof(*l));
}

/* "path" or "path:stream" */
static void full_name(char *out, size_t cap, const struct fake_file *f)
{
	snprintf(out, cap, "%s%s%s", f->path, f->stream ? ":" : "", f->stream ? f->stream : "");
}

static int fill(struct fsk_entry *out, const struct fsk_fs *fs, const struct fake_file *f)
{
	const struct fsk_locator loc = {
		.volume = 1,
		.addr = 64 + (uint64_t) (f - fs->files),
		.seq = 1,
		.path = (char *) f->path,
		.stream = (char *) f->stream,
	};

	memset(out, 0, sizeof(*out));
	fsk_times_clear(&out->times);
	out->times.modified = fsk_time_from_unix(1680077730, 0);
	out->type = f->type;
	out->size = f->size;
	return fsk_locator_copy(&out->loc, &loc, NULL);
}

int fsk_fs_lookup(struct fsk_entry *out, struct fsk_fs *fs, const char *path, struct fsk_err *err)
{
	char name[512];

	memset(out, 0, sizeof(*out));
	for (const struct fake_file *f = fs->files; f->path != NULL; f++) {
		full_name(name, sizeof(name), f);
		if (fsk_text_casecmp(name, path) == 0)
			return fill(out, fs, f);
	}
	return fsk_err_set(err, FSK_ENOTFOUND, "\"%s\": not there", path);
}

int fsk_fs_glob(struct fsk_entries *out, struct fsk_fs *fs, const struct fsk_globset *set,
                unsigned flags, struct fsk_err *err)
{
	char name[512];
	size_t n = 0;

	(void) flags;
	memset(out, 0, sizeof(*out));
	while (fs->files[n].path != NULL)
		n++;
	out->items = calloc(n + 1, sizeof(*out->items));
	if (out->items == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory");
	for (const struct fake_file *f = fs->files; f->path != NULL; f++) {
		full_name(name, sizeof(name), f);
		if (fsk_globset_match(set, name, true))
			fill(&out->items[out->count++], fs, f);
	}
	return 0;
}

int fsk_fs_streams(char ***out, size_t *count, struct fsk_fs *fs, const struct fsk_entry *e,
                   struct fsk_err *err)
{
	*count = 0;
	*out = calloc(16, sizeof(char *));
	if (*out == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory");
	for (const struct fake_file *f = fs->files; f->path != NULL; f++) {
		if (strcmp(f->path, e->loc.path) == 0 && f->stream != NULL)
			(*out)[(*count)++] = strdup(f->stream);
	}
	return 0;
}

void fsk_fs_streams_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

int fsk_stream_open(struct fsk_stream **out, struct fsk_fs *fs, const struct fsk_locator *loc,
                    struct fsk_err *err)
{
	struct fsk_stream *st = calloc(1, sizeof(*st));

	*out = st;
	if (st == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory");
	st->file = &fs->files[loc->addr - 64];
	st->range = (struct fsk_range){ st->file->bad_at, st->file->bad_len };
	st->bad.ranges = &st->range;
	fake_streams_open++;
	return 0;
}

void fsk_stream_close(struct fsk_stream *st)
{
	if (st != NULL)
		fake_streams_open--;
	free(st);
}

uint64_t fsk_stream_size(const struct fsk_stream *st)
{
	return st->file->size;
}

int64_t fsk_stream_read(struct fsk_stream *st, void *buf, size_t n, uint64_t off, bool *sparse,
                        struct fsk_err *err)
{
	(void) err;
	if (sparse != NULL)
		*sparse = false;
	if (off >= st->file->size)
		return 0;
	if (n > st->file->size - off)
		n = st->file->size - off;
	memcpy(buf, st->file->data + off, n);
	for (size_t i = 0; i < n; i++) {
		if (off + i >= st->file->bad_at && off + i - st->file->bad_at < st->file->bad_len) {
			((char *) buf)[i] = 0;
			st->bad.count = 1;
		}
	}
	return (int64_t) n;
}

const struct fsk_rangelog *fsk_stream_bad(const struct fsk_stream *st)
{
	return &st->bad;
}

enum fsk_status fsk_stream_status(const struct fsk_stream *st)
{
	return st->bad.count > 0 ? FSK_STATUS_PARTIAL : FSK_STATUS_COMPLETE;
}

int fsk_stream_slurp(struct fsk_buf *out, enum fsk_status *status, struct fsk_fs *fs,
                     const struct fsk_locator *loc, struct fsk_err *err)
{
	const struct fake_file *f = &fs->files[loc->addr - 64];

	if (status != NULL)
		*status = f->bad_len > 0 ? FSK_STATUS_PARTIAL : FSK_STATUS_COMPLETE;
	return fsk_buf_append(out, f->data, f->size, err);
}
