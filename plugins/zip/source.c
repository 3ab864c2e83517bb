#include "plugins/zip/source.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"

enum { END_SIZE = 22, COMMENT_MAX = 65535, LOCATOR_SIZE = 20, END64_SIZE = 56 };
/* The end of the directory is sought here; its 64-bit locator lies directly before it. */
enum { TAIL_MAX = LOCATOR_SIZE + END_SIZE + COMMENT_MAX };

/* Members that the 64-bit end of a directory at `off` announces. */
static uint64_t announced(struct fsk_zip_view *v, uint64_t off)
{
	uint8_t end[END64_SIZE];
	struct fsk_cur c;

	if (!fsk_ranges_read_all(&v->ranges, end, sizeof(end), off) ||
	    memcmp(end, "PK\6\6", 4) != 0)
		return 0;
	fsk_cur_init(&c, end, sizeof(end));
	fsk_cur_seek(&c, 32);
	return fsk_cur_u64le(&c);
}

/* libzip makes room for all members that are announced, before it has seen them. Without the
 * 64-bit form these are 65535 at most. */
static int count_check(struct fsk_zip_view *v, struct fsk_err *err)
{
	uint64_t size = v->ranges.in.size, from = size > TAIL_MAX ? size - TAIL_MAX : 0;
	uint8_t *tail = malloc(TAIL_MAX);
	size_t n = tail != NULL ? fsk_ranges_read(&v->ranges, tail, (size_t) (size - from), from)
	                        : 0;
	int rc = tail != NULL ? 0 : fsk_err_set(err, FSK_ENOMEM, "no memory for an archive");
	struct fsk_cur c;

	for (size_t at = 0; rc == 0 && at + LOCATOR_SIZE <= n; at++) {
		if (memcmp(tail + at, "PK\6\7", 4) != 0)
			continue;
		fsk_cur_init(&c, tail + at, LOCATOR_SIZE);
		fsk_cur_seek(&c, 8);
		if (announced(v, fsk_cur_u64le(&c)) > FSK_ZIP_MEMBERS_MAX)
			rc = fsk_err_set(err, FSK_ELIMIT, "more than %u members",
			                 FSK_ZIP_MEMBERS_MAX);
	}
	free(tail);
	return rc;
}

static int64_t source_read(struct fsk_zip_view *v, void *data, uint64_t n)
{
	size_t got;

	if (n > v->left) {
		zip_error_set(&v->error, ZIP_ER_MEMORY, 0);
		return -1;
	}
	got = fsk_ranges_read(&v->ranges, data, (size_t) n, v->at);
	if (v->ranges.err.code < 0) {
		zip_error_set(&v->error, ZIP_ER_READ, 0);
		return -1;
	}
	v->at += got;
	v->left -= got;
	return (int64_t) got;
}

static int64_t source_seek(struct fsk_zip_view *v, void *data, uint64_t n)
{
	int64_t at = zip_source_seek_compute_offset(v->at, v->ranges.in.size, data, n, &v->error);

	if (at < 0)
		return -1;
	v->at = (uint64_t) at;
	return 0;
}

static int64_t source_stat(const struct fsk_zip_view *v, void *data)
{
	zip_stat_t *st = data;

	zip_stat_init(st);
	st->size = v->ranges.in.size;
	st->valid |= ZIP_STAT_SIZE;
	return sizeof(*st);
}

static zip_int64_t source(void *arg, void *data, zip_uint64_t n, zip_source_cmd_t command)
{
	struct fsk_zip_view *v = arg;

	switch (command) {
	case ZIP_SOURCE_OPEN:
		v->at = 0;
		return 0;
	case ZIP_SOURCE_READ:
		return source_read(v, data, n);
	case ZIP_SOURCE_SEEK:
		return source_seek(v, data, n);
	case ZIP_SOURCE_TELL:
		return (zip_int64_t) v->at;
	case ZIP_SOURCE_STAT:
		return source_stat(v, data);
	case ZIP_SOURCE_ERROR:
		return zip_error_to_data(&v->error, data, n);
	case ZIP_SOURCE_CLOSE:
	case ZIP_SOURCE_FREE:
		return 0;
	case ZIP_SOURCE_SUPPORTS:
		return zip_source_make_command_bitmap(
		    ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
		    ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL,
		    ZIP_SOURCE_SUPPORTS, -1);
	default:
		zip_error_set(&v->error, ZIP_ER_OPNOTSUPP, 0);
		return -1;
	}
}

static int open_failed(struct fsk_zip_view *v, zip_error_t *why, struct fsk_err *err)
{
	if (v->ranges.err.code < 0)
		return fsk_err_set(err, v->ranges.err.code, "%s", v->ranges.err.msg);
	if (v->left < FSK_RANGES_PAGE || zip_error_code_zip(why) == ZIP_ER_MEMORY)
		return fsk_err_set(err, FSK_ELIMIT, "the directory takes more than %u MiB",
		                   FSK_ZIP_DIRECTORY_MAX / FSK_MIB);
	return fsk_err_set(err, FSK_ECORRUPT, "no ZIP archive: %s", zip_error_strerror(why));
}

int fsk_zip_view_open(struct fsk_zip_view *v, const struct fsk_input *in, struct fsk_err *err)
{
	zip_source_t *s;
	zip_error_t why;
	int rc;

	memset(v, 0, sizeof(*v));
	zip_error_init(&v->error);
	rc = fsk_ranges_open(&v->ranges, in, err);
	if (rc == 0 && in->size == 0) /* to libzip an archive without members */
		rc = fsk_err_set(err, FSK_ECORRUPT, "no ZIP archive: empty");
	if (rc == 0)
		rc = count_check(v, err);
	if (rc < 0)
		return rc;
	v->left = FSK_ZIP_DIRECTORY_MAX;
	zip_error_init(&why);
	s = zip_source_function_create(source, v, &why);
	if (s != NULL)
		v->zip = zip_open_from_source(s, ZIP_RDONLY, &why);
	if (v->zip == NULL) {
		zip_source_free(s);
		rc = open_failed(v, &why, err);
	}
	zip_error_fini(&why);
	v->left = UINT64_MAX;
	return rc;
}

void fsk_zip_view_close(struct fsk_zip_view *v)
{
	if (v->zip != NULL)
		zip_discard(v->zip);
	zip_error_fini(&v->error);
	fsk_ranges_close(&v->ranges);
}
