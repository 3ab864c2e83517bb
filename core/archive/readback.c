#include "core/archive/readback.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <archive.h>
#include <archive_entry.h>
#include <libdeflate.h>
#include <zlib.h>

#include "core/archive/archive.h"
#include "core/base/limits.h"

#define PIECE (256u * FSK_KIB)
/* libarchive gives up after some kinds of damage; it is then started again
 * behind the damaged member, but not without end. */
#define RESTARTS_MAX 100u

struct reader {
	const struct fsk_file *f;
	uint64_t pos;
	uint8_t *piece;
	const struct fsk_readback_ops *ops;
	void *arg;
	uint64_t done; /* members that were given out */
};

static la_ssize_t read_piece(struct archive *z, void *arg, const void **out)
{
	struct reader *r = arg;
	struct fsk_err err = { 0 };
	int64_t got = fsk_file_pread(r->f, r->piece, PIECE, r->pos, &err);

	*out = r->piece;
	if (got < 0) {
		archive_set_error(z, -1, "%s", err.msg);
		return -1;
	}
	r->ops->raw(r->arg, r->pos, r->piece, (size_t) got);
	r->pos += (uint64_t) got;
	return (la_ssize_t) got;
}

static la_int64_t seek(struct archive *z, void *arg, la_int64_t offset, int whence)
{
	struct reader *r = arg;
	int64_t base = whence == SEEK_CUR   ? (int64_t) r->pos
	               : whence == SEEK_END ? (int64_t) r->f->size
	                                    : 0;

	(void) z;
	if (offset < -base)
		return ARCHIVE_FATAL;
	r->pos = (uint64_t) (base + offset);
	return (la_int64_t) r->pos;
}

static la_int64_t skip(struct archive *z, void *arg, la_int64_t request)
{
	struct reader *r = arg;
	uint64_t left = r->pos < r->f->size ? r->f->size - r->pos : 0;
	uint64_t n = (uint64_t) request < left ? (uint64_t) request : left;

	(void) z;
	r->pos += n;
	return (la_int64_t) n;
}

static struct archive *open_zip(struct reader *r, struct fsk_err *err)
{
	struct archive *z = archive_read_new();

	r->pos = 0;
	if (z == NULL) {
		fsk_err_set(err, FSK_ENOMEM, "no memory to read the archive");
		return NULL;
	}
	archive_read_support_format_zip_seekable(z);
	archive_read_set_read_callback(z, read_piece);
	archive_read_set_seek_callback(z, seek);
	archive_read_set_skip_callback(z, skip);
	archive_read_set_callback_data(z, r);
	if (archive_read_open1(z) != ARCHIVE_OK) {
		const char *why = archive_error_string(z);

		fsk_err_set(err, FSK_ECORRUPT, "%s", why != NULL ? why : "no ZIP");
		archive_read_free(z);
		return NULL;
	}
	return z;
}

/* One member's data. Returns what libarchive said last; *rc is what the ops
 * said. */
static int read_member(struct archive *z, struct reader *r, int *rc, struct fsk_err *err)
{
	uint64_t expected = 0;
	int state;

	for (;;) {
		const void *p;
		size_t n;
		la_int64_t at;

		state = archive_read_data_block(z, &p, &n, &at);
		if (state != ARCHIVE_OK && state != ARCHIVE_WARN)
			return state;
		if ((uint64_t) at != expected) {
			archive_set_error(z, -1, "data is not in one piece");
			return ARCHIVE_FAILED;
		}
		expected += n;
		*rc = n > 0 ? r->ops->data(r->arg, p, n, err) : 0;
		if (*rc < 0)
			return ARCHIVE_OK;
	}
}

static int give_member(struct archive *z, struct archive_entry *e, struct reader *r, bool *fatal,
                       struct fsk_err *err)
{
	const char *name = archive_entry_pathname_utf8(e);
	const char *why;
	int state, rc;

	r->done++;
	rc = r->ops->begin(r->arg, name != NULL ? name : "(a name that is not UTF-8)", err);
	if (rc != 0)
		return rc == FSK_READBACK_SKIP ? 0 : rc;
	state = read_member(z, r, &rc, err);
	if (rc < 0)
		return rc;
	*fatal = state == ARCHIVE_FATAL;
	why = state == ARCHIVE_EOF ? NULL : archive_error_string(z);
	return r->ops->end(r->arg,
	                   state == ARCHIVE_EOF ? NULL
	                   : why != NULL        ? why
	                                        : "damaged",
	                   err);
}

/* Goes over the members that were not given out yet. Returns 1 when
 * libarchive must be started again. */
static int read_on(struct reader *r, struct fsk_err *err)
{
	struct archive *z = open_zip(r, err);
	bool fatal = false;
	uint64_t i = 0;
	int rc = 0;

	if (z == NULL)
		return FSK_ECORRUPT;
	while (rc == 0 && !fatal) {
		struct archive_entry *e;
		int state = archive_read_next_header(z, &e);

		if (state == ARCHIVE_EOF)
			break;
		if (state != ARCHIVE_OK && state != ARCHIVE_WARN)
			rc = fsk_err_set(err, FSK_ECORRUPT, "%s",
			                 archive_error_string(z) != NULL ? archive_error_string(z)
			                                                 : "no ZIP");
		else if (i++ >= r->done)
			rc = give_member(z, e, r, &fatal, err);
	}
	archive_read_free(z);
	return rc == 0 && fatal ? 1 : rc;
}

int fsk_readback(const struct fsk_file *f, const struct fsk_readback_ops *ops, void *arg,
                 struct fsk_err *err)
{
	struct reader r = { .f = f, .ops = ops, .arg = arg, .piece = malloc(PIECE) };
	void *before = fsk_locale_enter_utf8();
	int rc = 1;

	if (r.piece == NULL)
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory to read the archive");
	for (unsigned i = 0; rc == 1 && i < RESTARTS_MAX; i++)
		rc = read_on(&r, err);
	if (rc == 1)
		rc = fsk_err_set(err, FSK_ELIMIT, "more than %u members are damaged", RESTARTS_MAX);
	fsk_locale_leave(before);
	free(r.piece);
	return rc;
}

json_t *fsk_archive_libraries(void)
{
	return json_pack("{s:s, s:s, s:s}", "libarchive", archive_version_string(), "libdeflate",
	                 LIBDEFLATE_VERSION_STRING, "zlib", zlibVersion());
}
