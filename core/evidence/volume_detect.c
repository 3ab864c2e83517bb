/* What is in a volume: signatures of what cannot be read, then libtsk. */
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/evidence/tsk_fs.h"
#include "core/evidence/volume_impl.h"

/* One read covers every signature but the last two. */
#define HEAD (4u * FSK_KIB)

/* BitLocker: [MS-BDE]-like notes in libbde's documentation; To Go carries a
 * GUID at 424 of a FAT boot sector. LUKS: on-disk format specification, 1.0
 * and 2. The rest: libblkid's superblock probes. */
static const struct signature {
	uint64_t at;
	const char *bytes;
	size_t length;
	const char *name;
	bool encrypted;
} signatures[] = {
	{ 3, "-FVE-FS-", 8, "BitLocker", true },
	{ 424, "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01", 16,
	  "BitLocker To Go", true },
	{ 0, "LUKS\xba\xbe", 6, "LUKS", true },
	{ 3, "ReFS\0\0\0\0", 8, "ReFS", false },
	{ 0, "XFSB", 4, "XFS", false },
	{ 512, "LABELONE", 8, "LVM2 physical volume", false },
	{ 88, "CS\x02\0", 4, "CoreStorage (FileVault 2 or Fusion)", false },
	{ 4086, "SWAPSPACE2", 10, "Linux swap", false },
	{ 0x10040, "_BHRfS_M", 8, "Btrfs", false },
};
#define SIGNATURES (sizeof(signatures) / sizeof(signatures[0]))

#define APFS_MAGIC_AT 32u

/* In the order in which an ambiguous volume is decided: journalled file
 * systems, whose structures are many, before those that a stray boot sector
 * or superblock can fake. */
static const char *const families[] = { "ntfs", "ext4", "hfs", "fat32", "ufs2", "iso9660" };
#define FAMILIES (sizeof(families) / sizeof(families[0]))

static bool has_bytes(struct fsk_source *s, const uint8_t head[HEAD], uint64_t base,
                      const struct signature *sig)
{
	uint8_t buf[16];

	if (sig->at + sig->length > s->size - base)
		return false;
	if (sig->at + sig->length <= HEAD)
		return memcmp(head + sig->at, sig->bytes, sig->length) == 0;
	fsk_source_read(s, buf, sig->length, base + sig->at);
	return memcmp(buf, sig->bytes, sig->length) == 0;
}

static void read_head(uint8_t head[HEAD], struct fsk_source *s, uint64_t offset)
{
	uint64_t left = s->size - offset;

	memset(head, 0, HEAD);
	fsk_source_read(s, head, left < HEAD ? (size_t) left : HEAD, offset);
}

static const struct signature *find_signature(struct fsk_source *s, const uint8_t head[HEAD],
                                              uint64_t offset)
{
	for (size_t i = 0; i < SIGNATURES; i++)
		if (has_bytes(s, head, offset, &signatures[i]))
			return &signatures[i];
	return NULL;
}

struct found {
	const char *names[FAMILIES];
	unsigned block_sizes[FAMILIES];
	size_t count;
};

/* libtsk's own detection gives up when two kinds open, and it probes YAFFS2,
 * which reads much and matches by statistics. */
static int try_families(struct found *out, struct fsk_source *s, uint64_t offset,
                        uint32_t sector_size, struct fsk_err *err)
{
	struct fsk_tsk_img *img;
	int rc = fsk_tsk_img_open(&img, s, sector_size, err);

	memset(out, 0, sizeof(*out));
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < FAMILIES; i++) {
		TSK_FS_INFO *fs = tsk_fs_open_img(fsk_tsk_img_info(img), (TSK_OFF_T) offset,
		                                  fsk_tsk_fs_type(families[i]));

		if (fs == NULL)
			continue;
		out->names[out->count] = fsk_tsk_fs_name(fs->ftype);
		out->block_sizes[out->count] = fs->block_size;
		if (out->names[out->count][0] != '\0')
			out->count++;
		tsk_fs_close(fs);
	}
	fsk_tsk_img_close(img);
	return 0;
}

static void report_choice(struct fsk_volume *v, struct fsk_source *s, const struct found *f)
{
	char reason[200];
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++)
		n += (size_t) snprintf(reason + n, sizeof(reason) - n, "%s%s", i > 0 ? " or " : "",
		                       f->names[i]);
	snprintf(reason + n, sizeof(reason) - n, ": the file system is ambiguous; %s is used",
	         f->names[0]);
	fsk_volume_anomaly(v, s, FSK_EAMBIGUOUS, reason);
}

/* ECMA-167 2/9: the descriptor "NSR02" or "NSR03" of a UDF volume is among those
 * from byte 32768 on, one each 2048 bytes. */
static bool has_udf(struct fsk_source *s, uint64_t offset)
{
	uint8_t d[6];

	for (unsigned i = 0; i < 16; i++) {
		uint64_t at = offset + 32768 + 2048ull * i;

		if (at > s->size || s->size - at < sizeof(d))
			return false;
		fsk_source_read(s, d, sizeof(d), at);
		if (memcmp(d + 1, "NSR02", 5) == 0 || memcmp(d + 1, "NSR03", 5) == 0)
			return true;
	}
	return false;
}

