/* Where the templates of a chunk have the number of the event and its provider, so that events
 * that nobody wants are passed over without reading them. */
#ifndef FSK_PLUGINS_EVTX_TEMPLATE_H
#define FSK_PLUGINS_EVTX_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/limits.h"

#define FSK_TEMPLATES 256u

/* What one template says of the events that it makes. A place is the index of a value, or
 * negative: what stands here holds for all of them, if `has_…`. */
struct fsk_template {
	uint32_t offset; /* in the chunk; 0: nothing is here */
	bool known;      /* false: events of it have to be read */
	int id_at, provider_at;
	bool has_id, has_provider;
	uint64_t id;
	char provider[FSK_EVTX_PROVIDER_MAX];
};

/* By offset; one that comes to the place of another takes it. */
struct fsk_templates {
	struct fsk_template at[FSK_TEMPLATES];
};

/* Forgets all, for another chunk. */
void fsk_templates_reset(struct fsk_templates *t);
/* The place for that of `offset`. When another one is there it is emptied. */
struct fsk_template *fsk_templates_slot(struct fsk_templates *t, uint32_t offset);

#endif
