/* Which modules a text of rules imports. libyara tells it no sooner than when it scans. */
#include <ctype.h>
#include <string.h>

#include "plugins/yara/parts.h"

static const char *const refused[] = { "time", "magic", "cuckoo", NULL };

struct lexer {
	const char *at;
	int line;
	char last; /* the last character that is no blank: a regular expression follows on "=" */
};

static void step(struct lexer *l)
{
	l->line += *l->at == '\n';
	l->at++;
}

/* Behind the delimiter that ends a string or an expression, or at the end of its line. */
static void pass_quoted(struct lexer *l, char end)
{
	step(l);
	while (*l->at != '\0' && *l->at != '\n' && *l->at != end) {
		if (*l->at == '\\' && l->at[1] != '\0')
			step(l);
		step(l);
	}
	if (*l->at == end)
		step(l);
	l->last = end;
}

static void pass_comment(struct lexer *l)
{
	bool block = l->at[1] == '*';

	while (*l->at != '\0' && (block || *l->at != '\n')) {
		if (block && l->at[0] == '*' && l->at[1] == '/') {
			l->at += 2;
			return;
		}
		step(l);
	}
}

/* The refused name that stands in quotes behind "import", or NULL. */
static const char *imported(const char *p)
{
	p += strlen("import");
	while (isspace((unsigned char) *p))
		p++;
	for (int i = 0; *p == '"' && refused[i] != NULL; i++) {
		size_t n = strlen(refused[i]);

		if (strncmp(p + 1, refused[i], n) == 0 && p[n + 1] == '"')
			return refused[i];
	}
	return NULL;
}

static const char *pass_word(struct lexer *l)
{
	const char *word = l->at;
	size_t n = 0;

	while (isalnum((unsigned char) *l->at) || *l->at == '_') {
		step(l);
		n++;
	}
	l->last = 'a';
	if (n == strlen("matches") && memcmp(word, "matches", n) == 0)
		l->last = '=';
	return n == strlen("import") && memcmp(word, "import", n) == 0 ? imported(word) : NULL;
}

const char *fsk_yara_refused_import(int *line, const char *text)
{
	struct lexer l = { text, 1, 0 };

	while (*l.at != '\0') {
		const char *name = NULL;

		if (l.at[0] == '/' && (l.at[1] == '/' || l.at[1] == '*'))
			pass_comment(&l);
		else if (*l.at == '"' || (*l.at == '/' && (l.last == '=' || l.last == '(')))
			pass_quoted(&l, *l.at);
		else if (isalnum((unsigned char) *l.at) || *l.at == '_')
			name = pass_word(&l);
		else {
			if (!isspace((unsigned char) *l.at))
				l.last = *l.at;
			step(&l);
		}
		if (name != NULL) {
			*line = l.line;
			return name;
		}
	}
	return NULL;
}
