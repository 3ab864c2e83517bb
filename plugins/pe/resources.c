#include <stdio.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/text.h"
#include "plugins/pe/parts.h"

enum { FOLDER_SIZE = 16, ENTRY_SIZE = 8, LEAF_SIZE = 16, LEVELS = 3, NAME_MAX_UNITS = 1024 };
#define HIGH 0x80000000u

/* A walk through type, name and language. */
struct walk {
	const struct fsk_pe *pe;
	uint64_t at;   /* file offset of the tree */
	size_t size;   /* bytes of it in its section */
	unsigned left; /* folders and leaves that may still be looked at */
	uint32_t ids[LEVELS];
	bool (*leaf)(struct walk *w, uint64_t off, uint32_t size, bool located);
	void *arg;
};

static bool tree_at(struct walk *w, const struct fsk_pe *pe)
{
	const struct fsk_pe_directory *d = &pe->directories[FSK_PE_RESOURCE];

	memset(w, 0, sizeof(*w));
	w->pe = pe;
	w->left = FSK_PE_RESOURCE_NODES_MAX;
	if (d->address == 0)
		return false;
	if (fsk_pe_locate(&w->at, &w->size, pe, d->address))
		return true;
	fsk_ranges_note(pe->file, fsk_pe_directory_at(pe, FSK_PE_RESOURCE),
	                "resources lie outside of the file");
	return false;
}

static bool leaf(struct walk *w, uint32_t at)
{
	uint8_t raw[LEAF_SIZE];
	struct fsk_cur c;
	uint32_t address, size;
	uint64_t off = 0;
	size_t left = 0;
	bool located;

	if (at > w->size || w->size - at < LEAF_SIZE ||
	    !fsk_ranges_read_all(w->pe->file, raw, LEAF_SIZE, w->at + at)) {
		fsk_ranges_note(w->pe->file, w->at + at, "a resource lies outside of its section");
		return true;
	}
	fsk_cur_init(&c, raw, sizeof(raw));
	address = fsk_cur_u32le(&c);
	size = fsk_cur_u32le(&c);
	located = fsk_pe_locate(&off, &left, w->pe, address) && size <= left;
	if (!located && !fsk_pe_in_memory(w->pe, address))
		fsk_ranges_note(w->pe->file, w->at + at,
		                "%u bytes of a resource lie outside of the file", size);
	return w->leaf(w, off, size, located);
}

/* False: the walk has ended. The tree is three levels deep, whatever its offsets say,
 * so that loops end. */
static bool folder(struct walk *w, uint32_t at, unsigned level)
{
	uint8_t raw[FOLDER_SIZE];
	struct fsk_cur c;
	unsigned count;

	if (at > w->size || !fsk_ranges_read_all(w->pe->file, raw, FOLDER_SIZE, w->at + at)) {
		fsk_ranges_note(w->pe->file, w->at + at, "a folder of resources lies outside");
		return true;
	}
	fsk_cur_init(&c, raw, sizeof(raw));
	fsk_cur_skip(&c, 12);
	count = fsk_cur_u16le(&c);
	count += fsk_cur_u16le(&c);
	for (unsigned i = 0; i < count; i++) {
		uint64_t where = w->at + at + FOLDER_SIZE + (uint64_t) i * ENTRY_SIZE;
		uint32_t to;

		if (w->left-- == 0) {
			fsk_ranges_note(w->pe->file, where, "more resources than are looked at");
			w->left = 0;
			return false;
		}
		if (!fsk_ranges_read_all(w->pe->file, raw, ENTRY_SIZE, where)) {
			fsk_ranges_note(w->pe->file, where, "a folder of resources is cut short");
			return true;
		}
		fsk_cur_init(&c, raw, ENTRY_SIZE);
		w->ids[level] = fsk_cur_u32le(&c);
		to = fsk_cur_u32le(&c);
		if (level + 1 < LEVELS ? !(to & HIGH) : (to & HIGH) != 0)
			fsk_ranges_note(w->pe->file, where, "resources are not three levels deep");
		else if (level + 1 < LEVELS ? !folder(w, to & ~HIGH, level + 1) : !leaf(w, to))
			return false;
	}
	return true;
}

/* --- listing --- */

