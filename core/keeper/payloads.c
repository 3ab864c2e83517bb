#include "core/keeper/payloads.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/keeper/collect.h"

int fsk_payloads_open(struct fsk_payloads *p, const struct fsk_options *o, struct fsk_err *err)
{
	int rc;

	if (o->nrecipients == 0)
		return 0;
	p->known = json_object();
	rc = fsk_envelope_new(&p->envelope, err);
	for (size_t i = 0; rc == 0 && i < o->nrecipients; i++)
		rc = fsk_envelope_add(p->envelope, o->recipients[i], err);
	return rc < 0 ? fsk_err_wrap(err, "--export-payloads") : 0;
}

void fsk_payloads_free(struct fsk_payloads *p)
{
	fsk_payloads_abandon(p, NULL);
	fsk_envelope_free(p->envelope);
	json_decref(p->known);
	*p = (struct fsk_payloads){ 0 };
}

json_t *fsk_payloads_describe(const struct fsk_payloads *p)
{
	json_t *list = p->envelope != NULL ? json_array() : NULL;
	char sha256[FSK_SHA256_HEX], *subject;

	for (size_t i = 0; list != NULL; i++) {
		subject = fsk_envelope_recipient(sha256, p->envelope, i);
		if (subject == NULL)
			break;
		json_array_append_new(list, json_pack("{s:o, s:s}", "subject",
		                                      fsk_json_text(subject), "sha256", sha256));
		free(subject);
	}
	return list;
}

static void release(struct fsk_payload *x)
{
	fsk_buf_free(&x->bytes);
	free(x);
}

void fsk_payloads_abandon(struct fsk_payloads *p, const struct fsk_task *t)
{
	struct fsk_payload **at = &p->incoming, *x;

	while ((x = *at) != NULL) {
		if (t != NULL && x->task != t) {
			at = &x->next;
			continue;
		}
		*at = x->next;
		release(x);
	}
}

/* ---- one message ---- */

struct piece {
	const char *plugin, *name, *kind; /* NULL: not told */
	const json_t *locator;
	uint64_t size, at;
};

static int read_piece(struct piece *p, const struct fsk_task *t, const struct fsk_msg *m,
                      struct fsk_err *err)
{
	int rc = fsk_collect_origin(&p->plugin, t, m->head, err);

	if (rc < 0 || (rc = fsk_json_get_u64(&p->size, m->head, "size", err)) < 0 ||
	    (rc = fsk_json_get_u64(&p->at, m->head, "at", err)) < 0 ||
	    (rc = fsk_json_opt_str(&p->name, m->head, "name", NULL, err)) < 0 ||
	    (rc = fsk_json_opt_str(&p->kind, m->head, "kind", NULL, err)) < 0)
		return rc;
	p->locator = json_object_get(m->head, "locator");
	if (!fsk_collect_lies_on(t, p->locator))
		return fsk_err_set(err, FSK_EPROTO, "PAYLOAD from another task's volume");
	if ((p->name != NULL && strlen(p->name) > FSK_REASON_MAX) ||
	    (p->kind != NULL && strlen(p->kind) > FSK_REASON_MAX))
		return fsk_err_set(err, FSK_EPROTO, "PAYLOAD with a name that is too long");
	if (p->size == 0 || p->size > FSK_PAYLOAD_MAX || p->at >= p->size || m->blob_len == 0 ||
	    m->blob_len > p->size - p->at)
		return fsk_err_set(err, FSK_EPROTO, "PAYLOAD: %zu bytes at %llu of %llu",
		                   m->blob_len, (unsigned long long) p->at,
		                   (unsigned long long) p->size);
	return 0;
}

/* The one of this task; a first piece begins a new one. */
static int find(struct fsk_payload **out, struct fsk_payloads *p, const struct fsk_task *t,
                const struct piece *piece, struct fsk_err *err)
{
	struct fsk_payload *x;

	if (piece->at == 0) {
		fsk_payloads_abandon(p, t);
		x = calloc(1, sizeof(*x));
		if (x == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "out of memory");
		*x = (struct fsk_payload){ .task = t, .size = piece->size, .next = p->incoming };
		fsk_buf_init(&x->bytes, FSK_PAYLOAD_MAX);
		p->incoming = x;
	}
	for (x = p->incoming; x != NULL && x->task != t; x = x->next)
		;
	if (x == NULL || x->size != piece->size || x->bytes.len != piece->at)
		return fsk_err_set(err, FSK_EPROTO, "PAYLOAD: a piece is missing");
	*out = x;
	return 0;
}

/* ---- the member ---- */

