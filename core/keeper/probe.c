#include "core/keeper/probe.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/model/profiles.h"
#include "core/model/types.h"

#define VOLUME_HEAD_MAX (64u * FSK_KIB)

int fsk_probe_init(struct fsk_probe *p, const struct fsk_sources *sources, struct fsk_err *err)
{
	memset(p, 0, sizeof(*p));
	p->sources = sources;
	p->source_heads = calloc(sources->count > 0 ? sources->count : 1, sizeof(json_t *));
	return p->source_heads != NULL ? 0 : fsk_err_set(err, FSK_ENOMEM, "out of memory");
}

static void forget_volume(struct fsk_probed_volume *v)
{
	json_decref(v->head);
	json_decref(v->environment);
	json_decref(v->profiles);
}

void fsk_probe_free(struct fsk_probe *p)
{
	if (p->source_heads != NULL)
		for (size_t i = 0; i < p->sources->count; i++)
			json_decref(p->source_heads[i]);
	for (size_t i = 0; i < p->count; i++)
		forget_volume(&p->volumes[i]);
	free(p->source_heads);
	free(p->volumes);
	memset(p, 0, sizeof(*p));
}

static int get_index(uint32_t *out, const json_t *head, const char *key, uint64_t limit,
                     struct fsk_err *err)
{
	uint64_t n;
	int rc = fsk_json_get_u64(&n, head, key, err);

	if (rc < 0)
		return rc;
	if (n >= limit)
		return fsk_err_set(err, FSK_EPROTO, "\"%s\" is out of range", key);
	*out = (uint32_t) n;
	return 0;
}

int fsk_probe_source(struct fsk_probe *p, json_t *head, struct fsk_err *err)
{
	const char *format;
	uint64_t size;
	uint32_t i = 0;
	int rc = get_index(&i, head, "source", p->sources->count, err);

	if (rc < 0 || (rc = fsk_json_get_str(&format, head, "format", err)) < 0 ||
	    (rc = fsk_json_opt_u64(&size, head, "size", 0, err)) < 0)
		return rc;
	json_decref(p->source_heads[i]);
	p->source_heads[i] = json_incref(head);
	return 0;
}

static int by_index(const void *a, const void *b)
{
	const struct fsk_probed_volume *x = a, *y = b;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return x->volume < y->volume ? -1 : x->volume > y->volume;
}

