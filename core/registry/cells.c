#include "core/registry/cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/base/text.h"

enum {
	NK_NAME_LATIN1 = 0x20,
	VK_NAME_LATIN1 = 0x01,
};
#define VK_IN_PLACE 0x80000000u
#define SYMBOL_FOR_NULL 0x2400
#define REPLACEMENT 0xfffd

int fsk_cells_init(struct fsk_cells *c, const uint8_t *bins, size_t size, uint32_t minor,
                   struct fsk_err *err)
{
	c->bins = bins;
	c->size = size;
	c->minor = minor;
	c->root = 0;
	c->marks = calloc(size / 64 + 1, 1);
	c->refused = calloc(size / 64 + 1, 1);
	if (c->marks == NULL || c->refused == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for the map of a hive");
	return 0;
}

void fsk_cells_free(struct fsk_cells *c)
{
	free(c->marks);
	free(c->refused);
	c->marks = c->refused = NULL;
}

/* true when `off`, a cell of the bins, was marked before */
static bool mark(struct fsk_cells *c, uint32_t off)
{
	uint8_t bit = (uint8_t) (1u << (off / 8 % 8));
	uint8_t *byte = &c->marks[off / 64];
	bool was = (*byte & bit) != 0;

	*byte |= bit;
	return was;
}

static void unmark(struct fsk_cells *c, uint32_t off)
{
	c->marks[off / 64] &= (uint8_t) ~(1u << (off / 8 % 8));
}

void fsk_cells_refuse(struct fsk_cells *c, uint32_t off, enum fsk_refused part)
{
	size_t at = (size_t) off + part;

	if (at < c->size)
		c->refused[at / 64] |= (uint8_t) (1u << (at / 8 % 8));
}

static bool is_refused(const struct fsk_cells *c, uint32_t off, enum fsk_refused part)
{
	size_t at = (size_t) off + part;

	return at < c->size && (c->refused[at / 64] >> (at / 8 % 8) & 1) != 0;
}

uint32_t fsk_cells_bin(const struct fsk_cells *c, size_t at)
{
	struct fsk_cur cur;
	const uint8_t *sig;
	uint32_t off, size;

	fsk_cur_init(&cur, c->bins, c->size);
	fsk_cur_seek(&cur, at);
	sig = fsk_cur_bytes(&cur, 4);
	off = fsk_cur_u32le(&cur);
	size = fsk_cur_u32le(&cur);
	if (sig == NULL || cur.failed || memcmp(sig, "hbin", 4) != 0 || off != at)
		return 0;
	return size % FSK_BIN_ALIGN != 0 || size > c->size - at ? 0 : size;
}

bool fsk_cells_get(struct fsk_cur *out, const struct fsk_cells *c, uint32_t off)
{
	struct fsk_cur cur;
	int32_t raw;
	uint32_t len;

	if (off % 8 != 0 || off < FSK_BIN_HEADER || off > c->size || c->size - off < 8)
		return false;
	fsk_cur_init(&cur, c->bins, c->size);
	fsk_cur_seek(&cur, off);
	raw = (int32_t) fsk_cur_u32le(&cur);
	len = raw < 0 ? 0u - (uint32_t) raw : (uint32_t) raw;
	if (len < 8 || len > c->size - off)
		return false;
	fsk_cur_init(out, c->bins + off + 4, len - 4);
	return true;
}

int fsk_cells_parse_nk(struct fsk_nk *out, struct fsk_cur *cur, uint32_t off, struct fsk_err *err)
{
	memset(out, 0, sizeof(*out));
	if (fsk_cur_u16le(cur) != 0x6b6e)
		return fsk_err_set(err, FSK_ECORRUPT, "cell 0x%x is no key", off);
	out->off = off;
	out->flags = fsk_cur_u16le(cur);
	out->written = fsk_cur_u64le(cur);
	fsk_cur_skip(cur, 4);
	out->parent = fsk_cur_u32le(cur);
	out->nsubkeys = fsk_cur_u32le(cur);
	fsk_cur_skip(cur, 4);
	out->subkeys = fsk_cur_u32le(cur);
	fsk_cur_skip(cur, 4);
	out->nvalues = fsk_cur_u32le(cur);
	out->values = fsk_cur_u32le(cur);
	out->security = fsk_cur_u32le(cur);
	out->klass = fsk_cur_u32le(cur);
	fsk_cur_skip(cur, 20);
	out->name_len = fsk_cur_u16le(cur);
	out->class_len = fsk_cur_u16le(cur);
	out->name = fsk_cur_bytes(cur, out->name_len);
	out->latin1 = (out->flags & NK_NAME_LATIN1) != 0;
	if (cur->failed)
		return fsk_err_set(err, FSK_ECORRUPT, "key cell 0x%x is too short", off);
	return 0;
}

int fsk_cells_nk(struct fsk_nk *out, const struct fsk_cells *c, uint32_t off, struct fsk_err *err)
{
	struct fsk_cur cur;

	memset(out, 0, sizeof(*out));
	if (!fsk_cells_get(&cur, c, off))
		return fsk_err_set(err, FSK_ECORRUPT, "no cell at 0x%x", off);
	return fsk_cells_parse_nk(out, &cur, off, err);
}

int fsk_cells_parse_vk(struct fsk_vk *out, struct fsk_cur *cur, uint32_t off, struct fsk_err *err)
{
	size_t data_at;

	memset(out, 0, sizeof(*out));
	if (fsk_cur_u16le(cur) != 0x6b76)
		return fsk_err_set(err, FSK_ECORRUPT, "cell 0x%x is no value", off);
	out->off = off;
	out->name_len = fsk_cur_u16le(cur);
	out->size = fsk_cur_u32le(cur);
	data_at = cur->pos;
	out->data = fsk_cur_u32le(cur);
	out->type = fsk_cur_u32le(cur);
	out->latin1 = (fsk_cur_u16le(cur) & VK_NAME_LATIN1) != 0;
	fsk_cur_skip(cur, 2);
	out->name = fsk_cur_bytes(cur, out->name_len);
	out->in_place = (out->size & VK_IN_PLACE) != 0;
	out->size &= ~VK_IN_PLACE;
	if (cur->failed)
		return fsk_err_set(err, FSK_ECORRUPT, "value cell 0x%x is too short", off);
	if (out->in_place && out->size > sizeof(out->small))
		return fsk_err_set(err, FSK_ECORRUPT,
		                   "value cell 0x%x says it holds %u bytes of data", off,
		                   out->size);
	fsk_cur_seek(cur, data_at);
	fsk_cur_copy(cur, out->small, sizeof(out->small));
	return 0;
}

int fsk_cells_vk(struct fsk_vk *out, const struct fsk_cells *c, uint32_t off, struct fsk_err *err)
{
	struct fsk_cur cur;

	memset(out, 0, sizeof(*out));
	if (!fsk_cells_get(&cur, c, off))
		return fsk_err_set(err, FSK_ECORRUPT, "no cell at 0x%x", off);
	return fsk_cells_parse_vk(out, &cur, off, err);
}

void fsk_list_free(struct fsk_list *l)
{
	free(l->at);
	memset(l, 0, sizeof(*l));
}

static void drop(struct fsk_list *l, const char *reason, uint32_t off)
{
	if (l->dropped++ == 0)
		snprintf(l->reason, sizeof(l->reason), "cell 0x%x %s", off, reason);
}

/* Opens a list of subkeys: its signature's second letter and the entries,
 * none of which lies outside the cell afterwards. */
static bool list_open(struct fsk_cur *cur, char *kind, uint16_t *count, const struct fsk_cells *c,
                      uint32_t off)
{
	const uint8_t *sig;
	size_t entry;

	if (!fsk_cells_get(cur, c, off))
		return false;
	sig = fsk_cur_bytes(cur, 2);
	*count = fsk_cur_u16le(cur);
	if (sig == NULL || cur->failed)
		return false;
	if (memcmp(sig, "ri", 2) == 0)
		*kind = 'r';
	else if (sig[0] == 'l' && strchr("fhi", sig[1]) != NULL && sig[1] != '\0')
		*kind = (char) sig[1];
	else
		return false;
	entry = *kind == 'f' || *kind == 'h' ? 8 : 4;
	return *count <= fsk_cur_left(cur) / entry;
}

static int list_add(struct fsk_list *l, size_t *cap, uint32_t off, struct fsk_err *err)
{
	if (l->count == *cap) {
		size_t grown = *cap == 0 ? 16 : 2 * *cap;
		uint32_t *at = realloc(l->at, grown * sizeof(*at));

		if (at == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "no memory for a list of subkeys");
		l->at = at;
		*cap = grown;
	}
	l->at[l->count++] = off;
	return 0;
}

static int leaf(struct fsk_list *out, size_t *cap, struct fsk_cells *c, uint32_t parent,
                uint32_t off, struct fsk_err *err)
{
	struct fsk_cur cur;
	struct fsk_nk nk;
	uint16_t count;
	char kind;
	int rc = 0;

	if (!list_open(&cur, &kind, &count, c, off) || kind == 'r') {
		drop(out, "is no list of subkeys", off);
		return 0;
	}
	for (uint16_t i = 0; i < count && rc == 0; i++) {
		uint32_t at = fsk_cur_u32le(&cur);

		if (kind != 'i')
			fsk_cur_skip(&cur, 4);
		if (++out->examined > FSK_HIVE_SUBKEYS_MAX)
			return fsk_err_set(err, FSK_ELIMIT, "more than %u subkeys",
			                   FSK_HIVE_SUBKEYS_MAX);
		if (fsk_cells_nk(&nk, c, at, NULL) < 0)
			drop(out, "is no key", at);
		else if (at == c->root)
			drop(out, "is the root of the hive", at);
		else if (nk.parent != parent)
			drop(out, "belongs to another key", at);
		else if (mark(c, at))
			drop(out, "is listed twice", at);
		else
			rc = list_add(out, cap, at, err);
		if (rc < 0)
			unmark(c, at);
	}
	return rc;
}

int fsk_cells_subkeys(struct fsk_list *out, struct fsk_cells *c, const struct fsk_nk *nk,
                      struct fsk_err *err)
{
	struct fsk_cur cur;
	uint16_t count;
	size_t cap = 0;
	char kind;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if (nk->nsubkeys == 0)
		return 0;
	if (is_refused(c, nk->off, FSK_REFUSED_SUBKEYS)) {
		drop(out, "is a list of other keys, too", nk->subkeys);
		return 0;
	}
	if (!list_open(&cur, &kind, &count, c, nk->subkeys)) {
		drop(out, "is no list of subkeys", nk->subkeys);
		return 0;
	}
	if (kind != 'r') {
		rc = leaf(out, &cap, c, nk->off, nk->subkeys, err);
	} else {
		for (uint16_t i = 0; i < count && rc == 0; i++)
			rc = leaf(out, &cap, c, nk->off, fsk_cur_u32le(&cur), err);
	}
	for (size_t i = 0; i < out->count; i++)
		unmark(c, out->at[i]);
	if (rc < 0)
		fsk_list_free(out);
	return rc;
}

int fsk_cells_values(struct fsk_list *out, const struct fsk_cells *c, const struct fsk_nk *nk,
                     struct fsk_err *err)
{
	struct fsk_cur cur;

