#include "core/evidence/unallocated.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/fs_impl.h"
#include "core/evidence/stream_runs.h"

#define NAME_FORMAT "0x%016" PRIx64
#define FRONT FSK_UNALLOCATED "/0x"

bool fsk_is_unallocated(const struct fsk_locator *loc)
{
	return loc->deleted && loc->addr == 0 && loc->stream == NULL &&
	       strncmp(loc->path, FRONT, strlen(FRONT)) == 0;
}

/* Bytes [from, to) of the file system, the overlap included; `to` may be past its end. */
static uint64_t part_end(uint64_t from, uint64_t size)
{
	uint64_t n = FSK_UNALLOCATED_PART + FSK_UNALLOCATED_OVERLAP;

	return size - from > n ? from + n : size;
}

static int size_of(uint64_t *size, struct fsk_fs *fs, struct fsk_err *err)
{
	if (fs->medium == NULL)
		return 0;
	if (fs->ops->unallocated == NULL)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "no free space is known");
	return fs->ops->unallocated(fs, size, NULL, 0, 0, err);
}

static int add_part(struct fsk_entries *out, const struct fsk_fs *fs, uint64_t from, uint64_t size,
                    struct fsk_err *err)
{
	struct fsk_entry e = { .type = FSK_ENTRY_OTHER, .size = part_end(from, size) - from };
	struct fsk_entry *more = realloc(out->items, (out->count + 1) * sizeof(*more));
	char path[64];

	if (more != NULL)
		out->items = more;
	snprintf(path, sizeof(path), FSK_UNALLOCATED "/" NAME_FORMAT, from);
	e.loc.path = strdup(path);
	if (more == NULL || e.loc.path == NULL) {
		free(e.loc.path);
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	}
	e.loc.source = fs->source;
	e.loc.volume = fs->volume;
	e.loc.deleted = true;
	out->items[out->count++] = e;
	out->cap = out->count;
	return 0;
}

int fsk_unallocated_entries(struct fsk_entries *out, struct fsk_fs *fs, struct fsk_err *err)
{
	uint64_t size = 0;
	int rc;

	memset(out, 0, sizeof(*out));
	rc = size_of(&size, fs, err);
	for (uint64_t from = 0; rc == 0 && from < size; from += FSK_UNALLOCATED_PART)
		rc = add_part(out, fs, from, size, err);
	if (rc < 0)
		fsk_entries_free(out);
	return rc;
}

int fsk_unallocated_open(struct fsk_stream **out, struct fsk_fs *fs, const struct fsk_locator *loc,
                         struct fsk_err *err)
{
	struct fsk_runs runs = { 0 };
	uint64_t size = 0, from, to;
	char *end;
	int rc = size_of(&size, fs, err);

	if (rc < 0)
		return rc;
	from = strtoull(loc->path + strlen(FSK_UNALLOCATED) + 1, &end, 16);
	if (*end != '\0' || from >= size || from % FSK_UNALLOCATED_PART != 0)
		return fsk_err_set(err, FSK_ENOTFOUND, "there is no such part of the volume");
	to = part_end(from, size);
	rc = fs->ops->unallocated(fs, &size, &runs, from, to, err);
	if (rc < 0) {
		free(runs.items);
		return rc;
	}
	return fsk_runs_open(out, fs->medium, &runs, to - from, to - from, err);
}
