/* What a run has found as a STIX 2.1 bundle (OASIS Standard, 10 June 2021; "section"
 * below is one of that).
 *
 *   identity        this program; the examiner; each machine that has a name
 *   observed-data   what one finding is about, with its observables: file (and its
 *                   directory), windows-registry-key, domain-name, url, user-account
 *   note            the words of a finding, and of a verdict
 *   sighting        of what a finding above "info" refers to: attack-pattern, campaign;
 *                   of an indicator
 *   indicator       where a finding is about a name or digest that others can look for
 *   vulnerability   that a finding refers to
 *   report          all of it
 *
 * Ids are UUIDv5: of observables as section 2.9 has it, of other objects in a
 * namespace of our own from their content and the run's manifest. What has the same
 * meaning in every run (attack-pattern, campaign, vulnerability, this program) has
 * the same id and times in every bundle. So an archive gives one bundle, byte by
 * byte. */
#ifndef FSK_KEEPER_STIX_H
#define FSK_KEEPER_STIX_H

#include <jansson.h>

#include "core/base/err.h"

struct fsk_stix;

/* Free with fsk_stix_free (NULL is allowed). FSK_ENOMEM. */
int fsk_stix_new(struct fsk_stix **out, struct fsk_err *err);
void fsk_stix_free(struct fsk_stix *s);

/* The members that a bundle is made of, ended by NULL. */
extern const char *const fsk_stix_members[];

/* Takes a row of one of them, in the order of archive/reader.h: findings before the
 * manifest, of which only what they name is kept. Members of the wrong type are
 * FSK_ECORRUPT; FSK_ELIMIT beyond FSK_STIX_ROWS_MAX or FSK_STIX_BYTES_MAX. */
int fsk_stix_take(struct fsk_stix *s, const char *member, const json_t *row, struct fsk_err *err);

/* Makes the bundle, once; new reference. `manifest_sha256` stands for the run.
 * FSK_ECORRUPT: there was no collection.json, or it has no start. FSK_ENOMEM. */
int fsk_stix_bundle(json_t **out, struct fsk_stix *s, const char *manifest_sha256,
                    struct fsk_err *err);

#endif