	memset(out, 0, sizeof(*out));
	if (nk->nvalues == 0)
		return 0;
	if (is_refused(c, nk->off, FSK_REFUSED_VALUES))
		return fsk_err_set(err, FSK_ECORRUPT,
		                   "the list of %u values at 0x%x, or values in it, are those of "
		                   "other keys, too",
		                   nk->nvalues, nk->values);
	if (!fsk_cells_get(&cur, c, nk->values))
		return fsk_err_set(err, FSK_ECORRUPT, "no list of values at 0x%x", nk->values);
	if (nk->nvalues > fsk_cur_left(&cur) / 4)
		return fsk_err_set(err, FSK_ECORRUPT, "the list of %u values at 0x%x is too short",
		                   nk->nvalues, nk->values);
	if (nk->nvalues > FSK_HIVE_VALUES_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "has %u values", nk->nvalues);
	out->at = calloc(nk->nvalues, sizeof(*out->at));
	if (out->at == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a list of values");
	out->count = out->examined = nk->nvalues;
	for (size_t i = 0; i < out->count; i++)
		out->at[i] = fsk_cur_u32le(&cur);
	return 0;
}

/* Walks the segments of big data; copies them to `out` unless that is NULL. */
static int segments(uint8_t *out, const struct fsk_cells *c, struct fsk_cur *head, uint32_t size,
                    struct fsk_err *err)
{
	uint16_t count = fsk_cur_u16le(head);
	uint32_t list = fsk_cur_u32le(head);
	struct fsk_cur offsets, segment;
	uint32_t done = 0;

