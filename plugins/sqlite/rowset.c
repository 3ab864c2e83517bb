#include "plugins/sqlite/rowset.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"

#define FIRST_ROOM 1024

static size_t place(const struct fsk_rowset *s, uint64_t digest)
{
	size_t i = (size_t) (digest ^ digest >> 32) & (s->room - 1);

	while (s->slots[i] != 0 && s->slots[i] != digest)
		i = (i + 1) & (s->room - 1);
	return i;
}

static int grow(struct fsk_rowset *s, struct fsk_err *err)
{
	struct fsk_rowset larger = { .used = s->used };

	larger.room = s->room > 0 ? 2 * s->room : FIRST_ROOM;
	larger.slots = calloc(larger.room, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory to compare rows");
	for (size_t i = 0; i < s->room; i++)
		if (s->slots[i] != 0)
			larger.slots[place(&larger, s->slots[i])] = s->slots[i];
	free(s->slots);
	*s = larger;
	return 0;
}

static uint64_t never_empty(uint64_t digest)
{
	return digest != 0 ? digest : 1;
}

int fsk_rowset_add(struct fsk_rowset *s, uint64_t digest, struct fsk_err *err)
{
	size_t i;
	int rc;

	digest = never_empty(digest);
	if (s->used >= FSK_SQLITE_ROWSET_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "too many rows to compare");
	if (s->used * 2 >= s->room && (rc = grow(s, err)) < 0)
		return rc;
	i = place(s, digest);
	if (s->slots[i] != 0)
		return 0;
	s->slots[i] = digest;
	s->used++;
	return 1;
}

bool fsk_rowset_has(const struct fsk_rowset *s, uint64_t digest)
{
	return s->room > 0 && s->slots[place(s, never_empty(digest))] != 0;
}

void fsk_rowset_free(struct fsk_rowset *s)
{
	free(s->slots);
	*s = (struct fsk_rowset){ 0 };
}

/* FNV-1a, eight bytes at a time with a last stir. */
static uint64_t stir(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 1099511628211ull;
	return h ^ h >> 29;
}

static uint64_t add_bytes(uint64_t h, const uint8_t *p, size_t n)
{
	uint64_t v;

	for (; n >= sizeof(v); p += sizeof(v), n -= sizeof(v)) {
		memcpy(&v, p, sizeof(v));
		h = stir(h, v);
	}
	v = 0;
	if (n > 0)
		memcpy(&v, p, n);
	return stir(h, v);
}

uint64_t fsk_row_digest(uint64_t h, const struct fsk_record_value *v)
{
	uint64_t bits;

	switch (v->type) {
	case FSK_RECORD_REAL:
		if (v->d > -9e15 && v->d < 9e15 && v->d == (double) (int64_t) v->d)
			return stir(stir(h, FSK_RECORD_INT), (uint64_t) (int64_t) v->d);
		memcpy(&bits, &v->d, sizeof(bits));
		return stir(stir(h, FSK_RECORD_REAL), bits);
	case FSK_RECORD_INT:
		return stir(stir(h, FSK_RECORD_INT), (uint64_t) v->i);
	case FSK_RECORD_TEXT:
	case FSK_RECORD_BLOB:
		h = stir(stir(h, v->type), v->size);
		return v->bytes != NULL ? add_bytes(h, v->bytes, v->size) : h;
	default:
		return stir(h, FSK_RECORD_NULL);
	}
}

uint64_t fsk_row_digest_id(uint64_t h, int64_t rowid)
{
	return stir(stir(h, 0x1d), (uint64_t) rowid);
}
