/* File systems through libtsk. Folders of NTFS are read by fs_ntfs_list.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/evidence/fs_ntfs.h"
#include "core/evidence/stream_runs.h"
#include "core/evidence/tsk_fs.h"

#define WOF_STREAM "WofCompressedData"
#define NTFS_ROOT 5u

static const struct {
	const char *name;
	TSK_FS_TYPE_ENUM type, open_as;
} types[] = {
	{ "ntfs", TSK_FS_TYPE_NTFS, TSK_FS_TYPE_NTFS_DETECT },
	{ "exfat", TSK_FS_TYPE_EXFAT, TSK_FS_TYPE_FAT_DETECT },
	{ "fat12", TSK_FS_TYPE_FAT12, TSK_FS_TYPE_FAT_DETECT },
	{ "fat16", TSK_FS_TYPE_FAT16, TSK_FS_TYPE_FAT_DETECT },
	{ "fat32", TSK_FS_TYPE_FAT32, TSK_FS_TYPE_FAT_DETECT },
	{ "ext2", TSK_FS_TYPE_EXT2, TSK_FS_TYPE_EXT_DETECT },
	{ "ext3", TSK_FS_TYPE_EXT3, TSK_FS_TYPE_EXT_DETECT },
	{ "ext4", TSK_FS_TYPE_EXT4, TSK_FS_TYPE_EXT_DETECT },
	{ "hfs", TSK_FS_TYPE_HFS, TSK_FS_TYPE_HFS_DETECT },
	{ "apfs", TSK_FS_TYPE_APFS, TSK_FS_TYPE_APFS_DETECT },
	{ "iso9660", TSK_FS_TYPE_ISO9660, TSK_FS_TYPE_ISO9660_DETECT },
	{ "ufs1", TSK_FS_TYPE_FFS1, TSK_FS_TYPE_FFS_DETECT },
	{ "ufs1", TSK_FS_TYPE_FFS1B, TSK_FS_TYPE_FFS_DETECT },
	{ "ufs2", TSK_FS_TYPE_FFS2, TSK_FS_TYPE_FFS_DETECT },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

TSK_FS_TYPE_ENUM fsk_tsk_fs_type(const char *name)
{
	for (size_t i = 0; i < TYPES; i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].open_as;
	return FSK_TSK_NONE;
}

const char *fsk_tsk_fs_name(TSK_FS_TYPE_ENUM type)
{
	for (size_t i = 0; i < TYPES; i++)
		if (types[i].type == type)
			return types[i].name;
	return "";
}

/* Opening */

static int open_pool(struct fsk_tsk_fs *t, const struct fsk_volume *v, struct fsk_err *err)
{
	t->pool = tsk_pool_open_img_sing(fsk_tsk_img_info(t->img), (TSK_OFF_T) v->offset,
	                                 TSK_POOL_TYPE_APFS);
	if (t->pool == NULL)
		return fsk_tsk_err(err, FSK_ECORRUPT, "cannot open the APFS container");
	t->pool_img = t->pool->get_img_info(t->pool, (TSK_DADDR_T) v->pool_block);
	if (t->pool_img == NULL)
		return fsk_tsk_err(err, FSK_ECORRUPT, "cannot open the APFS volume");
	return 0;
}

int fsk_tsk_fs_open(struct fsk_tsk_fs *out, struct fsk_source *s, const struct fsk_volume *v,
                    struct fsk_err *err)
{
	TSK_FS_TYPE_ENUM type = fsk_tsk_fs_type(v->fs);
	TSK_IMG_INFO *image;
	TSK_OFF_T offset = (TSK_OFF_T) v->offset;
	int rc;

	memset(out, 0, sizeof(*out));
	if (type == FSK_TSK_NONE)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "no file system that can be read");
	out->source = s;
	rc = fsk_tsk_img_open(&out->img, s, v->sector_size, err);
	if (rc < 0)
		return rc;
	image = fsk_tsk_img_info(out->img);
	if (type == TSK_FS_TYPE_APFS_DETECT) {
		rc = open_pool(out, v, err);
		if (rc < 0)
			return rc;
		image = out->pool_img;
		offset = 0;
	}
	out->fs = tsk_fs_open_img(image, offset, type);
	if (out->fs == NULL)
		return fsk_tsk_err(err, FSK_ECORRUPT, "cannot open %s", v->fs);
	return 0;
}

