#include "plugins/sqlite/memdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "plugins/sqlite/in_wal.h"
#include "plugins/sqlite/memdb_impl.h"
#include "plugins/sqlite/pages.h"
#include "plugins/sqlite/wal.h"

#define PROGRESS_EVERY 1000 /* steps between two looks at the count */

struct fsk_memrows {
	struct fsk_memdb *owner;
	sqlite3_stmt *stmt;
	uint64_t steps;
	int state; /* of the last fsk_memrows_next; 1 before the first */
	struct fsk_err err;
};

static int code_of(int rc, const char *text)
{
	switch (rc & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return FSK_ECORRUPT;
	case SQLITE_NOMEM:
	case SQLITE_TOOBIG:
	case SQLITE_FULL:
		return FSK_ELIMIT;
	case SQLITE_INTERRUPT:
		return FSK_ETIMEOUT;
	case SQLITE_AUTH:
	case SQLITE_PERM:
	case SQLITE_READONLY:
		return FSK_EPERM;
	default:
		break;
	}
	if (strncmp(text, "no such table", 13) == 0 || strncmp(text, "no such column", 14) == 0)
		return FSK_ENOTFOUND;
	if (strncmp(text, "not authorized", 14) == 0)
		return FSK_EPERM;
	if (strncmp(text, "no such module", 14) == 0)
		return FSK_EUNSUPPORTED;
	if (strncmp(text, "malformed database schema", 25) == 0)
		return FSK_ECORRUPT;
	return FSK_EINVAL;
}

static int failed(const struct fsk_memdb *db, int rc, struct fsk_err *err)
{
	const char *text = db->db != NULL ? sqlite3_errmsg(db->db) : sqlite3_errstr(rc);
	int code = code_of(rc, text);

	if (code == FSK_ETIMEOUT)
		return fsk_err_set(err, code, "stopped after %llu steps",
		                   (unsigned long long) db->max_steps);
	if ((rc & 0xff) == SQLITE_NOMEM)
		return fsk_err_set(err, code, "needs more memory than there is (%u MiB)",
		                   FSK_SQLITE_HEAP_MAX / FSK_MIB);
	return fsk_err_set(err, code, "%s", text);
}

static void note(struct fsk_memdb *db, const char *text, const char *why)
{
	size_t len = strlen(db->note);

	snprintf(db->note + len, sizeof(db->note) - len, "%s%s%s", len > 0 ? "\n" : "", text, why);
}

/* --- what may be done --- */

static bool refused_function(const char *name)
{
	/* not the same twice, or not for reading */
	static const char *const names[] = { "random",         "randomblob", "load_extension",
		                             "fts3_tokenizer", "writefile",  "edit" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sqlite3_stricmp(name, names[i]) == 0)
			return true;
	return false;
}

static int authorize(void *arg, int action, const char *a, const char *b, const char *database,
                     const char *trigger)
{
	(void) arg;
	(void) a;
	(void) database;
	(void) trigger;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		return b != NULL && refused_function(b) ? SQLITE_DENY : SQLITE_OK;
	default:
		return SQLITE_DENY;
	}
}

static int progress(void *arg)
{
	struct fsk_memdb *db = arg;

	db->steps += PROGRESS_EVERY;
	return db->steps >= db->max_steps;
}

