/* Files that workers send, into the archive. When that has no room, they wait
 * with what they have sent (see FSK_PROCESS_AHEAD). */
#include "core/keeper/collect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/keeper/member.h"

static bool task_has(const struct fsk_task *t, uint64_t id)
{
	json_t *file;
	size_t i;

	json_array_foreach (json_object_get(t->head, "files"), i, file)
		if ((uint64_t) json_integer_value(json_object_get(file, "id")) == id)
			return true;
	return false;
}

static int find_request(struct fsk_request **out, struct fsk_collect *c, const struct fsk_task *t,
                        const json_t *head, struct fsk_err *err)
{
	uint64_t id;
	int rc = fsk_json_get_u64(&id, head, "id", err);

	if (rc < 0)
		return rc;
	if (id >= c->requests.count || !task_has(t, id))
		return fsk_err_set(err, FSK_EPROTO, "file %llu is not of this task",
		                   (unsigned long long) id);
	*out = &c->requests.items[id];
	return 0;
}

static int begin_member(struct fsk_collect *c, struct fsk_incoming *in, const struct fsk_request *q,
                        const json_t *head, struct fsk_err *err)
{
	const struct fsk_probed_volume *v = fsk_probe_find(&c->session.probe, q->loc.source,
	                                                   q->loc.volume);
	struct fsk_times times;
	struct fsk_member m = {
		.locator = &q->loc,
		.times = &times,
		.expected = q->size,
		.reasons = q->reasons,
		.tag = q->id,
	};
	const json_t *sent = json_object_get(head, "times");
	struct fsk_err failed;
	struct fsk_buf name;
	int rc;

	fsk_times_clear(&times);
	rc = fsk_json_opt_u64(&m.expected, head, "size", q->size, err);
	if (rc == 0 && (sent != NULL || q->times != NULL))
		rc = fsk_times_from_json(&times, sent != NULL ? sent : q->times, err);
	if (rc < 0)
		return rc;
	fsk_buf_init(&name, FSK_MEMBER_NAME_MAX);
	rc = fsk_member_name(&name, &q->loc, q->twin, v != NULL ? v->place : "unknown",
	                     c->session.sources.count > 1, &failed);
	if (rc == 0)
		rc = fsk_buf_append_u8(&name, 0, &failed);
	if (rc == 0) {
		m.name = (const char *) name.data;
		rc = fsk_archive_begin(&in->member, c->archive, &m, &failed);
	}
	fsk_buf_free(&name);
	in->size = m.expected;
	return rc < 0 ? fsk_collect_archive_failed(c, &failed) : 0;
}

