/* yara.compile(list): rules of the analyst for plugins. */
#include <stdlib.h>
#include <string.h>

#include "core/module/module.h"
#include "plugins/shared/answer.h"
#include "plugins/shared/sink.h"
#include "plugins/yara/yara.h"

extern const struct fsk_module fsk_yara_module;

#define SECONDS 60 /* of a scan, when the plugin does not say */

static void rules_destroy(void *object)
{
	fsk_yara_free(object);
}

/* --- functions --- */

/// # YARA
///
/// The native module `yara` compiles rules that the analyst gives (`--yara FILE`) and scans files
/// of the evidence with them, by libyara. Modules that rules may import: `pe`, `elf`, `macho`,
/// `dotnet`, `dex`, `hash`, `math`, `console`, `tests`; not `time`, since results must not depend
/// on the clock, and neither `magic` nor `cuckoo`, which read files beside the evidence. `include`
/// is refused: give each file. Rules have the external variables of THOR and LOKI: `filename`,
/// `filepath` (the folder), `extension` (`".exe"`), `filetype` (`"EXE"`, `"ZIP"`, `"PDF"`,
/// `"UNKNOWN"`), `owner` (empty).

/// rules:scan(e[, path[, seconds]])
///
/// The rules that match a file: a list of tables, in the order of files and lines; empty when none
/// does. `path` is what the external variables are made of, `e.full` by default without a drive;
/// `seconds` (60) is the time that it may take. `nil, message, code` when the file cannot be
/// scanned: `"over-limit"` when the time is up, which is an anomaly of the file by itself.
///
/// | member | meaning |
/// |---|---|
/// | `rule`, `namespace` | name of the rule, and of its file |
/// | `tags` | list |
/// | `meta` | values by name |
/// | `strings` | list of `id` (`"$a"`), `offset`, `length`, `data` (the first 64 bytes): the
///   first 1000 |
/// | `found` | how many there are |
///
/// A file up to 64 MiB is scanned as a whole; of a larger one each piece of 16 MiB by itself, and
/// conditions that need more of it do not hold, which is an anomaly.
///
/// ```lua
/// local rules = assert(yara.compile(list { { name = "ours.yar", text = [[
///     rule zip : archive { meta: score = 60 strings: $a = "PK" condition: $a at 0 or true }]] }
///     }))
/// local found = assert(rules:scan(item, item.full))
/// assert(#found == 1 and found[1].rule == "zip" and found[1].namespace == "ours.yar")
/// assert(found[1].tags[1] == "archive" and found[1].meta.score == 60 and found[1].found == 0)
/// ```
static int method_scan(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_yara_scan how = { .seconds = SECONDS };
	json_t *matches = NULL, *notes = NULL, *note;
	struct fsk_answer a;
	struct fsk_input in;
	size_t i;
	int rc;

	how.path = host->arg_entry_path(call, 0);
	if (host->arg_type(call, 1) != FSK_ARG_NIL)
		how.path = host->arg_string(call, 1, NULL);
	if (host->arg_type(call, 2) != FSK_ARG_NIL)
		how.seconds = (int) host->arg_int(call, 2);
	if (how.seconds < 1 || how.seconds > FSK_YARA_SECONDS_MAX)
		how.seconds = how.seconds < 1 ? 1 : FSK_YARA_SECONDS_MAX;
	rc = fsk_answer_begin(&a, &in, host, call);
	if (rc == 0)
		rc = fsk_yara_scan(&matches, &notes, self, &in, &how, &a.err);
	if (rc == FSK_ELIMIT)
		host->anomaly(call, 0, FSK_ELIMIT, a.err.msg);
	json_array_foreach (notes, i, note)
		host->anomaly(call, 0, FSK_ELIMIT, json_string_value(note));
	rc = fsk_answer_end(&a, rc, matches, NULL);
	json_decref(matches);
	json_decref(notes);
	return rc;
}

/// rules:info()
///
/// Table with `rules` (how many) and `problems`: list of `file`, `line` (nil: the file as a whole),
/// `text` and `warning` (true, or nil for an error; a file with an error is not used).
///
/// ```lua
/// local rules = assert(yara.compile(list {
///     { name = "bad.yar", text = "rule a {\ncondition: nonsense }" },
///     { name = "good.yar", text = "rule b { condition: false }" } }))
/// local info = rules:info()
/// assert(info.rules == 1 and #info.problems == 1 and not info.problems[1].warning)
/// assert(info.problems[1].file == "bad.yar" and info.problems[1].line == 2)
/// ```
static int method_info(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const struct fsk_sink s = { host, call };
	const struct fsk_yara_problem *p;
	size_t n;

	p = fsk_yara_problems(self, &n);
	host->push_table(call);
	fsk_put_int(&s, "rules", (int64_t) fsk_yara_rules(self));
	host->push_list(call);
	for (size_t i = 0; i < n; i++) {
		host->push_table(call);
		fsk_put_text(&s, "file", p[i].file);
		if (p[i].line > 0)
			fsk_put_int(&s, "line", p[i].line);
		fsk_put_text(&s, "text", p[i].text);
		fsk_put_true(&s, "warning", p[i].warning);
		host->set_index(call, (int64_t) i + 1);
	}
	host->set_field(call, "problems");
	return 1;
}

static const struct fsk_function rules_methods[] = {
	{ "scan", method_scan },
	{ "info", method_info },
	{ NULL, NULL },
};
static const struct fsk_class rules_class = { "rules", rules_methods, rules_destroy };

/// yara.compile(list)
///
/// Compiles rules: a list of tables with `name` and `text`, or the files of `given("yara")`. Each
/// file is a namespace of its own. One with an error is left out, the others are used;
/// `rules:info()` tells. Rules are no evidence: a plugin keeps them in a local variable of its
/// file, so that they are compiled once in a worker.
///
/// ```lua
/// local rules = assert(yara.compile(given("yara")))
/// assert(rules:info().rules == 0 and #rules:scan(item) == 0)
/// ```
static int module_compile(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_yara_source *sources, s;
	struct fsk_err err = { 0 };
	struct fsk_yara *y;
	size_t n = 0;
	int rc;

	(void) self;
	while (n <= FSK_YARA_FILES_MAX &&
	       host->arg_named(call, 0, (int64_t) n + 1, &s.name, &s.text, &s.len))
		n++;
	sources = calloc(n + 1, sizeof(*sources));
	if (sources == NULL) {
		fsk_err_set(&err, FSK_ENOMEM, "no memory for rules");
		return host->fail(call, &err);
	}
	/* none raises, each of them was there a moment ago */
	for (size_t i = 0; i < n; i++)
		host->arg_named(call, 0, (int64_t) i + 1, &sources[i].name, &sources[i].text,
		                &sources[i].len);
	rc = fsk_yara_compile(&y, sources, n, &err);
	free(sources);
	if (rc < 0)
		return host->fail(call, &err);
	host->push_lasting(call, &rules_class, y);
	return 1;
}

static const struct fsk_function functions[] = {
	{ "compile", module_compile },
	{ NULL, NULL },
};

const struct fsk_module fsk_yara_module = {
	.abi = FSK_MODULE_ABI,
	.name = "yara",
	.summary = "rules of the analyst against files, by libyara",
	.functions = functions,
	.library = fsk_yara_library,
};
