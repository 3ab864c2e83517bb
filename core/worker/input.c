#include "core/worker/input.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/ipc/channel.h"
#include "core/model/types.h"

static int take_segment(struct fsk_segment *out, const json_t *j, struct fsk_err *err)
{
	const char *name;
	uint64_t fd;
	int rc = fsk_json_get_str(&name, j, "name", err);

	if (rc == 0)
		rc = fsk_json_get_u64(&fd, j, "fd", err);
	if (rc != 0)
		return fsk_err_wrap(err, "SETUP: segment");
	if (fd < FSK_WORKER_FD_BROKER || fd > INT32_MAX)
		return fsk_err_set(err, FSK_EPROTO, "SETUP: \"%s\" has descriptor %llu", name,
		                   (unsigned long long) fd);
	rc = fsk_file_adopt(&out->file, (intptr_t) fd, err);
	if (rc != 0)
		return fsk_err_wrap(err, "cannot use \"%s\"", name);
	out->name = strdup(name);
	return out->name ? 0 : fsk_err_set(err, FSK_ENOMEM, "SETUP: out of memory");
}

static int take_segments(struct fsk_input *i, const json_t *list, struct fsk_err *err)
{
	size_t n = json_array_size(list);

	if (n == 0 || n > FSK_SEGMENTS_MAX)
		return fsk_err_set(err, FSK_EPROTO, "SETUP: \"%s\" has %zu segments", i->name, n);
	i->segs = calloc(n, sizeof(*i->segs));
	if (!i->segs)
		return fsk_err_set(err, FSK_ENOMEM, "SETUP: out of memory");
	for (size_t k = 0; k < n; k++) {
		int rc = take_segment(&i->segs[k], json_array_get(list, k), err);

		if (rc != 0)
			return rc;
		i->nsegs = k + 1;
	}
	return 0;
}

static int take_source(struct fsk_input *i, const json_t *j, struct fsk_err *err)
{
	const char *name, *kind;
	int rc = fsk_json_get_str(&name, j, "name", err);

	if (rc == 0)
		rc = fsk_json_get_str(&kind, j, "kind", err);
	if (rc != 0)
		return fsk_err_wrap(err, "SETUP: source %u", i->index);
	i->name = strdup(name);
	if (!i->name)
		return fsk_err_set(err, FSK_ENOMEM, "SETUP: out of memory");
	i->directory = strcmp(kind, "directory") == 0;
	return i->directory ? 0 : take_segments(i, json_object_get(j, "segments"), err);
}

/* Behind the evidence. */
static int take_shelves(struct fsk_inputs *in, const json_t *setup, struct fsk_err *err)
{
	const json_t *list = json_object_get(setup, "shelves");
	const json_t *fd;
	size_t i;

	if (json_array_size(list) > FSK_SHELVES)
		return fsk_err_set(err, FSK_EPROTO, "SETUP: %zu shelves", json_array_size(list));
	json_array_foreach (list, i, fd) {
		json_int_t n = json_integer_value(fd);

		if (n < FSK_WORKER_FD_EVIDENCE || n > INT32_MAX)
			return fsk_err_set(err, FSK_EPROTO, "SETUP: a shelf has descriptor %lld",
			                   (long long) n);
		in->shelves[in->nshelves++] = (intptr_t) n;
	}
	return 0;
}

