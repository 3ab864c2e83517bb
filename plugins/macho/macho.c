#include "plugins/macho/macho.h"
#include "plugins/shared/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"

enum { HEADER_SIZE = 28, SEGMENT_NAME = 16, COMMAND_HEAD = 8, LITERALS = 2 };
#define FAT 0xcafebabeu
#define FAT_64 0xcafebabfu
#define REQUIRED 0x80000000u /* part of the numbers of newer commands */

enum command {
	SEGMENT = 0x1,
	LOAD_DYLIB = 0xc,
	ID_DYLIB = 0xd,
	WEAK_DYLIB = 0x18,
	SEGMENT_64 = 0x19,
	UUID = 0x1b,
	RPATH = 0x1c,
	CODE_SIGNATURE = 0x1d,
	REEXPORT_DYLIB = 0x1f,
	LAZY_DYLIB = 0x20,
	ENCRYPTION = 0x21,
	UPWARD_DYLIB = 0x23,
	MIN_MACOS = 0x24,
	MIN_IOS = 0x25,
	SOURCE_VERSION = 0x2a,
	ENCRYPTION_64 = 0x2c,
	MIN_TVOS = 0x2f,
	MIN_WATCHOS = 0x30,
	BUILD_VERSION = 0x32,
	MAIN = 0x28
};

/* --- words --- */

static json_t *cpu(uint32_t number)
{
	static const struct fsk_word words[] = {
		{ 7, "i386" },
		{ 0x1000007, "amd64" },
		{ 12, "arm" },
		{ 0x100000c, "arm64" },
		{ 18, "ppc" },
		{ 0x1000012, "ppc64" },
		{ 0x200000c, "arm64_32" },
	};

	return fsk_word_for(words, sizeof(words) / sizeof(*words), number);
}

static json_t *file_type(uint32_t number)
{
	static const struct fsk_word words[] = {
		{ 1, "object" },  { 2, "program" },  { 4, "core" },
		{ 6, "library" }, { 7, "linker" },   { 8, "bundle" },
		{ 9, "stub" },    { 10, "symbols" }, { 11, "kernel-extension" },
	};

	return fsk_word_for(words, sizeof(words) / sizeof(*words), number);
}

static json_t *platform(uint32_t number)
{
	static const struct fsk_word words[] = {
		{ 1, "macos" },    { 2, "ios" },           { 3, "tvos" },       { 4, "watchos" },
		{ 6, "catalyst" }, { 7, "ios-simulator" }, { 10, "driverkit" }, { 11, "visionos" },
	};

	return fsk_word_for(words, sizeof(words) / sizeof(*words), number);
}

/* "10.13.4" of 0x000a0d04 */
static json_t *version(uint32_t v)
{
	char text[32];

	snprintf(text, sizeof(text), "%u.%u.%u", v >> 16, v >> 8 & 0xff, v & 0xff);
	return json_string(text);
}

static void set(json_t *o, const char *key, json_t *value)
{
	if (value != NULL)
		json_object_set_new(o, key, value);
}

static void append(json_t *o, const char *key, json_t *value)
{
	if (value != NULL)
		json_array_append_new(json_object_get(o, key), value);
}

/* --- commands --- */

static uint32_t u32(const struct fsk_macho *m, struct fsk_cur *c)
{
	return m->big ? fsk_cur_u32be(c) : fsk_cur_u32le(c);
}

static uint64_t u64(const struct fsk_macho *m, struct fsk_cur *c)
{
	return m->big ? fsk_cur_u64be(c) : fsk_cur_u64le(c);
}

static uint64_t word(const struct fsk_macho *m, struct fsk_cur *c)
{
	return m->wide ? u64(m, c) : u32(m, c);
}

/* Text of a fixed size, ended by NUL or full. */
static json_t *fixed_text(struct fsk_cur *c, size_t n)
{
	const uint8_t *p = fsk_cur_bytes(c, n);

	return p != NULL ? fsk_json_bytes(p, strnlen((const char *) p, n)) : NULL;
}

/* Text at an offset in the command, ended by NUL or by the command. */
static json_t *text_at(const struct fsk_macho *m, struct fsk_cur *c)
{
	uint32_t at = u32(m, c);

	fsk_cur_seek(c, at);
	return c->failed ? NULL : fixed_text(c, fsk_cur_left(c));
}

