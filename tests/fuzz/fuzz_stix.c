/* Rows of an archive, whoever made it: the bundle holds together. A line begins with the
 * letter of its member: f(indings), v(erdicts), c(ollection), m(anifest). */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/keeper/stix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_line(struct fsk_stix *s, const char *line, size_t n)
{
	static const char letters[] = "fvcm";
	const char *at = n > 1 ? memchr(letters, line[0], 4) : NULL;
	json_t *row;

	if (at == NULL)
		return;
	row = json_loadb(line + 1, n - 1, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(row))
		fsk_stix_take(s, fsk_stix_members[at - letters], row, NULL);
	json_decref(row);
}

static void expect(const json_t *ids, const json_t *ref)
{
	if (!json_is_string(ref) || json_object_get(ids, json_string_value(ref)) == NULL)
		abort();
}

static bool has_end(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

/* References lead somewhere. */
static void check_object(const json_t *ids, json_t *object)
{
	const char *name;
	json_t *value, *each;
	size_t i;

	json_object_foreach (object, name, value) {
		if (has_end(name, "_ref"))
			expect(ids, value);
		if (!has_end(name, "_refs"))
			continue;
		if (json_array_size(value) == 0)
			abort();
		json_array_foreach (value, i, each)
			expect(ids, each);
	}
}

static void check_bundle(const json_t *bundle)
{
	json_t *ids = json_object(), *object;
	size_t i;

	json_array_foreach (json_object_get(bundle, "objects"), i, object) {
		const char *id = json_string_value(json_object_get(object, "id"));
		const char *type = json_string_value(json_object_get(object, "type"));

		if (id == NULL || type == NULL || strlen(id) != strlen(type) + 2 + 36 ||
		    strncmp(id, type, strlen(type)) != 0 || json_object_get(ids, id) != NULL)
			abort();
		json_object_set(ids, id, object);
	}
	json_array_foreach (json_object_get(bundle, "objects"), i, object)
		check_object(ids, object);
	json_decref(ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *) data, *end = at + size, *nl;
	struct fsk_err err;
	struct fsk_stix *s;
	json_t *bundle;
	int rc;

	if (size > 65536 || fsk_stix_new(&s, NULL) < 0)
		return 0;
	for (; at < end; at = nl + 1) {
		nl = memchr(at, '\n', (size_t) (end - at));
		if (nl == NULL)
			nl = end;
		take_line(s, at, (size_t) (nl - at));
	}
	rc = fsk_stix_bundle(&bundle, s, "00", &err);
	if (rc == 0)
		check_bundle(bundle);
	else if (rc != FSK_ECORRUPT)
		abort();
	json_decref(bundle);
	fsk_stix_free(s);
	return 0;
}
