#include "plugins/lnk/shortcut.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/text.h"

#define HEADER 0x4cu /* bytes */
#define DAMAGE_MAX 2048

/* LinkFlags, [MS-SHLLINK] 2.1.1 */
#define HAS_ITEMS 0x01u
#define HAS_LINK_INFO 0x02u
#define HAS_NAME 0x04u
#define HAS_UNICODE 0x80u

/* LinkInfoFlags, 2.3 */
#define INFO_LOCAL 0x01u
#define INFO_NETWORK 0x02u

/* Signatures of extra data, 2.5 */
#define BLOCK_ENVIRONMENT 0xa0000001u
#define BLOCK_TRACKER 0xa0000003u
#define BLOCK_DARWIN 0xa0000006u
#define BLOCK_ICON 0xa0000007u
#define BLOCK_KNOWN_FOLDER 0xa000000bu

struct reading {
	struct fsk_lnk *out;
	struct fsk_cur c;
	bool cut; /* nothing follows that could be found */
	struct fsk_err *err;
};

/* Notes what contradicts itself; what does not fit is left out. */
static void damaged(struct reading *r, const char *what)
{
	size_t len = r->out->damage.len;

	if (fsk_buf_append_str(&r->out->damage, what, NULL) < 0 ||
	    fsk_buf_append_u8(&r->out->damage, '\n', NULL) < 0)
		r->out->damage.len = len;
}

static void cut_off(struct reading *r, const char *what)
{
	r->cut = true;
	damaged(r, what);
	fsk_cur_seek(&r->c, r->c.len);
}

/* --- text --- */

/* Ends the buffer as text `which`; nothing is kept of an empty one. */
static int keep(struct reading *r, enum fsk_lnk_text which, struct fsk_buf *b)
{
	char *s = b->len > 0 ? fsk_buf_steal_str(b, r->err) : NULL;

	if (s == NULL)
		return b->len > 0 ? FSK_ENOMEM : 0;
	free(r->out->text[which]);
	r->out->text[which] = s;
	return 0;
}

/* Text that ends with a NUL, at `at` of `area`. An offset of 0 is none. */
static int text_at(struct fsk_buf *b, struct reading *r, const struct fsk_cur *area, uint32_t at,
                   bool wide)
{
	struct fsk_cur c = *area;

	if (at == 0)
		return 0;
	fsk_cur_seek(&c, at);
	if (c.failed || at >= c.len) {
		damaged(r, "location information: an offset leads outside of it");
		return 0;
	}
	if (c.len - at > FSK_LNK_STRING_MAX)
		c.len = at + FSK_LNK_STRING_MAX;
	return wide ? fsk_utf16_append(b, &c, r->err) : fsk_ansi_append(b, &c, SIZE_MAX, r->err);
}

/* The Unicode form when there is one, else the other. */
static int either_at(struct fsk_buf *b, struct reading *r, const struct fsk_cur *area,
                     uint32_t ansi, uint32_t wide)
{
	size_t before = b->len;
	int rc = text_at(b, r, area, wide, true);

	return rc == 0 && b->len == before ? text_at(b, r, area, ansi, false) : rc;
}

static bool is_ascii(const struct fsk_buf *b)
{
	for (size_t i = 0; i < b->len; i++) {
		if (b->data[i] >= 0x80)
			return false;
	}
	return true;
}

/* --- location information, 2.3 --- */

struct info {
	struct fsk_cur area; /* of the whole structure */
	uint32_t flags, volume, local, network, suffix, wide_local, wide_suffix;
};

/* A structure that begins with its size, at `at` of `area`. */
static bool sub_area(struct fsk_cur *out, const struct fsk_cur *area, uint32_t at)
{
	struct fsk_cur c = *area;
	size_t size;

	fsk_cur_seek(&c, at);
	size = fsk_cur_u32le(&c);
	if (c.failed || size < 4 || size - 4 > fsk_cur_left(&c))
		return false;
	fsk_cur_init(out, area->data + at, size);
	fsk_cur_skip(out, 4);
	return true;
}

static int read_volume(struct reading *r, const struct info *info)
{
	uint32_t label, wide = 0;
	struct fsk_cur c;
	struct fsk_buf b;
	int rc;

	if (!sub_area(&c, &info->area, info->volume)) {
		damaged(r, "location information: a part of it lies outside");
		return 0;
	}
	r->out->drive_type = fsk_cur_u32le(&c);
	r->out->volume_serial = fsk_cur_u32le(&c);
	label = fsk_cur_u32le(&c);
	r->out->has_volume = !c.failed;
	if (label == 0x14)
		wide = fsk_cur_u32le(&c);
	fsk_buf_init(&b, FSK_LNK_TEXT_MAX);
	rc = either_at(&b, r, &c, wide == 0 ? label : 0, wide);
	if (rc == 0)
		rc = keep(r, FSK_LNK_VOLUME_LABEL, &b);
	fsk_buf_free(&b);
	return rc;
}

