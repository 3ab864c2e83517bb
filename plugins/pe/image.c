#include "plugins/pe/image.h"
#include "plugins/shared/words.h"

#include <stdio.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/time.h"

enum { DOS_SIZE = 64, COFF_SIZE = 24, SECTION_SIZE = 40, OPTIONAL_MAX = 240, OPTIONAL_MIN = 68 };
enum { MAGIC_32 = 0x10b, MAGIC_64 = 0x20b, FILE_DLL = 0x2000, FILE_ALIGN = 0x200, PAGE = 0x1000 };

static int damaged(struct fsk_ranges *f, struct fsk_err *err, const char *what)
{
	if (f->err.code != 0)
		return fsk_err_set(err, f->err.code, "%s", f->err.msg);
	return fsk_err_set(err, FSK_ECORRUPT, "%s", what);
}

static int no_program(struct fsk_ranges *f, struct fsk_err *err, const char *what)
{
	int rc = damaged(f, err, what);

	if (rc == FSK_ECORRUPT)
		rc = fsk_err_set(err, FSK_EUNSUPPORTED, "%s", what);
	return rc;
}

/* The part of the optional header that both kinds have, and the directories. */
static void optional(struct fsk_pe *pe, struct fsk_cur *c, uint64_t at)
{
	uint32_t count;

	fsk_cur_seek(c, 16);
	pe->entry_point = fsk_cur_u32le(c);
	fsk_cur_seek(c, pe->wide ? 24 : 28);
	pe->image_base = pe->wide ? fsk_cur_u64le(c) : fsk_cur_u32le(c);
	fsk_cur_seek(c, 32);
	pe->alignment = fsk_cur_u32le(c);
	fsk_cur_seek(c, 56);
	pe->size_of_image = fsk_cur_u32le(c);
	pe->size_of_headers = fsk_cur_u32le(c);
	pe->checksum_at = at + c->pos;
	pe->checksum = fsk_cur_u32le(c);
	pe->subsystem = fsk_cur_u16le(c);
	pe->dll_flags = fsk_cur_u16le(c);
	fsk_cur_seek(c, pe->wide ? 108 : 92);
	count = fsk_cur_u32le(c);
	pe->directories_at = at + c->pos;
	for (uint32_t i = 0; i < count && i < FSK_PE_DIRECTORIES && fsk_cur_left(c) >= 8; i++) {
		pe->directories[i].address = fsk_cur_u32le(c);
		pe->directories[i].size = fsk_cur_u32le(c);
		pe->ndirectories = i + 1;
	}
}

/* "/4" stands for a name in the table of strings behind the symbols. */
static void long_name(struct fsk_pe *pe, struct fsk_pe_section *s)
{
	uint64_t strings = pe->symbols + 18ull * pe->nsymbols;
	uint64_t at = 0;
	struct fsk_buf b;

	if (s->name[0] != '/' || pe->symbols == 0)
		return;
	for (const char *p = s->name + 1; *p >= '0' && *p <= '9'; p++)
		at = at * 10 + (uint64_t) (*p - '0');
	fsk_buf_init(&b, FSK_RANGES_NAME_MAX);
	if (at >= 4 && fsk_ranges_text(&b, pe->file, strings + at, FSK_PE_SECTION_NAME) &&
	    b.len > 0) {
		memcpy(s->name, b.data, b.len);
		s->name[b.len] = '\0';
	}
	fsk_buf_free(&b);
}

static void section(struct fsk_pe *pe, struct fsk_cur *c, uint64_t at)
{
	struct fsk_pe_section *s = &pe->sections[pe->nsections++];

	fsk_cur_copy(c, s->name, 8);
	s->virtual_size = fsk_cur_u32le(c);
	s->address = fsk_cur_u32le(c);
	s->size = fsk_cur_u32le(c);
	s->offset = fsk_cur_u32le(c);
	fsk_cur_skip(c, 12);
	s->flags = fsk_cur_u32le(c);
	if (s->size > 0 &&
	    (s->offset > pe->file->in.size || s->size > pe->file->in.size - s->offset))
		fsk_ranges_note(pe->file, at, "section %u ends behind the end of the file",
		                pe->nsections);
	long_name(pe, s);
}

