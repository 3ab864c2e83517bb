#include "core/keeper/crew.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/ipc/channel.h"
#include "core/keeper/hand.h"
#include "core/keeper/hooks.h"
#include "core/keeper/host.h"

#define TICK_MS 200
#define FAILED_STARTS_MAX 3
#define FRUITLESS_MAX 3 /* restarts of a task without a step */
#define QUIT_SECONDS 5
#define SKIP_KEYS_MAX 2000 /* in one message */
/* a byte may become six in JSON: twice this, and the frame still has room */
#define SKIP_BYTES_MAX FSK_STEP_KEY_MAX

/* ---- what workers are told ---- */

/* Behind the evidence, as process.c lays them. */
static json_t *shelves_setup(const struct fsk_crew_config *c)
{
	size_t first = FSK_WORKER_FD_EVIDENCE + fsk_sources_handles(c->sources);
	json_t *list = json_array();

	for (size_t i = 0; i < c->nshelves; i++)
		json_array_append_new(list, json_integer((json_int_t) (first + i)));
	return list;
}

static json_t *setup_head(const struct fsk_hand *h)
{
	const struct fsk_crew_config *c = &h->crew->config;
	json_t *head = json_pack("{s:o, s:{s:I, s:I, s:I}, s:b}", "sources",
	                         fsk_sources_setup(c->sources), "limits", "memory",
	                         (json_int_t) c->memory, "file_size", (json_int_t) c->file_size,
	                         "threads", (json_int_t) (c->threads > 0 ? c->threads : 1),
	                         "require_sandbox", (int) c->require_sandbox);
	json_t *fault;

	if (fsk_sources_any(c->sources, FSK_EVIDENCE_DIRECTORY))
		json_object_set_new(head, "broker", json_integer(FSK_WORKER_FD_BROKER));
	if (c->no_index)
		json_object_set_new(head, "no_index", json_true());
	if (c->payloads)
		json_object_set_new(head, "payloads", json_true());
	if (fsk_process_gathers(h->process))
		json_object_set_new(head, "outbox", json_integer(FSK_WORKER_FD_OUTBOX));
	if (c->nshelves > 0)
		json_object_set_new(head, "shelves", shelves_setup(c));
	fault = fsk_hook_fault(h->number);
	if (fault != NULL)
		json_object_set_new(head, "fault", fault);
	return head;
}

static int send_message(struct fsk_hand *h, enum fsk_msg_type t, json_t *head, const void *blob,
                        size_t n, struct fsk_err *err)
{
	int rc = fsk_ipc_step(&h->state, t, err);

	if (rc == 0)
		rc = fsk_process_send(h->process, t, head, blob, n, err);
	json_decref(head);
	return rc;
}

/* A text in pieces of a frame. The texts outlive the workers. */
static int send_text(struct fsk_hand *h, const struct fsk_text *x, struct fsk_err *err)
{
	size_t sent = 0;
	int rc;

	do {
		size_t n = x->text.len - sent < FSK_FILE_PIECE ? x->text.len - sent
		                                               : FSK_FILE_PIECE;
		json_t *head = json_pack("{s:s, s:s, s:I, s:O*}", "kind", x->kind, "name", x->name,
		                         "size", (json_int_t) x->text.len, "options", x->options);

		rc = fsk_ipc_step(&h->state, FSK_MSG_TEXT, err);
		if (rc == 0)
			rc = fsk_process_send_lent(
			    h->process, FSK_MSG_TEXT, head,
			    x->text.data != NULL ? x->text.data + sent : NULL, n, err);
		json_decref(head);
		sent += n;
	} while (rc == 0 && sent < x->text.len);
	return rc;
}

int fsk_hand_setup(struct fsk_hand *h, struct fsk_err *err)
{
	const struct fsk_texts *texts = h->crew->config.texts;
	int rc = send_message(h, FSK_MSG_SETUP, setup_head(h), NULL, 0, err);

	for (size_t i = 0; rc == 0 && texts != NULL && i < texts->count; i++)
		rc = send_text(h, &texts->items[i], err);
	if (rc == 0)
		rc = send_message(h, FSK_MSG_LOCK, NULL, NULL, 0, err);
	fsk_hand_arm(h);
	return rc;
}

