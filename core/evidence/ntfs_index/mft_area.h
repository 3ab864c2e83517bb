/* The layout of the area in which an index lies: a head of counts, then the
 * arrays in the order of their alignment. The counts alone say where each one is.
 * Numbers are those of this machine. Internal to core/evidence/ntfs_index. */
#ifndef FSK_EVIDENCE_NTFS_INDEX_MFT_AREA_H
#define FSK_EVIDENCE_NTFS_INDEX_MFT_AREA_H

#include "core/evidence/ntfs_index/mft_index.h"

/* Places of the arrays, as offsets in the area. */
struct fsk_mft_places {
	uint64_t entries, streams, times, links, damage, first, names, end;
};

/* FSK_ELIMIT when a count is above its limit. */
int fsk_mft_places_of(struct fsk_mft_places *out, const struct fsk_mft_counts *n,
                      struct fsk_err *err);

/* A new area for so much, its head filled in, the rest is zeros; `ix` points into
 * it and owns it. FSK_ELIMIT, FSK_ENOMEM. */
int fsk_mft_area_new(struct fsk_mft_index *ix, const struct fsk_mft_counts *n, struct fsk_err *err);

#endif
