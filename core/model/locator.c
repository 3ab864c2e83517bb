#include "core/model/locator.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/model/jsontext.h"
#include "core/model/types.h"

void fsk_locator_free(struct fsk_locator *l)
{
	free(l->stream);
	free(l->path);
	*l = (struct fsk_locator){ 0 };
}

int fsk_locator_copy(struct fsk_locator *out, const struct fsk_locator *in, struct fsk_err *err)
{
	*out = *in;
	out->path = in->path != NULL ? strdup(in->path) : NULL;
	out->stream = in->stream != NULL ? strdup(in->stream) : NULL;
	if ((in->path != NULL && out->path == NULL) ||
	    (in->stream != NULL && out->stream == NULL)) {
		fsk_locator_free(out);
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a locator");
	}
	return 0;
}

static int cmp_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int cmp_str(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

int fsk_locator_cmp(const struct fsk_locator *a, const struct fsk_locator *b)
{
	int c = cmp_u64(a->source, b->source);

	if (c == 0)
		c = cmp_u64(a->volume, b->volume);
	if (c == 0)
		c = cmp_str(a->path, b->path);
	if (c == 0)
		c = cmp_str(a->stream, b->stream);
	if (c == 0)
		c = (int) a->deleted - (int) b->deleted;
	if (c == 0)
		c = cmp_u64(a->addr, b->addr);
	return c;
}

json_t *fsk_locator_to_json(const struct fsk_locator *l)
{
	json_t *o = json_pack("{s:I, s:I, s:I, s:o}", "source", (json_int_t) l->source, "volume",
	                      (json_int_t) l->volume, "addr", (json_int_t) l->addr, "path",
	                      fsk_json_text(l->path != NULL ? l->path : ""));
	int bad = 0;

	if (o == NULL)
		return NULL;
	if (l->seq != 0)
		bad |= json_object_set_new(o, "seq", json_integer((json_int_t) l->seq));
	if (l->stream != NULL)
		bad |= json_object_set_new(o, "stream", fsk_json_text(l->stream));
	if (l->deleted)
		bad |= json_object_set_new(o, "deleted", json_true());
	if (bad) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static int append_number(struct fsk_buf *out, const char *name, uint64_t v, struct fsk_err *err)
{
	int rc = fsk_buf_append_str(out, name, err);

	return rc == 0 ? fsk_jsontext_integer(out, (int64_t) v, err) : rc;
}

static int append_text(struct fsk_buf *out, const char *name, const char *s, struct fsk_err *err)
{
	int rc = fsk_buf_append_str(out, name, err);

	return rc == 0 ? fsk_jsontext_string(out, s, strlen(s), err) : rc;
}

int fsk_locator_append(struct fsk_buf *out, const struct fsk_locator *l, struct fsk_err *err)
{
	int rc = append_number(out, "{\"addr\":", l->addr, err);

	if (rc == 0 && l->deleted)
		rc = fsk_buf_append_str(out, ",\"deleted\":true", err);
	if (rc == 0)
		rc = append_text(out, ",\"path\":", l->path != NULL ? l->path : "", err);
	if (rc == 0 && l->seq != 0)
		rc = append_number(out, ",\"seq\":", l->seq, err);
	if (rc == 0)
		rc = append_number(out, ",\"source\":", l->source, err);
	if (rc == 0 && l->stream != NULL)
		rc = append_text(out, ",\"stream\":", l->stream, err);
	if (rc == 0)
		rc = append_number(out, ",\"volume\":", l->volume, err);
	return rc == 0 ? fsk_buf_append_u8(out, '}', err) : rc;
}

int fsk_locator_from_json(struct fsk_locator *out, const json_t *j, struct fsk_err *err)
{
	struct fsk_locator view = { 0 }; /* borrows its strings from j */
	const char *path, *stream;
	uint64_t source, volume;
	int rc;

	*out = view;
	if ((rc = fsk_json_get_u64(&source, j, "source", err)) < 0 ||
	    (rc = fsk_json_get_u64(&volume, j, "volume", err)) < 0 ||
	    (rc = fsk_json_get_u64(&view.addr, j, "addr", err)) < 0 ||
	    (rc = fsk_json_get_str(&path, j, "path", err)) < 0 ||
	    (rc = fsk_json_opt_u64(&view.seq, j, "seq", 0, err)) < 0 ||
	    (rc = fsk_json_opt_str(&stream, j, "stream", NULL, err)) < 0 ||
	    (rc = fsk_json_opt_bool(&view.deleted, j, "deleted", false, err)) < 0)
		return rc;
	if (source >= FSK_SOURCES_MAX || volume >= FSK_VOLUMES_MAX || strlen(path) > FSK_PATH_MAX ||
	    (stream != NULL && strlen(stream) > FSK_NAME_MAX))
		return fsk_err_set(err, FSK_EPROTO, "locator is out of range");
	view.source = (uint32_t) source;
	view.volume = (uint32_t) volume;
	view.path = (char *) (uintptr_t) path;
	view.stream = (char *) (uintptr_t) stream;
	return fsk_locator_copy(out, &view, err);
}
