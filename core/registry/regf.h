/* libregf over memory, for hives that fsk_check_run found in order: the second
 * reader of peer.c. The only file that includes libregf.h and libbfio.h is regf.c. */
#ifndef FSK_REGISTRY_REGF_H
#define FSK_REGISTRY_REGF_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct fsk_regf;
typedef intptr_t fsk_regf_key; /* a libregf_key_t */
typedef intptr_t fsk_regf_val; /* a libregf_value_t */

/* `data` is borrowed until fsk_regf_close. FSK_ECORRUPT with libregf's text. */
int fsk_regf_open(struct fsk_regf **out, uint8_t *data, size_t size, struct fsk_err *err);
void fsk_regf_close(struct fsk_regf *r);

int fsk_regf_root(fsk_regf_key **out, struct fsk_regf *r, struct fsk_err *err);
int fsk_regf_subkey(fsk_regf_key **out, fsk_regf_key *k, size_t i, struct fsk_err *err);
void fsk_regf_key_free(fsk_regf_key *k);

/* The key's cell (counted from the first bin), its time (FILETIME) and its
 * name in UTF-8, which the caller frees. */
int fsk_regf_facts(uint32_t *off, uint64_t *written, char **name, fsk_regf_key *k,
                   struct fsk_err *err);

/* How many values the key has, and one of them, opened; fsk_regf_value_free. */
int fsk_regf_values(size_t *out, fsk_regf_key *k, struct fsk_err *err);
int fsk_regf_value(fsk_regf_val **out, fsk_regf_key *k, size_t i, struct fsk_err *err);
void fsk_regf_value_free(fsk_regf_val *v);

/* Name (UTF-8), type and data of a value; the caller frees name and data. */
int fsk_regf_content(char **name, uint32_t *type, uint8_t **data, size_t *size, fsk_regf_val *v,
                     struct fsk_err *err);

#endif
