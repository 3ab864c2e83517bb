#include <string.h>

#include "core/base/limits.h"
#include "core/keeper/hand.h"
#include "core/model/types.h"

#define IN(op) (1u << (op))
#define ANY_TASK (~0u)
#define WITH_ROWS (IN(FSK_TASK_PLUGINS) | IN(FSK_TASK_JUDGE))
#define WITH_FILES (IN(FSK_TASK_FETCH) | IN(FSK_TASK_CAT) | IN(FSK_TASK_HIVE))

typedef int take_fn(struct fsk_hand *h, const struct fsk_msg *m, struct fsk_err *err);

static int take_hello(struct fsk_hand *h, const struct fsk_msg *m, struct fsk_err *err)
{
	uint64_t proto;
	int rc = fsk_json_get_u64(&proto, m->head, "proto", err);

	if (rc < 0)
		return rc;
	if (proto != FSK_IPC_PROTO)
		return fsk_err_set(err, FSK_EPROTO, "worker speaks protocol %u, not %u",
		                   (unsigned) proto, FSK_IPC_PROTO);
	if (h->crew->config.ops->hello != NULL)
		h->crew->config.ops->hello(h->crew->config.arg, m->head);
	return fsk_hand_setup(h, err);
}

/* Layers are told to whoever asked; required ones that do not hold end the run. */
static int take_locked(struct fsk_hand *h, const struct fsk_msg *m, struct fsk_err *err)
{
	const struct fsk_crew_config *c = &h->crew->config;
	json_t *layers = json_object_get(m->head, "layers");
	bool held = json_array_size(layers) > 0;
	json_t *layer;
	size_t i;

	if (!json_is_array(layers))
		return fsk_err_set(err, FSK_EPROTO, "LOCKED without \"layers\"");
	json_array_foreach (layers, i, layer) {
		bool holds, essential;
		if (fsk_json_opt_bool(&holds, layer, "held", false, err) < 0 ||
		    fsk_json_opt_bool(&essential, layer, "essential", false, err) < 0)
			return err->code;
		held = held && (holds || !essential);
	}
	if (c->ops->locked != NULL)
		c->ops->locked(c->arg, layers, held);
	if (!held && c->require_sandbox) {
		fsk_crew_fail(h->crew, FSK_EPERM,
		              "the worker cannot be locked down, and --require-sandbox was given");
		return 0;
	}
	fsk_hand_ready(h);
	return 0;
}

static int check_task(const struct fsk_hand *h, const struct fsk_msg *m, struct fsk_err *err)
{
	uint64_t number;
	int rc = fsk_json_get_u64(&number, m->head, "task", err);

	if (rc < 0)
		return rc;
	if (number != h->task->number)
		return fsk_err_set(err, FSK_EPROTO, "%s is about task %llu, not %u",
		                   fsk_msg_name(m->type), (unsigned long long) number,
		                   h->task->number);
	return 0;
}

static int take_begin(struct fsk_hand *h, const struct fsk_msg *m, struct fsk_err *err)
{
	const struct fsk_crew_config *c = &h->crew->config;
	const char *key, *plugin, *target;
	bool again;
	int rc = check_task(h, m, err);

	if (rc < 0 || (rc = fsk_json_get_str(&key, m->head, "key", err)) < 0 ||
	    (rc = fsk_json_opt_str(&plugin, m->head, "plugin", NULL, err)) < 0 ||
	    (rc = fsk_json_opt_str(&target, m->head, "target", NULL, err)) < 0 ||
	    (rc = fsk_json_opt_bool(&again, m->head, "again", false, err)) < 0)
		return rc;
	if (strlen(key) > FSK_STEP_KEY_MAX || (plugin != NULL && strlen(plugin) > FSK_NAME_MAX))
		return fsk_err_set(err, FSK_EPROTO, "BEGIN of %zu bytes", strlen(key));
	rc = fsk_task_begin(h->task, key, plugin, target, again, err);
	if (rc < 0)
		return rc;
	fsk_hand_arm(h);
	if (c->ops->begun != NULL)
		c->ops->begun(c->arg, h->task);
	return 0;
}

static int take_done(struct fsk_hand *h, const struct fsk_msg *m, struct fsk_err *err)
{
	int rc = check_task(h, m, err);

	if (rc < 0)
		return rc;
	fsk_hand_finish_task(h, FSK_TASK_DONE, NULL);
	return 0;
}

static int take_failed(struct fsk_hand *h, const struct fsk_msg *m, struct fsk_err *err)
{
	struct fsk_err why; /* a copy that is cut: it may be said of many files */
	const char *reason;
	int rc = check_task(h, m, err);

	if (rc < 0 || (rc = fsk_json_get_str(&reason, m->head, "reason", err)) < 0)
		return rc;
	fsk_err_set(&why, FSK_EDIED, "%s", reason);
	fsk_hand_finish_task(h, FSK_TASK_FAILED, why.msg);
	return 0;
}

static int hand_over(struct fsk_hand *h, const struct fsk_msg *m, struct fsk_err *err)
{
	const struct fsk_crew_config *c = &h->crew->config;
	fsk_report_fn *report = c->ops->on[m->type];

	return report != NULL ? report(c->arg, h->task, m, err) : 0;
}

/* Bytes that arrive are progress of a step that reads a long file; so there
 * must be some, but no more than can be written before anyone else waits. */
