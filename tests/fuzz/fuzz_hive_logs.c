/* A hive and a transaction log: u32le size of the hive, the hive, the log. The
 * log is replayed as it is, and with its checksums put right. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/registry/header.h"
#include "core/registry/hive.h"
#include "core/registry/marvin.h"
#include "core/registry/replay.h"

#define ENTRY 512u
#define ENTRY_HEAD 40u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put64(uint8_t *p, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		p[i] = (uint8_t) (v >> 8 * i);
}

static void mend(uint8_t *log, size_t size)
{
	struct fsk_base_block head;
	struct fsk_cur cur;

	if (fsk_base_block_parse(&head, log, size, NULL) == 0)
		fsk_base_block_store(log, &head);
	for (size_t at = ENTRY; size - at >= ENTRY_HEAD && at < size;) {
		uint32_t length;

		fsk_cur_init(&cur, log + at + 4, 4);
		length = fsk_cur_u32le(&cur);
		if (length < ENTRY_HEAD || length > size - at)
			return;
		put64(log + at + 24,
		      fsk_marvin32(log + at + ENTRY_HEAD, length - ENTRY_HEAD, FSK_MARVIN_HIVE));
		put64(log + at + 32, fsk_marvin32(log + at, 32, FSK_MARVIN_HIVE));
		at += length;
	}
}

static void replay(const uint8_t *hive, size_t hive_size, const uint8_t *log, size_t log_size)
{
	struct fsk_hive_log l = { log, log_size };
	struct fsk_replay r;
	struct fsk_hive *h;
	struct fsk_buf copy;

	fsk_buf_init(&copy, FSK_HIVE_MAX);
	if (fsk_buf_append(&copy, hive, hive_size, NULL) == 0 &&
	    fsk_replay_run(&r, &copy, &l, 1, NULL) == 0) {
		if (r.applied != (r.entries > 0))
			abort();
		if (!r.applied &&
		    (copy.len != hive_size || memcmp(copy.data, hive, hive_size) != 0))
			abort();
		if (fsk_hive_open(&h, &copy, NULL) == 0)
			fsk_hive_close(h);
	}
	fsk_buf_free(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fsk_cur cur;
	uint32_t hive_size;
	uint8_t *log;

	fsk_cur_init(&cur, data, size);
	hive_size = fsk_cur_u32le(&cur);
	if (cur.failed || hive_size == 0 || hive_size > fsk_cur_left(&cur))
		return 0;
	data += 4;
	size -= 4 + hive_size;
	replay(data, hive_size, data + hive_size, size);
	log = malloc(size + 1);
	if (log == NULL)
		return 0;
	memcpy(log, data + hive_size, size);
	mend(log, size);
	replay(data, hive_size, log, size);
	free(log);
	return 0;
}
