#include "plugins/zip/zip.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "plugins/shared/words.h"
#include "plugins/zip/source.h"

#define PIECE 65536u

/* --- members --- */

static json_t *method(uint16_t number)
{
	static const struct fsk_word words[] = {
		{ 0, "stored" }, { 8, "deflate" }, { 9, "deflate64" },
		{ 12, "bzip2" }, { 14, "lzma" },   { 93, "zstd" },
		{ 95, "xz" },    { 98, "ppmd" },   { 99, "aes" },
	};

	return fsk_word_for(words, sizeof(words) / sizeof(*words), number);
}

static json_t *member(zip_t *zip, zip_uint64_t i)
{
	zip_stat_t st;
	json_t *o;

	if (zip_stat_index(zip, i, ZIP_FL_ENC_RAW, &st) < 0 || (st.valid & ZIP_STAT_NAME) == 0)
		return NULL;
	o = json_object();
	json_object_set_new(o, "name", fsk_json_bytes(st.name, strlen(st.name)));
	json_object_set_new(o, "size", json_integer((json_int_t) st.size));
	json_object_set_new(o, "packed", json_integer((json_int_t) st.comp_size));
	json_object_set_new(o, "method", method(st.comp_method));
	if (st.encryption_method != ZIP_EM_NONE)
		json_object_set_new(o, "encrypted", json_true());
	return o;
}

static json_t *members(struct fsk_zip_view *v)
{
	zip_int64_t n = zip_get_num_entries(v->zip, 0), told = 0;
	json_t *list = json_array(), *o;

	for (zip_int64_t i = 0; i < n && told < (zip_int64_t) FSK_ZIP_MEMBERS_MAX; i++, told++) {
		o = member(v->zip, (zip_uint64_t) i);
		if (o == NULL) {
			fsk_ranges_note(&v->ranges, FSK_RANGES_NOWHERE,
			                "member %lld cannot be read", (long long) i + 1);
			o = json_object();
		}
		json_array_append_new(list, o);
	}
	return list;
}

int fsk_zip_examine(json_t **told, json_t **notes, const struct fsk_input *in, struct fsk_err *err)
{
	struct fsk_zip_view v;
	const char *comment;
	int rc, n = 0;

	*told = *notes = NULL;
	rc = fsk_zip_view_open(&v, in, err);
	if (rc == 0) {
		*told = json_object();
		json_object_set_new(*told, "members", members(&v));
		comment = zip_get_archive_comment(v.zip, &n, ZIP_FL_ENC_RAW);
		if (comment != NULL && n > 0)
			json_object_set_new(*told, "comment", fsk_json_bytes(comment, (size_t) n));
		*notes = json_incref(fsk_ranges_notes(&v.ranges));
	}
	fsk_zip_view_close(&v);
	return rc;
}

/* --- content --- */

struct reading {
	struct fsk_zip_view view;
	zip_file_t *file;
	zip_stat_t st;
	uint64_t done; /* bytes that were unpacked */
	uint8_t piece[PIECE];
};

static int find(zip_uint64_t *index, zip_t *zip, const struct fsk_zip_which *which,
                struct fsk_err *err)
{
	zip_int64_t n = zip_get_num_entries(zip, 0);
	const char *name;

	*index = 0;
	if (which->name == NULL && which->index >= 1 && which->index <= n) {
		*index = (zip_uint64_t) which->index - 1;
		return 0;
	}
	if (which->name == NULL)
		return fsk_err_set(err, FSK_ENOTFOUND, "no member %lld", (long long) which->index);
	for (zip_int64_t i = 0; i < n; i++) {
		name = zip_get_name(zip, (zip_uint64_t) i, ZIP_FL_ENC_RAW);
		if (name != NULL && strcmp(name, which->name) == 0) {
			*index = (zip_uint64_t) i;
			return 0;
		}
	}
	return fsk_err_set(err, FSK_ENOTFOUND, "no member %s", which->name);
}

static int failed(const struct reading *r, zip_error_t *why, struct fsk_err *err)
{
	switch (zip_error_code_zip(why)) {
	case ZIP_ER_MEMORY:
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a member");
	case ZIP_ER_NOPASSWD:
		return fsk_err_set(err, FSK_EUNSUPPORTED, "the member is encrypted");
	case ZIP_ER_COMPNOTSUPP:
	case ZIP_ER_ENCRNOTSUPP:
		return fsk_err_set(err, FSK_EUNSUPPORTED,
		                   "packed or encrypted in a way not known here");
	case ZIP_ER_READ:
		return fsk_err_set(err, FSK_EIO, "%s", r->view.ranges.err.msg);
	default:
		return fsk_err_set(err, FSK_ECORRUPT, "damaged behind byte %llu: %s",
		                   (unsigned long long) r->done, zip_error_strerror(why));
	}
}

