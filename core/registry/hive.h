/* Registry hives in memory, read cell by cell; every cell was checked when the hive was
 * opened (check.h), and damage costs only what it hit. Not by libregf: of a sound hive
 * it gives the same (peer.h compares), at three times the cost, and of a damaged one it
 * loses whole bins.
 *
 * Transaction logs are replayed before, into the copy (replay.h). A hive may be
 * used by one thread at a time, different hives by different threads. */
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
	bool dirty; /* sequence numbers differ: newest data is in logs that were not replayed */
	uint32_t sequence1, sequence2;
	fsk_time written;    /* of the header */
	char name[256];      /* file name in the header, UTF-8 */
	size_t keys, values; /* that can be read */
	size_t damaged;      /* places that cannot */
};

/* Opens a copy of the hive in memory. Takes over the memory of `data` (which
 * is empty afterwards), also on failure. FSK_ECORRUPT when it is no hive or
 * too damaged for a root key; FSK_EUNSUPPORTED for a transaction log or a
 * hive of NT 3.1; FSK_ELIMIT beyond FSK_HIVE_MAX; FSK_ENOMEM. Messages name no file: the
 * caller puts its name in front. */
int fsk_hive_open(struct fsk_hive **out, struct fsk_buf *data, struct fsk_err *err);
void fsk_hive_close(struct fsk_hive *h);
const struct fsk_hive_info *fsk_hive_info(const struct fsk_hive *h);

/* A sentence for the i-th damaged place, which the caller reports as an
 * anomaly; NULL past the end (FSK_HIVE_DAMAGE_MAX of them are kept). */
const char *fsk_hive_damage(const struct fsk_hive *h, size_t i);

/* Keys are released with fsk_key_free and must not outlive the hive. */
int fsk_hive_root(struct fsk_key **out, struct fsk_hive *h, struct fsk_err *err);
/* `path` uses '\' and is compared without case. FSK_ENOTFOUND. "" is root. */
int fsk_hive_key(struct fsk_key **out, struct fsk_hive *h, const char *path, struct fsk_err *err);
/* The same from a key on, without the way from the root; FSK_EINVAL for an empty path. */
int fsk_key_below(struct fsk_key **out, struct fsk_key *from, const char *path,
                  struct fsk_err *err);
void fsk_key_free(struct fsk_key *k);

/* UTF-8, with U+2400 for each NUL and U+FFFD for each lone surrogate */
const char *fsk_key_name(const struct fsk_key *k);
const char *fsk_key_path(const struct fsk_key *k); /* '\' separated, without the root's name */
fsk_time fsk_key_written(const struct fsk_key *k);

/* The class name as UTF-8, "" when it has none; the caller frees. FSK_ECORRUPT,
 * FSK_ENOMEM. */
int fsk_key_class(char **out, const struct fsk_key *k, struct fsk_err *err);

/* The owner in the security descriptor as "S-1-5-…"; the caller frees.
 * FSK_ENOTFOUND when it names none, FSK_ECORRUPT, FSK_ENOMEM. */
int fsk_key_owner(char **out, const struct fsk_key *k, struct fsk_err *err);

/* Counts are bounded by limits. Subkeys that cannot be read are not counted
 * (they are in fsk_hive_damage); FSK_ECORRUPT when there are some and none can
 * be read. Values are counted as the key says; one that cannot be read is an
 * error of fsk_key_value. An index past the end is FSK_EINVAL. */
int fsk_key_subkeys(size_t *out, struct fsk_key *k, struct fsk_err *err);
int fsk_key_subkey(struct fsk_key **out, struct fsk_key *k, size_t i, struct fsk_err *err);
int fsk_key_values(size_t *out, struct fsk_key *k, struct fsk_err *err);

enum fsk_regtype {
	FSK_REG_NONE,
	FSK_REG_SZ,
	FSK_REG_EXPAND_SZ,
	FSK_REG_BINARY,
	FSK_REG_DWORD,
	FSK_REG_DWORD_BE,
	FSK_REG_LINK,
	FSK_REG_MULTI_SZ,
	FSK_REG_QWORD = 11,
	FSK_REG_FILETIME = 16
};

/* What the data of a value is. Too few bytes for their type are FSK_FORM_BYTES. */
enum fsk_form {
	FSK_FORM_BYTES,
	FSK_FORM_TEXT,   /* SZ, EXPAND_SZ, LINK; text of apps and devices */
	FSK_FORM_LIST,   /* MULTI_SZ */
	FSK_FORM_NUMBER, /* DWORD, DWORD_BE, QWORD; integers of apps and devices */
	FSK_FORM_REAL,
	FSK_FORM_TRUTH, /* `number` is 0 or not */
	FSK_FORM_TIME,
	FSK_FORM_GUID /* `text` is "{…}" */
};

struct fsk_value {
	char *name;    /* "" is the default value; UTF-8 as of keys */
	uint32_t type; /* the number in the hive, also when unknown */
	uint8_t *data; /* all bytes, never NULL */
	size_t size;
	enum fsk_form form;
	char *text;       /* UTF-8 up to the first NUL, or a GUID; else NULL */
	char **list;      /* up to the first empty string; NULL-terminated; else NULL */
	uint64_t number;  /* negative ones as two's complement; missing bytes count as 0 */
	double real;      /* when the form is FSK_FORM_REAL */
	fsk_time time;    /* when it is FSK_FORM_TIME; else FSK_TIME_NONE */
	fsk_time written; /* of a value in settings.dat of an app; else FSK_TIME_NONE */
};
/* "REG_SZ", …; "REG_0x…" into a caller's buffer for unknown numbers. */
const char *fsk_regtype_name(char buf[24], uint32_t type);

/* The i-th value, or the one of that name (without case; "" = default).
 * FSK_ECORRUPT names key, value and cell; FSK_ENOTFOUND; FSK_ELIMIT beyond
 * FSK_HIVE_VALUE_MAX. Release with fsk_value_free. */
int fsk_key_value(struct fsk_value *out, struct fsk_key *k, size_t i, struct fsk_err *err);
int fsk_key_value_named(struct fsk_value *out, struct fsk_key *k, const char *name,
                        struct fsk_err *err);
void fsk_value_free(struct fsk_value *v);

/* Version of the libregf that peer.h compares with. */
const char *fsk_hive_library(void);

#endif
