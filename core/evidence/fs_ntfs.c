#include "core/evidence/fs_ntfs.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/text.h"

#define TYPE_FILE_NAME 0x30u
#define STRIDE 512u /* bytes between two update sequence values */

#define ENTRY_CHILD 0x01u
#define ENTRY_LAST 0x02u
#define ENTRY_HEAD 16u
#define FN_HEAD 66u

#define NODE_AT 24u /* in an index record */
#define NODE_HEAD 16u
#define STEP 8u /* entries begin at multiples of it */

#define FN_REPARSE 0x400u
#define FN_DIRECTORY 0x10000000u
#define SPACE_DOS 2
#define SPACE_BOTH 3 /* a long name that is an 8.3 name, too: the last of the spaces */

#define TAG_MOUNT_POINT 0xa0000003u
#define TAG_SYMLINK 0xa000000cu
#define TAG_LX_SYMLINK 0xa000001du

void fsk_ntfs_index_init(struct fsk_ntfs_index *ix, struct fsk_listing *names, uint64_t folder)
{
	memset(ix, 0, sizeof(*ix));
	ix->names = names;
	ix->folder = folder;
}

void fsk_ntfs_index_free(struct fsk_ntfs_index *ix)
{
	for (size_t i = 0; i < ix->aliases.count; i++)
		fsk_name_clear(&ix->aliases.items[i]);
	free(ix->aliases.items);
	memset(&ix->aliases, 0, sizeof(ix->aliases));
}

/* A file reference: 48 bits of record number, 16 bits of sequence number. */
static uint64_t read_reference(struct fsk_cur *c, uint64_t *seq)
{
	uint64_t ref = fsk_cur_u64le(c);

	*seq = ref >> 48;
	return ref & 0xffffffffffffull;
}

static void read_four_times(struct fsk_cur *c, fsk_time *created, fsk_time *modified,
                            fsk_time *changed, fsk_time *accessed)
{
	*created = fsk_time_from_filetime(fsk_cur_u64le(c));
	*modified = fsk_time_from_filetime(fsk_cur_u64le(c));
	*changed = fsk_time_from_filetime(fsk_cur_u64le(c));
	*accessed = fsk_time_from_filetime(fsk_cur_u64le(c));
}

void fsk_ntfs_si_times(struct fsk_times *t, const void *p, size_t n)
{
	struct fsk_cur c;

	fsk_cur_init(&c, p, n);
	if (n >= 32)
		read_four_times(&c, &t->created, &t->modified, &t->changed, &t->accessed);
}

void fsk_ntfs_fn_times(struct fsk_times *t, const void *p, size_t n, int *best)
{
	struct fsk_cur c;
	int rank;

	if (n < FN_HEAD)
		return;
	fsk_cur_init(&c, p, n);
	fsk_cur_seek(&c, FN_HEAD - 1);
	rank = fsk_cur_u8(&c) == SPACE_DOS ? 1 : 2;
	if (rank <= *best)
		return;
	*best = rank;
	fsk_cur_seek(&c, 8);
	read_four_times(&c, &t->fn_created, &t->fn_modified, &t->fn_changed, &t->fn_accessed);
}

char *fsk_ntfs_name_text(const void *p, size_t n)
{
	struct fsk_buf b;
	char *s = NULL;

	fsk_buf_init(&b, FSK_PATH_MAX);
	if (fsk_text_append_utf16le(&b, p, n, false, NULL) == 0)
		s = fsk_name_text((const char *) b.data, b.len);
	fsk_buf_free(&b);
	return s;
}

enum fsk_entry_type fsk_ntfs_type(bool directory, bool reparse, uint32_t tag)
{
	if (reparse && (tag == TAG_MOUNT_POINT || tag == TAG_SYMLINK || tag == TAG_LX_SYMLINK))
		return FSK_ENTRY_LINK;
	return directory ? FSK_ENTRY_DIR : FSK_ENTRY_FILE;
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* `c` is over the key of one entry, a $FILE_NAME. Without memory `n` has no name. */
static bool read_key(struct fsk_name *n, uint8_t *space, const struct fsk_ntfs_index *ix,
                     struct fsk_cur *c)
{
	uint64_t parent_seq, parent = read_reference(c, &parent_seq);
	const uint8_t *text;
	uint32_t flags, tag;
	uint8_t length;

