/* NTFS structures that are read here and not by libtsk: folder indexes and the
 * times of $STANDARD_INFORMATION and $FILE_NAME. Internal to core/evidence.
 *
 * libtsk 4.11 reads every MFT record when the first folder is opened
 * (ntfs_dir_open_meta fills its parent map), drops a whole folder for one bad
 * index record, and needs quadratic time for large folders. Reading the index
 * takes the records of the folder and nothing else.
 *
 * Formats: Russon and Fledel, "NTFS Documentation" (index root, index record,
 * index entry, $FILE_NAME); [MS-FSCC] 2.1.2.1 for reparse tags. */
#ifndef FSK_EVIDENCE_FS_NTFS_H
#define FSK_EVIDENCE_FS_NTFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/evidence/fs_impl.h"

struct fsk_ntfs_index {
	struct fsk_listing *names;  /* not owned */
	struct fsk_listing *gone;   /* not owned: entries that are left over behind those in
	                             * use; NULL when they are not wanted */
	struct fsk_listing aliases; /* 8.3 names that stand in an entry of their own */
	uint64_t folder;            /* MFT record number of the folder */
	uint64_t addrs;             /* entries that are left over point below this record */
	uint32_t record_size;       /* of the index records, from the root */
	uint64_t strange;           /* entries that contradict the format, left out */
	uint64_t children;          /* records that the entries point to */
	uint64_t records;           /* records that were read */
};

/* An index is a tree in which one entry points to each record. So when there
 * are more `children` than `records`, names are missing, whatever the bitmap
 * of the index says. */

void fsk_ntfs_index_init(struct fsk_ntfs_index *ix, struct fsk_listing *names, uint64_t folder);
void fsk_ntfs_index_free(struct fsk_ntfs_index *ix);

/* The content of $INDEX_ROOT: its entries are added, record_size is set (512
 * … 65536, a power of two). FSK_ECORRUPT, FSK_ELIMIT, FSK_ENOMEM. */
int fsk_ntfs_index_root(struct fsk_ntfs_index *ix, const void *p, size_t n, struct fsk_err *err);

/* One record of $INDEX_ALLOCATION, `record_size` bytes, which are modified (the
 * update sequence is applied). FSK_ECORRUPT means that nothing of it was added. */
int fsk_ntfs_index_record(struct fsk_ntfs_index *ix, uint8_t *p, size_t n, struct fsk_err *err);

/* One record of $INDEX_ALLOCATION that is in no use, modified too: all of it is left
 * over. Adds to `gone` what still is an entry of the folder. FSK_ENOMEM, FSK_ELIMIT. */
int fsk_ntfs_index_unused(struct fsk_ntfs_index *ix, uint8_t *p, size_t n, struct fsk_err *err);

/* After the last record: gives each 8.3 name to the name it stands for; one
 * whose long name is lost becomes a name itself. */
int fsk_ntfs_index_finish(struct fsk_ntfs_index *ix, struct fsk_err *err);

/* Content of $STANDARD_INFORMATION: the four times. */
void fsk_ntfs_si_times(struct fsk_times *t, const void *p, size_t n);

/* Content of one $FILE_NAME: the four fn_ times. A record has one for each
 * name; `best` keeps the rank of the one taken so far (0: none) and long names
 * win over 8.3 names. */
void fsk_ntfs_fn_times(struct fsk_times *t, const void *p, size_t n, int *best);

/* Applies the update sequence of an index record or an MFT record: the last two
 * bytes of each 512 hold a check value, what belongs there is in an array in the
 * head. FSK_ECORRUPT when a sector does not have the check value. */
int fsk_ntfs_fixups(uint8_t *p, size_t n, struct fsk_err *err);

/* A name of `n` bytes of UTF-16LE as a path component; NULL without memory. */
char *fsk_ntfs_name_text(const void *p, size_t n);

/* What a file is: a reparse point that leads elsewhere is a link. */
enum fsk_entry_type fsk_ntfs_type(bool directory, bool reparse, uint32_t tag);

#endif
