/* The whole MFT of an NTFS volume in memory, made in one sequential pass:
 * names, times, sizes and streams without a read for each file. Flat arrays and
 * a pool of names; paths are made by whoever shows them. Internal to
 * core/evidence.
 *
 * Extension records belong to the base record that they name with its present
 * sequence number; attribute lists are not asked, so none can lead in a circle.
 * A name belongs to the folder that it names with its present sequence number.
 *
 * All of an index lies in one area without a pointer in it, so that another
 * process on this machine can use the area of the one that made it. */
#ifndef FSK_EVIDENCE_NTFS_INDEX_MFT_INDEX_H
#define FSK_EVIDENCE_NTFS_INDEX_MFT_INDEX_H

#include "core/evidence/fs_impl.h"

/* Where the MFT comes from. */
struct fsk_mft_reader {
	/* Fills `n` bytes at `off` of $MFT; what is unreadable is 0xff. */
	int (*read)(void *arg, void *buf, size_t n, uint64_t off, struct fsk_err *err);
	void *arg;
	uint64_t size;        /* bytes of $MFT */
	uint32_t record_size; /* 512 … 65536, a power of two */
};

/* One record of the MFT; all zeros where nothing is. */
struct fsk_mft_entry {
	uint64_t size;  /* of the unnamed $DATA */
	uint32_t times; /* index in `times` of the first of its distinct times */
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
	FSK_MFT_SHORT_TIMES = 16, /* its $FILE_NAME times are those of an 8.3 name */
	FSK_MFT_LISTED = 32,      /* has an $ATTRIBUTE_LIST: parts are in other records */
	FSK_MFT_TORN = 64         /* some of its attributes are unreadable */
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

/* Records that may have been in use and cannot be read. Sorted, apart. */
struct fsk_mft_range {
	uint32_t first, count;
};

/* How many there are of each. */
struct fsk_mft_counts {
	uint64_t entries, links, streams, times, damage;
	uint64_t names;         /* bytes */
	uint64_t used, deleted; /* base records */
	uint64_t extensions;    /* records that extend a base record in use */
	uint64_t garbage;       /* records in `damage`, and FSK_MFT_TORN ones */
	uint64_t strange;       /* names and extensions that point outside of the MFT */
};

struct fsk_mft_index {
	struct fsk_mft_counts n;
	const struct fsk_mft_entry *entries;
	const struct fsk_mft_link *links;
	const uint32_t *first; /* n.entries + 1: where the links of a parent begin */
	const struct fsk_mft_stream *streams;
	const uint64_t *times; /* FILETIME */
	const struct fsk_mft_range *damage;
	const char *names; /* UTF-8 without '/', each ends with a NUL */
	const void *area;  /* in which all of these lie */
	size_t size;       /* of the area */
	void *owned;       /* the area, when it is to be freed */
};

/* Reads everything. FSK_ELIMIT for an MFT of more than FSK_MFT_RECORDS_MAX
 * records or more names than FSK_MFT_LINKS_MAX, FSK_EINVAL for a record size
 * that is none, FSK_ENOMEM. Release with fsk_mft_index_free, also on failure. */
int fsk_mft_index_build(struct fsk_mft_index *ix, const struct fsk_mft_reader *from,
                        struct fsk_err *err);
void fsk_mft_index_free(struct fsk_mft_index *ix);

/* The area of an index, to be given to another process of this program: `*size`
 * bytes that belong to the index. */
const void *fsk_mft_index_pack(const struct fsk_mft_index *ix, size_t *size);

/* Uses an area that fsk_mft_index_pack gave, in place and read-only; it must be
 * aligned to 8 bytes, must outlive `ix` and must not change any more. Whoever made
 * it may have been taken over by the evidence, so everything that is relied upon is
 * tested once here. FSK_ECORRUPT; `ix` is empty then. */
int fsk_mft_index_attach(struct fsk_mft_index *ix, const void *area, size_t size,
                         struct fsk_err *err);

/* The record, or NULL if it is not in use with that sequence number. */
const struct fsk_mft_entry *fsk_mft_index_find(const struct fsk_mft_index *ix, uint64_t addr,
                                               uint64_t seq);

/* Adds to `out` the files in use that say they are in folder `dir`. Names are those of
 * the index, which must outlive the listing. */
int fsk_mft_index_list(struct fsk_listing *out, const struct fsk_mft_index *ix,
                       const struct fsk_name *dir, struct fsk_err *err);

/* The same of files that are gone: as deleted names, with the sequence number of when
 * they were there. The folder may be gone, too. */
int fsk_mft_index_list_gone(struct fsk_listing *out, const struct fsk_mft_index *ix,
                            const struct fsk_name *dir, struct fsk_err *err);

/* And of those for which there is no folder any more, by their first name, or
 * "OrphanFile-" and the number of the record when it has none. */
int fsk_mft_index_list_orphans(struct fsk_listing *out, const struct fsk_mft_index *ix,
                               struct fsk_err *err);

/* The record of a file that is gone: `seq` is that of when it was there. NULL: it was
 * given to another file since, or is in use. */
const struct fsk_mft_entry *fsk_mft_index_find_gone(const struct fsk_mft_index *ix, uint64_t addr,
                                                    uint64_t seq);

/* The eight times, those that the record does not have are FSK_TIME_NONE. */
void fsk_mft_index_times(struct fsk_times *out, const struct fsk_mft_index *ix,
                         const struct fsk_mft_entry *e);

/* The named streams of a record, `*count` of them. */
const struct fsk_mft_stream *fsk_mft_index_streams(size_t *count, const struct fsk_mft_index *ix,
                                                   uint64_t addr);
const char *fsk_mft_index_name(const struct fsk_mft_index *ix, uint32_t name);

#endif
