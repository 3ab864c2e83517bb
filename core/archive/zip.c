#include "core/archive/zip.h"

#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>
#include <zlib.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/text.h"

#define SIG_LOCAL 0x04034b50u
#define SIG_CENTRAL 0x02014b50u
#define SIG_END64 0x06064b50u
#define SIG_LOCATOR 0x07064b50u
#define SIG_END 0x06054b50u

#define VERSION 45u
#define FLAG_UTF8 0x0800u
#define MADE_BY (3u << 8 | VERSION) /* Unix, so that the mode below counts */
#define MODE_FILE (0100644u << 16)
#define LOCAL_FIXED 30u
#define FIELD_ZIP64 0x0001u
#define FIELD_NTFS 0x000au
#define FIELD_UNIX_TIME 0x5455u
#define FIELD_OWN 0x6f66u
#define EXTRA_MAX 256u /* ours take at most 89 bytes */
#define PIECE (256u * FSK_KIB)

static bool fits_unix_time(fsk_time t)
{
	return t != FSK_TIME_NONE && t / 1000000000 >= INT32_MIN && t / 1000000000 <= INT32_MAX;
}

/* seconds, rounded down */
static uint32_t unix_time(fsk_time t)
{
	return (uint32_t) (int32_t) (t / 1000000000 - (t % 1000000000 < 0));
}

/* Time and date of MS-DOS, which knows the years 1980 to 2107. UTC: readers
 * that know one of the other fields do not look here. */
static uint32_t dos_time(fsk_time t)
{
	struct fsk_civil c = fsk_time_civil(t);

	if (t == FSK_TIME_NONE || c.year < 1980)
		return 1u << 21 | 1u << 16;
	if (c.year > 2107)
		return 127u << 25 | 12u << 21 | 31u << 16;
	return (uint32_t) (c.year - 1980) << 25 | (uint32_t) c.month << 21 |
	       (uint32_t) c.day << 16 | (uint32_t) c.hour << 11 | (uint32_t) c.minute << 5 |
	       (uint32_t) c.second / 2;
}

/* Fields of 0x5455: bit 0 modified, 1 accessed, 2 created. The central copy
 * has the flags of the local one but only the first time. */
static int append_unix_times(struct fsk_buf *out, const struct fsk_zip_member *m, bool central,
                             struct fsk_err *err)
{
	const fsk_time times[3] = { m->modified, m->accessed, m->created };
	uint8_t flags = 0, count = 0;
	int rc = 0;

	for (unsigned i = 0; i < 3; i++)
		if (fits_unix_time(times[i])) {
			flags |= (uint8_t) (1u << i);
			count++;
		}
	if (flags == 0)
		return 0;
	if (central)
		count = flags & 1;
	if ((rc = fsk_buf_append_u16le(out, FIELD_UNIX_TIME, err)) < 0 ||
	    (rc = fsk_buf_append_u16le(out, (uint16_t) (1 + 4 * count), err)) < 0 ||
	    (rc = fsk_buf_append_u8(out, flags, err)) < 0)
		return rc;
	for (unsigned i = 0; rc == 0 && i < (central ? 1 : 3); i++)
		if (flags & (1u << i))
			rc = fsk_buf_append_u32le(out, unix_time(times[i]), err);
	return rc;
}

static int append_ntfs_times(struct fsk_buf *out, const struct fsk_zip_member *m,
                             struct fsk_err *err)
{
	const fsk_time times[3] = { m->modified, m->accessed, m->created };
	int rc;

	if (m->modified == FSK_TIME_NONE && m->accessed == FSK_TIME_NONE &&
	    m->created == FSK_TIME_NONE)
		return 0;
	if ((rc = fsk_buf_append_u16le(out, FIELD_NTFS, err)) < 0 ||
	    (rc = fsk_buf_append_u16le(out, 32, err)) < 0 ||
	    (rc = fsk_buf_append_u32le(out, 0, err)) < 0 ||
	    (rc = fsk_buf_append_u16le(out, 1, err)) < 0 ||
	    (rc = fsk_buf_append_u16le(out, 24, err)) < 0)
		return rc;
	for (unsigned i = 0; rc == 0 && i < 3; i++)
		rc = fsk_buf_append_u64le(out, fsk_time_to_filetime(times[i]), err);
	return rc;
}

static void put_u16(struct fsk_buf *b, size_t at, size_t v)
{
	b->data[at] = (uint8_t) v;
	b->data[at + 1] = (uint8_t) (v >> 8);
}

