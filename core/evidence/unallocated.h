/* What a volume has outside of its files: the blocks that its file system calls free, as entries
 * that are in no folder. Nothing lists them; they are had by this header only. */
#ifndef FSK_EVIDENCE_UNALLOCATED_H
#define FSK_EVIDENCE_UNALLOCATED_H

#include "core/evidence/fs.h"

/* The folder that they seem to be in. */
#define FSK_UNALLOCATED "$Unallocated"

/* An entry is of so many bytes of the volume, and of some more, so that nothing is cut in two.
 * Both are multiples of every block of a file system. */
#define FSK_UNALLOCATED_PART (64 * FSK_GIB)
#define FSK_UNALLOCATED_OVERLAP (2 * FSK_MIB)

/* The entries of a volume, in order. Their names are the byte of the file system that they begin
 * at ("0x0000001000000000"), so that this plus an offset in their stream is the place on the
 * volume; their locators are marked as deleted and have address 0. Allocated blocks are holes in
 * the stream. None for folders of the host; FSK_EUNSUPPORTED for file systems of which
 * libtsk does not tell what is free in one volume (APFS); FSK_ENOMEM. Free with
 * fsk_entries_free. */
int fsk_unallocated_entries(struct fsk_entries *out, struct fsk_fs *fs, struct fsk_err *err);

/* Is that one of them? */
bool fsk_is_unallocated(const struct fsk_locator *loc);

/* Opens one; fsk_stream_open does it for all who have a locator. FSK_ELIMIT when its free blocks
 * are in more than FSK_UNALLOCATED_RUNS_MAX pieces; FSK_ENOTFOUND when no entry begins there. Close
 * with fsk_stream_close. */
struct fsk_stream;
int fsk_unallocated_open(struct fsk_stream **out, struct fsk_fs *fs, const struct fsk_locator *loc,
                         struct fsk_err *err);

#endif