static int take_data(struct fsk_hand *h, const struct fsk_msg *m, struct fsk_err *err)
{
	uint64_t zeros;
	int rc = fsk_json_opt_u64(&zeros, m->head, "zeros", 0, err);

	if (rc < 0)
		return rc;
	if ((zeros == 0) == (m->blob_len == 0))
		return fsk_err_set(err, FSK_EPROTO, "DATA with %s",
		                   zeros == 0 ? "nothing in it" : "both bytes and zeros");
	if (zeros > FSK_FILE_PIECE)
		return fsk_err_set(err, FSK_EPROTO, "DATA with more than %u zeros", FSK_FILE_PIECE);
	rc = hand_over(h, m, err);
	if (rc == 0)
		fsk_hand_arm(h);
	return rc;
}

/* While it waits for room in the archive, the step's clock stands still. */
static int take_payload(struct fsk_hand *h, const struct fsk_msg *m, struct fsk_err *err)
{
	int rc = hand_over(h, m, err);

	if (rc == 0 && h->deadline == 0)
		fsk_hand_arm(h);
	return rc;
}

/* The one table of what a worker may say. The state that a message needs is
 * in core/ipc/message.c; here is the task in which it makes sense. What is not
 * here (the keeper's own messages) is never taken. */
static const struct {
	enum fsk_msg_type type;
	unsigned tasks;
	take_fn *take;
} dispatch[] = {
	{ FSK_MSG_HELLO, ANY_TASK, take_hello },
	{ FSK_MSG_LOCKED, ANY_TASK, take_locked },
	{ FSK_MSG_BEGIN, ANY_TASK, take_begin },
	{ FSK_MSG_SOURCE, IN(FSK_TASK_PROBE) | IN(FSK_TASK_VERIFY), hand_over },
	{ FSK_MSG_VOLUME, IN(FSK_TASK_PROBE), hand_over },
	{ FSK_MSG_PLUGIN, IN(FSK_TASK_CHECK), hand_over },
	{ FSK_MSG_ENTRY, IN(FSK_TASK_LIST), hand_over },
	{ FSK_MSG_PLAN, IN(FSK_TASK_PLUGINS), hand_over },
	{ FSK_MSG_RECORD, WITH_ROWS, hand_over },
	{ FSK_MSG_FINDING, WITH_ROWS, hand_over },
	{ FSK_MSG_MACHINE, IN(FSK_TASK_PLUGINS), hand_over },
	{ FSK_MSG_COLLECT, IN(FSK_TASK_PLUGINS), hand_over },
	{ FSK_MSG_PAYLOAD, IN(FSK_TASK_PLUGINS), take_payload },
	{ FSK_MSG_VERDICT, IN(FSK_TASK_JUDGE), hand_over },
	{ FSK_MSG_ANOMALY, ANY_TASK, hand_over },
	{ FSK_MSG_FILE, WITH_FILES, hand_over },
	{ FSK_MSG_DATA, WITH_FILES, take_data },
	{ FSK_MSG_CLOSE, WITH_FILES, hand_over },
	{ FSK_MSG_HASHED, IN(FSK_TASK_HASH), hand_over },
	{ FSK_MSG_VERIFIED, IN(FSK_TASK_VERIFY), hand_over },
	{ FSK_MSG_HIVE, IN(FSK_TASK_HIVE), hand_over },
	{ FSK_MSG_DONE, ANY_TASK, take_done },
	{ FSK_MSG_FAILED, ANY_TASK, take_failed },
};

static int take(struct fsk_hand *h, const struct fsk_msg *m, struct fsk_err *err)
{
	enum fsk_ipc_state before = h->state;
	int rc = fsk_ipc_step(&h->state, m->type, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < sizeof(dispatch) / sizeof(dispatch[0]); i++) {
		if (dispatch[i].type != m->type)
			continue;
		if (h->task != NULL && !(dispatch[i].tasks & IN(h->task->op)))
			return fsk_err_set(err, FSK_EPROTO,
			                   "message %s is not permitted in task %s",
			                   fsk_msg_name(m->type), fsk_task_op_name(h->task->op));
		rc = dispatch[i].take(h, m, err);
		if (rc == FSK_CREW_WAIT)
			h->state = before;
		return rc;
	}
	return fsk_err_set(err, FSK_EPROTO, "message %s is not a worker's", fsk_msg_name(m->type));
}

void fsk_monitor_drain(struct fsk_hand *h)
{
	struct fsk_buf *in = fsk_process_input(h->process);
	size_t at = 0;

	while (!h->condemned && !h->waiting && at < in->len) {
		struct fsk_err err = { 0 };
		struct fsk_msg m = { 0 };
		int64_t n = fsk_msg_decode(&m, in->data + at, in->len - at, &err);
		int rc;
		if (n == 0)
			break;
		rc = n < 0 ? (int) n : take(h, &m, &err);
		fsk_msg_clear(&m);
		if (rc < 0) {
			fsk_hand_end(h, true, FSK_EPROTO, err.msg);
		} else if (rc == FSK_CREW_WAIT) {
			h->waiting = true;
			h->deadline = 0;
		} else {
			at += (size_t) n;
		}
	}
	if (at > 0 && h->crew->config.ops->drained != NULL)
		h->crew->config.ops->drained(h->crew->config.arg);
	fsk_buf_consume(in, h->condemned ? in->len : at);
	fsk_process_consumed(h->process);
}
