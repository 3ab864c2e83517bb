/* Names of members and of the archive itself, made safe. Names come from
 * evidence: this is the last place that sees them before some other tool
 * extracts the archive into a folder of an examiner's machine. */
#ifndef FSK_ARCHIVE_NAME_H
#define FSK_ARCHIVE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

/* Appends `name` to `out` as a member may be called:
 *   - no leading, trailing or double '/'
 *   - a component of dots and spaces only ("..", ". .") has its dots as %2E
 *   - a drive letter in front ("C:") has its colon as %3A
 *   - '\', control characters, line separators, bidirectional controls and
 *     bytes that are not UTF-8 come out as %XX, byte by byte
 *   - cut to FSK_MEMBER_NAME_MAX less some room for "~N", at a character
 *   - "unnamed" when nothing is left
 * What the name was is in the locator, so this need not be reversible. */
int fsk_name_append_member(struct fsk_buf *out, const char *name, struct fsk_err *err);

/* Appends a label as a part of a file name: ASCII letters and digits, '.',
 * '_', '-' and everything beyond ASCII stay, the rest is '_'; no '.' or '-' in
 * front; at most 100 bytes; "evidence" when nothing is left. */
int fsk_name_append_label(struct fsk_buf *out, const char *label, struct fsk_err *err);

/* The names that are taken. Upper and lower case are one, because Windows
 * extracts "A" and "a" into one file. Only 64-bit hashes are kept: a collision
 * would merely number a name that needed no number. */
struct fsk_nameset {
	uint64_t *slots; /* open addressing; 0 is empty */
	size_t cap, used;
};

void fsk_nameset_free(struct fsk_nameset *s);
bool fsk_nameset_has(const struct fsk_nameset *s, const char *name);
/* FSK_EEXIST when it is there already. */
int fsk_nameset_add(struct fsk_nameset *s, const char *name, struct fsk_err *err);

/* Adds `name` (already safe), or the first of "name~2", "name~3", … that is
 * free, and leaves what was taken in `name`. */
int fsk_nameset_take(struct fsk_nameset *s, struct fsk_buf *name, struct fsk_err *err);

#endif
