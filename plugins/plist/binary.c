/* The binary form: a header, objects, a table of their offsets, a trailer. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "plugins/plist/parts.h"

#define TRAILER 32
#define HEADER 8

struct binary {
	struct fsk_plist *p;
	struct fsk_cur all; /* without the trailer */
	unsigned offset_size, ref_size;
	uint64_t objects, table;
	uint64_t path[FSK_PLIST_DEPTH_MAX]; /* objects that hold the one in hand */
	unsigned depth;
};

/* Where a value goes. */
struct place {
	uint32_t in;
	size_t key;
};

static int read_object(struct binary *b, struct place to, uint64_t ref, struct fsk_err *err);

static uint64_t take_be(struct fsk_cur *c, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | fsk_cur_u8(c);
	return v;
}

/* Where the object lies; false when the file has none of that number. */
static bool find(struct fsk_cur *out, const struct binary *b, uint64_t ref)
{
	struct fsk_cur c = b->all;
	uint64_t off;

	if (ref >= b->objects)
		return false;
	fsk_cur_seek(&c, (size_t) (b->table + ref * b->offset_size));
	off = take_be(&c, b->offset_size);
	if (c.failed || off < HEADER || off >= b->table)
		return false;
	fsk_cur_init(out, b->all.data, (size_t) b->table);
	fsk_cur_seek(out, (size_t) off);
	return true;
}

/* The number of elements, which may stand behind the marker. */
static uint64_t take_count(struct fsk_cur *c, uint8_t marker)
{
	uint8_t kind;

	if ((marker & 15) != 15)
		return marker & 15;
	kind = fsk_cur_u8(c);
	if (kind >> 4 != 1 || (kind & 15) > 3)
		c->failed = true;
	return c->failed ? 0 : take_be(c, (size_t) 1 << (kind & 15));
}

/* --- values of one piece --- */

static void set_real(struct fsk_plist_value *v, double d)
{
	v->kind = FSK_PLIST_REAL;
	v->d = d;
}

static void read_int(struct fsk_plist_value *v, struct fsk_cur *c, unsigned power)
{
	uint64_t high = 0, low;

	if (power > 4) {
		c->failed = true;
		return;
	}
	if (power == 4)
		high = take_be(c, 8);
	low = take_be(c, power == 4 ? 8 : (size_t) 1 << power);
	if (power == 4 && !(high == 0 && low <= INT64_MAX) &&
	    !(high == UINT64_MAX && low > INT64_MAX)) {
		set_real(v, ldexp((double) (int64_t) high, 64) + (double) low);
		return;
	}
	v->kind = FSK_PLIST_INT;
	v->i = (int64_t) low;
}

static double take_real(struct fsk_cur *c, unsigned power)
{
	uint64_t bits = power == 2 || power == 3 ? take_be(c, (size_t) 1 << power) : 0;
	uint32_t half = (uint32_t) bits;
	float single;
	double d;

	if (power != 2 && power != 3)
		c->failed = true;
	memcpy(&single, &half, sizeof(single));
	memcpy(&d, &bits, sizeof(d));
	return power == 2 ? (double) single : d;
}

/* UTF-16 with the high byte first. */
static int append_utf16be(struct fsk_buf *out, const uint8_t *p, size_t units, struct fsk_err *err)
{
	struct fsk_buf swapped;
	int rc;

	fsk_buf_init(&swapped, FSK_PLIST_MAX);
	rc = fsk_buf_reserve(&swapped, 2 * units + 1, err);
	for (size_t i = 0; i < units && rc == 0; i++)
		rc = fsk_buf_append_u16le(&swapped, (uint16_t) (p[2 * i] << 8 | p[2 * i + 1]), err);
	if (rc == 0)
		rc = fsk_text_append_utf16le(out, swapped.data, swapped.len, false, err);
	fsk_buf_free(&swapped);
	return rc;
}

/* Data and texts into the store, ended by a NUL. FSK_ECORRUPT when they go past the end. */
static int take_text(size_t *at, size_t *len, struct fsk_plist *p, struct fsk_cur *c,
                     uint8_t marker, struct fsk_err *err)
{
	bool wide = marker >> 4 == 6;
	uint64_t n = take_count(c, marker);
	const uint8_t *data;
	int rc;

	if (c->failed || n > fsk_cur_left(c) / (wide ? 2 : 1))
		return fsk_err_set(err, FSK_ECORRUPT, "goes past the end");
	data = fsk_cur_bytes(c, (size_t) n * (wide ? 2 : 1));
	*at = p->text.len;
	if (!wide)
		rc = fsk_buf_append(&p->text, data, (size_t) n, err);
	else
		rc = append_utf16be(&p->text, data, (size_t) n, err);
	*len = p->text.len - *at;
	return rc == 0 ? fsk_buf_append_u8(&p->text, 0, err) : rc;
}

/* --- containers --- */

/* A key; FSK_ECORRUPT when the object is no text. */
static int take_key(size_t *at, struct binary *b, uint64_t ref, struct fsk_err *err)
{
	struct fsk_cur c;
	uint8_t marker;
	size_t len;

	*at = 0;
	if (!find(&c, b, ref))
		return FSK_ECORRUPT;
	marker = fsk_cur_u8(&c);
	if (marker >> 4 < 5 || marker >> 4 > 7)
		return FSK_ECORRUPT;
	return take_text(at, &len, b->p, &c, marker, err);
}

static int read_members(struct binary *b, uint32_t box, const struct fsk_cur *refs, uint64_t n,
                        struct fsk_err *err)
{
	bool dict = b->p->at[box].kind == FSK_PLIST_DICT;
	struct fsk_cur keys = *refs, values = *refs;
	struct place to = { .in = box };
	int rc = 0;

