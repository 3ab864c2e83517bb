/* From a path or name as Windows writes it to the drive that it is on. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "core/lua/follow_impl.h"

#define PATH_ENTRIES_MAX 64 /* folders of the variable Path that are tried */
#define PREFIXES_MAX 8      /* "\\?\", "\??\" and their like, one behind another */

const char *const fsk_program_suffixes[] = { ".exe", ".com", ".cmd", ".bat", NULL };
const char *const fsk_library_suffixes[] = { ".dll", NULL };
const char *const fsk_no_suffixes[] = { NULL };

/* --- names that begin in no folder --- */

/* The search path of programs, for names without a folder; the same folders
 * are the ones that relative paths in services start from. */
static const char *const search_path[] = {
	"Windows/System32",
	"Windows",
	"Windows/System32/wbem",
	"Windows/System32/WindowsPowerShell/v1.0",
	"WINNT/system32",
	"WINNT",
	NULL,
};

static int try_absolute(struct fsk_search *s, char *path, const char *const *suffixes);

static int try_in(struct fsk_search *s, const char *folder, const char *name,
                  const char *const *suffixes)
{
	char whole[FSK_PATH_MAX];
	size_t n = strlen(folder);

	while (n > 0 && folder[n - 1] == '/')
		n--;
	if (snprintf(whole, sizeof(whole), "%.*s/%s", (int) n, folder, name) >= (int) sizeof(whole))
		return FSK_ENOTFOUND;
	return try_absolute(s, whole, suffixes);
}

/* The folders of one list like "C:\a;"D:\b c"". */
static int try_list(struct fsk_search *s, const char *list, const char *name,
                    const char *const *suffixes, unsigned *left)
{
	char folder[FSK_PATH_MAX];
	int rc = FSK_ENOTFOUND;

	while (rc < 0 && *list != '\0' && *left > 0) {
		size_t n = strcspn(list, ";"), k = 0;

		for (size_t i = 0; i < n && k + 1 < sizeof(folder); i++)
			if (list[i] != '"')
				folder[k++] = list[i] == '\\' ? '/' : list[i];
		folder[k] = '\0';
		if (k > 2 && isalpha((unsigned char) folder[0]) && folder[1] == ':') {
			rc = try_in(s, folder, name, suffixes);
			(*left)--;
		}
		list += n + (list[n] == ';');
	}
	return rc;
}

/* The variable Path, of the machine before that of the user as in Windows. */
static int try_variable(struct fsk_search *s, const char *name, const char *const *suffixes)
{
	static const enum fsk_follow_scope order[] = { FSK_FOLLOW_GIVEN, FSK_FOLLOW_MACHINE,
		                                       FSK_FOLLOW_USER };
	unsigned left = PATH_ENTRIES_MAX;
	int rc = FSK_ENOTFOUND;

	for (size_t i = 0; rc < 0 && s->f->variable != NULL && i < FSK_FOLLOW_SCOPES; i++) {
		const char *value = s->f->variable(s->f->arg, order[i], "Path", 4);
		char *list;

		if (value == NULL)
			continue;
		list = fsk_vars_expand(s, value);
		if (list != NULL)
			rc = try_list(s, list, name, suffixes, &left);
		s->err->code = 0; /* a list that cannot be had is like none */
		s->environment = s->environment || rc == 0;
		free(list);
	}
	return rc;
}

static int try_search_path(struct fsk_search *s, const char *name, const char *const *suffixes)
{
	char path[FSK_PATH_MAX];
	int drive = fsk_path_system_drive(s), rc = FSK_ENOTFOUND;

	for (const char *const *dir = search_path; rc < 0 && *dir != NULL; dir++) {
		if (snprintf(path, sizeof(path), "%s/%s", *dir, name) < (int) sizeof(path))
			rc = fsk_path_try_rooted(s, drive, path, suffixes);
	}
	if (rc < 0 && strchr(name, '/') == NULL)
		rc = try_variable(s, name, suffixes);
	if (rc == 0)
		s->out->via |= FSK_VIA_SEARCH;
	return rc;
}

static int try_relative(struct fsk_search *s, const char *name, const char *const *suffixes)
{
	int rc = FSK_ENOTFOUND;

	if (s->dir != NULL) {
		rc = try_in(s, s->dir, name, suffixes);
		s->err->code = 0; /* the folder may be on a drive that is not here */
		if (rc == 0)
			s->out->via |= FSK_VIA_DIR;
	}
	return rc == 0 ? 0 : try_search_path(s, name, suffixes);
}

