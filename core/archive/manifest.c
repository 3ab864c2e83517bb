#include "core/archive/writer.h"

/* 0 when `value` (taken over) went in */
static int set(json_t *o, const char *key, json_t *value)
{
	return value == NULL ? -1 : json_object_set_new(o, key, value);
}

json_t *fsk_manifest_row(const struct fsk_member *m, const char *name)
{
	json_t *row = json_object();
	int rc = row == NULL ? -1 : set(row, "name", fsk_json_text(name));

	if (rc == 0 && m->locator != NULL)
		rc = set(row, "locator", fsk_locator_to_json(m->locator));
	/* replaced or removed when the member is finished */
	if (rc == 0 && m->locator != NULL)
		rc = set(row, "expected", json_integer((json_int_t) m->expected));
	if (rc == 0 && m->times != NULL)
		rc = set(row, "times", fsk_times_to_json(m->times));
	if (rc == 0 && m->reasons != NULL)
		rc = set(row, "reasons", json_deep_copy(m->reasons));
	if (rc == 0 && m->payload != NULL)
		rc = set(row, "payload", json_deep_copy(m->payload));
	if (rc < 0) {
		json_decref(row);
		return NULL;
	}
	return row;
}

static json_t *ranges_json(const struct fsk_range *ranges, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < n; i++) {
		json_t *pair = json_pack("[I,I]", (json_int_t) ranges[i].offset,
		                         (json_int_t) ranges[i].length);

		if (pair == NULL || json_array_append_new(list, pair) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

int fsk_manifest_status(json_t *row, const char *status, const char *reason,
                        const struct fsk_range *ranges, size_t nranges)
{
	int rc = set(row, "status", json_string(status));

	if (rc == 0 && reason != NULL)
		rc = set(row, "reason", fsk_json_text(reason));
	if (rc == 0 && nranges > 0)
		rc = set(row, "ranges", ranges_json(ranges, nranges));
	return rc;
}

int fsk_manifest_content(json_t *row, uint64_t size, const struct fsk_digests *d)
{
	const json_t *expected = json_object_get(row, "expected");
	int rc;

	if (expected != NULL && json_integer_value(expected) == (json_int_t) size)
		json_object_del(row, "expected");
	rc = set(row, "size", json_integer((json_int_t) size));
	if (rc == 0)
		rc = set(row, "sha256", json_string(d->sha256));
	if (rc == 0)
		rc = set(row, "sha1", json_string(d->sha1));
	if (rc == 0)
		rc = set(row, "md5", json_string(d->md5));
	return rc;
}
