#include "core/keeper/screen.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/keeper/describe.h"
#include "core/keeper/explain.h"
#include "core/keeper/screen_verdict.h"
#include "core/keeper/table.h"

#define COLUMNS 80
#define INDENT 10
#define FINDINGS_MAX 40 /* kinds shown; the archive has all */
#define TITLES_MAX 8    /* the same below a verdict */
#define ANOMALIES_MAX 12

static void put_upper(FILE *to, const char *word, int width)
{
	for (; *word != '\0'; word++, width--)
		fputc(toupper((unsigned char) *word), to);
	fprintf(to, "%*s", width > 0 ? width : 0, "");
}

static void print_finding(FILE *to, const struct fsk_tally_item *x)
{
	uint64_t shown = 0;

	fputs("  ", to);
	put_upper(to, fsk_severity_name(x->severity), INDENT - 2);
	fsk_put_wrapped(to, x->title != NULL ? x->title : "?", INDENT, INDENT, COLUMNS);
	fprintf(to, "%*sconfidence %s", INDENT, "", fsk_confidence_name(x->confidence));
	if (x->count > 1)
		fprintf(to, ", %" PRIu64 " times", x->count);
	fputc('\n', to);
	for (size_t k = 0; k < FSK_TALLY_PLACES && x->places[k] != NULL; k++, shown++) {
		fprintf(to, "%*s", INDENT, "");
		fsk_put_text(to, x->places[k]);
		fputc('\n', to);
	}
	if (x->count > shown && shown == FSK_TALLY_PLACES)
		fprintf(to, "%*s... and %" PRIu64 " more\n", INDENT, "", x->count - shown);
}

static uint64_t files_in(const struct fsk_collect_counts *n)
{
	return n->complete + n->partial + n->unreadable + n->incomplete;
}

static uint64_t findings_of(const struct fsk_tally *t, enum fsk_severity s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += t->items[i].severity == s ? t->items[i].count : 0;
	return n;
}

static bool has_signs(const struct fsk_tally *t)
{
	return t->dropped > 0 || t->total > findings_of(t, FSK_SEV_INFO);
}

/* What an absence of findings means, and what it does not. */
static void print_no_signs(FILE *to, const struct fsk_collect *c)
{
	const struct fsk_collect_counts *n = &c->counts;

	if (c->status == FSK_EXIT_NOTHING) {
		fprintf(to, "  NOTHING WAS SEARCHED: no volume with a known file system.\n");
		return;
	}
	fprintf(to, "  No signs of what the plugins look for were found in what was read.\n"
	            "  This does not prove that there are none.\n");
	if (c->anomalies.total > 0 || c->stop.code != 0)
		fprintf(to, "  NOT EVERYTHING COULD BE READ: see below.\n");
	if (c->findings.total == 0 && n->records == 0 && files_in(n) == 0)
		fprintf(to, "  There was nothing to collect either. Is this the right source?\n");
}

static void print_findings(FILE *to, const struct fsk_collect *c)
{
	const struct fsk_tally *t = &c->findings;
	size_t n = t->count < FINDINGS_MAX ? t->count : FINDINGS_MAX;

	fprintf(to, "FOUND\n");
	if (!has_signs(t))
		print_no_signs(to, c);
	if (!has_signs(t) && t->total > 0 && c->status != FSK_EXIT_NOTHING)
		fprintf(to, "  For information only:\n");
	for (size_t i = 0; i < n; i++)
		print_finding(to, &t->items[i]);
	if (n < t->count || t->dropped > 0)
		fprintf(to, "  ... and %zu more kinds: see findings.jsonl\n",
		        t->count - n + (size_t) t->dropped);
}

/* Below a verdict: what it stands on, in short. */
static void print_titles(FILE *to, const struct fsk_collect *c)
{
	const struct fsk_tally *t = &c->findings;
	size_t shown = 0, all = 0;

	fprintf(to, "FOUND\n");
	if (!has_signs(t))
		print_no_signs(to, c);
	for (size_t i = 0; i < t->count; i++) {
		const struct fsk_tally_item *x = &t->items[i];

		if (x->severity < FSK_SEV_MEDIUM || ++all > TITLES_MAX)
			continue;
		fputs("  ", to);
		put_upper(to, fsk_severity_name(x->severity), INDENT - 2);
		fsk_put_wrapped(to, x->title != NULL ? x->title : "?", INDENT, INDENT, COLUMNS);
		shown++;
	}
	if (all == 0 && has_signs(t))
		fputs("  nothing of medium or high severity\n", to);
	if (shown < t->count || t->dropped > 0)
		fprintf(to, "  ... and %zu more kinds: see findings.jsonl\n",
		        t->count - shown + (size_t) t->dropped);
}

