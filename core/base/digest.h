/* SHA-256, SHA-1 and MD5 in one pass (OpenSSL). */
#ifndef FSK_BASE_DIGEST_H
#define FSK_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

enum { FSK_DIGEST_SHA256 = 1, FSK_DIGEST_SHA1 = 2, FSK_DIGEST_MD5 = 4, FSK_DIGEST_ALL = 7 };

#define FSK_SHA256_HEX 65
#define FSK_SHA1_HEX 41
#define FSK_MD5_HEX 33

/* "md5", "sha1" or "sha256" as FSK_DIGEST_*; 0 for another word. `n` bytes. */
unsigned fsk_digest_named(const char *name, size_t n);

struct fsk_digests {
	char sha256[FSK_SHA256_HEX]; /* lower-case hex; "" when not asked for */
	char sha1[FSK_SHA1_HEX];
	char md5[FSK_MD5_HEX];
};

struct fsk_digest;

/* `which` is a set of FSK_DIGEST_*. Free with fsk_digest_free (NULL is
 * allowed). FSK_ENOMEM, FSK_EUNSUPPORTED if the library has the algorithm
 * switched off (FIPS and MD5). */
int fsk_digest_new(struct fsk_digest **out, unsigned which, struct fsk_err *err);
int fsk_digest_update(struct fsk_digest *d, const void *p, size_t n, struct fsk_err *err);
/* The digest of what came so far; then it starts afresh. */
int fsk_digest_final(struct fsk_digests *out, struct fsk_digest *d, struct fsk_err *err);
void fsk_digest_free(struct fsk_digest *d);

/* All in one for memory. */
int fsk_digest_bytes(struct fsk_digests *out, unsigned which, const void *p, size_t n,
                     struct fsk_err *err);

/* Version of the library behind all this. */
const char *fsk_digest_library(void);

#endif