static const char *type_name(uint32_t id)
{
	static const char *const names[] = {
		[1] = "cursor",      [2] = "bitmap",        [3] = "icon",
		[4] = "menu",        [5] = "dialog",        [6] = "string",
		[7] = "fontdir",     [8] = "font",          [9] = "accelerator",
		[10] = "rcdata",     [11] = "messagetable", [12] = "group_cursor",
		[14] = "group_icon", [16] = "version",      [17] = "dlginclude",
		[19] = "plugplay",   [20] = "vxd",          [21] = "anicursor",
		[22] = "aniicon",    [23] = "html",         [24] = "manifest",
	};

	return id < sizeof(names) / sizeof(*names) ? names[id] : NULL;
}

/* The text of a name that stands in the tree: length in units, then UTF-16. */
static json_t *tree_text(const struct walk *w, uint32_t at)
{
	uint8_t raw[2 * NAME_MAX_UNITS];
	json_t *j = NULL;
	struct fsk_buf b;
	size_t units;

	if (at > w->size || !fsk_ranges_read_all(w->pe->file, raw, 2, w->at + at))
		return json_string("");
	units = raw[0] | (size_t) raw[1] << 8;
	units = units < NAME_MAX_UNITS ? units : NAME_MAX_UNITS;
	if (2 * units > w->pe->file->names) {
		if (w->pe->file->names > 0)
			fsk_ranges_note(w->pe->file, w->at + at,
			                "names in the file are longer than is read");
		w->pe->file->names = 0;
		return json_string("");
	}
	w->pe->file->names -= 2 * units;
	fsk_buf_init(&b, 8 * sizeof(raw));
	if (fsk_ranges_read_all(w->pe->file, raw, 2 * units, w->at + at + 2) &&
	    fsk_text_append_utf16le(&b, raw, 2 * units, false, NULL) == 0)
		j = json_stringn(b.len > 0 ? (const char *) b.data : "", b.len);
	fsk_buf_free(&b);
	return j != NULL ? j : json_string("");
}

static json_t *identity(const struct walk *w, unsigned level)
{
	uint32_t id = w->ids[level];
	char text[16];

	if (id & HIGH)
		return tree_text(w, id & ~HIGH);
	if (level == 0 && type_name(id) != NULL)
		return json_string(type_name(id));
	snprintf(text, sizeof(text), "%u", id);
	return json_string(text);
}

static bool list_leaf(struct walk *w, uint64_t off, uint32_t size, bool located)
{
	json_t *list = w->arg, *o;

	if (json_array_size(list) >= FSK_PE_RESOURCES_MAX) {
		fsk_ranges_note(w->pe->file, w->at, "more resources than are listed");
		return false;
	}
	o = json_pack("{s:o, s:o, s:I, s:I}", "type", identity(w, 0), "name", identity(w, 1),
	              "language", (json_int_t) (w->ids[2] & ~HIGH), "size", (json_int_t) size);
	if (located)
		json_object_set_new(o, "offset", json_integer((json_int_t) off));
	json_array_append_new(list, o);
	return true;
}

json_t *fsk_pe_resources(const struct fsk_pe *pe)
{
	json_t *list = json_array();
	struct walk w;

	if (!tree_at(&w, pe))
		return list;
	w.leaf = list_leaf;
	w.arg = list;
	folder(&w, 0, 0);
	return list;
}

/* --- one of a type --- */

struct find {
	unsigned type;
	bool found;
	uint64_t off;
	uint32_t size;
	unsigned language;
};

static bool find_leaf(struct walk *w, uint64_t off, uint32_t size, bool located)
{
	struct find *f = w->arg;

	if (w->ids[0] != f->type || !located)
		return true;
	*f = (struct find){ f->type, true, off, size, w->ids[2] & 0xffff };
	return false;
}

bool fsk_pe_resource_find(uint64_t *off, uint32_t *size, unsigned *language,
                          const struct fsk_pe *pe, unsigned type)
{
	struct find f = { .type = type };
	struct walk w;

	if (!tree_at(&w, pe))
		return false;
	w.leaf = find_leaf;
	w.arg = &f;
	folder(&w, 0, 0);
	*off = f.off;
	*size = f.size;
	*language = f.language;
	return f.found;
}
