#include "core/base/matcher.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"

#define BUCKETS_MIN 64u

/* By what an edge is found. */
enum kind {
	LITERAL, /* the whole name */
	TAIL,    /* its last `length` characters */
	HEAD,    /* its first ones */
	REST,    /* nothing: all of them are tried */
};

/* From a state to another by a component that is not "**". */
struct edge {
	const struct fsk_glob *glob;
	uint32_t part;
	uint32_t from, to;
	uint32_t hash;    /* of the text that finds it */
	uint32_t next;    /* of the bucket, or of the state's `rest` */
	uint32_t sibling; /* the next that leads away from the same state */
	uint8_t kind, length;
};

/* State 0 is the root, which nothing leads to: 0 stands for "none", as index 0
 * of all pools does. */
struct state {
	uint32_t any;           /* the state of a "**" behind this one */
	uint32_t edges;         /* first of those that lead away */
	uint32_t rest;          /* first edge of kind REST */
	uint32_t wants;         /* first of those that a name on this state fits */
	uint32_t streams;       /* first of the patterns for its streams */
	uint32_t mark;          /* the step that put it into `below` */
	uint32_t lengths[REST]; /* bit n: some edge of that kind has length n */
	bool loops;             /* it is the state of a "**": any name leads back */
	bool onward;            /* something leads away from it */
};

struct want {
	uint32_t number, next;
};

struct stream {
	const struct fsk_glob *glob;
	uint32_t wants, next;
};

struct fsk_matcher {
	struct state *states;
	struct edge *edges;
	struct want *wants;
	struct stream *streams;
	uint32_t *buckets;
	uint32_t nstates, nedges, nwants, nstreams;
	uint32_t states_cap, edges_cap, wants_cap, streams_cap;
	uint32_t nbuckets; /* a power of two */
	uint32_t step;     /* number of the last one */
	unsigned depth_of_any;
	uint32_t wants_any; /* who asked for it */
	size_t globs;
	bool fold;
};

/* Hashes of a text and of its ends, made when they are first asked for. */
struct spelling {
	const char *name;
	bool made;
	size_t count;
	uint32_t all;
	uint32_t head[FSK_GLOB_ENDS + 1], tail[FSK_GLOB_ENDS + 1];
};

void fsk_numbers_free(struct fsk_numbers *n)
{
	free(n->items);
	memset(n, 0, sizeof(*n));
}

void fsk_match_free(struct fsk_match *r)
{
	fsk_numbers_free(&r->below);
	fsk_numbers_free(&r->hits);
	fsk_numbers_free(&r->streams);
}

static int push(struct fsk_numbers *n, uint32_t number, struct fsk_err *err)
{
	if (n->count == n->cap) {
		size_t cap = n->cap > 0 ? 2 * n->cap : 16;
		uint32_t *more = realloc(n->items, cap * sizeof(*more));

		if (more == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "out of memory");
		n->items = more;
		n->cap = cap;
	}
	n->items[n->count++] = number;
	return 0;
}

