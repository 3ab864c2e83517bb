/* Many sets of globs as one automaton: what a walk asks of a name costs about
 * the same for five globs and for five thousand, and a hit says who asked.
 *
 * The globs form a tree of components in which equal beginnings are kept once.
 * A place in that tree is a state; a folder is described by the states that its
 * path can have reached. Literal components are found by a hash of the name as
 * the file system folds it, those that begin or end with literal text by a hash
 * of that text; only what is left over is compared one by one. Meaning and
 * folding are those of glob.h, which is the reference. */
#ifndef FSK_BASE_MATCHER_H
#define FSK_BASE_MATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/glob.h"

struct fsk_matcher;

/* Numbers of states or of wants; zeroed before first use, kept for the next. */
struct fsk_numbers {
	uint32_t *items;
	size_t count, cap;
};
void fsk_numbers_free(struct fsk_numbers *n);

/* `fold_case` as the file system has it. Free with fsk_matcher_free. */
int fsk_matcher_new(struct fsk_matcher **out, bool fold_case, struct fsk_err *err);
void fsk_matcher_free(struct fsk_matcher *m);

/* Adds the globs of `set`, which must outlive the matcher. What matches one of
 * them is told as `want`; sets may share a number. FSK_ELIMIT beyond
 * FSK_MATCHER_STATES_MAX: part of the set is in the matcher then. */
int fsk_matcher_add(struct fsk_matcher *m, const struct fsk_globset *set, uint32_t want,
                    struct fsk_err *err);

/* The states of the root folder. None when no glob was added. */
int fsk_matcher_start(struct fsk_numbers *states, struct fsk_matcher *m, struct fsk_err *err);

/* What the globs of a folder say about one name in it. */
struct fsk_match {
	struct fsk_numbers below;   /* states of the folder that the name is, if it is one */
	struct fsk_numbers hits;    /* wants that the name itself fits, ascending */
	struct fsk_numbers streams; /* for fsk_matcher_stream: some want a stream of it */
};
void fsk_match_free(struct fsk_match *r);

/* Judges `name` in a folder with these states. `r` is overwritten. FSK_ENOMEM. */
int fsk_matcher_step(struct fsk_match *r, struct fsk_matcher *m, const struct fsk_numbers *states,
                     const char *name, struct fsk_err *err);

/* The wants that ask for the stream `stream` of the name that gave `r`. */
int fsk_matcher_stream(struct fsk_numbers *hits, struct fsk_matcher *m, const struct fsk_match *r,
                       const char *stream, struct fsk_err *err);

/* The names that a folder with these states is searched for, if it is only for
 * literal names and for at most `max`. False when it must be listed. The names
 * live as long as the sets. */
bool fsk_matcher_literals(const char **names, size_t *count, size_t max,
                          const struct fsk_matcher *m, const struct fsk_numbers *states);

/* The number of components in front of the first "**" of any glob, and the want
 * that first asked for so few (may be NULL); UINT_MAX when no glob has one. */
unsigned fsk_matcher_depth_of_any(const struct fsk_matcher *m, uint32_t *want);

/* How large it is: globs that were added, and states they make. */
struct fsk_matcher_size {
	size_t globs, states;
};
struct fsk_matcher_size fsk_matcher_size(const struct fsk_matcher *m);

#endif