void fsk_tsk_fs_close(struct fsk_tsk_fs *t)
{
	if (t->mft != NULL)
		fsk_mft_index_free(t->mft);
	free(t->mft);
	fsk_mft_window_free(t->window);
	if (t->fs != NULL)
		tsk_fs_close(t->fs);
	if (t->pool_img != NULL)
		tsk_img_close(t->pool_img);
	if (t->pool != NULL)
		tsk_pool_close(t->pool);
	fsk_tsk_img_close(t->img);
	memset(t, 0, sizeof(*t));
}

static bool is_ntfs(const struct fsk_tsk_fs *t)
{
	return TSK_FS_TYPE_ISNTFS(t->fs->ftype);
}

/* Records */

/* The sequence number of a record grows when it is freed, so the name of a
 * deleted file has the number before. */
static bool same_record(const TSK_FS_META *m, uint64_t seq, bool deleted)
{
	if (m->seq == seq)
		return true;
	return deleted && (m->flags & TSK_FS_META_FLAG_UNALLOC) != 0 && m->seq == seq + 1;
}

int fsk_tsk_open_record(TSK_FS_FILE **out, const struct fsk_tsk_fs *t, uint64_t addr, uint64_t seq,
                        bool deleted, struct fsk_err *err)
{
	TSK_FS_FILE *f = tsk_fs_file_open_meta(t->fs, NULL, addr);

	*out = NULL;
	if (f == NULL || f->meta == NULL) {
		int rc = fsk_tsk_err(err, FSK_ECORRUPT, "record %llu is unreadable",
		                     (unsigned long long) addr);

		tsk_fs_file_close(f);
		return rc;
	}
	if (is_ntfs(t) && !same_record(f->meta, seq, deleted)) {
		int rc = fsk_err_set(err, FSK_ENOTFOUND, "record %llu has been used again (%u)",
		                     (unsigned long long) addr, f->meta->seq);

		tsk_fs_file_close(f);
		return rc;
	}
	*out = f;
	return 0;
}

static bool is_unnamed(const TSK_FS_ATTR *a)
{
	return a->name == NULL || a->name[0] == '\0';
}

const TSK_FS_ATTR *fsk_tsk_find_attr(TSK_FS_FILE *f, TSK_FS_ATTR_TYPE_ENUM type, const char *name)
{
	int n = tsk_fs_file_attr_getsize(f);

	for (int i = 0; i < n; i++) {
		const TSK_FS_ATTR *a = tsk_fs_file_attr_get_idx(f, i);

		if (a == NULL || a->type != type)
			continue;
		if (name == NULL ? is_unnamed(a) : (!is_unnamed(a) && strcmp(a->name, name) == 0))
			return a;
	}
	return NULL;
}

/* Streams beside the main one: named $DATA of NTFS; extended attributes and
 * the resource fork of HFS+ and APFS. */
static bool is_stream(const TSK_FS_ATTR *a, bool ntfs)
{
	if (is_unnamed(a))
		return false;
	if (ntfs)
		return a->type == TSK_FS_ATTR_TYPE_NTFS_DATA;
	return a->type == TSK_FS_ATTR_TYPE_HFS_EXT_ATTR || a->type == TSK_FS_ATTR_TYPE_HFS_RSRC;
}

static const TSK_FS_ATTR *stream_attr(const struct fsk_tsk_fs *t, TSK_FS_FILE *f, const char *name)
{
	bool ntfs = is_ntfs(t);
	int n;

	if (name == NULL)
		return ntfs ? fsk_tsk_find_attr(f, TSK_FS_ATTR_TYPE_NTFS_DATA, NULL)
		            : tsk_fs_file_attr_get(f);
	n = tsk_fs_file_attr_getsize(f);
	for (int i = 0; i < n; i++) {
		const TSK_FS_ATTR *a = tsk_fs_file_attr_get_idx(f, i);
		char *text;
		bool hit;

		if (a == NULL || !is_stream(a, ntfs))
			continue;
		text = fsk_name_text(a->name, strlen(a->name));
		hit = text != NULL && strcmp(text, name) == 0;
		free(text);
		if (hit)
			return a;
	}
	return NULL;
}

