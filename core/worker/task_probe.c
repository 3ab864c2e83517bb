/* Task "probe": sources, volumes, file systems, drive letters. */
#include "core/worker/probe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/worker/system.h"

struct mounts {
	struct fsk_mount *items;
	size_t count;
};

/* The reason names the source already when the object does. */
static int report_unopened(struct fsk_session *s, const struct fsk_input *i, struct fsk_err *why,
                           struct fsk_err *err)
{
	char object[300];
	int n = snprintf(object, sizeof(object), "\"%.256s\"", i->name);

	if (strncmp(why->msg, object, (size_t) n) == 0 && strncmp(why->msg + n, ": ", 2) == 0)
		memmove(why->msg, why->msg + n + 2, strlen(why->msg + n + 2) + 1);
	return fsk_report_failure(s, why, object, NULL, err);
}

static int probe_source(struct fsk_session *s, struct fsk_input *i, bool check, struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	char key[32];
	int rc;

	snprintf(key, sizeof(key), "source %u", i->index);
	rc = fsk_step_begin(s, key, NULL, i->name, FSK_STEP_AGAIN, err);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		i->failed = true;
		return fsk_err_set(&i->why, FSK_EDIED, "\"%s\" ended an earlier worker", i->name),
		       0;
	}
	if (fsk_input_open(&s->inputs, i, &why) != 0)
		return report_unopened(s, i, &why, err);
	if (check && i->source != NULL)
		fsk_source_check(i->source);
	return fsk_task_report_source(s, i, err);
}

static void volume_name(char *out, size_t cap, const struct fsk_input *i, uint32_t volume)
{
	snprintf(out, cap, "volume %u of \"%.256s\"", volume, i->name);
}

static int probe_volume(struct fsk_session *s, struct fsk_input *i, struct fsk_input_volume *v,
                        struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	struct fsk_fs *fs;
	char key[48], name[300];
	int rc;

	if (v->v.fs[0] == '\0')
		return 0;
	snprintf(key, sizeof(key), "volume %u/%u", i->index, v->v.index);
	volume_name(name, sizeof(name), i, v->v.index);
	rc = fsk_step_begin(s, key, NULL, name, FSK_STEP_AGAIN, err);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		v->failed = true;
		return fsk_err_set(&v->why, FSK_EDIED, "%s ended an earlier worker", name), 0;
	}
	if (fsk_input_fs(&fs, &s->inputs, i, v->v.index, &why) != 0)
		return fsk_report_failure(s, &why, name, NULL, err);
	if (v->v.os[0] == '\0')
		snprintf(v->v.os, sizeof(v->v.os), "%s", fsk_system_of(fs));
	return 0;
}

static int append(struct mounts *all, const struct fsk_mount *more, size_t n, struct fsk_err *err)
{
	struct fsk_mount *grown = realloc(all->items, (all->count + n) * sizeof(*grown));

	if (!grown)
		return fsk_err_set(err, FSK_ENOMEM, "drive letters: out of memory");
	memcpy(grown + all->count, more, n * sizeof(*grown));
	all->items = grown;
	all->count += n;
	return 0;
}

/* What the registry tells, in `*why`, may be that there is nothing of the kind. */
static int take_mounts(struct mounts *all, struct fsk_hive *system, const struct fsk_volume *v,
                       struct fsk_err *why, struct fsk_err *err)
{
	struct fsk_mount *found = NULL;
	size_t n = 0;
	int rc;

	fsk_system_mounts(&found, &n, system, v, why);
	rc = n > 0 ? append(all, found, n, err) : 0;
	free(found);
	return rc;
}

static int report_trouble(struct fsk_session *s, const struct fsk_err *why, const char *name,
                          struct fsk_err *err)
{
	return why->code == 0 || why->code == FSK_ENOTFOUND
	           ? 0
	           : fsk_report_failure(s, why, name, NULL, err);
}

/* Drive letters and environment. A damaged registry costs what it would have
 * told, no more. */
static int probe_registry(struct fsk_session *s, struct mounts *all, struct fsk_input *i,
                          struct fsk_input_volume *v, struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	struct fsk_hive *system = NULL;
	char key[48], name[300];
	int rc;

	if (!v->fs || strcmp(v->v.os, "windows") != 0)
		return 0;
	snprintf(key, sizeof(key), "letters %u/%u", i->index, v->v.index);
	volume_name(name, sizeof(name), i, v->v.index);
	rc = fsk_step_begin(s, key, NULL, name, FSK_STEP_AGAIN, err);
	if (rc <= 0)
		return rc;
	if (fsk_system_hive(&system, v->fs, FSK_SYSTEM_HIVE, &why) != 0)
		return report_trouble(s, &why, name, err);
	rc = take_mounts(all, system, &v->v, &why, err);
	if (rc == 0)
		rc = report_trouble(s, &why, name, err);
	why.code = 0;
	if (rc == 0 && fsk_system_environment(&v->environment, system, &why) != 0)
		rc = report_trouble(s, &why, name, err);
	fsk_hive_close(system);
	return rc;
}

