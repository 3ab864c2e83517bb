/* The SQL function in_wal(table, rowid): 'new' for a row that only the log has, 'changed' when
 * the file has it with other values, NULL otherwise. */
#ifndef FSK_PLUGINS_SQLITE_IN_WAL_H
#define FSK_PLUGINS_SQLITE_IN_WAL_H

#include "plugins/sqlite/memdb_impl.h"

/* Adds the function to an open database. An SQLite result code. */
int fsk_in_wal_add(struct fsk_memdb *db);

/* Ends its statements; before the connection is closed. */
void fsk_in_wal_drop(struct fsk_memdb *db);

#endif
