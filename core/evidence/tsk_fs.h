/* The libtsk backend's own types. Internal to core/evidence. */
#ifndef FSK_EVIDENCE_TSK_FS_H
#define FSK_EVIDENCE_TSK_FS_H

#include <tsk/libtsk.h>

#include "core/evidence/fs_impl.h"
#include "core/evidence/ntfs_index/mft_index.h"
#include "core/evidence/tsk_img.h"

/* An open file system of libtsk with what it stands on. */
struct fsk_tsk_fs {
	struct fsk_mft_index *mft; /* NTFS, once it was asked for; fsk_mft_of_volume */
	bool mft_tried;
	bool mft_judged; /* it was tried, and said what is wrong with it */
	bool mft_asked;  /* see fsk_fs_ops.use_index: it tells sizes, times and streams */
	bool mft_whole;  /* every record could be read: it tells the names in folders, too */
	struct fsk_mft_window *window; /* records that were read last; mft_locate.c */
	struct fsk_source *source;
	struct fsk_tsk_img *img;
	const TSK_POOL_INFO *pool; /* APFS only, as is pool_img */
	TSK_IMG_INFO *pool_img;
	TSK_FS_INFO *fs;
};

/* Opens the file system that `v` describes (fs, offset, pool_block). Fills
 * `out`, which fsk_tsk_fs_close releases, also after a failure. */
int fsk_tsk_fs_open(struct fsk_tsk_fs *out, struct fsk_source *s, const struct fsk_volume *v,
                    struct fsk_err *err);
void fsk_tsk_fs_close(struct fsk_tsk_fs *t);

/* libtsk's type for a name of struct fsk_volume, and back. FSK_TSK_NONE for a
 * name that means nothing, "" for a type that has none. */
#define FSK_TSK_NONE TSK_FS_TYPE_UNSUPP
TSK_FS_TYPE_ENUM fsk_tsk_fs_type(const char *name);
const char *fsk_tsk_fs_name(TSK_FS_TYPE_ENUM type);

/* A record with its attributes; close it with tsk_fs_file_close. FSK_ENOTFOUND when it was
 * given to another file since (`seq`; 0 except on NTFS), FSK_ECORRUPT. */
int fsk_tsk_open_record(TSK_FS_FILE **out, const struct fsk_tsk_fs *t, uint64_t addr, uint64_t seq,
                        bool deleted, struct fsk_err *err);

/* The attribute of that type and name (NULL: the one without), NULL if there is none. */
const TSK_FS_ATTR *fsk_tsk_find_attr(TSK_FS_FILE *f, TSK_FS_ATTR_TYPE_ENUM type, const char *name);

/* Members `list`, `use_index` and `index_records` of struct fsk_fs_ops, for NTFS. Names
 * of deleted files are listed while the index is in use. */
int fsk_ntfs_list(struct fsk_fs *fs, struct fsk_listing *out, const struct fsk_name *dir,
                  const char *path, bool deleted, struct fsk_err *err);
bool fsk_ntfs_use_index(struct fsk_fs *fs, bool use);
uint64_t fsk_ntfs_index_records(const struct fsk_fs *fs);

/* Members `index_area` and `adopt_index` of struct fsk_fs_ops. */
const void *fsk_mft_area_of(struct fsk_fs *fs, size_t *size, bool *whole);
int fsk_mft_adopt(struct fsk_fs *fs, const void *area, size_t size, bool whole,
                  struct fsk_err *err);

/* The record in the index of the MFT; NULL when only libtsk can tell. `streams`: also
 * what streams it has. The second also when the index is not in use: for records that
 * libtsk gives up. */
const struct fsk_mft_entry *fsk_mft_asked(const struct fsk_tsk_fs *t, uint64_t addr, uint64_t seq,
                                          bool deleted, bool streams);
const struct fsk_mft_entry *fsk_mft_known(struct fsk_tsk_fs *t, uint64_t addr, uint64_t seq,
                                          bool deleted, bool streams);

/* The index of the MFT; the first call reads it. NULL and `err` set when it
 * cannot be made, and again when it is asked for again. */
const struct fsk_mft_index *fsk_mft_of_volume(struct fsk_tsk_fs *t, struct fsk_err *err);

/* The second witness to a folder whose index is damaged: adds to `out` the files
 * in use whose $FILE_NAME says that they are in folder `dir` and that `out` does
 * not have yet. Returns how many were added, or a negative code. */
int64_t fsk_mft_children(struct fsk_listing *out, struct fsk_tsk_fs *t, const struct fsk_name *dir,
                         struct fsk_err *err);

/* The bytes of $MFT. `*record_size` is 0 when its first record does not say it. */
int fsk_mft_stream_open(struct fsk_stream **out, uint32_t *record_size, struct fsk_tsk_fs *t,
                        struct fsk_err *err);

/* Member `locate` of struct fsk_fs_ops, for NTFS: see ntfs_data.h for what it can
 * tell. libtsk is asked for the place of $MFT only. */
int fsk_mft_locate(struct fsk_extent *out, struct fsk_runs *runs, struct fsk_tsk_fs *t,
                   const struct fsk_locator *loc, struct fsk_err *err);

/* Opens a stream from its record, without libtsk, in the plain cases of ntfs_data.h:
 * for records that libtsk gives up. */
int fsk_mft_open_data(struct fsk_stream **out, struct fsk_tsk_fs *t, const struct fsk_locator *loc,
                      struct fsk_err *err);

/* The same of files only that fsk_mft_locate knows: what is deleted, named streams and files of the
 * system are FSK_EUNSUPPORTED. */
int fsk_mft_open_plain(struct fsk_stream **out, struct fsk_tsk_fs *t, const struct fsk_locator *loc,
                       struct fsk_err *err);
void fsk_mft_window_free(struct fsk_mft_window *w);

/* Member `unallocated` of struct fsk_fs_ops; in tsk_free.c. */
int fsk_tsk_unallocated(struct fsk_fs *fs, uint64_t *size, struct fsk_runs *runs, uint64_t from,
                        uint64_t to, struct fsk_err *err);

/* A stream over one attribute. Takes over `file`, also on failure. `attr`
 * belongs to `file`. FSK_EUNSUPPORTED for encrypted data. */
int fsk_tsk_stream_open(struct fsk_stream **out, const struct fsk_tsk_fs *t, TSK_FS_FILE *file,
                        const TSK_FS_ATTR *attr, struct fsk_err *err);

#endif
