/* What cmd is given to run: several commands, with conditions and its own words. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/lua/follow_impl.h"

#define SEGMENTS_MAX 16 /* commands behind one another */

/* Words of cmd that start no file. */
static bool is_builtin(const char *word)
{
	static const char *const known[] = { "cd",     "chdir",    "set",    "echo",   "rem",
		                             "title",  "color",    "cls",    "pushd",  "popd",
		                             "md",     "mkdir",    "path",   "prompt", "ver",
		                             "verify", "setlocal", "exit",   "pause",  "copy",
		                             "move",   "del",      "erase",  "rd",     "rmdir",
		                             "ren",    "rename",   "type",   "dir",    "timeout",
		                             "ping",   "chcp",     "attrib", "break",  "date" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcasecmp(word, known[i]) == 0)
			return true;
	return false;
}

/* cd and pushd: where names begin from then on. */
static int change_dir(struct fsk_search *s, const char *args)
{
	char *dir;

	args = fsk_word_skip_switches(args, "/");
	dir = fsk_word_take(&args, "");
	if (dir == NULL)
		return fsk_search_nomem(s);
	for (size_t n = strlen(dir); n > 0 && strchr(" \t", dir[n - 1]) != NULL; n--)
		dir[n - 1] = '\0';
	if (!fsk_path_is_absolute(dir)) {
		free(dir);
		return 0;
	}
	free(s->dir);
	s->dir = dir;
	return 0;
}

/* start ["title"] [/d folder] [switches] command */
static int follow_start(struct fsk_search *s, const char *args)
{
	args = fsk_word_skip_blank(args);
	if (*args == '"') /* the title of the window */
		free(fsk_word_take(&args, " \t"));
	for (args = fsk_word_skip_blank(args); *args == '/'; args = fsk_word_skip_blank(args)) {
		if (tolower((unsigned char) args[1]) == 'd' && !isalpha((unsigned char) args[2])) {
			char *dir;

			args += 2;
			dir = fsk_word_take(&args, " \t");
			if (dir == NULL)
				return fsk_search_nomem(s);
			free(s->dir);
			s->dir = dir;
		} else {
			args = fsk_word_skip_switches(args, "/");
		}
	}
	return *args != '\0' ? fsk_search_command(s, args) : FSK_NAMES_NOTHING(s);
}

/* What "if [not] exist x" and "for … do" lead to. */
static const char *skip_condition(const char *args)
{
	char *word;
	bool more = true;

	for (unsigned i = 0; more && i < 4; i++) { /* /i not exist x, or a==b */
		word = fsk_word_take(&args, " \t");
		more = word != NULL &&
		       (i == 0 || strcasecmp(word, "not") == 0 || strcasecmp(word, "/i") == 0);
		if (word != NULL &&
		    (strcasecmp(word, "exist") == 0 || strcasecmp(word, "defined") == 0 ||
		     strcasecmp(word, "errorlevel") == 0))
			free(fsk_word_take(&args, " \t"));
		free(word);
	}
	return args;
}

static const char *skip_loop(const char *args)
{
	for (; *args != '\0'; args++)
		if (fsk_word_has_prefix(args, " do "))
			return args + 4;
	return args;
}

/* One command of a line; FSK_NO_HOST when it starts no file. */
static int follow_segment(struct fsk_search *s, const char *text)
{
	const char *args = text + strspn(text, " \t@("), *rest;
	char *word;
	int rc;

	if (fsk_word_has_prefix(args, "if "))
		args = skip_condition(args);
	else if (fsk_word_has_prefix(args, "for "))
		args = skip_loop(args);
	args += strspn(args, " \t@(");
	rest = args;
	word = fsk_word_take(&rest, " \t/");
	if (word == NULL)
		return fsk_search_nomem(s);
	if (strcasecmp(word, "cd") == 0 || strcasecmp(word, "chdir") == 0 ||
	    strcasecmp(word, "pushd") == 0)
		rc = change_dir(s, rest) < 0 ? FSK_ENOMEM : FSK_NO_HOST;
	else if (is_builtin(word) || *word == '\0')
		rc = *args != '\0' && *args != '"' ? FSK_NO_HOST : fsk_search_command(s, args);
	else if (strcasecmp(word, "start") == 0)
		rc = follow_start(s, rest);
	else if (strcasecmp(word, "call") == 0)
		rc = fsk_search_command(s, rest);
	else
		rc = fsk_search_command(s, args);
	free(word);
	return rc;
}

/* Bytes up to '&' or '|' outside of quotes. */
static size_t segment_length(const char *text)
{
	bool quoted = false;
	size_t n = 0;

	for (; text[n] != '\0' && (quoted || (text[n] != '&' && text[n] != '|')); n++)
		quoted ^= text[n] == '"';
	return n;
}

/* "cd /d C:\x & run.exe": the first that starts a file. */
static int follow_line(struct fsk_search *s, const char *text)
{
	int rc = FSK_NO_HOST;

	for (unsigned i = 0; rc == FSK_NO_HOST && i < SEGMENTS_MAX && *text != '\0'; i++) {
		size_t n = segment_length(text);
		char *segment = strndup(text, n);

		if (segment == NULL)
			return fsk_search_nomem(s);
		if (*fsk_word_skip_blank(segment) != '\0')
			rc = follow_segment(s, segment);
		free(segment);
		text += n + strspn(text + n, "&|");
	}
	return rc == FSK_NO_HOST ? FSK_NAMES_NOTHING(s) : rc;
}

/* The text of cmd /c: without the carets, and without the outer quotes where cmd
 * takes them off: always, unless there are just two and they hold one name of a file. */
static char *command_text(const char *args)
{
	size_t len = strlen(args), quotes = 0, n = 0;
	bool quoted = false, outer;
	char *text = malloc(len + 1);

	if (text == NULL)
		return NULL;
	for (const char *p = args; *p != '\0'; p++)
		quotes += *p == '"';
	outer = *args == '"' && (quotes != 2 || args[len - 1] == '"');
	for (size_t i = outer; i < len; i++) {
		if (outer && args + i == strrchr(args, '"'))
			continue;
		quoted ^= args[i] == '"';
		if (args[i] != '^' || quoted)
			text[n++] = args[i];
	}
	text[n] = '\0';
	return text;
}

int fsk_cmd_follow(struct fsk_search *s, const char *args)
{
	bool runs = false;
	char *text;
	int rc;

	args = fsk_word_skip_blank(args);
	while (!runs && (*args == '/' || *args == '-')) {
		char word = (char) tolower((unsigned char) args[1]);

		runs = word == 'c' || word == 'k' || word == 'r';
		args += args[1] != '\0' ? 2 : 1;
		args = fsk_word_skip_blank(args + (runs ? 0 : strcspn(args, " \t/")));
	}
	if (!runs || *args == '\0')
		return FSK_NAMES_NOTHING(s);
	text = command_text(args);
	if (text == NULL)
		return fsk_search_nomem(s);
	rc = follow_line(s, text);
	free(text);
	return rc;
}
