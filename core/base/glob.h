/* Path patterns.
 *
 *   ?        one character, not '/'
 *   *        any characters, not '/'
 *   **       as a whole component: any number of components, also none; at
 *            the end of the pattern at least one
 *   [a-z!]   one character of a set, [!…] or [^…] negated
 *   {a,b}    alternatives, may nest and may span '/'
 *   \x       the character x itself ('\' is not a separator)
 *
 * Paths use '/', have no leading '/', and an alternate data stream follows a
 * ':' in the last component, which the pattern must then spell out
 * ("**<slash>*:Zone.Identifier"). */
#ifndef FSK_BASE_GLOB_H
#define FSK_BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct fsk_glob; /* one alternative after {…} is expanded: a list of components */

struct fsk_globset {
	struct fsk_glob **globs;
	size_t count, room;
};

/* Parses `pattern` and adds its expanded alternatives to `set` (zeroed
 * before first use). A leading '/' is dropped. FSK_EINVAL for an unclosed
 * set or brace and an empty pattern, FSK_ELIMIT. */
int fsk_globset_add(struct fsk_globset *set, const char *pattern, struct fsk_err *err);
void fsk_globset_free(struct fsk_globset *set);

/* Does the whole path match? */
bool fsk_globset_match(const struct fsk_globset *set, const char *path, bool fold_case);
bool fsk_glob_match(const struct fsk_glob *g, const char *path, bool fold_case);

/* Could something below the folder `path` match ("" is the root)? A walk
 * enters a folder only then. */
bool fsk_globset_may_descend(const struct fsk_globset *set, const char *path, bool fold_case);

/* Components of one glob, for directed walks. fsk_glob_component returns
 * false past the end; `pattern` is the component as it was written, `literal`
 * the unescaped name when the component has no metacharacter (NULL otherwise),
 * `any_depth` is true for "**", `stream` is the literal or pattern text behind
 * ':' (NULL if none). */
struct fsk_glob_part {
	const char *pattern;
	const char *literal;
	bool any_depth;
	const char *stream;
};
bool fsk_glob_component(const struct fsk_glob *g, size_t i, struct fsk_glob_part *out);
bool fsk_glob_component_match(const struct fsk_glob *g, size_t i, const char *name, bool fold_case);
/* The stream pattern of the last component against a stream name. */
bool fsk_glob_stream_match(const struct fsk_glob *g, const char *stream, bool fold_case);

/* What a name must begin and end with to match a component: the characters in
 * front of its first metacharacter and the last ones behind its last, both at
 * most FSK_GLOB_ENDS, folded if asked for. */
#define FSK_GLOB_ENDS 16u
struct fsk_glob_ends {
	uint32_t head[FSK_GLOB_ENDS], tail[FSK_GLOB_ENDS];
	size_t nhead, ntail;
};
void fsk_glob_component_ends(struct fsk_glob_ends *out, const struct fsk_glob *g, size_t i,
                             bool fold_case);

#endif
