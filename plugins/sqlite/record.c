#include "plugins/sqlite/record.h"

#include <string.h>

#include "core/base/text.h"

#define LOST 4 /* bytes that a freeblock's header takes */

/* A variable-length number of up to nine bytes; its length, 0 when it is cut off. */
static unsigned read_varint(uint64_t *out, const uint8_t *p, const uint8_t *end)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 9 && p + i < end; i++) {
		if (i == 8) {
			*out = v << 8 | p[i];
			return 9;
		}
		v = v << 7 | (p[i] & 0x7f);
		if (p[i] < 0x80) {
			*out = v;
			return i + 1;
		}
	}
	return 0;
}

static unsigned varint_length(uint64_t v)
{
	unsigned n = 1;

	while (n < 9 && v >= 0x80) {
		v >>= 7;
		n++;
	}
	return n;
}

static uint64_t size_of_type(uint64_t type)
{
	static const uint8_t sizes[] = { 0, 1, 2, 3, 4, 6, 8, 8, 0, 0 };

	return type < sizeof(sizes) ? sizes[type] : (type - 12) / 2;
}

/* 10 and 11 are never written. */
static bool is_type(uint64_t type)
{
	return type != 10 && type != 11 && type <= UINT32_MAX;
}

/* Bytes of a payload that stay on the page; section "B-tree Pages" of the format. */
static uint64_t local_part(uint64_t payload, uint32_t usable)
{
	uint64_t most = usable - 35, least = (usable - 12) * 32 / 255 - 23, k;

	if (payload <= most)
		return payload;
	k = least + (payload - least) % (usable - 4);
	return k <= most ? k : least;
}

/* Counts the types in [p, end), which must fill it. */
static bool read_types(struct fsk_record *r, const uint8_t *p, const uint8_t *end, unsigned max)
{
	uint64_t type;

	r->types = p;
	while (p < end) {
		unsigned n = read_varint(&type, p, end);

		if (n == 0 || !is_type(type) || r->columns >= max)
			return false;
		r->columns++;
		r->body_size += size_of_type(type);
		p += n;
	}
	r->body = end;
	return r->columns > 0;
}

bool fsk_record_cell(struct fsk_record *out, const uint8_t *p, const uint8_t *end, uint32_t usable,
                     unsigned max)
{
	uint64_t payload, rowid, header, local;
	const uint8_t *start = p;
	unsigned n;

	*out = (struct fsk_record){ .has_rowid = true };
	n = read_varint(&payload, p, end);
	p += n;
	if (n == 0 || payload < 2 || payload > UINT32_MAX)
		return false;
	n = read_varint(&rowid, p, end);
	p += n;
	local = local_part(payload, usable);
	if (n == 0 || (uint64_t) (end - p) < local)
		return false;
	n = read_varint(&header, p, p + local);
	if (n == 0 || header <= n || header > local)
		return false;
	if (!read_types(out, p + n, p + header, max) || header + out->body_size != payload)
		return false;
	out->end = p + local;
	out->rowid = (int64_t) rowid;
	out->size = (size_t) (out->end - start) + (local < payload ? 4 : 0);
	return true;
}

/* --- without the first four bytes --- */

/* Types from `p` on until the columns are complete; their end, or NULL. */
static const uint8_t *take_types(struct fsk_record *r, const uint8_t *p, const uint8_t *end,
                                 unsigned columns)
{
	uint64_t type;

	r->types = p;
	r->columns = r->lost;
	while (r->columns < columns) {
		unsigned n = read_varint(&type, p, end);

		if (n == 0 || !is_type(type))
			return NULL;
		r->columns++;
		r->body_size += size_of_type(type);
		p += n;
	}
	r->body = p;
	return p;
}

/* A guess: `front` bytes for length and id, then the record's header. Is what follows
 * from it within itself right? */
static bool guess(struct fsk_record *r, const uint8_t *p, size_t room, unsigned front,
                  const struct fsk_record_form *form)
{
	const uint8_t *end = p + room, *types = p + LOST;
	uint64_t header, payload;
	size_t head, length;
	unsigned n = 0;

	*r = (struct fsk_record){ .end = end };
	if (front >= LOST) {
		n = read_varint(&header, p + front, end);
		types = p + front + n;
		if (n == 0)
			return false;
	} else if (front < LOST - 1) {
		/* the first type is lost, too: known only of a row's id */
		r->lost = LOST - 1 - front;
		if (r->lost > 1 || form->affinities[0] != FSK_AFFINITY_ALIAS)
			return false;
	}
	if (take_types(r, types, end, form->columns) == NULL)
		return false;
	head = (size_t) (r->body - p) - front;
	payload = head + r->body_size;
	length = varint_length(payload);
	if (n > 0 && header != head)
		return false;
	if (length >= front || front - length > 9 || front + payload > room)
		return false;
	r->size = (size_t) (front + payload);
	r->end = p + r->size;
	return true;
}

