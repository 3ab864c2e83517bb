#include "plugins/ese/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libbfio.h>
#include <libesedb.h>

#include "core/base/buf.h"
#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "plugins/ese/fit.h"
#include "plugins/ese/io.h"

#define TOLD 8u /* damaged places of a table that are told one by one */

struct fsk_ese {
	uint8_t *data;
	size_t size;
	uint32_t page, state;
	libbfio_handle_t *io;
	libesedb_file_t *file;
	char **tables;
	int ntables;
	struct fsk_buf notes;
};

struct column {
	char *name;
	uint32_t id;
};

struct fsk_ese_rows {
	libesedb_table_t *table;
	struct column *columns;
	int ncolumns;
	int next, count;
	unsigned damaged; /* rows and values */
	char damage[FSK_ERR_MSG_MAX];
	struct fsk_buf bytes; /* of the row in hand */
	struct fsk_cell *cells;
	size_t *places; /* of their text in `bytes` */
};

/* Takes the sentence out of libesedb's chain of errors and frees the chain. */
static int failed(libesedb_error_t *e, const char *what, struct fsk_err *err)
{
	char text[FSK_ERR_MSG_MAX] = "";

	if (e != NULL && libesedb_error_sprint(e, text, sizeof(text)) < 0)
		text[0] = '\0';
	libesedb_error_free(&e);
	return fsk_err_set(err, FSK_ECORRUPT, "%s: libesedb: %s", what,
	                   text[0] == '\0' ? "no reason given" : text);
}

const char *fsk_ese_library(void)
{
	return libesedb_get_version();
}

/* A note that does not fit is left out. */
static void note(struct fsk_ese *db, const char *text)
{
	size_t len = db->notes.len;

	if (len + strlen(text) + 2 > FSK_ESE_NOTES_MAX ||
	    fsk_buf_printf(&db->notes, NULL, "%s\n", text) < 0)
		db->notes.len = len;
}

/* --- the header --- */

/* Size of the pages that the header at `at` tells, 0 when there is no header. */
static uint32_t header_page(const struct fsk_ese *db, size_t at, uint32_t *state)
{
	struct fsk_cur c;
	uint32_t signature, page;

	fsk_cur_init(&c, db->data, db->size);
	fsk_cur_seek(&c, at + 4);
	signature = fsk_cur_u32le(&c);
	fsk_cur_seek(&c, at + 52);
	*state = fsk_cur_u32le(&c);
	fsk_cur_seek(&c, at + 236);
	page = fsk_cur_u32le(&c);
	if (c.failed || signature != FSK_ESE_SIGNATURE || page < 2048 || page > 32768 ||
	    (page & (page - 1)) != 0)
		return 0;
	return page;
}

/* The header and its shadow in the next page: libesedb reads both. One that is damaged is
 * replaced by the other. */
static int read_header(struct fsk_ese *db, struct fsk_err *err)
{
	uint8_t *shadow;
	uint32_t state;
	bool first, second;

	db->page = header_page(db, 0, &db->state);
	if (db->page == 0)
		return fsk_err_set(err, FSK_ECORRUPT, "no ESE database: no header");
	if (db->size < 4 * (size_t) db->page)
		return fsk_err_set(err, FSK_ECORRUPT, "an ESE database that ends in its header");
	shadow = db->data + db->page;
	first = fsk_ese_fit_header(db->data, db->page);
	second = header_page(db, db->page, &state) == db->page &&
	         fsk_ese_fit_header(shadow, db->page);
	if (!first)
		note(db, second ? "the header is damaged, its copy is taken"
		                : "the checksums of the header and of its copy are wrong");
	if (!first && second) {
		db->state = state;
		memcpy(db->data, shadow, db->page);
	} else if (!second) {
		memcpy(shadow, db->data, db->page);
	}
	return 0;
}

