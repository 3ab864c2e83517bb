/* fossick verify: an evidence archive, or the image of a medium */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/keeper/commands.h"
#include "core/keeper/progress.h"
#include "core/keeper/session.h"
#include "core/keeper/table.h"
#include "core/model/types.h"

struct check {
	struct fsk_session session; /* first: see session.h */
	struct fsk_progress progress;
	bool started;
	json_t *result; /* message VERIFIED; NULL: never came */
	char failure[FSK_ERR_MSG_MAX];
};

static struct fsk_task *check_next(void *arg)
{
	struct check *x = arg;
	const struct fsk_options *o = x->session.options;

	if (x->started)
		return NULL;
	x->started = true;
	return fsk_task_new(FSK_TASK_VERIFY,
	                    json_pack("{s:i, s:s?}", "source", 0, "digests",
	                              o->all_digests ? "md5,sha1,sha256" : o->only));
}

static void check_ended(void *arg, struct fsk_task *t, enum fsk_task_end how, const char *why)
{
	struct check *x = arg;

	(void) t;
	if (how != FSK_TASK_DONE)
		snprintf(x->failure, sizeof(x->failure), "%s", why != NULL ? why : "failed");
}

static void check_begun(void *arg, const struct fsk_task *t)
{
	struct check *x = arg;

	fsk_progress_step(&x->progress, NULL, t->target);
}

static void check_tick(void *arg)
{
	struct check *x = arg;

	fsk_progress_tick(&x->progress);
}

/* The next worker starts at the beginning and says everything again. */
static void check_fault(void *arg, struct fsk_task *t, const struct fsk_fault *f)
{
	struct check *x = arg;

	json_decref(x->session.list);
	x->session.list = NULL;
	x->session.anomalies = 0;
	fsk_session_on_fault(arg, t, f);
}

/* Pairs of whole numbers, sorted, that do not meet. */
static int check_ranges(const json_t *ranges, struct fsk_err *err)
{
	uint64_t behind = 0;
	json_t *r;
	size_t i;

	json_array_foreach ((json_t *) ranges, i, r) {
		json_int_t off = json_integer_value(json_array_get(r, 0));
		json_int_t len = json_integer_value(json_array_get(r, 1));
		if (off < 0 || len <= 0 || (uint64_t) off < behind || off > INT64_MAX - len)
			return fsk_err_set(err, FSK_EPROTO, "range %zu is none", i);
		behind = (uint64_t) off + (uint64_t) len;
	}
	return json_is_array(ranges) ? 0 : fsk_err_set(err, FSK_EPROTO, "no ranges");
}

static int on_verified(void *arg, struct fsk_task *t, const struct fsk_msg *m, struct fsk_err *err)
{
	struct check *x = arg;
	uint64_t unit;
	int rc = fsk_json_get_u64(&unit, m->head, "unit", err);

	(void) t;
	if (rc == 0 && unit == 0)
		rc = fsk_err_set(err, FSK_EPROTO, "the unit is 0");
	if (rc == 0 && !json_is_object(json_object_get(m->head, "digests")))
		rc = fsk_err_set(err, FSK_EPROTO, "no digests");
	if (rc == 0)
		rc = check_ranges(json_object_get(m->head, "ranges"), err);
	if (rc < 0)
		return fsk_err_wrap(err, "VERIFIED");
	json_decref(x->result);
	x->result = json_incref(m->head);
	return 0;
}

static const struct fsk_crew_ops check_ops = {
	.on = {
		[FSK_MSG_SOURCE] = fsk_session_on_source,
		[FSK_MSG_ANOMALY] = fsk_session_on_anomaly,
		[FSK_MSG_VERIFIED] = on_verified,
	},
	.locked = fsk_session_on_locked,
	.begun = check_begun,
	.fault = check_fault,
	.ended = check_ended,
	.next = check_next,
	.tick = check_tick,
};

/* ---- what came of it ---- */

static const struct {
	const char *key, *title;
} algorithms[] = { { "md5", "MD5" }, { "sha1", "SHA-1" }, { "sha256", "SHA-256" } };

