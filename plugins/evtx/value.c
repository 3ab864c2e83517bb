#include "plugins/evtx/value.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/text.h"
#include "core/base/time.h"

#define ARRAY 0x80u
#define SID_PARTS_MAX 15u

static int put_hex(struct fsk_buf *out, const uint8_t *p, size_t n, struct fsk_err *err)
{
	static const char digits[] = "0123456789ABCDEF";
	int rc = fsk_buf_reserve(out, n * 2, err);

	for (size_t i = 0; i < n && rc == 0; i++) {
		const char pair[2] = { digits[p[i] >> 4], digits[p[i] & 15] };

		rc = fsk_buf_append(out, pair, 2, err);
	}
	return rc;
}

/* The number of `n` bytes, its sign carried on. */
static int64_t number(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = n; i-- > 0;)
		v = v << 8 | p[i];
	if (n < 8 && (p[n - 1] & 0x80) != 0)
		v |= UINT64_MAX << n * 8;
	return (int64_t) v;
}

static uint64_t number_unsigned(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = n; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static int put_guid(struct fsk_buf *out, const uint8_t *p, struct fsk_err *err)
{
	return fsk_buf_printf(out, err, "{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}",
	                      (unsigned) number_unsigned(p, 4),
	                      (unsigned) number_unsigned(p + 4, 2),
	                      (unsigned) number_unsigned(p + 6, 2), p[8], p[9], p[10], p[11], p[12],
	                      p[13], p[14], p[15]);
}

static int put_sid(struct fsk_buf *out, const uint8_t *p, size_t n, struct fsk_err *err)
{
	uint64_t authority = 0;
	int rc;

	if (n < 8 || p[1] > SID_PARTS_MAX || n < 8 + 4u * p[1])
		return put_hex(out, p, n, err);
	for (int i = 2; i < 8; i++)
		authority = authority << 8 | p[i];
	rc = fsk_buf_printf(out, err, "S-%u-%" PRIu64, p[0], authority);
	for (unsigned i = 0; i < p[1] && rc == 0; i++)
		rc = fsk_buf_printf(out, err, "-%u", (unsigned) number_unsigned(p + 8 + 4u * i, 4));
	return rc;
}

static int put_filetime(struct fsk_buf *out, const uint8_t *p, struct fsk_err *err)
{
	uint64_t ticks = number_unsigned(p, 8);
	char iso[FSK_TIME_STR_MAX];

	if (ticks == 0)
		return fsk_buf_append_str(out, "1601-01-01T00:00:00Z", err);
	fsk_time_iso(iso, fsk_time_from_filetime(ticks));
	if (iso[0] == '\0') /* of no calendar */
		return fsk_buf_printf(out, err, "0x%" PRIx64, ticks);
	return fsk_buf_append_str(out, iso, err);
}

/* SYSTEMTIME: year, month, day of the week, day, hour, minute, second, millisecond. */
static int put_systemtime(struct fsk_buf *out, const uint8_t *p, struct fsk_err *err)
{
	unsigned v[8];

	for (int i = 0; i < 8; i++)
		v[i] = (unsigned) number_unsigned(p + 2 * i, 2);
	return fsk_buf_printf(out, err, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", v[0], v[1], v[3],
	                      v[4], v[5], v[6], v[7]);
}

static int put_real(struct fsk_buf *out, const uint8_t *p, size_t n, struct fsk_err *err)
{
	uint64_t bits = number_unsigned(p, n);
	uint32_t half = (uint32_t) bits;
	double d;
	float f;

	memcpy(&d, &bits, sizeof(d));
	memcpy(&f, &half, sizeof(f));
	return fsk_buf_printf(out, err, "%.15g", n == 4 ? (double) f : d);
}

/* Bytes that a number of this type has; 0: it is none, or may differ. */
static size_t width(unsigned type)
{
	static const uint8_t widths[] = { 0, 0, 0, 1, 1,  2, 2, 4,  4, 8, 8,
		                          4, 8, 4, 0, 16, 0, 8, 16, 0, 4, 8 };

	return type < sizeof(widths) ? widths[type] : 0;
}

static int put_number(struct fsk_buf *out, unsigned type, const uint8_t *p, size_t n,
                      struct fsk_err *err)
{
	switch (type) {
	case 0x03:
	case 0x05:
	case 0x07:
	case 0x09:
		return fsk_buf_printf(out, err, "%" PRId64, number(p, n));
	case 0x0b:
	case 0x0c:
		return put_real(out, p, n, err);
	case 0x0d:
		return fsk_buf_append_str(out, number_unsigned(p, n) != 0 ? "true" : "false", err);
	case 0x0f:
		return put_guid(out, p, err);
	case 0x11:
		return put_filetime(out, p, err);
	case 0x12:
		return put_systemtime(out, p, err);
	case 0x14:
	case 0x15:
		return fsk_buf_printf(out, err, "0x%" PRIx64, number_unsigned(p, n));
	default:
		return fsk_buf_printf(out, err, "%" PRIu64, number_unsigned(p, n));
	}
}

/* NULs at the end fill a text up; of a list one ends the last text. */
static size_t text_size(unsigned type, const uint8_t *p, size_t n)
{
	n &= ~(size_t) 1;
	if (type == FSK_EVTX_STRINGS && n > 0 && (p[n - 2] | p[n - 1]) == 0)
		return n - 2;
	while (type == FSK_EVTX_STRING && n > 0 && (p[n - 2] | p[n - 1]) == 0)
		n -= 2;
	return n;
}

static int put_one(struct fsk_buf *out, unsigned type, const uint8_t *p, size_t n,
                   struct fsk_err *err)
{
	if (n == 0 || type == FSK_EVTX_NULL)
		return 0;
	if (type == FSK_EVTX_STRING || type == FSK_EVTX_STRINGS)
		return fsk_text_append_utf16le(out, p, text_size(type, p, n), false, err);
	if (type == 0x02)
		return fsk_text_append_utf8(out, p, strnlen((const char *) p, n), err);
	if (type == 0x10 && (n == 4 || n == 8))
		return fsk_buf_printf(out, err, "0x%" PRIx64, number_unsigned(p, n));
	if (type == 0x13)
		return put_sid(out, p, n, err);
	if (width(type) == n)
		return put_number(out, type, p, n, err);
	return put_hex(out, p, n, err);
}

int fsk_evtx_value(struct fsk_buf *out, unsigned type, const uint8_t *p, size_t n,
                   struct fsk_err *err)
{
	size_t each = (type & ARRAY) != 0 ? width(type & ~ARRAY) : 0;
	int rc = 0;

	if (each == 0 || n % each != 0)
		return put_one(out, type, p, n, err);
	for (size_t i = 0; i + each <= n && rc == 0; i += each) {
		if (i > 0)
			rc = fsk_buf_append_u8(out, '\0', err);
		if (rc == 0)
			rc = put_number(out, type & ~ARRAY, p + i, each, err);
	}
	return rc;
}
