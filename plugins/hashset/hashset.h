/* Lists of digests of files, in memory: millions of entries, found by binary search.
 *
 * A list is text of any of these forms, line by line:
 *
 *   d41d8cd98f00b204e9800998ecf8427e            one digest
 *   d41d8cd98f00b204e9800998ecf8427e  name      as md5sum, sha1sum, sha256sum write it
 *   MD5 (name) = d41d8cd98f00b204e9800998ecf8427e   as BSD's md5 writes it
 *   name;d41d8cd98f00b204e9800998ecf8427e;…     CSV with tab, semicolon, comma or bar
 *
 * CSV may have a header, also one in a comment. Columns that it calls by the name of a digest
 * (md5, sha1_hash, "SHA-256", hash, indicator) are the ones that count then; without any, each
 * field that is a digest by its form does. So the RDS of NIST's NSRL ("SHA-1","MD5",…) is read as
 * it is. Lines that begin with #, ; or // are comments. Of all digests that a line has,
 * each is an entry of its own. */
#ifndef FSK_PLUGINS_HASHSET_H
#define FSK_PLUGINS_HASHSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/limits.h"

enum fsk_hash_kind { FSK_HASH_MD5, FSK_HASH_SHA1, FSK_HASH_SHA256, FSK_HASH_KINDS };

#define FSK_HASH_BYTES_MAX 32

struct fsk_hashset;

/* A line that gave no entry although it should, and why. */
struct fsk_hashset_problem {
	uint32_t line; /* from 1 */
	char text[120];
};

struct fsk_hashset_counts {
	size_t lines;                   /* of the text */
	size_t entries[FSK_HASH_KINDS]; /* without duplicates */
	size_t duplicates;
	size_t bad; /* lines; the first FSK_HASHSET_PROBLEMS_MAX are told */
	const struct fsk_hashset_problem *problems;
	size_t nproblems;
	size_t unlabelled; /* labels that FSK_HASHSET_LABELS_MAX left out */
	size_t memory;     /* bytes that the set takes */
};

struct fsk_hashset_hit {
	enum fsk_hash_kind kind;
	uint32_t line;     /* the first one that has it */
	const char *label; /* of that line, UTF-8; "" when there is none. Borrowed */
};

/* Reads a list. What it cannot read of it is told in the counts, and the rest is loaded. The text
 * is not needed any more afterwards. FSK_ELIMIT (FSK_HASHSET_LINES_MAX), FSK_ENOMEM. Free with
 * fsk_hashset_free (NULL is allowed). */
int fsk_hashset_load(struct fsk_hashset **out, const char *text, size_t len, struct fsk_err *err);
void fsk_hashset_free(struct fsk_hashset *s);

void fsk_hashset_counts(struct fsk_hashset_counts *out, const struct fsk_hashset *s);

/* Looks up a digest in hex, of either case; false when it is not there, or no digest. */
bool fsk_hashset_find(struct fsk_hashset_hit *out, const struct fsk_hashset *s, const char *hex,
                      size_t len);

/* "md5", "sha1", "sha256" */
const char *fsk_hash_kind_name(enum fsk_hash_kind kind);

#endif