/* The texts of a section, parted by NUL; those longer than FSK_RANGES_NAME_MAX in pieces. */
static void strings(const struct fsk_macho *m, uint64_t off, uint64_t size)
{
	json_t *list = json_object_get(m->told, "strings");
	uint64_t end = size < m->size - (off - m->at) ? off + size : m->at + m->size;
	struct fsk_buf b;

	if (size > end - off)
		fsk_ranges_note(m->file, off, "texts end behind the end of the program");
	fsk_buf_init(&b, FSK_RANGES_NAME_MAX);
	while (off < end && json_array_size(list) < FSK_MACHO_STRINGS_MAX) {
		bool ended = fsk_ranges_text(&b, m->file, off, (size_t) (end - off));

		if (!ended && b.len == 0)
			break;
		if (!ended)
			m->file->names -= b.len;
		if (b.len > 0)
			json_array_append_new(list, fsk_json_bytes(b.data, b.len));
		off += b.len + (ended ? 1 : 0);
	}
	fsk_buf_free(&b);
	if (off < end)
		set(m->told, "strings_cut", json_true());
}

static void sections(const struct fsk_macho *m, json_t *o, struct fsk_cur *c, uint32_t count)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < count && i < FSK_MACHO_SECTIONS_MAX; i++) {
		json_t *name = fixed_text(c, SEGMENT_NAME), *s;
		uint64_t size, offset;
		uint32_t flags;

		fsk_cur_skip(c, SEGMENT_NAME);
		word(m, c);
		size = word(m, c);
		offset = u32(m, c);
		fsk_cur_skip(c, 12);
		flags = u32(m, c);
		fsk_cur_skip(c, m->wide ? 12 : 8);
		if (c->failed) {
			json_decref(name);
			break;
		}
		s = json_pack("{s:o, s:I, s:I}", "name", name, "offset",
		              (json_int_t) (m->at + offset), "size", (json_int_t) size);
		json_array_append_new(list, s);
		if (m->want.strings && (flags & 0xff) == LITERALS && offset < m->size)
			strings(m, m->at + offset, size);
	}
	set(o, "sections", list);
}

static void segment(const struct fsk_macho *m, struct fsk_cur *c)
{
	json_t *name = fixed_text(c, SEGMENT_NAME), *o;
	uint64_t address, offset, size;
	uint32_t count;

	address = word(m, c);
	word(m, c);
	offset = word(m, c);
	size = word(m, c);
	fsk_cur_skip(c, 8);
	count = u32(m, c);
	fsk_cur_skip(c, 4);
	if (c->failed ||
	    json_array_size(json_object_get(m->told, "segments")) >= FSK_MACHO_SECTIONS_MAX) {
		json_decref(name);
		return;
	}
	o = json_pack("{s:o, s:I, s:I, s:I}", "name", name, "offset", (json_int_t) (m->at + offset),
	              "size", (json_int_t) size, "address", (json_int_t) (address & INT64_MAX));
	sections(m, o, c, count);
	append(m->told, "segments", o);
}

static void library(const struct fsk_macho *m, struct fsk_cur *c, bool own)
{
	json_t *name = text_at(m, c);

	if (own)
		set(m->told, "id", name);
	else if (json_array_size(json_object_get(m->told, "dylibs")) < FSK_MACHO_LIBRARIES_MAX)
		append(m->told, "dylibs", name);
	else
		json_decref(name);
}

static void uuid(const struct fsk_macho *m, struct fsk_cur *c)
{
	const uint8_t *p = fsk_cur_bytes(c, 16);
	char text[40];

	if (p == NULL)
		return;
	snprintf(text, sizeof(text),
	         "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", p[0], p[1],
	         p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10], p[11], p[12], p[13], p[14],
	         p[15]);
	set(m->told, "uuid", json_string(text));
}

static void least_version(const struct fsk_macho *m, struct fsk_cur *c, json_t *system)
{
	set(m->told, "platform", system);
	set(m->told, "min_os", version(u32(m, c)));
	set(m->told, "sdk", version(u32(m, c)));
}

static void source_version(const struct fsk_macho *m, struct fsk_cur *c)
{
	uint64_t v = u64(m, c);
	char text[64];

	snprintf(text, sizeof(text), "%u.%u.%u.%u.%u", (unsigned) (v >> 40),
	         (unsigned) (v >> 30 & 0x3ff), (unsigned) (v >> 20 & 0x3ff),
	         (unsigned) (v >> 10 & 0x3ff), (unsigned) (v & 0x3ff));
	set(m->told, "source_version", json_string(text));
}

