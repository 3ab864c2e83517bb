/* An ESE database: all rows of all tables are read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/ese/database.h"

enum { ROWS = 200 }; /* of a table: the same records come again in a damaged tree */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_table(struct fsk_ese *db, int i)
{
	char text[FSK_ERR_MSG_MAX];
	struct fsk_ese_rows *r;
	struct fsk_cell *cells;
	int n;

	if (fsk_ese_rows(&r, db, fsk_ese_table(db, i), NULL) < 0)
		return;
	for (int row = 0; row < ROWS && fsk_ese_next(r, &cells, &n, NULL) > 0; row++) {
		for (int k = 0; k < n; k++)
			if (cells[k].type == FSK_ARG_STRING && cells[k].len > 0)
				(void) memchr(cells[k].s, 0, cells[k].len);
		fsk_ese_damage(r, text);
	}
	fsk_ese_rows_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	struct fsk_ese *db;

	if (copy == NULL)
		return 0;
	if (size > 0)
		memcpy(copy, data, size);
	if (fsk_ese_open(&db, copy, size, NULL) < 0)
		return 0;
	for (int i = 0; i < fsk_ese_tables(db) && i < ROWS; i++)
		read_table(db, i);
	fsk_ese_close(db);
	return 0;
}
