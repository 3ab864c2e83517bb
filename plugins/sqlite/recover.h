/* Rows that are no longer in a table: deleted, replaced, or never committed.
 *
 * Looked at are free space inside of the table's pages, pages of the freelist, pages of the file
 * that the log has replaced, and the frames of the log that are not in force. A cell that was freed
 * has lost its first bytes; it is told by the shape of the table, so such a row is likely, not
 * certain (`carved`). Rows equal to one that is there are left out, and so are repetitions. */
#ifndef FSK_PLUGINS_SQLITE_RECOVER_H
#define FSK_PLUGINS_SQLITE_RECOVER_H

#include "plugins/sqlite/memdb.h"
#include "plugins/sqlite/record.h"

enum fsk_recovered_from {
	FSK_FROM_FREEBLOCK, /* a freed cell inside of a page */
	FSK_FROM_GAP,       /* between the list of cells and the first of them */
	FSK_FROM_CELL,      /* a cell of a page that is free, or not in force */
};

struct fsk_recovered {
	struct fsk_record record; /* borrowed from the database */
	uint64_t offset;          /* of the cell in its file */
	uint32_t page;            /* from 1 */
	uint32_t frame;           /* of the log, from 1; 0: in the database file */
	enum fsk_recovered_from from;
	bool on_freelist; /* the page */
	bool carved;      /* found by shape, not through a list of cells */
	bool ambiguous;   /* the page is no table's now, and the row suits another table, too */
	bool replaced;    /* a row of this id is there, with other values */
};

struct fsk_recovery {
	struct fsk_recovered *rows; /* by page; of the file first, then of the log */
	size_t count;
	char **names; /* of the columns */
	unsigned columns;
	int alias; /* the column that is the row's id, or -1 */
};

/* Recovers rows of a table with row ids. The result borrows from `db` and lives as
 * long. Free with fsk_recovery_free, also after failure. FSK_ENOTFOUND: no such
 * table; FSK_EUNSUPPORTED: a view, a table WITHOUT ROWID, text in UTF-16; FSK_ELIMIT,
 * FSK_ECORRUPT, FSK_ENOMEM. */
int fsk_recover_rows(struct fsk_recovery *out, struct fsk_memdb *db, const char *table,
                     struct fsk_err *err);
void fsk_recovery_free(struct fsk_recovery *r);

const char *fsk_recovered_from_name(enum fsk_recovered_from from);

#endif
