/* Pieces of script in command lines: the files that their text names plainly. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/buf.h"
#include "core/base/text.h"
#include "core/lua/follow_impl.h"

#define TOKENS_MAX 64 /* names of one script that are looked for */

/* --- what names a file --- */

struct scan {
	struct fsk_search *s;
	unsigned tokens;
	struct fsk_err first; /* what came of the first full path */
};

/* Full paths count, and names that end as programs and scripts do. */
static int try_token(struct scan *c, const char *token)
{
	bool absolute = fsk_path_is_absolute(token) || *token == '%' ||
	                fsk_word_has_prefix(token, "file:");
	int rc;

	if ((!absolute && !fsk_word_is_program(token)) || c->tokens++ >= TOKENS_MAX)
		return FSK_ENOTFOUND;
	c->s->err->code = 0;
	rc = fsk_path_try(c->s, token, fsk_program_suffixes);
	if (rc < 0 && absolute && c->first.code == 0) {
		if (c->s->err->code == 0)
			fsk_search_missing(c->s, token);
		c->first = *c->s->err;
	}
	c->s->err->code = 0;
	return rc;
}

static int scan_text(struct scan *c, const char *text, size_t n, bool inner);

/* A text in quotes may be a path with blanks, or a piece of script. */
static int try_quoted(struct scan *c, const char *text, size_t n)
{
	char *token = fsk_text_dup(text, n);
	int rc = token != NULL ? try_token(c, token) : FSK_ENOMEM;

	free(token);
	return rc < 0 ? scan_text(c, text, n, true) : rc;
}

static int try_bare(struct scan *c, const char *text, size_t n)
{
	char *token = fsk_text_dup(text, n);
	int rc = token != NULL ? try_token(c, token) : FSK_ENOMEM;

	free(token);
	return rc;
}

static size_t find_quote(const char *text, size_t n, char quote)
{
	const char *end = memchr(text, quote, n);

	return end != NULL ? (size_t) (end - text) : n;
}

static int scan_text(struct scan *c, const char *text, size_t n, bool inner)
{
	int rc = FSK_ENOTFOUND;

	for (size_t i = 0; rc < 0 && i < n;) {
		size_t len = 0;

		if ((text[i] == '"' || text[i] == '\'') && !inner) {
			len = find_quote(text + i + 1, n - i - 1, text[i]);
			rc = try_quoted(c, text + i + 1, len);
			i += len + 2;
			continue;
		}
		while (i + len < n && strchr(" \t\r\n\"'`;|(){}<>,&=@", text[i + len]) == NULL)
			len++;
		if (len > 0)
			rc = try_bare(c, text + i, len);
		i += len + 1;
	}
	return rc;
}

/* PowerShell's $env:NAME and ${env:NAME} as %NAME%, and quotes inside of others (\") as
 * single ones; the caller frees. */
static char *rewrite_variables(const char *text)
{
	struct fsk_buf out;
	char *result = NULL;
	int rc = 0;

	fsk_buf_init(&out, FSK_FOLLOW_MAX);
	while (rc == 0 && *text != '\0') {
		bool braced = fsk_word_has_prefix(text, "${env:");
		const char *name = text + (braced ? 6 : 5);
		size_t n = 0;

		if (text[0] == '\\' && text[1] == '"') {
			rc = fsk_buf_append_u8(&out, '\'', NULL);
			text += 2;
			continue;
		}
		if (!braced && !fsk_word_has_prefix(text, "$env:")) {
			rc = fsk_buf_append(&out, text++, 1, NULL);
			continue;
		}
		if (braced)
			n = strcspn(name, "}");
		else
			while (isalnum((unsigned char) name[n]) || name[n] == '_')
				n++;
		rc = fsk_buf_append_u8(&out, '%', NULL);
		if (rc == 0)
			rc = fsk_buf_append(&out, name, n, NULL);
		if (rc == 0)
			rc = fsk_buf_append_u8(&out, '%', NULL);
		text = name + n + (braced && name[n] == '}');
	}
	if (rc == 0)
		result = fsk_buf_steal_str(&out, NULL);
	fsk_buf_free(&out);
	return result;
}

int fsk_script_scan(struct fsk_search *s, const char *text)
{
	struct scan c = { .s = s };
	char *rewritten = rewrite_variables(text);
	char *expanded = rewritten != NULL ? fsk_vars_expand(s, rewritten) : NULL;
	int rc = expanded != NULL ? scan_text(&c, expanded, strlen(expanded), false)
	                          : FSK_ENOTFOUND;

	free(rewritten);
	free(expanded);
	if (rc < 0)
		*s->err = c.first;
	return rc < 0 ? FSK_ENOTFOUND : 0;
}

