/* Partition tables that libtsk reads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/evidence/tsk_img.h"
#include "core/evidence/volume_impl.h"

#include <tsk/libtsk.h>

#define MBR_MAGIC 0xaa55u
#define MBR_TABLE 446u
#define MBR_SIGNATURE 440u

static const struct {
	TSK_VS_TYPE_ENUM type;
	enum fsk_scheme scheme;
	const char *name;
} kinds[] = {
	[FSK_TABLE_MBR] = { TSK_VS_TYPE_DOS, FSK_SCHEME_MBR, "MBR" },
	[FSK_TABLE_BSD] = { TSK_VS_TYPE_BSD, FSK_SCHEME_OTHER, "BSD" },
	[FSK_TABLE_SUN] = { TSK_VS_TYPE_SUN, FSK_SCHEME_OTHER, "Sun" },
	[FSK_TABLE_MAC] = { TSK_VS_TYPE_MAC, FSK_SCHEME_OTHER, "Apple" },
};

void fsk_table_free(struct fsk_table *t)
{
	free(t->parts);
	memset(t, 0, sizeof(*t));
}

/* The first sector of FAT, NTFS and exFAT has the magic of an MBR, and code
 * where a table would be. */
static bool looks_like_mbr(struct fsk_source *s)
{
	static const char *const oem[] = { "MSDOS", "MSWIN",    "NTFS",    "FAT",
		                           "EXFAT", "mkfs.fat", "-FVE-FS-" };
	uint8_t sector[512];

	if (s->size < sizeof(sector))
		return false;
	fsk_source_read(s, sector, sizeof(sector), 0);
	if ((sector[510] | sector[511] << 8) != MBR_MAGIC)
		return false;
	for (size_t i = 0; i < sizeof(oem) / sizeof(oem[0]); i++)
		if (memcmp(sector + 3, oem[i], strlen(oem[i])) == 0)
			return false;
	for (size_t i = 0; i < 4; i++)
		if ((sector[MBR_TABLE + i * 16] & 0x7f) != 0)
			return false;
	return true;
}

static void slot_text(char out[16], const TSK_VS_PART_INFO *p)
{
	if (p->table_num < 0)
		snprintf(out, 16, "%03d", p->slot_num);
	else
		snprintf(out, 16, "%03d:%03d", p->table_num, p->slot_num);
}

void fsk_table_text(char out[128], const char *text, size_t n)
{
	n = text != NULL ? fsk_text_utf8_valid(text, n) : 0;
	while (n > 127 || (n > 0 && fsk_text_utf8_valid(text, n) < n))
		n--;
	if (n > 0)
		memcpy(out, text, n);
	out[n] = '\0';
}

int fsk_table_add(struct fsk_table *t, const struct fsk_part *p, struct fsk_err *err)
{
	struct fsk_part *grown;

	if (t->count >= FSK_VOLUMES_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u partitions", FSK_VOLUMES_MAX);
	grown = realloc(t->parts, (t->count + 1) * sizeof(*grown));
	if (grown == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	t->parts = grown;
	grown[t->count++] = *p;
	return 0;
}

static int copy_parts(struct fsk_table *out, const TSK_VS_INFO *vs, struct fsk_err *err)
{
	int rc = 0;

	for (const TSK_VS_PART_INFO *p = vs->part_list; rc == 0 && p != NULL; p = p->next) {
		struct fsk_part add = { .start = p->start, .length = p->len };

		if ((p->flags & TSK_VS_PART_FLAG_ALLOC) == 0 ||
		    (p->flags & TSK_VS_PART_FLAG_META) != 0)
			continue;
		if (out->scheme == FSK_SCHEME_MBR && p->desc != NULL &&
		    strncmp(p->desc, "GPT Safety", 10) == 0) {
			out->protective = true;
			continue;
		}
		slot_text(add.slot, p);
		fsk_table_text(add.description, p->desc, p->desc != NULL ? strlen(p->desc) : 0);
		rc = fsk_table_add(out, &add, err);
	}
	return rc;
}

int fsk_table_load(struct fsk_table *out, struct fsk_source *s, enum fsk_table_kind kind,
                   uint32_t sector_size, struct fsk_err *err)
{
	struct fsk_tsk_img *img;
	TSK_VS_INFO *vs;
	int rc;

	memset(out, 0, sizeof(*out));
	out->scheme = kinds[kind].scheme;
	out->name = kinds[kind].name;
	if (kind == FSK_TABLE_MBR && !looks_like_mbr(s))
		return fsk_err_set(err, FSK_ENOTFOUND, "no MBR");
	rc = fsk_tsk_img_open(&img, s, sector_size, err);
	if (rc < 0)
		return rc;
	vs = tsk_vs_open(fsk_tsk_img_info(img), 0, kinds[kind].type);
	if (vs == NULL) {
		rc = fsk_err_set(err, FSK_ENOTFOUND, "no %s partition table", kinds[kind].name);
	} else {
		out->sector_size = vs->block_size;
		rc = copy_parts(out, vs, err);
		tsk_vs_close(vs);
	}
	fsk_tsk_img_close(img);
	if (rc < 0)
		fsk_table_free(out);
	return rc;
}

uint32_t fsk_mbr_signature(struct fsk_source *s)
{
	uint8_t sector[512];
	struct fsk_cur c;

	if (s->size < sizeof(sector))
		return 0;
	fsk_source_read(s, sector, sizeof(sector), 0);
	fsk_cur_init(&c, sector, sizeof(sector));
	fsk_cur_seek(&c, MBR_SIGNATURE);
	return fsk_cur_u32le(&c);
}