static uint32_t low32(uint64_t v)
{
	return v >= UINT32_MAX ? UINT32_MAX : (uint32_t) v;
}

int fsk_zip_append_local(struct fsk_buf *out, const struct fsk_zip_member *m, struct fsk_err *err)
{
	size_t start = out->len, fields;
	int rc;

	if ((rc = fsk_buf_reserve(out, LOCAL_FIXED + m->name_len + EXTRA_MAX, err)) < 0)
		return rc;
	/* the room is there: none of these can fail */
	fsk_buf_append_u32le(out, SIG_LOCAL, err);
	fsk_buf_append_u16le(out, VERSION, err);
	fsk_buf_append_u16le(out, FLAG_UTF8, err);
	fsk_buf_append_u16le(out, m->method, err);
	fsk_buf_append_u32le(out, dos_time(m->modified), err);
	fsk_buf_append_u32le(out, m->crc32, err);
	fsk_buf_append_u32le(out, UINT32_MAX, err);
	fsk_buf_append_u32le(out, UINT32_MAX, err);
	fsk_buf_append_u16le(out, (uint16_t) m->name_len, err);
	fsk_buf_append_u16le(out, 0, err);
	fsk_buf_append(out, m->name, m->name_len, err);
	fields = out->len;
	fsk_buf_append_u16le(out, FIELD_ZIP64, err);
	fsk_buf_append_u16le(out, 16, err);
	fsk_buf_append_u64le(out, m->size, err);
	fsk_buf_append_u64le(out, m->packed, err);
	append_unix_times(out, m, false, err);
	append_ntfs_times(out, m, err);
	fsk_buf_append_u16le(out, FIELD_OWN, err);
	fsk_buf_append_u16le(out, 12, err);
	fsk_buf_append_u64le(out, m->offset, err);
	fsk_buf_append_u32le(out, m->packed_crc32, err);
	put_u16(out, start + 28, out->len - fields);
	return 0;
}

static void append_central_zip64(struct fsk_buf *out, const struct fsk_zip_member *m,
                                 struct fsk_err *err)
{
	const uint64_t values[3] = { m->size, m->packed, m->offset };
	uint16_t count = 0;

	for (unsigned i = 0; i < 3; i++)
		count += values[i] >= UINT32_MAX;
	if (count == 0)
		return;
	fsk_buf_append_u16le(out, FIELD_ZIP64, err);
	fsk_buf_append_u16le(out, (uint16_t) (8 * count), err);
	for (unsigned i = 0; i < 3; i++)
		if (values[i] >= UINT32_MAX)
			fsk_buf_append_u64le(out, values[i], err);
}

int fsk_zip_append_central(struct fsk_buf *out, const struct fsk_zip_member *m, struct fsk_err *err)
{
	size_t start = out->len, fields;
	int rc;

	if ((rc = fsk_buf_reserve(out, 46 + m->name_len + EXTRA_MAX, err)) < 0)
		return rc;
	fsk_buf_append_u32le(out, SIG_CENTRAL, err);
	fsk_buf_append_u16le(out, MADE_BY, err);
	fsk_buf_append_u16le(out, VERSION, err);
	fsk_buf_append_u16le(out, FLAG_UTF8, err);
	fsk_buf_append_u16le(out, m->method, err);
	fsk_buf_append_u32le(out, dos_time(m->modified), err);
	fsk_buf_append_u32le(out, m->crc32, err);
	fsk_buf_append_u32le(out, low32(m->packed), err);
	fsk_buf_append_u32le(out, low32(m->size), err);
	fsk_buf_append_u16le(out, (uint16_t) m->name_len, err);
	fsk_buf_append_u16le(out, 0, err); /* fields, patched below */
	fsk_buf_append_u16le(out, 0, err); /* comment */
	fsk_buf_append_u16le(out, 0, err); /* disk */
	fsk_buf_append_u16le(out, 0, err); /* internal attributes */
	fsk_buf_append_u32le(out, MODE_FILE, err);
	fsk_buf_append_u32le(out, low32(m->offset), err);
	fsk_buf_append(out, m->name, m->name_len, err);
	fields = out->len;
	append_central_zip64(out, m, err);
	append_unix_times(out, m, true, err);
	append_ntfs_times(out, m, err);
	put_u16(out, start + 30, out->len - fields);
	return 0;
}