/* --- paths that say where they begin --- */

/* Says it as Windows writes it. */
static int fail_path(struct fsk_search *s, const char *path, const char *after)
{
	char shown[256]; /* more than a message holds */

	snprintf(shown, sizeof(shown), "%s", path);
	for (char *p = shown; *p != '\0'; p++)
		if (*p == '/')
			*p = '\\';
	return fsk_search_fail(s, FSK_ENOTFOUND, "\"", shown, after);
}

static int on_no_drive(struct fsk_search *s, char letter)
{
	char drive[] = { letter, '\0' };

	return fsk_search_fail(s, FSK_ENOTFOUND, "on drive ", drive,
	                       ":, which the evidence does not have");
}

/* "C:/…" */
static int try_drive(struct fsk_search *s, const char *path, const char *const *suffixes)
{
	char letter = (char) toupper((unsigned char) path[0]);
	int drive = fsk_path_drive(s, letter), rc;

	if (drive < 0)
		return on_no_drive(s, letter);
	rc = fsk_path_try_rooted(s, drive, path + 2, suffixes);
	if (rc < 0)
		s->drive = (char) drive;
	return rc;
}

/* What lies on a volume that is named by a number or a GUID: the one with Windows comes
 * first, then the one in hand, then the others in the order of their letters. */
static int try_device(struct fsk_search *s, const char *path, const char *const *suffixes)
{
	int rc = fsk_path_try_rooted(s, fsk_path_system_drive(s), path, suffixes);

	if (rc < 0 && fsk_path_system_drive(s) != 0)
		rc = fsk_path_try_rooted(s, 0, path, suffixes);
	for (char letter = 'A'; rc < 0 && letter <= 'Z'; letter++)
		if (fsk_path_has_drive(s, letter))
			rc = fsk_path_try_rooted(s, letter, path, suffixes);
	if (rc == 0)
		s->out->via |= FSK_VIA_DEVICE;
	return rc;
}

static int on_server(struct fsk_search *s, const char *path)
{
	return fail_path(s, path, "\": on a server");
}

/* "//server/share/…": a drive's own share of this machine is the drive. */
static int try_server(struct fsk_search *s, const char *path, const char *const *suffixes)
{
	static const char *const local[] = { "//localhost/", "//127.0.0.1/", "//./" };
	char whole[FSK_PATH_MAX];

	for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++) {
		const char *rest = path + strlen(local[i]);

		if (!fsk_word_has_prefix(path, local[i]))
			continue;
		if (isalpha((unsigned char) rest[0]) && rest[1] == '$' && rest[2] == '/') {
			snprintf(whole, sizeof(whole), "%c:%s", rest[0], rest + 2);
			return try_drive(s, whole, suffixes);
		}
	}
	return on_server(s, path);
}

/* "Device/HarddiskVolume3/…", "HarddiskVolume3/…", "Volume{…}/…": what comes behind;
 * else NULL. */
static const char *behind_device(const char *path)
{
	if (fsk_word_has_prefix(path, "Device/"))
		path += strlen("Device/");
	if (!fsk_word_has_prefix(path, "HarddiskVolume") && !fsk_word_has_prefix(path, "Volume{"))
		return NULL;
	path = strchr(path, '/');
	return path;
}

/* Skips what the object manager and the loader put in front of a path. */
static const char *skip_prefixes(const char *p)
{
	static const char *const prefixes[] = { "/?\?/",        "//?/",         "//./",
		                                "/DosDevices/", "/GLOBAL\?\?/", "/?/",
		                                "GLOBALROOT/" };
	bool again = true;

	for (unsigned n = 0; again && n < PREFIXES_MAX; n++) {
		again = false;
		for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
			if (!fsk_word_has_prefix(p, prefixes[i]))
				continue;
			p += strlen(prefixes[i]);
			again = true;
		}
	}
	return p;
}

static int try_windows_folder(struct fsk_search *s, const char *path, const char *const *suffixes)
{
	static const char *const folders[] = { "Windows/", "WINNT/" };
	int rc = FSK_ENOTFOUND;

	for (size_t i = 0; rc < 0 && i < 2; i++) {
		char whole[FSK_PATH_MAX];

		if (snprintf(whole, sizeof(whole), "%s%s", folders[i], path) < (int) sizeof(whole))
			rc = fsk_path_try_rooted(s, fsk_path_system_drive(s), whole, suffixes);
	}
	return rc;
}

