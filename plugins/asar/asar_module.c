/* asar: archives of Electron programs for plugins. The functions are described below, for the
 * reference. */
#include <stdlib.h>

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
/// `executable`,
///     `unpacked` (it lies beside, in `app.asar.unpacked`), `link` |
/// | `index_sha256` | of the text of the index: `ElectronAsarIntegrity` of an `Info.plist` has it,
/// too | | `offset` | where the first file begins |
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
	json_t *told = NULL, *notes = NULL;
	struct fsk_answer a;
	struct fsk_input in;
	int rc = fsk_answer_begin(&a, &in, host, call);

	(void) self;
	if (rc == 0)
		rc = fsk_asar_examine(&told, &notes, &in, &a.err);
	rc = fsk_answer_end(&a, rc, told, notes);
	json_decref(told);
	json_decref(notes);
	return rc;
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
	int64_t offset = host->arg_type(call, 2) == FSK_ARG_NIL ? 0 : host->arg_int(call, 2);
	int64_t size = host->arg_type(call, 3) == FSK_ARG_NIL ? FSK_ASAR_READ_MAX
	                                                      : host->arg_int(call, 3);
	char *note = NULL;
	struct fsk_answer a;
	struct fsk_input in;
	struct fsk_buf b;
	int rc = fsk_answer_begin(&a, &in, host, call);

	(void) self;
	fsk_buf_init(&b, FSK_ASAR_READ_MAX);
	if (offset < 0 || size < 0 || size > FSK_ASAR_READ_MAX)
		rc = fsk_err_set(&a.err, FSK_EINVAL, "offset and size must be from 0 to %u",
		                 FSK_ASAR_READ_MAX);
	if (rc == 0)
		rc = fsk_asar_read(&b, &note, &in, path, (uint64_t) offset, (size_t) size, &a.err);
	rc = fsk_answer_bytes(&a, rc, &b, note);
	fsk_buf_free(&b);
	free(note);
	return rc;
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
