/* Runs plugin texts on the fake file system and keeps what they say. */
#ifndef FSK_TESTS_LUA_HARNESS_H
#define FSK_TESTS_LUA_HARNESS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/lua/engine.h"
#include "tests/unit/lua/fake_fs.h"

struct harness {
	struct fsk_engine *e;
	struct fsk_fs *fs;
	struct fsk_volume volume;
	json_t *records; /* of {"plugin","kind","fields"} */
	json_t *findings, *machine, *anomalies;
	json_t *collected; /* of {"path","reason"} */
	json_t *payloads;  /* of {"size","name","kind","from"} */
	json_t *verdict;   /* the last one, or NULL */
	json_t *log;       /* of strings */
	int refuse;        /* not 0: what record() returns */
	struct fsk_err err;
};

/* An engine over `files` (NULL: none), volume 1 "C", Windows. */
void harness_open(struct harness *h, const struct fake_file *files);
void harness_close(struct harness *h);

/* Adds a text; fails the test when that is refused. */
void harness_add(struct harness *h, enum fsk_engine_text kind, const char *name, const char *text);

/* Adds a plugin "t" that wants every file; `body` is that of run(ctx, item),
 * from line 2 on, `head` (may be NULL) stands on line 1. */
void harness_plugin(struct harness *h, const char *head, const char *body);

/* Calls run of plugin "t" for the entry of that path. The result is that of
 * fsk_engine_run, the message is in h->err. */
int harness_run(struct harness *h, const char *path);
int harness_run_as(struct harness *h, const char *path, enum fsk_engine_as as);

/* Adds a plugin "t" that judges "tell:word", runs it on a machine of these lists (lines of
 * JSON, NULL: none), and tells whether it gave a verdict. */
int harness_judge(struct harness *h, const char *body, const char *const lists[FSK_JUDGED_COUNT],
                  bool *said);

/* All in one: a fresh engine, one plugin, one run on file "a". `expect` is
 * the log (joined by '\n') when the run went well, or the message. */
void harness_try(const char *body, int code, const char *expect);

/* The log, joined by '\n'; to be freed. */
char *harness_log(const struct harness *h);

/* Fails the test unless `text` contains `part`. */
void assert_contains(const char *text, const char *part);

#endif
