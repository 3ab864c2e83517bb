/* From a path below the root of a drive to the file on that volume: 8.3 names, the folders of
 * 32-bit programs, former installations. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "core/lua/follow_impl.h"

/* --- drives --- */

char fsk_path_system(const struct fsk_search *s)
{
	if (s->f->system != 0)
		return s->f->system;
	return s->f->letter != 0 ? s->f->letter : 'C';
}

bool fsk_path_has_drive(const struct fsk_search *s, char letter)
{
	return s->f->has_drive != NULL && s->f->has_drive(s->f->arg, letter);
}

int fsk_path_drive(const struct fsk_search *s, char letter)
{
	if (s->f->letter == letter)
		return 0;
	if (fsk_path_has_drive(s, letter))
		return letter;
	return s->f->letter == 0 && letter == 'C' ? 0 : -1;
}

int fsk_path_system_drive(const struct fsk_search *s)
{
	int drive = fsk_path_drive(s, fsk_path_system(s));

	return drive < 0 ? 0 : drive;
}

/* --- one name on one volume --- */

int fsk_path_look_up(struct fsk_search *s, struct fsk_entry *out, int drive, const char *path)
{
	struct fsk_err why = { .code = 0 };
	int rc;

	memset(out, 0, sizeof(*out));
	if (++s->lookups > FSK_FOLLOW_LOOKUPS_MAX)
		return FSK_ELIMIT;
	rc = s->f->lookup(s->f->arg, out, (char) drive, path, &why);
	if (rc < 0 && rc != FSK_ENOTFOUND && s->trouble.code == 0)
		s->trouble = why;
	return rc;
}

bool fsk_path_exists(struct fsk_search *s, char letter, const char *path)
{
	int drive = fsk_path_drive(s, letter);
	struct fsk_entry e;

	if (drive < 0 || fsk_path_look_up(s, &e, drive, path) < 0)
		return false;
	fsk_entry_free(&e);
	return true;
}

/* Names of 8.3 are as good as long ones for the file system; that one of them
 * stands in a path shows where the disk spells it otherwise. */
static bool was_short(const char *asked, const char *found)
{
	return strchr(asked, '~') != NULL && fsk_text_casecmp(asked, found) != 0;
}

int fsk_path_take_file(struct fsk_search *s, int drive, const char *path)
{
	struct fsk_entry e;
	int rc = fsk_path_look_up(s, &e, drive, path);

	if (rc < 0)
		return rc;
	if (e.type != FSK_ENTRY_FILE) {
		fsk_entry_free(&e);
		return FSK_ENOTFOUND;
	}
	s->out->entry = e;
	return 0;
}

static int try_path(struct fsk_search *s, int drive, const char *path)
{
	int rc = fsk_path_take_file(s, drive, path);

	if (rc == 0 && was_short(path, s->out->entry.loc.path))
		s->out->via |= FSK_VIA_SHORT;
	return rc;
}

/* As it stands and, without an extension, with each of `suffixes`. */
static int try_suffixes(struct fsk_search *s, int drive, const char *path,
                        const char *const *suffixes)
{
	char longer[FSK_PATH_MAX];
	int rc = try_path(s, drive, path);

	for (; rc < 0 && *suffixes != NULL && !fsk_word_has_extension(path); suffixes++) {
		if (snprintf(longer, sizeof(longer), "%s%s", path, *suffixes) <
		    (int) sizeof(longer))
			rc = try_path(s, drive, longer);
	}
	return rc;
}

/* Short names that every Windows has, for volumes that keep none. */
static const struct {
	const char *brief, *whole;
} short_names[] = {
	{ "PROGRA~1", "Program Files" },
	{ "PROGRA~2", "Program Files (x86)" },
	{ "PROGRA~3", "ProgramData" },
	{ "DOCUME~1", "Documents and Settings" },
};

