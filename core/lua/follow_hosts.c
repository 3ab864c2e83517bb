/* Programs whose argument is what matters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/lua/follow_impl.h"

/* --- rundll32 --- */

/* Functions of Windows that start what stands behind them. */
static const struct {
	const char *library, *function;
	enum { RUN_ARGUMENT, RUN_COMMAND, RUN_LAST } what;
} rundll_functions[] = {
	{ "shell32", "Control_RunDLL", RUN_ARGUMENT },
	{ "shell32", "Control_RunDLLAsUser", RUN_ARGUMENT },
	{ "shell32", "ShellExec_RunDLL", RUN_COMMAND },
	{ "url", "FileProtocolHandler", RUN_ARGUMENT },
	{ "url", "OpenURL", RUN_ARGUMENT },
	{ "ieframe", "OpenURL", RUN_ARGUMENT },
	{ "shdocvw", "OpenURL", RUN_ARGUMENT },
	{ "zipfldr", "RouteTheCall", RUN_COMMAND },
	{ "pcwutl", "LaunchApplication", RUN_COMMAND },
	{ "advpack", "LaunchINFSection", RUN_ARGUMENT },
	{ "advpack", "RegisterOCX", RUN_ARGUMENT },
	{ "ieadvpack", "LaunchINFSection", RUN_ARGUMENT },
	{ "setupapi", "InstallHinfSection", RUN_LAST },
};

static const char *name_of(const char *path)
{
	const char *name = path;

	for (; *path != '\0'; path++)
		if (*path == '\\' || *path == '/')
			name = path + 1;
	return name;
}

/* Is `path` the file `stem`, bare or with `suffix`? */
static bool is_named(const char *path, const char *stem, const char *suffix)
{
	const char *name = name_of(path);
	size_t n = strlen(stem);

	return strncasecmp(name, stem, n) == 0 &&
	       (name[n] == '\0' || strcasecmp(name + n, suffix) == 0);
}

/* "shell32.dll,Control_RunDLL x.cpl,,0": what stands behind the function, up to a comma.
 * FSK_NO_HOST when the function starts nothing else. */
static int follow_function(struct fsk_search *s, const char *library, const char *function)
{
	size_t n = strcspn(function, " \t,");
	const char *args = fsk_word_skip_blank(function + n);
	char *argument;
	int rc = FSK_NO_HOST;

	for (size_t i = 0; i < sizeof(rundll_functions) / sizeof(*rundll_functions); i++) {
		const char *known = rundll_functions[i].function;

		if (*args == '\0' || !is_named(library, rundll_functions[i].library, ".dll") ||
		    n != strlen(known) || strncasecmp(function, known, n) != 0)
			continue;
		if (rundll_functions[i].what == RUN_COMMAND)
			return fsk_search_command(s, args);
		if (rundll_functions[i].what == RUN_LAST && strrchr(args, ' ') != NULL)
			args = strrchr(args, ' ') + 1;
		argument = strndup(args, *args == '"' ? strlen(args) : strcspn(args, ","));
		rc = argument != NULL ? fsk_search_argument(s, argument, fsk_no_suffixes)
		                      : fsk_search_nomem(s);
		free(argument);
		return rc;
	}
	return rc;
}

/* rundll32 library,Function arguments: a comma or, for lack of one, a blank ends the
 * library. */
