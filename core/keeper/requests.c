#include "core/keeper/requests.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/model/times.h"
#include "core/model/types.h"

/* memory of a request, and of one of its reasons, less their text */
#define REQUEST_COST 256u
#define REASON_COST 128u

void fsk_requests_init(struct fsk_requests *r)
{
	memset(r, 0, sizeof(*r));
	r->index = json_object();
	r->names = json_object();
}

void fsk_requests_free(struct fsk_requests *r)
{
	for (size_t i = 0; i < r->count; i++) {
		fsk_locator_free(&r->items[i].loc);
		json_decref(r->items[i].times);
		json_decref(r->items[i].reasons);
	}
	free(r->items);
	json_decref(r->index);
	json_decref(r->names);
	memset(r, 0, sizeof(*r));
}

static char *locator_key(const struct fsk_locator *l, struct fsk_err *err)
{
	struct fsk_buf b;
	char *key = NULL;

	fsk_buf_init(&b, 4 * FSK_PATH_MAX);
	if (fsk_buf_printf(&b, err, "%u/%u/%" PRIu64 "/%" PRIu64 "/%d/%zu/%s/%s", l->source,
	                   l->volume, l->addr, l->seq, l->deleted,
	                   l->stream != NULL ? strlen(l->stream) : 0,
	                   l->stream != NULL ? l->stream : "", l->path) == 0)
		key = fsk_buf_steal_str(&b, err);
	fsk_buf_free(&b);
	return key;
}

static int spend(struct fsk_requests *r, uint64_t bytes, struct fsk_err *err)
{
	if (bytes > FSK_REQUEST_BYTES_MAX - r->bytes)
		return fsk_err_set(err, FSK_ELIMIT,
		                   "files asked for take more than %llu MiB of memory",
		                   FSK_REQUEST_BYTES_MAX / FSK_MIB);
	r->bytes += bytes;
	return 0;
}

static int reason_cmp(const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "plugin", "reason" };
	int c = 0;

	for (size_t i = 0; c == 0 && i < 2; i++)
		c = strcmp(json_string_value(json_object_get(a, keys[i])),
		           json_string_value(json_object_get(b, keys[i])));
	return c;
}

static int add_reason(struct fsk_requests *r, struct fsk_request *q, const char *plugin,
                      const char *reason, struct fsk_err *err)
{
	json_t *mine = json_pack("{s:s, s:s}", "plugin", plugin, "reason", reason);
	size_t at = 0;

	while (at < json_array_size(q->reasons) &&
	       reason_cmp(json_array_get(q->reasons, at), mine) < 0)
		at++;
	if (json_array_size(q->reasons) >= FSK_REASONS_MAX ||
	    (at < json_array_size(q->reasons) &&
	     reason_cmp(json_array_get(q->reasons, at), mine) == 0)) {
		json_decref(mine);
		return 0;
	}
	json_array_insert_new(q->reasons, at, mine);
	return spend(r, REASON_COST + strlen(reason), err);
}

