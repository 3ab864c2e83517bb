#include "core/model/types.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

static const char *const status_names[] = {
	"complete", "partial", "unreadable", "incomplete", "over-limit",
};
static const char *const severity_names[] = { "info", "low", "medium", "high" };
static const char *const confidence_names[] = { "low", "medium", "high" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int find(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return (int) i;
	return FSK_ENOTFOUND;
}

const char *fsk_status_name(enum fsk_status s)
{
	return (size_t) s < COUNT(status_names) ? status_names[s] : "?";
}

int fsk_status_parse(enum fsk_status *out, const char *name)
{
	int i = find(status_names, COUNT(status_names), name);

	if (i < 0)
		return i;
	*out = (enum fsk_status) i;
	return 0;
}

const char *fsk_severity_name(enum fsk_severity s)
{
	return (size_t) s < COUNT(severity_names) ? severity_names[s] : "?";
}

int fsk_severity_parse(enum fsk_severity *out, const char *name)
{
	int i = find(severity_names, COUNT(severity_names), name);

	if (i < 0)
		return i;
	*out = (enum fsk_severity) i;
	return 0;
}

const char *fsk_confidence_name(enum fsk_confidence c)
{
	return (size_t) c < COUNT(confidence_names) ? confidence_names[c] : "?";
}

int fsk_confidence_parse(enum fsk_confidence *out, const char *name)
{
	int i = find(confidence_names, COUNT(confidence_names), name);

	if (i < 0)
		return i;
	*out = (enum fsk_confidence) i;
	return 0;
}

char *fsk_json_line(const json_t *j)
{
	return json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

json_t *fsk_json_text(const char *s)
{
	size_t n = strlen(s);
	json_t *j;
	char *copy;

	if (fsk_text_utf8_valid(s, n) == n)
		return json_stringn_nocheck(s, n);
	copy = fsk_text_dup_utf8(s, n);
	if (copy == NULL)
		return NULL;
	j = json_string(copy);
	free(copy);
	return j;
}

int fsk_json_get_str(const char **out, const json_t *o, const char *key, struct fsk_err *err)
{
	const json_t *j = json_object_get(o, key);

	if (!json_is_string(j))
		return fsk_err_set(err, FSK_EPROTO, "\"%s\" is no string", key);
	*out = json_string_value(j);
	return 0;
}

/* JSON integers are signed; sizes beyond 2^63 do not occur on any medium */
int fsk_json_get_u64(uint64_t *out, const json_t *o, const char *key, struct fsk_err *err)
{
	const json_t *j = json_object_get(o, key);

	if (!json_is_integer(j) || json_integer_value(j) < 0)
		return fsk_err_set(err, FSK_EPROTO, "\"%s\" is no natural number", key);
	*out = (uint64_t) json_integer_value(j);
	return 0;
}

int fsk_json_opt_str(const char **out, const json_t *o, const char *key, const char *dflt,
                     struct fsk_err *err)
{
	*out = dflt;
	return json_object_get(o, key) == NULL ? 0 : fsk_json_get_str(out, o, key, err);
}

int fsk_json_opt_u64(uint64_t *out, const json_t *o, const char *key, uint64_t dflt,
                     struct fsk_err *err)
{
	*out = dflt;
	return json_object_get(o, key) == NULL ? 0 : fsk_json_get_u64(out, o, key, err);
}

int fsk_json_opt_bool(bool *out, const json_t *o, const char *key, bool dflt, struct fsk_err *err)
{
	const json_t *j = json_object_get(o, key);

	*out = dflt;
	if (j == NULL)
		return 0;
	if (!json_is_boolean(j))
		return fsk_err_set(err, FSK_EPROTO, "\"%s\" is neither true nor false", key);
	*out = json_is_true(j);
	return 0;
}
