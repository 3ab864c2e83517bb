/* Labels, serial numbers, and which system lives on a volume. */
#include <stdio.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/text.h"
#include "core/evidence/tsk_fs.h"
#include "core/evidence/volume_impl.h"

#define NTFS_VOLUME_RECORD 3u
#define ISO_PVD 32768u
#define HFS_CATALOG 4u
#define HFS_NODE_HEAD 600u /* enough of a catalog node, which has at least 4096 bytes */

static void set_label(struct fsk_volume *v, const void *p, size_t n)
{
	const char *text = p;
	struct fsk_buf b;

	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\0'))
		n--;
	fsk_buf_init(&b, 4096);
	if (fsk_text_append_utf8(&b, text, n, NULL) == 0 && b.len > 0) {
		n = b.len < sizeof(v->label) - 1 ? b.len : sizeof(v->label) - 1;
		while (n > 0 && fsk_text_utf8_valid(b.data, n) < n)
			n--;
		memcpy(v->label, b.data, n);
		v->label[n] = '\0';
	}
	fsk_buf_free(&b);
}

static size_t bounded(const uint8_t *p, size_t n)
{
	const void *end = memchr(p, '\0', n);

	return end != NULL ? (size_t) ((const uint8_t *) end - p) : n;
}

/* Offsets in the boot sector: Microsoft, "FAT32 File System Specification" and
 * "exFAT file system specification"; Russon and Fledel for NTFS. */
static void from_boot_sector(struct fsk_volume *v, const uint8_t *sector, size_t n)
{
	size_t serial_at = 0x27, label_at = 0x2b;
	struct fsk_cur c;
	const uint8_t *label;

	if (strcmp(v->fs, "fat32") == 0) {
		serial_at = 0x43;
		label_at = 0x47;
	}
	fsk_cur_init(&c, sector, n);
	if (strcmp(v->fs, "ntfs") == 0 || strcmp(v->fs, "exfat") == 0) {
		bool ntfs = v->fs[0] == 'n';

		fsk_cur_seek(&c, ntfs ? 0x48 : 0x64);
		v->serial = ntfs ? fsk_cur_u64le(&c) : fsk_cur_u32le(&c);
		return;
	}
	/* 0x29: serial number and label follow; 0x28: the serial number only */
	fsk_cur_seek(&c, serial_at - 1);
	switch (fsk_cur_u8(&c)) {
	case 0x29:
		v->serial = fsk_cur_u32le(&c);
		fsk_cur_seek(&c, label_at);
		label = fsk_cur_bytes(&c, 11);
		if (label != NULL && memcmp(label, "NO NAME    ", 11) != 0)
			set_label(v, label, 11);
		break;
	case 0x28:
		v->serial = fsk_cur_u32le(&c);
		break;
	default:
		break;
	}
}

static bool read_at(struct fsk_source *s, const struct fsk_volume *v, uint8_t *buf, size_t n,
                    uint64_t off)
{
	if (v->offset + off + n > s->size)
		return false;
	fsk_source_read(s, buf, n, v->offset + off);
	return true;
}

static void set_label_utf16(struct fsk_volume *v, const uint8_t *p, size_t n)
{
	struct fsk_buf b;

	fsk_buf_init(&b, 4096);
	if (fsk_text_append_utf16le(&b, p, n, true, NULL) == 0)
		set_label(v, b.data, b.len);
	fsk_buf_free(&b);
}

static void ntfs_label(struct fsk_volume *v, const struct fsk_tsk_fs *t)
{
	TSK_FS_FILE *f = tsk_fs_file_open_meta(t->fs, NULL, NTFS_VOLUME_RECORD);
	const TSK_FS_ATTR *a;

	if (f == NULL)
		return;
	a = tsk_fs_file_attr_get_type(f, TSK_FS_ATTR_TYPE_NTFS_VNAME, 0, 0);
	if (a != NULL && (a->flags & TSK_FS_ATTR_RES) != 0 && a->size > 0 &&
	    (uint64_t) a->size <= a->rd.buf_size)
		set_label_utf16(v, a->rd.buf, (size_t) a->size);
	tsk_fs_file_close(f);
}

/* The root folder's label entry is the one that Windows shows. */
static void fat_label(struct fsk_volume *v, const struct fsk_tsk_fs *t)
{
	static const char tail[] = " (Volume Label Entry)";
	static const char no_label[] = "$EMPTY_VOLUME_LABEL"; /* libtsk's, of exFAT */
	TSK_FS_DIR *d = tsk_fs_dir_open_meta(t->fs, t->fs->root_inum);

	if (d == NULL)
		return;
	for (size_t i = 0; i < tsk_fs_dir_getsize(d); i++) {
		const TSK_FS_NAME *n = tsk_fs_dir_get_name(d, i);
		size_t len = n != NULL && n->name != NULL ? strlen(n->name) : 0;

		if (len < sizeof(tail) || (n->flags & TSK_FS_NAME_FLAG_ALLOC) == 0)
			continue;
		len -= sizeof(tail) - 1;
		if (strcmp(n->name + len, tail) != 0)
			continue;
		if (strncmp(n->name, no_label, sizeof(no_label) - 1) != 0)
			set_label(v, n->name, len);
		break;
	}
	tsk_fs_dir_close(d);
}

