/* Event logs of Windows since Vista (.evtx), chunk by chunk.
 *
 * Format: libyal's "Windows XML Event Log (EVTX) format". A file is a header and chunks of
 * 64 KiB, each of which can be read without the others: it has the names and templates that
 * its records use. What a record says is binary XML: see binxml.h.
 *
 * libevtx 20181227 is not asked: it gives the values of an event without their names, or XML that
 * would have to be parsed again, reads each event whole, and loses the chunk that the end of a
 * file cuts. */
#ifndef FSK_PLUGINS_EVTX_EVTX_H
#define FSK_PLUGINS_EVTX_EVTX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "plugins/evtx/event.h"
#include "plugins/evtx/filter.h"
#include "plugins/shared/input.h"

struct fsk_evtx;

/* Reads the header. `in` and what it points to, and `filter`, have to stay until the log is
 * closed. FSK_ECORRUPT when it is no event log, FSK_ENOMEM, errors of reading. */
int fsk_evtx_open(struct fsk_evtx **out, const struct fsk_input *in,
                  const struct fsk_evtx_filter *filter, struct fsk_err *err);
void fsk_evtx_close(struct fsk_evtx *log);

/* 1: the next event, in the order of the file, borrowed until the next call; 0: the end. Damaged
 * places are noted, and what can be read behind them is. FSK_ENOMEM. */
int fsk_evtx_next(struct fsk_evtx *log, struct fsk_evtx_event **out, struct fsk_err *err);

/* Of the records that were passed until now, wanted or not, without slack. */
struct fsk_evtx_span {
	uint64_t records;
	uint64_t first, last; /* FILETIME: when the earliest and the latest were written; 0: none */
};
void fsk_evtx_seen(struct fsk_evtx_span *out, const struct fsk_evtx *log);

/* What was wrong since the last call: sentences, each ended by '\n', FSK_EVTX_NOTES_MAX at
 * most for one log; at the end of it how many more. Borrowed until the next call. */
const struct fsk_buf *fsk_evtx_notes(struct fsk_evtx *log);

#endif