int fsk_zip_append_end(struct fsk_buf *out, uint64_t members, uint64_t offset, uint64_t size,
                       struct fsk_err *err)
{
	uint16_t few = members >= UINT16_MAX ? UINT16_MAX : (uint16_t) members;
	int rc;

	if ((rc = fsk_buf_reserve(out, FSK_ZIP_END_SIZE, err)) < 0)
		return rc;
	fsk_buf_append_u32le(out, SIG_END64, err);
	fsk_buf_append_u64le(out, 44, err); /* of this record, behind this field */
	fsk_buf_append_u16le(out, MADE_BY, err);
	fsk_buf_append_u16le(out, VERSION, err);
	fsk_buf_append_u32le(out, 0, err);
	fsk_buf_append_u32le(out, 0, err);
	fsk_buf_append_u64le(out, members, err);
	fsk_buf_append_u64le(out, members, err);
	fsk_buf_append_u64le(out, size, err);
	fsk_buf_append_u64le(out, offset, err);

	fsk_buf_append_u32le(out, SIG_LOCATOR, err);
	fsk_buf_append_u32le(out, 0, err);
	fsk_buf_append_u64le(out, offset + size, err);
	fsk_buf_append_u32le(out, 1, err);

	fsk_buf_append_u32le(out, SIG_END, err);
	fsk_buf_append_u32le(out, 0, err);
	fsk_buf_append_u16le(out, few, err);
	fsk_buf_append_u16le(out, few, err);
	fsk_buf_append_u32le(out, low32(size), err);
	fsk_buf_append_u32le(out, low32(offset), err);
	fsk_buf_append_u16le(out, 0, err);
	return 0;
}

static void read_unix_times(struct fsk_zip_member *m, struct fsk_cur *c)
{
	fsk_time *const times[3] = { &m->modified, &m->accessed, &m->created };
	uint8_t flags = fsk_cur_u8(c);

	/* whole seconds; the NTFS field, which follows, knows better */
	for (unsigned i = 0; i < 3; i++)
		if ((flags & (1u << i)) && fsk_cur_left(c) >= 4)
			*times[i] = fsk_time_from_unix((int32_t) fsk_cur_u32le(c), 0);
}

static void read_ntfs_times(struct fsk_zip_member *m, struct fsk_cur *c)
{
	fsk_time *const times[3] = { &m->modified, &m->accessed, &m->created };

	fsk_cur_skip(c, 4);
	if (fsk_cur_u16le(c) != 1 || fsk_cur_u16le(c) != 24)
		return;
	for (unsigned i = 0; i < 3; i++) {
		uint64_t v = fsk_cur_u64le(c);

		if (!c->failed && v != 0)
			*times[i] = fsk_time_from_filetime(v);
	}
}

/* True when the fields are what append_local writes. */
static bool read_fields(struct fsk_zip_member *m, struct fsk_cur *c)
{
	bool sizes = false, own = false;

	while (fsk_cur_left(c) > 0 && !c->failed) {
		uint16_t id = fsk_cur_u16le(c), len = fsk_cur_u16le(c);
		const uint8_t *p = fsk_cur_bytes(c, len);
		struct fsk_cur field;

		if (p == NULL)
			return false;
		fsk_cur_init(&field, p, len);
		if (id == FIELD_ZIP64 && len == 16) {
			m->size = fsk_cur_u64le(&field);
			m->packed = fsk_cur_u64le(&field);
			sizes = true;
		} else if (id == FIELD_UNIX_TIME) {
			read_unix_times(m, &field);
		} else if (id == FIELD_NTFS) {
			read_ntfs_times(m, &field);
		} else if (id == FIELD_OWN && len == 12) {
			own = fsk_cur_u64le(&field) == m->offset;
			m->packed_crc32 = fsk_cur_u32le(&field);
		}
	}
	return sizes && own && !c->failed;
}

/* The fixed part; true when it is what append_local writes. */
static bool read_fixed(struct fsk_zip_member *m, uint16_t *fields, struct fsk_cur *c)
{
	bool ours = fsk_cur_u16le(c) == VERSION;

	ours = fsk_cur_u16le(c) == FLAG_UTF8 && ours;
	m->method = fsk_cur_u16le(c);
	fsk_cur_skip(c, 4);
	m->crc32 = fsk_cur_u32le(c);
	ours = fsk_cur_u32le(c) == UINT32_MAX && ours;
	ours = fsk_cur_u32le(c) == UINT32_MAX && ours;
	m->name_len = fsk_cur_u16le(c);
	*fields = fsk_cur_u16le(c);
	m->header_len = LOCAL_FIXED + (uint32_t) m->name_len + *fields;
	return ours && !c->failed && m->name_len > 0 && m->name_len <= FSK_MEMBER_NAME_MAX &&
	       *fields <= EXTRA_MAX &&
	       (m->method == FSK_ZIP_STORED || m->method == FSK_ZIP_DEFLATED);
}

