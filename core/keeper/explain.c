#include "core/keeper/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/keeper/table.h"
#include "core/model/types.h"

#define COLUMNS 80

bool fsk_explain_knows(const char *way)
{
	return strcmp(way, "folders") == 0 || strcmp(way, "index") == 0 || strcmp(way, "both") == 0;
}

/* Every want is a name and a count. */
static int check_found(const json_t *found, struct fsk_err *err)
{
	const json_t *pair;
	size_t i;

	if (!json_is_array(found) || json_array_size(found) > FSK_PLUGIN_WANTS_MAX)
		return fsk_err_set(err, FSK_EPROTO, "PLAN: \"found\" is no list of wants");
	json_array_foreach (found, i, pair)
		if (json_array_size(pair) != 2 || !json_is_string(json_array_get(pair, 0)) ||
		    !json_is_integer(json_array_get(pair, 1)))
			return fsk_err_set(err, FSK_EPROTO, "PLAN: want %zu is malformed", i);
	return 0;
}

static int check_plan(const json_t *head, struct fsk_err *err)
{
	static const char *const counts[] = { "folders", "entries", "records",
		                              "globs",   "states",  "plugins" };
	const char *text;
	uint64_t n;
	int rc = fsk_json_get_str(&text, head, "reason", err);

	for (size_t i = 0; rc == 0 && i < sizeof(counts) / sizeof(counts[0]); i++)
		rc = fsk_json_get_u64(&n, head, counts[i], err);
	return rc;
}

/* A group that was given the index of the volume uses it, or does not. */
static void count_use(json_t *plan, bool used)
{
	const char *key = used ? "shared" : "refused";
	json_int_t before = json_integer_value(json_object_get(plan, key));

	json_object_set_new(plan, key, json_integer(before + 1));
}

static int take_found(json_t *plan, const char *plugin, json_t *found, struct fsk_err *err)
{
	json_t *plugins = json_object_get(plan, "found");

	if (plugins == NULL || json_object_size(plugins) >= FSK_PLUGINS_MAX)
		return fsk_err_set(err, FSK_EPROTO, "PLAN of plugin \"%.100s\" is one too many",
		                   plugin);
	json_object_set(plugins, plugin, found);
	return 0;
}

int fsk_explain_take(json_t *plans, const json_t *head, struct fsk_err *err)
{
	json_t *used = json_object_get(head, "used"), *found = json_object_get(head, "found");
	const char *plugin;
	char key[48];
	json_t *plan;
	int rc = fsk_json_opt_str(&plugin, head, "plugin", NULL, err);

	snprintf(key, sizeof(key), "%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT,
	         json_integer_value(json_object_get(head, "source")),
	         json_integer_value(json_object_get(head, "volume")));
	plan = json_object_get(plans, key);
	if (rc < 0)
		return rc;
	if (used != NULL && plan != NULL) {
		count_use(plan, json_is_true(used));
		return 0;
	}
	if (plugin != NULL) {
		rc = check_found(found, err);
		return rc == 0 ? take_found(plan, plugin, found, err) : rc;
	}
	rc = check_plan(head, err);
	if (rc < 0)
		return rc;
	plan = json_copy((json_t *) (uintptr_t) head);
	json_object_set_new(plan, "found", json_object());
	json_object_set_new(plans, key, plan);
	return 0;
}

static uint64_t number(const json_t *j, const char *key)
{
	return (uint64_t) json_integer_value(json_object_get(j, key));
}

static const char *text(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s != NULL ? s : "";
}

static const json_t *plan_of(const struct fsk_collect *c, const struct fsk_probed_volume *v)
{
	char key[48];

	snprintf(key, sizeof(key), "%u/%u", v->source, v->volume);
	return json_object_get(c->plans, key);
}

static void print_way(FILE *to, const json_t *plan)
{
	const json_t *by = json_object_get(plan, "by");
	const char *way = text(plan, "way");

	if (strcmp(way, "index") == 0)
		fputs("  names come from the index of the volume: ", to);
	else if (strcmp(way, "both") == 0)
		fputs("  names come from the folders, times and sizes from the index: ", to);
	else
		fputs("  folders are read one by one: ", to);
	fsk_put_text(to, text(plan, "reason"));
	if (by != NULL) {
		fputs("\n  (", to);
		fsk_put_text(to, text(by, "plugin"));
		fputs(" wants ", to);
		fsk_put_text(to, text(by, "artifact"));
		fputc(')', to);
	}
	fputc('\n', to);
}

/* Where ProfileList of a Windows has led to. */
static void print_profiles(FILE *to, const json_t *profiles)
{
	const json_t *places = json_object_get(profiles, "places");
	const json_t *place;
	size_t i;

	if (profiles == NULL)
		return;
	fprintf(to, "  %zu profiles are known",
	        json_array_size(json_object_get(profiles, "folders")));
	json_array_foreach (places, i, place) {
		fputs(i == 0 ? "; %profile% is also " : ", ", to);
		fsk_put_text(to, json_string_value(place));
	}
	fputc('\n', to);
}

