/* asar: archives of Electron programs for plugins. The functions are described below, for the
 * reference. */
#include "core/base/limits.h"
#include "core/module/module.h"
#include "plugins/asar/asar.h"
#include "plugins/shared/answer.h"

extern const struct fsk_module fsk_asar_module;

/// # Archives of Electron programs
///
/// The native module `asar` reads `app.asar`, in which programs made with Electron keep their
/// scripts. Instead of an entry each function takes the bytes of an archive, too.

/// asar.open(e)
///
/// Table of what the index says; `nil, message, code` when the file is none. Files that cannot be
/// where the index says are anomalies.
///
/// | member | meaning |
/// |---|---|
/// | `files` | list of `path`, `size`, `offset` (in `e`), `sha256` (that the index has),
///   `executable`, `unpacked` (it lies beside, in `app.asar.unpacked`), `link` |
/// | `index_sha256` | of the text of the index: `ElectronAsarIntegrity` of an `Info.plist`
///   has it, too |
/// | `offset` | where the first file begins |
///
/// ```lua
/// local app = ctx:lookup("Applications/Tool.app/Contents/Resources/app.asar")
/// local archive = assert(asar.open(app))
/// for _, f in ipairs(archive.files) do
///     ctx:record("script", { path = f.path, size = f.size, entry = app })
/// end
/// assert(#archive.files == 2)
/// ```
static int asar_module_open(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	(void) self;
	return fsk_answer_examined(host, call, fsk_asar_examine);
}

static int read_file(struct fsk_buf *out, char **note, const struct fsk_input *in, const void *path,
                     uint64_t offset, size_t size, struct fsk_err *err)
{
	return fsk_asar_read(out, note, in, path, offset, size, err);
}

/// asar.read(e, path[, offset[, size]])
///
/// The bytes of a file in the archive, at most 64 MiB at once; `nil, message, code`:
/// `"not-found"`, also for one that lies beside the archive. A whole file that is not the one whose
/// digest the index has is an anomaly, and the second result says so.
///
/// ```lua
/// local app = ctx:lookup("Applications/Tool.app/Contents/Resources/app.asar")
/// local text = assert(asar.read(app, "package.json"))
/// assert(text:match('"version": *"([^"]+)"') == "1.2.3")
/// ```
static int asar_module_read(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const char *path = host->arg_string(call, 1, NULL);

	(void) self;
	return fsk_answer_range(host, call, FSK_ASAR_READ_MAX, read_file, path);
}

static const struct fsk_function functions[] = {
	{ "open", asar_module_open },
	{ "read", asar_module_read },
	{ NULL, NULL },
};

const struct fsk_module fsk_asar_module = {
	.abi = FSK_MODULE_ABI,
	.name = "asar",
	.summary = "archives of Electron programs",
	.functions = functions,
};
