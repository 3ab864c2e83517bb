#include "core/worker/session.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/model/types.h"
#include "core/module/module.h"
#include "core/registry/hive.h"
#include "core/worker/plugin_ops.h"
#include "core/worker/sandbox.h"
#include "core/worker/task.h"

/* descriptors that the broker may hand over at one time */
#define SPARE_DESCRIPTORS 16

int fsk_session_init(struct fsk_session *s, intptr_t handle, struct fsk_err *err)
{
	int rc;

	memset(s, 0, sizeof(*s));
	fsk_channel_init(&s->channel, handle);
	s->inputs.broker = -1;
	s->inputs.sink = (struct fsk_anomaly_sink){ .report = fsk_report_sink, .arg = s };
	for (size_t i = 0; i < FSK_JUDGED_COUNT; i++)
		fsk_buf_init(&s->rows.lists[i], 2 * FSK_JUDGE_BYTES_MAX);
	rc = fsk_steps_init(&s->steps, err);
	return rc ? rc : fsk_engine_new(&s->engine, &fsk_plugin_ops, s, err);
}

static void free_rows(struct fsk_session *s)
{
	for (size_t i = 0; i < FSK_JUDGED_COUNT; i++)
		fsk_buf_free(&s->rows.lists[i]);
}

void fsk_session_free(struct fsk_session *s)
{
	fsk_step_end(s);
	free_rows(s);
	fsk_engine_free(s->engine);
	fsk_steps_free(&s->steps);
	fsk_inputs_free(&s->inputs);
	fsk_pool_free(s->pool);
	fsk_channel_free(&s->channel);
}

static int say_hello(struct fsk_session *s, struct fsk_err *err)
{
	json_t *libraries = json_pack("{s:s, s:s, s:s}", "libtsk", fsk_fs_library(), "libregf",
	                              fsk_hive_library(), "lua", fsk_engine_library());

	for (size_t i = 0; fsk_modules[i] != NULL; i++)
		if (fsk_modules[i]->library != NULL)
			json_object_set_new(libraries, fsk_modules[i]->name,
			                    json_string(fsk_modules[i]->library()));
	return fsk_report(s, FSK_MSG_HELLO,
	                  json_pack("{s:i, s:s, s:o}", "proto", FSK_IPC_PROTO, "version",
	                            FSK_VERSION, "libraries", libraries),
	                  err);
}

/* The descriptor is closed with all others that nobody keeps. */
static int take_outbox(struct fsk_session *s, const json_t *setup, struct fsk_err *err)
{
	uint64_t fd;
	int rc = fsk_json_opt_u64(&fd, setup, "outbox", 0, err);

	if (rc != 0 || fd == 0)
		return rc;
	if (fd != FSK_WORKER_FD_OUTBOX)
		return fsk_err_set(err, FSK_EPROTO, "SETUP: the outbox has descriptor %llu",
		                   (unsigned long long) fd);
	return fsk_channel_gather(&s->channel, (intptr_t) fd, err);
}

static int on_setup(struct fsk_session *s, const struct fsk_msg *m, struct fsk_err *err)
{
	const json_t *limits = json_object_get(m->head, "limits");
	bool payloads = false;
	int rc;

	if (s->inputs.items)
		return fsk_err_set(err, FSK_EPROTO, "SETUP came twice");
	rc = fsk_inputs_setup(&s->inputs, m->head, err);
	if (rc == 0)
		rc = fsk_json_opt_u64(&s->memory, limits, "memory", FSK_WORKER_MEMORY, err);
	if (rc == 0)
		rc = fsk_json_opt_u64(&s->file_size, limits, "file_size", FSK_FILE_SIZE_MAX, err);
	if (rc == 0)
		rc = fsk_json_opt_u64(&s->threads, limits, "threads", 1, err);
	if (rc == 0 && (s->threads == 0 || s->threads > FSK_THREADS_MAX))
		rc = fsk_err_set(err, FSK_EPROTO, "SETUP: %llu threads",
		                 (unsigned long long) s->threads);
	if (rc == 0)
		rc = fsk_json_opt_bool(&s->require_sandbox, m->head, "require_sandbox", false, err);
	if (rc == 0)
		rc = fsk_json_opt_bool(&s->inputs.walk_only, m->head, "no_index", false, err);
	if (rc == 0)
		rc = fsk_json_opt_bool(&payloads, m->head, "payloads", false, err);
	if (rc == 0 && payloads)
		fsk_engine_want_payloads(s->engine);
	if (rc == 0)
		rc = take_outbox(s, m->head, err);
	return rc ? rc : fsk_fault_setup(&s->fault, m->head, err);
}

