/* The evidence archive, written: one ZIP64 file, append-only.
 *
 * While a run goes on there are two files: NAME.zip with the finished
 * members and at most one open one, and NAME.zip.journal, a text file of
 * JSON lines that is synced after each member: the custody log so far and
 * every record, finding and anomaly. fsk_archive_finish folds the journal
 * into members and removes it; fsk_archive_recover (verify.h) does the same
 * for a run that was killed. A third file, NAME.zip.reserve, holds the space
 * that finish will need, so that it works on a full disk too.
 * The format is in docs/archive-format.md. Only this folder opens files for
 * writing. */
#ifndef FSK_ARCHIVE_ARCHIVE_H
#define FSK_ARCHIVE_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/digest.h"
#include "core/base/err.h"
#include "core/model/anomaly.h"
#include "core/model/locator.h"
#include "core/model/times.h"
#include "core/model/types.h"

struct fsk_archive;

/* Versions of the libraries that pack and read back: {"libdeflate":…}. New
 * reference, NULL without memory. */
json_t *fsk_archive_libraries(void);

struct fsk_archive_options {
	const char *dir;   /* output folder, must exist */
	const char *label; /* made safe for a file name here */
	fsk_time started;
	int level; /* deflate 1..12, 0 stores; -1 is the default (6) */
};

/* Creates <dir>/<label>-<YYYYMMDDTHHMMSSZ>.zip, exclusively: an existing
 * file gets "-2", "-3", … never overwritten. FSK_EPERM, FSK_ENOSPC, FSK_EIO. */
int fsk_archive_create(struct fsk_archive **out, const struct fsk_archive_options *opt,
                       struct fsk_err *err);
const char *fsk_archive_path(const struct fsk_archive *a);

/* Refuses (FSK_EPERM) when `dir` lies on one of the devices in `evidence`
 * (paths given on the command line: a block device whose file system holds
 * `dir`, or a directory that is `dir` or above it). */
int fsk_archive_check_target(const char *dir, const char *const *evidence, size_t n,
                             struct fsk_err *err);

/* What the manifest says about a member that came from evidence. */
struct fsk_member {
	const char *name;                  /* path in the archive: "fs/C/Users/…" */
	const struct fsk_locator *locator; /* NULL for our own members */
	const struct fsk_times *times;     /* may be NULL */
	uint64_t expected;                 /* size as the file system says */
	json_t *reasons; /* [{"plugin":…,"reason":…},…], borrowed, may be NULL */
};

/* One member at a time. Bytes are hashed, compressed (stored when deflate
 * does not pay) and written as they come; end patches the local header,
 * syncs, writes the custody line and remembers the manifest row. The name is
 * made safe (name.h); one that is taken, upper and lower case being one, gets
 * "~2", "~3", ….
 *
 * An error of write or end drops the member: the ZIP is cut back to the
 * last finished one, custody says so, and end need not be called. After
 * FSK_ENOSPC (also the largest size of a FAT file) and FSK_EIO, begin keeps
 * failing with the same words; rows (as far as the reserve goes), custody and
 * finish still work. */
int fsk_archive_begin(struct fsk_archive *a, const struct fsk_member *m, struct fsk_err *err);
int fsk_archive_write(struct fsk_archive *a, const void *p, size_t n, struct fsk_err *err);
int fsk_archive_write_zeros(struct fsk_archive *a, uint64_t n, struct fsk_err *err);
/* `digests` may be NULL. */
int fsk_archive_end(struct fsk_archive *a, enum fsk_status status, const char *reason,
                    const struct fsk_range *ranges, size_t nranges, struct fsk_digests *digests,
                    struct fsk_err *err);

/* A whole small member of our own ("collection.json", …). */
int fsk_archive_put(struct fsk_archive *a, const char *name, const void *p, size_t n,
                    struct fsk_err *err);

/* Rows go to the journal and into their member at the end, sorted:
 * `stream` is "findings", "anomalies", "records/<plugin>", "listing/<v>" and
 * `sort` the key (rows of equal key keep the order of arrival). */
int fsk_archive_row(struct fsk_archive *a, const char *stream, const char *sort, const json_t *row,
                    struct fsk_err *err);

/* The same for a row that is text already, one JSON object of `n` bytes in the form
 * of model/jsontext.h. */
int fsk_archive_row_text(struct fsk_archive *a, const char *stream, const char *sort,
                         const char *row, size_t n, struct fsk_err *err);

/* Hands rows that wait in memory to the system: to be called before the archive's
 * owner waits for more. Rows that do not fit any more are lost, with an error. */
int fsk_archive_flush(struct fsk_archive *a, struct fsk_err *err);

/* A custody line: {"seq":N,"time":…,"event":…, details…, "prev":hash of the
 * line before, "hash":…} (custody.h), synced. `details` is borrowed, may be
 * NULL. Written here: "opened", "member", "dropped", "recovered", "closed". */
int fsk_archive_custody(struct fsk_archive *a, const char *event, const json_t *details,
                        struct fsk_err *err);

/* What collection.json would say if the run ended now. fsk_archive_recover
 * uses the last one; finish has its own. */
int fsk_archive_note_collection(struct fsk_archive *a, const json_t *collection,
                                struct fsk_err *err);

/* Writes rows, collection.json, manifest.jsonl, custody.jsonl, the central
 * directory; syncs; removes the journal. `manifest_sha256` is the figure for
 * the custody form. After a failure (disk full) what is on disk can be
 * recovered. Frees nothing. */
int fsk_archive_finish(struct fsk_archive *a, const json_t *collection,
                       char manifest_sha256[FSK_SHA256_HEX], struct fsk_err *err);

/* Closes files and frees; without finish the archive stays recoverable. */
void fsk_archive_free(struct fsk_archive *a);

struct fsk_archive_stats {
	uint64_t members, bytes_in, bytes_out;
};
struct fsk_archive_stats fsk_archive_stats(const struct fsk_archive *a);

#endif
