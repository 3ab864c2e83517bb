/* What the readers of a hive share. */
#ifndef FSK_REGISTRY_KEY_H
#define FSK_REGISTRY_KEY_H

#include "core/registry/cells.h"
#include "core/registry/check.h"
#include "core/registry/hive.h"

struct fsk_hive {
	struct fsk_buf data; /* the whole file */
	struct fsk_cells cells;
	struct fsk_check check;
	uint32_t root;
	struct fsk_hive_info info;
};

struct fsk_key {
	struct fsk_hive *hive;
	struct fsk_nk nk;
	unsigned depth;
	char *name, *path;
	fsk_time written;
	struct fsk_list subkeys, values;
	bool has_subkeys, has_values; /* the lists were read */
};

/* Reads the list of values once. */
int fsk_key_list_values(struct fsk_key *k, struct fsk_err *err);

/* Gives `v`, which has no data, a copy of `data` in the form that its type says.
 * FSK_ENOMEM. */
int fsk_value_fill(struct fsk_value *v, uint32_t type, const uint8_t *data, size_t size,
                   struct fsk_err *err);

/* Gives `v`, whose type and data are there, the form that its type says. FSK_ENOMEM. */
int fsk_value_shape(struct fsk_value *v, struct fsk_err *err);

/* Puts `key "<path>": ` in front of the message and the offset of the cell `off` in the
 * file behind it, as fsk_check_note does: what both find is then one anomaly. Returns
 * `rc`. */
int fsk_key_wrap_at(const struct fsk_key *k, uint32_t off, int rc, struct fsk_err *err);
/* With the cell of the key itself. */
int fsk_key_wrap(const struct fsk_key *k, int rc, struct fsk_err *err);

#endif
