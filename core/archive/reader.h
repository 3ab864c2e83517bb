/* The rows of a finished archive, for whoever makes something else of them. */
#ifndef FSK_ARCHIVE_READER_H
#define FSK_ARCHIVE_READER_H

#include <jansson.h>

#include "core/base/digest.h"
#include "core/base/err.h"

struct fsk_reader_ops {
	const char *const *members; /* those that are wanted, ended by NULL */
	/* A line of a member that ends in ".jsonl", or all of another one: an object,
	 * borrowed. Members come in the order in which they lie: rows, collection.json,
	 * manifest.jsonl. */
	int (*row)(void *arg, const char *member, const json_t *row, struct fsk_err *err);
};

/* Reads them with libarchive and compares their SHA-256 with the manifest, and the
 * manifest's, which is given out, with the custody log. What is not wanted is passed
 * over unread. A member that the archive does not have is no error, but one that only its
 * manifest has is.
 *
 * FSK_ECORRUPT names the archive and what is wrong: no archive of ours, not finished
 * (`fossick recover`), damaged, changed. FSK_ELIMIT for a line beyond
 * FSK_JSON_LINE_MAX. What `row` returns. */
int fsk_archive_read(char manifest_sha256[FSK_SHA256_HEX], const char *path,
                     const struct fsk_reader_ops *ops, void *arg, struct fsk_err *err);

#endif
