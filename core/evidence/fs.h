/* A file system: names to entries, entries to bytes. Backends: libtsk
 * (fs_tsk.c) and a directory of the host through the keeper (fs_dir.c). */
#ifndef FSK_EVIDENCE_FS_H
#define FSK_EVIDENCE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/glob.h"
#include "core/base/matcher.h"
#include "core/evidence/volume.h"
#include "core/model/locator.h"
#include "core/model/times.h"
#include "core/model/types.h"

enum fsk_entry_type { FSK_ENTRY_FILE, FSK_ENTRY_DIR, FSK_ENTRY_LINK, FSK_ENTRY_OTHER };

struct fsk_entry {
	struct fsk_locator loc; /* path, address, stream */
	enum fsk_entry_type type;
	uint32_t asked; /* of struct fsk_matches: who asked, for fsk_matches_wants */
	uint64_t size;  /* bytes of the stream, decompressed */
	struct fsk_times times;
};
void fsk_entry_free(struct fsk_entry *e);
int fsk_entry_copy(struct fsk_entry *out, const struct fsk_entry *in, struct fsk_err *err);
/* "file", "dir", "link", "other" */
const char *fsk_entry_type_name(enum fsk_entry_type t);

struct fsk_entries {
	struct fsk_entry *items; /* sorted with fsk_locator_cmp, no doubles */
	size_t count, cap;
};
void fsk_entries_free(struct fsk_entries *l);

struct fsk_fs; /* owns nothing of source or volume: both must outlive it */

int fsk_fs_open(struct fsk_fs **out, struct fsk_source *s, const struct fsk_volume *v,
                struct fsk_err *err);
/* A directory source: `broker` is FSK_WORKER_FD_BROKER. */
int fsk_fs_open_dir(struct fsk_fs **out, uint32_t source, intptr_t broker,
                    struct fsk_anomaly_sink sink, struct fsk_err *err);
void fsk_fs_close(struct fsk_fs *fs);
/* From now on folders are read one by one, also where an index of the volume
 * would be sooner, and files by libtsk alone: the same entries and bytes by other
 * code. */
void fsk_fs_walk_only(struct fsk_fs *fs);

bool fsk_fs_folds_case(const struct fsk_fs *fs);

enum fsk_glob_flags {
	FSK_GLOB_DELETED = 1,
	FSK_GLOB_INDEX = 2, /* from an index of the volume, where there can be one */
	FSK_GLOB_PLAN = 4   /* the way that is taken is that of the volume from then on */
};

/* Everything that matches, files and folders and, where a pattern names
 * them, streams. Literal components are looked up, not listed, where the
 * backend can; only folders that can still match are read. "." and ".." and
 * libtsk's virtual names ($OrphanFiles, and $MBR… on FAT) never match,
 * unless deleted entries are wanted. A folder that cannot be read is an
 * anomaly and the walk goes on.
 *
 * On NTFS folders are read one by one, or the MFT is read once as a whole: see
 * struct fsk_plan. Both give the same entries. */
int fsk_fs_glob(struct fsk_entries *out, struct fsk_fs *fs, const struct fsk_globset *set,
                unsigned flags, struct fsk_err *err);

/* The same for many askers at once: each folder is read once for all of them,
 * and each entry says who asked for it. What only wants from number `own` on ask
 * for has its part in the plan, but is not kept. `m` folds case as
 * fsk_fs_folds_case says. Release with fsk_matches_free. */
struct fsk_matches {
	struct fsk_entries entries;
	struct fsk_numbers wants; /* internal, as is `last` */
	uint32_t last;
};
int fsk_fs_match(struct fsk_matches *out, struct fsk_fs *fs, struct fsk_matcher *m, uint32_t own,
                 unsigned flags, struct fsk_err *err);
void fsk_matches_free(struct fsk_matches *l);
/* The wants that entry `i` was found for, ascending. */
const uint32_t *fsk_matches_wants(const struct fsk_matches *l, size_t i, size_t *count);