const char *fsk_ese_state(const struct fsk_ese *db)
{
	static const char *const names[] = { "unknown", "created",   "dirty",
		                             "clean",   "converted", "detached" };

	return names[db->state < sizeof(names) / sizeof(names[0]) ? db->state : 0];
}

const char *fsk_ese_notes(const struct fsk_ese *db)
{
	return (const char *) db->notes.data;
}

/* --- tables --- */

/* Text that libesedb gives in two calls: its size with the NUL, then itself. */
static char *text_of(const uint8_t *p, size_t size)
{
	return fsk_text_dup_utf8(p, strnlen((const char *) p, size));
}

static char *table_name(struct fsk_ese *db, int i, struct fsk_err *err)
{
	libesedb_table_t *t = NULL;
	libesedb_error_t *e = NULL;
	uint8_t text[FSK_ESE_NAME_MAX] = { 0 };
	char *name = NULL;
	size_t n;

	if (libesedb_file_get_table(db->file, i, &t, &e) != 1 ||
	    libesedb_table_get_utf8_name_size(t, &n, &e) != 1 || n > sizeof(text) ||
	    libesedb_table_get_utf8_name(t, text, n, &e) != 1)
		failed(e, "a table of the catalog cannot be read", err);
	else if ((name = text_of(text, sizeof(text))) == NULL)
		fsk_err_set(err, FSK_ENOMEM, "no memory for the name of a table");
	if (t != NULL)
		libesedb_table_free(&t, NULL);
	return name;
}

