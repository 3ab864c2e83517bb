/* SQLite databases read from memory, with the rows that lie in their logs.
 *
 * Evidence is never written: the database works on copies. Rows in a "-wal"
 * are seen; a hot "-journal" is rolled back in the copy, as the program that
 * wrote it would have done. Statements may only read: an authorizer refuses
 * everything else, virtual tables are not there, and steps, memory and cell
 * sizes are limited. One thread at a time.
 *
 * Statements may use in_wal(table, rowid): in_wal.h. */
#ifndef FSK_PLUGINS_SQLITE_MEMDB_H
#define FSK_PLUGINS_SQLITE_MEMDB_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

struct fsk_memdb;
struct fsk_memrows; /* a statement and where it is */

/* What belongs to a database; `wal` and `journal` may be empty. */
struct fsk_memdb_files {
	struct fsk_buf db, wal, journal;
};

/* Version of SQLite. */
const char *fsk_memdb_library(void);

/* Opens a database. Takes over the memory of `files`, whose buffers are empty
 * afterwards, also on failure. FSK_ECORRUPT with SQLite's text when it is none
 * or its schema cannot be read; FSK_ELIMIT; FSK_ENOMEM. */
int fsk_memdb_open(struct fsk_memdb **out, struct fsk_memdb_files *files, struct fsk_err *err);
/* After all its fsk_memrows are closed. NULL is allowed. */
void fsk_memdb_close(struct fsk_memdb *db);

/* What a reader of the archive must know of how it was opened: a log that
 * does not belong to it, a journal that was rolled back, a file cut short. Lines parted by '\n';
 * NULL when there is nothing. */
const char *fsk_memdb_note(const struct fsk_memdb *db);

/* Sets the steps that one statement may take; FSK_SQLITE_STEPS_MAX at first. */
void fsk_memdb_limit_steps(struct fsk_memdb *db, uint64_t steps);

/* Prepares one statement. FSK_ENOTFOUND for a table or column that is not
 * there, FSK_EUNSUPPORTED for a virtual table, FSK_EPERM for anything but
 * reading, FSK_EINVAL for other faults of the SQL, FSK_ECORRUPT, FSK_ELIMIT. */
int fsk_memdb_query(struct fsk_memrows **out, struct fsk_memdb *db, const char *sql,
                    struct fsk_err *err);
void fsk_memrows_close(struct fsk_memrows *r);

/* Parameters, counted from 0; those not set are NULL. FSK_EINVAL for one that
 * the statement does not have. Texts are copied. */
int fsk_memrows_bind_int(struct fsk_memrows *r, int i, int64_t v, struct fsk_err *err);
int fsk_memrows_bind_number(struct fsk_memrows *r, int i, double v, struct fsk_err *err);
int fsk_memrows_bind_text(struct fsk_memrows *r, int i, const char *s, size_t n,
                          struct fsk_err *err);

/* 1: there is a row; 0: the end. FSK_ETIMEOUT beyond the limit of steps,
 * FSK_ELIMIT for memory or a cell beyond FSK_SQLITE_CELL_MAX, FSK_ECORRUPT for
 * damage; what came before is good. After 0 or an error it stays at that. */
int fsk_memrows_next(struct fsk_memrows *r, struct fsk_err *err);

/* The row at hand. Pointers live until the next row; a text need not be
 * valid UTF-8. Names may be asked for before the first row. */
enum fsk_memtype { FSK_MEM_NULL, FSK_MEM_INT, FSK_MEM_NUMBER, FSK_MEM_TEXT, FSK_MEM_BLOB };
int fsk_memrows_columns(const struct fsk_memrows *r);
const char *fsk_memrows_name(const struct fsk_memrows *r, int column);
enum fsk_memtype fsk_memrows_type(const struct fsk_memrows *r, int column);
int64_t fsk_memrows_int(const struct fsk_memrows *r, int column);
double fsk_memrows_number(const struct fsk_memrows *r, int column);
const void *fsk_memrows_bytes(const struct fsk_memrows *r, int column, size_t *n);

/* Opens all columns of a table, for their names. FSK_ENOTFOUND. */
int fsk_memdb_table(struct fsk_memrows **out, struct fsk_memdb *db, const char *table,
                    struct fsk_err *err);

#endif
