/* Task "judge": plugins that judge one machine by what the others made of it. */
#include "core/worker/task.h"

#include <stdio.h>

#include "core/model/types.h"

/* What went wrong is an anomaly, and the plugin's last word when it said no verdict. */
static int report_failed(struct fsk_session *s, const char *name, bool said,
                         const struct fsk_err *why, struct fsk_err *err)
{
	char object[300];
	int rc = 0;

	snprintf(object, sizeof(object), "plugin \"%.256s\"", name);
	if (!said)
		rc = fsk_report(
		    s, FSK_MSG_VERDICT,
		    json_pack("{s:s, s:o}", "plugin", name, "failed", fsk_json_text(why->msg)),
		    err);
	return rc == 0 ? fsk_report_failure(s, why, object, NULL, err) : rc;
}

static int judge(struct fsk_session *s, const char *name, struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	char key[300];
	bool said;
	int rc;

	snprintf(key, sizeof(key), "judge|%.256s", name);
	rc = fsk_step_begin(s, key, name, s->rows.name, 0, err);
	if (rc <= 0)
		return rc;
	rc = fsk_engine_judge(&said, s->engine, name, &s->rows, &why);
	if (s->lost.code != 0)
		return fsk_err_set(err, s->lost.code, "%s", s->lost.msg);
	if (rc == 0 && said)
		return 0;
	if (rc == 0)
		fsk_err_set(&why, FSK_EPLUGIN, "the plugin ended without a verdict");
	return report_failed(s, name, said, &why, err);
}

int fsk_task_judge(struct fsk_session *s, const json_t *head, struct fsk_err *err)
{
	const json_t *names = json_object_get(head, "plugins");
	json_t *name;
	size_t i;
	int rc = fsk_json_get_str(&s->rows.name, head, "name", err);

	if (rc == 0)
		rc = fsk_json_opt_bool(&s->rows.truncated, head, "truncated", false, err);
	json_array_foreach ((json_t *) names, i, name) {
		if (rc == 0 && !json_is_string(name))
			rc = fsk_err_set(err, FSK_EPROTO, "TASK: plugin %zu is not a string", i);
		if (rc == 0)
			rc = judge(s, json_string_value(name), err);
	}
	return rc;
}
