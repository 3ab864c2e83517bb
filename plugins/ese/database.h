/* ESE databases (Extensible Storage Engine, "JET Blue") from memory, through libesedb.
 *
 * Format: "Extensible Storage Engine (ESE) Database File (EDB) format specification" of
 * libyal (libesedb).
 *
 * It does not replay the logs (V01*.log): what was committed only there is not seen. Databases
 * of newer versions of Windows 10 are put into the form that libesedb 20181229 knows (fit.h); of
 * those, large values that are stored outside of their rows cannot be read. */
#ifndef FSK_PLUGINS_ESE_DATABASE_H
#define FSK_PLUGINS_ESE_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/module/module.h"

struct fsk_ese;
struct fsk_ese_rows;

const char *fsk_ese_library(void);

/* Opens `size` bytes at `data`, which are from malloc and belong to the database from here
 * on, also after a failure. FSK_ECORRUPT when it is none, FSK_EUNSUPPORTED, FSK_ENOMEM.
 * fsk_ese_close takes NULL. */
int fsk_ese_open(struct fsk_ese **out, uint8_t *data, size_t size, struct fsk_err *err);
void fsk_ese_close(struct fsk_ese *db);

/* "clean", "dirty" (not shut down: logs are missing), "created", "converted", "detached",
 * "unknown". */
const char *fsk_ese_state(const struct fsk_ese *db);
/* What is wrong with the header or the list of tables; sentences, each ended by '\n'. */
const char *fsk_ese_notes(const struct fsk_ese *db);

/* Tables in the order of the catalog. Names are UTF-8 and the database's. */
int fsk_ese_tables(const struct fsk_ese *db);
const char *fsk_ese_table(const struct fsk_ese *db, int i);

/* The rows of a table, in the order of its key. FSK_ENOTFOUND when there is no such table,
 * FSK_ECORRUPT, FSK_ENOMEM. The database must outlive them; fsk_ese_rows_close takes NULL. */
int fsk_ese_rows(struct fsk_ese_rows **out, struct fsk_ese *db, const char *table,
                 struct fsk_err *err);
void fsk_ese_rows_close(struct fsk_ese_rows *r);

/* Columns of the table, in the order of the catalog; names live as long as `r`. */
int fsk_ese_columns(const struct fsk_ese_rows *r);
const char *fsk_ese_column(const struct fsk_ese_rows *r, int i);

/* The next row: 1 with `cells` (`*n` of them; they live until the next call), 0 at the end.
 * Integers of all sizes, currencies and booleans are FSK_ARG_INT; floating point and
 * date-times (days since 1899-12-30) FSK_ARG_NUMBER,
 * but FSK_ARG_INT where the column holds a FILETIME instead; text is UTF-8; binary data and GUIDs
 * are bytes. Long values are whole, of several values the first is given. What is NULL is absent,
 * and so is what is damaged or larger than FSK_ESE_VALUE_MAX. Rows that cannot be read are passed
 * over. FSK_ECORRUPT when FSK_ESE_DAMAGE_MAX rows could not be read, FSK_ELIMIT, FSK_ENOMEM. */
int fsk_ese_next(struct fsk_ese_rows *r, struct fsk_cell **cells, int *n, struct fsk_err *err);

/* What was passed over since the last call: false when nothing is to be told. The first few
 * places of a table are told one by one, the rest is counted when the rows end. */
bool fsk_ese_damage(struct fsk_ese_rows *r, char out[FSK_ERR_MSG_MAX]);

#endif
