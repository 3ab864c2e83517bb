#include "plugins/lnk/items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"

#define TYPE_ROOT 0x1f
#define TYPE_URI 0x61
#define TYPE_DELEGATE 0x74
#define URI_UNICODE 0x80
#define HAS_NAME 0x01    /* of a volume */
#define HAS_UNICODE 0x04 /* of a file entry */
#define FILE_ENTRY_BLOCK 0xbeef0004u
#define CFSF 0x46534643u         /* a file entry inside of a delegate folder */
#define KNOWN_FOLDER 0x23febbeeu /* in a users property view */

const char *fsk_guid_text(char out[FSK_GUID_TEXT], const uint8_t g[16])
{
	snprintf(out, FSK_GUID_TEXT,
	         "{%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X}", g[3],
	         g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11], g[12], g[13],
	         g[14], g[15]);
	return out;
}

/* --- text --- */

int fsk_ansi_append(struct fsk_buf *out, struct fsk_cur *c, size_t max, struct fsk_err *err)
{
	size_t left = fsk_cur_left(c), n = max < left ? max : left;
	const uint8_t *p = c->data + c->pos, *end = n > 0 ? memchr(p, 0, n) : NULL;
	size_t text = end != NULL ? (size_t) (end - p) : n;

	fsk_cur_skip(c, end != NULL ? text + 1 : n);
	return text > 0 ? fsk_text_append_cp1252(out, p, text, err) : 0;
}

int fsk_utf16_append(struct fsk_buf *out, struct fsk_cur *c, struct fsk_err *err)
{
	size_t left = fsk_cur_left(c) & ~(size_t) 1, n = 0;
	const uint8_t *p = fsk_cur_bytes(c, left);

	while (n < left && (p[n] != 0 || p[n + 1] != 0))
		n += 2;
	if (left == 0)
		return 0;
	fsk_cur_seek(c, c->pos - left + (n < left ? n + 2 : n));
	return fsk_text_append_utf16le(out, p, n, false, err);
}

/* Text of either kind as a string of its own; NULL and 0 when it is empty. */
static int take_text(char **out, struct fsk_cur *c, bool wide, struct fsk_err *err)
{
	struct fsk_buf b;
	int rc;

	*out = NULL;
	fsk_buf_init(&b, FSK_LNK_TEXT_MAX);
	rc = wide ? fsk_utf16_append(&b, c, err) : fsk_ansi_append(&b, c, SIZE_MAX, err);
	if (rc == 0 && b.len > 0) {
		*out = fsk_buf_steal_str(&b, err);
		rc = *out == NULL ? FSK_ENOMEM : 0;
	}
	fsk_buf_free(&b);
	return rc;
}

/* A date and a time of FAT, in UTC. */
static fsk_time take_fat_time(struct fsk_cur *c)
{
	unsigned date = fsk_cur_u16le(c), time = fsk_cur_u16le(c);
	char iso[FSK_TIME_STR_MAX];

	if (date == 0)
		return FSK_TIME_NONE;
	snprintf(iso, sizeof(iso), "%04u-%02u-%02uT%02u:%02u:%02uZ", 1980 + (date >> 9),
	         date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, (time & 31) * 2);
	return fsk_time_parse_iso(iso);
}

/* --- the kinds --- */

/* "File entry extension block (0xbeef0004)". `c` is behind its signature. */
static int read_block(struct fsk_item *it, struct fsk_cur *c, unsigned version, struct fsk_err *err)
{
	char *name;
	int rc;

	it->created = take_fat_time(c);
	it->accessed = take_fat_time(c);
	fsk_cur_skip(c, 2);
	if (version >= 7) {
		fsk_cur_skip(c, 2);
		it->reference = fsk_cur_u64le(c);
		fsk_cur_skip(c, 8);
	}
	if (version >= 3)
		fsk_cur_skip(c, 2);
	fsk_cur_skip(c, (version >= 9 ? 4 : 0) + (version >= 8 ? 4 : 0));
	if (version < 3 || c->failed)
		return 0;
	rc = take_text(&name, c, true, err);
	if (rc < 0 || name == NULL)
		return rc;
	it->short_name = it->name;
	it->name = name;
	return 0;
}

