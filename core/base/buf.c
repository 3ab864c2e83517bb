#include "core/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fsk_buf_init(struct fsk_buf *b, size_t max)
{
	*b = (struct fsk_buf){ .max = max };
}

void fsk_buf_free(struct fsk_buf *b)
{
	free(b->data);
	fsk_buf_init(b, b->max);
}

void fsk_buf_reset(struct fsk_buf *b)
{
	b->len = 0;
}

int fsk_buf_reserve(struct fsk_buf *b, size_t extra, struct fsk_err *err)
{
	size_t need, cap;
	uint8_t *p;

	if (extra > b->max || b->len > b->max - extra)
		return fsk_err_set(err, FSK_ELIMIT, "more than %zu bytes", b->max);
	need = b->len + extra;
	if (need <= b->cap)
		return 0;
	cap = b->cap < 64 ? 64 : b->cap;
	while (cap < need)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	if (cap < need)
		cap = need;
	p = realloc(b->data, cap);
	if (p == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for %zu bytes", cap);
	b->data = p;
	b->cap = cap;
	return 0;
}

int fsk_buf_append(struct fsk_buf *b, const void *p, size_t n, struct fsk_err *err)
{
	int rc = fsk_buf_reserve(b, n, err);

	if (rc < 0)
		return rc;
	if (n > 0)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	return 0;
}

static int append_le(struct fsk_buf *b, uint64_t v, size_t n, struct fsk_err *err)
{
	uint8_t raw[8];

	for (size_t i = 0; i < n; i++)
		raw[i] = (uint8_t) (v >> (8 * i));
	return fsk_buf_append(b, raw, n, err);
}

int fsk_buf_append_u8(struct fsk_buf *b, uint8_t v, struct fsk_err *err)
{
	return append_le(b, v, 1, err);
}

int fsk_buf_append_u16le(struct fsk_buf *b, uint16_t v, struct fsk_err *err)
{
	return append_le(b, v, 2, err);
}

int fsk_buf_append_u32le(struct fsk_buf *b, uint32_t v, struct fsk_err *err)
{
	return append_le(b, v, 4, err);
}

int fsk_buf_append_u64le(struct fsk_buf *b, uint64_t v, struct fsk_err *err)
{
	return append_le(b, v, 8, err);
}

int fsk_buf_append_str(struct fsk_buf *b, const char *s, struct fsk_err *err)
{
	return fsk_buf_append(b, s, strlen(s), err);
}

int fsk_buf_printf(struct fsk_buf *b, struct fsk_err *err, const char *fmt, ...)
{
	va_list ap;
	int n, rc;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return fsk_err_set(err, FSK_EINVAL, "text cannot be formatted");
	rc = fsk_buf_reserve(b, (size_t) n + 1, err);
	if (rc < 0)
		return rc;
	va_start(ap, fmt);
	vsnprintf((char *) b->data + b->len, (size_t) n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t) n;
	return 0;
}

void fsk_buf_consume(struct fsk_buf *b, size_t n)
{
	if (n >= b->len) {
		b->len = 0;
		return;
	}
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

char *fsk_buf_steal_str(struct fsk_buf *b, struct fsk_err *err)
{
	char *s;

	if (fsk_buf_append_u8(b, 0, err) < 0)
		return NULL;
	s = (char *) b->data;
	fsk_buf_init(b, b->max);
	return s;
}
