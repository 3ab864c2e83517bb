/* Records of a table, whole or with their first bytes overwritten.
 * Format: https://www.sqlite.org/fileformat2.html#record_format */
#ifndef FSK_PLUGINS_SQLITE_RECORD_H
#define FSK_PLUGINS_SQLITE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FSK_RECORD_COLUMNS_MAX 2000u /* SQLITE_MAX_COLUMN */

/* What a column may hold; https://www.sqlite.org/datatype3.html#determination_of_column_affinity */
enum fsk_affinity { FSK_AFFINITY_ANY, FSK_AFFINITY_NUMERIC, FSK_AFFINITY_TEXT, FSK_AFFINITY_ALIAS };

/* The shape of a table. ALIAS is INTEGER PRIMARY KEY: the row's id, stored as NULL. */
struct fsk_record_form {
	const uint8_t *affinities; /* of enum fsk_affinity */
	unsigned columns;
};

struct fsk_record {
	const uint8_t *types; /* the serial types that are there */
	const uint8_t *body;  /* the first value */
	const uint8_t *end;   /* where this page's part of the values ends */
	unsigned lost;        /* leading columns whose type was overwritten: NULL */
	unsigned columns;     /* with the lost; a row may be older than the last columns */
	uint64_t body_size;   /* of all values */
	int64_t rowid;
	bool has_rowid;
	size_t size; /* of the whole cell on its page */
};

enum fsk_record_type {
	FSK_RECORD_NULL,
	FSK_RECORD_INT,
	FSK_RECORD_REAL,
	FSK_RECORD_TEXT,
	FSK_RECORD_BLOB
};

struct fsk_record_value {
	enum fsk_record_type type;
	int64_t i;
	double d;
	const uint8_t *bytes; /* borrowed; NULL when it lies outside of this page */
	size_t size;
};

/* Reads a cell of a table's leaf at `p`, which ends at `end` at the latest; `usable` is
 * the page's. False when it is none, or has more columns than `max`. */
bool fsk_record_cell(struct fsk_record *out, const uint8_t *p, const uint8_t *end, uint32_t usable,
                     unsigned max);

/* The same of a cell whose first four bytes were overwritten when it was freed
 * (https://www.sqlite.org/fileformat2.html, freeblocks): the header of the record
 * is sought behind them, and must have all columns of `form`. `room` is the size of the
 * freeblock: a cell that fills it is preferred. */
bool fsk_record_headless(struct fsk_record *out, const uint8_t *p, size_t room,
                         const struct fsk_record_form *form);

/* Do the types of a record suit the table? */
bool fsk_record_suits(const struct fsk_record *r, const struct fsk_record_form *form);

/* How much the values look like data and not like chance: texts of valid UTF-8 count
 * most; -1 when a text is none. */
int fsk_record_score(const struct fsk_record *r);

/* Walks over the values: begin with `at` zeroed. False at the end. */
struct fsk_record_at {
	unsigned column;
	const uint8_t *type, *value;
};
bool fsk_record_next(struct fsk_record_value *out, struct fsk_record_at *at,
                     const struct fsk_record *r);

#endif
