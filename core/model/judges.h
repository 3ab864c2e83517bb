/* What a judging plugin is given of a machine: whose rows, and under which names. */
#ifndef FSK_MODEL_JUDGES_H
#define FSK_MODEL_JUDGES_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* The lists that `machine` is made of, as message ROWS names them. */
enum fsk_judged {
	FSK_JUDGED_SOURCES,
	FSK_JUDGED_VOLUMES,
	FSK_JUDGED_FACTS, /* {"plugin":…,"facts":{…}}, one for each plugin */
	FSK_JUDGED_PLUGINS,
	FSK_JUDGED_FINDINGS,
	FSK_JUDGED_RECORDS,
	FSK_JUDGED_ANOMALIES,
	FSK_JUDGED_COUNT
};

/* "sources", "volumes", … */
const char *fsk_judged_name(enum fsk_judged what);
/* FSK_JUDGED_COUNT for a name that is none. */
enum fsk_judged fsk_judged_find(const char *name);

/* Does the text of a plugin assign `judges`? Whoever cannot run it sees by that which plugins
 * may judge; comments may mislead it, so the plugin's own table has the last word. */
bool fsk_judges_declared(const char *text, size_t n);

/* Is this an entry of `judges`: "plugin", "plugin:kind", "prefix-*", "prefix-*:kind"? */
bool fsk_judges_valid(const char *entry);

/* Does the list `judges` name this plugin? With a kind (not NULL): the records of that kind
 * of the plugin; without one: its findings, which any entry with its name asks for. */
bool fsk_judges_match(const json_t *judges, const char *plugin, const char *kind);

#endif
