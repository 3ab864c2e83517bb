#include "core/base/cursor.h"

#include <string.h>

void fsk_cur_init(struct fsk_cur *c, const void *data, size_t len)
{
	*c = (struct fsk_cur){ .data = data, .len = len };
}

size_t fsk_cur_left(const struct fsk_cur *c)
{
	return c->failed ? 0 : c->len - c->pos;
}

void fsk_cur_seek(struct fsk_cur *c, size_t pos)
{
	if (pos > c->len)
		c->failed = true;
	else
		c->pos = pos;
}

void fsk_cur_skip(struct fsk_cur *c, size_t n)
{
	fsk_cur_bytes(c, n);
}

const uint8_t *fsk_cur_bytes(struct fsk_cur *c, size_t n)
{
	const uint8_t *p;

	if (c->failed || n > c->len - c->pos) {
		c->failed = true;
		return NULL;
	}
	p = c->data + c->pos;
	c->pos += n;
	return p;
}

void fsk_cur_copy(struct fsk_cur *c, void *out, size_t n)
{
	const uint8_t *p = fsk_cur_bytes(c, n);

	if (n == 0)
		return;
	if (p == NULL)
		memset(out, 0, n);
	else
		memcpy(out, p, n);
}

/* Spelled out, compilers make one load of it. */
static uint32_t le32(const uint8_t *p)
{
	return (uint32_t) p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16 |
	       (uint32_t) p[3] << 24;
}

static uint64_t read_be(struct fsk_cur *c, size_t n)
{
	const uint8_t *p = fsk_cur_bytes(c, n);
	uint64_t v = 0;

	for (size_t i = 0; p != NULL && i < n; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t fsk_cur_u8(struct fsk_cur *c)
{
	const uint8_t *p = fsk_cur_bytes(c, 1);

	return p != NULL ? p[0] : 0;
}

uint16_t fsk_cur_u16le(struct fsk_cur *c)
{
	const uint8_t *p = fsk_cur_bytes(c, 2);

	return p != NULL ? (uint16_t) (p[0] | p[1] << 8) : 0;
}

uint32_t fsk_cur_u32le(struct fsk_cur *c)
{
	const uint8_t *p = fsk_cur_bytes(c, 4);

	return p != NULL ? le32(p) : 0;
}

uint64_t fsk_cur_u64le(struct fsk_cur *c)
{
	const uint8_t *p = fsk_cur_bytes(c, 8);

	return p != NULL ? le32(p) | (uint64_t) le32(p + 4) << 32 : 0;
}

uint16_t fsk_cur_u16be(struct fsk_cur *c)
{
	return (uint16_t) read_be(c, 2);
}

uint32_t fsk_cur_u32be(struct fsk_cur *c)
{
	return (uint32_t) read_be(c, 4);
}

uint64_t fsk_cur_u64be(struct fsk_cur *c)
{
	return read_be(c, 8);
}
