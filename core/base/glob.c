#include "core/base/glob.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/base/text.h"

struct part {
	const char *pattern;
	const char *literal; /* NULL when the pattern has a metacharacter */
	bool any_depth;
};

/* One block of memory with all of its texts: profiles make thousands of these. */
struct fsk_glob {
	const char *stream; /* pattern behind ':' of the last component, or NULL */
	size_t count;
	struct part parts[];
};

void fsk_globset_free(struct fsk_globset *set)
{
	for (size_t i = 0; i < set->count; i++)
		free(set->globs[i]);
	free(set->globs);
	*set = (struct fsk_globset){ 0 };
}

/* The bracket that closes the set opened at p, or NULL. A ']' right behind
 * '[' or '[!' is a member. */
static const char *set_end(const char *p)
{
	p++;
	if (*p == '!' || *p == '^')
		p++;
	if (*p == ']')
		p++;
	while (*p != '\0' && *p != ']')
		p += *p == '\\' && p[1] != '\0' ? 2 : 1;
	return *p == ']' ? p : NULL;
}

/* The text without escapes if nothing in it is a metacharacter, else NULL: the pattern
 * itself when it has no escapes, else at `*room`, which moves on. Where it is no
 * UTF-8, taking an escape away could make a character of what is none. */
static const char *literal_of(const char *pattern, size_t n, char **room)
{
	bool escapes = false, ascii = true;
	const char *out = *room;

	for (size_t i = 0; i < n; i++) {
		if (pattern[i] == '*' || pattern[i] == '?' || pattern[i] == '[')
			return NULL;
		ascii = ascii && (unsigned char) pattern[i] < 0x80;
		if (pattern[i] == '\\' && i + 1 < n) {
			escapes = true;
			i++;
			ascii = ascii && (unsigned char) pattern[i] < 0x80;
		}
	}
	if (!ascii && fsk_text_utf8_valid(pattern, n) != n)
		return NULL;
	if (!escapes)
		return pattern;
	for (size_t i = 0; i < n; i++) {
		if (pattern[i] == '\\' && i + 1 < n)
			i++;
		*(*room)++ = pattern[i];
	}
	*(*room)++ = '\0';
	return out;
}

/* End of the component at p: an unescaped '/' outside a set, ':' too. */
static const char *component_end(const char *p, bool at_colon)
{
	while (*p != '\0' && *p != '/' && !(at_colon && *p == ':')) {
		const char *end = *p == '[' ? set_end(p) : NULL;

		if (end != NULL)
			p = end + 1;
		else
			p += *p == '\\' && p[1] != '\0' ? 2 : 1;
	}
	return p;
}

static bool sets_closed(const char *p)
{
	while (*p != '\0') {
		const char *end = *p == '[' ? set_end(p) : NULL;

		if (*p == '[' && end == NULL)
			return false;
		if (end != NULL)
			p = end + 1;
		else
			p += *p == '\\' && p[1] != '\0' ? 2 : 1;
	}
	return true;
}

static const char *keep_text(char **room, const char *p, size_t n)
{
	char *out = *room;

	memcpy(out, p, n);
	out[n] = '\0';
	*room += n + 1;
	return out;
}

static int add_part(struct fsk_glob *g, char **room, const char *p, size_t n, struct fsk_err *err)
{
	struct part *part = &g->parts[g->count];

	if (g->count >= FSK_GLOB_COMPONENTS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "pattern has too many components");
	part->pattern = keep_text(room, p, n);
	part->any_depth = n == 2 && memcmp(p, "**", 2) == 0;
	part->literal = literal_of(part->pattern, n, room);
	g->count++;
	return 0;
}

