/* olecf.open(entry): OLE compound files for plugins. */
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/module/module.h"
#include "plugins/shared/compound.h"

extern const struct fsk_module fsk_olecf_module;

/// # olecf
///
/// OLE compound files: jump lists (`.automaticDestinations-ms`), packages of Windows Installer
/// (`.msi`), documents of Office before 2007, `Thumbs.db`. Each holds streams, some in storages.
/* --- compound files --- */

/// file:streams()
///
/// List of the streams as tables: `path` (names of storages and of the stream, parted by `/`)
/// and `size`, in the order of the paths.
static int file_streams(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	host->push_table(call);
	for (size_t i = 0; i < fsk_compound_count(self); i++) {
		const char *path = fsk_compound_path(self, i);
		const struct fsk_cell cells[] = {
			{ .name = "path", .type = FSK_ARG_STRING, .s = path, .len = strlen(path) },
			{ .name = "size",
			  .type = FSK_ARG_INT,
			  .i = (int64_t) fsk_compound_size(self, i) },
		};

		host->push_table(call);
		host->set_fields(call, cells, 2);
		host->set_index(call, (int64_t) i + 1);
	}
	return 1;
}

/* An argument that may be left out. */
static int64_t number_or(const struct fsk_host *host, struct fsk_call *call, int i, int64_t absent)
{
	return host->arg_type(call, i) == FSK_ARG_NIL ? absent : host->arg_int(call, i);
}

/// file:read(path[, offset[, size]])
///
/// The bytes of a stream, at most 64 MiB at once; `nil, message, code` when there is none of
/// that path or its bytes are not all there.
///
/// ```lua
/// local file = assert(olecf.open(ctx:lookup("Users/ann/list.automaticDestinations-ms")))
/// assert(file:streams()[1].path == "1" and file:streams()[2].path == "DestList")
/// assert(lnk.parse(file:read("1")).target == "C:\\Users\\ann\\tool.exe")
/// assert(bytes.u32le(file:read("DestList", 4, 4)) == 1)
/// ```
static int file_read(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const char *path = host->arg_string(call, 0, NULL);
	int64_t offset = number_or(host, call, 1, 0);
	int64_t size = number_or(host, call, 2, FSK_OLECF_READ_MAX);
	struct fsk_err err = { 0 };
	struct fsk_buf b;
	int rc;

	if (offset < 0 || size < 0 || size > FSK_OLECF_READ_MAX) {
		fsk_err_set(&err, FSK_EINVAL, "offset and size must be from 0 to %u",
		            FSK_OLECF_READ_MAX);
		return host->fail(call, &err);
	}
	fsk_buf_init(&b, FSK_OLECF_READ_MAX);
	rc = fsk_compound_read(&b, self, path, (uint64_t) offset, (size_t) size, &err);
	if (rc == 0)
		host->push_string(call, (const char *) b.data, b.len);
	fsk_buf_free(&b);
	return rc < 0 ? host->fail(call, &err) : 1;
}

static void file_destroy(void *object)
{
	fsk_compound_close(object);
}

static const struct fsk_function file_methods[] = {
	{ "streams", file_streams },
	{ "read", file_read },
	{ NULL, NULL },
};
static const struct fsk_class file_class = { "compound file", file_methods, file_destroy };

/// olecf.open(entry)
///
/// The compound file in a file, up to 512 MiB, which is read into memory; `nil, message, code`
/// when it is none. What of it cannot be listed is an anomaly of the entry.
///
/// ```lua
/// local none, why, code = olecf.open(item)
/// assert(none == nil and why == "no compound file: signature missing" and code == "corrupt")
/// ```
static int module_open(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_compound *file;
	struct fsk_err err = { 0 };
	uint8_t *data;
	size_t size;

	(void) self;
	if (host->arg_entry_slurp(call, 0, "", FSK_OLECF_MAX, &data, &size, &err) < 0 ||
	    fsk_compound_open(&file, data, size, &err) < 0)
		return host->fail(call, &err);
	if (fsk_compound_damage(file) != NULL)
		host->anomaly(call, 0, FSK_ECORRUPT, fsk_compound_damage(file));
	host->push_object(call, &file_class, file);
	return 1;
}

static const struct fsk_function functions[] = {
	{ "open", module_open },
	{ NULL, NULL },
};

const struct fsk_module fsk_olecf_module = {
	.abi = FSK_MODULE_ABI,
	.name = "olecf",
	.summary = "OLE compound files: their streams",
	.functions = functions,
};
