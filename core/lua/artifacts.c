/* Named places: lua-scripts/artifacts/NAME.lua returns a list of
 * { name =, os =, as =, globs =, empty =, doc = }. The same name may stand once
 * for each system. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/lua/internal.h"

#define ARTIFACTS_JSON_MAX (16u * FSK_MIB)

const char *fsk_as_name(enum fsk_engine_as as)
{
	static const char *const names[] = { "file", "hive", "database" };

	return names[as];
}

static int parse_as(enum fsk_engine_as *out, const char *word)
{
	for (int as = FSK_AS_FILE; as <= FSK_AS_DATABASE; as++) {
		if (strcmp(word, fsk_as_name((enum fsk_engine_as) as)) == 0) {
			*out = (enum fsk_engine_as) as;
			return 0;
		}
	}
	return FSK_EINVAL;
}

bool fsk_want_is_glob(const char *want)
{
	return strpbrk(want, "/*") != NULL;
}

bool fsk_artifact_exists(const struct fsk_engine *e, const char *name)
{
	for (size_t i = 0; i < e->nartifacts; i++) {
		if (strcmp(e->artifacts[i].name, name) == 0)
			return true;
	}
	return false;
}

json_t *fsk_artifact_json(const struct fsk_artifact *a)
{
	json_t *globs = json_array();
	json_t *j;

	for (size_t i = 0; i < a->nglobs; i++)
		json_array_append_new(globs, json_string(a->globs[i]));
	j = json_pack("{s:s, s:s, s:o}", "name", a->name, "as", fsk_as_name(a->as), "globs", globs);
	if (j != NULL && a->empty)
		json_object_set_new(j, "empty", json_true());
	if (j != NULL && a->os != NULL)
		json_object_set_new(j, "os", json_string(a->os));
	return j;
}

static void artifact_clear(struct fsk_artifact *a)
{
	for (size_t i = 0; i < a->nglobs; i++)
		free(a->globs[i]);
	free(a->globs);
	free(a->name);
	free(a->os);
	free(a->doc);
	memset(a, 0, sizeof(*a));
}

void fsk_artifacts_free(struct fsk_engine *e)
{
	for (size_t i = 0; i < e->nartifacts; i++)
		artifact_clear(&e->artifacts[i]);
	free(e->artifacts);
	e->artifacts = NULL;
	e->nartifacts = 0;
}

/* --- checks --- */

/* As messages name the text. */
static const char *chunk_of(char out[FSK_CHUNK_MAX], const struct fsk_text *t)
{
	snprintf(out, FSK_CHUNK_MAX, "%s.lua", t->name);
	return out;
}

/* Sets s->from to where the text names the artifact, so that messages tell
 * the line inside of its definition. */
static void aim(struct fsk_schema *s, const char *name)
{
	size_t n = strlen(name);

	s->from = s->len;
	for (size_t i = 0; i + n + 2 <= s->len; i++) {
		if ((s->text[i] == '"' || s->text[i] == '\'') && s->text[i] == s->text[i + n + 1] &&
		    memcmp(s->text + i + 1, name, n) == 0) {
			while (i > 0 && s->text[i - 1] != '\n')
				i--;
			s->from = i;
			return;
		}
	}
}

static int check_name(const struct fsk_schema *s, const char *where, const json_t *j,
                      struct fsk_err *err)
{
	const char *name;
	int rc = fsk_schema_line(err, s, where, j);

	if (rc < 0)
		return rc;
	name = json_string_value(j);
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != strlen(name))
		return fsk_schema_fail(err, s, where,
		                       "'%s': only lower case, digits, '.', '-' and '_'", name);
	return 0;
}

static int check_globs(const struct fsk_schema *s, const char *where, const json_t *j,
                       struct fsk_err *err)
{
	int rc;

	if (j == NULL)
		return fsk_schema_fail(err, s, where, "missing, a list of globs is expected");
	rc = fsk_schema_lines(err, s, where, j);
	if (rc == 0 && json_array_size(j) == 0)
		rc = fsk_schema_fail(err, s, where, "is empty");
	return rc;
}

