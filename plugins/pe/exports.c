#include <string.h>

#include "core/base/cursor.h"
#include "plugins/pe/parts.h"

enum { TABLE_SIZE = 40 };

struct exports {
	const struct fsk_pe *pe;
	uint32_t nfunctions, nnames;
	uint32_t functions, names, ordinals; /* addresses of the three arrays */
};

static bool number(uint32_t *out, const struct fsk_pe *pe, uint64_t address, size_t width)
{
	uint8_t raw[4];

	if (!fsk_pe_at(raw, width, pe, address))
		return false;
	*out = raw[0] | (uint32_t) raw[1] << 8;
	if (width == 4)
		*out |= (uint32_t) raw[2] << 16 | (uint32_t) raw[3] << 24;
	return true;
}

/* A function whose address lies in the directory is the text "library.function". */
static void forwarder(json_t *o, const struct exports *x, uint32_t i, const char *name)
{
	const struct fsk_pe_directory *d = &x->pe->directories[FSK_PE_EXPORT];
	uint32_t ordinal, address;
	struct fsk_buf b;

	if (!number(&ordinal, x->pe, x->ordinals + 2ull * i, 2) || ordinal >= x->nfunctions ||
	    !number(&address, x->pe, x->functions + 4ull * ordinal, 4) || address < d->address ||
	    address - d->address >= d->size)
		return;
	fsk_buf_init(&b, FSK_RANGES_NAME_MAX);
	if (fsk_pe_text_at(&b, x->pe, address))
		json_object_set_new(o, name, fsk_json_bytes(b.data, b.len));
	fsk_buf_free(&b);
}

static void names(json_t *o, const struct exports *x)
{
	json_t *list = json_array(), *forwarders = json_object();
	struct fsk_buf b;

	fsk_buf_init(&b, FSK_RANGES_NAME_MAX);
	for (uint32_t i = 0; i < x->nnames; i++) {
		uint64_t at = x->names + 4ull * i;
		uint32_t address;
		json_t *name;

		if (i == FSK_PE_FUNCTIONS_MAX || !number(&address, x->pe, at, 4) ||
		    !fsk_pe_text_at(&b, x->pe, address)) {
			fsk_ranges_note(x->pe->file, fsk_pe_directory_at(x->pe, FSK_PE_EXPORT),
			                "name %u of %u exports cannot be read", i + 1, x->nnames);
			break;
		}
		name = fsk_json_bytes(b.data, b.len);
		if (name == NULL)
			break;
		json_array_append(list, name);
		forwarder(forwarders, x, i, json_string_value(name));
		json_decref(name);
	}
	fsk_buf_free(&b);
	json_object_set_new(o, "names", list);
	json_object_set_new(o, "forwarders", forwarders);
}

json_t *fsk_pe_exports(const struct fsk_pe *pe)
{
	const struct fsk_pe_directory *d = &pe->directories[FSK_PE_EXPORT];
	struct exports x = { .pe = pe };
	uint8_t raw[TABLE_SIZE];
	struct fsk_buf b;
	struct fsk_cur c;
	uint32_t dll;
	json_t *o;

	if (d->address == 0)
		return NULL;
	if (!fsk_pe_at(raw, TABLE_SIZE, pe, d->address)) {
		fsk_ranges_note(pe->file, fsk_pe_directory_at(pe, FSK_PE_EXPORT),
		                "the table of exports is not in the file");
		return NULL;
	}
	fsk_cur_init(&c, raw, TABLE_SIZE);
	fsk_cur_skip(&c, 12);
	dll = fsk_cur_u32le(&c);
	fsk_cur_skip(&c, 4);
	x.nfunctions = fsk_cur_u32le(&c);
	x.nnames = fsk_cur_u32le(&c);
	x.functions = fsk_cur_u32le(&c);
	x.names = fsk_cur_u32le(&c);
	x.ordinals = fsk_cur_u32le(&c);
	o = json_pack("{s:I}", "count", (json_int_t) x.nfunctions);
	fsk_buf_init(&b, FSK_RANGES_NAME_MAX);
	if (dll != 0 && fsk_pe_text_at(&b, pe, dll))
		json_object_set_new(o, "dll", fsk_json_bytes(b.data, b.len));
	fsk_buf_free(&b);
	names(o, &x);
	return o;
}
