/* An evidence source: anything that can be read at an offset. Raw, split raw,
 * EWF (E01, s01), VHD, VHDX and sparse VMDK over descriptors that somebody else
 * opened. */
#ifndef FSK_EVIDENCE_SOURCE_H
#define FSK_EVIDENCE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/file.h"
#include "core/base/pool.h"
#include "core/evidence/rangelog.h"
#include "core/model/anomaly.h"

struct fsk_segment {
	struct fsk_file file; /* owned by the source once it is open */
	char *name;           /* base name, for messages; owned by the source */
};

struct fsk_source;

/* What a format reader implements. read_at reads exactly `n` bytes or fails;
 * on failure the content of `buf` is undefined and fsk_source_read retries
 * piece by piece (see `unit`). */
struct fsk_source_ops {
	const char *format; /* "raw", "ewf", "vhd", "vhdx", "vmdk" */
	int (*read_at)(void *impl, void *buf, size_t n, uint64_t off, struct fsk_err *err);
	/* Optional, as is use_pool. These bytes of the medium will be read soon. */
	void (*prefetch)(void *impl, uint64_t off, uint64_t n);
	/* Optional: these bytes of the medium will not be read again soon. */
	void (*done)(void *impl, uint64_t off, uint64_t n);
	void (*use_pool)(void *impl, struct fsk_pool *pool);
	/* Optional: see fsk_source_check. */
	void (*check)(void *impl);
	void (*close)(void *impl);
};

struct fsk_source {
	const struct fsk_source_ops *ops;
	void *impl;
	uint32_t index;           /* number of the source in this run */
	char *name;               /* of the first segment, for messages */
	uint64_t size;            /* bytes of the medium, a multiple of nothing in particular */
	uint32_t sector_size;     /* as the image or the device says; 512 when it says nothing */
	uint32_t unit;            /* bytes that fail together: a sector, an EWF chunk */
	struct fsk_segment *segs; /* readers borrow them */
	size_t nsegs;
	json_t *metadata;         /* acquisition facts, an object; never NULL */
	json_t *stored;           /* {"md5":…,"sha1":…} as stored in the image; never NULL */
	struct fsk_rangelog bad;  /* of what was read so far */
	struct fsk_rangelog lost; /* what the image itself says it does not have: missing
	                           * segments, read errors when it was made; reported on opening */
	struct fsk_anomaly_sink sink;
};

/* Opens `segs` in order; the signature decides the format, never the name.
 * On success the source owns the segments' files and names; on failure the
 * caller still does. Damage that leaves something to read (a missing or
 * truncated segment, a bad table) is reported to `sink` and the source
 * opens. FSK_EUNSUPPORTED for a known format nothing here reads (the message
 * names it), FSK_ECORRUPT, FSK_EINVAL for an empty file. Close with
 * fsk_source_close. */
int fsk_source_open(struct fsk_source **out, uint32_t index, struct fsk_segment *segs, size_t nsegs,
                    struct fsk_anomaly_sink sink, struct fsk_err *err);
void fsk_source_close(struct fsk_source *s); /* NULL is allowed */

/* Reads `n` bytes at `off`, never fails: what cannot be read (also beyond
 * the end) is zero and noted in s->bad, in whole units; each new bad range is
 * reported once as an anomaly. A range that failed once is not tried again.
 * Ranges of s->lost are noted in s->bad when they are read, without a further
 * anomaly. */
void fsk_source_read(struct fsk_source *s, void *buf, size_t n, uint64_t off);

/* Gives the source threads to read with. The pool must outlive it. Whatever is
 * read and reported is the same with and without. */
void fsk_source_use_pool(struct fsk_source *s, struct fsk_pool *pool);

/* Reads and tests what opening has put off until it is needed (the tables of an
 * EWF image, and their copies), and reports what is wrong with it; what was
 * reported before is not reported again. */
void fsk_source_check(struct fsk_source *s);

/* A hint: what is inside the medium of this range will be read soon. Starts
 * to read it where that helps; nothing is reported and nothing can fail. */
void fsk_source_prefetch(struct fsk_source *s, uint64_t off, uint64_t n);

/* A hint: this range will not be read again soon. */
void fsk_source_done(struct fsk_source *s, uint64_t off, uint64_t n);

/* Several ranges, read as with fsk_source_read one by one in the order of
 * their offsets, with later ones under way meanwhile. Reorders the list. */
struct fsk_read {
	uint64_t offset;
	size_t length;
	void *buf; /* `length` bytes */
};
void fsk_source_read_many(struct fsk_source *s, struct fsk_read *list, size_t n);

/* Test builds only (--enable-fault-injection): from now on reads that touch
 * the range fail as if the host had failed. In other builds FSK_EUNSUPPORTED. */
int fsk_source_fault_range(struct fsk_source *s, uint64_t off, uint64_t n, struct fsk_err *err);

#endif
