#include "plugins/yara/yara.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "plugins/yara/parts.h"

/* One attempt to compile. */
struct attempt {
	struct fsk_yara *y;
	const struct fsk_yara_source *source; /* in hand */
	bool tell;
	YR_COMPILER *compiler;
};

const char *fsk_yara_library(void)
{
	return YR_VERSION;
}

/* --- problems --- */

static void add_problem(struct fsk_yara *y, const char *file, int line, bool warning,
                        const char *text)
{
	struct fsk_yara_problem *p, *more;

	if (y->nproblems == FSK_YARA_PROBLEMS_MAX)
		return;
	more = realloc(y->problems, (y->nproblems + 1) * sizeof(*more));
	if (more == NULL)
		return;
	y->problems = more;
	p = &more[y->nproblems];
	*p = (struct fsk_yara_problem){ fsk_text_dup_utf8(file, strlen(file)), line, warning,
		                        fsk_text_dup_utf8(text, strlen(text)) };
	if (p->file != NULL && p->text != NULL) {
		y->nproblems++;
		return;
	}
	free(p->file);
	free(p->text);
}

static void on_message(int level, const char *file, int line, const YR_RULE *rule, const char *text,
                       void *arg)
{
	const struct attempt *a = arg;

	(void) file;
	(void) rule;
	if (a->tell)
		add_problem(a->y, a->source->name, line, level != YARA_ERROR_LEVEL_ERROR, text);
}

/* --- one attempt --- */

static int open_compiler(struct attempt *a, struct fsk_err *err)
{
	static const char *const variables[] = { "filename", "filepath", "extension",
		                                 "filetype", "owner",    NULL };

	if (yr_compiler_create(&a->compiler) != ERROR_SUCCESS)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for rules");
	yr_compiler_set_callback(a->compiler, on_message, a);
	yr_compiler_set_include_callback(a->compiler, NULL, NULL, NULL);
	for (int i = 0; variables[i] != NULL; i++)
		if (yr_compiler_define_string_variable(a->compiler, variables[i], "") !=
		    ERROR_SUCCESS)
			return fsk_err_set(err, FSK_ENOMEM, "no memory for rules");
	return 0;
}

static void close_compiler(struct attempt *a)
{
	if (a->compiler != NULL)
		yr_compiler_destroy(a->compiler);
	a->compiler = NULL;
}

/* 1 when the file is good, 0 when it is not; then the compiler can take no other. */
static int add_source(struct attempt *a, const struct fsk_yara_source *s, struct fsk_err *err)
{
	char *text = fsk_text_dup(s->text, s->len);
	int errors;

	if (text == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for rules");
	a->source = s;
	errors = yr_compiler_add_string(a->compiler, text, s->name);
	free(text);
	return errors == 0;
}

/* What can be told without libyara. */
static bool is_acceptable(struct fsk_yara *y, const struct fsk_yara_source *s)
{
	const char *module;
	char text[100];
	char *copy;
	int line = 0;

	if (memchr(s->text, '\0', s->len) != NULL) {
		add_problem(y, s->name, 0, false, "a byte 0 in it: no text");
		return false;
	}
	copy = fsk_text_dup(s->text, s->len);
	module = copy != NULL ? fsk_yara_refused_import(&line, copy) : NULL;
	free(copy);
	if (module == NULL)
		return copy != NULL;
	snprintf(text, sizeof(text), "module \"%s\" is not available: %s", module,
	         strcmp(module, "time") == 0 ? "results would depend on the clock"
	                                     : "it reads files beside the evidence");
	add_problem(y, s->name, line, false, text);
	return false;
}

/* Compiles a file by itself, which tells what is wrong with it. */
static int test_source(struct fsk_yara *y, const struct fsk_yara_source *s, struct fsk_err *err)
{
	struct attempt a = { .y = y, .tell = true };
	int rc;

	if (!is_acceptable(y, s))
		return 0;
	rc = open_compiler(&a, err);
	if (rc == 0)
		rc = add_source(&a, s, err);
	close_compiler(&a);
	return rc;
}

static int take_rules(struct fsk_yara *y, YR_COMPILER *compiler, struct fsk_err *err)
{
	YR_RULE *rule;

	if (yr_compiler_get_rules(compiler, &y->rules) != ERROR_SUCCESS)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for rules");
	yr_rules_foreach(y->rules, rule) y->count++;
	return 0;
}

/* All that are good, together. Each has compiled alone; what fails now meets a limit of libyara on
 * all of them, and is told. 1: the rules are there, 0: one more is not good. */
static int try_all(struct fsk_yara *y, const struct fsk_yara_source *sources, bool *good, size_t n,
                   struct fsk_err *err)
{
	struct attempt a = { .y = y };
	int rc = open_compiler(&a, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (!good[i])
			continue;
		rc = add_source(&a, &sources[i], err);
		if (rc == 0) {
			good[i] = false;
			add_problem(y, sources[i].name, 0, false,
			            "cannot be compiled together with the others");
			close_compiler(&a);
			return 0;
		}
		rc = rc < 0 ? rc : 0;
	}
	if (rc == 0)
		rc = take_rules(y, a.compiler, err);
	close_compiler(&a);
	return rc < 0 ? rc : 1;
}

static int compile(struct fsk_yara *y, const struct fsk_yara_source *sources, size_t n,
                   struct fsk_err *err)
{
	bool *good = calloc(n + 1, sizeof(*good));
	int rc = good != NULL ? 0 : fsk_err_set(err, FSK_ENOMEM, "no memory for rules");

	for (size_t i = 0; rc >= 0 && i < n; i++) {
		rc = test_source(y, &sources[i], err);
		good[i] = rc > 0;
	}
	if (rc >= 0)
		rc = 0;
	while (rc == 0)
		rc = try_all(y, sources, good, n, err);
	free(good);
	return rc < 0 ? rc : 0;
}

int fsk_yara_compile(struct fsk_yara **out, const struct fsk_yara_source *sources, size_t n,
                     struct fsk_err *err)
{
	uint32_t kept = FSK_YARA_DATA_MAX;
	struct fsk_yara *y;
	int rc;

	*out = NULL;
	if (n > FSK_YARA_FILES_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u files of rules",
		                   FSK_YARA_FILES_MAX);
	y = calloc(1, sizeof(*y));
	if (y == NULL || yr_initialize() != ERROR_SUCCESS) {
		free(y);
		return fsk_err_set(err, FSK_ENOMEM, "libyara cannot start");
	}
	y->initialized = true;
	yr_set_configuration(YR_CONFIG_MAX_MATCH_DATA, &kept);
	rc = compile(y, sources, n, err);
	if (rc < 0) {
		fsk_yara_free(y);
		return rc;
	}
	*out = y;
	return 0;
}

void fsk_yara_free(struct fsk_yara *y)
{
	if (y == NULL)
		return;
	if (y->rules != NULL)
		yr_rules_destroy(y->rules);
	if (y->initialized)
		yr_finalize();
	for (size_t i = 0; i < y->nproblems; i++) {
		free(y->problems[i].file);
		free(y->problems[i].text);
	}
	free(y->problems);
	free(y);
}

size_t fsk_yara_rules(const struct fsk_yara *y)
{
	return y->count;
}

const struct fsk_yara_problem *fsk_yara_problems(const struct fsk_yara *y, size_t *n)
{
	*n = y->nproblems;
	return y->problems;
}
