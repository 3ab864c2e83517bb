#include "plugins/shared/x509.h"

#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ts.h>

#include "core/base/limits.h"
#include "plugins/shared/ranges.h"

#define TIME_TEXT 32

static void set(json_t *o, const char *key, json_t *value)
{
	if (value != NULL)
		json_object_set_new(o, key, value);
}

json_t *fsk_x509_name(const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	json_t *j = NULL;
	char *p;
	long n;

	if (bio != NULL && name != NULL &&
	    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
		n = BIO_get_mem_data(bio, &p);
		n = n < (long) FSK_X509_NAME_MAX ? n : (long) FSK_X509_NAME_MAX;
		j = fsk_json_bytes(p, (size_t) n);
	}
	BIO_free(bio);
	return j != NULL ? j : json_string("");
}

json_t *fsk_x509_part(const X509_NAME *name, int nid)
{
	int at = X509_NAME_get_index_by_NID(name, nid, -1), n;
	unsigned char *utf8;
	json_t *j;

	if (at < 0)
		return NULL;
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (n < 0)
		return NULL;
	n = n < (int) FSK_X509_NAME_MAX ? n : (int) FSK_X509_NAME_MAX;
	j = fsk_json_bytes(utf8, (size_t) n);
	OPENSSL_free(utf8);
	return j;
}

json_t *fsk_x509_short_name(const X509_NAME *name)
{
	json_t *j = fsk_x509_part(name, NID_commonName);

	if (j == NULL)
		j = fsk_x509_part(name, NID_organizationName);
	return j != NULL ? j : fsk_x509_name(name);
}

json_t *fsk_x509_serial(const ASN1_INTEGER *serial)
{
	const uint8_t *p = ASN1_STRING_get0_data(serial);
	int n = ASN1_STRING_length(serial);
	char text[2 * 64 + 2] = "";
	size_t at = 0;

	if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
		text[at++] = '-';
	for (int i = 0; i < n && i < 64; i++, at += 2)
		snprintf(text + at, sizeof(text) - at, "%02x", p[i]);
	return json_string(text);
}

json_t *fsk_x509_time(const ASN1_TIME *t)
{
	char text[TIME_TEXT];
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return NULL;
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", (tm.tm_year + 1900) % 10000,
	         tm.tm_mon % 100 + 1, tm.tm_mday % 100, tm.tm_hour % 100, tm.tm_min % 100,
	         tm.tm_sec % 100);
	return json_string(text);
}

json_t *fsk_x509_certificate(const X509 *x)
{
	json_t *o = json_object();

	set(o, "subject", fsk_x509_name(X509_get_subject_name(x)));
	set(o, "issuer", fsk_x509_name(X509_get_issuer_name(x)));
	set(o, "serial", fsk_x509_serial(X509_get0_serialNumber(x)));
	set(o, "from", fsk_x509_time(X509_get0_notBefore(x)));
	set(o, "to", fsk_x509_time(X509_get0_notAfter(x)));
	return o;
}

json_t *fsk_x509_chain(const STACK_OF(X509) * certs)
{
	json_t *list = json_array();

	for (int i = 0; i < sk_X509_num(certs) && i < (int) FSK_CMS_CHAIN_MAX; i++)
		json_array_append_new(list, fsk_x509_certificate(sk_X509_value(certs, i)));
	return list;
}

json_t *fsk_x509_hex(const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * EVP_MAX_MD_SIZE + 1] = "";

	for (size_t i = 0; i < n && i < EVP_MAX_MD_SIZE; i++) {
		text[2 * i] = digits[((const uint8_t *) p)[i] >> 4];
		text[2 * i + 1] = digits[((const uint8_t *) p)[i] & 15];
	}
	return json_string(text);
}

bool fsk_x509_digest(uint8_t out[EVP_MAX_MD_SIZE], unsigned *n, const X509_ALGOR *algorithm,
                     const void *p, size_t size)
{
	const EVP_MD *md = EVP_get_digestbyobj(algorithm->algorithm);

	return md != NULL && EVP_Digest(p, size, out, n, md, NULL) == 1;
}

/* --- CMS --- */

static X509 *signer_certificate(CMS_SignerInfo *si, STACK_OF(X509) * first, STACK_OF(X509) * second)
{
	STACK_OF(X509) *const all[] = { first, second };

	for (int k = 0; k < 2; k++)
		for (int i = 0; i < sk_X509_num(all[k]); i++)
			if (CMS_SignerInfo_cert_cmp(si, sk_X509_value(all[k], i)) == 0)
				return sk_X509_value(all[k], i);
	return NULL;
}

