/* The pages of a database as SQLite would see them now, every older version of
 * them that is still there, and which table each belongs to.
 * Format: https://www.sqlite.org/fileformat2.html */
#ifndef FSK_PLUGINS_SQLITE_PAGES_H
#define FSK_PLUGINS_SQLITE_PAGES_H

#include <stdint.h>

#include "core/base/err.h"
#include "plugins/sqlite/wal.h"

#define FSK_PAGE_UNOWNED 0u      /* an index, an overflow page, or nothing known */
#define FSK_PAGE_FREE UINT32_MAX /* on the freelist */
#define FSK_PAGE_FILE SIZE_MAX   /* "frame" of a version that lies in the file */
#define FSK_PAGE_TABLE_LEAF 0x0d
#define FSK_PAGE_TABLE_INTERIOR 0x05

struct fsk_pages {
	const uint8_t *db, *wal; /* borrowed */
	size_t db_size, wal_size;
	struct fsk_wal log;
	uint32_t size, usable, count; /* bytes of a page, of its content; pages */
	uint32_t *frame;              /* of page n: the frame that holds it now + 1; 0: the file */
	uint32_t *owner;              /* of page n: root page of its table, or FSK_PAGE_… */
};

/* A version of a page. `data` is NULL when it lies outside of its file. */
struct fsk_page {
	const uint8_t *data;
	uint64_t offset; /* in the file or in the log */
	size_t frame;    /* or FSK_PAGE_FILE */
	uint32_t number;
};

/* Reads freelist and log; both stay borrowed. `wal_size` 0: no log. Free with
 * fsk_pages_free, also after failure. FSK_ECORRUPT, FSK_ELIMIT, FSK_ENOMEM. */
int fsk_pages_open(struct fsk_pages *out, const uint8_t *db, size_t db_size, const uint8_t *wal,
                   size_t wal_size, struct fsk_err *err);
void fsk_pages_free(struct fsk_pages *p);

/* Page size in the header of a database; 0 when it can be none. */
uint32_t fsk_pages_size(const uint8_t *db, size_t size);

/* Notes which pages belong to the table whose tree begins at page `root`. */
void fsk_pages_claim(struct fsk_pages *p, uint32_t root);

/* Page `n` (from 1) as it is now; as it lies in the file; in frame `i` of the log. */
struct fsk_page fsk_pages_now(const struct fsk_pages *p, uint32_t n);
struct fsk_page fsk_pages_file(const struct fsk_pages *p, uint32_t n);
struct fsk_page fsk_pages_frame(const struct fsk_pages *p, size_t i);

/* Where the header of the tree begins: behind the file's own on page 1. */
size_t fsk_page_head(const struct fsk_page *page);

#endif
