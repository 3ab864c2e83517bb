/* What task "probe" found: sources and volumes, and where each volume's
 * files go in the archive. */
#ifndef FSK_KEEPER_PROBE_H
#define FSK_KEEPER_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/keeper/sources.h"

struct fsk_probed_volume {
	uint32_t source, volume;
	json_t *head;        /* message VOLUME, without the next two */
	json_t *environment; /* variables of the Windows on it by name, or NULL */
	json_t *profiles;    /* profile folders on it, or NULL; see model/profiles.h */
	char letter;         /* 0: none */
	const char *os;      /* into head; "" when not known */
	const char *fs;      /* into head; NULL: no file system */
	char place[24];      /* "C", "$rootfs$", "vol2": unique in its source */
};

struct fsk_probe {
	const struct fsk_sources *sources; /* borrowed */
	json_t **source_heads;             /* message SOURCE by index; NULL: never came */
	struct fsk_probed_volume *volumes; /* sorted by source, volume */
	size_t count;
};

int fsk_probe_init(struct fsk_probe *p, const struct fsk_sources *sources, struct fsk_err *err);
void fsk_probe_free(struct fsk_probe *p);

/* Take heads of messages; a later one about the same thing replaces the
 * earlier. FSK_EPROTO when one is malformed. */
int fsk_probe_source(struct fsk_probe *p, json_t *head, struct fsk_err *err);
int fsk_probe_volume(struct fsk_probe *p, json_t *head, struct fsk_err *err);

/* After the last of them: gives each volume its place. A letter that two
 * volumes of a source claim goes to the first; the first volume without a
 * letter of a unix-like system, or of a folder, is "$rootfs$". */
void fsk_probe_settle(struct fsk_probe *p);

const struct fsk_probed_volume *fsk_probe_find(const struct fsk_probe *p, uint32_t source,
                                               uint32_t volume);

/* Is there a file system to read on it? */
bool fsk_probed_readable(const struct fsk_probe *p, const struct fsk_probed_volume *v);

/* How a volume is shown in front of a path: "C:/", "vol2:/", "/". */
const char *fsk_place_prefix(char out[32], const struct fsk_probed_volume *v);

/* New head of a task about a volume: {"source","volume","letter","os"}. */
json_t *fsk_probe_task_head(const struct fsk_probed_volume *v);

#endif
