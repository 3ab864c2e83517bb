/* Prints what a database read in memory holds, fields parted by tabs:
 *
 *   E code message      it could not be opened
 *   N note              how it was opened
 *   T table rows        rows -1 and a message when they could not be counted
 *
 * sqldump DB [WAL [JOURNAL]]; "" stands for none.
 *
 * sqldump --recovered TABLE DB [WAL] prints rows that are no longer there:
 *
 *   R page offset frame from flags rowid value…
 *
 * frame 0 is the file; flags are letters: (f)reelist, (c)arved, (a)mbiguous, (r)eplaced,
 * (p)artial; an unknown id is "-"; values are "n", "i1", "d0.5", "t" or "b" and hex. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/limits.h"
#include "plugins/sqlite/memdb.h"
#include "plugins/sqlite/recover.h"

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

static void print_value(const struct fsk_record_value *v)
{
	switch (v->type) {
	case FSK_RECORD_INT:
		printf("\ti%lld", (long long) v->i);
		break;
	case FSK_RECORD_REAL:
		printf("\td%.17g", v->d);
		break;
	case FSK_RECORD_TEXT:
	case FSK_RECORD_BLOB:
		printf("\t%c", v->type == FSK_RECORD_TEXT ? 't' : 'b');
		for (size_t i = 0; v->bytes != NULL && i < v->size; i++)
			printf("%02x", v->bytes[i]);
		break;
	default:
		printf("\tn");
	}
}

static void print_row(const struct fsk_recovered *row)
{
	const struct fsk_record *r = &row->record;
	struct fsk_record_at at = { 0 };
	struct fsk_record_value v;

	printf("R\t%u\t%llu\t%u\t%s\t%s%s%s%s%s\t", row->page, (unsigned long long) row->offset,
	       row->frame, fsk_recovered_from_name(row->from), row->on_freelist ? "f" : "",
	       row->carved ? "c" : "", row->ambiguous ? "a" : "", row->replaced ? "r" : "",
	       (uint64_t) (r->end - r->body) < r->body_size ? "p" : "");
	if (r->has_rowid)
		printf("%lld", (long long) r->rowid);
	else
		printf("-");
	while (fsk_record_next(&v, &at, r))
		print_value(&v);
	printf("\n");
}

static int recovered(struct fsk_memdb *db, const char *table)
{
	struct fsk_err err = { 0 };
	struct fsk_recovery r;
	int rc = fsk_recover_rows(&r, db, table, &err);

	if (rc < 0)
		printf("E\t%s\t%s\n", fsk_code_name(rc), err.msg);
	for (size_t i = 0; rc == 0 && i < r.count; i++)
		print_row(&r.rows[i]);
	fsk_recovery_free(&r);
	return rc < 0;
}

int main(int argc, char **argv)
{
	struct fsk_memdb_files f;
	struct fsk_err err = { 0 };
	struct fsk_memdb *db;
	const char *table = NULL;
	int status;

	if (argc > 2 && strcmp(argv[1], "--recovered") == 0) {
		table = argv[2];
		argc -= 2;
		argv += 2;
	}
	if (argc < 2 || argc > 4) {
		fprintf(stderr, "usage: sqldump [--recovered TABLE] DB [WAL [JOURNAL]]\n");
		return 64;
	}
	if (slurp(&f.db, argc, argv, 1) < 0 || slurp(&f.wal, argc, argv, 2) < 0 ||
	    slurp(&f.journal, argc, argv, 3) < 0)
		return 2;
	if (fsk_memdb_open(&db, &f, &err) < 0) {
		printf("E\t%s\t%s\n", fsk_code_name(err.code), err.msg);
		return 1;
	}
	status = table != NULL ? recovered(db, table) : dump(db);
	fsk_memdb_close(db);
	return status;
}
