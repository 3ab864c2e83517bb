/* What the files of plugins/hashset share. */
#ifndef FSK_PLUGINS_HASHSET_PARTS_H
#define FSK_PLUGINS_HASHSET_PARTS_H

#include "plugins/hashset/hashset.h"

/* Bytes of a digest. */
size_t fsk_hash_size(enum fsk_hash_kind kind);
/* The kind that has so many hex digits, or FSK_HASH_KINDS. */
enum fsk_hash_kind fsk_hash_of_digits(size_t digits);
/* `n` hex digits, two for each byte of `out`; false when one is none. */
bool fsk_hash_unhex(uint8_t *out, const char *hex, size_t n);

/* --- lines.c --- */

/* A piece of the text. */
struct fsk_hash_part {
	const char *at;
	size_t len;
};

struct fsk_hash_visitor {
	void *arg;
	/* A digest, in hex, and what stands beside it. */
	void (*entry)(void *arg, uint32_t line, enum fsk_hash_kind kind, const char *hex,
	              struct fsk_hash_part label);
	/* A line without one. */
	void (*bad)(void *arg, uint32_t line, const char *why);
};

/* Calls the visitor for each line, in order; the same for the same text. Returns the number of
 * lines. */
size_t fsk_hash_lines(const char *text, size_t len, const struct fsk_hash_visitor *v);

/* --- table.c --- */

/* Records of one kind: digest, line and label, the last two as big-endian numbers of 32 bits. */
struct fsk_hash_table {
	uint8_t *records;
	size_t count, cap, digest, size;
	unsigned bits;    /* leading bits of a digest that `starts` is indexed by */
	uint32_t *starts; /* 2^bits + 1 numbers of records */
};

/* Room for `cap` records. FSK_ENOMEM. */
int fsk_hash_table_open(struct fsk_hash_table *t, enum fsk_hash_kind kind, size_t cap,
                        struct fsk_err *err);
void fsk_hash_table_close(struct fsk_hash_table *t);
/* Does nothing when the table is full. */
void fsk_hash_table_add(struct fsk_hash_table *t, const uint8_t *digest, uint32_t line,
                        uint32_t label);
/* Sorts, keeps the first line of each digest, and makes the index. Returns how many duplicates
 * there were, or FSK_ENOMEM. */
int64_t fsk_hash_table_seal(struct fsk_hash_table *t, struct fsk_err *err);
/* The line and label of a digest of the table's kind; false when it is not there. */
bool fsk_hash_table_find(uint32_t *line, uint32_t *label, const struct fsk_hash_table *t,
                         const uint8_t *digest);
/* Bytes that it takes. */
size_t fsk_hash_table_memory(const struct fsk_hash_table *t);

#endif