static void signature(struct fsk_macho *m, struct fsk_cur *c, uint64_t where)
{
	uint64_t at = u32(m, c);
	uint32_t size = u32(m, c);

	if (at > m->size || size > m->size - at) {
		fsk_ranges_note(m->file, where, "the signature ends behind the end of the program");
		at = at < m->size ? at : m->size;
		size = (uint32_t) (m->size - at < size ? m->size - at : size);
	}
	m->signature_at = m->at + at;
	m->signature_size = size;
}

/* `c` holds one command and stands behind its head; `where` is its file offset. */
static void command(struct fsk_macho *m, uint32_t kind, struct fsk_cur *c, uint64_t where)
{
	switch (kind & ~REQUIRED) {
	case SEGMENT:
	case SEGMENT_64:
		segment(m, c);
		break;
	case LOAD_DYLIB:
	case WEAK_DYLIB:
	case REEXPORT_DYLIB:
	case LAZY_DYLIB:
	case UPWARD_DYLIB:
	case ID_DYLIB:
		library(m, c, kind == ID_DYLIB);
		break;
	case RPATH:
		append(m->told, "rpaths", text_at(m, c));
		break;
	case UUID:
		uuid(m, c);
		break;
	case MIN_MACOS:
	case MIN_IOS:
	case MIN_TVOS:
	case MIN_WATCHOS:
		least_version(m, c,
		              json_string(kind == MIN_MACOS  ? "macos"
		                          : kind == MIN_IOS  ? "ios"
		                          : kind == MIN_TVOS ? "tvos"
		                                             : "watchos"));
		break;
	case BUILD_VERSION:
		least_version(m, c, platform(u32(m, c)));
		break;
	case SOURCE_VERSION:
		source_version(m, c);
		break;
	case ENCRYPTION:
	case ENCRYPTION_64:
		fsk_cur_skip(c, 8);
		set(m->told, "encrypted", json_boolean(u32(m, c) != 0));
		break;
	case MAIN:
		set(m->told, "entry_point", json_integer((json_int_t) (u64(m, c) & INT64_MAX)));
		break;
	case CODE_SIGNATURE:
		signature(m, c, where);
		break;
	default:
		break;
	}
}

static void commands(struct fsk_macho *m, const uint8_t *p, size_t n, uint32_t count, uint64_t off)
{
	struct fsk_cur c, one;

	fsk_cur_init(&c, p, n);
	for (uint32_t i = 0; i < count && i < FSK_MACHO_COMMANDS_MAX; i++) {
		size_t from = c.pos;
		uint32_t kind = u32(m, &c), size = u32(m, &c);

		if (c.failed || size < COMMAND_HEAD || size > n - from) {
			fsk_ranges_note(m->file, off + from, "load command %u of %u is damaged",
			                i + 1, count);
			return;
		}
		fsk_cur_init(&one, p + from, size);
		fsk_cur_skip(&one, COMMAND_HEAD);
		command(m, kind, &one, off + from);
		if (one.failed)
			fsk_ranges_note(m->file, off + from, "load command %u of %u is too short",
			                i + 1, count);
		fsk_cur_seek(&c, from + size);
	}
	if (count > FSK_MACHO_COMMANDS_MAX)
		fsk_ranges_note(m->file, off, "%u load commands: only %u are read", count,
		                FSK_MACHO_COMMANDS_MAX);
}

/* --- programs --- */

static bool magic(struct fsk_macho *m, const uint8_t *p)
{
	static const uint8_t kinds[][4] = {
		{ 0xce, 0xfa, 0xed, 0xfe },
		{ 0xcf, 0xfa, 0xed, 0xfe },
		{ 0xfe, 0xed, 0xfa, 0xce },
		{ 0xfe, 0xed, 0xfa, 0xcf },
	};

	for (unsigned i = 0; i < 4; i++) {
		if (memcmp(p, kinds[i], 4) != 0)
			continue;
		m->wide = i & 1;
		m->big = i >= 2;
		return true;
	}
	return false;
}

static void header(struct fsk_macho *m, const uint8_t *raw)
{
	uint64_t at = m->at + (m->wide ? 32 : HEADER_SIZE);
	uint32_t count, size;
	struct fsk_cur c;
	uint8_t *p;

	fsk_cur_init(&c, raw, HEADER_SIZE);
	fsk_cur_skip(&c, 4);
	set(m->told, "cpu", cpu(u32(m, &c)));
	fsk_cur_skip(&c, 4);
	set(m->told, "bits", json_integer(m->wide ? 64 : 32));
	set(m->told, "type", file_type(u32(m, &c)));
	count = u32(m, &c);
	size = u32(m, &c);
	if (size > FSK_MACHO_COMMANDS_SIZE_MAX) {
		fsk_ranges_note(m->file, m->at, "%u bytes of load commands", size);
		size = FSK_MACHO_COMMANDS_SIZE_MAX;
	}
	p = malloc(size > 0 ? size : 1);
	if (p != NULL)
		commands(m, p, fsk_ranges_read(m->file, p, size, at), count, at);
	free(p);
}

