#include "core/model/times.h"

#include <stddef.h>
#include <string.h>

/* Sorted, as they are written. */
static const struct {
	const char *key;
	size_t offset;
} members[] = {
	{ "accessed", offsetof(struct fsk_times, accessed) },
	{ "changed", offsetof(struct fsk_times, changed) },
	{ "created", offsetof(struct fsk_times, created) },
	{ "fn_accessed", offsetof(struct fsk_times, fn_accessed) },
	{ "fn_changed", offsetof(struct fsk_times, fn_changed) },
	{ "fn_created", offsetof(struct fsk_times, fn_created) },
	{ "fn_modified", offsetof(struct fsk_times, fn_modified) },
	{ "modified", offsetof(struct fsk_times, modified) },
};

#define COUNT (sizeof(members) / sizeof(members[0]))
#define KEY_MAX 20 /* with comma, quotes and colon */

static fsk_time *member(struct fsk_times *t, size_t i)
{
	return (fsk_time *) (void *) ((char *) t + members[i].offset);
}

void fsk_times_clear(struct fsk_times *t)
{
	for (size_t i = 0; i < COUNT; i++)
		*member(t, i) = FSK_TIME_NONE;
}

json_t *fsk_times_to_json(const struct fsk_times *t)
{
	struct fsk_times copy = *t;
	char text[FSK_TIME_STR_MAX];
	json_t *o = json_object();

	for (size_t i = 0; o != NULL && i < COUNT; i++) {
		fsk_time at = *member(&copy, i);

		if (at == FSK_TIME_NONE)
			continue;
		if (json_object_set_new(o, members[i].key, json_string(fsk_time_iso(text, at))) <
		    0) {
			json_decref(o);
			return NULL;
		}
	}
	return o;
}

/* ,"KEY":"TIME" */
static char *put_member(char *p, const char *key, fsk_time t)
{
	size_t n = strlen(key);

	memcpy(p, ",\"", 2);
	memcpy(p + 2, key, n);
	memcpy(p + 2 + n, "\":\"", 3);
	p += n + 5;
	p += strlen(fsk_time_iso(p, t));
	*p = '"';
	return p + 1;
}

int fsk_times_append(struct fsk_buf *out, const struct fsk_times *t, struct fsk_err *err)
{
	struct fsk_times copy = *t;
	char text[COUNT * (KEY_MAX + FSK_TIME_STR_MAX) + 4], *p = text + 1;

	for (size_t i = 0; i < COUNT; i++)
		if (*member(&copy, i) != FSK_TIME_NONE)
			p = put_member(p, members[i].key, *member(&copy, i));
	if (p == text + 1)
		return fsk_buf_append(out, "{}", 2, err);
	text[1] = '{'; /* in place of the first comma */
	*p++ = '}';
	return fsk_buf_append(out, text + 1, (size_t) (p - text) - 1, err);
}

int fsk_times_from_json(struct fsk_times *out, const json_t *j, struct fsk_err *err)
{
	fsk_times_clear(out);
	if (j != NULL && !json_is_object(j))
		return fsk_err_set(err, FSK_EPROTO, "\"times\" is no object");
	for (size_t i = 0; i < COUNT; i++) {
		const json_t *v = json_object_get(j, members[i].key);

		if (v == NULL)
			continue;
		if (!json_is_string(v))
			return fsk_err_set(err, FSK_EPROTO, "time \"%s\" is no string",
			                   members[i].key);
		*member(out, i) = fsk_time_parse_iso(json_string_value(v));
		if (*member(out, i) == FSK_TIME_NONE)
			return fsk_err_set(err, FSK_EPROTO, "time \"%s\" is malformed",
			                   members[i].key);
	}
	return 0;
}
