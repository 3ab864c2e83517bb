/* fossick ls, fossick cat, fossick hash */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/glob.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/base/buf.h"
#include "core/keeper/commands.h"
#include "core/keeper/entry_lines.h"
#include "core/keeper/hash_lines.h"
#include "core/keeper/session.h"
#include "core/keeper/table.h"
#include "core/model/locator.h"
#include "core/model/types.h"

struct names {
	struct fsk_session session; /* first: see session.h */
	enum fsk_task_op op;        /* list, cat or hash */
	const char *glob;           /* without a volume in front */
	char place[24];             /* of the volume that was named, or "" */
	bool probed, probe_begun;
	size_t next_volume;
	uint64_t shown;
	bool unknown_place;
	bool inside; /* of a file that is being copied out */
	char current[FSK_ERR_MSG_MAX];
	struct fsk_hash_lines hashed;
};

/* "C:/…", "vol2:/…": a volume in front of the pattern. */
static void split_place(struct names *x, const char *glob)
{
	const char *colon = strchr(glob, ':');
	size_t n = colon != NULL ? (size_t) (colon - glob) : 0;

	x->glob = glob;
	if (n == 0 || n >= sizeof(x->place) || strcspn(glob, "/*?[{") < n ||
	    (colon[1] != '/' && colon[1] != '\0') || (n > 1 && strncmp(glob, "vol", 3) != 0))
		return;
	snprintf(x->place, sizeof(x->place), "%.*s", (int) n, glob);
	if (n == 1 && x->place[0] >= 'a' && x->place[0] <= 'z')
		x->place[0] = (char) (x->place[0] - 'a' + 'A');
	x->glob = colon[1] != '\0' && colon[2] != '\0' ? colon + 2 : "*";
}

static struct fsk_task *volume_task(struct names *x, const struct fsk_probed_volume *v)
{
	json_t *head = fsk_probe_task_head(v);

	json_object_set_new(head, "globs", json_pack("[s]", x->glob));
	json_object_set_new(head, "deleted", json_boolean(x->session.options->deleted));
	json_object_set_new(head, "all", json_boolean(x->session.options->all_digests));
	return fsk_task_new(x->op, head);
}

static struct fsk_task *names_next(void *arg)
{
	struct names *x = arg;
	const struct fsk_probe *p = &x->session.probe;

	if (!x->probe_begun) {
		x->probe_begun = true;
		return fsk_task_new(FSK_TASK_PROBE, NULL);
	}
	while (x->probed && x->next_volume < p->count) {
		const struct fsk_probed_volume *v = &p->volumes[x->next_volume++];
		if (!fsk_probed_readable(p, v))
			continue;
		if (x->place[0] == '\0' || strcmp(x->place, v->place) == 0)
			return volume_task(x, v);
	}
	return NULL;
}

static bool place_known(const struct names *x)
{
	if (x->place[0] == '\0')
		return true;
	for (size_t i = 0; i < x->session.probe.count; i++)
		if (strcmp(x->session.probe.volumes[i].place, x->place) == 0)
			return true;
	return false;
}

static void print_hashed(struct names *x)
{
	uint64_t incomplete = 0;

	x->shown += x->hashed.count;
	fsk_hash_lines_print(&x->hashed, stdout, &incomplete);
	x->session.anomalies += incomplete;
	if (ferror(stdout))
		fsk_crew_fail(x->session.crew, FSK_EIO, "cannot write to standard output");
}

static void names_ended(void *arg, struct fsk_task *t, enum fsk_task_end how, const char *why)
{
	struct names *x = arg;

	if (how != FSK_TASK_DONE && how != FSK_TASK_CANCELED) {
		x->session.anomalies++;
		fsk_log(FSK_LOG_ERROR, "task %s: %s", fsk_task_op_name(t->op), why);
	}
	print_hashed(x);
	if (t->op != FSK_TASK_PROBE)
		return;
	fsk_probe_settle(&x->session.probe);
	x->probed = true;
	x->unknown_place = !place_known(x);
}

static const char *prefix_of(const struct names *x, const struct fsk_locator *loc, char out[32])
{
	const struct fsk_probed_volume *v = fsk_probe_find(&x->session.probe, loc->source,
	                                                   loc->volume);

	return v != NULL ? fsk_place_prefix(out, v) : "?:/";
}

