#include <stdio.h>
#include <string.h>

#include "core/base/cursor.h"
#include "plugins/pe/parts.h"

/* Layout of CodeView data ("RSDS", GUID, age, path): Microsoft, "PE Format",
 * section ".debug", and the sources of LLVM and of the PDB tools, which agree. */
enum { ENTRY_SIZE = 28, CODEVIEW = 2, RSDS_SIZE = 24 };

static json_t *codeview(const struct fsk_pe *pe, uint32_t off, uint32_t size)
{
	uint8_t raw[RSDS_SIZE];
	char guid[40];
	struct fsk_buf b;
	struct fsk_cur c;
	json_t *o = NULL;
	uint32_t d1;
	uint16_t d2, d3;
	const uint8_t *p;

	if (size <= RSDS_SIZE || !fsk_ranges_read_all(pe->file, raw, RSDS_SIZE, off) ||
	    memcmp(raw, "RSDS", 4) != 0)
		return NULL;
	fsk_cur_init(&c, raw + 4, RSDS_SIZE - 4);
	d1 = fsk_cur_u32le(&c);
	d2 = fsk_cur_u16le(&c);
	d3 = fsk_cur_u16le(&c);
	p = fsk_cur_bytes(&c, 8);
	snprintf(guid, sizeof(guid), "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", d1, d2, d3,
	         p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]);
	fsk_buf_init(&b, FSK_RANGES_NAME_MAX);
	if (fsk_ranges_text(&b, pe->file, (uint64_t) off + RSDS_SIZE, size - RSDS_SIZE))
		o = json_pack("{s:o, s:s, s:I}", "path", fsk_json_bytes(b.data, b.len), "guid",
		              guid, "age", (json_int_t) fsk_cur_u32le(&c));
	else
		fsk_ranges_note(pe->file, off, "the path of the symbols has no end");
	fsk_buf_free(&b);
	return o;
}

json_t *fsk_pe_pdb(const struct fsk_pe *pe)
{
	const struct fsk_pe_directory *d = &pe->directories[FSK_PE_DEBUG];
	unsigned count = d->size / ENTRY_SIZE;
	uint8_t raw[ENTRY_SIZE];

	if (d->address == 0)
		return NULL;
	for (unsigned i = 0; i < count && i < FSK_PE_DEBUG_MAX; i++) {
		struct fsk_cur c;
		uint32_t type, size;
		json_t *o;

		if (!fsk_pe_at(raw, ENTRY_SIZE, pe, d->address + (uint64_t) i * ENTRY_SIZE))
			return NULL;
		fsk_cur_init(&c, raw, ENTRY_SIZE);
		fsk_cur_skip(&c, 12);
		type = fsk_cur_u32le(&c);
		size = fsk_cur_u32le(&c);
		fsk_cur_skip(&c, 4);
		o = type == CODEVIEW ? codeview(pe, fsk_cur_u32le(&c), size) : NULL;
		if (o != NULL)
			return o;
	}
	return NULL;
}
