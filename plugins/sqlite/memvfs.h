/* A file system for SQLite that holds one database in memory: the database,
 * its rollback journal, its write-ahead log, and nothing else. No function of
 * it reaches the host: time stands still and randomness is zeros, so that
 * the same database gives the same answers.
 * Contract of the methods: https://www.sqlite.org/vfs.html */
#ifndef FSK_PLUGINS_SQLITE_MEMVFS_H
#define FSK_PLUGINS_SQLITE_MEMVFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#define FSK_MEMVFS_DB "main" /* the name to open; "-wal", "-journal" follow from it */

struct fsk_memfile {
	uint8_t *data; /* of malloc; owned */
	size_t size;
	bool exists;
	bool borrowed; /* somebody else's memory: not written, not freed */
};

struct fsk_memvfs {
	sqlite3_vfs base;
	char name[32];
	struct fsk_memfile db, wal, journal;
};

/* Registers `v`, whose three files are filled in, as the default file system;
 * it must stay where it is until fsk_memvfs_close, which frees the files.
 * An SQLite result code. */
int fsk_memvfs_open(struct fsk_memvfs *v);
void fsk_memvfs_close(struct fsk_memvfs *v);

#endif
