#include "core/keeper/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/keeper/drives.h"

void fsk_schedule_init(struct fsk_schedule *s)
{
	memset(s, 0, sizeof(*s));
}

static void free_tasks(struct fsk_task *t)
{
	while (t != NULL) {
		struct fsk_task *next = t->next;
		fsk_task_free(t);
		t = next;
	}
}

void fsk_schedule_free(struct fsk_schedule *s)
{
	free_tasks(s->plugins);
	for (size_t i = 0; i < s->nvolumes; i++)
		free_tasks(s->volumes[i].held);
	json_decref(s->groups);
	free(s->volumes);
	free(s->fetch);
	memset(s, 0, sizeof(*s));
}

/* Every `groups`-th name, beginning with `first`: neighbours in the alphabet
 * often do the same kind of work, so they go to different workers. */
static json_t *group_of(const json_t *plugins, size_t first, size_t groups)
{
	json_t *names = json_array();

	for (size_t i = first; i < json_array_size(plugins); i += groups)
		json_array_append(names, json_array_get(plugins, i));
	return names;
}

/* All names but those of the first group. */
static json_t *others_of(const json_t *groups)
{
	json_t *names = json_array();

	for (size_t g = 1; g < json_array_size(groups); g++)
		json_array_extend(names, json_array_get(groups, g));
	return names;
}

/* Only NTFS has an index. */
static bool may_share(const struct fsk_probed_volume *v)
{
	return v->fs != NULL && strcmp(v->fs, "ntfs") == 0;
}

/* Appends a task and returns where the next one goes; NULL without memory. */
static struct fsk_task **append(struct fsk_task **tail, enum fsk_task_op op, json_t *head)
{
	*tail = fsk_task_new(op, head);
	return *tail != NULL ? &(*tail)->next : NULL;
}

static struct fsk_task **plan_volume(struct fsk_schedule *s, struct fsk_task **tail,
                                     const struct fsk_probe *probe,
                                     const struct fsk_probed_volume *v,
                                     const struct fsk_schedule_wish *wish)
{
	struct fsk_schedule_volume *sv = &s->volumes[s->nvolumes++];
	struct fsk_task **held = &sv->held;

	*sv = (struct fsk_schedule_volume){ .source = v->source,
		                            .volume = v->volume,
		                            .machine = fsk_drives_machine(probe, v) };
	for (size_t g = 0; held != NULL && tail != NULL && g < json_array_size(s->groups); g++) {
		json_t *head = fsk_probe_task_head(v);
		json_object_set(head, "plugins", json_array_get(s->groups, g));
		json_object_set_new(head, "dry", json_boolean(wish->dry));
		if (v->profiles != NULL)
			json_object_set(head, "profiles", v->profiles);
		if (fsk_drives_describe(head, probe, v, NULL) < 0)
			tail = NULL;
		sv->open++;
		if (g > 0) {
			held = append(held, FSK_TASK_PLUGINS, head);
			continue;
		}
		json_object_set_new(head, "others", others_of(s->groups));
		json_object_set_new(head, "explain", json_boolean(wish->explain));
		if (may_share(v) && s->shelves < wish->shelves)
			json_object_set_new(head, "shelf", json_integer((json_int_t) s->shelves++));
		tail = tail != NULL ? append(tail, FSK_TASK_PLUGINS, head) : NULL;
	}
	return held != NULL ? tail : NULL;
}

