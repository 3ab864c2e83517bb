/* What the readers of the forms share. */
#ifndef FSK_PLUGINS_PLIST_PARTS_H
#define FSK_PLUGINS_PLIST_PARTS_H

#include "plugins/plist/plist.h"

#define FSK_PLIST_NONE UINT32_MAX /* "in" of the top */

/* Adds a value to the container `in`; `*out` is its index. `key` is ignored but in
 * dictionaries. FSK_ELIMIT, FSK_ENOMEM. */
int fsk_plist_add(uint32_t *out, struct fsk_plist *p, uint32_t in, size_t key,
                  enum fsk_plist_kind kind, struct fsk_err *err);
/* Bytes, and a NUL that is not counted, into `text`; `*at` is where. */
int fsk_plist_keep(size_t *at, struct fsk_plist *p, const void *data, size_t n,
                   struct fsk_err *err);
/* The date as the text of a value; kind is set, too. */
int fsk_plist_set_date(struct fsk_plist *p, uint32_t value, fsk_time t, struct fsk_err *err);
/* A line of damage. */
void fsk_plist_note(struct fsk_plist *p, uint64_t off, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

int fsk_plist_binary(struct fsk_plist *p, const void *data, size_t size, struct fsk_err *err);
int fsk_plist_xml(struct fsk_plist *p, const void *data, size_t size, struct fsk_err *err);
int fsk_plist_old(struct fsk_plist *p, const void *data, size_t size, struct fsk_err *err);

#endif
