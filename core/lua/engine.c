#include "core/lua/engine.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/lua/internal.h"

int fsk_engine_new(struct fsk_engine **out, const struct fsk_engine_ops *ops, void *arg,
                   struct fsk_err *err)
{
	struct fsk_engine *e = calloc(1, sizeof(*e));

	*out = e;
	if (e == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for the plugin engine");
	e->ops = *ops;
	e->arg = arg;
	fsk_jsonbuf_init(&e->row);
	return 0;
}

void fsk_engine_set_limits(struct fsk_engine *e, const struct fsk_engine_limits *limits)
{
	e->limits = *limits;
}

void fsk_engine_want_payloads(struct fsk_engine *e)
{
	e->payloads = true;
}

static void text_free(struct fsk_text *t)
{
	if (t == NULL)
		return;
	free(t->name);
	free(t->text);
	free(t);
}

static void plugin_free(struct fsk_plugin *p)
{
	fsk_sandbox_close(&p->sandbox);
	json_decref(p->options);
	json_decref(p->meta);
	free(p);
}

void fsk_engine_free(struct fsk_engine *e)
{
	if (e == NULL)
		return;
	for (size_t i = 0; i < e->nplugins; i++)
		plugin_free(e->plugins[i]);
	for (size_t i = 0; i < e->ntexts; i++)
		text_free(e->texts[i]);
	fsk_artifacts_free(e);
	fsk_jsonbuf_free(&e->row);
	free(e->plugins);
	free(e->texts);
	free(e);
}

const struct fsk_text *fsk_engine_text(const struct fsk_engine *e, enum fsk_engine_text kind,
                                       const char *name)
{
	for (size_t i = 0; i < e->ntexts; i++) {
		if (e->texts[i]->kind == kind && strcmp(e->texts[i]->name, name) == 0)
			return e->texts[i];
	}
	return NULL;
}

static struct fsk_text *text_new(enum fsk_engine_text kind, const char *name, size_t len)
{
	struct fsk_text *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->kind = kind;
	t->name = strdup(name);
	t->text = malloc(len + 1);
	t->len = len;
	if (t->name == NULL || t->text == NULL) {
		text_free(t);
		return NULL;
	}
	t->text[len] = '\0';
	return t;
}

/* Room for one more in an array of pointers. */
static int grow(void *array, size_t count)
{
	void **old, **bigger;

	memcpy(&old, array, sizeof(old));
	bigger = realloc(old, (count + 1) * sizeof(*bigger));
	if (bigger == NULL)
		return FSK_ENOMEM;
	memcpy(array, &bigger, sizeof(bigger));
	return 0;
}

static int add_plugin(struct fsk_engine *e, const struct fsk_text *t, const json_t *options)
{
	struct fsk_plugin *p = calloc(1, sizeof(*p));

	if (p == NULL || grow(&e->plugins, e->nplugins) < 0) {
		free(p);
		return FSK_ENOMEM;
	}
	p->engine = e;
	p->text = t;
	p->options = options != NULL ? json_deep_copy(options) : NULL;
	e->plugins[e->nplugins++] = p;
	return 0;
}

void fsk_engine_be_thorough(struct fsk_engine *e)
{
	e->thorough = true;
}

static uint64_t size_limit(enum fsk_engine_text kind)
{
	switch (kind) {
	case FSK_TEXT_DATA:
		return FSK_LUA_STRING_MAX;
	case FSK_TEXT_IOC:
	case FSK_TEXT_YARA:
		return FSK_GIVEN_MAX;
	default:
		return FSK_PLUGIN_TEXT_MAX;
	}
}

static int new_text(struct fsk_engine *e, enum fsk_engine_text kind,
                    const struct fsk_engine_piece *piece, struct fsk_err *err)
{
	const char *name = piece->name;
	struct fsk_text *t;

	if (piece->size > size_limit(kind))
		return fsk_err_set(err, FSK_ELIMIT, "\"%s\": larger than %llu bytes", name,
		                   (unsigned long long) size_limit(kind));
	if (kind == FSK_TEXT_PLUGIN && e->nplugins >= FSK_PLUGINS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u plugins", FSK_PLUGINS_MAX);
	if (fsk_engine_text(e, kind, name) != NULL)
		return fsk_err_set(err, FSK_EEXIST, "\"%s\" is there twice", name);
	t = text_new(kind, name, (size_t) piece->size);
	if (t == NULL || grow(&e->texts, e->ntexts) < 0 ||
	    (kind == FSK_TEXT_PLUGIN && add_plugin(e, t, piece->options) < 0)) {
		text_free(t);
		return fsk_err_set(err, FSK_ENOMEM, "no memory for \"%s\"", name);
	}
	e->texts[e->ntexts++] = t;
	return 0;
}

bool fsk_engine_texts_whole(const struct fsk_engine *e)
{
	return e->ntexts == 0 || e->texts[e->ntexts - 1]->have == e->texts[e->ntexts - 1]->len;
}

int fsk_engine_add_piece(struct fsk_engine *e, enum fsk_engine_text kind,
                         const struct fsk_engine_piece *piece, struct fsk_err *err)
{
	struct fsk_text *t;

	if (fsk_engine_texts_whole(e)) {
		int rc = new_text(e, kind, piece, err);
		if (rc < 0)
			return rc;
	}
	t = e->texts[e->ntexts - 1];
	if (t->kind != kind || strcmp(t->name, piece->name) != 0)
		return fsk_err_set(err, FSK_EPROTO, "\"%s\" begins before \"%s\" is whole",
		                   piece->name, t->name);
	if (piece->len > t->len - t->have)
		return fsk_err_set(err, FSK_EPROTO, "\"%s\" is longer than it said", t->name);
	if (piece->len > 0)
		memcpy(t->text + t->have, piece->data, piece->len);
	t->have += piece->len;
	return 0;
}

int fsk_engine_add_text(struct fsk_engine *e, enum fsk_engine_text kind, const char *name,
                        const void *text, size_t len, const json_t *options, struct fsk_err *err)
{
	const struct fsk_engine_piece piece = {
		.name = name, .data = text, .len = len, .size = len, .options = options
	};

	return fsk_engine_add_piece(e, kind, &piece, err);
}

const char *fsk_engine_plugin_name(const struct fsk_engine *e, size_t i)
{
	return i < e->nplugins ? e->plugins[i]->text->name : NULL;
}

struct fsk_plugin *fsk_engine_loaded(struct fsk_engine *e, const char *name, struct fsk_err *err)
{
	struct fsk_plugin *p = NULL;

	for (size_t i = 0; i < e->nplugins && p == NULL; i++) {
		if (strcmp(e->plugins[i]->text->name, name) == 0)
			p = e->plugins[i];
	}
	if (p == NULL) {
		fsk_err_set(err, FSK_ENOTFOUND, "there is no plugin \"%s\"", name);
		return NULL;
	}
	if (!p->loaded) {
		p->load_code = fsk_loader_load(p, &p->load_err);
		p->loaded = true;
	}
	if (p->load_code < 0) {
		fsk_err_set(err, p->load_code, "%s", p->load_err.msg);
		return NULL;
	}
	return p;
}

int fsk_engine_plugin_load(struct fsk_engine *e, const char *plugin, json_t **meta,
                           struct fsk_err *err)
{
	struct fsk_err local;
	struct fsk_plugin *p = fsk_engine_loaded(e, plugin, &local);

	if (meta != NULL)
		*meta = p != NULL ? json_incref(p->meta) : NULL;
	return p != NULL ? 0 : fsk_err_set(err, local.code, "%s", local.msg);
}

int fsk_engine_plugin_problems(struct fsk_engine *e, const char *plugin, json_t **list,
                               struct fsk_err *err)
{
	struct fsk_err why;
	struct fsk_plugin *p = fsk_engine_loaded(e, plugin, &why);

	*list = NULL;
	return p != NULL ? fsk_loader_problems(p, list, err)
	                 : fsk_err_set(err, why.code, "%s", why.msg);
}

const char *fsk_engine_library(void)
{
	return LUA_RELEASE;
}
