/* The log: physical records in blocks of 32 KiB, together batches of changes. */
#include "core/base/limits.h"
#include "plugins/leveldb/parts.h"

#define BLOCK 32768u
#define HEADER 7u
#define BATCH_HEADER 12u

enum { TYPE_NONE, TYPE_FULL, TYPE_FIRST, TYPE_MIDDLE, TYPE_LAST };
enum { TAG_DELETED, TAG_VALUE };

/* Moves to the next block when no header fits into this one. */
static void skip_trailer(struct fsk_cur *c)
{
	size_t left = BLOCK - c->pos % BLOCK;

	if (left < HEADER)
		fsk_cur_skip(c, left < fsk_cur_left(c) ? left : fsk_cur_left(c));
}

/* One physical record. Its type, or TYPE_NONE for one that is damaged, behind which the next
 * block begins. */
static uint8_t read_physical(struct fsk_leveldb *db, const uint8_t **p, size_t *n)
{
	struct fsk_cur *c = &db->at;
	size_t start = c->pos, end = (start / BLOCK + 1) * BLOCK;
	uint32_t sum = fsk_cur_u32le(c);
	uint8_t type;

	*n = fsk_cur_u16le(c);
	type = fsk_cur_u8(c);
	if (c->pos + *n <= end && type >= TYPE_FULL && type <= TYPE_LAST) {
		*p = fsk_cur_bytes(c, *n);
		if (*p != NULL && fsk_leveldb_sum_is(sum, *p, *n, type, true))
			return type;
	}
	/* zeros are room that was set aside */
	if (sum != 0 || *n != 0 || type != TYPE_NONE)
		fsk_leveldb_damage(db, start);
	c->failed = false;
	c->pos = end < c->len ? end : c->len;
	return TYPE_NONE;
}

static int take(struct fsk_leveldb *db, bool first, const uint8_t *p, size_t n, struct fsk_err *err)
{
	if (first)
		fsk_buf_reset(&db->block);
	if (db->block.len + n > FSK_LEVELDB_BLOCK_MAX) {
		fsk_leveldb_damage(db, db->offset);
		fsk_buf_reset(&db->block);
		return 0;
	}
	return fsk_buf_append(&db->block, p, n, err);
}

static void start_batch(struct fsk_leveldb *db)
{
	fsk_cur_init(&db->items, db->block.data, db->block.len);
	db->sequence = fsk_cur_u64le(&db->items);
	db->left = fsk_cur_u32le(&db->items);
	if (db->items.failed) {
		fsk_leveldb_damage(db, db->offset);
		db->left = 0;
	}
}

int fsk_leveldb_next_batch(struct fsk_leveldb *db, struct fsk_err *err)
{
	bool open = false;
	const uint8_t *p;
	size_t n;
	int rc;

	for (;;) {
		uint64_t start;
		uint8_t type;

		skip_trailer(&db->at);
		if (fsk_cur_left(&db->at) < HEADER)
			return 0;
		start = db->at.pos;
		type = read_physical(db, &p, &n);
		if (type == TYPE_FULL || type == TYPE_FIRST)
			db->offset = start;
		else if (type == TYPE_NONE || !open) {
			/* a middle without its beginning is left out */
			open = false;
			continue;
		}
		rc = take(db, type == TYPE_FULL || type == TYPE_FIRST, p, n, err);
		if (rc < 0)
			return rc;
		open = true;
		if (type == TYPE_FULL || type == TYPE_LAST) {
			start_batch(db);
			return 1;
		}
	}
}

static const uint8_t *read_slice(struct fsk_cur *c, size_t *size)
{
	uint64_t n = fsk_leveldb_varint(c);

	*size = (size_t) n;
	if (c->failed || n > fsk_cur_left(c)) {
		c->failed = true;
		return NULL;
	}
	return fsk_cur_bytes(c, (size_t) n);
}

int fsk_leveldb_batch_item(struct fsk_leveldb *db, struct fsk_leveldb_record *out)
{
	uint8_t tag;

	if (db->left == 0)
		return 0;
	db->left--;
	tag = fsk_cur_u8(&db->items);
	out->key = read_slice(&db->items, &out->key_size);
	out->sequence = db->sequence++;
	out->deleted = tag == TAG_DELETED;
	if (tag == TAG_VALUE)
		out->value = read_slice(&db->items, &out->value_size);
	if (!db->items.failed && tag <= TAG_VALUE)
		return 1;
	fsk_leveldb_damage(db, db->offset);
	db->left = 0;
	return 0;
}
