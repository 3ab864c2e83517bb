#include "plugins/evtx/event.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"

void fsk_evtx_event_init(struct fsk_evtx_event *e)
{
	memset(e, 0, sizeof(*e));
	fsk_buf_init(&e->texts, FSK_EVTX_TEXT_MAX);
}

void fsk_evtx_event_free(struct fsk_evtx_event *e)
{
	free(e->items);
	fsk_buf_free(&e->texts);
	fsk_evtx_event_init(e);
}

void fsk_evtx_event_reset(struct fsk_evtx_event *e)
{
	memset(e->slots, 0, sizeof(e->slots));
	e->nitems = 0;
	e->slack = false;
	e->damage[0] = '\0';
	fsk_buf_reset(&e->texts);
}

const char *fsk_evtx_slot(const struct fsk_evtx_event *e, enum fsk_evtx_slot slot)
{
	return e->slots[slot].there ? (const char *) e->texts.data + e->slots[slot].at : NULL;
}

bool fsk_evtx_slot_number(uint64_t *out, const struct fsk_evtx_event *e, enum fsk_evtx_slot slot)
{
	const char *s = fsk_evtx_slot(e, slot);
	uint64_t v = 0;

	if (s == NULL || *s == '\0' || strlen(s) > 18)
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return false;
		v = v * 10 + (uint64_t) (*s - '0');
	}
	*out = v;
	return true;
}

int fsk_evtx_keep(struct fsk_evtx_text *out, struct fsk_evtx_event *e, const void *p, size_t n,
                  struct fsk_err *err)
{
	int rc = fsk_buf_reserve(&e->texts, n + 1, err);

	if (rc < 0)
		return rc;
	*out = (struct fsk_evtx_text){ e->texts.len, n, true };
	fsk_buf_append(&e->texts, p, n, NULL);
	return fsk_buf_append_u8(&e->texts, 0, err);
}

static int add_one(struct fsk_evtx_event *e, const struct fsk_evtx_text *name, const uint8_t *p,
                   size_t n, struct fsk_err *err)
{
	size_t room = e->room == 0 ? 64 : e->room * 2;
	struct fsk_evtx_item *grown;
	int rc;

	if (e->nitems >= FSK_EVTX_ITEMS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "an event with more than %u values",
		                   FSK_EVTX_ITEMS_MAX);
	if (e->nitems == e->room) {
		grown = realloc(e->items, room * sizeof(*grown));
		if (grown == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "no memory for an event");
		e->items = grown;
		e->room = room;
	}
	e->items[e->nitems].name = *name;
	rc = fsk_evtx_keep(&e->items[e->nitems].value, e, p, n, err);
	if (rc == 0)
		e->nitems++;
	return rc;
}

int fsk_evtx_add(struct fsk_evtx_event *e, const struct fsk_evtx_text *name, const uint8_t *p,
                 size_t n, struct fsk_err *err)
{
	const uint8_t *end;
	int rc;

	do {
		end = n > 0 ? memchr(p, 0, n) : NULL;
		rc = add_one(e, name, p, end != NULL ? (size_t) (end - p) : n, err);
		if (end != NULL) {
			n -= (size_t) (end - p) + 1;
			p = end + 1;
		}
	} while (rc == 0 && end != NULL);
	return rc;
}