	/* The index keeps its own copy of the times, which follows those of
	 * $STANDARD_INFORMATION: it is no source of $FILE_NAME times. */
	fsk_times_clear(&n->times);
	read_four_times(c, &n->times.created, &n->times.modified, &n->times.changed,
	                &n->times.accessed);
	fsk_cur_skip(c, 8);
	n->size = fsk_cur_u64le(c);
	flags = fsk_cur_u32le(c);
	tag = fsk_cur_u32le(c);
	length = fsk_cur_u8(c);
	*space = fsk_cur_u8(c);
	text = fsk_cur_bytes(c, (size_t) length * 2);
	if (c->failed || parent != ix->folder || length == 0)
		return false;
	n->type = fsk_ntfs_type((flags & FN_DIRECTORY) != 0, (flags & FN_REPARSE) != 0, tag);
	if (n->type != FSK_ENTRY_FILE)
		n->size = 0;
	n->name = fsk_ntfs_name_text(text, (size_t) length * 2);
	return true;
}

static int add_name(struct fsk_ntfs_index *ix, struct fsk_cur *c, struct fsk_name *n,
                    struct fsk_err *err)
{
	uint8_t space;

	if (!read_key(n, &space, ix, c)) {
		ix->strange++;
		return 0;
	}
	if (n->name == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	if (is_dot(n->name)) {
		fsk_name_clear(n);
		return 0;
	}
	return fsk_listing_add(space == SPACE_DOS ? &ix->aliases : ix->names, n, err);
}

/* One entry at the cursor. Returns its length, 0 at the end of the node. */
static int64_t take_entry(struct fsk_ntfs_index *ix, struct fsk_cur *c, struct fsk_err *err)
{
	struct fsk_name n = { 0 };
	struct fsk_cur key;
	const uint8_t *p;
	uint16_t length, key_length;
	uint32_t flags;
	int rc;

	n.addr = read_reference(c, &n.seq);
	length = fsk_cur_u16le(c);
	key_length = fsk_cur_u16le(c);
	flags = fsk_cur_u32le(c);
	if (!c->failed && (flags & ENTRY_CHILD) != 0)
		ix->children++;
	if (!c->failed && (flags & ENTRY_LAST) != 0)
		return 0;
	if (c->failed || length < ENTRY_HEAD || key_length > length - ENTRY_HEAD) {
		ix->strange++;
		return 0;
	}
	p = fsk_cur_bytes(c, key_length);
	if (p == NULL) {
		ix->strange++;
		return 0;
	}
	fsk_cur_init(&key, p, key_length);
	rc = add_name(ix, &key, &n, err);
	return rc < 0 ? rc : length;
}

/* A node: offset of the first entry, bytes in use, bytes allocated, flags, all
 * relative to the node. */
static int take_node(struct fsk_ntfs_index *ix, const uint8_t *p, size_t n, struct fsk_err *err)
{
	struct fsk_cur c;
	uint32_t at, used;
	int64_t step = 1;

	fsk_cur_init(&c, p, n);
	at = fsk_cur_u32le(&c);
	used = fsk_cur_u32le(&c);
	if (c.failed || at < 16 || used > n || at > used)
		return fsk_err_set(err, FSK_ECORRUPT, "an index node says it has %u bytes of %zu",
		                   used, n);
	fsk_cur_init(&c, p, used);
	while (step > 0 && at < used) {
		fsk_cur_seek(&c, at);
		step = take_entry(ix, &c, err);
		if (step < 0)
			return (int) step;
		at += (uint32_t) step;
	}
	if (step > 0) /* no last entry: the count of bytes is wrong */
		ix->strange++;
	return 0;
}

/* Names that are gone. A B-tree moves entries and cuts nodes off, and does not wipe
 * what was there: behind the entries in use, older ones stand at steps of 8 bytes.
 * Only what fits in every field, with this folder as parent, is taken for one. */
static int64_t take_left_over(struct fsk_ntfs_index *ix, const uint8_t *p, size_t n,
                              struct fsk_err *err)
{
	struct fsk_name name = { .deleted = true };
	struct fsk_cur c, key;
	uint16_t length, key_length;
	const uint8_t *content;
	uint8_t space;
	int rc;

	fsk_cur_init(&c, p, n);
	name.addr = read_reference(&c, &name.seq);
	length = fsk_cur_u16le(&c);
	key_length = fsk_cur_u16le(&c);
	fsk_cur_skip(&c, 4);
	content = fsk_cur_bytes(&c, key_length);
	if (content == NULL || name.addr >= ix->addrs || key_length <= FN_HEAD ||
	    length < ENTRY_HEAD + key_length || length > n || length % STEP != 0 ||
	    key_length != FN_HEAD + 2u * content[FN_HEAD - 2])
		return STEP;
	fsk_cur_init(&key, content, key_length);
	if (!read_key(&name, &space, ix, &key) || space > SPACE_BOTH)
		return fsk_name_clear(&name), STEP;
	if (name.name == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	if (is_dot(name.name))
		return fsk_name_clear(&name), length;
	rc = fsk_listing_add(ix->gone, &name, err);
	return rc < 0 ? rc : length;
}

static int take_left_overs(struct fsk_ntfs_index *ix, const uint8_t *p, size_t from, size_t n,
                           struct fsk_err *err)
{
	int64_t step = 0;

