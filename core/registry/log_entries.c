/* Logs of Windows 8.1 and later. Behind a base block of 512 bytes stand
 * entries: "HvLE"; u32 size, a multiple of 512; u32 flags; u32 sequence number;
 * u32 bytes of bins; u32 number of pages; u64 hash of what follows the head;
 * u64 hash of the first 32 bytes; then an offset (from the first bin) and a size
 * for each page; then the pages themselves. */
#include "core/registry/log.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/registry/cells.h"
#include "core/registry/marvin.h"

#define ENTRY_HEAD 40u
#define ENTRY_HASHED 32u /* bytes of the head under its own hash */
#define REFERENCE 8u
#define FLAGS_KEPT 1u /* the flags of the base block that an entry carries */

struct entry {
	const uint8_t *at;
	uint32_t size, flags, sequence, bins, pages;
};

static const char *check_hashes(const uint8_t *p, uint32_t size)
{
	struct fsk_cur cur;
	uint64_t body, head;

	fsk_cur_init(&cur, p, ENTRY_HEAD);
	fsk_cur_seek(&cur, 24);
	body = fsk_cur_u64le(&cur);
	head = fsk_cur_u64le(&cur);
	if (head != fsk_marvin32(p, ENTRY_HASHED, FSK_MARVIN_HIVE))
		return "the checksum of its head is wrong";
	if (body != fsk_marvin32(p + ENTRY_HEAD, size - ENTRY_HEAD, FSK_MARVIN_HIVE))
		return "the checksum of its content is wrong";
	return NULL;
}

/* Every page lies inside the bins, and all of them inside the entry. */
static const char *check_pages(const struct entry *e)
{
	uint64_t room = e->size - ENTRY_HEAD;
	struct fsk_cur cur;

	if (e->pages == 0 || e->pages > room / REFERENCE)
		return "its number of pages cannot be";
	room -= (uint64_t) e->pages * REFERENCE;
	fsk_cur_init(&cur, e->at + ENTRY_HEAD, (size_t) e->pages * REFERENCE);
	for (uint32_t i = 0; i < e->pages; i++) {
		uint64_t offset = fsk_cur_u32le(&cur), size = fsk_cur_u32le(&cur);

		if (size == 0 || offset + size > e->bins || size > room)
			return "one of its pages lies outside";
		room -= size;
	}
	return NULL;
}

/* Reads the entry at `off`. Returns NULL, or why it is none; "" where the log
 * simply ends. */
static const char *read_entry(struct entry *e, const struct fsk_log *l, size_t off)
{
	const char *wrong;
	struct fsk_cur cur;

	if (l->size - off < 4 || memcmp(l->data + off, "HvLE", 4) != 0)
		return "";
	if (l->size - off < ENTRY_HEAD)
		return "the log is cut off in it";
	e->at = l->data + off;
	fsk_cur_init(&cur, e->at, ENTRY_HEAD);
	fsk_cur_skip(&cur, 4);
	e->size = fsk_cur_u32le(&cur);
	e->flags = fsk_cur_u32le(&cur);
	e->sequence = fsk_cur_u32le(&cur);
	e->bins = fsk_cur_u32le(&cur);
	e->pages = fsk_cur_u32le(&cur);
	if (e->size < FSK_BASE_BLOCK || e->size % FSK_BASE_BLOCK != 0)
		return "its size cannot be";
	if (e->size > l->size - off)
		return "the log is cut off in it";
	if (e->bins == 0 || e->bins % FSK_BIN_ALIGN != 0)
		return "its size of the hive cannot be";
	wrong = check_hashes(e->at, e->size);
	return wrong != NULL ? wrong : check_pages(e);
}

static int apply(struct fsk_target *t, const struct entry *e, struct fsk_log_result *r,
                 struct fsk_err *err)
{
	const uint8_t *page = e->at + ENTRY_HEAD + (size_t) e->pages * REFERENCE;
	struct fsk_cur cur;
	int rc = fsk_target_grow(t, e->bins, err);

	if (rc < 0)
		return rc;
	fsk_cur_init(&cur, e->at + ENTRY_HEAD, (size_t) e->pages * REFERENCE);
	for (uint32_t i = 0; i < e->pages; i++) {
		uint32_t offset = fsk_cur_u32le(&cur), size = fsk_cur_u32le(&cur);

		memcpy(t->hive->data + FSK_HIVE_HEADER + offset, page, size);
		page += size;
		r->bytes += size;
	}
	t->head.bins = e->bins;
	t->head.flags = (t->head.flags & ~FLAGS_KEPT) | (e->flags & FLAGS_KEPT);
	t->head.sequence1 = t->head.sequence2 = e->sequence;
	if (r->entries++ == 0)
		r->first = e->sequence;
	r->last = e->sequence;
	r->pages += e->pages;
	return 0;
}

bool fsk_log_entries_begin(const struct fsk_log *l)
{
	struct entry e;
	const char *wrong = read_entry(&e, l, FSK_BASE_BLOCK);

	if (wrong != NULL)
		fsk_log_note(l->result, "no entry at offset %u%s%s", FSK_BASE_BLOCK,
		             *wrong != '\0' ? ": " : "", wrong);
	else if (e.sequence != l->head.sequence1)
		fsk_log_note(l->result,
		             "its first entry, at offset 512, has number %" PRIu32 ", not %" PRIu32,
		             e.sequence, l->head.sequence1);
	else
		return true;
	return false;
}

int fsk_log_entries_apply(struct fsk_target *t, const struct fsk_log *l, struct fsk_err *err)
{
	uint32_t expected = l->head.sequence1;
	size_t off = FSK_BASE_BLOCK;
	struct fsk_err why = { 0 };
	struct entry e;

	for (; off < l->size; off += e.size, expected++) {
		const char *wrong = read_entry(&e, l, off);
		int rc;

		if (wrong != NULL && *wrong == '\0')
			return 0;
		if (wrong != NULL) {
			fsk_log_note(l->result, "stopped at the entry at offset %zu: %s", off,
			             wrong);
			return 0;
		}
		if (e.sequence != expected) /* left from an earlier round */
			return 0;
		rc = apply(t, &e, l->result, &why);
		if (rc == FSK_ENOMEM)
			return fsk_err_set(err, rc, "%s", why.msg);
		if (rc < 0) {
			fsk_log_note(l->result, "stopped at the entry at offset %zu: %s", off,
			             why.msg);
			return 0;
		}
	}
	return 0;
}