/* Lists have thousands of patterns, of which a plugin wants some: this takes its time. */
static int test_globs(const struct fsk_artifact *a, struct fsk_err *err)
{
	struct fsk_schema s = { .text = a->text->text, .len = a->text->len };
	struct fsk_globset set = { 0 };
	struct fsk_err why;
	char chunk[FSK_CHUNK_MAX], item[64];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < a->nglobs; i++) {
		if (fsk_profiles_glob(&set, NULL, a->globs[i], &why) == 0)
			continue;
		s.chunk = chunk_of(chunk, a->text);
		aim(&s, a->name);
		snprintf(item, sizeof(item), "[%zu].globs[%zu]", a->item, i + 1);
		rc = fsk_schema_fail(err, &s, item, "bad glob: %s", why.msg);
	}
	fsk_globset_free(&set);
	return rc;
}

static int check_words(const struct fsk_schema *s, const char *prefix, const json_t *j,
                       enum fsk_engine_as *as, struct fsk_err *err)
{
	const char *os = json_string_value(json_object_get(j, "os"));
	const json_t *word = json_object_get(j, "as");
	char where[96];

	if (json_object_get(j, "os") != NULL &&
	    (os == NULL || (strcmp(os, "windows") && strcmp(os, "macos") && strcmp(os, "linux")))) {
		snprintf(where, sizeof(where), "%s.os", prefix);
		return fsk_schema_fail(err, s, where,
		                       "expected \"windows\", \"macos\" or \"linux\"");
	}
	*as = FSK_AS_FILE;
	snprintf(where, sizeof(where), "%s.as", prefix);
	if (word != NULL && (!json_is_string(word) || parse_as(as, json_string_value(word)) < 0))
		return fsk_schema_fail(err, s, where,
		                       "expected \"file\", \"hive\" or \"database\"");
	snprintf(where, sizeof(where), "%s.empty", prefix);
	if (json_object_get(j, "empty") != NULL && !json_is_true(json_object_get(j, "empty")))
		return fsk_schema_fail(err, s, where, "expected true, or nothing");
	snprintf(where, sizeof(where), "%s.doc", prefix);
	if (json_object_get(j, "doc") != NULL)
		return fsk_schema_line(err, s, where, json_object_get(j, "doc"));
	return 0;
}

static int check_item(struct fsk_schema *s, size_t i, const json_t *j, enum fsk_engine_as *as,
                      struct fsk_err *err)
{
	static const char *const known[] = { "name", "os", "as", "globs", "empty", "doc", NULL };
	const char *name = json_string_value(json_object_get(j, "name")), *unknown;
	char prefix[32], where[96];
	int rc;

	snprintf(prefix, sizeof(prefix), "[%zu]", i + 1);
	s->from = s->len;
	if (name != NULL)
		aim(s, name);
	if (!json_is_object(j))
		return fsk_schema_fail(err, s, prefix, "expected a table, got %s",
		                       fsk_schema_type(j));
	unknown = fsk_schema_unknown(j, known);
	snprintf(where, sizeof(where), "%s.%.60s", prefix, unknown != NULL ? unknown : "name");
	if (unknown != NULL)
		return fsk_schema_fail(err, s, where, "is not known");
	rc = check_name(s, where, json_object_get(j, "name"), err);
	if (rc < 0)
		return rc;
	rc = check_words(s, prefix, j, as, err);
	if (rc < 0)
		return rc;
	snprintf(where, sizeof(where), "%s.globs", prefix);
	return check_globs(s, where, json_object_get(j, "globs"), err);
}

/* --- reading --- */

static char *dup_member(const json_t *j, const char *key, bool *failed)
{
	const char *s = json_string_value(json_object_get(j, key));
	char *copy = s != NULL ? strdup(s) : NULL;

	if (s != NULL && copy == NULL)
		*failed = true;
	return copy;
}

static int fill(struct fsk_artifact *a, const json_t *j, enum fsk_engine_as as)
{
	const json_t *globs = json_object_get(j, "globs");
	size_t n = json_array_size(globs);
	bool failed = false;

	a->as = as;
	a->empty = json_is_true(json_object_get(j, "empty"));
	a->name = dup_member(j, "name", &failed);
	a->os = dup_member(j, "os", &failed);
	a->doc = dup_member(j, "doc", &failed);
	a->globs = calloc(n, sizeof(*a->globs));
	if (a->globs == NULL)
		return FSK_ENOMEM;
	for (; a->nglobs < n && !failed; a->nglobs++) {
		a->globs[a->nglobs] = strdup(json_string_value(json_array_get(globs, a->nglobs)));
		failed = failed || a->globs[a->nglobs] == NULL;
	}
	return failed ? FSK_ENOMEM : 0;
}

