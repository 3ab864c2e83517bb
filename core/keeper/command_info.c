#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "core/keeper/commands.h"
#include "core/keeper/host.h"
#include "core/keeper/session.h"
#include "core/keeper/table.h"
#include "core/model/types.h"

struct info {
	struct fsk_session session; /* first: see session.h */
	enum fsk_task_op op;
	bool started;
	char failure[FSK_ERR_MSG_MAX];
};

static struct fsk_task *info_next(void *arg)
{
	struct info *x = arg;

	if (x->started)
		return NULL;
	x->started = true;
	return fsk_task_new(x->op, json_pack("{s:b}", "check", 1));
}

static void info_ended(void *arg, struct fsk_task *t, enum fsk_task_end how, const char *why)
{
	struct info *x = arg;

	(void) t;
	if (how != FSK_TASK_DONE)
		snprintf(x->failure, sizeof(x->failure), "%s", why != NULL ? why : "failed");
}

static const struct fsk_crew_ops info_ops = {
	.on = {
		[FSK_MSG_SOURCE] = fsk_session_on_source,
		[FSK_MSG_VOLUME] = fsk_session_on_volume,
		[FSK_MSG_ANOMALY] = fsk_session_on_anomaly,
	},
	.hello = fsk_session_on_hello,
	.locked = fsk_session_on_locked,
	.fault = fsk_session_on_fault,
	.ended = info_ended,
	.next = info_next,
};

static void print_object(const char *title, const json_t *object)
{
	const char *key;
	json_t *value;

	if (json_object_size(object) == 0)
		return;
	printf("%s\n", title);
	json_object_foreach ((json_t *) object, key, value) {
		printf("  ");
		fsk_put_text(stdout, key);
		printf(": ");
		fsk_put_json(stdout, value);
		printf("\n");
	}
}

/* ---- fossick info --self ---- */

static void print_layers(const json_t *layers)
{
	struct fsk_table t;
	json_t *layer;
	size_t i;

	fsk_table_init(&t, 3);
	json_array_foreach (layers, i, layer) {
		const char *name = json_string_value(json_object_get(layer, "name"));
		const char *detail = json_string_value(json_object_get(layer, "detail"));
		fsk_table_add(&t, name != NULL ? name : "?");
		fsk_table_add(&t,
		              json_is_true(json_object_get(layer, "held")) ? "holds" : "absent");
		fsk_table_add(&t, detail != NULL ? detail : "");
	}
	fsk_table_print(&t, stdout, "  ");
	fsk_table_free(&t);
}

static void print_self(const struct info *x)
{
	json_t *libraries = fsk_host_libraries();

	printf("fossick %s\n\n", FSK_VERSION);
	print_object("Libraries of the keeper", libraries);
	json_decref(libraries);
	printf("\nWorker: ");
	fsk_put_text(stdout, x->session.program);
	printf("\n");
	print_object("Libraries of the worker", json_object_get(x->session.worker, "libraries"));
	printf("\nSandbox of the worker: %s\n", x->session.held ? "holds" : "does not hold");
	print_layers(x->session.layers);
}

static int self(struct info *x)
{
	if (!x->session.options->json) {
		print_self(x);
		return x->session.held ? FSK_EXIT_COMPLETE : FSK_EXIT_ANOMALIES;
	}
	json_t *j = json_pack("{s:s, s:o, s:O?, s:b, s:s, s:O?}", "version", FSK_VERSION,
	                      "libraries", fsk_host_libraries(), "sandbox", x->session.layers,
	                      "held", (int) x->session.held, "program", x->session.program,
	                      "worker", x->session.worker);
	fsk_put_json_document(stdout, j);
	json_decref(j);
	return x->session.held ? FSK_EXIT_COMPLETE : FSK_EXIT_ANOMALIES;
}

/* ---- fossick info SOURCE ---- */

static void print_source(const struct fsk_evidence *e, const json_t *head)
{
	uint64_t size = (uint64_t) json_integer_value(json_object_get(head, "size"));
	char text[24];

	fsk_put_text(stdout, e->path);
	printf("\n  format: ");
	fsk_put_json(stdout, json_object_get(head, "format"));
	if (e->kind == FSK_EVIDENCE_FILES)
		printf(", %zu file%s", e->nsegments, e->nsegments == 1 ? "" : "s");
	if (e->kind != FSK_EVIDENCE_DIRECTORY)
		printf("\n  size: %" PRIu64 " bytes (%s), sectors of %" JSON_INTEGER_FORMAT
		       " bytes",
		       size, fsk_size_text(text, size),
		       json_integer_value(json_object_get(head, "sector_size")));
	printf("\n");
	print_object("Acquisition", json_object_get(head, "metadata"));
	print_object("Stored hashes", json_object_get(head, "stored"));
}

