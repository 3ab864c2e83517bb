/* PKCS #7 signatures of programs: who signed what and when, and whether the bytes of
 * the signature were made with the keys of the certificates inside it.
 *
 * Format: Microsoft, "Windows Authenticode Portable Executable Signature Format" 1.0
 * (2008); RFC 2315, 2985 (counter-signatures), 3161 (time stamps). The chain to a root
 * is not judged: that needs the root store of a machine, and its revocation lists. */
#ifndef FSK_PLUGINS_SHARED_CMS_H
#define FSK_PLUGINS_SHARED_CMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/limits.h"

#define FSK_CMS_DIGEST_MAX 64u

struct fsk_cms_signature {
	char algorithm[16];                 /* "sha256"; "" when it is not known here */
	uint8_t digest[FSK_CMS_DIGEST_MAX]; /* of the file, as it was signed */
	size_t size;
	bool sealed; /* the signer's key signed exactly this */
	/* subject, name (of the subject, short), issuer, serial, chain = list of { subject,
	 * issuer, serial, from, to }, program, url, time, stamp = { time, kind, authenticated,
	 * signer, issuer, serial }, why: what did not verify */
	json_t *told;
	unsigned parent; /* index of the signature this one lies in, plus 1; 0: in none */
};

struct fsk_cms {
	unsigned count;
	struct fsk_cms_signature items[FSK_PE_SIGNATURES_MAX];
};

/* Reads the signature of a program and those nested in it; adds them to `out`, which
 * begins zeroed. `*used` is what the DER value takes of the `n` bytes. FSK_ECORRUPT
 * when it is none, FSK_EUNSUPPORTED when it signs something else than a program,
 * FSK_ELIMIT; what was added before stays. */
int fsk_cms_read(struct fsk_cms *out, const uint8_t *p, size_t n, struct fsk_err *err);
void fsk_cms_free(struct fsk_cms *c);

/* Bytes of the DER value whose first `n` bytes are at `p`, with its header; 0 when there
 * is none, or it does not end within `max`. Length forms of up to four bytes. */
size_t fsk_cms_der_size(const uint8_t *p, size_t n, size_t max);

#endif
