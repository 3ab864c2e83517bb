#include "plugins/prefetch/mam.h"

#include <string.h>

#include "core/base/cursor.h"
#include "core/base/xpress.h"

#define KIND_XPRESS_HUFFMAN 4u /* COMPRESSION_FORMAT_XPRESS_HUFF */
#define HAS_CHECKSUM 0x80u

bool fsk_mam_is(const uint8_t *data, size_t size)
{
	return size >= 8 && memcmp(data, "MAM", 3) == 0;
}

/* CRC-32 of IEEE 802.3, continued from `crc`. */
static uint32_t sum(uint32_t crc, const uint8_t *p, size_t n)
{
	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* Of header, four zeros in the place of the checksum, and the packed bytes. */
static bool sum_is_right(const struct fsk_cur *c, uint32_t wanted)
{
	static const uint8_t zeros[4];
	uint32_t crc = sum(0, c->data, 8);

	crc = sum(crc, zeros, sizeof(zeros));
	return sum(crc, c->data + c->pos, fsk_cur_left(c)) == wanted;
}

int fsk_mam_unpack(struct fsk_buf *out, const uint8_t *data, size_t size, struct fsk_err *err)
{
	struct fsk_cur c;
	size_t length, done;
	unsigned kind;
	bool good = true;
	int rc;

	fsk_cur_init(&c, data, size);
	fsk_cur_skip(&c, 3);
	kind = fsk_cur_u8(&c);
	length = fsk_cur_u32le(&c);
	if ((kind & ~HAS_CHECKSUM) != KIND_XPRESS_HUFFMAN)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "packed in a way that is not known (%u)",
		                   kind);
	if ((kind & HAS_CHECKSUM) != 0) {
		uint32_t wanted = fsk_cur_u32le(&c);

		good = !c.failed && sum_is_right(&c, wanted);
	}
	if (length > out->max)
		return fsk_err_set(err, FSK_ELIMIT, "unpacks to %zu bytes", length);
	rc = fsk_buf_reserve(out, length, err);
	if (rc < 0)
		return rc;
	rc = fsk_xpress_huffman(out->data, length, &done, data + c.pos, fsk_cur_left(&c), err);
	out->len = done;
	if (rc == 0 && !good)
		rc = fsk_err_set(err, FSK_ECORRUPT, "the checksum of the packed data is wrong");
	return rc;
}
