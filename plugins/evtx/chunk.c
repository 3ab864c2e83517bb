#include "plugins/evtx/chunk.h"

#include <string.h>

#include "core/base/cursor.h"

#include <zlib.h>

#define RECORD_MAGIC 0x2a2au
#define SUMMED 120u       /* bytes of the header before its flags and checksum */
#define SUMMED_AGAIN 128u /* and where the part behind them begins */

static uint32_t number_at(const struct fsk_evtx_chunk *c, size_t at)
{
	struct fsk_cur cur;

	fsk_cur_init(&cur, c->p, c->size);
	fsk_cur_seek(&cur, at);
	return fsk_cur_u32le(&cur);
}

static bool is_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

enum fsk_evtx_chunk_state fsk_evtx_chunk_read(struct fsk_evtx_chunk *out, const uint8_t *p,
                                              size_t size)
{
	struct fsk_cur c;

	*out = (struct fsk_evtx_chunk){ .p = p, .size = size, .free = FSK_EVTX_CHUNK };
	if (size < 8 || memcmp(p, "ElfChnk", 8) != 0)
		return is_zero(p, size) ? FSK_EVTX_CHUNK_UNUSED : FSK_EVTX_CHUNK_LOST;
	fsk_cur_init(&c, p, size);
	fsk_cur_seek(&c, 24);
	out->first = fsk_cur_u64le(&c);
	out->last = fsk_cur_u64le(&c);
	fsk_cur_seek(&c, 48);
	out->free = fsk_cur_u32le(&c);
	out->flags = number_at(out, SUMMED);
	if (out->free < FSK_EVTX_CHUNK_HEADER || out->free > FSK_EVTX_CHUNK)
		out->free = FSK_EVTX_CHUNK;
	return FSK_EVTX_CHUNK_GOOD;
}

uint32_t fsk_evtx_sum(uint32_t seed, const uint8_t *p, size_t n)
{
	return (uint32_t) crc32(seed, p, (uInt) n);
}

const char *fsk_evtx_chunk_sums(const struct fsk_evtx_chunk *c)
{
	uint32_t sum;

	if (c->size < FSK_EVTX_CHUNK_HEADER)
		return "header";
	sum = fsk_evtx_sum(fsk_evtx_sum(0, c->p, SUMMED), c->p + SUMMED_AGAIN,
	                   FSK_EVTX_CHUNK_HEADER - SUMMED_AGAIN);
	if (sum != number_at(c, SUMMED + 4))
		return "header";
	if (c->size < c->free)
		return "records";
	sum = fsk_evtx_sum(0, c->p + FSK_EVTX_CHUNK_HEADER, c->free - FSK_EVTX_CHUNK_HEADER);
	return sum != number_at(c, 52) ? "records" : NULL;
}

bool fsk_evtx_record_read(struct fsk_evtx_record *out, bool *torn, const struct fsk_evtx_chunk *c,
                          size_t at)
{
	struct fsk_cur cur;

	*torn = false;
	fsk_cur_init(&cur, c->p, c->size);
	fsk_cur_seek(&cur, at);
	if (fsk_cur_u32le(&cur) != RECORD_MAGIC)
		return false;
	*out = (struct fsk_evtx_record){ .at = at };
	out->size = fsk_cur_u32le(&cur);
	out->number = fsk_cur_u64le(&cur);
	out->written = fsk_cur_u64le(&cur);
	*torn = cur.failed || out->size < FSK_EVTX_RECORD_HEADER + FSK_EVTX_RECORD_END ||
	        out->size > c->size - at ||
	        number_at(c, at + out->size - FSK_EVTX_RECORD_END) != out->size;
	return !*torn;
}
