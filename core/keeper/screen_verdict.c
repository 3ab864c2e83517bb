#include "core/keeper/screen_verdict.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/keeper/table.h"

#define COLUMNS 80
#define INDENT 12
/* bytes shown of a text: a summary; a reason with its time and place, about three lines */
#define LONG_MAX 230u
#define ITEM_MAX 180u
/* entries shown of a list; verdicts.jsonl has all */
#define FOR_MAX 4u
#define AGAINST_MAX 3u
#define TIMES_MAX 5u
#define UNEXAMINED_MAX 5u
#define NOTES_MAX 3u
#define ADVICE_MAX 4u

static const json_t *member(const json_t *j, const char *key)
{
	return json_object_get(j, key);
}

static const char *text(const json_t *j, const char *key)
{
	const char *s = json_string_value(member(j, key));

	return s != NULL ? s : "";
}

/* Behind a label, or below it. */
static void put_label(FILE *to, const char *label)
{
	fprintf(to, "  %-*s", INDENT - 2, label);
}

/* What stands before `start` is printed already; ends the line. */
static void put_cut(FILE *to, const char *s, size_t max, unsigned start, unsigned indent)
{
	char cut[LONG_MAX + 4];
	size_t n = strlen(s);

	if (n > max) {
		n = fsk_text_utf8_valid(s, max);
		memcpy(cut, s, n);
		memcpy(cut + n, "...", 4);
		s = cut;
	}
	fsk_put_wrapped(to, s, start, indent, COLUMNS);
}

/* "text (source)", the text cut first. To be freed; NULL without memory. */
static char *with_source(const json_t *row, const char *key)
{
	const char *s = text(row, key), *source = text(row, "source");
	size_t n = strlen(s), kept = n > ITEM_MAX ? fsk_text_utf8_valid(s, ITEM_MAX) : n;
	struct fsk_buf b;
	char *line = NULL;

	fsk_buf_init(&b, 64 * 1024);
	if (fsk_buf_printf(&b, NULL, "%.*s%s%s%s%s", (int) kept, s, kept < n ? "..." : "",
	                   *source ? " (" : "", source, *source ? ")" : "") == 0)
		line = fsk_buf_steal_str(&b, NULL);
	fsk_buf_free(&b);
	return line;
}

static void put_more(FILE *to, size_t all, size_t shown)
{
	if (all > shown)
		fprintf(to, "%*s... and %zu more: see verdicts.jsonl\n", INDENT, "", all - shown);
}

/* A list of texts, the label in front of the first. */
static void put_texts(FILE *to, const char *label, const json_t *list, size_t max)
{
	size_t n = json_array_size(list), shown = n < max ? n : max;

	for (size_t i = 0; i < shown; i++) {
		put_label(to, i == 0 ? label : "");
		fputs("- ", to);
		put_cut(to, json_string_value(json_array_get(list, i)), ITEM_MAX, INDENT + 2,
		        INDENT + 2);
	}
	put_more(to, n, shown);
}

/* In capitals as far as it is plain. */
static int append_upper(struct fsk_buf *b, const char *s)
{
	int rc = 0;

	for (; rc == 0 && *s != '\0'; s++)
		rc = fsk_buf_append_u8(b, (uint8_t) (*s >= 'a' && *s <= 'z' ? *s - 32 : *s), NULL);
	return rc;
}

/* The one that was reached stands out. */
static int append_rung(struct fsk_buf *b, const char *s, bool here)
{
	int rc = here ? append_upper(b, s) : fsk_buf_append_str(b, s, NULL);

	return rc == 0 && here ? fsk_buf_append_u8(b, ']', NULL) : rc;
}

static char *joined(const json_t *ladder, const char *step)
{
	struct fsk_buf b;
	json_t *rung;
	char *line;
	size_t i;

	fsk_buf_init(&b, 64 * 1024);
	json_array_foreach ((json_t *) ladder, i, rung) {
		const char *s = json_string_value(rung);
		bool here = strcmp(s, step) == 0;

		if (fsk_buf_printf(&b, NULL, "%s%s", i > 0 ? " > " : "", here ? "[" : "") < 0 ||
		    append_rung(&b, s, here) < 0)
			break;
	}
	line = fsk_buf_steal_str(&b, NULL);
	fsk_buf_free(&b);
	return line;
}

static void put_ladder(FILE *to, const json_t *v)
{
	char *line = joined(member(v, "ladder"), text(v, "step"));

	fputs("\n  ", to);
	fsk_put_wrapped(to, line != NULL ? line : "?", 2, 4, COLUMNS);
	fputc('\n', to);
	free(line);
}

