#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "plugins/shared/ranges.h"
#include "plugins/yara/parts.h"

struct scan {
	json_t *matches, *notes;
	bool starved;
};

/* --- results --- */

static void append(struct scan *s, json_t *list, json_t *item)
{
	if (json_array_append_new(list, item) < 0)
		s->starved = true;
}

static json_t *text_of(const char *p)
{
	return fsk_json_bytes(p, strlen(p));
}

static json_t *tags_of(struct scan *s, const YR_RULE *rule)
{
	json_t *list = json_array();
	const char *tag;

	yr_rule_tags_foreach(rule, tag) append(s, list, text_of(tag));
	return list;
}

/* Of names that come again the first counts. */
static json_t *meta_of(const YR_RULE *rule)
{
	json_t *o = json_object();
	YR_META *m;

	yr_rule_metas_foreach(rule, m)
	{
		json_t *value = m->type == META_TYPE_INTEGER   ? json_integer(m->integer)
		                : m->type == META_TYPE_BOOLEAN ? json_boolean(m->integer)
		                                               : text_of(m->string);

		if (json_object_get(o, m->identifier) == NULL)
			json_object_set_new(o, m->identifier, value);
		else
			json_decref(value);
	}
	return o;
}

static json_t *match_json(const YR_STRING *string, const YR_MATCH *m)
{
	return json_pack("{s:o, s:I, s:I, s:o}", "id", text_of(string->identifier), "offset",
	                 (json_int_t) (m->base + m->offset), "length", (json_int_t) m->match_length,
	                 "data", fsk_json_bytes(m->data, (size_t) m->data_length));
}

/* A match of the list, which libyara keeps where there is room: not always aligned. */
static const YR_MATCH *take(YR_MATCH *out, const void *at)
{
	if (at != NULL)
		memcpy(out, at, sizeof(*out));
	return at != NULL ? out : NULL;
}

static json_t *strings_of(struct scan *s, json_int_t *found, YR_SCAN_CONTEXT *context,
                          const YR_RULE *rule)
{
	json_t *list = json_array();
	YR_STRING *string;
	YR_MATCH copy;

	*found = 0;
	yr_rule_strings_foreach(rule, string)
	{
		const YR_MATCH *m = take(&copy, context->matches[string->idx].head);

		for (; m != NULL; m = take(&copy, m->next)) {
			if (!m->is_private && (*found)++ < FSK_YARA_STRINGS_MAX)
				append(s, list, match_json(string, m));
		}
	}
	return list;
}

static void add_match(struct scan *s, YR_SCAN_CONTEXT *context, const YR_RULE *rule)
{
	json_int_t found;
	json_t *strings = strings_of(s, &found, context, rule);

	append(s, s->matches,
	       json_pack("{s:o, s:o, s:o, s:o, s:I, s:o}", "rule", text_of(rule->identifier),
	                 "namespace", text_of(rule->ns->name), "tags", tags_of(s, rule), "meta",
	                 meta_of(rule), "found", found, "strings", strings));
}

