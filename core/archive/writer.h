/* Inside of an archive that is being written: what archive.c, members.c,
 * commit.c, finish.c and recover.c share. Not for other folders.
 *
 * One thread, the owner, calls all functions. Jobs (pool.h) touch only what
 * they are about: a piece, a chain of digests, the bytes that are written now.
 * What was done comes to light when the owner asks (fsk_members_tend,
 * fsk_commit_pump). */
#ifndef FSK_ARCHIVE_WRITER_H
#define FSK_ARCHIVE_WRITER_H

#include "core/archive/archive.h"
#include "core/archive/custody.h"
#include "core/archive/journal.h"
#include "core/archive/name.h"
#include "core/archive/output.h"
#include "core/archive/pack.h"
#include "core/archive/zip.h"
#include "core/base/pool.h"

#define FSK_NAME_COLLECTION "collection.json"
#define FSK_NAME_MANIFEST "manifest.jsonl"
#define FSK_NAME_CUSTODY "custody.jsonl"

/* Plain bytes of a member, on their way through the pool. */
struct fsk_piece {
	struct fsk_job job; /* first: packs it; small members are hashed as well */
	struct fsk_open_member *member;
	struct fsk_piece *next;
	uint8_t *plain; /* NULL once it is hashed and packed into other bytes */
	size_t len, cap;
	const uint8_t *packed; /* `plain` itself, if it is stored */
	size_t packed_len;
	enum fsk_pack_place place;
	bool closed, ready, written; /* no more bytes come; it is packed; it is in the ZIP */
	bool hashes;                 /* the job does the chains, too */
	unsigned unhashed;           /* chains that have not seen it */
	struct fsk_err err;
};

/* Some of the digests of a member, one piece after the other. */
struct fsk_chain {
	struct fsk_job job; /* first */
	struct fsk_digest *digest;
	unsigned which;
	bool busy;
	struct fsk_piece *from, *to; /* what the job hashes now */
	struct fsk_piece *next;      /* the first one not hashed */
	uint32_t crc32;              /* of the plain bytes; the first chain's */
	struct fsk_err err;
};

#define FSK_CHAINS 2u /* MD5 takes as long as the other two */

struct fsk_open_member {
	struct fsk_archive *archive;
	struct fsk_open_member *next;
	uint64_t tag;
	struct fsk_buf name; /* NUL-terminated */
	struct fsk_zip_member zip;
	json_t *row; /* of the manifest, as far as it is known */
	char *text;  /* of the finished row */
	enum fsk_status status;
	bool heard;                /* the caller wants to know */
	bool bare;                 /* has neither manifest row nor custody line */
	bool held, ended, dropped; /* the caller has the handle; see archive.h */
	bool placed;               /* has an offset, and bytes of it were written */
	bool counted;              /* its offset is in the list */
	uint64_t size;             /* plain bytes so far */
	struct fsk_piece *first, *last;
	struct fsk_piece *closed;    /* the last one that is, or NULL */
	struct fsk_piece *unwritten; /* the first one not given to a write */
	struct fsk_chain chains[FSK_CHAINS];
	struct fsk_digests digests;
	struct fsk_digests *tell; /* where they go once it is settled, or NULL */
	size_t memory;            /* bytes of it that are held */
	uint64_t promised;        /* bytes that its row will need */
	struct fsk_err err;       /* why it was dropped */
};

struct fsk_members {
	struct fsk_open_member *first, *last;
};

/* The one write under way: pieces of the member in front. */
struct fsk_write {
	struct fsk_job job; /* first */
	bool busy;
	const struct fsk_output *zip;
	struct fsk_open_member *member;
	struct fsk_piece *from, *to; /* NULL: none */
	uint64_t position;           /* of their first byte */
	bool head, last;             /* with an open header in front; with the final one */
	struct fsk_buf header;
	struct fsk_err err;
};

/* What is done for the group: nothing (there is none), or a sync of that file. */
enum fsk_commit_stage { FSK_COMMIT_IDLE, FSK_COMMIT_ZIP, FSK_COMMIT_JOURNAL };

struct fsk_sync {
	struct fsk_job job; /* first */
	const struct fsk_output *file;
	struct fsk_err err;
};

struct fsk_archive {
	char *path, *journal_path, *reserve_path;
	struct fsk_output zip, reserve;
	struct fsk_journal journal;
	struct fsk_custody custody;
	struct fsk_nameset names;
	fsk_time started;
	void (*settled)(void *arg, const struct fsk_settled *s);
	void *settled_arg;

	uint64_t *offsets; /* local headers of the settled members */
	size_t count, cap;
	uint64_t end;      /* of the last settled member */
	uint64_t position; /* behind all that was written */
	uint64_t limit;    /* the ZIP cannot grow beyond */
	uint64_t index;    /* bytes of the central headers so far */
	uint64_t promised; /* bytes of rows of members that are not settled */
	uint64_t reserved; /* size of the reserve file */
	bool keeps_reserve;

	int level;
	unsigned threads;
	struct fsk_pool *pool, *disk; /* NULL before the first member */
	struct fsk_packer **packers;  /* one a lane */
	void (*ready)(void *arg);
	void *ready_arg;

