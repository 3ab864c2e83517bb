#include "plugins/ico/ico.h"

#include <stdio.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "plugins/shared/ranges.h"

#define HEADER 6u
#define ENTRY 16u
#define PNG_MAGIC "\x89PNG\r\n\x1a\n"
#define PNG_MAGIC_SIZE 8u
#define CHUNK 12u /* length, type, checksum */

struct picture {
	unsigned width, height, bits;
	uint64_t offset, size, end; /* `end`: of the picture itself */
	bool png, cut;              /* `cut`: it is not all there */
};

struct icon {
	struct fsk_ranges file;
	unsigned kind, count;
	unsigned chunks; /* of PNGs that may still be read */
	json_t *images;
	uint64_t end; /* of the last picture */
};

/* The end of a PNG at p->offset: behind its chunk IEND, which says where the picture ends whatever
 * the entry says. False when there is none. */
static bool png_end(uint64_t *out, struct icon *f, const struct picture *p)
{
	uint64_t at = p->offset + PNG_MAGIC_SIZE;
	uint8_t head[8];

	for (; f->chunks > 0; f->chunks--) {
		struct fsk_cur c;
		uint64_t size;

		if (!fsk_ranges_read_all(&f->file, head, sizeof(head), at))
			return false;
		fsk_cur_init(&c, head, sizeof(head));
		size = fsk_cur_u32be(&c) + (uint64_t) CHUNK;
		if (size > f->file.in.size - at)
			return false;
		at += size;
		if (memcmp(head + 4, "IEND", 4) == 0) {
			*out = at;
			return true;
		}
	}
	return false;
}

static void find_end(struct icon *f, struct picture *p, unsigned number)
{
	uint8_t magic[PNG_MAGIC_SIZE];
	uint64_t size = f->file.in.size;

	p->cut = p->offset > size || p->size > size - p->offset;
	p->end = p->cut ? size : p->offset + p->size;
	p->png = fsk_ranges_read_all(&f->file, magic, sizeof(magic), p->offset) &&
	         memcmp(magic, PNG_MAGIC, sizeof(magic)) == 0;
	if (p->png && !png_end(&p->end, f, p))
		fsk_ranges_note(&f->file, p->offset, "picture %u is a PNG without its end", number);
	else if (p->cut)
		fsk_ranges_note(&f->file, p->offset, "picture %u lies behind the end of the file",
		                number);
}

static int tell_picture(struct icon *f, const struct picture *p)
{
	json_t *row = json_pack("{s:i, s:i, s:i, s:I, s:I, s:I, s:s}", "width", (int) p->width,
	                        "height", (int) p->height, "bits", (int) p->bits, "offset",
	                        (json_int_t) p->offset, "size", (json_int_t) p->size, "stop",
	                        (json_int_t) p->end, "format", p->png ? "png" : "bitmap");

	return json_array_append_new(f->images, row);
}

/* One entry of the directory. False at its end. */
static bool read_picture(struct icon *f, unsigned i)
{
	uint8_t raw[ENTRY];
	uint64_t at = HEADER + (uint64_t) i * ENTRY;
	struct picture p = { 0 };
	struct fsk_cur c;

	if (!fsk_ranges_read_all(&f->file, raw, sizeof(raw), at)) {
		fsk_ranges_note(&f->file, at, "%u of %u pictures have no entry", f->count - i,
		                f->count);
		return false;
	}
	fsk_cur_init(&c, raw, sizeof(raw));
	p.width = fsk_cur_u8(&c);
	p.height = fsk_cur_u8(&c);
	p.width = p.width == 0 ? 256 : p.width;
	p.height = p.height == 0 ? 256 : p.height;
	fsk_cur_skip(&c, 4); /* colours, reserved, planes or hot spot */
	p.bits = fsk_cur_u16le(&c);
	p.size = fsk_cur_u32le(&c);
	p.offset = fsk_cur_u32le(&c);
	if (p.offset < HEADER + (uint64_t) f->count * ENTRY)
		fsk_ranges_note(&f->file, at, "picture %u lies in the directory", i + 1);
	find_end(f, &p, i + 1);
	if (p.end > f->end)
		f->end = p.end;
	return tell_picture(f, &p) == 0;
}

static int read_header(struct icon *f, struct fsk_err *err)
{
	uint8_t raw[HEADER];
	struct fsk_cur c;
	unsigned zero;

	if (!fsk_ranges_read_all(&f->file, raw, sizeof(raw), 0))
		return f->file.err.code < 0
		           ? fsk_err_set(err, f->file.err.code, "%s", f->file.err.msg)
		           : fsk_err_set(err, FSK_ECORRUPT, "no icon: too short");
	fsk_cur_init(&c, raw, sizeof(raw));
	zero = fsk_cur_u16le(&c);
	f->kind = fsk_cur_u16le(&c);
	f->count = fsk_cur_u16le(&c);
	if (zero != 0 || f->kind < 1 || f->kind > 2 || f->count == 0)
		return fsk_err_set(err, FSK_ECORRUPT, "no icon: its header is another");
	return 0;
}

static int read_icon(struct icon *f, struct fsk_err *err)
{
	int rc = read_header(f, err);
	unsigned i = 0;

	if (rc < 0)
		return rc;
	if (f->file.in.size > FSK_ICO_MAX)
		fsk_ranges_note(&f->file, FSK_RANGES_NOWHERE,
		                "%llu bytes are more than an icon has",
		                (unsigned long long) f->file.in.size);
	if (f->count > FSK_ICO_IMAGES_MAX)
		fsk_ranges_note(&f->file, FSK_RANGES_NOWHERE, "%u pictures, of which %u are told",
		                f->count, FSK_ICO_IMAGES_MAX);
	f->end = HEADER + (uint64_t) f->count * ENTRY;
	while (i < f->count && i < FSK_ICO_IMAGES_MAX && read_picture(f, i))
		i++;
	return 0;
}

static json_t *tell(struct icon *f)
{
	json_t *told = json_pack("{s:s, s:O}", "kind", f->kind == 1 ? "icon" : "cursor", "images",
	                         f->images);
	uint64_t size = f->file.in.size;

	if (told != NULL && f->end < size)
		json_object_set_new(told, "trailer",
		                    json_pack("{s:I, s:I}", "offset", (json_int_t) f->end, "size",
		                              (json_int_t) (size - f->end)));
	return told;
}

int fsk_ico_examine(json_t **told, json_t **notes, const struct fsk_input *in, struct fsk_err *err)
{
	struct icon f = { .chunks = FSK_ICO_CHUNKS_MAX };
	int rc;

	*told = NULL;
	*notes = NULL;
	rc = fsk_ranges_open(&f.file, in, err);
	if (rc < 0)
		return rc;
	f.images = json_array();
	rc = read_icon(&f, err);
	if (rc == 0) {
		*told = tell(&f);
		*notes = json_incref(fsk_ranges_notes(&f.file));
		if (*told == NULL || *notes == NULL)
			rc = fsk_err_set(err, FSK_ENOMEM, "no memory for an icon");
	}
	if (rc < 0) {
		json_decref(*told);
		json_decref(*notes);
		*told = *notes = NULL;
	}
	json_decref(f.images);
	fsk_ranges_close(&f.file);
	return rc;
}