static int on_text(struct fsk_session *s, const struct fsk_msg *m, struct fsk_err *err)
{
	static const char *const kinds[] = {
		[FSK_TEXT_PLUGIN] = "plugin",
		[FSK_TEXT_LIB] = "lib",
		[FSK_TEXT_ARTIFACTS] = "artifacts",
		[FSK_TEXT_DATA] = "data",
		[FSK_TEXT_IOC] = "ioc",
		[FSK_TEXT_YARA] = "yara",
	};
	struct fsk_engine_piece piece = { .data = m->blob,
		                          .len = m->blob_len,
		                          .options = json_object_get(m->head, "options") };
	const char *kind;
	int rc = fsk_json_get_str(&kind, m->head, "kind", err);

	if (rc == 0)
		rc = fsk_json_get_str(&piece.name, m->head, "name", err);
	if (rc == 0)
		rc = fsk_json_opt_u64(&piece.size, m->head, "size", m->blob_len, err);
	if (rc != 0)
		return fsk_err_wrap(err, "TEXT");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return fsk_engine_add_piece(s->engine, (enum fsk_engine_text) i, &piece,
			                            err);
	return fsk_err_set(err, FSK_EPROTO, "TEXT \"%s\" has the unknown kind \"%s\"", piece.name,
	                   kind);
}

static json_t *layers_json(const struct fsk_sandbox_report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->count; i++) {
		const struct fsk_sandbox_layer *l = &r->layers[i];

		json_array_append_new(list, json_pack("{s:s, s:b, s:b, s:o}", "name", l->name,
		                                      "held", l->held, "essential", l->essential,
		                                      "detail", fsk_json_text(l->detail)));
	}
	return json_pack("{s:o}", "layers", list);
}

/* Libraries that look for files of the host when they are first used do so
 * now: afterwards they would be refused. */
static void warm_up(void)
{
	struct fsk_digests d;
	struct fsk_err why;

	if (fsk_digest_bytes(&d, FSK_DIGEST_ALL, "", 0, &why) != 0)
		fsk_log(FSK_LOG_WARN, "digests: %s", why.msg);
}

static void start_threads(void *arg)
{
	struct fsk_session *s = arg;

	if (s->threads < 2)
		return;
	s->pool = fsk_pool_new((unsigned) s->threads - 1);
	s->inputs.pool = s->pool;
}

static int on_lock(struct fsk_session *s, const struct fsk_msg *m, struct fsk_err *err)
{
	struct fsk_sandbox_report report;
	struct fsk_sandbox_limits limits = { .memory = s->memory,
		                             .threads = start_threads,
		                             .arg = s };
	int *keep;
	size_t n;
	int rc = fsk_inputs_descriptors(&keep, &n, &s->inputs, err);

	(void) m;
	if (rc != 0)
		return rc;
	if (!fsk_engine_texts_whole(s->engine))
		rc = fsk_err_set(err, FSK_EPROTO, "LOCK before the last TEXT was whole");
	if (rc != 0) {
		free(keep);
		return rc;
	}
	warm_up();
	fsk_sandbox_close_others(keep, n);
	limits.descriptors = (uint64_t) keep[n - 1] + 1;
	if (s->inputs.broker >= 0)
		limits.descriptors += SPARE_DESCRIPTORS;
	free(keep);
	fsk_sandbox_enter(&report, &limits, FSK_SANDBOX_ALL);
	s->unsafe = s->require_sandbox && !fsk_sandbox_holds(&report);
	return fsk_report(s, FSK_MSG_LOCKED, layers_json(&report), err);
}

