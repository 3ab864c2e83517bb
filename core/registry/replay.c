#include "core/registry/replay.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/registry/cells.h"
#include "core/registry/log.h"

struct replay {
	struct fsk_replay *out;
	struct fsk_target target;
	struct fsk_base_block before; /* the hive's base block as it was found */
	struct fsk_log logs[FSK_HIVE_LOGS_MAX];
	size_t count; /* of logs that may be applied */
};

const char *fsk_log_state_name(enum fsk_log_state s)
{
	static const char *const names[] = { "unneeded", "empty", "damaged", "foreign",
		                             "older",    "gap",   "applied" };

	return (size_t) s < sizeof(names) / sizeof(names[0]) ? names[s] : "?";
}

void fsk_log_note(struct fsk_log_result *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->note, sizeof(r->note), fmt, ap);
	va_end(ap);
}

int fsk_target_grow(struct fsk_target *t, uint32_t bins, struct fsk_err *err)
{
	size_t want = (size_t) bins + FSK_HIVE_HEADER, have = t->hive->len;
	int rc;

	if (want > FSK_HIVE_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "the hive would be larger than %u bytes",
		                   FSK_HIVE_MAX);
	if (want <= have)
		return 0;
	rc = fsk_buf_reserve(t->hive, want - have, err);
	if (rc < 0)
		return rc;
	memset(t->hive->data + have, 0, want - have);
	t->hive->len = want;
	return 0;
}

static bool all_zero(const uint8_t *p, size_t n)
{
	while (n > 0 && *p == 0) {
		p++;
		n--;
	}
	return n == 0;
}

/* The name behind the last '\', for a comparison. */
static bool same_file_name(const struct fsk_base_block *a, const struct fsk_base_block *b)
{
	char *x = fsk_base_block_name(a), *y = fsk_base_block_name(b);
	const char *p = x != NULL ? strrchr(x, '\\') : NULL;
	const char *q = y != NULL ? strrchr(y, '\\') : NULL;
	bool same = true;

	p = p != NULL ? p + 1 : x;
	q = q != NULL ? q + 1 : y;
	/* a base block need not have a name */
	if (p != NULL && q != NULL && *p != '\0' && *q != '\0')
		same = fsk_text_casecmp(p, q) == 0;
	free(x);
	free(y);
	return same;
}

/* Is `a` before `b`? Sequence numbers wrap around. */
static bool before(uint32_t a, uint32_t b)
{
	return a != b && b - a <= INT32_MAX;
}

static bool is_sound_log(struct fsk_log *l)
{
	struct fsk_err why = { 0 };
	struct fsk_log_result *r = l->result;

	if (fsk_base_block_parse(&l->head, l->data, l->size, &why) < 0) {
		fsk_log_note(r, "no base block at offset 0");
		return false;
	}
	r->entries_format = l->head.type == FSK_BASE_LOG_NEW;
	if (!l->head.sound)
		fsk_log_note(r, "the checksum of its base block at offset 0 is wrong");
	else if (l->head.type != FSK_BASE_LOG_NEW && l->head.type != FSK_BASE_LOG_XP &&
	         l->head.type != FSK_BASE_LOG_2000)
		fsk_log_note(r, "no transaction log (type %" PRIu32 " at offset 28)", l->head.type);
	else if (l->head.sequence1 != l->head.sequence2)
		fsk_log_note(
		    r, "a write to it was cut short: its sequence numbers at offset 4 differ");
	else
		return r->entries_format ? fsk_log_entries_begin(l) : fsk_log_bitmap_begins(l);
	return false;
}

/* Says what a log is; those that may be applied are kept in q->logs. */
static void take_log(struct replay *q, const struct fsk_hive_log *file, struct fsk_log_result *r)
{
	struct fsk_log l = { .data = file->data, .size = file->size, .result = r };

	r->state = FSK_LOG_EMPTY;
	if (l.size == 0 || all_zero(l.data, l.size < FSK_BASE_BLOCK ? l.size : FSK_BASE_BLOCK))
		return;
	r->state = FSK_LOG_DAMAGED;
	if (!is_sound_log(&l))
		return;
	r->state = FSK_LOG_FOREIGN;
	if (q->before.sound && !same_file_name(&l.head, &q->before)) {
		char *name = fsk_base_block_name(&l.head);

		fsk_log_note(r, "at offset 48: a log of \"%.100s\"", name != NULL ? name : "?");
		free(name);
		return;
	}
	r->state = FSK_LOG_OLDER;
	q->logs[q->count++] = l;
}

/* Root, version and flags are those of the log's copy of the base block, which
 * is the newer one; a damaged base block is replaced as a whole. */
static int apply(struct replay *q, struct fsk_log *l, struct fsk_err *err)
{
	struct fsk_target saved = q->target;
	size_t size = q->target.hive->len;
	int rc;

	q->target.head.root = l->head.root;
	q->target.head.minor = l->head.minor;
	q->target.head.flags = l->head.flags;
	rc = l->result->entries_format ? fsk_log_entries_apply(&q->target, l, err)
	                               : fsk_log_bitmap_apply(&q->target, l, err);
	if (rc < 0)
		return rc;
	if (l->result->entries == 0) {
		l->result->state = FSK_LOG_DAMAGED;
		q->target = saved;
		q->target.hive->len = size;
		return 0;
	}
	l->result->state = FSK_LOG_APPLIED;
	q->out->applied = true;
	if (!q->before.sound)
		memcpy(q->target.hive->data, l->data, FSK_BASE_BLOCK);
	return 0;
}

