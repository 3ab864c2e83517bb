/* zip: archives for plugins. The functions are described below, for the reference. */
#include <zip.h>

#include "core/base/limits.h"
#include "core/module/module.h"
#include "plugins/shared/answer.h"
#include "plugins/zip/zip.h"

extern const struct fsk_module fsk_zip_module;

/// # ZIP archives
///
/// The native module `zip` reads archives and packages made of them (`.zip`, `.nupkg`, `.jar`,
/// `.docx`) by ranges. Nothing is unpacked to a disk. Instead of an entry each function takes the
/// bytes of an archive, too, such as those of one inside another.

/// zip.open(e)
///
/// Table with `members` and, if there is one, `comment`; `nil, message, code` when the file is no
/// archive or cannot be read. Members are in the order of the directory, up to 65536:
///
/// | member | meaning |
/// |---|---|
/// | `name` | its path in the archive, which may be anything |
/// | `size`, `packed` | bytes of its content, as the directory says, and what it takes |
/// | `method` | `"stored"`, `"deflate"`, `"bzip2"`, … |
/// | `encrypted` | true, or nil |
///
/// ```lua
/// local package = ctx:lookup("Users/ann/Packages/tool.nupkg")
/// local archive = assert(zip.open(package))
/// for _, m in ipairs(archive.members) do
///     ctx:record("member", { name = m.name, size = m.size, locked = m.encrypted, entry = package
///     })
/// end
/// local none, why, code = zip.open(item)
/// assert(none == nil and code == "corrupt" and why:find("no ZIP archive", 1, true))
/// ```
static int zip_module_open(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	(void) self;
	return fsk_answer_examined(host, call, fsk_zip_examine);
}

/* Argument 1: a name, or a number from 1. */
static struct fsk_zip_which which_of(const struct fsk_host *host, struct fsk_call *call)
{
	struct fsk_zip_which which = { 0 };

	if (host->arg_type(call, 1) == FSK_ARG_INT)
		which.index = host->arg_int(call, 1);
	else
		which.name = host->arg_string(call, 1, NULL);
	return which;
}

static int read_member(struct fsk_buf *out, char **note, const struct fsk_input *in,
                       const void *which, uint64_t offset, size_t size, struct fsk_err *err)
{
	return fsk_zip_read(out, note, in, which, offset, size, err);
}

/// zip.read(e, which[, offset[, size]])
///
/// The content of a member, at most 64 MiB at once, as bytes; `which` is its name (the first of
/// that name) or its place in `members`. What is damaged further behind is an anomaly, and the
/// second result says so. `nil, message, code`: `"not-found"`; `"unsupported"` when it is
/// encrypted; `"over-limit"` beyond 4 GiB, or when it unpacks to more than 200 times its size and
/// 64 MiB.
///
/// ```lua
/// local package = ctx:lookup("Users/ann/Packages/tool.nupkg")
/// local text = assert(zip.read(package, "tool.nuspec"))
/// assert(text:match("<version>(.-)</version>") == "1.2.3" and zip.read(package, 1) == text)
/// assert(select(3, zip.read(package, "none")) == "not-found")
/// ```
static int zip_module_read(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const struct fsk_zip_which which = which_of(host, call);

	(void) self;
	return fsk_answer_range(host, call, FSK_ZIP_READ_MAX, read_member, &which);
}

/// zip.digests(e, which)
///
/// Table with `sha256`, `sha1`, `md5` and `size` of the content of a member, of any size up to
/// 4 GiB; `nil, message, code` as above, also when it is damaged.
///
/// ```lua
/// local package = ctx:lookup("Users/ann/Packages/tool.nupkg")
/// local digests = assert(zip.digests(package, "tool.nuspec"))
/// assert(digests.sha256 == bytes.sha256(zip.read(package, "tool.nuspec")))
/// ```
static int zip_module_digests(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const struct fsk_zip_which which = which_of(host, call);
	struct fsk_digests digests = { 0 };
	json_t *told = NULL;
	uint64_t size = 0;
	struct fsk_answer a;
	struct fsk_input in;
	int rc = fsk_answer_begin(&a, &in, host, call);

	(void) self;
	if (rc == 0)
		rc = fsk_zip_digests(&digests, &size, &in, &which, &a.err);
	if (rc == 0)
		told = json_pack("{s:s,s:s,s:s,s:I}", "sha256", digests.sha256, "sha1",
		                 digests.sha1, "md5", digests.md5, "size", (json_int_t) size);
	rc = fsk_answer_end(&a, rc, told, NULL);
	json_decref(told);
	return rc;
}

static const char *library(void)
{
	return zip_libzip_version();
}

static const struct fsk_function functions[] = {
	{ "open", zip_module_open },
	{ "read", zip_module_read },
	{ "digests", zip_module_digests },
	{ NULL, NULL },
};

const struct fsk_module fsk_zip_module = {
	.abi = FSK_MODULE_ABI,
	.name = "zip",
	.summary = "ZIP archives: their members",
	.functions = functions,
	.library = library,
};
