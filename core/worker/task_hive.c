/* Task "hive": a hive file and its transaction logs, each a source of its own. */
#include "core/worker/task.h"

#include <stdio.h>

#include "core/base/limits.h"
#include "core/model/types.h"
#include "core/registry/header.h"
#include "core/registry/hive.h"
#include "core/registry/peer.h"
#include "core/registry/replay.h"

#define DAMAGE_SENT 100u

struct job {
	struct fsk_session *session;
	const char *name;
	struct fsk_buf hive, logs[FSK_HIVE_LOGS_MAX];
	size_t nlogs;
	struct fsk_base_block before;
	struct fsk_replay replay;
	bool compare;
};

static int read_source(struct fsk_buf *out, struct job *j, uint64_t number, struct fsk_err *err)
{
	struct fsk_session *s = j->session;
	struct fsk_input *i;
	int rc;

	if (number >= s->inputs.count)
		return fsk_err_set(err, FSK_EPROTO, "there is no source %llu",
		                   (unsigned long long) number);
	i = &s->inputs.items[number];
	if (i->directory)
		return fsk_err_set(err, FSK_EINVAL, "\"%s\" is a folder", i->name);
	rc = fsk_input_open_source(&s->inputs, i, err);
	if (rc < 0)
		return rc;
	if (i->source->size > FSK_HIVE_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "\"%s\" is larger than %u bytes", i->name,
		                   FSK_HIVE_MAX);
	rc = fsk_buf_reserve(out, (size_t) i->source->size, err);
	if (rc < 0)
		return rc;
	fsk_source_read(i->source, out->data, (size_t) i->source->size, 0);
	out->len = (size_t) i->source->size;
	if (j->name == NULL)
		j->name = i->name;
	return 0;
}

static int read_all(struct job *j, const json_t *head, struct fsk_err *err)
{
	const json_t *logs = json_object_get(head, "logs");
	uint64_t number;
	int rc = fsk_json_get_u64(&number, head, "source", err);

	if (rc == 0 && json_array_size(logs) > FSK_HIVE_LOGS_MAX)
		rc = fsk_err_set(err, FSK_EPROTO, "TASK: more than %u logs", FSK_HIVE_LOGS_MAX);
	if (rc == 0)
		rc = read_source(&j->hive, j, number, err);
	for (size_t i = 0; rc == 0 && i < json_array_size(logs); i++) {
		const json_t *n = json_array_get(logs, i);

		number = json_is_integer(n) ? (uint64_t) json_integer_value(n) : UINT64_MAX;
		rc = read_source(&j->logs[i], j, number, err);
		j->nlogs = i + 1;
	}
	return rc;
}

static json_t *log_json(const struct fsk_log_result *r)
{
	json_t *j = json_pack("{s:s, s:I, s:I, s:I}", "state", fsk_log_state_name(r->state),
	                      "entries", (json_int_t) r->entries, "pages", (json_int_t) r->pages,
	                      "bytes", (json_int_t) r->bytes);

	if (r->entries > 0) {
		json_object_set_new(j, "first", json_integer(r->first));
		json_object_set_new(j, "last", json_integer(r->last));
	}
	if (r->note[0] != '\0')
		json_object_set_new(j, "note", fsk_json_text(r->note));
	return j;
}

static json_t *replay_json(const struct job *j)
{
	const struct fsk_replay *r = &j->replay;
	json_t *logs = json_array();

	for (size_t i = 0; i < j->nlogs; i++)
		json_array_append_new(logs, log_json(&r->logs[i]));
	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:o}", "applied", (int) r->applied, "entries",
	                 (json_int_t) r->entries, "pages", (json_int_t) r->pages, "bytes",
	                 (json_int_t) r->bytes, "grown", (json_int_t) r->grown, "logs", logs);
}

static json_t *base_json(const struct job *j)
{
	const struct fsk_base_block *b = &j->before;
	char version[32];

	snprintf(version, sizeof(version), "1.%u", b->minor);
	return json_pack("{s:I, s:I, s:s, s:[I,I], s:b, s:s, s:o}", "size",
	                 (json_int_t) j->hive.len, "bins", (json_int_t) b->bins, "version", version,
	                 "sequence", (json_int_t) b->sequence1, (json_int_t) b->sequence2, "dirty",
	                 (int) j->replay.dirty, "header", b->sound ? "sound" : "damaged", "replay",
	                 replay_json(j));
}

static json_t *peer_json(struct fsk_hive *h)
{
	struct fsk_err why = { 0 };
	struct fsk_peer p;

	if (fsk_hive_compare(&p, h, &why) < 0)
		return json_pack("{s:s, s:b, s:o}", "library", fsk_hive_library(), "read", 0,
		                 "first", fsk_json_text(why.msg));
	return json_pack("{s:s, s:b, s:I, s:I, s:I, s:o}", "library", fsk_hive_library(), "read",
	                 (int) p.read, "keys", (json_int_t) p.keys, "values", (json_int_t) p.values,
	                 "differences", (json_int_t) p.differences, "first",
	                 fsk_json_text(p.first));
}

