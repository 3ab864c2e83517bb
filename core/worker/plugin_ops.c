#include "core/worker/plugin_ops.h"

#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/model/types.h"
#include "core/worker/task.h"

/* Of the volume that it lies on, which is open. */
static void letter_text(char out[2], const struct fsk_session *s, const struct fsk_locator *loc)
{
	const struct fsk_inputs *in = &s->inputs;

	out[0] = s->volume->letter;
	out[1] = '\0';
	if (loc->source < in->count && loc->volume < in->items[loc->source].nvolumes)
		out[0] = in->items[loc->source].volumes[loc->volume].v.letter;
}

/* Says which plugin and which volume it is of; a plugin that judges has none. */
static int send_row(struct fsk_session *s, enum fsk_msg_type t, const char *plugin, json_t *row,
                    struct fsk_err *err)
{
	if (row)
		json_object_set_new(row, "plugin", json_string(plugin));
	if (row && s->volume)
		json_object_set_new(row, "volume",
		                    json_pack("[I, I]", (json_int_t) s->volume->source,
		                              (json_int_t) s->volume->index));
	return fsk_report(s, t, row, err);
}

static int on_record(void *arg, const char *plugin, const char *row, size_t n, struct fsk_err *err)
{
	(void) plugin; /* it is the one of the step in hand */
	return fsk_report_row(arg, row, n, err);
}

static int on_finding(void *arg, const char *plugin, json_t *finding, struct fsk_err *err)
{
	return send_row(arg, FSK_MSG_FINDING, plugin, json_copy(finding), err);
}

static int on_machine(void *arg, const char *plugin, json_t *facts, struct fsk_err *err)
{
	return send_row(arg, FSK_MSG_MACHINE, plugin, json_pack("{s:O}", "facts", facts), err);
}

static int on_verdict(void *arg, const char *plugin, json_t *verdict, struct fsk_err *err)
{
	return send_row(arg, FSK_MSG_VERDICT, plugin, json_pack("{s:O}", "verdict", verdict), err);
}

static int on_collect(void *arg, const char *plugin, const struct fsk_entry *e, const char *reason,
                      struct fsk_err *err)
{
	struct fsk_session *s = arg;
	char letter[2];
	json_t *head;

	letter_text(letter, s, &e->loc);
	head = fsk_entry_head(e, letter);
	if (head) {
		json_object_set_new(head, "plugin", json_string(plugin));
		json_object_set_new(head, "reason", fsk_json_text(reason));
	}
	return fsk_report(s, FSK_MSG_COLLECT, head, err);
}

static int on_anomaly(void *arg, const char *plugin, json_t *anomaly, struct fsk_err *err)
{
	(void) plugin; /* it is the one of the step in hand */
	return fsk_report_anomaly(arg, anomaly, err);
}

/* In pieces that fit into frames. */
static int on_payload(void *arg, const char *plugin, const struct fsk_engine_payload *p,
                      struct fsk_err *err)
{
	struct fsk_session *s = arg;
	int rc = 0;

	for (size_t at = 0, n; rc == 0 && at < p->size; at += n) {
		json_t *head = json_pack("{s:s, s:[I, I], s:o, s:I, s:I}", "plugin", plugin,
		                         "volume", (json_int_t) s->volume->source,
		                         (json_int_t) s->volume->index, "locator",
		                         fsk_locator_to_json(&p->from->loc), "size",
		                         (json_int_t) p->size, "at", (json_int_t) at);

		n = p->size - at < FSK_FILE_PIECE ? p->size - at : FSK_FILE_PIECE;
		if (head && p->name)
			json_object_set_new(head, "name", fsk_json_text(p->name));
		if (head && p->kind)
			json_object_set_new(head, "kind", fsk_json_text(p->kind));
		rc = fsk_report_blob(s, FSK_MSG_PAYLOAD, head, p->bytes + at, n, err);
	}
	return rc;
}

static void on_log(void *arg, const char *plugin, const char *text)
{
	(void) arg;
	fsk_log(FSK_LOG_INFO, "%s: %s", plugin, text);
}

const struct fsk_engine_ops fsk_plugin_ops = {
	.record = on_record,
	.finding = on_finding,
	.machine = on_machine,
	.verdict = on_verdict,
	.collect = on_collect,
	.anomaly = on_anomaly,
	.payload = on_payload,
	.log = on_log,
};