static void add_number(struct fsk_table *t, const json_t *head, const char *key)
{
	char text[32];

	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT,
	         json_integer_value(json_object_get(head, key)));
	fsk_table_add(t, text);
}

static void add_string(struct fsk_table *t, const json_t *head, const char *key)
{
	const char *s = json_string_value(json_object_get(head, key));

	fsk_table_add(t, s != NULL && s[0] != '\0' ? s : "-");
}

static void print_volumes(const struct fsk_probe *p)
{
	static const char *const titles[] = { "VOL", "DRIVE", "START", "LENGTH", "SIZE",
		                              "FS",  "OS",    "LABEL", "TYPE" };
	struct fsk_table t;
	char text[32];

	fsk_table_init(&t, sizeof(titles) / sizeof(titles[0]));
	for (size_t i = 0; i < t.columns; i++)
		fsk_table_add(&t, titles[i]);
	for (size_t i = 0; i < p->count; i++) {
		const struct fsk_probed_volume *v = &p->volumes[i];
		const json_t *head = v->head;
		uint64_t length = (uint64_t) json_integer_value(json_object_get(head, "length"));
		snprintf(text, sizeof(text), "%u", v->volume);
		fsk_table_add(&t, text);
		snprintf(text, sizeof(text), v->letter ? "%c:" : "-", v->letter);
		fsk_table_add(&t, text);
		add_number(&t, head, "offset");
		add_number(&t, head, "length");
		fsk_table_add(&t, fsk_size_text(text, length));
		add_string(&t, head, "fs");
		add_string(&t, head, "os");
		add_string(&t, head, "label");
		add_string(&t, head, "description");
	}
	printf("Volumes\n");
	fsk_table_print(&t, stdout, "  ");
	fsk_table_free(&t);
}

static void print_info_json(const struct info *x)
{
	const struct fsk_probe *p = &x->session.probe;
	json_t *volumes = json_array();
	json_t *j = json_object();

	for (size_t i = 0; i < p->count; i++)
		json_array_append(volumes, p->volumes[i].head);
	json_object_set(j, "source", p->source_heads[0]);
	json_object_set_new(j, "volumes", volumes);
	json_object_set_new(j, "anomalies",
	                    x->session.list != NULL ? json_incref(x->session.list) : json_array());
	fsk_put_json_document(stdout, j);
	json_decref(j);
}

static int show(struct info *x)
{
	const struct fsk_probe *p = &x->session.probe;
	const struct fsk_evidence *e = &x->session.sources.items[0];

	fsk_probe_settle(&x->session.probe);
	if (p->source_heads[0] == NULL) {
		fsk_log(FSK_LOG_ERROR, "cannot read \"%s\"%s%s", e->path,
		        x->failure[0] != '\0' ? ": " : "", x->failure);
		return FSK_EXIT_NOTHING;
	}
	if (x->session.options->json) {
		print_info_json(x);
	} else {
		print_source(e, p->source_heads[0]);
		if (p->count > 0)
			print_volumes(p);
		else
			printf("No volume with a known file system.\n");
	}
	if (p->count == 0)
		return FSK_EXIT_NOTHING;
	return x->session.anomalies > 0 || x->failure[0] != '\0' ? FSK_EXIT_ANOMALIES
	                                                         : FSK_EXIT_COMPLETE;
}

int fsk_command_info(const struct fsk_options *o)
{
	struct info x = { .op = o->self ? FSK_TASK_NONE : FSK_TASK_PROBE };
	struct fsk_err err;
	int status = fsk_session_open(&x.session, o, o->args, o->nargs);

	if (status == 0 && (fsk_session_hire(&x.session, 1, false, &info_ops, &x, &err) < 0 ||
	                    fsk_crew_run(x.session.crew, &err) < 0)) {
		fsk_log(FSK_LOG_ERROR, "%s", err.msg);
		status = fsk_exit_of(err.code);
	}
	if (status == 0)
		status = o->self ? self(&x) : show(&x);
	fsk_session_close(&x.session);
	return status;
}
