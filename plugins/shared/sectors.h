/* Sectors of a compound file and the chains in which they belong together.
 * Format: [MS-CFB] 2.2 to 2.5. Private to compound.c. */
#ifndef FSK_PLUGINS_SHARED_SECTORS_H
#define FSK_PLUGINS_SHARED_SECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "plugins/shared/input.h"

#define FSK_SECTOR_MAX 4096u

struct fsk_sectors {
	const struct fsk_input *in;      /* the file; borrowed */
	size_t sector;                   /* bytes of one: 512, or 4096 */
	uint32_t count;                  /* that lie in the file, the last one perhaps in part */
	uint32_t *next;                  /* of each, the one that follows (FAT) */
	bool damaged;                    /* some places of the FAT lie outside of the file */
	unsigned major;                  /* version: 3 or 4 */
	uint32_t directory, small_table; /* where these chains begin */
	uint32_t cutoff;                 /* streams of fewer bytes lie in the small sectors */
};

/* A chain, unrolled. */
struct fsk_chain {
	uint32_t *at; /* numbers of sectors */
	size_t count;
	bool broken; /* a loop, or a number that is none of a sector */
};

/* Reads header and FAT. FSK_ECORRUPT when it is no compound file, FSK_EUNSUPPORTED
 * for other versions, FSK_ENOMEM. Release with fsk_sectors_free, also after a failure. */
int fsk_sectors_open(struct fsk_sectors *s, const struct fsk_input *in, struct fsk_err *err);
void fsk_sectors_free(struct fsk_sectors *s);

/* Unrolls the chain that begins at `start`, up to `max` sectors, by `next`, which has
 * `count` numbers. FSK_ENOMEM. The caller frees out->at. */
int fsk_chain_read(struct fsk_chain *out, const uint32_t *next, size_t count, uint32_t start,
                   size_t max, struct fsk_err *err);

/* Copies the bytes of sector `n` that are there, and gives their count: at most one sector,
 * up to FSK_SECTOR_MAX. */
size_t fsk_sectors_read(uint8_t *out, const struct fsk_sectors *s, uint32_t n);

/* Appends `size` bytes from `offset` of a chain. FSK_ECORRUPT with what is
 * there appended, FSK_ELIMIT, FSK_ENOMEM. */
int fsk_chain_copy(struct fsk_buf *out, const struct fsk_sectors *s, const struct fsk_chain *chain,
                   uint64_t offset, size_t size, struct fsk_err *err);

#endif
