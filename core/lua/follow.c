#include "core/lua/follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/lua/follow_impl.h"

#define NESTING_MAX 5 /* cmd /c cmd /c … */
#define SPACES_MAX 64 /* prefixes of an unquoted path that are tried */
#define BARE_MAX 4    /* of one that begins in no folder */

/* --- results --- */

const char *fsk_follow_via_name(unsigned via)
{
	static const char *const names[] = { "environment",    "8.3 name", "wow64",  "search path",
		                             "working folder", "root",     "device", "base64" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (via == 1u << i)
			return names[i];
	return NULL;
}

void fsk_followed_free(struct fsk_followed *r)
{
	fsk_entry_free(&r->entry);
	fsk_entry_free(&r->program);
	free(r->script);
	memset(r, 0, sizeof(*r));
}

int fsk_search_fail(struct fsk_search *s, int code, const char *before, const char *what,
                    const char *after)
{
	char shown[200];

	fsk_text_escape(shown, sizeof(shown), what);
	return fsk_err_set(s->err, code, "%s%s%s", before, shown, after);
}

int fsk_search_missing(struct fsk_search *s, const char *what)
{
	char after[] = "\": not on drive ?:";

	if (s->drive == 0)
		return fsk_search_fail(s, FSK_ENOTFOUND, "\"", what, "\": not on this volume");
	*strchr(after, '?') = s->drive;
	return fsk_search_fail(s, FSK_ENOTFOUND, "\"", what, after);
}

int fsk_search_nomem(struct fsk_search *s)
{
	return fsk_err_set(s->err, FSK_ENOMEM, "no memory for a command line");
}

/* --- the command line --- */

/* May a longer prefix be a path? Only one that begins in a folder has blanks. */
static unsigned prefixes_of(const char *text)
{
	return strpbrk(text, "\\/") != NULL ? SPACES_MAX : BARE_MAX;
}

/* What is not there: of a command line the program, where one can tell it apart. */
static int prefix_missing(struct fsk_search *s, char *text, size_t program)
{
	if (program > 0)
		text[program] = '\0';
	return fsk_search_missing(s, text);
}

/* An unquoted path with spaces, possibly followed by arguments: prefixes that end at a
 * space, shortest first. With `hosts`, a prefix that is one of those is looked through. */
static int try_prefixes(struct fsk_search *s, const char *text, const char *const *suffixes,
                        bool hosts)
{
	size_t len = strlen(text), n = 0;
	size_t program = 0; /* bytes of the prefix that is one: behind it come its arguments */
	unsigned most = prefixes_of(text);
	char *prefix = malloc(len + 1);
	struct fsk_err first = { .code = 0 };
	int rc = FSK_ENOTFOUND;

	if (prefix == NULL)
		return fsk_search_nomem(s);
	for (unsigned tries = 0; rc < 0 && tries < most && n < len; tries++) {
		n += strspn(text + n, " \t");
		n += strcspn(text + n, " \t");
		memcpy(prefix, text, n);
		prefix[n] = '\0';
		rc = hosts && program == 0 ? fsk_host_try(s, prefix, text + n) : FSK_NO_HOST;
		if (rc != FSK_NO_HOST) {
			free(prefix);
			return rc;
		}
		s->err->code = 0;
		rc = fsk_path_try(s, prefix, suffixes);
		if (program == 0 && first.code == 0)
			first = *s->err;
		if (program == 0 && fsk_word_is_program(prefix))
			program = n;
	}
	*s->err = first;
	memcpy(prefix, text, len + 1);
	if (rc < 0 && first.code == 0)
		rc = prefix_missing(s, prefix, program);
	free(prefix);
	return rc;
}

/* One that is closed; else it is a mere mark in front. */
static bool is_quoted(const char *text)
{
	return *text == '"' && strchr(text + 1, '"') != NULL;
}

/* "%1", %*, %L: what a program is called with, which nobody knows. */
static bool is_placeholder(const char *text)
{
	text = fsk_word_skip_blank(text);
	text += *text == '"';
	return text[0] == '%' && text[1] != '\0' &&
	       strchr("0123456789*lLvVwWuU", text[1]) != NULL &&
	       (text[2] == '\0' || strchr("\" \t,", text[2]) != NULL);
}

int fsk_search_argument(struct fsk_search *s, const char *args, const char *const *suffixes)
{
	char *word;
	int rc;

	args = fsk_word_skip_blank(args);
	if (is_placeholder(args)) {
		s->err->code = 0;
		return FSK_ENOTFOUND;
	}
	if (!is_quoted(args))
		return try_prefixes(s, args + (*args == '"'), suffixes, false);
	word = fsk_word_take(&args, " \t");
	if (word == NULL)
		return fsk_search_nomem(s);
	s->err->code = 0;
	rc = fsk_path_try(s, word, suffixes);
	if (rc < 0 && s->err->code == 0)
		rc = fsk_search_missing(s, word);
	free(word);
	return rc;
}

static int follow_quoted(struct fsk_search *s, const char *command)
{
	char *program = fsk_word_take(&command, " \t");
	int rc;

	if (program == NULL)
		return fsk_search_nomem(s);
	s->err->code = 0;
	rc = fsk_host_try(s, program, command);
	if (rc == FSK_NO_HOST)
		rc = fsk_path_try(s, program, fsk_program_suffixes);
	if (rc < 0 && s->err->code == 0)
		rc = fsk_search_missing(s, program);
	free(program);
	return rc;
}

int fsk_search_command(struct fsk_search *s, const char *command)
{
	int rc;

	command = fsk_word_skip_blank(command);
	if (*command == '\0')
		return fsk_err_set(s->err, FSK_EINVAL, "the command line is empty");
	if (is_placeholder(command))
		return fsk_search_fail(s, FSK_EUNSUPPORTED, "\"", command,
		                       "\": depends on what it is called with");
	if (++s->depth > NESTING_MAX)
		rc = fsk_search_fail(s, FSK_EUNSUPPORTED, "\"", command,
		                     "\": too many commands inside one another");
	else if (is_quoted(command))
		rc = follow_quoted(s, command);
	else
		rc = try_prefixes(s, command + (*command == '"'), fsk_program_suffixes, true);
	s->depth--;
	return rc;
}

/* --- Unix --- */

/* Below `base` ("" is the root): prefixes that end at a space. */
static int try_unix(struct fsk_search *s, const char *base, const char *command)
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
		rc = fsk_path_take_file(s, 0, path);
	}
	return rc;
}

