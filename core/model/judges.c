#include "core/model/judges.h"

#include <string.h>

static const char *const names[FSK_JUDGED_COUNT] = {
	[FSK_JUDGED_SOURCES] = "sources",     [FSK_JUDGED_VOLUMES] = "volumes",
	[FSK_JUDGED_FACTS] = "facts",         [FSK_JUDGED_PLUGINS] = "plugins",
	[FSK_JUDGED_FINDINGS] = "findings",   [FSK_JUDGED_RECORDS] = "records",
	[FSK_JUDGED_ANOMALIES] = "anomalies",
};

static const char name_chars[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
static const char kind_chars[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

const char *fsk_judged_name(enum fsk_judged what)
{
	return names[what];
}

enum fsk_judged fsk_judged_find(const char *name)
{
	enum fsk_judged i = 0;

	while (i < FSK_JUDGED_COUNT && strcmp(names[i], name) != 0)
		i++;
	return i;
}

/* Behind the name, as in "judges =" or ["judges"] =. */
static bool is_assigned(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] != '\0' && strchr(" \t\r\n\"']", p[i]) != NULL)
		i++;
	return i < n && p[i] == '=' && (i + 1 == n || p[i + 1] != '=');
}

bool fsk_judges_declared(const char *text, size_t n)
{
	static const char word[] = "judges";
	const size_t k = sizeof(word) - 1;

	for (size_t at = 0; at + k <= n; at++)
		if (text[at] == word[0] && memcmp(text + at, word, k) == 0 &&
		    is_assigned(text + at + k, n - at - k))
			return true;
	return false;
}

bool fsk_judges_valid(const char *entry)
{
	size_t n = strspn(entry, name_chars);

	if (n == 0)
		return false;
	entry += n;
	entry += *entry == '*';
	if (*entry == '\0')
		return true;
	return *entry == ':' && entry[1] != '\0' &&
	       entry[1 + strspn(entry + 1, kind_chars)] == '\0';
}

static bool names_plugin(const char *entry, const char *plugin)
{
	size_t n = strcspn(entry, ":*");

	return strncmp(entry, plugin, n) == 0 && (entry[n] == '*' || plugin[n] == '\0');
}

static bool names_kind(const char *entry, const char *kind)
{
	const char *colon = strchr(entry, ':');

	return colon == NULL || strcmp(colon + 1, kind) == 0;
}

bool fsk_judges_match(const json_t *judges, const char *plugin, const char *kind)
{
	json_t *item;
	size_t i;

	json_array_foreach ((json_t *) judges, i, item) {
		const char *entry = json_string_value(item);

		if (entry != NULL && names_plugin(entry, plugin) &&
		    (kind == NULL || names_kind(entry, kind)))
			return true;
	}
	return false;
}
