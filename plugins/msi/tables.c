#include <string.h>

#include "core/base/cursor.h"
#include "plugins/msi/parts.h"

/* Bits of a column's type. */
#define SIZE 0x00ffu
#define VALID 0x0100u
#define TEXT 0x0800u
#define MAY_BE_EMPTY 0x1000u

/* Bytes of a cell; 0 for a type that is none. A binary cell has the mark of a stream. */
static unsigned width_of(unsigned type, unsigned reference)
{
	if ((type & ~MAY_BE_EMPTY) == (TEXT | VALID))
		return 2;
	if (type & TEXT)
		return reference;
	if ((type & SIZE) <= 2)
		return 2;
	return (type & SIZE) == 4 ? 4 : 0;
}

/* Places of the columns, and how many rows there are. */
static int arrange(struct fsk_msi_table *t, const char *name, struct fsk_err *err)
{
	size_t row = 0, at = 0;

	for (unsigned i = 0; i < t->ncolumns; i++) {
		if (t->columns[i].number != i + 1 || t->columns[i].width == 0)
			return fsk_err_set(err, FSK_ECORRUPT, "columns of table %s are damaged",
			                   name);
		row += t->columns[i].width;
	}
	if (row == 0)
		return fsk_err_set(err, FSK_ENOTFOUND, "table %s has no columns", name);
	t->rows = t->bytes.len / row;
	for (unsigned i = 0; i < t->ncolumns; i++) {
		t->columns[i].at = at;
		at += t->rows * t->columns[i].width;
	}
	return at == t->bytes.len ? 0
	                          : fsk_err_set(err, FSK_ECORRUPT, "table %s ends in a row", name);
}

static void add(struct fsk_msi_table *t, uint32_t name, unsigned number, unsigned type,
                unsigned reference)
{
	unsigned i = t->ncolumns;

	if (i == FSK_MSI_COLUMNS_MAX)
		return;
	t->ncolumns++;
	for (; i > 0 && t->columns[i - 1].number > number; i--)
		t->columns[i] = t->columns[i - 1];
	t->columns[i] = (struct fsk_msi_column){
		.name = name, .number = number, .type = type, .width = width_of(type, reference)
	};
}

static int read_bytes(struct fsk_msi_table *t, const struct fsk_msi *m, const char *name,
                      struct fsk_err *err)
{
	char stream[80];

	memset(t, 0, sizeof(*t));
	fsk_buf_init(&t->bytes, FSK_MSI_TABLE_MAX);
	snprintf(stream, sizeof(stream), "!%s", name);
	return fsk_msi_stream(&t->bytes, m, stream, err);
}

/* Table, Number, Name, Type. */
static int read_schema(struct fsk_msi_table *t, const struct fsk_msi *m, struct fsk_err *err)
{
	static const unsigned types[] = { TEXT | 64, 2, TEXT | 64, 2 };
	int rc = read_bytes(t, m, "_Columns", err);

	for (unsigned i = 0; i < 4; i++)
		add(t, 0, i + 1, types[i], m->pool.width);
	return rc == 0 ? arrange(t, "_Columns", err) : rc;
}

int fsk_msi_table_read(struct fsk_msi_table *out, const struct fsk_msi *m, const char *name,
                       struct fsk_err *err)
{
	struct fsk_msi_table schema;
	int64_t number, type;
	int rc = read_bytes(out, m, name, err);

	if (rc < 0)
		return rc;
	if (strcmp(name, "_Tables") == 0) {
		add(out, 0, 1, TEXT | 64, m->pool.width);
		return arrange(out, name, err);
	}
	rc = read_schema(&schema, m, err);
	for (size_t i = 0; i < schema.rows && rc == 0; i++)
		if (fsk_msi_is(&m->pool, fsk_msi_cell(&schema, i, 0), name) &&
		    fsk_msi_number(&number, &schema, i, 1) && fsk_msi_number(&type, &schema, i, 3))
			add(out, fsk_msi_cell(&schema, i, 2), (unsigned) number & 0xffff,
			    (unsigned) type & 0xffff, m->pool.width);
	fsk_msi_table_free(&schema);
	return rc == 0 ? arrange(out, name, err) : rc;
}

void fsk_msi_table_free(struct fsk_msi_table *t)
{
	fsk_buf_free(&t->bytes);
	t->rows = 0;
}

unsigned fsk_msi_column(const struct fsk_msi_table *t, const struct fsk_msi *m, const char *name)
{
	unsigned i = 0;

	while (i < t->ncolumns && !fsk_msi_is(&m->pool, t->columns[i].name, name))
		i++;
	return i;
}

uint32_t fsk_msi_cell(const struct fsk_msi_table *t, size_t row, unsigned column)
{
	const struct fsk_msi_column *col = &t->columns[column];
	uint32_t v = 0;
	struct fsk_cur c;

	if (column >= t->ncolumns || row >= t->rows)
		return 0;
	fsk_cur_init(&c, t->bytes.data, t->bytes.len);
	fsk_cur_seek(&c, col->at + row * col->width);
	for (unsigned i = 0; i < col->width; i++)
		v |= (uint32_t) fsk_cur_u8(&c) << 8 * i;
	return v;
}

/* Stored with the highest bit turned over, so that 0 is an empty cell. */
bool fsk_msi_number(int64_t *out, const struct fsk_msi_table *t, size_t row, unsigned column)
{
	uint32_t v = fsk_msi_cell(t, row, column);

	if (v == 0 || (t->columns[column].type & TEXT) != 0)
		return false;
	*out = t->columns[column].width == 4 ? (int64_t) v - 0x80000000 : (int64_t) v - 0x8000;
	return true;
}