int fsk_collect_on_file(void *arg, struct fsk_task *t, const struct fsk_msg *m, struct fsk_err *err)
{
	struct fsk_collect *c = arg;
	struct fsk_incoming *in;
	struct fsk_request *q = NULL;
	int rc = find_request(&q, c, t, m->head, err);

	if (rc < 0)
		return rc;
	if (q->state != FSK_REQUEST_ASSIGNED)
		return fsk_err_set(err, FSK_EPROTO, "file %u was sent before", q->id);
	if (!fsk_archive_has_room(c->archive, NULL, 0))
		return FSK_CREW_WAIT;
	in = calloc(1, sizeof(*in));
	if (in == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	rc = begin_member(c, in, q, m->head, err);
	if (rc < 0 || in->member == NULL) {
		free(in);
		return rc;
	}
	q->state = FSK_REQUEST_OPEN;
	in->task = t;
	in->id = q->id;
	in->next = c->incoming;
	c->incoming = in;
	return 0;
}

static int find_incoming(struct fsk_incoming **out, const struct fsk_collect *c,
                         const struct fsk_task *t, const json_t *head, struct fsk_err *err)
{
	uint64_t id;
	int rc = fsk_json_get_u64(&id, head, "id", err);

	if (rc < 0)
		return rc;
	for (*out = c->incoming; *out != NULL; *out = (*out)->next)
		if ((*out)->task == t && (*out)->id == id)
			return 0;
	return fsk_err_set(err, FSK_EPROTO, "file %llu is not open", (unsigned long long) id);
}

int fsk_collect_on_data(void *arg, struct fsk_task *t, const struct fsk_msg *m, struct fsk_err *err)
{
	struct fsk_collect *c = arg;
	struct fsk_incoming *in;
	struct fsk_err failed;
	uint64_t zeros, n;
	int rc = find_incoming(&in, c, t, m->head, err);

	if (rc < 0 || (rc = fsk_json_opt_u64(&zeros, m->head, "zeros", 0, err)) < 0)
		return rc;
	n = zeros > 0 ? zeros : m->blob_len;
	if (n > c->session.options->limit_size - in->bytes)
		return fsk_err_set(err, FSK_EPROTO,
		                   "file %u is longer than the limit of %llu bytes", in->id,
		                   (unsigned long long) c->session.options->limit_size);
	if (!fsk_archive_has_room(c->archive, in->member, (size_t) n))
		return FSK_CREW_WAIT;
	rc = zeros > 0 ? fsk_archive_write_zeros(in->member, zeros, &failed)
	               : fsk_archive_write(in->member, m->blob, m->blob_len, &failed);
	if (rc < 0)
		return fsk_collect_archive_failed(c, &failed);
	in->bytes += n;
	c->counts.bytes += n;
	c->progress.bytes += n;
	return 0;
}

static void count_status(struct fsk_collect *c, enum fsk_status s)
{
	switch (s) {
	case FSK_STATUS_COMPLETE:
		c->counts.complete++;
		break;
	case FSK_STATUS_PARTIAL:
		c->counts.partial++;
		break;
	case FSK_STATUS_UNREADABLE:
		c->counts.unreadable++;
		break;
	case FSK_STATUS_OVER_LIMIT:
		c->counts.over_limit++;
		break;
	case FSK_STATUS_INCOMPLETE:
		c->counts.incomplete++;
		break;
	}
}

/* What is not complete is also an anomaly, with its ranges. */
static void report_status(struct fsk_collect *c, const struct fsk_request *q,
                          enum fsk_status status, const char *reason,
                          const struct fsk_range *ranges, size_t n)
{
	char *place = fsk_collect_place(c, &q->loc);
	struct fsk_err text;
	json_t *a;

	fsk_err_set(&text, 0, "%s%s%s", fsk_status_name(status), reason[0] != '\0' ? ": " : "",
	            reason);
	a = fsk_anomaly_json(status == FSK_STATUS_INCOMPLETE   ? FSK_EDIED
	                     : status == FSK_STATUS_OVER_LIMIT ? FSK_ELIMIT
	                                                       : FSK_EIO,
	                     place != NULL ? place : q->loc.path, text.msg, &q->loc, ranges, n);
	json_object_set_new(a, "status", json_string(fsk_status_name(status)));
	fsk_collect_anomaly(c, a);
	json_decref(a);
	free(place);
}

/* It counts once the archive has the last word. */
static int end_member(struct fsk_collect *c, struct fsk_incoming *in, enum fsk_status status,
                      const char *reason, const struct fsk_range *ranges, size_t n)
{
	struct fsk_request *q = &c->requests.items[in->id];
	struct fsk_incoming **at = &c->incoming;
	struct fsk_err failed;
	int rc;

	while (*at != in)
		at = &(*at)->next;
	*at = in->next;
	q->state = FSK_REQUEST_OVER;
	rc = fsk_archive_end(in->member, status, reason[0] != '\0' ? reason : NULL, ranges, n,
	                     &failed);
	free(in);
	if (rc < 0)
		return fsk_collect_archive_failed(c, &failed);
	if (status != FSK_STATUS_COMPLETE)
		report_status(c, q, status, reason, ranges, n);
	return 0;
}

void fsk_collect_on_settled(void *arg, const struct fsk_settled *s)
{
	struct fsk_collect *c = arg;
	struct fsk_err failed;

	if (s->code == 0 && s->tag == FSK_PAYLOAD_TAG)
		return;
	if (s->code == 0) {
		count_status(c, s->status);
		c->progress.files++;
		return;
	}
	c->counts.dropped++;
	fsk_err_set(&failed, s->code, "%s", s->why);
	fsk_collect_archive_failed(c, &failed);
}

static int parse_ranges(struct fsk_range **out, size_t *count, const json_t *list,
                        struct fsk_err *err)
{
	size_t n = json_array_size(list);
	struct fsk_range *r;

	*out = NULL;
	*count = 0;
	if (list != NULL && !json_is_array(list))
		return fsk_err_set(err, FSK_EPROTO, "\"ranges\" is no list");
	if (n > FSK_RANGELOG_MAX)
		return fsk_err_set(err, FSK_EPROTO, "more than %u ranges", FSK_RANGELOG_MAX);
	r = calloc(n + 1, sizeof(*r));
	if (r == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const json_t *pair = json_array_get(list, i);
		json_int_t offset = json_integer_value(json_array_get(pair, 0));
		json_int_t length = json_integer_value(json_array_get(pair, 1));
		if (json_array_size(pair) != 2 || offset < 0 || length <= 0) {
			free(r);
			return fsk_err_set(err, FSK_EPROTO, "range %zu is no [offset, length]", i);
		}
		r[i] = (struct fsk_range){ .offset = (uint64_t) offset,
			                   .length = (uint64_t) length };
	}
	*out = r;
	*count = n;
	return 0;
}

int fsk_collect_on_close(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                         struct fsk_err *err)
{
	struct fsk_collect *c = arg;
	const char *word, *reason;
	char length[80];
	struct fsk_range *ranges;
	struct fsk_incoming *in;
	enum fsk_status status;
	size_t n;
	int rc = find_incoming(&in, c, t, m->head, err);

	if (rc < 0 || (rc = fsk_json_get_str(&word, m->head, "status", err)) < 0 ||
	    (rc = fsk_json_opt_str(&reason, m->head, "reason", "", err)) < 0)
		return rc;
	if (fsk_status_parse(&status, word) < 0)
		return fsk_err_set(err, FSK_EPROTO, "\"%.40s\" is no status", word);
	if (strlen(reason) > FSK_REASON_SENT_MAX)
		return fsk_err_set(err, FSK_EPROTO, "CLOSE with a reason of %zu bytes",
		                   strlen(reason));
	if (status == FSK_STATUS_COMPLETE && in->bytes != in->size) {
		snprintf(length, sizeof(length), "%llu bytes came of %llu",
		         (unsigned long long) in->bytes, (unsigned long long) in->size);
		status = FSK_STATUS_INCOMPLETE;
		reason = length;
	}
	rc = parse_ranges(&ranges, &n, json_object_get(m->head, "ranges"), err);
	if (rc < 0)
		return rc;
	rc = end_member(c, in, status, reason, ranges, n);
	free(ranges);
	return rc;
}

void fsk_collect_abandon_open(struct fsk_collect *c, const struct fsk_task *t, const char *reason)
{
	struct fsk_incoming *in, *next;

	fsk_payloads_abandon(&c->payloads, t);
	for (in = c->incoming; in != NULL; in = next) {
		next = in->next;
		if (t == NULL || in->task == t)
			end_member(c, in, FSK_STATUS_INCOMPLETE, reason, NULL, 0);
	}
}

void fsk_collect_fetch_ended(struct fsk_collect *c, const struct fsk_task *t, const char *why)
{
	json_t *file;
	size_t i;

	json_array_foreach (json_object_get(t->head, "files"), i, file) {
		uint32_t id = (uint32_t) json_integer_value(json_object_get(file, "id"));
		struct fsk_request *q = &c->requests.items[id];
		char *place;
		json_t *a;
		if (q->state == FSK_REQUEST_OVER)
			continue;
		q->state = FSK_REQUEST_OVER;
		c->counts.undelivered++;
		place = fsk_collect_place(c, &q->loc);
		a = fsk_anomaly_json(FSK_EDIED, place != NULL ? place : q->loc.path,
		                     why != NULL ? why : "asked for, but not delivered", &q->loc,
		                     NULL, 0);
		fsk_collect_anomaly(c, a);
		json_decref(a);
		free(place);
	}
}
