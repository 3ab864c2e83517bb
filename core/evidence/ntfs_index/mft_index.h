/* The whole MFT of an NTFS volume in memory, made in one sequential pass:
 * names, times, sizes and streams without a read for each file. Flat arrays and
 * a pool of names; paths are made by whoever shows them. Internal to
 * core/evidence.
 *
 * Extension records belong to the base record that they name with its present
 * sequence number; attribute lists are not asked, so none can lead in a circle.
 * A name belongs to the folder that it names with its present sequence number. */
#ifndef FSK_EVIDENCE_NTFS_INDEX_MFT_INDEX_H
#define FSK_EVIDENCE_NTFS_INDEX_MFT_INDEX_H

#include "core/base/buf.h"
#include "core/evidence/fs_impl.h"

/* Where the MFT comes from. */
struct fsk_mft_reader {
	/* Fills `n` bytes at `off` of $MFT; what is unreadable is zero. */
	int (*read)(void *arg, void *buf, size_t n, uint64_t off, struct fsk_err *err);
	void *arg;
	uint64_t size;        /* bytes of $MFT */
	uint32_t record_size; /* 512 … 65536, a power of two */
};

/* One record of the MFT; all zeros where nothing is. */
struct fsk_mft_entry {
	uint64_t size;  /* of the unnamed $DATA */
	uint32_t times; /* index in time_pool of the first of its distinct times */
	uint32_t which; /* for each of eight times 4 bits: 0 none, else 1 + its number
	                 * among the distinct ones */
	uint16_t seq;
	uint8_t flags; /* enum fsk_mft_entry_flags */
	uint8_t type;  /* enum fsk_entry_type */
};

enum fsk_mft_entry_flags {
	FSK_MFT_USED = 1,    /* a base record in use */
	FSK_MFT_DELETED = 2, /* a base record that was given up */
	FSK_MFT_STREAMS = 4, /* it has named streams */
	/* a stream has a name that libtsk spells in its own way: ask libtsk */
	FSK_MFT_STRANGE_STREAMS = 8,
	FSK_MFT_SHORT_TIMES = 16 /* its $FILE_NAME times are those of an 8.3 name */
};

/* One $FILE_NAME, or a long name with its 8.3 name. Sorted by parent, then by
 * child. */
struct fsk_mft_link {
	uint32_t parent, child;
	uint32_t name; /* offset in `names` */
	uint16_t parent_seq;
	uint8_t kind; /* enum fsk_mft_link_kind */
	uint8_t gone; /* the child is in no use */
};

enum fsk_mft_link_kind {
	FSK_MFT_LONG,
	FSK_MFT_SHORT,      /* an 8.3 name */
	FSK_MFT_LONG_SHORT, /* the 8.3 name follows in `names` */
	FSK_MFT_SHORT_LONG  /* the long name does */
};

/* One named $DATA. Sorted by record, then by name. */
struct fsk_mft_stream {
	uint64_t size;
	uint32_t record, name;
};

struct fsk_mft_index {
	struct fsk_mft_entry *entries;
	uint32_t count;
	struct fsk_mft_link *links;
	size_t links_count, links_cap;
	uint32_t *first; /* count + 1: where the links of a parent begin */
	struct fsk_mft_stream *streams;
	size_t streams_count, streams_cap;
	struct fsk_buf names; /* UTF-8 without '/', each ends with a NUL */
	uint64_t *time_pool;  /* FILETIME */
	size_t times_count, times_cap;

	uint64_t used, deleted; /* base records */
	uint64_t extensions;    /* records that extend a base record in use */
	uint64_t garbage;       /* records that may have been in use and cannot be read, and
	                         * records of which the end is unreadable */
	uint64_t strange;       /* names and extensions that point outside of the MFT */
};

/* Reads everything. FSK_ELIMIT for an MFT of more than FSK_MFT_RECORDS_MAX
 * records or more names than FSK_MFT_LINKS_MAX, FSK_EINVAL for a record size
 * that is none, FSK_ENOMEM. Release with fsk_mft_index_free, also on failure. */
int fsk_mft_index_build(struct fsk_mft_index *ix, const struct fsk_mft_reader *from,
                        struct fsk_err *err);
void fsk_mft_index_free(struct fsk_mft_index *ix);

/* Bytes of memory that the index holds. */
uint64_t fsk_mft_index_bytes(const struct fsk_mft_index *ix);

/* The record, or NULL if it is not in use with that sequence number. */
const struct fsk_mft_entry *fsk_mft_index_find(const struct fsk_mft_index *ix, uint64_t addr,
                                               uint64_t seq);

/* Adds to `out` the files in use that say they are in folder `dir`. */
int fsk_mft_index_list(struct fsk_listing *out, const struct fsk_mft_index *ix,
                       const struct fsk_name *dir, struct fsk_err *err);

/* The eight times, those that the record does not have are FSK_TIME_NONE. */
void fsk_mft_index_times(struct fsk_times *out, const struct fsk_mft_index *ix,
                         const struct fsk_mft_entry *e);

/* The first named stream of a record; they follow each other while `record`
 * stays the same. NULL: none. */
const struct fsk_mft_stream *fsk_mft_index_streams(const struct fsk_mft_index *ix, uint64_t addr);
const char *fsk_mft_index_name(const struct fsk_mft_index *ix, uint32_t name);

#endif
