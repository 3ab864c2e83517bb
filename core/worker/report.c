#include "core/worker/report.h"

#include <stdlib.h>
#include <string.h>

#include "core/model/anomaly.h"
#include "core/model/types.h"

static int over_limit(struct fsk_session *s, enum fsk_msg_type t, const struct fsk_err *why,
                      struct fsk_err *err)
{
	json_t *a = fsk_anomaly_json(FSK_ELIMIT, fsk_msg_name(t), why->msg, NULL, NULL, 0);
	int rc = a ? 0 : fsk_err_set(err, FSK_ENOMEM, "anomaly: out of memory");

	if (rc == 0 && s->plugin)
		json_object_set_new(a, "plugin", json_string(s->plugin));
	/* the step is left out: its key may be what made the frame too large */
	if (rc == 0)
		rc = fsk_channel_send(&s->channel, FSK_MSG_ANOMALY, a, NULL, 0, err);
	json_decref(a);
	return rc;
}

static int report(struct fsk_session *s, enum fsk_msg_type t, const json_t *head, const void *blob,
                  size_t n, struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	int rc = fsk_channel_send(&s->channel, t, head, blob, n, &why);

	if (rc == FSK_ELIMIT)
		rc = over_limit(s, t, &why, &why);
	if (rc == 0)
		return 0;
	s->lost = why;
	return fsk_err_set(err, rc, "%s", why.msg);
}

int fsk_report_blob(struct fsk_session *s, enum fsk_msg_type t, json_t *head, const void *blob,
                    size_t n, struct fsk_err *err)
{
	int rc;

	if (!head)
		return fsk_err_set(err, FSK_ENOMEM, "%s: out of memory", fsk_msg_name(t));
	rc = report(s, t, head, blob, n, err);
	json_decref(head);
	return rc;
}

int fsk_report_row(struct fsk_session *s, const char *row, size_t n, struct fsk_err *err)
{
	int rc = report(s, FSK_MSG_RECORD, NULL, row, n, err);

	if (rc == 0)
		fsk_fault_row(&s->fault);
	return rc;
}

int fsk_report(struct fsk_session *s, enum fsk_msg_type t, json_t *head, struct fsk_err *err)
{
	return fsk_report_blob(s, t, head, NULL, 0, err);
}

int fsk_report_anomaly(struct fsk_session *s, json_t *anomaly, struct fsk_err *err)
{
	json_t *a = json_copy(anomaly);

	if (a && s->plugin)
		json_object_set_new(a, "plugin", json_string(s->plugin));
	if (a && s->step && !json_is_true(json_object_get(a, "given")))
		json_object_set_new(a, "step", json_string(s->step));
	return fsk_report(s, FSK_MSG_ANOMALY, a, err);
}

int fsk_report_failure(struct fsk_session *s, const struct fsk_err *why, const char *object,
                       const struct fsk_locator *where, struct fsk_err *err)
{
	json_t *a = fsk_anomaly_json(why->code, object, why->msg, where, NULL, 0);
	int rc = a ? fsk_report_anomaly(s, a, err)
	           : fsk_err_set(err, FSK_ENOMEM, "anomaly: out of memory");

	json_decref(a);
	return rc;
}

void fsk_report_sink(void *arg, json_t *anomaly)
{
	struct fsk_session *s = arg;

	/* Without plugin and step: what is wrong with the evidence is nobody's
	 * doing, and the same words each time let the keeper see that it is the
	 * same thing. A failure is remembered in s->lost. */
	if (!s->muted && s->lost.code == 0)
		fsk_report(s, FSK_MSG_ANOMALY, json_incref(anomaly), NULL);
}

void fsk_step_end(struct fsk_session *s)
{
	free(s->step);
	free(s->plugin);
	s->step = s->plugin = NULL;
}

static int announce(struct fsk_session *s, const char *target, unsigned flags, struct fsk_err *err)
{
	json_t *head = json_pack("{s:I, s:s}", "task", (json_int_t) s->task, "key", s->step);
	int rc;

	if (head && s->plugin)
		json_object_set_new(head, "plugin", json_string(s->plugin));
	if (head && target)
		json_object_set_new(head, "target", fsk_json_text(target));
	if (head && flags & FSK_STEP_AGAIN)
		json_object_set_new(head, "again", json_true());
	rc = fsk_report(s, FSK_MSG_BEGIN, head, err);
	if (rc == 0)
		fsk_fault_step(&s->fault);
	return rc;
}

int fsk_step_begin(struct fsk_session *s, const char *key, const char *plugin, const char *target,
                   unsigned flags, struct fsk_err *err)
{
	bool skip;
	int rc;

	fsk_step_end(s);
	if (s->lost.code != 0)
		return fsk_err_set(err, s->lost.code, "%s", s->lost.msg);
	rc = fsk_steps_next(&s->step, &skip, &s->steps, key, err);
	if (rc != 0)
		return rc;
	if (skip) {
		fsk_step_end(s);
		return 0;
	}
	s->plugin = plugin ? strdup(plugin) : NULL;
	if (plugin && !s->plugin)
		return fsk_err_set(err, FSK_ENOMEM, "step: out of memory");
	rc = announce(s, target, flags, err);
	return rc == 0 ? 1 : rc;
}
