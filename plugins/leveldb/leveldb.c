#include "plugins/leveldb/leveldb.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/limits.h"
#include "plugins/leveldb/parts.h"

#define MASK_DELTA 0xa282ead8u

uint64_t fsk_leveldb_varint(struct fsk_cur *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint8_t byte = fsk_cur_u8(c);

		if (shift < 64)
			v |= (uint64_t) (byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	c->failed = true;
	return 0;
}

/* crc32c (Castagnoli), four bits at a time. */
static uint32_t add_crc(uint32_t crc, const uint8_t *p, size_t n)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
		0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		crc = table[crc & 15] ^ crc >> 4;
		crc = table[crc & 15] ^ crc >> 4;
	}
	return crc;
}

bool fsk_leveldb_sum_is(uint32_t masked, const uint8_t *p, size_t n, uint8_t type, bool type_first)
{
	uint32_t rotated = masked - MASK_DELTA, crc = UINT32_MAX;

	if (type_first)
		crc = add_crc(crc, &type, 1);
	crc = add_crc(crc, p, n);
	if (!type_first)
		crc = add_crc(crc, &type, 1);
	return (rotated >> 17 | rotated << 15) == ~crc;
}

void fsk_leveldb_damage(struct fsk_leveldb *db, uint64_t offset)
{
	if (db->damaged++ == 0)
		db->first_damage = offset;
	snprintf(db->note, sizeof(db->note),
	         "%llu damaged parts are left out, the first at byte %llu",
	         (unsigned long long) db->damaged, (unsigned long long) db->first_damage);
}

int fsk_leveldb_open(struct fsk_leveldb **out, uint8_t *data, size_t size, struct fsk_err *err)
{
	struct fsk_leveldb *db = calloc(1, sizeof(*db));
	int rc = 0;

	*out = NULL;
	if (db == NULL) {
		free(data);
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a LevelDB");
	}
	db->data = data;
	db->size = size;
	db->is_table = fsk_leveldb_is_table(data, size);
	fsk_buf_init(&db->index, FSK_LEVELDB_BLOCK_MAX);
	fsk_buf_init(&db->block, FSK_LEVELDB_BLOCK_MAX);
	fsk_buf_init(&db->key, FSK_LEVELDB_BLOCK_MAX);
	fsk_cur_init(&db->at, data, size);
	fsk_cur_init(&db->items, NULL, 0);
	if (db->is_table)
		rc = fsk_leveldb_open_table(db, err);
	if (rc < 0)
		fsk_leveldb_close(db);
	else
		*out = db;
	return rc;
}

void fsk_leveldb_close(struct fsk_leveldb *db)
{
	if (db == NULL)
		return;
	fsk_buf_free(&db->index);
	fsk_buf_free(&db->block);
	fsk_buf_free(&db->key);
	free(db->data);
	free(db);
}

int fsk_leveldb_next(struct fsk_leveldb *db, struct fsk_leveldb_record *out, struct fsk_err *err)
{
	int rc;

	for (;;) {
		*out = (struct fsk_leveldb_record){ .offset = db->offset };
		rc = db->is_table ? fsk_leveldb_block_item(db, out, err)
		                  : fsk_leveldb_batch_item(db, out);
		if (rc != 0)
			return rc;
		rc = db->is_table ? fsk_leveldb_next_block(db, err)
		                  : fsk_leveldb_next_batch(db, err);
		if (rc <= 0)
			return rc;
	}
}

const char *fsk_leveldb_note(const struct fsk_leveldb *db)
{
	return db->damaged > 0 ? db->note : NULL;
}
