#include "plugins/shared/cms.h"

#include <stdio.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pkcs7.h>
#include <openssl/ts.h>
#include <openssl/x509.h>

#include "core/base/cursor.h"
#include "core/base/text.h"
#include "plugins/shared/ranges.h"
#include "plugins/shared/x509.h"

#define OID_INDIRECT_DATA "1.3.6.1.4.1.311.2.1.4"
#define OID_OPUS_INFO "1.3.6.1.4.1.311.2.1.12"
#define OID_NESTED "1.3.6.1.4.1.311.2.4.1"
#define OID_TIME_STAMP "1.3.6.1.4.1.311.3.3.1"
#define OID_MAX 64

size_t fsk_cms_der_size(const uint8_t *p, size_t n, size_t max)
{
	struct fsk_cur c;
	size_t size;
	unsigned more;

	fsk_cur_init(&c, p, n);
	if (fsk_cur_u8(&c) != 0x30)
		return 0;
	size = fsk_cur_u8(&c);
	if (size >= 0x80) {
		more = size & 0x7f;
		if (more < 1 || more > 4)
			return 0;
		for (size = 0; more > 0; more--)
			size = size << 8 | fsk_cur_u8(&c);
	}
	return c.failed || c.pos > max || size > max - c.pos ? 0 : c.pos + size;
}

static bool is_oid(const ASN1_OBJECT *o, const char *oid)
{
	char text[OID_MAX];

	return OBJ_obj2txt(text, sizeof(text), o, 1) > 0 && strcmp(text, oid) == 0;
}

static void set(json_t *o, const char *key, json_t *value)
{
	if (value != NULL)
		json_object_set_new(o, key, value);
}

/* --- one signer --- */

/* What a signature covers: the content, without the header of its outermost value. */
struct content {
	const uint8_t *p;
	size_t n;
};

static X509 *certificate_of(const PKCS7_SIGNER_INFO *si, STACK_OF(X509) * certs)
{
	const PKCS7_ISSUER_AND_SERIAL *id = si->issuer_and_serial;

	if (certs == NULL || id == NULL || id->issuer == NULL || id->serial == NULL)
		return NULL;
	return X509_find_by_issuer_and_serial(certs, id->issuer, id->serial);
}

/* Does the attribute messageDigest say what the content has? */
static bool digest_matches(const PKCS7_SIGNER_INFO *si, struct content content)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	const ASN1_TYPE *told = PKCS7_get_signed_attribute(si, NID_pkcs9_messageDigest);
	unsigned n = 0;

	return told != NULL && told->type == V_ASN1_OCTET_STRING &&
	       fsk_x509_digest(digest, &n, si->digest_alg, content.p, content.n) &&
	       (unsigned) told->value.octet_string->length == n &&
	       memcmp(told->value.octet_string->data, digest, n) == 0;
}