	for (size_t at = (from + STEP - 1) & ~(size_t) (STEP - 1); at < n; at += (size_t) step) {
		step = take_left_over(ix, p + at, n - at, err);
		if (step < 0)
			return (int) step;
	}
	return 0;
}

int fsk_ntfs_index_root(struct fsk_ntfs_index *ix, const void *p, size_t n, struct fsk_err *err)
{
	const uint8_t *node;
	struct fsk_cur c;
	uint32_t type, size;

	fsk_cur_init(&c, p, n);
	type = fsk_cur_u32le(&c);
	fsk_cur_skip(&c, 4);
	size = fsk_cur_u32le(&c);
	fsk_cur_skip(&c, 4);
	node = fsk_cur_bytes(&c, fsk_cur_left(&c));
	if (c.failed || type != TYPE_FILE_NAME)
		return fsk_err_set(err, FSK_ECORRUPT, "the index root is no index of names");
	if (size < STRIDE || size > 65536 || (size & (size - 1)) != 0)
		return fsk_err_set(err, FSK_ECORRUPT, "index records of %u bytes", size);
	ix->record_size = size;
	return take_node(ix, node, n - 16, err);
}

int fsk_ntfs_fixups(uint8_t *p, size_t n, struct fsk_err *err)
{
	struct fsk_cur c;
	uint16_t at, count, check;

	fsk_cur_init(&c, p, n);
	fsk_cur_seek(&c, 4);
	at = fsk_cur_u16le(&c);
	count = fsk_cur_u16le(&c);
	if (count != n / STRIDE + 1 || at + 2u * count > STRIDE - 2)
		return fsk_err_set(err, FSK_ECORRUPT, "update sequence of %u values at %u", count,
		                   at);
	fsk_cur_seek(&c, at);
	check = fsk_cur_u16le(&c);
	for (size_t i = 1; i < count; i++) {
		uint8_t *end = p + i * STRIDE - 2;

		if ((end[0] | end[1] << 8) != check)
			return fsk_err_set(err, FSK_ECORRUPT, "sector %zu is not of this record",
			                   i - 1);
		memcpy(end, p + at + 2 * i, 2);
	}
	return 0;
}

static int open_record(uint8_t *p, size_t n, struct fsk_err *err)
{
	if (n < STRIDE || memcmp(p, "INDX", 4) != 0)
		return fsk_err_set(err, FSK_ECORRUPT, "no signature");
	return fsk_ntfs_fixups(p, n, err);
}

/* Where the entries in use of an index record end. */
static size_t end_of_used(const uint8_t *p, size_t n)
{
	struct fsk_cur c;
	uint32_t used;

	fsk_cur_init(&c, p, n);
	fsk_cur_seek(&c, NODE_AT + 4);
	used = fsk_cur_u32le(&c);
	return used < n - NODE_AT ? NODE_AT + used : n;
}

int fsk_ntfs_index_record(struct fsk_ntfs_index *ix, uint8_t *p, size_t n, struct fsk_err *err)
{
	int rc = open_record(p, n, err);

	if (rc < 0)
		return rc;
	ix->records++;
	rc = take_node(ix, p + NODE_AT, n - NODE_AT, err);
	if (rc < 0 || ix->gone == NULL)
		return rc;
	return take_left_overs(ix, p, end_of_used(p, n), n, err);
}

int fsk_ntfs_index_unused(struct fsk_ntfs_index *ix, uint8_t *p, size_t n, struct fsk_err *err)
{
	size_t end;
	int rc;

	if (ix->gone == NULL || open_record(p, n, NULL) < 0)
		return 0;
	/* what was the last entry lies over others */
	end = end_of_used(p, n);
	rc = take_left_overs(ix, p, NODE_AT + NODE_HEAD, end, err);
	return rc < 0 ? rc : take_left_overs(ix, p, end, n, err);
}

static void pair_aliases(struct fsk_name *n, size_t names, struct fsk_name *a, size_t aliases)
{
	size_t i = 0, k = 0;

	while (i < names && k < aliases) {
		if (n[i].addr < a[k].addr) {
			i++;
		} else if (n[i].addr > a[k].addr) {
			k++;
		} else {
			n[i++].alias = a[k].name;
			a[k++].name = NULL;
		}
	}
}

int fsk_ntfs_index_finish(struct fsk_ntfs_index *ix, struct fsk_err *err)
{
	struct fsk_name *a = ix->aliases.items;
	size_t aliases = ix->aliases.count;
	int rc = 0;

	fsk_listing_by_addr(ix->names);
	fsk_listing_by_addr(&ix->aliases);
	pair_aliases(ix->names->items, ix->names->count, a, aliases);
	for (size_t i = 0; rc == 0 && i < aliases; i++)
		if (a[i].name != NULL)
			rc = fsk_listing_add(ix->names, &a[i], err);
	return rc;
}
