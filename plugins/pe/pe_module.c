/* pe: programs for plugins. The functions are described below, for the reference. */
#include <openssl/crypto.h>

#include "core/module/module.h"
#include "plugins/pe/program.h"
#include "plugins/shared/answer.h"

extern const struct fsk_module fsk_pe_module;

/* Examines the entry, and pushes what `pick` makes of it. */
static int answer(const struct fsk_host *host, struct fsk_call *call,
                  const struct fsk_pe_options *want, json_t *(*pick)(json_t *told))
{
	json_t *told = NULL, *notes = NULL;
	struct fsk_answer a;
	struct fsk_input in;
	int rc = fsk_answer_begin(&a, &in, host, call);

	if (rc == 0)
		rc = fsk_pe_examine(&told, &notes, &in, want, &a.err);
	rc = fsk_answer_end(&a, rc, rc == 0 ? pick(told) : NULL, notes);
	json_decref(told);
	json_decref(notes);
	return rc;
}

static json_t *all(json_t *told)
{
	return told;
}

/// # Programs
///
/// The native module `pe` reads portable executables: EXE, DLL, SYS and their kin. Only the
/// ranges that are needed are read, and the whole file once where that is asked for. What
/// contradicts the format is an anomaly with its offset; the rest is told. All functions give
/// `nil, message, code` for what is no program (`"unsupported"`) or cannot be read. Instead of an
/// entry each takes the bytes of a program, too, such as those that were decrypted; what is wrong
/// with them is then a list as second result.

/// pe.open(e[, options])
///
/// Table of all that a program tells. Options: `content = false` does not read the whole
/// file, which leaves out whether checksum and signature fit it; `digests = true` adds
/// `file_digests` and `entropy = true` the entropy of sections, from that one reading.
///
/// | member | meaning |
/// |---|---|
/// | `machine`, `bits` | `"i386"`, `"amd64"`, `"arm64"`, …; 32 or 64 |
/// | `timestamp` | ISO time in the header; of reproducible builds a digest, not a time |
/// | `subsystem` | `"windows"`, `"console"`, `"native"`, … |
/// | `dll`, `dotnet` | booleans |
/// | `entry_point`, `image_base`, `size_of_image` | numbers of the header |
/// | `checksum` | `told`; and `computed`, `right` |
/// | `sections` | list of `name`, `offset`, `size`, `address`, `virtual_size`, `flags`, `entropy` |
/// | `version` | as `pe.version` gives it, or nil |
/// | `imports`, `delay_imports` | names of functions by library, `"#12"` for ordinals |
/// | `imphash` | nil without imports, and where they could not be read in full |
/// | `exports` | nil, or `dll`, `count`, `names`, `forwarders` (by name) |
/// | `resources` | list of `type`, `name`, `language`, `offset`, `size` |
/// | `pdb` | nil, or `path`, `guid`, `age` of the symbols |
/// | `overlay` | nil, or `offset`, `size` of what is behind the sections and no signature |
/// | `signature` | as `pe.signature` gives it |
/// | `file_digests` | `sha256`, `sha1`, `md5` |
/// | `unread` | why the whole file could not be read; then the above is missing |
///
/// ```lua
/// local tool = ctx:lookup("Program Files/Tool/tool.exe")
/// local p = assert(pe.open(tool, { digests = true }))
/// assert(p.machine == "amd64" and not p.dll and p.checksum.right)
/// assert(p.imports["KERNEL32.dll"][1] == "LoadLibraryW")
/// ctx:record("program", { name = p.version.strings.OriginalFilename, imphash = p.imphash,
///     sha256 = p.file_digests.sha256, signer = p.signature.name, entry = tool })
/// local none, why, code = pe.open(ctx:lookup("Windows/System32/drivers/etc/hosts"))
/// assert(none == nil and why == "no MZ header" and code == "unsupported")
/// ```
static int pe_open(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_pe_options want = {
		.what = FSK_PE_HEADERS | FSK_PE_VERSION | FSK_PE_PARTS | FSK_PE_SIGNATURE,
		.content = host->arg_flag(call, 1, "content", true),
		.digests = host->arg_flag(call, 1, "digests", false),
		.entropy = host->arg_flag(call, 1, "entropy", false),
	};

	(void) self;
	return answer(host, call, &want, all);
}

static json_t *pick_version(json_t *told)
{
	return json_object_get(told, "version");
}

/// pe.version(e)
///
/// The version resource: `file` and `product` (its numbers, `"1.2.3.4"`), `language`, and
/// `strings` (`CompanyName`, `FileDescription`, `OriginalFilename`, …). nil alone when the
/// program has none.
///
/// ```lua
/// local version = pe.version(ctx:lookup("Program Files/Tool/tool.exe"))
/// assert(version.file == "18.12.425.1" and version.strings.InternalName == "tool")
/// ```
static int pe_version(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const struct fsk_pe_options want = { .what = FSK_PE_VERSION };

	(void) self;
	return answer(host, call, &want, pick_version);
}

static json_t *pick_signature(json_t *told)
{
	return json_object_get(told, "signature");
}

