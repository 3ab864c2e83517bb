#include "core/archive/recover.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/model/types.h"

/* Finds a member by name. */
struct place {
	char *name;
	uint64_t offset;
};

struct import {
	struct fsk_journal *j;
	struct place *places; /* sorted by name */
	size_t count;
};

static int compare_places(const void *a, const void *b)
{
	return strcmp(((const struct place *) a)->name, ((const struct place *) b)->name);
}

static int import_custody(void *arg, const char *text, size_t n, struct fsk_err *err)
{
	struct import *im = arg;
	json_t *line = json_loadb(text, n, JSON_ALLOW_NUL, NULL);
	bool good = json_is_object(line) && strlen(text) == n;

	json_decref(line);
	return good ? fsk_journal_custody(im->j, (char *const *) &text, 1, err) : 0;
}

static int import_row(void *arg, const char *text, size_t n, struct fsk_err *err)
{
	struct import *im = arg;
	json_t *row = json_loadb(text, n, JSON_ALLOW_NUL, NULL);
	const char *name = json_string_value(json_object_get(row, "name"));
	struct place key = { .name = (char *) name };
	const struct place *at = NULL;
	int rc = 0;

	if (name != NULL && im->count > 0 && strlen(text) == n)
		at = bsearch(&key, im->places, im->count, sizeof(key), compare_places);
	if (at != NULL)
		rc = fsk_journal_member(im->j, at->offset, name, text, err);
	json_decref(row);
	return rc;
}

static int make_places(struct import *im, const struct fsk_scan *scan, const struct fsk_file *f,
                       struct fsk_err *err)
{
	struct fsk_buf room;
	int rc = 0;

	fsk_buf_init(&room, 2 * FSK_MEMBER_NAME_MAX);
	im->places = calloc(scan->count + 1, sizeof(*im->places));
	if (im->places == NULL)
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory for %zu members", scan->count);
	for (size_t i = 0; rc == 0 && i < scan->count; i++) {
		struct fsk_zip_member m;

		rc = fsk_scan_read(&m, &room, &scan->items[i], f, err);
		if (rc < 0)
			break;
		im->places[i] = (struct place){ .name = strdup(m.name), .offset = m.offset };
		if (im->places[i].name == NULL)
			rc = fsk_err_set(err, FSK_ENOMEM, "no memory for %zu members", scan->count);
		im->count += rc == 0;
	}
	if (rc == 0)
		qsort(im->places, im->count, sizeof(*im->places), compare_places);
	fsk_buf_free(&room);
	return rc;
}

static void free_places(struct import *im)
{
	for (size_t i = 0; i < im->count; i++)
		free(im->places[i].name);
	free(im->places);
}

/* Reads a member of lines when it has this name; `*found` says whether. */
static int import_member(bool *found, struct import *im, const struct fsk_scan_item *item,
                         const char *name,
                         int (*line)(void *, const char *, size_t, struct fsk_err *),
                         const struct fsk_file *f, struct fsk_err *err)
{
	struct fsk_zip_member m;
	struct fsk_lines lines;
	struct fsk_buf room;
	int rc;

	*found = false;
	fsk_buf_init(&room, 2 * FSK_MEMBER_NAME_MAX);
	fsk_lines_init(&lines, line, im);
	rc = fsk_scan_read(&m, &room, item, f, err);
	if (rc == 0 && item->sound && strcmp(m.name, name) == 0) {
		*found = true;
		rc = fsk_zip_unpack(&m, f, fsk_lines_add, &lines, err);
		if (rc == 0)
			rc = fsk_lines_end(&lines, err);
	}
	fsk_lines_free(&lines);
	fsk_buf_free(&room);
	return rc;
}

/* Reads custody and manifest, which are the last members if there are any. */
static int import_tail(struct import *im, const struct fsk_scan *scan, const struct fsk_file *f,
                       struct fsk_err *err)
{
	uint64_t fold = FSK_JOURNAL_NO_FOLD;
	size_t left = scan->count;
	bool found = false;
	int rc = 0;

	if (left > 0)
		rc = import_member(&found, im, &scan->items[left - 1], FSK_NAME_CUSTODY,
		                   import_custody, f, err);
	if (rc == 0 && found)
		fold = scan->items[--left].offset;
	if (rc == 0 && left > 0)
		rc = import_member(&found, im, &scan->items[left - 1], FSK_NAME_MANIFEST,
		                   import_row, f, err);
	if (rc == 0 && left > 0 && found)
		fold = scan->items[--left].offset;
	if (rc == 0 && fold != FSK_JOURNAL_NO_FOLD)
		rc = fsk_journal_fold(im->j, fold, err);
	return rc;
}

int fsk_recover_import(const char *path, const char *archive, const struct fsk_scan *scan,
                       const struct fsk_file *f, struct fsk_err *err)
{
	struct fsk_journal j;
	struct import im = { .j = &j };
	size_t n = strlen(path);
	char *temporary = malloc(n + sizeof(".new"));
	const char *slash = strrchr(archive, '/');
	json_t *opening = json_pack("{s:i,s:o*,s:b}", "format", 1, "archive",
	                            fsk_json_text(slash != NULL ? slash + 1 : archive), "rebuilt",
	                            1);
	int rc;

	if (temporary == NULL || opening == NULL) {
		free(temporary);
		json_decref(opening);
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a journal");
	}
	memcpy(temporary, path, n);
	memcpy(temporary + n, ".new", sizeof(".new"));
	rc = fsk_output_remove(temporary, err);
	if (rc == 0)
		rc = fsk_journal_create(&j, temporary, opening, err);
	if (rc < 0)
		goto out;
	rc = make_places(&im, scan, f, err);
	if (rc == 0)
		rc = import_tail(&im, scan, f, err);
	if (rc == 0)
		rc = fsk_journal_sync(&j, err);
	fsk_journal_close(&j);
	if (rc == 0)
		rc = fsk_output_rename(temporary, path, err);
	if (rc == 0)
		rc = fsk_output_sync_folder(path, err);
	free_places(&im);
out:
	json_decref(opening);
	free(temporary);
	return rc;
}