int fsk_schedule_plan(struct fsk_schedule *s, const struct fsk_probe *probe, const json_t *plugins,
                      const struct fsk_schedule_wish *wish, struct fsk_err *err)
{
	struct fsk_task **tail = &s->plugins;
	size_t n = wish->groups;

	if (n > json_array_size(plugins))
		n = json_array_size(plugins);
	s->volumes = calloc(probe->count + 1, sizeof(*s->volumes));
	s->groups = json_array();
	if (s->volumes == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	for (size_t g = 0; g < n; g++)
		json_array_append_new(s->groups, group_of(plugins, g, n));
	for (size_t i = 0; tail != NULL && i < probe->count; i++)
		if (fsk_probed_readable(probe, &probe->volumes[i]))
			tail = plan_volume(s, tail, probe, &probe->volumes[i], wish);
	return tail != NULL ? 0 : fsk_err_set(err, FSK_ENOMEM, "out of memory");
}

/* The tasks that waited come next. */
static void release(struct fsk_schedule *s, struct fsk_schedule_volume *v, const char *way,
                    json_t *index)
{
	struct fsk_task **end = &v->held;

	for (; *end != NULL; end = &(*end)->next) {
		if (way != NULL)
			json_object_set_new((*end)->head, "way", json_string(way));
		if (index != NULL)
			json_object_set((*end)->head, "index", index);
	}
	*end = s->plugins;
	s->plugins = v->held;
	v->held = NULL;
}

static uint32_t head_index(const struct fsk_task *t, const char *key)
{
	return (uint32_t) json_integer_value(json_object_get(t->head, key));
}

void fsk_schedule_planned(struct fsk_schedule *s, const struct fsk_task *t, const char *way,
                          json_t *index)
{
	uint32_t source = head_index(t, "source"), volume = head_index(t, "volume");

	for (size_t i = 0; i < s->nvolumes; i++)
		if (s->volumes[i].source == source && s->volumes[i].volume == volume &&
		    s->volumes[i].held != NULL)
			release(s, &s->volumes[i], way, index);
}

static bool is_of_machine(const struct fsk_schedule_volume *v, const struct fsk_schedule_volume *w)
{
	return v == w || (v->machine != FSK_DRIVES_NONE && v->machine == w->machine);
}

/* Queues what was asked for on a volume and those of its machine, unless plugins that may
 * ask for more are still to speak. */
static int queue(struct fsk_schedule *s, const struct fsk_schedule_volume *v,
                 struct fsk_requests *requests, struct fsk_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < s->nvolumes; i++)
		if (is_of_machine(v, &s->volumes[i]) && s->volumes[i].open > 0)
			return 0;
	for (size_t i = 0; rc == 0 && i < s->nvolumes; i++)
		if (is_of_machine(v, &s->volumes[i]))
			rc = fsk_requests_queue(&s->fetch, &s->nfetch, requests,
			                        s->volumes[i].source, s->volumes[i].volume, err);
	return rc;
}

int fsk_schedule_ended(struct fsk_schedule *s, const struct fsk_task *t,
                       struct fsk_requests *requests, struct fsk_err *err)
{
	uint32_t source = head_index(t, "source"), volume = head_index(t, "volume");

	for (size_t i = 0; i < s->nvolumes; i++) {
		struct fsk_schedule_volume *v = &s->volumes[i];
		if (v->source != source || v->volume != volume)
			continue;
		/* the first group came to nothing: each decides for itself */
		if (v->held != NULL)
			release(s, v, NULL, NULL);
		if (--v->open > 0)
			continue;
		return queue(s, v, requests, err);
	}
	return 0;
}

static bool fits(const json_t *files, uint64_t bytes, size_t head, const struct fsk_request *q)
{
	if (json_array_size(files) == 0)
		return true;
	return json_array_size(files) < FSK_FETCH_FILES && bytes + q->size <= FSK_FETCH_BYTES &&
	       head + strlen(q->loc.path) < FSK_FETCH_HEAD;
}

static struct fsk_task *next_fetch(struct fsk_schedule *s, struct fsk_requests *requests)
{
	json_t *files = json_array();
	uint64_t bytes = 0;
	size_t head = 0;

	for (; s->fetched < s->nfetch; s->fetched++) {
		struct fsk_request *q = &requests->items[s->fetch[s->fetched]];
		if (q->state != FSK_REQUEST_QUEUED)
			continue;
		if (!fits(files, bytes, head, q))
			break;
		json_array_append_new(files, fsk_request_file(q));
		q->state = FSK_REQUEST_ASSIGNED;
		bytes += q->size;
		head += strlen(q->loc.path) + 1024;
	}
	if (json_array_size(files) == 0) {
		json_decref(files);
		return NULL;
	}
	return fsk_task_new(FSK_TASK_FETCH, json_pack("{s:o}", "files", files));
}

struct fsk_task *fsk_schedule_next(struct fsk_schedule *s, struct fsk_requests *requests)
{
	struct fsk_task *t = next_fetch(s, requests);

	if (t != NULL)
		return t;
	t = s->plugins;
	if (t != NULL) {
		s->plugins = t->next;
		t->next = NULL;
	}
	return t;
}

bool fsk_schedule_spoken(const struct fsk_schedule *s)
{
	for (size_t i = 0; i < s->nvolumes; i++)
		if (s->volumes[i].open > 0)
			return false;
	return s->volumes != NULL;
}
