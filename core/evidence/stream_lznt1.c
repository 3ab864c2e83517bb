#include "core/evidence/stream_lznt1.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/cursor.h"

#define CHUNK 4096u

/* A phrase is 16 bits, shared between distance and length: the further into
 * the chunk, the more bits the distance gets. */
static int copy_phrase(uint8_t *chunk, size_t *at, size_t room, uint16_t phrase)
{
	unsigned length_bits = 12;
	size_t distance, length;

	for (size_t n = *at - 1; n >= 0x10; n >>= 1)
		length_bits--;
	distance = (size_t) (phrase >> length_bits) + 1;
	length = (size_t) (phrase & ((1u << length_bits) - 1)) + 3;
	if (distance > *at || length > room - *at)
		return -1;
	for (size_t i = 0; i < length; i++, (*at)++)
		chunk[*at] = chunk[*at - distance];
	return 0;
}

/* The tokens of one chunk, in groups of eight behind a byte of flags. */
static int expand_chunk(uint8_t *chunk, size_t room, struct fsk_cur *c)
{
	size_t at = 0;

	while (fsk_cur_left(c) > 0) {
		uint8_t flags = fsk_cur_u8(c);

		for (int bit = 0; bit < 8 && fsk_cur_left(c) > 0; bit++, flags >>= 1) {
			if ((flags & 1) == 0) {
				if (at == room)
					return -1;
				chunk[at++] = fsk_cur_u8(c);
			} else if (at == 0 || fsk_cur_left(c) < 2 ||
			           copy_phrase(chunk, &at, room, fsk_cur_u16le(c)) < 0) {
				return -1;
			}
		}
	}
	return 0;
}

/* Returns 1 when there is another chunk, 0 at the end, -1 if it is corrupt. */
static int next_chunk(uint8_t *chunk, size_t room, struct fsk_cur *c)
{
	const uint8_t *body;
	struct fsk_cur sub;
	uint16_t header;
	size_t size;

	if (room == 0 || fsk_cur_left(c) < 2)
		return 0;
	header = fsk_cur_u16le(c);
	if (header == 0)
		return 0;
	size = (header & 0xfffu) + 1;
	body = fsk_cur_bytes(c, size);
	if (body == NULL)
		return -1;
	if ((header & 0x8000) == 0) {
		if (size > room)
			return -1;
		memcpy(chunk, body, size);
		return 1;
	}
	fsk_cur_init(&sub, body, size);
	return expand_chunk(chunk, room, &sub) < 0 ? -1 : 1;
}

int fsk_lznt1_decompress(uint8_t *out, size_t cap, const uint8_t *in, size_t len,
                         struct fsk_err *err)
{
	struct fsk_cur c;
	size_t at = 0;
	int more = 1;

	memset(out, 0, cap);
	fsk_cur_init(&c, in, len);
	while (more > 0) {
		size_t room = cap - at < CHUNK ? cap - at : CHUNK;

		more = next_chunk(out + at, room, &c);
		at += room;
	}
	if (more == 0)
		return 0;
	memset(out, 0, cap);
	return fsk_err_set(err, FSK_ECORRUPT, "compressed data is damaged");
}
