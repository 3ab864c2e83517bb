#include "core/worker/steps.h"

#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/limits.h"

int fsk_steps_init(struct fsk_steps *s, struct fsk_err *err)
{
	s->skip = json_object();
	s->taken = json_object();
	if (s->skip && s->taken)
		return 0;
	fsk_steps_free(s);
	return fsk_err_set(err, FSK_ENOMEM, "steps: out of memory");
}

void fsk_steps_free(struct fsk_steps *s)
{
	json_decref(s->skip);
	json_decref(s->taken);
	s->skip = s->taken = NULL;
}

int fsk_steps_skip(struct fsk_steps *s, const json_t *head, struct fsk_err *err)
{
	const json_t *keys = json_object_get(head, "keys");
	const json_t *key;
	size_t i;

	if (!json_is_array(keys))
		return fsk_err_set(err, FSK_EPROTO, "SKIP: \"keys\" is not an array");
	json_array_foreach (keys, i, key) {
		if (!json_is_string(key))
			return fsk_err_set(err, FSK_EPROTO, "SKIP: key %zu is not a string", i);
		if (json_object_set_new(s->skip, json_string_value(key), json_true()) != 0)
			return fsk_err_set(err, FSK_ENOMEM, "SKIP: out of memory");
	}
	return 0;
}

void fsk_steps_reset(struct fsk_steps *s)
{
	json_object_clear(s->skip);
	json_object_clear(s->taken);
}

static int count(json_int_t *out, struct fsk_steps *s, const char *key, struct fsk_err *err)
{
	*out = json_integer_value(json_object_get(s->taken, key)) + 1;
	if (json_object_set_new(s->taken, key, json_integer(*out)) != 0)
		return fsk_err_set(err, FSK_ENOMEM, "steps: out of memory");
	return 0;
}

int fsk_steps_next(char **out, bool *skip, struct fsk_steps *s, const char *key,
                   struct fsk_err *err)
{
	struct fsk_buf b;
	json_int_t n;
	int rc = count(&n, s, key, err);

	if (rc != 0)
		return rc;
	fsk_buf_init(&b, FSK_FRAME_HEAD_MAX);
	rc = fsk_buf_append_str(&b, key, err);
	if (rc == 0 && n > 1)
		rc = fsk_buf_printf(&b, err, "#%lld", (long long) n);
	*out = rc == 0 ? fsk_buf_steal_str(&b, err) : NULL;
	fsk_buf_free(&b);
	if (!*out)
		return rc ? rc : FSK_ENOMEM;
	*skip = json_object_get(s->skip, *out) != NULL;
	return 0;
}

bool fsk_steps_left_out(const struct fsk_steps *s, const char *key)
{
	return json_object_get(s->skip, key) != NULL;
}
