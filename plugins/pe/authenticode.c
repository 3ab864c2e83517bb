#include "plugins/pe/authenticode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "plugins/shared/x509.h"

enum { RECORD_HEAD = 8, TYPE_PKCS7 = 2, ALIGN = 8, SLACK_PIECE = 4096, DER_HEAD = 6 };

/* --- reading --- */

/* Bytes from `at` to `end`, as far as the file has them. */
static struct fsk_pe_slack slack(const struct fsk_pe *pe, uint64_t at, uint64_t end)
{
	struct fsk_pe_slack s = { .offset = at, .zero = true };
	uint8_t piece[SLACK_PIECE];

	end = end < pe->file->in.size ? end : pe->file->in.size;
	s.size = end > at ? end - at : 0;
	if (s.size > FSK_PE_SLACK_MAX)
		end = at + FSK_PE_SLACK_MAX;
	while (at < end && s.zero) {
		size_t want = end - at < sizeof(piece) ? (size_t) (end - at) : sizeof(piece);
		size_t got = fsk_ranges_read(pe->file, piece, want, at);

		for (size_t i = 0; i < got; i++)
			s.zero = s.zero && piece[i] == 0;
		if (got < want)
			break;
		at += got;
	}
	return s;
}

static void damage(struct fsk_pe_table *t, const struct fsk_pe *pe, uint64_t at, int code,
                   const char *why)
{
	if (t->damage[0] == '\0') {
		snprintf(t->damage, sizeof(t->damage), "%.*s", (int) sizeof(t->damage) - 1, why);
		t->damage_code = code;
	}
	if (code != FSK_EUNSUPPORTED)
		fsk_ranges_note(pe->file, at, "%s", why);
}

/* The DER value of a record, and the signatures in it. */
static void value(struct fsk_pe_table *t, const struct fsk_pe *pe, struct fsk_pe_record *r)
{
	struct fsk_err err = { 0 };
	uint64_t at = r->offset + RECORD_HEAD;
	uint8_t head[DER_HEAD], *p;
	size_t n;
	int rc;

	fsk_ranges_read(pe->file, head, sizeof(head), at);
	n = fsk_cms_der_size(head, sizeof(head), r->size - RECORD_HEAD);
	r->der = (uint32_t) n;
	if (!t->signatures)
		return;
	if (n == 0 || n > FSK_CMS_MAX) {
		rc = n == 0 ? FSK_ECORRUPT : FSK_ELIMIT;
		damage(t, pe, at, rc,
		       n == 0 ? "no DER value in the certificate table"
		              : "a signature larger than is read");
		return;
	}
	p = malloc(n);
	if (p == NULL || !fsk_ranges_read_all(pe->file, p, n, at))
		rc = fsk_err_set(&err, FSK_EIO, "the signature cannot be read");
	else
		rc = fsk_cms_read(&t->cms, p, n, &err);
	if (rc < 0)
		damage(t, pe, at, rc, err.msg);
	free(p);
}

/* One record; false when there is none at `at`. */
static bool record(struct fsk_pe_table *t, const struct fsk_pe *pe, uint64_t at, uint64_t end)
{
	struct fsk_pe_record *r = &t->records[t->nrecords];
	uint8_t raw[RECORD_HEAD];
	struct fsk_cur c;

	if (end - at < RECORD_HEAD || !fsk_ranges_read_all(pe->file, raw, sizeof(raw), at))
		return false;
	fsk_cur_init(&c, raw, sizeof(raw));
	r->offset = at;
	r->size = fsk_cur_u32le(&c);
	r->revision = fsk_cur_u16le(&c);
	r->type = fsk_cur_u16le(&c);
	if (r->size < RECORD_HEAD || r->size > end - at) {
		if (t->nrecords == 0 && !t->cut)
			damage(t, pe, at, FSK_ECORRUPT,
			       "the record in the certificate table tells a wrong size");
		return false;
	}
	t->nrecords++;
	if (r->type == TYPE_PKCS7)
		value(t, pe, r);
	if (r->der != 0)
		r->slack = slack(pe, at + RECORD_HEAD + r->der, at + r->size);
	return true;
}

void fsk_pe_table_read(struct fsk_pe_table *out, const struct fsk_pe *pe, bool signatures)
{
	const struct fsk_pe_directory *d = &pe->directories[FSK_PE_CERTIFICATE];
	uint64_t size = pe->file->in.size, at = d->address, end = at + d->size;

	memset(out, 0, sizeof(*out));
	if (d->address == 0 || d->size == 0)
		return;
	out->signatures = signatures;
	out->offset = at;
	out->size = d->size;
	out->cut = end > size;
	if (out->cut) {
		damage(out, pe, at, FSK_ECORRUPT,
		       "the certificate table ends behind the end of the file");
		end = size;
	} else if (at < pe->size_of_headers) {
		damage(out, pe, at, FSK_ECORRUPT, "the certificate table lies in the headers");
	}
	while (at < end && out->nrecords < FSK_PE_CERTIFICATES_MAX && record(out, pe, at, end)) {
		uint64_t next = out->records[out->nrecords - 1].size;

		at += (next + ALIGN - 1) / ALIGN * ALIGN;
	}
	out->rest = slack(pe, at, end);
	out->behind = slack(pe, (uint64_t) d->address + d->size, size);
}