/* Keys go out in pieces, so that no frame meets its ceiling. */
static int send_skip(struct fsk_hand *h, struct fsk_err *err)
{
	json_t *keys = json_array(), *value;
	size_t bytes = 0;
	const char *key;
	int rc = 0;

	json_object_foreach (h->task->skip, key, value) {
		json_array_append_new(keys, json_string(key));
		bytes += strlen(key);
		if (json_array_size(keys) < SKIP_KEYS_MAX && bytes < SKIP_BYTES_MAX)
			continue;
		rc = send_message(h, FSK_MSG_SKIP, json_pack("{s:o}", "keys", keys), NULL, 0, err);
		keys = json_array();
		bytes = 0;
		if (rc < 0)
			break;
	}
	if (rc == 0 && json_array_size(keys) > 0)
		return send_message(h, FSK_MSG_SKIP, json_pack("{s:o}", "keys", keys), NULL, 0,
		                    err);
	json_decref(keys);
	return rc;
}

static int feed(void *to, enum fsk_msg_type t, json_t *head, const void *blob, size_t n,
                struct fsk_err *err)
{
	return send_message(to, t, head, blob, n, err);
}

void fsk_hand_arm(struct fsk_hand *h)
{
	h->deadline = uv_now(&h->crew->loop) + 1000ull * h->crew->config.step_seconds;
}

void fsk_hand_ready(struct fsk_hand *h)
{
	const struct fsk_crew_ops *ops = h->crew->config.ops;
	struct fsk_task *t = h->task;
	struct fsk_err err = { 0 };
	json_t *head;
	int rc;

	h->crew->failed_starts = 0;
	h->deadline = 0;
	if (t == NULL)
		return;
	if (t->op == FSK_TASK_NONE) {
		fsk_hand_finish_task(h, FSK_TASK_DONE, NULL);
		return;
	}
	head = json_copy(t->head);
	json_object_set_new(head, "task", json_integer(t->number));
	json_object_set_new(head, "op", json_string(fsk_task_op_name(t->op)));
	rc = send_skip(h, &err);
	if (rc == 0 && ops->feed != NULL)
		rc = ops->feed(h->crew->config.arg, t, feed, h, &err);
	if (rc == 0)
		rc = send_message(h, FSK_MSG_TASK, head, NULL, 0, &err);
	else
		json_decref(head);
	if (rc < 0) {
		fsk_hand_end(h, true, rc, err.msg);
		return;
	}
	h->sent = true;
	fsk_hand_arm(h);
}

/* ---- life and death ---- */

static void end_task(struct fsk_crew *c, struct fsk_task *t, enum fsk_task_end how, const char *why)
{
	if (c->config.ops->ended != NULL)
		c->config.ops->ended(c->config.arg, t, how, why);
	fsk_task_free(t);
	c->wanted = true;
}

void fsk_hand_finish_task(struct fsk_hand *h, enum fsk_task_end how, const char *why)
{
	struct fsk_task *t = h->task;

	h->task = NULL;
	h->sent = false;
	h->deadline = 0;
	end_task(h->crew, t, how, why);
}

void fsk_hand_end(struct fsk_hand *h, bool violation, int code, const char *reason)
{
	if (h->why.code == 0)
		fsk_err_set(&h->why, code, "%s", reason);
	h->condemned = h->condemned || violation;
	h->deadline = 0;
	fsk_process_kill(h->process);
}

static void retry_task(struct fsk_crew *c, struct fsk_task *t)
{
	t->next = c->retry;
	c->retry = t;
	c->wanted = true;
}

/* Its worker never became ready: nobody's step is to blame. */
static void lost_start(struct fsk_crew *c, struct fsk_task *t, const char *reason)
{
	struct fsk_err why;

	retry_task(c, t);
	fsk_log(FSK_LOG_WARN, "a worker did not become ready: %s", reason);
	if (++c->failed_starts < FAILED_STARTS_MAX)
		return;
	fsk_err_set(&why, FSK_EDIED, "no worker becomes ready: %s", reason);
	fsk_crew_fail(c, FSK_EDIED, why.msg);
}