static void print_found(FILE *to, const json_t *plan)
{
	const char *plugin;
	json_t *found, *pair;
	size_t i;

	json_object_foreach (json_object_get(plan, "found"), plugin, found) {
		fputs("  ", to);
		fsk_put_text(to, plugin);
		fputc('\n', to);
		json_array_foreach (found, i, pair) {
			fprintf(to, "%12" JSON_INTEGER_FORMAT "  ",
			        json_integer_value(json_array_get(pair, 1)));
			fsk_put_text(to, json_string_value(json_array_get(pair, 0)));
			fputc('\n', to);
		}
	}
}

static void print_sharing(FILE *to, const json_t *plan)
{
	const json_t *index = json_object_get(plan, "index");
	char size[24];

	if (index == NULL)
		return;
	fprintf(to, "  the index of %s was made once; %" PRIu64 " other groups of plugins use it\n",
	        fsk_size_text(size, number(index, "size")), number(plan, "shared"));
	if (number(plan, "refused") > 0)
		fprintf(to, "  %" PRIu64 " found it damaged and made their own\n",
		        number(plan, "refused"));
}

static void print_volume(FILE *to, const struct fsk_collect *c, const struct fsk_probed_volume *v)
{
	const json_t *plan = plan_of(c, v);
	char prefix[32];

	if (!fsk_probed_readable(&c->session.probe, v))
		return;
	fprintf(to, "VOLUME %u of ", v->volume);
	fsk_put_text(to, c->session.sources.items[v->source].name);
	fprintf(to, " (%s), %s\n", fsk_place_prefix(prefix, v), v->fs != NULL ? v->fs : "folder");
	if (plan == NULL) {
		fputs("  no plan: its worker came to nothing\n\n", to);
		return;
	}
	print_way(to, plan);
	fprintf(to,
	        "  %" PRIu64 " patterns of %" PRIu64 " plugins make one matcher of %" PRIu64
	        " states\n",
	        number(plan, "globs"), number(plan, "plugins"), number(plan, "states"));
	fprintf(to, "  %" PRIu64 " folders entered, %" PRIu64 " entries found",
	        number(plan, "folders"), number(plan, "entries"));
	if (number(plan, "records") > 0)
		fprintf(to, ", %" PRIu64 " records in the MFT", number(plan, "records"));
	fputc('\n', to);
	print_sharing(to, plan);
	print_profiles(to, v->profiles);
	print_found(to, plan);
	fputc('\n', to);
}

static void print_groups(FILE *to, const struct fsk_collect *c)
{
	const json_t *group, *name;
	const char *judge;
	json_t *value;
	size_t i, k;

	fprintf(to, "WORKERS\n  %u, for %zu groups of plugins on each volume\n", c->workers,
	        json_array_size(c->schedule.groups));
	json_array_foreach (c->schedule.groups, i, group) {
		fprintf(to, "  %zu: ", i + 1);
		json_array_foreach (group, k, name) {
			fputs(k > 0 ? ", " : "", to);
			fsk_put_text(to, json_string_value(name));
		}
		fputc('\n', to);
	}
	json_object_foreach (c->judge.judges, judge, value) {
		fputs("  left out of a dry run, for it judges what others find: ", to);
		fsk_put_text(to, judge);
		fputc('\n', to);
	}
	fputs("\nFILES, as workers are given them; these read as the disk has them\n", to);
}

void fsk_explain_print(FILE *to, const struct fsk_collect *c)
{
	const struct fsk_probe *p = &c->session.probe;

	for (size_t i = 0; i < p->count; i++)
		print_volume(to, c, &p->volumes[i]);
	print_groups(to, c);
}

json_t *fsk_explain_json(const struct fsk_collect *c)
{
	const struct fsk_probe *p = &c->session.probe;
	json_t *volumes = json_array();

	for (size_t i = 0; i < p->count; i++) {
		const json_t *plan = plan_of(c, &p->volumes[i]);
		json_t *j;
		if (plan == NULL)
			continue;
		j = json_copy((json_t *) plan);
		json_object_set_new(j, "place", json_string(p->volumes[i].place));
		if (p->volumes[i].profiles != NULL)
			json_object_set(j, "profiles", p->volumes[i].profiles);
		json_array_append_new(volumes, j);
	}
	return json_pack("{s:o, s:O?, s:i, s:O*}", "volumes", volumes, "groups", c->schedule.groups,
	                 "workers", (int) c->workers, "left_out",
	                 json_object_size(c->judge.judges) > 0 ? c->judge.judges : NULL);
}

const struct fsk_request **fsk_explain_order(const struct fsk_collect *c)
{
	const struct fsk_requests *r = &c->requests;
	const struct fsk_request **list = calloc(r->count + 1, sizeof(struct fsk_request *));
	bool *queued = calloc(r->count + 1, sizeof(*queued));
	size_t n = 0;

	for (size_t i = 0; list != NULL && queued != NULL && i < c->schedule.nfetch; i++) {
		list[n++] = &r->items[c->schedule.fetch[i]];
		queued[c->schedule.fetch[i]] = true;
	}
	for (size_t i = 0; list != NULL && queued != NULL && i < r->count; i++)
		if (!queued[i])
			list[n++] = &r->items[i];
	if (queued == NULL) {
		free(list);
		list = NULL;
	}
	free(queued);
	return list;
}
