#include "core/keeper/stix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/keeper/stix_impl.h"
#include "core/model/types.h"

#define FINDINGS "findings.jsonl"
#define VERDICTS "verdicts.jsonl"
#define COLLECTION "collection.json"
#define MANIFEST "manifest.jsonl"

const char *const fsk_stix_members[] = { FINDINGS, VERDICTS, COLLECTION, MANIFEST, NULL };

int fsk_stix_new(struct fsk_stix **out, struct fsk_err *err)
{
	struct fsk_stix *s = calloc(1, sizeof(*s));

	*out = s;
	if (s == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	s->findings = json_array();
	s->verdicts = json_array();
	s->files = json_object();
	s->paths = json_object();
	s->objects = json_array();
	s->known = json_object();
	return 0;
}

void fsk_stix_free(struct fsk_stix *s)
{
	if (s == NULL)
		return;
	json_decref(s->findings);
	json_decref(s->verdicts);
	json_decref(s->collection);
	json_decref(s->files);
	json_decref(s->paths);
	json_decref(s->objects);
	json_decref(s->known);
	free(s);
}

/* ---- rows ---- */

static json_t *path_key(const json_t *locator, const char *path, size_t n)
{
	return json_sprintf("%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT "/%.*s",
	                    json_integer_value(json_object_get(locator, "source")),
	                    json_integer_value(json_object_get(locator, "volume")), (int) n, path);
}

/* Folders that lead to it are folders. */
static void mark_parents(struct fsk_stix *s, const json_t *locator)
{
	const char *path = fsk_stix_text(locator, "path");
	size_t n = path != NULL ? strlen(path) : 0;
	json_t *key;

	while (n > 0 && n <= FSK_PATH_MAX) {
		while (n > 0 && path[n - 1] != '/')
			n--;
		if (n == 0)
			return;
		key = path_key(locator, path, --n);
		if (key != NULL && json_object_get(s->paths, json_string_value(key)) != NULL)
			json_object_set_new(s->paths, json_string_value(key), json_true());
		json_decref(key);
	}
}

/* Of the manifest it is kept later. */
static void want_file(struct fsk_stix *s, const json_t *locator)
{
	const char *path = fsk_stix_text(locator, "path");
	char *line = fsk_json_line(locator);
	json_t *key;

	if (line != NULL && path != NULL && strlen(path) <= FSK_PATH_MAX) {
		key = path_key(locator, path, strlen(path));
		json_object_set_new(s->files, line, json_null());
		if (json_object_get(s->paths, json_string_value(key)) == NULL)
			json_object_set_new(s->paths, json_string_value(key), json_false());
		json_decref(key);
	}
	free(line);
}

static void mark_evidence(struct fsk_stix *s, const json_t *finding)
{
	json_t *each;
	size_t i;

	json_array_foreach (json_object_get(finding, "evidence"), i, each)
		mark_parents(s, each);
}

static int keep(struct fsk_stix *s, json_t *list, const char *member, const json_t *row,
                struct fsk_err *err)
{
	s->bytes += json_dumpb(row, NULL, 0, JSON_COMPACT);
	if (json_array_size(list) >= FSK_STIX_ROWS_MAX || s->bytes > FSK_STIX_BYTES_MAX)
		return fsk_err_set(err, FSK_ELIMIT,
		                   "%s has more than %u rows, or rows of more than %u MiB", member,
		                   FSK_STIX_ROWS_MAX, FSK_STIX_BYTES_MAX / FSK_MIB);
	return json_array_append(list, (json_t *) row) == 0
	           ? 0
	           : fsk_err_set(err, FSK_ENOMEM, "out of memory");
}

static int take_finding(struct fsk_stix *s, const json_t *row, struct fsk_err *err)
{
	const json_t *evidence = json_object_get(row, "evidence");
	enum fsk_confidence confidence;
	enum fsk_severity severity;
	const char *title = fsk_stix_text(row, "title");
	const char *c = fsk_stix_text(row, "confidence"), *v = fsk_stix_text(row, "severity");
	json_t *each;
	size_t i;

	if (title == NULL || c == NULL || fsk_confidence_parse(&confidence, c) < 0 || v == NULL ||
	    fsk_severity_parse(&severity, v) < 0)
		return fsk_err_set(err, FSK_ECORRUPT, FINDINGS " has a row that is no finding");
	json_array_foreach (evidence, i, each)
		want_file(s, each);
	return keep(s, s->findings, FINDINGS, row, err);
}

/* Payloads have the locator of the file that they were hidden in. */
static void take_manifest(struct fsk_stix *s, const json_t *row)
{
	const json_t *locator = json_object_get(row, "locator");
	char *line;

	if (locator == NULL || json_object_get(row, "payload") != NULL)
		return;
	mark_parents(s, locator);
	line = fsk_json_line(locator);
	if (line != NULL && json_object_get(s->files, line) != NULL)
		json_object_set(s->files, line, (json_t *) row);
	free(line);
}

int fsk_stix_take(struct fsk_stix *s, const char *member, const json_t *row, struct fsk_err *err)
{
	if (strcmp(member, FINDINGS) == 0)
		return take_finding(s, row, err);
	if (strcmp(member, VERDICTS) == 0)
		return keep(s, s->verdicts, member, row, err);
	if (strcmp(member, COLLECTION) == 0 && s->collection == NULL)
		s->collection = json_incref((json_t *) row);
	else if (strcmp(member, MANIFEST) == 0)
		take_manifest(s, row);
	return 0;
}

/* ---- who, and where ---- */

/* Section 3.2: created and modified have three digits of a second. */
static void set_created(struct fsk_stix *s)
{
	struct fsk_civil t = fsk_time_civil(s->started);

	snprintf(s->created, sizeof(s->created), "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
	         (unsigned) t.year % 10000, (unsigned) t.month % 100, (unsigned) t.day % 100,
	         (unsigned) t.hour % 100, (unsigned) t.minute % 100, (unsigned) t.second % 100,
	         t.nanosecond / 1000000 % 1000);
}

static const char *add_identity(struct fsk_stix *s, const char *class, const char *name,
                                const char *about, bool shared)
{
	return fsk_stix_object(s,
	                       json_pack("{s:s, s:s, s:s, s:s*}", "type", "identity", "name", name,
	                                 "identity_class", class, "description", about),
	                       shared);
}

/* The machine that a volume is of; `volume` NULL: any volume of the source. */
static const char *machine_of(struct fsk_stix *s, const json_t *source, const json_t *volume)
{
	json_t *each;
	size_t i;

	json_array_foreach (json_object_get(s->collection, "machines"), i, each) {
		const json_t *facts = json_object_get(each, "facts");
		const char *computer = fsk_stix_text(facts, "computer");

		if (computer == NULL || !json_equal(json_object_get(each, "source"), source) ||
		    (volume != NULL && !json_equal(json_object_get(each, "volume"), volume)))
			continue;
		return add_identity(s, "system", computer, fsk_stix_text(facts, "product"), false);
	}
	return volume != NULL ? machine_of(s, source, NULL) : NULL;
}

/* ---- findings ---- */

/* Appendix A, scale None / Low / Med / High. */
static int confidence_value(const char *word)
{
	static const int values[] = {
		[FSK_CONF_LOW] = 15,
		[FSK_CONF_MEDIUM] = 50,
		[FSK_CONF_HIGH] = 85,
	};
	enum fsk_confidence c = FSK_CONF_LOW;

	fsk_confidence_parse(&c, word);
	return values[c];
}

/* When it happened, as far as the finding tells. */
static void set_event(struct fsk_stix_finding *f)
{
	f->first = fsk_stix_time(f->fields, "first");
	f->last = fsk_stix_time(f->fields, "last");
	if (f->first == FSK_TIME_NONE || f->last == FSK_TIME_NONE || f->last < f->first)
		f->first = f->last = fsk_stix_time(f->fields, "time");
}

/* Data was seen in the run, whenever what it tells of happened: sightings say that. */
static void add_observed(struct fsk_stix *s, struct fsk_stix_finding *f)
{
	json_t *object;
	const char *id;

	if (json_array_size(f->observables) == 0)
		return;
	object = json_pack("{s:s, s:i, s:O, s:[s]}", "type", "observed-data", "number_observed", 1,
	                   "object_refs", f->observables, "labels", f->severity);
	fsk_stix_set_time(object, "first_observed", s->started);
	fsk_stix_set_time(object, "last_observed", s->ended);
	id = fsk_stix_object(s, object, false);
	if (id != NULL)
		json_array_append_new(f->observed, json_string(id));
}

static void add_sighting(struct fsk_stix *s, const struct fsk_stix_finding *f, const char *of)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:i, s:i}", "type", "sighting",
	                           "sighting_of_ref", of, "description", f->title, "count", 1,
	                           "confidence", f->confidence);

	if (json_array_size(f->observed) > 0)
		json_object_set(object, "observed_data_refs", f->observed);
	if (f->machine != NULL)
		json_object_set_new(object, "where_sighted_refs", json_pack("[s]", f->machine));
	fsk_stix_set_time(object, "first_seen", f->first);
	fsk_stix_set_time(object, "last_seen", f->last);
	fsk_stix_object(s, object, false);
}

