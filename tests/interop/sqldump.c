/* Prints what a database read in memory holds, fields parted by tabs:
 *
 *   E code message      it could not be opened
 *   N note              how it was opened
 *   T table rows        rows -1 and a message when they could not be counted
 *
 * sqldump DB [WAL [JOURNAL]]; "" stands for none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/limits.h"
#include "plugins/sqlite/memdb.h"

static int slurp(struct fsk_buf *out, int argc, char **argv, int i)
{
	struct fsk_err err = { 0 };

	fsk_buf_init(out, FSK_SQLITE_MAX);
	if (i >= argc || argv[i][0] == '\0')
		return 0;
	if (fsk_file_slurp(out, argv[i], &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		return -1;
	}
	return 0;
}

/* Reads every cell, so that damage anywhere shows. */
static void dump_table(struct fsk_memdb *db, const char *name)
{
	struct fsk_err err = { 0 };
	struct fsk_memrows *r;
	long long rows = 0;
	size_t n;
	int rc = fsk_memdb_table(&r, db, name, &err);

	if (rc == 0) {
		while ((rc = fsk_memrows_next(r, &err)) > 0) {
			for (int i = 0; i < fsk_memrows_columns(r); i++)
				fsk_memrows_bytes(r, i, &n);
			rows++;
		}
		fsk_memrows_close(r);
	}
	if (rc < 0)
		printf("T\t%s\t-1\t%s\t%s\n", name, fsk_code_name(rc), err.msg);
	else
		printf("T\t%s\t%lld\n", name, rows);
}

static int dump(struct fsk_memdb *db)
{
	struct fsk_err err = { 0 };
	struct fsk_memrows *r;
	size_t n;

	if (fsk_memdb_note(db) != NULL)
		printf("N\t%s\n", fsk_memdb_note(db));
	if (fsk_memdb_query(&r, db,
	                    "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
	                    &err) < 0) {
		printf("E\t%s\t%s\n", fsk_code_name(err.code), err.msg);
		return 1;
	}
	while (fsk_memrows_next(r, NULL) > 0)
		dump_table(db, fsk_memrows_bytes(r, 0, &n));
	fsk_memrows_close(r);
	return 0;
}

int main(int argc, char **argv)
{
	struct fsk_memdb_files f;
	struct fsk_err err = { 0 };
	struct fsk_memdb *db;
	int status;

	if (argc < 2 || argc > 4) {
		fprintf(stderr, "usage: sqldump DB [WAL [JOURNAL]]\n");
		return 64;
	}
	if (slurp(&f.db, argc, argv, 1) < 0 || slurp(&f.wal, argc, argv, 2) < 0 ||
	    slurp(&f.journal, argc, argv, 3) < 0)
		return 2;
	if (fsk_memdb_open(&db, &f, &err) < 0) {
		printf("E\t%s\t%s\n", fsk_code_name(err.code), err.msg);
		return 1;
	}
	status = dump(db);
	fsk_memdb_close(db);
	return status;
}