/* Times */

/* libtsk reads local times of FAT and ISO 9660 with mktime, that is in the
 * zone of this host. The same evidence shall have the same times anywhere. */
static time_t undo_zone(time_t t)
{
	struct tm tm;

	return localtime_r(&t, &tm) != NULL ? timegm(&tm) : t;
}

static fsk_time unix_time(const struct fsk_tsk_fs *t, time_t s, uint32_t ns)
{
	TSK_FS_TYPE_ENUM ft = t->fs->ftype;

	if (s == 0 && ns == 0)
		return FSK_TIME_NONE;
	if (TSK_FS_TYPE_ISFAT(ft) || TSK_FS_TYPE_ISISO9660(ft))
		s = undo_zone(s);
	return fsk_time_from_unix(s, ns);
}

static void meta_times(struct fsk_times *out, const struct fsk_tsk_fs *t, const TSK_FS_META *m)
{
	out->modified = unix_time(t, m->mtime, m->mtime_nano);
	out->accessed = unix_time(t, m->atime, m->atime_nano);
	out->changed = unix_time(t, m->ctime, m->ctime_nano);
	out->created = unix_time(t, m->crtime, m->crtime_nano);
}

static void ntfs_times(struct fsk_times *out, TSK_FS_FILE *f)
{
	int n = tsk_fs_file_attr_getsize(f), best = 0;

	for (int i = 0; i < n; i++) {
		const TSK_FS_ATTR *a = tsk_fs_file_attr_get_idx(f, i);

		if (a == NULL || (a->flags & TSK_FS_ATTR_RES) == 0 || a->size < 0 ||
		    (uint64_t) a->size > a->rd.buf_size)
			continue;
		if (a->type == TSK_FS_ATTR_TYPE_NTFS_SI)
			fsk_ntfs_si_times(out, a->rd.buf, (size_t) a->size);
		else if (a->type == TSK_FS_ATTR_TYPE_NTFS_FNAME)
			fsk_ntfs_fn_times(out, a->rd.buf, (size_t) a->size, &best);
	}
}

/* Describing */

static enum fsk_entry_type meta_type(TSK_FS_META_TYPE_ENUM t)
{
	switch (t) {
	case TSK_FS_META_TYPE_REG:
	case TSK_FS_META_TYPE_VIRT:
		return FSK_ENTRY_FILE;
	case TSK_FS_META_TYPE_DIR:
	case TSK_FS_META_TYPE_VIRT_DIR:
		return FSK_ENTRY_DIR;
	case TSK_FS_META_TYPE_LNK:
		return FSK_ENTRY_LINK;
	default:
		return FSK_ENTRY_OTHER;
	}
}

static int describe_record(struct fsk_entry *e, const struct fsk_tsk_fs *t, TSK_FS_FILE *f,
                           struct fsk_err *err)
{
	const TSK_FS_ATTR *a = NULL;

	if (is_ntfs(t))
		ntfs_times(&e->times, f);
	else
		meta_times(&e->times, t, f->meta);
	e->size = 0;
	if (e->loc.stream != NULL || is_ntfs(t))
		a = stream_attr(t, f, e->loc.stream);
	if (a == NULL && e->loc.stream != NULL)
		return fsk_err_set(err, FSK_ENOTFOUND, "no stream \"%s\"", e->loc.stream);
	if (a != NULL)
		e->size = a->size > 0 ? (uint64_t) a->size : 0;
	else if (!is_ntfs(t) && e->type != FSK_ENTRY_DIR && f->meta->size > 0)
		e->size = (uint64_t) f->meta->size;
	return 0;
}