/* What the hive holds; takes it out of `j`. */
static void add_content(json_t *head, struct job *j)
{
	const struct fsk_hive_info *info;
	json_t *damage = json_array();
	struct fsk_hive *h;
	struct fsk_err why = { 0 };
	char iso[FSK_TIME_STR_MAX];

	if (fsk_hive_open(&h, &j->hive, &why) < 0) {
		json_object_set_new(head, "error", fsk_json_text(why.msg));
		json_decref(damage);
		return;
	}
	info = fsk_hive_info(h);
	json_object_set_new(head, "name", fsk_json_text(info->name));
	json_object_set_new(head, "written", json_string(fsk_time_iso(iso, info->written)));
	json_object_set_new(head, "keys", json_integer((json_int_t) info->keys));
	json_object_set_new(head, "values", json_integer((json_int_t) info->values));
	json_object_set_new(head, "damaged", json_integer((json_int_t) info->damaged));
	for (size_t i = 0; i < DAMAGE_SENT && fsk_hive_damage(h, i) != NULL; i++)
		json_array_append_new(damage, fsk_json_text(fsk_hive_damage(h, i)));
	json_object_set_new(head, "damage", damage);
	if (j->compare)
		json_object_set_new(head, "peer", peer_json(h));
	fsk_hive_close(h);
}

static int send_hive(const struct job *j, struct fsk_err *err)
{
	struct fsk_locator at = { .path = (char *) j->name };
	int rc = fsk_report(j->session, FSK_MSG_FILE,
	                    json_pack("{s:I, s:o, s:I}", "id", (json_int_t) 1, "locator",
	                              fsk_locator_to_json(&at), "size", (json_int_t) j->hive.len),
	                    err);

	for (size_t off = 0; rc == 0 && off < j->hive.len; off += FSK_FILE_PIECE) {
		size_t n = j->hive.len - off < FSK_FILE_PIECE ? j->hive.len - off : FSK_FILE_PIECE;

		rc = fsk_report_blob(j->session, FSK_MSG_DATA,
		                     json_pack("{s:I}", "id", (json_int_t) 1), j->hive.data + off,
		                     n, err);
	}
	if (rc == 0)
		rc = fsk_report(j->session, FSK_MSG_CLOSE,
		                json_pack("{s:I, s:s}", "id", (json_int_t) 1, "status",
		                          fsk_status_name(FSK_STATUS_COMPLETE)),
		                err);
	return rc;
}

static int run(struct job *j, const json_t *head, struct fsk_err *err)
{
	struct fsk_hive_log logs[FSK_HIVE_LOGS_MAX];
	bool write = false;
	json_t *found;
	int rc = fsk_json_opt_bool(&write, head, "write", false, err);

	if (rc == 0)
		rc = fsk_json_opt_bool(&j->compare, head, "compare", false, err);
	if (rc == 0)
		rc = read_all(j, head, err);
	if (rc < 0)
		return rc;
	/* one that is damaged has no facts, which is a fact */
	fsk_base_block_parse(&j->before, j->hive.data, j->hive.len, NULL);
	for (size_t i = 0; i < j->nlogs; i++)
		logs[i] = (struct fsk_hive_log){ j->logs[i].data, j->logs[i].len };
	rc = fsk_replay_run(&j->replay, &j->hive, logs, j->nlogs, err);
	if (rc < 0)
		return rc;
	found = base_json(j);
	if (write)
		rc = send_hive(j, err);
	if (rc == 0 && found != NULL)
		add_content(found, j);
	if (rc == 0)
		return fsk_report(j->session, FSK_MSG_HIVE, found, err);
	json_decref(found);
	return rc;
}

int fsk_task_hive(struct fsk_session *s, const json_t *head, struct fsk_err *err)
{
	struct job j = { .session = s };
	int rc = fsk_step_begin(s, "hive", NULL, "hive", FSK_STEP_AGAIN, err);

	if (rc == 0)
		return fsk_err_set(err, FSK_EDIED, "reading the hive ended a worker");
	if (rc < 0)
		return rc;
	fsk_buf_init(&j.hive, FSK_HIVE_MAX);
	for (size_t i = 0; i < FSK_HIVE_LOGS_MAX; i++)
		fsk_buf_init(&j.logs[i], FSK_HIVE_MAX);
	rc = run(&j, head, err);
	fsk_buf_free(&j.hive);
	for (size_t i = 0; i < FSK_HIVE_LOGS_MAX; i++)
		fsk_buf_free(&j.logs[i]);
	return rc;
}
