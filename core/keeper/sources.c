#include "core/keeper/sources.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/ipc/channel.h"
#include "core/keeper/segments.h"

/* A hole in an EWF set is searched this far: each segment carries its number,
 * so later ones are still of use. */
#define EWF_GAP_MAX 32u

const char *fsk_evidence_kind_name(enum fsk_evidence_kind k)
{
	switch (k) {
	case FSK_EVIDENCE_DEVICE:
		return "device";
	case FSK_EVIDENCE_DIRECTORY:
		return "directory";
	default:
		return "files";
	}
}

static char *base_name(const char *path)
{
	size_t end = strlen(path), start;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (start = end; start > 0 && path[start - 1] != '/'; start--)
		;
	if (start == end)
		start = 0;
	return fsk_text_dup_utf8(path + start, end - start);
}

static int add_segment(struct fsk_evidence *e, const char *path, struct fsk_err *err)
{
	struct fsk_evidence_segment *more;
	struct fsk_evidence_segment seg;
	int rc;

	rc = fsk_file_open(&seg.file, path, err);
	if (rc < 0)
		return rc;
	fsk_handle_raise(&seg.file.handle);
	seg.name = base_name(path);
	more = realloc(e->segments, (e->nsegments + 1) * sizeof(*more));
	if (more != NULL)
		e->segments = more;
	if (more == NULL || seg.name == NULL) {
		fsk_file_close(&seg.file);
		free(seg.name);
		return fsk_err_set(err, FSK_ENOMEM, "cannot open \"%s\": out of memory", path);
	}
	e->segments[e->nsegments++] = seg;
	return 0;
}

/* Index of the next sibling that exists after a hole at `n`, or 0. */
static uint32_t after_gap(const char *path, uint32_t n, uint32_t reach)
{
	char next[4096];

	for (uint32_t i = n + 1; i <= n + reach; i++) {
		if (!fsk_segment_name(next, sizeof(next), path, i))
			return 0;
		if (fsk_path_exists(next))
			return i;
	}
	return 0;
}

static int open_siblings(struct fsk_evidence *e, struct fsk_err *err)
{
	bool ewf = fsk_segment_scheme_of(e->path) == FSK_SEGMENTS_EWF;
	char next[4096];

	for (uint32_t n = 1; n < FSK_SEGMENTS_MAX; n++) {
		int rc;
		if (!fsk_segment_name(next, sizeof(next), e->path, n))
			return 0;
		if (!fsk_path_exists(next)) {
			uint32_t later = after_gap(e->path, n, EWF_GAP_MAX);
			if (later == 0)
				return 0;
			if (e->gap == NULL)
				e->gap = base_name(next);
			/* pieces of a raw image have no number: what follows a hole
			 * would be taken for something else */
			if (!ewf)
				return 0;
			n = later - 1;
			continue;
		}
		rc = add_segment(e, next, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int open_one(struct fsk_evidence *e, const char *path, struct fsk_err *err)
{
	int rc;

	e->root = -1;
	e->path = strdup(path);
	e->name = base_name(path);
	if (e->path == NULL || e->name == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "cannot open \"%s\": out of memory", path);
	if (fsk_path_is_folder(path)) {
		e->kind = FSK_EVIDENCE_DIRECTORY;
		return fsk_folder_open(&e->root, path, err);
	}
	rc = add_segment(e, path, err);
	if (rc < 0)
		return rc;
	if (e->segments[0].file.is_device) {
		e->kind = FSK_EVIDENCE_DEVICE;
		return 0;
	}
	e->kind = FSK_EVIDENCE_FILES;
	return open_siblings(e, err);
}

int fsk_sources_open(struct fsk_sources *s, char *const *paths, size_t n, struct fsk_err *err)
{
	memset(s, 0, sizeof(*s));
	if (n > FSK_SOURCES_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u sources", FSK_SOURCES_MAX);
	s->items = calloc(n > 0 ? n : 1, sizeof(*s->items));
	if (s->items == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		int rc;
		s->items[i].index = (uint32_t) i;
		s->count = i + 1;
		rc = open_one(&s->items[i], paths[i], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

void fsk_sources_close(struct fsk_sources *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct fsk_evidence *e = &s->items[i];
		for (size_t k = 0; k < e->nsegments; k++) {
			fsk_file_close(&e->segments[k].file);
			free(e->segments[k].name);
		}
		fsk_folder_close(e->root);
		free(e->segments);
		free(e->path);
		free(e->name);
		free(e->gap);
	}
	free(s->items);
	memset(s, 0, sizeof(*s));
}

bool fsk_sources_any(const struct fsk_sources *s, enum fsk_evidence_kind kind)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->items[i].kind == kind)
			return true;
	return false;
}

size_t fsk_sources_handles(const struct fsk_sources *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += s->items[i].nsegments;
	return n;
}

json_t *fsk_sources_setup(const struct fsk_sources *s)
{
	json_t *list = json_array();
	int fd = FSK_WORKER_FD_EVIDENCE;

	for (size_t i = 0; i < s->count; i++) {
		const struct fsk_evidence *e = &s->items[i];
		json_t *segments = json_array();
		for (size_t k = 0; k < e->nsegments; k++)
			json_array_append_new(segments,
			                      json_pack("{s:i, s:s, s:I}", "fd", fd++, "name",
			                                e->segments[k].name, "size",
			                                (json_int_t) e->segments[k].file.size));
		json_array_append_new(
		    list, json_pack("{s:i, s:s, s:s, s:o}", "source", (int) i, "name", e->name,
		                    "kind", fsk_evidence_kind_name(e->kind), "segments", segments));
	}
	return list;
}
