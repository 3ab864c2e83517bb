#include "core/base/envelope.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/base/text.h"

struct fsk_envelope {
	STACK_OF(X509) * certificates;
};

static int refused(struct fsk_err *err, int code, const char *what)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return fsk_err_set(err, code, "%s: %s", what, why != NULL ? why : "OpenSSL says not why");
}

int fsk_envelope_new(struct fsk_envelope **out, struct fsk_err *err)
{
	struct fsk_envelope *e = calloc(1, sizeof(*e));

	*out = NULL;
	if (e == NULL || (e->certificates = sk_X509_new_null()) == NULL) {
		free(e);
		return fsk_err_set(err, FSK_ENOMEM, "no memory for certificates");
	}
	*out = e;
	return 0;
}

void fsk_envelope_free(struct fsk_envelope *e)
{
	if (e == NULL)
		return;
	sk_X509_pop_free(e->certificates, X509_free);
	free(e);
}

/* Nobody is asked at the terminal. */
static int no_password(char *buf, int size, int writing, void *arg)
{
	(void) buf;
	(void) size;
	(void) writing;
	(void) arg;
	return -1;
}

static int read_certificate(X509 **out, const char *path, struct fsk_err *err)
{
	struct fsk_buf text;
	BIO *in = NULL;
	int rc;

	*out = NULL;
	fsk_buf_init(&text, FSK_CERTIFICATE_FILE_MAX);
	rc = fsk_file_slurp(&text, path, err);
	if (rc == 0)
		in = BIO_new_mem_buf(text.len > 0 ? (const void *) text.data : "", (int) text.len);
	if (in != NULL)
		*out = PEM_read_bio_X509(in, NULL, no_password, NULL);
	if (rc == 0 && *out == NULL)
		rc = fsk_err_set(err, FSK_EINVAL, "\"%s\" has no certificate in PEM", path);
	ERR_clear_error();
	BIO_free(in);
	fsk_buf_free(&text);
	return rc;
}

/* Seals one byte for it alone. */
static int try_certificate(X509 *x, const char *path, struct fsk_err *err)
{
	struct fsk_envelope alone = { .certificates = sk_X509_new_null() };
	struct fsk_buf trial;
	int rc;

	fsk_buf_init(&trial, FSK_CERTIFICATE_FILE_MAX);
	if (alone.certificates == NULL || sk_X509_push(alone.certificates, x) <= 0)
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory for certificates");
	else
		rc = fsk_envelope_seal(&trial, &alone, "", 1, err);
	if (rc < 0 && rc != FSK_ENOMEM)
		rc = fsk_err_set(err, FSK_EINVAL,
		                 "nothing can be encrypted for the certificate \"%s\"", path);
	fsk_buf_free(&trial);
	sk_X509_free(alone.certificates);
	return rc;
}

int fsk_envelope_add(struct fsk_envelope *e, const char *path, struct fsk_err *err)
{
	X509 *x;
	int rc;

	if (sk_X509_num(e->certificates) >= (int) FSK_RECIPIENTS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u certificates",
		                   FSK_RECIPIENTS_MAX);
	rc = read_certificate(&x, path, err);
	if (rc < 0)
		return rc;
	rc = try_certificate(x, path, err);
	if (rc == 0 && sk_X509_push(e->certificates, x) > 0)
		return 0;
	X509_free(x);
	return rc < 0 ? rc : fsk_err_set(err, FSK_ENOMEM, "no memory for certificates");
}

char *fsk_envelope_recipient(char sha256[FSK_SHA256_HEX], const struct fsk_envelope *e, size_t i)
{
	int count = sk_X509_num(e->certificates);
	X509 *x = i < (size_t) count ? sk_X509_value(e->certificates, (int) i) : NULL;
	BIO *out = x != NULL ? BIO_new(BIO_s_mem()) : NULL;
	unsigned char *der = NULL;
	struct fsk_digests d = { 0 };
	char *subject = NULL, *text;
	long n;
	int len;

	sha256[0] = '\0';
	if (out == NULL)
		return NULL;
	len = i2d_X509(x, &der);
	if (len > 0 && fsk_digest_bytes(&d, FSK_DIGEST_SHA256, der, (size_t) len, NULL) == 0 &&
	    X509_NAME_print_ex(out, X509_get_subject_name(x), 0, XN_FLAG_RFC2253) >= 0) {
		n = BIO_get_mem_data(out, &text);
		subject = fsk_text_dup_utf8(text, n > 0 ? (size_t) n : 0);
		memcpy(sha256, d.sha256, FSK_SHA256_HEX);
	}
	OPENSSL_free(der);
	BIO_free(out);
	ERR_clear_error();
	return subject;
}

int fsk_envelope_seal(struct fsk_buf *out, const struct fsk_envelope *e, const void *p, size_t n,
                      struct fsk_err *err)
{
	CMS_ContentInfo *cms = NULL;
	unsigned char *der = NULL;
	BIO *in;
	int len, rc;

	if (n > FSK_PAYLOAD_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "%zu bytes are too many to encrypt", n);
	in = BIO_new_mem_buf(p, (int) n);
	if (in != NULL)
		cms = CMS_encrypt(e->certificates, in, EVP_aes_256_gcm(), CMS_BINARY);
	len = cms != NULL ? i2d_CMS_ContentInfo(cms, &der) : -1;
	if (len > 0)
		rc = fsk_buf_append(out, der, (size_t) len, err);
	else
		rc = refused(err, FSK_EUNSUPPORTED, "cannot encrypt");
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return rc;
}
