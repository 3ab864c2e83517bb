/* evtx.records(entry, options): event logs for plugins.
 *
 *   for e in evtx.records(entry, { ids = { … }, providers = { … } }) do     nil, err
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/time.h"
#include "core/module/module.h"
#include "plugins/evtx/evtx.h"
#include "plugins/shared/sink.h"

extern const struct fsk_module fsk_evtx_module;

/* A value that has a name. */
struct field {
	const char *name, *value;
	size_t size;
	size_t order;
};

struct cursor {
	struct fsk_evtx *log;
	struct fsk_input in;
	struct fsk_evtx_filter filter;
	/* of the call that is under way */
	const struct fsk_host *host;
	struct fsk_call *call;
	int entry;            /* number of the argument, or -1 */
	struct field *fields; /* of an event, by name */
	struct fsk_cell *cells;
	size_t room; /* in both */
};

static int64_t read_entry(void *arg, void *buf, size_t n, uint64_t off, bool *bad,
                          struct fsk_err *err)
{
	const struct cursor *c = arg;

	return c->host->arg_entry_read(c->call, c->entry, buf, n, off, bad, err);
}

static void report(struct cursor *c)
{
	const struct fsk_buf *notes = fsk_evtx_notes(c->log);
	const struct fsk_sink s = { c->host, c->call };

	fsk_report_lines(&s, c->entry, (const char *) notes->data, notes->len);
}

/* --- events --- */

static const struct {
	const char *name;
	enum fsk_evtx_slot slot;
	bool number;
} members[] = {
	{ "id", FSK_EVTX_ID, true },
	{ "version", FSK_EVTX_VERSION, true },
	{ "level", FSK_EVTX_LEVEL, true },
	{ "task", FSK_EVTX_TASK, true },
	{ "opcode", FSK_EVTX_OPCODE, true },
	{ "process", FSK_EVTX_PROCESS, true },
	{ "thread", FSK_EVTX_THREAD, true },
	{ "provider", FSK_EVTX_PROVIDER, false },
	{ "channel", FSK_EVTX_CHANNEL, false },
	{ "computer", FSK_EVTX_COMPUTER, false },
	{ "user", FSK_EVTX_USER, false },
	{ "keywords", FSK_EVTX_KEYWORDS, false },
	{ "activity", FSK_EVTX_ACTIVITY, false },
	{ "message", FSK_EVTX_MESSAGE, false },
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))
#define OTHERS 5u /* number, offset, time, written, damage */

static struct fsk_cell text_cell(const char *name, const char *text)
{
	return (struct fsk_cell){
		.name = name, .type = FSK_ARG_STRING, .s = text, .len = strlen(text)
	};
}

static int slot_cells(struct fsk_cell *cells, const struct fsk_evtx_event *e)
{
	int n = 0;

	for (size_t i = 0; i < MEMBERS; i++) {
		const char *text = fsk_evtx_slot(e, members[i].slot);
		uint64_t number;

		if (text == NULL)
			continue;
		if (!members[i].number)
			cells[n++] = text_cell(members[i].name, text);
		else if (fsk_evtx_slot_number(&number, e, members[i].slot))
			cells[n++] = (struct fsk_cell){ .name = members[i].name,
				                        .type = FSK_ARG_INT,
				                        .i = (int64_t) number };
	}
	return n;
}

static void put_members(struct cursor *c, const struct fsk_evtx_event *e)
{
	struct fsk_cell cells[MEMBERS + OTHERS];
	const char *time = fsk_evtx_slot(e, FSK_EVTX_TIME);
	char written[FSK_TIME_STR_MAX];
	int n = slot_cells(cells, e);

	cells[n++] =
	    (struct fsk_cell){ .name = "number", .type = FSK_ARG_INT, .i = (int64_t) e->number };
	cells[n++] =
	    (struct fsk_cell){ .name = "offset", .type = FSK_ARG_INT, .i = (int64_t) e->offset };
	fsk_time_iso(written, fsk_time_from_filetime(e->written));
	cells[n++] = text_cell("time", time != NULL ? time : written);
	if (time != NULL && written[0] != '\0' && strcmp(time, written) != 0)
		cells[n++] = text_cell("written", written);
	if (e->damage[0] != '\0')
		cells[n++] = text_cell("damage", e->damage);
	c->host->set_fields(c->call, cells, n);
	if (e->slack)
		fsk_put_true(&(struct fsk_sink){ c->host, c->call }, "slack", true);
}

