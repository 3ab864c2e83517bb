/* Parts of a package, private to plugins/msi. */
#ifndef FSK_PLUGINS_MSI_PARTS_H
#define FSK_PLUGINS_MSI_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/limits.h"
#include "plugins/shared/compound.h"
#include "plugins/shared/ranges.h"

#define FSK_MSI_COLUMNS_MAX 64u /* of one table; Windows Installer allows 32 */

struct fsk_msi_string {
	uint32_t at, len; /* in the bytes of the pool */
};

struct fsk_msi_pool {
	struct fsk_buf bytes;
	struct fsk_msi_string *strings; /* by number; 0: none */
	uint32_t count;
	unsigned code_page;
	unsigned width; /* bytes of a number of a string in tables: 2 or 3 */
};

struct fsk_msi {
	struct fsk_ranges *file;
	struct fsk_compound *c;
	char **names; /* of the streams, in the order of fsk_compound_path, decoded */
	size_t count;
	struct fsk_msi_pool pool;
	size_t text; /* bytes that texts may still take */
};

/* Something wrong in the package: goes among the notes. */
#define fsk_msi_note(m, ...) fsk_ranges_note((m)->file, FSK_RANGES_NOWHERE, __VA_ARGS__)

struct fsk_msi_column {
	uint32_t name; /* number of a string; 0: there is no such column */
	unsigned number, type, width;
	size_t at; /* of the first row */
};

struct fsk_msi_table {
	struct fsk_buf bytes;
	size_t rows;
	unsigned ncolumns;
	struct fsk_msi_column columns[FSK_MSI_COLUMNS_MAX];
};

/* The name of a stream as the installer has it: two characters of 64 in one unit are taken
 * apart, and '!' stands in front of a table. The caller frees it; NULL without memory. */
char *fsk_msi_name(const char *path);
/* Reads a stream by its decoded name. FSK_ENOTFOUND; FSK_ECORRUPT with what is there
 * appended; FSK_ELIMIT when it is larger than `out` may hold; FSK_ENOMEM. */
int fsk_msi_stream(struct fsk_buf *out, const struct fsk_msi *m, const char *name,
                   struct fsk_err *err);

/* FSK_ENOTFOUND when there is no pool. Release with fsk_msi_pool_free, also after a failure. */
int fsk_msi_pool_read(struct fsk_msi *m, struct fsk_err *err);
void fsk_msi_pool_free(struct fsk_msi_pool *p);
/* Is string `n` this text? */
bool fsk_msi_is(const struct fsk_msi_pool *p, uint32_t n, const char *text);
/* Bytes of that code page as JSON text, NULL when there are none, or texts have taken
 * FSK_MSI_TEXT_MAX (noted once). UTF-8, ASCII and Windows-1252 are known; other bytes come
 * as "\xNN". */
json_t *fsk_msi_text(struct fsk_msi *m, unsigned code_page, const uint8_t *p, size_t n);
/* The same of string `n`. */
json_t *fsk_msi_string(struct fsk_msi *m, uint32_t n);

/* Opens a table by the columns that _Columns has for it; _Tables and _Columns themselves
 * are known. FSK_ENOTFOUND; FSK_ECORRUPT when it cannot be taken apart, FSK_ELIMIT,
 * FSK_ENOMEM. Release with fsk_msi_table_free, also after a failure. */
int fsk_msi_table_read(struct fsk_msi_table *out, const struct fsk_msi *m, const char *name,
                       struct fsk_err *err);
void fsk_msi_table_free(struct fsk_msi_table *t);
/* Index of a column, ncolumns when there is none: its cells are empty. */
unsigned fsk_msi_column(const struct fsk_msi_table *t, const struct fsk_msi *m, const char *name);
/* A number (of a string, or as it is stored); 0: the cell is empty. */
uint32_t fsk_msi_cell(const struct fsk_msi_table *t, size_t row, unsigned column);
/* The cell of a column of numbers. False when it is empty. */
bool fsk_msi_number(int64_t *out, const struct fsk_msi_table *t, size_t row, unsigned column);

/* { title, subject, author, …} of the summary; NULL when there is none. */
json_t *fsk_msi_summary(struct fsk_msi *m);

#endif
