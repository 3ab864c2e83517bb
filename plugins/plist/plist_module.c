/* plist.open(entry), plist.parse(bytes): property lists for plugins. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/module/module.h"
#include "plugins/plist/plist.h"

extern const struct fsk_module fsk_plist_module;

/* Where results go, and what is told. */
struct sink {
	const struct fsk_host *host;
	struct fsk_call *call;
	const struct fsk_plist *p;
};

static void push(struct sink *s, uint32_t at);

static void push_dict(struct sink *s, const struct fsk_plist_value *box)
{
	s->host->push_table(s->call);
	for (uint32_t i = box->first; i != 0; i = s->p->at[i].next) {
		if (s->p->at[i].kind == FSK_PLIST_NULL)
			continue;
		push(s, i);
		s->host->set_field(s->call, (const char *) s->p->text.data + s->p->at[i].key);
	}
}

static void push_array(struct sink *s, const struct fsk_plist_value *box)
{
	int64_t n = 0;

	s->host->push_list(s->call);
	for (uint32_t i = box->first; i != 0; i = s->p->at[i].next) {
		push(s, i);
		s->host->set_index(s->call, ++n);
	}
}

/* No deeper than FSK_PLIST_DEPTH_MAX, which the readers see to. */
static void push(struct sink *s, uint32_t at)
{
	const struct fsk_plist_value *v = &s->p->at[at];

	switch (v->kind) {
	case FSK_PLIST_NULL:
		s->host->push_bool(s->call, false);
		break;
	case FSK_PLIST_BOOL:
		s->host->push_bool(s->call, v->i != 0);
		break;
	case FSK_PLIST_INT:
		s->host->push_int(s->call, v->i);
		break;
	case FSK_PLIST_REAL:
		s->host->push_number(s->call, v->d);
		break;
	case FSK_PLIST_TEXT:
	case FSK_PLIST_DATE:
		s->host->push_string(s->call, (const char *) s->p->text.data + v->text, v->len);
		break;
	case FSK_PLIST_UID:
		s->host->push_table(s->call);
		s->host->push_int(s->call, v->i);
		s->host->set_field(s->call, "uid");
		break;
	case FSK_PLIST_DICT:
		push_dict(s, v);
		break;
	case FSK_PLIST_ARRAY:
		push_array(s, v);
		break;
	}
}

/* One anomaly for each line of damage. */
static void report(struct sink *s)
{
	const char *line = (const char *) s->p->damage.data;
	const char *end = line != NULL ? line + s->p->damage.len : line;
	char text[FSK_ERR_MSG_MAX];

	while (line < end) {
		size_t n = (size_t) ((const char *) memchr(line, '\n', (size_t) (end - line)) -
		                     line);

		snprintf(text, sizeof(text), "%.*s", (int) n, line);
		s->host->anomaly(s->call, 0, FSK_ECORRUPT, text);
		line += n + 1;
	}
	if (s->p->damaged > FSK_PLIST_NOTES_MAX) {
		snprintf(text, sizeof(text), "%zu more damaged values",
		         s->p->damaged - FSK_PLIST_NOTES_MAX);
		s->host->anomaly(s->call, 0, FSK_ECORRUPT, text);
	}
}

static int give(const struct fsk_host *host, struct fsk_call *call, const void *data, size_t size,
                bool entry)
{
	struct fsk_err err = { 0 };
	struct fsk_plist p;
	struct sink s = { host, call, &p };
	int rc = fsk_plist_read(&p, data, size, &err), n = 1;

	if (rc == 0) {
		push(&s, 0);
		if (p.damaged > 0) {
			host->push_string(call, (const char *) p.damage.data, p.damage.len - 1);
			n = 2;
		}
		if (entry)
			report(&s);
	}
	fsk_plist_free(&p);
	return rc < 0 ? host->fail(call, &err) : n;
}

/// # plist
///
/// Property lists of macOS, iOS and GNUstep: the binary form, XML, and the old text.
/* --- functions --- */

/// plist.open(entry)
///
/// What a property list of up to 64 MiB holds; `nil, message, code` when it is none.
///
/// | there | in Lua |
/// |---|---|
/// | dictionary | table by key |
/// | array, set | list |
/// | string | string |
/// | data | string of the bytes |
/// | date | ISO string in UTC, `"2023-03-22T08:00:00Z"` |
/// | integer, real, boolean | integer, number, boolean; an integer beyond 64 bits is a number |
/// | UID (of keyed archives) | `{ uid = n }` |
/// | null, or damaged | `false` in a list, absent in a dictionary |
///
/// What is damaged inside is an anomaly of the entry, and a text that is the second result. More
/// than 128 values inside each other, 500000 values, or 128 MiB of text are `"over-limit"`: an
/// object counts each time that another one refers to it.
///
/// ```lua
/// local app = assert(plist.open(ctx:lookup("Applications/Tool.app/Contents/Info.plist")))
/// assert(app.CFBundleVersion == "1.2" and app.Built == "2023-03-22T08:00:00Z")
/// assert(app.Documents[1].Extensions[2] == "tool" and app.Documents[1].Rank == 3)
/// ctx:record("app", { version = app.CFBundleVersion, entry = item })
/// ```
static int module_open(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_err err = { 0 };
	uint8_t *data;
	size_t size;
	int n;

	(void) self;
	if (host->arg_entry_slurp(call, 0, "", FSK_PLIST_MAX, &data, &size, &err) < 0)
		return host->fail(call, &err);
	n = give(host, call, data, size, true);
	free(data);
	return n;
}

/// plist.parse(bytes)
///
/// The same of bytes, as they stand inside of other property lists and of databases.
///
/// ```lua
/// local shell = assert(plist.parse('{ Label = "org.example"; Arguments = (sh, "-c"); }'))
/// assert(shell.Label == "org.example" and #shell.Arguments == 2)
/// local cut, damage = plist.parse("<plist><array><true/>")
/// assert(cut[1] == true and damage:find("offset 0x15", 1, true))
/// local none, why, code = plist.parse("no property list")
/// assert(none == nil and code == "corrupt")
/// ```
static int module_parse(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	size_t size;
	const char *data = host->arg_string(call, 0, &size);

	(void) self;
	return give(host, call, data, size, false);
}

static const struct fsk_function functions[] = {
	{ "open", module_open },
	{ "parse", module_parse },
	{ NULL, NULL },
};

const struct fsk_module fsk_plist_module = {
	.abi = FSK_MODULE_ABI,
	.name = "plist",
	.summary = "Property lists: binary, XML and old text",
	.functions = functions,
};