static int describe_indexed(struct fsk_entry *e, const struct fsk_tsk_fs *t,
                            const struct fsk_mft_entry *m, struct fsk_err *err)
{
	const struct fsk_mft_stream *s;
	size_t count;

	fsk_mft_index_times(&e->times, t->mft, m);
	e->size = m->size;
	if (e->loc.stream == NULL)
		return 0;
	s = fsk_mft_index_streams(&count, t->mft, e->loc.addr);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(fsk_mft_index_name(t->mft, s[i].name), e->loc.stream) != 0)
			continue;
		e->size = s[i].size;
		return 0;
	}
	return fsk_err_set(err, FSK_ENOTFOUND, "no stream \"%s\"", e->loc.stream);
}

static int describe(struct fsk_fs *fs, struct fsk_entry *e, const struct fsk_name *n,
                    struct fsk_err *err)
{
	struct fsk_tsk_fs *t = fs->impl;
	bool stream = e->loc.stream != NULL;
	const struct fsk_mft_entry *m = fsk_mft_asked(t, n->addr, n->seq, n->deleted, stream);
	struct fsk_err why = { 0 };
	TSK_FS_FILE *f;
	int rc;

	e->type = n->type;
	e->size = n->size;
	e->times = n->times;
	if (m != NULL)
		return describe_indexed(e, t, m, err);
	rc = fsk_tsk_open_record(&f, t, n->addr, n->seq, n->deleted, &why);
	if (rc == FSK_ECORRUPT &&
	    (m = fsk_mft_known(t, n->addr, n->seq, n->deleted, stream)) != NULL)
		return describe_indexed(e, t, m, err);
	if (rc < 0) {
		/* the folder's own word must do; of a deleted name nothing else
		 * is to be expected */
		if (!n->deleted)
			fsk_fs_anomaly(fs, rc, e->loc.path, why.msg);
		return 0;
	}
	rc = describe_record(e, t, f, err);
	tsk_fs_file_close(f);
	return rc;
}