static void report_udf(struct fsk_volume *v, struct fsk_source *s, const struct found *f,
                       const char **what)
{
	if ((f->count > 0 && strcmp(f->names[0], "iso9660") != 0) || !has_udf(s, v->offset))
		return;
	if (f->count == 0)
		*what = "UDF";
	fsk_volume_anomaly(v, s, FSK_EUNSUPPORTED,
	                   f->count == 0 ? "not readable: UDF"
	                                 : "not readable: UDF, which lies beside ISO 9660 here");
}

int fsk_volume_detect(struct fsk_volume *v, struct fsk_source *s, const char **what,
                      struct fsk_err *err)
{
	const struct signature *sig;
	uint8_t head[HEAD];
	struct found found;
	char reason[160];
	int rc;

	*what = NULL;
	read_head(head, s, v->offset);
	sig = find_signature(s, head, v->offset);
	if (sig != NULL) {
		*what = sig->name;
		if (strcmp(sig->name, "Linux swap") == 0)
			return 0;
		snprintf(reason, sizeof(reason), "%s: %s",
		         sig->encrypted ? "encrypted" : "not readable", sig->name);
		fsk_volume_anomaly(v, s, FSK_EUNSUPPORTED, reason);
		return 0;
	}
	if (memcmp(head + APFS_MAGIC_AT, "NXSB", 4) == 0) {
		snprintf(v->fs, sizeof(v->fs), "apfs");
		return 0;
	}
	rc = try_families(&found, s, v->offset, v->sector_size, err);
	if (rc < 0)
		return rc;
	report_udf(v, s, &found, what);
	if (found.count == 0)
		return 0;
	if (found.count > 1)
		report_choice(v, s, &found);
	snprintf(v->fs, sizeof(v->fs), "%s", found.names[0]);
	v->block_size = found.block_sizes[0];
	return 0;
}

bool fsk_volume_recognise(struct fsk_source *s, uint64_t offset, uint32_t sector_size)
{
	uint8_t head[HEAD];
	struct found found;

	if (offset >= s->size)
		return false;
	read_head(head, s, offset);
	if (memcmp(head + APFS_MAGIC_AT, "NXSB", 4) == 0 || find_signature(s, head, offset) != NULL)
		return true;
	return try_families(&found, s, offset, sector_size, NULL) == 0 && found.count > 0;
}

/* APFS */

static void copy_label(char out[128], const char *text)
{
	struct fsk_buf b;
	size_t n;

	fsk_buf_init(&b, 4096);
	out[0] = '\0';
	if (text != NULL && fsk_text_append_utf8(&b, text, strlen(text), NULL) == 0) {
		n = b.len < 127 ? b.len : 127;
		while (n > 0 && fsk_text_utf8_valid(b.data, n) < n)
			n--;
		if (n > 0)
			memcpy(out, b.data, n);
		out[n] = '\0';
	}
	fsk_buf_free(&b);
}

static int add_apfs(struct fsk_volumes *out, const struct fsk_volume *model,
                    const TSK_POOL_INFO *pool, const TSK_POOL_VOLUME_INFO *p, struct fsk_source *s,
                    struct fsk_err *err)
{
	struct fsk_volume v = *model;
	size_t n = strlen(v.slot);

	v.index = (uint32_t) out->count;
	v.pool_block = p->block;
	v.block_size = pool->block_size;
	snprintf(v.slot + n, sizeof(v.slot) - n, "/%d", p->index);
	copy_label(v.label, p->desc);
	if ((p->flags & TSK_POOL_VOLUME_FLAG_ENCRYPTED) != 0) {
		fsk_volume_anomaly(&v, s, FSK_EUNSUPPORTED, "encrypted: APFS");
		v.fs[0] = '\0';
	} else {
		fsk_volume_describe(&v, s);
	}
	return fsk_volumes_add(out, &v, err);
}

int fsk_apfs_volumes(struct fsk_volumes *out, const struct fsk_volume *v, struct fsk_source *s,
                     struct fsk_err *err)
{
	const TSK_POOL_INFO *pool = NULL;
	struct fsk_tsk_img *img;
	struct fsk_err why = { 0 };
	int rc = fsk_tsk_img_open(&img, s, v->sector_size, err);

	if (rc < 0)
		return rc;
	pool = tsk_pool_open_img_sing(fsk_tsk_img_info(img), (TSK_OFF_T) v->offset,
	                              TSK_POOL_TYPE_APFS);
	if (pool == NULL) {
		struct fsk_volume none = *v;

		fsk_tsk_err(&why, FSK_ECORRUPT, "cannot open the APFS container");
		fsk_volume_anomaly(v, s, FSK_ECORRUPT, why.msg);
		none.fs[0] = '\0';
		rc = fsk_volumes_add(out, &none, err);
	} else {
		for (const TSK_POOL_VOLUME_INFO *p = pool->vol_list; rc == 0 && p != NULL;
		     p = p->next)
			rc = add_apfs(out, v, pool, p, s, err);
		tsk_pool_close(pool);
	}
	fsk_tsk_img_close(img);
	return rc;
}
