/* leveldb.records(entry): what one file of a LevelDB holds.
 *
 *   for r in leveldb.records(entry)   { key, value, sequence, offset, deleted }; nil, err
 */
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/module/module.h"
#include "plugins/leveldb/leveldb.h"
#include "plugins/shared/sink.h"

extern const struct fsk_module fsk_leveldb_module;

struct cursor {
	struct fsk_leveldb *db;
	uint64_t count;
};

static void push_record(const struct fsk_host *host, struct fsk_call *call,
                        const struct fsk_leveldb_record *r)
{
	struct fsk_cell cells[] = {
		{ .name = "key",
		  .type = FSK_ARG_STRING,
		  .s = (const char *) r->key,
		  .len = r->key_size },
		{ .name = "sequence", .type = FSK_ARG_INT, .i = (int64_t) r->sequence },
		{ .name = "offset", .type = FSK_ARG_INT, .i = (int64_t) r->offset },
		{ .name = "value",
		  .type = FSK_ARG_STRING,
		  .s = (const char *) r->value,
		  .len = r->value_size },
	};
	const struct fsk_sink s = { host, call };
	bool has_value = r->value != NULL && r->value_size <= FSK_LEVELDB_VALUE_MAX;

	host->push_table(call);
	host->set_fields(call, cells, has_value ? 4 : 3);
	fsk_put_true(&s, "deleted", r->deleted);
}

static int records_next(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_leveldb_record r;
	struct fsk_err err = { 0 };
	struct cursor *c = self;
	int rc = fsk_leveldb_next(c->db, &r, &err);

	if (rc > 0 && c->count++ >= FSK_LEVELDB_RECORDS_MAX)
		rc = fsk_err_set(&err, FSK_ELIMIT, "more than %u records", FSK_LEVELDB_RECORDS_MAX);
	if (rc < 0) {
		host->anomaly(call, -1, rc, err.msg);
		return host->fail(call, &err);
	}
	if (rc > 0) {
		push_record(host, call, &r);
		return 1;
	}
	if (fsk_leveldb_note(c->db) != NULL)
		host->anomaly(call, -1, FSK_ECORRUPT, fsk_leveldb_note(c->db));
	host->push_nil(call);
	return 1;
}

static void records_destroy(void *object)
{
	struct cursor *c = object;

	fsk_leveldb_close(c->db);
	free(c);
}

static const struct fsk_function records_methods[] = {
	{ "__call", records_next },
	{ NULL, NULL },
};
static const struct fsk_class records_class = { "records", records_methods, records_destroy };

/// # leveldb
///
/// Files of a LevelDB, which Chromium keeps the storage of sites in. Each file is read by itself:
/// what a later one replaces or deletes is told as well, and the sequence number says what came
/// last.

/// leveldb.records(entry)
///
/// Iterator of the changes in one file, a log (`000003.log`) or a table (`000005.ldb`,
/// `….sst`) of up to 256 MiB; `nil, message, code` when it cannot be read. Damaged blocks are
/// left out, and an anomaly says so.
///
/// | member | meaning |
/// |---|---|
/// | `r.key` | bytes |
/// | `r.value` | bytes; absent for a deletion, and beyond 1 MiB |
/// | `r.deleted` | the key was deleted |
/// | `r.sequence` | number of the change: a higher one is later |
/// | `r.offset` | byte of the file where its block begins |
///
/// ```lua
/// for r in leveldb.records(item) do
///     error("a program has no change in it: " .. r.key)
/// end
/// ```
static int module_records(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct fsk_err err = { 0 };
	struct cursor *c;
	uint8_t *data;
	size_t size;

	(void) self;
	if (host->arg_entry_slurp(call, 0, "", FSK_LEVELDB_MAX, &data, &size, &err) < 0)
		return host->fail(call, &err);
	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		free(data);
		fsk_err_set(&err, FSK_ENOMEM, "no memory for a LevelDB");
		return host->fail(call, &err);
	}
	if (fsk_leveldb_open(&c->db, data, size, &err) < 0) {
		free(c);
		return host->fail(call, &err);
	}
	host->push_object(call, &records_class, c);
	return 1;
}

static const struct fsk_function functions[] = {
	{ "records", module_records },
	{ NULL, NULL },
};

const struct fsk_module fsk_leveldb_module = {
	.abi = FSK_MODULE_ABI,
	.name = "leveldb",
	.summary = "Files of a LevelDB, each by itself",
	.functions = functions,
};
