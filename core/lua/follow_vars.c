/* Variables: those of the registry, then what is known of every Windows. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/buf.h"
#include "core/lua/follow_impl.h"

#define NESTING_MAX 4 /* variables whose values name others */

const char *const fsk_follow_homes[FSK_FOLLOW_HOMES] = { "Users", "Documents and Settings",
	                                                 "Windows/ServiceProfiles",
	                                                 "Windows/System32/config" };

struct builtin {
	const char *name;
	const char *value;  /* from the root, or from the profile */
	const char *narrow; /* for 32-bit programs; NULL: the same */
	const char *old;    /* in a profile of Windows XP; NULL: the same */
	bool of_user;
};

static const struct builtin builtins[] = {
	{ "SystemRoot", "Windows", NULL, NULL, false },
	{ "WinDir", "Windows", NULL, NULL, false },
	{ "ProgramFiles", "Program Files", "Program Files (x86)", NULL, false },
	{ "ProgramW6432", "Program Files", NULL, NULL, false },
	{ "ProgramFiles(x86)", "Program Files (x86)", NULL, NULL, false },
	{ "CommonProgramFiles", "Program Files\\Common Files", "Program Files (x86)\\Common Files",
	  NULL, false },
	{ "CommonProgramW6432", "Program Files\\Common Files", NULL, NULL, false },
	{ "CommonProgramFiles(x86)", "Program Files (x86)\\Common Files", NULL, NULL, false },
	{ "ProgramData", "ProgramData", NULL, NULL, false },
	{ "AllUsersProfile", "ProgramData", NULL, NULL, false },
	{ "Public", "Users\\Public", NULL, NULL, false },
	{ "SystemDrive", "", NULL, NULL, false },
	{ "HomeDrive", "", NULL, NULL, false },
	{ "ComSpec", "Windows\\System32\\cmd.exe", NULL, NULL, false },
	{ "UserProfile", "", NULL, NULL, true },
	{ "HomePath", "", NULL, NULL, true },
	{ "UserName", "", NULL, NULL, true },
	{ "AppData", "\\AppData\\Roaming", NULL, "\\Application Data", true },
	{ "LocalAppData", "\\AppData\\Local", NULL, "\\Local Settings\\Application Data", true },
	{ "Temp", "\\AppData\\Local\\Temp", NULL, "\\Local Settings\\Temp", true },
	{ "Tmp", "\\AppData\\Local\\Temp", NULL, "\\Local Settings\\Temp", true },
};

static const struct builtin *find_builtin(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(builtins) / sizeof(*builtins); i++)
		if (n == strlen(builtins[i].name) && strncasecmp(name, builtins[i].name, n) == 0)
			return &builtins[i];
	return NULL;
}

/* Bytes of the name at `p`, which stands behind a '%'; 0 when that begins none.
 * Numbers are arguments (%1), and what no name has in it keeps "100% of 5%",
 * "%20" and "%path:~0,3%" what they are. */
static size_t name_length(const char *p)
{
	size_t n = strcspn(p, "% \t\"',;:*?<>|=/\\");

	return p[n] == '%' && !isdigit((unsigned char) *p) ? n : 0;
}

/* --- what is known of every Windows --- */

/* Folder of the user's profile as the disk has it, '\' separated, and the letter of its
 * volume. */
static char user_folder(struct fsk_search *s, char *out, size_t cap, bool *old)
{
	char system = fsk_path_system(s);
	size_t i = 0;

	*old = false;
	if (s->f->profile != NULL) {
		snprintf(out, cap, "%s", s->f->profile);
		*old = fsk_word_has_prefix(out, "Documents and Settings/");
		system = s->f->letter != 0 ? s->f->letter : system;
		i = FSK_FOLLOW_HOMES;
	}
	for (; i < FSK_FOLLOW_HOMES; i++) {
		snprintf(out, cap, "%s/%s", fsk_follow_homes[i], s->f->user);
		*old = i == 1;
		if (fsk_path_exists(s, system, out))
			break;
		*old = false;
		snprintf(out, cap, "%s/%s", fsk_follow_homes[0], s->f->user);
	}
	for (; *out != '\0'; out++)
		if (*out == '/')
			*out = '\\';
	return system;
}

static const char *machine_value(struct fsk_search *s, const struct builtin *b)
{
	char system = fsk_path_system(s);

	if (b->narrow != NULL) {
		s->narrow = true;
		return s->wow64 && fsk_path_exists(s, system, "Program Files (x86)") ? b->narrow
		                                                                     : b->value;
	}
	if (strcasecmp(b->name, "AllUsersProfile") == 0 &&
	    !fsk_path_exists(s, system, "ProgramData") &&
	    fsk_path_exists(s, system, "Documents and Settings/All Users"))
		return "Documents and Settings\\All Users";
	if (strcmp(b->value, "Windows") == 0 && !fsk_path_exists(s, system, "Windows") &&
	    fsk_path_exists(s, system, "WINNT"))
		return "WINNT";
	return b->value;
}