/* A path from the root of a volume, '/' separated. */
static int try_names(struct fsk_search *s, int drive, const char *path, const char *const *suffixes)
{
	char whole[FSK_PATH_MAX];
	size_t n = strcspn(path, "/");
	int rc = try_suffixes(s, drive, path, suffixes);

	for (size_t i = 0; rc < 0 && i < sizeof(short_names) / sizeof(*short_names); i++) {
		if (n != strlen(short_names[i].brief) ||
		    strncasecmp(path, short_names[i].brief, n) != 0 ||
		    snprintf(whole, sizeof(whole), "%s%s", short_names[i].whole, path + n) >=
		        (int) sizeof(whole))
			continue;
		rc = try_suffixes(s, drive, whole, suffixes);
		if (rc == 0)
			s->out->via |= FSK_VIA_SHORT;
	}
	return rc;
}

/* --- 32-bit programs and former installations --- */

/* Folders of System32 that are the same for 32-bit programs. */
static const char *const not_redirected[] = { "catroot/",     "catroot2/", "driverstore/",
	                                      "drivers/etc/", "logfiles/", "spool/" };

/* What lies below System32, for 32-bit programs SysWOW64; else NULL. `*native`: it was
 * written "Sysnative", which is System32 for them. */
static const char *below_system32(const char *path, bool *native)
{
	const char *rest;

	*native = fsk_word_has_prefix(path, "Windows/Sysnative/");
	if (*native)
		return path + strlen("Windows/Sysnative/");
	if (!fsk_word_has_prefix(path, "Windows/System32/"))
		return NULL;
	rest = path + strlen("Windows/System32/");
	for (size_t i = 0; i < sizeof(not_redirected) / sizeof(*not_redirected); i++)
		if (fsk_word_has_prefix(rest, not_redirected[i]))
			return NULL;
	return rest;
}

static int try_below(struct fsk_search *s, int drive, const char *root, const char *folder,
                     const char *path, const char *const *suffixes)
{
	char whole[FSK_PATH_MAX];

	if (snprintf(whole, sizeof(whole), "%s%s%s%s", root, *root != '\0' ? "/" : "", folder,
	             path) >= (int) sizeof(whole))
		return FSK_ENOTFOUND;
	return try_names(s, drive, whole, suffixes);
}

/* In both folders of system files, the likelier one first. */
static int try_redirected(struct fsk_search *s, int drive, const char *root, const char *path,
                          const char *const *suffixes)
{
	static const char *const folders[] = { "Windows/System32/", "Windows/SysWOW64/" };
	bool native, other;
	const char *rest = below_system32(path, &native);
	int rc;

	if (rest == NULL)
		return try_below(s, drive, root, "", path, suffixes);
	other = s->wow64 && !native;
	rc = try_below(s, drive, root, folders[other], rest, suffixes);
	if (rc < 0) {
		other = !other;
		rc = try_below(s, drive, root, folders[other], rest, suffixes);
	}
	if (rc == 0 && (other || native))
		s->out->via |= FSK_VIA_WOW64;
	return rc;
}

/* Copies a path from the root with '/', without "." and "..", and without '/' at its
 * ends. False when it does not fit. */
static bool flatten(char *out, size_t cap, const char *path)
{
	size_t n = 0;

	while (*path != '\0') {
		size_t len = strcspn(path, "/\\");

		if (len == 2 && path[0] == '.' && path[1] == '.') {
			while (n > 0 && out[--n] != '/')
				;
		} else if (len > 0 && !(len == 1 && *path == '.')) {
			if (n + len + 2 > cap)
				return false;
			if (n > 0)
				out[n++] = '/';
			memcpy(out + n, path, len);
			n += len;
		}
		path += len + (path[len] != '\0');
	}
	out[n] = '\0';
	return true;
}

int fsk_path_try_rooted(struct fsk_search *s, int drive, const char *path,
                        const char *const *suffixes)
{
	char flat[FSK_PATH_MAX], root[FSK_NAME_MAX];

	if (!flatten(flat, sizeof(flat), path))
		return FSK_ENOTFOUND;
	if (s->f->root != NULL && drive == fsk_path_system_drive(s) &&
	    flatten(root, sizeof(root), s->f->root) && *root != '\0' &&
	    try_redirected(s, drive, root, flat, suffixes) == 0) {
		s->out->via |= FSK_VIA_ROOT;
		return 0;
	}
	return try_redirected(s, drive, "", flat, suffixes);
}