static int add_row(struct fsk_buf *out, const struct names *x, const struct fsk_row *row,
                   const char *prefix, const char *letter, struct fsk_err *err)
{
	const struct fsk_options *o = x->session.options;

	if (o->json)
		return fsk_put_entry_json(out, row, letter, err);
	if (o->bodyfile)
		return fsk_put_entry_body(out, row, prefix, err);
	if (o->detailed)
		return fsk_put_entry_long(out, row, prefix, err);
	return fsk_put_entry_name(out, row, prefix, err);
}

/* The rows of one message, all of one volume. */
static int add_rows(struct fsk_buf *out, struct names *x, const struct fsk_msg *m,
                    const struct fsk_locator *where, const char *letter, struct fsk_err *err)
{
	char prefix[32];
	const char *front = prefix_of(x, where, prefix);
	struct fsk_row row;
	struct fsk_cur c;
	int rc;

	fsk_cur_init(&c, m->blob, m->blob_len);
	while ((rc = fsk_row_read(&row, &c, err)) > 0) {
		row.loc.source = where->source;
		row.loc.volume = where->volume;
		rc = add_row(out, x, &row, front, letter, err);
		if (rc < 0)
			break;
		x->shown++;
	}
	return rc;
}

static int on_entry(void *arg, struct fsk_task *t, const struct fsk_msg *m, struct fsk_err *err)
{
	struct names *x = arg;
	struct fsk_locator where = { 0 };
	uint64_t source, volume;
	const char *letter;
	struct fsk_buf out;
	int rc = fsk_json_get_u64(&source, m->head, "source", err);

	(void) t;
	if (rc < 0 || (rc = fsk_json_get_u64(&volume, m->head, "volume", err)) < 0 ||
	    (rc = fsk_json_opt_str(&letter, m->head, "letter", NULL, err)) < 0)
		return rc;
	if (source >= FSK_SOURCES_MAX || volume >= FSK_VOLUMES_MAX)
		return fsk_err_set(err, FSK_EPROTO, "there is no volume %llu/%llu",
		                   (unsigned long long) source, (unsigned long long) volume);
	where.source = (uint32_t) source;
	where.volume = (uint32_t) volume;
	fsk_buf_init(&out, SIZE_MAX / 2); /* a frame, each byte of it some ten at most */
	rc = add_rows(&out, x, m, &where, letter, err);
	if (out.len > 0)
		fwrite(out.data, 1, out.len, stdout);
	fsk_buf_free(&out);
	if (ferror(stdout))
		fsk_crew_fail(x->session.crew, FSK_EIO, "cannot write to standard output");
	return rc;
}

static int on_file(void *arg, struct fsk_task *t, const struct fsk_msg *m, struct fsk_err *err)
{
	struct names *x = arg;
	struct fsk_locator loc;
	char prefix[32];
	int rc = fsk_locator_from_json(&loc, json_object_get(m->head, "locator"), err);

	(void) t;
	if (rc < 0)
		return rc;
	snprintf(x->current, sizeof(x->current), "%s%.400s%s%.60s", prefix_of(x, &loc, prefix),
	         loc.path, loc.stream != NULL ? ":" : "", loc.stream != NULL ? loc.stream : "");
	x->inside = true;
	x->shown++;
	fsk_locator_free(&loc);
	return 0;
}

static void put_zeros(uint64_t n)
{
	static const char zeros[4096];

	for (; n > 0 && !ferror(stdout); n -= n < sizeof(zeros) ? n : sizeof(zeros))
		fwrite(zeros, 1, n < sizeof(zeros) ? (size_t) n : sizeof(zeros), stdout);
}

static int on_data(void *arg, struct fsk_task *t, const struct fsk_msg *m, struct fsk_err *err)
{
	struct names *x = arg;
	uint64_t zeros;
	int rc = fsk_json_opt_u64(&zeros, m->head, "zeros", 0, err);

	(void) t;
	if (rc < 0)
		return rc;
	if (zeros > 0)
		put_zeros(zeros);
	else
		fwrite(m->blob, 1, m->blob_len, stdout);
	if (ferror(stdout))
		fsk_crew_fail(x->session.crew, FSK_EIO, "cannot write to standard output");
	return 0;
}

static int on_close(void *arg, struct fsk_task *t, const struct fsk_msg *m, struct fsk_err *err)
{
	struct names *x = arg;
	enum fsk_status status;
	const char *word, *reason;
	int rc = fsk_json_get_str(&word, m->head, "status", err);

	(void) t;
	if (rc < 0 || (rc = fsk_json_opt_str(&reason, m->head, "reason", "", err)) < 0)
		return rc;
	if (fsk_status_parse(&status, word) < 0)
		return fsk_err_set(err, FSK_EPROTO, "\"%s\" is no status", word);
	x->inside = false;
	if (status == FSK_STATUS_COMPLETE)
		return 0;
	x->session.anomalies++;
	fsk_log(FSK_LOG_WARN, "%s is %s%s%s", x->current, word, reason[0] != '\0' ? ": " : "",
	        reason);
	return 0;
}

