#include "core/lua/environment.h"

#include <string.h>
#include <strings.h>

#include "core/base/limits.h"

/* Adds a value; false when the bytes are more than there may be. */
static bool add(json_t *env, const struct fsk_value *v, size_t *left)
{
	size_t n;

	if (v->text == NULL || v->name[0] == '\0' ||
	    (v->type != FSK_REG_SZ && v->type != FSK_REG_EXPAND_SZ))
		return true;
	n = strlen(v->name) + strlen(v->text);
	if (n > *left)
		return false;
	*left -= n;
	json_object_set_new(env, v->name, json_string(v->text));
	return true;
}

static int read_values(json_t *env, struct fsk_key *key, struct fsk_err *err)
{
	size_t n, left = FSK_ENVIRONMENT_BYTES_MAX;
	int rc = fsk_key_values(&n, key, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		struct fsk_value v = { 0 };
		bool fits;

		if (i == FSK_ENVIRONMENT_MAX)
			return fsk_err_set(err, FSK_ELIMIT, "key \"%s\": more than %u variables",
			                   fsk_key_path(key), FSK_ENVIRONMENT_MAX);
		if (fsk_key_value(&v, key, i, NULL) != 0)
			continue;
		fits = add(env, &v, &left);
		fsk_value_free(&v);
		if (!fits)
			return fsk_err_set(err, FSK_ELIMIT,
			                   "key \"%s\": variables of more than %u bytes",
			                   fsk_key_path(key), FSK_ENVIRONMENT_BYTES_MAX);
	}
	return 0;
}

int fsk_environment_read(json_t **out, struct fsk_hive *h, const char *path, struct fsk_err *err)
{
	struct fsk_key *key = NULL;
	int rc;

	*out = NULL;
	rc = fsk_hive_key(&key, h, path, err);
	if (rc < 0)
		return rc;
	*out = json_object();
	rc = *out != NULL ? read_values(*out, key, err)
	                  : fsk_err_set(err, FSK_ENOMEM, "no memory for an environment");
	fsk_key_free(key);
	if (rc < 0 && rc != FSK_ELIMIT) {
		json_decref(*out);
		*out = NULL;
	}
	return rc;
}

const char *fsk_environment_get(const json_t *env, const char *name, size_t n)
{
	const char *have;
	json_t *value;

	json_object_foreach ((json_t *) env, have, value)
		if (strncasecmp(have, name, n) == 0 && have[n] == '\0')
			return json_string_value(value);
	return NULL;
}
