/* The libtsk backend's own types. Internal to core/evidence. */
#ifndef FSK_EVIDENCE_TSK_FS_H
#define FSK_EVIDENCE_TSK_FS_H

#include <tsk/libtsk.h>

#include "core/evidence/fs_impl.h"
#include "core/evidence/tsk_img.h"

/* Who says that which folder is his parent: the second witness to an NTFS
 * folder, asked when its index is damaged. */
struct fsk_mft_map {
	struct fsk_mft_link {
		uint64_t parent, child; /* record numbers */
	} *links; /* sorted */
	size_t count, cap;
	bool loaded;
};

/* An open file system of libtsk with what it stands on. */
struct fsk_tsk_fs {
	struct fsk_mft_map mft;
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

/* Adds to `out` the files in use whose $FILE_NAME says that they are in folder
 * `dir` and that `out` does not have yet. The first call reads the whole MFT.
 * Returns how many were added, or FSK_ENOMEM, FSK_ELIMIT, FSK_ECORRUPT. */
int64_t fsk_mft_children(struct fsk_listing *out, struct fsk_tsk_fs *t,
                         const struct fsk_name *dir, struct fsk_err *err);

/* A stream over one attribute. Takes over `file`, also on failure. `attr`
 * belongs to `file`. FSK_EUNSUPPORTED for encrypted data. */
int fsk_tsk_stream_open(struct fsk_stream **out, const struct fsk_tsk_fs *t, TSK_FS_FILE *file,
                        const TSK_FS_ATTR *attr, struct fsk_err *err);

/* A stream over bytes in memory, which are copied. */
int fsk_memory_stream_open(struct fsk_stream **out, const void *p, size_t n, struct fsk_err *err);

#endif
