#include "core/base/digest.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { SLOTS = 3 };

struct fsk_digest {
	EVP_MD_CTX *ctx[SLOTS]; /* sha256, sha1, md5; NULL when not asked for */
};

static const struct {
	unsigned bit;
	const char *name, *word;
} algorithms[SLOTS] = {
	{ FSK_DIGEST_SHA256, "SHA256", "sha256" },
	{ FSK_DIGEST_SHA1, "SHA1", "sha1" },
	{ FSK_DIGEST_MD5, "MD5", "md5" },
};

unsigned fsk_digest_named(const char *name, size_t n)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (strlen(algorithms[i].word) == n && memcmp(name, algorithms[i].word, n) == 0)
			return algorithms[i].bit;
	return 0;
}

static int start(EVP_MD_CTX **out, const char *name, struct fsk_err *err)
{
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
	int rc = 0;

	if (md == NULL)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "digest %s is switched off in OpenSSL",
		                   name);
	*out = EVP_MD_CTX_new();
	if (*out == NULL || EVP_DigestInit_ex(*out, md, NULL) != 1)
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory for digest %s", name);
	EVP_MD_free(md);
	return rc;
}

int fsk_digest_new(struct fsk_digest **out, unsigned which, struct fsk_err *err)
{
	struct fsk_digest *d = calloc(1, sizeof(*d));
	int rc = 0;

	*out = NULL;
	if (d == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a digest");
	for (size_t i = 0; rc == 0 && i < SLOTS; i++)
		if (which & algorithms[i].bit)
			rc = start(&d->ctx[i], algorithms[i].name, err);
	if (rc < 0)
		fsk_digest_free(d);
	else
		*out = d;
	return rc;
}

int fsk_digest_update(struct fsk_digest *d, const void *p, size_t n, struct fsk_err *err)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (d->ctx[i] != NULL && EVP_DigestUpdate(d->ctx[i], p, n) != 1)
			return fsk_err_set(err, FSK_EIO, "digest %s failed", algorithms[i].name);
	return 0;
}

static int finish(char *hex, EVP_MD_CTX *ctx, const char *name, struct fsk_err *err)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (EVP_DigestFinal_ex(ctx, raw, &n) != 1 || EVP_DigestInit_ex(ctx, NULL, NULL) != 1)
		return fsk_err_set(err, FSK_EIO, "digest %s failed", name);
	for (unsigned int i = 0; i < n; i++) {
		hex[2 * i] = digits[raw[i] >> 4];
		hex[2 * i + 1] = digits[raw[i] & 15];
	}
	hex[2 * n] = '\0';
	return 0;
}

int fsk_digest_final(struct fsk_digests *out, struct fsk_digest *d, struct fsk_err *err)
{
	char *const hex[SLOTS] = { out->sha256, out->sha1, out->md5 };
	int rc = 0;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; rc == 0 && i < SLOTS; i++)
		if (d->ctx[i] != NULL)
			rc = finish(hex[i], d->ctx[i], algorithms[i].name, err);
	return rc;
}

void fsk_digest_free(struct fsk_digest *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		EVP_MD_CTX_free(d->ctx[i]);
	free(d);
}

int fsk_digest_bytes(struct fsk_digests *out, unsigned which, const void *p, size_t n,
                     struct fsk_err *err)
{
	struct fsk_digest *d;
	int rc = fsk_digest_new(&d, which, err);

	if (rc < 0)
		return rc;
	rc = fsk_digest_update(d, p, n, err);
	if (rc == 0)
		rc = fsk_digest_final(out, d, err);
	fsk_digest_free(d);
	return rc;
}

const char *fsk_digest_library(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}