/* The way to the names of a volume. It follows from the patterns and the volume
 * alone: when one of them goes everywhere ("**" in one of its first two
 * components) from the index, else folder by folder until that has been more work
 * than the index is. With a damaged MFT the folders tell the names, and the index
 * the rest. */
enum fsk_way { FSK_WAY_FOLDERS, FSK_WAY_INDEX, FSK_WAY_BOTH };
/* "folders", "index", "both" */
const char *fsk_way_name(enum fsk_way w);

#define FSK_PLAN_REASON_MAX 128u
/* A "**" in one of so many components in front leads into most folders. */
#define FSK_WIDE_PARTS 2u

struct fsk_plan {
	enum fsk_way way;
	char reason[FSK_PLAN_REASON_MAX];
	uint64_t folders; /* that were entered to find the entries */
	uint64_t entries; /* that were found */
	uint64_t records; /* that an index is made of; 0: there is none */
};

/* How the last walk went. Valid until the next one. */
const struct fsk_plan *fsk_fs_last_plan(const struct fsk_fs *fs);

/* The way of the volume, on which lookups go too: folders, until a walk with
 * FSK_GLOB_PLAN or this call says otherwise. */
void fsk_fs_set_way(struct fsk_fs *fs, enum fsk_way way);

/* The index of the volume as bytes for another process of this program; they belong
 * to `fs`. `*whole`: it may stand for the folders. NULL when none was made. */
const void *fsk_fs_index_area(struct fsk_fs *fs, size_t *size, bool *whole);

/* Uses such bytes in place of an index of its own; they must outlive `fs` and must not
 * change. What they say is tested once: FSK_ECORRUPT. FSK_EUNSUPPORTED when the file
 * system has no index. Nothing happens when there is an index already. */
int fsk_fs_adopt_index(struct fsk_fs *fs, const void *area, size_t size, bool whole,
                       struct fsk_err *err);

/* One path, "dir/file" or "dir/file:stream"; FSK_ENOTFOUND. Names are
 * compared as the file system does; out->loc.path has the case of the disk. */
int fsk_fs_lookup(struct fsk_entry *out, struct fsk_fs *fs, const char *path, struct fsk_err *err);

/* Names of the alternate data streams of an entry (NTFS); free each and the
 * array with fsk_fs_streams_free. */
int fsk_fs_streams(char ***out, size_t *count, struct fsk_fs *fs, const struct fsk_entry *e,
                   struct fsk_err *err);
void fsk_fs_streams_free(char **names, size_t count);

/* An open stream of an entry. */
struct fsk_stream;

/* Opens by locator (address, stream; path only in directory sources). A
 * record that was reused since (seq differs) is FSK_ENOTFOUND. */
int fsk_stream_open(struct fsk_stream **out, struct fsk_fs *fs, const struct fsk_locator *loc,
                    struct fsk_err *err);
void fsk_stream_close(struct fsk_stream *st);
uint64_t fsk_stream_size(const struct fsk_stream *st);

/* Reads up to `n` bytes at `off`; returns the count, 0 at the end, or a
 * negative code (nothing readable here: encrypted, unsupported compression).
 * What the source could not read comes back as zeros and is in
 * fsk_stream_bad. `*sparse` (may be NULL) is set when the whole piece is a
 * hole. Pieces of FSK_FILE_PIECE bytes are the fast way. */
int64_t fsk_stream_read(struct fsk_stream *st, void *buf, size_t n, uint64_t off, bool *sparse,
                        struct fsk_err *err);

/* Unreadable ranges, as offsets in the stream, of what was read so far. */
const struct fsk_rangelog *fsk_stream_bad(const struct fsk_stream *st);

/* complete, partial or unreadable: judged from the bad ranges of a stream
 * that was read to its end. */
enum fsk_status fsk_stream_status(const struct fsk_stream *st);

/* Whole stream into memory; over the buffer's ceiling is FSK_ELIMIT. The
 * status (may be NULL) tells whether to trust it. */
int fsk_stream_slurp(struct fsk_buf *out, enum fsk_status *status, struct fsk_fs *fs,
                     const struct fsk_locator *loc, struct fsk_err *err);

/* Version of the libtsk in use. */
const char *fsk_fs_library(void);

#endif