static int reading_open(struct reading *r, const struct fsk_input *in,
                        const struct fsk_zip_which *which, struct fsk_err *err)
{
	zip_uint64_t i;
	int rc;

	r->file = NULL;
	r->done = 0;
	rc = fsk_zip_view_open(&r->view, in, err);
	if (rc == 0)
		rc = find(&i, r->view.zip, which, err);
	if (rc < 0)
		return rc;
	if (zip_stat_index(r->view.zip, i, ZIP_FL_ENC_RAW, &r->st) == 0)
		r->file = zip_fopen_index(r->view.zip, i, 0);
	return r->file != NULL ? 0 : failed(r, zip_get_error(r->view.zip), err);
}

static void reading_close(struct reading *r)
{
	if (r->file != NULL)
		zip_fclose(r->file);
	fsk_zip_view_close(&r->view);
	free(r);
}

/* Unpacks the next piece: its bytes, 0 at the end. */
static int64_t next_piece(struct reading *r, struct fsk_err *err)
{
	zip_int64_t n = zip_fread(r->file, r->piece, sizeof(r->piece));

	if (n < 0)
		return failed(r, zip_file_get_error(r->file), err);
	r->done += (uint64_t) n;
	if (r->done > FSK_ZIP_MEMBER_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "the member is larger than %llu bytes",
		                   (unsigned long long) FSK_ZIP_MEMBER_MAX);
	if (r->done > FSK_ZIP_RATIO_FROM && r->done / FSK_ZIP_RATIO_MAX > r->st.comp_size)
		return fsk_err_set(err, FSK_ELIMIT,
		                   "the member unpacks to more than %u times its size",
		                   FSK_ZIP_RATIO_MAX);
	return n;
}

/* Adds what of the piece that ends at r->done lies in the range. */
static int take(struct fsk_buf *out, const struct reading *r, size_t n, uint64_t offset, size_t max,
                struct fsk_err *err)
{
	uint64_t from = r->done - n;
	size_t skip = offset > from ? (size_t) (offset - from) : 0;

	if (skip >= n)
		return 0;
	n -= skip;
	if (n > max - out->len)
		n = max - out->len;
	return fsk_buf_append(out, r->piece + skip, n, err);
}

int fsk_zip_read(struct fsk_buf *out, char **note, const struct fsk_input *in,
                 const struct fsk_zip_which *which, uint64_t offset, size_t max,
                 struct fsk_err *err)
{
	struct reading *r = malloc(sizeof(*r));
	struct fsk_err why = { 0 };
	int64_t n = 1;
	int rc;

	*note = NULL;
	if (r == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a member");
	rc = reading_open(r, in, which, err);
	while (rc == 0 && n > 0 && out->len < max) {
		n = next_piece(r, &why);
		if (n > 0)
			rc = take(out, r, (size_t) n, offset, max, err);
	}
	if (rc == 0 && n < 0 && why.code == FSK_ECORRUPT && r->done > 0)
		*note = fsk_text_dup(why.msg, strlen(why.msg));
	else if (rc == 0 && n < 0)
		rc = fsk_err_set(err, why.code, "%s", why.msg);
	reading_close(r);
	return rc;
}

int fsk_zip_digests(struct fsk_digests *out, uint64_t *size, const struct fsk_input *in,
                    const struct fsk_zip_which *which, struct fsk_err *err)
{
	struct reading *r = malloc(sizeof(*r));
	struct fsk_digest *d = NULL;
	int64_t n = 1;
	int rc;

	*size = 0;
	if (r == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a member");
	rc = reading_open(r, in, which, err);
	if (rc == 0)
		rc = fsk_digest_new(&d, FSK_DIGEST_ALL, err);
	while (rc == 0 && n > 0) {
		n = next_piece(r, err);
		rc = n < 0 ? (int) n : fsk_digest_update(d, r->piece, (size_t) n, err);
	}
	if (rc == 0)
		rc = fsk_digest_final(out, d, err);
	*size = r->done;
	fsk_digest_free(d);
	reading_close(r);
	return rc;
}
