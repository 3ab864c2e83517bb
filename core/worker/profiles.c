#include "core/worker/profiles.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"

#define PROFILE_LIST "Microsoft\\Windows NT\\CurrentVersion\\ProfileList"
#define SID_LEN_MAX 184u /* of one with 15 parts, the most there can be */
#define PARTS_MAX 32u

/* --- one value --- */

bool fsk_profile_sid(size_t *len, const char *name)
{
	size_t n = strspn(name, "S-0123456789");

	*len = n;
	return strncmp(name, "S-1-", 4) == 0 && n > 4 && n <= SID_LEN_MAX &&
	       isdigit((unsigned char) name[n - 1]) && strchr(name + 1, 'S') == NULL &&
	       (name[n] == '\0' || strcasecmp(name + n, ".bak") == 0);
}

/* Skips `word` in any case. */
static bool skip(const char **p, const char *word)
{
	size_t n = strlen(word);

	if (strncasecmp(*p, word, n) != 0)
		return false;
	*p += n;
	return true;
}

/* What is in front of the first separator; false for what is no drive. */
static bool take_drive(char *letter, const char **p, const char **front, const char *root)
{
	*letter = 0;
	*front = "";
	if (!skip(p, "\\??\\"))
		skip(p, "\\\\?\\");
	if (skip(p, "%SystemRoot%") || skip(p, "%WinDir%"))
		*front = root;
	else if (isalpha((unsigned char) (*p)[0]) && (*p)[1] == ':') {
		*letter = (char) toupper((unsigned char) (*p)[0]);
		*p += 2;
	} else if (!skip(p, "%SystemDrive%"))
		return false;
	return (*p)[0] == '\\' || (*p)[0] == '/';
}

static bool is_name(const char *p, size_t n)
{
	if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char) p[i] < ' ' || strchr("<>:\"|?*%", p[i]) != NULL)
			return false;
	return true;
}

static bool put_part(char path[FSK_PROFILE_PATH_MAX], const char *p, size_t n)
{
	size_t len = strlen(path), slash = len > 0 ? 1 : 0;

	if (len + slash + n >= FSK_PROFILE_PATH_MAX || !is_name(p, n))
		return false;
	if (slash)
		path[len] = '/';
	memcpy(path + len + slash, p, n);
	path[len + slash + n] = '\0';
	return true;
}

bool fsk_profile_parse(char *letter, char path[FSK_PROFILE_PATH_MAX], const char *text,
                       const char *root)
{
	const char *front;
	unsigned parts = 0;

	path[0] = '\0';
	if (!take_drive(letter, &text, &front, root))
		return false;
	if (*front && !put_part(path, front, strlen(front)))
		return false;
	for (text += strspn(text, "\\/"); *text; text += strspn(text, "\\/")) {
		size_t n = strcspn(text, "\\/");

		if (++parts > PARTS_MAX || !put_part(path, text, n))
			return false;
		text += n;
	}
	return parts > 0;
}

/* --- the list --- */

void fsk_profile_list_free(struct fsk_profile_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->items[i].sid);
		free(l->items[i].path);
	}
	free(l->items);
	free(l->home.path);
	memset(l, 0, sizeof(*l));
}

static int append(struct fsk_profile_list *l, const char *name, char letter, const char *path,
                  struct fsk_err *err)
{
	struct fsk_listed_profile *more = realloc(l->items, (l->count + 1) * sizeof(*more));
	size_t n;

	if (!more)
		return fsk_err_set(err, FSK_ENOMEM, "profiles: out of memory");
	l->items = more;
	more += l->count++;
	*more = (struct fsk_listed_profile){ .letter = letter, .path = strdup(path) };
	if (fsk_profile_sid(&n, name))
		more->sid = strndup(name, n);
	return more->path ? 0 : fsk_err_set(err, FSK_ENOMEM, "profiles: out of memory");
}

static void note_odd(struct fsk_profile_list *l, const char *name, const char *text)
{
	char shown_name[100], shown[200];

	if (l->odd++ == 0)
		snprintf(l->example, sizeof(l->example), "\"%s\" of %s",
		         fsk_text_escape(shown, sizeof(shown), text),
		         fsk_text_escape(shown_name, sizeof(shown_name), name));
}

/* Keys without the value, and damaged ones, name nothing. */
static int take_key(struct fsk_profile_list *l, struct fsk_key *key, const char *root,
                    struct fsk_err *err)
{
	struct fsk_value v = { 0 };
	char path[FSK_PROFILE_PATH_MAX], letter;
	int rc = 0;

	if (fsk_key_value_named(&v, key, "ProfileImagePath", NULL) != 0)
		return 0;
	if (!v.text || !fsk_profile_parse(&letter, path, v.text, root))
		note_odd(l, fsk_key_name(key), v.text ? v.text : "");
	else if (l->count == FSK_PROFILES_MAX)
		l->cut = true;
	else
		rc = append(l, fsk_key_name(key), letter, path, err);
	fsk_value_free(&v);
	return rc;
}

/* A folder in a value of the list itself. In Windows XP some are names only. */
static bool folder_value(char *letter, char path[FSK_PROFILE_PATH_MAX], struct fsk_key *list,
                         const char *name, const char *root)
{
	struct fsk_value v = { 0 };
	bool good;

	if (fsk_key_value_named(&v, list, name, NULL) != 0)
		return false;
	good = v.text && fsk_profile_parse(letter, path, v.text, root);
	fsk_value_free(&v);
	return good;
}

static int take_values(struct fsk_profile_list *l, struct fsk_key *list, const char *root,
                       struct fsk_err *err)
{
	static const char *const nobody[] = { "Default", "Public" };
	char path[FSK_PROFILE_PATH_MAX], letter;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(nobody) / sizeof(nobody[0]); i++)
		if (l->count < FSK_PROFILES_MAX &&
		    folder_value(&letter, path, list, nobody[i], root))
			rc = append(l, "", letter, path, err);
	if (rc < 0 || !folder_value(&letter, path, list, "ProfilesDirectory", root))
		return rc;
	l->home = (struct fsk_listed_profile){ .letter = letter, .path = strdup(path) };
	return l->home.path ? 0 : fsk_err_set(err, FSK_ENOMEM, "profiles: out of memory");
}

int fsk_profile_list_read(struct fsk_profile_list *out, struct fsk_hive *software, const char *root,
                          struct fsk_err *err)
{
	struct fsk_key *list = NULL;
	size_t n = 0;
	int rc = fsk_hive_key(&list, software, PROFILE_LIST, err);

	memset(out, 0, sizeof(*out));
	if (rc == 0)
		rc = fsk_key_subkeys(&n, list, err);
	if (n > FSK_PROFILES_SEEN_MAX) {
		n = FSK_PROFILES_SEEN_MAX;
		out->cut = true;
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct fsk_key *key = NULL;

		if (fsk_key_subkey(&key, list, i, NULL) == 0)
			rc = take_key(out, key, root, err);
		fsk_key_free(key);
	}
	if (rc == 0)
		rc = take_values(out, list, root, err);
	fsk_key_free(list);
	return rc;
}
