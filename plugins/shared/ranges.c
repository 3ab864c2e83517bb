#include "plugins/shared/ranges.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"

#define STRING_PIECE 64u /* most names are shorter */

int fsk_ranges_open(struct fsk_ranges *out, const struct fsk_input *in, struct fsk_err *err)
{
	memset(out, 0, sizeof(*out));
	out->in = *in;
	out->names = FSK_RANGES_NAMES_MAX;
	out->npages = in->size / FSK_RANGES_PAGE < FSK_RANGES_PAGES
	                  ? (unsigned) (in->size / FSK_RANGES_PAGE) + 1
	                  : FSK_RANGES_PAGES;
	out->pages = calloc(out->npages, sizeof(*out->pages));
	out->notes = json_array();
	if (out->pages != NULL && out->notes != NULL)
		return 0;
	fsk_ranges_close(out);
	return fsk_err_set(err, FSK_ENOMEM, "no memory to read a program");
}

void fsk_ranges_close(struct fsk_ranges *f)
{
	free(f->pages);
	json_decref(f->notes);
	f->pages = NULL;
	f->notes = NULL;
}

/* The page that holds `off`; NULL when it cannot be read. */
static const struct fsk_ranges_page *page_at(struct fsk_ranges *f, uint64_t off)
{
	uint64_t from = off - off % FSK_RANGES_PAGE;
	struct fsk_ranges_page *p = &f->pages[from / FSK_RANGES_PAGE % f->npages];
	struct fsk_err err = { 0 };
	int64_t got = 1;

	if (p->len > 0 && p->off == from)
		return p;
	p->off = from;
	for (p->len = 0; p->len < FSK_RANGES_PAGE && got > 0; p->len += got > 0 ? (size_t) got : 0)
		got = f->in.read(f->in.arg, p->data + p->len, FSK_RANGES_PAGE - p->len,
		                 from + p->len, &f->bad, &err);
	if (got < 0 && f->err.code == 0)
		f->err = err;
	return p->len > 0 ? p : NULL;
}

size_t fsk_ranges_read(struct fsk_ranges *f, void *out, size_t n, uint64_t off)
{
	size_t done = 0;

	memset(out, 0, n);
	while (done < n && off < f->in.size) {
		const struct fsk_ranges_page *p = page_at(f, off);
		size_t at = (size_t) (off % FSK_RANGES_PAGE), take;

		if (p == NULL || at >= p->len)
			break;
		take = p->len - at < n - done ? p->len - at : n - done;
		memcpy((uint8_t *) out + done, p->data + at, take);
		done += take;
		off += take;
	}
	return done;
}

bool fsk_ranges_read_all(struct fsk_ranges *f, void *out, size_t n, uint64_t off)
{
	return fsk_ranges_read(f, out, n, off) == n;
}

void fsk_ranges_note(struct fsk_ranges *f, uint64_t off, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	int n = 0;

	if (++f->noted > FSK_RANGES_NOTES_MAX)
		return;
	if (off != FSK_RANGES_NOWHERE)
		n = snprintf(text, sizeof(text), "offset 0x%" PRIx64 ": ", off);
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t) n, fmt, ap);
	va_end(ap);
	json_array_append_new(f->notes, fsk_json_bytes(text, strlen(text)));
}

json_t *fsk_ranges_notes(struct fsk_ranges *f)
{
	char text[64];

	if (f->noted <= FSK_RANGES_NOTES_MAX)
		return f->notes;
	snprintf(text, sizeof(text), "%zu more places are damaged",
	         f->noted - FSK_RANGES_NOTES_MAX);
	f->noted = FSK_RANGES_NOTES_MAX;
	json_array_append_new(f->notes, json_string(text));
	return f->notes;
}

bool fsk_ranges_text(struct fsk_buf *out, struct fsk_ranges *f, uint64_t off, size_t max)
{
	uint8_t piece[STRING_PIECE];

	fsk_buf_reset(out);
	max = max < FSK_RANGES_NAME_MAX ? max : FSK_RANGES_NAME_MAX;
	max = max < f->names ? max : f->names;
	while (out->len < max) {
		size_t want = max - out->len < sizeof(piece) ? max - out->len : sizeof(piece);
		size_t got = fsk_ranges_read(f, piece, want, off + out->len);
		const uint8_t *end = memchr(piece, 0, got);
		size_t take = end != NULL ? (size_t) (end - piece) : got;

		if (got == 0 || fsk_buf_append(out, piece, take, NULL) < 0)
			return false;
		if (end != NULL) {
			f->names -= out->len;
			return true;
		}
	}
	return false;
}

json_t *fsk_json_bytes(const void *p, size_t n)
{
	struct fsk_buf b;
	json_t *j = NULL;

	fsk_buf_init(&b, 8 * n + 1);
	if (fsk_text_append_utf8(&b, p, n, NULL) == 0)
		j = json_stringn(b.len > 0 ? (const char *) b.data : "", b.len);
	fsk_buf_free(&b);
	return j;
}