static bool is_double(const struct fsk_engine *e, const struct fsk_artifact *a)
{
	for (size_t i = 0; i < e->nartifacts; i++) {
		const struct fsk_artifact *b = &e->artifacts[i];

		if (strcmp(a->name, b->name) == 0 &&
		    (a->os == NULL || b->os == NULL || strcmp(a->os, b->os) == 0))
			return true;
	}
	return false;
}

static int add_item(struct fsk_engine *e, const struct fsk_text *t, struct fsk_schema *s, size_t i,
                    const json_t *j, struct fsk_err *err)
{
	struct fsk_artifact a = { .text = t, .item = i + 1 }, *bigger;
	enum fsk_engine_as as = FSK_AS_FILE;
	char where[32];
	int rc = check_item(s, i, j, &as, err);

	if (rc < 0)
		return rc;
	snprintf(where, sizeof(where), "[%zu].name", i + 1);
	bigger = realloc(e->artifacts, (e->nartifacts + 1) * sizeof(a));
	if (bigger != NULL)
		e->artifacts = bigger;
	if (bigger == NULL || fill(&a, j, as) < 0)
		rc = fsk_err_set(err, FSK_ENOMEM, "%s: no memory", s->chunk);
	else if (is_double(e, &a))
		rc = fsk_schema_fail(err, s, where, "'%s' is there twice", a.name);
	if (rc < 0)
		artifact_clear(&a);
	else
		e->artifacts[e->nartifacts++] = a;
	return rc;
}

struct reading {
	const struct fsk_text *text;
	const char *chunk;
	json_t *list;
};

static int evaluate(lua_State *L)
{
	struct reading *r = lua_touserdata(L, 1);
	size_t budget = ARTIFACTS_JSON_MAX;
	struct fsk_err err;

	fsk_loader_table(L, r->text, r->chunk);
	if (fsk_lua_to_json(&r->list, L, -1, "", &budget, &err) < 0)
		return luaL_error(L, "%s", err.msg);
	return 0;
}

static int add_list(struct fsk_engine *e, const struct fsk_text *t, struct fsk_schema *s,
                    const json_t *list, struct fsk_err *err)
{
	json_t *item;
	size_t i;
	int rc;

	if (!json_is_array(list))
		return fsk_schema_fail(err, s, NULL, "must return a list of artifacts, got %s",
		                       fsk_schema_type(list));
	json_array_foreach ((json_t *) list, i, item) {
		rc = add_item(e, t, s, i, item, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_text(struct fsk_engine *e, const struct fsk_text *t, struct fsk_err *err)
{
	struct fsk_sandbox sb = { .engine = e };
	struct fsk_schema s = { .chunk = sb.chunk, .text = t->text, .len = t->len };
	struct reading r = { .text = t, .chunk = sb.chunk };
	int rc;

	chunk_of(sb.chunk, t);
	sb.heap_max = e->limits.heap;
	sb.steps_max = e->limits.instructions;
	rc = fsk_sandbox_open(&sb, err);
	if (rc < 0)
		return rc;
	rc = fsk_sandbox_call(&sb, evaluate, &r, err);
	fsk_sandbox_close(&sb);
	if (rc == 0)
		rc = add_list(e, t, &s, r.list, err);
	json_decref(r.list);
	return rc;
}

static int test_all(struct fsk_engine *e, struct fsk_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < e->nartifacts; i++)
		rc = test_globs(&e->artifacts[i], err);
	return rc;
}

int fsk_artifacts_read(struct fsk_engine *e, struct fsk_err *err)
{
	if (!e->artifacts_read) {
		e->artifacts_read = true;
		for (size_t i = 0; i < e->ntexts && e->artifacts_code == 0; i++) {
			if (e->texts[i]->kind == FSK_TEXT_ARTIFACTS)
				e->artifacts_code = read_text(e, e->texts[i], &e->artifacts_err);
		}
		if (e->artifacts_code == 0 && e->thorough)
			e->artifacts_code = test_all(e, &e->artifacts_err);
	}
	if (e->artifacts_code < 0)
		return fsk_err_set(err, e->artifacts_code, "%s", e->artifacts_err.msg);
	return 0;
}

int fsk_artifacts_test(struct fsk_engine *e, const char *name, struct fsk_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < e->nartifacts; i++)
		if (strcmp(e->artifacts[i].name, name) == 0)
			rc = test_globs(&e->artifacts[i], err);
	return rc;
}
