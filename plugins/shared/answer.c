#include "plugins/shared/answer.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 12u

static int64_t read_entry(void *arg, void *buf, size_t n, uint64_t off, bool *bad,
                          struct fsk_err *err)
{
	const struct fsk_answer *a = arg;

	return a->host->arg_entry_read(a->call, 0, buf, n, off, bad, err);
}

static int64_t read_bytes(void *arg, void *buf, size_t n, uint64_t off, bool *bad,
                          struct fsk_err *err)
{
	const struct fsk_answer *a = arg;

	(void) bad;
	(void) err;
	if (off >= a->size)
		return 0;
	if (n > a->size - off)
		n = (size_t) (a->size - off);
	memcpy(buf, a->bytes + off, n);
	return (int64_t) n;
}

int fsk_answer_begin(struct fsk_answer *a, struct fsk_input *in, const struct fsk_host *host,
                     struct fsk_call *call)
{
	int64_t size;

	memset(a, 0, sizeof(*a));
	a->host = host;
	a->call = call;
	if (host->arg_type(call, 0) == FSK_ARG_STRING) {
		a->bytes = host->arg_string(call, 0, &a->size);
		*in = (struct fsk_input){ .arg = a, .size = a->size, .read = read_bytes };
		return 0;
	}
	size = host->arg_entry_size(call, 0, &a->err);
	*in = (struct fsk_input){ .arg = a, .size = (uint64_t) size, .read = read_entry };
	return size < 0 ? (int) size : 0;
}

static void push(const struct fsk_answer *a, json_t *j, unsigned depth)
{
	const struct fsk_host *host = a->host;
	const char *key;
	json_t *value;
	size_t i;

	switch (j != NULL && depth < DEPTH_MAX ? json_typeof(j) : JSON_NULL) {
	case JSON_OBJECT:
		host->push_table(a->call);
		json_object_foreach (j, key, value) {
			push(a, value, depth + 1);
			host->set_field(a->call, key);
		}
		break;
	case JSON_ARRAY:
		host->push_list(a->call);
		json_array_foreach (j, i, value) {
			push(a, value, depth + 1);
			host->set_index(a->call, (int64_t) i + 1);
		}
		break;
	case JSON_STRING:
		host->push_string(a->call, json_string_value(j), json_string_length(j));
		break;
	case JSON_INTEGER:
		host->push_int(a->call, json_integer_value(j));
		break;
	case JSON_REAL:
		host->push_number(a->call, json_real_value(j));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		host->push_bool(a->call, json_is_true(j));
		break;
	default:
		host->push_nil(a->call);
	}
}

int fsk_answer_end(struct fsk_answer *a, int rc, json_t *found, json_t *notes)
{
	json_t *note;
	size_t i;

	if (rc < 0)
		return a->host->fail(a->call, &a->err);
	if (a->bytes == NULL)
		json_array_foreach (notes, i, note)
			a->host->anomaly(a->call, 0, FSK_ECORRUPT, json_string_value(note));
	push(a, found, 0);
	if (a->bytes == NULL || json_array_size(notes) == 0)
		return 1;
	push(a, notes, 0);
	return 2;
}

int fsk_answer_bytes(struct fsk_answer *a, int rc, const struct fsk_buf *found, const char *note)
{
	if (rc < 0)
		return a->host->fail(a->call, &a->err);
	a->host->push_string(a->call, found->len > 0 ? (const char *) found->data : "", found->len);
	if (note == NULL)
		return 1;
	if (a->bytes == NULL)
		a->host->anomaly(a->call, 0, FSK_ECORRUPT, note);
	a->host->push_string(a->call, note, strlen(note));
	return 2;
}

int fsk_answer_examined(const struct fsk_host *host, struct fsk_call *call, fsk_examine *examine)
{
	json_t *told = NULL, *notes = NULL;
	struct fsk_answer a;
	struct fsk_input in;
	int rc = fsk_answer_begin(&a, &in, host, call);

	if (rc == 0)
		rc = examine(&told, &notes, &in, &a.err);
	rc = fsk_answer_end(&a, rc, told, notes);
	json_decref(told);
	json_decref(notes);
	return rc;
}

static int64_t number_or(const struct fsk_host *host, struct fsk_call *call, int i, int64_t absent)
{
	return host->arg_type(call, i) == FSK_ARG_NIL ? absent : host->arg_int(call, i);
}

int fsk_answer_range(const struct fsk_host *host, struct fsk_call *call, size_t max,
                     fsk_read_part *read, const void *which)
{
	int64_t offset = number_or(host, call, 2, 0);
	int64_t size = number_or(host, call, 3, (int64_t) max);
	char *note = NULL;
	struct fsk_answer a;
	struct fsk_input in;
	struct fsk_buf b;
	int rc = fsk_answer_begin(&a, &in, host, call);

	fsk_buf_init(&b, max);
	if (offset < 0 || size < 0 || (uint64_t) size > max)
		rc = fsk_err_set(&a.err, FSK_EINVAL, "offset and size must be from 0 to %zu", max);
	if (rc == 0)
		rc = read(&b, &note, &in, which, (uint64_t) offset, (size_t) size, &a.err);
	rc = fsk_answer_bytes(&a, rc, &b, note);
	fsk_buf_free(&b);
	free(note);
	return rc;
}