/* What comes before need not end with a separator. */
static int append_suffix(struct fsk_buf *b, struct reading *r, const struct info *info)
{
	size_t before = b->len, parted;
	int rc = 0;

	if (before > 0 && b->data[before - 1] != '\\')
		rc = fsk_buf_append_u8(b, '\\', r->err);
	parted = b->len;
	if (rc == 0)
		rc = either_at(b, r, &info->area, info->suffix, info->wide_suffix);
	if (b->len == parted)
		b->len = before;
	return rc;
}

static int read_local(struct reading *r, const struct info *info)
{
	struct fsk_buf b;
	int rc;

	fsk_buf_init(&b, FSK_LNK_TEXT_MAX);
	rc = either_at(&b, r, &info->area, info->local, info->wide_local);
	if (rc == 0)
		rc = append_suffix(&b, r, info);
	r->out->path_guessed = info->wide_local == 0 && !is_ascii(&b);
	if (rc == 0)
		rc = keep(r, FSK_LNK_LOCAL_PATH, &b);
	fsk_buf_free(&b);
	return rc;
}

/* CommonNetworkRelativeLink, 2.3.2 */
static int read_network(struct reading *r, const struct info *info)
{
	uint32_t name, device, wide_name = 0, wide_device = 0;
	struct fsk_cur c;
	struct fsk_buf b;
	int rc;

	if (!sub_area(&c, &info->area, info->network)) {
		damaged(r, "location information: a part of it lies outside");
		return 0;
	}
	fsk_cur_skip(&c, 4);
	name = fsk_cur_u32le(&c);
	device = fsk_cur_u32le(&c);
	fsk_cur_skip(&c, 4);
	if (name > 0x14) {
		wide_name = fsk_cur_u32le(&c);
		wide_device = fsk_cur_u32le(&c);
	}
	fsk_buf_init(&b, FSK_LNK_TEXT_MAX);
	rc = either_at(&b, r, &c, device, wide_device);
	if (rc == 0)
		rc = keep(r, FSK_LNK_DEVICE, &b);
	fsk_buf_reset(&b);
	if (rc == 0)
		rc = either_at(&b, r, &c, name, wide_name);
	if (rc == 0 && b.len > 0) {
		char *share = fsk_text_dup((const char *) b.data, b.len);

		r->out->text[FSK_LNK_NETWORK_SHARE] = share;
		rc = share == NULL ? fsk_err_set(r->err, FSK_ENOMEM, "no memory for a share") : 0;
		if (rc == 0)
			rc = append_suffix(&b, r, info);
		if (rc == 0)
			rc = keep(r, FSK_LNK_NETWORK_PATH, &b);
	}
	fsk_buf_free(&b);
	return rc;
}

static int read_link_info(struct reading *r)
{
	struct info info = { 0 };
	struct fsk_cur *c = &info.area;
	uint32_t head;
	int rc = 0;

	if (!sub_area(c, &r->c, (uint32_t) r->c.pos)) {
		cut_off(r, "cut off at the location information, or its size is wrong");
		return 0;
	}
	fsk_cur_skip(&r->c, c->len);
	head = fsk_cur_u32le(c);
	info.flags = fsk_cur_u32le(c);
	info.volume = fsk_cur_u32le(c);
	info.local = fsk_cur_u32le(c);
	info.network = fsk_cur_u32le(c);
	info.suffix = fsk_cur_u32le(c);
	info.wide_local = head >= 0x20 ? fsk_cur_u32le(c) : 0;
	info.wide_suffix = head >= 0x24 ? fsk_cur_u32le(c) : 0;
	if (c->failed || info.flags == 0)
		return 0; /* seen empty; Windows takes it */
	if ((info.flags & INFO_LOCAL) != 0)
		rc = read_volume(r, &info);
	if (rc == 0 && (info.flags & INFO_LOCAL) != 0)
		rc = read_local(r, &info);
	if (rc == 0 && (info.flags & INFO_NETWORK) != 0)
		rc = read_network(r, &info);
	return rc;
}

/* --- strings, 2.4 --- */

