/* NAME.zip.journal: what a run knows that the ZIP does not hold yet.
 *
 * A text file of JSON arrays, one a line, only ever appended to:
 *   ["open",{…}]                   first line: format, archive, label, start
 *   ["custody",{…},…]              lines of custody.jsonl: all that were not
 *                                  synced at the time, so that none is lost alone
 *   ["member",OFFSET,"NAME",{…}]   a finished member and its manifest row
 *   ["void",FROM,TO]               members at FROM <= OFFSET < TO were lost: their
 *                                  rows above do not count
 *   ["row","STREAM","KEY",{…}]     a row of STREAM.jsonl
 *   ["collection",{…}]             what collection.json would say now
 *   ["fold",OFFSET]                from this offset of the ZIP on lie members
 *                                  made of the journal itself
 * A torn or damaged line is left out and counted. Rows stay on disk: the
 * memory is 16 bytes a row, and the sort keys of one stream while that is
 * being folded. */
#ifndef FSK_ARCHIVE_JOURNAL_H
#define FSK_ARCHIVE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/archive/output.h"
#include "core/base/buf.h"
#include "core/base/err.h"

#define FSK_JOURNAL_MANIFEST "manifest" /* the stream of member rows */
#define FSK_JOURNAL_NO_FOLD UINT64_MAX

struct fsk_journal_entry {
	uint64_t at;      /* of the key's first quote, in the journal */
	uint32_t key_len; /* of the JSON text; a comma follows, then the row */
	uint32_t row_len; /* of the JSON text; 0 once it is void */
};

struct fsk_journal_stream {
	char *name;
	struct fsk_journal_entry *entries;
	uint64_t *members; /* manifest only: offset in the ZIP, one for each entry */
	size_t count, cap;
};

struct fsk_journal {
	struct fsk_output out;
	uint64_t end;    /* where the next line goes, those that wait included */
	uint64_t pieces; /* bytes of rows and custody lines: what a fold will write */
	struct fsk_journal_stream *streams; /* in the order of arrival */
	size_t nstreams;
	struct fsk_journal_stream custody; /* entries without keys */
	struct fsk_buf lines;              /* rows that wait to be written: they end at `end` */
	/* only after fsk_journal_open */
	uint64_t fold;                /* offset in the ZIP, or FSK_JOURNAL_NO_FOLD */
	uint64_t fold_at;             /* where that line begins in the journal */
	uint64_t damaged;             /* lines left out */
	uint64_t rows;                /* rows of streams but the manifest */
	json_t *opening, *collection; /* may be NULL */
	char *last_custody;           /* text of the last custody line, may be NULL */
};

/* Creates a journal with its first line, which is on the medium when this returns 0.
 * FSK_EEXIST. */
int fsk_journal_create(struct fsk_journal *j, const char *path, const json_t *opening,
                       struct fsk_err *err);

/* Opens one that a run left and reads it. Writes nothing; the next line
 * goes behind the last good one. */
int fsk_journal_open(struct fsk_journal *j, const char *path, struct fsk_err *err);

/* Closes the file, which stays. Allowed on a zeroed struct whose handle is -1. */
void fsk_journal_close(struct fsk_journal *j);

/* Rows wait in memory until fsk_journal_flush, until they are FSK_JOURNAL_WAITING
 * bytes, or until a line of another kind comes: these are written at once, behind
 * them. After FSK_ENOSPC or FSK_EIO what waits is still there, to be tried again
 * or given up. */
#define FSK_JOURNAL_WAITING (64u * 1024u)
int fsk_journal_flush(struct fsk_journal *j, struct fsk_err *err);
/* Writes of what waits as many lines as there is room for and forgets the rest. */
void fsk_journal_give_up(struct fsk_journal *j);

/* Flushes, too. */
int fsk_journal_sync(struct fsk_journal *j, struct fsk_err *err);

/* Each text is one JSON object of one line. */
int fsk_journal_custody(struct fsk_journal *j, char *const *texts, size_t n, struct fsk_err *err);
int fsk_journal_member(struct fsk_journal *j, uint64_t offset, const char *name, const char *text,
                       struct fsk_err *err);
int fsk_journal_row(struct fsk_journal *j, const char *stream, const char *key, const char *text,
                    size_t n, struct fsk_err *err);
int fsk_journal_collection(struct fsk_journal *j, const char *text, struct fsk_err *err);
/* Does nothing when there is no such row. */
int fsk_journal_void(struct fsk_journal *j, uint64_t from, uint64_t to, struct fsk_err *err);
int fsk_journal_fold(struct fsk_journal *j, uint64_t offset, struct fsk_err *err);

/* Cuts the fold line and all behind it off and reads the rest again. */
int fsk_journal_rewind(struct fsk_journal *j, struct fsk_err *err);

/* NULL when no row of that stream came. */
const struct fsk_journal_stream *fsk_journal_stream(const struct fsk_journal *j, const char *name);

/* The key of an entry, decoded; free() it. NULL and `err` on failure. */
char *fsk_journal_key(const struct fsk_journal *j, const struct fsk_journal_entry *e,
                      struct fsk_err *err);

/* Gives each line of a stream (text and line end) to `sink`: custody lines
 * in their order, others sorted by key, equal keys in the order of arrival. */
typedef int fsk_journal_sink(void *arg, const char *text, size_t n, struct fsk_err *err);
int fsk_journal_each(struct fsk_journal *j, const struct fsk_journal_stream *s,
                     fsk_journal_sink *sink, void *arg, struct fsk_err *err);

#endif
