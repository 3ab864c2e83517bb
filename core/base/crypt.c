#include "core/base/crypt.h"

#include <limits.h>

#include <openssl/evp.h>

#define NONCE_MAX 128u /* OpenSSL's EVP_CIPHER_CTX takes no longer one */

static void schedule(uint8_t s[256], const uint8_t *key, size_t nkey)
{
	unsigned j = 0;

	for (unsigned i = 0; i < 256; i++)
		s[i] = (uint8_t) i;
	for (unsigned i = 0; i < 256; i++) {
		uint8_t t = s[i];

		j = (j + t + key[i % nkey]) & 0xff;
		s[i] = s[j];
		s[j] = t;
	}
}

void fsk_crypt_rc4(uint8_t *out, const uint8_t *in, size_t n, const uint8_t *key, size_t nkey)
{
	uint8_t s[256];
	unsigned i = 0, j = 0;

	schedule(s, key, nkey);
	for (size_t at = 0; at < n; at++) {
		uint8_t t;

		i = (i + 1) & 0xff;
		t = s[i];
		j = (j + t) & 0xff;
		s[i] = s[j];
		s[j] = t;
		out[at] = in[at] ^ s[(s[i] + t) & 0xff];
	}
}

static const EVP_CIPHER *cipher_of(size_t nkey)
{
	switch (nkey) {
	case 16:
		return EVP_aes_128_gcm();
	case 24:
		return EVP_aes_192_gcm();
	case 32:
		return EVP_aes_256_gcm();
	default:
		return NULL;
	}
}

static int decrypt(EVP_CIPHER_CTX *ctx, uint8_t *out, const struct fsk_gcm *with, const uint8_t *in,
                   size_t n, struct fsk_err *err)
{
	int got = 0;

	if (EVP_DecryptInit_ex(ctx, cipher_of(with->nkey), NULL, NULL, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int) with->nnonce, NULL) != 1 ||
	    EVP_DecryptInit_ex(ctx, NULL, NULL, with->key, with->nonce) != 1 ||
	    EVP_DecryptUpdate(ctx, out, &got, in, (int) n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int) FSK_GCM_TAG,
	                        (void *) with->tag) != 1)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "AES-GCM cannot be set up");
	if (EVP_DecryptFinal_ex(ctx, out + got, &got) != 1)
		return fsk_err_set(err, FSK_ECORRUPT, "the tag does not fit");
	return 0;
}

int fsk_crypt_gcm(uint8_t *out, const struct fsk_gcm *with, const uint8_t *in, size_t n,
                  struct fsk_err *err)
{
	EVP_CIPHER_CTX *ctx;
	int rc;

	if (cipher_of(with->nkey) == NULL || with->nnonce == 0 || with->nnonce > NONCE_MAX ||
	    n > INT_MAX)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "no key, nonce or text of AES-GCM");
	ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for AES-GCM");
	rc = decrypt(ctx, out, with, in, n, err);
	EVP_CIPHER_CTX_free(ctx);
	return rc;
}
