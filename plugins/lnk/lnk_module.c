/* lnk.open(entry), lnk.parse(bytes): shortcuts for plugins. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/module/module.h"
#include "plugins/lnk/darwin.h"
#include "plugins/lnk/shortcut.h"
#include "plugins/shared/sink.h"

extern const struct fsk_module fsk_lnk_module;

static void put_guid(struct fsk_sink *s, const char *key, const uint8_t guid[16])
{
	char text[FSK_GUID_TEXT];

	fsk_put_text(s, key, fsk_guid_text(text, guid));
}

/* --- link tracking --- */

/* The time and the network card in a GUID of version 1 (RFC 4122, 4.1). */
static void put_origin(struct fsk_sink *s, const char *mac_key, const char *time_key,
                       const uint8_t g[16])
{
	/* units of 100 ns from 1582-10-15 to 1601-01-01 */
	const uint64_t gap = 5748192000000000ull;
	uint64_t t = 0;
	char mac[18];

	if (g[7] >> 4 != 1 || g[8] >> 6 != 2)
		return;
	for (int i = 7; i >= 6; i--)
		t = t << 8 | (i == 7 ? g[i] & 0x0f : g[i]);
	t = t << 16 | (uint64_t) g[5] << 8 | g[4];
	t = t << 32 | (uint64_t) g[3] << 24 | (uint64_t) g[2] << 16 | (uint64_t) g[1] << 8 | g[0];
	if (t > gap)
		fsk_put_time(s, time_key, fsk_time_from_filetime(t - gap));
	if ((g[10] & 1) != 0) /* a random node, no card */
		return;
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", g[10], g[11], g[12], g[13],
	         g[14], g[15]);
	fsk_put_text(s, mac_key, mac);
}

static void put_droids(struct fsk_sink *s, const struct fsk_lnk *l)
{
	if (!l->has_droids)
		return;
	put_guid(s, "droid_volume", l->droid[FSK_LNK_DROID_VOLUME]);
	put_guid(s, "droid_file", l->droid[FSK_LNK_DROID_FILE]);
	put_guid(s, "birth_droid_volume", l->droid[FSK_LNK_BIRTH_VOLUME]);
	put_guid(s, "birth_droid_file", l->droid[FSK_LNK_BIRTH_FILE]);
	put_origin(s, "mac", "droid_time", l->droid[FSK_LNK_DROID_FILE]);
	if (memcmp(l->droid[FSK_LNK_DROID_FILE], l->droid[FSK_LNK_BIRTH_FILE], 16) != 0)
		put_origin(s, "birth_mac", "birth_droid_time", l->droid[FSK_LNK_BIRTH_FILE]);
}

/* --- the rest --- */

static void put_volume(struct fsk_sink *s, const struct fsk_lnk *l)
{
	static const char *const types[] = { "unknown", "no root", "removable", "fixed",
		                             "remote",  "cdrom",   "ramdisk" };

	if (!l->has_volume)
		return;
	fsk_put_text(s, "drive_type",
	             types[l->drive_type < sizeof(types) / sizeof(types[0]) ? l->drive_type : 0]);
	fsk_put_serial(s, "volume_serial", l->volume_serial);
}

static void put_items(struct fsk_sink *s, const struct fsk_items *items)
{
	char reference[FSK_MFT_REFERENCE_TEXT];

	if (items->count == 0)
		return;
	s->host->push_table(s->call);
	for (size_t i = 0; i < items->count; i++) {
		const struct fsk_item *it = &items->at[i];

		s->host->push_table(s->call);
		fsk_put_int(s, "type", it->type);
		fsk_put_text(s, "name", it->name);
		fsk_put_text(s, "short_name", it->short_name);
		fsk_put_time(s, "created", it->created);
		fsk_put_time(s, "accessed", it->accessed);
		fsk_put_time(s, "modified", it->modified);
		if (it->reference != 0)
			fsk_put_text(s, "reference",
			             fsk_mft_reference_text(reference, it->reference));
		s->host->set_index(s->call, (int64_t) i + 1);
	}
	s->host->set_field(s->call, "items");
}

static void put_darwin(struct fsk_sink *s, const char *descriptor)
{
	struct fsk_darwin d;

	fsk_put_text(s, "darwin", descriptor);
	if (descriptor == NULL || !fsk_darwin_parse(&d, descriptor))
		return;
	fsk_put_text(s, "product", d.product);
	fsk_put_text(s, "feature", d.feature[0] != '\0' ? d.feature : NULL);
	fsk_put_text(s, "component", d.component[0] != '\0' ? d.component : NULL);
}