static int parse_components(struct fsk_glob *g, char *room, const char *text, struct fsk_err *err)
{
	const char *p = text;
	int rc = 0;

	while (rc == 0 && *p != '\0') {
		const char *end = component_end(p, false);
		const char *colon = *end == '\0' ? component_end(p, true) : end;

		if (*end == '\0' && *colon == ':') {
			g->stream = keep_text(&room, colon + 1, (size_t) (end - colon - 1));
			end = colon;
		}
		if (end > p)
			rc = add_part(g, &room, p, (size_t) (end - p), err);
		p = *end == '/' ? end + 1 : end + strlen(end);
	}
	if (rc == 0 && g->count == 0)
		rc = fsk_err_set(err, FSK_EINVAL, "pattern is empty");
	return rc;
}

/* Room for every component and its literal, each with a NUL, and for the stream. */
static struct fsk_glob *new_glob(char **room, const char *text)
{
	size_t most = 1, bytes, len = strlen(text);
	struct fsk_glob *g;

	for (const char *p = strchr(text, '/'); p != NULL; p = strchr(p + 1, '/'))
		most++;
	bytes = sizeof(*g) + most * sizeof(g->parts[0]);
	g = malloc(bytes + 2 * (len + most + 1));
	if (g == NULL)
		return NULL;
	memset(g, 0, bytes);
	*room = (char *) g + bytes;
	return g;
}

static int add_expanded(struct fsk_globset *set, const char *text, struct fsk_err *err)
{
	struct fsk_glob **grown, *g;
	char *room;
	int rc;

	if (set->count >= FSK_GLOB_ALTERNATIVES_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "pattern has too many alternatives");
	if (!sets_closed(text))
		return fsk_err_set(err, FSK_EINVAL, "pattern \"%s\": '[' is not closed", text);
	if (set->count == set->room) {
		size_t more = set->room > 0 ? 2 * set->room : 8;

		grown = realloc(set->globs, more * sizeof(struct fsk_glob *));
		if (grown == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "no memory for a pattern");
		set->globs = grown;
		set->room = more;
	}
	g = new_glob(&room, text);
	if (g == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a pattern");
	rc = parse_components(g, room, text, err);
	if (rc < 0)
		free(g);
	else
		set->globs[set->count++] = g;
	return rc;
}

struct braces {
	const char *open, *close; /* of the first outermost pair; NULL if none */
	bool unbalanced;
};

/* At or behind `text`. */
static struct braces find_braces(const char *text)
{
	struct braces b = { 0 };
	int depth = 0;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0') {
			p++;
		} else if (*p == '{') {
			if (depth++ == 0)
				b.open = p;
		} else if (*p == '}' && depth > 0 && --depth == 0) {
			b.close = p;
			return b;
		}
	}
	b.unbalanced = depth > 0;
	return b;
}

/* The ',' of this depth at or behind p, or `end`. */
static const char *alternative_end(const char *p, const char *end)
{
	int depth = 0;

	for (; p < end; p++) {
		if (*p == '\\')
			p++;
		else if (*p == '{')
			depth++;
		else if (*p == '}')
			depth--;
		else if (*p == ',' && depth == 0)
			return p;
	}
	return end;
}

static int expand(struct fsk_globset *set, const char *text, size_t from, unsigned *budget,
                  struct fsk_err *err);

/* The text with the alternative [p, end) in place of the braces: in a block that the
 * alternatives share. What stands in front of it has no braces any more. */
static int expand_one(struct fsk_globset *set, char *room, const char *text, const struct braces *b,
                      const char *p, const char *end, unsigned *budget, struct fsk_err *err)
{
	size_t front = (size_t) (b->open - text), n = (size_t) (end - p);

	memcpy(room + front, p, n);
	memcpy(room + front + n, b->close + 1, strlen(b->close));
	return expand(set, room, front, budget, err);
}

/* `budget` bounds the work: nested braces multiply. There are none before `from`. */
static int expand(struct fsk_globset *set, const char *text, size_t from, unsigned *budget,
                  struct fsk_err *err)
{
	struct braces b = find_braces(text + from);
	char *room;
	int rc = 0;