static int read_string(struct reading *r, enum fsk_lnk_text which)
{
	bool wide = (r->out->flags & HAS_UNICODE) != 0;
	size_t n = (size_t) fsk_cur_u16le(&r->c) * (wide ? 2 : 1), left = fsk_cur_left(&r->c);
	struct fsk_cur c;
	struct fsk_buf b;
	int rc;

	fsk_cur_init(&c, r->c.data + r->c.pos, n < left ? n : left);
	if (r->c.failed || n > left)
		cut_off(r, "cut off within its strings");
	else
		fsk_cur_skip(&r->c, n);
	fsk_buf_init(&b, FSK_LNK_TEXT_MAX);
	rc = wide ? fsk_text_append_utf16le(&b, c.data, c.len, false, r->err)
	          : fsk_ansi_append(&b, &c, c.len, r->err);
	if (rc == 0)
		rc = keep(r, which, &b);
	fsk_buf_free(&b);
	return rc;
}

static int read_strings(struct reading *r)
{
	static const enum fsk_lnk_text order[] = { FSK_LNK_DESCRIPTION, FSK_LNK_RELATIVE,
		                                   FSK_LNK_WORKING_DIR, FSK_LNK_ARGUMENTS,
		                                   FSK_LNK_ICON };
	int rc = 0;

	for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]) && rc == 0 && !r->cut; i++) {
		if ((r->out->flags & HAS_NAME << i) != 0)
			rc = read_string(r, order[i]);
	}
	return rc;
}

/* --- extra data, 2.5 --- */

/* 260 bytes in a code page, then 260 units of UTF-16. */
static int read_pair(struct reading *r, enum fsk_lnk_text which, struct fsk_cur *c)
{
	const uint8_t *ansi = fsk_cur_bytes(c, 260), *wide = fsk_cur_bytes(c, 520);
	struct fsk_cur t;
	struct fsk_buf b;
	int rc = 0;

	fsk_buf_init(&b, FSK_LNK_TEXT_MAX);
	if (wide != NULL) {
		fsk_cur_init(&t, wide, 520);
		rc = fsk_utf16_append(&b, &t, r->err);
	}
	if (rc == 0 && ansi != NULL && b.len == 0) {
		fsk_cur_init(&t, ansi, 260);
		rc = fsk_ansi_append(&b, &t, 260, r->err);
	}
	if (rc == 0)
		rc = keep(r, which, &b);
	fsk_buf_free(&b);
	return rc;
}

/* TrackerDataBlock, 2.5.10 */
static int read_tracker(struct reading *r, struct fsk_cur *c)
{
	const uint8_t *machine;
	struct fsk_cur t;
	struct fsk_buf b;
	int rc;

	fsk_cur_skip(c, 8);
	machine = fsk_cur_bytes(c, 16);
	for (int i = 0; i < FSK_LNK_DROIDS; i++)
		fsk_cur_copy(c, r->out->droid[i], 16);
	if (c->failed) {
		damaged(r, "the block of link tracking is too short");
		return 0;
	}
	r->out->has_droids = true;
	fsk_cur_init(&t, machine, 16);
	fsk_buf_init(&b, FSK_LNK_TEXT_MAX);
	rc = fsk_ansi_append(&b, &t, 16, r->err);
	if (rc == 0)
		rc = keep(r, FSK_LNK_MACHINE, &b);
	fsk_buf_free(&b);
	return rc;
}

static int read_block(struct reading *r, struct fsk_cur *c)
{
	switch (fsk_cur_u32le(c)) {
	case BLOCK_ENVIRONMENT:
		return read_pair(r, FSK_LNK_ENVIRONMENT, c);
	case BLOCK_ICON:
		return read_pair(r, FSK_LNK_ICON_ENVIRONMENT, c);
	case BLOCK_DARWIN:
		return read_pair(r, FSK_LNK_DARWIN, c);
	case BLOCK_TRACKER:
		return read_tracker(r, c);
	case BLOCK_KNOWN_FOLDER:
		fsk_cur_copy(c, r->out->known_folder, 16);
		r->out->has_known_folder = !c->failed;
		return 0;
	default:
		return 0;
	}
}

/* Up to a size below 4, which ends them. */
static int read_blocks(struct reading *r)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && fsk_cur_left(&r->c) >= 4; i++) {
		struct fsk_cur c = r->c;
		size_t size = fsk_cur_u32le(&c);

		if (size < 4) {
			r->c = c;
			break;
		}
		if (i >= FSK_LNK_BLOCKS_MAX || size - 4 > fsk_cur_left(&c)) {
			cut_off(r, i >= FSK_LNK_BLOCKS_MAX ? "too many blocks of extra data"
			                                   : "a block of extra data is cut off");
			break;
		}
		fsk_cur_init(&c, r->c.data + r->c.pos, size);
		fsk_cur_skip(&c, 4);
		fsk_cur_skip(&r->c, size);
		rc = read_block(r, &c);
	}
	return rc;
}