/* What speaks for and against the step that was reached. */
static void put_reasons(FILE *to, const json_t *v)
{
	json_t *step;
	size_t i;

	json_array_foreach (json_object_get(v, "steps"), i, step)
		if (strcmp(text(step, "name"), text(v, "step")) == 0) {
			put_texts(to, "Because", member(step, "for"), FOR_MAX);
			put_texts(to, "But", member(step, "against"), AGAINST_MAX);
		}
}

/* "2023-03-29 08:15:30Z": fractions are in the archive. */
static void put_time(FILE *to, const char *iso)
{
	if (strlen(iso) < 20)
		fprintf(to, "%-22s", "not known");
	else
		fprintf(to, "%.10s %.8sZ  ", iso, iso + 11);
}

static void put_times(FILE *to, const json_t *list)
{
	size_t n = json_array_size(list), shown = n < TIMES_MAX ? n : TIMES_MAX;

	for (size_t i = 0; i < shown; i++) {
		const json_t *row = json_array_get(list, i);
		char *line = with_source(row, "what");

		put_label(to, i == 0 ? "Times" : "");
		put_time(to, text(row, "time"));
		fsk_put_wrapped(to, line != NULL ? line : "?", INDENT + 22, INDENT + 4, COLUMNS);
		free(line);
	}
	put_more(to, n, shown);
}

static void put_advice(FILE *to, const json_t *list)
{
	size_t n = json_array_size(list), shown = n < ADVICE_MAX ? n : ADVICE_MAX;

	for (size_t i = 0; i < shown; i++) {
		char *line = with_source(json_array_get(list, i), "text");

		put_label(to, i == 0 ? "Next" : "");
		fprintf(to, "%zu. ", i + 1);
		fsk_put_wrapped(to, line != NULL ? line : "?", INDENT + 3, INDENT + 3, COLUMNS);
		free(line);
	}
	put_more(to, n, shown);
}

/* The files that it was read from. */
static void put_machine(FILE *to, const struct fsk_collect *c, const json_t *v)
{
	json_t *source;
	size_t i;

	put_label(to, "Machine");
	json_array_foreach (json_object_get(v, "sources"), i, source) {
		fputs(i > 0 ? ", " : "", to);
		fsk_put_text(to, c->session.sources.items[json_integer_value(source)].name);
	}
	fputc('\n', to);
}

static void put_failed(FILE *to, const struct fsk_collect *c, const json_t *v)
{
	fputs("VERDICT  NONE: plugin ", to);
	fsk_put_text(to, text(v, "plugin"));
	fputs(" failed\n", to);
	put_machine(to, c, v);
	put_label(to, "Reason");
	put_cut(to, text(v, "failed"), LONG_MAX, INDENT, INDENT);
	fputs("  This says nothing about the evidence, neither for nor against. What the other\n"
	      "  plugins found stands below; run the plugin again when the reason is gone.\n\n",
	      to);
}

static void put_verdict(FILE *to, const struct fsk_collect *c, const json_t *v)
{
	if (member(v, "failed") != NULL) {
		put_failed(to, c, v);
		return;
	}
	fputs("VERDICT  ", to);
	put_cut(to, text(v, "case"), ITEM_MAX, 9, 9);
	put_machine(to, c, v);
	put_ladder(to, v);
	fputs("  ", to);
	put_cut(to, text(v, "summary"), LONG_MAX, 2, 2);
	put_reasons(to, v);
	put_times(to, member(v, "times"));
	put_texts(to, "Not seen", member(v, "unexamined"), UNEXAMINED_MAX);
	put_texts(to, "Also", member(v, "notes"), NOTES_MAX);
	put_advice(to, member(v, "advice"));
	fputc('\n', to);
}

void fsk_screen_print_verdicts(FILE *to, const struct fsk_collect *c)
{
	json_t *list = fsk_judge_verdicts(c), *v;
	size_t i;

	json_array_foreach (list, i, v)
		put_verdict(to, c, v);
	json_decref(list);
}

static void put_step(FILE *to, const json_t *v)
{
	struct fsk_buf b;
	char *line = NULL;

	fsk_buf_init(&b, 64 * 1024);
	if (member(v, "failed") != NULL) {
		fsk_buf_printf(&b, NULL, "none: plugin %s failed", text(v, "plugin"));
	} else {
		append_upper(&b, text(v, "step"));
		fsk_buf_printf(&b, NULL, " (%s)", text(v, "case"));
	}
	line = fsk_buf_steal_str(&b, NULL);
	put_label(to, "Verdict");
	put_cut(to, line != NULL ? line : "?", ITEM_MAX, INDENT, INDENT);
	fsk_buf_free(&b);
	free(line);
}

void fsk_screen_print_steps(FILE *to, const struct fsk_collect *c)
{
	json_t *list = fsk_judge_verdicts(c), *v;
	size_t i;

	json_array_foreach (list, i, v)
		put_step(to, v);
	json_decref(list);
}
