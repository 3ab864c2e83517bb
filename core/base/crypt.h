/* Ciphers that evidence was sealed with: decryption only where a key is known. */
#ifndef FSK_BASE_CRYPT_H
#define FSK_BASE_CRYPT_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

#define FSK_RC4_KEY_MAX 256u

/* RC4 (as in RFC 6229, with its test vectors): `n` bytes of `in` to `out`, which may be the same.
 * `nkey` is 1 to FSK_RC4_KEY_MAX. Own code, since OpenSSL 3 has it in its legacy provider only. */
void fsk_crypt_rc4(uint8_t *out, const uint8_t *in, size_t n, const uint8_t *key, size_t nkey);

#define FSK_GCM_TAG 16u

/* AES-GCM (NIST SP 800-38D) without additional data: decrypts `n` bytes of `in` to `out`. `nkey` is
 * 16, 24 or 32, `nnonce` at least 1. FSK_ECORRUPT when `tag` does not fit, and `out` holds nothing
 * of use then; FSK_EUNSUPPORTED for other lengths of key or nonce; FSK_ENOMEM. */
struct fsk_gcm {
	const uint8_t *key, *nonce, *tag; /* FSK_GCM_TAG bytes of tag */
	size_t nkey, nnonce;
};
int fsk_crypt_gcm(uint8_t *out, const struct fsk_gcm *with, const uint8_t *in, size_t n,
                  struct fsk_err *err);

#endif
