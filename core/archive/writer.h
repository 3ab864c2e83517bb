/* Inside of an archive that is being written: what archive.c, finish.c and
 * recover.c share. Not for other folders. */
#ifndef FSK_ARCHIVE_WRITER_H
#define FSK_ARCHIVE_WRITER_H

#include "core/archive/archive.h"
#include "core/archive/custody.h"
#include "core/archive/journal.h"
#include "core/archive/name.h"
#include "core/archive/output.h"
#include "core/archive/pack.h"
#include "core/archive/zip.h"

#define FSK_NAME_COLLECTION "collection.json"
#define FSK_NAME_MANIFEST "manifest.jsonl"
#define FSK_NAME_CUSTODY "custody.jsonl"

struct fsk_archive {
	char *path, *journal_path, *reserve_path;
	struct fsk_output zip, reserve;
	struct fsk_journal journal;
	struct fsk_custody custody;
	struct fsk_nameset names;
	struct fsk_pack *pack;
	fsk_time started;

	uint64_t *offsets; /* local headers of the finished members */
	size_t count, cap;
	uint64_t end;      /* of the last finished member */
	uint64_t limit;    /* the ZIP cannot grow beyond */
	uint64_t index;    /* bytes of the central headers so far */
	uint64_t reserved; /* size of the reserve file */
	bool keeps_reserve;

	bool open; /* a member is */
	struct fsk_zip_member member;
	struct fsk_buf name, header;
	struct fsk_digest *digest;
	json_t *row;       /* of the manifest, as far as begin knows it */
	uint64_t position; /* of the next packed byte */

	struct fsk_err failure; /* code is 0 while all is well */
	bool folding, finished;
	uint64_t bytes_in;
};

/* An archive without files, for create and recover. NULL without memory. */
struct fsk_archive *fsk_writer_new(const char *path, int level, struct fsk_err *err);

/* As the public calls, but not refused after a failure: for finish. */
int fsk_writer_begin(struct fsk_archive *a, const struct fsk_member *m, struct fsk_err *err);
int fsk_writer_put(struct fsk_archive *a, const char *name, const void *p, size_t n,
                   struct fsk_err *err);

/* Ends a member that has neither manifest row nor custody line. */
int fsk_writer_end_bare(struct fsk_archive *a, struct fsk_digests *digests, struct fsk_err *err);

/* Remembers a finished member (offset, length of its header's name). */
int fsk_writer_add_offset(struct fsk_archive *a, uint64_t offset, size_t name_len,
                          struct fsk_err *err);

/* Closes the reserve file and removes it. */
void fsk_writer_drop_reserve(struct fsk_archive *a);

/* Folds the journal in and closes the index. `collection` NULL: none is
 * written. The journal is removed last. */
int fsk_writer_fold(struct fsk_archive *a, const json_t *collection,
                    char manifest_sha256[FSK_SHA256_HEX], struct fsk_err *err);

/* The manifest row of a member, new reference. */
json_t *fsk_manifest_row(const struct fsk_member *m, const char *name);
int fsk_manifest_complete(json_t *row, uint64_t size, const struct fsk_digests *d,
                          const char *status, const char *reason, const struct fsk_range *ranges,
                          size_t nranges);

#endif