/* A statement of severity "info" is about what is ordinary: nothing was seen. */
static void add_sightings(struct fsk_stix *s, const struct fsk_stix_finding *f)
{
	const char *indicator = fsk_stix_indicator(s, f), *id;
	json_t *text;
	bool seen;
	size_t i;

	json_array_foreach (json_object_get(f->row, "references"), i, text) {
		if (!json_is_string(text))
			continue;
		id = fsk_stix_referred(s, json_string_value(text), &seen);
		if (id == NULL || !seen || strcmp(f->severity, "info") == 0)
			continue;
		add_sighting(s, f, id);
		if (indicator != NULL)
			fsk_stix_object(s,
			                json_pack("{s:s, s:s, s:s, s:s}", "type", "relationship",
			                          "relationship_type", "indicates", "source_ref",
			                          indicator, "target_ref", id),
			                false);
	}
	if (indicator != NULL)
		add_sighting(s, f, indicator);
}

/* A note is about something: the machine, or the run, if the finding names nothing. */
static void add_note(struct fsk_stix *s, const struct fsk_stix_finding *f)
{
	json_t *references = fsk_stix_references(json_object_get(f->row, "references"));
	json_t *about = json_array_size(f->observed) > 0
	                    ? json_incref(f->observed)
	                    : json_pack("[s]", f->machine != NULL ? f->machine : s->tool);
	char *text = fsk_stix_finding_text(s, f);
	json_t *object = json_pack("{s:s, s:s, s:s, s:o, s:[s, s], s:i}", "type", "note",
	                           "abstract", f->title, "content", text, "object_refs", about,
	                           "labels", "finding", f->severity, "confidence", f->confidence);

	if (object != NULL && json_array_size(references) > 0)
		json_object_set(object, "external_references", references);
	fsk_stix_object(s, object, false);
	json_decref(references);
	free(text);
}

