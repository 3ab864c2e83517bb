/* Files that plugins asked for: one request for each locator, with all its
 * reasons, so that the result does not depend on who asked first. */
#ifndef FSK_KEEPER_REQUESTS_H
#define FSK_KEEPER_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/model/locator.h"

enum fsk_request_state {
	FSK_REQUEST_NEW,
	FSK_REQUEST_QUEUED,
	FSK_REQUEST_ASSIGNED, /* in a fetch task */
	FSK_REQUEST_OPEN,     /* its FILE came */
	FSK_REQUEST_OVER,     /* nothing more will come */
};

struct fsk_request {
	uint32_t id; /* its place in the list */
	struct fsk_locator loc;
	char letter[2];
	uint64_t size;   /* bytes, as the file system says */
	json_t *times;   /* or NULL */
	bool twin;       /* another file's name differs in case only: see member.h */
	json_t *reasons; /* [{"plugin","reason"},…], sorted, no doubles */
	enum fsk_request_state state;
};

/* A reason as it may arrive: bytes that are no UTF-8 have become three. */
#define FSK_REASON_SENT_MAX (3 * FSK_REASON_MAX)

struct fsk_requests {
	struct fsk_request *items;
	size_t count, cap;
	uint64_t bytes; /* of memory, about: see FSK_REQUEST_BYTES_MAX */
	json_t *index;  /* locator as text -> id */
	json_t *names;  /* of what is queued, case folded -> true */
};

void fsk_requests_init(struct fsk_requests *r);
void fsk_requests_free(struct fsk_requests *r);

/* Takes the head of a COLLECT message. `*id` is that of the request, new or
 * known. FSK_EPROTO when malformed, FSK_ELIMIT. */
int fsk_requests_add(uint32_t *id, struct fsk_requests *r, const json_t *head, struct fsk_err *err);

/* Marks the new requests of a volume as queued and appends their ids to
 * `*ids` (grown with realloc), sorted by address, then as locators are. Of
 * names that differ in case only, all but the first become twins: an archive
 * that is extracted on Windows must hold both, and who is first must not
 * depend on the order in which workers deliver. */
int fsk_requests_queue(uint32_t **ids, size_t *count, struct fsk_requests *r, uint32_t source,
                       uint32_t volume, struct fsk_err *err);

/* One of "files" in a fetch task. New reference. */
json_t *fsk_request_file(const struct fsk_request *q);

#endif
