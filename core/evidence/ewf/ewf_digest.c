#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "core/base/cursor.h"
#include "core/base/digest.h"
#include "core/base/limits.h"
#include "core/evidence/ewf/ewf.h"

#define HASH_LEN 36u
#define DIGEST_LEN 80u
#define ERRORS_HEADER 520u

/* Reads the `n` bytes of a section that end with an Adler-32 of the rest. */
static int load(uint8_t *out, size_t n, const struct fsk_ewf_segment *seg,
                const struct fsk_ewf_section *sec, struct fsk_err *err)
{
	struct fsk_cur c;
	int rc;

	if (sec->end - sec->data < n)
		return fsk_err_set(err, FSK_ECORRUPT, "%" PRIu64 " bytes are too short",
		                   sec->end - sec->data);
	rc = fsk_ewf_pread(seg, out, n, sec->data, err);
	if (rc < 0)
		return rc;
	fsk_cur_init(&c, out, n);
	fsk_cur_seek(&c, n - 4);
	if (fsk_cur_u32le(&c) != libdeflate_adler32(1, out, n - 4))
		return fsk_err_set(err, FSK_ECORRUPT, "wrong checksum");
	return 0;
}

static void to_hex(char *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		*out++ = "0123456789abcdef"[p[i] >> 4];
		*out++ = "0123456789abcdef"[p[i] & 15];
	}
	*out = '\0';
}

/* All zero means that it was not computed. */
static int put(struct fsk_ewf *e, const char *key, const uint8_t *p, size_t n, struct fsk_err *err)
{
	static const uint8_t none[20];
	char hex[FSK_SHA1_HEX];
	const char *old = json_string_value(json_object_get(e->source->stored, key));

	if (memcmp(p, none, n) == 0)
		return 0;
	to_hex(hex, p, n);
	if (old == NULL)
		json_object_set_new(e->source->stored, key, json_string(hex));
	else if (strcmp(old, hex) != 0)
		return fsk_err_set(err, FSK_ECORRUPT, "stored %s is %s here and %s elsewhere", key,
		                   hex, old);
	return 0;
}

/* MD5 (16), unknown (16), checksum. */
int fsk_ewf_read_hash(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                      struct fsk_err *err)
{
	uint8_t raw[HASH_LEN];
	int rc = load(raw, sizeof(raw), &e->segments[segment], sec, err);

	return rc < 0 ? rc : put(e, "md5", raw, 16, err);
}

/* MD5 (16), SHA-1 (20), padding (40), checksum. */
int fsk_ewf_read_digest(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                        struct fsk_err *err)
{
	uint8_t raw[DIGEST_LEN];
	int rc = load(raw, sizeof(raw), &e->segments[segment], sec, err);

	if (rc == 0)
		rc = put(e, "md5", raw, 16, err);
	return rc < 0 ? rc : put(e, "sha1", raw + 16, 20, err);
}

/* First sector (4), sectors (4); the list of what they cover. */
static void note_errors(struct fsk_ewf *e, const struct fsk_ewf_segment *seg, const uint8_t *p,
                        uint32_t count)
{
	struct fsk_rangelog found;
	struct fsk_cur c;

	fsk_rangelog_init(&found);
	fsk_cur_init(&c, p, 8 * (size_t) count);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t first = fsk_cur_u32le(&c), n = fsk_cur_u32le(&c);
		if (first >= e->sectors)
			continue;
		if (n > e->sectors - first)
			n = e->sectors - first;
		fsk_rangelog_add(&found, first * e->sector_size, n * e->sector_size);
	}
	for (size_t i = 0; i < found.count; i++)
		fsk_rangelog_add(&e->source->lost, found.ranges[i].offset, found.ranges[i].length);
	if (found.count > 0)
		fsk_ewf_report(e, seg, FSK_EIO, found.ranges, found.count,
		               "%" PRIu64 " bytes could not be read when the image was made",
		               fsk_rangelog_bytes(&found));
	fsk_rangelog_free(&found);
}

/* Header: number of entries (4), unknown (512), checksum. Entries of 8
 * bytes. Footer: checksum of the entries. */
int fsk_ewf_read_errors(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                        struct fsk_err *err)
{
	const struct fsk_ewf_segment *seg = &e->segments[segment];
	uint8_t head[ERRORS_HEADER], *p;
	struct fsk_cur c;
	uint32_t count;
	size_t len;
	int rc;

	if (e->have_errors)
		return 0;
	rc = load(head, sizeof(head), seg, sec, err);
	if (rc < 0)
		return rc;
	fsk_cur_init(&c, head, sizeof(head));
	count = fsk_cur_u32le(&c);
	if (count > FSK_RANGELOG_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "%" PRIu32 " ranges, the limit is %u", count,
		                   FSK_RANGELOG_MAX);
	len = 8 * (size_t) count;
	if (len + 4 > sec->end - sec->data - ERRORS_HEADER)
		return fsk_err_set(err, FSK_ECORRUPT, "%" PRIu32 " ranges do not fit in", count);
	p = malloc(len + 4);
	if (p == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	rc = fsk_ewf_pread(seg, p, len + 4, sec->data + ERRORS_HEADER, err);
	if (rc == 0) {
		e->have_errors = true;
		fsk_cur_init(&c, p, len + 4);
		fsk_cur_seek(&c, len);
		/* told even when the checksum is wrong: rather too much than too little */
		note_errors(e, seg, p, count);
		if (fsk_cur_u32le(&c) != libdeflate_adler32(1, p, len))
			rc = fsk_err_set(err, FSK_ECORRUPT, "wrong checksum of the ranges");
	}
	free(p);
	return rc;
}
