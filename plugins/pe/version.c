#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/text.h"
#include "plugins/pe/parts.h"

enum { TYPE_VERSION = 16, BLOCK_HEAD = 6, FIXED_SIZE = 52 };
#define SIGNATURE 0xfeef04bdu

/* One block: its key, its value, and the blocks inside. */
struct block {
	size_t key, key_size; /* UTF-16 without the NUL */
	size_t value, value_size;
	size_t children, end;
};

struct info {
	const uint8_t *data;
	size_t size;
	uint64_t off; /* in the file */
	const struct fsk_pe *pe;
	unsigned strings;
};

static size_t aligned(size_t n)
{
	return (n + 3) & ~(size_t) 3;
}

/* The block at `at`, which must end at `end` or before. A length that says more is cut,
 * which is what Windows does. */
static bool parse(struct block *out, const struct info *in, size_t at, size_t end)
{
	struct fsk_cur c;
	size_t length, value;
	bool text;

	if (end - at < BLOCK_HEAD)
		return false;
	fsk_cur_init(&c, in->data, end);
	fsk_cur_seek(&c, at);
	length = fsk_cur_u16le(&c);
	value = fsk_cur_u16le(&c);
	text = fsk_cur_u16le(&c) == 1;
	if (length < BLOCK_HEAD)
		return false;
	out->end = length < end - at ? at + length : end;
	out->key = c.pos;
	while (c.pos + 2 <= out->end && fsk_cur_u16le(&c) != 0)
		;
	out->key_size = c.pos - out->key >= 2 ? c.pos - out->key - 2 : 0;
	out->value = aligned(c.pos);
	if (out->value > out->end)
		out->value = out->end;
	out->value_size = text ? 2 * value : value;
	if (out->value_size > out->end - out->value)
		out->value_size = out->end - out->value;
	out->children = aligned(out->value + out->value_size);
	if (out->children > out->end)
		out->children = out->end;
	return true;
}

static char *text(const struct info *in, size_t at, size_t n)
{
	struct fsk_buf b;
	char *out = NULL;

	fsk_buf_init(&b, 4 * n + 16);
	if (fsk_text_append_utf16le(&b, in->data + at, n, true, NULL) == 0)
		out = fsk_buf_steal_str(&b, NULL);
	fsk_buf_free(&b);
	return out;
}

static bool key_is(const struct info *in, const struct block *b, const char *word)
{
	if (b->key_size != 2 * strlen(word))
		return false;
	for (size_t i = 0; word[i] != '\0'; i++)
		if (in->data[b->key + 2 * i] != (uint8_t) word[i] ||
		    in->data[b->key + 2 * i + 1] != 0)
			return false;
	return true;
}

/* Calls `each` for the blocks inside. */
static void children(json_t *o, struct info *in, const struct block *b,
                     void (*each)(json_t *, struct info *, const struct block *))
{
	struct block child;

	for (size_t at = b->children; at + BLOCK_HEAD <= b->end; at = aligned(child.end)) {
		if (!parse(&child, in, at, b->end)) {
			/* zero bytes at the end are padding */
			if (in->data[at] != 0 || in->data[at + 1] != 0)
				fsk_ranges_note(in->pe->file, in->off + at,
				                "a block of the version resource is damaged");
			return;
		}
		each(o, in, &child);
	}
}

static void one_string(json_t *strings, struct info *in, const struct block *b)
{
	char *key, *value;

	if (in->strings++ >= FSK_PE_VERSION_STRINGS_MAX)
		return;
	key = text(in, b->key, b->key_size);
	value = text(in, b->value, b->value_size);
	if (key != NULL && value != NULL && *key != '\0' && json_object_get(strings, key) == NULL)
		json_object_set_new(strings, key, json_string(value));
	free(key);
	free(value);
}

static void table(json_t *o, struct info *in, const struct block *b)
{
	children(json_object_get(o, "strings"), in, b, one_string);
}

static void file_info(json_t *o, struct info *in, const struct block *b)
{
	if (key_is(in, b, "StringFileInfo"))
		children(o, in, b, table);
}

static json_t *four(uint32_t high, uint32_t low)
{
	char out[32];

	snprintf(out, sizeof(out), "%u.%u.%u.%u", high >> 16, high & 0xffff, low >> 16,
	         low & 0xffff);
	return json_string(out);
}

static void fixed(json_t *o, struct info *in, const struct block *b)
{
	struct fsk_cur c;
	uint32_t high, low;

	if (b->value_size == 0)
		return;
	fsk_cur_init(&c, in->data + b->value, b->value_size);
	if (fsk_cur_u32le(&c) != SIGNATURE) {
		fsk_ranges_note(in->pe->file, in->off + b->value,
		                "the version resource has no numbers");
		return;
	}
	fsk_cur_skip(&c, 4);
	high = fsk_cur_u32le(&c);
	low = fsk_cur_u32le(&c);
	if (!c.failed)
		json_object_set_new(o, "file", four(high, low));
	high = fsk_cur_u32le(&c);
	low = fsk_cur_u32le(&c);
	if (!c.failed)
		json_object_set_new(o, "product", four(high, low));
}

json_t *fsk_pe_version(const struct fsk_pe *pe)
{
	struct info in = { .pe = pe };
	struct block root;
	unsigned language;
	uint32_t size;
	uint8_t *data;
	json_t *o;

	if (!fsk_pe_resource_find(&in.off, &size, &language, pe, TYPE_VERSION))
		return NULL;
	if (size > FSK_PE_VERSION_MAX) {
		fsk_ranges_note(pe->file, in.off, "the version resource has %u bytes", size);
		size = FSK_PE_VERSION_MAX;
	}
	data = malloc(size > 0 ? size : 1);
	if (data == NULL)
		return NULL;
	in.data = data;
	in.size = fsk_ranges_read(pe->file, data, size, in.off);
	o = json_pack("{s:I, s:{}}", "language", (json_int_t) language, "strings");
	if (parse(&root, &in, 0, in.size) && key_is(&in, &root, "VS_VERSION_INFO")) {
		/* its size is known, whatever the block says */
		if (root.value_size > FIXED_SIZE) {
			root.value_size = FIXED_SIZE;
			root.children = aligned(root.value + FIXED_SIZE);
		}
		fixed(o, &in, &root);
		children(o, &in, &root, file_info);
	} else {
		fsk_ranges_note(pe->file, in.off, "the version resource is damaged");
	}
	free(data);
	return o;
}