bool fsk_record_headless(struct fsk_record *out, const uint8_t *p, size_t room,
                         const struct fsk_record_form *form)
{
	struct fsk_record r;
	bool found = false;

	if (room <= LOST || form->columns == 0)
		return false;
	for (unsigned front = 2; front <= 12 && front < room; front++) {
		if (!guess(&r, p, room, front, form) || !fsk_record_suits(&r, form))
			continue;
		if (!found || r.size == room)
			*out = r;
		found = true;
		if (r.size == room)
			break;
	}
	return found;
}

/* --- values --- */

static int64_t read_int(const uint8_t *p, size_t n)
{
	uint64_t v = n > 0 && (p[0] & 0x80) != 0 ? UINT64_MAX : 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return (int64_t) v;
}

static void read_value(struct fsk_record_value *out, uint64_t type, const uint8_t *p)
{
	size_t n = (size_t) size_of_type(type);
	int64_t bits;

	*out = (struct fsk_record_value){ .bytes = p, .size = n };
	if (type >= 12) {
		out->type = type % 2 == 0 ? FSK_RECORD_BLOB : FSK_RECORD_TEXT;
	} else if (p == NULL || type == 0) {
		out->type = FSK_RECORD_NULL;
	} else if (type == 7) {
		bits = read_int(p, n);
		out->type = FSK_RECORD_REAL;
		memcpy(&out->d, &bits, sizeof(out->d));
	} else {
		out->type = FSK_RECORD_INT;
		out->i = type >= 8 ? (int64_t) type - 8 : read_int(p, n);
	}
}

bool fsk_record_next(struct fsk_record_value *out, struct fsk_record_at *at,
                     const struct fsk_record *r)
{
	uint64_t type = 0, size;

	if (at->column >= r->columns)
		return false;
	if (at->type == NULL) {
		at->type = r->types;
		at->value = r->body;
	}
	if (at->column++ < r->lost) {
		*out = (struct fsk_record_value){ .type = FSK_RECORD_NULL };
		return true;
	}
	at->type += read_varint(&type, at->type, r->body);
	size = size_of_type(type);
	if (at->value == NULL || (uint64_t) (r->end - at->value) < size) {
		/* goes on in another page, as does all that follows */
		at->value = NULL;
		read_value(out, type, NULL);
	} else {
		read_value(out, type, at->value);
		at->value += size;
	}
	return true;
}

static bool suits(uint8_t affinity, uint64_t type)
{
	switch (affinity) {
	case FSK_AFFINITY_ALIAS:
		return type == 0;
	case FSK_AFFINITY_NUMERIC:
		return type <= 9;
	case FSK_AFFINITY_TEXT:
		return type == 0 || (type > 12 && type % 2 == 1);
	default:
		return true;
	}
}

bool fsk_record_suits(const struct fsk_record *r, const struct fsk_record_form *form)
{
	const uint8_t *p = r->types;
	uint64_t type;

	if (r->columns > form->columns)
		return false;
	for (unsigned i = r->lost; i < r->columns; i++) {
		p += read_varint(&type, p, r->body);
		if (!suits(form->affinities[i], type))
			return false;
	}
	return true;
}

static int score_text(const struct fsk_record_value *v)
{
	if (v->bytes == NULL)
		return 0;
	if (fsk_text_utf8_valid(v->bytes, v->size) < v->size ||
	    memchr(v->bytes, 0, v->size) != NULL)
		return -1;
	return v->size > 3 ? 3 : v->size > 0;
}

int fsk_record_score(const struct fsk_record *r)
{
	struct fsk_record_at at = { 0 };
	struct fsk_record_value v;
	int score = 0;

	while (fsk_record_next(&v, &at, r)) {
		int n = v.type == FSK_RECORD_TEXT ? score_text(&v)
		                                  : v.type != FSK_RECORD_NULL && v.size > 0;

		if (n < 0)
			return -1;
		score += n;
	}
	return score;
}
