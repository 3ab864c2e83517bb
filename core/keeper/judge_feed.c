/* Tasks "judge", and the rows that are sent in front of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/keeper/collect.h"

/* "disk.E01, data.E01" */
static char *name_of(const struct fsk_collect *c, const json_t *sources)
{
	struct fsk_buf b;
	json_t *source;
	char *name;
	size_t i;

	fsk_buf_init(&b, 4 * FSK_KIB);
	json_array_foreach ((json_t *) sources, i, source)
		if (fsk_buf_printf(&b, NULL, "%s%.200s", i > 0 ? ", " : "",
		                   c->session.sources.items[json_integer_value(source)].name) < 0)
			break;
	name = fsk_buf_steal_str(&b, NULL);
	fsk_buf_free(&b);
	return name;
}

static bool is_truncated(const struct fsk_collect *c, const struct fsk_judge_machine *m)
{
	return m->truncated || m->rows.cut != NULL || c->judge.anomalies.cut != NULL;
}

static void report_truncated(struct fsk_collect *c, const struct fsk_judge_machine *m,
                             const char *name)
{
	json_t *a;

	if (!is_truncated(c, m))
		return;
	a = fsk_anomaly_json(FSK_ELIMIT, name,
	                     "there are more rows than plugins that judge can be given: the "
	                     "verdict does without some",
	                     NULL, NULL, 0);
	fsk_collect_anomaly(c, a);
	json_decref(a);
}

static json_t *names_of(const json_t *judges)
{
	json_t *names = json_array(), *list;
	const char *name;

	json_object_foreach ((json_t *) judges, name, list)
		json_array_append_new(names, json_string(name));
	return names;
}

/* Facts come one row for each plugin, which may be too long. */
static bool facts_fit(const struct fsk_collect *c, const struct fsk_judge_machine *m)
{
	json_t *list = fsk_judge_describe(c, m, FSK_JUDGED_FACTS), *row;
	bool fit = true;
	size_t i;

	json_array_foreach (list, i, row)
		fit = fit && json_dumpb(row, NULL, 0, 0) <= FSK_JUDGE_ROW_MAX;
	json_decref(list);
	return fit;
}

static struct fsk_task *judge_machine(struct fsk_collect *c, struct fsk_judge_machine *m)
{
	json_t *sources = fsk_judge_sources(c, m), *head;
	char *name = name_of(c, sources);

	m->truncated = m->truncated || !facts_fit(c, m);
	head = json_pack("{s:i, s:o, s:o, s:o, s:b}", "machine", (int) m->number, "name",
	                 fsk_json_text(name != NULL ? name : "?"), "plugins",
	                 names_of(c->judge.judges), "sources", sources, "truncated",
	                 (int) is_truncated(c, m));

	report_truncated(c, m, name != NULL ? name : "?");
	free(name);
	fsk_kept_sort(&m->rows);
	m->begun = true;
	return fsk_task_new(FSK_TASK_JUDGE, head);
}

struct fsk_task *fsk_judge_next(struct fsk_collect *c)
{
	if (c->archive == NULL || json_object_size(c->judge.judges) == 0 ||
	    !fsk_schedule_spoken(&c->schedule))
		return NULL;
	for (size_t i = 0; i < c->judge.count; i++) {
		if (c->judge.machines[i].begun)
			continue;
		if (i == 0)
			fsk_kept_sort(&c->judge.anomalies);
		return judge_machine(c, &c->judge.machines[i]);
	}
	return NULL;
}

struct feeding {
	fsk_feed_fn *send;
	void *to;
	const char *of;
	struct fsk_buf piece;
};

static int flush(struct feeding *f, struct fsk_err *err)
{
	int rc = 0;

	if (f->piece.len > 0)
		rc = f->send(f->to, FSK_MSG_ROWS, json_pack("{s:s}", "of", f->of), f->piece.data,
		             f->piece.len, err);
	fsk_buf_reset(&f->piece);
	return rc;
}

static int feed_line(struct feeding *f, const char *line, size_t n, struct fsk_err *err)
{
	int rc = fsk_buf_append(&f->piece, line, n, err);

	if (rc == 0)
		rc = fsk_buf_append_u8(&f->piece, '\n', err);
	return rc == 0 && f->piece.len >= FSK_JUDGE_PIECE ? flush(f, err) : rc;
}

/* A row that is too long even so (facts) is left out. */
static int feed_json(struct feeding *f, const json_t *row, struct fsk_err *err)
{
	char *line = fsk_json_line(row);
	size_t n = line != NULL ? strlen(line) : 0;
	int rc = line == NULL ? fsk_err_set(err, FSK_ENOMEM, "out of memory") : 0;

	if (rc == 0 && n <= FSK_JUDGE_ROW_MAX)
		rc = feed_line(f, line, n, err);
	free(line);
	return rc;
}

static int feed_described(struct feeding *f, const struct fsk_collect *c,
                          const struct fsk_judge_machine *m, enum fsk_judged what,
                          struct fsk_err *err)
{
	json_t *list = fsk_judge_describe(c, m, what), *row;
	size_t i;
	int rc = 0;

	f->of = fsk_judged_name(what);
	json_array_foreach (list, i, row)
		if (rc == 0)
			rc = feed_json(f, row, err);
	json_decref(list);
	return rc == 0 ? flush(f, err) : rc;
}

static int feed_anomalies(struct feeding *f, const struct fsk_collect *c,
                          const struct fsk_judge_machine *m, struct fsk_err *err)
{
	const struct fsk_kept *k = &c->judge.anomalies;
	int rc = 0;

	f->of = fsk_judged_name(FSK_JUDGED_ANOMALIES);
	for (size_t i = 0; rc == 0 && i < k->count; i++) {
		json_t *row = fsk_judge_seen(c, m, &k->rows[i]);

		if (row != NULL)
			rc = feed_json(f, row, err);
		json_decref(row);
	}
	return rc == 0 ? flush(f, err) : rc;
}

/* Keys begin with the digit that fsk_judge_finding and fsk_judge_record gave them. */
static int feed_rows(struct feeding *f, const struct fsk_judge_machine *m, enum fsk_judged what,
                     struct fsk_err *err)
{
	char first = what == FSK_JUDGED_FINDINGS ? '0' : '1';
	int rc = 0;

	f->of = fsk_judged_name(what);
	for (size_t i = 0; rc == 0 && i < m->rows.count; i++)
		if (m->rows.rows[i].key[0] == first)
			rc = feed_line(f, m->rows.rows[i].text, m->rows.rows[i].len, err);
	return rc == 0 ? flush(f, err) : rc;
}

int fsk_judge_feed(void *arg, const struct fsk_task *t, fsk_feed_fn *send, void *to,
                   struct fsk_err *err)
{
	struct fsk_collect *c = arg;
	struct feeding f = { .send = send, .to = to };
	const struct fsk_judge_machine *m;
	int rc = 0;

	if (t->op != FSK_TASK_JUDGE)
		return 0;
	m = fsk_judge_machine_of(c, t);
	fsk_buf_init(&f.piece, FSK_FRAME_MAX);
	for (enum fsk_judged i = 0; rc == 0 && i < FSK_JUDGED_FINDINGS; i++)
		rc = feed_described(&f, c, m, i, err);
	if (rc == 0)
		rc = feed_rows(&f, m, FSK_JUDGED_FINDINGS, err);
	if (rc == 0)
		rc = feed_rows(&f, m, FSK_JUDGED_RECORDS, err);
	if (rc == 0)
		rc = feed_anomalies(&f, c, m, err);
	fsk_buf_free(&f.piece);
	return rc;
}
