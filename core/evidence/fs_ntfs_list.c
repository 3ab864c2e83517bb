/* Folders of NTFS: from the index of the MFT, or each from its own index. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/fs_ntfs.h"
#include "core/evidence/tsk_fs.h"

#define DAMAGE_NAMED 8u /* ranges of damaged records in a message */

static const struct fsk_mft_entry *find(const struct fsk_tsk_fs *t, uint64_t addr, uint64_t seq,
                                        bool deleted, bool streams)
{
	const struct fsk_mft_entry *m;

	m = fsk_mft_index_find(t->mft, addr, seq);
	if (m == NULL && deleted)
		m = fsk_mft_index_find_gone(t->mft, addr, seq);
	if (m == NULL || (m->flags & FSK_MFT_TORN) != 0)
		return NULL;
	/* one of the records that the list names may be damaged, or another file's now */
	if ((m->flags & FSK_MFT_LISTED) != 0 &&
	    (!t->mft_whole || (m->flags & FSK_MFT_DELETED) != 0))
		return NULL;
	return streams && (m->flags & FSK_MFT_STRANGE_STREAMS) != 0 ? NULL : m;
}

const struct fsk_mft_entry *fsk_mft_asked(const struct fsk_tsk_fs *t, uint64_t addr, uint64_t seq,
                                          bool deleted, bool streams)
{
	return t->mft_asked ? find(t, addr, seq, deleted, streams) : NULL;
}

const struct fsk_mft_entry *fsk_mft_known(struct fsk_tsk_fs *t, uint64_t addr, uint64_t seq,
                                          bool deleted, bool streams)
{
	if (!TSK_FS_TYPE_ISNTFS(t->fs->ftype) || fsk_mft_of_volume(t, NULL) == NULL)
		return NULL;
	return find(t, addr, seq, deleted, streams);
}

/* Is record `i` of the index in use? Without $BITMAP every one is tried. */
static bool in_use(const struct fsk_buf *bitmap, uint64_t i)
{
	if (bitmap->len == 0)
		return true;
	return i / 8 < bitmap->len && (bitmap->data[i / 8] >> (i % 8) & 1) != 0;
}

static int load_bitmap(struct fsk_buf *out, const struct fsk_tsk_fs *t, uint64_t addr)
{
	const TSK_FS_ATTR *a;
	struct fsk_stream *st = NULL;
	TSK_FS_FILE *f = tsk_fs_file_open_meta(t->fs, NULL, addr);

	if (f == NULL)
		return -1;
	a = fsk_tsk_find_attr(f, TSK_FS_ATTR_TYPE_NTFS_BITMAP, "$I30");
	if (a == NULL || a->size <= 0 || (uint64_t) a->size > out->max) {
		tsk_fs_file_close(f);
		return -1;
	}
	if (fsk_tsk_stream_open(&st, t, f, a, NULL) < 0)
		return -1;
	if (fsk_buf_reserve(out, (size_t) st->size, NULL) == 0 &&
	    fsk_stream_read(st, out->data, (size_t) st->size, 0, NULL, NULL) >= 0 &&
	    fsk_stream_status(st) == FSK_STATUS_COMPLETE)
		out->len = (size_t) st->size;
	fsk_stream_close(st);
	return 0;
}

