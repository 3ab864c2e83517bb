#include "plugins/usn/usn.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"

enum { HEAD = 8, V2_SIZE = 60, V3_SIZE = 76, V4_SIZE = 64 };

const char *fsk_usn_reason(unsigned bit)
{
	static const char *const words[32] = {
		[0] = "overwritten",
		[1] = "extended",
		[2] = "truncated",
		[4] = "stream overwritten",
		[5] = "stream extended",
		[6] = "stream truncated",
		[8] = "created",
		[9] = "deleted",
		[10] = "EA changed",
		[11] = "security changed",
		[12] = "renamed from",
		[13] = "renamed to",
		[14] = "indexing changed",
		[15] = "times or attributes changed",
		[16] = "link changed",
		[17] = "compression changed",
		[18] = "encryption changed",
		[19] = "id changed",
		[20] = "reparse point changed",
		[21] = "stream changed",
		[22] = "transacted",
		[23] = "integrity changed",
		[24] = "storage class changed",
		[31] = "closed",
	};

	return bit < 32 ? words[bit] : NULL;
}

/* --- where it begins --- */

/* Zeros that the bytes begin with. */
static size_t zeros(const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] == 0)
		i++;
	return i;
}

/* Is there anything in the page at `off`? Negative when it cannot be read. */
static int used(const struct fsk_input *in, uint64_t off, struct fsk_err *err)
{
	uint8_t page[FSK_USN_PAGE];
	bool bad = false;
	int64_t n = in->read(in->arg, page, sizeof(page), off, &bad, err);

	return n < 0 ? (int) n : zeros(page, (size_t) n) < (size_t) n;
}

int64_t fsk_usn_first(const struct fsk_input *in, struct fsk_err *err)
{
	uint64_t low = 0, high = (in->size + FSK_USN_PAGE - 1) / FSK_USN_PAGE, step;
	int rc;

	if (in->size > INT64_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "larger than any journal");
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		rc = used(in, middle * FSK_USN_PAGE, err);
		if (rc < 0)
			return rc;
		if (rc > 0)
			high = middle;
		else
			low = middle + 1;
	}
	step = high / FSK_USN_STEPS_MAX + 1;
	for (uint64_t page = 0; page < high; page += step) {
		rc = used(in, page * FSK_USN_PAGE, err);
		if (rc < 0)
			return rc;
		if (rc > 0)
			high = page;
	}
	return high * FSK_USN_PAGE < in->size ? (int64_t) (high * FSK_USN_PAGE)
	                                      : (int64_t) in->size;
}

/* --- records --- */

int fsk_usn_open(struct fsk_usn *out, const struct fsk_input *in, uint64_t from,
                 struct fsk_err *err)
{
	memset(out, 0, sizeof(*out));
	out->in = in;
	out->at = from;
	out->room = in->size < FSK_USN_PIECE ? (size_t) in->size + 1 : FSK_USN_PIECE;
	out->data = malloc(out->room);
	if (out->data == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a journal");
	return 0;
}

void fsk_usn_close(struct fsk_usn *u)
{
	free(u->data);
	u->data = NULL;
}

static void damage(struct fsk_usn *u, uint64_t at, size_t n)
{
	if (u->damaged == 0)
		u->first_damage = at;
	u->damaged += n;
}

/* Has the page of u->at in hand: 1, 0 at the end. */
static int fill(struct fsk_usn *u, struct fsk_err *err)
{
	uint64_t page = u->at / FSK_USN_PAGE * FSK_USN_PAGE;
	int64_t n;

	if (u->size > 0 && u->at >= u->start && u->at < u->start + u->size)
		return 1;
	if (u->at >= u->in->size)
		return 0;
	n = u->in->read(u->in->arg, u->data, u->room, page, &u->bad, err);
	if (n < 0)
		return (int) n;
	u->start = page;
	u->size = (size_t) n;
	return u->at < page + u->size;
}

static void ids(uint64_t id[2], struct fsk_cur *c, unsigned version)
{
	id[0] = fsk_cur_u64le(c);
	id[1] = version >= 3 ? fsk_cur_u64le(c) : 0;
}

/* What versions 2 and 3 have behind the references. */
static bool named(struct fsk_usn_record *r, struct fsk_cur *c, size_t least)
{
	size_t at;

	r->usn = fsk_cur_u64le(c);
	r->time = fsk_cur_u64le(c);
	r->reason = fsk_cur_u32le(c);
	r->source = fsk_cur_u32le(c);
	fsk_cur_skip(c, 4); /* id of the security descriptor */
	r->attributes = fsk_cur_u32le(c);
	r->name_size = fsk_cur_u16le(c);
	at = fsk_cur_u16le(c);
	if (c->failed || at < least || r->name_size % 2 != 0)
		return false;
	fsk_cur_seek(c, at);
	r->name = fsk_cur_bytes(c, r->name_size);
	return !c->failed;
}

static bool ranged(struct fsk_usn_record *r, struct fsk_cur *c)
{
	uint16_t size;

	r->usn = fsk_cur_u64le(c);
	r->reason = fsk_cur_u32le(c);
	r->source = fsk_cur_u32le(c);
	fsk_cur_skip(c, 4); /* ranges that later records have */
	r->extents = fsk_cur_u16le(c);
	size = fsk_cur_u16le(c);
	return !c->failed && (size_t) r->extents * size <= fsk_cur_left(c);
}

/* The record at the begin of the `n` bytes that its page still has: its length; 0 when it is none.
 */
static size_t parse(struct fsk_usn_record *r, const uint8_t *p, size_t n)
{
	static const size_t sizes[] = { [2] = V2_SIZE, [3] = V3_SIZE, [4] = V4_SIZE };
	unsigned major, minor;
	uint32_t length;
	struct fsk_cur c;

	fsk_cur_init(&c, p, n);
	length = fsk_cur_u32le(&c);
	major = fsk_cur_u16le(&c);
	minor = fsk_cur_u16le(&c);
	if (c.failed || major < 2 || major > 4 || minor != 0 || length < sizes[major] ||
	    length > n || length % 8 != 0)
		return 0;
	fsk_cur_init(&c, p, length);
	fsk_cur_seek(&c, HEAD);
	memset(r, 0, sizeof(*r));
	r->version = major;
	ids(r->file, &c, major);
	ids(r->parent, &c, major);
	return (major == 4 ? ranged(r, &c) : named(r, &c, sizes[major])) ? length : 0;
}

/* Passes over what is no record: zeros, the rest of a page mostly, or 8 bytes that are none. */
static void pass(struct fsk_usn *u, const uint8_t *p, size_t n)
{
	size_t step = zeros(p, n);

	if (step < n)
		step -= step % 8;
	if (step == 0) {
		step = n < 8 ? n : 8;
		damage(u, u->at, step);
	}
	u->at += step;
}

int fsk_usn_next(struct fsk_usn *u, struct fsk_usn_record *out, struct fsk_err *err)
{
	int rc;

	u->at = (u->at + 7) / 8 * 8;
	while ((rc = fill(u, err)) > 0) {
		size_t at = (size_t) (u->at - u->start);
		size_t left = FSK_USN_PAGE - at % FSK_USN_PAGE;
		size_t length;

		if (left > u->size - at)
			left = u->size - at;
		length = parse(out, u->data + at, left);
		if (length > 0) {
			out->offset = u->at;
			u->at += length;
			return 1;
		}
		pass(u, u->data + at, left);
	}
	return rc;
}
