/* What findings refer to, and what others can look for. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/keeper/stix_impl.h"

/* Ids of MITRE ATT&CK: the letter, how many digits, and where they are described. */
static const struct {
	char letter;
	const char *type, *folder;
} attack[] = {
	{ 'T', "attack-pattern", "techniques" },
	{ 'C', "campaign", "campaigns" },
	{ 'G', NULL, "groups" },
	{ 'S', NULL, "software" }, /* malware or tool: the id does not say */
};

/* Names of what has one in this tree; others are called by their id. */
static const char *const names[][2] = {
	{ "C0057", "3CX Supply Chain Attack" },
};

static bool all_digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isdigit((unsigned char) s[i]))
			return false;
	return n > 0;
}

/* "T1195", "T1195.002", "C0057", …: the row of the table, or -1. */
static int attack_row(const char *id)
{
	for (size_t i = 0; i < sizeof(attack) / sizeof(attack[0]); i++) {
		if (id[0] != attack[i].letter || strlen(id) < 5 || !all_digits(id + 1, 4))
			continue;
		if (id[5] == '\0' ||
		    (id[0] == 'T' && id[5] == '.' && strlen(id) == 9 && all_digits(id + 6, 3)))
			return (int) i;
	}
	return -1;
}

static json_t *attack_reference(const char *id, int row)
{
	const char *dot = strchr(id, '.');

	return json_pack("{s:s, s:s, s:o}", "source_name", "mitre-attack", "external_id", id, "url",
	                 json_sprintf("https://attack.mitre.org/%s/%.5s%s%s", attack[row].folder,
	                              id, dot != NULL ? "/" : "", dot != NULL ? dot + 1 : ""));
}

/* "cve:CVE-2023-29059" or "cve:2023-29059"; "" when it is none. */
static void cve_of(char out[32], const char *text)
{
	const char *id = strncmp(text, "CVE-", 4) == 0 ? text + 4 : text;
	size_t n = strlen(id);

	out[0] = '\0';
	if (n >= 9 && n <= 20 && all_digits(id, 4) && id[4] == '-' && all_digits(id + 5, n - 5))
		snprintf(out, 32, "CVE-%s", id);
}

json_t *fsk_stix_reference(const char *text)
{
	const char *colon = strchr(text, ':');
	char cve[32];
	int row;

	if (strncmp(text, "attack:", 7) == 0 && (row = attack_row(text + 7)) >= 0)
		return attack_reference(text + 7, row);
	if (strncmp(text, "cve:", 4) == 0) {
		cve_of(cve, text + 4);
		if (cve[0] != '\0')
			return json_pack("{s:s, s:s}", "source_name", "cve", "external_id", cve);
	}
	if (strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0)
		return json_pack("{s:s, s:s}", "source_name", "reference", "url", text);
	/* sources that want ids of a form of their own */
	if (strncmp(text, "cve:", 4) == 0 || strncmp(text, "capec:", 6) == 0)
		colon = NULL;
	if (colon != NULL && colon != text && colon[1] != '\0')
		return json_pack("{s:s%, s:s}", "source_name", text, (size_t) (colon - text),
		                 "external_id", colon + 1);
	return json_pack("{s:s, s:s}", "source_name", "reference", "description", text);
}

json_t *fsk_stix_references(const json_t *texts)
{
	json_t *list = json_array(), *text;
	size_t i;

	json_array_foreach (texts, i, text)
		if (json_string_length(text) > 0)
			json_array_append_new(list, fsk_stix_reference(json_string_value(text)));
	return list;
}

static const char *name_of(const char *id)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i][0], id) == 0)
			return names[i][1];
	return id;
}

const char *fsk_stix_referred(struct fsk_stix *s, const char *text, bool *seen)
{
	const char *type = NULL, *name = NULL;
	char cve[32];
	int row;

	*seen = false;
	if (strncmp(text, "attack:", 7) == 0 && (row = attack_row(text + 7)) >= 0) {
		type = attack[row].type;
		name = name_of(text + 7);
		*seen = true;
	} else if (strncmp(text, "cve:", 4) == 0) {
		cve_of(cve, text + 4);
		type = cve[0] != '\0' ? "vulnerability" : NULL;
		name = cve;
	}
	if (type == NULL)
		return NULL;
	return fsk_stix_object(s,
	                       json_pack("{s:s, s:s, s:[o]}", "type", type, "name", name,
	                                 "external_references", fsk_stix_reference(text)),
	                       true);
}

/* --- indicators --- */

/* Signs of a finding whose file is bad wherever it is found. */
static bool is_bad_file(const struct fsk_stix_finding *f)
{
	static const char *const signs[] = { "file.listed", "library.dylib", "library.listed",
		                             "library.loader" };

	if (f->sign == NULL || f->confidence < 70)
		return false;
	if (strcmp(f->sign, "library.container") == 0)
		return json_is_true(json_object_get(f->fields, "proved"));
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strcmp(f->sign, signs[i]) == 0)
			return true;
	return false;
}

/* The one observable of that type, or NULL. */
static const json_t *only(const struct fsk_stix *s, const struct fsk_stix_finding *f,
                          const char *type)
{
	const json_t *found = NULL, *object;
	json_t *id;
	size_t i;

	json_array_foreach (f->observables, i, id) {
		object = json_object_get(s->known, json_string_value(id));
		if (object == NULL ||
		    strcmp(json_string_value(json_object_get(object, "type")), type) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = object;
	}
	return found;
}

/* Patterns are of digests and host names, so nothing in them needs an escape. */
static json_t *pattern_of(const struct fsk_stix *s, const struct fsk_stix_finding *f)
{
	const char *value = NULL;

	if (f->sign != NULL && strcmp(f->sign, "network.c2") == 0) {
		value = fsk_stix_text(only(s, f, "domain-name"), "value");
		return value != NULL ? json_sprintf("[domain-name:value = '%s']", value) : NULL;
	}
	if (is_bad_file(f))
		value = fsk_stix_text(json_object_get(only(s, f, "file"), "hashes"), "SHA-256");
	if (value == NULL || strspn(value, "0123456789abcdef") != 64 || strlen(value) != 64)
		return NULL;
	return json_sprintf("[file:hashes.'SHA-256' = '%s']", value);
}

const char *fsk_stix_indicator(struct fsk_stix *s, const struct fsk_stix_finding *f)
{
	json_t *pattern, *object;

	if (strcmp(f->severity, "medium") != 0 && strcmp(f->severity, "high") != 0)
		return NULL;
	pattern = pattern_of(s, f);
	if (pattern == NULL)
		return NULL;
	object = json_pack("{s:s, s:s, s:[s], s:o, s:s, s:i}", "type", "indicator", "name",
	                   f->title, "indicator_types", "malicious-activity", "pattern", pattern,
	                   "pattern_type", "stix", "confidence", f->confidence);
	json_object_set_new(object, "valid_from", json_string(s->created));
	return fsk_stix_object(s, object, false);
}