/* Makes room for one more item of a pool. */
static int room(void *pool, uint32_t *cap, uint32_t count, size_t item, struct fsk_err *err)
{
	uint32_t want = *cap > 0 ? *cap + *cap / 2 : 64;
	void **p = pool, *more;

	if (count < *cap)
		return 0;
	if (count >= FSK_MATCHER_STATES_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u states for patterns",
		                   FSK_MATCHER_STATES_MAX);
	more = realloc(*p, want * item);
	if (more == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for patterns");
	*p = more;
	*cap = want;
	return 0;
}

int fsk_matcher_new(struct fsk_matcher **out, bool fold_case, struct fsk_err *err)
{
	struct fsk_matcher *m = calloc(1, sizeof(*m));

	*out = m;
	if (m == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for patterns");
	m->fold = fold_case;
	m->depth_of_any = UINT_MAX;
	m->nbuckets = BUCKETS_MIN;
	m->buckets = calloc(m->nbuckets, sizeof(*m->buckets));
	if (m->buckets == NULL ||
	    room(&m->states, &m->states_cap, 0, sizeof(*m->states), err) < 0 ||
	    room(&m->edges, &m->edges_cap, 0, sizeof(*m->edges), err) < 0 ||
	    room(&m->wants, &m->wants_cap, 0, sizeof(*m->wants), err) < 0 ||
	    room(&m->streams, &m->streams_cap, 0, sizeof(*m->streams), err) < 0) {
		fsk_matcher_free(m);
		*out = NULL;
		return fsk_err_set(err, FSK_ENOMEM, "no memory for patterns");
	}
	memset(&m->states[0], 0, sizeof(m->states[0]));
	m->nstates = m->nedges = m->nwants = m->nstreams = 1;
	return 0;
}

void fsk_matcher_free(struct fsk_matcher *m)
{
	if (m == NULL)
		return;
	free(m->states);
	free(m->edges);
	free(m->wants);
	free(m->streams);
	free(m->buckets);
	free(m);
}

struct fsk_matcher_size fsk_matcher_size(const struct fsk_matcher *m)
{
	return (struct fsk_matcher_size){ .globs = m->globs, .states = m->nstates };
}

unsigned fsk_matcher_depth_of_any(const struct fsk_matcher *m, uint32_t *want)
{
	if (want != NULL)
		*want = m->wants_any;
	return m->depth_of_any;
}

/* Hashes */

static uint32_t mix(uint32_t h, uint32_t c)
{
	return (h ^ c) * 0x01000193u;
}

#define HASH_OF_NOTHING 0x811c9dc5u

/* Of the last characters, beginning with the last. */
static uint32_t hash_back(const uint32_t *c, size_t n)
{
	uint32_t h = HASH_OF_NOTHING;

	while (n > 0)
		h = mix(h, c[--n]);
	return h;
}

/* Most names are ASCII. */
static uint32_t next_char(const char **p, const char *end, bool fold)
{
	uint32_t c = (unsigned char) **p;

	if (c < 0x80) {
		++*p;
		return fold && c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
	}
	c = fsk_text_next(p, end);
	return fold ? fsk_text_fold(c) : c;
}

static void spell(struct spelling *s, const char *name, bool fold)
{
	uint32_t last[2 * FSK_GLOB_ENDS], h = HASH_OF_NOTHING;
	const char *p = name, *end = name + strlen(name);
	size_t kept = 0;

	s->made = true;
	s->count = 0;
	while (p < end) {
		uint32_t c = next_char(&p, end, fold);

		h = mix(h, c);
		if (++s->count <= FSK_GLOB_ENDS)
			s->head[s->count] = h;
		if (kept == 2 * FSK_GLOB_ENDS) {
			kept = FSK_GLOB_ENDS;
			memcpy(last, last + FSK_GLOB_ENDS, kept * sizeof(*last));
		}
		last[kept++] = c;
	}
	s->all = h;
	h = HASH_OF_NOTHING;
	for (size_t n = 1; n <= FSK_GLOB_ENDS && n <= kept; n++)
		s->tail[n] = h = mix(h, last[kept - n]);
}

static uint32_t bucket_of(const struct fsk_matcher *m, uint32_t from, enum kind kind,
                          uint32_t length, uint32_t hash)
{
	uint32_t h = hash ^ from * 0x9e3779b1u ^ ((uint32_t) kind << 5 | length) * 0x85ebca6bu;

	h = (h ^ h >> 15) * 0x2c1b3c6du;
	return (h ^ h >> 13) & (m->nbuckets - 1);
}

/* Building */

static int new_state(uint32_t *out, struct fsk_matcher *m, struct fsk_err *err)
{
	int rc = room(&m->states, &m->states_cap, m->nstates, sizeof(*m->states), err);

	if (rc < 0)
		return rc;
	memset(&m->states[m->nstates], 0, sizeof(*m->states));
	*out = m->nstates++;
	return 0;
}

static void hang(struct fsk_matcher *m, uint32_t number)
{
	struct edge *e = &m->edges[number];
	uint32_t *first =
	    e->kind == REST
	        ? &m->states[e->from].rest
	        : &m->buckets[bucket_of(m, e->from, (enum kind) e->kind, e->length, e->hash)];

	e->next = *first;
	*first = number;
}

static int grow_buckets(struct fsk_matcher *m, struct fsk_err *err)
{
	uint32_t *more;

	if (m->nedges < m->nbuckets)
		return 0;
	more = calloc(2 * (size_t) m->nbuckets, sizeof(*more));
	if (more == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for patterns");
	free(m->buckets);
	m->buckets = more;
	m->nbuckets *= 2;
	for (uint32_t i = 1; i < m->nedges; i++)
		if (m->edges[i].kind != REST)
			hang(m, i);
	return 0;
}

/* How the component `part` of `e->glob` is found. The longer end tells more. */
static void classify(struct edge *e, const struct fsk_glob_part *part, bool fold)
{
	struct fsk_glob_ends ends;
	struct spelling s;

	if (part->literal != NULL) {
		spell(&s, part->literal, fold);
		e->kind = LITERAL;
		e->hash = s.all;
		return;
	}
	fsk_glob_component_ends(&ends, e->glob, e->part, fold);
	if (ends.ntail > 0 && ends.ntail >= ends.nhead) {
		e->kind = TAIL;
		e->length = (uint8_t) ends.ntail;
		e->hash = hash_back(ends.tail, ends.ntail);
	} else if (ends.nhead > 0) {
		e->kind = HEAD;
		e->length = (uint8_t) ends.nhead;
		e->hash = HASH_OF_NOTHING;
		for (size_t i = 0; i < ends.nhead; i++)
			e->hash = mix(e->hash, ends.head[i]);
	} else {
		e->kind = REST;
	}
}

static bool same_component(const struct fsk_matcher *m, const struct edge *e,
                           const struct fsk_glob_part *part)
{
	struct fsk_glob_part have;

	fsk_glob_component(e->glob, e->part, &have);
	if (part->literal == NULL || have.literal == NULL)
		return part->literal == have.literal && strcmp(part->pattern, have.pattern) == 0;
	return m->fold ? fsk_text_casecmp(part->literal, have.literal) == 0
	               : strcmp(part->literal, have.literal) == 0;
}

static uint32_t find_twin(const struct fsk_matcher *m, const struct edge *e,
                          const struct fsk_glob_part *part)
{
	uint32_t i =
	    e->kind == REST
	        ? m->states[e->from].rest
	        : m->buckets[bucket_of(m, e->from, (enum kind) e->kind, e->length, e->hash)];

	while (i != 0 && (m->edges[i].from != e->from || m->edges[i].kind != e->kind ||
	                  m->edges[i].hash != e->hash || !same_component(m, &m->edges[i], part)))
		i = m->edges[i].next;
	return i;
}

static int add_edge(uint32_t *to, struct fsk_matcher *m, struct edge e, struct fsk_err *err)
{
	int rc = room(&m->edges, &m->edges_cap, m->nedges, sizeof(*m->edges), err);

	if (rc == 0)
		rc = grow_buckets(m, err);
	if (rc == 0)
		rc = new_state(&e.to, m, err);
	if (rc < 0)
		return rc;
	e.sibling = m->states[e.from].edges;
	m->edges[m->nedges] = e;
	m->states[e.from].edges = m->nedges;
	m->states[e.from].onward = true;
	hang(m, m->nedges++);
	if (e.kind != REST)
		m->states[e.from].lengths[e.kind] |= 1u << e.length;
	*to = e.to;
	return 0;
}

/* Moves `*at` over one component. */
static int add_part(uint32_t *at, struct fsk_matcher *m, const struct fsk_glob *g, uint32_t i,
                    const struct fsk_glob_part *part, struct fsk_err *err)
{
	struct edge e = { .glob = g, .part = i, .from = *at };
	uint32_t known;
	int rc = 0;

	if (part->any_depth) {
		known = m->states[*at].any;
		if (known == 0)
			rc = new_state(&known, m, err);
		if (rc < 0)
			return rc;
		m->states[known].loops = m->states[known].onward = true;
		m->states[*at].onward = true;
		m->states[*at].any = known;
		*at = known;
		return 0;
	}
	classify(&e, part, m->fold);
	known = find_twin(m, &e, part);
	if (known == 0)
		return add_edge(at, m, e, err);
	*at = m->edges[known].to;
	return 0;
}

/* Equal numbers come one after the other: a double can only be the first. */
static int add_want(uint32_t *first, struct fsk_matcher *m, uint32_t number, struct fsk_err *err)
{
	int rc;

	if (*first != 0 && m->wants[*first].number == number)
		return 0;
	rc = room(&m->wants, &m->wants_cap, m->nwants, sizeof(*m->wants), err);
	if (rc < 0)
		return rc;
	m->wants[m->nwants] = (struct want){ .number = number, .next = *first };
	*first = m->nwants++;
	return 0;
}

static const char *stream_pattern(const struct fsk_glob *g)
{
	struct fsk_glob_part part = { 0 };

	for (size_t i = 0; fsk_glob_component(g, i, &part);)
		i++;
	return part.stream;
}

static int add_stream(struct fsk_matcher *m, uint32_t at, const struct fsk_glob *g,
                      const char *pattern, uint32_t want, struct fsk_err *err)
{
	uint32_t i = m->states[at].streams;
	int rc;

	while (i != 0 && strcmp(stream_pattern(m->streams[i].glob), pattern) != 0)
		i = m->streams[i].next;
	if (i == 0) {
		rc = room(&m->streams, &m->streams_cap, m->nstreams, sizeof(*m->streams), err);
		if (rc < 0)
			return rc;
		i = m->nstreams++;
		m->streams[i] = (struct stream){ .glob = g, .next = m->states[at].streams };
		m->states[at].streams = i;
	}
	return add_want(&m->streams[i].wants, m, want, err);
}

/* The glob that was added last and the states on its way: alternatives of one pattern
 * differ in their last components, mostly. */
struct trail {
	const struct fsk_glob *glob;
	uint32_t at[FSK_GLOB_COMPONENTS_MAX + 1];
};

/* How many components in front are those of the trail. */
static uint32_t shared_part(const struct trail *t, const struct fsk_glob *g)
{
	struct fsk_glob_part a, b;
	uint32_t i = 0;

	while (t->glob != NULL && fsk_glob_component(t->glob, i, &a) &&
	       fsk_glob_component(g, i, &b) && strcmp(a.pattern, b.pattern) == 0)
		i++;
	return i;
}

static int add_glob(struct fsk_matcher *m, struct trail *t, const struct fsk_glob *g, uint32_t want,
                    struct fsk_err *err)
{
	uint32_t i = shared_part(t, g), at = t->at[i];
	struct fsk_glob_part part = { 0 };
	int rc = 0;

	t->glob = NULL;
	if (i > 0)
		fsk_glob_component(g, i - 1, &part);
	for (; rc == 0 && fsk_glob_component(g, i, &part); t->at[++i] = at) {
		rc = add_part(&at, m, g, i, &part, err);
		if (part.any_depth && i < m->depth_of_any) {
			m->depth_of_any = i;
			m->wants_any = want;
		}
	}
	if (rc == 0)
		rc = part.stream != NULL ? add_stream(m, at, g, part.stream, want, err)
		                         : add_want(&m->states[at].wants, m, want, err);
	if (rc < 0)
		return rc;
	t->glob = g;
	m->globs++;
	return 0;
}

int fsk_matcher_add(struct fsk_matcher *m, const struct fsk_globset *set, uint32_t want,
                    struct fsk_err *err)
{
	struct trail trail = { .glob = NULL };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < set->count; i++)
		rc = add_glob(m, &trail, set->globs[i], want, err);
	return rc;
}

/* Matching */

/* A state and the "**" behind it, which stand for no component too. */
static int enter(struct fsk_numbers *below, struct fsk_matcher *m, uint32_t at, struct fsk_err *err)
{
	int rc = 0;

	while (rc == 0 && m->states[at].onward && m->states[at].mark != m->step) {
		m->states[at].mark = m->step;
		rc = push(below, at, err);
		at = m->states[at].any;
		if (at == 0)
			break;
	}
	return rc;
}

/* The marks of a step are told from those of the steps before. */
static void next_step(struct fsk_matcher *m)
{
	if (++m->step != 0)
		return;
	for (uint32_t i = 0; i < m->nstates; i++)
		m->states[i].mark = 0;
	m->step = 1;
}

int fsk_matcher_start(struct fsk_numbers *states, struct fsk_matcher *m, struct fsk_err *err)
{
	states->count = 0;
	next_step(m);
	return enter(states, m, 0, err);
}

static int push_wants(struct fsk_numbers *hits, const struct fsk_matcher *m, uint32_t first,
                      struct fsk_err *err)
{
	int rc = 0;

	for (uint32_t i = first; rc == 0 && i != 0; i = m->wants[i].next)
		rc = push(hits, m->wants[i].number, err);
	return rc;
}

/* The name leads to the state `to`. */
static int reach(struct fsk_match *r, struct fsk_matcher *m, uint32_t to, struct fsk_err *err)
{
	const struct state *s = &m->states[to];
	int rc = enter(&r->below, m, to, err);

	if (rc == 0 && s->wants != 0)
		rc = push_wants(&r->hits, m, s->wants, err);
	if (rc == 0 && s->streams != 0)
		rc = push(&r->streams, to, err);
	return rc;
}

/* All of a list whose component the name fits. */
static int try_edges(struct fsk_match *r, struct fsk_matcher *m, uint32_t first,
                     const struct edge *like, const char *name, struct fsk_err *err)
{
	int rc = 0;

	for (uint32_t i = first; rc == 0 && i != 0; i = m->edges[i].next) {
		const struct edge *e = &m->edges[i];

		if (e->from == like->from && e->kind == like->kind && e->length == like->length &&
		    e->hash == like->hash &&
		    fsk_glob_component_match(e->glob, e->part, name, m->fold))
			rc = reach(r, m, e->to, err);
	}
	return rc;
}

static int step_found(struct fsk_match *r, struct fsk_matcher *m, uint32_t from, enum kind kind,
                      struct spelling *s, struct fsk_err *err)
{
	uint32_t left = m->states[from].lengths[kind];
	int rc = 0;

	if (left != 0 && !s->made)
		spell(s, s->name, m->fold);
	for (uint32_t n = 0; rc == 0 && left >> n != 0 && n <= s->count; n++) {
		struct edge like = { .from = from, .kind = (uint8_t) kind, .length = (uint8_t) n };

		if ((left >> n & 1) == 0)
			continue;
		like.hash = kind == LITERAL ? s->all : kind == TAIL ? s->tail[n] : s->head[n];
		rc = try_edges(r, m, m->buckets[bucket_of(m, from, kind, n, like.hash)], &like,
		               s->name, err);
	}
	return rc;
}

static int step_state(struct fsk_match *r, struct fsk_matcher *m, uint32_t from, struct spelling *s,
                      struct fsk_err *err)
{
	const struct edge rest = { .from = from, .kind = REST };
	int rc = 0;

	if (m->states[from].loops)
		rc = reach(r, m, from, err);
	for (int kind = LITERAL; rc == 0 && kind < REST; kind++)
		rc = step_found(r, m, from, (enum kind) kind, s, err);
	if (rc == 0)
		rc = try_edges(r, m, m->states[from].rest, &rest, s->name, err);
	return rc;
}

static int compare_numbers(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *) pa, b = *(const uint32_t *) pb;

	return (a > b) - (a < b);
}

static void sort_hits(struct fsk_numbers *hits)
{
	size_t kept = 0;

	if (hits->count < 2)
		return;
	qsort(hits->items, hits->count, sizeof(*hits->items), compare_numbers);
	for (size_t i = 1; i < hits->count; i++)
		if (hits->items[i] != hits->items[kept])
			hits->items[++kept] = hits->items[i];
	hits->count = kept + 1;
}

int fsk_matcher_step(struct fsk_match *r, struct fsk_matcher *m, const struct fsk_numbers *states,
                     const char *name, struct fsk_err *err)
{
	struct spelling s = { .name = name };
	int rc = 0;

	r->below.count = r->hits.count = r->streams.count = 0;
	next_step(m);
	for (size_t i = 0; rc == 0 && i < states->count; i++)
		rc = step_state(r, m, states->items[i], &s, err);
	sort_hits(&r->hits);
	return rc;
}

int fsk_matcher_stream(struct fsk_numbers *hits, struct fsk_matcher *m, const struct fsk_match *r,
                       const char *stream, struct fsk_err *err)
{
	int rc = 0;

	hits->count = 0;
	for (size_t i = 0; rc == 0 && i < r->streams.count; i++)
		for (uint32_t k = m->states[r->streams.items[i]].streams; rc == 0 && k != 0;
		     k = m->streams[k].next)
			if (fsk_glob_stream_match(m->streams[k].glob, stream, m->fold))
				rc = push_wants(hits, m, m->streams[k].wants, err);
	sort_hits(hits);
	return rc;
}

static bool only_literals(const struct state *s)
{
	return !s->loops && s->rest == 0 && s->lengths[TAIL] == 0 && s->lengths[HEAD] == 0;
}

bool fsk_matcher_literals(const char **names, size_t *count, size_t max,
                          const struct fsk_matcher *m, const struct fsk_numbers *states)
{
	struct fsk_glob_part part;

	*count = 0;
	for (size_t i = 0; i < states->count; i++) {
		const struct state *s = &m->states[states->items[i]];

		if (!only_literals(s))
			return false;
		for (uint32_t k = s->edges; k != 0; k = m->edges[k].sibling) {
			if (*count == max)
				return false;
			fsk_glob_component(m->edges[k].glob, m->edges[k].part, &part);
			names[(*count)++] = part.literal;
		}
	}
	return true;
}