	if ((*budget)-- == 0)
		return fsk_err_set(err, FSK_ELIMIT, "pattern has too many alternatives");
	if (b.unbalanced)
		return fsk_err_set(err, FSK_EINVAL, "pattern \"%s\": '{' is not closed", text);
	if (b.open == NULL || b.close == NULL)
		return add_expanded(set, text, err);
	room = strdup(text);
	if (room == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a pattern");
	for (const char *p = b.open + 1; rc == 0 && p <= b.close; p++) {
		const char *end = alternative_end(p, b.close);

		rc = expand_one(set, room, text, &b, p, end, budget, err);
		p = end;
	}
	free(room);
	return rc;
}

int fsk_globset_add(struct fsk_globset *set, const char *pattern, struct fsk_err *err)
{
	unsigned budget = 4 * FSK_GLOB_ALTERNATIVES_MAX;
	size_t before = set->count;
	int rc;

	if (strlen(pattern) > FSK_GLOB_LEN_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "pattern is longer than %u bytes",
		                   FSK_GLOB_LEN_MAX);
	if (*pattern == '/')
		pattern++;
	rc = expand(set, pattern, 0, &budget, err);
	while (rc < 0 && set->count > before)
		free(set->globs[--set->count]);
	return rc;
}

static uint32_t pattern_next(const char **p, const char *end)
{
	if (**p == '\\' && *p + 1 < end)
		(*p)++;
	return fsk_text_next(p, end);
}

static bool in_range(uint32_t c, uint32_t low, uint32_t high, bool fold)
{
	uint32_t f = fsk_text_fold(c);

	if (c >= low && c <= high)
		return true;
	if (!fold)
		return false;
	return (f >= low && f <= high) || (f >= 'a' && f <= 'z' && f - 32 >= low && f - 32 <= high);
}

/* `p` is at '[' of a closed set; moves behind it. */
static bool set_match(const char **p, uint32_t c, bool fold)
{
	const char *end = set_end(*p), *s = *p + 1;
	bool negated = *s == '!' || *s == '^', hit = false;

	if (negated)
		s++;
	while (s < end) {
		uint32_t low = pattern_next(&s, end), high = low;

		if (*s == '-' && s + 1 < end) {
			s++;
			high = pattern_next(&s, end);
		}
		hit = hit || in_range(c, low, high, fold);
	}
	*p = end + 1;
	return hit != negated;
}

/* One pattern element against one character; moves `p` behind the element. */
static bool element_match(const char **p, const char *pend, uint32_t c, bool fold)
{
	uint32_t want;

	if (**p == '?') {
		(*p)++;
		return true;
	}
	if (**p == '[')
		return set_match(p, c, fold);
	want = pattern_next(p, pend);
	return want == c || (fold && fsk_text_fold(want) == fsk_text_fold(c));
}

/* Greedy with one point of return: linear for each '*'. */
static bool name_match(const char *pattern, const char *name, bool fold)
{
	const char *p = pattern, *pend = pattern + strlen(pattern);
	const char *n = name, *nend = name + strlen(name);
	const char *star = NULL, *retry = NULL;

	while (n < nend) {
		const char *p_here = p, *n_here = n;

		if (p < pend && *p == '*') {
			star = ++p;
			retry = n;
			continue;
		}
		if (p < pend && element_match(&p_here, pend, fsk_text_next(&n_here, nend), fold)) {
			p = p_here;
			n = n_here;
			continue;
		}
		if (star == NULL)
			return false;
		p = star;
		fsk_text_next(&retry, nend);
		n = retry;
	}
	while (p < pend && *p == '*')
		p++;
	return p == pend;
}

bool fsk_glob_component(const struct fsk_glob *g, size_t i, struct fsk_glob_part *out)
{
	if (i >= g->count)
		return false;
	out->pattern = g->parts[i].pattern;
	out->literal = g->parts[i].literal;
	out->any_depth = g->parts[i].any_depth;
	out->stream = i + 1 == g->count ? g->stream : NULL;
	return true;
}

bool fsk_glob_component_match(const struct fsk_glob *g, size_t i, const char *name, bool fold_case)
{
	if (i >= g->count)
		return false;
	if (g->parts[i].any_depth)
		return true;
	return name_match(g->parts[i].pattern, name, fold_case);
}

bool fsk_glob_stream_match(const struct fsk_glob *g, const char *stream, bool fold_case)
{
	return g->stream != NULL && name_match(g->stream, stream, fold_case);
}

void fsk_glob_component_ends(struct fsk_glob_ends *out, const struct fsk_glob *g, size_t i,
                             bool fold_case)
{
	const char *p = g->parts[i].pattern, *end = p + strlen(p);
	bool in_head = true;

	out->nhead = out->ntail = 0;
	while (p < end) {
		uint32_t c;

		if (strchr("*?[", *p) != NULL) {
			in_head = false;
			out->ntail = 0;
			p = *p == '[' ? set_end(p) + 1 : p + 1;
			continue;
		}
		c = pattern_next(&p, end);
		c = fold_case ? fsk_text_fold(c) : c;
		if (in_head && out->nhead < FSK_GLOB_ENDS)
			out->head[out->nhead++] = c;
		if (out->ntail == FSK_GLOB_ENDS)
			memmove(out->tail, out->tail + 1, --out->ntail * sizeof(c));
		out->tail[out->ntail++] = c;
	}
}

/* Positions in the pattern that the components seen so far can have reached. */
struct reach {
	bool at[FSK_GLOB_COMPONENTS_MAX + 1];
};

/* "**" may stand for nothing, except at the end of the pattern. */
static void reach_skip(struct reach *r, const struct fsk_glob *g)
{
	for (size_t i = 0; i + 1 < g->count; i++)
		if (r->at[i] && g->parts[i].any_depth)
			r->at[i + 1] = true;
}

static void reach_step(struct reach *r, const struct fsk_glob *g, const char *name, bool fold)
{
	struct reach next = { { false } };

	for (size_t i = 0; i < g->count; i++) {
		if (!r->at[i])
			continue;
		if (g->parts[i].any_depth) {
			next.at[i] = true;
			if (i + 1 == g->count)
				next.at[i + 1] = true;
		} else if (name_match(g->parts[i].pattern, name, fold)) {
			next.at[i + 1] = true;
		}
	}
	*r = next;
	reach_skip(r, g);
}

static struct reach reach_of(const struct fsk_glob *g, char *path, bool fold)
{
	struct reach r = { { true } };
	char *save = NULL;

