#include "plugins/sqlite/memvfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"

#define JULIAN_1970 2440587.5
#define SECTOR 512

/* An open file; SQLite allocates szOsFile bytes for it. */
struct handle {
	sqlite3_file base;
	struct fsk_memfile *file;
};

static struct fsk_memfile *file_of(sqlite3_file *f)
{
	return ((struct handle *) f)->file;
}

static int mem_close(sqlite3_file *f)
{
	(void) f;
	return SQLITE_OK;
}

static int mem_read(sqlite3_file *f, void *out, int n, sqlite3_int64 off)
{
	const struct fsk_memfile *m = file_of(f);
	size_t there = 0;

	if (n < 0 || off < 0)
		return SQLITE_IOERR_READ;
	if ((uint64_t) off < m->size)
		there = m->size - (size_t) off;
	if (there > (size_t) n)
		there = (size_t) n;
	if (there > 0)
		memcpy(out, m->data + off, there);
	memset((uint8_t *) out + there, 0, (size_t) n - there);
	return there == (size_t) n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int resize(struct fsk_memfile *m, size_t size)
{
	uint8_t *data;

	if (m->borrowed)
		return SQLITE_READONLY;
	if (size > FSK_SQLITE_MAX)
		return SQLITE_FULL;
	if (size > m->size) {
		data = realloc(m->data, size);
		if (data == NULL)
			return SQLITE_IOERR_NOMEM;
		memset(data + m->size, 0, size - m->size);
		m->data = data;
	}
	m->size = size;
	return SQLITE_OK;
}

/* Only a hot journal writes: it is rolled back into our copy. */
static int mem_write(sqlite3_file *f, const void *in, int n, sqlite3_int64 off)
{
	struct fsk_memfile *m = file_of(f);
	size_t end;
	int rc = SQLITE_OK;

	if (n < 0 || off < 0 || (uint64_t) off > FSK_SQLITE_MAX)
		return SQLITE_FULL;
	if (m->borrowed)
		return SQLITE_READONLY;
	end = (size_t) off + (size_t) n;
	if (end > m->size)
		rc = resize(m, end);
	if (rc == SQLITE_OK && n > 0)
		memcpy(m->data + off, in, (size_t) n);
	return rc;
}

static int mem_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return size < 0 ? SQLITE_IOERR_TRUNCATE : resize(file_of(f), (size_t) size);
}

static int mem_sync(sqlite3_file *f, int flags)
{
	(void) f;
	(void) flags;
	return SQLITE_OK;
}

static int mem_size(sqlite3_file *f, sqlite3_int64 *out)
{
	*out = (sqlite3_int64) file_of(f)->size;
	return SQLITE_OK;
}

static int mem_lock(sqlite3_file *f, int level)
{
	(void) f;
	(void) level;
	return SQLITE_OK;
}

static int mem_check_reserved(sqlite3_file *f, int *out)
{
	(void) f;
	*out = 0; /* nobody is writing: a journal that is there is hot */
	return SQLITE_OK;
}

static int mem_control(sqlite3_file *f, int op, void *arg)
{
	(void) f;
	(void) op;
	(void) arg;
	return SQLITE_NOTFOUND;
}

static int mem_sector(sqlite3_file *f)
{
	(void) f;
	return SECTOR;
}

static int mem_traits(sqlite3_file *f)
{
	(void) f;
	return 0;
}

static const sqlite3_io_methods methods = {
	.iVersion = 1, /* no shared memory, no mapping: the WAL index lies in the heap */
	.xClose = mem_close,
	.xRead = mem_read,
	.xWrite = mem_write,
	.xTruncate = mem_truncate,
	.xSync = mem_sync,
	.xFileSize = mem_size,
	.xLock = mem_lock,
	.xUnlock = mem_lock,
	.xCheckReservedLock = mem_check_reserved,
	.xFileControl = mem_control,
	.xSectorSize = mem_sector,
	.xDeviceCharacteristics = mem_traits,
};

static struct fsk_memfile *find(sqlite3_vfs *base, const char *name)
{
	struct fsk_memvfs *v = base->pAppData;

	if (name == NULL)
		return NULL;
	if (strcmp(name, FSK_MEMVFS_DB) == 0)
		return &v->db;
	if (strcmp(name, FSK_MEMVFS_DB "-wal") == 0)
		return &v->wal;
	if (strcmp(name, FSK_MEMVFS_DB "-journal") == 0)
		return &v->journal;
	return NULL;
}

static int vfs_open(sqlite3_vfs *base, const char *name, sqlite3_file *f, int flags, int *out_flags)
{
	struct handle *h = (struct handle *) f;
	struct fsk_memfile *m = find(base, name);

	h->base.pMethods = NULL;
	if (m == NULL)
		return SQLITE_CANTOPEN;
	/* a database in WAL mode without its log is opened with an empty one */
	if (!m->exists && (flags & SQLITE_OPEN_WAL) == 0)
		return SQLITE_CANTOPEN;
	m->exists = true;
	h->file = m;
	h->base.pMethods = &methods;
	if (out_flags != NULL)
		*out_flags = flags;
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *base, const char *name, int sync)
{
	struct fsk_memfile *m = find(base, name);

	(void) sync;
	if (m == NULL || !m->exists)
		return SQLITE_IOERR_DELETE_NOENT;
	m->exists = false;
	m->size = 0;
	return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *base, const char *name, int flags, int *out)
{
	const struct fsk_memfile *m = find(base, name);

	(void) flags;
	*out = m != NULL && m->exists;
	return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *base, const char *name, int n, char *out)
{
	(void) base;
	if ((size_t) n <= strlen(name))
		return SQLITE_CANTOPEN;
	memcpy(out, name, strlen(name) + 1);
	return SQLITE_OK;
}

static void *vfs_dlopen(sqlite3_vfs *base, const char *name)
{
	(void) base;
	(void) name;
	return NULL;
}

static void vfs_dlerror(sqlite3_vfs *base, int n, char *out)
{
	(void) base;
	snprintf(out, (size_t) n, "extensions are not loaded");
}

static int vfs_randomness(sqlite3_vfs *base, int n, char *out)
{
	(void) base;
	memset(out, 0, (size_t) n);
	return n;
}

static int vfs_sleep(sqlite3_vfs *base, int microseconds)
{
	(void) base;
	return microseconds;
}

static int vfs_time(sqlite3_vfs *base, double *out)
{
	(void) base;
	*out = JULIAN_1970;
	return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *base, int n, char *out)
{
	(void) base;
	(void) n;
	(void) out;
	return 0;
}

int fsk_memvfs_open(struct fsk_memvfs *v)
{
	/* SQLite finds file systems by name, and several may be open */
	snprintf(v->name, sizeof(v->name), "fossick-%p", (void *) v);
	v->base = (sqlite3_vfs){
		.iVersion = 1,
		.szOsFile = sizeof(struct handle),
		.mxPathname = 64,
		.zName = v->name,
		.pAppData = v,
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full_path,
		.xDlOpen = vfs_dlopen,
		.xDlError = vfs_dlerror,
		.xRandomness = vfs_randomness,
		.xSleep = vfs_sleep,
		.xCurrentTime = vfs_time,
		.xGetLastError = vfs_last_error,
	};
	return sqlite3_vfs_register(&v->base, 1);
}

void fsk_memvfs_close(struct fsk_memvfs *v)
{
	if (v->base.zName != NULL)
		sqlite3_vfs_unregister(&v->base);
	if (!v->db.borrowed)
		free(v->db.data);
	free(v->wal.data);
	free(v->journal.data);
	memset(v, 0, sizeof(*v));
}