/* Returns how many records in use could not be read, or a negative code. */
static int64_t read_records(struct fsk_ntfs_index *ix, struct fsk_stream *st,
                            const struct fsk_buf *bitmap, struct fsk_err *err)
{
	uint64_t count = fsk_stream_size(st) / ix->record_size;
	uint8_t *record = malloc(ix->record_size);
	int64_t bad = 0;
	int rc = 0;

	if (record == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	for (uint64_t i = 0; i < count; i++) {
		bool used = in_use(bitmap, i);

		if (!used && ix->gone == NULL)
			continue;
		rc = (int) fsk_stream_read(st, record, ix->record_size, i * ix->record_size, NULL,
		                           err);
		if (rc > 0)
			rc = used ? fsk_ntfs_index_record(ix, record, ix->record_size, err)
			          : fsk_ntfs_index_unused(ix, record, ix->record_size, err);
		if (rc == FSK_ENOMEM || rc == FSK_ELIMIT)
			break;
		/* a bitmap that cannot be read leaves records that never were */
		if (rc < 0 && used && bitmap->len > 0)
			bad++;
		rc = 0;
	}
	free(record);
	return rc < 0 ? rc : bad;
}

static int64_t read_allocation(struct fsk_ntfs_index *ix, const struct fsk_tsk_fs *t,
                               TSK_FS_FILE *f, const TSK_FS_ATTR *a, uint64_t addr,
                               struct fsk_err *err)
{
	struct fsk_stream *st;
	struct fsk_buf bitmap;
	int64_t bad;

	fsk_buf_init(&bitmap, FSK_INDEX_MAX / 512 / 8);
	if (fsk_tsk_stream_open(&st, t, f, a, err) < 0)
		return 1;
	if (fsk_stream_size(st) > FSK_INDEX_MAX) {
		fsk_stream_close(st);
		return fsk_err_set(err, FSK_ELIMIT, "index of more than %u bytes", FSK_INDEX_MAX);
	}
	load_bitmap(&bitmap, t, addr);
	bad = read_records(ix, st, &bitmap, err);
	fsk_stream_close(st);
	fsk_buf_free(&bitmap);
	return bad;
}

/* Records that entries point to and that were neither read nor found bad. */
static int64_t count_missing(const struct fsk_ntfs_index *ix, int64_t bad)
{
	uint64_t known = ix->records + (uint64_t) bad;

	return ix->children > known ? (int64_t) (ix->children - known) : 0;
}

/* Returns how many records of the index are unreadable, or a negative code. */
static int64_t read_index(struct fsk_ntfs_index *ix, struct fsk_fs *fs, const struct fsk_name *dir,
                          struct fsk_err *err)
{
	const struct fsk_tsk_fs *t = fs->impl;
	const TSK_FS_ATTR *root, *rest;
	TSK_FS_FILE *f;
	int64_t bad = 0;
	int rc;

	rc = fsk_tsk_open_record(&f, t, dir->addr, dir->seq, dir->deleted, err);
	if (rc < 0)
		return rc;
	root = fsk_tsk_find_attr(f, TSK_FS_ATTR_TYPE_NTFS_IDXROOT, "$I30");
	rest = fsk_tsk_find_attr(f, TSK_FS_ATTR_TYPE_NTFS_IDXALLOC, "$I30");
	if (root == NULL || (root->flags & TSK_FS_ATTR_RES) == 0 || root->size < 0 ||
	    (uint64_t) root->size > root->rd.buf_size) {
		tsk_fs_file_close(f);
		return fsk_err_set(err, FSK_ECORRUPT, "the folder has no index");
	}
	rc = fsk_ntfs_index_root(ix, root->rd.buf, (size_t) root->size, err);
	if (rc == 0 && rest != NULL && rest->size > 0)
		bad = read_allocation(ix, t, f, rest, dir->addr, err);
	else
		tsk_fs_file_close(f);
	if (rc == 0 && bad >= 0)
		bad += count_missing(ix, bad);
	return rc < 0 ? rc : bad;
}

/* The index is damaged: the files themselves know which folder they are in. */
static int ask_mft(struct fsk_fs *fs, struct fsk_listing *out, const struct fsk_name *dir,
                   const char *path, const char *damage)
{
	struct fsk_err why = { 0 };
	int64_t found = fsk_mft_children(out, fs->impl, dir, &why);
	char reason[FSK_ERR_MSG_MAX];

	if (found < 0)
		snprintf(reason, sizeof(reason), "folder is damaged: %.200s; %.200s", damage,
		         why.msg);
	else
		snprintf(reason, sizeof(reason),
		         "folder is damaged: %.200s; %lld names were added from the MFT", damage,
		         (long long) found);
	fsk_fs_anomaly(fs, FSK_ECORRUPT, path, reason);
	return found == FSK_ENOMEM ? FSK_ENOMEM : 0;
}

/* What a folder in use says. `gone`: see struct fsk_ntfs_index. */
static int list_folder(struct fsk_fs *fs, struct fsk_listing *out, struct fsk_listing *gone,
                       const struct fsk_name *dir, const char *path, struct fsk_err *err)
{
	const struct fsk_tsk_fs *t = fs->impl;
	struct fsk_ntfs_index ix;
	struct fsk_err why = { 0 };
	char damage[160];
	int64_t bad;
	int rc = 0;

	fsk_ntfs_index_init(&ix, out, dir->addr);
	ix.gone = gone;
	ix.addrs = gone != NULL ? t->mft->n.entries : 0;
	bad = read_index(&ix, fs, dir, &why);
	if (bad == FSK_ENOMEM || bad == FSK_ELIMIT || bad == FSK_ENOTFOUND)
		rc = fsk_err_set(err, (int) bad, "%s", why.msg);
	else
		rc = fsk_ntfs_index_finish(&ix, err);
	if (rc == 0 && bad < 0) {
		rc = ask_mft(fs, out, dir, path, why.msg);
	} else if (rc == 0 && (bad > 0 || ix.strange > 0)) {
		snprintf(damage, sizeof(damage),
		         "%lld records and %llu entries of its index are unreadable",
		         (long long) bad, (unsigned long long) ix.strange);
		rc = ask_mft(fs, out, dir, path, damage);
	}
	fsk_ntfs_index_free(&ix);
	return rc;
}

static int list_used(struct fsk_fs *fs, struct fsk_listing *out, const struct fsk_name *dir,
                     const char *path, struct fsk_err *err)
{
	const struct fsk_tsk_fs *t = fs->impl;

	if (t->mft_whole && fsk_mft_asked(t, dir->addr, dir->seq, false, false) != NULL)
		return fsk_mft_index_list(out, t->mft, dir, err);
	return list_folder(fs, out, NULL, dir, path, err);
}

/* Names that are gone */

static void clear_listing(struct fsk_listing *l)
{
	for (size_t i = 0; i < l->count; i++)
		fsk_name_clear(&l->items[i]);
	free(l->items);
	memset(l, 0, sizeof(*l));
}

/* Is the name among the `count` ones in front, which are ordered by address? An 8.3
 * name is when its file is. */
static bool is_known(const struct fsk_listing *l, size_t count, const struct fsk_name *n)
{
	const struct fsk_name *k = fsk_listing_find(l, count, n->addr);

	for (; k != NULL && k < l->items + count && k->addr == n->addr; k++)
		if (k->seq == n->seq && (strcmp(k->name, n->name) == 0 ||
		                         (k->alias != NULL && strcmp(k->alias, n->name) == 0)))
			return true;
	return false;
}

/* Moves to `out` what it does not have. */
static int add_unknown(struct fsk_listing *out, struct fsk_listing *from, struct fsk_err *err)
{
	size_t known = out->count;
	int rc = 0;

	fsk_listing_by_addr(out);
	for (size_t i = 0; rc == 0 && i < from->count; i++)
		if (!is_known(out, known, &from->items[i]))
			rc = fsk_listing_add(out, &from->items[i], err);
	return rc;
}

/* The index of a folder that is gone itself: every name in it is. What cannot be
 * read of it was given to others. */
static int list_gone_folder(struct fsk_fs *fs, struct fsk_listing *gone, const struct fsk_name *dir,
                            struct fsk_err *err)
{
	struct fsk_ntfs_index ix;
	struct fsk_err why = { 0 };
	size_t first = gone->count;
	int64_t bad;
	int rc;

	fsk_ntfs_index_init(&ix, gone, dir->addr);
	bad = read_index(&ix, fs, dir, &why);
	if (bad == FSK_ENOMEM || bad == FSK_ELIMIT)
		rc = fsk_err_set(err, (int) bad, "%s", why.msg);
	else
		rc = fsk_ntfs_index_finish(&ix, err);
	for (size_t i = first; i < gone->count; i++)
		gone->items[i].deleted = true;
	fsk_ntfs_index_free(&ix);
	return rc;
}

/* The virtual folder of libtsk, under its name and address, so that a path means the
 * same with every tool. */
static int add_orphanage(struct fsk_listing *out, const struct fsk_tsk_fs *t, struct fsk_err *err)
{
	struct fsk_name n = { .addr = t->fs->last_inum, .type = FSK_ENTRY_DIR };

	fsk_times_clear(&n.times);
	n.name = strdup("$OrphanFiles");
	if (n.name == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	return fsk_listing_add(out, &n, err);
}

/* Three witnesses: records in no use that say they were in the folder, entries that are
 * left over in its index, and, for a folder that is gone, its index. */
static int list_gone(struct fsk_fs *fs, struct fsk_listing *out, const struct fsk_name *dir,
                     struct fsk_err *err)
{
	const struct fsk_tsk_fs *t = fs->impl;
	struct fsk_listing names = { 0 }, left = { 0 };
	int rc;

	rc = fsk_mft_index_list_gone(&names, t->mft, dir, err);
	if (rc == 0)
		rc = add_unknown(out, &names, err);
	if (rc == 0 && dir->deleted)
		rc = list_gone_folder(fs, &left, dir, err);
	if (rc == 0)
		rc = add_unknown(out, &left, err);
	if (rc == 0 && dir->addr == fs->root.addr && !dir->deleted)
		rc = add_orphanage(out, t, err);
	clear_listing(&names);
	clear_listing(&left);
	return rc;
}

int fsk_ntfs_list(struct fsk_fs *fs, struct fsk_listing *out, const struct fsk_name *dir,
                  const char *path, bool deleted, struct fsk_err *err)
{
	const struct fsk_tsk_fs *t = fs->impl;
	struct fsk_listing left = { 0 };
	int rc = 0;

	if (!deleted)
		return list_used(fs, out, dir, path, err);
	if (dir->addr == t->fs->last_inum)
		return fsk_mft_index_list_orphans(out, t->mft, err);
	if (!dir->deleted)
		rc = list_folder(fs, out, &left, dir, path, err);
	if (rc == 0)
		rc = list_gone(fs, out, dir, err);
	if (rc == 0)
		rc = add_unknown(out, &left, err);
	clear_listing(&left);
	return rc;
}

/* "30, 40 and 5 more": the damaged records, as far as there is room. */
static void name_damage(char *out, size_t size, const struct fsk_mft_index *ix)
{
	size_t at = 0, i = 0;

	out[0] = '\0';
	for (; i < ix->n.damage && i < DAMAGE_NAMED; i++) {
		const struct fsk_mft_range *r = &ix->damage[i];

		at += (size_t) snprintf(out + at, size - at, i > 0 ? ", %u" : " (%u", r->first);
		if (r->count > 1)
			at += (size_t) snprintf(out + at, size - at, "-%u",
			                        r->first + r->count - 1);
	}
	if (i > 0)
		snprintf(out + at, size - at, i < ix->n.damage ? ", ...)" : ")");
}

/* The MFT says in one pass what the folders say one by one. Where it is damaged
 * the folders know names that it has lost, so they are read; what the sound
 * records say still holds. */
static void judge_mft(struct fsk_fs *fs)
{
	struct fsk_tsk_fs *t = fs->impl;
	struct fsk_err why = { 0 };
	char reason[FSK_ERR_MSG_MAX], which[DAMAGE_NAMED * 24 + 8];
	bool tried = t->mft_tried;

	t->mft_judged = true;
	if (fsk_mft_of_volume(t, &why) == NULL) {
		if (!tried)
			fsk_fs_anomaly(fs, why.code, NULL, why.msg);
		return;
	}
	if (t->mft_whole)
		return;
	name_damage(which, sizeof(which), t->mft);
	snprintf(reason, sizeof(reason),
	         "%llu records of the MFT are damaged%s: folders are read one by one",
	         (unsigned long long) t->mft->n.garbage, which);
	fsk_fs_anomaly(fs, FSK_ECORRUPT, NULL, reason);
}

bool fsk_ntfs_use_index(struct fsk_fs *fs, bool use)
{
	struct fsk_tsk_fs *t = fs->impl;

	use = use && !fs->walk_only && TSK_FS_TYPE_ISNTFS(t->fs->ftype);
	if (use && !t->mft_judged)
		judge_mft(fs);
	t->mft_asked = use && t->mft != NULL;
	return t->mft_asked && t->mft_whole;
}

uint64_t fsk_ntfs_index_records(const struct fsk_fs *fs)
{
	const struct fsk_tsk_fs *t = fs->impl;

	return TSK_FS_TYPE_ISNTFS(t->fs->ftype) && !fs->walk_only ? t->fs->last_inum : 0;
}