	reach_skip(&r, g);
	for (char *name = strtok_r(path, "/", &save); name != NULL;
	     name = strtok_r(NULL, "/", &save))
		reach_step(&r, g, name, fold);
	return r;
}

bool fsk_glob_match(const struct fsk_glob *g, const char *path, bool fold_case)
{
	char *copy = strdup(path), *slash, *colon;
	bool hit = false;

	if (copy == NULL)
		return false;
	slash = strrchr(copy, '/');
	colon = strchr(slash != NULL ? slash : copy, ':');
	if ((colon != NULL) == (g->stream != NULL)) {
		if (colon != NULL)
			*colon = '\0';
		hit = (colon == NULL || name_match(g->stream, colon + 1, fold_case)) &&
		      reach_of(g, copy, fold_case).at[g->count];
	}
	free(copy);
	return hit;
}

bool fsk_globset_match(const struct fsk_globset *set, const char *path, bool fold_case)
{
	for (size_t i = 0; i < set->count; i++)
		if (fsk_glob_match(set->globs[i], path, fold_case))
			return true;
	return false;
}

static bool may_descend(const struct fsk_glob *g, const char *path, bool fold)
{
	char *copy = strdup(path);
	struct reach r;

	/* without memory: enter, and let the walk fail where it matters */
	if (copy == NULL)
		return true;
	r = reach_of(g, copy, fold);
	free(copy);
	for (size_t i = 0; i < g->count; i++)
		if (r.at[i])
			return true;
	return false;
}

bool fsk_globset_may_descend(const struct fsk_globset *set, const char *path, bool fold_case)
{
	for (size_t i = 0; i < set->count; i++)
		if (may_descend(set->globs[i], path, fold_case))
			return true;
	return false;
}
