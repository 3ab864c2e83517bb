/* Identifiers of STIX objects. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/limits.h"
#include "core/keeper/stix_impl.h"

enum { UUID_BYTES = 16, UUID_TEXT = 37 };

/* Section 2.9: of all producers, for observables and nothing else. */
static const uint8_t observables[UUID_BYTES] = { 0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c,
	                                         0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7 };
/* Ours, for all others: 8cba6a0b-bc67-41b2-b742-99c1680c2758 */
static const uint8_t own[UUID_BYTES] = { 0x8c, 0xba, 0x6a, 0x0b, 0xbc, 0x67, 0x41, 0xb2,
	                                 0xb7, 0x42, 0x99, 0xc1, 0x68, 0x0c, 0x27, 0x58 };

/* Objects that mean the same in every run were made once and for all. */
#define SHARED_CREATED "2026-01-01T00:00:00.000Z"

/* Section 6, "ID Contributing Properties" of the types that are made here. */
static const struct {
	const char *type;
	const char *properties[5];
} contributing[] = {
	{ "directory", { "path" } },
	{ "domain-name", { "value" } },
	{ "file", { "hashes", "name", "parent_directory_ref", "extensions" } },
	{ "url", { "value" } },
	{ "user-account", { "account_type", "user_id", "account_login" } },
	{ "windows-registry-key", { "key", "values" } },
};

/* jansson writes all as RFC 8785 wants it, but for the letters in \u001F. */
char *fsk_stix_canonical(const json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	for (char *p = text; p != NULL && *p != '\0'; p++) {
		if (*p != '\\')
			continue;
		p++;
		for (int i = 1; *p == 'u' && i <= 4; i++)
			p[i] = (char) tolower((unsigned char) p[i]);
	}
	return text;
}

/* RFC 4122, 4.3: UUIDv5. */
static bool make_uuid(char out[UUID_TEXT], const uint8_t space[UUID_BYTES], const char *name)
{
	static const char variant[] = "89ab";
	struct fsk_digests d = { 0 };
	struct fsk_digest *sha1;
	char *h = d.sha1;
	bool good = fsk_digest_new(&sha1, FSK_DIGEST_SHA1, NULL) == 0;

	good = good && fsk_digest_update(sha1, space, UUID_BYTES, NULL) == 0 &&
	       fsk_digest_update(sha1, name, strlen(name), NULL) == 0 &&
	       fsk_digest_final(&d, sha1, NULL) == 0;
	fsk_digest_free(sha1);
	if (!good)
		return false;
	h[12] = '5';
	h[16] = variant[(isdigit((unsigned char) h[16]) ? h[16] - '0' : h[16] - 'a' + 10) & 3];
	snprintf(out, UUID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16, h + 20);
	return true;
}

/* "type--uuid" from canonical JSON, which is taken over. */
static json_t *make_id(const char *type, const uint8_t space[UUID_BYTES], json_t *name)
{
	char uuid[UUID_TEXT], *text = name != NULL ? fsk_stix_canonical(name) : NULL;
	json_t *id = NULL;

	if (text != NULL && make_uuid(uuid, space, text))
		id = json_sprintf("%s--%s", type, uuid);
	free(text);
	json_decref(name);
	return id;
}

/* Section 6.7.1 and others: of several digests one counts. */
static json_t *one_hash(const json_t *hashes)
{
	static const char *const order[] = { "MD5", "SHA-1", "SHA-256" };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		json_t *value = json_object_get(hashes, order[i]);

		if (value != NULL)
			return json_pack("{s:O}", order[i], value);
	}
	return NULL;
}

static json_t *contribution(const json_t *object, const char *type)
{
	json_t *name = json_object(), *value;

	for (size_t i = 0; i < sizeof(contributing) / sizeof(contributing[0]); i++) {
		if (strcmp(contributing[i].type, type) != 0)
			continue;
		for (const char *const *p = contributing[i].properties; *p != NULL; p++) {
			value = json_object_get(object, *p);
			if (value != NULL && strcmp(*p, "hashes") == 0)
				json_object_set_new(name, *p, one_hash(value));
			else if (value != NULL)
				json_object_set(name, *p, value);
		}
	}
	return name;
}

/* Takes over object and id. */
static const char *add(struct fsk_stix *s, json_t *object, json_t *id)
{
	const char *text = json_string_value(id);
	json_t *known = text != NULL ? json_object_get(s->known, text) : NULL;

	if (text == NULL || json_object_set_new(object, "id", id) < 0) {
		json_decref(object);
		s->failed = true;
		return NULL;
	}
	if (known != NULL) {
		json_decref(object);
		return json_string_value(json_object_get(known, "id"));
	}
	if (json_object_set(s->known, text, object) < 0 ||
	    json_array_append_new(s->objects, object) < 0)
		s->failed = true;
	return text;
}

const char *fsk_stix_observable(struct fsk_stix *s, json_t *object)
{
	const char *type = json_string_value(json_object_get(object, "type"));

	if (type == NULL) {
		json_decref(object);
		s->failed = true;
		return NULL;
	}
	json_object_set_new(object, "spec_version", json_string("2.1"));
	return add(s, object, make_id(type, observables, contribution(object, type)));
}

/* Of what is the same in every run: what it is, not how it is described. */
static json_t *shared_name(const json_t *object)
{
	const json_t *first = json_array_get(json_object_get(object, "external_references"), 0);
	json_t *key = json_object_get(first, "external_id");

	return json_pack("{s:O, s:O}", "type", json_object_get(object, "type"), "name",
	                 key != NULL ? key : json_object_get(object, "name"));
}

const char *fsk_stix_object(struct fsk_stix *s, json_t *object, bool shared)
{
	const char *type = json_string_value(json_object_get(object, "type"));
	const char *created = shared ? SHARED_CREATED : s->created;
	json_t *name;

	if (type == NULL) {
		json_decref(object);
		s->failed = true;
		return NULL;
	}
	json_object_set_new(object, "spec_version", json_string("2.1"));
	json_object_set_new(object, "created", json_string(created));
	json_object_set_new(object, "modified", json_string(created));
	if (!shared && json_object_get(object, "created_by_ref") == NULL && s->tool != NULL)
		json_object_set_new(object, "created_by_ref", json_string(s->tool));
	name = shared ? shared_name(object)
	              : json_pack("{s:O, s:s}", "object", object, "run", s->run);
	return add(s, object, make_id(type, own, name));
}

json_t *fsk_stix_bundle_id(const struct fsk_stix *s)
{
	return make_id("bundle", own, json_pack("{s:s, s:s}", "type", "bundle", "run", s->run));
}

const char *fsk_stix_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL && *s != '\0' ? s : NULL;
}

fsk_time fsk_stix_time(const json_t *o, const char *key)
{
	const char *s = fsk_stix_text(o, key);

	return s != NULL ? fsk_time_parse_iso(s) : FSK_TIME_NONE;
}

/* Cut to microseconds: readers in Python take no more digits. */
void fsk_stix_set_time(json_t *o, const char *key, fsk_time t)
{
	char text[FSK_TIME_STR_MAX];

	if (t < INT64_MIN + 1000) /* FSK_TIME_NONE among them */
		return;
	t -= (t % 1000 + 1000) % 1000;
	json_object_set_new(o, key, json_string(fsk_time_iso(text, t)));
}