static bool key_matches(const PKCS7_SIGNER_INFO *si, X509 *x, struct content content)
{
	const EVP_MD *md = EVP_get_digestbyobj(si->digest_alg->algorithm);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *key = X509_get0_pubkey(x);
	bool good = ctx != NULL && md != NULL && key != NULL &&
	            EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
	            EVP_DigestVerify(ctx, si->enc_digest->data, (size_t) si->enc_digest->length,
	                             content.p, content.n) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

/* NULL when the key of certificate `x` signed the content; else what did not fit. */
static const char *check(const PKCS7_SIGNER_INFO *si, X509 *x, struct content content)
{
	unsigned char *der = NULL;
	const char *why = NULL;
	int n;

	if (x == NULL)
		return "the signer's certificate is not among the certificates";
	if (EVP_get_digestbyobj(si->digest_alg->algorithm) == NULL)
		return "its digest algorithm is not known here";
	if (sk_X509_ATTRIBUTE_num(si->auth_attr) > 0) {
		if (!digest_matches(si, content))
			return "the signed attributes tell another digest of the content";
		n = ASN1_item_i2d((ASN1_VALUE *) si->auth_attr, &der,
		                  ASN1_ITEM_rptr(PKCS7_ATTR_VERIFY));
		if (n <= 0)
			return "the signed attributes cannot be read";
		content = (struct content){ der, (size_t) n };
	}
	if (!key_matches(si, x, content))
		why = "the bytes of the signature were not made with the signer's key";
	OPENSSL_free(der);
	return why;
}

/* --- time stamps --- */

static json_t *signing_time(const PKCS7_SIGNER_INFO *si)
{
	const ASN1_TYPE *t = PKCS7_get_signed_attribute(si, NID_pkcs9_signingTime);

	if (t == NULL || (t->type != V_ASN1_UTCTIME && t->type != V_ASN1_GENERALIZEDTIME))
		return NULL;
	return fsk_x509_time(t->value.utctime);
}

/* A counter-signature signs the bytes of the signature. */
static json_t *counter_signature(const PKCS7_SIGNER_INFO *signer, STACK_OF(X509) * certs,
                                 const ASN1_STRING *der)
{
	const unsigned char *p = der->data;
	PKCS7_SIGNER_INFO *si = (PKCS7_SIGNER_INFO *) ASN1_item_d2i(
	    NULL, &p, der->length, ASN1_ITEM_rptr(PKCS7_SIGNER_INFO));
	struct content content = { signer->enc_digest->data, (size_t) signer->enc_digest->length };
	json_t *o, *time;
	X509 *x;

	if (si == NULL)
		return fsk_x509_stamp("counter-signature", NULL, "cannot be read", NULL);
	x = certificate_of(si, certs);
	time = signing_time(si);
	o = fsk_x509_stamp("counter-signature", time,
	                   time == NULL ? "it tells no time" : check(si, x, content), x);
	ASN1_item_free((ASN1_VALUE *) si, ASN1_ITEM_rptr(PKCS7_SIGNER_INFO));
	return o;
}

/* --- a signature --- */

/* The n-th value of the attributes with this identifier that is a sequence. */
static const ASN1_STRING *attribute(STACK_OF(X509_ATTRIBUTE) * all, const char *oid, int n)
{
	for (int i = 0; i < sk_X509_ATTRIBUTE_num(all); i++) {
		X509_ATTRIBUTE *a = sk_X509_ATTRIBUTE_value(all, i);

		if (!is_oid(X509_ATTRIBUTE_get0_object(a), oid))
			continue;
		for (int k = 0; k < X509_ATTRIBUTE_count(a); k++) {
			const ASN1_TYPE *t = X509_ATTRIBUTE_get0_type(a, k);

			if (t != NULL && t->type == V_ASN1_SEQUENCE && n-- == 0)
				return t->value.sequence;
		}
	}
	return NULL;
}

static void tell_time(json_t *o, const PKCS7_SIGNER_INFO *si, STACK_OF(X509) * certs)
{
	const ASN1_STRING *der = attribute(si->unauth_attr, OID_TIME_STAMP, 0);
	const ASN1_STRING *old = attribute(si->unauth_attr, "1.2.840.113549.1.9.6", 0);
	json_t *time = signing_time(si), *stamp;

	if (der == NULL && old == NULL) {
		set(o, "time", time);
		return;
	}
	stamp = der != NULL ? fsk_x509_time_stamp(si->enc_digest->data,
	                                          (size_t) si->enc_digest->length, certs, der)
	                    : counter_signature(si, certs, old);
	set(o, "stamp", stamp);
	if (json_object_get(stamp, "time") != NULL) {
		json_object_set(o, "time", json_object_get(stamp, "time"));
		json_decref(time);
	} else {
		set(o, "time", time);
	}
}

/* What was signed: SpcIndirectDataContent, a sequence of what it is and its digest. */
static int read_digest(struct fsk_cms_signature *s, const ASN1_TYPE *content, struct fsk_err *err)
{
	const unsigned char *p, *end;
	const X509_ALGOR *algorithm;
	const ASN1_OCTET_STRING *digest;
	long length;
	int tag, class, rc = 0;
	X509_SIG *info;

	p = content->value.sequence->data;
	end = p + content->value.sequence->length;
	if (ASN1_get_object(&p, &length, &tag, &class, end - p) != V_ASN1_CONSTRUCTED)
		return fsk_err_set(err, FSK_ECORRUPT, "what was signed cannot be read");
	if (ASN1_get_object(&p, &length, &tag, &class, end - p) != V_ASN1_CONSTRUCTED)
		return fsk_err_set(err, FSK_ECORRUPT, "what was signed cannot be read");
	p += length;
	info = d2i_X509_SIG(NULL, &p, end - p);
	if (info == NULL)
		return fsk_err_set(err, FSK_ECORRUPT, "the digest in the signature cannot be read");
	X509_SIG_get0(info, &algorithm, &digest);
	if (digest->length < 1 || digest->length > (int) sizeof(s->digest)) {
		rc = fsk_err_set(err, FSK_ECORRUPT, "a digest of %d bytes", digest->length);
	} else {
		const char *name = OBJ_nid2sn(OBJ_obj2nid(algorithm->algorithm));

		s->size = (size_t) digest->length;
		memcpy(s->digest, digest->data, s->size);
		for (size_t i = 0; name[i] != '\0' && i + 1 < sizeof(s->algorithm); i++)
			s->algorithm[i] = (char) (name[i] | (name[i] >= 'A' && name[i] <= 'Z')
			                                        << 5);
	}
	X509_SIG_free(info);
	return rc;
}

/* The next value at *p: its content, which is skipped. False when there is none. */
static bool value(struct content *out, int *tag, const unsigned char **p, const unsigned char *end)
{
	long length = 0;
	int class;

	if (*p >= end || (ASN1_get_object(p, &length, tag, &class, end - *p) & 0x81) != 0)
		return false;
	*out = (struct content){ *p, (size_t) length };
	*p += length;
	return true;
}

/* Text of a certificate's kinds: bytes, or UTF-16 with the high byte first. */
static json_t *text_of(struct content c, bool wide)
{
	size_t n = c.n < FSK_X509_NAME_MAX ? c.n : FSK_X509_NAME_MAX;
	uint8_t swapped[FSK_X509_NAME_MAX];
	struct fsk_buf b;
	json_t *j = NULL;

	if (!wide)
		return fsk_json_bytes(c.p, n);
	for (size_t i = 0; i + 1 < n; i += 2) {
		swapped[i] = c.p[i + 1];
		swapped[i + 1] = c.p[i];
	}
	fsk_buf_init(&b, 4 * FSK_X509_NAME_MAX);
	if (fsk_text_append_utf16le(&b, swapped, n & ~(size_t) 1, false, NULL) == 0)
		j = fsk_json_bytes(b.data != NULL ? b.data : swapped, b.len);
	fsk_buf_free(&b);
	return j;
}

/* SpcSpOpusInfo: [0] a name, [1] a link, each again a choice by tag. */
static void tell_program(json_t *o, const PKCS7_SIGNER_INFO *si)
{
	const ASN1_STRING *der = attribute(si->auth_attr, OID_OPUS_INFO, 0);
	struct content all, part, inner;
	const unsigned char *p, *end;
	int tag, kind;

	if (der == NULL)
		return;
	p = der->data;
	if (!value(&all, &tag, &p, der->data + der->length))
		return;
	for (p = all.p, end = all.p + all.n; value(&part, &tag, &p, end);) {
		const unsigned char *at = part.p;

		if (!value(&inner, &kind, &at, part.p + part.n) || inner.n == 0)
			continue;
		if (tag == 0)
			set(o, "program", text_of(inner, kind == 0));
		else if (tag == 1 && kind == 0)
			set(o, "url", text_of(inner, false));
	}
}

/* The content of a sequence, without tag and length. */
static struct content inside(const ASN1_TYPE *sequence)
{
	const unsigned char *p = sequence->value.sequence->data;
	const unsigned char *end = p + sequence->value.sequence->length;
	long length = 0;
	int tag, class;

	if (ASN1_get_object(&p, &length, &tag, &class, end - p) & 0x80)
		return (struct content){ end, 0 };
	return (struct content){ p, (size_t) length };
}

static int read_signer(struct fsk_cms_signature *s, PKCS7 *p7, struct fsk_err *err)
{
	const PKCS7_SIGNER_INFO *si = sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(p7), 0);
	STACK_OF(X509) *certs = p7->d.sign->cert;
	const char *why;
	X509 *x;

	if (si == NULL)
		return fsk_err_set(err, FSK_ECORRUPT, "the signature has no signer");
	x = certificate_of(si, certs);
	why = check(si, x, inside(p7->d.sign->contents->d.other));
	s->sealed = why == NULL;
	if (why != NULL)
		set(s->told, "why", json_string(why));
	set(s->told, "issuer", fsk_x509_name(si->issuer_and_serial->issuer));
	set(s->told, "serial", fsk_x509_serial(si->issuer_and_serial->serial));
	if (x != NULL) {
		set(s->told, "subject", fsk_x509_name(X509_get_subject_name(x)));
		set(s->told, "name", fsk_x509_short_name(X509_get_subject_name(x)));
	}
	tell_program(s->told, si);
	tell_time(s->told, si, certs);
	set(s->told, "chain", fsk_x509_chain(certs));
	return 0;
}

