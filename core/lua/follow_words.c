#include <string.h>
#include <strings.h>

#include "core/base/buf.h"
#include "core/lua/follow_impl.h"

const char *fsk_word_skip_blank(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

char *fsk_word_take(const char **p, const char *stop)
{
	const char *at = fsk_word_skip_blank(*p);
	struct fsk_buf b;
	char *word = NULL;
	int rc = 0;

	fsk_buf_init(&b, FSK_FOLLOW_MAX);
	while (rc == 0 && *at != '\0' && strchr(stop, *at) == NULL) {
		size_t n = *at == '"' ? strcspn(at + 1, "\"") : strcspn(at, "\"");
		size_t plain = strcspn(at, stop);
		bool quoted = *at == '"';

		if (!quoted && plain < n)
			n = plain;
		rc = fsk_buf_append(&b, at + quoted, n, NULL);
		at += n + quoted;
		if (!quoted || *at == '\0')
			continue;
		at++; /* the closing one */
		if (strchr("\\/", *at) == NULL)
			break;
	}
	*p = at;
	if (rc == 0)
		word = fsk_buf_steal_str(&b, NULL);
	fsk_buf_free(&b);
	return word;
}

const char *fsk_word_skip_switches(const char *args, const char *marks)
{
	args = fsk_word_skip_blank(args);
	while (*args != '\0' && strchr(marks, *args) != NULL) {
		bool quoted = false;

		for (; *args != '\0' && (quoted || strchr(" \t", *args) == NULL); args++)
			quoted ^= *args == '"';
		args = fsk_word_skip_blank(args);
	}
	return args;
}

bool fsk_word_has_prefix(const char *s, const char *prefix)
{
	return strncasecmp(s, prefix, strlen(prefix)) == 0;
}

bool fsk_word_is_switch(const char *word, const char *whole, size_t least)
{
	size_t n;

	if (*word != '-' && *word != '/')
		return false;
	n = strlen(++word);
	return n >= least && n <= strlen(whole) && strncasecmp(word, whole, n) == 0;
}

static const char *extension(const char *path)
{
	const char *dot = NULL;

	for (; *path != '\0'; path++) {
		if (*path == '.')
			dot = path;
		else if (strchr("/\\", *path) != NULL)
			dot = NULL;
	}
	return dot;
}

bool fsk_word_has_extension(const char *path)
{
	return extension(path) != NULL;
}

bool fsk_word_is_program(const char *path)
{
	static const char *const known[] = { ".exe", ".com", ".bat", ".cmd", ".scr",  ".pif",
		                             ".dll", ".cpl", ".sys", ".ps1", ".psm1", ".vbs",
		                             ".vbe", ".js",  ".jse", ".wsf", ".hta",  ".msi",
		                             ".jar", ".py",  ".pyw", ".lnk", ".sct",  ".ocx" };
	const char *dot = extension(path);

	for (size_t i = 0; dot != NULL && i < sizeof(known) / sizeof(*known); i++)
		if (strcasecmp(dot, known[i]) == 0)
			return true;
	return false;
}