static int compare_fields(const void *a, const void *b)
{
	const struct field *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

static bool make_room(struct cursor *c, size_t n)
{
	struct field *fields;
	struct fsk_cell *cells;

	if (n <= c->room)
		return true;
	fields = realloc(c->fields, n * sizeof(*fields));
	if (fields != NULL)
		c->fields = fields;
	cells = realloc(c->cells, n * sizeof(*cells));
	if (cells != NULL)
		c->cells = cells;
	if (fields == NULL || cells == NULL)
		return false;
	c->room = n;
	return true;
}

static size_t sort_fields(struct cursor *c, const struct fsk_evtx_event *e)
{
	const char *texts = (const char *) e->texts.data;
	size_t n = 0;

	for (size_t i = 0; i < e->nitems; i++) {
		const struct fsk_evtx_item *it = &e->items[i];

		if (it->name.there)
			c->fields[n++] = (struct field){ texts + it->name.at, texts + it->value.at,
				                         it->value.size, i };
	}
	if (n > 0)
		qsort(c->fields, n, sizeof(*c->fields), compare_fields);
	return n;
}

/* The `n` values of one name as a list. */
static void put_list(const struct cursor *c, const struct field *f, size_t n)
{
	c->host->push_list(c->call);
	for (size_t i = 0; i < n; i++) {
		c->host->push_string(c->call, f[i].value, f[i].size);
		c->host->set_index(c->call, (int64_t) i + 1);
	}
	c->host->set_field(c->call, f->name);
}

static size_t same_name(const struct field *f, size_t n)
{
	size_t k = 1;

	while (k < n && strcmp(f[0].name, f[k].name) == 0)
		k++;
	return k;
}

static void put_fields(struct cursor *c, const struct fsk_evtx_event *e)
{
	size_t n = sort_fields(c, e);
	int ncells = 0;

	for (size_t i = 0; i < n; i += same_name(c->fields + i, n - i))
		if (same_name(c->fields + i, n - i) == 1)
			c->cells[ncells++] = (struct fsk_cell){ .name = c->fields[i].name,
				                                .type = FSK_ARG_STRING,
				                                .s = c->fields[i].value,
				                                .len = c->fields[i].size };
	c->host->push_table(c->call);
	c->host->set_fields(c->call, c->cells, ncells);
	for (size_t i = 0, k; i < n; i += k) {
		k = same_name(c->fields + i, n - i);
		if (k > 1)
			put_list(c, c->fields + i, k);
	}
	c->host->set_field(c->call, "fields");
}

/* Values without a name. */
static void put_values(const struct cursor *c, const struct fsk_evtx_event *e)
{
	const char *texts = (const char *) e->texts.data;
	int64_t n = 0;

	for (size_t i = 0; i < e->nitems; i++) {
		if (e->items[i].name.there)
			continue;
		if (n == 0)
			c->host->push_list(c->call);
		c->host->push_string(c->call, texts + e->items[i].value.at, e->items[i].value.size);
		c->host->set_index(c->call, ++n);
	}
	if (n > 0)
		c->host->set_field(c->call, "values");
}

static int records_next(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_evtx_event *e;
	struct fsk_err err = { 0 };
	struct cursor *c = self;
	int rc;

	c->host = host;
	c->call = call;
	c->entry = -1;
	rc = fsk_evtx_next(c->log, &e, &err);
	report(c);
	if (rc > 0 && !make_room(c, e->nitems))
		rc = fsk_err_set(&err, FSK_ENOMEM, "no memory for an event");
	if (rc < 0) {
		host->anomaly(call, -1, rc, err.msg);
		return host->fail(call, &err);
	}
	if (rc == 0) {
		host->push_nil(call);
		return 1;
	}
	host->push_table(call);
	put_members(c, e);
	put_fields(c, e);
	put_values(c, e);
	return 1;
}

/// # evtx
///
/// Event logs of Windows since Vista (`.evtx`). They are read chunk by chunk, so that size does not
/// matter. Chunks and records that are damaged are told as anomalies with their offset, and what
/// lies behind them is read.

/// events:span()
///
/// Of what has been given or passed over until now, at the end of the loop of the whole log: how
/// many `records`, and when the `first` and the `last` of them were written, if there are any.
///
/// ```lua
/// local events = evtx.records(item, { ids = { 4624 } })
/// for e in events or function() end do
///     ctx:log(e.time)
/// end
/// if events then
///     ctx:record("log", events:span())
/// end
/// ```
static int method_span(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const struct fsk_sink s = { host, call };
	struct fsk_evtx_span span;

	fsk_evtx_seen(&span, ((struct cursor *) self)->log);
	host->push_table(call);
	fsk_put_int(&s, "records", (int64_t) span.records);
	if (span.first != 0)
		fsk_put_time(&s, "first", fsk_time_from_filetime(span.first));
	if (span.last != 0)
		fsk_put_time(&s, "last", fsk_time_from_filetime(span.last));
	return 1;
}

static void records_destroy(void *object)
{
	struct cursor *c = object;

	fsk_evtx_close(c->log);
	fsk_evtx_filter_free(&c->filter);
	free(c->fields);
	free(c->cells);
	free(c);
}

static const struct fsk_function records_methods[] = {
	{ "__call", records_next },
	{ "span", method_span },
	{ NULL, NULL },
};
static const struct fsk_class records_class = { "eventlog", records_methods, records_destroy };

/* --- functions --- */

/* Arguments raise with a jump: nothing is allocated before all of them were looked at. */
static size_t count_elements(const struct fsk_host *host, struct fsk_call *call, const char *name,
                             enum fsk_arg_type type, size_t max)
{
	struct fsk_cell cell;
	size_t n = 0;

	while (n < max && host->arg_element(call, 1, name, n, &cell)) {
		if (cell.type != type)
			return SIZE_MAX;
		n++;
	}
	return n == max && host->arg_element(call, 1, name, n, &cell) ? SIZE_MAX : n;
}

static int compare_ids(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct counts {
	size_t ids, providers, words; /* SIZE_MAX: too many, or of another type */
};

static struct counts count_all(const struct fsk_host *host, struct fsk_call *call)
{
	return (struct counts){
		.ids = count_elements(host, call, "ids", FSK_ARG_INT, FSK_EVTX_IDS_MAX),
		.providers = count_elements(host, call, "providers", FSK_ARG_STRING,
		                            FSK_EVTX_PROVIDERS_MAX),
		.words = count_elements(host, call, "also", FSK_ARG_STRING, FSK_EVTX_WORDS_MAX),
	};
}

/* The lists were counted, so that no element raises. */
static int fill_filter(struct fsk_evtx_filter *f, const struct fsk_host *host,
                       struct fsk_call *call, const struct counts *n, struct fsk_err *err)
{
	struct fsk_cell cell;
	int rc = 0;

	f->ids = calloc(n->ids + 1, sizeof(*f->ids));
	f->providers = calloc(n->providers + 1, sizeof(*f->providers));
	f->words = calloc(n->words + 1, sizeof(*f->words));
	if (f->ids == NULL || f->providers == NULL || f->words == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for an event log");
	for (; f->nids < n->ids && host->arg_element(call, 1, "ids", f->nids, &cell); f->nids++)
		f->ids[f->nids] = (uint64_t) cell.i;
	qsort(f->ids, f->nids, sizeof(*f->ids), compare_ids);
	while (f->nproviders < n->providers &&
	       host->arg_element(call, 1, "providers", f->nproviders, &cell)) {
		f->providers[f->nproviders] = strndup(cell.s, cell.len);
		if (f->providers[f->nproviders] == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "no memory for an event log");
		f->nproviders++;
	}
	while (rc == 0 && f->nwords < n->words &&
	       host->arg_element(call, 1, "also", f->nwords, &cell))
		rc = fsk_evtx_filter_word(f, cell.s, cell.len, err);
	return rc;
}

/// evtx.records(entry[, options])
///
/// Iterator of the events in the order of the file, which for a full log is not that of their
/// numbers; `nil, message, code` when the file is no event log.
///
/// | option | meaning |
/// |---|---|
/// | `ids` | list of up to 1024 numbers: others are passed over unread, which is much quicker |
/// | `providers` | list of up to 64 names: likewise |
/// | `also` | list of up to 64 texts of ASCII: of the events that `ids` and `providers` leave
///   out, those whose record holds one, in either case; without these two, such events alone |
/// | `slack` | also events that were there before, from behind the records of a chunk |
///
/// | member | meaning |
/// |---|---|
/// | `e.number` | of the record in its log |
/// | `e.time` | of the event, ISO; when it was written, if it does not say |
/// | `e.written` | when the record was written, if that is another time |
/// | `e.provider`, `e.id` | what happened: a number means something else for each provider |
/// | `e.channel`, `e.computer` | as stored |
/// | `e.version`, `e.level`, `e.task`, `e.opcode`, `e.keywords`, `e.activity` | as stored |
/// | `e.process`, `e.thread` | numbers of the process that logged it |
/// | `e.user` | SID of the account that logged it, which need not be the one that acted |
/// | `e.fields` | what EventData or UserData hold, by name: a text, or a list of texts for an array
///     and a name that comes again. Bytes are hexadecimal digits, times ISO; an attribute is
///     `element@attribute` |
/// | `e.values` | list of the values that have no name, in their order; nil without such |
/// | `e.message` | rendered text, in logs of a collector |
/// | `e.offset` | byte of the record in the file |
/// | `e.slack` | true: from behind the records of a chunk |
/// | `e.damage` | why not all of it may be there or true; nil: nothing is known to be wrong |
///
/// ```lua
/// local events, why, code = evtx.records(item, { ids = { 4624, 4625 } })
/// for e in events or function() end do
///     ctx:record("logon", { time = e.time, user = e.fields.TargetUserName })
/// end
/// ```
static int module_records(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct counts n = count_all(host, call);
	bool slack = host->arg_flag(call, 1, "slack", false);
	struct fsk_err err = { 0 };
	int64_t size = host->arg_entry_size(call, 0, &err);
	struct cursor *c;
	int rc;

	(void) self;
	if (size < 0)
		return host->fail(call, &err);
	if (n.ids == SIZE_MAX || n.providers == SIZE_MAX || n.words == SIZE_MAX) {
		fsk_err_set(&err, FSK_EINVAL,
		            "ids are up to %u integers, providers and also up to %u strings",
		            FSK_EVTX_IDS_MAX, FSK_EVTX_PROVIDERS_MAX);
		return host->fail(call, &err);
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		fsk_err_set(&err, FSK_ENOMEM, "no memory for an event log");
		return host->fail(call, &err);
	}
	c->host = host;
	c->call = call;
	c->in = (struct fsk_input){ .arg = c, .size = (uint64_t) size, .read = read_entry };
	c->filter.slack = slack;
	rc = fill_filter(&c->filter, host, call, &n, &err);
	if (rc == 0)
		rc = fsk_evtx_open(&c->log, &c->in, &c->filter, &err);
	if (rc < 0) {
		records_destroy(c);
		return host->fail(call, &err);
	}
	report(c);
	host->push_object(call, &records_class, c);
	return 1;
}

static const struct fsk_function functions[] = {
	{ "records", module_records },
	{ NULL, NULL },
};

const struct fsk_module fsk_evtx_module = {
	.abi = FSK_MODULE_ABI,
	.name = "evtx",
	.summary = "Event logs: what was logged, when, by whom",
	.functions = functions,
};