static json_t *describe(const struct piece *piece, const char *sha256)
{
	json_t *j = json_pack("{s:s, s:I, s:s}", "sha256", sha256, "size", (json_int_t) piece->size,
	                      "plugin", piece->plugin);

	if (piece->name != NULL)
		json_object_set_new(j, "name", fsk_json_text(piece->name));
	if (piece->kind != NULL)
		json_object_set_new(j, "kind", fsk_json_text(piece->kind));
	return j;
}

static int write_member(struct fsk_archive *a, const struct fsk_buf *sealed, const char *sha256,
                        const struct fsk_locator *from, json_t *payload, struct fsk_err *err)
{
	char name[sizeof("payloads/.p7m") + FSK_SHA256_HEX];
	const struct fsk_member m = {
		.name = name,
		.locator = from,
		.expected = sealed->len,
		.payload = payload,
		.tag = FSK_PAYLOAD_TAG,
	};
	struct fsk_open_member *out;
	int rc;

	snprintf(name, sizeof(name), "payloads/%s.p7m", sha256);
	rc = fsk_archive_begin(&out, a, &m, err);
	if (rc == 0)
		rc = fsk_archive_write(out, sealed->data, sealed->len, err);
	return rc == 0 ? fsk_archive_end(out, FSK_STATUS_COMPLETE, NULL, NULL, 0, err) : rc;
}

static void report(struct fsk_collect *c, int code, const char *why, const struct piece *piece,
                   const struct fsk_locator *from)
{
	char *place = fsk_collect_place(c, from);
	json_t *a = fsk_anomaly_json(code, place != NULL ? place : from->path, why, from, NULL, 0);

	json_object_set_new(a, "plugin", json_string(piece->plugin));
	fsk_collect_anomaly(c, a);
	json_decref(a);
	free(place);
}

/* Seals and writes what came, unless it was there before. Returns what the archive
 * says. */
static int keep(struct fsk_collect *c, const struct fsk_payload *x, const struct piece *piece,
                const struct fsk_locator *from, struct fsk_err *err)
{
	struct fsk_payloads *p = &c->payloads;
	struct fsk_digests d;
	struct fsk_buf sealed;
	json_t *payload;
	int rc = fsk_digest_bytes(&d, FSK_DIGEST_SHA256, x->bytes.data, x->bytes.len, err);

	if (rc < 0 || json_object_get(p->known, d.sha256) != NULL)
		return rc;
	if (p->count == FSK_PAYLOADS_RUN_MAX) {
		if (!p->full)
			report(c, FSK_ELIMIT, "a run exports no more payloads", piece, from);
		p->full = true;
		return 0;
	}
	fsk_buf_init(&sealed, FSK_PAYLOAD_SEALED_MAX);
	rc = fsk_envelope_seal(&sealed, p->envelope, x->bytes.data, x->bytes.len, err);
	if (rc < 0) {
		report(c, rc, err->msg, piece, from);
		rc = 0;
	} else {
		payload = describe(piece, d.sha256);
		rc = write_member(c->archive, &sealed, d.sha256, from, payload, err);
		json_decref(payload);
		json_object_set_new(p->known, d.sha256, json_true());
		p->count++;
	}
	fsk_buf_free(&sealed);
	return rc;
}

static int complete(struct fsk_collect *c, const struct fsk_payload *x, const struct piece *piece,
                    struct fsk_err *err)
{
	struct fsk_locator from;
	struct fsk_err failed;
	int rc = fsk_locator_from_json(&from, piece->locator, err);

	if (rc < 0)
		return rc;
	rc = keep(c, x, piece, &from, &failed);
	fsk_locator_free(&from);
	fsk_payloads_abandon(&c->payloads, x->task);
	return rc < 0 ? fsk_collect_archive_failed(c, &failed) : 0;
}

int fsk_payloads_on_payload(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                            struct fsk_err *err)
{
	struct fsk_collect *c = arg;
	struct fsk_payload *x = NULL;
	struct piece piece;
	bool last;
	int rc;

	if (c->payloads.envelope == NULL || c->archive == NULL)
		return fsk_err_set(err, FSK_EPROTO, "nobody asked for payloads");
	rc = read_piece(&piece, t, m, err);
	if (rc < 0)
		return rc;
	last = piece.at + m->blob_len == piece.size;
	if (last && !fsk_archive_has_room(c->archive, NULL, FSK_PAYLOAD_SEALED_MAX))
		return FSK_CREW_WAIT;
	rc = find(&x, &c->payloads, t, &piece, err);
	if (rc == 0)
		rc = fsk_buf_append(&x->bytes, m->blob, m->blob_len, err);
	return rc == 0 && last ? complete(c, x, &piece, err) : rc;
}
