/* What a collection does in which order: volumes and their places, requests, tasks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "core/keeper/crew.h"
#include "core/keeper/drives.h"
#include "core/keeper/member.h"
#include "core/keeper/probe.h"
#include "core/keeper/requests.h"
#include "core/keeper/schedule.h"

/* ---- places of volumes ---- */

static int add_volume(struct fsk_probe *p, int source, int volume, const char *letter,
                      const char *os)
{
	struct fsk_err err;
	json_t *head = json_pack("{s:i, s:i, s:s*, s:s, s:s}", "source", source, "volume", volume,
	                         "letter", letter, "os", os, "fs", "ntfs");
	int rc = fsk_probe_volume(p, head, &err);

	json_decref(head);
	return rc;
}

static void places(void **state)
{
	struct fsk_evidence evidence[2] = { { .index = 0 }, { .index = 1 } };
	struct fsk_sources sources = { .items = evidence, .count = 2 };
	struct fsk_probe p;
	char prefix[32];

	(void) state;
	assert_int_equal(fsk_probe_init(&p, &sources, NULL), 0);
	assert_int_equal(add_volume(&p, 1, 0, "C", "windows"), 0);
	assert_int_equal(add_volume(&p, 0, 5, NULL, "linux"), 0);
	assert_int_equal(add_volume(&p, 0, 2, NULL, "linux"), 0);
	assert_int_equal(add_volume(&p, 0, 1, "C", "windows"), 0);
	assert_int_equal(add_volume(&p, 0, 3, "C", "windows"), 0);
	assert_int_equal(add_volume(&p, 0, 4, NULL, ""), 0);
	assert_int_equal(add_volume(&p, 0, 4, "D", ""), 0); /* the last word holds */
	assert_int_equal(add_volume(&p, 2, 0, NULL, ""), FSK_EPROTO);
	assert_int_equal(add_volume(&p, 0, FSK_VOLUMES_MAX, NULL, ""), FSK_EPROTO);
	assert_int_equal(add_volume(&p, 0, 6, "../", ""), FSK_EPROTO);
	fsk_probe_settle(&p);
	assert_int_equal(p.count, 6);
	assert_string_equal(fsk_probe_find(&p, 0, 1)->place, "C");
	assert_string_equal(fsk_probe_find(&p, 0, 2)->place, "$rootfs$");
	assert_string_equal(fsk_probe_find(&p, 0, 3)->place, "vol3");
	assert_string_equal(fsk_probe_find(&p, 0, 4)->place, "D");
	assert_string_equal(fsk_probe_find(&p, 0, 5)->place, "vol5");
	assert_string_equal(fsk_probe_find(&p, 1, 0)->place, "C");
	assert_string_equal(fsk_place_prefix(prefix, fsk_probe_find(&p, 0, 5)), "vol5:/");
	assert_string_equal(fsk_place_prefix(prefix, fsk_probe_find(&p, 0, 2)), "/");
	fsk_probe_free(&p);
}

/* ---- requests and their order ---- */

struct ask {
	int volume, addr;
	const char *path, *plugin, *reason;
};

static const struct ask asks[] = {
	{ 1, 90, "Users/b", "p1", "because" }, { 1, 30, "Users/c", "p1", "because" },
	{ 1, 90, "Users/b", "p2", "also" },    { 1, 30, "Users/link", "p2", "hard link" },
	{ 0, 10, "efi", "p1", "because" },     { 1, 90, "Users/b", "p1", "because" },
	{ 1, 90, "Users/b", "p1", "again" },
};
#define NASKS (sizeof(asks) / sizeof(asks[0]))

static json_t *run_asks(size_t start, size_t step)
{
	struct fsk_requests r;
	uint32_t *ids = NULL, id;
	size_t n = 0;
	json_t *result = json_array();

	fsk_requests_init(&r);
	for (size_t i = 0; i < NASKS; i++) {
		const struct ask *a = &asks[(start + i * step) % NASKS];
		json_t *head = json_pack("{s:s, s:s, s:{s:i, s:i, s:i, s:s}, s:i}", "plugin",
		                         a->plugin, "reason", a->reason, "locator", "source", 0,
		                         "volume", a->volume, "addr", a->addr, "path", a->path,
		                         "size", 5);
		assert_int_equal(fsk_requests_add(&id, &r, head, NULL), 0);
		json_decref(head);
	}
	assert_int_equal(r.count, 4);
	assert_int_equal(fsk_requests_queue(&ids, &n, &r, 0, 1, NULL), 0);
	assert_int_equal(n, 3);
	assert_int_equal(fsk_requests_queue(&ids, &n, &r, 0, 1, NULL), 0);
	assert_int_equal(n, 3); /* each is queued once */
	for (size_t i = 0; i < n; i++)
		json_array_append_new(result,
		                      json_pack("{s:s, s:O}", "path", r.items[ids[i]].loc.path,
		                                "reasons", r.items[ids[i]].reasons));
	free(ids);
	fsk_requests_free(&r);
	return result;
}