static int put_volume(struct fsk_probe *p, const struct fsk_probed_volume *v, struct fsk_err *err)
{
	struct fsk_probed_volume *more;

	for (size_t i = 0; i < p->count; i++) {
		if (by_index(&p->volumes[i], v) != 0)
			continue;
		forget_volume(&p->volumes[i]);
		p->volumes[i] = *v;
		return 0;
	}
	more = realloc(p->volumes, (p->count + 1) * sizeof(*more));
	if (more == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	p->volumes = more;
	p->volumes[p->count++] = *v;
	return 0;
}

/* Names and texts, as many as a registry is read for. */
static int check_environment(const json_t *env, struct fsk_err *err)
{
	size_t bytes = 0;
	const char *name;
	json_t *value;

	if (env == NULL)
		return 0;
	json_object_foreach ((json_t *) env, name, value) {
		if (!json_is_string(value))
			return fsk_err_set(err, FSK_EPROTO, "a variable is no text");
		bytes += strlen(name) + json_string_length(value);
	}
	if (!json_is_object(env) || json_object_size(env) > FSK_ENVIRONMENT_MAX ||
	    bytes > FSK_ENVIRONMENT_BYTES_MAX)
		return fsk_err_set(err, FSK_EPROTO, "\"environment\" is none, or too large");
	return 0;
}

/* A member that goes to tasks as it came, and stays out of the head. */
static json_t *take_member(json_t *head, const char *key)
{
	json_t *member = json_incref(json_object_get(head, key));

	json_object_del(head, key);
	return member;
}

static int check_profiles(const json_t *profiles, struct fsk_err *err)
{
	struct fsk_profiles parsed;
	int rc = fsk_profiles_from_json(&parsed, profiles, err);

	fsk_profiles_free(&parsed);
	return rc;
}

static int check_volume(struct fsk_probed_volume *v, const char *letter, struct fsk_err *err)
{
	int rc = check_environment(v->environment, err);

	if (rc == 0)
		rc = check_profiles(v->profiles, err);
	if (rc < 0)
		return rc;
	if (v->fs != NULL && v->fs[0] == '\0')
		v->fs = NULL;
	if (letter[0] != '\0' && (!isupper((unsigned char) letter[0]) || letter[1] != '\0'))
		return fsk_err_set(err, FSK_EPROTO, "\"letter\" is no drive letter");
	v->letter = letter[0];
	if (json_dumpb(v->head, NULL, 0, 0) > VOLUME_HEAD_MAX)
		return fsk_err_set(err, FSK_EPROTO, "VOLUME is over %u bytes", VOLUME_HEAD_MAX);
	return 0;
}

int fsk_probe_volume(struct fsk_probe *p, json_t *head, struct fsk_err *err)
{
	struct fsk_probed_volume v = { .head = head };
	const char *letter, *text;
	uint64_t number;
	int rc = get_index(&v.source, head, "source", p->sources->count, err);

	if (rc < 0 || (rc = get_index(&v.volume, head, "volume", FSK_VOLUMES_MAX, err)) < 0 ||
	    (rc = fsk_json_opt_str(&letter, head, "letter", "", err)) < 0 ||
	    (rc = fsk_json_opt_str(&v.os, head, "os", "", err)) < 0 ||
	    (rc = fsk_json_opt_u64(&number, head, "offset", 0, err)) < 0 ||
	    (rc = fsk_json_opt_u64(&number, head, "length", 0, err)) < 0 ||
	    (rc = fsk_json_opt_str(&text, head, "label", "", err)) < 0)
		return rc;
	if (!json_is_null(json_object_get(head, "fs")) &&
	    (rc = fsk_json_opt_str(&v.fs, head, "fs", NULL, err)) < 0)
		return rc;
	v.environment = take_member(head, "environment");
	v.profiles = take_member(head, "profiles");
	json_incref(head);
	rc = check_volume(&v, letter, err);
	if (rc == 0)
		rc = put_volume(p, &v, err);
	if (rc < 0)
		forget_volume(&v);
	return rc;
}

static bool place_taken(const struct fsk_probe *p, size_t n, const char *place)
{
	for (size_t i = 0; i < n; i++)
		if (p->volumes[i].source == p->volumes[n].source &&
		    strcmp(p->volumes[i].place, place) == 0)
			return true;
	return false;
}

static bool is_rootfs(const struct fsk_probe *p, const struct fsk_probed_volume *v)
{
	return strcmp(v->os, "linux") == 0 || strcmp(v->os, "macos") == 0 ||
	       p->sources->items[v->source].kind == FSK_EVIDENCE_DIRECTORY;
}

void fsk_probe_settle(struct fsk_probe *p)
{
	if (p->count > 0)
		qsort(p->volumes, p->count, sizeof(*p->volumes), by_index);
	for (size_t i = 0; i < p->count; i++) {
		struct fsk_probed_volume *v = &p->volumes[i];
		char letter[2] = { v->letter, '\0' };
		const char *wish = v->letter != 0 ? letter : is_rootfs(p, v) ? "$rootfs$" : "";
		if (wish[0] != '\0' && !place_taken(p, i, wish))
			snprintf(v->place, sizeof(v->place), "%s", wish);
		else
			snprintf(v->place, sizeof(v->place), "vol%u", v->volume);
	}
}

const struct fsk_probed_volume *fsk_probe_find(const struct fsk_probe *p, uint32_t source,
                                               uint32_t volume)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->volumes[i].source == source && p->volumes[i].volume == volume)
			return &p->volumes[i];
	return NULL;
}

bool fsk_probed_readable(const struct fsk_probe *p, const struct fsk_probed_volume *v)
{
	return v->fs != NULL || p->sources->items[v->source].kind == FSK_EVIDENCE_DIRECTORY;
}

const char *fsk_place_prefix(char out[32], const struct fsk_probed_volume *v)
{
	if (strcmp(v->place, "$rootfs$") == 0)
		snprintf(out, 32, "/");
	else
		snprintf(out, 32, "%s:/", v->place);
	return out;
}

json_t *fsk_probe_task_head(const struct fsk_probed_volume *v)
{
	json_t *head = json_pack("{s:i, s:i, s:s}", "source", (int) v->source, "volume",
	                         (int) v->volume, "os", v->os);

	if (v->letter != 0)
		json_object_set_new(head, "letter", json_stringn(&v->letter, 1));
	return head;
}