int fsk_inputs_setup(struct fsk_inputs *in, const json_t *setup, struct fsk_err *err)
{
	const json_t *list = json_object_get(setup, "sources");
	size_t n = json_array_size(list);
	uint64_t broker;
	int rc;

	if (n > FSK_SOURCES_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "SETUP: %zu sources, at most %u", n,
		                   FSK_SOURCES_MAX);
	in->items = calloc(n ? n : 1, sizeof(*in->items));
	if (!in->items)
		return fsk_err_set(err, FSK_ENOMEM, "SETUP: out of memory");
	rc = fsk_json_opt_u64(&broker, setup, "broker", 0, err);
	if (rc == 0)
		rc = take_shelves(in, setup, err);
	if (rc != 0)
		return rc;
	in->broker = broker ? (intptr_t) broker : -1;
	for (size_t k = 0; k < n; k++) {
		in->items[k].index = (uint32_t) k;
		in->count = k + 1;
		rc = take_source(&in->items[k], json_array_get(list, k), err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static void free_input(struct fsk_input *i)
{
	for (size_t k = 0; k < i->nvolumes; k++) {
		json_decref(i->volumes[k].environment);
		fsk_profiles_free(&i->volumes[k].profiles);
		fsk_fs_close(i->volumes[k].fs);
	}
	free(i->volumes);
	fsk_source_close(i->source);
	for (size_t k = 0; k < i->nsegs; k++) {
		fsk_file_close(&i->segs[k].file);
		free(i->segs[k].name);
	}
	free(i->segs);
	free(i->name);
}

void fsk_inputs_free(struct fsk_inputs *in)
{
	for (size_t k = 0; k < in->count; k++)
		free_input(&in->items[k]);
	free(in->items);
	in->items = NULL;
	in->count = 0;
}

static int compare_ints(const void *a, const void *b)
{
	int x = *(const int *) a, y = *(const int *) b;

	return (x > y) - (x < y);
}

int fsk_inputs_descriptors(int **out, size_t *count, const struct fsk_inputs *in,
                           struct fsk_err *err)
{
	size_t n = 6 + FSK_SHELVES;

	for (size_t k = 0; k < in->count; k++)
		n += in->items[k].nsegs;
	*out = calloc(n, sizeof(**out));
	if (!*out)
		return fsk_err_set(err, FSK_ENOMEM, "descriptors: out of memory");
	/* the standard three stay, so that nothing that is passed later gets their numbers */
	for (n = 0; n < 3; n++)
		(*out)[n] = (int) n;
	(*out)[n++] = FSK_WORKER_FD_CHANNEL;
	(*out)[n++] = FSK_WORKER_FD_LOG;
	if (in->broker >= 0)
		(*out)[n++] = (int) in->broker;
	for (size_t k = 0; k < in->nshelves; k++)
		(*out)[n++] = (int) in->shelves[k];
	for (size_t k = 0; k < in->count; k++)
		for (size_t s = 0; s < in->items[k].nsegs; s++)
			(*out)[n++] = (int) in->items[k].segs[s].file.handle;
	qsort(*out, n, sizeof(**out), compare_ints);
	*count = n;
	return 0;
}

static int open_directory(struct fsk_input *i, struct fsk_err *err)
{
	i->volumes = calloc(1, sizeof(*i->volumes));
	if (!i->volumes)
		return fsk_err_set(err, FSK_ENOMEM, "cannot open \"%s\": out of memory", i->name);
	i->nvolumes = 1;
	i->volumes[0].v.source = i->index;
	i->volumes[0].v.scheme = FSK_SCHEME_NONE;
	memcpy(i->volumes[0].v.fs, "directory", sizeof("directory"));
	return 0;
}

static int scan(struct fsk_input *i, struct fsk_err *err)
{
	struct fsk_volumes found = { 0 };
	int rc = fsk_volumes_scan(&found, i->source, err);

	if (rc != 0)
		return rc;
	i->volumes = calloc(found.count ? found.count : 1, sizeof(*i->volumes));
	if (!i->volumes) {
		fsk_volumes_free(&found);
		return fsk_err_set(err, FSK_ENOMEM, "volumes of \"%s\": out of memory", i->name);
	}
	for (size_t k = 0; k < found.count; k++)
		i->volumes[k].v = found.items[k];
	i->nvolumes = found.count;
	fsk_volumes_free(&found);
	return 0;
}

int fsk_input_open_source(struct fsk_inputs *in, struct fsk_input *i, struct fsk_err *err)
{
	int rc;

	if (i->source)
		return 0;
	rc = fsk_source_open(&i->source, i->index, i->segs, i->nsegs, in->sink, err);
	if (rc != 0)
		return rc;
	fsk_source_use_pool(i->source, in->pool);
	/* files and names are the source's now */
	free(i->segs);
	i->segs = NULL;
	i->nsegs = 0;
	return 0;
}

static int open_once(struct fsk_inputs *in, struct fsk_input *i, struct fsk_err *err)
{
	int rc = i->directory ? 0 : fsk_input_open_source(in, i, err);

	if (rc != 0)
		return rc;
	return i->directory ? open_directory(i, err) : scan(i, err);
}

int fsk_input_open(struct fsk_inputs *in, struct fsk_input *i, struct fsk_err *err)
{
	int rc;

	if (i->opened)
		return 0;
	if (i->failed)
		return fsk_err_set(err, i->why.code, "%s", i->why.msg);
	rc = open_once(in, i, &i->why);
	i->opened = rc == 0;
	i->failed = rc != 0;
	return rc == 0 ? 0 : fsk_err_set(err, i->why.code, "%s", i->why.msg);
}

static int open_fs(struct fsk_inputs *in, struct fsk_input *i, struct fsk_input_volume *v)
{
	int rc;

	if (i->directory)
		return fsk_fs_open_dir(&v->fs, i->index, in->broker, in->sink, &v->why);
	if (v->v.fs[0] == '\0')
		return fsk_err_set(&v->why, FSK_EUNSUPPORTED,
		                   "volume %u of \"%s\": no file system that is known here",
		                   v->v.index, i->name);
	rc = fsk_fs_open(&v->fs, i->source, &v->v, &v->why);
	if (rc == 0 && in->walk_only)
		fsk_fs_walk_only(v->fs);
	return rc;
}

int fsk_input_fs(struct fsk_fs **out, struct fsk_inputs *in, struct fsk_input *i, uint32_t volume,
                 struct fsk_err *err)
{
	struct fsk_input_volume *v = &i->volumes[volume];

	if (!v->fs && !v->failed)
		v->failed = open_fs(in, i, v) != 0;
	if (v->failed)
		return fsk_err_set(err, v->why.code, "%s", v->why.msg);
	*out = v->fs;
	return 0;
}

int fsk_inputs_find(struct fsk_input **input, struct fsk_input_volume **volume,
                    struct fsk_inputs *in, uint64_t source, uint64_t volume_number,
                    struct fsk_err *err)
{
	struct fsk_input *i;
	struct fsk_fs *fs;
	int rc;

	if (source >= in->count)
		return fsk_err_set(err, FSK_EPROTO, "there is no source %llu",
		                   (unsigned long long) source);
	i = &in->items[source];
	rc = fsk_input_open(in, i, err);
	if (rc != 0)
		return rc;
	if (volume_number >= i->nvolumes)
		return fsk_err_set(err, FSK_EPROTO, "\"%s\" has no volume %llu", i->name,
		                   (unsigned long long) volume_number);
	rc = fsk_input_fs(&fs, in, i, (uint32_t) volume_number, err);
	if (rc != 0)
		return rc;
	*input = i;
	*volume = &i->volumes[volume_number];
	return 0;
}
