/* Lines of custody.jsonl: a chain in which each line holds the hash of the
 * one before, so that none can be changed, removed or moved without a trace.
 *
 *   {"event":"member",…,"prev":"<64 hex>","seq":7,"time":"…","hash":"<64 hex>"}
 *
 * "hash" always comes last and is the SHA-256 of the bytes of the line in front
 * of `,"hash":`. "prev" is the "hash" of the line before, 64 zeros in the
 * first. "seq" counts from 0. */
#ifndef FSK_ARCHIVE_CUSTODY_H
#define FSK_ARCHIVE_CUSTODY_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/digest.h"
#include "core/base/err.h"
#include "core/base/time.h"

struct fsk_custody {
	uint64_t next; /* "seq" of the next line */
	char prev[FSK_SHA256_HEX];
};

void fsk_custody_init(struct fsk_custody *c);

/* Makes the next line into `*line` (free() it; no line end) and moves the
 * chain on. Members of `details` (may be NULL) stand beside ours, which win. */
int fsk_custody_make(char **line, struct fsk_custody *c, fsk_time when, const char *event,
                     const json_t *details, struct fsk_err *err);

/* Reads a line of `n` bytes without line end. `*parsed` is a new reference,
 * NULL when it is no JSON object. FSK_ECORRUPT says what is wrong, and the
 * chain goes on from this line all the same. */
int fsk_custody_check(json_t **parsed, struct fsk_custody *c, const char *line, size_t n,
                      struct fsk_err *err);

#endif
