#include "tests/unit/unit.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/matcher.h"
#include "tests/unit/matcher_check.h"

static uint32_t seed;

static uint32_t below(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void append(char *s, size_t cap, const char *more)
{
	assert_true(strlen(s) + strlen(more) < cap);
	strcat(s, more);
}

static const char *const letters[] = { "a", "b", "A", "B", ".", "\xc3\xa4", "\xc3\x84", "\xff" };
#define LETTERS (sizeof(letters) / sizeof(letters[0]))

static void random_component(char *s, size_t cap)
{
	static const char *const metas[] = { "*",     "*",     "?",   "[ab]", "[!a]",
		                             "{a,b}", "{,a/}", "\\*", "\\a" };
	unsigned n = 1 + below(4);

	if (below(4) == 0) {
		append(s, cap, "**");
		return;
	}
	while (n-- > 0)
		append(s, cap,
		       below(3) == 0 ? metas[below(sizeof(metas) / sizeof(metas[0]))]
		                     : letters[below(LETTERS)]);
	/* longer than the ends that are hashed */
	if (below(8) == 0)
		append(s, cap, below(2) ? "aaaaaaaaaaaaaaaaaaaa" : "aaaaaaaaaaaaaaaaaaaaa");
}

static void random_pattern(char *s, size_t cap)
{
	s[0] = '\0';
	for (unsigned n = 1 + below(4); n > 0; n--) {
		random_component(s, cap);
		if (n > 1)
			append(s, cap, "/");
	}
	if (below(5) == 0) {
		append(s, cap, ":");
		random_component(s, cap);
	}
}

static void random_name(char *s, size_t cap)
{
	for (unsigned n = 1 + below(3); n > 0; n--)
		append(s, cap, letters[below(LETTERS)]);
	if (below(8) == 0)
		append(s, cap, "aaaaaaaaaaaaaaaaaaaaa");
}

static void random_path(char *s, size_t cap)
{
	s[0] = '\0';
	for (unsigned n = 1 + below(5); n > 0; n--) {
		random_name(s, cap);
		if (n > 1)
			append(s, cap, "/");
	}
	if (below(4) == 0) {
		append(s, cap, ":");
		random_name(s, cap);
	}
}

#define SETS 12

/* A few sets of random patterns against many random paths. */
static void round_of(bool fold)
{
	struct fsk_globset sets[SETS] = { 0 };
	struct fsk_matcher *m;
	char text[512];

	assert_int_equal(fsk_matcher_new(&m, fold, NULL), 0);
	for (uint32_t i = 0; i < SETS; i++) {
		for (unsigned n = 1 + below(3); n > 0; n--) {
			int rc;

			random_pattern(text, sizeof(text));
			rc = fsk_globset_add(&sets[i], text, NULL);
			/* an alternative may be empty */
			assert_true(rc == 0 || rc == FSK_EINVAL);
		}
		assert_int_equal(fsk_matcher_add(m, &sets[i], i, NULL), 0);
	}
	for (unsigned n = 0; n < 200; n++) {
		random_path(text, sizeof(text));
		if (!matcher_agrees(m, sets, SETS, text, fold))
			fail_msg("\"%s\" with fold=%d", text, fold);
	}
	fsk_matcher_free(m);
	for (unsigned i = 0; i < SETS; i++)
		fsk_globset_free(&sets[i]);
}

static void random_patterns_mean_what_the_globs_mean(void **state)
{
	(void) state;
	for (seed = 1; seed < 400;) {
		uint32_t round = seed;

		round_of(round % 2 == 0);
		seed = round + 1;
	}
}

struct built {
	struct fsk_matcher *m;
	struct fsk_globset sets[8];
	struct fsk_numbers states;
	struct fsk_match r;
};

static void build(struct built *b, bool fold, const char *const *patterns)
{
	memset(b, 0, sizeof(*b));
	assert_int_equal(fsk_matcher_new(&b->m, fold, NULL), 0);
	for (uint32_t i = 0; patterns[i] != NULL; i++) {
		assert_int_equal(fsk_globset_add(&b->sets[i], patterns[i], NULL), 0);
		assert_int_equal(fsk_matcher_add(b->m, &b->sets[i], i, NULL), 0);
	}
	assert_int_equal(fsk_matcher_start(&b->states, b->m, NULL), 0);
}

static void drop(struct built *b)
{
	fsk_matcher_free(b->m);
	for (unsigned i = 0; i < 8; i++)
		fsk_globset_free(&b->sets[i]);
	fsk_numbers_free(&b->states);
	fsk_match_free(&b->r);
}

static void step(struct built *b, const char *name)
{
	assert_int_equal(fsk_matcher_step(&b->r, b->m, &b->states, name, NULL), 0);
}

static void equal_beginnings_are_kept_once(void **state)
{
	static const char *const patterns[] = { "Users/*/NTUSER.DAT", "USERS/*/ntuser.dat",
		                                "users/*/Desktop/**", "Users/*/NTUSER.DAT", NULL };
	struct built b;

	(void) state;
	build(&b, true, patterns);
	/* the root, Users, *, NTUSER.DAT, Desktop, ** */
	assert_int_equal(fsk_matcher_size(b.m).states, 6);
	assert_int_equal(fsk_matcher_size(b.m).globs, 4);
	assert_int_equal(fsk_matcher_depth_of_any(b.m, NULL), 3);
	drop(&b);
	build(&b, false, patterns);
	assert_int_equal(fsk_matcher_size(b.m).states, 11);
	drop(&b);
}

static void a_hit_says_who_asked(void **state)
{
	static const char *const patterns[] = {
		"**/*.dll", "**/f*", "*", "**/{f*,*.dll}", "x", "**:Zone.Identifier", NULL
	};
	struct built b;
	struct fsk_numbers hits = { 0 };

	(void) state;
	build(&b, true, patterns);
	assert_int_equal(fsk_matcher_depth_of_any(b.m, NULL), 0);
	step(&b, "FFMPEG.DLL");
	assert_int_equal(b.r.hits.count, 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(b.r.hits.items[i], i);
	assert_int_equal(fsk_matcher_stream(&hits, b.m, &b.r, "zone.identifier", NULL), 0);
	assert_int_equal(hits.count, 1);
	assert_int_equal(hits.items[0], 5);
	assert_int_equal(fsk_matcher_stream(&hits, b.m, &b.r, "zone", NULL), 0);
	assert_int_equal(hits.count, 0);
	fsk_numbers_free(&hits);
	drop(&b);
}

static void literal_folders_are_told(void **state)
{
	static const char *const plain[] = { "a/x", "b\\*/y", "a/z", NULL };
	static const char *const wild[] = { "a/x", "b*/y", NULL };
	const char *names[4];
	struct built b;
	size_t n;

	(void) state;
	build(&b, false, plain);
	assert_int_equal(fsk_matcher_depth_of_any(b.m, NULL), UINT_MAX);
	assert_true(fsk_matcher_literals(names, &n, 4, b.m, &b.states));
	assert_int_equal(n, 2);
	assert_string_equal(names[0], "b*");
	assert_string_equal(names[1], "a");
	assert_false(fsk_matcher_literals(names, &n, 1, b.m, &b.states));
	drop(&b);
	build(&b, false, wild);
	assert_false(fsk_matcher_literals(names, &n, 4, b.m, &b.states));
	drop(&b);
}

static void nothing_asked_is_nothing_found(void **state)
{
	static const char *const none[] = { NULL };
	struct built b;

	(void) state;
	build(&b, true, none);
	assert_int_equal(b.states.count, 0);
	step(&b, "a");
	assert_int_equal(b.r.hits.count + b.r.below.count + b.r.streams.count, 0);
	drop(&b);
}

/* The `i`-th of many patterns, and a name that only it fits. */
static void pattern_of(char *out, size_t cap, uint32_t i)
{
	if (i % 3 == 0)
		snprintf(out, cap, "**/n%u", i);
	else if (i % 3 == 1)
		snprintf(out, cap, "**/*.e%u", i);
	else
		snprintf(out, cap, "**/h%u.*", i);
}

static void name_of(char *out, size_t cap, uint32_t i)
{
	if (i % 3 == 0)
		snprintf(out, cap, "N%u", i);
	else if (i % 3 == 1)
		snprintf(out, cap, "x.E%u", i);
	else
		snprintf(out, cap, "H%u.x", i);
}

/* Thousands of names of each kind: none is compared with all patterns. */
static void many_patterns_stay_apart(void **state)
{
	static struct fsk_globset sets[3000];
	struct fsk_matcher *m;
	struct fsk_numbers states = { 0 };
	struct fsk_match r = { 0 };
	char text[64];

	(void) state;
	assert_int_equal(fsk_matcher_new(&m, true, NULL), 0);
	for (uint32_t i = 0; i < 3000; i++) {
		pattern_of(text, sizeof(text), i);
		assert_int_equal(fsk_globset_add(&sets[i], text, NULL), 0);
		assert_int_equal(fsk_matcher_add(m, &sets[i], i, NULL), 0);
	}
	assert_int_equal(fsk_matcher_start(&states, m, NULL), 0);
	for (uint32_t i = 0; i < 3000; i++) {
		name_of(text, sizeof(text), i);
		assert_int_equal(fsk_matcher_step(&r, m, &states, text, NULL), 0);
		assert_int_equal(r.hits.count, 1);
		assert_int_equal(r.hits.items[0], i);
	}
	fsk_numbers_free(&states);
	fsk_match_free(&r);
	fsk_matcher_free(m);
	for (uint32_t i = 0; i < 3000; i++)
		fsk_globset_free(&sets[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_patterns_mean_what_the_globs_mean),
		cmocka_unit_test(equal_beginnings_are_kept_once),
		cmocka_unit_test(a_hit_says_who_asked),
		cmocka_unit_test(literal_folders_are_told),
		cmocka_unit_test(nothing_asked_is_nothing_found),
		cmocka_unit_test(many_patterns_stay_apart),
	};

	return cmocka_run_group_tests_name("matcher", tests, NULL, NULL);
}