static void add_finding(struct fsk_stix *s, const json_t *row)
{
	const json_t *volume = json_object_get(row, "volume");
	struct fsk_stix_finding f = {
		.row = row,
		.title = fsk_stix_text(row, "title"),
		.severity = fsk_stix_text(row, "severity"),
		.confidence = confidence_value(fsk_stix_text(row, "confidence")),
		.fields = json_object_get(row, "fields"),
		.evidence = json_object_get(row, "evidence"),
		.machine = machine_of(s, json_array_get(volume, 0), json_array_get(volume, 1)),
		.observables = json_array(),
		.observed = json_array(),
	};

	f.sign = fsk_stix_text(f.fields, "sign");
	set_event(&f);
	fsk_stix_observe(s, &f);
	add_observed(s, &f);
	add_sightings(s, &f);
	add_note(s, &f);
	json_decref(f.observables);
	json_decref(f.observed);
}

/* ---- verdicts, and the report ---- */

/* About the machine that its sources are of. */
static void add_verdict(struct fsk_stix *s, const json_t *row)
{
	const char *step = fsk_stix_text(row, "step"), *title = fsk_stix_text(row, "case"), *id;
	json_t *about = json_array(), *each, *object;
	char *text = fsk_stix_verdict_text(row);
	size_t i;

	json_array_foreach (json_object_get(row, "sources"), i, each) {
		id = machine_of(s, each, NULL);
		if (id != NULL && json_array_size(about) == 0)
			json_array_append_new(about, json_string(id));
	}
	if (json_array_size(about) == 0 && s->tool != NULL)
		json_array_append_new(about, json_string(s->tool));
	object = json_pack("{s:s, s:s, s:o, s:[s]}", "type", "note", "content", text, "object_refs",
	                   about, "labels", "verdict");
	if (object != NULL)
		json_object_set_new(object, "abstract",
		                    json_sprintf("%s: %s", title != NULL ? title : "verdict",
		                                 step != NULL ? step : "none"));
	fsk_stix_object(s, object, false);
	free(text);
}