static int grow(struct fsk_requests *r, struct fsk_err *err)
{
	size_t cap = r->cap > 0 ? 2 * r->cap : 256;
	struct fsk_request *more;

	if (r->count < r->cap)
		return 0;
	if (r->count >= FSK_REQUESTS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u files asked for",
		                   FSK_REQUESTS_MAX);
	more = realloc(r->items, cap * sizeof(*more));
	if (more == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	r->items = more;
	r->cap = cap;
	return 0;
}

/* On success `loc` belongs to the list. */
static int add_new(uint32_t *id, struct fsk_requests *r, const char *key, struct fsk_locator *loc,
                   const json_t *head, struct fsk_err *err)
{
	const json_t *sent = json_object_get(head, "times");
	struct fsk_times times;
	struct fsk_request *q;
	const char *letter;
	uint64_t size;
	int rc = fsk_json_opt_u64(&size, head, "size", 0, err);

	if (rc < 0 || (rc = fsk_json_opt_str(&letter, head, "letter", "", err)) < 0 ||
	    (rc = fsk_times_from_json(&times, sent, err)) < 0 || (rc = grow(r, err)) < 0 ||
	    (rc = spend(r, REQUEST_COST + 3 * strlen(key), err)) < 0)
		return rc;
	q = &r->items[r->count];
	memset(q, 0, sizeof(*q));
	q->id = *id = (uint32_t) r->count++;
	q->loc = *loc;
	q->letter[0] = letter[0];
	q->size = size;
	q->times = sent != NULL ? fsk_times_to_json(&times) : NULL;
	q->reasons = json_array();
	json_object_set_new(r->index, key, json_integer(q->id));
	memset(loc, 0, sizeof(*loc));
	return 0;
}

int fsk_requests_add(uint32_t *id, struct fsk_requests *r, const json_t *head, struct fsk_err *err)
{
	struct fsk_locator loc = { 0 };
	const char *plugin, *reason;
	char *key = NULL;
	json_t *known;
	int rc = fsk_locator_from_json(&loc, json_object_get(head, "locator"), err);

	if (rc < 0)
		return rc;
	if ((rc = fsk_json_get_str(&plugin, head, "plugin", err)) < 0 ||
	    (rc = fsk_json_opt_str(&reason, head, "reason", "", err)) < 0)
		goto out;
	if (strlen(reason) > FSK_REASON_SENT_MAX) {
		rc = fsk_err_set(err, FSK_EPROTO, "a reason of %zu bytes", strlen(reason));
		goto out;
	}
	key = locator_key(&loc, err);
	rc = key != NULL ? 0 : FSK_ENOMEM;
	if (rc < 0)
		goto out;
	known = json_object_get(r->index, key);
	if (known != NULL)
		*id = (uint32_t) json_integer_value(known);
	else
		rc = add_new(id, r, key, &loc, head, err);
	if (rc == 0)
		rc = add_reason(r, &r->items[*id], plugin, reason, err);
out:
	free(key);
	fsk_locator_free(&loc);
	return rc;
}

struct order {
	const struct fsk_request *request;
};

static int by_place(const void *a, const void *b)
{
	const struct fsk_request *x = ((const struct order *) a)->request;
	const struct fsk_request *y = ((const struct order *) b)->request;

	if (x->loc.addr != y->loc.addr)
		return x->loc.addr < y->loc.addr ? -1 : 1;
	return fsk_locator_cmp(&x->loc, &y->loc);
}

static size_t find_new(struct order *out, struct fsk_requests *r, uint32_t source, uint32_t volume)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++) {
		struct fsk_request *q = &r->items[i];
		if (q->state == FSK_REQUEST_NEW && q->loc.source == source &&
		    q->loc.volume == volume)
			out[n++].request = q;
	}
	return n;
}

static int append_folded(struct fsk_buf *b, const char *s, struct fsk_err *err)
{
	const char *end = s + strlen(s);
	int rc = 0;

	while (rc == 0 && s < end)
		rc = fsk_buf_printf(b, err, "%x.",
		                    (unsigned) fsk_text_fold(fsk_text_next(&s, end)));
	return rc;
}

static int find_twin(struct fsk_requests *r, struct fsk_request *q, struct fsk_err *err)
{
	const struct fsk_locator *l = &q->loc;
	struct fsk_buf b;
	char *key = NULL;
	int rc;

	fsk_buf_init(&b, 16 * FSK_PATH_MAX);
	rc = fsk_buf_printf(&b, err, "%u/%u/%" PRIu64 "/", l->source, l->volume,
	                    l->deleted ? l->addr + 1 : 0);
	if (rc == 0)
		rc = append_folded(&b, l->path, err);
	if (rc == 0 && l->stream != NULL) {
		rc = fsk_buf_append_u8(&b, ':', err);
		if (rc == 0)
			rc = append_folded(&b, l->stream, err);
	}
	if (rc == 0 && (key = fsk_buf_steal_str(&b, err)) == NULL)
		rc = FSK_ENOMEM;
	fsk_buf_free(&b);
	if (rc < 0)
		return rc;
	q->twin = json_object_get(r->names, key) != NULL;
	json_object_set_new(r->names, key, json_true());
	free(key);
	return 0;
}

int fsk_requests_queue(uint32_t **ids, size_t *count, struct fsk_requests *r, uint32_t source,
                       uint32_t volume, struct fsk_err *err)
{
	struct order *found = calloc(r->count + 1, sizeof(*found));
	uint32_t *more = NULL;
	size_t n = 0;
	int rc = 0;

	if (found != NULL) {
		n = find_new(found, r, source, volume);
		more = realloc(*ids, (*count + n + 1) * sizeof(*more));
	}
	if (more == NULL) {
		free(found);
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	}
	*ids = more;
	qsort(found, n, sizeof(*found), by_place);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		uint32_t id = found[i].request->id;
		r->items[id].state = FSK_REQUEST_QUEUED;
		more[(*count)++] = id;
		rc = find_twin(r, &r->items[id], err);
	}
	free(found);
	return rc;
}

json_t *fsk_request_file(const struct fsk_request *q)
{
	json_t *file = json_pack("{s:I, s:o, s:I}", "id", (json_int_t) q->id, "locator",
	                         fsk_locator_to_json(&q->loc), "size", (json_int_t) q->size);

	if (q->letter[0] != '\0')
		json_object_set_new(file, "letter", json_string(q->letter));
	if (q->times != NULL)
		json_object_set(file, "times", q->times);
	return file;
}
