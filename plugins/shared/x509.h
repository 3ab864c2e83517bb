/* Certificates and CMS signatures as JSON, for the modules that read signed programs. All
 * json_t are new references. */
#ifndef FSK_PLUGINS_SHARED_X509_H
#define FSK_PLUGINS_SHARED_X509_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

/* "CN=…,O=…,C=…" (RFC 2253, UTF-8), cut at FSK_X509_NAME_MAX bytes. */
json_t *fsk_x509_name(const X509_NAME *name);
/* The common name, else the organisation, else the whole. */
json_t *fsk_x509_short_name(const X509_NAME *name);
/* The first part of that kind (NID_…) as text, or NULL. */
json_t *fsk_x509_part(const X509_NAME *name, int nid);
/* Lower-case hex; "-" in front of a negative one. */
json_t *fsk_x509_serial(const ASN1_INTEGER *serial);
/* ISO time in UTC, whole seconds; NULL when it is none. */
json_t *fsk_x509_time(const ASN1_TIME *t);
/* { subject, issuer, serial, from, to } */
json_t *fsk_x509_certificate(const X509 *x);
/* List of these, FSK_CMS_CHAIN_MAX at most. */
json_t *fsk_x509_chain(const STACK_OF(X509) * certs);
/* Up to EVP_MAX_MD_SIZE bytes in lower-case hex. */
json_t *fsk_x509_hex(const void *p, size_t n);

/* Digest of bytes; false when the algorithm is not known here. */
bool fsk_x509_digest(uint8_t out[EVP_MAX_MD_SIZE], unsigned *n, const X509_ALGOR *algorithm,
                     const void *p, size_t size);

/* NULL when a signer of CMS data signed `content` with the key of its certificate, which is
 * sought in `first`, then in `second` (either may be NULL); else what did not fit.
 * `*signer` is borrowed, NULL when it is in neither. */
const char *fsk_x509_check(X509 **signer, CMS_SignerInfo *si, STACK_OF(X509) * first,
                           STACK_OF(X509) * second, const void *content, size_t size);

/* { kind, time, authenticated, why, signer, issuer, serial }: takes over `time`, which may
 * be NULL; `why` is what did not fit or NULL; `x` is the stamper's or NULL. */
json_t *fsk_x509_stamp(const char *kind, json_t *time, const char *why, const X509 *x);
/* The same of an RFC 3161 token that vouches for `n` bytes at `p`, a signature. The stamper
 * is sought in the token, then in `certs`. */
json_t *fsk_x509_time_stamp(const void *p, size_t n, STACK_OF(X509) * certs,
                            const ASN1_STRING *der);

#endif
