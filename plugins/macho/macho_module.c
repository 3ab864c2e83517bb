/* macho: programs of macOS for plugins. The functions are described below, for the
 * reference. */
#include "core/module/module.h"
#include "plugins/macho/macho.h"
#include "plugins/shared/answer.h"

extern const struct fsk_module fsk_macho_module;

/// # Programs of macOS
///
/// The native module `macho` reads Mach-O files, thin and fat. What contradicts the format is an
/// anomaly with its offset; the rest is told.

/// macho.open(e[, options])
///
/// Table with `fat` and `slices`, one for each program inside; `nil, message, code` for what is
/// none (`"unsupported"`) or cannot be read. `content = false` does not read the programs as a
/// whole, which leaves out whether they are what was signed; `strings = true` adds the literals
/// of C, up to 50 000 and 4 MiB of all names in the file.
///
/// | member of a slice | meaning |
/// |---|---|
/// | `cpu`, `bits`, `type` | `"amd64"`, `"arm64"`, …; 32 or 64; `"program"`, `"library"`, … |
/// | `offset`, `size` | where it lies in the file |
/// | `uuid`, `source_version` | of the build, or nil |
/// | `platform`, `min_os`, `sdk` | `"macos"`, `"10.13.0"`, `"13.1.0"`, or nil |
/// | `id`, `dylibs`, `rpaths` | its own name as a library, those that it loads, and where from |
/// | `segments` | list of `name`, `offset`, `size`, `address`, `sections` (`name`, `offset`,
///     `size`) |
/// | `entry_point`, `encrypted` | or nil |
/// | `strings`, `strings_cut` | list, if asked for; true when there were more |
/// | `signature` | see below |
///
/// | member of `signature` | meaning |
/// |---|---|
/// | `state` | as of `pe.signature`; `"ad-hoc"`: it fits, and nobody signed it |
/// | `identifier`, `team`, `cdhash`, `algorithm`, `flags` | of its code directory |
/// | `entitlements` | the property list, as text |
/// | `subject`, `name`, `issuer`, `serial`, `chain` | of the signer, as of `pe.signature` |
/// | `time`, `stamp` | as of `pe.signature` |
/// | `altered_at`, `why` | file offset of the first page that differs; what does not fit |
/// | `offset`, `size` | where it lies |
///
/// What a bundle's signature covers beside the program, its resources, is not compared.
///
/// ```lua
/// local tool = ctx:lookup("Applications/Tool.app/Contents/MacOS/Tool")
/// local m = assert(macho.open(tool))
/// for _, s in ipairs(m.slices) do
///     ctx:record("slice", { cpu = s.cpu, min_os = s.min_os, team = s.signature.team,
///         signer = s.signature.name, state = s.signature.state, entry = tool })
/// end
/// assert(#m.slices == 2 and m.slices[1].signature.identifier == "org.example.tool")
/// assert(m.slices[1].signature.state == "valid-digest")
/// ```
static int macho_open(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const struct fsk_macho_options want = {
		.content = host->arg_flag(call, 1, "content", true),
		.strings = host->arg_flag(call, 1, "strings", false),
	};
	json_t *told = NULL, *notes = NULL;
	struct fsk_answer a;
	struct fsk_input in;
	int rc = fsk_answer_begin(&a, &in, host, call);

	(void) self;
	if (rc == 0)
		rc = fsk_macho_examine(&told, &notes, &in, &want, &a.err);
	rc = fsk_answer_end(&a, rc, told, notes);
	json_decref(told);
	json_decref(notes);
	return rc;
}

static const struct fsk_function functions[] = {
	{ "open", macho_open },
	{ NULL, NULL },
};

const struct fsk_module fsk_macho_module = {
	.abi = FSK_MODULE_ABI,
	.name = "macho",
	.summary = "programs of macOS and their signatures",
	.functions = functions,
};
