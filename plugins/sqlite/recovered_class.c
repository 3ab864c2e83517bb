#include "plugins/sqlite/recovered_class.h"

#include <stdlib.h>

#include "plugins/shared/sink.h"
#include "plugins/sqlite/recover.h"

struct cursor {
	struct fsk_recovery rows;
	size_t next;
};

static void push_values(const struct fsk_host *host, struct fsk_call *call,
                        const struct fsk_recovery *rows, const struct fsk_record *r)
{
	struct fsk_record_at at = { 0 };
	struct fsk_record_value v;

	host->push_table(call);
	for (unsigned i = 0; i < rows->columns && fsk_record_next(&v, &at, r); i++) {
		bool is_id = (int) i == rows->alias && r->has_rowid;

		if (is_id || v.type == FSK_RECORD_INT)
			host->push_int(call, is_id ? r->rowid : v.i);
		else if (v.type == FSK_RECORD_REAL)
			host->push_number(call, v.d);
		else if (v.type != FSK_RECORD_NULL && v.bytes != NULL)
			host->push_string(call, (const char *) v.bytes, v.size);
		else
			continue;
		host->set_field(call, rows->names[i]);
	}
}

static void push_row(const struct fsk_host *host, struct fsk_call *call,
                     const struct fsk_recovery *rows, const struct fsk_recovered *row)
{
	const struct fsk_record *r = &row->record;
	const struct fsk_sink s = { host, call };

	host->push_table(call);
	fsk_put_int(&s, "page", row->page);
	fsk_put_int(&s, "offset", (int64_t) row->offset);
	if (row->frame > 0)
		fsk_put_int(&s, "frame", row->frame);
	if (r->has_rowid)
		fsk_put_int(&s, "rowid", r->rowid);
	fsk_put_text(&s, "from", fsk_recovered_from_name(row->from));
	fsk_put_true(&s, "freelist", row->on_freelist);
	fsk_put_true(&s, "carved", row->carved);
	fsk_put_true(&s, "ambiguous", row->ambiguous);
	fsk_put_true(&s, "replaced", row->replaced);
	fsk_put_true(&s, "partial", (uint64_t) (r->end - r->body) < r->body_size);
	push_values(host, call, rows, r);
	host->set_field(call, "values");
}

static int recovered_next(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct cursor *c = self;

	if (c->next < c->rows.count)
		push_row(host, call, &c->rows, &c->rows.rows[c->next++]);
	else
		host->push_nil(call);
	return 1;
}

static void recovered_destroy(void *object)
{
	struct cursor *c = object;

	fsk_recovery_free(&c->rows);
	free(c);
}

static const struct fsk_function methods[] = {
	{ "__call", recovered_next },
	{ NULL, NULL },
};
static const struct fsk_class recovered_class = { "recovered", methods, recovered_destroy };

int fsk_sqlite_recovered(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	const char *table = host->arg_string(call, 0, NULL);
	struct cursor *c = calloc(1, sizeof(*c));
	struct fsk_err err = { 0 };
	int rc;

	if (c == NULL)
		rc = fsk_err_set(&err, FSK_ENOMEM, "no memory for recovered rows");
	else
		rc = fsk_recover_rows(&c->rows, self, table, &err);
	if (rc < 0 && c != NULL)
		recovered_destroy(c);
	if (rc < 0)
		return host->fail(call, &err);
	host->push_object(call, &recovered_class, c);
	return 1;
}
