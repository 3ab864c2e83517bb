#include <string.h>

#include "core/base/cursor.h"
#include "core/evidence/source_format.h"

#define PIECE 512u

/* Signatures that are long, or that contain bytes no boot code starts with. */
static const struct {
	const char *bytes;
	size_t len;
	enum fsk_source_format format;
	const char *name;
} heads[] = {
	{ "EVF\x09\x0d\x0a\xff\x00", 8, FSK_FORMAT_EWF, "EWF" },
	{ "EVF2\x0d\x0a\x81\x00", 8, FSK_FORMAT_OTHER, "EWF version 2 (Ex01)" },
	{ "LEF2\x0d\x0a\x81\x00", 8, FSK_FORMAT_OTHER, "EWF version 2 logical evidence (Lx01)" },
	{ "LVF\x09\x0d\x0a\xff\x00", 8, FSK_FORMAT_OTHER, "EWF logical evidence (L01)" },
	{ "ADCRYPT\x00", 8, FSK_FORMAT_OTHER, "AD-encrypted image" },
	{ "AFF10\x0d\x0a\x00", 8, FSK_FORMAT_OTHER, "AFF" },
	{ "conectix", 8, FSK_FORMAT_VHD, "VHD" },
	{ "vhdxfile", 8, FSK_FORMAT_VHDX, "VHDX" },
	{ "# Disk DescriptorFile", 21, FSK_FORMAT_OTHER,
	  "VMDK descriptor (give its extent files instead)" },
	{ "7z\xbc\xaf\x27\x1c", 6, FSK_FORMAT_OTHER, "7-Zip archive" },
	{ "\xfd"
	  "7zXZ\x00",
	  6, FSK_FORMAT_OTHER, "xz-compressed file" },
};

/* Four-letter signatures count only with a sane version behind them. */
static bool is_vmdk(const uint8_t *p)
{
	return memcmp(p, "KDMV", 4) == 0 && p[4] >= 1 && p[4] <= 3 &&
	       memcmp(p + 5, "\0\0\0", 3) == 0;
}

static const char *qcow_head(const uint8_t *p)
{
	return memcmp(p, "QFI\xfb\0\0\0", 7) == 0 && p[7] >= 1 && p[7] <= 3 ? "QCOW" : NULL;
}

/* A local file header of ZIP: version 1.0 to 6.3, a file name, and the name
 * in printable ASCII. AFF4 is a ZIP whose first member is one of a few. */
static const char *zip_head(const uint8_t *p)
{
	static const char *const aff4[] = { "container.description", "version.txt",
		                            "information.turtle", "aff4%3A" };
	struct fsk_cur c;
	uint16_t version, name_len;
	const uint8_t *name;

	if (memcmp(p, "PK\x03\x04", 4) != 0)
		return NULL;
	fsk_cur_init(&c, p, PIECE);
	fsk_cur_skip(&c, 4);
	version = fsk_cur_u16le(&c);
	fsk_cur_seek(&c, 26);
	name_len = fsk_cur_u16le(&c);
	fsk_cur_skip(&c, 2);
	name = fsk_cur_bytes(&c, name_len);
	if (version < 10 || version > 63 || name == NULL || name_len == 0)
		return NULL;
	for (size_t i = 0; i < name_len; i++)
		if (name[i] < 0x20 || name[i] == 0x7f)
			return NULL;
	for (size_t i = 0; i < sizeof(aff4) / sizeof(aff4[0]); i++)
		if (name_len >= strlen(aff4[i]) && memcmp(name, aff4[i], strlen(aff4[i])) == 0)
			return "AFF4";
	return "ZIP archive";
}

/* VirtualBox: a line of text, and at byte 64 this number. */
static const char *vdi_head(const uint8_t *p)
{
	return memcmp(p, "<<< ", 4) == 0 && memcmp(p + 64, "\x7f\x10\xda\xbe", 4) == 0
	           ? "VirtualBox VDI"
	           : NULL;
}

/* "koly", version 4, trailer of 512 bytes, all big-endian. */
static const char *dmg_tail(const uint8_t *p)
{
	return memcmp(p, "koly\x00\x00\x00\x04\x00\x00\x02\x00", 12) == 0 ? "Apple DMG" : NULL;
}

enum fsk_source_format fsk_source_detect(const char **name, const struct fsk_file *f)
{
	uint8_t piece[PIECE] = { 0 };

	*name = "raw";
	if (fsk_file_pread(f, piece, PIECE, 0, NULL) < 8)
		return FSK_FORMAT_RAW;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		if (memcmp(piece, heads[i].bytes, heads[i].len) == 0) {
			*name = heads[i].name;
			return heads[i].format;
		}
	}
	if (is_vmdk(piece))
		return FSK_FORMAT_VMDK;
	if ((*name = qcow_head(piece)) != NULL || (*name = zip_head(piece)) != NULL ||
	    (*name = vdi_head(piece)) != NULL)
		return FSK_FORMAT_OTHER;
	if (!f->is_device && f->size > PIECE &&
	    fsk_file_pread(f, piece, PIECE, f->size - PIECE, NULL) == PIECE) {
		if ((*name = dmg_tail(piece)) != NULL)
			return FSK_FORMAT_OTHER;
		if (fsk_vhd_is_footer(piece))
			return FSK_FORMAT_VHD;
	}
	*name = "raw";
	return FSK_FORMAT_RAW;
}