static int list_tables(struct fsk_ese *db, struct fsk_err *err)
{
	libesedb_error_t *e = NULL;
	struct fsk_err why = { 0 };
	int n;

	if (libesedb_file_get_number_of_tables(db->file, &n, &e) != 1)
		return failed(e, "the catalog cannot be read", err);
	if (n < 0 || (unsigned) n > FSK_ESE_TABLES_MAX) {
		note(db, "too many tables; the first ones are listed");
		n = FSK_ESE_TABLES_MAX;
	}
	db->tables = calloc((size_t) n + 1, sizeof(*db->tables));
	if (db->tables == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for the tables");
	for (int i = 0; i < n; i++) {
		db->tables[i] = table_name(db, i, &why);
		if (db->tables[i] == NULL && why.code == FSK_ENOMEM)
			return fsk_err_set(err, FSK_ENOMEM, "%s", why.msg);
		if (db->tables[i] == NULL) {
			note(db, why.msg);
			db->tables[i] = strdup("");
		}
		db->ntables = i + 1;
	}
	return 0;
}

int fsk_ese_tables(const struct fsk_ese *db)
{
	return db->ntables;
}

const char *fsk_ese_table(const struct fsk_ese *db, int i)
{
	return db->tables[i] != NULL ? db->tables[i] : "";
}

/* --- databases --- */

int fsk_ese_open(struct fsk_ese **out, uint8_t *data, size_t size, struct fsk_err *err)
{
	struct fsk_ese *db = calloc(1, sizeof(*db));
	libesedb_error_t *e = NULL;
	char text[64];
	unsigned damaged;
	int rc;

	*out = NULL;
	if (db == NULL) {
		free(data);
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a database");
	}
	db->data = data;
	db->size = size;
	fsk_buf_init(&db->notes, FSK_ESE_NOTES_MAX);
	libesedb_notify_set_verbose(0);
	rc = read_header(db, err);
	if (rc == 0 && (damaged = fsk_ese_fit_pages(data, size, db->page)) > 0) {
		snprintf(text, sizeof(text), "%u rows are damaged and left out", damaged);
		note(db, text);
	}
	if (rc == 0 && fsk_ese_io(&db->io, data, size) < 0)
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory for a database");
	if (rc == 0 &&
	    (libesedb_file_initialize(&db->file, &e) != 1 ||
	     libesedb_file_open_file_io_handle(db->file, db->io, LIBESEDB_OPEN_READ, &e) != 1))
		rc = failed(e, "cannot open", err);
	if (rc == 0)
		rc = list_tables(db, err);
	if (rc == 0)
		rc = fsk_buf_append_u8(&db->notes, '\0', err);
	if (rc < 0)
		fsk_ese_close(db);
	else
		*out = db;
	return rc;
}

void fsk_ese_close(struct fsk_ese *db)
{
	if (db == NULL)
		return;
	if (db->file != NULL) {
		libesedb_file_close(db->file, NULL);
		libesedb_file_free(&db->file, NULL);
	}
	if (db->io != NULL)
		libbfio_handle_free(&db->io, NULL);
	for (int i = 0; i < db->ntables; i++)
		free(db->tables[i]);
	free(db->tables);
	fsk_buf_free(&db->notes);
	free(db->data);
	free(db);
}

/* --- columns --- */

static int read_column(struct column *out, libesedb_table_t *t, int i, struct fsk_err *err)
{
	libesedb_column_t *c = NULL;
	libesedb_error_t *e = NULL;
	uint8_t text[FSK_ESE_NAME_MAX] = { 0 };
	size_t n;
	int rc = 0;

	if (libesedb_table_get_column(t, i, &c, 0, &e) != 1 ||
	    libesedb_column_get_identifier(c, &out->id, &e) != 1 ||
	    libesedb_column_get_utf8_name_size(c, &n, &e) != 1 || n > sizeof(text) ||
	    libesedb_column_get_utf8_name(c, text, n, &e) != 1)
		rc = failed(e, "a column cannot be read", err);
	else if ((out->name = text_of(text, sizeof(text))) == NULL)
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory for the name of a column");
	if (c != NULL)
		libesedb_column_free(&c, NULL);
	return rc;
}

static int read_columns(struct fsk_ese_rows *r, struct fsk_err *err)
{
	libesedb_error_t *e = NULL;
	int rc = 0, n;

	if (libesedb_table_get_number_of_columns(r->table, &n, 0, &e) != 1)
		return failed(e, "the columns cannot be read", err);
	if (n < 0 || (unsigned) n > FSK_ESE_COLUMNS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "%d columns in a table", n);
	r->columns = calloc((size_t) n + 1, sizeof(*r->columns));
	r->cells = calloc((size_t) n + 1, sizeof(*r->cells));
	r->places = calloc((size_t) n + 1, sizeof(*r->places));
	if (r->columns == NULL || r->cells == NULL || r->places == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for the columns");
	for (int i = 0; i < n && rc == 0; i++) {
		rc = read_column(&r->columns[i], r->table, i, err);
		r->ncolumns += rc == 0;
	}
	return rc;
}

int fsk_ese_columns(const struct fsk_ese_rows *r)
{
	return r->ncolumns;
}

const char *fsk_ese_column(const struct fsk_ese_rows *r, int i)
{
	return r->columns[i].name;
}

static int find_table(const struct fsk_ese *db, const char *name)
{
	for (int i = 0; i < db->ntables; i++) {
		if (name[0] != '\0' && strcmp(fsk_ese_table(db, i), name) == 0)
			return i;
	}
	return -1;
}

int fsk_ese_rows(struct fsk_ese_rows **out, struct fsk_ese *db, const char *table,
                 struct fsk_err *err)
{
	int at = find_table(db, table), rc;
	libesedb_error_t *e = NULL;
	struct fsk_ese_rows *r;

	*out = NULL;
	if (at < 0)
		return fsk_err_set(err, FSK_ENOTFOUND, "no table %s", table);
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for rows");
	fsk_buf_init(&r->bytes, FSK_ESE_ROW_MAX);
	rc = libesedb_file_get_table(db->file, at, &r->table, &e) == 1
	         ? read_columns(r, err)
	         : failed(e, "cannot be read", err);
	if (rc == 0 && libesedb_table_get_number_of_records(r->table, &r->count, &e) != 1)
		rc = failed(e, "the rows cannot be read", err);
	if (rc < 0) {
		fsk_err_wrap(err, "table %s", table);
		fsk_ese_rows_close(r);
		return rc;
	}
	*out = r;
	return 0;
}

void fsk_ese_rows_close(struct fsk_ese_rows *r)
{
	if (r == NULL)
		return;
	for (int i = 0; i < r->ncolumns; i++)
		free(r->columns[i].name);
	if (r->table != NULL)
		libesedb_table_free(&r->table, NULL);
	free(r->columns);
	free(r->cells);
	free(r->places);
	fsk_buf_free(&r->bytes);
	free(r);
}

/* --- values --- */

/* A value in hand: what of a record is to become `cell`. */
struct value {
	libesedb_record_t *record;
	int at;
	uint32_t type;
	struct fsk_buf *bytes;
	struct fsk_cell *cell;
	struct fsk_err *err;
};

static bool is_text(uint32_t type)
{
	return type == LIBESEDB_COLUMN_TYPE_TEXT || type == LIBESEDB_COLUMN_TYPE_LARGE_TEXT;
}

/* Room for `n` bytes of a value, whose length is added by the caller. */
static int room(struct value *v, uint64_t n)
{
	if (n > FSK_ESE_VALUE_MAX)
		return fsk_err_set(v->err, FSK_ELIMIT, "a value of %llu bytes",
		                   (unsigned long long) n);
	return fsk_buf_reserve(v->bytes, (size_t) n, v->err);
}

/* `n` bytes more are in use; text ends before its NUL. */
static int kept(struct value *v, size_t n)
{
	v->cell->type = FSK_ARG_STRING;
	v->cell->len = is_text(v->type) && n > 0 ? n - 1 : n;
	v->bytes->len += v->cell->len;
	return 1;
}

/* libesedb 20181229 gives other characters for surrogate pairs. Only UTF-16 has any: is there
 * one among the text that `kept` was given last? */
static bool has_pairs(const struct value *v)
{
	const uint8_t *p = v->bytes->data + v->bytes->len - v->cell->len;

	for (size_t i = 0; i < v->cell->len; i++) {
		if (p[i] >= 0xf0)
			return true;
	}
	return false;
}

/* Such a text, out of its own bytes, instead. */
static int from_utf16(struct value *v, const uint8_t *p, size_t n)
{
	size_t start = v->bytes->len -= v->cell->len;
	int rc = fsk_text_append_utf16le(v->bytes, p, n, true, v->err);

	v->cell->len = v->bytes->len - start;
	return rc < 0 ? rc : 1;
}

static int long_bytes(struct value *v, libesedb_long_value_t *l, uint64_t size, bool text)
{
	libesedb_error_t *e = NULL;
	uint8_t *p;
	int got, rc = room(v, size);

	if (rc < 0 || size == 0)
		return rc;
	p = v->bytes->data + v->bytes->len;
	got = text ? libesedb_long_value_get_utf8_string(l, p, (size_t) size, &e)
	           : libesedb_long_value_get_data(l, p, (size_t) size, &e);
	return got < 0 ? failed(e, "a long value", v->err) : got == 1 ? kept(v, (size_t) size) : 0;
}

static int take_long(struct value *v)
{
	libesedb_long_value_t *l = NULL;
	libesedb_error_t *e = NULL;
	size64_t size = 0;
	size_t n = 0;
	int rc = 0, got = libesedb_record_get_long_value(v->record, v->at, &l, &e);

	if (got == 1 && is_text(v->type)) {
		got = libesedb_long_value_get_utf8_string_size(l, &n, &e);
		size = n;
	} else if (got == 1) {
		got = libesedb_long_value_get_data_size(l, &size, &e);
	}
	if (got == 1)
		rc = long_bytes(v, l, size, is_text(v->type));
	if (l != NULL)
		libesedb_long_value_free(&l, NULL);
	return got < 0 ? failed(e, "a long value", v->err) : rc;
}

/* What is not compressed. */
static int pairs_again(struct value *v)
{
	libesedb_error_t *e = NULL;
	uint8_t flags = 0, *raw;
	size_t n = 0;
	int rc = 1;

	if (libesedb_record_get_value_data_flags(v->record, v->at, &flags, NULL) != 1 ||
	    (flags & LIBESEDB_VALUE_FLAG_COMPRESSED) != 0 ||
	    libesedb_record_get_value_data_size(v->record, v->at, &n, NULL) != 1 ||
	    n > FSK_ESE_VALUE_MAX || (raw = malloc(n + 1)) == NULL)
		return 1;
	if (libesedb_record_get_value_data(v->record, v->at, raw, n, &e) == 1)
		rc = from_utf16(v, raw, n);
	else
		libesedb_error_free(&e);
	free(raw);
	return rc;
}

static int take_text(struct value *v)
{
	libesedb_error_t *e = NULL;
	size_t n = 0;
	int rc, got = libesedb_record_get_value_utf8_string_size(v->record, v->at, &n, &e);

	if (got == 1 && n > 0) {
		rc = room(v, n);
		if (rc < 0)
			return rc;
		got = libesedb_record_get_value_utf8_string(v->record, v->at,
		                                            v->bytes->data + v->bytes->len, n, &e);
		if (got == 1) {
			rc = kept(v, n);
			return has_pairs(v) ? pairs_again(v) : rc;
		}
	}
	return got < 0 ? failed(e, "a text", v->err) : 0;
}

static int take_binary(struct value *v)
{
	libesedb_error_t *e = NULL;
	size_t n = 0;
	int rc, got = libesedb_record_get_value_binary_data_size(v->record, v->at, &n, &e);

	if (got == 1 && n > 0) {
		rc = room(v, n);
		if (rc < 0)
			return rc;
		got = libesedb_record_get_value_binary_data(v->record, v->at,
		                                            v->bytes->data + v->bytes->len, n, &e);
		if (got == 1)
			return kept(v, n);
	}
	return got < 0 ? failed(e, "binary data", v->err) : 0;
}

/* Some programs keep a FILETIME in a column of days: as such it is far too small. */
static void filetime(struct fsk_cell *cell, uint64_t bits)
{
	cell->type = FSK_ARG_INT;
	cell->i = (int64_t) bits;
}

/* Numbers of fixed size, and GUIDs, out of their bytes. */
static int fixed(struct value *v, const uint8_t *p, size_t n)
{
	struct fsk_cell *cell = v->cell;
	uint64_t bits = 0;
	uint32_t half;
	float f;

	for (size_t i = n < 8 ? n : 8; i > 0; i--)
		bits = bits << 8 | p[i - 1];
	cell->type = FSK_ARG_INT;
	switch (v->type) {
	case LIBESEDB_COLUMN_TYPE_INTEGER_16BIT_SIGNED:
		cell->i = (int16_t) bits;
		return n == 2;
	case LIBESEDB_COLUMN_TYPE_INTEGER_32BIT_SIGNED:
		cell->i = (int32_t) bits;
		return n == 4;
	case LIBESEDB_COLUMN_TYPE_FLOAT_32BIT:
		cell->type = FSK_ARG_NUMBER;
		half = (uint32_t) bits;
		memcpy(&f, &half, sizeof(f));
		cell->d = (double) f;
		return n == 4;
	case LIBESEDB_COLUMN_TYPE_DOUBLE_64BIT:
	case LIBESEDB_COLUMN_TYPE_DATE_TIME:
		cell->type = FSK_ARG_NUMBER;
		memcpy(&cell->d, &bits, sizeof(cell->d));
		if (v->type == LIBESEDB_COLUMN_TYPE_DATE_TIME && !(cell->d > 1e-9 && cell->d < 1e9))
			filetime(cell, bits);
		return n == 8;
	case LIBESEDB_COLUMN_TYPE_BOOLEAN:
		cell->i = bits != 0;
		return n == 1;
	default:
		cell->i = (int64_t) bits;
		return n <= 8;
	}
}

static int take_fixed(struct value *v)
{
	libesedb_error_t *e = NULL;
	uint8_t bytes[16] = { 0 };
	size_t n = 0;

	if (libesedb_record_get_value_data_size(v->record, v->at, &n, &e) != 1)
		return failed(e, "a number", v->err);
	if (n == 0)
		return 0;
	if (n > sizeof(bytes))
		return fsk_err_set(v->err, FSK_ECORRUPT, "a number of %zu bytes", n);
	if (libesedb_record_get_value_data(v->record, v->at, bytes, n, &e) != 1)
		return failed(e, "a number", v->err);
	if (v->type == LIBESEDB_COLUMN_TYPE_GUID) {
		int rc = fsk_buf_append(v->bytes, bytes, n, v->err);

		v->cell->type = FSK_ARG_STRING;
		v->cell->len = n;
		return rc < 0 ? rc : 1;
	}
	if (!fixed(v, bytes, n))
		return fsk_err_set(v->err, FSK_ECORRUPT, "a number of %zu bytes", n);
	return 1;
}

/* The first one of several. */
static int take_multi(struct value *v)
{
	libesedb_multi_value_t *m = NULL;
	libesedb_error_t *e = NULL;
	size_t n = 0;
	int rc = 0, count = 0;
	int got = libesedb_record_get_multi_value(v->record, v->at, &m, &e);

	if (got == 1)
		got = libesedb_multi_value_get_number_of_values(m, &count, &e);
	if (got == 1 && count > 0) {
		got = is_text(v->type)
		          ? libesedb_multi_value_get_value_utf8_string_size(m, 0, &n, &e)
		          : libesedb_multi_value_get_value_data_size(m, 0, &n, &e);
		rc = got == 1 ? room(v, n) : 0;
	}
	if (got == 1 && rc == 0 && n > 0) {
		uint8_t *p = v->bytes->data + v->bytes->len;

		got = is_text(v->type) ? libesedb_multi_value_get_value_utf8_string(m, 0, p, n, &e)
		                       : libesedb_multi_value_get_value_data(m, 0, p, n, &e);
		if (got == 1)
			rc = kept(v, n);
	}
	if (m != NULL)
		libesedb_multi_value_free(&m, NULL);
	return got < 0 ? failed(e, "the first of several values", v->err) : rc;
}

/* 1: the cell is set, 0: NULL. */
static int take(struct value *v)
{
	libesedb_error_t *e = NULL;
	uint8_t flags = 0;

	if (libesedb_record_get_value_data_flags(v->record, v->at, &flags, &e) != 1)
		return failed(e, "a value", v->err);
	if ((flags & LIBESEDB_VALUE_FLAG_MULTI_VALUE) != 0)
		return take_multi(v);
	if ((flags & LIBESEDB_VALUE_FLAG_LONG_VALUE) != 0)
		return take_long(v);
	switch (v->type) {
	case LIBESEDB_COLUMN_TYPE_NULL:
		return 0;
	case LIBESEDB_COLUMN_TYPE_TEXT:
	case LIBESEDB_COLUMN_TYPE_LARGE_TEXT:
		return take_text(v);
	case LIBESEDB_COLUMN_TYPE_BINARY_DATA:
	case LIBESEDB_COLUMN_TYPE_LARGE_BINARY_DATA:
	case LIBESEDB_COLUMN_TYPE_SUPER_LARGE_VALUE:
		return take_binary(v);
	default:
		return take_fixed(v);
	}
}

/* --- rows --- */

static const char *name_of(const struct fsk_ese_rows *r, int i, uint32_t id)
{
	if (i < r->ncolumns && r->columns[i].id == id)
		return r->columns[i].name;
	for (int j = 0; j < r->ncolumns; j++) {
		if (r->columns[j].id == id)
			return r->columns[j].name;
	}
	return NULL;
}

/* Writes down the first few of a table; more than one between two calls is counted only. */
static void damaged(struct fsk_ese_rows *r, const char *what)
{
	if (r->damaged++ < TOLD && r->damage[0] == '\0')
		snprintf(r->damage, sizeof(r->damage), "row %d: %.*s", r->next,
		         FSK_ERR_MSG_MAX - 32, what);
}

static int take_cell(struct fsk_ese_rows *r, libesedb_record_t *record, int i, int *n)
{
	struct fsk_err why = { 0 };
	struct value v = { record, i, 0, &r->bytes, &r->cells[*n], &why };
	libesedb_error_t *e = NULL;
	size_t before = r->bytes.len;
	uint32_t id;
	int rc;

	if (libesedb_record_get_column_identifier(record, i, &id, &e) != 1 ||
	    libesedb_record_get_column_type(record, i, &v.type, &e) != 1) {
		rc = failed(e, "a value", &why);
	} else {
		*v.cell = (struct fsk_cell){ .name = name_of(r, i, id) };
		rc = v.cell->name != NULL ? take(&v) : 0;
	}
	if (rc < 0) {
		if (v.cell->name != NULL && rc != FSK_ENOMEM)
			fsk_err_wrap(&why, "%s", v.cell->name);
		r->bytes.len = before;
		damaged(r, why.msg);
	}
	if (rc > 0)
		r->places[(*n)++] = before;
	return rc == FSK_ENOMEM ? rc : 0;
}

static int take_row(struct fsk_ese_rows *r, libesedb_record_t *record, int *n, struct fsk_err *err)
{
	libesedb_error_t *e = NULL;
	int values, rc = 0;

	fsk_buf_reset(&r->bytes);
	*n = 0;
	if (libesedb_record_get_number_of_values(record, &values, &e) != 1)
		return failed(e, "its values", err);
	for (int i = 0; i < values && i < r->ncolumns && rc == 0; i++)
		rc = take_cell(r, record, i, n);
	for (int i = 0; i < *n; i++) {
		if (r->cells[i].type == FSK_ARG_STRING)
			r->cells[i].s = r->bytes.data != NULL
			                    ? (const char *) r->bytes.data + r->places[i]
			                    : "";
	}
	return rc < 0 ? fsk_err_set(err, rc, "no memory for a row") : 0;
}

int fsk_ese_next(struct fsk_ese_rows *r, struct fsk_cell **cells, int *n, struct fsk_err *err)
{
	for (unsigned lost = 0; r->next < r->count; lost++) {
		libesedb_record_t *record = NULL;
		libesedb_error_t *e = NULL;
		struct fsk_err why = { 0 };
		int rc;

		if ((unsigned) r->next >= FSK_ESE_ROWS_MAX)
			return fsk_err_set(err, FSK_ELIMIT, "%d rows in a table", r->count);
		if (lost >= FSK_ESE_DAMAGE_MAX)
			return fsk_err_set(err, FSK_ECORRUPT, "%u rows in sequence are damaged",
			                   lost);
		rc = libesedb_table_get_record(r->table, r->next, &record, &e) == 1
		         ? take_row(r, record, n, &why)
		         : failed(e, "cannot be read", &why);
		if (record != NULL)
			libesedb_record_free(&record, NULL);
		if (rc == FSK_ENOMEM)
			return fsk_err_set(err, rc, "%s", why.msg);
		if (rc < 0)
			damaged(r, why.msg);
		r->next++;
		if (rc == 0) {
			*cells = r->cells;
			return 1;
		}
	}
	if (r->damaged > TOLD && r->damage[0] == '\0')
		snprintf(r->damage, sizeof(r->damage), "%u damaged rows and values in all",
		         r->damaged);
	r->damaged = 0;
	return 0;
}

bool fsk_ese_damage(struct fsk_ese_rows *r, char out[FSK_ERR_MSG_MAX])
{
	memcpy(out, r->damage, FSK_ERR_MSG_MAX);
	r->damage[0] = '\0';
	return out[0] != '\0';
}
