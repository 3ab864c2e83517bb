/* prefetch.open(entry): prefetch files for plugins. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/module/module.h"
#include "plugins/prefetch/prefetch.h"
#include "plugins/shared/sink.h"

extern const struct fsk_module fsk_prefetch_module;

static void put_list(struct fsk_sink *s, const char *key, const struct fsk_pf_list *list)
{
	s->host->push_table(s->call);
	for (size_t i = 0; i < list->count; i++)
		fsk_put_element(s, i + 1, list->at[i]);
	s->host->set_field(s->call, key);
}

static void put_runs(struct fsk_sink *s, const struct fsk_pf *pf)
{
	char iso[FSK_TIME_STR_MAX];

	s->host->push_table(s->call);
	for (size_t i = 0; i < pf->nruns; i++)
		fsk_put_element(s, i + 1, fsk_time_iso(iso, pf->runs[i]));
	s->host->set_field(s->call, "last_runs");
}

static void put_references(struct fsk_sink *s, const struct fsk_pf_volume *v)
{
	char text[FSK_MFT_REFERENCE_TEXT];

	s->host->push_table(s->call);
	for (size_t i = 0; i < v->nreferences; i++)
		fsk_put_element(s, i + 1, fsk_mft_reference_text(text, v->references[i]));
	s->host->set_field(s->call, "references");
}

static void push_volume(struct fsk_sink *s, const struct fsk_pf_volume *v)
{
	s->host->push_table(s->call);
	fsk_put_text(s, "device", v->device);
	fsk_put_serial(s, "serial", v->serial);
	fsk_put_time(s, "created", v->created);
	put_list(s, "directories", &v->folders);
	put_references(s, v);
}

static void push_prefetch(struct fsk_sink *s, const struct fsk_pf *pf)
{
	char hash[12];

	s->host->push_table(s->call);
	fsk_put_text(s, "executable", pf->executable);
	snprintf(hash, sizeof(hash), "%08X", (unsigned) pf->hash);
	fsk_put_text(s, "hash", hash);
	fsk_put_int(s, "version", pf->version);
	fsk_put_bool(s, "packed", pf->packed);
	fsk_put_bool(s, "boot", pf->boot);
	if (pf->has_run_count)
		fsk_put_int(s, "run_count", pf->run_count);
	put_runs(s, pf);
	put_list(s, "files", &pf->files);
	fsk_put_text(s, "path", pf->path);
	fsk_put_bool(s, "path_hashed", pf->path_hashed);
	s->host->push_table(s->call);
	for (size_t i = 0; i < pf->nvolumes; i++) {
		push_volume(s, &pf->volumes[i]);
		s->host->set_index(s->call, (int64_t) i + 1);
	}
	s->host->set_field(s->call, "volumes");
}

/// # prefetch
///
/// Prefetch files of Windows (`.pf`), versions 17 (XP) to 31 (11), packed or not: which program
/// ran, and what it touched in its first ten seconds. One that contradicts itself is read as far
/// as it goes, and what is wrong with it is an anomaly of the entry.
/* --- functions --- */

/// prefetch.open(entry)
///
/// The prefetch file in a file, up to 16 MiB, as a table; `nil, message, code` when it is none:
///
/// | member | meaning |
/// |---|---|
/// | `executable` | the name of the program in upper case, cut at 29 characters |
/// | `path` | which of `files` it is, or nil: a device path |
/// | `path_hashed` | true when `hash` is that of `path`, which proves it; it is not for programs
///     that host others, of which Windows hashes the command line, too |
/// | `run_count` | how often it ran, as Windows counts; nil when the variant is not known |
/// | `last_runs` | list of times, the latest first: up to 8 since Windows 8, one before |
/// | `files` | list of the files that it touched |
/// | `volumes` | list of tables: `device`, `serial` (`"64BB-3469"`), `created`, `directories`
///     (list), `references` (list of number and sequence in the MFT, as far as Windows tells) |
/// | `hash`, `version`, `packed`, `boot` | as stored; `boot` for the one of the start of Windows |
///
/// ```lua
/// local pf = assert(prefetch.open(ctx:lookup("Windows/Prefetch/TOOL.EXE-A5E6B2E0.pf")))
/// assert(pf.executable == "TOOL.EXE" and pf.run_count == 3 and #pf.last_runs == 2)
/// assert(pf.path:find("\\TOOL.EXE", 1, true) and pf.volumes[1].serial == "64BB-3469")
/// for _, at in ipairs(pf.last_runs) do
///     ctx:record("run", { time = at, program = pf.path, entry = item })
/// end
/// ```
static int module_open(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_sink s = { host, call };
	struct fsk_err err = { 0 };
	struct fsk_pf pf;
	uint8_t *data;
	size_t size;
	int rc;

	(void) self;
	if (host->arg_entry_slurp(call, 0, "", FSK_PF_MAX, &data, &size, &err) < 0)
		return host->fail(call, &err);
	rc = fsk_pf_read(&pf, data, size, &err);
	free(data);
	if (rc == 0) {
		push_prefetch(&s, &pf);
		fsk_report_lines(&s, 0, (const char *) pf.damage.data, pf.damage.len);
	}
	fsk_pf_free(&pf);
	return rc < 0 ? host->fail(call, &err) : 1;
}

static const struct fsk_function functions[] = {
	{ "open", module_open },
	{ NULL, NULL },
};

const struct fsk_module fsk_prefetch_module = {
	.abi = FSK_MODULE_ABI,
	.name = "prefetch",
	.summary = "Prefetch files: what ran, when, and what it touched",
	.functions = functions,
};