static bool read_piece(struct fsk_stream *st, uint8_t *buf, size_t n, uint64_t off)
{
	return fsk_stream_read(st, buf, n, off, NULL, NULL) == (int64_t) n;
}

/* Technical note TN1150: the first record of the catalog is the root folder,
 * parent 1, and its name is the volume's. */
static void hfs_label_from(struct fsk_volume *v, struct fsk_stream *catalog)
{
	uint8_t node[HFS_NODE_HEAD], text[512];
	uint32_t first, parent;
	struct fsk_cur c;
	uint16_t size, n;

	if (!read_piece(catalog, node, sizeof(node), 0))
		return;
	fsk_cur_init(&c, node, sizeof(node));
	fsk_cur_seek(&c, 14 + 10);
	first = fsk_cur_u32be(&c);
	fsk_cur_skip(&c, 4);
	size = fsk_cur_u16be(&c);
	if (!read_piece(catalog, node, sizeof(node), (uint64_t) first * size))
		return;
	fsk_cur_init(&c, node, sizeof(node));
	fsk_cur_seek(&c, 14 + 2);
	parent = fsk_cur_u32be(&c);
	n = fsk_cur_u16be(&c);
	if (parent != 1 || n > 255)
		return;
	for (size_t i = 0; i < n; i++) {
		text[2 * i + 1] = fsk_cur_u8(&c);
		text[2 * i] = fsk_cur_u8(&c);
	}
	if (!c.failed)
		set_label_utf16(v, text, (size_t) n * 2);
}

static void hfs_label(struct fsk_volume *v, const struct fsk_tsk_fs *t)
{
	TSK_FS_FILE *f = tsk_fs_file_open_meta(t->fs, NULL, HFS_CATALOG);
	const TSK_FS_ATTR *a = f != NULL ? tsk_fs_file_attr_get(f) : NULL;
	struct fsk_stream *st;

	if (a == NULL) {
		tsk_fs_file_close(f);
		return;
	}
	if (fsk_tsk_stream_open(&st, t, f, a, NULL) < 0)
		return;
	hfs_label_from(v, st);
	fsk_stream_close(st);
}

static void label_through_tsk(struct fsk_volume *v, struct fsk_source *s)
{
	struct fsk_tsk_fs t;

	if (fsk_tsk_fs_open(&t, s, v, NULL) == 0) {
		if (strcmp(v->fs, "ntfs") == 0)
			ntfs_label(v, &t);
		else if (strcmp(v->fs, "hfs") == 0)
			hfs_label(v, &t);
		else
			fat_label(v, &t);
	}
	fsk_tsk_fs_close(&t);
}

static void identify(struct fsk_volume *v, struct fsk_source *s)
{
	uint8_t buf[512];

	if (strcmp(v->fs, "hfs") == 0) {
		label_through_tsk(v, s);
	} else if (fsk_volume_folds_case(v) && strcmp(v->fs, "apfs") != 0) {
		if (read_at(s, v, buf, sizeof(buf), 0))
			from_boot_sector(v, buf, sizeof(buf));
		label_through_tsk(v, s);
	} else if (strncmp(v->fs, "ext", 3) == 0) {
		/* s_volume_name of the superblock, which is at 1024 */
		if (read_at(s, v, buf, 16, 1024 + 0x78))
			set_label(v, buf, bounded(buf, 16));
	} else if (strcmp(v->fs, "iso9660") == 0) {
		/* ECMA-119 8.4.7: volume identifier of the primary descriptor */
		if (read_at(s, v, buf, 32, ISO_PVD + 40))
			set_label(v, buf, bounded(buf, 32));
	}
}

static bool has_folder(struct fsk_fs *fs, const char *path)
{
	struct fsk_entry e;
	bool yes;

	if (fsk_fs_lookup(&e, fs, path, NULL) < 0)
		return false;
	yes = e.type == FSK_ENTRY_DIR;
	fsk_entry_free(&e);
	return yes;
}

static const char *guess_system(struct fsk_fs *fs, const struct fsk_volume *v)
{
	bool mac = strcmp(v->fs, "hfs") == 0 || strcmp(v->fs, "apfs") == 0;

	if (fsk_fs_folds_case(fs) && !mac && has_folder(fs, "Windows"))
		return "windows";
	/* since macOS 10.15 the system and its data are volumes of their own */
	if (has_folder(fs, "System/Library") && has_folder(fs, "Applications"))
		return "macos";
	if (mac && has_folder(fs, "Users") && has_folder(fs, "private/var/db"))
		return "macos";
	if (has_folder(fs, "etc") && has_folder(fs, "usr"))
		return "linux";
	return "";
}

void fsk_volume_describe(struct fsk_volume *v, struct fsk_source *s)
{
	struct fsk_anomaly_sink silent = { 0 };
	struct fsk_fs *fs;
	struct fsk_err err = { 0 };

	identify(v, s);
	if (fsk_fs_open(&fs, s, v, &err) < 0) {
		fsk_volume_anomaly(v, s, err.code, err.msg);
		return;
	}
	/* whoever walks the volume later reports its damage */
	fs->sink = silent;
	snprintf(v->os, sizeof(v->os), "%s", guess_system(fs, v));
	fsk_fs_close(fs);
}
