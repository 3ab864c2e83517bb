/* Files that are gone and of which no folder is left to show them in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/ntfs_index/mft_index.h"

#define NOWHERE UINT32_MAX

/* For each record in no use: where it was. */
struct place {
	uint32_t parent; /* a folder that is there, or gone like the file; NOWHERE */
	uint32_t link;   /* its first name; NOWHERE */
};

/* Is the folder that a name is in the one that has the record now, or had it last? */
static bool has_parent(const struct fsk_mft_index *ix, const struct fsk_mft_link *l)
{
	const struct fsk_mft_entry *e = fsk_mft_index_find(ix, l->parent, l->parent_seq);

	if (e == NULL)
		e = fsk_mft_index_find_gone(ix, l->parent, l->parent_seq);
	return e != NULL && e->type == FSK_ENTRY_DIR;
}

static void find_places(struct place *places, const struct fsk_mft_index *ix)
{
	for (size_t i = 0; i < ix->n.entries; i++)
		places[i] = (struct place){ NOWHERE, NOWHERE };
	for (size_t i = 0; i < ix->n.links; i++) {
		const struct fsk_mft_link *l = &ix->links[i];
		struct place *p = &places[l->child];

		if (!l->gone)
			continue;
		/* the order of links is that of parents: the lowest name is the first */
		if (p->link == NOWHERE || l->name < ix->links[p->link].name)
			p->link = (uint32_t) i;
		if (p->parent == NOWHERE && has_parent(ix, l))
			p->parent = l->parent;
	}
}

/* The folder that a record was in, NOWHERE behind one that is in use. */
static uint32_t up(const struct fsk_mft_index *ix, const struct place *places, uint32_t i)
{
	if (i == NOWHERE || (ix->entries[i].flags & FSK_MFT_USED) != 0)
		return NOWHERE;
	return places[i].parent;
}

/* Folders that are gone may say that they are in each other: those of such a circle
 * are orphans, what is in them is not. A second step that goes twice as fast tells
 * circles that do not come back to `i`. */
static bool is_in_circle(const struct fsk_mft_index *ix, const struct place *places, uint32_t i)
{
	uint32_t slow = i, fast = i;

	for (unsigned depth = 0; depth < FSK_WALK_DEPTH_MAX; depth++) {
		slow = up(ix, places, slow);
		if (slow == NOWHERE || slow == i)
			return slow == i;
		fast = up(ix, places, up(ix, places, fast));
		if (fast == slow)
			return false;
	}
	return true;
}

static bool is_orphan(const struct fsk_mft_index *ix, const struct place *places, uint32_t i)
{
	const struct fsk_mft_entry *e = &ix->entries[i];

	/* the second: made when the MFT grew, and never a file */
	if ((e->flags & FSK_MFT_DELETED) == 0 ||
	    (e->which == 0 && e->size == 0 && places[i].link == NOWHERE))
		return false;
	return places[i].parent == NOWHERE || is_in_circle(ix, places, i);
}

static const char *name_of(const struct fsk_mft_index *ix, const struct fsk_mft_link *l)
{
	const char *text = fsk_mft_index_name(ix, l->name);

	return l->kind == FSK_MFT_SHORT_LONG ? text + strlen(text) + 1 : text;
}

static int add_orphan(struct fsk_listing *out, const struct fsk_mft_index *ix,
                      const struct place *p, uint32_t i, struct fsk_err *err)
{
	const struct fsk_mft_entry *e = &ix->entries[i];
	struct fsk_name n = { .addr = i,
		              .seq = e->seq > 0 ? e->seq - 1u : 0,
		              .deleted = true,
		              .type = (enum fsk_entry_type) e->type };
	char number[32];

	snprintf(number, sizeof(number), "OrphanFile-%u", i);
	fsk_times_clear(&n.times);
	n.name = strdup(p->link != NOWHERE ? name_of(ix, &ix->links[p->link]) : number);
	if (n.name == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	return fsk_listing_add(out, &n, err);
}

int fsk_mft_index_list_orphans(struct fsk_listing *out, const struct fsk_mft_index *ix,
                               struct fsk_err *err)
{
	struct place *places = calloc((size_t) ix->n.entries + 1, sizeof(*places));
	int rc = 0;

	if (places == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	find_places(places, ix);
	for (uint32_t i = 0; rc == 0 && i < ix->n.entries; i++)
		if (is_orphan(ix, places, i))
			rc = add_orphan(out, ix, &places[i], i, err);
	free(places);
	return rc;
}
