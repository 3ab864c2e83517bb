#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/tsk_fs.h"

struct load {
	struct fsk_mft_map *map;
	int code;
};

static int add_link(struct fsk_mft_map *m, uint64_t parent, uint64_t child)
{
	if (m->count == m->cap) {
		size_t cap = m->cap > 0 ? m->cap * 2 : 4096;
		struct fsk_mft_link *p;

		if (cap > FSK_MFT_LINKS_MAX)
			return FSK_ELIMIT;
		p = realloc(m->links, cap * sizeof(*p));
		if (p == NULL)
			return FSK_ENOMEM;
		m->links = p;
		m->cap = cap;
	}
	m->links[m->count++] = (struct fsk_mft_link){parent, child};
	return 0;
}

static TSK_WALK_RET_ENUM note_parents(TSK_FS_FILE *f, void *arg)
{
	struct load *l = arg;

	for (const TSK_FS_META_NAME_LIST *n = f->meta->name2; n != NULL; n = n->next) {
		l->code = add_link(l->map, n->par_inode, f->meta->addr);
		if (l->code < 0)
			return TSK_WALK_ERROR;
	}
	return TSK_WALK_CONT;
}

static int compare_links(const void *pa, const void *pb)
{
	const struct fsk_mft_link *a = pa, *b = pb;

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	return (a->child > b->child) - (a->child < b->child);
}

static int load_map(struct fsk_mft_map *m, TSK_FS_INFO *fs, struct fsk_err *err)
{
	struct load l = {.map = m};

	if (m->loaded)
		return 0;
	m->loaded = true;
	if (tsk_fs_meta_walk(fs, fs->first_inum, fs->last_inum,
	                     TSK_FS_META_FLAG_ALLOC | TSK_FS_META_FLAG_USED, note_parents,
	                     &l) != 0 && l.code == 0)
		/* what was read until then is still true */
		l.code = m->count > 0 ? 0 : FSK_ECORRUPT;
	if (m->count > 0)
		qsort(m->links, m->count, sizeof(m->links[0]), compare_links);
	if (l.code == FSK_ECORRUPT)
		return fsk_tsk_err(err, l.code, "cannot read the MFT");
	return l.code < 0 ? fsk_err_set(err, l.code, "the MFT has too many names") : 0;
}

static size_t first_link(const struct fsk_mft_map *m, uint64_t parent)
{
	size_t low = 0, high = m->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->links[mid].parent < parent)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int add_names(struct fsk_listing *out, const TSK_FS_META *m, const struct fsk_name *dir,
                     struct fsk_err *err)
{
	int rc = 0;

	for (const TSK_FS_META_NAME_LIST *n = m->name2; rc == 0 && n != NULL; n = n->next) {
		struct fsk_name add = {.addr = m->addr, .seq = m->seq};

		if (n->par_inode != dir->addr || n->par_seq != dir->seq || TSK_FS_ISDOT(n->name))
			continue;
		add.type = TSK_FS_IS_DIR_META(m->type) ? FSK_ENTRY_DIR : FSK_ENTRY_FILE;
		fsk_times_clear(&add.times);
		add.name = fsk_name_text(n->name, strnlen(n->name, sizeof(n->name)));
		rc = add.name != NULL ? fsk_listing_add(out, &add, err)
		                      : fsk_err_set(err, FSK_ENOMEM, "out of memory");
	}
	return rc;
}

int64_t fsk_mft_children(struct fsk_listing *out, struct fsk_tsk_fs *t,
                         const struct fsk_name *dir, struct fsk_err *err)
{
	const struct fsk_mft_map *m = &t->mft;
	size_t before = out->count;
	int rc = load_map(&t->mft, t->fs, err);

	fsk_listing_by_addr(out);
	for (size_t i = first_link(m, dir->addr);
	     rc == 0 && i < m->count && m->links[i].parent == dir->addr; i++) {
		TSK_FS_FILE *f;

		if (i > 0 && compare_links(&m->links[i - 1], &m->links[i]) == 0)
			continue;
		if (fsk_listing_find(out, before, m->links[i].child) != NULL)
			continue;
		f = tsk_fs_file_open_meta(t->fs, NULL, m->links[i].child);
		if (f != NULL && f->meta != NULL)
			rc = add_names(out, f->meta, dir, err);
		tsk_fs_file_close(f);
	}
	return rc < 0 ? rc : (int64_t)(out->count - before);
}
