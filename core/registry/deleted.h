/* Keys and values that were deleted and still lie in the free cells of a hive.
 *
 * A cell that is given up keeps its bytes until it is used again, also where it
 * was joined with the free cell before it, and bins that the hive gave up stay
 * behind its end. So every multiple of 8 there is tried. What is found is taken
 * only when all of its fields make sense in this hive: it may be any age, and
 * parts of it may be of something else. */
#ifndef FSK_REGISTRY_DELETED_H
#define FSK_REGISTRY_DELETED_H

#include "core/registry/hive.h"

struct fsk_deleted {
	bool is_key;
	uint32_t offset;        /* of its cell, in the file */
	char *name;             /* UTF-8; "" for a default value */
	char *path;             /* of the key; of a value: its key. NULL when not known */
	fsk_time written;       /* of a key */
	bool data_lost;         /* of a value: its data was overwritten, or is not in free space */
	struct fsk_value value; /* of a value; without data when that is lost */
};

struct fsk_deleted_list {
	struct fsk_deleted *items; /* in the order of their offsets */
	size_t count;
	bool more; /* there are more than FSK_HIVE_DELETED_MAX, or than memory is given to */
};

/* FSK_ENOMEM. Release with fsk_deleted_free, also on failure. */
int fsk_hive_deleted(struct fsk_deleted_list *out, struct fsk_hive *h, struct fsk_err *err);
void fsk_deleted_free(struct fsk_deleted_list *l);

#endif
