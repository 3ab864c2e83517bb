/* From the bytes of a value to what its type says they are. */
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/registry/key.h"

/* Behind each value of settings.dat is a FILETIME: when it was written. */
#define STAMP 8u

/* The types of settings.dat are those of Windows.Storage.ApplicationDataContainer:
 * 0x5f5e100 and the number of Windows.Foundation.PropertyType. Properties of devices
 * (Enum\…\Properties) have 0xffff0000 and the number of a DEVPROPTYPE (devpropdef.h). */
#define APP(n) (0x5f5e100u + (n))
#define DEVPROP(n) (0xffff0000u + (n))

static const struct {
	uint32_t type;
	enum fsk_form form;
	uint8_t width; /* bytes that there must be */
	bool sign;     /* of numbers */
} forms[] = {
	{ FSK_REG_SZ, FSK_FORM_TEXT, 0, false },
	{ FSK_REG_EXPAND_SZ, FSK_FORM_TEXT, 0, false },
	{ FSK_REG_LINK, FSK_FORM_TEXT, 0, false },
	{ FSK_REG_MULTI_SZ, FSK_FORM_LIST, 0, false },
	{ FSK_REG_DWORD, FSK_FORM_NUMBER, 4, false },
	{ FSK_REG_DWORD_BE, FSK_FORM_NUMBER, 4, false },
	{ FSK_REG_QWORD, FSK_FORM_NUMBER, 8, false },
	{ FSK_REG_FILETIME, FSK_FORM_TIME, 8, false },
	{ APP(0x01), FSK_FORM_NUMBER, 1, false },
	{ APP(0x02), FSK_FORM_NUMBER, 2, true },
	{ APP(0x03), FSK_FORM_NUMBER, 2, false },
	{ APP(0x04), FSK_FORM_NUMBER, 4, true },
	{ APP(0x05), FSK_FORM_NUMBER, 4, false },
	{ APP(0x06), FSK_FORM_NUMBER, 8, true },
	{ APP(0x07), FSK_FORM_NUMBER, 8, false },
	{ APP(0x08), FSK_FORM_REAL, 4, false },
	{ APP(0x09), FSK_FORM_REAL, 8, false },
	{ APP(0x0a), FSK_FORM_TEXT, 2, false }, /* one character */
	{ APP(0x0b), FSK_FORM_TRUTH, 1, false },
	{ APP(0x0c), FSK_FORM_TEXT, 0, false },
	{ APP(0x0e), FSK_FORM_TIME, 8, false },
	{ APP(0x0f), FSK_FORM_NUMBER, 8, true }, /* a span, of 100 ns */
	{ APP(0x10), FSK_FORM_GUID, 16, false },
	{ DEVPROP(0x07), FSK_FORM_NUMBER, 4, false },
	{ DEVPROP(0x0d), FSK_FORM_GUID, 16, false },
	{ DEVPROP(0x10), FSK_FORM_TIME, 8, false },
	{ DEVPROP(0x11), FSK_FORM_TRUTH, 1, false },
	{ DEVPROP(0x12), FSK_FORM_TEXT, 0, false },
	{ DEVPROP(0x2012), FSK_FORM_LIST, 0, false },
};

static bool is_app_type(uint32_t type)
{
	return type > APP(0) && type <= APP(0xff);
}

/* --- text --- */

static char *text(const uint8_t *p, size_t n, struct fsk_err *err)
{
	struct fsk_buf b;
	char *s = NULL;

	fsk_buf_init(&b, 4 * (size_t) FSK_HIVE_VALUE_MAX);
	if (fsk_text_append_utf16le(&b, p, n, true, err) == 0)
		s = fsk_buf_steal_str(&b, err);
	fsk_buf_free(&b);
	return s;
}

/* Bytes of the string at `p` without its NUL, at most `n`. */
static size_t utf16_len(const uint8_t *p, size_t n)
{
	size_t len = 0;

	while (len + 1 < n && (p[len] != 0 || p[len + 1] != 0))
		len += 2;
	return len;
}