static int follow_rundll(struct fsk_search *s, const char *args)
{
	char *library;
	int rc;

	args = fsk_word_skip_blank(args);
	if (*args == '/' || *args == '-') /* /sta {class}, /d */
		return FSK_NAMES_NOTHING(s);
	if (fsk_word_has_prefix(args, "javascript:") || fsk_word_has_prefix(args, "vbscript:"))
		return fsk_script_scan(s, args);
	if (*args == '"' || strchr(args, ',') != NULL)
		library = fsk_word_take(&args, *args == '"' ? "" : ",");
	else
		library = strdup(args);
	if (library == NULL)
		return fsk_search_nomem(s);
	rc = *args == ',' ? follow_function(s, library, fsk_word_skip_blank(args + 1))
	                  : FSK_NO_HOST;
	if (rc == FSK_NO_HOST && *args == ',') {
		s->err->code = 0;
		rc = fsk_path_try(s, library, fsk_library_suffixes);
		if (rc < 0 && s->err->code == 0)
			rc = fsk_search_missing(s, library);
	} else if (rc == FSK_NO_HOST) {
		rc = fsk_search_argument(s, library, fsk_library_suffixes);
	}
	free(library);
	return rc;
}

/* --- regsvr32, msiexec, mshta --- */

/* regsvr32 /s /u /n /i:FILE library: what /i names is run by scrobj.dll. */
static int follow_regsvr(struct fsk_search *s, const char *args)
{
	char *given = NULL;
	int rc = FSK_NO_HOST;

	for (args = fsk_word_skip_blank(args); *args == '/' || *args == '-';
	     args = fsk_word_skip_blank(args)) {
		char *word = fsk_word_take(&args, " \t");

		if (word == NULL)
			break;
		if (given == NULL && fsk_word_has_prefix(word + 1, "i:"))
			given = word;
		else
			free(word);
	}
	if (given != NULL && is_named(args, "scrobj", ".dll"))
		rc = fsk_search_argument(s, given + 3, fsk_no_suffixes);
	free(given);
	return rc == FSK_NO_HOST ? fsk_search_argument(s, args, fsk_library_suffixes) : rc;
}

/* msiexec /i FILE, /p, /y and their like; a product's code names no file. */
static int follow_msiexec(struct fsk_search *s, const char *args)
{
	static const char *const with_file[] = { "i", "package", "p",  "update", "a",     "y",
		                                 "z", "jm",      "ju", "fa",     "faumus" };

	for (args = fsk_word_skip_blank(args); *args == '/' || *args == '-';
	     args = fsk_word_skip_blank(args)) {
		char *word = fsk_word_take(&args, " \t");
		bool takes = false;

		for (size_t i = 0; word != NULL && i < sizeof(with_file) / sizeof(*with_file); i++)
			takes = takes || strcasecmp(word + 1, with_file[i]) == 0;
		/* "/iC:\x.msi" */
		if (word != NULL && !takes && strchr("iIpPyYzZ", word[1]) != NULL &&
		    fsk_path_is_absolute(word + 2)) {
			int rc = fsk_search_argument(s, word + 2, fsk_no_suffixes);

			free(word);
			return rc;
		}
		free(word);
		args = fsk_word_skip_blank(args);
		if (takes && *args != '{' && *args != '\0')
			return fsk_search_argument(s, args, fsk_no_suffixes);
	}
	return FSK_NAMES_NOTHING(s);
}

static int follow_mshta(struct fsk_search *s, const char *args)
{
	const char *text = fsk_word_skip_blank(args);

	text += *text == '"';
	if (fsk_word_has_prefix(text, "javascript:") || fsk_word_has_prefix(text, "vbscript:") ||
	    fsk_word_has_prefix(text, "about:"))
		return fsk_script_scan(s, text);
	return *text != '\0' ? fsk_search_argument(s, args, fsk_no_suffixes) : FSK_NAMES_NOTHING(s);
}

/* --- other hosts --- */

/* explorer [/e,/root,]"C:\x": programs are started, folders and places are shown. */
static int follow_explorer(struct fsk_search *s, const char *args)
{
	char *word;
	int rc;

	args = fsk_word_skip_blank(args);
	while (*args == '/' || *args == ',') {
		size_t n = strcspn(args, ", \t");

		args = fsk_word_skip_blank(args + n + (args[n] != '\0'));
	}
	if (*args == '\0')
		return FSK_NAMES_NOTHING(s);
	rc = fsk_search_argument(s, args, fsk_program_suffixes);
	if (rc == 0)
		return 0;
	word = fsk_word_take(&args, "");
	if (word != NULL && !fsk_word_is_program(word))
		s->err->code = 0;
	free(word);
	return rc;
}