static bool is_safe_name(const uint8_t *p, size_t n)
{
	return memchr(p, 0, n) == NULL && fsk_text_utf8_valid(p, n) == n;
}

/* Reads name and fields behind the fixed part into `room`. */
static int read_rest(enum fsk_zip_at *what, struct fsk_zip_member *m, uint16_t fields,
                     struct fsk_buf *room, const struct fsk_file *f, struct fsk_err *err)
{
	size_t n = m->name_len + fields;
	struct fsk_cur c;
	int64_t got;
	int rc;

	fsk_buf_reset(room);
	if ((rc = fsk_buf_reserve(room, n + 1, err)) < 0)
		return rc;
	got = fsk_file_pread(f, room->data, n, m->offset + LOCAL_FIXED, err);
	if (got < 0)
		return (int) got;
	if ((size_t) got < n || !is_safe_name(room->data, m->name_len))
		return 0;
	fsk_cur_init(&c, room->data + m->name_len, fields);
	if (!read_fields(m, &c))
		return 0;
	/* over the fields, which have been read */
	room->data[m->name_len] = '\0';
	room->len = m->name_len;
	m->name = (const char *) room->data;
	*what = FSK_ZIP_IN_FLIGHT;
	return 0;
}

int fsk_zip_read_local(enum fsk_zip_at *what, struct fsk_zip_member *m, struct fsk_buf *room,
                       const struct fsk_file *f, uint64_t offset, uint64_t end, struct fsk_err *err)
{
	uint8_t fixed[LOCAL_FIXED];
	size_t want = end > offset && end - offset < sizeof(fixed) ? (size_t) (end - offset)
	                                                           : sizeof(fixed);
	struct fsk_cur c;
	uint32_t sig;
	uint16_t fields;
	int64_t got;
	int rc;

	*m = (struct fsk_zip_member){ .offset = offset,
		                      .modified = FSK_TIME_NONE,
		                      .accessed = FSK_TIME_NONE,
		                      .created = FSK_TIME_NONE };
	*what = FSK_ZIP_EOF;
	if (offset >= end)
		return 0;
	*what = FSK_ZIP_UNKNOWN;
	got = fsk_file_pread(f, fixed, want, offset, err);
	if (got < 0)
		return (int) got;
	fsk_cur_init(&c, fixed, (size_t) got);
	sig = fsk_cur_u32le(&c);
	if (sig == SIG_CENTRAL || sig == SIG_END64 || sig == SIG_END)
		*what = FSK_ZIP_INDEX;
	if (sig != SIG_LOCAL || !read_fixed(m, &fields, &c))
		return 0;
	if (m->header_len > end - offset)
		return 0;
	rc = read_rest(what, m, fields, room, f, err);
	if (rc < 0 || *what != FSK_ZIP_IN_FLIGHT)
		return rc;
	if (m->size != FSK_ZIP_OPEN && m->packed <= end - offset - m->header_len)
		*what = FSK_ZIP_MEMBER;
	return 0;
}

/* --- unpacking --- */

struct unpack {
	const struct fsk_zip_member *m;
	const struct fsk_file *f;
	fsk_zip_sink *sink;
	void *arg;
	uint8_t *in, *out;
	uint64_t done; /* packed bytes read */
	uint64_t size; /* plain bytes given out */
	uint32_t crc;
};

static int take(struct unpack *u, const uint8_t *p, size_t n, struct fsk_err *err)
{
	if (n > u->m->size - u->size)
		return fsk_err_set(err, FSK_ECORRUPT, "holds more than its %llu bytes",
		                   (unsigned long long) u->m->size);
	u->crc = libdeflate_crc32(u->crc, p, n);
	u->size += n;
	return u->sink != NULL && n > 0 ? u->sink(u->arg, p, n, err) : 0;
}

