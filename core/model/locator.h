/* Where a thing lies: (source, volume, file system address, stream). It is
 * on every artifact, finding and anomaly, and it identifies a file. */
#ifndef FSK_MODEL_LOCATOR_H
#define FSK_MODEL_LOCATOR_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/buf.h"

struct fsk_locator {
	uint32_t source; /* index of the evidence source, from 0 */
	uint32_t volume; /* index of the volume in the source, from 0 */
	uint64_t addr;   /* metadata address: MFT record, inode; 0 in a directory source */
	uint64_t seq;    /* NTFS sequence number of the record; 0 elsewhere */
	bool deleted;    /* the name or the record is unallocated */
	char *stream;    /* alternate data stream, NULL for the main one */
	char *path;      /* inside the volume, '/' separated, no leading '/', valid UTF-8 */
};

void fsk_locator_free(struct fsk_locator *l);
int fsk_locator_copy(struct fsk_locator *out, const struct fsk_locator *in, struct fsk_err *err);

/* Orders by source, volume, path, stream, deleted, addr. */
int fsk_locator_cmp(const struct fsk_locator *a, const struct fsk_locator *b);

/* {"source":0,"volume":1,"addr":64,"seq":1,"path":"Users/…","stream":"…",
 * "deleted":true}; seq, stream and deleted only when set. New reference, or
 * NULL without memory. */
json_t *fsk_locator_to_json(const struct fsk_locator *l);

/* Appends the same as text (jsontext.h). FSK_ELIMIT, FSK_ENOMEM. */
int fsk_locator_append(struct fsk_buf *out, const struct fsk_locator *l, struct fsk_err *err);

/* FSK_EPROTO names the member that is missing or of the wrong type. */
int fsk_locator_from_json(struct fsk_locator *out, const json_t *j, struct fsk_err *err);

#endif