/* The program at `at`, of at most `size` bytes; NULL when there is none. */
static json_t *program(struct fsk_ranges *f, uint64_t at, uint64_t size,
                       const struct fsk_macho_options *want)
{
	struct fsk_macho m = { .file = f, .at = at, .size = size, .want = *want };
	uint8_t raw[HEADER_SIZE];

	if (!fsk_ranges_read_all(f, raw, sizeof(raw), at) || !magic(&m, raw))
		return NULL;
	m.told = json_pack("{s:I, s:I, s:[], s:[], s:[]}", "offset", (json_int_t) at, "size",
	                   (json_int_t) size, "dylibs", "rpaths", "segments");
	if (m.told == NULL)
		return NULL;
	if (want->strings)
		set(m.told, "strings", json_array());
	header(&m, raw);
	set(m.told, "signature", fsk_macho_signature(&m));
	return m.told;
}

/* --- fat files: big endian, always --- */

static void slice(json_t *list, struct fsk_ranges *f, uint64_t at, bool wide,
                  const struct fsk_macho_options *want)
{
	uint8_t raw[32];
	uint64_t off, size;
	struct fsk_cur c;
	json_t *o;

	if (!fsk_ranges_read_all(f, raw, wide ? 32 : 20, at)) {
		fsk_ranges_note(f, at, "the table of programs ends behind the end of the file");
		return;
	}
	fsk_cur_init(&c, raw, sizeof(raw));
	fsk_cur_skip(&c, 8);
	off = wide ? fsk_cur_u64be(&c) : fsk_cur_u32be(&c);
	size = wide ? fsk_cur_u64be(&c) : fsk_cur_u32be(&c);
	if (off > f->in.size || size > f->in.size - off) {
		fsk_ranges_note(f, at, "a program ends behind the end of the file");
		if (off >= f->in.size)
			return;
		size = f->in.size - off;
	}
	o = program(f, off, size, want);
	if (o != NULL)
		json_array_append_new(list, o);
	else
		fsk_ranges_note(f, off, "no program where the table says");
}

static int examine(json_t *told, struct fsk_ranges *f, const struct fsk_macho_options *want,
                   struct fsk_err *err)
{
	json_t *list = json_array(), *one;
	uint8_t raw[8] = { 0 };
	struct fsk_cur c;
	uint32_t kind, count;

	json_object_set_new(told, "slices", list);
	fsk_ranges_read(f, raw, sizeof(raw), 0);
	fsk_cur_init(&c, raw, sizeof(raw));
	kind = fsk_cur_u32be(&c);
	count = fsk_cur_u32be(&c);
	set(told, "fat", json_boolean(kind == FAT || kind == FAT_64));
	/* classes of Java begin alike; there the number is a version, 45 at least */
	if ((kind == FAT || kind == FAT_64) && count <= FSK_MACHO_SLICES_MAX) {
		for (uint32_t i = 0; i < count; i++)
			slice(list, f, 8 + (uint64_t) i * (kind == FAT ? 20 : 32), kind == FAT_64,
			      want);
		return 0;
	}
	one = program(f, 0, f->in.size, want);
	if (one != NULL)
		return json_array_append_new(list, one);
	if (f->err.code != 0)
		return fsk_err_set(err, f->err.code, "%s", f->err.msg);
	return fsk_err_set(err, FSK_EUNSUPPORTED, "no Mach-O header");
}

int fsk_macho_examine(json_t **told, json_t **notes, const struct fsk_input *in,
                      const struct fsk_macho_options *want, struct fsk_err *err)
{
	struct fsk_ranges f;
	int rc = fsk_ranges_open(&f, in, err);

	*told = *notes = NULL;
	if (rc < 0)
		return rc;
	*told = json_object();
	rc = *told != NULL ? examine(*told, &f, want, err)
	                   : fsk_err_set(err, FSK_ENOMEM, "no memory to read a program");
	if (rc == 0) {
		*notes = json_incref(fsk_ranges_notes(&f));
	} else {
		json_decref(*told);
		*told = NULL;
	}
	fsk_ranges_close(&f);
	return rc;
}
