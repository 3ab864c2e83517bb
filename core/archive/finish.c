/* Closing an archive: the journal becomes members, then comes the index. */
#include <stdlib.h>
#include <string.h>

#include "core/archive/writer.h"
#include "core/base/limits.h"

#define GATHER (64u * FSK_KIB)

/* Rows are small; the packer likes larger pieces. */
struct gather {
	struct fsk_open_member *m;
	struct fsk_buf b;
};

static int pass_on(struct gather *g, struct fsk_err *err)
{
	int rc = fsk_archive_write(g->m, g->b.data, g->b.len, err);

	fsk_buf_reset(&g->b);
	return rc;
}

static int gather(void *arg, const char *text, size_t n, struct fsk_err *err)
{
	struct gather *g = arg;
	int rc = fsk_buf_append(&g->b, text, n, err);

	return rc == 0 && g->b.len >= GATHER ? pass_on(g, err) : rc;
}

/* A member of rows. With `tell` it has no manifest row, and its digests come
 * there once it is settled. */
static int put_rows(struct fsk_archive *a, const char *name, const struct fsk_journal_stream *s,
                    struct fsk_digests *tell, struct fsk_err *err)
{
	struct fsk_member m = { .name = name };
	struct gather g = { 0 };
	int rc = fsk_writer_begin(&g.m, a, &m, err), ended;

	if (rc < 0)
		return rc;
	g.m->bare = tell != NULL;
	g.m->tell = tell;
	fsk_buf_init(&g.b, GATHER + FSK_JSON_LINE_MAX + 1);
	rc = fsk_journal_each(&a->journal, s, gather, &g, err);
	if (rc == 0 && g.b.len > 0)
		rc = pass_on(&g, err);
	fsk_buf_free(&g.b);
	ended = fsk_archive_end(g.m, FSK_STATUS_COMPLETE, NULL, NULL, 0, rc == 0 ? err : NULL);
	return rc < 0 ? rc : ended;
}

