#include "core/lua/hive_logs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"

/* In the order in which fsk_replay_run wants them. On a file system that keeps
 * upper and lower case apart both spellings are tried. */
static const char *const suffixes[FSK_HIVE_LOGS_MAX][2] = {
	{ ".LOG", ".log" },
	{ ".LOG1", ".log1" },
	{ ".LOG2", ".log2" },
};

static bool is_dirty(struct fsk_buf *hive)
{
	struct fsk_replay r;

	return fsk_replay_run(&r, hive, NULL, 0, NULL) == 0 && r.dirty;
}

/* 1 when it is there, 0 when it is not. */
static int find_log(struct fsk_entry *out, struct fsk_fs *fs, const char *path, size_t kind,
                    struct fsk_err *err)
{
	int rc = FSK_ENOTFOUND;

	for (size_t i = 0; i < 2 && rc < 0; i++) {
		size_t n = strlen(path) + sizeof(".LOG1");
		char *name = malloc(n);

		if (name == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "no memory for a path");
		snprintf(name, n, "%s%s", path, suffixes[kind][i]);
		rc = fsk_fs_lookup(out, fs, name, NULL);
		free(name);
	}
	if (rc < 0)
		return 0;
	if (out->type == FSK_ENTRY_FILE)
		return 1;
	fsk_entry_free(out);
	return 0;
}

static int read_logs(struct fsk_hive_logs *l, struct fsk_buf *data, struct fsk_err *why,
                     struct fsk_fs *fs, const char *path, struct fsk_err *err)
{
	for (size_t kind = 0; kind < FSK_HIVE_LOGS_MAX; kind++) {
		struct fsk_entry *e = &l->entries[l->count];
		int rc = find_log(e, fs, path, kind, err);

		if (rc < 0)
			return rc;
		if (rc == 0)
			continue;
		if (fsk_stream_slurp(&data[l->count], NULL, fs, &e->loc, &why[l->count]) < 0)
			fsk_buf_reset(&data[l->count]);
		l->count++;
	}
	return 0;
}

static int replay(struct fsk_hive_logs *l, struct fsk_buf *hive, const struct fsk_buf *data,
                  const struct fsk_err *why, struct fsk_err *err)
{
	struct fsk_hive_log logs[FSK_HIVE_LOGS_MAX];
	int rc;

	for (size_t i = 0; i < l->count; i++)
		logs[i] = (struct fsk_hive_log){ data[i].data, data[i].len };
	rc = fsk_replay_run(&l->replay, hive, logs, l->count, err);
	for (size_t i = 0; rc == 0 && i < l->count; i++) {
		struct fsk_log_result *r = &l->replay.logs[i];

		if (why[i].code == 0)
			continue;
		r->state = FSK_LOG_DAMAGED;
		snprintf(r->note, sizeof(r->note), "%.*s", (int) sizeof(r->note) - 1, why[i].msg);
	}
	return rc;
}

int fsk_hive_logs_replay(struct fsk_hive_logs *out, struct fsk_buf *hive, struct fsk_fs *fs,
                         const struct fsk_locator *at, struct fsk_err *err)
{
	struct fsk_err why[FSK_HIVE_LOGS_MAX] = { 0 };
	struct fsk_buf data[FSK_HIVE_LOGS_MAX];
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if (!is_dirty(hive))
		return 0;
	for (size_t i = 0; i < FSK_HIVE_LOGS_MAX; i++)
		fsk_buf_init(&data[i], FSK_HIVE_MAX);
	/* beside a deleted hive lie the logs of its successor */
	if (!at->deleted && at->stream == NULL)
		rc = read_logs(out, data, why, fs, at->path, err);
	if (rc == 0)
		rc = replay(out, hive, data, why, err);
	for (size_t i = 0; i < FSK_HIVE_LOGS_MAX; i++)
		fsk_buf_free(&data[i]);
	return rc;
}

void fsk_hive_logs_free(struct fsk_hive_logs *l)
{
	for (size_t i = 0; i < l->count; i++)
		fsk_entry_free(&l->entries[i]);
	l->count = 0;
}

const char *fsk_hive_logs_trouble(char text[256], const struct fsk_hive_logs *l, size_t i)
{
	const struct fsk_log_result *r = &l->replay.logs[i];

	if (r->state == FSK_LOG_APPLIED && r->note[0] != '\0')
		snprintf(text, 256, "transaction log applied in part: %s", r->note);
	else if (r->state == FSK_LOG_DAMAGED || r->state == FSK_LOG_FOREIGN)
		snprintf(text, 256, "transaction log not applied: %s", r->note);
	else if (r->state == FSK_LOG_GAP)
		snprintf(text, 256, "transaction log not applied: it %s", r->note);
	else
		return NULL;
	return text;
}

const char *fsk_hive_logs_missing(const struct fsk_hive_logs *l)
{
	if (!l->replay.dirty || l->replay.applied)
		return NULL;
	if (l->count == 0)
		return "hive is dirty and has no transaction logs beside it: the newest changes "
		       "may be missing";
	return "hive is dirty and nothing in its transaction logs could be applied: the newest "
	       "changes may be missing";
}
