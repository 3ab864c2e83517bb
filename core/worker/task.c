/* What several tasks have in common. */
#include "core/worker/task.h"

#include <stdio.h>

#include "core/base/limits.h"
#include "core/model/times.h"
#include "core/model/types.h"

static int set_system(struct fsk_volume *v, const json_t *head, struct fsk_err *err)
{
	const char *letter, *os;
	int rc = fsk_json_opt_str(&letter, head, "letter", "", err);

	if (rc == 0)
		rc = fsk_json_opt_str(&os, head, "os", v->os, err);
	if (rc != 0)
		return fsk_err_wrap(err, "TASK");
	v->letter = letter[0];
	if (os != v->os)
		snprintf(v->os, sizeof(v->os), "%s", os);
	return 0;
}

int fsk_task_volume(struct fsk_input **input, struct fsk_input_volume **volume,
                    struct fsk_session *s, const json_t *head, struct fsk_err *err)
{
	uint64_t source, number;
	int rc = fsk_json_get_u64(&source, head, "source", err);

	if (rc == 0)
		rc = fsk_json_get_u64(&number, head, "volume", err);
	if (rc != 0)
		return fsk_err_wrap(err, "TASK");
	s->muted = true;
	rc = fsk_inputs_find(input, volume, &s->inputs, source, number, err);
	s->muted = false;
	return rc ? rc : set_system(&(*volume)->v, head, err);
}

char *fsk_task_path(const struct fsk_locator *l, struct fsk_err *err)
{
	struct fsk_buf b;
	char *path = NULL;

	fsk_buf_init(&b, FSK_FRAME_HEAD_MAX);
	if (fsk_buf_printf(&b, err, "%s%s%s", l->path, l->stream ? ":" : "",
	                   l->stream ? l->stream : "") == 0)
		path = fsk_buf_steal_str(&b, err);
	fsk_buf_free(&b);
	return path;
}

json_t *fsk_entry_head(const struct fsk_entry *e, const char *letter)
{
	json_t *head = json_pack("{s:o, s:I, s:o}", "locator", fsk_locator_to_json(&e->loc), "size",
	                         (json_int_t) e->size, "times", fsk_times_to_json(&e->times));

	if (head && letter[0])
		json_object_set_new(head, "letter", json_string(letter));
	return head;
}

int fsk_task_report_source(struct fsk_session *s, const struct fsk_input *i, struct fsk_err *err)
{
	const struct fsk_source *src = i->source;

	if (!src)
		return fsk_report(
		    s, FSK_MSG_SOURCE,
		    json_pack("{s:I, s:s}", "source", (json_int_t) i->index, "format", "directory"),
		    err);
	return fsk_report(s, FSK_MSG_SOURCE,
	                  json_pack("{s:I, s:s, s:I, s:I, s:O, s:O}", "source",
	                            (json_int_t) i->index, "format", src->ops->format, "size",
	                            (json_int_t) src->size, "sector_size",
	                            (json_int_t) src->sector_size, "metadata", src->metadata,
	                            "stored", src->stored),
	                  err);
}
