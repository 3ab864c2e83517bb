/* The evidence archive, written: one ZIP64 file, append-only.
 *
 * While a run goes on there are two files: NAME.zip with the finished
 * members and at most one unfinished one, and NAME.zip.journal, a text file of
 * JSON lines: the custody log so far and every record, finding and anomaly.
 * fsk_archive_finish folds the journal into members and removes it;
 * fsk_archive_recover (verify.h) does the same for a run that was killed. A
 * third file, NAME.zip.reserve, holds the space that finish will need, so that
 * it works on a full disk too. The format is in docs/archive-format.md. Only
 * this folder opens files for writing.
 *
 * Threads hash, deflate, write and sync; the caller's thread (all calls must
 * come from one) only copies. Members may be open side by side. Those that are
 * ended are written one behind the other, then the ZIP is synced for all of
 * them, then their rows and custody lines go to the journal, and that is
 * synced: only then a member is settled. What is named in the journal is whole
 * on the medium. */
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

/* The last word about a member. */
struct fsk_settled {
	uint64_t tag;                      /* as in struct fsk_member */
	enum fsk_status status;            /* as it was ended */
	const char *name;                  /* in the archive */
	const struct fsk_digests *digests; /* NULL when it was dropped */
	int code;                          /* 0: it is on the medium, and in the journal */
	const char *why;                   /* it was dropped, or NULL */
};

struct fsk_archive_options {
	const char *dir;   /* output folder, must exist */
	const char *label; /* made safe for a file name here */
	fsk_time started;
	int level;        /* deflate 1..12, 0 stores; -1 is the default (pack.h) */
	unsigned threads; /* that hash and deflate; 0: one a core */
	/* Hears about each member begun with fsk_archive_begin; may be NULL. */
	void (*settled)(void *arg, const struct fsk_settled *s);
	void *arg;
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
	json_t *payload; /* what is sealed in it, borrowed; NULL: it is no payload */
	uint64_t tag;    /* the caller's, for struct fsk_settled */
};

struct fsk_open_member;

/* Begins a member. Its name is made safe (name.h); one that is taken, upper and
 * lower case being one, gets "~2", "~3", …. The handle is good until
 * fsk_archive_end or fsk_archive_free, whatever happens to the member.
 *
 * A member that fails is dropped: custody says so, and so does `settled`, from
 * inside one of these calls, perhaps after its end. Other calls about it then
 * fail with the same words. FSK_ENOSPC (also the largest size of a FAT file) and
 * FSK_EIO drop all that is not settled but was not written either, the ZIP is
 * cut back to what was, and begin keeps failing; rows (as far as the reserve
 * goes), custody and finish still work. */
int fsk_archive_begin(struct fsk_open_member **out, struct fsk_archive *a,
                      const struct fsk_member *m, struct fsk_err *err);
/* Bytes of a member, in order. They are copied; when there is no room for them,
 * the caller waits. */
int fsk_archive_write(struct fsk_open_member *m, const void *p, size_t n, struct fsk_err *err);
int fsk_archive_write_zeros(struct fsk_open_member *m, uint64_t n, struct fsk_err *err);
/* No more comes. Strings and ranges are copied. */
int fsk_archive_end(struct fsk_open_member *m, enum fsk_status status, const char *reason,
                    const struct fsk_range *ranges, size_t nranges, struct fsk_err *err);

/* Would `n` bytes more (m NULL: a new member) be taken without waiting? Other
 * members may be in the way: then later, after fsk_archive_pump. */
bool fsk_archive_has_room(const struct fsk_archive *a, const struct fsk_open_member *m, size_t n);
/* Takes note of what the threads have done and gives them more to do. Never
 * waits for them. Calls about members do this, too. */
void fsk_archive_pump(struct fsk_archive *a);
/* From now on `ready` is called, in any thread, whenever fsk_archive_pump has
 * something to do; it must not call back. NULL ends that. */
void fsk_archive_watch(struct fsk_archive *a, void (*ready)(void *arg), void *arg);
/* Waits until every member is settled, except open ones and those behind one
 * that is half written. The first error that has dropped one since the last flush. */
int fsk_archive_settle(struct fsk_archive *a, struct fsk_err *err);

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

/* Waits for jobs that run, closes files and frees; without finish the archive
 * stays recoverable. */
void fsk_archive_free(struct fsk_archive *a);

struct fsk_archive_stats {
	uint64_t members, bytes_in, bytes_out;
};
struct fsk_archive_stats fsk_archive_stats(const struct fsk_archive *a);

#endif