/* The next packed piece, empty at the end. */
static int64_t next_piece(struct unpack *u, struct fsk_err *err)
{
	uint64_t left = u->m->packed - u->done;
	size_t want = left < PIECE ? (size_t) left : PIECE;
	int64_t got = fsk_file_pread(u->f, u->in, want, u->m->offset + u->m->header_len + u->done,
	                             err);

	if (got >= 0 && (size_t) got < want)
		return fsk_err_set(err, FSK_ECORRUPT, "ends in the middle");
	if (got > 0)
		u->done += (uint64_t) got;
	return got;
}

static int copy_stored(struct unpack *u, struct fsk_err *err)
{
	int64_t got;
	int rc = 0;

	while (rc == 0 && (got = next_piece(u, err)) != 0)
		rc = got < 0 ? (int) got : take(u, u->in, (size_t) got, err);
	return rc;
}

/* Inflates what is in z->next_in. Returns Z_OK, Z_STREAM_END or negative. */
static int inflate_piece(struct unpack *u, z_stream *z, struct fsk_err *err)
{
	int state, rc = 0;

	do {
		z->next_out = u->out;
		z->avail_out = PIECE;
		state = inflate(z, Z_NO_FLUSH);
		if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
			return fsk_err_set(err, FSK_ECORRUPT, "packed data is damaged");
		rc = take(u, u->out, PIECE - z->avail_out, err);
	} while (rc == 0 && state == Z_OK && z->avail_out == 0);
	if (rc < 0)
		return rc;
	return state == Z_STREAM_END ? Z_STREAM_END : Z_OK;
}

int fsk_zip_test_packed(const struct fsk_zip_member *m, const struct fsk_file *f,
                        struct fsk_err *err)
{
	struct unpack u = { .m = m, .f = f, .in = malloc(PIECE) };
	uint32_t crc = 0;
	int64_t got;

	if (u.in == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory to test a member");
	while ((got = next_piece(&u, err)) > 0)
		crc = libdeflate_crc32(crc, u.in, (size_t) got);
	free(u.in);
	if (got == 0 && crc != m->packed_crc32)
		return fsk_err_set(err, FSK_ECORRUPT,
		                   "its packed bytes are not those that were written");
	return (int) got;
}

static int inflate_all(struct unpack *u, struct fsk_err *err)
{
	z_stream z = { 0 };
	int rc = Z_OK;

	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return fsk_err_set(err, FSK_ENOMEM, "no memory to unpack");
	while (rc == Z_OK) {
		int64_t got = next_piece(u, err);

		if (got <= 0) {
			rc = got < 0
			         ? (int) got
			         : fsk_err_set(err, FSK_ECORRUPT, "packed data ends in the middle");
			break;
		}
		z.next_in = u->in;
		z.avail_in = (unsigned) got;
		rc = inflate_piece(u, &z, err);
	}
	if (rc == Z_STREAM_END)
		rc = z.avail_in > 0 || u->done < u->m->packed
		         ? fsk_err_set(err, FSK_ECORRUPT, "bytes follow the packed data")
		         : 0;
	inflateEnd(&z);
	return rc;
}

int fsk_zip_unpack(const struct fsk_zip_member *m, const struct fsk_file *f, fsk_zip_sink *sink,
                   void *arg, struct fsk_err *err)
{
	struct unpack u = { .m = m, .f = f, .sink = sink, .arg = arg };
	int rc;

	u.in = malloc(PIECE);
	u.out = malloc(PIECE);
	if (u.in == NULL || u.out == NULL)
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory to unpack");
	else
		rc = m->method == FSK_ZIP_STORED ? copy_stored(&u, err) : inflate_all(&u, err);
	if (rc == 0 && u.size != m->size)
		rc = fsk_err_set(err, FSK_ECORRUPT, "holds %llu bytes instead of %llu",
		                 (unsigned long long) u.size, (unsigned long long) m->size);
	if (rc == 0 && u.crc != m->crc32)
		rc = fsk_err_set(err, FSK_ECORRUPT, "CRC is %08lx instead of %08lx",
		                 (unsigned long) u.crc, (unsigned long) m->crc32);
	free(u.in);
	free(u.out);
	return rc;
}

/* --- the index --- */

int fsk_zip_build_index(const struct fsk_file *f, const uint64_t *offsets, size_t n, uint64_t at,
                        fsk_zip_sink *sink, void *arg, struct fsk_err *err)
{
	struct fsk_buf piece, room;
	uint64_t given = 0;
	int rc = 0;

	fsk_buf_init(&piece, PIECE + 2 * FSK_MEMBER_NAME_MAX);
	fsk_buf_init(&room, 2 * FSK_MEMBER_NAME_MAX);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct fsk_zip_member m;
		enum fsk_zip_at what;

		rc = fsk_zip_read_local(&what, &m, &room, f, offsets[i], at, err);
		if (rc == 0 && what != FSK_ZIP_MEMBER)
			rc = fsk_err_set(err, FSK_ECORRUPT, "no member at byte %llu",
			                 (unsigned long long) offsets[i]);
		if (rc == 0)
			rc = fsk_zip_append_central(&piece, &m, err);
		if (rc == 0 && piece.len >= PIECE) {
			rc = sink(arg, piece.data, piece.len, err);
			given += piece.len;
			fsk_buf_reset(&piece);
		}
	}
	if (rc == 0)
		rc = fsk_zip_append_end(&piece, n, at, given + piece.len, err);
	if (rc == 0)
		rc = sink(arg, piece.data, piece.len, err);
	fsk_buf_free(&piece);
	fsk_buf_free(&room);
	return rc;
}

