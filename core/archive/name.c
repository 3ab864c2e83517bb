#include "core/archive/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"

#define NUMBER_ROOM 24 /* "~" and a number of 64 bits */
#define LABEL_MAX 100
#define SLOTS_MIN 1024

static bool is_harmful(uint32_t cp)
{
	return cp < 0x20 || cp == '\\' || (cp >= 0x7f && cp < 0xa0) || /* C0, DEL, C1 */
	       cp == 0x200e || cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff ||
	       (cp >= 0xdc80 && cp <= 0xdd7f); /* no UTF-8 */
}

static int append_percent(struct fsk_buf *out, const char *p, size_t n, struct fsk_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = fsk_buf_printf(out, err, "%%%02X", (unsigned) (unsigned char) p[i]);
	return rc;
}

/* One component, which holds no '/' and is not empty. */
static int append_component(struct fsk_buf *out, const char *p, const char *end,
                            struct fsk_err *err)
{
	bool dots = strspn(p, ". ") >= (size_t) (end - p);
	int rc = 0;

	while (rc == 0 && p < end) {
		const char *at = p;
		uint32_t cp = fsk_text_next(&p, end);

		if (is_harmful(cp) || (dots && cp == '.'))
			rc = append_percent(out, at, (size_t) (p - at), err);
		else
			rc = fsk_buf_append(out, at, (size_t) (p - at), err);
	}
	return rc;
}

/* Cuts `out` to `max` bytes where a character ends. */
static void cut(struct fsk_buf *out, size_t start, size_t max)
{
	if (out->len - start <= max)
		return;
	out->len = start + fsk_text_utf8_valid(out->data + start, max);
	while (out->len > start && out->data[out->len - 1] == '/')
		out->len--;
}

/* A name that `unzip` on Windows would take for a drive. */
static bool has_drive(const char *p, const char *end)
{
	return end - p >= 2 && p[1] == ':' &&
	       ((p[0] >= 'A' && p[0] <= 'Z') || (p[0] >= 'a' && p[0] <= 'z'));
}

int fsk_name_append_member(struct fsk_buf *out, const char *name, struct fsk_err *err)
{
	size_t start = out->len;
	int rc = 0;

	while (rc == 0 && *name != '\0') {
		const char *end = name + strcspn(name, "/");

		if (end > name && out->len > start)
			rc = fsk_buf_append_u8(out, '/', err);
		if (rc == 0 && out->len == start && has_drive(name, end)) {
			rc = fsk_buf_printf(out, err, "%c%%3A", name[0]);
			name += 2;
		}
		if (rc == 0)
			rc = append_component(out, name, end, err);
		name = *end == '/' ? end + 1 : end;
		if (out->len - start > FSK_MEMBER_NAME_MAX)
			break;
	}
	cut(out, start, FSK_MEMBER_NAME_MAX - NUMBER_ROOM);
	if (rc == 0 && out->len == start)
		rc = fsk_buf_append_str(out, "unnamed", err);
	return rc;
}

static bool fits_label(uint32_t cp)
{
	if (cp >= 0x80)
		return !is_harmful(cp);
	return (cp >= '0' && cp <= '9') || (cp >= 'A' && cp <= 'Z') || (cp >= 'a' && cp <= 'z') ||
	       cp == '.' || cp == '_' || cp == '-';
}

int fsk_name_append_label(struct fsk_buf *out, const char *label, struct fsk_err *err)
{
	const char *end = label + strlen(label);
	size_t start = out->len;
	int rc = 0;

	while (rc == 0 && label < end && out->len - start < LABEL_MAX) {
		const char *at = label;
		uint32_t cp = fsk_text_next(&label, end);
		bool keep = fits_label(cp) && !(out->len == start && (cp == '.' || cp == '-'));

		rc = keep ? fsk_buf_append(out, at, (size_t) (label - at), err)
		          : fsk_buf_append_u8(out, '_', err);
	}
	cut(out, start, LABEL_MAX);
	if (rc == 0 && out->len == start)
		rc = fsk_buf_append_str(out, "evidence", err);
	return rc;
}

void fsk_nameset_free(struct fsk_nameset *s)
{
	free(s->slots);
	*s = (struct fsk_nameset){ 0 };
}

/* FNV-1a over folded code points, with a last round of mixing. */
static uint64_t hash_name(const char *name)
{
	const char *end = name + strlen(name);
	uint64_t h = 0xcbf29ce484222325u;

	while (name < end) {
		uint32_t cp = fsk_text_fold(fsk_text_next(&name, end));

		for (int i = 0; i < 3; i++)
			h = (h ^ ((cp >> (8 * i)) & 0xff)) * 0x100000001b3u;
	}
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	h ^= h >> 32;
	return h != 0 ? h : 1;
}

static size_t find_slot(const uint64_t *slots, size_t cap, uint64_t h)
{
	size_t i = (size_t) h & (cap - 1);

	while (slots[i] != 0 && slots[i] != h)
		i = (i + 1) & (cap - 1);
	return i;
}

static int grow(struct fsk_nameset *s, struct fsk_err *err)
{
	size_t cap = s->cap == 0 ? SLOTS_MIN : s->cap * 2;
	uint64_t *slots;

	if (s->used * 3 < s->cap * 2)
		return 0;
	slots = calloc(cap, sizeof(*slots));
	if (slots == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for %zu names", s->used);
	for (size_t i = 0; i < s->cap; i++)
		if (s->slots[i] != 0)
			slots[find_slot(slots, cap, s->slots[i])] = s->slots[i];
	free(s->slots);
	s->slots = slots;
	s->cap = cap;
	return 0;
}

bool fsk_nameset_has(const struct fsk_nameset *s, const char *name)
{
	uint64_t h = hash_name(name);

	return s->cap > 0 && s->slots[find_slot(s->slots, s->cap, h)] == h;
}

int fsk_nameset_add(struct fsk_nameset *s, const char *name, struct fsk_err *err)
{
	uint64_t h = hash_name(name);
	size_t i;
	int rc = grow(s, err);

	if (rc < 0)
		return rc;
	i = find_slot(s->slots, s->cap, h);
	if (s->slots[i] == h)
		return fsk_err_set(err, FSK_EEXIST, "member \"%s\" is there already", name);
	s->slots[i] = h;
	s->used++;
	return 0;
}

int fsk_nameset_take(struct fsk_nameset *s, struct fsk_buf *name, struct fsk_err *err)
{
	size_t len = name->len;
	int rc = fsk_buf_append_u8(name, 0, err);

	for (unsigned n = 2; rc == 0 && fsk_nameset_has(s, (const char *) name->data); n++) {
		name->len = len;
		rc = fsk_buf_printf(name, err, "~%u", n);
		if (rc == 0)
			rc = fsk_buf_append_u8(name, 0, err);
	}
	if (rc == 0)
		rc = fsk_nameset_add(s, (const char *) name->data, err);
	if (name->len > 0)
		name->len--; /* the NUL stays behind the text, uncounted */
	return rc;
}