/* --- logs of 8.1 and later --- */

static size_t keep_format(struct replay *q, bool entries)
{
	size_t kept = 0;

	for (size_t i = 0; i < q->count; i++)
		if (q->logs[i].result->entries_format == entries)
			q->logs[kept++] = q->logs[i];
	return kept;
}

static void sort_by_sequence(struct fsk_log *logs, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i;
		     k > 0 && before(logs[k].head.sequence1, logs[k - 1].head.sequence1); k--) {
			struct fsk_log swap = logs[k];

			logs[k] = logs[k - 1];
			logs[k - 1] = swap;
		}
}

static int apply_series(struct replay *q, struct fsk_log *logs, size_t n, struct fsk_err *err)
{
	uint32_t next = 0;
	bool begun = false;

	for (size_t i = 0; i < n; i++) {
		struct fsk_log *l = &logs[i];
		int rc;

		if (q->before.sound && before(l->head.sequence1, q->before.sequence2))
			continue;
		if (begun && l->head.sequence1 != next) {
			l->result->state = before(l->head.sequence1, next) ? FSK_LOG_OLDER
			                                                   : FSK_LOG_GAP;
			fsk_log_note(l->result,
			             "begins at offset 512 with entry %" PRIu32 ", not %" PRIu32,
			             l->head.sequence1, next);
			continue;
		}
		rc = apply(q, l, err);
		if (rc < 0)
			return rc;
		begun = true;
		next = l->head.sequence1 + l->result->entries;
	}
	return 0;
}

static int apply_entries(struct replay *q, struct fsk_err *err)
{
	sort_by_sequence(q->logs, q->count);
	if (q->before.sound)
		return apply_series(q, q->logs, q->count, err);
	return apply_series(q, &q->logs[q->count - 1], 1, err);
}

/* --- older logs --- */

/* When the hive was written: with a damaged base block the time of the first
 * bin stands in. */
static uint64_t written(const struct replay *q)
{
	struct fsk_cur cur;

	if (q->before.sound)
		return q->before.written;
	fsk_cur_init(&cur, q->target.hive->data, q->target.hive->len);
	fsk_cur_seek(&cur, FSK_HIVE_HEADER + 20);
	return fsk_cur_u64le(&cur);
}

static int apply_bitmap(struct replay *q, struct fsk_err *err)
{
	struct fsk_log *latest = &q->logs[0];

	for (size_t i = 1; i < q->count; i++)
		if (q->logs[i].head.written > latest->head.written)
			latest = &q->logs[i];
	if (latest->head.written >= written(q))
		return apply(q, latest, err);
	fsk_log_note(latest->result, "written before the hive was");
	return 0;
}

/* --- all of them --- */

static int apply_logs(struct replay *q, struct fsk_err *err)
{
	size_t entries = keep_format(q, true);

	if (q->count == 0)
		return 0;
	if (entries > 0) {
		q->count = entries;
		return apply_entries(q, err);
	}
	return apply_bitmap(q, err);
}

static void sum_up(struct replay *q, size_t n, size_t size)
{
	struct fsk_replay *out = q->out;

	for (size_t i = 0; i < n; i++) {
		out->entries += out->logs[i].entries;
		out->pages += out->logs[i].pages;
		out->bytes += out->logs[i].bytes;
	}
	if (!out->applied)
		return;
	q->target.head.type = FSK_BASE_HIVE;
	fsk_base_block_store(q->target.hive->data, &q->target.head);
	out->grown = q->target.hive->len - size;
}

int fsk_replay_run(struct fsk_replay *out, struct fsk_buf *hive, const struct fsk_hive_log *logs,
                   size_t n, struct fsk_err *err)
{
	struct replay q = { .out = out, .target.hive = hive };
	size_t size = hive->len;
	int rc;

	memset(out, 0, sizeof(*out));
	if (n > FSK_HIVE_LOGS_MAX)
		return fsk_err_set(err, FSK_EINVAL, "a hive has at most %u logs",
		                   FSK_HIVE_LOGS_MAX);
	if (size < FSK_HIVE_HEADER)
		return 0;
	/* without its signature it is a damaged base block like any other */
	fsk_base_block_parse(&q.before, hive->data, size, NULL);
	if (q.before.sound && q.before.type != FSK_BASE_HIVE)
		return 0;
	out->damaged = !q.before.sound;
	out->dirty = out->damaged || q.before.sequence1 != q.before.sequence2;
	if (!out->dirty)
		return 0;
	q.target.head = q.before;
	for (size_t i = 0; i < n; i++)
		take_log(&q, &logs[i], &out->logs[i]);
	rc = apply_logs(&q, err);
	if (rc == 0)
		sum_up(&q, n, size);
	return rc;
}
