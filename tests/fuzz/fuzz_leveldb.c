/* A file of a LevelDB. Sums are as they are: a fuzzer finds its way through blocks that are stored.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/leveldb/leveldb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fsk_leveldb_record r;
	struct fsk_leveldb *db;
	uint8_t *copy = malloc(size + 1);
	unsigned count = 0;

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	if (fsk_leveldb_open(&db, copy, size, NULL) < 0)
		return 0;
	while (count++ < 10000 && fsk_leveldb_next(db, &r, NULL) > 0)
		if (r.key_size > size * 64 && r.key[r.key_size - 1] == 0)
			count++;
	fsk_leveldb_close(db);
	return 0;
}