#define ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

struct outcome {
	json_t *digests; /* {"md5":{"computed":…,"stored":…,"match":…},…} */
	unsigned compared, different;
	uint64_t bad; /* bytes */
	bool good;
};

static void compare_digest(struct outcome *o, const char *key, const char *computed,
                           const char *stored)
{
	bool match = computed != NULL && stored != NULL && strcasecmp(computed, stored) == 0;
	json_t *j;

	if (computed == NULL && stored == NULL)
		return;
	j = json_pack("{s:s?, s:o, s:o}", "computed", computed, "stored",
	              stored != NULL ? fsk_json_text(stored) : json_null(), "match",
	              computed != NULL && stored != NULL ? json_boolean(match) : json_null());
	json_object_set_new(o->digests, key, j);
	if (computed == NULL || stored == NULL)
		return;
	o->compared++;
	o->different += !match;
}

static void judge(struct outcome *o, const struct check *x)
{
	const json_t *source = x->session.probe.source_heads[0];
	const json_t *ranges = json_object_get(x->result, "ranges");
	json_t *r;
	size_t i;

	memset(o, 0, sizeof(*o));
	o->digests = json_object();
	for (i = 0; i < ALGORITHMS; i++) {
		const char *key = algorithms[i].key;
		compare_digest(
		    o, key,
		    json_string_value(json_object_get(json_object_get(x->result, "digests"), key)),
		    json_string_value(json_object_get(json_object_get(source, "stored"), key)));
	}
	json_array_foreach ((json_t *) ranges, i, r)
		o->bad += (uint64_t) json_integer_value(json_array_get(r, 1));
	o->good = o->different == 0 && o->bad == 0 && x->session.anomalies == 0 &&
	          x->failure[0] == '\0' &&
	          json_object_size(json_object_get(x->result, "digests")) > 0;
}

static void print_digests(const struct outcome *o)
{
	for (size_t i = 0; i < ALGORITHMS; i++) {
		const json_t *d = json_object_get(o->digests, algorithms[i].key);
		const json_t *computed = json_object_get(d, "computed");
		const json_t *stored = json_object_get(d, "stored");
		if (d == NULL)
			continue;
		printf("  %-8s ", algorithms[i].title);
		if (json_is_string(computed))
			fsk_put_text(stdout, json_string_value(computed));
		else
			printf("not computed");
		if (json_is_true(json_object_get(d, "match"))) {
			printf("  as stored");
		} else if (json_is_string(stored)) {
			printf(json_is_string(computed) ? "  DIFFERS, stored is " : ", stored is ");
			fsk_put_text(stdout, json_string_value(stored));
		} else {
			printf("  none stored");
		}
		printf("\n");
	}
}

static void print_ranges(const struct check *x)
{
	const json_t *ranges = json_object_get(x->result, "ranges");
	uint64_t unit = (uint64_t) json_integer_value(json_object_get(x->result, "unit"));
	const char *format = json_string_value(
	    json_object_get(x->session.probe.source_heads[0], "format"));
	const char *word = format != NULL && strcmp(format, "ewf") == 0 ? "chunk" : "sector";
	json_t *r;
	size_t i;

	json_array_foreach ((json_t *) ranges, i, r) {
		uint64_t from = (uint64_t) json_integer_value(json_array_get(r, 0));
		uint64_t last = from + (uint64_t) json_integer_value(json_array_get(r, 1)) - 1;
		printf("  bad: bytes %" PRIu64 " to %" PRIu64 ", %s", from, last, word);
		if (from / unit == last / unit)
			printf(" %" PRIu64 "\n", from / unit);
		else
			printf("s %" PRIu64 " to %" PRIu64 "\n", from / unit, last / unit);
	}
	if (json_is_true(json_object_get(x->result, "merged")))
		printf("  more ranges than are kept: those above cover sound bytes, too\n");
}

