/* Images for tests: a writer of EWF segment files that remembers where it
 * put what, files without names to open them from, and a sink that keeps
 * the anomalies. */
#ifndef FSK_TESTS_IMAGE_H
#define FSK_TESTS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/buf.h"
#include "core/evidence/source.h"

#define IMAGE_SEGMENTS_MAX 8
#define IMAGE_CHUNKS_MAX 512
#define IMAGE_TABLES_MAX 64

/* --- files and sources --- */

/* A file without a name that holds `n` bytes. */
void temp_segment(struct fsk_segment *out, const char *name, const void *data, size_t n);

struct seen {
	json_t *list; /* of anomalies */
};
struct fsk_anomaly_sink seen_sink(struct seen *seen);
void seen_free(struct seen *seen);
size_t seen_count(const struct seen *seen);
/* How many have `text` in their reason. */
size_t seen_with(const struct seen *seen, const char *text);

/* --- the writer --- */

struct image_spec {
	size_t size;            /* of the medium, bytes */
	unsigned segments;      /* 0 counts as 1 */
	unsigned chunk_sectors; /* 0 counts as 2 */
	unsigned table_chunks;  /* chunks of one table; 0 counts as 16 */
	bool smart;             /* the original layout: chunks inside the table */
	bool based;             /* table entries relative to the sectors section */
	bool stored;            /* every third chunk is stored */
	bool full_last;         /* the last chunk is filled up */
	bool no_sizes;          /* descriptors have size 0 */
	uint8_t guid;           /* every byte of the set identifier */
	const char *header;     /* text of section header; NULL: none */
	const uint8_t *header2; /* UTF-16 of section header2 */
	size_t header2_len;
	uint32_t errors[4][2]; /* first sector and count; count 0 ends */
};

struct image_chunk {
	unsigned segment;
	size_t offset, length;
};

struct image_table {
	unsigned segment;
	size_t sectors, table, table2; /* starts of the descriptors; 0 when there is none */
	unsigned first_chunk, count;
};

struct image {
	struct image_spec spec;
	uint8_t *medium;
	size_t chunk_size, nchunks;
	struct fsk_buf segs[IMAGE_SEGMENTS_MAX];
	struct image_chunk chunks[IMAGE_CHUNKS_MAX];
	struct image_table tables[IMAGE_TABLES_MAX];
	size_t ntables;
	size_t volume; /* start of the descriptor in segment 0 */
	char md5[33], sha1[41];
};

void image_make(struct image *im, const struct image_spec *spec);
void image_free(struct image *im);

/* Opens the segments whose bit is set in `mask`; on success the files are the
 * source's, on failure they are closed. */
int image_open(struct fsk_source **out, const struct image *im, unsigned mask, struct seen *seen,
               struct fsk_err *err);

/* Chunks first..end of the medium are in segment `segment`. */
void image_segment_chunks(const struct image *im, unsigned segment, size_t *first, size_t *end);

/* Corrects the checksum of the descriptor at `at` after a change, or those of
 * the table behind it. */
void image_seal_descriptor(struct fsk_buf *seg, size_t at);
void image_seal_table(struct fsk_buf *seg, size_t at);

#endif
