/* Keys whose paths match a pattern.
 *
 * A pattern is components parted by '\', compared without case: '?' is one
 * character, '*' any number of them, and "**" as a whole component any number of
 * keys, also none; at the end of a pattern at least one. Nothing else is
 * special: names of keys may hold '[', '{' and '/'. */
#ifndef FSK_REGISTRY_FIND_H
#define FSK_REGISTRY_FIND_H

#include "core/registry/hive.h"

struct fsk_keyfind;

/* The hive must outlive `out`. FSK_EINVAL for an empty pattern or component,
 * FSK_ELIMIT for more than 64 components, FSK_ENOMEM. Release with
 * fsk_keyfind_free. */
int fsk_keyfind_new(struct fsk_keyfind **out, struct fsk_hive *h, const char *pattern,
                    struct fsk_err *err);
void fsk_keyfind_free(struct fsk_keyfind *f);

/* The next key, in the order of the hive, each once: 1 and `out`, which the
 * caller releases; 0 at the end. FSK_ECORRUPT and FSK_ELIMIT tell what could not
 * be searched; the next call goes on behind it. After FSK_ENOMEM it ends. */
int fsk_keyfind_next(struct fsk_key **out, struct fsk_keyfind *f, struct fsk_err *err);

/* Does `name` match one component with '*' and '?'? */
bool fsk_keyfind_name(const char *pattern, const char *name);

#endif
