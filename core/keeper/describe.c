#include "core/keeper/describe.h"

#include <string.h>

#include "core/keeper/host.h"

static void set_time(json_t *j, const char *key, fsk_time t)
{
	char text[FSK_TIME_STR_MAX];

	json_object_set_new(j, key,
	                    t != FSK_TIME_NONE ? json_string(fsk_time_iso(text, t)) : json_null());
}

static json_t *describe_options(const struct fsk_options *o)
{
	return json_pack("{s:o, s:I, s:I, s:i, s:i, s:b, s:b}", "profile", fsk_json_text(o->select),
	                 "limit_size", (json_int_t) o->limit_size, "memory", (json_int_t) o->memory,
	                 "step_seconds", (int) o->step_seconds, "level", o->level,
	                 "require_sandbox", (int) o->require_sandbox, "no_index",
	                 (int) o->no_index);
}

static json_t *describe_volume(const struct fsk_probed_volume *v)
{
	json_t *j = json_copy(v->head), *places = json_object_get(v->profiles, "places");

	json_object_set_new(j, "place", json_string(v->place));
	if (json_array_size(places) > 0)
		json_object_set(j, "profile_places", places);
	return j;
}

static json_t *describe_source(const struct fsk_collect *c, const struct fsk_evidence *e)
{
	const struct fsk_probe *p = &c->session.probe;
	json_t *j = p->source_heads[e->index] != NULL ? json_copy(p->source_heads[e->index])
	                                              : json_object();
	json_t *volumes = json_array(), *segments = json_array();

	for (size_t i = 0; i < p->count; i++)
		if (p->volumes[i].source == e->index)
			json_array_append_new(volumes, describe_volume(&p->volumes[i]));
	for (size_t i = 0; i < e->nsegments; i++)
		json_array_append_new(segments,
		                      json_pack("{s:s, s:I}", "name", e->segments[i].name, "size",
		                                (json_int_t) e->segments[i].file.size));
	json_object_set_new(j, "source", json_integer((json_int_t) e->index));
	json_object_set_new(j, "name", json_string(e->name));
	json_object_set_new(j, "kind", json_string(fsk_evidence_kind_name(e->kind)));
	json_object_set_new(j, "segments", segments);
	json_object_set_new(j, "volumes", volumes);
	return j;
}

static json_t *describe_sources(const struct fsk_collect *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->session.sources.count; i++)
		json_array_append_new(list, describe_source(c, &c->session.sources.items[i]));
	return list;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

json_t *fsk_describe_machines(const struct fsk_collect *c)
{
	size_t n = json_object_size(c->machines), i = 0;
	const char **keys = calloc(n + 1, sizeof(*keys)), *key;
	json_t *list = json_array(), *value;

	if (keys == NULL)
		return list;
	json_object_foreach (c->machines, key, value)
		keys[i++] = key;
	qsort(keys, n, sizeof(*keys), compare_texts);
	for (i = 0; i < n; i++)
		json_array_append(list, json_object_get(c->machines, keys[i]));
	free(keys);
	return list;
}

json_t *fsk_describe_counts(const struct fsk_collect *c)
{
	const struct fsk_collect_counts *n = &c->counts;
	json_t *j = json_object();
	const struct {
		const char *key;
		uint64_t value;
	} rows[] = {
		{ "files_complete", n->complete },
		{ "files_partial", n->partial },
		{ "files_unreadable", n->unreadable },
		{ "files_incomplete", n->incomplete },
		{ "files_over_limit", n->over_limit },
		{ "files_undelivered", n->undelivered },
		{ "files_dropped", n->dropped },
		{ "files_requested", c->requests.count },
		{ "bytes", n->bytes },
		{ "payloads", c->payloads.count },
		{ "records", n->records },
		{ "findings", n->findings },
		{ "anomalies", n->anomalies },
		{ "anomalies_dropped", n->anomalies_dropped },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_object_set_new(j, rows[i].key, json_integer((json_int_t) rows[i].value));
	return j;
}

json_t *fsk_describe_findings(const struct fsk_tally *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->count; i++) {
		const struct fsk_tally_item *x = &t->items[i];
		json_t *places = json_array();
		for (size_t k = 0; k < FSK_TALLY_PLACES && x->places[k] != NULL; k++)
			json_array_append_new(places, fsk_json_text(x->places[k]));
		json_array_append_new(list,
		                      json_pack("{s:s, s:s, s:o, s:I, s:o}", "severity",
		                                fsk_severity_name(x->severity), "confidence",
		                                fsk_confidence_name(x->confidence), "title",
		                                fsk_json_text(x->title != NULL ? x->title : ""),
		                                "count", (json_int_t) x->count, "places", places));
	}
	return list;
}

const char *fsk_describe_result(const struct fsk_collect *c)
{
	if (c->ended == FSK_TIME_NONE)
		return "unfinished";
	switch (c->stop.code) {
	case 0:
		break;
	case FSK_ECANCELED:
		return "interrupted";
	case FSK_ENOSPC:
		return "stopped: no space left for the archive";
	default:
		return "stopped by an error";
	}
	if (c->status == FSK_EXIT_NOTHING)
		return "nothing usable";
	return c->status == FSK_EXIT_COMPLETE ? "complete" : "complete with anomalies";
}

json_t *fsk_describe_collection(const struct fsk_collect *c)
{
	const struct fsk_options *o = c->session.options;
	struct fsk_crew_stats crew = fsk_crew_stats(c->session.crew);
	json_t *j = json_object();

	json_object_set_new(j, "format", json_integer(1));
	json_object_set_new(j, "tool",
	                    json_pack("{s:s, s:s, s:o, s:O?}", "name", "fossick", "version",
	                              FSK_VERSION, "libraries", fsk_host_libraries(), "worker",
	                              c->session.worker));
	json_object_set_new(j, "case", fsk_json_text(o->case_id));
	json_object_set_new(j, "examiner", fsk_json_text(o->examiner));
	json_object_set_new(j, "note", fsk_json_text(o->note));
	json_object_set_new(j, "host", fsk_host_describe());
	json_object_set_new(j, "options", describe_options(o));
	if (c->payloads.envelope != NULL)
		json_object_set_new(j, "recipients", fsk_payloads_describe(&c->payloads));
	json_object_set_new(j, "texts", fsk_texts_describe(&c->session.texts));
	json_object_set_new(j, "sources", describe_sources(c));
	json_object_set_new(j, "machines", fsk_describe_machines(c));
	json_object_set_new(j, "sandbox",
	                    json_pack("{s:b, s:O?}", "held",
	                              (int) (c->session.held && c->session.layers != NULL),
	                              "layers", c->session.layers));
	json_object_set_new(j, "workers",
	                    json_pack("{s:i, s:i, s:i}", "jobs", (int) crew.workers, "started",
	                              (int) crew.started, "lost", (int) crew.lost));
	json_object_set_new(j, "counts", fsk_describe_counts(c));
	json_object_set_new(j, "result", json_string(fsk_describe_result(c)));
	json_object_set_new(j, "exit_status", json_integer(c->status));
	set_time(j, "started", c->started);
	set_time(j, "ended", c->ended);
	return j;
}
