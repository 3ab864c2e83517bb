#include <string.h>

#include "core/base/cursor.h"
#include "core/base/time.h"
#include "plugins/msi/parts.h"

#define STREAM "\005SummaryInformation"
#define CODE_PAGE 1u /* number of a property */

enum { VT_I2 = 2, VT_I4 = 3, VT_LPSTR = 30, VT_FILETIME = 64 };

static const struct {
	unsigned id;
	const char *name;
} members[] = {
	{ 2, "title" },        { 3, "subject" },   { 4, "author" },   { 5, "keywords" },
	{ 6, "comments" },     { 7, "template" },  { 8, "saved_by" }, { 9, "revision" },
	{ 12, "created" },     { 13, "saved" },    { 14, "schema" },  { 15, "words" },
	{ 18, "application" }, { 19, "security" },
};

static json_t *text(struct fsk_msi *m, struct fsk_cur *c, unsigned code_page)
{
	size_t n = fsk_cur_u32le(c);
	const uint8_t *p = n <= fsk_cur_left(c) ? fsk_cur_bytes(c, n) : NULL;
	const uint8_t *end = p != NULL ? memchr(p, 0, n) : NULL;

	if (p == NULL && n > 0)
		fsk_msi_note(m, "a text of the summary ends behind it");
	return p == NULL ? NULL
	                 : fsk_msi_text(m, code_page, p, end != NULL ? (size_t) (end - p) : n);
}

static json_t *moment(uint64_t filetime)
{
	fsk_time t = fsk_time_from_filetime(filetime);
	char iso[FSK_TIME_STR_MAX];

	return t == FSK_TIME_NONE ? NULL : json_string(fsk_time_iso(iso, t));
}

static json_t *value(struct fsk_msi *m, struct fsk_cur *c, unsigned code_page)
{
	uint32_t type = fsk_cur_u32le(c), number;
	uint64_t time;

	switch (type) {
	case VT_LPSTR:
		return text(m, c, code_page);
	case VT_FILETIME:
		time = fsk_cur_u64le(c);
		return c->failed ? NULL : moment(time);
	case VT_I2:
		number = fsk_cur_u16le(c);
		return c->failed ? NULL : json_integer((int16_t) number);
	case VT_I4:
		number = fsk_cur_u32le(c);
		return c->failed ? NULL : json_integer((int32_t) number);
	default:
		return NULL;
	}
}

/* Property `id` of the section at `base`, which has `count`; NULL: there is none. */
static json_t *property(struct fsk_msi *m, const struct fsk_buf *b, size_t base, uint32_t count,
                        unsigned id, unsigned code_page)
{
	struct fsk_cur list, c;

	fsk_cur_init(&list, b->data, b->len);
	fsk_cur_seek(&list, base + 8);
	for (uint32_t i = 0; i < count && fsk_cur_left(&list) >= 8; i++) {
		uint32_t one = fsk_cur_u32le(&list), at = fsk_cur_u32le(&list);

		if (one != id)
			continue;
		fsk_cur_init(&c, b->data, b->len);
		fsk_cur_seek(&c, base + at);
		return value(m, &c, code_page);
	}
	return NULL;
}

static json_t *tell(struct fsk_msi *m, const struct fsk_buf *b)
{
	json_t *out = json_object(), *j;
	unsigned code_page;
	struct fsk_cur c;
	uint32_t count;
	size_t base;

	fsk_cur_init(&c, b->data, b->len);
	fsk_cur_seek(&c, 44); /* the place of the first section */
	base = fsk_cur_u32le(&c);
	fsk_cur_seek(&c, base + 4);
	count = fsk_cur_u32le(&c);
	if (c.failed) {
		fsk_msi_note(m, "the summary is damaged");
		count = 0;
	}
	j = property(m, b, base, count, CODE_PAGE, 0);
	code_page = (uint16_t) json_integer_value(j);
	json_decref(j);
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		j = property(m, b, base, count, members[i].id, code_page);
		if (j != NULL)
			json_object_set_new(out, members[i].name, j);
	}
	return out;
}

json_t *fsk_msi_summary(struct fsk_msi *m)
{
	json_t *out = NULL;
	struct fsk_err why = { 0 };
	struct fsk_buf b;
	int rc;

	fsk_buf_init(&b, FSK_MSI_SUMMARY_MAX);
	rc = fsk_msi_stream(&b, m, STREAM, &why);
	if (rc < 0 && rc != FSK_ENOTFOUND)
		fsk_msi_note(m, "%s", why.msg);
	if (rc == 0 || rc == FSK_ECORRUPT)
		out = tell(m, &b);
	fsk_buf_free(&b);
	return out;
}
