#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/keeper/collect.h"
#include "core/keeper/commands.h"
#include "core/keeper/describe.h"
#include "core/keeper/host.h"
#include "core/keeper/screen.h"
#include "core/keeper/table.h"

/* The archive is named after the first source unless a label is given. */
static char *make_label(const struct fsk_collect *c)
{
	const struct fsk_options *o = c->session.options;
	char *label = strdup(o->label != NULL ? o->label : c->session.sources.items[0].name);
	char *dot = label != NULL ? strrchr(label, '.') : NULL;

	if (o->label == NULL && dot != NULL && dot != label)
		*dot = '\0';
	return label;
}

static int create_archive(struct fsk_collect *c)
{
	const struct fsk_options *o = c->session.options;
	char *label = make_label(c);
	struct fsk_archive_options ao = {
		.dir = o->out_dir,
		.label = label,
		.started = c->started,
		.level = o->level,
		.settled = fsk_collect_on_settled,
		.arg = c,
	};
	struct fsk_err err;
	int rc;

	rc = fsk_archive_check_target(o->out_dir, (const char *const *) o->args, o->nargs, &err);
	if (rc == 0)
		rc = fsk_archive_create(&c->archive, &ao, &err);
	free(label);
	if (rc < 0)
		fsk_log(FSK_LOG_ERROR, "%s (--output names a folder for the archive)", err.msg);
	return rc < 0 ? FSK_EXIT_CANNOT_CREATE : 0;
}

/* A pseudo-random or rotating order of reads costs a device more than a
 * second worker gains. */
static unsigned choose_workers(const struct fsk_collect *c)
{
	unsigned n = c->session.options->workers;

	if (n == 0)
		n = fsk_sources_any(&c->session.sources, FSK_EVIDENCE_DEVICE) ? 1
		                                                              : fsk_host_cores();
	return n < FSK_WORKERS_MAX ? n : FSK_WORKERS_MAX;
}

static int select_plugins(struct fsk_collect *c)
{
	const struct fsk_options *o = c->session.options;
	struct fsk_err err;
	int rc = fsk_texts_open(&c->session.texts, o->data_dir, &err);

	if (rc == 0)
		rc = fsk_texts_select(&c->session.texts, o->select, &err);
	for (size_t i = 0; rc == 0 && i < o->ngiven; i++)
		rc = fsk_texts_give(&c->session.texts, o->given[i].kind, o->given[i].path, &err);
	for (size_t i = 0; rc == 0 && i < o->nsets; i++)
		rc = fsk_texts_set(&c->session.texts, o->sets[i], &err);
	if (rc == 0)
		rc = fsk_judge_init(c, &err);
	if (rc < 0) {
		fsk_log(FSK_LOG_ERROR, "%s", err.msg);
		return FSK_EXIT_USAGE;
	}
	return 0;
}

static int open_payloads(struct fsk_collect *c)
{
	struct fsk_err err;

	if (fsk_payloads_open(&c->payloads, c->session.options, &err) == 0)
		return 0;
	fsk_log(FSK_LOG_ERROR, "%s", err.msg);
	return FSK_EXIT_USAGE;
}

/* Before anything is written: would the sandbox hold? */
static struct fsk_task *try_next(void *arg)
{
	bool *started = arg;

	if (*started)
		return NULL;
	*started = true;
	return fsk_task_new(FSK_TASK_NONE, NULL);
}

static int check_sandbox(const struct fsk_options *o)
{
	static const struct fsk_crew_ops ops = { .next = try_next };
	struct fsk_session s;
	struct fsk_err err;
	bool started = false;
	int status;

	if (!o->require_sandbox)
		return 0;
	status = fsk_session_open(&s, o, o->args, o->nargs);
	if (status == 0 && (fsk_session_hire(&s, 1, false, &ops, &started, &err) < 0 ||
	                    fsk_crew_run(s.crew, &err) < 0)) {
		fsk_log(FSK_LOG_ERROR, "%s", err.msg);
		status = fsk_exit_of(err.code);
	}
	fsk_session_close(&s);
	return status;
}

/* A hole in the series of segment files is seen here, not by the worker. */
static void report_gaps(struct fsk_collect *c)
{
	for (size_t i = 0; i < c->session.sources.count; i++) {
		const struct fsk_evidence *e = &c->session.sources.items[i];
		json_t *a;
		if (e->gap == NULL)
			continue;
		a = fsk_anomaly_json(FSK_ENOTFOUND, e->gap,
		                     "this segment is missing, but later ones are there", NULL,
		                     NULL, 0);
		fsk_log(FSK_LOG_WARN, "\"%s\" is missing, but later segments are there", e->gap);
		fsk_judge_anomaly(c, NULL, a);
		fsk_collect_anomaly(c, a);
		json_decref(a);
	}
}

static void report_unfetched(struct fsk_collect *c)
{
	uint64_t n = 0;
	json_t *a;

	if (c->archive == NULL)
		return;
	for (size_t i = 0; i < c->requests.count; i++)
		n += c->requests.items[i].state != FSK_REQUEST_OVER;
	c->counts.undelivered += n;
	if (c->stop.code == 0)
		return;
	a = fsk_anomaly_json(c->stop.code, "the run", c->stop.msg, NULL, NULL, 0);
	json_object_set_new(a, "files_not_collected", json_integer((json_int_t) n));
	fsk_collect_anomaly(c, a);
	json_decref(a);
}

static bool anything_usable(const struct fsk_collect *c)
{
	const struct fsk_probe *p = &c->session.probe;

	for (size_t i = 0; i < p->count; i++)
		if (fsk_probed_readable(p, &p->volumes[i]))
			return true;
	return false;
}