static void put_texts(struct fsk_sink *s, const struct fsk_lnk *l)
{
	static const char *const keys[FSK_LNK_TEXTS] = {
		[FSK_LNK_DESCRIPTION] = "description",
		[FSK_LNK_RELATIVE] = "relative",
		[FSK_LNK_WORKING_DIR] = "working_dir",
		[FSK_LNK_ARGUMENTS] = "arguments",
		[FSK_LNK_ICON] = "icon",
		[FSK_LNK_LOCAL_PATH] = "local_path",
		[FSK_LNK_NETWORK_SHARE] = "network_share",
		[FSK_LNK_NETWORK_PATH] = "network_path",
		[FSK_LNK_DEVICE] = "device",
		[FSK_LNK_VOLUME_LABEL] = "volume_label",
		[FSK_LNK_ENVIRONMENT] = "environment",
		[FSK_LNK_ICON_ENVIRONMENT] = "icon_environment",
		[FSK_LNK_MACHINE] = "machine",
	};

	for (int i = 0; i < FSK_LNK_TEXTS; i++) {
		if (keys[i] != NULL)
			fsk_put_text(s, keys[i], l->text[i]);
	}
}

static void push_shortcut(struct fsk_sink *s, const struct fsk_lnk *l)
{
	const char *from, *target = fsk_lnk_target(l, &from);

	s->host->push_table(s->call);
	fsk_put_text(s, "target", target);
	fsk_put_text(s, "target_from", from);
	put_texts(s, l);
	fsk_put_text(s, "items_path", l->items.path);
	put_darwin(s, l->text[FSK_LNK_DARWIN]);
	fsk_put_time(s, "created", l->created);
	fsk_put_time(s, "accessed", l->accessed);
	fsk_put_time(s, "modified", l->modified);
	fsk_put_int(s, "size", l->size);
	fsk_put_int(s, "attributes", l->attributes);
	fsk_put_int(s, "flags", l->flags);
	fsk_put_int(s, "show", l->show);
	fsk_put_int(s, "icon_index", l->icon_index);
	put_volume(s, l);
	put_droids(s, l);
	if (l->has_known_folder)
		put_guid(s, "known_folder", l->known_folder);
	put_items(s, &l->items);
	fsk_put_int(s, "length", (int64_t) l->end);
	fsk_put_int(s, "appended", (int64_t) l->appended);
}

/* What is damaged is an anomaly of the entry or, without one, in a list. */
static int give(struct fsk_sink *s, const uint8_t *data, size_t size, bool entry)
{
	const char *damage;
	struct fsk_err err = { 0 };
	struct fsk_lnk l;
	int rc = fsk_lnk_read(&l, data, size, &err);

	damage = (const char *) l.damage.data;
	if (rc == 0)
		push_shortcut(s, &l);
	if (rc == 0 && entry)
		fsk_report_lines(s, 0, damage, l.damage.len);
	else if (rc == 0)
		fsk_put_lines(s, "damage", damage, l.damage.len);
	fsk_lnk_free(&l);
	return rc < 0 ? s->host->fail(s->call, &err) : 1;
}

/// # lnk
///
/// Shortcuts of Windows (`.lnk`, also those inside of jump lists): where they lead, and what
/// they remember of the target and of the machine it was on. A shortcut that contradicts
/// itself is read as far as it goes, and what is wrong with it is an anomaly of the entry.
/* --- functions --- */

