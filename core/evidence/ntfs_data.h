/* Where a $DATA of a file lies, from its record alone: the plain case,
 * which most files are. What is compressed, encrypted or a reparse point, what has
 * an attribute list, and whatever does not fit together, is libtsk's. Internal to
 * core/evidence.
 *
 * Format: Russon and Fledel, "NTFS Documentation" (attribute header, data runs). */
#ifndef FSK_EVIDENCE_NTFS_DATA_H
#define FSK_EVIDENCE_NTFS_DATA_H

#include "core/evidence/stream_runs.h"

/* The volume that the clusters are of. */
struct fsk_ntfs_geometry {
	uint64_t offset;       /* in the source */
	uint64_t clusters;     /* that are there */
	uint32_t cluster_size; /* bytes */
};

/* Fills `out` for the $DATA named `stream` (NULL: the unnamed one) of a record of `n`
 * bytes, which are modified (update sequence) and
 * into which `out->content` points. Runs are appended to `runs`, at most up to
 * FSK_ORDER_RUNS_MAX of them. FSK_ENOTFOUND when the record is not in use with that
 * sequence number, FSK_EUNSUPPORTED when it is no plain case; `runs` is then as it
 * was. */
int fsk_ntfs_data_find(struct fsk_extent *out, struct fsk_runs *runs,
                       const struct fsk_ntfs_geometry *g, uint8_t *record, size_t n, uint64_t seq,
                       const char *stream, struct fsk_err *err);

#endif
