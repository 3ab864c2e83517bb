/* msi: packages of Windows Installer for plugins. */
#include "core/module/module.h"
#include "plugins/msi/msi.h"
#include "plugins/shared/answer.h"

extern const struct fsk_module fsk_msi_module;

/// # Packages of Windows Installer
///
/// The native module `msi` reads `.msi` and `.msp`: what would be, or was, installed. Only the
/// parts that are told are read, never the embedded cabinets. What contradicts the format is an
/// anomaly; the rest is told.

/// msi.open(e)
///
/// Table of what a package tells; `nil, message, code` when the file is none (`"corrupt"`, or
/// `"unsupported"` for other compound files).
///
/// | member | meaning |
/// |---|---|
/// | `product_code`, `upgrade_code` | GUIDs in braces |
/// | `name`, `version`, `manufacturer`, `language` | of the product, as texts |
/// | `properties` | texts by name |
/// | `files` | list of `id`, `name`, `short` (8.3), `size`, `version`, `component` |
/// | `tables` | names of the tables |
/// | `embedded` | list of `name`, `size`: cabinets, icons and other streams |
/// | `summary` | nil, or `title`, `subject`, `author`, `keywords`, `comments`, `template`
///   (`"x64;1033"`), `revision` (code of the package), `created`, `saved` (ISO times), `saved_by`,
///   `schema`, `words`, `application`, `security` |
/// | `code_page` | of the texts; of others than ASCII, UTF-8 and 1252, letters come as `\xNN` |
/// | `signed` | it has a signature; whether the package fits it is not tested |
/// | `signer` | nil, or the short name of who signed |
/// | `signatures` | nil, or list of `subject`, `issuer`, `serial`, `time`, … as
///   `pe.signature` gives them, with `sealed`: the key of the certificate made the signature |
///
/// ```lua
/// local package = ctx:lookup("Users/ann/Packages/tool.msi")
/// local p = assert(msi.open(package))
/// assert(p.name == "Tool" and p.version == "1.2.3" and p.files[1].name == "tool.exe")
/// assert(p.summary.template == "x64;1033" and not p.signed)
/// ctx:record("package", { product = p.product_code, code = p.summary.revision, entry = package })
/// local none, why, code = msi.open(item)
/// assert(none == nil and why == "no compound file: signature missing" and code == "corrupt")
/// ```
static int msi_open(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	(void) self;
	return fsk_answer_examined(host, call, fsk_msi_examine);
}

static const struct fsk_function functions[] = {
	{ "open", msi_open },
	{ NULL, NULL },
};

const struct fsk_module fsk_msi_module = {
	.abi = FSK_MODULE_ABI,
	.name = "msi",
	.summary = "packages of Windows Installer: product, files, signer",
	.functions = functions,
};