struct compare {
	const struct fsk_file *f;
	uint64_t at, differs;
	struct fsk_buf b;
};

static int compare_piece(void *arg, const uint8_t *p, size_t n, struct fsk_err *err)
{
	struct compare *c = arg;
	int64_t got;
	int rc;

	fsk_buf_reset(&c->b);
	rc = fsk_buf_reserve(&c->b, n, err);
	if (rc < 0)
		return rc;
	got = fsk_file_pread(c->f, c->b.data, n, c->at, err);
	if (got < 0)
		return (int) got;
	for (size_t i = 0; i < n && c->differs == UINT64_MAX; i++)
		if (i >= (size_t) got || c->b.data[i] != p[i])
			c->differs = c->at + i;
	c->at += n;
	return 0;
}

int fsk_zip_compare_index(uint64_t *differs, const struct fsk_file *f, const uint64_t *offsets,
                          size_t n, uint64_t at, uint64_t size, struct fsk_err *err)
{
	struct compare c = { .f = f, .at = at, .differs = UINT64_MAX };
	int rc;

	fsk_buf_init(&c.b, PIECE + 2 * FSK_MEMBER_NAME_MAX);
	rc = fsk_zip_build_index(f, offsets, n, at, compare_piece, &c, err);
	fsk_buf_free(&c.b);
	if (c.differs == UINT64_MAX && c.at < size)
		c.differs = c.at;
	*differs = c.differs;
	return rc;
}

/* Does a finished member begin at `offset`? */
static int probe_member(bool *found, struct fsk_buf *room, const struct fsk_file *f,
                        uint64_t offset, uint64_t end, struct fsk_err *err)
{
	struct fsk_zip_member m;
	enum fsk_zip_at what;
	int rc = fsk_zip_read_local(&what, &m, room, f, offset, end, err);

	*found = rc == 0 && what == FSK_ZIP_MEMBER;
	return rc;
}

int fsk_zip_resync(uint64_t *out, const struct fsk_file *f, uint64_t from, uint64_t end,
                   struct fsk_err *err)
{
	static const uint8_t sig[4] = { 'P', 'K', 3, 4 };
	uint8_t *piece = malloc(PIECE);
	struct fsk_buf room;
	bool found = false;
	int rc = piece == NULL ? fsk_err_set(err, FSK_ENOMEM, "no memory to search") : 0;

	*out = end;
	fsk_buf_init(&room, 2 * FSK_MEMBER_NAME_MAX);
	while (rc == 0 && !found && from + sizeof(sig) <= end) {
		int64_t got = fsk_file_pread(f, piece, PIECE, from, err);
		const uint8_t *p = piece, *stop;

		if (got < (int64_t) sizeof(sig)) {
			rc = got < 0 ? (int) got : 0;
			break;
		}
		stop = piece + got - sizeof(sig) + 1;
		while (rc == 0 && !found && p < stop &&
		       (p = memchr(p, 'P', (size_t) (stop - p))) != NULL) {
			if (memcmp(p, sig, sizeof(sig)) == 0)
				rc = probe_member(&found, &room, f, from + (uint64_t) (p - piece),
				                  end, err);
			if (found)
				*out = from + (uint64_t) (p - piece);
			p++;
		}
		from += (uint64_t) got - sizeof(sig) + 1;
	}
	fsk_buf_free(&room);
	free(piece);
	return rc;
}