static int fold_stream(struct fsk_archive *a, const char *stream, struct fsk_err *err)
{
	size_t n = strlen(stream);
	char *name = malloc(n + sizeof(".jsonl"));
	int rc;

	if (name == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for \"%s\"", stream);
	memcpy(name, stream, n);
	memcpy(name + n, ".jsonl", sizeof(".jsonl"));
	rc = put_rows(a, name, fsk_journal_stream(&a->journal, stream), NULL, err);
	free(name);
	return rc;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* A copy of the names: the journal's list grows while members are written. */
static char **stream_names(const struct fsk_journal *j, size_t *count, struct fsk_err *err)
{
	static const char *const always[] = { "findings", "anomalies" };
	char **names = calloc(j->nstreams + 2, sizeof(*names));
	bool good = names != NULL;

	*count = 0;
	for (size_t i = 0; good && i < 2; i++)
		if (fsk_journal_stream(j, always[i]) == NULL)
			good = (names[(*count)++] = strdup(always[i])) != NULL;
	for (size_t i = 0; good && i < j->nstreams; i++)
		if (strcmp(j->streams[i].name, FSK_JOURNAL_MANIFEST) != 0)
			good = (names[(*count)++] = strdup(j->streams[i].name)) != NULL;
	if (!good) {
		for (size_t i = 0; names != NULL && i < *count; i++)
			free(names[i]);
		free(names);
		fsk_err_set(err, FSK_ENOMEM, "no memory for the names of rows");
		return NULL;
	}
	qsort(names, *count, sizeof(*names), compare_names);
	return names;
}

/* Is there a member of this name already? Only a recovered archive without
 * a journal has one. */
static bool has_member(const struct fsk_archive *a, const char *stem, const char *suffix)
{
	const struct fsk_journal_stream *s = fsk_journal_stream(&a->journal, FSK_JOURNAL_MANIFEST);
	size_t n = strlen(stem);
	bool found = false;

	for (size_t i = 0; !found && s != NULL && i < s->count; i++) {
		char *key;

		if (s->entries[i].row_len == 0 || s->entries[i].key_len != n + strlen(suffix) + 2)
			continue;
		key = fsk_journal_key(&a->journal, &s->entries[i], NULL);
		found = key != NULL && strncmp(key, stem, n) == 0 && strcmp(key + n, suffix) == 0;
		free(key);
	}
	return found;
}

static int fold_streams(struct fsk_archive *a, struct fsk_err *err)
{
	size_t count = 0;
	char **names = stream_names(&a->journal, &count, err);
	int rc = names == NULL ? FSK_ENOMEM : 0;

	for (size_t i = 0; names != NULL && i < count; i++) {
		if (rc == 0 && (fsk_journal_stream(&a->journal, names[i]) != NULL ||
		                !has_member(a, names[i], ".jsonl")))
			rc = fold_stream(a, names[i], err);
		free(names[i]);
	}
	free(names);
	return rc;
}

static int put_collection(struct fsk_archive *a, const json_t *collection, struct fsk_err *err)
{
	char *text;
	int rc;

	if (has_member(a, FSK_NAME_COLLECTION, ""))
		return 0;
	text = json_dumps(collection, JSON_INDENT(1) | JSON_SORT_KEYS);
	if (text == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for collection.json");
	rc = fsk_writer_put(a, FSK_NAME_COLLECTION, text, strlen(text), err);
	free(text);
	return rc;
}

static int put_manifest(struct fsk_archive *a, struct fsk_digests *d, struct fsk_err *err)
{
	int rc = put_rows(a, FSK_NAME_MANIFEST,
	                  fsk_journal_stream(&a->journal, FSK_JOURNAL_MANIFEST), d, err);

	return rc == 0 ? fsk_archive_settle(a, err) : rc;
}

static int put_custody(struct fsk_archive *a, const char *manifest_sha256, struct fsk_err *err)
{
	struct fsk_digests d;
	json_t *details = json_pack("{s:s,s:I}", "manifest_sha256", manifest_sha256, "members",
	                            (json_int_t) (a->count - 1));
	int rc = details == NULL ? fsk_err_set(err, FSK_ENOMEM, "no memory for the custody log")
	                         : fsk_archive_custody(a, "closed", details, err);

	json_decref(details);
	if (rc == 0)
		rc = put_rows(a, FSK_NAME_CUSTODY, &a->journal.custody, &d, err);
	return rc == 0 ? fsk_archive_settle(a, err) : rc;
}

static int write_index_piece(void *arg, const uint8_t *p, size_t n, struct fsk_err *err)
{
	struct fsk_archive *a = arg;
	int rc = fsk_output_write(&a->zip, p, n, a->position, err);

	a->position += n;
	return rc;
}

static int write_index(struct fsk_archive *a, struct fsk_err *err)
{
	struct fsk_file view = fsk_output_view(&a->zip, a->end);
	int rc;

	a->position = a->end;
	rc = fsk_zip_build_index(&view, a->offsets, a->count, a->end, write_index_piece, a, err);
	/* what a failed attempt may have left behind it */
	if (rc == 0)
		rc = fsk_output_truncate(&a->zip, a->position, err);
	return rc == 0 ? fsk_output_sync(&a->zip, err) : rc;
}

/* The archive is whole: the journal has no more to tell. */
static int remove_journal(struct fsk_archive *a, struct fsk_err *err)
{
	int rc;

	fsk_journal_close(&a->journal);
	rc = fsk_output_remove(a->journal_path, err);
	return rc == 0 ? fsk_output_sync_folder(a->path, err) : rc;
}

int fsk_writer_fold(struct fsk_archive *a, const json_t *collection,
                    char manifest_sha256[FSK_SHA256_HEX], struct fsk_err *err)
{
	struct fsk_digests manifest;
	int rc;

	manifest_sha256[0] = '\0';
	/* what was dropped was told: the others are closed in */
	fsk_archive_settle(a, NULL);
	a->position = a->end;
	fsk_writer_drop_reserve(a);
	a->folding = true;
	rc = fsk_journal_fold(&a->journal, a->end, err);
	if (rc == 0)
		rc = fsk_journal_sync(&a->journal, err);
	if (rc == 0)
		rc = fold_streams(a, err);
	if (rc == 0)
		rc = put_collection(a, collection, err);
	if (rc == 0)
		rc = fsk_archive_settle(a, err);
	if (rc == 0)
		rc = put_manifest(a, &manifest, err);
	if (rc == 0)
		rc = put_custody(a, manifest.sha256, err);
	if (rc == 0)
		rc = write_index(a, err);
	if (rc == 0)
		rc = remove_journal(a, err);
	if (rc == 0) {
		memcpy(manifest_sha256, manifest.sha256, FSK_SHA256_HEX);
		a->finished = true;
	}
	return rc;
}
