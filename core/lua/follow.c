#include "core/lua/follow.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/base/text.h"

#define NESTING_MAX 4 /* cmd /c cmd /c … */
#define SPACES_MAX 64 /* prefixes of an unquoted path that are tried */

struct search {
	const struct fsk_follow *f;
	struct fsk_entry *out;
	struct fsk_err *err;
	unsigned depth;
	bool found;
};

static int resolve(struct search *s, const char *command);

/* "<before><what><after>", `what` escaped. */
static int fail(struct search *s, int code, const char *before, const char *what, const char *after)
{
	char shown[200];

	fsk_text_escape(shown, sizeof(shown), what);
	return fsk_err_set(s->err, code, "%s%s%s", before, shown, after);
}

static int not_found(struct search *s, const char *what)
{
	return fail(s, FSK_ENOTFOUND, "\"", what, "\": not on this volume");
}

/* --- looking up --- */

/* 0 when the path names a file. Other results but absence are kept. */
static int try_path(struct search *s, const char *path)
{
	struct fsk_entry e;
	struct fsk_err why;
	int rc = s->f->lookup(s->f->arg, &e, path, &why);

	if (rc < 0)
		return rc;
	if (e.type != FSK_ENTRY_FILE) {
		fsk_entry_free(&e);
		return FSK_ENOTFOUND;
	}
	*s->out = e;
	s->found = true;
	return 0;
}

static bool exists(struct search *s, const char *path)
{
	struct fsk_entry e;

	if (s->f->lookup(s->f->arg, &e, path, NULL) < 0)
		return false;
	fsk_entry_free(&e);
	return true;
}

static bool has_extension(const char *path)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');

	return dot != NULL && (slash == NULL || dot > slash);
}

/* As it stands and, without an extension, with each of `suffixes`. */
static int try_suffixes(struct search *s, const char *path, const char *const *suffixes)
{
	char longer[FSK_PATH_MAX];
	int rc = try_path(s, path);

	for (; rc < 0 && *suffixes != NULL && !has_extension(path); suffixes++) {
		if (snprintf(longer, sizeof(longer), "%s%s", path, *suffixes) <
		    (int) sizeof(longer))
			rc = try_path(s, longer);
	}
	return rc;
}

static const char *const program_suffixes[] = { ".exe", ".com", ".cmd", ".bat", NULL };
static const char *const library_suffixes[] = { ".dll", NULL };

/* Short names that every Windows has; the names of the disk know no 8.3. */
static const struct {
	const char *brief, *whole;
} short_names[] = {
	{ "PROGRA~1", "Program Files" },
	{ "PROGRA~2", "Program Files (x86)" },
	{ "PROGRA~3", "ProgramData" },
	{ "DOCUME~1", "Documents and Settings" },
};

/* Tries a path from the root of the volume, '/' separated. */
static int try_rooted(struct search *s, const char *path, const char *const *suffixes)
{
	char whole[FSK_PATH_MAX];
	size_t n = strcspn(path, "/");

	for (size_t i = 0; i < sizeof(short_names) / sizeof(*short_names); i++) {
		if (n == strlen(short_names[i].brief) &&
		    strncasecmp(path, short_names[i].brief, n) == 0 &&
		    snprintf(whole, sizeof(whole), "%s%s", short_names[i].whole, path + n) <
		        (int) sizeof(whole))
			return try_suffixes(s, whole, suffixes);
	}
	return try_suffixes(s, path, suffixes);
}

/* The search path of programs, for names without a folder; the same folders
 * are the ones that relative paths in services start from. */
static const char *const search_path[] = {
	"Windows/System32",
	"Windows",
	"Windows/SysWOW64",
	"Windows/System32/wbem",
	"Windows/System32/WindowsPowerShell/v1.0",
	"WINNT/system32",
	"WINNT",
	NULL,
};

static int try_search_path(struct search *s, const char *name, const char *const *suffixes)
{
	char path[FSK_PATH_MAX];

	for (const char *const *dir = search_path; *dir != NULL; dir++) {
		if (snprintf(path, sizeof(path), "%s/%s", *dir, name) < (int) sizeof(path) &&
		    try_suffixes(s, path, suffixes) == 0)
			return 0;
	}
	return FSK_ENOTFOUND;
}

