/* usn: change journals for plugins. The functions are described below, for the reference. */
#include <stdlib.h>
#include <string.h>

#include "core/base/glob.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/base/time.h"
#include "core/module/module.h"
#include "plugins/shared/answer.h"
#include "plugins/shared/sink.h"
#include "plugins/usn/usn.h"

extern const struct fsk_module fsk_usn_module;

/// # Change journals
///
/// The native module `usn` reads the change journal of NTFS and ReFS (`$Extend/$UsnJrnl:$J`): names
/// of files and what happened to them, also of files that are gone.

/* The name in UTF-8, NUL-terminated, in `b`. */
static bool name_of(struct fsk_buf *b, const struct fsk_usn_record *r)
{
	fsk_buf_reset(b);
	return r->name != NULL &&
	       fsk_text_append_utf16le(b, r->name, r->name_size, false, NULL) == 0 &&
	       fsk_buf_append_u8(b, 0, NULL) == 0;
}

static void put_id(const struct fsk_sink *s, const char *key, const uint64_t id[2])
{
	char text[40];

	if (id[1] == 0)
		fsk_mft_reference_text(text, id[0]);
	else
		snprintf(text, sizeof(text), "%016llx%016llx", (unsigned long long) id[1],
		         (unsigned long long) id[0]);
	fsk_put_text(s, key, text);
}

static void put_reasons(const struct fsk_sink *s, uint32_t reason)
{
	size_t n = 0;

	s->host->push_list(s->call);
	for (unsigned bit = 0; bit < 32; bit++)
		if ((reason >> bit & 1) != 0 && fsk_usn_reason(bit) != NULL)
			fsk_put_element(s, ++n, fsk_usn_reason(bit));
	s->host->set_field(s->call, "reasons");
}

static void put_record(const struct fsk_sink *s, const struct fsk_usn_record *r, const char *name)
{
	s->host->push_table(s->call);
	fsk_put_text(s, "name", name);
	fsk_put_time(s, "time", fsk_time_from_filetime(r->time));
	put_reasons(s, r->reason);
	put_id(s, "reference", r->file);
	put_id(s, "parent", r->parent);
	fsk_put_int(s, "usn", (int64_t) r->usn);
	fsk_put_int(s, "offset", (int64_t) r->offset);
	fsk_put_int(s, "version", r->version);
	fsk_put_int(s, "attributes", r->attributes);
	fsk_put_int(s, "source", r->source);
}

struct reading {
	struct fsk_usn journal;
	struct fsk_globset names;
	struct fsk_buf name;
	size_t count;
};

/* Pushes the records that are wanted into the list in hand, up to the limit. */
static int collect(struct reading *r, const struct fsk_sink *s, struct fsk_err *err)
{
	struct fsk_usn_record record;
	int rc = 1;

	while (r->count < FSK_USN_RECORDS_MAX &&
	       (rc = fsk_usn_next(&r->journal, &record, err)) > 0) {
		bool has = name_of(&r->name, &record);

		if (r->names.count > 0 &&
		    (!has || !fsk_globset_match(&r->names, (char *) r->name.data, true)))
			continue;
		put_record(s, &record, has ? (char *) r->name.data : NULL);
		s->host->set_index(s->call, (int64_t) ++r->count);
	}
	return rc;
}

static void report(struct reading *r, const struct fsk_sink *s, bool entry)
{
	char text[96];

	fsk_put_int(s, "damaged", (int64_t) r->journal.damaged);
	if (r->journal.damaged == 0 || !entry)
		return;
	snprintf(text, sizeof(text), "offset 0x%llx: %llu bytes that are no records of a journal",
	         (unsigned long long) r->journal.first_damage,
	         (unsigned long long) r->journal.damaged);
	s->host->anomaly(s->call, 0, FSK_ECORRUPT, text);
}

/* The table of what is read from `from` on. */
static int push_all(struct fsk_answer *a, struct reading *r, const struct fsk_input *in,
                    uint64_t from)
{
	const struct fsk_sink s = { a->host, a->call };
	int rc = fsk_usn_open(&r->journal, in, from, &a->err);

	if (rc < 0)
		return a->host->fail(a->call, &a->err);
	a->host->push_table(a->call);
	a->host->push_list(a->call);
	rc = collect(r, &s, &a->err);
	a->host->set_field(a->call, "records");
	if (rc > 0)
		fsk_put_int(&s, "next", (int64_t) r->journal.at);
	else if (rc < 0) {
		fsk_put_text(&s, "why", a->err.msg);
		if (a->bytes == NULL)
			a->host->anomaly(a->call, 0, a->err.code, a->err.msg);
	}
	fsk_put_int(&s, "first", (int64_t) from);
	report(r, &s, a->bytes == NULL);
	return 1;
}

/// usn.read(e[, names[, from]])
///
/// Table with `records`, up to 20000 of them in the order of the journal, and `next`, where the
/// next call goes on (`from`), nil at the end. `names` is a glob for the names that are wanted, in
/// either case of letters; nil for all. The hole in front, which may be of any size, is not read:
/// `first` is where reading began. Bytes that are no records are passed over; `damaged` is their
/// count, and they are an anomaly. `nil, message, code` when nothing can be read. Instead of an
/// entry the bytes of a journal will do.
///
/// | member of a record | meaning |
/// |---|---|
/// | `name`, `time` | of the file; when. Absent in version 4, which tells ranges of data |
/// | `reasons` | list: `"created"`, `"deleted"`, `"renamed from"`, `"renamed to"`,
///   `"extended"`, …, `"closed"` |
/// | `reference`, `parent` | number and sequence in the MFT, `"1234-5"`; 32 hexadecimal digits
///   on ReFS |
/// | `usn`, `offset` | its number; its place in the file |
/// | `attributes`, `source`, `version` | as stored |
///
/// ```lua
/// local journal = ctx:lookup("Users/ann/journal")
/// local from
/// repeat
///     local part = assert(usn.read(journal, "*.{exe,dll}", from))
///     for _, r in ipairs(part.records) do
///         ctx:record("change", { time = r.time, name = r.name, what = r.reasons, entry = journal
///         })
///     end
///     from = part.next
/// until not from
/// ```
static int usn_read(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const char *names = host->arg_type(call, 1) == FSK_ARG_NIL
	                        ? NULL
	                        : host->arg_string(call, 1, NULL);
	int64_t from = host->arg_type(call, 2) == FSK_ARG_NIL ? -1 : host->arg_int(call, 2);
	struct reading r = { 0 };
	struct fsk_answer a;
	struct fsk_input in;
	int64_t start = from;
	int rc = fsk_answer_begin(&a, &in, host, call);

	(void) self;
	fsk_buf_init(&r.name, FSK_USN_NAME_MAX);
	if (rc == 0 && names != NULL)
		rc = fsk_globset_add(&r.names, names, &a.err);
	if (rc == 0 && from < 0)
		start = fsk_usn_first(&in, &a.err);
	rc = rc < 0 || start < 0 ? host->fail(call, &a.err)
	                         : push_all(&a, &r, &in, (uint64_t) start);
	fsk_usn_close(&r.journal);
	fsk_globset_free(&r.names);
	fsk_buf_free(&r.name);
	return rc;
}

static const struct fsk_function functions[] = {
	{ "read", usn_read },
	{ NULL, NULL },
};

const struct fsk_module fsk_usn_module = {
	.abi = FSK_MODULE_ABI,
	.name = "usn",
	.summary = "change journals of NTFS and ReFS",
	.functions = functions,
};
