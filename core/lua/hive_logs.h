/* The transaction logs that lie beside a hive in the evidence. */
#ifndef FSK_LUA_HIVE_LOGS_H
#define FSK_LUA_HIVE_LOGS_H

#include "core/base/buf.h"
#include "core/evidence/fs.h"
#include "core/registry/replay.h"

struct fsk_hive_logs {
	struct fsk_replay replay;
	struct fsk_entry entries[FSK_HIVE_LOGS_MAX]; /* of replay.logs */
	size_t count;
};

/* Replays the logs beside the file at `at` into its content `hive`; those of a
 * clean hive are not looked for. A log that cannot be read counts as damaged,
 * and its note says why. FSK_ENOMEM only. Release with fsk_hive_logs_free,
 * also on failure. */
int fsk_hive_logs_replay(struct fsk_hive_logs *out, struct fsk_buf *hive, struct fsk_fs *fs,
                         const struct fsk_locator *at, struct fsk_err *err);
void fsk_hive_logs_free(struct fsk_hive_logs *l);

/* What is not in order about log `i`, as a sentence; NULL when nothing is. */
const char *fsk_hive_logs_trouble(char text[256], const struct fsk_hive_logs *l, size_t i);

/* What is not in order about all of them: the hive needs logs, and nothing could
 * be applied. NULL when nothing is. */
const char *fsk_hive_logs_missing(const struct fsk_hive_logs *l);

#endif