/* One whole path or name as Windows writes it; nothing of arguments. */
static int try_windows(struct search *s, const char *word, const char *const *suffixes)
{
	char path[FSK_PATH_MAX];
	char letter = s->f->letter;
	size_t n = strlen(word);
	char *p = path;

	if (n == 0 || n >= sizeof(path))
		return FSK_ENOTFOUND;
	for (size_t i = 0; i <= n; i++)
		path[i] = word[i] == '\\' ? '/' : word[i];
	while (n > 0 && strchr(" \t.", path[n - 1]) != NULL) /* as Windows does */
		path[--n] = '\0';
	if (isalpha((unsigned char) p[0]) && p[1] == ':') {
		if (letter != 0 ? toupper((unsigned char) p[0]) != letter
		                : toupper((unsigned char) p[0]) != 'C') {
			char drive[2] = { (char) toupper((unsigned char) p[0]), '\0' };

			return fail(s, FSK_ENOTFOUND, "on drive ", drive, ":, not on this volume");
		}
		p += 2;
		return try_rooted(s, p + strspn(p, "/"), suffixes);
	}
	if (p[0] == '/' && p[1] == '/')
		return fail(s, FSK_ENOTFOUND, "\"", word, "\": on a server");
	if (p[0] == '/')
		return try_rooted(s, p + 1, suffixes);
	return try_search_path(s, p, suffixes);
}

/* --- variables and prefixes --- */

/* Folder of the user's profile, as the disk has it. */
static int user_folder(struct search *s, char *out, size_t cap, bool *old, const char *variable)
{
	const char *user = s->f->user;

	if (user == NULL || *user == '\0')
		return fail(s, FSK_EUNSUPPORTED, "", variable,
		            " depends on a user, and none is known");
	snprintf(out, cap, "Documents and Settings/%s", user);
	*old = exists(s, out);
	snprintf(out, cap, "Users/%s", user);
	if (*old && exists(s, out))
		*old = false;
	if (*old)
		snprintf(out, cap, "Documents and Settings/%s", user);
	return 0;
}

static const struct {
	const char *name;
	const char *value;     /* from the root, or from the profile */
	const char *old_value; /* in a profile of Windows XP; NULL: the same */
	bool of_user;
} variables[] = {
	{ "SystemRoot", "Windows", NULL, false },
	{ "WinDir", "Windows", NULL, false },
	{ "ProgramFiles", "Program Files", NULL, false },
	{ "ProgramW6432", "Program Files", NULL, false },
	{ "ProgramFiles(x86)", "Program Files (x86)", NULL, false },
	{ "CommonProgramFiles", "Program Files/Common Files", NULL, false },
	{ "CommonProgramW6432", "Program Files/Common Files", NULL, false },
	{ "CommonProgramFiles(x86)", "Program Files (x86)/Common Files", NULL, false },
	{ "ProgramData", "ProgramData", NULL, false },
	{ "AllUsersProfile", "ProgramData", NULL, false },
	{ "Public", "Users/Public", NULL, false },
	{ "SystemDrive", "", NULL, false },
	{ "HomeDrive", "", NULL, false },
	{ "ComSpec", "Windows/System32/cmd.exe", NULL, false },
	{ "UserProfile", "", NULL, true },
	{ "HomePath", "", NULL, true },
	{ "AppData", "/AppData/Roaming", "/Application Data", true },
	{ "LocalAppData", "/AppData/Local", "/Local Settings/Application Data", true },
	{ "Temp", "/AppData/Local/Temp", "/Local Settings/Temp", true },
	{ "Tmp", "/AppData/Local/Temp", "/Local Settings/Temp", true },
};

static int append_expanded(struct search *s, struct fsk_buf *out, const char *text, unsigned depth);

/* A variable of the machine or the user. 1 when there is one of that name. */
static int append_given(struct search *s, struct fsk_buf *out, const char *name, size_t n,
                        unsigned depth)
{
	for (size_t i = 0; i < s->f->nenv; i++) {
		const char *have = s->f->env[2 * i];

		if (strlen(have) == n && strncasecmp(have, name, n) == 0) {
			int rc = append_expanded(s, out, s->f->env[2 * i + 1], depth + 1);

			return rc < 0 ? rc : 1;
		}
	}
	return 0;
}