	if (head->failed || !fsk_cells_get(&offsets, c, list))
		return fsk_err_set(err, FSK_ECORRUPT, "no list of data segments at 0x%x", list);
	for (uint16_t i = 0; i < count && done < size; i++) {
		uint32_t part = size - done < FSK_BIG_SEGMENT ? size - done : FSK_BIG_SEGMENT;
		uint32_t at = fsk_cur_u32le(&offsets);
		const uint8_t *p = NULL;

		if (!offsets.failed && fsk_cells_get(&segment, c, at))
			p = fsk_cur_bytes(&segment, part);
		if (p == NULL)
			return fsk_err_set(err, FSK_ECORRUPT, "no data segment %u of %u at 0x%x",
			                   i + 1u, count, at);
		if (out != NULL)
			memcpy(out + done, p, part);
		done += part;
	}
	if (done < size)
		return fsk_err_set(err, FSK_ECORRUPT, "data segments hold %u of %u bytes", done,
		                   size);
	return 0;
}

static int data_cell(uint8_t *out, const struct fsk_cells *c, const struct fsk_vk *vk,
                     struct fsk_err *err)
{
	struct fsk_cur cur;
	const uint8_t *p;

	if (!fsk_cells_get(&cur, c, vk->data))
		return fsk_err_set(err, FSK_ECORRUPT, "no data cell at 0x%x", vk->data);
	if (vk->size > FSK_BIG_SEGMENT && c->minor > 3 && cur.len >= 8 &&
	    memcmp(cur.data, "db", 2) == 0) {
		fsk_cur_skip(&cur, 2);
		return segments(out, c, &cur, vk->size, err);
	}
	p = fsk_cur_bytes(&cur, vk->size);
	if (p == NULL)
		return fsk_err_set(err, FSK_ECORRUPT, "data cell at 0x%x holds %zu of %u bytes",
		                   vk->data, cur.len, vk->size);
	if (out != NULL)
		memcpy(out, p, vk->size);
	return 0;
}

int fsk_cells_data(uint8_t **out, const struct fsk_cells *c, const struct fsk_vk *vk,
                   struct fsk_err *err)
{
	uint8_t *data = NULL;
	int rc = 0;