static void print_count(FILE *to, uint64_t n, const char *what)
{
	if (n > 0)
		fprintf(to, "  %" PRIu64 " file%s %s\n", n, n == 1 ? "" : "s", what);
}

static void print_anomalies(FILE *to, struct fsk_collect *c)
{
	const struct fsk_collect_counts *n = &c->counts;
	const struct fsk_tally *t = &c->anomalies;

	if (t->total == 0 && c->stop.code == 0)
		return;
	fprintf(to, "\nNOT READ, OR NOT TO BE TRUSTED\n");
	if (c->stop.code != 0) {
		fputs("  ", to);
		fsk_put_wrapped(to, c->stop.msg, 2, 4, COLUMNS);
	}
	print_count(to, n->partial, "partly unreadable (the ranges are in the manifest)");
	print_count(to, n->unreadable, "unreadable");
	print_count(to, n->incomplete, "cut off because a worker was lost");
	print_count(to, n->over_limit, "over the size limit, not collected");
	print_count(to, n->undelivered + n->dropped, "asked for, but not collected");
	for (size_t i = 0; i < t->count && i < ANOMALIES_MAX; i++) {
		fputs("  - ", to);
		fsk_put_wrapped(to, t->items[i].title != NULL ? t->items[i].title : "?", 4, 4,
		                COLUMNS);
	}
	if (t->total > ANOMALIES_MAX)
		fprintf(to, "  ... %" PRIu64 " in all: see anomalies.jsonl\n", t->total);
}

/* As is the line above it: the answer once more, where the eye is when a long list has gone by. */
static void print_sum(FILE *to, const struct fsk_tally *t)
{
	const char *comma = "";

	fprintf(to, "  Findings  ");
	if (!has_signs(t))
		fprintf(to, "none%s", t->total > 0 ? " but " : "");
	for (int s = FSK_SEV_HIGH; s >= FSK_SEV_INFO; s--) {
		uint64_t n = findings_of(t, (enum fsk_severity) s);
		if (n > 0) {
			fprintf(to, "%s%" PRIu64 " ", comma, n);
			put_upper(to, fsk_severity_name((enum fsk_severity) s), 0);
			comma = ", ";
		}
	}
	fputc('\n', to);
}

static void print_archive(FILE *to, const struct fsk_collect *c)
{
	uint64_t seconds = (uint64_t) (c->ended - c->started) / 1000000000u;
	char size[24];

	fprintf(to, "\nCOLLECTED\n  %" PRIu64 " file%s, %s; %" PRIu64 " records\n",
	        files_in(&c->counts), files_in(&c->counts) == 1 ? "" : "s",
	        fsk_size_text(size, c->counts.bytes), c->counts.records);
	fsk_screen_print_steps(to, c);
	print_sum(to, &c->findings);
	if (c->payloads.envelope != NULL)
		fprintf(to, "  Payloads  %" PRIu64 ", encrypted\n", c->payloads.count);
	fprintf(to, "  Time      %" PRIu64 ":%02" PRIu64 "\n", seconds / 60, seconds % 60);
	fprintf(to, "  Sandbox   %s\n",
	        c->session.held && c->session.layers != NULL ? "held" : "DID NOT HOLD in full");
	fprintf(to, "  Result    %s\n", fsk_describe_result(c));
	fprintf(to, "  Archive   ");
	fsk_put_text(to, fsk_archive_path(c->archive));
	if (c->finished)
		fprintf(to, "\n  Manifest  SHA-256\n            %s\n", c->manifest_sha256);
	else
		fprintf(to, "\n  The archive is not finished: run \"fossick recover\" on it.\n");
}

void fsk_screen_print(FILE *to, struct fsk_collect *c)
{
	fsk_tally_sort(&c->findings);
	fsk_tally_sort(&c->anomalies);
	fputc('\n', to);
	fsk_screen_print_verdicts(to, c);
	if (fsk_judge_succeeded(c) && c->status != FSK_EXIT_NOTHING)
		print_titles(to, c);
	else
		print_findings(to, c);
	print_anomalies(to, c);
	print_archive(to, c);
}

