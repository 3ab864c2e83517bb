/* What the files of binxml share. */
#ifndef FSK_PLUGINS_EVTX_BINXML_IMPL_H
#define FSK_PLUGINS_EVTX_BINXML_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/evtx/binxml.h"

#define FSK_BINXML_DEPTH_OF_SECTION 2u /* System, EventData: right below Event */
#define FSK_BINXML_DEPTH_OF_FIELD 3u   /* their elements */

/* UTF-16 in the chunk. */
struct fsk_binxml_name {
	const uint8_t *p;
	size_t n; /* bytes */
};

enum fsk_binxml_section {
	FSK_BINXML_OTHER,
	FSK_BINXML_SYSTEM,
	FSK_BINXML_RENDERING,
	FSK_BINXML_DATA
};

struct fsk_binxml_element {
	struct fsk_binxml_name name;
	size_t text;              /* where its text begins in the work buffer */
	struct fsk_evtx_text key; /* "Name" of a Data */
	bool parent;              /* has elements */
	bool absent;              /* its value is nothing, and may be left out: so is the element */
};

struct fsk_binxml_reading {
	struct fsk_binxml *x;
	struct fsk_evtx_event *out;
	struct fsk_template *learn; /* places of values are looked for, not values */
	struct fsk_binxml_element stack[FSK_EVTX_DEPTH_MAX];
	size_t depth;
	struct fsk_binxml_name attribute; /* in hand; p is NULL when there is none */
	size_t attribute_text;
	enum fsk_binxml_section section;
	struct fsk_buf *text; /* of open elements */
	size_t tokens;        /* that may still be read */
	unsigned nesting;
	struct fsk_err *err;
};

/* --- binxml_says.c --- */

/* Is that the name? */
bool fsk_binxml_is(struct fsk_binxml_name name, const char *text);
/* The slot (enum fsk_evtx_slot) that an attribute in System fills, or -1. */
int fsk_binxml_slot_of(struct fsk_binxml_name element, struct fsk_binxml_name attribute);
/* Keeps what the innermost element says, which ends here. FSK_ELIMIT, FSK_ENOMEM. */
int fsk_binxml_take_element(struct fsk_binxml_reading *r);
/* The same of the attribute in hand. */
int fsk_binxml_take_attribute(struct fsk_binxml_reading *r);

#endif