static int on_skip(struct fsk_session *s, const struct fsk_msg *m, struct fsk_err *err)
{
	return fsk_steps_skip(&s->steps, m->head, err);
}

static int on_rows(struct fsk_session *s, const struct fsk_msg *m, struct fsk_err *err)
{
	enum fsk_judged what;
	const char *of;
	int rc = fsk_json_get_str(&of, m->head, "of", err);

	if (rc != 0)
		return fsk_err_wrap(err, "ROWS");
	what = fsk_judged_find(of);
	if (what == FSK_JUDGED_COUNT)
		return fsk_err_set(err, FSK_EPROTO, "ROWS of \"%s\", which is unknown", of);
	return fsk_buf_append(&s->rows.lists[what], m->blob, m->blob_len, err);
}

static int run_task(struct fsk_session *s, const json_t *head, struct fsk_err *err)
{
	static const struct {
		const char *op;
		int (*run)(struct fsk_session *s, const json_t *head, struct fsk_err *err);
	} tasks[] = {
		{ "probe", fsk_task_probe },     { "check", fsk_task_check },
		{ "plugins", fsk_task_plugins }, { "fetch", fsk_task_fetch },
		{ "list", fsk_task_list },       { "cat", fsk_task_cat },
		{ "hash", fsk_task_hash },       { "verify", fsk_task_verify },
		{ "hive", fsk_task_hive },       { "judge", fsk_task_judge },
	};
	const char *op;
	int rc = fsk_json_get_str(&op, head, "op", err);

	if (rc != 0)
		return fsk_err_wrap(err, "TASK");
	if (s->unsafe)
		return fsk_err_set(err, FSK_EPERM, "the lock-down that was required does not hold");
	for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++)
		if (strcmp(op, tasks[i].op) == 0)
			return tasks[i].run(s, head, err);
	return fsk_err_set(err, FSK_EUNSUPPORTED, "TASK: \"%s\" is unknown", op);
}

static int on_task(struct fsk_session *s, const struct fsk_msg *m, struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	int rc = fsk_json_get_u64(&s->task, m->head, "task", err);

	if (rc != 0)
		return fsk_err_wrap(err, "TASK");
	rc = run_task(s, m->head, &why);
	fsk_step_end(s);
	fsk_steps_reset(&s->steps);
	s->volume = NULL;
	free_rows(s);
	if (s->lost.code != 0)
		return fsk_err_set(err, s->lost.code, "%s", s->lost.msg);
	if (rc == 0)
		return fsk_report(s, FSK_MSG_DONE, json_pack("{s:I}", "task", (json_int_t) s->task),
		                  err);
	return fsk_report(s, FSK_MSG_FAILED,
	                  json_pack("{s:I, s:s, s:o}", "task", (json_int_t) s->task, "code",
	                            fsk_code_name(rc), "reason", fsk_json_text(why.msg)),
	                  err);
}

static int dispatch(struct fsk_session *s, const struct fsk_msg *m, struct fsk_err *err)
{
	switch (m->type) {
	case FSK_MSG_SETUP:
		return on_setup(s, m, err);
	case FSK_MSG_TEXT:
		return on_text(s, m, err);
	case FSK_MSG_LOCK:
		return on_lock(s, m, err);
	case FSK_MSG_SKIP:
		return on_skip(s, m, err);
	case FSK_MSG_ROWS:
		return on_rows(s, m, err);
	case FSK_MSG_TASK:
		return on_task(s, m, err);
	default:
		return 0;
	}
}

int fsk_session_run(struct fsk_session *s, struct fsk_err *err)
{
	int rc = say_hello(s, err);

	while (rc == 0) {
		struct fsk_msg m = { 0 };
		int got = fsk_channel_recv(&s->channel, &m, err);

		if (got <= 0)
			return got;
		rc = dispatch(s, &m, err);
		fsk_msg_clear(&m);
		if (s->channel.state == FSK_IPC_ENDED)
			break;
	}
	return rc;
}
