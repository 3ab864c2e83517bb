/* Lines as ProfileList has them, then a path and a glob: whose it is, and what
 * the glob finds. */
#include <stdlib.h>
#include <string.h>

#include "core/model/profiles.h"
#include "core/worker/profiles.h"

#define LINES_MAX 40u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(struct fsk_profiles *p, const char *line)
{
	char path[FSK_PROFILE_PATH_MAX], letter;
	size_t n;

	fsk_profile_sid(&n, line);
	if (!fsk_profile_parse(&letter, path, line, line[0] % 2 ? "Windows" : "WINNT"))
		return;
	if (strstr(path, "..") != NULL && (strcmp(path, "..") == 0 || strstr(path, "/../") != NULL))
		abort();
	fsk_profiles_add(p, path, line[0] % 3 ? "S-1-5-18" : NULL, NULL);
	fsk_profiles_add_place(p, path, NULL);
}

static void ask(const struct fsk_profiles *p, const char *path, const char *glob)
{
	struct fsk_globset set = { 0 };
	struct fsk_profile_of of;

	fsk_profiles_find(&of, p, path);
	if (of.folder > strlen(path) || of.name + of.name_len != of.folder ||
	    (of.folder > 0 && path[of.folder] != '/'))
		abort();
	if (fsk_profiles_glob(&set, p, glob, NULL) == 0)
		fsk_globset_match(&set, path, true);
	fsk_globset_free(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *lines[LINES_MAX], *save = NULL;
	struct fsk_profiles p = { 0 }, again;
	size_t n = 0;
	json_t *j;

	if (text == NULL || size > 4000)
		goto out;
	memcpy(text, data, size);
	text[size] = '\0';
	for (char *l = strtok_r(text, "\n", &save); l != NULL && n < LINES_MAX;
	     l = strtok_r(NULL, "\n", &save))
		lines[n++] = l;
	for (size_t i = 0; i + 2 < n; i++)
		add(&p, lines[i]);
	fsk_profiles_settle(&p);
	if (n >= 2)
		ask(&p, lines[n - 2], lines[n - 1]);
	j = fsk_profiles_to_json(&p);
	if (j != NULL) {
		if (fsk_profiles_from_json(&again, j, NULL) < 0)
			abort();
		fsk_profiles_free(&again);
	}
	json_decref(j);
	fsk_profiles_free(&p);
out:
	free(text);
	return 0;
}