/* The block that the last two bytes of an item point to. True when `block` is
 * behind the signature of one of a file entry. */
static bool find_block(struct fsk_cur *block, unsigned *version, const struct fsk_cur *item)
{
	struct fsk_cur c = *item;

	if (c.len < 2)
		return false;
	fsk_cur_seek(&c, c.len - 2);
	fsk_cur_seek(&c, fsk_cur_u16le(&c));
	fsk_cur_skip(&c, 2);
	*version = fsk_cur_u16le(&c);
	*block = c;
	return fsk_cur_u32le(block) == FILE_ENTRY_BLOCK && !block->failed;
}

/* "File entry shell item", both ages of it. `at` is where its size stands,
 * which is 0 but for one that a delegate folder holds. */
static int read_file_entry(struct fsk_item *it, const struct fsk_cur *item, size_t at,
                           struct fsk_err *err)
{
	struct fsk_cur c = *item, block;
	unsigned version;
	bool wide;
	int rc;

	fsk_cur_seek(&c, at + 2);
	wide = (fsk_cur_u8(&c) & HAS_UNICODE) != 0;
	fsk_cur_skip(&c, 5);
	it->modified = take_fat_time(&c);
	fsk_cur_skip(&c, 2);
	rc = c.failed ? 0 : take_text(&it->name, &c, wide, err);
	if (rc < 0 || it->name == NULL)
		return rc;
	if (find_block(&block, &version, item))
		return read_block(it, &block, version, err);
	return take_text(&it->short_name, &c, wide, err);
}

static int guid_name(struct fsk_item *it, struct fsk_cur *c, const char *before,
                     struct fsk_err *err)
{
	char text[FSK_GUID_TEXT], name[FSK_GUID_TEXT + 2];
	const uint8_t *guid = fsk_cur_bytes(c, 16);

	if (guid == NULL)
		return 0;
	snprintf(name, sizeof(name), "%s%s", before, fsk_guid_text(text, guid));
	it->name = fsk_text_dup(name, strlen(name));
	return it->name == NULL ? fsk_err_set(err, FSK_ENOMEM, "no memory for an item") : 0;
}

static int read_volume(struct fsk_item *it, struct fsk_cur *c, struct fsk_err *err)
{
	struct fsk_cur name;

	if ((it->type & HAS_NAME) == 0) {
		fsk_cur_seek(c, 4);
		return guid_name(it, c, "::", err);
	}
	fsk_cur_init(&name, c->data + 3, c->len - 3 < 20 ? c->len - 3 : 20);
	return take_text(&it->name, &name, false, err);
}

static int read_uri(struct fsk_item *it, struct fsk_cur *c, struct fsk_err *err)
{
	bool wide = (fsk_cur_u8(c) & URI_UNICODE) != 0;

	fsk_cur_skip(c, fsk_cur_u16le(c));
	return c->failed ? 0 : take_text(&it->name, c, wide, err);
}

/* "Users property view shell item", when it names a known folder. */
static int read_view(struct fsk_item *it, struct fsk_cur *c, struct fsk_err *err)
{
	fsk_cur_seek(c, 6);
	if (fsk_cur_u32le(c) != KNOWN_FOLDER || c->failed)
		return 0;
	fsk_cur_seek(c, 14);
	return guid_name(it, c, "", err);
}

static int read_item(struct fsk_item *it, const struct fsk_cur *item, struct fsk_err *err)
{
	struct fsk_cur c = *item;

	fsk_cur_seek(&c, 2);
	it->type = fsk_cur_u8(&c);
	if (it->type == TYPE_ROOT) {
		fsk_cur_seek(&c, 4);
		return guid_name(it, &c, "::", err);
	}
	if (it->type == TYPE_URI)
		return read_uri(it, &c, err);
	if (it->type == TYPE_DELEGATE) {
		fsk_cur_seek(&c, 6);
		return fsk_cur_u32le(&c) == CFSF ? read_file_entry(it, item, 10, err) : 0;
	}
	if (it->type == 0)
		return read_view(it, &c, err);
	switch (it->type & 0x70) {
	case 0x20:
		return read_volume(it, &c, err);
	case 0x30:
		return read_file_entry(it, item, 0, err);
	case 0x40: /* "Network location shell item" */
		fsk_cur_seek(&c, 5);
		return c.failed ? 0 : take_text(&it->name, &c, false, err);
	default:
		return 0;
	}
}