/* Streams */

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static int add_string(char ***list, size_t *count, const char *name, struct fsk_err *err)
{
	char **p = realloc(*list, (*count + 1) * sizeof(*p));

	if (p == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	*list = p;
	p[*count] = fsk_name_text(name, strlen(name));
	if (p[*count] == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	(*count)++;
	return 0;
}

static int collect_streams(char ***out, size_t *count, TSK_FS_FILE *f, bool ntfs,
                           struct fsk_err *err)
{
	int n = tsk_fs_file_attr_getsize(f), rc = 0;

	for (int i = 0; rc == 0 && i < n; i++) {
		const TSK_FS_ATTR *a = tsk_fs_file_attr_get_idx(f, i);

		if (a == NULL || !is_stream(a, ntfs))
			continue;
		if (*count >= FSK_STREAMS_MAX)
			return fsk_err_set(err, FSK_ELIMIT, "more than %u streams",
			                   FSK_STREAMS_MAX);
		rc = add_string(out, count, a->name, err);
	}
	return rc;
}

static void drop_doubles(char **list, size_t *count)
{
	size_t kept = 0;

	if (*count == 0)
		return;
	qsort(list, *count, sizeof(*list), compare_strings);
	for (size_t i = 1; i < *count; i++) {
		if (strcmp(list[kept], list[i]) == 0)
			free(list[i]);
		else
			list[++kept] = list[i];
	}
	*count = kept + 1;
}

static int collect_indexed(char ***out, size_t *count, const struct fsk_tsk_fs *t, uint64_t addr,
                           struct fsk_err *err)
{
	size_t n;
	const struct fsk_mft_stream *s = fsk_mft_index_streams(&n, t->mft, addr);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (*count >= FSK_STREAMS_MAX)
			return fsk_err_set(err, FSK_ELIMIT, "more than %u streams",
			                   FSK_STREAMS_MAX);
		rc = add_string(out, count, fsk_mft_index_name(t->mft, s[i].name), err);
	}
	return rc;
}

static int list_streams(char ***out, size_t *count, struct fsk_tsk_fs *t,
                        const struct fsk_locator *loc, struct fsk_err *err)
{
	TSK_FS_FILE *f;
	int rc;

	if (fsk_mft_asked(t, loc->addr, loc->seq, loc->deleted, true) != NULL)
		return collect_indexed(out, count, t, loc->addr, err);
	rc = fsk_tsk_open_record(&f, t, loc->addr, loc->seq, loc->deleted, err);
	if (rc == FSK_ECORRUPT && fsk_mft_known(t, loc->addr, loc->seq, loc->deleted, true) != NULL)
		return collect_indexed(out, count, t, loc->addr, err);
	if (rc < 0)
		return rc;
	rc = collect_streams(out, count, f, is_ntfs(t), err);
	tsk_fs_file_close(f);
	return rc;
}

static int streams(struct fsk_fs *fs, char ***out, size_t *count, const struct fsk_locator *loc,
                   struct fsk_err *err)
{
	int rc;

	*out = NULL;
	*count = 0;
	rc = list_streams(out, count, fs->impl, loc, err);
	if (rc < 0) {
		fsk_fs_streams_free(*out, *count);
		*out = NULL;
		*count = 0;
		return rc;
	}
	drop_doubles(*out, count);
	return 0;
}

static int open_main(struct fsk_stream **out, const struct fsk_tsk_fs *t, TSK_FS_FILE *f,
                     const TSK_FS_ATTR *a, struct fsk_err *err)
{
	int rc;

	if (a != NULL && is_ntfs(t) &&
	    fsk_tsk_find_attr(f, TSK_FS_ATTR_TYPE_NTFS_DATA, WOF_STREAM) &&
	    fsk_tsk_find_attr(f, TSK_FS_ATTR_TYPE_NTFS_REPARSE, NULL)) {
		tsk_fs_file_close(f);
		return fsk_err_set(err, FSK_EUNSUPPORTED, "CompactOS (WOF) compressed");
	}
	if (a != NULL)
		return fsk_tsk_stream_open(out, t, f, a, err);
	if (f->meta->link != NULL)
		rc = fsk_memory_stream_open(out, f->meta->link, strlen(f->meta->link), err);
	else if (f->meta->size == 0 && !TSK_FS_IS_DIR_META(f->meta->type))
		rc = fsk_memory_stream_open(out, "", 0, err);
	else
		rc = fsk_err_set(err, TSK_FS_IS_DIR_META(f->meta->type) ? FSK_EINVAL : FSK_ECORRUPT,
		                 "it has no content");
	tsk_fs_file_close(f);
	return rc;
}

static int open_by_library(struct fsk_tsk_fs *t, struct fsk_stream **out,
                           const struct fsk_locator *loc, struct fsk_err *err)
{
	const TSK_FS_ATTR *a;
	TSK_FS_FILE *f;
	int rc;

	rc = fsk_tsk_open_record(&f, t, loc->addr, loc->seq, loc->deleted, err);
	/* libtsk gives a record up for one attribute: a hole that is longer than the
	 * volume, as change journals have, a list that names a wrong record */
	if (rc == FSK_ECORRUPT && is_ntfs(t) && fsk_mft_open_data(out, t, loc, NULL) == 0)
		return 0;
	if (rc < 0)
		return rc;
	if (!is_ntfs(t) && loc->stream == NULL && TSK_FS_IS_DIR_META(f->meta->type)) {
		tsk_fs_file_close(f);
		return fsk_err_set(err, FSK_EINVAL, "it is a folder");
	}
	a = stream_attr(t, f, loc->stream);
	if (loc->stream == NULL)
		return open_main(out, t, f, a, err);
	if (a == NULL) {
		tsk_fs_file_close(f);
		return fsk_err_set(err, FSK_ENOTFOUND, "no such stream");
	}
	return fsk_tsk_stream_open(out, t, f, a, err);
}

/* Of plain files the record tells all; libtsk reads much more around it. */
static int open_stream(struct fsk_fs *fs, struct fsk_stream **out, const struct fsk_locator *loc,
                       struct fsk_err *err)
{
	struct fsk_tsk_fs *t = fs->impl;

	if (!fs->walk_only && is_ntfs(t) && fsk_mft_open_plain(out, t, loc, NULL) == 0)
		return 0;
	return open_by_library(t, out, loc, err);
}

static int locate(struct fsk_fs *fs, struct fsk_extent *out, struct fsk_runs *runs,
                  const struct fsk_locator *loc, struct fsk_err *err)
{
	struct fsk_tsk_fs *t = fs->impl;
	struct fsk_stream *st;
	int rc;

	if (fs->walk_only)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "each is to be opened");
	if (is_ntfs(t) && fsk_mft_locate(out, runs, t, loc, err) == 0)
		return 0;
	rc = open_by_library(t, &st, loc, err);
	if (rc < 0)
		return rc;
	rc = fsk_stream_extent(out, runs, st, err);
	fsk_stream_close(st);
	return rc;
}

