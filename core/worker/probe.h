/* What the parts of task "probe" share. */
#ifndef FSK_WORKER_PROBE_H
#define FSK_WORKER_PROBE_H

#include "core/base/limits.h"
#include "core/worker/letters.h"
#include "core/worker/task.h"

/* All volumes of all sources, in order, once their letters are decided. */
struct fsk_probed {
	struct fsk_volume **volumes;
	struct fsk_input_volume **inputs; /* the same, at the same numbers */
	size_t count;
	const struct fsk_mount *mounts;
	size_t nmounts;
	const char *names[FSK_SOURCES_MAX]; /* of the sources by number */
};

/* Reads ProfileList of each Windows into `profiles` of the volumes where the
 * folders are. What it names elsewhere, or in too large a number, is an anomaly. */
int fsk_probe_profiles(struct fsk_session *s, const struct fsk_probed *all, struct fsk_err *err);

#endif