static void sections(struct fsk_pe *pe, uint64_t at, unsigned count)
{
	uint8_t raw[SECTION_SIZE];
	struct fsk_cur c;

	if (count > FSK_PE_SECTIONS_MAX)
		fsk_ranges_note(pe->file, at, "%u sections: only the first %u are read", count,
		                FSK_PE_SECTIONS_MAX);
	for (unsigned i = 0; i < count && i < FSK_PE_SECTIONS_MAX; i++) {
		uint64_t where = at + (uint64_t) i * SECTION_SIZE;

		if (!fsk_ranges_read_all(pe->file, raw, sizeof(raw), where)) {
			fsk_ranges_note(pe->file, where,
			                "the table of %u sections ends behind the end of the file",
			                count);
			return;
		}
		fsk_cur_init(&c, raw, sizeof(raw));
		section(pe, &c, where);
	}
}

int fsk_pe_headers(struct fsk_pe *out, struct fsk_ranges *f, struct fsk_err *err)
{
	uint8_t raw[OPTIONAL_MAX];
	unsigned nsections, size;
	struct fsk_cur c;
	uint16_t magic;
	uint64_t at;

	memset(out, 0, sizeof(*out));
	out->file = f;
	if (!fsk_ranges_read_all(f, raw, DOS_SIZE, 0) || raw[0] != 'M' || raw[1] != 'Z')
		return no_program(f, err, "no MZ header");
	fsk_cur_init(&c, raw, DOS_SIZE);
	fsk_cur_seek(&c, 0x3c);
	at = fsk_cur_u32le(&c);
	if (!fsk_ranges_read_all(f, raw, COFF_SIZE, at) || memcmp(raw, "PE\0\0", 4) != 0)
		return no_program(f, err, "no PE header");
	fsk_cur_init(&c, raw, COFF_SIZE);
	fsk_cur_skip(&c, 4);
	out->machine = fsk_cur_u16le(&c);
	nsections = fsk_cur_u16le(&c);
	out->timestamp = fsk_cur_u32le(&c);
	out->symbols = fsk_cur_u32le(&c);
	out->nsymbols = fsk_cur_u32le(&c);
	size = fsk_cur_u16le(&c);
	out->characteristics = fsk_cur_u16le(&c);

	at += COFF_SIZE;
	fsk_cur_init(&c, raw, fsk_ranges_read(f, raw, size < sizeof(raw) ? size : sizeof(raw), at));
	magic = fsk_cur_u16le(&c);
	if (c.len < OPTIONAL_MIN || (magic != MAGIC_32 && magic != MAGIC_64))
		return damaged(f, err, "unknown optional header");
	out->wide = magic == MAGIC_64;
	optional(out, &c, at);
	sections(out, at + size, nsections);
	return 0;
}

/* --- addresses --- */

/* Where Windows takes the content of a section from: it rounds down to sectors, but
 * for images whose sections are aligned to less than a page. */
static uint64_t content(const struct fsk_pe *pe, const struct fsk_pe_section *s)
{
	return pe->alignment < PAGE ? s->offset : s->offset - s->offset % FILE_ALIGN;
}

bool fsk_pe_locate(uint64_t *off, size_t *left, const struct fsk_pe *pe, uint64_t address)
{
	for (unsigned i = 0; i < pe->nsections; i++) {
		const struct fsk_pe_section *s = &pe->sections[i];

		if (address < s->address || address - s->address >= s->size)
			continue;
		*off = content(pe, s) + (address - s->address);
		if (left != NULL)
			*left = (size_t) (s->size - (address - s->address));
		return *off < pe->file->in.size;
	}
	if (address >= pe->size_of_headers || address >= pe->file->in.size)
		return false;
	*off = address;
	if (left != NULL)
		*left = (size_t) (pe->size_of_headers - address);
	return true;
}

bool fsk_pe_in_memory(const struct fsk_pe *pe, uint64_t address)
{
	for (unsigned i = 0; i < pe->nsections; i++) {
		const struct fsk_pe_section *s = &pe->sections[i];

		if (address >= s->address && address - s->address < s->virtual_size)
			return true;
	}
	return false;
}

bool fsk_pe_at(void *out, size_t n, const struct fsk_pe *pe, uint64_t address)
{
	size_t left;
	uint64_t off;

	return fsk_pe_locate(&off, &left, pe, address) && n <= left &&
	       fsk_ranges_read_all(pe->file, out, n, off);
}