static void requests_do_not_depend_on_order(void **state)
{
	json_t *wanted = run_asks(0, 1);
	const json_t *last = json_array_get(wanted, 2);

	(void) state;
	assert_string_equal(json_string_value(json_object_get(json_array_get(wanted, 0), "path")),
	                    "Users/c");
	assert_string_equal(json_string_value(json_object_get(json_array_get(wanted, 1), "path")),
	                    "Users/link");
	assert_string_equal(json_string_value(json_object_get(last, "path")), "Users/b");
	assert_int_equal(json_array_size(json_object_get(last, "reasons")), 3);
	for (size_t start = 0; start < NASKS; start++) {
		for (size_t step = 1; step < NASKS; step++) {
			json_t *got = run_asks(start, step);
			assert_true(json_equal(got, wanted));
			json_decref(got);
		}
	}
	json_decref(wanted);
}

static void ask_for(struct fsk_requests *r, int addr, const char *path, const char *stream)
{
	uint32_t id;
	json_t *head = json_pack("{s:s, s:{s:i, s:i, s:i, s:s, s:s*}}", "plugin", "p", "locator",
	                         "source", 0, "volume", 0, "addr", addr, "path", path, "stream",
	                         stream);

	assert_int_equal(fsk_requests_add(&id, r, head, NULL), 0);
	json_decref(head);
}

/* Whoever was asked for first: the lower address keeps its name. */
static void twins(void **state)
{
	struct fsk_requests r;
	uint32_t *ids = NULL;
	size_t n = 0;

	(void) state;
	fsk_requests_init(&r);
	ask_for(&r, 9, "src/Makefile", NULL);
	ask_for(&r, 7, "src/makefile", NULL);
	ask_for(&r, 8, "src/other", NULL);
	ask_for(&r, 3, "src/makefile", "Stream");
	ask_for(&r, 12, "src/GR\xc3\x96SSE", NULL);
	ask_for(&r, 11, "src/gr\xc3\xb6sse", NULL);
	assert_int_equal(fsk_requests_queue(&ids, &n, &r, 0, 0, NULL), 0);
	assert_int_equal(n, 6);
	for (size_t i = 0; i < n; i++) {
		const struct fsk_request *q = &r.items[ids[i]];
		assert_int_equal(q->twin, q->loc.addr == 9 || q->loc.addr == 12);
	}
	free(ids);
	fsk_requests_free(&r);
}

static void requests_malformed(void **state)
{
	static const char *const heads[] = {
		"{}",
		"{\"plugin\":\"p\"}",
		"{\"plugin\":\"p\",\"locator\":{\"source\":0}}",
		"{\"plugin\":1,\"locator\":{\"source\":0,\"volume\":0,\"addr\":1,\"path\":\"x\"}}",
		"{\"plugin\":\"p\",\"size\":\"x\","
		"\"locator\":{\"source\":0,\"volume\":0,\"addr\":1,\"path\":\"x\"}}",
	};
	struct fsk_requests r;
	uint32_t id;

	(void) state;
	fsk_requests_init(&r);
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		json_t *head = json_loads(heads[i], 0, NULL);
		assert_int_equal(fsk_requests_add(&id, &r, head, NULL), FSK_EPROTO);
		json_decref(head);
	}
	assert_int_equal(r.count, 0);
	fsk_requests_free(&r);
}

/* ---- schedule ---- */

static void count_plugins(json_t *seen, const struct fsk_task *t)
{
	json_t *name;
	size_t i;

	json_array_foreach (json_object_get(t->head, "plugins"), i, name) {
		char key[64];
		snprintf(key, sizeof(key), "%d/%s",
		         (int) json_integer_value(json_object_get(t->head, "volume")),
		         json_string_value(name));
		assert_null(json_object_get(seen, key));
		json_object_set_new(seen, key, json_true());
	}
}

/* Every plugin runs once on every volume, whatever the number of groups, and
 * fetches begin when the volume's last group has ended; with two drives of one machine,
 * that of both. */
