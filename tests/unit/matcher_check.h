/* The matcher held against glob.h, which says what a pattern means. */
#ifndef FSK_TESTS_MATCHER_CHECK_H
#define FSK_TESTS_MATCHER_CHECK_H

#include <stdbool.h>

#include "core/base/matcher.h"

/* Does the matcher, which has `sets[i]` as want i, say of the path and of each
 * folder on its way what fsk_globset_match and fsk_globset_may_descend say? */
bool matcher_agrees(struct fsk_matcher *m, const struct fsk_globset *sets, size_t count,
                    const char *path, bool fold);

#endif
