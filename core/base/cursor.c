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

static uint64_t read_le(struct fsk_cur *c, size_t n)
{
	const uint8_t *p = fsk_cur_bytes(c, n);
	uint64_t v = 0;

	for (size_t i = n; p != NULL && i > 0; i--)
		v = v << 8 | p[i - 1];
	return v;
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
	return (uint8_t) read_le(c, 1);
}

uint16_t fsk_cur_u16le(struct fsk_cur *c)
{
	return (uint16_t) read_le(c, 2);
}

uint32_t fsk_cur_u32le(struct fsk_cur *c)
{
	return (uint32_t) read_le(c, 4);
}

uint64_t fsk_cur_u64le(struct fsk_cur *c)
{
	return read_le(c, 8);
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
