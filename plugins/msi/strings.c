#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/text.h"
#include "plugins/msi/parts.h"

#define PACKED 0x3800u /* two characters in one unit */
#define SINGLE 0x4800u /* one */
#define MARK 0x4840u   /* of a table */
#define LONG_REFERENCES 0x80000000u
#define CP_WESTERN 1252u

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._";

char *fsk_msi_name(const char *path)
{
	const char *p = path, *end = path + strlen(path);
	char *out = malloc(strlen(path) + 1); /* a unit of three bytes gives two at most */
	size_t n = 0;

	while (out != NULL && p < end) {
		const char *from = p;
		uint32_t cp = fsk_text_next(&p, end);

		if (cp >= PACKED && cp < SINGLE) {
			out[n++] = alphabet[(cp - PACKED) & 63];
			out[n++] = alphabet[(cp - PACKED) >> 6];
		} else if (cp >= SINGLE && cp < MARK) {
			out[n++] = alphabet[cp - SINGLE];
		} else if (cp == MARK) {
			out[n++] = '!';
		} else {
			memcpy(out + n, from, (size_t) (p - from));
			n += (size_t) (p - from);
		}
	}
	if (out != NULL)
		out[n] = '\0';
	return out;
}

int fsk_msi_stream(struct fsk_buf *out, const struct fsk_msi *m, const char *name,
                   struct fsk_err *err)
{
	for (size_t i = 0; i < m->count; i++) {
		if (strcmp(m->names[i], name) != 0)
			continue;
		if (fsk_compound_size(m->c, i) > out->max)
			return fsk_err_set(err, FSK_ELIMIT, "stream \"%s\" is larger than is read",
			                   name);
		return fsk_compound_read(out, m->c, fsk_compound_path(m->c, i), 0, out->max, err);
	}
	return fsk_err_set(err, FSK_ENOTFOUND, "no stream \"%s\"", name);
}

/* --- the pool --- */

/* Each string has four bytes: length and count of uses. A length of 0 that is in use is
 * the upper half of a long one: its lower half, and the count, follow. */
static void take_strings(struct fsk_msi *m, struct fsk_cur *c)
{
	struct fsk_msi_pool *p = &m->pool;
	uint64_t at = 0;

	p->count = 1;
	while (fsk_cur_left(c) >= 4) {
		uint32_t len = fsk_cur_u16le(c), uses = fsk_cur_u16le(c);

		if (len == 0 && uses != 0 && fsk_cur_left(c) >= 4) {
			len = uses << 16 | fsk_cur_u16le(c);
			fsk_cur_skip(c, 2);
		}
		if (len > p->bytes.len - at) {
			fsk_msi_note(m, "string %u is not in the pool", p->count);
			return;
		}
		p->strings[p->count++] = (struct fsk_msi_string){ (uint32_t) at, len };
		at += len;
	}
	if (at != p->bytes.len)
		fsk_msi_note(m, "the pool has bytes that belong to no string");
}

static int read_pool(struct fsk_msi *m, const struct fsk_buf *table, struct fsk_err *err)
{
	struct fsk_msi_pool *p = &m->pool;
	struct fsk_cur c;
	uint32_t head;

	fsk_cur_init(&c, table->data, table->len);
	head = fsk_cur_u32le(&c);
	if (c.failed)
		return fsk_err_set(err, FSK_ECORRUPT, "a string pool without a header");
	p->width = head & LONG_REFERENCES ? 3 : 2;
	p->code_page = head & ~LONG_REFERENCES;
	p->strings = calloc(table->len / 4 + 1, sizeof(*p->strings));
	if (p->strings == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a string pool");
	take_strings(m, &c);
	return 0;
}

int fsk_msi_pool_read(struct fsk_msi *m, struct fsk_err *err)
{
	struct fsk_buf table;
	struct fsk_err why = { 0 };
	int rc;

	fsk_buf_init(&table, FSK_MSI_POOL_MAX);
	fsk_buf_init(&m->pool.bytes, FSK_MSI_STRINGS_MAX);
	rc = fsk_msi_stream(&table, m, "!_StringPool", &why);
	if (rc == 0 || rc == FSK_ECORRUPT) {
		if (rc < 0)
			fsk_msi_note(m, "%s", why.msg);
		rc = fsk_msi_stream(&m->pool.bytes, m, "!_StringData", &why);
		if (rc == FSK_ECORRUPT)
			fsk_msi_note(m, "%s", why.msg);
	}
	if (rc == 0 || rc == FSK_ECORRUPT)
		rc = read_pool(m, &table, err);
	else
		fsk_err_set(err, rc, "%s", why.msg);
	fsk_buf_free(&table);
	return rc;
}

void fsk_msi_pool_free(struct fsk_msi_pool *p)
{
	fsk_buf_free(&p->bytes);
	free(p->strings);
	p->strings = NULL;
}

/* --- texts --- */

bool fsk_msi_is(const struct fsk_msi_pool *p, uint32_t n, const char *text)
{
	size_t len = strlen(text);

	return n > 0 && n < p->count && p->strings[n].len == len &&
	       memcmp(p->bytes.data + p->strings[n].at, text, len) == 0;
}

static json_t *western(const uint8_t *p, size_t n)
{
	struct fsk_buf b;
	json_t *j = NULL;

	fsk_buf_init(&b, 3 * n);
	if (fsk_text_append_cp1252(&b, p, n, NULL) == 0)
		j = json_stringn((const char *) b.data, b.len);
	fsk_buf_free(&b);
	return j;
}

json_t *fsk_msi_text(struct fsk_msi *m, unsigned code_page, const uint8_t *p, size_t n)
{
	if (n == 0 || m->text == 0)
		return NULL;
	if (n > m->text) {
		fsk_msi_note(m, "more text than is told");
		m->text = 0;
		return NULL;
	}
	m->text -= n;
	return code_page == CP_WESTERN ? western(p, n) : fsk_json_bytes(p, n);
}

json_t *fsk_msi_string(struct fsk_msi *m, uint32_t n)
{
	const struct fsk_msi_string *s = n < m->pool.count ? &m->pool.strings[n] : NULL;

	if (s == NULL || s->len == 0)
		return NULL;
	return fsk_msi_text(m, m->pool.code_page, m->pool.bytes.data + s->at, s->len);
}
