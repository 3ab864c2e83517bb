/* Property lists in memory, from the binary form, XML and the old text.
 *
 * libplist 2.2.0 of Debian 12 is not used: it copies an object for each reference to it, so that
 * a file of 500 bytes takes all memory there is. Here every value that is told counts.
 *
 * Format of the binary form: the comment at the top of CFBinaryPList.c of Apple's CoreFoundation;
 * of XML: the DTD "PropertyList-1.0". XML is read by expat; a DOCTYPE that declares entities
 * of its own is refused. */
#ifndef FSK_PLUGINS_PLIST_PLIST_H
#define FSK_PLUGINS_PLIST_PLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/time.h"

enum fsk_plist_kind {
	FSK_PLIST_NULL, /* also what is damaged inside of a list */
	FSK_PLIST_BOOL, /* i */
	FSK_PLIST_INT,  /* i */
	FSK_PLIST_UID,  /* i */
	FSK_PLIST_REAL, /* d; also integers that have no place in 64 bits with a sign */
	FSK_PLIST_TEXT, /* text, len: strings, and data as they are */
	FSK_PLIST_DATE, /* text, len: ISO, in UTC, as in core/base/time.h */
	FSK_PLIST_DICT, /* first */
	FSK_PLIST_ARRAY /* first; sets, too */
};

struct fsk_plist_value {
	enum fsk_plist_kind kind;
	uint32_t first, last; /* what is in it; 0: nothing */
	uint32_t next;        /* beside it; 0: it is the last */
	int64_t i;
	double d;
	size_t key;       /* in `text`, ended by a NUL: of a member of a dictionary */
	size_t text, len; /* in `text` */
};

struct fsk_plist {
	struct fsk_plist_value *at; /* at[0] is the top */
	size_t count, cap;
	struct fsk_buf text;
	struct fsk_buf damage; /* lines, each ended by '\n': "offset 0x1c: …" */
	size_t damaged;        /* with those that have no line */
};

/* Reads all of it. What is damaged inside is left out and told in `damage`; XML that ends too
 * early is told as far as it goes. FSK_ECORRUPT when nothing can be told, FSK_EUNSUPPORTED
 * (another version of the binary form), FSK_ELIMIT (FSK_PLIST_*), FSK_ENOMEM. Release with
 * fsk_plist_free, also after a failure. */
int fsk_plist_read(struct fsk_plist *out, const void *data, size_t size, struct fsk_err *err);
void fsk_plist_free(struct fsk_plist *p);

#endif