static int follow_unix(struct fsk_search *s, const char *command)
{
	static const char *const homes[] = { "Users", "home" };
	const char *user = s->f->user != NULL ? s->f->user : "";
	char base[FSK_NAME_MAX + 16];
	int rc = FSK_ENOTFOUND;

	if (*command == '/')
		return try_unix(s, "", command + 1) == 0 ? 0 : fsk_search_missing(s, command);
	if (*user == '\0')
		return fsk_search_fail(s, FSK_EUNSUPPORTED,
		                       "~ depends on a user, and none is known", "", "");
	for (size_t i = 0; rc < 0 && i < 2; i++) {
		if (snprintf(base, sizeof(base), "%s/%s", homes[i], user) < (int) sizeof(base))
			rc = try_unix(s, base, command + 1);
	}
	return rc == 0 ? 0 : fsk_search_missing(s, command);
}

/* --- both --- */

int fsk_follow_expand(char *out, const struct fsk_follow *f, const char *text, struct fsk_err *err)
{
	struct fsk_err local = { .code = 0 };
	struct fsk_search s = { .f = f, .err = &local, .wow64 = f->wow64 };
	char *expanded = fsk_vars_expand(&s, text);
	int rc = expanded != NULL ? fsk_vars_check(&s, expanded) : local.code;

	if (rc == 0)
		memcpy(out, expanded, strlen(expanded) + 1);
	free(expanded);
	return rc == 0 ? 0 : fsk_err_set(err, local.code, "%s", local.msg);
}

/* One time through, with the folders of one kind of program in front. */
static int follow_windows(struct fsk_search *s, const char *command, bool wow64)
{
	char *expanded;
	int rc;

	s->wow64 = wow64;
	s->environment = false;
	free(s->dir);
	s->dir = s->f->dir != NULL ? fsk_vars_expand(s, s->f->dir) : NULL;
	s->err->code = 0;
	expanded = fsk_vars_expand(s, command);
	rc = expanded != NULL ? fsk_search_command(s, expanded) : s->err->code;
	free(expanded);
	return rc;
}

/* What %ProgramFiles% means depends on who says it: the other meaning comes second. */
static int follow_both(struct fsk_search *s, const char *command)
{
	struct fsk_err first = *s->err;
	int rc = follow_windows(s, command, s->f->wow64);

	if (rc < 0 && s->narrow) {
		first = *s->err;
		s->err->code = 0;
		rc = follow_windows(s, command, !s->f->wow64);
		if (rc < 0)
			*s->err = first;
	}
	if (rc == 0 && s->narrow && s->wow64)
		s->out->via |= FSK_VIA_WOW64;
	if (rc == 0 && s->environment)
		s->out->via |= FSK_VIA_ENVIRONMENT;
	free(s->dir);
	return rc;
}

int fsk_follow_command(struct fsk_followed *out, const struct fsk_follow *f, const char *command,
                       struct fsk_err *err)
{
	struct fsk_err local = { .code = 0 };
	struct fsk_search s = { .f = f, .out = out, .err = &local };
	int rc;

	memset(out, 0, sizeof(*out));
	command = fsk_word_skip_blank(command);
	if (strlen(command) >= FSK_FOLLOW_MAX / 2)
		return fsk_err_set(err, FSK_ELIMIT,
		                   "the command line is longer than Windows permits");
	if (*command == '/' || (command[0] == '~' && command[1] == '/'))
		rc = follow_unix(&s, command);
	else
		rc = follow_both(&s, command);
	out->lookups = s.lookups;
	if (rc == 0)
		return 0;
	if (s.lookups > FSK_FOLLOW_LOOKUPS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "too many places to look at for one command");
	if (local.code == 0)
		fsk_err_set(&local, rc, "not found");
	if (local.code == FSK_ENOTFOUND && s.trouble.code != 0)
		return fsk_err_set(err, s.trouble.code, "%s, as far as can be seen: %s", local.msg,
		                   s.trouble.msg);
	return fsk_err_set(err, local.code, "%s", local.msg);
}