static int append_variable(struct search *s, struct fsk_buf *out, const char *name, size_t n)
{
	char folder[FSK_PATH_MAX] = "", shown[80];
	char drive[3] = { s->f->letter != 0 ? s->f->letter : 'C', ':', '\0' };
	const char *value = NULL;
	bool old = false;
	size_t i = 0;
	int rc;

	snprintf(shown, sizeof(shown), "%%%.*s%%", n < 70 ? (int) n : 70, name);
	for (; i < sizeof(variables) / sizeof(*variables); i++) {
		if (n == strlen(variables[i].name) &&
		    strncasecmp(name, variables[i].name, n) == 0) {
			value = variables[i].value;
			break;
		}
	}
	if (value == NULL)
		return fail(s, FSK_EUNSUPPORTED, "the variable ", shown, " is not known");
	if (variables[i].of_user) {
		rc = user_folder(s, folder, sizeof(folder), &old, shown);
		if (rc < 0)
			return rc;
		if (old && variables[i].old_value != NULL)
			value = variables[i].old_value;
	}
	/* HOMEPATH follows a drive: %HOMEDRIVE%%HOMEPATH% */
	rc = 0;
	if (strcasecmp(variables[i].name, "HomePath") != 0)
		rc = fsk_buf_append_str(out, drive, s->err);
	if (rc == 0 && (*value != '\0' || *folder != '\0'))
		rc = fsk_buf_append_str(out, "\\", s->err);
	if (rc == 0)
		rc = fsk_buf_append_str(out, folder, s->err);
	return rc < 0 ? rc : fsk_buf_append_str(out, value, s->err);
}

/* %NAME% replaced; a '%' that closes nothing stays, as on Windows. */
static int append_expanded(struct search *s, struct fsk_buf *out, const char *text, unsigned depth)
{
	int rc = 0;

	if (depth > NESTING_MAX)
		return fsk_err_set(s->err, FSK_ELIMIT, "its variables name each other");
	while (rc == 0 && *text != '\0') {
		size_t n = strcspn(text + 1, "% ");

		/* names have no space, so that "100% of 5%" stays what it is */
		if (*text == '%' && n > 0 && text[1 + n] == '%') {
			rc = append_given(s, out, text + 1, n, depth);
			if (rc == 0)
				rc = append_variable(s, out, text + 1, n);
			rc = rc > 0 ? 0 : rc;
			text += n + 2;
		} else {
			rc = fsk_buf_append_u8(out, (uint8_t) *text++, s->err);
		}
	}
	return rc;
}

static char *expand(struct search *s, const char *command)
{
	struct fsk_buf out;
	char *result = NULL;
	int rc;

	fsk_buf_init(&out, FSK_FOLLOW_MAX);
	rc = append_expanded(s, &out, command, 0);
	if (rc == 0)
		result = fsk_buf_steal_str(&out, s->err);
	fsk_buf_free(&out);
	return result;
}

static bool has_prefix(const char *s, const char *prefix)
{
	return strncasecmp(s, prefix, strlen(prefix)) == 0;
}

/* Skips what the object manager and the loader put in front of a path. The
 * rest is relative to the Windows folder when `*in_windows`. */
static const char *skip_prefix(const char *p, bool *in_windows)
{
	*in_windows = false;
	if (has_prefix(p, "\\??\\") || has_prefix(p, "\\\\?\\") || has_prefix(p, "\\\\.\\"))
		return p + 4;
	if (has_prefix(p, "\\SystemRoot\\")) {
		*in_windows = true;
		return p + strlen("\\SystemRoot\\");
	}
	return p;
}

/* --- words --- */

static const char *skip_blank(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* Copies the next word, quoted or up to a blank (or `stop`), and moves on. */
static char *take_word(const char **p, const char *stop)
{
	const char *start = skip_blank(*p), *end;
	char *word;

	if (*start == '"') {
		start++;
		end = strchr(start, '"');
		if (end == NULL)
			end = start + strlen(start);
		*p = *end != '\0' ? end + 1 : end;
	} else {
		end = start + strcspn(start, stop);
		*p = end;
	}
	word = strndup(start, (size_t) (end - start));
	return word;
}

/* --- hosts: programs whose argument is what matters --- */

enum host { HOST_NONE, HOST_RUNDLL, HOST_REGSVR, HOST_CMD, HOST_SCRIPT, HOST_POWERSHELL };

static const struct {
	const char *name;
	enum host host;
} hosts[] = {
	{ "rundll32", HOST_RUNDLL },       { "regsvr32", HOST_REGSVR }, { "cmd", HOST_CMD },
	{ "wscript", HOST_SCRIPT },        { "cscript", HOST_SCRIPT },  { "mshta", HOST_SCRIPT },
	{ "powershell", HOST_POWERSHELL }, { "pwsh", HOST_POWERSHELL },
};

/* Judges the program's name: "rundll32", "C:\…\rundll32.exe". A bare "cmd"
 * inside of a longer path is a folder's name and no host. */
static enum host host_of(const char *program)
{
	const char *name = program;
	size_t n;
	bool exe;

	for (const char *p = program; *p != '\0'; p++) {
		if (*p == '\\' || *p == '/')
			name = p + 1;
	}
	n = strlen(name);
	exe = n > 4 && strcasecmp(name + n - 4, ".exe") == 0;
	if (exe)
		n -= 4;
	else if (name != program)
		return HOST_NONE;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		if (n == strlen(hosts[i].name) && strncasecmp(name, hosts[i].name, n) == 0)
			return hosts[i].host;
	}
	return HOST_NONE;
}

