/* Reader of the Expert Witness Compression Format, version 1 (E01, s01).
 * Internal to core/evidence/ewf; the door is fsk_ewf_open in
 * core/evidence/source_format.h.
 *
 * Facts of the format: "Expert Witness Compression Format (EWF)" in the
 * documentation folder of libyal/libewf, and files written by ewfacquire.
 *
 * Opening walks the sections of each segment file and reads the header of
 * each table: it says how many chunks the table lists, and so where on the
 * medium they belong. The entries (4 bytes a chunk) are read and tested when
 * one of them is first needed, and given back when FSK_EWF_TABLES is reached;
 * memory does not grow with the image. A damaged table is replaced by its
 * copy, or by what the chunks themselves prove, and reported, when a chunk
 * of it is read, or when fsk_ewf_check asks for all of them.
 *
 * One thread at a time owns an image: it reads, and tables, cache and
 * read-ahead are its own. What the threads of a pool do is
 * fsk_ewf_chunk_read, which needs the place of a chunk, an inflater, and
 * somewhere to put the bytes. What fails ahead of its time is forgotten, and
 * fails again when it is read: what is reported does not depend on threads. */
#ifndef FSK_EVIDENCE_EWF_H
#define FSK_EVIDENCE_EWF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/pool.h"
#include "core/evidence/source.h"

#define FSK_EWF_FILE_HEADER 13u
#define FSK_EWF_DESCRIPTOR 76u
#define FSK_EWF_TABLE_HEADER 24u
#define FSK_EWF_GUID 16u

/* One segment file of the set. */
struct fsk_ewf_segment {
	const struct fsk_file *file;
	const char *name;
	uint16_t number;
	bool foreign; /* its set identifier is another image's */
};

/* A section, as its descriptor says and as far as the file goes. */
struct fsk_ewf_section {
	char type[17];
	uint64_t start;     /* of the descriptor in the segment file */
	uint64_t data, end; /* of what follows the descriptor; end is inside the file */
	uint64_t next;      /* start of the next section; 0 when there is none */
	bool truncated;     /* the file ends before the section does */
	bool last;          /* "next" or "done" */
};

/* A table as far as opening reads it. */
struct fsk_ewf_table {
	uint64_t section;       /* start of its descriptor, for messages */
	uint64_t entries_at;    /* in the segment file */
	uint64_t end;           /* of its section */
	uint64_t base;          /* added to each entry's offset */
	uint32_t count;         /* of entries; 0: there is no table */
	uint32_t first, latest; /* entries, not tested yet */
};

/* Consecutive chunks that one table describes, or that a scan found. */
struct fsk_ewf_group {
	uint64_t first_chunk;              /* on the medium, once placed */
	uint64_t data_start, data_end;     /* the chunks lie between */
	struct fsk_ewf_table table, spare; /* spare: table2 */
	uint32_t segment;                  /* in ewf.segments */
	uint32_t count;
	bool in_sectors; /* the chunks have a section of their own */
	bool suspect;    /* the table was found damaged ahead of time */
	bool told;       /* and what came of it was reported */
	bool compared;   /* with its copy */

	uint64_t base;        /* of `entries` */
	uint32_t *entries;    /* NULL: not loaded */
	uint32_t overflow_at; /* from this entry on all 32 bits are the offset */
	uint64_t *found;      /* instead of entries: see ewf_scan.c */
	uint64_t used;        /* when it was, in ticks */
};

/* Where a chunk lies. The length is what is there up to the next chunk, at
 * most what a chunk can have. */
struct fsk_ewf_extent {
	const struct fsk_ewf_segment *seg;
	uint64_t offset;
	size_t length;
	bool compressed;
};

/* Chunks may be missing in front of group `group`; why. */
struct fsk_ewf_gap {
	size_t group;
	char reason[160];
};

struct fsk_ewf_cache;
struct fsk_ewf;

#define FSK_EWF_DIRECT 64u /* whole chunks of one request that are under way */

/* A chunk that goes right to where the caller wants it. */
struct fsk_ewf_direct {
	struct fsk_job job; /* first */
	struct fsk_ewf *ewf;
	uint64_t chunk;
	struct fsk_ewf_extent at;
	void *out;
	bool busy; /* submitted and not waited for */
	int rc;
	struct fsk_err err;
};

