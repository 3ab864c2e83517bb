/* One transaction log, applied. What replay.c, log_entries.c and log_bitmap.c
 * share. */
#ifndef FSK_REGISTRY_LOG_H
#define FSK_REGISTRY_LOG_H

#include "core/registry/header.h"
#include "core/registry/replay.h"

/* A log whose base block is sound. */
struct fsk_log {
	const uint8_t *data;
	size_t size;
	struct fsk_base_block head;
	struct fsk_log_result *result;
};

/* The hive while logs are applied to it. */
struct fsk_target {
	struct fsk_buf *hive;
	struct fsk_base_block head; /* of the hive as it becomes; stored by replay.c */
};

/* Both apply what can be applied, count it in l->result and leave a note
 * there when something stopped them. FSK_ENOMEM only. */
int fsk_log_entries_apply(struct fsk_target *t, const struct fsk_log *l, struct fsk_err *err);
int fsk_log_bitmap_apply(struct fsk_target *t, const struct fsk_log *l, struct fsk_err *err);

/* Is there anything behind the base block that could be applied? If not, the
 * note says what is wrong. */
bool fsk_log_entries_begin(const struct fsk_log *l);
bool fsk_log_bitmap_begins(const struct fsk_log *l);

/* Gives the hive room for `bins` bytes of bins; what is new is zero. FSK_ELIMIT
 * beyond FSK_HIVE_MAX, FSK_ENOMEM. */
int fsk_target_grow(struct fsk_target *t, uint32_t bins, struct fsk_err *err);

void fsk_log_note(struct fsk_log_result *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
