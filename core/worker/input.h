/* The evidence of a run as a worker holds it: descriptors from SETUP, opened
 * as sources, volumes and file systems when a task first asks. */
#ifndef FSK_WORKER_INPUT_H
#define FSK_WORKER_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/evidence/fs.h"
#include "core/evidence/source.h"
#include "core/evidence/volume.h"
#include "core/ipc/shelf.h"
#include "core/model/profiles.h"

struct fsk_input_volume {
	struct fsk_volume v;
	json_t *environment;          /* of the Windows there, when it was asked for; or NULL */
	struct fsk_profiles profiles; /* that are on it, once a probe or a task has said so */
	struct fsk_fs *fs;            /* NULL until asked for */
	bool failed;                  /* opening was tried, `why` says what came of it */
	struct fsk_err why;
};

struct fsk_input {
	uint32_t index;
	char *name;
	bool directory;           /* read through the broker */
	struct fsk_segment *segs; /* adopted; taken over by `source` */
	size_t nsegs;
	struct fsk_source *source; /* NULL until opened, and for a directory */
	struct fsk_input_volume *volumes;
	size_t nvolumes;
	bool opened, failed;
	struct fsk_err why;
};

struct fsk_inputs {
	struct fsk_input *items;
	size_t count;
	intptr_t broker; /* -1 when there is none */
	intptr_t shelves[FSK_SHELVES];
	size_t nshelves;
	bool walk_only;        /* file systems are read without an index */
	struct fsk_pool *pool; /* for sources that are opened from now on; NULL: none */
	struct fsk_anomaly_sink sink;
};

/* Adopts the descriptors that message SETUP names. FSK_EPROTO, FSK_ELIMIT and
 * what fsk_file_adopt says. `in->sink` must be set before. */
int fsk_inputs_setup(struct fsk_inputs *in, const json_t *setup, struct fsk_err *err);
void fsk_inputs_free(struct fsk_inputs *in);

/* The descriptors in use, sorted, into fresh memory that the caller frees. */
int fsk_inputs_descriptors(int **out, size_t *count, const struct fsk_inputs *in,
                           struct fsk_err *err);

/* Opens the source of an input that is not a directory, once, and looks for
 * nothing on it. */
int fsk_input_open_source(struct fsk_inputs *in, struct fsk_input *i, struct fsk_err *err);

/* Opens a source and finds its volumes, once; a failure is remembered and
 * given again. */
int fsk_input_open(struct fsk_inputs *in, struct fsk_input *i, struct fsk_err *err);

/* The file system of a volume, opened once. FSK_EUNSUPPORTED when there is
 * none, else what fsk_fs_open says. */
int fsk_input_fs(struct fsk_fs **out, struct fsk_inputs *in, struct fsk_input *i, uint32_t volume,
                 struct fsk_err *err);

/* Finds the volume that members "source" and "volume" of a task name, and opens
 * its file system. FSK_EPROTO for numbers that do not exist. */
int fsk_inputs_find(struct fsk_input **input, struct fsk_input_volume **volume,
                    struct fsk_inputs *in, uint64_t source, uint64_t volume_number,
                    struct fsk_err *err);

#endif
