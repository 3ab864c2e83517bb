#include "core/keeper/task.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"

struct fsk_task *fsk_task_new(enum fsk_task_op op, json_t *head)
{
	struct fsk_task *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		json_decref(head);
		return NULL;
	}
	t->op = op;
	t->head = head != NULL ? head : json_object();
	t->skip = json_object();
	return t;
}

static void clear_step(struct fsk_task *t)
{
	free(t->key);
	free(t->plugin);
	free(t->target);
	t->key = t->plugin = t->target = NULL;
}

void fsk_task_free(struct fsk_task *t)
{
	if (t == NULL)
		return;
	clear_step(t);
	json_decref(t->head);
	json_decref(t->skip);
	free(t);
}

const char *fsk_task_op_name(enum fsk_task_op op)
{
	static const char *const names[] = {
		[FSK_TASK_PROBE] = "probe",     [FSK_TASK_CHECK] = "check",
		[FSK_TASK_PLUGINS] = "plugins", [FSK_TASK_FETCH] = "fetch",
		[FSK_TASK_LIST] = "list",       [FSK_TASK_CAT] = "cat",
		[FSK_TASK_HASH] = "hash",       [FSK_TASK_VERIFY] = "verify",
		[FSK_TASK_HIVE] = "hive",       [FSK_TASK_JUDGE] = "judge",
		[FSK_TASK_NONE] = "none",
	};

	return names[op];
}

int fsk_task_begin(struct fsk_task *t, const char *key, const char *plugin, const char *target,
                   bool again, struct fsk_err *err)
{
	if (json_object_get(t->skip, key) != NULL || (t->key != NULL && strcmp(t->key, key) == 0))
		return fsk_err_set(err, FSK_EPROTO, "step \"%s\" began twice", key);
	t->key_bytes += strlen(key);
	if (t->key_bytes > FSK_STEP_KEYS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u bytes of keys of steps",
		                   FSK_STEP_KEYS_MAX);
	if (json_object_size(t->skip) >= FSK_STEPS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u steps in one task",
		                   FSK_STEPS_MAX);
	if (t->key != NULL && !t->step_again)
		json_object_set_new(t->skip, t->key, json_true());
	clear_step(t);
	t->key = strdup(key);
	t->plugin = plugin != NULL ? strdup(plugin) : NULL;
	t->target = target != NULL ? strdup(target) : NULL;
	t->step_again = again;
	t->began = true;
	return t->key != NULL ? 0 : fsk_err_set(err, FSK_ENOMEM, "out of memory");
}

void fsk_task_lost(struct fsk_task *t)
{
	if (t->key != NULL)
		json_object_set_new(t->skip, t->key, json_true());
	clear_step(t);
	t->fruitless = t->began ? 0 : t->fruitless + 1;
	t->began = false;
}
