/* What the reader of logs and the reader of tables share. */
#ifndef FSK_PLUGINS_LEVELDB_PARTS_H
#define FSK_PLUGINS_LEVELDB_PARTS_H

#include "core/base/buf.h"
#include "core/base/cursor.h"
#include "plugins/leveldb/leveldb.h"

struct fsk_leveldb {
	uint8_t *data;
	size_t size;
	bool is_table;
	struct fsk_cur at; /* log: the next physical record; table: the next handle of the index */
	struct fsk_buf index; /* of a table */
	struct fsk_buf block; /* a batch of the log, or a block of the table */
	struct fsk_cur items; /* in the block */
	struct fsk_buf key;   /* of a table: keys share their beginnings */
	uint64_t sequence;    /* of the next item of a batch */
	uint32_t left;        /* items of the batch */
	uint64_t offset;      /* of the block */
	uint64_t damaged;
	uint64_t first_damage; /* offset */
	char note[160];
};

/* A number of up to ten bytes, seven bits each, the lowest first; fails the cursor. */
uint64_t fsk_leveldb_varint(struct fsk_cur *c);

/* Is that the masked checksum of the bytes (crc32c, as the log format has it)? */
bool fsk_leveldb_sum_is(uint32_t masked, const uint8_t *p, size_t n, uint8_t type, bool type_first);

void fsk_leveldb_damage(struct fsk_leveldb *db, uint64_t offset);

/* The next batch of the log, or block of the table, into db->block. 1, 0 at the end. */
int fsk_leveldb_next_batch(struct fsk_leveldb *db, struct fsk_err *err);
int fsk_leveldb_next_block(struct fsk_leveldb *db, struct fsk_err *err);

/* The next item of it. 1, or 0 when there is none, or it is damaged. */
int fsk_leveldb_batch_item(struct fsk_leveldb *db, struct fsk_leveldb_record *out);
int fsk_leveldb_block_item(struct fsk_leveldb *db, struct fsk_leveldb_record *out,
                           struct fsk_err *err);

/* Tables end with this; reads the index. FSK_ECORRUPT, FSK_ENOMEM. */
bool fsk_leveldb_is_table(const uint8_t *data, size_t size);
int fsk_leveldb_open_table(struct fsk_leveldb *db, struct fsk_err *err);

#endif