/* '/' separated; FSK_ENOTFOUND and err->code 0 also for relative paths. */
static int try_absolute(struct fsk_search *s, char *path, const char *const *suffixes)
{
	const char *bare = skip_prefixes(path), *device;
	bool skipped = bare != path;

	if (isalpha((unsigned char) bare[0]) && bare[1] == ':')
		return try_drive(s, bare, suffixes);
	if (skipped && fsk_word_has_prefix(bare, "UNC/"))
		return on_server(s, path);
	if (!skipped && bare[0] == '/' && bare[1] == '/')
		return try_server(s, bare, suffixes);
	device = skipped || *bare == '/' ? behind_device(bare + (*bare == '/')) : NULL;
	if (device != NULL)
		return try_device(s, device, suffixes);
	if (fsk_word_has_prefix(bare, "/Device/Mup/"))
		return on_server(s, path);
	if (fsk_word_has_prefix(bare, "/SystemRoot/"))
		return try_windows_folder(s, bare + strlen("/SystemRoot/"), suffixes);
	return fsk_path_try_rooted(s, 0, bare, suffixes);
}

bool fsk_path_is_absolute(const char *word)
{
	if (isalpha((unsigned char) word[0]) && word[1] == ':')
		return strchr("\\/", word[2]) != NULL && word[2] != '\0';
	return word[0] == '\\' && word[1] != '\0';
}

/* --- spelling --- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char) tolower((unsigned char) c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "file:///C:/a%20b": its path. NULL when it is none, or an address of a server. */
static const char *decode_url(char *out, size_t cap, const char *word)
{
	size_t n = 0;

	if (!fsk_word_has_prefix(word, "file:"))
		return NULL;
	word += strlen("file:");
	if (fsk_word_has_prefix(word, "//localhost/"))
		word += strlen("//localhost");
	if (strspn(word, "/\\") != 2) /* two and a name: a server */
		word += strspn(word, "/\\");
	while (*word != '\0' && n + 1 < cap) {
		bool coded = *word == '%' && hex_digit(word[1]) >= 0 && hex_digit(word[2]) >= 0;

		out[n] = coded ? (char) (16 * hex_digit(word[1]) + hex_digit(word[2])) : *word;
		word += coded ? 3 : 1;
		if (out[n] == '\0')
			break;
		n++;
	}
	out[n] = '\0';
	return out;
}

static bool is_address(const char *word)
{
	static const char *const schemes[] = { "http:/", "https:/", "ftp:/", "hcp:/" };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (fsk_word_has_prefix(word, schemes[i]))
			return true;
	return false;
}

/* '/' for '\', no quotes, and without what Windows drops at the end, or lists put there. */
static void clean_path(char *path)
{
	size_t n = 0;

	for (const char *p = path + strspn(path, " \t"); *p != '\0'; p++)
		if (*p != '"')
			path[n++] = *p == '\\' ? '/' : *p;
	path[n] = '\0';
	while (n > 0 && (strchr(" \t.,;", path[n - 1]) != NULL ||
	                 (path[n - 1] == ')' && strchr(path, '(') == NULL)))
		path[--n] = '\0';
	if (n > 1 && (path[0] == '\'' || path[0] == '`') && path[n - 1] == path[0]) {
		memmove(path, path + 1, n - 2);
		path[n - 2] = '\0';
	}
}

int fsk_path_try(struct fsk_search *s, const char *word, const char *const *suffixes)
{
	char path[FSK_PATH_MAX];
	int rc;

	s->drive = 0;
	if (strlen(word) >= sizeof(path))
		return FSK_ENOTFOUND;
	if (is_address(word))
		return fsk_search_fail(s, FSK_ENOTFOUND, "\"", word, "\": on a server");
	if (decode_url(path, sizeof(path), word) == NULL)
		memcpy(path, word, strlen(word) + 1);
	clean_path(path);
	if (*path == '\0')
		return FSK_ENOTFOUND;
	rc = fsk_vars_check(s, path);
	if (rc < 0)
		return rc;
	if (*path == '/' || (isalpha((unsigned char) path[0]) && path[1] == ':'))
		return try_absolute(s, path, suffixes);
	return try_relative(s, path, suffixes);
}
