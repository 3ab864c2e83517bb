/* What the files of this folder share of an open database. */
#ifndef FSK_PLUGINS_SQLITE_MEMDB_IMPL_H
#define FSK_PLUGINS_SQLITE_MEMDB_IMPL_H

#include "plugins/sqlite/memdb.h"
#include "plugins/sqlite/memvfs.h"

#define FSK_MEMDB_NOTE_MAX 2048

struct fsk_memdb {
	struct fsk_memvfs vfs;
	sqlite3 *db;
	struct fsk_memdb *base;    /* the same without its log, once it was asked for */
	struct fsk_in_wal *in_wal; /* in_wal.c */
	uint64_t max_steps;
	uint64_t steps; /* of the statement in hand, since its last row */
	char note[FSK_MEMDB_NOTE_MAX];
};

/* The database without its log, on the same memory; NULL when it cannot be read so.
 * Close it before the other's memory goes. */
struct fsk_memdb *fsk_memdb_open_base(const struct fsk_memdb *db);

#endif
