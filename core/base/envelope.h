/* Bytes that only the owners of certain private keys can read: CMS
 * AuthEnvelopedData (RFC 5083) with AES-256-GCM, DER, from OpenSSL. What
 * `openssl cms -decrypt -inform DER -inkey KEY.pem` opens.
 *
 * Keys and nonces are random: sealing the same bytes again gives other ones. */
#ifndef FSK_BASE_ENVELOPE_H
#define FSK_BASE_ENVELOPE_H

#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/digest.h"
#include "core/base/err.h"

struct fsk_envelope;

/* Without recipients. Free with fsk_envelope_free (NULL is allowed). FSK_ENOMEM. */
int fsk_envelope_new(struct fsk_envelope **out, struct fsk_err *err);
void fsk_envelope_free(struct fsk_envelope *e);

/* Adds whose certificate is the first one in a PEM file, and seals a byte for it as a
 * trial. FSK_EINVAL names the file: no such certificate, or of a key that cannot be
 * encrypted for (RSA and elliptic curves can); FSK_ELIMIT beyond FSK_RECIPIENTS_MAX; what
 * fsk_file_slurp returns. Its dates are not looked at. */
int fsk_envelope_add(struct fsk_envelope *e, const char *path, struct fsk_err *err);

/* The `i`-th certificate: SHA-256 of its DER, and its subject in the form of RFC 2253,
 * which the caller frees. NULL past the end, or without memory. */
char *fsk_envelope_recipient(char sha256[FSK_SHA256_HEX], const struct fsk_envelope *e, size_t i);

/* Appends `n` bytes (at most FSK_PAYLOAD_MAX) for all recipients, of which there is one at
 * least. FSK_ENOMEM, FSK_ELIMIT, FSK_EUNSUPPORTED: OpenSSL refused. */
int fsk_envelope_seal(struct fsk_buf *out, const struct fsk_envelope *e, const void *p, size_t n,
                      struct fsk_err *err);

#endif