static void lost_task(struct fsk_crew *c, struct fsk_task *t, const struct fsk_fault *f)
{
	c->stats.lost++;
	if (c->config.ops->fault != NULL)
		c->config.ops->fault(c->config.arg, t, f);
	fsk_task_lost(t);
	if (t->fruitless >= FRUITLESS_MAX || ++c->restarts > FSK_WORKER_RESTARTS_MAX) {
		end_task(c, t, FSK_TASK_ABANDONED, f->reason);
		return;
	}
	retry_task(c, t);
}

static void fault_of(const struct fsk_hand *h, struct fsk_fault *f, char *text, size_t cap)
{
	const char *epitaph = fsk_process_epitaph(h->process);

	f->code = h->why.code != 0 ? h->why.code : FSK_EDIED;
	if (h->why.code == FSK_EPROTO)
		snprintf(text, cap, "worker broke the protocol: %s", h->why.msg);
	else if (h->why.code != 0)
		snprintf(text, cap, "%s", h->why.msg);
	else
		snprintf(text, cap, "worker ended with %s before it said done", epitaph);
	f->reason = text;
}

static void bury(struct fsk_hand *h)
{
	struct fsk_crew *c = h->crew;
	struct fsk_task *t = h->task;
	struct fsk_hand **p = &c->hands;
	struct fsk_fault f;
	char text[FSK_ERR_MSG_MAX + 64];

	while (*p != h)
		p = &(*p)->next;
	*p = h->next;
	c->nhands--;
	fault_of(h, &f, text, sizeof(text));
	fsk_log(FSK_LOG_DEBUG, "worker %u: %s", h->number, fsk_process_epitaph(h->process));
	if (t != NULL && c->stopped)
		end_task(c, t, FSK_TASK_CANCELED, c->failure.msg);
	else if (t != NULL && !h->sent)
		lost_start(c, t, text);
	else if (t != NULL)
		lost_task(c, t, &f);
	else if (h->why.code == FSK_EPROTO && c->config.ops->fault != NULL)
		c->config.ops->fault(c->config.arg, NULL, &f);
	fsk_process_close(h->process);
	free(h);
	c->wanted = true;
}

static void settle(struct fsk_hand *h)
{
	fsk_monitor_drain(h);
	if (h->gone && !h->waiting)
		bury(h);
}

static void on_input(void *arg)
{
	fsk_monitor_drain(arg);
}

static void on_log(void *arg, enum fsk_log_level level, const char *line)
{
	const struct fsk_hand *h = arg;

	fsk_log(level, "worker %u: %s", h->number, line);
}

static void on_broken(void *arg, const char *reason)
{
	fsk_hand_end(arg, true, FSK_EPROTO, reason);
}

static void on_gone(void *arg)
{
	struct fsk_hand *h = arg;

	h->gone = true;
	h->deadline = 0;
	settle(h);
}

static const struct fsk_process_ops process_ops = {
	.input = on_input,
	.log = on_log,
	.broken = on_broken,
	.gone = on_gone,
};

static struct fsk_hand *hire(struct fsk_crew *c)
{
	struct fsk_hand *h = calloc(1, sizeof(*h));
	struct fsk_process_spec spec = {
		.loop = &c->loop,
		.program = c->config.program,
		.sources = c->config.sources,
		.shelves = c->config.shelves,
		.nshelves = c->config.nshelves,
		.ops = &process_ops,
		.arg = h,
	};
	struct fsk_err err;

	if (h == NULL) {
		fsk_crew_fail(c, FSK_ENOMEM, "out of memory");
		return NULL;
	}
	h->crew = c;
	h->number = ++c->stats.started;
	if (fsk_process_spawn(&h->process, &spec, &err) < 0) {
		fsk_crew_fail(c, err.code, err.msg);
		free(h);
		return NULL;
	}
	fsk_hand_arm(h);
	h->next = c->hands;
	c->hands = h;
	c->nhands++;
	return h;
}

/* ---- the run ---- */

static struct fsk_hand *idle_hand(struct fsk_crew *c)
{
	for (struct fsk_hand *h = c->hands; h != NULL; h = h->next)
		if (h->task == NULL && h->state == FSK_IPC_IDLE && !h->gone && h->why.code == 0)
			return h;
	return NULL;
}

