/* Images of virtual disks: blocks of equal size, and a table that tells
 * where in the file each one is. VHD, VHDX and VMDK fill it in and read no
 * more after that. */
#ifndef FSK_EVIDENCE_MAPPED_H
#define FSK_EVIDENCE_MAPPED_H

#include <stdbool.h>

#include "core/evidence/source.h"

#define FSK_MAPPED_LOST UINT32_MAX /* a place that could not be read */

/* One file and the part of the medium that it holds. */
struct fsk_mapped_extent {
	const struct fsk_segment *seg;
	uint64_t start, length; /* bytes on the medium */
	uint32_t *table;        /* of each block its place; 0 is a hole, which reads as zeros.
	                         * NULL: the file is the medium from byte 0 on */
	uint32_t nblocks;
	uint32_t block_size; /* bytes */
	unsigned shift;      /* place << shift is the byte in the file */
	uint32_t skip;       /* bytes there in front of the block's data */
	bool deflated;       /* blocks are packed as in a stream-optimized VMDK */
};

struct fsk_mapped;

/* Room for `count` extents, all zero. FSK_ENOMEM. */
int fsk_mapped_new(struct fsk_mapped **out, size_t count, struct fsk_err *err);
void fsk_mapped_free(struct fsk_mapped *m); /* NULL is allowed; frees the tables */
struct fsk_mapped_extent *fsk_mapped_extent(struct fsk_mapped *m, size_t i);

/* Makes x->table for x->length and x->block_size. FSK_ELIMIT, FSK_ENOMEM. */
int fsk_mapped_alloc(struct fsk_mapped_extent *x, struct fsk_err *err);

/* Reads exactly `n` bytes of the file. FSK_EIO, FSK_ECORRUPT at its end. */
int fsk_mapped_pread(const struct fsk_segment *seg, void *buf, size_t n, uint64_t off,
                     struct fsk_err *err);

/* Hands `m` to the source: sets starts, size, unit, ops and impl. Blocks that
 * lie behind the end of their file are reported and go to s->lost. */
int fsk_mapped_finish(struct fsk_mapped *m, struct fsk_source *s, const char *format,
                      struct fsk_err *err);

/* Reports something about a file of the source. */
void fsk_mapped_report(struct fsk_source *s, const struct fsk_segment *seg, int code,
                       const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