/* What was read, in the words of whoever reads the bundle. */
static json_t *report_name(const struct fsk_stix *s)
{
	json_t *sources = json_object_get(s->collection, "sources"), *name;
	const char *first = fsk_stix_text(json_array_get(sources, 0), "name");
	const char *id = fsk_stix_text(s->collection, "case");
	size_t more = json_array_size(sources);

	name = json_sprintf("%s%sFindings on %s", id != NULL ? id : "", id != NULL ? ": " : "",
	                    first != NULL ? first : "evidence");
	if (more < 2 || name == NULL)
		return name;
	sources = json_sprintf("%s and %zu more", json_string_value(name), more - 1);
	json_decref(name);
	return sources;
}

static void add_report(struct fsk_stix *s, const char *examiner)
{
	const char *version = fsk_stix_text(json_object_get(s->collection, "tool"), "version");
	const char *result = fsk_stix_text(s->collection, "result");
	const char *id = fsk_stix_text(s->collection, "case");
	json_t *refs = json_array(), *each, *object;
	size_t i;

	json_array_foreach (s->objects, i, each)
		json_array_append(refs, json_object_get(each, "id"));
	object = json_pack("{s:s, s:o, s:[s], s:o, s:o}", "type", "report", "name", report_name(s),
	                   "report_types", "observed-data", "object_refs", refs, "description",
	                   json_sprintf("%zu findings, %zu verdicts of fossick %s; the run: %s",
	                                json_array_size(s->findings), json_array_size(s->verdicts),
	                                version != NULL ? version : "",
	                                result != NULL ? result : "?"));
	fsk_stix_set_time(object, "published", s->ended);
	if (examiner != NULL)
		json_object_set_new(object, "created_by_ref", json_string(examiner));
	json_object_set_new(
	    object, "external_references",
	    json_pack("[{s:s, s:s}]", "source_name", "manifest SHA-256", "external_id", s->run));
	if (id != NULL)
		json_array_append_new(
		    json_object_get(object, "external_references"),
		    json_pack("{s:s, s:s}", "source_name", "case", "external_id", id));
	fsk_stix_object(s, object, false);
}

int fsk_stix_bundle(json_t **out, struct fsk_stix *s, const char *manifest_sha256,
                    struct fsk_err *err)
{
	const char *name = fsk_stix_text(s->collection, "examiner"), *examiner;
	json_t *row;
	size_t i;

	*out = NULL;
	s->run = manifest_sha256;
	s->started = fsk_stix_time(s->collection, "started");
	s->ended = fsk_stix_time(s->collection, "ended");
	if (s->started == FSK_TIME_NONE)
		return fsk_err_set(err, FSK_ECORRUPT,
		                   COLLECTION " does not say when the run began");
	if (s->ended == FSK_TIME_NONE || s->ended < s->started)
		s->ended = s->started;
	set_created(s);
	s->tool = add_identity(s, "system", "fossick", "forensic triage collector", true);
	examiner = name != NULL ? add_identity(s, "individual", name, "examiner", false) : NULL;
	json_array_foreach (s->verdicts, i, row)
		add_verdict(s, row);
	json_array_foreach (s->findings, i, row)
		mark_evidence(s, row);
	json_array_foreach (s->findings, i, row)
		add_finding(s, row);
	add_report(s, examiner);
	*out = json_pack("{s:s, s:o, s:O}", "type", "bundle", "id", fsk_stix_bundle_id(s),
	                 "objects", s->objects);
	return *out != NULL && !s->failed ? 0 : fsk_err_set(err, FSK_ENOMEM, "out of memory");
}