/* Folders through libtsk */

static enum fsk_entry_type name_type(const struct fsk_tsk_fs *t, const TSK_FS_NAME *n)
{
	enum fsk_entry_type type = FSK_ENTRY_OTHER;
	TSK_FS_FILE *f;

	switch (n->type) {
	case TSK_FS_NAME_TYPE_REG:
	case TSK_FS_NAME_TYPE_VIRT:
		return FSK_ENTRY_FILE;
	case TSK_FS_NAME_TYPE_DIR:
	case TSK_FS_NAME_TYPE_VIRT_DIR:
		return FSK_ENTRY_DIR;
	case TSK_FS_NAME_TYPE_LNK:
		return FSK_ENTRY_LINK;
	case TSK_FS_NAME_TYPE_UNDEF:
		f = tsk_fs_file_open_meta(t->fs, NULL, n->meta_addr);
		if (f != NULL && f->meta != NULL)
			type = meta_type(f->meta->type);
		tsk_fs_file_close(f);
		return type;
	default:
		return FSK_ENTRY_OTHER;
	}
}

static bool is_virtual(const TSK_FS_NAME *n)
{
	return n->type == TSK_FS_NAME_TYPE_VIRT || n->type == TSK_FS_NAME_TYPE_VIRT_DIR;
}

/* libtsk shows the label entry of FAT and exFAT as a file. */
static bool is_label(const struct fsk_tsk_fs *t, const TSK_FS_NAME *n)
{
	static const char tail[] = " (Volume Label Entry)";
	size_t len = strlen(n->name);

	return TSK_FS_TYPE_ISFAT(t->fs->ftype) && len >= sizeof(tail) - 1 &&
	       strcmp(n->name + len - (sizeof(tail) - 1), tail) == 0;
}

static bool is_wanted(const struct fsk_tsk_fs *t, const TSK_FS_NAME *n, bool deleted)
{
	if (n == NULL || n->name == NULL || n->name[0] == '\0' || TSK_FS_ISDOT(n->name))
		return false;
	if (is_label(t, n))
		return false;
	return deleted || (!is_virtual(n) && (n->flags & TSK_FS_NAME_FLAG_ALLOC) != 0);
}

static int add_tsk_name(struct fsk_listing *out, const struct fsk_tsk_fs *t, const TSK_FS_NAME *n,
                        struct fsk_err *err)
{
	struct fsk_name add = { 0 };

	add.addr = n->meta_addr;
	add.seq = is_ntfs(t) ? n->meta_seq : 0;
	add.deleted = (n->flags & TSK_FS_NAME_FLAG_ALLOC) == 0;
	add.type = name_type(t, n);
	fsk_times_clear(&add.times);
	add.name = fsk_name_text(n->name, strlen(n->name));
	if (add.name != NULL && n->shrt_name != NULL && n->shrt_name[0] != '\0' &&
	    strcmp(n->shrt_name, n->name) != 0)
		add.alias = fsk_name_text(n->shrt_name, strlen(n->shrt_name));
	if (add.name == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	return fsk_listing_add(out, &add, err);
}

static int list_tsk(struct fsk_fs *fs, struct fsk_listing *out, const struct fsk_name *dir,
                    bool deleted, struct fsk_err *err)
{
	const struct fsk_tsk_fs *t = fs->impl;
	size_t before = out->count, count;
	TSK_FS_DIR *d = tsk_fs_dir_open_meta(t->fs, dir->addr);
	int rc = 0;

	if (d == NULL)
		return fsk_tsk_err(err, FSK_ECORRUPT, "folder is unreadable");
	fsk_listing_by_addr(out);
	count = tsk_fs_dir_getsize(d);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const TSK_FS_NAME *n = tsk_fs_dir_get_name(d, i);

		if (!is_wanted(t, n, deleted))
			continue;
		/* on NTFS libtsk adds to what the index has told */
		if (is_ntfs(t) && (n->flags & TSK_FS_NAME_FLAG_ALLOC) != 0 &&
		    fsk_listing_find(out, before, n->meta_addr) != NULL)
			continue;
		rc = add_tsk_name(out, t, n, err);
	}
	tsk_fs_dir_close(d);
	return rc;
}