static void schedule_for(unsigned groups, unsigned tasks, const char *letter)
{
	struct fsk_evidence evidence = { .index = 0 };
	struct fsk_sources sources = { .items = &evidence, .count = 1 };
	json_t *plugins = json_pack("[s, s, s]", "p1", "p2", "p3"), *seen = json_object();
	json_t *ask = json_pack("{s:s, s:{s:i, s:i, s:i, s:s}}", "plugin", "p1", "locator",
	                        "source", 0, "volume", 1, "addr", 4, "path", "x");
	const struct fsk_schedule_wish wish = { .groups = groups };
	struct fsk_schedule s;
	struct fsk_requests r;
	struct fsk_probe p;
	struct fsk_task *t;
	uint32_t id;
	unsigned n = 0;

	assert_int_equal(fsk_probe_init(&p, &sources, NULL), 0);
	assert_int_equal(add_volume(&p, 0, 1, "C", "windows"), 0);
	assert_int_equal(add_volume(&p, 0, 2, letter, ""), 0);
	fsk_probe_settle(&p);
	fsk_requests_init(&r);
	fsk_schedule_init(&s);
	assert_int_equal(fsk_schedule_plan(&s, &p, plugins, &wish, NULL), 0);
	assert_int_equal(fsk_requests_add(&id, &r, ask, NULL), 0);
	while ((t = fsk_schedule_next(&s, &r)) != NULL) {
		if (t->op == FSK_TASK_FETCH) {
			assert_int_equal(n, *letter != '\0' ? tasks : tasks / 2);
			assert_int_equal(r.items[id].state, FSK_REQUEST_ASSIGNED);
		} else if (t->op == FSK_TASK_PLUGINS) {
			n++;
			count_plugins(seen, t);
			assert_int_equal(fsk_schedule_ended(&s, t, &r, NULL), 0);
		}
		fsk_task_free(t);
	}
	assert_int_equal(n, tasks);
	assert_int_equal(json_object_size(seen), 6);
	assert_int_equal(r.items[id].state, FSK_REQUEST_ASSIGNED);
	fsk_schedule_free(&s);
	fsk_requests_free(&r);
	fsk_probe_free(&p);
	json_decref(plugins);
	json_decref(seen);
	json_decref(ask);
}

static void schedule(void **state)
{
	(void) state;
	schedule_for(1, 2, "");
	schedule_for(2, 4, "");
	schedule_for(3, 6, "");
	schedule_for(64, 6, "");
	schedule_for(1, 2, "D");
	schedule_for(3, 6, "D");
}

/* "0/2=D 1/0=E", and the letter of the system in front. */
static void check_drives(const struct fsk_probe *p, uint32_t source, uint32_t volume,
                         const char *expect)
{
	json_t *head = json_object(), *drive;
	char text[200] = "", *end = text;
	size_t i;

	assert_int_equal(fsk_drives_describe(head, p, fsk_probe_find(p, source, volume), NULL), 0);
	if (json_object_get(head, "system") != NULL)
		end += sprintf(end, "%s:", json_string_value(json_object_get(head, "system")));
	json_array_foreach (json_object_get(head, "drives"), i, drive) {
		json_t *s = json_object_get(drive, "source"), *v = json_object_get(drive, "volume");

		end += sprintf(end, " %d/%d=%s", (int) json_integer_value(s),
		               (int) json_integer_value(v),
		               json_string_value(json_object_get(drive, "letter")));
		assert_true(fsk_drives_has(head, s, v));
	}
	assert_string_equal(text, expect);
	json_decref(head);
}

static void drives(void **state)
{
	struct fsk_evidence evidence[3] = { { .index = 0 }, { .index = 1 }, { .index = 2 } };
	struct fsk_sources sources = { .items = evidence, .count = 3 };
	struct fsk_probe p;

	(void) state;
	assert_int_equal(fsk_probe_init(&p, &sources, NULL), 0);
	assert_int_equal(add_volume(&p, 0, 0, "", ""), 0);
	assert_int_equal(add_volume(&p, 0, 1, "C", "windows"), 0);
	assert_int_equal(add_volume(&p, 0, 2, "D", ""), 0);
	assert_int_equal(add_volume(&p, 1, 0, "D", ""), 0);
	assert_int_equal(add_volume(&p, 1, 1, "E", ""), 0);
	fsk_probe_settle(&p);
	check_drives(&p, 0, 0, "");
	check_drives(&p, 0, 1, "C: 0/2=D 1/1=E"); /* its own disk's D */
	check_drives(&p, 0, 2, "C: 0/1=C 1/1=E");
	check_drives(&p, 1, 0, "C: 0/1=C 1/1=E");
	check_drives(&p, 1, 1, "C: 0/1=C 1/0=D");
	/* another Windows: whose the disk without one is, nobody knows */
	assert_int_equal(add_volume(&p, 2, 0, "C", "windows"), 0);
	check_drives(&p, 0, 1, "C: 0/2=D");
	check_drives(&p, 1, 1, " 1/0=D");
	check_drives(&p, 2, 0, "C:");
	fsk_probe_free(&p);
}

