#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/digest.h"
#include "plugins/pe/parts.h"

enum { ENTRY_SIZE = 20, DELAY_SIZE = 32 };
#define HASH_TEXT_MAX (2u * FSK_RANGES_NAMES_MAX)

struct imports {
	const struct fsk_pe *pe;
	json_t *libraries;
	unsigned functions;
	struct fsk_buf name; /* of a library or a function, in turn */
	struct fsk_buf text; /* what imphash is the digest of */
	bool hashed;         /* `text` is whole so far */
};

static void lower(struct fsk_buf *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fsk_buf_append_u8(out, (uint8_t) tolower(p[i]), NULL);
}

/* "ws2_32." of "WS2_32.dll" */
static void stem(struct fsk_buf *out, const uint8_t *p, size_t n)
{
	size_t dot = n;

	lower(out, p, n);
	while (dot > 0 && out->data[dot - 1] != '.')
		dot--;
	if (dot > 0 && n - dot == 3 &&
	    (memcmp(out->data + dot, "dll", 3) == 0 || memcmp(out->data + dot, "ocx", 3) == 0 ||
	     memcmp(out->data + dot, "sys", 3) == 0))
		out->len = dot - 1;
	fsk_buf_append_u8(out, '.', NULL);
}

static void hash_function(struct imports *m, const struct fsk_buf *stem, const void *p, size_t n)
{
	if (m->text.len > 0)
		fsk_buf_append_u8(&m->text, ',', NULL);
	if (fsk_buf_append(&m->text, stem->data, stem->len, NULL) < 0)
		m->hashed = false;
	lower(&m->text, p, n);
}

static void by_ordinal(struct imports *m, json_t *list, const struct fsk_buf *stem,
                       unsigned ordinal)
{
	const char *name = fsk_pe_ordinal_name(stem->data, stem->len, ordinal);
	char text[16];

	snprintf(text, sizeof(text), "#%u", ordinal);
	json_array_append_new(list, json_string(text));
	if (name == NULL) {
		snprintf(text, sizeof(text), "ord%u", ordinal);
		name = text;
	}
	hash_function(m, stem, name, strlen(name));
}

/* Behind two bytes of a hint stands the name. */
static bool by_name(struct imports *m, json_t *list, const struct fsk_buf *stem, uint32_t address)
{
	if (!fsk_pe_text_at(&m->name, m->pe, (uint64_t) address + 2))
		return false;
	json_array_append_new(list, fsk_json_bytes(m->name.data, m->name.len));
	hash_function(m, stem, m->name.data, m->name.len);
	return true;
}

/* The functions of one library: an array of numbers, ended by 0. */
static bool functions(struct imports *m, json_t *list, const struct fsk_buf *stem, uint64_t at)
{
	size_t width = m->pe->wide ? 8 : 4;
	uint8_t raw[8];
	struct fsk_cur c;

	for (;; at += width) {
		uint64_t v;

		if (!fsk_pe_at(raw, width, m->pe, at))
			return false;
		fsk_cur_init(&c, raw, width);
		v = m->pe->wide ? fsk_cur_u64le(&c) : fsk_cur_u32le(&c);
		if (v == 0)
			return true;
		if (m->functions++ >= FSK_PE_FUNCTIONS_MAX)
			return false;
		if (v >> (8 * width - 1))
			by_ordinal(m, list, stem, v & 0xffff);
		else if (!by_name(m, list, stem, (uint32_t) v & 0x7fffffff))
			return false;
	}
}

static bool library(struct imports *m, uint32_t name, uint32_t table)
{
	struct fsk_buf stem_of;
	json_t *list = NULL;
	bool good = false;

	fsk_buf_init(&stem_of, FSK_RANGES_NAME_MAX + 2);
	if (fsk_pe_text_at(&m->name, m->pe, name)) {
		json_t *text = fsk_json_bytes(m->name.data, m->name.len);

		stem(&stem_of, m->name.data != NULL ? m->name.data : (const uint8_t *) "",
		     m->name.len);
		list = json_object_get(m->libraries, json_string_value(text));
		if (list == NULL) {
			json_object_set_new(m->libraries, json_string_value(text), json_array());
			list = json_object_get(m->libraries, json_string_value(text));
		}
		json_decref(text);
		good = list != NULL && functions(m, list, &stem_of, table);
	}
	fsk_buf_free(&stem_of);
	return good;
}

/* The descriptors of libraries, ended by one that is empty. */
static void descriptors(struct imports *m, unsigned directory, size_t size)
{
	uint64_t at = m->pe->directories[directory].address;
	uint8_t raw[DELAY_SIZE];
	struct fsk_cur c;

	for (unsigned n = 0;; n++, at += size) {
		uint32_t name, table, addresses;

		if (n == FSK_PE_LIBRARIES_MAX || !fsk_pe_at(raw, size, m->pe, at))
			break;
		fsk_cur_init(&c, raw, size);
		fsk_cur_seek(&c, directory == FSK_PE_IMPORT ? 12 : 4);
		name = fsk_cur_u32le(&c);
		fsk_cur_seek(&c, directory == FSK_PE_IMPORT ? 16 : 12);
		addresses = fsk_cur_u32le(&c);
		fsk_cur_seek(&c, directory == FSK_PE_IMPORT ? 0 : 16);
		table = fsk_cur_u32le(&c);
		if (name == 0 || (table == 0 && addresses == 0))
			return;
		if (!library(m, name, table != 0 ? table : addresses)) {
			fsk_ranges_note(m->pe->file, at, "address of import %u leads nowhere",
			                n + 1);
			m->hashed = false;
			return;
		}
	}
	fsk_ranges_note(m->pe->file, at, "the table of imports has no end");
	m->hashed = false;
}

static json_t *read(char digest[FSK_MD5_HEX], const struct fsk_pe *pe, unsigned directory,
                    size_t size)
{
	struct imports m = { .pe = pe, .libraries = json_object(), .hashed = true };
	struct fsk_digests d = { 0 };

	fsk_buf_init(&m.name, FSK_RANGES_NAME_MAX);
	fsk_buf_init(&m.text, HASH_TEXT_MAX);
	if (pe->directories[directory].address != 0)
		descriptors(&m, directory, size);
	if (digest != NULL && m.hashed && m.text.len > 0 &&
	    fsk_digest_bytes(&d, FSK_DIGEST_MD5, m.text.data, m.text.len, NULL) == 0)
		memcpy(digest, d.md5, sizeof(d.md5));
	fsk_buf_free(&m.name);
	fsk_buf_free(&m.text);
	return m.libraries;
}

void fsk_pe_imports(json_t *o, const struct fsk_pe *pe)
{
	char digest[FSK_MD5_HEX] = "";

	json_object_set_new(o, "imports", read(digest, pe, FSK_PE_IMPORT, ENTRY_SIZE));
	if (digest[0] != '\0')
		json_object_set_new(o, "imphash", json_string(digest));
	json_object_set_new(o, "delay_imports", read(NULL, pe, FSK_PE_DELAY_IMPORT, DELAY_SIZE));
}
