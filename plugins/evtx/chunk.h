/* Chunks of an event log: 64 KiB each with a header of 512 bytes, then records.
 *
 * A record is "**\0\0", its size, its number, the time it was written, binary XML, and its size
 * once more: two equal sizes tell a record from chance. */
#ifndef FSK_PLUGINS_EVTX_CHUNK_H
#define FSK_PLUGINS_EVTX_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FSK_EVTX_CHUNK 65536u
#define FSK_EVTX_CHUNK_HEADER 512u
#define FSK_EVTX_RECORD_HEADER 24u
#define FSK_EVTX_RECORD_END 4u

#define FSK_EVTX_DIRTY 1u   /* flags of the file and of chunks: being written to */
#define FSK_EVTX_NO_SUMS 4u /* the checksums were never made */

struct fsk_evtx_chunk {
	const uint8_t *p; /* borrowed */
	size_t size;      /* smaller than a chunk where the file ends */
	size_t free;      /* where the records end */
	uint32_t flags;
	uint64_t first, last; /* numbers of its records */
};

enum fsk_evtx_chunk_state {
	FSK_EVTX_CHUNK_GOOD,
	FSK_EVTX_CHUNK_UNUSED, /* zeros */
	FSK_EVTX_CHUNK_LOST    /* its header is something else: `free` is the end of the chunk */
};

/* Reads the header of a chunk, which stays borrowed. `size` is up to FSK_EVTX_CHUNK. */
enum fsk_evtx_chunk_state fsk_evtx_chunk_read(struct fsk_evtx_chunk *out, const uint8_t *p,
                                              size_t size);
/* What a checksum is of that is wrong ("header", "records"), or NULL. */
const char *fsk_evtx_chunk_sums(const struct fsk_evtx_chunk *c);

struct fsk_evtx_record {
	size_t at, size; /* in the chunk */
	uint64_t number, written;
};

/* Is there a record at byte `at` of the chunk? `*torn`: it begins like one, but its two sizes
 * differ, or it does not end within the chunk. */
bool fsk_evtx_record_read(struct fsk_evtx_record *out, bool *torn, const struct fsk_evtx_chunk *c,
                          size_t at);

/* The checksum of `n` bytes, CRC-32; `seed` is that of what comes before, or 0. */
uint32_t fsk_evtx_sum(uint32_t seed, const uint8_t *p, size_t n);

#endif
