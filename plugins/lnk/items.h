/* Lists of shell items: the way to a target through the shell's name space.
 * Format: "Windows Shell Item format" of libyal's libfwsi; sections in items.c. */
#ifndef FSK_PLUGINS_LNK_ITEMS_H
#define FSK_PLUGINS_LNK_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/cursor.h"
#include "core/base/err.h"
#include "core/base/time.h"

#define FSK_GUID_TEXT 39 /* "{20D04FE0-3AEA-1069-A2D8-08002B30309D}" */

struct fsk_item {
	uint8_t type;     /* class type indicator */
	char *name;       /* long if it has one; NULL when the kind is not known */
	char *short_name; /* of file entries that have a long one; else NULL */
	fsk_time created, accessed, modified; /* of file entries, to 2 seconds */
	uint64_t reference;                   /* of the file in NTFS; 0: none */
};

struct fsk_items {
	struct fsk_item *at;
	size_t count;
	char *path; /* as the shell would show it; NULL when an item is not understood */
};

/* Reads the list under the cursor, up to its end mark or the end of the bytes.
 * FSK_ECORRUPT when an item is larger than what is left or shorter than its kind
 * (those before it are in `out`), FSK_ELIMIT, FSK_ENOMEM. Release with
 * fsk_items_free, also after a failure. */
int fsk_items_read(struct fsk_items *out, struct fsk_cur *c, struct fsk_err *err);
void fsk_items_free(struct fsk_items *items);

/* A GUID as it lies on the disk, in upper case and braces. Returns `out`. */
const char *fsk_guid_text(char out[FSK_GUID_TEXT], const uint8_t guid[16]);

/* Text in a code page of the machine, up to its NUL or `max` bytes, read as
 * Windows-1252; moves the cursor behind the NUL. */
int fsk_ansi_append(struct fsk_buf *out, struct fsk_cur *c, size_t max, struct fsk_err *err);

/* UTF-16LE up to its NUL or the end of the bytes; moves the cursor behind it. */
int fsk_utf16_append(struct fsk_buf *out, struct fsk_cur *c, struct fsk_err *err);

#endif
