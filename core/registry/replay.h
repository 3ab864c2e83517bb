/* Transaction logs of a hive, replayed into the copy in memory: what Windows
 * itself would do the next time it loads the hive.
 *
 * Windows writes changes to a log first and to the hive later, up to an hour
 * later since 8.1. A hive whose two sequence numbers differ, or whose base
 * block is damaged, is dirty: the newest changes are in the logs alone.
 *
 *  - Logs of 8.1 and later hold numbered entries, each with two checksums. All
 *    logs together are one series, begun by the log with the earlier number. It
 *    ends where an entry is damaged or a number is missing. When the base block
 *    of the hive is damaged, only the log with the latest entries counts.
 *  - Older logs hold one bitmap of changed sectors and those sectors, without
 *    any checksum. The later one counts, and not when it is older than the hive.
 *
 * Facts: M. Suhanov, "Windows registry file format specification",
 * "Transaction log files" and "Multiple transaction log files". */
#ifndef FSK_REGISTRY_REPLAY_H
#define FSK_REGISTRY_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

#define FSK_HIVE_LOGS_MAX 3u /* .LOG, .LOG1, .LOG2 */

/* A log as it lies beside the hive. Borrowed. */
struct fsk_hive_log {
	const uint8_t *data;
	size_t size;
};

enum fsk_log_state {
	FSK_LOG_UNNEEDED, /* the hive is clean */
	FSK_LOG_EMPTY,    /* nothing was ever written to it */
	FSK_LOG_DAMAGED,  /* no sound base block, or nothing behind it can be read */
	FSK_LOG_FOREIGN,  /* of another hive */
	FSK_LOG_OLDER,    /* the hive has all of it, or another log is newer */
	FSK_LOG_GAP,      /* entries between the hive and this log are missing */
	FSK_LOG_APPLIED
};

struct fsk_log_result {
	enum fsk_log_state state;
	bool entries_format;  /* of 8.1 and later */
	uint32_t first, last; /* sequence numbers of what was applied */
	uint32_t entries;     /* applied; 1 for an older log */
	uint32_t pages;       /* applied: of 4096 bytes and more; of 512 in older logs */
	uint64_t bytes;       /* of these pages */
	char note[160];       /* where and why it stopped, or why it was left out; may be "" */
};

struct fsk_replay {
	bool dirty;   /* the hive needed its logs */
	bool damaged; /* its base block did, too */
	bool applied; /* at least one entry was */
	uint32_t entries, pages;
	uint64_t bytes;
	uint64_t grown; /* bytes that the hive was made larger by */
	struct fsk_log_result logs[FSK_HIVE_LOGS_MAX];
};

/* "unneeded", … as records say it. */
const char *fsk_log_state_name(enum fsk_log_state s);

/* Replays `logs` (n <= FSK_HIVE_LOGS_MAX; in the order .LOG, .LOG1, .LOG2,
 * those that are not there left out) into `hive`, which holds a whole hive
 * file, and makes its base block that of a clean hive. Nothing is changed when
 * nothing can be applied. FSK_ENOMEM; FSK_EINVAL for too many logs. Everything
 * about the evidence is a result, not an error. */
int fsk_replay_run(struct fsk_replay *out, struct fsk_buf *hive, const struct fsk_hive_log *logs,
                   size_t n, struct fsk_err *err);

#endif