/* The groups of a volume wait for the way that its first group says; the workers
 * for them are started meanwhile. */
static void schedule_waits_for_the_plan(void **state)
{
	struct fsk_evidence evidence = { .index = 0 };
	struct fsk_sources sources = { .items = &evidence, .count = 1 };
	json_t *plugins = json_pack("[s, s, s]", "p1", "p2", "p3"), *index = json_object();
	const struct fsk_schedule_wish wish = { .groups = 3 };
	struct fsk_schedule s;
	struct fsk_requests r;
	struct fsk_probe p;
	struct fsk_task *first, *other, *t;

	(void) state;
	assert_int_equal(fsk_probe_init(&p, &sources, NULL), 0);
	assert_int_equal(add_volume(&p, 0, 1, "C", "windows"), 0);
	fsk_probe_settle(&p);
	fsk_requests_init(&r);
	fsk_schedule_init(&s);
	assert_int_equal(fsk_schedule_plan(&s, &p, plugins, &wish, NULL), 0);
	first = fsk_schedule_next(&s, &r);
	assert_int_equal(json_array_size(json_object_get(first->head, "others")), 2);
	assert_null(json_object_get(first->head, "way"));
	assert_null(fsk_schedule_next(&s, &r));
	other = fsk_task_new(FSK_TASK_PLUGINS, json_pack("{s:i, s:i}", "source", 0, "volume", 2));
	fsk_schedule_planned(&s, other, "folders", NULL);
	assert_null(fsk_schedule_next(&s, &r));
	fsk_schedule_planned(&s, first, "index", index);
	for (unsigned i = 0; i < 2; i++) {
		t = fsk_schedule_next(&s, &r);
		assert_string_equal(json_string_value(json_object_get(t->head, "way")), "index");
		assert_ptr_equal(json_object_get(t->head, "index"), index);
		assert_null(json_object_get(t->head, "others"));
		fsk_task_free(t);
	}
	assert_null(fsk_schedule_next(&s, &r));
	fsk_task_free(first);
	fsk_task_free(other);
	fsk_schedule_free(&s);
	fsk_requests_free(&r);
	fsk_probe_free(&p);
	json_decref(plugins);
	json_decref(index);
}

/* ---- tasks and their skip lists ---- */

static void skip_list(void **state)
{
	struct fsk_task *t = fsk_task_new(FSK_TASK_PLUGINS, NULL);
	struct fsk_err err;

	(void) state;
	assert_int_equal(fsk_task_begin(t, "load", "p", NULL, true, &err), 0);
	assert_int_equal(fsk_task_begin(t, "a", "p", "x", false, &err), 0);
	assert_int_equal(fsk_task_begin(t, "b", "p", "y", false, &err), 0);
	assert_int_equal(fsk_task_begin(t, "a", "p", "x", false, &err), FSK_EPROTO);
	assert_int_equal(fsk_task_begin(t, "b", "p", "y", false, &err), FSK_EPROTO);
	fsk_task_lost(t);
	assert_int_equal(t->fruitless, 0);
	assert_null(json_object_get(t->skip, "load")); /* is taken again */
	assert_non_null(json_object_get(t->skip, "a"));
	assert_non_null(json_object_get(t->skip, "b")); /* the fatal one */
	assert_int_equal(fsk_task_begin(t, "load", "p", NULL, true, &err), 0);
	fsk_task_lost(t);
	assert_non_null(json_object_get(t->skip, "load")); /* fatal now */
	fsk_task_lost(t);
	fsk_task_lost(t);
	assert_int_equal(t->fruitless, 2);
	fsk_task_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places),
		cmocka_unit_test(requests_do_not_depend_on_order),
		cmocka_unit_test(twins),
		cmocka_unit_test(requests_malformed),
		cmocka_unit_test(schedule),
		cmocka_unit_test(drives),
		cmocka_unit_test(schedule_waits_for_the_plan),
		cmocka_unit_test(skip_list),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