/* An unquoted or quoted path with spaces, possibly followed by arguments:
 * prefixes that end at a space, shortest first. */
static int try_prefixes(struct search *s, const char *text, const char *const *suffixes)
{
	size_t len = strlen(text), n = 0;
	char *prefix = malloc(len + 1);
	int rc = FSK_ENOTFOUND, first = 0;

	if (prefix == NULL)
		return fsk_err_set(s->err, FSK_ENOMEM, "no memory for a command line");
	s->err->code = 0;
	for (unsigned tries = 0; rc < 0 && tries < SPACES_MAX && n < len; tries++) {
		n += strspn(text + n, " \t");
		n += strcspn(text + n, " \t");
		memcpy(prefix, text, n);
		prefix[n] = '\0';
		rc = try_windows(s, prefix, suffixes);
		if (tries == 0)
			first = s->err->code;
	}
	free(prefix);
	/* another drive, a server: the first prefix has said so */
	return rc == 0 ? 0 : first < 0 ? first : not_found(s, text);
}

/* What an argument names: quoted as a whole, or with spaces. */
static int follow_argument(struct search *s, const char *args, const char *const *suffixes)
{
	char *word;
	int rc;

	args = skip_blank(args);
	if (*args != '"')
		return try_prefixes(s, args, suffixes);
	word = take_word(&args, "");
	if (word == NULL)
		return fsk_err_set(s->err, FSK_ENOMEM, "no memory for a command line");
	s->err->code = 0;
	rc = try_windows(s, word, suffixes);
	if (rc < 0 && s->err->code == 0)
		rc = not_found(s, word);
	free(word);
	return rc;
}

/* rundll32 library,Function arguments: the comma ends the library. */
static int follow_rundll(struct search *s, const char *args)
{
	char *library;
	int rc;

	args = skip_blank(args);
	if (*args == '"')
		return follow_argument(s, args, library_suffixes);
	library = strndup(args, strcspn(args, ","));
	if (library == NULL)
		return fsk_err_set(s->err, FSK_ENOMEM, "no memory for a command line");
	rc = follow_argument(s, library, library_suffixes);
	free(library);
	return rc;
}

/* Skips words that begin with one of `marks`. */
static const char *skip_switches(const char *args, const char *marks)
{
	args = skip_blank(args);
	while (*args != '\0' && strchr(marks, *args) != NULL)
		args = skip_blank(args + strcspn(args, " \t"));
	return args;
}

/* cmd [switches] /c command, or /k: switches may touch ("/q/c"). */
static int follow_cmd(struct search *s, const char *args)
{
	char *inner;
	size_t n;
	int rc;

	args = skip_blank(args);
	while (*args == '/') {
		char word = (char) tolower((unsigned char) args[1]);

		args += args[1] != '\0' ? 2 : 1;
		args = skip_blank(args + (word == 'c' || word == 'k' ? 0 : strcspn(args, " \t/")));
		if (word == 'c' || word == 'k')
			break;
	}
	args = skip_blank(args + strspn(args, "@"));
	if (has_prefix(args, "start ")) {
		args = skip_blank(args + 6);
		if (*args == '"') { /* the title of the window */
			free(take_word(&args, ""));
			args = skip_blank(args);
		}
		args = skip_switches(args, "/");
	}
	n = strlen(args);
	/* cmd takes the outer quotes off: cmd /c ""C:\a b\x.bat" arg" */
	if (args[0] == '"' && args[1] == '"' && n > 2 && args[n - 1] == '"')
		inner = strndup(args + 1, n - 2);
	else
		inner = strdup(args);
	if (inner == NULL)
		return fsk_err_set(s->err, FSK_ENOMEM, "no memory for a command line");
	rc = resolve(s, inner);
	free(inner);
	return rc;
}