static int on_hashed(void *arg, struct fsk_task *t, const struct fsk_msg *m, struct fsk_err *err)
{
	struct names *x = arg;
	struct fsk_hash_look look = { .json = x->session.options->json,
		                      .tagged = x->session.options->all_digests };
	int rc = fsk_hash_lines_take(&x->hashed, m, &x->session.probe, look, err);

	(void) t;
	if (rc != FSK_ENOMEM)
		return rc;
	fsk_crew_fail(x->session.crew, rc, err->msg);
	return 0;
}

static void names_begun(void *arg, const struct fsk_task *t)
{
	struct names *x = arg;

	(void) t;
	fsk_hash_lines_mark(&x->hashed);
}

static void names_fault(void *arg, struct fsk_task *t, const struct fsk_fault *f)
{
	struct names *x = arg;

	if (x->inside)
		fsk_log(FSK_LOG_WARN, "%s is incomplete", x->current);
	x->inside = false;
	if (t != NULL && t->step_again)
		fsk_hash_lines_rewind(&x->hashed);
	fsk_session_on_fault(arg, t, f);
}

static const struct fsk_crew_ops names_ops = {
	.on = {
		[FSK_MSG_SOURCE] = fsk_session_on_source,
		[FSK_MSG_VOLUME] = fsk_session_on_volume,
		[FSK_MSG_ANOMALY] = fsk_session_on_anomaly,
		[FSK_MSG_ENTRY] = on_entry,
		[FSK_MSG_FILE] = on_file,
		[FSK_MSG_DATA] = on_data,
		[FSK_MSG_CLOSE] = on_close,
		[FSK_MSG_HASHED] = on_hashed,
	},
	.locked = fsk_session_on_locked,
	.begun = names_begun,
	.fault = names_fault,
	.ended = names_ended,
	.next = names_next,
};

static int judge(const struct names *x)
{
	const char *path = x->session.sources.items[0].path;

	if (x->unknown_place)
		fsk_log(FSK_LOG_ERROR, "\"%s\" has no volume \"%s\"", path, x->place);
	else if (x->session.probe.count == 0)
		fsk_log(FSK_LOG_ERROR, "\"%s\" has no volume with a known file system", path);
	else if (x->shown == 0)
		fsk_log(FSK_LOG_ERROR, "nothing in \"%s\" matches \"%s\"%s", path, x->glob,
		        strchr(x->glob, '\\') != NULL ? "; write folders with \"/\"" : "");
	if (x->shown == 0)
		return FSK_EXIT_NOTHING;
	return x->session.anomalies > 0 ? FSK_EXIT_ANOMALIES : FSK_EXIT_COMPLETE;
}

static int check_glob(const char *glob)
{
	struct fsk_globset set = { 0 };
	struct fsk_err err;
	int rc = fsk_globset_add(&set, glob, &err);

	fsk_globset_free(&set);
	if (rc < 0)
		fsk_log(FSK_LOG_ERROR, "pattern \"%s\": %s", glob, err.msg);
	return rc < 0 ? FSK_EXIT_USAGE : 0;
}

static int run(const struct fsk_options *o, enum fsk_task_op op)
{
	struct names x = { .op = op };
	struct fsk_err err;
	int status;

	split_place(&x, o->nargs > 1 ? o->args[1] : op == FSK_TASK_HASH ? "**" : "*");
	status = check_glob(x.glob);
	if (status != 0)
		return status;
	status = fsk_session_open(&x.session, o, o->args, 1);
	/* one worker: the output has an order */
	if (status == 0 && (fsk_session_hire(&x.session, 1, false, &names_ops, &x, &err) < 0 ||
	                    fsk_crew_run(x.session.crew, &err) < 0)) {
		fsk_log(FSK_LOG_ERROR, "%s", err.msg);
		status = fsk_exit_of(err.code);
	}
	if (status == 0)
		status = judge(&x);
	fsk_hash_lines_free(&x.hashed);
	fsk_session_close(&x.session);
	return status;
}

int fsk_command_ls(const struct fsk_options *o)
{
	return run(o, FSK_TASK_LIST);
}

int fsk_command_cat(const struct fsk_options *o)
{
	return run(o, FSK_TASK_CAT);
}

int fsk_command_hash(const struct fsk_options *o)
{
	return run(o, FSK_TASK_HASH);
}