static int strings(struct fsk_value *v, struct fsk_err *err)
{
	size_t count = 0, pos = 0, len;

	for (pos = 0; (len = utf16_len(v->data + pos, v->size - pos)) > 0; count++)
		pos = pos + len + 2 < v->size ? pos + len + 2 : v->size;
	v->list = calloc(count + 1, sizeof(*v->list));
	if (v->list == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a list of strings");
	pos = 0;
	for (size_t i = 0; i < count; i++) {
		len = utf16_len(v->data + pos, v->size - pos);
		v->list[i] = text(v->data + pos, len, err);
		if (v->list[i] == NULL)
			return FSK_ENOMEM;
		pos = pos + len + 2 < v->size ? pos + len + 2 : v->size;
	}
	return 0;
}

static int guid(struct fsk_value *v, struct fsk_err *err)
{
	struct fsk_cur c;
	struct fsk_buf b;
	uint32_t a;
	uint16_t d, e;
	int rc;

	fsk_cur_init(&c, v->data, v->size);
	a = fsk_cur_u32le(&c);
	d = fsk_cur_u16le(&c);
	e = fsk_cur_u16le(&c);
	fsk_buf_init(&b, 64);
	rc = fsk_buf_printf(&b, err, "{%08x-%04x-%04x-", a, d, e);
	for (size_t i = 8; rc == 0 && i < 16; i++)
		rc = fsk_buf_printf(&b, err, "%s%02x", i == 10 ? "-" : "", v->data[i]);
	if (rc == 0)
		rc = fsk_buf_append_str(&b, "}", err);
	v->text = rc == 0 ? fsk_buf_steal_str(&b, err) : NULL;
	fsk_buf_free(&b);
	return v->text != NULL ? 0 : FSK_ENOMEM;
}

/* --- numbers --- */

static uint64_t little(const uint8_t *p, size_t size, size_t width)
{
	uint64_t n = 0;

	for (size_t i = 0; i < width && i < size; i++)
		n |= (uint64_t) p[i] << 8 * i;
	return n;
}

/* Missing bytes count as 0. */
static uint64_t number(const struct fsk_value *v, size_t width, bool sign)
{
	uint64_t n = little(v->data, v->size, width);

	if (v->type == FSK_REG_DWORD_BE)
		return (n & 0xff) << 24 | (n & 0xff00) << 8 | (n >> 8 & 0xff00) | n >> 24;
	if (sign && width < 8 && n >> (8 * width - 1) & 1)
		n |= UINT64_MAX << 8 * width;
	return n;
}

static double real(const struct fsk_value *v, size_t width)
{
	uint64_t bits = little(v->data, v->size, width);
	uint32_t low = (uint32_t) bits;
	float narrow;
	double wide;

	memcpy(&narrow, &low, sizeof(narrow));
	memcpy(&wide, &bits, sizeof(wide));
	return width == 4 ? (double) narrow : wide;
}

/* --- */

static int shape(struct fsk_value *v, size_t size, size_t width, bool sign, struct fsk_err *err)
{
	switch (v->form) {
	case FSK_FORM_TEXT:
		v->text = text(v->data, size, err);
		return v->text == NULL ? FSK_ENOMEM : 0;
	case FSK_FORM_LIST:
		return strings(v, err);
	case FSK_FORM_GUID:
		return guid(v, err);
	case FSK_FORM_TIME:
		v->time = fsk_time_from_filetime(little(v->data, size, width));
		return 0;
	case FSK_FORM_REAL:
		v->real = real(v, width);
		return 0;
	default:
		v->number = number(v, width, sign);
		return 0;
	}
}

int fsk_value_shape(struct fsk_value *v, struct fsk_err *err)
{
	size_t size = v->size;
	int rc;

	v->form = FSK_FORM_BYTES;
	v->time = v->written = FSK_TIME_NONE;
	if (is_app_type(v->type) && size >= STAMP) {
		size -= STAMP;
		v->written = fsk_time_from_filetime(little(v->data + size, STAMP, STAMP));
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i].type != v->type)
			continue;
		v->form = forms[i].form;
		if (size >= forms[i].width)
			return shape(v, size, forms[i].width, forms[i].sign, err);
		/* what there is of a number may still be of use to C */
		rc = v->form == FSK_FORM_NUMBER ? shape(v, size, forms[i].width, false, err) : 0;
		v->form = FSK_FORM_BYTES;
		return rc;
	}
	return 0;
}
