/* Many files of one volume, read in the order in which they lie on the medium, so
 * that no part of an image is inflated twice and a disk does not seek: first those
 * that lie in their records, then by first byte, then those of which nobody knows
 * where they are. While one is read, the next ones are under way. */
#ifndef FSK_EVIDENCE_ORDER_H
#define FSK_EVIDENCE_ORDER_H

#include "core/evidence/fs.h"

struct fsk_order;

enum fsk_order_flags {
	FSK_ORDER_LOOK = 1, /* find out where the files lie; else they come in the order of
	                     * their addresses, and each is opened when its turn comes */
	FSK_ORDER_KEEP = 2  /* they come as given, whatever their places */
};

/* `files[i]` is the locator of file `i`. Locators and file system must outlive the
 * order. A file that cannot be found, or that needs more memory than the limits
 * give, is opened when its turn comes. FSK_ENOMEM, FSK_ELIMIT for
 * more than 2^32 - 2 files. */
int fsk_order_new(struct fsk_order **out, struct fsk_fs *fs, const struct fsk_locator *const *files,
                  size_t n, unsigned flags, struct fsk_err *err);
void fsk_order_free(struct fsk_order *o); /* NULL is allowed */

/* The next file: its number, or -1 after the last one. */
int64_t fsk_order_next(struct fsk_order *o);

/* Is the file that came last the one before under another name (a hard link)? */
bool fsk_order_same(const struct fsk_order *o);

/* Opens the file that came last; as fsk_stream_open. Close the stream before the
 * order. */
int fsk_order_open(struct fsk_stream **out, struct fsk_order *o, struct fsk_err *err);

/* `done` bytes of the file that came last were read: asks the source for what comes
 * next, of this file and those behind it, up to FSK_READ_AHEAD bytes. */
void fsk_order_ahead(struct fsk_order *o, uint64_t done);

#endif