	if (is_refused(c, vk->off, FSK_REFUSED_DATA))
		return fsk_err_set(err, FSK_ECORRUPT,
		                   "its %u bytes of data at 0x%x are those of other values, too",
		                   vk->size, vk->data);
	if (vk->size > FSK_HIVE_VALUE_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "says it has %u bytes of data", vk->size);
	if (out != NULL) {
		data = malloc(vk->size == 0 ? 1 : vk->size);
		if (data == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "no memory for %u bytes of data",
			                   vk->size);
		memcpy(data, vk->small, vk->in_place ? vk->size : 0);
	}
	if (vk->size > 0 && !vk->in_place)
		rc = data_cell(data, c, vk, err);
	if (rc < 0)
		free(data);
	else if (out != NULL)
		*out = data;
	return rc;
}

/* The i-th unit of a name, with what no C string or UTF-8 can hold replaced */
static uint16_t name_unit(const uint8_t *name, size_t len, bool latin1, size_t i)
{
	uint16_t unit = latin1 ? name[i] : (uint16_t) (name[2 * i] | name[2 * i + 1] << 8);
	size_t count = latin1 ? len : len / 2;
	uint16_t kind = unit & 0xfc00;

	if (unit == 0)
		return SYMBOL_FOR_NULL;
	if (kind == 0xd800 && (i + 1 == count || (name[2 * i + 3] & 0xfc) != 0xdc))
		return REPLACEMENT;
	if (kind == 0xdc00 && (i == 0 || (name[2 * i - 1] & 0xfc) != 0xd8))
		return REPLACEMENT;
	return unit;
}

bool fsk_cells_lone(const uint8_t *name, size_t len, bool latin1)
{
	for (size_t i = 0; !latin1 && i < len / 2; i++)
		if ((name[2 * i + 1] & 0xf8) == 0xd8 &&
		    name_unit(name, len, latin1, i) == REPLACEMENT)
			return true;
	return false;
}

/* ASCII without NUL. */
static bool is_ascii(const uint8_t *name, size_t len)
{
	uint8_t all = 0;

	for (size_t i = 0; i < len; i++)
		all |= name[i] == 0 ? 0x80 : name[i];
	return all < 0x80;
}

char *fsk_cells_text(const uint8_t *name, size_t len, bool latin1)
{
	struct fsk_buf units, utf8;
	char *text = NULL;
	int rc = 0;

	/* most names, of which a hive has a hundred thousand */
	if (latin1 && is_ascii(name, len))
		return fsk_text_dup((const char *) name, len);
	fsk_buf_init(&units, 2 * FSK_HIVE_NAME_MAX);
	fsk_buf_init(&utf8, 4 * FSK_HIVE_NAME_MAX);
	for (size_t i = 0; i < (latin1 ? len : len / 2) && rc == 0; i++)
		rc = fsk_buf_append_u16le(&units, name_unit(name, len, latin1, i), NULL);
	if (rc == 0)
		rc = fsk_text_append_utf16le(&utf8, units.data, units.len, false, NULL);
	if (rc == 0)
		text = fsk_buf_steal_str(&utf8, NULL);
	fsk_buf_free(&units);
	fsk_buf_free(&utf8);
	return text;
}