static int append_builtin(struct fsk_search *s, struct fsk_buf *out, const struct builtin *b)
{
	char folder[FSK_PATH_MAX] = "", drive[] = { fsk_path_system(s), ':', '\0' };
	const char *value = b->value;
	bool old = false;
	int rc = 0;

	if (strcasecmp(b->name, "UserName") == 0)
		return fsk_buf_append_str(out, s->f->user, s->err);
	if (b->of_user)
		drive[0] = user_folder(s, folder, sizeof(folder), &old);
	else
		value = machine_value(s, b);
	if (old && b->old != NULL)
		value = b->old;
	/* HOMEPATH follows a drive: %HOMEDRIVE%%HOMEPATH% */
	if (strcasecmp(b->name, "HomePath") != 0)
		rc = fsk_buf_append_str(out, drive, s->err);
	if (rc == 0 && (*value != '\0' || *folder != '\0'))
		rc = fsk_buf_append_str(out, "\\", s->err);
	if (rc == 0)
		rc = fsk_buf_append_str(out, folder, s->err);
	return rc < 0 ? rc : fsk_buf_append_str(out, value, s->err);
}

/* --- expansion --- */

static bool has_user(const struct fsk_search *s)
{
	return s->f->user != NULL && *s->f->user != '\0';
}

static int append_expanded(struct fsk_search *s, struct fsk_buf *out, const char *text,
                           unsigned depth);

/* A variable of the registry, or given. 1 when there is one of that name. */
static int append_given(struct fsk_search *s, struct fsk_buf *out, enum fsk_follow_scope from,
                        enum fsk_follow_scope to, const char *name, size_t n, unsigned depth)
{
	const char *value = NULL;
	int rc;

	for (enum fsk_follow_scope i = from; s->f->variable != NULL && value == NULL && i <= to;
	     i++)
		value = s->f->variable(s->f->arg, i, name, n);
	if (value == NULL)
		return 0;
	s->environment = true;
	rc = append_expanded(s, out, value, depth + 1);
	return rc < 0 ? rc : 1;
}

/* 1 when the variable is known. A user's own temporary folder comes before that of the
 * machine, which is for services. */
static int append_variable(struct fsk_search *s, struct fsk_buf *out, const char *name, size_t n,
                           unsigned depth)
{
	const struct builtin *b = find_builtin(name, n);
	int rc = append_given(s, out, FSK_FOLLOW_GIVEN, FSK_FOLLOW_USER, name, n, depth);

	if (rc == 0 && b != NULL && b->of_user && has_user(s)) {
		rc = append_builtin(s, out, b);
		return rc < 0 ? rc : 1;
	}
	if (rc == 0)
		rc = append_given(s, out, FSK_FOLLOW_MACHINE, FSK_FOLLOW_MACHINE, name, n, depth);
	if (rc != 0 || b == NULL || b->of_user)
		return rc;
	rc = append_builtin(s, out, b);
	return rc < 0 ? rc : 1;
}

static int append_expanded(struct fsk_search *s, struct fsk_buf *out, const char *text,
                           unsigned depth)
{
	int rc = 0;

	if (depth > NESTING_MAX)
		return fsk_err_set(s->err, FSK_ELIMIT, "its variables name each other");
	while (rc >= 0 && *text != '\0') {
		size_t n = *text == '%' ? name_length(text + 1) : 0;

		rc = n > 0 ? append_variable(s, out, text + 1, n, depth) : 0;
		if (rc > 0) {
			text += n + 2;
		} else if (rc == 0) { /* what is not known stays, as on Windows */
			rc = fsk_buf_append(out, text, n + 1, s->err);
			text += n + 1;
		}
	}
	return rc < 0 ? rc : 0;
}

char *fsk_vars_expand(struct fsk_search *s, const char *text)
{
	struct fsk_buf out;
	char *result = NULL;

	fsk_buf_init(&out, FSK_FOLLOW_MAX);
	if (append_expanded(s, &out, text, 0) == 0)
		result = fsk_buf_steal_str(&out, s->err);
	fsk_buf_free(&out);
	return result;
}

int fsk_vars_check(struct fsk_search *s, const char *text)
{
	char shown[80];

	for (const char *p = strchr(text, '%'); p != NULL; p = strchr(p + 1, '%')) {
		size_t n = name_length(p + 1);
		const struct builtin *b = find_builtin(p + 1, n);

		if (n == 0)
			continue;
		snprintf(shown, sizeof(shown), "%%%.*s%%", n < 70 ? (int) n : 70, p + 1);
		if (b != NULL && b->of_user)
			return fsk_search_fail(s, FSK_EUNSUPPORTED, "", shown,
			                       " depends on a user, and none is known");
		return fsk_search_fail(s, FSK_EUNSUPPORTED, "the variable ", shown,
		                       " is not known");
	}
	return 0;
}