static struct fsk_task *next_task(struct fsk_crew *c)
{
	struct fsk_task *t = c->retry;

	if (t != NULL) {
		c->retry = t->next;
		t->next = NULL;
		return t;
	}
	t = c->config.ops->next(c->config.arg);
	if (t != NULL)
		t->number = ++c->next_task;
	return t;
}

static bool all_idle(const struct fsk_crew *c)
{
	for (const struct fsk_hand *h = c->hands; h != NULL; h = h->next)
		if (h->task != NULL)
			return false;
	return true;
}

static void dismiss(struct fsk_crew *c)
{
	c->dismissed = true;
	for (struct fsk_hand *h = c->hands; h != NULL; h = h->next) {
		if (h->state == FSK_IPC_IDLE)
			send_message(h, FSK_MSG_QUIT, NULL, NULL, 0, NULL);
		h->deadline = uv_now(&c->loop) + 1000ull * QUIT_SECONDS;
	}
}

static void pump(struct fsk_crew *c)
{
	while (!c->stopped && !c->dismissed) {
		struct fsk_hand *h = idle_hand(c);
		struct fsk_task *t;
		if (h == NULL && c->nhands >= c->config.workers)
			return;
		t = next_task(c);
		if (t == NULL)
			break;
		if (h == NULL)
			h = hire(c);
		if (h == NULL) {
			retry_task(c, t);
			return;
		}
		h->task = t;
		h->sent = false;
		if (h->state == FSK_IPC_IDLE)
			fsk_hand_ready(h);
	}
	if (!c->stopped && !c->dismissed && all_idle(c))
		dismiss(c);
}

/* Also those that a stop has overtaken while they waited. */
static void wake_waiting(struct fsk_crew *c)
{
	struct fsk_hand *h, *next;

	for (h = c->hands; h != NULL; h = next) {
		next = h->next;
		if (!h->waiting && !h->gone && !h->condemned)
			continue;
		if (h->waiting && !h->gone)
			fsk_hand_arm(h);
		h->waiting = false;
		settle(h);
	}
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct fsk_crew *c = prepare->data;

	while (c->wanted) {
		c->wanted = false;
		wake_waiting(c);
		pump(c);
	}
}

static void watch(struct fsk_hand *h)
{
	const struct fsk_crew_config *c = &h->crew->config;
	char text[128];

	if (h->gone || h->why.code != 0)
		return;
	if (h->deadline != 0 && uv_now(&h->crew->loop) >= h->deadline) {
		snprintf(text, sizeof(text), "the step took longer than %u seconds",
		         c->step_seconds);
		fsk_hand_end(h, false, FSK_ETIMEOUT, text);
		return;
	}
	if (fsk_process_rss(fsk_process_pid(h->process)) > c->memory) {
		snprintf(text, sizeof(text), "the worker took more than %llu MiB of memory",
		         (unsigned long long) (c->memory / FSK_MIB));
		fsk_hand_end(h, false, FSK_ELIMIT, text);
	}
}

static void on_tick(uv_timer_t *timer)
{
	struct fsk_crew *c = timer->data;
	struct fsk_hand *h, *next;

	for (h = c->hands; h != NULL; h = next) {
		next = h->next;
		watch(h);
		fsk_process_tick(h->process); /* may be its end */
	}
	if (c->config.ops->tick != NULL)
		c->config.ops->tick(c->config.arg);
}

void fsk_crew_fail(struct fsk_crew *c, int code, const char *reason)
{
	if (c->failure.code == 0)
		fsk_err_set(&c->failure, code, "%s", reason);
	c->stopped = true;
	for (struct fsk_hand *h = c->hands; h != NULL; h = h->next) {
		fsk_hand_end(h, true, code, reason);
		c->wanted = true;
	}
}

static void on_signal(uv_signal_t *s, int signum)
{
	char text[64];

	snprintf(text, sizeof(text), "interrupted by signal %d (%s)", signum,
	         fsk_process_signal_name(signum));
	fsk_crew_fail(s->data, FSK_ECANCELED, text);
}

static void on_poke(uv_async_t *poke)
{
	struct fsk_crew *c = poke->data;

	if (c->config.ops->poke != NULL)
		c->config.ops->poke(c->config.arg);
}