/* --- PowerShell --- */

static int base64_digit(char c)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int) (at - digits) : -1;
}

/* Base64 of UTF-16LE as UTF-8; NULL when it is none. The caller frees. */
static char *decode(const char *word)
{
	struct fsk_buf bytes, text;
	unsigned bits = 0, have = 0;
	char *result = NULL;
	int rc = 0, digit;

	fsk_buf_init(&bytes, FSK_FOLLOW_MAX);
	fsk_buf_init(&text, 2 * FSK_FOLLOW_MAX);
	for (; rc == 0 && (digit = base64_digit(*word)) >= 0; word++) {
		bits = (bits << 6 | (unsigned) digit) & 0xffffff;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		rc = fsk_buf_append_u8(&bytes, (uint8_t) (bits >> have), NULL);
	}
	if (rc == 0 && bytes.len > 1 && word[strspn(word, "=")] == '\0' &&
	    fsk_text_append_utf16le(&text, bytes.data, bytes.len, true, NULL) == 0)
		result = fsk_buf_steal_str(&text, NULL);
	fsk_buf_free(&bytes);
	fsk_buf_free(&text);
	return result;
}

static int follow_encoded(struct fsk_search *s, const char *args)
{
	char *word = fsk_word_take(&args, " \t");
	char *text = word != NULL ? decode(word) : NULL;
	int rc = FSK_ENOTFOUND;

	free(word);
	if (text == NULL)
		return rc;
	rc = fsk_script_scan(s, text);
	if (rc == 0)
		s->out->via |= FSK_VIA_DECODED;
	free(s->out->script);
	s->out->script = text;
	return rc;
}

enum ps_word { PS_SCRIPT, PS_FILE, PS_COMMAND, PS_ENCODED, PS_VALUE, PS_SWITCH };

static bool is_value_switch(const char *word)
{
	static const struct {
		const char *name;
		size_t least;
	} with_value[] = { { "ExecutionPolicy", 2 },  { "ep", 2 },
		           { "WindowStyle", 1 },      { "Version", 1 },
		           { "PSConsoleFile", 1 },    { "InputFormat", 1 },
		           { "OutputFormat", 1 },     { "ConfigurationName", 3 },
		           { "WorkingDirectory", 3 }, { "wd", 2 },
		           { "CustomPipeName", 2 },   { "SettingsFile", 2 } };

	for (size_t i = 0; i < sizeof(with_value) / sizeof(*with_value); i++)
		if (fsk_word_is_switch(word, with_value[i].name, with_value[i].least))
			return true;
	return false;
}

static enum ps_word judge_word(const char *word)
{
	if (fsk_word_is_switch(word, "File", 1))
		return PS_FILE;
	if (fsk_word_is_switch(word, "EncodedCommand", 1) || fsk_word_is_switch(word, "ec", 2))
		return PS_ENCODED;
	if (is_value_switch(word))
		return PS_VALUE;
	if (fsk_word_is_switch(word, "Command", 1))
		return PS_COMMAND;
	if (*word == '-' || *word == '/')
		return PS_SWITCH;
	return fsk_word_is_program(word) ? PS_SCRIPT : PS_COMMAND;
}

int fsk_script_powershell(struct fsk_search *s, const char *args)
{
	s->err->code = 0;
	for (args = fsk_word_skip_blank(args); *args != '\0'; args = fsk_word_skip_blank(args)) {
		const char *here = args;
		char *word = fsk_word_take(&args, " \t");
		enum ps_word kind = word != NULL ? judge_word(word) : PS_COMMAND;
		bool named = word != NULL && (*word == '-' || *word == '/');

		free(word);
		if (args == here) /* no memory, or nothing that a word could be */
			break;
		if (kind == PS_FILE || kind == PS_SCRIPT)
			return fsk_search_argument(s, kind == PS_FILE ? args : here,
			                           fsk_no_suffixes);
		if (kind == PS_ENCODED)
			return follow_encoded(s, args);
		if (kind == PS_COMMAND)
			return fsk_script_scan(s, named ? args : here);
		if (kind == PS_VALUE)
			free(fsk_word_take(&args, " \t"));
	}
	return FSK_ENOTFOUND;
}