	fsk_cur_skip(&values, dict ? (size_t) n * b->ref_size : 0);
	for (uint64_t i = 0; i < n && rc == 0; i++) {
		size_t off = keys.pos;

		if (dict)
			rc = take_key(&to.key, b, take_be(&keys, b->ref_size), err);
		if (rc == 0) {
			rc = read_object(b, to, take_be(&values, b->ref_size), err);
		} else if (rc == FSK_ECORRUPT) {
			fsk_plist_note(b->p, off, "a key that is no text");
			take_be(&values, b->ref_size);
			rc = 0;
		}
	}
	return rc;
}

static int read_box(struct binary *b, uint32_t box, struct fsk_cur *c, uint8_t marker, uint64_t ref,
                    struct fsk_err *err)
{
	bool dict = marker >> 4 == 13;
	uint64_t n = take_count(c, marker);
	int rc;

	if (c->failed || n > fsk_cur_left(c) / b->ref_size / (dict ? 2 : 1))
		return fsk_err_set(err, FSK_ECORRUPT, "goes past the end");
	if (b->depth >= FSK_PLIST_DEPTH_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u values inside each other",
		                   FSK_PLIST_DEPTH_MAX);
	for (unsigned i = 0; i < b->depth; i++) {
		if (b->path[i] == ref)
			return fsk_err_set(err, FSK_ECORRUPT, "is inside of itself");
	}
	b->p->at[box].kind = dict ? FSK_PLIST_DICT : FSK_PLIST_ARRAY;
	b->path[b->depth++] = ref;
	rc = read_members(b, box, c, n, err);
	b->depth--;
	return rc;
}

/* Fills the value; FSK_ECORRUPT is about this one alone. */
static int read_value(struct binary *b, uint32_t at, struct fsk_cur *c, uint64_t ref,
                      struct fsk_err *err)
{
	struct fsk_plist_value *v = &b->p->at[at];
	uint8_t marker = fsk_cur_u8(c);
	int rc = 0;

	switch (marker >> 4) {
	case 0:
		v->kind = marker == 8 || marker == 9 ? FSK_PLIST_BOOL : FSK_PLIST_NULL;
		v->i = marker == 9;
		break;
	case 1:
		read_int(v, c, marker & 15);
		break;
	case 2:
		set_real(v, take_real(c, marker & 15));
		break;
	case 3:
		rc = fsk_plist_set_date(b->p, at,
		                        fsk_time_from_mac_absolute(take_real(c, marker & 15)), err);
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		v->kind = FSK_PLIST_TEXT;
		rc = take_text(&v->text, &v->len, b->p, c, marker, err);
		break;
	case 8:
		v->kind = FSK_PLIST_UID;
		v->i = (int64_t) take_be(c, (size_t) (marker & 15) + 1);
		break;
	case 10:
	case 11:
	case 12:
	case 13:
		return read_box(b, at, c, marker, ref, err);
	default:
		return fsk_err_set(err, FSK_ECORRUPT, "has the unknown marker 0x%02x", marker);
	}
	return rc == 0 && c->failed ? fsk_err_set(err, FSK_ECORRUPT, "goes past the end") : rc;
}

static int read_object(struct binary *b, struct place to, uint64_t ref, struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	struct fsk_cur c;
	uint32_t at;
	size_t off;
	int rc = fsk_plist_add(&at, b->p, to.in, to.key, FSK_PLIST_NULL, err);

	if (rc < 0)
		return rc;
	if (!find(&c, b, ref)) {
		fsk_plist_note(b->p, b->table, "there is no object %llu", (unsigned long long) ref);
		return 0;
	}
	off = c.pos;
	rc = read_value(b, at, &c, ref, &why);
	if (rc == FSK_ECORRUPT) {
		fsk_plist_note(b->p, off, "object %llu %s", (unsigned long long) ref, why.msg);
		b->p->at[at].kind = FSK_PLIST_NULL;
		return 0;
	}
	return rc < 0 ? fsk_err_set(err, rc, "%s", why.msg) : 0;
}

int fsk_plist_binary(struct fsk_plist *p, const void *data, size_t size, struct fsk_err *err)
{
	struct binary b = { .p = p };
	struct fsk_cur c;
	uint64_t top;
	int rc;

	if (memcmp(data, "bplist0", 7) != 0)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "another version of property lists");
	if (size < HEADER + TRAILER)
		return fsk_err_set(err, FSK_ECORRUPT, "shorter than a header and a trailer");
	fsk_cur_init(&c, data, size);
	fsk_cur_seek(&c, size - TRAILER + 6);
	b.offset_size = fsk_cur_u8(&c);
	b.ref_size = fsk_cur_u8(&c);
	b.objects = fsk_cur_u64be(&c);
	top = fsk_cur_u64be(&c);
	b.table = fsk_cur_u64be(&c);
	size -= TRAILER;
	if (b.offset_size < 1 || b.offset_size > 8 || b.ref_size < 1 || b.ref_size > 8 ||
	    b.table < HEADER || b.table > size || b.objects > (size - b.table) / b.offset_size ||
	    top >= b.objects)
		return fsk_err_set(err, FSK_ECORRUPT, "the trailer is damaged");
	fsk_cur_init(&b.all, data, size);
	rc = read_object(&b, (struct place){ .in = FSK_PLIST_NONE }, top, err);
	if (rc == 0 && p->at[0].kind == FSK_PLIST_NULL && p->damaged > 0)
		return fsk_err_set(err, FSK_ECORRUPT, "the top object is damaged");
	return rc;
}
