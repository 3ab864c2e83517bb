/* Task "check": do the plugins load? */
#include "core/worker/task.h"

#include <stdio.h>
#include <string.h>

#include "core/model/types.h"

static int check_one(struct fsk_session *s, const char *name, bool thorough, struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	json_t *meta = NULL, *problems = NULL, *head;
	int rc = fsk_engine_plugin_load(s->engine, name, &meta, &why);

	if (rc == 0 && thorough)
		rc = fsk_engine_plugin_problems(s->engine, name, &problems, &why);
	head = json_pack("{s:s, s:b}", "name", name, "ok", rc == 0);
	if (head && rc != 0)
		json_object_set_new(head, "error", fsk_json_text(why.msg));
	if (head && meta)
		json_object_set(head, "meta", meta);
	if (head && problems)
		json_object_set(head, "problems", problems);
	json_decref(meta);
	json_decref(problems);
	return fsk_report(s, FSK_MSG_PLUGIN, head, err);
}

/* Without a list all are. */
static bool is_asked(const json_t *names, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach ((json_t *) names, i, item)
		if (json_is_string(item) && strcmp(json_string_value(item), name) == 0)
			return true;
	return names == NULL;
}

int fsk_task_check(struct fsk_session *s, const json_t *head, struct fsk_err *err)
{
	const json_t *names = json_object_get(head, "plugins");
	const char *name;

	if (names == NULL)
		fsk_engine_be_thorough(s->engine);
	for (size_t i = 0; (name = fsk_engine_plugin_name(s->engine, i)); i++) {
		char key[300];
		int rc;

		if (!is_asked(names, name))
			continue;
		snprintf(key, sizeof(key), "check|%s", name);
		rc = fsk_step_begin(s, key, name, NULL, 0, err);
		if (rc == 1)
			rc = check_one(s, name, names == NULL, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}
