#include "core/evidence/ntfs_index/mft_index.h"

#include <stdlib.h>
#include <string.h>

#include "core/evidence/fs_ntfs.h"

#define TIMES 8u
#define WHICH_BITS 4u

void fsk_mft_index_free(struct fsk_mft_index *ix)
{
	free(ix->owned);
	memset(ix, 0, sizeof(*ix));
}

const struct fsk_mft_entry *fsk_mft_index_find(const struct fsk_mft_index *ix, uint64_t addr,
                                               uint64_t seq)
{
	const struct fsk_mft_entry *e;

	if (addr >= ix->n.entries)
		return NULL;
	e = &ix->entries[addr];
	return (e->flags & FSK_MFT_USED) != 0 && e->seq == seq ? e : NULL;
}

const char *fsk_mft_index_name(const struct fsk_mft_index *ix, uint32_t name)
{
	return ix->names + name;
}

/* The number that names of the file have: a record counts when it is given up. */
static uint16_t seq_of_names(const struct fsk_mft_entry *e)
{
	return (uint16_t) (e->seq - ((e->flags & FSK_MFT_DELETED) != 0 && e->seq > 0 ? 1 : 0));
}

const struct fsk_mft_entry *fsk_mft_index_find_gone(const struct fsk_mft_index *ix, uint64_t addr,
                                                    uint64_t seq)
{
	const struct fsk_mft_entry *e;

	if (addr >= ix->n.entries)
		return NULL;
	e = &ix->entries[addr];
	return (e->flags & FSK_MFT_DELETED) != 0 && seq_of_names(e) == seq ? e : NULL;
}

static int add_child(struct fsk_listing *out, const struct fsk_mft_index *ix, uint32_t child,
                     const char *text, struct fsk_err *err)
{
	const struct fsk_mft_entry *e = &ix->entries[child];
	struct fsk_name n = {
		.name = (char *) text, .borrowed = true, .addr = child, .seq = seq_of_names(e)
	};

	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return 0;
	n.type = (enum fsk_entry_type) e->type;
	n.deleted = (e->flags & FSK_MFT_DELETED) != 0;
	fsk_times_clear(&n.times);
	return fsk_listing_add(out, &n, err);
}

static int add_children(struct fsk_ntfs_index *found, const struct fsk_mft_index *ix,
                        const struct fsk_mft_link *l, struct fsk_err *err)
{
	bool short_first = l->kind == FSK_MFT_SHORT || l->kind == FSK_MFT_SHORT_LONG;
	const char *text = fsk_mft_index_name(ix, l->name);
	int rc;

	rc = add_child(short_first ? &found->aliases : found->names, ix, l->child, text, err);
	if (rc < 0 || l->kind == FSK_MFT_LONG || l->kind == FSK_MFT_SHORT)
		return rc;
	return add_child(short_first ? found->names : &found->aliases, ix, l->child,
	                 text + strlen(text) + 1, err);
}

static int list_links(struct fsk_listing *out, const struct fsk_mft_index *ix,
                      const struct fsk_name *dir, bool gone, struct fsk_err *err)
{
	struct fsk_ntfs_index found;
	int rc = 0;

	if (dir->addr >= ix->n.entries)
		return 0;
	fsk_ntfs_index_init(&found, out, dir->addr);
	for (uint32_t i = ix->first[dir->addr]; rc == 0 && i < ix->first[dir->addr + 1]; i++)
		if ((ix->links[i].gone != 0) == gone &&
		    ix->links[i].parent_seq == (uint16_t) dir->seq)
			rc = add_children(&found, ix, &ix->links[i], err);
	if (rc == 0)
		rc = fsk_ntfs_index_finish(&found, err);
	fsk_ntfs_index_free(&found);
	return rc;
}

int fsk_mft_index_list(struct fsk_listing *out, const struct fsk_mft_index *ix,
                       const struct fsk_name *dir, struct fsk_err *err)
{
	return list_links(out, ix, dir, false, err);
}

int fsk_mft_index_list_gone(struct fsk_listing *out, const struct fsk_mft_index *ix,
                            const struct fsk_name *dir, struct fsk_err *err)
{
	return list_links(out, ix, dir, true, err);
}

static uint64_t stored_time(const struct fsk_mft_index *ix, const struct fsk_mft_entry *e,
                            unsigned i)
{
	uint32_t k = e->which >> (WHICH_BITS * i) & 15;

	return k > 0 ? ix->times[e->times + k - 1] : 0;
}

void fsk_mft_index_times(struct fsk_times *out, const struct fsk_mft_index *ix,
                         const struct fsk_mft_entry *e)
{
	fsk_time *const members[TIMES] = { &out->created,    &out->modified,   &out->changed,
		                           &out->accessed,   &out->fn_created, &out->fn_modified,
		                           &out->fn_changed, &out->fn_accessed };

	fsk_times_clear(out);
	for (unsigned i = 0; i < TIMES; i++)
		*members[i] = fsk_time_from_filetime(stored_time(ix, e, i));
}

/* The first stream of a record that is not in front of `addr`. */
static size_t find_stream(const struct fsk_mft_index *ix, uint64_t addr)
{
	size_t low = 0, high = (size_t) ix->n.streams;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ix->streams[mid].record < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct fsk_mft_stream *fsk_mft_index_streams(size_t *count, const struct fsk_mft_index *ix,
                                                   uint64_t addr)
{
	size_t first = find_stream(ix, addr), end = first;

	while (end < ix->n.streams && ix->streams[end].record == addr)
		end++;
	*count = end - first;
	return &ix->streams[first];
}
