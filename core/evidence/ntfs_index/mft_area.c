#include "core/evidence/ntfs_index/mft_area.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"

static const char magic[8] = "fskmft1";

struct head {
	char magic[8];
	uint64_t size;
	struct fsk_mft_counts n;
};

int fsk_mft_places_of(struct fsk_mft_places *out, const struct fsk_mft_counts *n,
                      struct fsk_err *err)
{
	if (n->entries > FSK_MFT_RECORDS_MAX || n->damage > FSK_MFT_RECORDS_MAX ||
	    n->links > FSK_MFT_LINKS_MAX || n->streams > FSK_MFT_LINKS_MAX ||
	    n->times > UINT32_MAX || n->names > UINT32_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "the index of the MFT is too large");
	out->entries = sizeof(struct head);
	out->streams = out->entries + n->entries * sizeof(struct fsk_mft_entry);
	out->times = out->streams + n->streams * sizeof(struct fsk_mft_stream);
	out->links = out->times + n->times * sizeof(uint64_t);
	out->damage = out->links + n->links * sizeof(struct fsk_mft_link);
	out->first = out->damage + n->damage * sizeof(struct fsk_mft_range);
	out->names = out->first + (n->entries + 1) * sizeof(uint32_t);
	out->end = out->names + n->names;
	if (out->end > SIZE_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "the index of the MFT is too large");
	return 0;
}

static void point(struct fsk_mft_index *ix, const void *area, const struct fsk_mft_counts *n,
                  const struct fsk_mft_places *at)
{
	const uint8_t *p = area;

	ix->n = *n;
	ix->area = area;
	ix->size = (size_t) at->end;
	ix->entries = (const void *) (p + at->entries);
	ix->streams = (const void *) (p + at->streams);
	ix->times = (const void *) (p + at->times);
	ix->links = (const void *) (p + at->links);
	ix->damage = (const void *) (p + at->damage);
	ix->first = (const void *) (p + at->first);
	ix->names = (const void *) (p + at->names);
}

int fsk_mft_area_new(struct fsk_mft_index *ix, const struct fsk_mft_counts *n, struct fsk_err *err)
{
	struct fsk_mft_places at;
	struct head head;
	int rc;

	memset(ix, 0, sizeof(*ix));
	rc = fsk_mft_places_of(&at, n, err);
	if (rc < 0)
		return rc;
	ix->owned = calloc(1, (size_t) at.end);
	if (ix->owned == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	memset(&head, 0, sizeof(head));
	memcpy(head.magic, magic, sizeof(magic));
	head.size = at.end;
	head.n = *n;
	memcpy(ix->owned, &head, sizeof(head));
	point(ix, ix->owned, n, &at);
	return 0;
}

const void *fsk_mft_index_pack(const struct fsk_mft_index *ix, size_t *size)
{
	*size = ix->size;
	return ix->area;
}

/* Testing what another process made */

static bool entry_is_sound(const struct fsk_mft_index *ix, const struct fsk_mft_entry *e)
{
	uint32_t most = 0;

	for (uint32_t which = e->which; which != 0; which >>= 4)
		if ((which & 15) > most)
			most = which & 15;
	return e->type <= FSK_ENTRY_OTHER && most <= ix->n.times && e->times <= ix->n.times - most;
}

/* Moves `*at` behind the name that begins there. */
static bool pass_name(const struct fsk_mft_index *ix, uint64_t *at)
{
	uint64_t left = *at < ix->n.names ? ix->n.names - *at : 0;
	const char *p = ix->names + *at, *end;

	if (left > FSK_NAME_MAX)
		left = FSK_NAME_MAX;
	end = left > 0 ? memchr(p, '\0', (size_t) left) : NULL;
	if (end == NULL)
		return false;
	*at += (uint64_t) (end - p) + 1;
	return true;
}

static bool link_is_sound(const struct fsk_mft_index *ix, const struct fsk_mft_link *l,
                          uint32_t parent)
{
	uint64_t at = l->name;

	if (l->parent != parent || l->child >= ix->n.entries || l->kind > FSK_MFT_SHORT_LONG ||
	    !pass_name(ix, &at))
		return false;
	return l->kind == FSK_MFT_LONG || l->kind == FSK_MFT_SHORT || pass_name(ix, &at);
}

static bool links_are_sound(const struct fsk_mft_index *ix)
{
	const uint32_t *first = ix->first;

	if (first[0] != 0 || first[ix->n.entries] != ix->n.links)
		return false;
	for (uint32_t i = 0; i < ix->n.entries; i++) {
		if (first[i] > first[i + 1] || first[i + 1] > ix->n.links)
			return false;
		for (uint32_t k = first[i]; k < first[i + 1]; k++)
			if (!link_is_sound(ix, &ix->links[k], i))
				return false;
	}
	return true;
}

static bool streams_are_sound(const struct fsk_mft_index *ix)
{
	for (size_t i = 0; i < ix->n.streams; i++) {
		const struct fsk_mft_stream *s = &ix->streams[i];
		uint64_t at = s->name;

		if (s->record >= ix->n.entries || !pass_name(ix, &at) ||
		    (i > 0 && s[-1].record > s->record))
			return false;
	}
	return true;
}

static bool damage_is_sound(const struct fsk_mft_index *ix)
{
	uint64_t end = 0;

	for (size_t i = 0; i < ix->n.damage; i++) {
		const struct fsk_mft_range *r = &ix->damage[i];

		if (r->count == 0 || r->first < end)
			return false;
		end = (uint64_t) r->first + r->count;
	}
	return end <= ix->n.entries;
}

static bool is_sound(const struct fsk_mft_index *ix)
{
	if (memchr(ix->names, '/', (size_t) ix->n.names) != NULL)
		return false;
	for (size_t i = 0; i < ix->n.entries; i++)
		if (!entry_is_sound(ix, &ix->entries[i]))
			return false;
	return links_are_sound(ix) && streams_are_sound(ix) && damage_is_sound(ix);
}

int fsk_mft_index_attach(struct fsk_mft_index *ix, const void *area, size_t size,
                         struct fsk_err *err)
{
	struct fsk_mft_places at;
	struct head head;

	memset(ix, 0, sizeof(*ix));
	if (size < sizeof(head) || (uintptr_t) area % sizeof(uint64_t) != 0)
		return fsk_err_set(err, FSK_ECORRUPT, "no index of an MFT");
	memcpy(&head, area, sizeof(head));
	if (memcmp(head.magic, magic, sizeof(magic)) != 0 || head.size != size ||
	    fsk_mft_places_of(&at, &head.n, NULL) < 0 || at.end != size)
		return fsk_err_set(err, FSK_ECORRUPT, "the index of the MFT has a wrong head");
	point(ix, area, &head.n, &at);
	if (is_sound(ix))
		return 0;
	memset(ix, 0, sizeof(*ix));
	return fsk_err_set(err, FSK_ECORRUPT, "the index of the MFT contradicts itself");
}