/* --- the whole --- */

static int read_header(struct reading *r)
{
	static const uint8_t class_id[16] = { 0x01, 0x14, 0x02, 0, 0, 0, 0, 0,
		                              0xc0, 0,    0,    0, 0, 0, 0, 0x46 };
	struct fsk_lnk *l = r->out;
	uint32_t size = fsk_cur_u32le(&r->c);
	const uint8_t *id = fsk_cur_bytes(&r->c, 16);

	if (size != HEADER || id == NULL || memcmp(id, class_id, sizeof(class_id)) != 0)
		return fsk_err_set(r->err, FSK_ECORRUPT, "no shortcut: signature missing");
	l->flags = fsk_cur_u32le(&r->c);
	l->attributes = fsk_cur_u32le(&r->c);
	l->created = fsk_time_from_filetime(fsk_cur_u64le(&r->c));
	l->accessed = fsk_time_from_filetime(fsk_cur_u64le(&r->c));
	l->modified = fsk_time_from_filetime(fsk_cur_u64le(&r->c));
	l->size = fsk_cur_u32le(&r->c);
	l->icon_index = (int32_t) fsk_cur_u32le(&r->c);
	l->show = fsk_cur_u32le(&r->c);
	fsk_cur_seek(&r->c, HEADER);
	if (r->c.failed)
		return fsk_err_set(r->err, FSK_ECORRUPT, "a shortcut that ends in its header");
	return 0;
}

/* LinkTargetIDList, 2.2 */
static int read_items(struct reading *r)
{
	size_t size = fsk_cur_u16le(&r->c), left = fsk_cur_left(&r->c);
	struct fsk_err why = { 0 };
	struct fsk_cur c;
	int rc;

	fsk_cur_init(&c, r->c.data + r->c.pos, size < left ? size : left);
	if (r->c.failed || size > left)
		cut_off(r, "cut off within the list of shell items");
	else
		fsk_cur_skip(&r->c, size);
	rc = fsk_items_read(&r->out->items, &c, &why);
	if (rc == FSK_ENOMEM)
		return fsk_err_set(r->err, rc, "%s", why.msg);
	if (rc < 0 && !r->cut)
		damaged(r, why.msg);
	return 0;
}

int fsk_lnk_read(struct fsk_lnk *out, const uint8_t *data, size_t size, struct fsk_err *err)
{
	struct reading r = { .out = out, .err = err };
	int rc;

	memset(out, 0, sizeof(*out));
	fsk_buf_init(&out->damage, DAMAGE_MAX);
	fsk_cur_init(&r.c, data, size);
	rc = read_header(&r);
	if (rc == 0 && (out->flags & HAS_ITEMS) != 0)
		rc = read_items(&r);
	if (rc == 0 && !r.cut && (out->flags & HAS_LINK_INFO) != 0)
		rc = read_link_info(&r);
	if (rc == 0 && !r.cut)
		rc = read_strings(&r);
	if (rc == 0 && !r.cut)
		rc = read_blocks(&r);
	out->end = r.c.pos;
	out->appended = fsk_cur_left(&r.c);
	return rc;
}

void fsk_lnk_free(struct fsk_lnk *l)
{
	for (int i = 0; i < FSK_LNK_TEXTS; i++)
		free(l->text[i]);
	fsk_items_free(&l->items);
	fsk_buf_free(&l->damage);
	memset(l, 0, sizeof(*l));
}

/* Is the path of the items one of a file system, not of the shell alone? */
static bool is_file_path(const char *path)
{
	return path != NULL && (strncmp(path, "\\\\", 2) == 0 ||
	                        (path[0] != '\0' && path[1] == ':' && path[0] != ':'));
}

const char *fsk_lnk_target(const struct fsk_lnk *l, const char **from)
{
	const char *items = is_file_path(l->items.path) ? l->items.path : NULL;
	bool doubtful = (l->flags & FSK_LNK_FORCE_NO_LINK_INFO) != 0 || l->path_guessed;
	const struct {
		const char *path, *from;
	} choices[] = {
		{ doubtful ? items : NULL, "items" },
		{ l->text[FSK_LNK_LOCAL_PATH], "local" },
		{ l->text[FSK_LNK_NETWORK_PATH], "network" },
		{ items, "items" },
		{ l->text[FSK_LNK_ENVIRONMENT], "environment" },
		{ l->items.path, "items" },
	};

	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		*from = choices[i].from;
		if (choices[i].path != NULL)
			return choices[i].path;
	}
	*from = NULL;
	return NULL;
}