static int judge(const struct fsk_collect *c)
{
	if (c->stop.code == FSK_EPERM && !c->archive_failed)
		return FSK_EXIT_NO_SANDBOX;
	if (!anything_usable(c))
		return FSK_EXIT_NOTHING;
	return c->stop.code != 0 || c->counts.anomalies > 0 ? FSK_EXIT_ANOMALIES
	                                                    : FSK_EXIT_COMPLETE;
}

static void explain_nothing(const struct fsk_collect *c)
{
	if (c->status != FSK_EXIT_NOTHING || c->stop.code != 0)
		return;
	for (size_t i = 0; i < c->session.sources.count; i++)
		fsk_log(FSK_LOG_ERROR, "\"%s\" has no volume with a known file system",
		        c->session.sources.items[i].path);
	for (size_t i = 0; i < c->anomalies.count && i < 5; i++)
		fsk_log(FSK_LOG_ERROR, "%s", c->anomalies.items[i].title);
}

static void finish_archive(struct fsk_collect *c)
{
	json_t *collection;
	struct fsk_err err;

	fsk_collect_custody(c, c->stop.code == FSK_ECANCELED ? "interrupted" : "ended",
	                    json_pack("{s:s, s:i, s:o}", "result", fsk_describe_result(c),
	                              "exit_status", c->status, "counts", fsk_describe_counts(c)));
	collection = fsk_describe_collection(c);
	if (fsk_archive_finish(c->archive, collection, c->manifest_sha256, &err) < 0) {
		fsk_log(FSK_LOG_ERROR, "%s", err.msg);
		c->status = FSK_EXIT_ANOMALIES;
	} else {
		c->finished = true;
	}
	json_decref(collection);
}

static void close_run(struct fsk_collect *c)
{
	const struct fsk_options *o = c->session.options;

	fsk_collect_abandon_open(c, NULL, c->stop.code != 0 ? c->stop.msg : "the run ended");
	if (c->archive != NULL)
		fsk_archive_settle(c->archive, NULL); /* each failure was heard of */
	fsk_judge_close(c);
	report_unfetched(c);
	c->ended = fsk_time_now();
	c->status = judge(c);
	explain_nothing(c);
	if (c->archive == NULL) {
		fsk_screen_print_dry(stdout, c);
		return;
	}
	finish_archive(c);
	if (o->json)
		fsk_screen_print_json(stdout, c);
	else if (o->verbosity >= 0)
		fsk_screen_print(stdout, c);
	else
		fsk_put_text(stdout, fsk_archive_path(c->archive)), fputc('\n', stdout);
}

static void wake(void *arg)
{
	fsk_crew_poke(arg);
}

static int run(struct fsk_collect *c)
{
	const struct fsk_options *o = c->session.options;
	struct fsk_err err;

	if ((c->workers > 1 && fsk_session_make_shelves(&c->session, &err) < 0) ||
	    fsk_session_hire(&c->session, c->workers, true, &fsk_collect_ops, c, &err) < 0) {
		fsk_log(FSK_LOG_ERROR, "%s", err.msg);
		return FSK_EXIT_NOTHING;
	}
	fsk_progress_begin(&c->progress, o->verbosity);
	if (c->archive != NULL)
		fsk_collect_custody(c, "started",
		                    json_pack("{s:s, s:o, s:o}", "version", FSK_VERSION, "case",
		                              fsk_json_text(o->case_id), "examiner",
		                              fsk_json_text(o->examiner)));
	report_gaps(c);
	if (c->archive != NULL)
		fsk_archive_watch(c->archive, wake, c->session.crew);
	if (fsk_crew_run(c->session.crew, &c->stop) < 0)
		fsk_log(FSK_LOG_ERROR, "%s", c->stop.msg);
	if (c->archive != NULL)
		fsk_archive_watch(c->archive, NULL, NULL);
	fsk_progress_end(&c->progress);
	close_run(c);
	return c->status;
}

static void release(struct fsk_collect *c)
{
	fsk_archive_free(c->archive);
	fsk_schedule_free(&c->schedule);
	fsk_judge_free(c);
	fsk_requests_free(&c->requests);
	fsk_tally_free(&c->findings);
	fsk_tally_free(&c->anomalies);
	fsk_payloads_free(&c->payloads);
	fsk_collect_free_rows(c);
	json_decref(c->seen);
	json_decref(c->plans);
	fsk_session_close(&c->session);
	free(c);
}

int fsk_command_collect(const struct fsk_options *o)
{
	struct fsk_collect *c = calloc(1, sizeof(*c));
	int status;

	if (c == NULL)
		return FSK_EXIT_SOFTWARE;
	c->started = fsk_time_now();
	c->ended = FSK_TIME_NONE;
	c->row_numbers = json_object();
	c->machines = json_object();
	fsk_buf_init(&c->row, FSK_JSON_LINE_MAX);
	c->seen = json_object();
	c->plans = json_object();
	fsk_requests_init(&c->requests);
	fsk_schedule_init(&c->schedule);
	fsk_tally_init(&c->findings);
	fsk_tally_init(&c->anomalies);
	status = fsk_session_open(&c->session, o, o->args, o->nargs);
	if (status == 0)
		status = select_plugins(c);
	if (status == 0)
		status = open_payloads(c);
	if (status == 0)
		status = check_sandbox(o);
	c->workers = choose_workers(c);
	if (status == 0 && !o->dry_run)
		status = create_archive(c);
	if (status == 0)
		status = run(c);
	release(c);
	return status;
}