static size_t count_volumes(const struct fsk_inputs *in)
{
	size_t n = 0;

	for (size_t k = 0; k < in->count; k++)
		n += in->items[k].nvolumes;
	return n;
}

/* Letters, and what follows from them. */
static int decide(struct fsk_session *s, struct fsk_probed *all, bool profiles, struct fsk_err *err)
{
	struct fsk_inputs *in = &s->inputs;

	for (size_t k = 0; k < in->count; k++) {
		all->names[k] = in->items[k].name;
		for (size_t j = 0; j < in->items[k].nvolumes; j++) {
			all->inputs[all->count] = &in->items[k].volumes[j];
			all->volumes[all->count++] = &in->items[k].volumes[j].v;
		}
	}
	fsk_letters_decide(all->volumes, all->count, all->mounts, all->nmounts, all->names,
	                   &in->sink);
	return profiles ? fsk_probe_profiles(s, all, err) : 0;
}

static int decide_letters(struct fsk_session *s, const struct mounts *mounts, bool profiles,
                          struct fsk_err *err)
{
	size_t n = count_volumes(&s->inputs) + 1;
	struct fsk_probed all = { .mounts = mounts->items, .nmounts = mounts->count };
	int rc;

	all.volumes = calloc(n, sizeof(struct fsk_volume *));
	all.inputs = calloc(n, sizeof(struct fsk_input_volume *));
	if (all.volumes && all.inputs)
		rc = decide(s, &all, profiles, err);
	else
		rc = fsk_err_set(err, FSK_ENOMEM, "drive letters: out of memory");
	free(all.volumes);
	free(all.inputs);
	return rc;
}

typedef int volume_fn(struct fsk_session *s, struct mounts *m, struct fsk_input *i,
                      struct fsk_input_volume *v, struct fsk_err *err);

static int volume_step(struct fsk_session *s, struct mounts *m, struct fsk_input *i,
                       struct fsk_input_volume *v, struct fsk_err *err)
{
	(void) m;
	return probe_volume(s, i, v, err);
}

static int volume_report(struct fsk_session *s, struct mounts *m, struct fsk_input *i,
                         struct fsk_input_volume *v, struct fsk_err *err)
{
	json_t *head = fsk_volume_to_json(&v->v);

	(void) m;
	(void) i;
	if (head && v->environment)
		json_object_set(head, "environment", v->environment);
	if (head && (v->profiles.count > 0 || v->profiles.nplaces > 0))
		json_object_set_new(head, "profiles", fsk_profiles_to_json(&v->profiles));
	return fsk_report(s, FSK_MSG_VOLUME, head, err);
}

static int each_volume(struct fsk_session *s, volume_fn *fn, struct mounts *m, struct fsk_err *err)
{
	for (size_t k = 0; k < s->inputs.count; k++) {
		struct fsk_input *i = &s->inputs.items[k];

		for (size_t j = 0; j < i->nvolumes; j++) {
			int rc = fn(s, m, i, &i->volumes[j], err);

			if (rc != 0)
				return rc;
		}
	}
	return 0;
}

int fsk_task_probe(struct fsk_session *s, const json_t *head, struct fsk_err *err)
{
	struct mounts mounts = { 0 };
	bool check, profiles;
	int rc = fsk_json_opt_bool(&check, head, "check", false, err);

	if (rc == 0)
		rc = fsk_json_opt_bool(&profiles, head, "profiles", false, err);
	for (size_t k = 0; rc == 0 && k < s->inputs.count; k++)
		rc = probe_source(s, &s->inputs.items[k], check, err);
	if (rc == 0)
		rc = each_volume(s, volume_step, &mounts, err);
	if (rc == 0)
		rc = each_volume(s, probe_registry, &mounts, err);
	fsk_step_end(s);
	if (rc == 0)
		rc = decide_letters(s, &mounts, profiles, err);
	fsk_step_end(s);
	if (rc == 0)
		rc = each_volume(s, volume_report, &mounts, err);
	free(mounts.items);
	return rc;
}
