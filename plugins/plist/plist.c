#include "plugins/plist/plist.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "plugins/plist/parts.h"

static int make_room(struct fsk_plist *p, struct fsk_err *err)
{
	size_t cap = p->cap < 64 ? 64 : p->cap * 2;
	struct fsk_plist_value *grown;

	if (p->count < p->cap)
		return 0;
	if (p->count >= FSK_PLIST_VALUES_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u values", FSK_PLIST_VALUES_MAX);
	cap = cap < FSK_PLIST_VALUES_MAX ? cap : FSK_PLIST_VALUES_MAX;
	grown = realloc(p->at, cap * sizeof(*grown));
	if (grown == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for %zu values", cap);
	p->at = grown;
	p->cap = cap;
	return 0;
}

int fsk_plist_add(uint32_t *out, struct fsk_plist *p, uint32_t in, size_t key,
                  enum fsk_plist_kind kind, struct fsk_err *err)
{
	int rc = make_room(p, err);
	struct fsk_plist_value *box;
	uint32_t at;

	*out = 0;
	if (rc < 0)
		return rc;
	at = (uint32_t) p->count++;
	p->at[at] = (struct fsk_plist_value){ .kind = kind, .key = key };
	*out = at;
	if (in == FSK_PLIST_NONE)
		return 0;
	box = &p->at[in];
	if (box->first == 0)
		box->first = at;
	else
		p->at[box->last].next = at;
	box->last = at;
	return 0;
}

int fsk_plist_keep(size_t *at, struct fsk_plist *p, const void *data, size_t n, struct fsk_err *err)
{
	int rc = fsk_buf_reserve(&p->text, n + 1, err);

	*at = p->text.len;
	if (rc == 0)
		rc = fsk_buf_append(&p->text, data, n, err);
	return rc == 0 ? fsk_buf_append_u8(&p->text, 0, err) : rc;
}

int fsk_plist_set_date(struct fsk_plist *p, uint32_t value, fsk_time t, struct fsk_err *err)
{
	char iso[FSK_TIME_STR_MAX];
	size_t n = strlen(fsk_time_iso(iso, t));
	int rc = fsk_plist_keep(&p->at[value].text, p, iso, n, err);

	p->at[value].kind = FSK_PLIST_DATE;
	p->at[value].len = n;
	return rc;
}

void fsk_plist_note(struct fsk_plist *p, uint64_t off, const char *fmt, ...)
{
	char text[FSK_ERR_MSG_MAX - 40];
	va_list ap;

	if (p->damaged++ >= FSK_PLIST_NOTES_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fsk_buf_printf(&p->damage, NULL, "offset 0x%llx: %s\n", (unsigned long long) off, text);
}

/* --- which form --- */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* XML in UTF-8, or in UTF-16 with its mark. */
static bool looks_like_xml(const uint8_t *p, size_t n)
{
	if (n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff)))
		return true;
	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3, n -= 3;
	while (n > 0 && is_blank(*p))
		p++, n--;
	return n > 1 && p[0] == '<' && (p[1] == '?' || p[1] == '!' || p[1] == 'p');
}

int fsk_plist_read(struct fsk_plist *out, const void *data, size_t size, struct fsk_err *err)
{
	memset(out, 0, sizeof(*out));
	fsk_buf_init(&out->text, FSK_PLIST_TEXT_MAX);
	fsk_buf_init(&out->damage, FSK_PLIST_NOTES_MAX * FSK_ERR_MSG_MAX);
	if (size > FSK_PLIST_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "larger than %u bytes", FSK_PLIST_MAX);
	if (size >= 8 && memcmp(data, "bplist", 6) == 0)
		return fsk_plist_binary(out, data, size, err);
	if (looks_like_xml(data, size))
		return fsk_plist_xml(out, data, size, err);
	return fsk_plist_old(out, data, size, err);
}

void fsk_plist_free(struct fsk_plist *p)
{
	free(p->at);
	fsk_buf_free(&p->text);
	fsk_buf_free(&p->damage);
	memset(p, 0, sizeof(*p));
}