/* --- the path --- */

/* Folders that the path of what is in them leaves out. */
static bool is_silent(const char *name)
{
	static const char computer[] = "::{20D04FE0-3AEA-1069-A2D8-08002B30309D}";
	static const char network[] = "::{208D2C60-3AEA-1069-A2D7-08002B30309D}";

	return strcmp(name, computer) == 0 || strcmp(name, network) == 0;
}

/* Does the name of the item stand for all before it? */
static bool is_start(const struct fsk_item *it)
{
	return it->type == TYPE_ROOT || it->type == TYPE_URI || (it->type & 0x70) == 0x20 ||
	       strncmp(it->name, "\\\\", 2) == 0;
}

static int append_name(struct fsk_buf *path, const struct fsk_item *it, struct fsk_err *err)
{
	int rc = 0;

	if (is_start(it))
		fsk_buf_reset(path);
	else if ((it->type & 0x70) == 0x40) /* "Entire Network", the name of a domain */
		return 0;
	if (is_silent(it->name))
		return 0;
	if (path->len > 0 && path->data[path->len - 1] != '\\')
		rc = fsk_buf_append_u8(path, '\\', err);
	return rc == 0 ? fsk_buf_append_str(path, it->name, err) : rc;
}

static int make_path(struct fsk_items *items, struct fsk_err *err)
{
	struct fsk_buf path;
	int rc = 0;

	fsk_buf_init(&path, FSK_LNK_TEXT_MAX);
	for (size_t i = 0; i < items->count && rc == 0; i++) {
		if (items->at[i].name == NULL)
			goto out;
		rc = append_name(&path, &items->at[i], err);
	}
	if (rc == 0 && path.len > 0) {
		items->path = fsk_buf_steal_str(&path, err);
		rc = items->path == NULL ? FSK_ENOMEM : 0;
	}
out:
	fsk_buf_free(&path);
	return rc;
}

/* --- the list --- */

static int add_item(struct fsk_items *out, struct fsk_cur *c, struct fsk_err *err)
{
	struct fsk_cur item, head = *c;
	struct fsk_item *grown;
	size_t size = fsk_cur_u16le(&head);
	const uint8_t *p;

	if (out->count >= FSK_LNK_ITEMS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u shell items", FSK_LNK_ITEMS_MAX);
	p = size < 3 ? NULL : fsk_cur_bytes(c, size);
	if (p == NULL)
		return fsk_err_set(err, FSK_ECORRUPT, "shell item %zu is damaged", out->count + 1);
	grown = realloc(out->at, (out->count + 1) * sizeof(*grown));
	if (grown == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for an item");
	out->at = grown;
	out->at[out->count] = (struct fsk_item){ .created = FSK_TIME_NONE,
		                                 .accessed = FSK_TIME_NONE,
		                                 .modified = FSK_TIME_NONE };
	fsk_cur_init(&item, p, size);
	return read_item(&out->at[out->count++], &item, err);
}

int fsk_items_read(struct fsk_items *out, struct fsk_cur *c, struct fsk_err *err)
{
	int rc = 0;

	memset(out, 0, sizeof(*out));
	while (rc == 0 && fsk_cur_left(c) >= 2) {
		struct fsk_cur mark = *c;

		if (fsk_cur_u16le(&mark) == 0) {
			*c = mark;
			break;
		}
		rc = add_item(out, c, err);
	}
	return rc == 0 ? make_path(out, err) : rc;
}

void fsk_items_free(struct fsk_items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		free(items->at[i].name);
		free(items->at[i].short_name);
	}
	free(items->at);
	free(items->path);
	memset(items, 0, sizeof(*items));
}