	struct fsk_members members;    /* open or ended, in the order of begin */
	struct fsk_open_member *front; /* of these, the one that is being written */
	struct fsk_members written;    /* whole in the file, in its order, not synced */
	struct fsk_members group;      /* being synced */
	struct fsk_members dropped;    /* the caller has the handle still */
	size_t in_flight;              /* members in the first three */
	size_t memory;                 /* bytes that members hold */
	struct fsk_write write;
	struct fsk_sync sync;
	enum fsk_commit_stage stage;
	bool pumping;

	struct fsk_err failure; /* code is 0 while all is well */
	struct fsk_err drop;    /* the first since the last flush */
	bool folding, finished;
	uint64_t bytes_in;
};

/* An archive without files, for create and recover. NULL without memory. */
struct fsk_archive *fsk_writer_new(const char *path, int level, unsigned threads,
                                   struct fsk_err *err);

/* Starts the threads, if they do not run yet. */
int fsk_writer_start(struct fsk_archive *a, struct fsk_err *err);
/* Makes the name of a member safe and free. */
int fsk_writer_take_name(struct fsk_open_member *m, const char *name, struct fsk_err *err);

/* As the public call, but not refused after a failure: for finish. */
int fsk_writer_begin(struct fsk_open_member **out, struct fsk_archive *a,
                     const struct fsk_member *m, struct fsk_err *err);
/* Begins, writes and ends. */
int fsk_writer_put(struct fsk_archive *a, const char *name, const void *p, size_t n,
                   struct fsk_err *err);

/* members.c: what the pool does for members. */
void fsk_members_add(struct fsk_members *list, struct fsk_open_member *m);
void fsk_members_remove(struct fsk_members *list, struct fsk_open_member *m);
/* Takes note of a member's finished jobs and submits the next; true if anything
 * moved. FSK_E* in m->err when a job failed. */
bool fsk_member_tend(struct fsk_open_member *m);
/* Is it ended, hashed and packed? */
bool fsk_member_is_ready(const struct fsk_open_member *m);
/* Waits for one job of it; false when it has none. */
bool fsk_member_wait(struct fsk_open_member *m);
/* Digests and CRC of one that is ready. */
int fsk_member_digest(struct fsk_open_member *m, struct fsk_err *err);
/* Frees the pieces in front that are written and hashed. */
void fsk_member_sweep(struct fsk_open_member *m);
/* Takes back its jobs, frees its pieces. */
void fsk_member_empty(struct fsk_open_member *m);
void fsk_member_free(struct fsk_open_member *m);

/* commit.c: what the disk does for members. */
void fsk_commit_start(struct fsk_archive *a);
bool fsk_commit_pump(struct fsk_archive *a);
/* Waits for a write or a sync; false when there is none. */
bool fsk_commit_wait(struct fsk_archive *a, bool sync);
/* Drops a member that is open or ended, but not whole in the file. */
void fsk_commit_drop(struct fsk_archive *a, struct fsk_open_member *m, const struct fsk_err *cause);
/* Waits for jobs that run and forgets the rest. */
void fsk_commit_stop(struct fsk_archive *a);

/* archive.c: space, journal. */
uint64_t fsk_writer_room(const struct fsk_archive *a);        /* that finish needs */
uint64_t fsk_writer_room_of(const struct fsk_open_member *m); /* of that for a member */
int fsk_writer_reserve(struct fsk_archive *a, uint64_t extra, struct fsk_err *err);
/* Remembers an error of the output volume: from here on only what closes the
 * archive is tried. */
void fsk_writer_note_failure(struct fsk_archive *a, const struct fsk_err *e);
/* The manifest row of a member, into the journal. */
int fsk_writer_note_row(struct fsk_archive *a, const struct fsk_open_member *m,
                        struct fsk_err *err);
/* The custody lines of all of them, all or none. After their rows: a custody line
 * must never name a member without one. */
int fsk_writer_note_custody(struct fsk_archive *a, const struct fsk_members *list,
                            struct fsk_err *err);

/* Remembers a settled member (offset, length of its header's name). */
int fsk_writer_add_offset(struct fsk_archive *a, uint64_t offset, size_t name_len,
                          struct fsk_err *err);
/* Forgets the last one. */
void fsk_writer_take_offset(struct fsk_archive *a, size_t name_len);
/* Closes the reserve file and removes it. */
void fsk_writer_drop_reserve(struct fsk_archive *a);

/* Folds the journal in and closes the index. `collection` NULL: none is
 * written. The journal is removed last. */
int fsk_writer_fold(struct fsk_archive *a, const json_t *collection,
                    char manifest_sha256[FSK_SHA256_HEX], struct fsk_err *err);

/* The manifest row of a member, new reference. */
json_t *fsk_manifest_row(const struct fsk_member *m, const char *name);
int fsk_manifest_status(json_t *row, const char *status, const char *reason,
                        const struct fsk_range *ranges, size_t nranges);
int fsk_manifest_content(json_t *row, uint64_t size, const struct fsk_digests *d);

#endif