bool fsk_pe_text_at(struct fsk_buf *out, const struct fsk_pe *pe, uint64_t address)
{
	size_t left;
	uint64_t off;

	return fsk_pe_locate(&off, &left, pe, address) && fsk_ranges_text(out, pe->file, off, left);
}

uint64_t fsk_pe_directory_at(const struct fsk_pe *pe, unsigned directory)
{
	return pe->directories_at + 8ull * directory;
}

/* --- telling --- */

static json_t *machine(unsigned number)
{
	static const struct fsk_word words[] = {
		{ 0x14c, "i386" },  { 0x8664, "amd64" },   { 0xaa64, "arm64" },
		{ 0x1c4, "armnt" }, { 0x1c0, "arm" },      { 0x200, "ia64" },
		{ 0xebc, "efi" },   { 0xa641, "arm64ec" }, { 0xa64e, "arm64x" },
	};

	return fsk_word_for(words, sizeof(words) / sizeof(*words), number);
}

static json_t *subsystem(unsigned number)
{
	static const struct fsk_word words[] = {
		{ 0, "unknown" },
		{ 1, "native" },
		{ 2, "windows" },
		{ 3, "console" },
		{ 7, "posix" },
		{ 9, "windows-ce" },
		{ 10, "efi-application" },
		{ 11, "efi-boot-driver" },
		{ 12, "efi-runtime-driver" },
		{ 13, "efi-rom" },
		{ 14, "xbox" },
		{ 16, "boot-application" },
	};

	return fsk_word_for(words, sizeof(words) / sizeof(*words), number);
}

static json_t *section_json(const struct fsk_pe_section *s, double entropy)
{
	json_t *o = json_pack("{s:o, s:I, s:I, s:I, s:I, s:I}", "name",
	                      fsk_json_bytes(s->name, strlen(s->name)), "offset",
	                      (json_int_t) s->offset, "size", (json_int_t) s->size, "address",
	                      (json_int_t) s->address, "virtual_size", (json_int_t) s->virtual_size,
	                      "flags", (json_int_t) s->flags);

	if (entropy >= 0)
		json_object_set_new(o, "entropy", json_real(entropy));
	return o;
}

int fsk_pe_tell_headers(json_t *o, const struct fsk_pe *pe, const double *entropy)
{
	char time[FSK_TIME_STR_MAX];
	json_t *list = json_array();

	json_object_set_new(o, "machine", machine(pe->machine));
	json_object_set_new(o, "bits", json_integer(pe->wide ? 64 : 32));
	json_object_set_new(o, "timestamp",
	                    json_string(fsk_time_iso(time, fsk_time_from_unix(pe->timestamp, 0))));
	json_object_set_new(o, "subsystem", subsystem(pe->subsystem));
	json_object_set_new(o, "dll", json_boolean(pe->characteristics & FILE_DLL));
	json_object_set_new(o, "dotnet", json_boolean(pe->directories[FSK_PE_CLR].address != 0));
	json_object_set_new(o, "entry_point", json_integer(pe->entry_point));
	json_object_set_new(o, "image_base", json_integer((json_int_t) pe->image_base));
	json_object_set_new(o, "size_of_image", json_integer(pe->size_of_image));
	for (unsigned i = 0; i < pe->nsections; i++)
		json_array_append_new(
		    list, section_json(&pe->sections[i], entropy != NULL ? entropy[i] : -1));
	return json_object_set_new(o, "sections", list);
}

json_t *fsk_pe_overlay(const struct fsk_pe *pe)
{
	const struct fsk_pe_directory *table = &pe->directories[FSK_PE_CERTIFICATE];
	uint64_t from = pe->size_of_headers, end = pe->file->in.size;

	for (unsigned i = 0; i < pe->nsections; i++) {
		const struct fsk_pe_section *s = &pe->sections[i];

		if (s->size > 0 && (uint64_t) s->offset + s->size > from)
			from = (uint64_t) s->offset + s->size;
	}
	if (table->address >= from && (uint64_t) table->address + table->size >= end)
		end = table->address;
	if (from >= end)
		return NULL;
	return json_pack("{s:I, s:I}", "offset", (json_int_t) from, "size",
	                 (json_int_t) (end - from));
}
