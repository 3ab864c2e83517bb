/* Names of collected files in the archive. */
#ifndef FSK_KEEPER_MEMBER_H
#define FSK_KEEPER_MEMBER_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/model/locator.h"

/* Appends the name of the member for `loc`, whose volume has the place
 * `place` (see probe.h):
 *
 *   fs/<place>/<path>            the file
 *   fs/<place>/<path>:<stream>   its alternate data stream
 *   …~<address>                  a deleted entry, or one of which another's
 *                                name differs in case only
 *   src<N>/fs/…                  with several sources
 *
 * What a path may hold is made harmless by the archive layer. */
int fsk_member_name(struct fsk_buf *out, const struct fsk_locator *loc, bool twin,
                    const char *place, bool many_sources, struct fsk_err *err);

#endif