void fsk_crew_poke(struct fsk_crew *c)
{
	uv_async_send(&c->poke);
}

void fsk_crew_wake(struct fsk_crew *c)
{
	c->wanted = true;
}

struct fsk_crew_stats fsk_crew_stats(const struct fsk_crew *c)
{
	return c->stats;
}

static int open_loop(struct fsk_crew *c, struct fsk_err *err)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	int rc = uv_loop_init(&c->loop);

	if (rc < 0)
		return fsk_err_set(err, FSK_EIO, "cannot make an event loop: %s", uv_strerror(rc));
	c->prepare.data = c->tick.data = c->poke.data = c;
	rc = uv_async_init(&c->loop, &c->poke, on_poke);
	if (rc < 0) {
		uv_loop_close(&c->loop);
		return fsk_err_set(err, FSK_EIO, "cannot make an event loop: %s", uv_strerror(rc));
	}
	uv_unref((uv_handle_t *) &c->poke);
	uv_prepare_init(&c->loop, &c->prepare);
	uv_prepare_start(&c->prepare, on_prepare);
	uv_unref((uv_handle_t *) &c->prepare);
	uv_timer_init(&c->loop, &c->tick);
	uv_timer_start(&c->tick, on_tick, TICK_MS, TICK_MS);
	uv_unref((uv_handle_t *) &c->tick);
	for (size_t i = 0; i < 3; i++) {
		c->signals[i].data = c;
		uv_signal_init(&c->loop, &c->signals[i]);
		uv_signal_start(&c->signals[i], on_signal, signals[i]);
		uv_unref((uv_handle_t *) &c->signals[i]);
	}
	return 0;
}

int fsk_crew_new(struct fsk_crew **out, const struct fsk_crew_config *config, struct fsk_err *err)
{
	struct fsk_crew *c = calloc(1, sizeof(*c));
	int rc;

	*out = NULL;
	if (c == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	c->config = *config;
	c->stats.workers = config->workers;
	rc = open_loop(c, err);
	if (rc < 0) {
		free(c);
		return rc;
	}
	*out = c;
	return 0;
}

void fsk_crew_free(struct fsk_crew *c)
{
	if (c == NULL)
		return;
	uv_close((uv_handle_t *) &c->prepare, NULL);
	uv_close((uv_handle_t *) &c->tick, NULL);
	uv_close((uv_handle_t *) &c->poke, NULL);
	for (size_t i = 0; i < 3; i++)
		uv_close((uv_handle_t *) &c->signals[i], NULL);
	uv_run(&c->loop, UV_RUN_DEFAULT);
	uv_loop_close(&c->loop);
	while (c->retry != NULL) {
		struct fsk_task *t = c->retry;
		c->retry = t->next;
		fsk_task_free(t);
	}
	free(c);
}

int fsk_crew_run(struct fsk_crew *c, struct fsk_err *err)
{
	c->wanted = true;
	while (c->wanted || c->hands != NULL) {
		on_prepare(&c->prepare);
		uv_run(&c->loop, UV_RUN_DEFAULT);
	}
	if (c->failure.code != 0)
		return fsk_err_set(err, c->failure.code, "%s", c->failure.msg);
	return 0;
}

int fsk_worker_find(char **out, struct fsk_err *err)
{
	char path[4096] = "";
	char *dir = fsk_host_program_dir();

	if (fsk_hook_worker() != NULL) {
		free(dir);
		*out = strdup(fsk_hook_worker());
		return *out != NULL ? 0 : fsk_err_set(err, FSK_ENOMEM, "out of memory");
	}
	if (dir != NULL)
		snprintf(path, sizeof(path), "%s/fossick-worker", dir);
	free(dir);
	if (!fsk_path_exists(path))
		snprintf(path, sizeof(path), "%s/fossick-worker", FSK_PKGLIBEXECDIR);
	*out = strdup(path);
	if (*out == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	if (fsk_path_exists(path))
		return 0;
	free(*out);
	*out = NULL;
	return fsk_err_set(err, FSK_ENOTFOUND,
	                   "fossick-worker is neither beside this program nor in \"%s\": keep "
	                   "fossick, fossick-worker and lua-scripts together in one folder",
	                   FSK_PKGLIBEXECDIR);
}
