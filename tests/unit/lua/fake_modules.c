#include "tests/unit/lua/fake_modules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct database {
	int rows;
	int cursors;
};

struct cursor {
	struct database *db;
	int at;
};

int fake_databases_open, fake_cursors_open, fake_lasting_open, fake_wrong_order;

static void close_database(void *object)
{
	struct database *db = object;

	if (db->cursors > 0)
		fake_wrong_order++;
	fake_databases_open--;
	free(db);
}

static void close_cursor(void *object)
{
	struct cursor *c = object;

	c->db->cursors--;
	fake_cursors_open--;
	free(c);
}

/* Row i as { n = i, name = "row i" }, a list in `more`. */
static int next_row(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct cursor *c = self;
	char name[32];

	if (c->at >= c->db->rows)
		return 0;
	c->at++;
	snprintf(name, sizeof(name), "row %d", c->at);
	host->push_table(call);
	host->push_int(call, c->at);
	host->set_field(call, "n");
	host->push_string(call, name, strlen(name));
	host->set_field(call, "name");
	host->push_table(call);
	host->push_bool(call, true);
	host->set_index(call, 1);
	host->set_field(call, "more");
	return 1;
}

static const struct fsk_function cursor_methods[] = { { "__call", next_row }, { NULL, NULL } };
static const struct fsk_class cursor_class = { "cursor", cursor_methods, close_cursor };

static int rows(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	size_t len;
	struct cursor *c;

	host->arg_string(call, 0, &len);
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -1;
	c->db = self;
	c->db->cursors++;
	fake_cursors_open++;
	host->push_object(call, &cursor_class, c);
	return 1;
}

static int is_same(const struct fsk_host *host, struct fsk_call *call, void *self);
static const struct fsk_function database_methods[] = {
	{ "rows", rows },
	{ "is_same", is_same },
	{ NULL, NULL },
};
static const struct fsk_class database_class = { "database", database_methods, close_database };

static int is_same(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	host->push_bool(call, host->arg_object(call, 0, &database_class) == self);
	return 1;
}

static int open_database(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	struct database *db;
	struct fsk_err err;
	uint8_t *data;
	size_t size;

	(void) self;
	if (host->arg_entry_slurp(call, 0, "", 1024, &data, &size, &err) < 0)
		return host->fail(call, &err);
	if (size < 6 || memcmp(data, "rows=", 5) != 0) {
		free(data);
		fsk_err_set(&err, FSK_ECORRUPT, "\"%s\": no database",
		            host->arg_entry_path(call, 0));
		return host->fail(call, &err);
	}
	db = calloc(1, sizeof(*db));
	if (db == NULL) {
		free(data);
		return -1;
	}
	db->rows = data[5] - '0';
	free(data);
	fake_databases_open++;
	if (host->arg_entry_slurp(call, 0, "-wal", 1024, &data, &size, &err) == 0) {
		host->anomaly(call, 0, FSK_ECORRUPT, "there is a wal");
		free(data);
	}
	host->push_object(call, &database_class, db);
	return 1;
}

/* probe.types(…): the types of the arguments as digits */
static int types(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	char out[32] = "";
	int n = host->argc(call);

	(void) self;
	for (int i = 0; i < n && i < 16; i++)
		snprintf(out + i, sizeof(out) - (size_t) i, "%d", (int) host->arg_type(call, i));
	host->push_string(call, out, strlen(out));
	return 1;
}

/* probe.echo(int, number, bool): the three, and nil */
static int echo(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	(void) self;
	host->push_int(call, host->arg_int(call, 0));
	host->push_number(call, host->arg_number(call, 1));
	host->push_bool(call, host->arg_bool(call, 2));
	host->push_nil(call);
	return 4;
}

/* probe.flood(): pushes strings until memory ends, as if nothing were wrong */
static int flood(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	static const char big[1 << 20];

	(void) self;
	host->push_table(call);
	for (int i = 1; i <= 4096; i++) {
		host->push_string(call, big, sizeof(big) - (size_t) i);
		host->set_index(call, i);
	}
	return 1;
}

static void drop_lasting(void *object)
{
	fake_lasting_open--;
	free(object);
}

/* thing(): how often it was called */
static int use_lasting(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	host->push_int(call, ++*(int *) self);
	return 1;
}

static const struct fsk_function lasting_methods[] = { { "__call", use_lasting }, { NULL, NULL } };
static const struct fsk_class lasting_class = { "thing", lasting_methods, drop_lasting };

/* probe.lasting(): an object that outlives the call of run */
static int lasting(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	int *uses = calloc(1, sizeof(*uses));

	(void) self;
	if (uses == NULL)
		return -1;
	fake_lasting_open++;
	host->push_lasting(call, &lasting_class, uses);
	return 1;
}

static const struct fsk_function sqlite_functions[] = {
	{ "open", open_database },
	{ NULL, NULL },
};
static const struct fsk_module sqlite_module = {
	.abi = FSK_MODULE_ABI,
	.name = "sqlite",
	.summary = "a stand-in",
	.functions = sqlite_functions,
};
static const struct fsk_function probe_functions[] = {
	{ "types", types },     { "echo", echo }, { "flood", flood },
	{ "lasting", lasting }, { NULL, NULL },
};
static const struct fsk_module probe_module = {
	.abi = FSK_MODULE_ABI,
	.name = "probe",
	.summary = "calls the host",
	.functions = probe_functions,
};

const struct fsk_module *const fsk_modules[] = { &sqlite_module, &probe_module, NULL };