/* What one thread needs to inflate. */
struct fsk_ewf_inflater {
	struct libdeflate_decompressor *deflate;
	uint8_t *in;
	size_t in_cap;
};

struct fsk_ewf {
	struct fsk_source *source;        /* for the sink and the lost ranges */
	struct fsk_ewf_segment *segments; /* sorted by number */
	size_t nsegments;

	/* geometry, from the first valid volume, disk or data section */
	bool have_geometry;
	uint32_t sector_size, sectors_per_chunk, chunk_size; /* bytes, sectors, bytes */
	uint64_t sectors, chunk_count, size;
	uint8_t guid[FSK_EWF_GUID]; /* of the set; zero when there is none */

	struct fsk_ewf_group *groups;
	size_t ngroups, groups_cap;
	size_t last_group; /* that a chunk was looked for in */
	uint64_t loaded;   /* bytes of entries in memory */
	uint64_t tick;
	struct fsk_ewf_gap *gaps;
	size_t ngaps, gaps_cap;

	bool have_header, have_header2, have_errors;
	unsigned headers_tried;
	unsigned reports;

	struct fsk_ewf_inflater inflater; /* of the owner, lane 0 */
	struct fsk_pool *pool;            /* NULL: none */
	struct fsk_ewf_inflater *others;  /* of lanes 1 … lanes - 1 of the pool */
	unsigned lanes;
	struct fsk_ewf_cache *cache;
	struct fsk_ewf_direct *direct; /* FSK_EWF_DIRECT of them, with a pool only */
	uint64_t next_off;             /* where a read in sequence goes on */
	uint64_t streak;               /* bytes that were read in sequence */
	uint64_t ahead;                /* chunks in front of this one were asked for */
	uint64_t asked;                /* bytes the caller asked for ahead, and has not read */
};

/* --- ewf.c --- */

/* Reports about `seg` (NULL: the whole image), with up to `n` ranges of the
 * medium. After FSK_EWF_REPORTS_MAX it says once that it stops. */
