/* Folder by folder, or from the index: see struct fsk_plan. All that is known
 * about what either costs stands here. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/evidence/fs_impl.h"

/* What a folder that is read, and an entry that is described from its own record,
 * cost in records of the MFT that are read in sequence and indexed. Measured on
 * images in memory it is about half of that (a record takes 2 microseconds, a folder 140, an
 * entry 28), and more where a disk has to seek: so a walk that is cut short for the
 * index has cost half of what the index does. */
#define FOLDER_IN_RECORDS 128u
#define ENTRY_IN_RECORDS 32u

static void say(struct fsk_plan *p, const char *reason)
{
	snprintf(p->reason, sizeof(p->reason), "%s", reason);
}

static void try_index(struct fsk_fs *fs, const char *reason)
{
	struct fsk_plan *p = &fs->last;

	p->way = fs->ops->use_index(fs, true) ? FSK_WAY_INDEX : FSK_WAY_BOTH;
	say(p, p->way == FSK_WAY_INDEX ? reason : "the MFT is damaged");
}

/* What is gone is known to the folders and to the MFT. */
static void try_deleted(struct fsk_fs *fs)
{
	fs->ops->use_index(fs, true);
	fs->last.way = FSK_WAY_BOTH;
	say(&fs->last, "names of deleted files are in the folders and in the MFT");
}

void fsk_plan_start(struct fsk_fs *fs, const struct fsk_matcher *m, unsigned flags)
{
	struct fsk_plan *p = &fs->last;

	memset(p, 0, sizeof(*p));
	if (fs->ops->use_index != NULL) {
		p->records = fs->ops->index_records(fs);
		fs->ops->use_index(fs, false);
	}
	if (fs->walk_only)
		say(p, "the index is not wanted");
	else if (p->records == 0)
		say(p, "the file system has no index");
	else if ((flags & FSK_GLOB_DELETED) != 0)
		try_deleted(fs);
	else if ((flags & FSK_GLOB_INDEX) != 0)
		try_index(fs, "the index is wanted");
	else if (fs->way != FSK_WAY_FOLDERS)
		try_index(fs, "the volume is read by its index");
	else if (fsk_matcher_depth_of_any(m, NULL) < FSK_WIDE_PARTS)
		try_index(fs, "a pattern goes everywhere");
	else
		say(p, "all patterns begin with names of folders");
}

/* A walk for deleted names stays what it is. */
static void weigh(struct fsk_fs *fs, bool deleted)
{
	struct fsk_plan *p = &fs->last;
	char reason[FSK_PLAN_REASON_MAX];

	if (p->way != FSK_WAY_FOLDERS || p->records == 0 || deleted ||
	    p->folders * FOLDER_IN_RECORDS + p->entries * ENTRY_IN_RECORDS <= p->records)
		return;
	snprintf(reason, sizeof(reason),
	         "sooner than going on, after %" PRIu64 " folders and %" PRIu64 " entries",
	         p->folders - 1, p->entries);
	try_index(fs, reason);
}

void fsk_plan_folder(struct fsk_fs *fs, bool deleted)
{
	fs->last.folders++;
	weigh(fs, deleted);
}

void fsk_plan_entry(struct fsk_fs *fs, bool deleted)
{
	fs->last.entries++;
	weigh(fs, deleted);
}

void fsk_plan_end(struct fsk_fs *fs, unsigned flags)
{
	if ((flags & FSK_GLOB_PLAN) != 0)
		fs->way = fs->last.way;
	if (fs->ops->use_index != NULL)
		fs->ops->use_index(fs, fs->way != FSK_WAY_FOLDERS);
}

const char *fsk_way_name(enum fsk_way w)
{
	static const char *const names[] = { "folders", "index", "both" };

	return names[w];
}

const struct fsk_plan *fsk_fs_last_plan(const struct fsk_fs *fs)
{
	return &fs->last;
}

void fsk_fs_set_way(struct fsk_fs *fs, enum fsk_way way)
{
	/* with a damaged MFT the two ways may tell different names */
	if (fs->way != way)
		fsk_fs_forget(fs);
	fs->way = way;
	if (fs->ops->use_index != NULL)
		fs->ops->use_index(fs, way != FSK_WAY_FOLDERS);
}

const void *fsk_fs_index_area(struct fsk_fs *fs, size_t *size, bool *whole)
{
	return fs->ops->index_area != NULL ? fs->ops->index_area(fs, size, whole) : NULL;
}

int fsk_fs_adopt_index(struct fsk_fs *fs, const void *area, size_t size, bool whole,
                       struct fsk_err *err)
{
	if (fs->ops->adopt_index == NULL || fs->walk_only)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "%s has no index", fs->object);
	return fs->ops->adopt_index(fs, area, size, whole, err);
}