static int list(struct fsk_fs *fs, struct fsk_listing *out, const struct fsk_name *dir,
                const char *path, bool deleted, struct fsk_err *err)
{
	const struct fsk_tsk_fs *t = fs->impl;
	struct fsk_err why = { 0 };
	int rc;

	if (!is_ntfs(t))
		return list_tsk(fs, out, dir, deleted, err);
	if (!deleted || t->mft_asked)
		return fsk_ntfs_list(fs, out, dir, path, deleted, err);
	if (dir->deleted || dir->addr == t->fs->last_inum)
		return list_tsk(fs, out, dir, deleted, err);
	rc = fsk_ntfs_list(fs, out, dir, path, false, err);
	if (rc < 0)
		return rc;
	rc = list_tsk(fs, out, dir, deleted, &why);
	if (rc == FSK_ECORRUPT)
		fsk_fs_anomaly(fs, rc, path, why.msg);
	return rc == FSK_ENOMEM || rc == FSK_ELIMIT ? fsk_err_set(err, rc, "%s", why.msg) : 0;
}

static void close_fs(struct fsk_fs *fs)
{
	fsk_tsk_fs_close(fs->impl);
	free(fs->impl);
}

static const struct fsk_fs_ops tsk_ops = {
	.list = list,
	.describe = describe,
	.streams = streams,
	.open = open_stream,
	.locate = locate,
	.use_index = fsk_ntfs_use_index,
	.index_records = fsk_ntfs_index_records,
	.index_area = fsk_mft_area_of,
	.adopt_index = fsk_mft_adopt,
	.unallocated = fsk_tsk_unallocated,
	.close = close_fs,
};

/* The sequence number of the root is 5 in every sound NTFS; a damaged record is
 * reported when the folder is read. */
static void set_root(struct fsk_fs *fs)
{
	const struct fsk_tsk_fs *t = fs->impl;
	TSK_FS_FILE *f;

	fs->root.addr = t->fs->root_inum;
	if (!is_ntfs(t))
		return;
	fs->root.addr = fs->root.seq = NTFS_ROOT;
	f = tsk_fs_file_open_meta(t->fs, NULL, NTFS_ROOT);
	if (f != NULL && f->meta != NULL)
		fs->root.seq = f->meta->seq;
	tsk_fs_file_close(f);
}

int fsk_fs_open(struct fsk_fs **out, struct fsk_source *s, const struct fsk_volume *v,
                struct fsk_err *err)
{
	struct fsk_tsk_fs *t;
	struct fsk_fs *fs;
	char object[FSK_ERR_MSG_MAX];
	int rc;

	*out = NULL;
	snprintf(object, sizeof(object), "volume %u of \"%s\"", v->index, s->name);
	rc = fsk_fs_alloc(&fs, &tsk_ops, object, err);
	if (rc < 0)
		return rc;
	t = calloc(1, sizeof(*t));
	if (t == NULL) {
		fsk_fs_close(fs);
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	}
	fs->impl = t;
	rc = fsk_tsk_fs_open(t, s, v, err);
	if (rc < 0) {
		fsk_fs_close(fs);
		return fsk_err_wrap(err, "cannot open %s", object);
	}
	fs->source = v->source;
	fs->volume = v->index;
	fs->sink = s->sink;
	fs->medium = s;
	fs->folds = fsk_volume_folds_case(v);
	set_root(fs);
	*out = fs;
	return 0;
}