/* control x.cpl,,1; other words are names of pages. */
static int follow_control(struct fsk_search *s, const char *args)
{
	size_t n = strcspn(args, ",");
	char *file = strndup(args, n);
	int rc = FSK_NAMES_NOTHING(s);

	if (file == NULL)
		return fsk_search_nomem(s);
	while (n > 0 && strchr(" \t\"", file[n - 1]) != NULL)
		file[--n] = '\0';
	if (n > 4 && strcasecmp(file + n - 4, ".cpl") == 0)
		rc = fsk_search_argument(s, file, fsk_no_suffixes);
	free(file);
	return rc;
}

/* forfiles … /c "command": what @file and its kind stand for is not known. */
static int follow_forfiles(struct fsk_search *s, const char *args)
{
	while (*(args = fsk_word_skip_blank(args)) != '\0') {
		const char *here = args;
		char *word = fsk_word_take(&args, " \t");
		bool runs = word != NULL && fsk_word_is_switch(word, "c", 1);
		int rc;

		free(word);
		if (args == here)
			break;
		if (!runs)
			continue;
		word = fsk_word_take(&args, " \t");
		if (word == NULL)
			return fsk_search_nomem(s);
		if (strchr(word, '@') != NULL)
			rc = fsk_search_fail(s, FSK_EUNSUPPORTED, "\"", word,
			                     "\": depends on what forfiles finds");
		else
			rc = fsk_search_command(s, word);
		free(word);
		return rc;
	}
	return FSK_NAMES_NOTHING(s);
}

/* java … -jar FILE; a class is found otherwise. */
static int follow_java(struct fsk_search *s, const char *args)
{
	while (*(args = fsk_word_skip_blank(args)) != '\0') {
		const char *here = args;
		char *word = fsk_word_take(&args, " \t");
		bool jar = word != NULL && strcasecmp(word, "-jar") == 0;

		free(word);
		if (jar)
			return fsk_search_argument(s, args, fsk_no_suffixes);
		if (args == here)
			break;
	}
	return FSK_NAMES_NOTHING(s);
}

/* python, perl, node …: the first word that is no switch. `values`: switches that take
 * the next word; `code`: those behind which code stands in place of a script. */
static int follow_script(struct fsk_search *s, const char *args, const char *values,
                         const char *code)
{
	while (*(args = fsk_word_skip_blank(args)) == '-') {
		char *word;
		char letter = args[1];

		if (letter != '\0' && strchr(code, letter) != NULL && args[2] != 'o')
			return fsk_script_scan(s, args + 2);
		word = fsk_word_take(&args, " \t");
		if (word != NULL && letter != '\0' && strchr(values, letter) != NULL &&
		    word[2] == '\0')
			free(fsk_word_take(&args, " \t"));
		free(word);
	}
	return *args != '\0' ? fsk_search_argument(s, args, fsk_no_suffixes) : FSK_NAMES_NOTHING(s);
}

/* conhost --headless command; with a number or nothing it is itself. */
static int follow_conhost(struct fsk_search *s, const char *args)
{
	args = fsk_word_skip_switches(args, "-");
	if (*args == '\0' || fsk_word_has_prefix(args, "0x"))
		return FSK_NAMES_NOTHING(s);
	return fsk_search_command(s, args);
}

/* Behind the first switch of that name stands a command: runas, pcalua -a, … */
static int follow_behind(struct fsk_search *s, const char *args, const char *name)
{
	while (*(args = fsk_word_skip_blank(args)) != '\0') {
		const char *here = args;
		char *word = fsk_word_take(&args, " \t");
		bool hit = word != NULL && strcasecmp(word, name) == 0;

		free(word);
		args = fsk_word_skip_blank(args);
		if (hit && *args != '\0')
			return fsk_search_command(s, args);
		if (args == here)
			break;
	}
	return FSK_NAMES_NOTHING(s);
}

