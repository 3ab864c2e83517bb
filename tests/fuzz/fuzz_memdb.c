/* A database and its log: the first four bytes are the length of the database
 * (little endian), the rest of the input is the log. Every table is read, and what is no longer
 * in it. */
#include <stdint.h>
#include <stdlib.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "plugins/sqlite/memdb.h"
#include "plugins/sqlite/recover.h"
#include "plugins/sqlite/rowset.h"

#define STEPS 100000 /* a fuzzer has no use for slow inputs */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_record(const struct fsk_record *r)
{
	struct fsk_record_at at = { 0 };
	struct fsk_record_value v;
	uint64_t digest = FSK_ROW_DIGEST;

	while (fsk_record_next(&v, &at, r))
		digest = fsk_row_digest(digest, &v);
	(void) digest;
}

static void read_table(struct fsk_memdb *db, const char *name)
{
	struct fsk_recovery gone;
	struct fsk_memrows *r;
	size_t n;

	if (fsk_memdb_table(&r, db, name, NULL) < 0)
		return;
	while (fsk_memrows_next(r, NULL) > 0)
		for (int i = 0; i < fsk_memrows_columns(r); i++)
			fsk_memrows_bytes(r, i, &n);
	fsk_memrows_close(r);
	fsk_recover_rows(&gone, db, name, NULL);
	for (size_t i = 0; i < gone.count; i++)
		read_record(&gone.rows[i].record);
	fsk_recovery_free(&gone);
}

static void read_all(struct fsk_memdb *db)
{
	struct fsk_memrows *r;
	unsigned tables = 0;
	size_t n;

	fsk_memdb_limit_steps(db, STEPS);
	if (fsk_memdb_query(&r, db, "SELECT name FROM sqlite_master ORDER BY name", NULL) < 0)
		return;
	while (tables++ < 20 && fsk_memrows_next(r, NULL) > 0)
		read_table(db, fsk_memrows_bytes(r, 0, &n));
	fsk_memrows_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fsk_memdb_files f;
	struct fsk_memdb *db;
	struct fsk_cur c;
	uint32_t length;
	size_t left;

	fsk_cur_init(&c, data, size);
	length = fsk_cur_u32le(&c);
	left = fsk_cur_left(&c);
	length = length < left ? length : (uint32_t) left;
	fsk_buf_init(&f.db, FSK_SQLITE_MAX);
	fsk_buf_init(&f.wal, FSK_SQLITE_MAX);
	fsk_buf_init(&f.journal, FSK_SQLITE_MAX);
	if (length > 0)
		fsk_buf_append(&f.db, fsk_cur_bytes(&c, length), length, NULL);
	left = fsk_cur_left(&c);
	/* an odd length is read as a journal, so that both are tried */
	if (left > 0)
		fsk_buf_append(length % 2 == 0 ? &f.wal : &f.journal, fsk_cur_bytes(&c, left), left,
		               NULL);
	if (fsk_memdb_open(&db, &f, NULL) < 0)
		return 0;
	read_all(db);
	fsk_memdb_close(db);
	return 0;
}
