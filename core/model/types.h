/* The words that artifacts, findings and anomalies are made of. */
#ifndef FSK_MODEL_TYPES_H
#define FSK_MODEL_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/err.h"

/* How much of an artifact could be read. */
enum fsk_status {
	FSK_STATUS_COMPLETE,   /* every byte, checksums good where there are any */
	FSK_STATUS_PARTIAL,    /* some ranges unreadable: zero-filled and listed */
	FSK_STATUS_UNREADABLE, /* nothing could be read */
	FSK_STATUS_INCOMPLETE, /* the run ended inside it: a prefix is there */
	FSK_STATUS_OVER_LIMIT, /* larger than the limit: recorded, not collected */
};
const char *fsk_status_name(enum fsk_status s);
int fsk_status_parse(enum fsk_status *out, const char *name);

enum fsk_severity { FSK_SEV_INFO, FSK_SEV_LOW, FSK_SEV_MEDIUM, FSK_SEV_HIGH };
const char *fsk_severity_name(enum fsk_severity s);
int fsk_severity_parse(enum fsk_severity *out, const char *name);

enum fsk_confidence { FSK_CONF_LOW, FSK_CONF_MEDIUM, FSK_CONF_HIGH };
const char *fsk_confidence_name(enum fsk_confidence c);
int fsk_confidence_parse(enum fsk_confidence *out, const char *name);

/* Lines of the archive are written one way only: compact, keys sorted, no
 * line end inside. Returns memory to free with free(), NULL without memory. */
char *fsk_json_line(const json_t *j);

/* A JSON string from bytes that may not be UTF-8 (see fsk_text_append_utf8).
 * New reference. */
json_t *fsk_json_text(const char *s);

/* Members of an object, checked: FSK_EPROTO names key and expected type. */
int fsk_json_get_str(const char **out, const json_t *o, const char *key, struct fsk_err *err);
int fsk_json_get_u64(uint64_t *out, const json_t *o, const char *key, struct fsk_err *err);
/* Optional members: the default when absent, FSK_EPROTO when of another type. */
int fsk_json_opt_str(const char **out, const json_t *o, const char *key, const char *dflt,
                     struct fsk_err *err);
int fsk_json_opt_u64(uint64_t *out, const json_t *o, const char *key, uint64_t dflt,
                     struct fsk_err *err);
int fsk_json_opt_bool(bool *out, const json_t *o, const char *key, bool dflt, struct fsk_err *err);

#endif