const char *fsk_x509_check(X509 **signer, CMS_SignerInfo *si, STACK_OF(X509) * first,
                           STACK_OF(X509) * second, const void *content, size_t size)
{
	const ASN1_OCTET_STRING *told = CMS_signed_get0_data_by_OBJ(
	    si, OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING);
	uint8_t digest[EVP_MAX_MD_SIZE];
	X509_ALGOR *algorithm = NULL;
	unsigned n = 0;

	*signer = signer_certificate(si, first, second);
	if (*signer == NULL)
		return "the signer's certificate is not among the certificates";
	CMS_SignerInfo_get0_algs(si, NULL, NULL, &algorithm, NULL);
	if (told == NULL || !fsk_x509_digest(digest, &n, algorithm, content, size) ||
	    (unsigned) told->length != n || memcmp(told->data, digest, n) != 0)
		return "the signed attributes tell another digest of the content";
	CMS_SignerInfo_set1_signer_cert(si, *signer);
	if (CMS_SignerInfo_verify(si) != 1)
		return "the bytes of the signature were not made with the signer's key";
	return NULL;
}

/* --- time stamps --- */

struct bytes {
	const uint8_t *p;
	size_t n;
};

json_t *fsk_x509_stamp(const char *kind, json_t *time, const char *why, const X509 *x)
{
	json_t *o = json_object();

	set(o, "time", time);
	set(o, "kind", json_string(kind));
	set(o, "authenticated", json_boolean(why == NULL));
	if (why != NULL)
		set(o, "why", json_string(why));
	if (x != NULL) {
		set(o, "signer", fsk_x509_name(X509_get_subject_name(x)));
		set(o, "issuer", fsk_x509_name(X509_get_issuer_name(x)));
		set(o, "serial", fsk_x509_serial(X509_get0_serialNumber(x)));
	}
	return o;
}

/* Is the time stamp one of this signature? */
static const char *imprint(TS_TST_INFO *info, struct bytes signature)
{
	TS_MSG_IMPRINT *m = TS_TST_INFO_get_msg_imprint(info);
	const ASN1_OCTET_STRING *told = m != NULL ? TS_MSG_IMPRINT_get_msg(m) : NULL;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (told == NULL ||
	    !fsk_x509_digest(digest, &n, TS_MSG_IMPRINT_get_algo(m), signature.p, signature.n))
		return "its digest cannot be computed";
	if ((unsigned) told->length != n || memcmp(told->data, digest, n) != 0)
		return "it is of another signature";
	return NULL;
}

static json_t *token_json(struct bytes signature, CMS_ContentInfo *token, STACK_OF(X509) * others)
{
	ASN1_OCTET_STRING **content = CMS_get0_content(token);
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(token);
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(signers, 0);
	STACK_OF(X509) *certs = CMS_get1_certs(token);
	TS_TST_INFO *info = NULL;
	const unsigned char *p;
	const char *why = "cannot be read";
	json_t *time = NULL, *o;
	X509 *x = NULL;

	if (content != NULL && *content != NULL && si != NULL) {
		p = (*content)->data;
		info = d2i_TS_TST_INFO(NULL, &p, (*content)->length);
	}
	if (info != NULL) {
		time = fsk_x509_time(TS_TST_INFO_get_time(info));
		why = fsk_x509_check(&x, si, certs, others, (*content)->data,
		                     (size_t) (*content)->length);
		if (why == NULL)
			why = imprint(info, signature);
	}
	o = fsk_x509_stamp("rfc3161", time, why, x);
	TS_TST_INFO_free(info);
	sk_X509_pop_free(certs, X509_free);
	return o;
}

/* Tokens of Microsoft hold attribute certificates, too, which PKCS #7 does not know. */
json_t *fsk_x509_time_stamp(const void *p, size_t n, STACK_OF(X509) * certs, const ASN1_STRING *der)
{
	const unsigned char *at = ASN1_STRING_get0_data(der);
	CMS_ContentInfo *token = d2i_CMS_ContentInfo(NULL, &at, ASN1_STRING_length(der));
	json_t *o;

	if (token == NULL || OBJ_obj2nid(CMS_get0_type(token)) != NID_pkcs7_signed)
		o = fsk_x509_stamp("rfc3161", NULL, "cannot be read", NULL);
	else
		o = token_json((struct bytes){ p, n }, token, certs);
	CMS_ContentInfo_free(token);
	return o;
}