static void set_limits(sqlite3 *db)
{
	static const int limits[][2] = {
		{ SQLITE_LIMIT_LENGTH, FSK_SQLITE_CELL_MAX },
		{ SQLITE_LIMIT_SQL_LENGTH, FSK_MIB },
		{ SQLITE_LIMIT_EXPR_DEPTH, 100 },
		{ SQLITE_LIMIT_COMPOUND_SELECT, 50 },
		{ SQLITE_LIMIT_VDBE_OP, 250000 },
		{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000 },
		{ SQLITE_LIMIT_ATTACHED, 0 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		sqlite3_limit(db, limits[i][0], limits[i][1]);
}

/* Everything before the first read. The lock mode must come first: with it
 * the index of a write-ahead log is kept in the heap. */
static int harden(struct fsk_memdb *db)
{
	static const int config[][2] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1 },
	};
	int rc = SQLITE_OK;

	sqlite3_extended_result_codes(db->db, 1);
	set_limits(db->db);
	for (size_t i = 0; i < sizeof(config) / sizeof(config[0]) && rc == SQLITE_OK; i++)
		rc = sqlite3_db_config(db->db, config[i][0], config[i][1], NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_drop_modules(db->db, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db->db,
		                  "PRAGMA locking_mode=EXCLUSIVE; PRAGMA temp_store=MEMORY;"
		                  "PRAGMA mmap_size=0; PRAGMA cell_size_check=ON;",
		                  NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = fsk_in_wal_add(db);
	if (rc == SQLITE_OK)
		rc = sqlite3_set_authorizer(db->db, authorize, NULL);
	sqlite3_progress_handler(db->db, PROGRESS_EVERY, progress, db);
	return rc;
}

/* --- opening --- */

/* SQLite ends a log without a word at the first frame that is not good. One
 * with another salt is left from before, and that is the end; one with the
 * salt of this log is damage. The header has been checked. */
static void note_damaged_wal(struct fsk_memdb *db)
{
	struct fsk_wal log;
	char text[80];

	if (fsk_wal_read(&log, db->vfs.wal.data, db->vfs.wal.size, NULL) == 0 && log.damaged > 0) {
		snprintf(text, sizeof(text), "frame %zu of its -wal is damaged or cut off",
		         log.damaged);
		note(db, text, "; that and what follows is not read");
	}
	fsk_wal_free(&log);
}

static void leave_out_wal(struct fsk_memdb *db, const char *why)
{
	db->vfs.wal.size = 0;
	db->vfs.wal.exists = false;
	note(db, "opened without its -wal: ", why);
}

/* A journal that is done with is deleted, cut, or has its signature zeroed.
 * Format: https://www.sqlite.org/fileformat2.html#the_rollback_journal */
static bool is_hot(const struct fsk_memfile *journal)
{
	static const uint8_t magic[8] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 };

	return journal->exists && journal->size > sizeof(magic) &&
	       memcmp(journal->data, magic, sizeof(magic)) == 0;
}

/* SQLite refuses a file with fewer pages than its header says. The rest of
 * our copy is filled with zeros, so that the tables before the cut are read. */
static int mend_cut(struct fsk_memdb *db, struct fsk_err *err)
{
	struct fsk_memfile *m = &db->vfs.db;
	uint32_t change, valid_for;
	uint64_t page, wanted;
	struct fsk_cur c;
	uint8_t *data;
	char text[64];

	fsk_cur_init(&c, m->data, m->size);
	fsk_cur_seek(&c, 16);
	page = fsk_cur_u16be(&c);
	page = page == 1 ? 65536 : page;
	fsk_cur_seek(&c, 24);
	change = fsk_cur_u32be(&c);
	wanted = page * fsk_cur_u32be(&c);
	fsk_cur_seek(&c, 92);
	valid_for = fsk_cur_u32be(&c);
	/* the count of pages is not kept up by writers before 3.7.0 */
	if (c.failed || page < 512 || change != valid_for || wanted <= m->size)
		return 0;
	if (wanted > FSK_SQLITE_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "the header says %llu bytes",
		                   (unsigned long long) wanted);
	data = realloc(m->data, (size_t) wanted);
	if (data == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a database");
	memset(data + m->size, 0, (size_t) wanted - m->size);
	snprintf(text, sizeof(text), "cut off: %zu of %zu bytes are there", m->size,
	         (size_t) wanted);
	note(db, text, "");
	m->data = data;
	m->size = (size_t) wanted;
	return 0;
}

static void take(struct fsk_memfile *out, struct fsk_buf *in)
{
	out->data = in->data;
	out->size = in->len;
	out->exists = in->len > 0;
	fsk_buf_init(in, in->max);
}

static void disconnect(struct fsk_memdb *db)
{
	fsk_in_wal_drop(db);
	sqlite3_close(db->db);
	db->db = NULL;
}

/* One attempt: connects, and reads the schema. */
static int connect_db(struct fsk_memdb *db, struct fsk_err *err)
{
	/* one thread has it: a lock for each value of each row is not needed */
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOMUTEX;
	int rc = sqlite3_open_v2(FSK_MEMVFS_DB, &db->db, flags, db->vfs.name);

	if (rc == SQLITE_OK)
		rc = harden(db);
	db->steps = 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db->db, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return 0;
	rc = failed(db, rc, err);
	disconnect(db);
	return rc;
}

/* With the log; without it if it spoils a database that is good alone. */
static int connect_with_log(struct fsk_memdb *db, struct fsk_err *err)
{
	const char *foreign = NULL;
	struct fsk_err why = { 0 };
	bool hot = is_hot(&db->vfs.journal);
	int rc;

	if (db->vfs.wal.exists)
		foreign = fsk_wal_foreign(db->vfs.wal.data, db->vfs.wal.size,
		                          fsk_pages_size(db->vfs.db.data, db->vfs.db.size));
	if (foreign != NULL)
		leave_out_wal(db, foreign);
	rc = connect_db(db, &why);
	if (rc == FSK_ECORRUPT && db->vfs.wal.exists && db->vfs.wal.size > 0) {
		leave_out_wal(db, why.msg);
		rc = connect_db(db, &why);
	}
	if (rc < 0)
		return fsk_err_set(err, rc, "%s", why.msg);
	if (db->vfs.wal.size > 32)
		note_damaged_wal(db);
	if (hot && !is_hot(&db->vfs.journal))
		note(db, "its hot -journal was rolled back in memory", "");
	return 0;
}

static int check_header(const struct fsk_memfile *f, struct fsk_err *err)
{
	static const char magic[16] = "SQLite format 3";

	if (f->size == 0)
		return fsk_err_set(err, FSK_ECORRUPT, "no SQLite database: empty");
	if (f->size < sizeof(magic) || memcmp(f->data, magic, sizeof(magic)) != 0)
		return fsk_err_set(err, FSK_ECORRUPT,
		                   "no SQLite database: signature missing (encrypted, or another "
		                   "format)");
	return 0;
}

const char *fsk_memdb_library(void)
{
	return sqlite3_libversion();
}

int fsk_memdb_open(struct fsk_memdb **out, struct fsk_memdb_files *files, struct fsk_err *err)
{
	struct fsk_memdb *db = calloc(1, sizeof(*db));
	int rc;

	*out = NULL;
	if (db == NULL) {
		fsk_buf_free(&files->db);
		fsk_buf_free(&files->wal);
		fsk_buf_free(&files->journal);
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a database");
	}
	take(&db->vfs.db, &files->db);
	take(&db->vfs.wal, &files->wal);
	take(&db->vfs.journal, &files->journal);
	db->max_steps = FSK_SQLITE_STEPS_MAX;
	sqlite3_hard_heap_limit64(FSK_SQLITE_HEAP_MAX);
	rc = check_header(&db->vfs.db, err);
	if (rc == 0)
		rc = mend_cut(db, err);
	if (rc == 0 && fsk_memvfs_open(&db->vfs) != SQLITE_OK)
		rc = fsk_err_set(err, FSK_ENOMEM, "SQLite cannot be started");
	if (rc == 0)
		rc = connect_with_log(db, err);
	if (rc < 0)
		fsk_memdb_close(db);
	else
		*out = db;
	return rc;
}

struct fsk_memdb *fsk_memdb_open_base(const struct fsk_memdb *db)
{
	struct fsk_memdb *base = calloc(1, sizeof(*base));

	if (base == NULL)
		return NULL;
	base->vfs.db = db->vfs.db;
	base->vfs.db.borrowed = true;
	base->max_steps = db->max_steps;
	if (fsk_memvfs_open(&base->vfs) == SQLITE_OK && connect_db(base, NULL) == 0)
		return base;
	fsk_memdb_close(base);
	return NULL;
}

void fsk_memdb_close(struct fsk_memdb *db)
{
	if (db == NULL)
		return;
	disconnect(db);
	fsk_memdb_close(db->base);
	fsk_memvfs_close(&db->vfs);
	free(db);
}

const char *fsk_memdb_note(const struct fsk_memdb *db)
{
	return db->note[0] != '\0' ? db->note : NULL;
}

void fsk_memdb_limit_steps(struct fsk_memdb *db, uint64_t steps)
{
	db->max_steps = steps;
}

/* --- statements --- */

int fsk_memdb_query(struct fsk_memrows **out, struct fsk_memdb *db, const char *sql,
                    struct fsk_err *err)
{
	struct fsk_memrows *r = calloc(1, sizeof(*r));
	const char *rest = "";
	int rc;

	*out = NULL;
	if (r == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a statement");
	r->owner = db;
	r->state = 1;
	db->steps = 0;
	rc = sqlite3_prepare_v2(db->db, sql, -1, &r->stmt, &rest);
	if (rc != SQLITE_OK)
		rc = failed(db, rc, err);
	else if (r->stmt == NULL)
		rc = fsk_err_set(err, FSK_EINVAL, "no statement");
	else if (rest[strspn(rest, " \t\r\n;")] != '\0')
		rc = fsk_err_set(err, FSK_EINVAL, "more than one statement");
	else if (!sqlite3_stmt_readonly(r->stmt))
		rc = fsk_err_set(err, FSK_EPERM, "only reading is allowed");
	if (rc < 0)
		fsk_memrows_close(r);
	else
		*out = r;
	return rc;
}

void fsk_memrows_close(struct fsk_memrows *r)
{
	if (r == NULL)
		return;
	sqlite3_finalize(r->stmt);
	free(r);
}

int fsk_memdb_table(struct fsk_memrows **out, struct fsk_memdb *db, const char *table,
                    struct fsk_err *err)
{
	char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", table);
	int rc;

	*out = NULL;
	if (sql == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a statement");
	rc = fsk_memdb_query(out, db, sql, err);
	sqlite3_free(sql);
	return rc;
}

static int bound(const struct fsk_memrows *r, int i, int rc, struct fsk_err *err)
{
	if (rc == SQLITE_OK)
		return 0;
	if ((rc & 0xff) == SQLITE_RANGE)
		return fsk_err_set(err, FSK_EINVAL, "the statement has %d parameters, not %d",
		                   sqlite3_bind_parameter_count(r->stmt), i + 1);
	return failed(r->owner, rc, err);
}

int fsk_memrows_bind_int(struct fsk_memrows *r, int i, int64_t v, struct fsk_err *err)
{
	return bound(r, i, sqlite3_bind_int64(r->stmt, i + 1, v), err);
}

int fsk_memrows_bind_number(struct fsk_memrows *r, int i, double v, struct fsk_err *err)
{
	return bound(r, i, sqlite3_bind_double(r->stmt, i + 1, v), err);
}

int fsk_memrows_bind_text(struct fsk_memrows *r, int i, const char *s, size_t n,
                          struct fsk_err *err)
{
	int rc = sqlite3_bind_text64(r->stmt, i + 1, s, n, SQLITE_TRANSIENT, SQLITE_UTF8);

	return bound(r, i, rc, err);
}

int fsk_memrows_next(struct fsk_memrows *r, struct fsk_err *err)
{
	int rc;

	if (r->state < 0)
		return fsk_err_set(err, r->state, "%s", r->err.msg);
	if (r->state == 0)
		return 0;
	r->owner->steps = r->steps;
	rc = sqlite3_step(r->stmt);
	r->steps = r->owner->steps;
	if (rc == SQLITE_ROW)
		return 1;
	r->state = rc == SQLITE_DONE ? 0 : failed(r->owner, rc, &r->err);
	if (r->state < 0)
		fsk_err_set(err, r->state, "%s", r->err.msg);
	return r->state;
}

int fsk_memrows_columns(const struct fsk_memrows *r)
{
	return sqlite3_column_count(r->stmt);
}

const char *fsk_memrows_name(const struct fsk_memrows *r, int column)
{
	const char *name = sqlite3_column_name(r->stmt, column);

	return name != NULL ? name : "";
}

enum fsk_memtype fsk_memrows_type(const struct fsk_memrows *r, int column)
{
	switch (sqlite3_column_type(r->stmt, column)) {
	case SQLITE_INTEGER:
		return FSK_MEM_INT;
	case SQLITE_FLOAT:
		return FSK_MEM_NUMBER;
	case SQLITE_TEXT:
		return FSK_MEM_TEXT;
	case SQLITE_BLOB:
		return FSK_MEM_BLOB;
	default:
		return FSK_MEM_NULL;
	}
}

int64_t fsk_memrows_int(const struct fsk_memrows *r, int column)
{
	return sqlite3_column_int64(r->stmt, column);
}

double fsk_memrows_number(const struct fsk_memrows *r, int column)
{
	return sqlite3_column_double(r->stmt, column);
}

const void *fsk_memrows_bytes(const struct fsk_memrows *r, int column, size_t *n)
{
	const void *p;

	/* only this turns UTF-16 into UTF-8 */
	if (sqlite3_column_type(r->stmt, column) == SQLITE_TEXT)
		p = sqlite3_column_text(r->stmt, column);
	else
		p = sqlite3_column_blob(r->stmt, column);
	*n = p != NULL ? (size_t) sqlite3_column_bytes(r->stmt, column) : 0;
	return p != NULL ? p : "";
}