/* wmic process call create "command" */
static int follow_wmic(struct fsk_search *s, const char *args)
{
	char *command;
	int rc;

	for (; *args != '\0' && !fsk_word_has_prefix(args, "call create "); args++)
		;
	if (*args == '\0')
		return FSK_NAMES_NOTHING(s);
	args = fsk_word_skip_blank(args + strlen("call create "));
	command = *args == '"' ? fsk_word_take(&args, "") : strdup(args);
	if (command == NULL)
		return fsk_search_nomem(s);
	rc = fsk_search_command(s, command);
	free(command);
	return rc;
}

static int follow_runas(struct fsk_search *s, const char *args)
{
	char *command;
	int rc;

	args = fsk_word_skip_switches(args, "/");
	command = *args == '"' ? fsk_word_take(&args, "") : strdup(args);
	if (command == NULL)
		return fsk_search_nomem(s);
	rc = *command != '\0' ? fsk_search_command(s, command) : FSK_NAMES_NOTHING(s);
	free(command);
	return rc;
}

/* --- which is which --- */

enum host {
	HOST_RUNDLL,
	HOST_REGSVR,
	HOST_CMD,
	HOST_SCRIPT, /* switches with '/', then a file */
	HOST_POWERSHELL,
	HOST_MSHTA,
	HOST_MSIEXEC,
	HOST_EXPLORER,
	HOST_CONTROL,
	HOST_FORFILES,
	HOST_JAVA,
	HOST_PYTHON,
	HOST_PERL,
	HOST_NODE,
	HOST_CONHOST,
	HOST_PCALUA,
	HOST_WMIC,
	HOST_RUNAS,
	HOST_NONE
};

static const struct {
	const char *name;
	enum host host;
} hosts[] = {
	{ "rundll32", HOST_RUNDLL },
	{ "regsvr32", HOST_REGSVR },
	{ "cmd", HOST_CMD },
	{ "wscript", HOST_SCRIPT },
	{ "cscript", HOST_SCRIPT },
	{ "mshta", HOST_MSHTA },
	{ "powershell", HOST_POWERSHELL },
	{ "pwsh", HOST_POWERSHELL },
	{ "msiexec", HOST_MSIEXEC },
	{ "explorer", HOST_EXPLORER },
	{ "forfiles", HOST_FORFILES },
	{ "java", HOST_JAVA },
	{ "javaw", HOST_JAVA },
	{ "python", HOST_PYTHON },
	{ "pythonw", HOST_PYTHON },
	{ "python3", HOST_PYTHON },
	{ "py", HOST_PYTHON },
	{ "pyw", HOST_PYTHON },
	{ "perl", HOST_PERL },
	{ "wperl", HOST_PERL },
	{ "ruby", HOST_PERL },
	{ "node", HOST_NODE },
	{ "conhost", HOST_CONHOST },
	{ "pcalua", HOST_PCALUA },
	{ "wmic", HOST_WMIC },
	{ "runas", HOST_RUNAS },
	{ "control", HOST_CONTROL },
	{ "installutil", HOST_SCRIPT },
	{ "regasm", HOST_SCRIPT },
	{ "regsvcs", HOST_SCRIPT },
	{ "msbuild", HOST_SCRIPT },
	{ "cmstp", HOST_SCRIPT },
	{ "hh", HOST_SCRIPT },
	{ "autoit3", HOST_SCRIPT },
	{ "autohotkey", HOST_SCRIPT },

};

/* Judges the program's name: "rundll32", "C:\…\rundll32.exe". A bare "cmd"
 * at the end of a longer path is a folder's name and no host. */
