#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/lua/internal.h"

static bool is_name(char c)
{
	return isalnum((unsigned char) c) || c == '_';
}

/* The last name in "wants[2]" or "options.days": length, and where it starts. */
static size_t last_name(const char **start, const char *where)
{
	const char *dot = strrchr(where, '.');
	size_t n = 0;

	*start = dot != NULL ? dot + 1 : where;
	while (is_name((*start)[n]))
		n++;
	return n;
}

/* Is text[at] the name, standing alone and assigned ("name =", or the form
 * ["name"] =)? */
static bool assigns(const struct fsk_schema *s, size_t at, const char *name, size_t n)
{
	size_t i = at + n;

	if (memcmp(s->text + at, name, n) != 0 || (at > 0 && is_name(s->text[at - 1])))
		return false;
	while (i < s->len && strchr("'\"] \t", s->text[i]) != NULL && s->text[i] != '\0')
		i++;
	return i < s->len && s->text[i] == '=' && (i + 1 >= s->len || s->text[i + 1] != '=');
}

static unsigned line_of(const struct fsk_schema *s, const char *where)
{
	const char *name;
	size_t n = last_name(&name, where);
	unsigned line = 1;

	for (size_t i = 0; n > 0 && i + n <= s->len; i++) {
		if (i >= s->from && assigns(s, i, name, n))
			return line;
		if (s->text[i] == '\n')
			line++;
	}
	return 0;
}

int fsk_schema_fail(struct fsk_err *err, const struct fsk_schema *s, const char *where,
                    const char *fmt, ...)
{
	char what[256], place[160];
	unsigned line = where != NULL ? line_of(s, where) : 0;
	char at[16] = "";
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (line > 0)
		snprintf(at, sizeof(at), ":%u", line);
	if (where == NULL)
		return fsk_err_set(err, FSK_EPLUGIN, "%s: %s", s->chunk, what);
	return fsk_err_set(err, FSK_EPLUGIN, "%s%s: field '%s': %s", s->chunk, at,
	                   fsk_text_escape(place, sizeof(place), where), what);
}

const char *fsk_schema_unknown(const json_t *o, const char *const *known)
{
	const char *key, *first = NULL;
	json_t *value;

	json_object_foreach ((json_t *) o, key, value) {
		const char *const *k = known;

		while (*k != NULL && strcmp(*k, key) != 0)
			k++;
		if (*k == NULL && (first == NULL || strcmp(key, first) < 0))
			first = key;
	}
	return first;
}

const char *fsk_schema_type(const json_t *j)
{
	if (j == NULL)
		return "nothing";
	if (json_is_null(j))
		return "a function";
	if (json_is_object(j))
		return json_object_size(j) == 0 ? "an empty table" : "a table";
	if (json_is_array(j))
		return "a list";
	if (json_is_string(j))
		return "a string";
	return json_is_number(j) ? "a number" : "a boolean";
}

int fsk_schema_line(struct fsk_err *err, const struct fsk_schema *s, const char *where,
                    const json_t *j)
{
	if (j == NULL)
		return fsk_schema_fail(err, s, where, "missing, a string is expected");
	if (!json_is_string(j))
		return fsk_schema_fail(err, s, where, "expected a string, got %s",
		                       fsk_schema_type(j));
	if (json_string_length(j) == 0)
		return fsk_schema_fail(err, s, where, "is empty");
	if (strpbrk(json_string_value(j), "\r\n") != NULL)
		return fsk_schema_fail(err, s, where, "must be one line");
	return 0;
}

int fsk_schema_lines(struct fsk_err *err, const struct fsk_schema *s, const char *where,
                     const json_t *j)
{
	char item[160];
	json_t *value;
	size_t i;
	int rc;

	if (json_is_object(j) && json_object_size(j) == 0)
		return 0;
	if (!json_is_array(j))
		return fsk_schema_fail(err, s, where, "expected a list of strings, got %s",
		                       fsk_schema_type(j));
	json_array_foreach ((json_t *) j, i, value) {
		snprintf(item, sizeof(item), "%s[%zu]", where, i + 1);
		rc = fsk_schema_line(err, s, item, value);
		if (rc < 0)
			return rc;
		for (size_t k = 0; k < i; k++) {
			if (json_equal(json_array_get(j, k), value))
				return fsk_schema_fail(err, s, item, "'%s' is there twice",
				                       json_string_value(value));
		}
	}
	return 0;
}
