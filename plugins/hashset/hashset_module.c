/* hashset.load(name, text): lists of digests for plugins. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/module/module.h"
#include "plugins/hashset/hashset.h"
#include "plugins/shared/sink.h"

extern const struct fsk_module fsk_hashset_module;

struct list {
	char *name;
	struct fsk_hashset *set;
};

static void list_destroy(void *object)
{
	struct list *l = object;

	fsk_hashset_free(l->set);
	free(l->name);
	free(l);
}

/* --- functions --- */

/// # Lists of digests
///
/// The native module `hashset` keeps lists of MD5, SHA-1 and SHA-256 in memory, millions of
/// entries. A list is text: one digest a line, or `digest  name` as `md5sum` writes it, or
/// `MD5 (name) = digest`, or CSV (comma, semicolon, tab or bar), in which the columns are found by
/// the names of a header, else by their form. Blank lines and comments (`#`, `;`, `//`) are passed
/// over. The digest of a file without content is left out, and told: it would find every empty
/// file.

/// set:find(hex)
///
/// What the list says of a digest, or nil: a table with `list` (its name), `kind` (`"md5"`,
/// `"sha1"`, `"sha256"`), `line` (the first one that has it) and `label` (the name beside it, or
/// nil).
///
/// ```lua
/// local set = assert(hashset.load("bad.txt", "0cc175b9c0f1b6a831c399e269772661  a.exe\n"))
/// local hit = set:find("0CC175B9C0F1B6A831C399E269772661")
/// assert(hit.line == 1 and hit.label == "a.exe" and hit.kind == "md5" and hit.list == "bad.txt")
/// assert(set:find("92eb5ffee6ae2fec3ad71c777531578f") == nil)
/// ```
static int method_find(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const struct fsk_sink s = { host, call };
	const struct list *l = self;
	struct fsk_hashset_hit hit;
	size_t n;
	const char *hex = host->arg_string(call, 0, &n);

	if (!fsk_hashset_find(&hit, l->set, hex, n)) {
		host->push_nil(call);
		return 1;
	}
	host->push_table(call);
	fsk_put_text(&s, "list", l->name);
	fsk_put_text(&s, "kind", fsk_hash_kind_name(hit.kind));
	fsk_put_int(&s, "line", hit.line);
	if (hit.label[0] != '\0')
		fsk_put_text(&s, "label", hit.label);
	return 1;
}

static void put_problems(const struct fsk_sink *s, const struct fsk_hashset_counts *c)
{
	s->host->push_list(s->call);
	for (size_t i = 0; i < c->nproblems; i++) {
		s->host->push_table(s->call);
		fsk_put_int(s, "line", c->problems[i].line);
		fsk_put_text(s, "text", c->problems[i].text);
		s->host->set_index(s->call, (int64_t) i + 1);
	}
	s->host->set_field(s->call, "problems");
}

/// set:info()
///
/// | member | meaning |
/// |---|---|
/// | `name` | of the list |
/// | `md5`, `sha1`, `sha256` | how many of each it has, duplicates not counted |
/// | `entries` | all of them |
/// | `duplicates` | digests that an earlier line has, too |
/// | `lines` | of the text |
/// | `bad` | how many lines gave no entry although they should |
/// | `problems` | list of `line`, `text`: the first 20 of these |
/// | `unlabelled` | entries whose names were left out, because names had taken 256 MiB |
/// | `memory` | bytes that the list takes |
///
/// ```lua
/// local text = "# ours\nsha1,name\n86f7e437faa5a7fce15d1ddcb9eaeaea377667b8,a\n0123,b\n"
/// local info = assert(hashset.load("ours.csv", text)):info()
/// assert(info.entries == 1 and info.sha1 == 1 and info.lines == 4)
/// assert(info.bad == 1 and info.problems[1].line == 4 and info.problems[1].text == "no digest")
/// ```
static int method_info(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const struct fsk_sink s = { host, call };
	const struct list *l = self;
	struct fsk_hashset_counts c;
	size_t entries = 0;

	fsk_hashset_counts(&c, l->set);
	host->push_table(call);
	fsk_put_text(&s, "name", l->name);
	for (int k = 0; k < FSK_HASH_KINDS; k++) {
		fsk_put_int(&s, fsk_hash_kind_name((enum fsk_hash_kind) k), (int64_t) c.entries[k]);
		entries += c.entries[k];
	}
	fsk_put_int(&s, "entries", (int64_t) entries);
	fsk_put_int(&s, "duplicates", (int64_t) c.duplicates);
	fsk_put_int(&s, "lines", (int64_t) c.lines);
	fsk_put_int(&s, "bad", (int64_t) c.bad);
	fsk_put_int(&s, "unlabelled", (int64_t) c.unlabelled);
	fsk_put_int(&s, "memory", (int64_t) c.memory);
	put_problems(&s, &c);
	return 1;
}

static const struct fsk_function list_methods[] = {
	{ "find", method_find },
	{ "info", method_info },
	{ NULL, NULL },
};
static const struct fsk_class list_class = { "list of digests", list_methods, list_destroy };

/// hashset.load(name, text)
///
/// Reads a list; `name` is for messages, the text a string or a file of `given()`. What it cannot
/// read of it is in `set:info()`, and the rest is loaded. `nil, message, code` for lists beyond 1
/// GiB or 100 million lines. A set is no evidence: a plugin may keep it in a local variable of its
/// file and use it in later calls of `run`, so that it is made once.
///
/// ```lua
/// local set = assert(hashset.load("rds.csv", '"SHA-1","MD5","FileName"\n' ..
///     '"86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8","0CC175B9C0F1B6A831C399E269772661","a.exe"\n'))
/// assert(set:find("0cc175b9c0f1b6a831c399e269772661").label == "a.exe")
/// assert(set:find("86f7e437faa5a7fce15d1ddcb9eaeaea377667b8").line == 2)
/// ```
static int module_load(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const char *name = host->arg_string(call, 0, NULL);
	struct fsk_err err = { 0 };
	size_t len;
	const char *text = host->arg_text(call, 1, &len);
	struct list *l = calloc(1, sizeof(*l));
	int rc;

	(void) self;
	if (l != NULL)
		l->name = strdup(name);
	if (l == NULL || l->name == NULL) {
		free(l);
		fsk_err_set(&err, FSK_ENOMEM, "no memory for a list");
		return host->fail(call, &err);
	}
	rc = fsk_hashset_load(&l->set, text, len, &err);
	if (rc < 0) {
		list_destroy(l);
		return host->fail(call, &err);
	}
	host->push_lasting(call, &list_class, l);
	return 1;
}

static const struct fsk_function functions[] = {
	{ "load", module_load },
	{ NULL, NULL },
};

const struct fsk_module fsk_hashset_module = {
	.abi = FSK_MODULE_ABI,
	.name = "hashset",
	.summary = "lists of MD5, SHA-1 and SHA-256, millions of entries",
	.functions = functions,
};