static const char *const no_suffixes[] = { NULL };

static bool is_switch(const char *word, const char *whole, size_t least)
{
	size_t n;

	if (*word != '-' && *word != '/')
		return false;
	n = strlen(++word);
	return n >= least && n <= strlen(whole) && strncasecmp(word, whole, n) == 0;
}

enum ps_word { PS_SCRIPT, PS_FILE, PS_COMMAND, PS_VALUE, PS_SWITCH };

static enum ps_word judge_word(const char *word)
{
	static const char *const with_value[] = {
		"WindowStyle", "Version",      "PSConsoleFile",
		"InputFormat", "OutputFormat", "ConfigurationName"
	};
	size_t n = strlen(word);

	if (is_switch(word, "File", 1))
		return PS_FILE;
	if (is_switch(word, "ep", 2) || is_switch(word, "ExecutionPolicy", 2))
		return PS_VALUE;
	for (size_t i = 0; i < sizeof(with_value) / sizeof(*with_value); i++) {
		if (is_switch(word, with_value[i], 3) ||
		    (i < 5 && is_switch(word, with_value[i], 1)))
			return PS_VALUE;
	}
	if (n > 4 && strcasecmp(word + n - 4, ".ps1") == 0)
		return PS_SCRIPT;
	if (*word != '-' && *word != '/')
		return PS_COMMAND;
	return is_switch(word, "Command", 1) || is_switch(word, "EncodedCommand", 1) ||
	               is_switch(word, "ec", 2)
	           ? PS_COMMAND
	           : PS_SWITCH;
}

/* powershell [-ExecutionPolicy Bypass …] -File script, or a script alone.
 * FSK_ENOTFOUND with err->code 0 when no script is named: then the host is
 * what is started. */
static int follow_powershell(struct search *s, const char *args)
{
	s->err->code = 0;
	for (args = skip_blank(args); *args != '\0'; args = skip_blank(args)) {
		const char *here = args;
		char *word = take_word(&args, " \t");
		enum ps_word kind = word != NULL ? judge_word(word) : PS_COMMAND;

		free(word);
		if (kind == PS_FILE || kind == PS_SCRIPT)
			return follow_argument(s, kind == PS_FILE ? args : here, no_suffixes);
		if (kind == PS_COMMAND)
			break;
		if (kind == PS_VALUE)
			free(take_word(&args, " \t"));
	}
	return FSK_ENOTFOUND;
}

static int follow_host(struct search *s, enum host host, const char *program, const char *args)
{
	int rc = FSK_ENOTFOUND;

	s->err->code = 0;
	switch (host) {
	case HOST_RUNDLL:
		return follow_rundll(s, args);
	case HOST_REGSVR:
		return follow_argument(s, skip_switches(args, "/-"), library_suffixes);
	case HOST_SCRIPT:
		return follow_argument(s, skip_switches(args, "/"), no_suffixes);
	case HOST_CMD:
		if (*skip_blank(args) != '\0')
			return follow_cmd(s, args);
		break;
	case HOST_POWERSHELL:
		rc = follow_powershell(s, args);
		break;
	default:
		break;
	}
	if (s->err->code == 0 && rc < 0) {
		rc = try_windows(s, program, program_suffixes);
		if (rc < 0)
			rc = not_found(s, program);
	}
	return rc;
}

/* --- the command line --- */

static int follow_quoted(struct search *s, const char *command)
{
	char *program = take_word(&command, "");
	enum host host;
	int rc;

	if (program == NULL)
		return fsk_err_set(s->err, FSK_ENOMEM, "no memory for a command line");
	s->err->code = 0;
	host = host_of(program);
	if (host != HOST_NONE)
		rc = follow_host(s, host, program, command);
	else
		rc = try_windows(s, program, program_suffixes);
	if (rc < 0 && s->err->code == 0)
		rc = not_found(s, program);
	free(program);
	return rc;
}

/* Looks for a host among the prefixes that end at a space; then it is an
 * ordinary program. */