void fsk_screen_print_json(FILE *to, struct fsk_collect *c)
{
	json_t *j, *verdicts = fsk_judge_verdicts(c);

	fsk_tally_sort(&c->findings);
	j = json_pack("{s:s, s:o, s:o, s:o, s:i, s:s, s:b}", "result", fsk_describe_result(c),
	              "counts", fsk_describe_counts(c), "findings",
	              fsk_describe_findings(&c->findings), "archive",
	              fsk_json_text(fsk_archive_path(c->archive)), "exit_status", c->status,
	              "manifest_sha256", c->manifest_sha256, "finished", (int) c->finished);
	if (json_array_size(verdicts) > 0)
		json_object_set(j, "verdicts", verdicts);
	fsk_put_json_document(to, j);
	json_decref(j);
	json_decref(verdicts);
}

static int by_locator(const void *a, const void *b)
{
	const struct fsk_request *const *x = a;
	const struct fsk_request *const *y = b;

	return fsk_locator_cmp(&(*x)->loc, &(*y)->loc);
}

static const struct fsk_request **sorted_requests(const struct fsk_requests *r)
{
	const struct fsk_request **list = calloc(r->count + 1, sizeof(struct fsk_request *));

	for (size_t i = 0; list != NULL && i < r->count; i++)
		list[i] = &r->items[i];
	if (list != NULL)
		qsort(list, r->count, sizeof(struct fsk_request *), by_locator);
	return list;
}

static json_t *dry_file(const struct fsk_collect *c, const struct fsk_request *q)
{
	char *place = fsk_collect_place(c, &q->loc);
	json_t *j = json_pack("{s:o, s:o, s:I, s:O, s:b}", "path",
	                      fsk_json_text(place != NULL ? place : q->loc.path), "locator",
	                      fsk_locator_to_json(&q->loc), "size", (json_int_t) q->size, "reasons",
	                      q->reasons, "over_limit", (int) (q->state == FSK_REQUEST_OVER));

	free(place);
	return j;
}

static void dry_line(FILE *to, const struct fsk_collect *c, const struct fsk_request *q)
{
	char *place = fsk_collect_place(c, &q->loc);

	fprintf(to, "%12" PRIu64 "  ", q->size);
	fsk_put_text(to, place != NULL ? place : q->loc.path);
	fputs(q->state == FSK_REQUEST_OVER ? "  (over the limit: would be left out)\n" : "\n", to);
	free(place);
}

void fsk_screen_print_dry(FILE *to, struct fsk_collect *c)
{
	bool explain = c->session.options->explain, json = c->session.options->json;
	const struct fsk_request **list = explain ? fsk_explain_order(c)
	                                          : sorted_requests(&c->requests);
	json_t *files = json_array();
	uint64_t n = 0, bytes = 0;
	char size[24];

	if (explain && !json)
		fsk_explain_print(to, c);
	for (size_t i = 0; list != NULL && i < c->requests.count; i++) {
		bool wanted = list[i]->state != FSK_REQUEST_OVER;
		n += wanted;
		bytes += wanted ? list[i]->size : 0;
		if (json)
			json_array_append_new(files, dry_file(c, list[i]));
		else
			dry_line(to, c, list[i]);
	}
	if (json) {
		json_t *j = json_pack("{s:O, s:I, s:I, s:I}", "would_collect", files, "files",
		                      (json_int_t) n, "bytes", (json_int_t) bytes, "anomalies",
		                      (json_int_t) c->counts.anomalies);
		if (explain)
			json_object_set_new(j, "plan", fsk_explain_json(c));
		fsk_put_json_document(to, j);
		json_decref(j);
	} else {
		fprintf(to, "%" PRIu64 " file%s, %s (%" PRIu64 " bytes) would be collected\n", n,
		        n == 1 ? "" : "s", fsk_size_text(size, bytes), bytes);
		if (c->counts.anomalies > 0)
			fprintf(to, "%" PRIu64 " anomal%s; -v says more\n", c->counts.anomalies,
			        c->counts.anomalies == 1 ? "y" : "ies");
	}
	json_decref(files);
	free(list);
}
