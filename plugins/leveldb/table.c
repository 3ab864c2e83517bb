/* Tables: blocks of sorted keys, with an index of them at the end. */
#include <snappy-c.h>

#include "core/base/limits.h"
#include "plugins/leveldb/parts.h"

#define FOOTER 48u
#define TRAILER 5u
#define MAGIC 0xdb4775248b80fb57ull
#define TAIL 8u /* of a key: its sequence number and kind */

enum { PLAIN, SNAPPY };

bool fsk_leveldb_is_table(const uint8_t *data, size_t size)
{
	struct fsk_cur c;

	fsk_cur_init(&c, data, size);
	if (size < FOOTER)
		return false;
	fsk_cur_seek(&c, size - 8);
	return fsk_cur_u64le(&c) == MAGIC;
}

static int inflate(struct fsk_buf *out, const uint8_t *p, size_t n, struct fsk_err *err)
{
	size_t size = 0;
	int rc;

	fsk_buf_reset(out);
	if (snappy_uncompressed_length((const char *) p, n, &size) != SNAPPY_OK ||
	    size > FSK_LEVELDB_BLOCK_MAX)
		return FSK_ECORRUPT;
	rc = fsk_buf_reserve(out, size, err);
	if (rc < 0)
		return rc;
	if (size > 0 &&
	    snappy_uncompress((const char *) p, n, (char *) out->data, &size) != SNAPPY_OK)
		return FSK_ECORRUPT;
	out->len = size;
	return 0;
}

/* The block at a place, without its list of restarts. FSK_ECORRUPT without a text: damaged. */
static int read_block(struct fsk_buf *out, const struct fsk_leveldb *db, uint64_t at, uint64_t size,
                      struct fsk_err *err)
{
	const uint8_t *p;
	struct fsk_cur c;
	uint64_t restarts;
	uint8_t kind;
	int rc;

	if (size > FSK_LEVELDB_BLOCK_MAX || at > db->size || db->size - at < size + TRAILER)
		return FSK_ECORRUPT;
	p = db->data + at;
	fsk_cur_init(&c, p + size, TRAILER);
	kind = fsk_cur_u8(&c);
	if (!fsk_leveldb_sum_is(fsk_cur_u32le(&c), p, (size_t) size, kind, false) || kind > SNAPPY)
		return FSK_ECORRUPT;
	fsk_buf_reset(out);
	rc = kind == SNAPPY ? inflate(out, p, (size_t) size, err)
	                    : fsk_buf_append(out, p, (size_t) size, err);
	if (rc < 0 || out->len < 4)
		return rc < 0 ? rc : FSK_ECORRUPT;
	fsk_cur_init(&c, out->data, out->len);
	fsk_cur_seek(&c, out->len - 4);
	restarts = 4 * ((uint64_t) fsk_cur_u32le(&c) + 1);
	if (restarts > out->len)
		return FSK_ECORRUPT;
	out->len -= (size_t) restarts;
	return 0;
}

int fsk_leveldb_open_table(struct fsk_leveldb *db, struct fsk_err *err)
{
	uint64_t at, size;
	struct fsk_cur c;
	int rc;

	fsk_cur_init(&c, db->data + db->size - FOOTER, FOOTER);
	fsk_leveldb_varint(&c); /* the index of what is about the table */
	fsk_leveldb_varint(&c);
	at = fsk_leveldb_varint(&c);
	size = fsk_leveldb_varint(&c);
	rc = c.failed ? FSK_ECORRUPT : read_block(&db->index, db, at, size, err);
	if (rc == FSK_ECORRUPT)
		return fsk_err_set(err, rc, "the index of the table is damaged");
	fsk_cur_init(&db->at, db->index.data, db->index.len);
	return rc;
}

/* The head of an entry; its key is what `shared` bytes of the one before begin. */
static bool read_entry(struct fsk_cur *c, uint64_t *shared, uint64_t *own, uint64_t *value)
{
	*shared = fsk_leveldb_varint(c);
	*own = fsk_leveldb_varint(c);
	*value = fsk_leveldb_varint(c);
	return !c->failed && *own <= fsk_cur_left(c) && *value <= fsk_cur_left(c) - *own;
}

int fsk_leveldb_next_block(struct fsk_leveldb *db, struct fsk_err *err)
{
	uint64_t shared, own, value, at, size;
	struct fsk_cur handle;
	int rc;

	while (fsk_cur_left(&db->at) > 0) {
		if (!read_entry(&db->at, &shared, &own, &value)) {
			fsk_leveldb_damage(db, db->size - FOOTER);
			db->at.pos = db->at.len;
			return 0;
		}
		fsk_cur_skip(&db->at, (size_t) own);
		fsk_cur_init(&handle, fsk_cur_bytes(&db->at, (size_t) value), (size_t) value);
		at = fsk_leveldb_varint(&handle);
		size = fsk_leveldb_varint(&handle);
		rc = handle.failed ? FSK_ECORRUPT : read_block(&db->block, db, at, size, err);
		if (rc == 0) {
			db->offset = at;
			fsk_cur_init(&db->items, db->block.data, db->block.len);
			fsk_buf_reset(&db->key);
			return 1;
		}
		if (rc != FSK_ECORRUPT)
			return rc;
		fsk_leveldb_damage(db, at);
	}
	return 0;
}

int fsk_leveldb_block_item(struct fsk_leveldb *db, struct fsk_leveldb_record *out,
                           struct fsk_err *err)
{
	uint64_t shared, own, value;
	struct fsk_cur tail;
	int rc;

	if (fsk_cur_left(&db->items) == 0)
		return 0;
	if (!read_entry(&db->items, &shared, &own, &value) || shared > db->key.len ||
	    shared + own < TAIL) {
		fsk_leveldb_damage(db, db->offset);
		db->items.pos = db->items.len;
		db->items.failed = false;
		return 0;
	}
	db->key.len = (size_t) shared;
	rc = fsk_buf_append(&db->key, fsk_cur_bytes(&db->items, (size_t) own), (size_t) own, err);
	if (rc < 0)
		return rc;
	out->key = db->key.data;
	out->key_size = db->key.len - TAIL;
	fsk_cur_init(&tail, db->key.data + out->key_size, TAIL);
	out->sequence = fsk_cur_u64le(&tail);
	out->deleted = (out->sequence & 0xff) == 0;
	out->sequence >>= 8;
	out->value_size = (size_t) value;
	out->value = fsk_cur_bytes(&db->items, (size_t) value);
	if (out->deleted)
		out->value = NULL;
	return 1;
}
