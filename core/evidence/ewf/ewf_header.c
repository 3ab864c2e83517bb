#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/base/time.h"
#include "core/evidence/ewf/ewf.h"

/* Identifiers of the "main" category and what they are called here. */
static const struct {
	const char *id, *key;
	bool date;
} fields[] = {
	{ "a", "description", false },
	{ "c", "case_number", false },
	{ "n", "evidence_number", false },
	{ "e", "examiner", false },
	{ "t", "notes", false },
	{ "md", "model", false },
	{ "sn", "serial_number", false },
	{ "l", "device_label", false },
	{ "av", "acquisition_software", false },
	{ "ov", "acquisition_os", false },
	{ "m", "acquired", true },
	{ "u", "system_date", true },
	{ "p", "password_hash", false },
	{ "pid", "process_id", false },
	{ "ext", "extents", false },
	{ "r", "compression_option", false },
};

/* A piece of text inside the inflated header. */
struct span {
	const char *p;
	size_t n;
};

/* Cuts the next piece up to `stop` off `from`; false at the end. */
static bool cut(struct span *out, struct span *from, char stop)
{
	const char *hit;

	if (from->p == NULL)
		return false;
	hit = memchr(from->p, stop, from->n);
	*out = (struct span){ from->p, hit != NULL ? (size_t) (hit - from->p) : from->n };
	if (hit != NULL)
		*from = (struct span){ hit + 1, from->n - out->n - 1 };
	else
		from->p = NULL;
	return true;
}

static bool cut_line(struct span *out, struct span *from)
{
	if (!cut(out, from, '\n'))
		return false;
	if (out->n > 0 && out->p[out->n - 1] == '\r')
		out->n--;
	return true;
}

static bool equals(const struct span *s, const char *text)
{
	return s->n == strlen(text) && memcmp(s->p, text, s->n) == 0;
}

static bool is_date(const int v[6])
{
	return v[0] >= 0 && v[1] >= 1 && v[1] <= 12 && v[2] >= 1 && v[2] <= 31 && v[3] >= 0 &&
	       v[3] <= 23 && v[4] >= 0 && v[4] <= 59 && v[5] >= 0 && v[5] <= 60;
}

/* header2 has seconds since 1970. header has "2014 4 20 7 56 50" in the
 * local time of the machine that made the image, whose zone is not told. */
static json_t *date_json(const char *text)
{
	char out[FSK_TIME_STR_MAX + 32];
	int v[6], end = 0;
	long long seconds;

	if (sscanf(text, "%4d %2d %2d %2d %2d %2d%n", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5],
	           &end) == 6 &&
	    text[end] == '\0' && is_date(v)) {
		snprintf(out, sizeof(out), "%04d-%02d-%02dT%02d:%02d:%02d", v[0], v[1], v[2], v[3],
		         v[4], v[5]);
		return json_string(out);
	}
	if (sscanf(text, "%18lld%n", &seconds, &end) == 1 && text[end] == '\0') {
		fsk_time t = fsk_time_from_unix(seconds, 0);
		if (t != FSK_TIME_NONE)
			return json_string(fsk_time_iso(out, t));
	}
	return json_string(text);
}

static void put_field(struct fsk_ewf *e, const struct span *id, const struct span *value,
                      bool replace)
{
	json_t *o = e->source->metadata;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		char *text;
		if (!equals(id, fields[i].id))
			continue;
		if (value->n == 0 || (fields[i].id[0] == 'p' && equals(value, "0")))
			return;
		if (!replace && json_object_get(o, fields[i].key) != NULL)
			return;
		text = fsk_text_dup_utf8(value->p, value->n);
		if (text != NULL)
			json_object_set_new(o, fields[i].key,
			                    fields[i].date ? date_json(text) : json_string(text));
		free(text);
		return;
	}
}

/* Lines: count of categories, then for each its name, tab-separated
 * identifiers and as many values. Only "main" says something of use. */
static bool parse_text(struct fsk_ewf *e, const char *text, size_t n, bool replace)
{
	struct span rest = { text, n }, line, ids, values, id, value;

	do {
		if (!cut_line(&line, &rest))
			return false;
	} while (!equals(&line, "main"));
	if (!cut_line(&ids, &rest) || !cut_line(&values, &rest))
		return false;
	while (cut(&id, &ids, '\t') && cut(&value, &values, '\t'))
		put_field(e, &id, &value, replace);
	return true;
}

