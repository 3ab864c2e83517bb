/* One event of an event log, as texts in one buffer, so that a million events cost few
 * allocations: an event is filled again and again. */
#ifndef FSK_PLUGINS_EVTX_EVENT_H
#define FSK_PLUGINS_EVTX_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

/* What System (and RenderingInfo, for the message) say. */
enum fsk_evtx_slot {
	FSK_EVTX_PROVIDER,
	FSK_EVTX_ID,
	FSK_EVTX_VERSION,
	FSK_EVTX_LEVEL,
	FSK_EVTX_TASK,
	FSK_EVTX_OPCODE,
	FSK_EVTX_KEYWORDS,
	FSK_EVTX_TIME,
	FSK_EVTX_ACTIVITY,
	FSK_EVTX_PROCESS,
	FSK_EVTX_THREAD,
	FSK_EVTX_CHANNEL,
	FSK_EVTX_COMPUTER,
	FSK_EVTX_USER, /* a SID */
	FSK_EVTX_MESSAGE,
	FSK_EVTX_SLOTS
};

/* A place in the texts of an event: `size` bytes of UTF-8 and a NUL. */
struct fsk_evtx_text {
	size_t at, size;
	bool there;
};

/* One value of EventData or UserData. Without a name: a Data that has none. */
struct fsk_evtx_item {
	struct fsk_evtx_text name, value;
};

struct fsk_evtx_event {
	uint64_t number;  /* of the record */
	uint64_t written; /* FILETIME: when the record was written */
	uint64_t offset;  /* of the record in the file */
	bool slack;       /* behind the records of its chunk */
	struct fsk_evtx_text slots[FSK_EVTX_SLOTS];
	struct fsk_evtx_item *items; /* in their order */
	size_t nitems, room;
	struct fsk_buf texts;
	char damage[FSK_ERR_MSG_MAX]; /* why not all of it may be there or true; empty: nothing */
};

/* Allocates nothing; what fills it later is freed with fsk_evtx_event_free. */
void fsk_evtx_event_init(struct fsk_evtx_event *e);
void fsk_evtx_event_free(struct fsk_evtx_event *e);
/* Empties it for another event. */
void fsk_evtx_event_reset(struct fsk_evtx_event *e);

/* Borrowed until the event changes; NULL when it is not there. */
const char *fsk_evtx_slot(const struct fsk_evtx_event *e, enum fsk_evtx_slot slot);
/* The slot as a number; false when it is none. */
bool fsk_evtx_slot_number(uint64_t *out, const struct fsk_evtx_event *e, enum fsk_evtx_slot slot);

/* Copies `n` bytes behind the texts. FSK_ELIMIT, FSK_ENOMEM. */
int fsk_evtx_keep(struct fsk_evtx_text *out, struct fsk_evtx_event *e, const void *p, size_t n,
                  struct fsk_err *err);
/* Adds an item for each text in `p`, which NULs part; an empty one when there is nothing.
 * FSK_ELIMIT beyond FSK_EVTX_ITEMS_MAX, FSK_ENOMEM. */
int fsk_evtx_add(struct fsk_evtx_event *e, const struct fsk_evtx_text *name, const uint8_t *p,
                 size_t n, struct fsk_err *err);

#endif
