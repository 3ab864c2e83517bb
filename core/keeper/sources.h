/* The evidence as the keeper knows it: open descriptors and names. What they
 * hold is the worker's business. */
#ifndef FSK_KEEPER_SOURCES_H
#define FSK_KEEPER_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/file.h"

enum fsk_evidence_kind { FSK_EVIDENCE_FILES, FSK_EVIDENCE_DEVICE, FSK_EVIDENCE_DIRECTORY };

struct fsk_evidence_segment {
	struct fsk_file file;
	char *name; /* base name, valid UTF-8 */
};

struct fsk_evidence {
	uint32_t index;
	enum fsk_evidence_kind kind;
	char *path; /* as given */
	char *name; /* base name, valid UTF-8 */
	struct fsk_evidence_segment *segments;
	size_t nsegments;
	intptr_t root; /* directory descriptor, or -1 */
	char *gap;     /* a segment that is absent while later ones are there, or NULL */
};

struct fsk_sources {
	struct fsk_evidence *items;
	size_t count;
};

/* Opens each of `paths` read-only: a file with its segments (siblings by
 * name), a block device, or a folder. The message of an error names the
 * path. Close with fsk_sources_close, also after a failure. */
int fsk_sources_open(struct fsk_sources *out, char *const *paths, size_t n, struct fsk_err *err);
void fsk_sources_close(struct fsk_sources *s);

bool fsk_sources_any(const struct fsk_sources *s, enum fsk_evidence_kind kind);

/* Number of segment descriptors of all sources. */
size_t fsk_sources_handles(const struct fsk_sources *s);

/* "sources" of message SETUP: descriptors are numbered from
 * FSK_WORKER_FD_EVIDENCE in the order of sources and segments. */
json_t *fsk_sources_setup(const struct fsk_sources *s);

const char *fsk_evidence_kind_name(enum fsk_evidence_kind k);

/* sources_posix.c. Is it a folder? Opens it as a root for the broker. */
bool fsk_path_is_folder(const char *path);
int fsk_folder_open(intptr_t *out, const char *path, struct fsk_err *err);
void fsk_folder_close(intptr_t handle);
/* Gives a descriptor a high number. What a worker is to get under a number
 * above its own is copied by libuv (1.44) first, and the copy stays open in
 * the worker. Without a free number it stays as it is. */
void fsk_handle_raise(intptr_t *handle);
/* Is there something under this name? */
bool fsk_path_exists(const char *path);

#endif