static void print_outcome(const struct check *x, const struct outcome *o)
{
	const struct fsk_evidence *e = &x->session.sources.items[0];
	const json_t *source = x->session.probe.source_heads[0];
	uint64_t size = (uint64_t) json_integer_value(json_object_get(source, "size"));
	char text[24];

	fsk_put_text(stdout, e->path);
	printf("\n  format: ");
	fsk_put_json(stdout, json_object_get(source, "format"));
	printf(", %zu file%s, %" PRIu64 " bytes (%s)\n", e->nsegments, e->nsegments == 1 ? "" : "s",
	       size, fsk_size_text(text, size));
	print_digests(o);
	print_ranges(x);
	if (o->bad > 0)
		printf("%" PRIu64 " bytes are BAD; the digests have zeros in their place\n",
		       o->bad);
	else if (o->different > 0)
		printf("every byte can be read, but the medium is NOT what was acquired\n");
	else if (o->good && o->compared > 0)
		printf("every byte can be read, and the digests are as stored\n");
	else if (o->good)
		printf("every byte can be read; no digest was compared with a stored one\n");
	else
		printf("every byte can be read, with anomalies\n");
}

static void print_outcome_json(const struct check *x, const struct outcome *o)
{
	const json_t *source = x->session.probe.source_heads[0];
	json_t *anomalies = x->session.list != NULL ? json_incref(x->session.list) : json_array();
	json_t *j = json_pack(
	    "{s:o, s:O?, s:O?, s:O?, s:O, s:O, s:O?, s:I, s:o, s:b}", "source",
	    fsk_json_text(x->session.sources.items[0].path), "format",
	    json_object_get(source, "format"), "size", json_object_get(source, "size"), "unit",
	    json_object_get(x->result, "unit"), "digests", o->digests, "ranges",
	    json_object_get(x->result, "ranges"), "merged", json_object_get(x->result, "merged"),
	    "bytes_bad", (json_int_t) o->bad, "anomalies", anomalies, "good", (int) o->good);

	fsk_put_json_document(stdout, j);
	json_decref(j);
}

static int show(const struct check *x)
{
	struct outcome o;

	if (x->result == NULL || x->session.probe.source_heads[0] == NULL) {
		fsk_log(FSK_LOG_ERROR, "cannot verify \"%s\"%s%s", x->session.sources.items[0].path,
		        x->failure[0] != '\0' ? ": " : "", x->failure);
		return FSK_EXIT_NOTHING;
	}
	judge(&o, x);
	if (x->session.options->json)
		print_outcome_json(x, &o);
	else
		print_outcome(x, &o);
	json_decref(o.digests);
	return o.good ? FSK_EXIT_COMPLETE : FSK_EXIT_ANOMALIES;
}

static int verify_source(const struct fsk_options *o)
{
	struct check x = { .result = NULL };
	struct fsk_err err;
	int status = fsk_session_open(&x.session, o, o->args, 1);

	fsk_progress_begin(&x.progress, o->verbosity);
	if (status == 0 && (fsk_session_hire(&x.session, 1, false, &check_ops, &x, &err) < 0 ||
	                    fsk_crew_run(x.session.crew, &err) < 0)) {
		fsk_log(FSK_LOG_ERROR, "%s", err.msg);
		status = fsk_exit_of(err.code);
	}
	fsk_progress_end(&x.progress);
	if (status == 0)
		status = show(&x);
	json_decref(x.result);
	fsk_session_close(&x.session);
	return status;
}

/* An evidence archive is a ZIP file, by its name or by its first bytes. */
static bool is_archive(const char *path)
{
	const char *dot = strrchr(path, '.');
	struct fsk_file f;
	char magic[4];
	bool zip;

	if (dot != NULL && strcasecmp(dot, ".zip") == 0)
		return true;
	if (fsk_file_open(&f, path, NULL) < 0)
		return false;
	zip = fsk_file_pread(&f, magic, sizeof(magic), 0, NULL) == (int64_t) sizeof(magic) &&
	      memcmp(magic, "PK\003\004", sizeof(magic)) == 0;
	fsk_file_close(&f);
	return zip;
}

int fsk_command_verify(const struct fsk_options *o)
{
	return is_archive(o->args[0]) ? fsk_verify_archive(o) : verify_source(o);
}
