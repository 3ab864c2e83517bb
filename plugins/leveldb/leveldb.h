/* One file of a LevelDB: its log ("000003.log") or a table ("000005.ldb", "….sst"). Each file
 * stands for itself, so that what a later file replaces or deletes is read as well. Formats:
 * doc/log_format.md and doc/table_format.md of https://github.com/google/leveldb. */
#ifndef FSK_PLUGINS_LEVELDB_LEVELDB_H
#define FSK_PLUGINS_LEVELDB_LEVELDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct fsk_leveldb;

/* Borrowed; lives until the next call. */
struct fsk_leveldb_record {
	const uint8_t *key, *value; /* value is NULL for a deletion */
	size_t key_size, value_size;
	uint64_t sequence; /* of the change: a higher one is later */
	uint64_t offset;   /* in the file: of the block or log record it is in */
	bool deleted;
};

/* Takes over `data` (of malloc), also on failure. What is no table is read as a log.
 * FSK_ECORRUPT: a table whose index cannot be read; FSK_ENOMEM. */
int fsk_leveldb_open(struct fsk_leveldb **out, uint8_t *data, size_t size, struct fsk_err *err);
void fsk_leveldb_close(struct fsk_leveldb *db);

/* 1: there is a record; 0: the end. Damaged blocks are left out and counted. FSK_ENOMEM. */
int fsk_leveldb_next(struct fsk_leveldb *db, struct fsk_leveldb_record *out, struct fsk_err *err);

/* What was left out, as text; NULL when it was nothing. */
const char *fsk_leveldb_note(const struct fsk_leveldb *db);

#endif