static void add_note(struct scan *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add_note(struct scan *s, const char *fmt, ...)
{
	char text[FSK_ERR_MSG_MAX];
	va_list ap;

	if (json_array_size(s->notes) >= FSK_RANGES_NOTES_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	append(s, s->notes, text_of(text));
}

static int on_message(YR_SCAN_CONTEXT *context, int message, void *data, void *arg)
{
	struct scan *s = arg;

	if (message == CALLBACK_MSG_RULE_MATCHING) {
		if (json_array_size(s->matches) < FSK_YARA_MATCHES_MAX)
			add_match(s, context, data);
		else
			add_note(s, "more than %u rules match", FSK_YARA_MATCHES_MAX);
	}
	if (message == CALLBACK_MSG_TOO_MANY_MATCHES) {
		const YR_STRING *string = data;
		const YR_RULE *rule = &context->rules->rules_table[string->rule_idx];

		add_note(s, "rule %s: %s matches more than %d times, the rest is not seen",
		         rule->identifier, string->identifier, YR_MAX_STRING_MATCHES);
	}
	return CALLBACK_CONTINUE;
}

/* --- external variables --- */

static const char *type_of(const struct fsk_input *in)
{
	uint8_t head[4] = { 0 };

	if (in->read(in->arg, head, sizeof(head), 0, NULL, NULL) < 2)
		return "UNKNOWN";
	if (memcmp(head, "MZ", 2) == 0)
		return "EXE";
	if (memcmp(head, "PK\3\4", 4) == 0)
		return "ZIP";
	return memcmp(head, "%PDF", 4) == 0 ? "PDF" : "UNKNOWN";
}

static const char *name_in(const char *path)
{
	const char *name = path;

	for (const char *p = path; *p != '\0'; p++) {
		if (*p == '/' || *p == '\\')
			name = p + 1;
	}
	return name;
}

/* The first `n` bytes of `p` as the variable, in lower case where that is asked for. */
static int define(YR_SCANNER *scanner, const char *name, const char *p, size_t n, bool lower)
{
	char *text = fsk_text_dup(p, n);
	int rc = ERROR_INSUFFICIENT_MEMORY;

	for (char *c = text; lower && c != NULL && *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char) (*c - 'A' + 'a');
	}
	if (text != NULL)
		rc = yr_scanner_define_string_variable(scanner, name, text);
	free(text);
	return rc;
}

static int define_all(YR_SCANNER *scanner, const char *path, const char *type)
{
	const char *name = name_in(path), *dot = strrchr(name, '.');
	size_t folder = (size_t) (name - path);
	int rc = define(scanner, "filename", name, strlen(name), false);

	if (dot == NULL)
		dot = "";
	/* the root keeps its separator */
	if (folder > 1)
		folder--;
	if (rc == ERROR_SUCCESS)
		rc = define(scanner, "filepath", path, folder, false);
	if (rc == ERROR_SUCCESS)
		rc = define(scanner, "extension", dot, strlen(dot), true);
	if (rc == ERROR_SUCCESS)
		rc = define(scanner, "filetype", type, strlen(type), false);
	return rc;
}

static int open_scanner(YR_SCANNER **out, const struct fsk_yara *y, const struct fsk_input *in,
                        const struct fsk_yara_scan *how, struct scan *s, struct fsk_err *err)
{
	*out = NULL;
	if (yr_scanner_create(y->rules, out) != ERROR_SUCCESS)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a scan");
	yr_scanner_set_callback(*out, on_message, s);
	yr_scanner_set_timeout(*out, how->seconds);
	/* no fast mode, and no handler of signals: a crash is the worker's end */
	yr_scanner_set_flags(*out, SCAN_FLAGS_REPORT_RULES_MATCHING | SCAN_FLAGS_NO_TRYCATCH);
	if (define_all(*out, how->path, type_of(in)) != ERROR_SUCCESS)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a scan");
	return 0;
}

/* --- scanning --- */

static int explain(int rc, YR_SCANNER *scanner, const struct fsk_yara_blocks *b,
                   const struct fsk_yara_scan *how, struct fsk_err *err)
{
	const YR_RULE *rule = yr_scanner_last_error_rule(scanner);
	const char *name = rule != NULL ? rule->identifier : "";

	if (b->err.code != 0)
		return fsk_err_set(err, b->err.code, "%s", b->err.msg);
	switch (rc) {
	case ERROR_SCAN_TIMEOUT:
		return fsk_err_set(err, FSK_ELIMIT, "rules take more than %d seconds",
		                   how->seconds);
	case ERROR_INSUFFICIENT_MEMORY:
		return fsk_err_set(err, FSK_ELIMIT, "rules take more memory than there is");
	case ERROR_TOO_MANY_RE_FIBERS:
	case ERROR_EXEC_STACK_OVERFLOW:
	case ERROR_TOO_MANY_MATCHES:
		return fsk_err_set(err, FSK_ELIMIT, "a limit of libyara (error %d)%s%s", rc,
		                   *name != '\0' ? " in rule " : "", name);
	default:
		return fsk_err_set(err, FSK_EUNSUPPORTED, "error %d of libyara%s%s", rc,
		                   *name != '\0' ? " in rule " : "", name);
	}
}

static int run(struct scan *s, const struct fsk_yara *y, const struct fsk_input *in,
               const struct fsk_yara_scan *how, struct fsk_err *err)
{
	YR_SCANNER *scanner = NULL;
	struct fsk_yara_blocks b;
	int rc = fsk_yara_blocks_open(&b, in, err);

	if (rc == 0)
		rc = open_scanner(&scanner, y, in, how, s, err);
	if (rc == 0) {
		int code = yr_scanner_scan_mem_blocks(scanner, &b.it);

		if (code != ERROR_SUCCESS)
			rc = explain(code, scanner, &b, how, err);
		else if (b.err.code != 0)
			rc = fsk_err_set(err, b.err.code, "%s", b.err.msg);
	}
	if (scanner != NULL)
		yr_scanner_destroy(scanner);
	fsk_yara_blocks_close(&b);
	return rc;
}

int fsk_yara_scan(json_t **matches, json_t **notes, const struct fsk_yara *y,
                  const struct fsk_input *in, const struct fsk_yara_scan *how, struct fsk_err *err)
{
	struct scan s = { json_array(), json_array(), false };
	int rc = 0;

	if (in->size > FSK_YARA_WHOLE_MAX)
		add_note(&s, "larger than %u MiB: rules see it in pieces of %u MiB",
		         FSK_YARA_WHOLE_MAX / FSK_MIB, FSK_YARA_PIECE / FSK_MIB);
	if (y->count > 0)
		rc = run(&s, y, in, how, err);
	if (rc == 0 && (s.starved || s.matches == NULL || s.notes == NULL))
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory for matches");
	*matches = rc == 0 ? s.matches : NULL;
	*notes = rc == 0 ? s.notes : NULL;
	if (rc < 0) {
		json_decref(s.matches);
		json_decref(s.notes);
	}
	return rc;
}
