#include "tests/fuzz/engine_ops.h"

#include <stdlib.h>

#include "core/model/jsontext.h"

/* What is written must be what the keeper takes. */
static int test_record(void *arg, const char *plugin, const char *row, size_t n,
                       struct fsk_err *err)
{
	(void) arg;
	(void) plugin;
	(void) err;
	if (!fsk_jsontext_record(row, n))
		abort();
	return 0;
}

static int ignore_json(void *arg, const char *plugin, json_t *j, struct fsk_err *err)
{
	(void) arg;
	(void) plugin;
	(void) err;
	free(fsk_json_line(j));
	return 0;
}

static int ignore_collect(void *arg, const char *plugin, const struct fsk_entry *e,
                          const char *reason, struct fsk_err *err)
{
	(void) arg;
	(void) plugin;
	(void) e;
	(void) reason;
	(void) err;
	return 0;
}

static void ignore_log(void *arg, const char *plugin, const char *text)
{
	(void) arg;
	(void) plugin;
	(void) text;
}

const struct fsk_engine_ops engine_ops = {
	.record = test_record,
	.finding = ignore_json,
	.machine = ignore_json,
	.collect = ignore_collect,
	.anomaly = ignore_json,
	.log = ignore_log,
};