/// pe.signature(e[, options])
///
/// The Authenticode signature inside the file. With `content = false` the file is not read
/// as a whole, and the state of a sound signature is `"unchecked"`.
///
/// | `state` | meaning |
/// |---|---|
/// | `"none"` | no certificate table; programs of Windows are often signed in catalogues |
/// | `"valid-digest"` | the file is what was signed, and the key of the certificate signed it |
/// | `"digest-differs"` | the file was altered |
/// | `"not-sealed"` | the digest fits, but not the signature over it: see `why` |
/// | `"damaged"` | a table, but no signature that can be read |
/// | `"unsupported"` | it uses what is not known here |
/// | `"unchecked"` | parts of the file were not read, or could not be |
///
/// Whether the certificates lead to a root that Windows trusts, were revoked or had expired
/// is not judged: the evidence has no answer to that. Page hashes are not compared.
///
/// | member | meaning |
/// |---|---|
/// | `subject`, `name`, `issuer`, `serial` | of the signer; `name` is the common name alone,
///     `serial` hex |
/// | `time` | ISO time of the signature: of `stamp`, else what the signer says |
/// | `stamp` | nil, or `kind` (`"rfc3161"`, `"counter-signature"`), `time`, `authenticated`,
///     `why`, `signer`, `issuer`, `serial` |
/// | `program`, `url` | name and address that the signer gave it, or nil |
/// | `digest` | `algorithm`, `told`, `computed`; `by_sections` where sections leave gaps |
/// | `chain` | certificates inside: list of `subject`, `issuer`, `serial`, `from`, `to` |
/// | `more` | list of nested and further signatures, with the same members |
/// | `slack` | nil, or `offset`, `size`, `zero` of the bytes behind the signature inside its
///     record, which no signature covers (CVE-2013-3900); up to 7 of value 0 are padding.
///     `zero` is about the first 16 MiB |
/// | `table` | `offset`, `size`, `cut`, `records` (list of `offset`, `size`, `type`,
///     `revision`, `der`, `slack`), and `rest`, `behind`: such bytes behind the records, and
///     behind the table |
/// | `damage`, `why` | what could not be read, or does not fit |
///
/// ```lua
/// local s = assert(pe.signature(ctx:lookup("Program Files/Tool/tool.exe")))
/// assert(s.state == "valid-digest" and s.digest.algorithm == "sha256")
/// assert(s.stamp.authenticated and s.time == "2023-03-29T08:15:30Z")
/// if s.slack and not s.slack.zero then
///     ctx:log(s.slack.size .. " bytes behind the signature")
/// end
/// ```
static int pe_signature(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_pe_options want = { .what = FSK_PE_SIGNATURE,
		                       .content = host->arg_flag(call, 1, "content", true) };

	(void) self;
	return answer(host, call, &want, pick_signature);
}

static json_t *pick_table(json_t *told)
{
	return json_object_get(told, "table");
}

/// pe.certificates(e)
///
/// `table` of the above alone, without a look at the signatures; nil alone when the program
/// has none. Cheap: headers and the ends of records are read.
///
/// ```lua
/// local t = pe.certificates(ctx:lookup("Program Files/Tool/tool.exe"))
/// assert(#t.records == 1 and not t.cut and not t.rest and not t.behind)
/// ```
static int pe_certificates(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const struct fsk_pe_options want = { .what = FSK_PE_TABLE };

	(void) self;
	return answer(host, call, &want, pick_table);
}

/* The short form: what a row about a program wants. */
static json_t *pick_signer(json_t *told)
{
	static const char *const keys[] = { "state",  "subject", "name", "issuer",
		                            "serial", "time",    "why",  "slack" };
	json_t *from = json_object_get(told, "signature"), *o = json_object(), *stamp;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (json_object_get(from, keys[i]) != NULL)
			json_object_set(o, keys[i], json_object_get(from, keys[i]));
	stamp = json_object_get(json_object_get(from, "stamp"), "authenticated");
	if (json_object_get(o, "time") != NULL)
		json_object_set_new(o, "stamped", json_boolean(json_is_true(stamp)));
	if (json_object_get(told, "file_digests") != NULL)
		json_object_set(o, "file_digests", json_object_get(told, "file_digests"));
	json_object_set_new(told, "signer", o);
	return o;
}

/// pe.signer(e[, options])
///
/// A short form for rows about many programs: `state`, `subject`, `name`, `issuer`, `serial`,
/// `time`, `why` and `slack` of the above, and `stamped`: an authority for time stamps
/// vouches for `time`. With `digests = true` also `file_digests`, from the same reading. A
/// file without a signature is not read as a whole, unless for these.
///
/// ```lua
/// local row = pe.signer(ctx:lookup("Program Files/Tool/tool.exe"), { digests = true })
/// assert(row.state == "valid-digest" and row.issuer:find("^CN=Fixture Root"))
/// assert(row.stamped and #row.file_digests.sha1 == 40)
/// ```
static int pe_signer(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_pe_options want = {
		.what = FSK_PE_SIGNATURE,
		.content = host->arg_flag(call, 1, "content", true),
		.digests = host->arg_flag(call, 1, "digests", false),
		.signed_only = true,
	};

	(void) self;
	return answer(host, call, &want, pick_signer);
}

static const struct fsk_function functions[] = {
	{ "certificates", pe_certificates }, { "open", pe_open },
	{ "signature", pe_signature },       { "signer", pe_signer },
	{ "version", pe_version },           { NULL, NULL },
};

static const char *library(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}

const struct fsk_module fsk_pe_module = {
	.abi = FSK_MODULE_ABI,
	.name = "pe",
	.summary = "portable executables and their signatures",
	.functions = functions,
	.library = library,
};