static int inflate_text(struct fsk_buf *out, const struct fsk_ewf *e, const uint8_t *in, size_t n,
                        struct fsk_err *err)
{
	enum libdeflate_result r = LIBDEFLATE_INSUFFICIENT_SPACE;
	struct libdeflate_decompressor *d = e->inflater.deflate;

	for (size_t cap = 64 * FSK_KIB; r == LIBDEFLATE_INSUFFICIENT_SPACE; cap *= 4) {
		size_t used = 0, got = 0;
		int rc;
		if (cap > FSK_EWF_HEADER_MAX)
			return fsk_err_set(err, FSK_ELIMIT, "longer than %u bytes",
			                   FSK_EWF_HEADER_MAX);
		fsk_buf_reset(out);
		rc = fsk_buf_reserve(out, cap, err);
		if (rc < 0)
			return rc;
		r = libdeflate_zlib_decompress_ex(d, in, n, out->data, cap, &used, &got);
		out->len = r == LIBDEFLATE_SUCCESS ? got : 0;
	}
	if (r != LIBDEFLATE_SUCCESS)
		return fsk_err_set(err, FSK_ECORRUPT, "does not inflate, or has a wrong checksum");
	return 0;
}

/* UTF-16 with a byte order mark, in place, to little-endian without one. */
static void to_little_endian(struct fsk_buf *b)
{
	bool big = b->len >= 2 && b->data[0] == 0xfe && b->data[1] == 0xff;

	for (size_t i = 0; big && i + 1 < b->len; i += 2) {
		uint8_t t = b->data[i];
		b->data[i] = b->data[i + 1];
		b->data[i + 1] = t;
	}
	if (b->len >= 2 && b->data[0] == 0xff && b->data[1] == 0xfe)
		fsk_buf_consume(b, 2);
}

static int read_text(struct fsk_buf *out, struct fsk_ewf *e, uint32_t segment,
                     const struct fsk_ewf_section *sec, bool wide, struct fsk_err *err)
{
	uint64_t len = sec->end - sec->data;
	struct fsk_buf raw, wide_text;
	int rc;

	if (len > FSK_EWF_HEADER_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "%" PRIu64 " bytes, the limit is %u", len,
		                   FSK_EWF_HEADER_MAX);
	fsk_buf_init(&raw, FSK_EWF_HEADER_MAX);
	fsk_buf_init(&wide_text, FSK_EWF_HEADER_MAX);
	rc = fsk_buf_reserve(&raw, (size_t) len, err);
	if (rc == 0)
		rc = fsk_ewf_pread(&e->segments[segment], raw.data, (size_t) len, sec->data, err);
	if (rc == 0)
		rc = inflate_text(wide ? &wide_text : out, e, raw.data, (size_t) len, err);
	if (rc == 0 && wide) {
		to_little_endian(&wide_text);
		rc = fsk_text_append_utf16le(out, wide_text.data, wide_text.len, true, err);
	}
	fsk_buf_free(&raw);
	fsk_buf_free(&wide_text);
	return rc;
}

int fsk_ewf_read_header(struct fsk_ewf *e, uint32_t segment, const struct fsk_ewf_section *sec,
                        bool wide, struct fsk_err *err)
{
	bool *have = wide ? &e->have_header2 : &e->have_header;
	struct fsk_buf text;
	int rc;

	if (*have || e->headers_tried >= 2 * FSK_EWF_HEADERS_MAX)
		return 0; /* it is there twice, and the second says the same */
	e->headers_tried++;
	/* UTF-16 takes at most three bytes of UTF-8 a unit, and six escaped */
	fsk_buf_init(&text, 4 * FSK_EWF_HEADER_MAX);
	rc = read_text(&text, e, segment, sec, wide, err);
	if (rc == 0) {
		*have = parse_text(e, (const char *) text.data, text.len, wide);
		if (!*have)
			rc = fsk_err_set(err, FSK_ECORRUPT, "has no \"main\" category");
	}
	fsk_buf_free(&text);
	return rc;
}