void fsk_ewf_report(struct fsk_ewf *e, const struct fsk_ewf_segment *seg, int code,
                    const struct fsk_range *ranges, size_t n, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* Notes that chunks may be missing in front of the next group. */
int fsk_ewf_add_gap(struct fsk_ewf *e, struct fsk_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Reads exactly `n` bytes of a segment file. FSK_EIO; FSK_ECORRUPT when the
 * file ends before. */
int fsk_ewf_pread(const struct fsk_ewf_segment *seg, void *buf, size_t n, uint64_t off,
                  struct fsk_err *err);

/* --- ewf_segment.c: which files belong to the set, in what order --- */

/* Fills e->segments from the source's files. Files that are none and second
 * copies are reported and left out. FSK_ECORRUPT when none is left. */
int fsk_ewf_find_segments(struct fsk_ewf *e, struct fsk_err *err);

/* --- ewf_section.c: the chain of sections of one segment file --- */

/* Is this what a section may be called? */
bool fsk_ewf_known_section(const char *type);

/* Called for each section; nonzero stops the walk and is returned. */
typedef int fsk_ewf_visit(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                          void *arg, struct fsk_err *err);

/* Walks the chain. A descriptor that is damaged is reported (if `report`),
 * the next good one is searched for, and `*broken` is set. `*ended` tells
 * whether the walk came to "next" or "done", and `*done` which. */
struct fsk_ewf_walk {
	bool report;              /* in */
	bool broken, ended, done; /* out */
};
int fsk_ewf_walk_sections(struct fsk_ewf *e, uint32_t segment, struct fsk_ewf_walk *w,
                          fsk_ewf_visit *visit, void *arg, struct fsk_err *err);

/* --- ewf_volume.c: geometry --- */

/* Takes the geometry from a volume, disk or data section if it is valid and
 * there is none yet; otherwise compares the set identifier. Returns 0, or
 * FSK_ECORRUPT (bad checksum or values), or FSK_ELIMIT, or FSK_EINVAL when
 * the segment belongs to another image. */
int fsk_ewf_read_volume(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                        struct fsk_err *err);

/* --- ewf_header.c: what the examiner wrote --- */

/* Parses header (wide false) or header2 (wide true) into the metadata. */
int fsk_ewf_read_header(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                        bool wide, struct fsk_err *err);

/* --- ewf_digest.c: stored digests, and read errors of the acquisition --- */

int fsk_ewf_read_hash(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                      struct fsk_err *err);
int fsk_ewf_read_digest(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                        struct fsk_err *err);
int fsk_ewf_read_errors(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                        struct fsk_err *err);

/* --- ewf_table.c: tables in the file --- */

/* Reads the header, the first and the last entry. FSK_ECORRUPT when the
 * checksum of the header is wrong or the entries do not fit the section;
 * FSK_ELIMIT. */
int fsk_ewf_peek_table(struct fsk_ewf_table *out, const struct fsk_ewf_segment *seg,
                       const struct fsk_ewf_section *sec, struct fsk_err *err);

/* Reads the entries into fresh memory and tests their checksum, if there is
 * one. With `lax` a wrong one is let pass when every offset lies in
 * lo..hi and they ascend. FSK_ECORRUPT, FSK_EIO, FSK_ENOMEM. */
int fsk_ewf_read_entries(uint32_t **out, const struct fsk_ewf_table *t,
                         const struct fsk_ewf_segment *seg, bool lax, uint64_t lo, uint64_t hi,
                         struct fsk_err *err);

/* Offset of an entry that is not behind an overflow. */
uint64_t fsk_ewf_entry_offset(const struct fsk_ewf_table *t, uint32_t entry);

/* Do the first and the last entry lie in lo..hi, in this order? */
bool fsk_ewf_table_plausible(const struct fsk_ewf_table *t, uint64_t lo, uint64_t hi);

/* --- ewf_index.c: from sections to groups --- */

/* Reads every segment and leaves groups and gaps. */
int fsk_ewf_index(struct fsk_ewf *e, struct fsk_err *err);

/* --- ewf_group.c: entries, loaded when they are needed --- */

/* Adds a group; what it says must be valid. The group owns `found`, also
 * when this fails. */
int fsk_ewf_add_group(struct fsk_ewf *e, const struct fsk_ewf_group *g, struct fsk_err *err);

/* Frees what groups from..to hold. */
void fsk_ewf_clear_groups(struct fsk_ewf *e, size_t from, size_t to);

/* Loads the entries of a group. With `ahead` only those of a sound table,
 * else FSK_ECORRUPT; without, a damaged table is replaced, and reported once;
 * FSK_ENOMEM then. */
int fsk_ewf_load_group(struct fsk_ewf *e, struct fsk_ewf_group *g, bool ahead, struct fsk_err *err);

/* Where entry `i` of a group that is loaded lies. False when nobody knows. */
bool fsk_ewf_entry(const struct fsk_ewf_group *g, uint32_t i, uint64_t *offset, bool *compressed);

/* Finds a chunk; `ahead` as above. FSK_ENOTFOUND when no table has it,
 * FSK_ECORRUPT when its place is behind the end of the file. */
int fsk_ewf_locate(struct fsk_ewf_extent *out, struct fsk_ewf *e, uint64_t chunk, bool ahead,
                   struct fsk_err *err);

/* The member `check` of struct fsk_source_ops: every table, and its copy. */
void fsk_ewf_check(void *impl);

/* --- ewf_scan.c: chunks without a table --- */

#define FSK_EWF_FOUND_PACKED (1ull << 63) /* the chunk is compressed */
#define FSK_EWF_FOUND_NOWHERE UINT64_MAX

/* What a scan found: the offset of each chunk, with FSK_EWF_FOUND_PACKED. */
struct fsk_ewf_found {
	uint64_t *entries;
	uint32_t count;
	uint64_t reached; /* end of the last one */
};

/* Walks start..end of a segment chunk by chunk, each proven by its checksum,
 * up to `max` of them. The caller frees out->entries. FSK_ENOMEM. */
int fsk_ewf_scan(struct fsk_ewf_found *out, struct fsk_ewf *e, uint32_t segment, uint64_t start,
                 uint64_t end, uint64_t max, struct fsk_err *err);

/* --- ewf_place.c: from groups to the medium --- */

/* Notes that the chunks from..to are not there, and reports why. */
void fsk_ewf_lose(struct fsk_ewf *e, const struct fsk_ewf_segment *seg, uint64_t from, uint64_t to,
                  const char *reason);

/* Gives each group its place. Chunks before the first gap are counted from
 * the front, those behind the last gap from the back; what lies between two
 * gaps has no place and is dropped. Reports each gap with the range it
 * leaves and adds that to source->lost. */
int fsk_ewf_place(struct fsk_ewf *e, struct fsk_err *err);

/* --- ewf_chunk.c --- */

int fsk_ewf_inflater_init(struct fsk_ewf_inflater *inf, const struct fsk_ewf *e,
                          struct fsk_err *err);
void fsk_ewf_inflater_free(struct fsk_ewf_inflater *inf);

/* Bytes of the medium in a chunk: chunk_size but for the last one. */
size_t fsk_ewf_chunk_len(const struct fsk_ewf *e, uint64_t chunk);

/* The most bytes a chunk may have in the file. */
size_t fsk_ewf_chunk_bound(const struct fsk_ewf *e);

/* Reads the chunk that lies at `x` into `out` (chunk_size bytes) and tests its
 * checksum. FSK_ECORRUPT, FSK_EIO. */
int fsk_ewf_chunk_read(const struct fsk_ewf *e, struct fsk_ewf_inflater *inf, uint64_t chunk,
                       const struct fsk_ewf_extent *x, void *out, struct fsk_err *err);

/* --- ewf_cache.c: inflated chunks, the least recently used goes first --- */

/* A chunk in the cache. */
struct fsk_ewf_slot {
	struct fsk_job job; /* first; fills `data` ahead of time */
	struct fsk_ewf *ewf;
	uint64_t chunk;
	struct fsk_ewf_extent at;
	uint8_t *data;         /* chunk_size bytes; NULL until the slot is used */
	bool pending;          /* the job was submitted and not waited for */
	int rc;                /* of the job */
	uint32_t older, newer; /* in order of use */
	uint32_t chain;        /* next slot of the same bucket */
	bool used;
};

/* As many chunks as fit `budget` bytes, at least two and at most as many as
 * the medium has. */
int fsk_ewf_cache_new(struct fsk_ewf_cache **out, struct fsk_ewf *e, size_t budget,
                      struct fsk_err *err);
void fsk_ewf_cache_free(struct fsk_ewf_cache *c); /* nothing may be under way */
/* Ends what is under way, and forgets it. */
void fsk_ewf_cache_settle(struct fsk_ewf_cache *c);

/* Number of chunks that it holds. */
uint32_t fsk_ewf_cache_count(const struct fsk_ewf_cache *c);

/* The slot of a chunk that is there or under way, or NULL. */
struct fsk_ewf_slot *fsk_ewf_cache_find(struct fsk_ewf_cache *c, uint64_t chunk);

/* Room for a chunk that is not there yet, in place of the oldest; the caller
 * fills it, or drops it. NULL without memory. */
struct fsk_ewf_slot *fsk_ewf_cache_put(struct fsk_ewf_cache *c, uint64_t chunk);
void fsk_ewf_cache_drop(struct fsk_ewf_cache *c, struct fsk_ewf_slot *slot);

/* The slot was used and may be wanted again, or is not needed any more: it is
 * the newest now, or the oldest. */
void fsk_ewf_cache_touch(struct fsk_ewf_cache *c, struct fsk_ewf_slot *slot, bool again);

/* --- ewf_read.c: reading in the order that callers like, on all lanes --- */

/* The members `read_at`, `prefetch`, `done` and `use_pool` of struct fsk_source_ops. */
int fsk_ewf_read_at(void *impl, void *buf, size_t n, uint64_t off, struct fsk_err *err);
void fsk_ewf_prefetch(void *impl, uint64_t off, uint64_t n);
void fsk_ewf_done(void *impl, uint64_t off, uint64_t n);
void fsk_ewf_use_pool(void *impl, struct fsk_pool *pool);

#endif