void fsk_pe_table_free(struct fsk_pe_table *t)
{
	fsk_cms_free(&t->cms);
}

unsigned fsk_pe_table_digests(const struct fsk_pe_table *t)
{
	unsigned all = 0;

	for (unsigned i = 0; i < t->cms.count; i++)
		all |= fsk_pe_digest_named(t->cms.items[i].algorithm);
	return all;
}

/* --- telling --- */

static json_t *slack_json(const struct fsk_pe_slack *s)
{
	return json_pack("{s:I, s:I, s:b}", "offset", (json_int_t) s->offset, "size",
	                 (json_int_t) s->size, "zero", (int) s->zero);
}

static void set_slack(json_t *o, const char *key, const struct fsk_pe_slack *s)
{
	if (s->size > 0)
		json_object_set_new(o, key, slack_json(s));
}

static bool equal(const struct fsk_cms_signature *s, const struct fsk_pe_digest *d)
{
	return d->size == s->size && memcmp(d->bytes, s->digest, s->size) == 0;
}

/* Is the file what was signed? Files with gaps between their sections can be read in two
 * ways; either will do, since both cover what is loaded. */
static const char *judge(json_t *digest, const struct fsk_cms_signature *s, const struct fsk_pe *pe,
                         const struct fsk_pe_content *c)
{
	unsigned bit = fsk_pe_digest_named(s->algorithm);
	struct fsk_pe_digest other = { 0 };
	bool same = true;

	if (bit == 0)
		return "unsupported";
	if (c == NULL)
		return "unchecked";
	for (unsigned i = 0; i < FSK_PE_DIGESTS; i++) {
		if (bit != 1u << i)
			continue;
		json_object_set_new(digest, "computed",
		                    fsk_x509_hex(c->image[i].bytes, c->image[i].size));
		if (equal(s, &c->image[i]))
			return "valid-digest";
	}
	if (fsk_pe_content_by_sections(&other, &same, bit, pe, NULL) == 0 && !same) {
		json_object_set_new(digest, "by_sections", fsk_x509_hex(other.bytes, other.size));
		if (equal(s, &other))
			return "valid-digest";
	}
	return "digest-differs";
}

static json_t *signature_json(const struct fsk_cms_signature *s, const struct fsk_pe *pe,
                              const struct fsk_pe_content *c)
{
	json_t *o = json_copy(s->told);
	json_t *digest = json_pack("{s:s, s:o}", "algorithm", s->algorithm, "told",
	                           fsk_x509_hex(s->digest, s->size));
	const char *state = judge(digest, s, pe, c);

	json_object_set_new(o, "digest", digest);
	if (!s->sealed && strcmp(state, "digest-differs") != 0)
		state = "not-sealed";
	json_object_set_new(o, "state", json_string(state));
	return o;
}

static json_t *record_json(const struct fsk_pe_record *r)
{
	json_t *o = json_pack("{s:I, s:I, s:I, s:I, s:I}", "offset", (json_int_t) r->offset, "size",
	                      (json_int_t) r->size, "type", (json_int_t) r->type, "revision",
	                      (json_int_t) r->revision, "der", (json_int_t) r->der);

	set_slack(o, "slack", &r->slack);
	return o;
}

json_t *fsk_pe_table_layout(const struct fsk_pe_table *t)
{
	json_t *list, *o;

	if (t->size == 0)
		return NULL;
	list = json_array();
	o = json_pack("{s:I, s:I, s:b}", "offset", (json_int_t) t->offset, "size",
	              (json_int_t) t->size, "cut", (int) t->cut);

	for (unsigned i = 0; i < t->nrecords; i++)
		json_array_append_new(list, record_json(&t->records[i]));
	json_object_set_new(o, "records", list);
	set_slack(o, "rest", &t->rest);
	set_slack(o, "behind", &t->behind);
	return o;
}

json_t *fsk_pe_table_tell(const struct fsk_pe_table *t, const struct fsk_pe *pe,
                          const struct fsk_pe_content *c)
{
	json_t *o, *more = json_array();

	if (t->size == 0) {
		json_decref(more);
		return json_pack("{s:s}", "state", "none");
	}
	o = t->cms.count > 0
	        ? signature_json(&t->cms.items[0], pe, c)
	        : json_pack("{s:s}", "state",
	                    t->damage_code == FSK_EUNSUPPORTED ? "unsupported" : "damaged");
	for (unsigned i = 1; i < t->cms.count; i++)
		json_array_append_new(more, signature_json(&t->cms.items[i], pe, c));
	json_object_set_new(o, "more", more);
	if (t->damage[0] != '\0')
		json_object_set_new(o, "damage", json_string(t->damage));
	if (t->nrecords > 0)
		set_slack(o, "slack", &t->records[0].slack);
	json_object_set_new(o, "table", fsk_pe_table_layout(t));
	return o;
}