static enum host host_of(const char *program, const char **known)
{
	const char *name = name_of(program);
	size_t n = strlen(name);
	bool exe = n > 4 && strcasecmp(name + n - 4, ".exe") == 0;

	if (exe)
		n -= 4;
	else if (name != program)
		return HOST_NONE;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		*known = hosts[i].name;
		if (n == strlen(hosts[i].name) && strncasecmp(name, hosts[i].name, n) == 0)
			return hosts[i].host;
	}
	return HOST_NONE;
}

static int follow_host(struct fsk_search *s, enum host host, const char *args)
{
	s->err->code = 0;
	args = fsk_word_skip_blank(args);
	if (*args == '\0')
		return FSK_ENOTFOUND;
	switch (host) {
	case HOST_RUNDLL:
		return follow_rundll(s, args);
	case HOST_REGSVR:
		return follow_regsvr(s, args);
	case HOST_CMD:
		return fsk_cmd_follow(s, args);
	case HOST_POWERSHELL:
		return fsk_script_powershell(s, args);
	case HOST_MSHTA:
		return follow_mshta(s, args);
	case HOST_MSIEXEC:
		return follow_msiexec(s, args);
	case HOST_EXPLORER:
		return follow_explorer(s, args);
	case HOST_CONTROL:
		return follow_control(s, args);
	case HOST_FORFILES:
		return follow_forfiles(s, args);
	case HOST_JAVA:
		return follow_java(s, args);
	case HOST_PYTHON:
		return follow_script(s, args, "WXQ", "cm");
	case HOST_PERL:
		return follow_script(s, args, "", "eE");
	case HOST_NODE:
		return follow_script(s, args, "r", "ep");
	case HOST_CONHOST:
		return follow_conhost(s, args);
	case HOST_PCALUA:
		return follow_behind(s, args, "-a");
	case HOST_WMIC:
		return follow_wmic(s, args);
	case HOST_RUNAS:
		return follow_runas(s, args);
	default:
		args = fsk_word_skip_switches(args, "/");
		return *args != '\0' ? fsk_search_argument(s, args, fsk_no_suffixes)
		                     : FSK_ENOTFOUND;
	}
}

static bool in_windows(const char *path)
{
	for (; path != NULL; path = strchr(path, '/')) {
		path += *path == '/'; /* also of a former installation */
		if (fsk_word_has_prefix(path, "Windows/") || fsk_word_has_prefix(path, "WINNT/"))
			return true;
	}
	return false;
}

/* A host that lies elsewhere than Windows has its own is a file to look at, too. */
static void keep_program(struct fsk_search *s, const char *program)
{
	struct fsk_followed found = { .via = 0 };
	struct fsk_followed *out = s->out;
	struct fsk_err *err = s->err, ignored = { .code = 0 };

	if (s->out->has_program)
		return;
	s->out = &found;
	s->err = &ignored;
	if (fsk_path_try(s, program, fsk_program_suffixes) == 0) {
		if (!in_windows(found.entry.loc.path)) {
			out->program = found.entry;
			out->has_program = true;
			memset(&found, 0, sizeof(found));
		}
		fsk_followed_free(&found);
	}
	s->out = out;
	s->err = err;
}

int fsk_host_try(struct fsk_search *s, const char *program, const char *args)
{
	const char *name = "";
	enum host host = host_of(program, &name);
	int rc;

	if (host == HOST_NONE)
		return FSK_NO_HOST;
	rc = follow_host(s, host, args);
	if (s->err->code == 0 && rc < 0) { /* it names nothing: the host is what is started */
		rc = fsk_path_try(s, program, fsk_program_suffixes);
		return rc < 0 && s->err->code == 0 ? fsk_search_missing(s, program) : rc;
	}
	if (s->out->host[0] == '\0')
		snprintf(s->out->host, sizeof(s->out->host), "%s", name);
	keep_program(s, program);
	return rc;
}
