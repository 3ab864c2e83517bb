/* The module "sqlite" under a host of its own: what it pushes is written down
 * as text, tables as {key=value …}. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/module/module.h"

extern const struct fsk_module fsk_sqlite_module;

#define STACK 8

struct arg {
	enum fsk_arg_type type;
	const char *s;
	int64_t i;
	double d;
};

struct fsk_call {
	struct arg args[6];
	int nargs;
	const char *file;   /* the entry: a name in tests/data/db */
	int slurp_fails;    /* code that reading of the "-wal" gives */
	char *stack[STACK]; /* values as text; tables lack their '}' */
	int top;
	const struct fsk_class *cls;
	void *object; /* pushed last */
	struct fsk_err err;
	char anomalies[1024];
};

/* --- the host --- */

static void push(struct fsk_call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void push(struct fsk_call *c, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert_true(c->top < STACK);
	c->stack[c->top++] = strdup(text);
}

/* Moves the value on the top into the table below it. */
static void set(struct fsk_call *c, const char *key)
{
	char *value = c->stack[--c->top], *table = c->stack[c->top - 1], *out;
	size_t n = strlen(table) + strlen(key) + strlen(value) + 4;
	bool is_table = value[0] == '{';

	out = malloc(n);
	snprintf(out, n, "%s%s%s=%s%s", table, table[1] != '\0' ? " " : "", key, value,
	         is_table ? "}" : "");
	free(value);
	free(table);
	c->stack[c->top - 1] = out;
}

static int h_argc(struct fsk_call *c)
{
	return c->nargs;
}

static enum fsk_arg_type h_arg_type(struct fsk_call *c, int i)
{
	return i < c->nargs ? c->args[i].type : FSK_ARG_NIL;
}

static const char *h_arg_string(struct fsk_call *c, int i, size_t *len)
{
	assert_int_equal(h_arg_type(c, i), FSK_ARG_STRING);
	if (len != NULL)
		*len = strlen(c->args[i].s);
	return c->args[i].s;
}

static int64_t h_arg_int(struct fsk_call *c, int i)
{
	assert_int_equal(h_arg_type(c, i), FSK_ARG_INT);
	return c->args[i].i;
}

static double h_arg_number(struct fsk_call *c, int i)
{
	assert_int_equal(h_arg_type(c, i), FSK_ARG_NUMBER);
	return c->args[i].d;
}

static bool h_arg_bool(struct fsk_call *c, int i)
{
	assert_int_equal(h_arg_type(c, i), FSK_ARG_BOOL);
	return c->args[i].i != 0;
}

static int h_slurp(struct fsk_call *c, int i, const char *suffix, size_t max, uint8_t **data,
                   size_t *size, struct fsk_err *err)
{
	char path[4096];
	struct fsk_buf b;
	int rc;

	assert_int_equal(i, 0);
	*data = NULL;
	*size = 0;
	if (c->slurp_fails != 0 && strcmp(suffix, "-wal") == 0)
		return fsk_err_set(err, c->slurp_fails, "sector 7: read error");
	snprintf(path, sizeof(path), "%s/tests/data/db/%s%s", getenv("FOSSICK_BUILD"), c->file,
	         suffix);
	fsk_buf_init(&b, max);
	rc = fsk_file_slurp(&b, path, err);
	*data = b.data;
	*size = b.len;
	return rc;
}

static void h_push_nil(struct fsk_call *c)
{
	push(c, "nil");
}

static void h_push_int(struct fsk_call *c, int64_t v)
{
	push(c, "%lld", (long long) v);
}

static void h_push_number(struct fsk_call *c, double v)
{
	push(c, "%.3f", v);
}

static void h_push_string(struct fsk_call *c, const char *s, size_t n)
{
	push(c, "'%.*s'", (int) n, s);
}

static void h_push_object(struct fsk_call *c, const struct fsk_class *cls, void *object)
{
	c->cls = cls;
	c->object = object;
	push(c, "%s", cls->name);
}

static void h_push_table(struct fsk_call *c)
{
	push(c, "{");
}

static void h_set_index(struct fsk_call *c, int64_t i)
{
	char key[24];

	snprintf(key, sizeof(key), "%lld", (long long) i);
	set(c, key);
}

static void h_set_fields(struct fsk_call *c, const struct fsk_cell *cells, int n)
{
	for (int i = 0; i < n; i++) {
		if (cells[i].type == FSK_ARG_INT)
			h_push_int(c, cells[i].i);
		else if (cells[i].type == FSK_ARG_NUMBER)
			h_push_number(c, cells[i].d);
		else
			h_push_string(c, cells[i].s, cells[i].len);
		set(c, cells[i].name);
	}
}

static int h_fail(struct fsk_call *c, const struct fsk_err *err)
{
	c->err = *err;
	return -1;
}

static void h_anomaly(struct fsk_call *c, int entry_arg, int code, const char *reason)
{
	size_t len = strlen(c->anomalies);

	snprintf(c->anomalies + len, sizeof(c->anomalies) - len, "%d %s: %s\n", entry_arg,
	         fsk_code_name(code), reason);
}

static const struct fsk_host host = {
	.abi = FSK_MODULE_ABI,
	.argc = h_argc,
	.arg_type = h_arg_type,
	.arg_string = h_arg_string,
	.arg_int = h_arg_int,
	.arg_number = h_arg_number,
	.arg_bool = h_arg_bool,
	.arg_entry_slurp = h_slurp,
	.push_nil = h_push_nil,
	.push_int = h_push_int,
	.push_number = h_push_number,
	.push_string = h_push_string,
	.push_object = h_push_object,
	.push_table = h_push_table,
	.set_field = set,
	.set_index = h_set_index,
	.fail = h_fail,
	.anomaly = h_anomaly,
	.set_fields = h_set_fields,
};

/* --- calling --- */

static fsk_native *find(const struct fsk_function *f, const char *name)
{
	while (f->name != NULL && strcmp(f->name, name) != 0)
		f++;
	assert_non_null(f->name);
	return f->call;
}

/* Calls and compares what was pushed; NULL: it must fail. */
static void call(struct fsk_call *c, fsk_native *f, void *self, const char *wanted)
{
	int n;

	c->top = 0;
	n = f(&host, c, self);
	if (wanted == NULL) {
		assert_true(n < 0);
		while (c->top > 0)
			free(c->stack[--c->top]);
		return;
	}
	if (n < 0)
		fail_msg("%s", c->err.msg);
	assert_int_equal(n, 1);
	assert_int_equal(c->top, 1);
	assert_string_equal(c->stack[0], wanted);
	free(c->stack[0]);
}

struct database {
	struct fsk_call call;
	const struct fsk_class *cls;
	void *self;
};

static void open_db(struct database *d, const char *file)
{
	d->call.file = file;
	d->call.nargs = 1;
	d->call.args[0].type = FSK_ARG_ENTRY;
	call(&d->call, find(fsk_sqlite_module.functions, "open"), NULL, "database");
	d->cls = d->call.cls;
	d->self = d->call.object;
}

/* Starts db:rows(sql, …); further arguments were set by the caller. */
static void *rows(struct database *d, const char *sql, int nargs)
{
	d->call.nargs = nargs;
	d->call.args[0] = (struct arg){ .type = FSK_ARG_STRING, .s = sql };
	call(&d->call, find(d->cls->methods, "rows"), d->self, "rows");
	return d->call.object;
}

static void next(struct database *d, const struct fsk_class *cls, void *self, const char *wanted)
{
	d->call.nargs = 0;
	call(&d->call, find(cls->methods, "__call"), self, wanted);
}

static void rows_of_a_log(void **state)
{
	struct database d = { 0 };
	const struct fsk_class *cls;
	void *r;

	(void) state;
	open_db(&d, "wal.db");
	assert_string_equal(d.call.anomalies, "");
	d.call.args[1] = (struct arg){ .type = FSK_ARG_STRING, .s = "%late%" };
	d.call.args[2] = (struct arg){ .type = FSK_ARG_INT, .i = 14 };
	r = rows(&d, "SELECT id, url FROM visits WHERE url LIKE ? AND id >= ? ORDER BY id", 3);
	cls = d.call.cls;
	next(&d, cls, r, "{id=14 url='https://late.example/3'");
	next(&d, cls, r, "{id=15 url='https://late.example/4'");
	next(&d, cls, r, "nil");
	next(&d, cls, r, "nil");
	cls->destroy(r);
	d.cls->destroy(d.self);
}

static void kinds(void **state)
{
	struct database d = { 0 };
	const struct fsk_class *cls;
	void *r;

	(void) state;
	open_db(&d, "plain.db");
	d.call.args[1] = (struct arg){ .type = FSK_ARG_BOOL, .i = 1 };
	d.call.args[2] = (struct arg){ .type = FSK_ARG_NUMBER, .d = 0.25 };
	r = rows(&d, "SELECT i, f, t, n, ? AS yes, ? AS q FROM kinds ORDER BY i DESC", 3);
	cls = d.call.cls;
	next(&d, cls, r, "{i=1 f=2.000 t='' yes=1 q=0.250");
	cls->destroy(r);
	d.call.nargs = 0;
	call(&d.call, find(d.cls->methods, "tables"), d.self,
	     "{1='doubled' 2='kinds' 3='many' 4='odd \"name\"' 5='words' 6='words_config' "
	     "7='words_content' 8='words_data' 9='words_docsize' 10='words_idx'");
	d.call.nargs = 1;
	d.call.args[0] = (struct arg){ .type = FSK_ARG_STRING, .s = "many" };
	call(&d.call, find(d.cls->methods, "columns"), d.self, "{1='x' 2='y'");
	d.call.args[0].s = "absent";
	call(&d.call, find(d.cls->methods, "columns"), d.self, NULL);
	assert_int_equal(d.call.err.code, FSK_ENOTFOUND);
	d.cls->destroy(d.self);
}

static void faults_of_statements(void **state)
{
	struct database d = { 0 };

	(void) state;
	open_db(&d, "plain.db");
	d.call.nargs = 1;
	d.call.args[0] = (struct arg){ .type = FSK_ARG_STRING, .s = "DELETE FROM many" };
	call(&d.call, find(d.cls->methods, "rows"), d.self, NULL);
	assert_int_equal(d.call.err.code, FSK_EPERM);
	d.call.args[0].s = "SELECT 1";
	d.call.args[1] = (struct arg){ .type = FSK_ARG_INT, .i = 1 };
	d.call.nargs = 2;
	call(&d.call, find(d.cls->methods, "rows"), d.self, NULL);
	assert_string_equal(d.call.err.msg, "the statement has 0 parameters, not 1");
	d.cls->destroy(d.self);
}

/* An iteration that breaks off says so in the archive. */
static void error_in_mid_way(void **state)
{
	struct database d = { 0 };
	const struct fsk_class *cls;
	void *r;

	(void) state;
	open_db(&d, "plain.db");
	r = rows(&d,
	         "WITH c(i) AS (VALUES (1), (2)) SELECT CASE i WHEN 1 THEN 7 ELSE "
	         "zeroblob(99999999) END AS x FROM c",
	         1);
	cls = d.call.cls;
	next(&d, cls, r, "{x=7");
	next(&d, cls, r, NULL);
	assert_string_equal(d.call.anomalies,
	                    "-1 over-limit: rows are missing: string or blob too big\n");
	cls->destroy(r);
	d.cls->destroy(d.self);
}

static void how_it_was_opened(void **state)
{
	struct database d = { 0 };

	(void) state;
	open_db(&d, "hot.db");
	assert_string_equal(d.call.anomalies,
	                    "0 corrupt: its hot -journal was rolled back in memory\n");
	d.cls->destroy(d.self);

	memset(&d, 0, sizeof(d));
	d.call.slurp_fails = FSK_EIO;
	open_db(&d, "wal.db");
	assert_string_equal(d.call.anomalies,
	                    "0 io: opened without its -wal: sector 7: read error\n");
	d.cls->destroy(d.self);
}

static void not_opened(void **state)
{
	struct database d = { 0 };
	fsk_native *f = find(fsk_sqlite_module.functions, "open");

	(void) state;
	d.call.nargs = 1;
	d.call.args[0].type = FSK_ARG_ENTRY;
	d.call.file = "absent.db";
	call(&d.call, f, NULL, NULL);
	assert_int_equal(d.call.err.code, FSK_ENOTFOUND);
	d.call.file = "wal.db-wal";
	call(&d.call, f, NULL, NULL);
	assert_int_equal(d.call.err.code, FSK_ECORRUPT);
	assert_string_equal(d.call.anomalies, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_a_log),        cmocka_unit_test(kinds),
		cmocka_unit_test(faults_of_statements), cmocka_unit_test(error_in_mid_way),
		cmocka_unit_test(how_it_was_opened),    cmocka_unit_test(not_opened),
	};

	return cmocka_run_group_tests_name("sqlite module", tests, NULL, NULL);
}