static int follow_unquoted(struct search *s, const char *command)
{
	size_t n = 0, len = strlen(command);

	for (unsigned tries = 0; tries < SPACES_MAX && n < len; tries++) {
		char *program;
		enum host host;
		int rc;

		n += strspn(command + n, " \t");
		n += strcspn(command + n, " \t");
		program = strndup(command, n);
		if (program == NULL)
			return fsk_err_set(s->err, FSK_ENOMEM, "no memory for a command line");
		host = host_of(program);
		rc = host != HOST_NONE ? follow_host(s, host, program, command + n) : 0;
		free(program);
		if (host != HOST_NONE)
			return rc;
	}
	return try_prefixes(s, command, program_suffixes);
}

static int resolve(struct search *s, const char *command)
{
	char under[FSK_FOLLOW_MAX];
	bool in_windows, quoted;

	if (++s->depth > NESTING_MAX)
		return fail(s, FSK_EUNSUPPORTED, "\"", command,
		            "\": too many commands inside one another");
	command = skip_blank(command);
	if (*command == '\0')
		return fsk_err_set(s->err, FSK_EINVAL, "the command line is empty");
	quoted = *command == '"';
	command = skip_prefix(command + (quoted ? 1 : 0), &in_windows);
	/* the two are kept apart by the quote, so it goes back in front */
	snprintf(under, sizeof(under), "%s%s%s", quoted ? "\"" : "",
	         in_windows ? "\\Windows\\" : "", command);
	return quoted ? follow_quoted(s, under) : follow_unquoted(s, under);
}

/* --- Unix --- */

/* Below `base` ("" is the root): prefixes that end at a space. */
static int try_unix(struct search *s, const char *base, const char *command)
{
	char path[FSK_PATH_MAX];
	size_t len = strlen(base), n = 0;
	int rc = FSK_ENOTFOUND;

	memcpy(path, base, len + 1);
	for (unsigned tries = 0; rc < 0 && tries < SPACES_MAX && command[n] != '\0'; tries++) {
		n += strspn(command + n, " ");
		n += strcspn(command + n, " ");
		if (len + n >= sizeof(path))
			break;
		memcpy(path + len, command, n);
		path[len + n] = '\0';
		rc = try_path(s, path);
	}
	return rc;
}

static int follow_unix(struct search *s, const char *command)
{
	static const char *const homes[] = { "Users", "home" };
	const char *user = s->f->user != NULL ? s->f->user : "";
	char base[FSK_NAME_MAX + 16];
	int rc = FSK_ENOTFOUND;

	if (*command == '/')
		return try_unix(s, "", command + 1) == 0 ? 0 : not_found(s, command);
	if (*user == '\0')
		return fail(s, FSK_EUNSUPPORTED, "~ depends on a user, and none is known", "", "");
	for (size_t i = 0; rc < 0 && i < 2; i++) {
		if (snprintf(base, sizeof(base), "%s/%s", homes[i], user) < (int) sizeof(base))
			rc = try_unix(s, base, command + 1);
	}
	return rc == 0 ? 0 : not_found(s, command);
}

int fsk_follow_expand(char *out, const struct fsk_follow *f, const char *text, struct fsk_err *err)
{
	struct fsk_err local = { .code = 0 };
	struct search s = { .f = f, .err = &local };
	char *expanded = expand(&s, text);

	if (expanded == NULL)
		return fsk_err_set(err, local.code, "%s", local.msg);
	memcpy(out, expanded, strlen(expanded) + 1);
	free(expanded);
	return 0;
}

int fsk_follow_command(struct fsk_entry *out, const struct fsk_follow *f, const char *command,
                       struct fsk_err *err)
{
	struct fsk_err local = { .code = 0 };
	struct search s = { .f = f, .out = out, .err = &local };
	char *expanded;
	int rc;

	memset(out, 0, sizeof(*out));
	command = skip_blank(command);
	if (strlen(command) >= FSK_FOLLOW_MAX / 2)
		return fsk_err_set(err, FSK_ELIMIT,
		                   "the command line is longer than Windows permits");
	if (*command == '/' || (command[0] == '~' && command[1] == '/')) {
		rc = follow_unix(&s, command);
	} else {
		expanded = expand(&s, command);
		rc = expanded != NULL ? resolve(&s, expanded) : local.code;
		free(expanded);
	}
	if (rc < 0)
		return fsk_err_set(err, local.code < 0 ? local.code : rc, "%s",
		                   local.code < 0 ? local.msg : "not found");
	return 0;
}