static int read_one(struct fsk_cms *out, PKCS7 *p7, unsigned parent, unsigned depth,
                    struct fsk_err *err);

static void read_nested(struct fsk_cms *out, PKCS7 *p7, unsigned parent, unsigned depth)
{
	const PKCS7_SIGNER_INFO *si = sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(p7), 0);
	const ASN1_STRING *der;

	for (int i = 0; (der = attribute(si->unauth_attr, OID_NESTED, i)) != NULL; i++) {
		const unsigned char *p = der->data;
		PKCS7 *inner = d2i_PKCS7(NULL, &p, der->length);
		struct fsk_err err = { 0 };

		if (inner == NULL || read_one(out, inner, parent, depth + 1, &err) < 0)
			set(out->items[parent - 1].told, "nested_damage",
			    json_string(inner == NULL ? "a nested signature cannot be read"
			                              : err.msg));
		PKCS7_free(inner);
	}
}

static int read_one(struct fsk_cms *out, PKCS7 *p7, unsigned parent, unsigned depth,
                    struct fsk_err *err)
{
	struct fsk_cms_signature *s = &out->items[out->count];
	const PKCS7 *content;
	int rc;

	if (out->count == FSK_PE_SIGNATURES_MAX || depth == FSK_PE_NESTING_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more nested signatures than are read");
	if (!PKCS7_type_is_signed(p7) || p7->d.sign == NULL || p7->d.sign->contents == NULL)
		return fsk_err_set(err, FSK_ECORRUPT, "no signed data");
	content = p7->d.sign->contents;
	if (!is_oid(content->type, OID_INDIRECT_DATA) || content->d.other == NULL ||
	    content->d.other->type != V_ASN1_SEQUENCE)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "it signs something else than a program");
	memset(s, 0, sizeof(*s));
	s->told = json_object();
	s->parent = parent;
	rc = read_digest(s, content->d.other, err);
	if (rc == 0)
		rc = read_signer(s, p7, err);
	if (rc < 0) {
		json_decref(s->told);
		return rc;
	}
	out->count++;
	read_nested(out, p7, out->count, depth);
	return 0;
}

int fsk_cms_read(struct fsk_cms *out, const uint8_t *p, size_t n, struct fsk_err *err)
{
	const unsigned char *at = p;
	PKCS7 *p7;
	int rc;

	if (n > FSK_CMS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "a signature of %zu bytes", n);
	p7 = d2i_PKCS7(NULL, &at, (long) n);
	rc = p7 == NULL ? fsk_err_set(err, FSK_ECORRUPT, "no PKCS #7 value")
	                : read_one(out, p7, 0, 0, err);
	PKCS7_free(p7);
	ERR_clear_error(); /* a queue of this thread, of no use to anybody else */
	return rc;
}

void fsk_cms_free(struct fsk_cms *c)
{
	for (unsigned i = 0; i < c->count; i++)
		json_decref(c->items[i].told);
	memset(c, 0, sizeof(*c));
}
