/* Registry hives, read from memory by libregf (over libbfio). Transaction
 * logs are replayed in a later step; today a dirty hive is reported as one.
 * Source of format facts: libregf's documentation of the REGF format. */
#ifndef FSK_REGISTRY_HIVE_H
#define FSK_REGISTRY_HIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/time.h"

struct fsk_hive;
struct fsk_key;

struct fsk_hive_info {
	bool dirty;            /* sequence numbers differ: newest data may be in the logs */
	uint32_t sequence1, sequence2;
	fsk_time written;      /* of the header */
	char name[256];        /* file name in the header, UTF-8 */
};

/* Opens a copy of the hive in memory. Takes over the memory of `data` (which
 * is empty afterwards), also on failure. FSK_ECORRUPT when it is no hive or
 * too damaged for a root key; FSK_ELIMIT. */
int fsk_hive_open(struct fsk_hive **out, struct fsk_buf *data, struct fsk_err *err);
void fsk_hive_close(struct fsk_hive *h);
const struct fsk_hive_info *fsk_hive_info(const struct fsk_hive *h);

/* Keys are released with fsk_key_free and must not outlive the hive. */
int fsk_hive_root(struct fsk_key **out, struct fsk_hive *h, struct fsk_err *err);
/* `path` uses '\' and is compared without case. FSK_ENOTFOUND. "" is root. */
int fsk_hive_key(struct fsk_key **out, struct fsk_hive *h, const char *path, struct fsk_err *err);
void fsk_key_free(struct fsk_key *k);

const char *fsk_key_name(const struct fsk_key *k); /* UTF-8 */
const char *fsk_key_path(const struct fsk_key *k); /* '\' separated, without the root's name */
fsk_time fsk_key_written(const struct fsk_key *k);

/* Counts are bounded by limits; FSK_ECORRUPT when the list is damaged. */
int fsk_key_subkeys(size_t *out, struct fsk_key *k, struct fsk_err *err);
int fsk_key_subkey(struct fsk_key **out, struct fsk_key *k, size_t i, struct fsk_err *err);
int fsk_key_values(size_t *out, struct fsk_key *k, struct fsk_err *err);

enum fsk_regtype {
	FSK_REG_NONE, FSK_REG_SZ, FSK_REG_EXPAND_SZ, FSK_REG_BINARY, FSK_REG_DWORD,
	FSK_REG_DWORD_BE, FSK_REG_LINK, FSK_REG_MULTI_SZ, FSK_REG_QWORD = 11
};

struct fsk_value {
	char *name;      /* "" is the default value; UTF-8 */
	uint32_t type;   /* the number in the hive, also when unknown */
	uint8_t *data;   /* raw bytes */
	size_t size;
	char *text;      /* SZ, EXPAND_SZ, LINK: UTF-8; else NULL */
	char **list;     /* MULTI_SZ; NULL-terminated; else NULL */
	uint64_t number; /* DWORD, DWORD_BE, QWORD */
};
/* "REG_SZ", …; "REG_0x…" into a caller's buffer for unknown numbers. */
const char *fsk_regtype_name(char buf[24], uint32_t type);

/* The i-th value, or the one of that name (without case; "" = default). */
int fsk_key_value(struct fsk_value *out, struct fsk_key *k, size_t i, struct fsk_err *err);
int fsk_key_value_named(struct fsk_value *out, struct fsk_key *k, const char *name,
                        struct fsk_err *err);
void fsk_value_free(struct fsk_value *v);

#endif
