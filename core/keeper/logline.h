/* Lines from a worker's log pipe: split, cut, rate-limited. */
#ifndef FSK_KEEPER_LOGLINE_H
#define FSK_KEEPER_LOGLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/limits.h"
#include "core/base/log.h"

#define FSK_LOG_LINES_PER_SECOND 200u

struct fsk_logline {
	char text[FSK_LOG_LINE_MAX + 1];
	size_t len;
	bool has_levels; /* lines begin with a level digit; else all are warnings */
	uint64_t second; /* of the rate window */
	unsigned in_second;
	uint64_t suppressed; /* lines dropped since the last note */
};

/* `line` is NUL-terminated and not escaped yet. */
typedef void fsk_logline_emit(enum fsk_log_level level, const char *line, void *arg);

/* Takes bytes as they come; `now` in milliseconds of any steady clock. */
void fsk_logline_feed(struct fsk_logline *l, const char *bytes, size_t n, uint64_t now,
                      fsk_logline_emit *emit, void *arg);
/* At the end of the stream: a last line without a line end. */
void fsk_logline_finish(struct fsk_logline *l, uint64_t now, fsk_logline_emit *emit, void *arg);

#endif