/// lnk.open(entry)
///
/// The shortcut in a file, up to 64 MiB, as a table; `nil, message, code` when it is none. All
/// members may be absent:
///
/// | member | meaning |
/// |---|---|
/// | `target`, `target_from` | the best path, and where it stands: `"local"`, `"network"`,
///     `"items"`, `"environment"` |
/// | `local_path`, `network_path`, `items_path`, `environment` | the path in each of these places;
///     `items_path` may begin with the class of a folder of the shell, `"::{…}"` |
/// | `arguments`, `working_dir`, `description`, `relative`, `icon`, `icon_environment`,
///     `icon_index` | as stored |
/// | `created`, `accessed`, `modified`, `size`, `attributes` | of the target when the shortcut
///     was written; the lower 32 bits of its size |
/// | `drive_type`, `volume_serial`, `volume_label` | `"fixed"`, `"removable"`, `"remote"`, …;
///     `"64BB-3469"` |
/// | `network_share`, `device` | two backslashes, server, share; the drive letter it had |
/// | `machine`, `mac` | NetBIOS name of the machine that the target was on, and its network
///     card as `droid_file` tells it |
/// | `droid_volume`, `droid_file`, `birth_droid_volume`, `birth_droid_file` | identifiers of link
///     tracking |
/// | `droid_time`, `birth_mac`, `birth_droid_time` | the time inside of `droid_file`; both of
///     `birth_droid_file` when it is another |
/// | `product`, `feature`, `component`, `darwin` | of an advertised shortcut: identifiers of
///     Windows Installer, and the text they come from |
/// | `items` | the shell items: tables with `type`, `name`, `short_name`, `created`, `accessed`,
///     `modified`, `reference` (number and sequence in the MFT) |
/// | `known_folder`, `flags`, `show` | as stored; `show` is 7 for a minimized window |
/// | `length`, `appended` | bytes of the shortcut, and of the file behind it |
///
/// Text that is stored in a code page of the machine only is read as Windows-1252.
///
/// ```lua
/// local link = assert(lnk.open(ctx:lookup("Users/ann/Links/tool.lnk")))
/// assert(link.target == "C:\\Users\\ann\\tool.exe" and link.arguments == "/quiet")
/// assert(link.volume_serial == "64BB-3469" and link.mac == "08:00:27:ac:3d:7f")
/// ctx:record("link", { target = link.target, time = link.created, entry = item })
/// ```
static int module_open(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_sink s = { host, call };
	struct fsk_err err = { 0 };
	uint8_t *data;
	size_t size;
	int n;

	(void) self;
	if (host->arg_entry_slurp(call, 0, "", FSK_LNK_MAX, &data, &size, &err) < 0)
		return host->fail(call, &err);
	n = give(&s, data, size, true);
	free(data);
	return n;
}

/// lnk.parse(bytes)
///
/// The same of bytes, as they stand in jump lists. What is wrong with it is told in the list
/// `damage`.
///
/// ```lua
/// local link = assert(lnk.parse(ctx:lookup("Users/ann/Links/tool.lnk"):read(0, 65536)))
/// assert(link.machine == "ann-pc" and #link.damage == 0)
/// local none, why, code = lnk.parse("no shortcut")
/// assert(none == nil and code == "corrupt")
/// ```
static int module_parse(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_sink s = { host, call };
	size_t size;
	const char *data = host->arg_string(call, 0, &size);

	(void) self;
	return give(&s, (const uint8_t *) data, size, false);
}

/// lnk.items(bytes)
///
/// A list of shell items by itself, as values of the registry have it (`BagMRU`,
/// `OpenSavePidlMRU`, …): a table with `items`, and `path` when every item is understood.
/// `nil, message, code` when the first item is damaged; what follows a damaged one is left out,
/// which `damage` tells.
///
/// ```lua
/// local drive = "\x19\0\x2fD:\\" .. ("\0"):rep(19) .. "\0\0"
/// local list = assert(lnk.items(drive))
/// assert(list.path == "D:\\" and list.items[1].type == 0x2f)
/// ```
static int module_items(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_sink s = { host, call };
	size_t size;
	const char *data = host->arg_string(call, 0, &size);
	struct fsk_err err = { 0 };
	struct fsk_items items;
	struct fsk_cur c;
	int rc;

	(void) self;
	fsk_cur_init(&c, data, size);
	rc = fsk_items_read(&items, &c, &err);
	if (rc == FSK_ENOMEM || (rc < 0 && items.count == 0)) {
		fsk_items_free(&items);
		return host->fail(call, &err);
	}
	host->push_table(call);
	fsk_put_text(&s, "path", items.path);
	fsk_put_text(&s, "damage", rc < 0 ? err.msg : NULL);
	put_items(&s, &items);
	fsk_items_free(&items);
	return 1;
}

static const struct fsk_function functions[] = {
	{ "open", module_open },
	{ "parse", module_parse },
	{ "items", module_items },
	{ NULL, NULL },
};

const struct fsk_module fsk_lnk_module = {
	.abi = FSK_MODULE_ABI,
	.name = "lnk",
	.summary = "Shortcuts: where they lead, and what they remember",
	.functions = functions,
};
