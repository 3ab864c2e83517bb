/* Packs one piece of a member at a time, so that threads can share the work:
 * plain bytes in, deflated bytes out. What comes out depends on the level and
 * the bytes alone.
 *
 * The pieces of a member, one behind the other, are one DEFLATE stream
 * (deflate.h). What will not deflate (noise.h) goes into stored blocks
 * untried. Matches do not reach over the ends of pieces: that costs about one
 * part in a thousand. */
#ifndef FSK_ARCHIVE_PACK_H
#define FSK_ARCHIVE_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/limits.h"

#define FSK_PACK_PIECE FSK_MIB /* plain bytes of a piece; only the last one has fewer */
#define FSK_PACK_LEVEL 4       /* unless another is asked for */

enum fsk_pack_place {
	FSK_PACK_ALONE,  /* all of the member */
	FSK_PACK_INSIDE, /* another piece follows */
	FSK_PACK_LAST,
};

struct fsk_packer; /* what one thread needs: 2 MiB up to level 9, 10 MiB above */

/* `level` is 1 to 12. */
int fsk_packer_new(struct fsk_packer **out, int level, struct fsk_err *err);
void fsk_packer_free(struct fsk_packer *p);

/* Packs p[0, n), 1 to FSK_PACK_PIECE bytes. The result stays in the packer until
 * the next call. A piece that is alone comes out empty when it is better stored
 * as it is: when less than one part in fifty would be saved. */
int fsk_pack_piece(struct fsk_packer *packer, const uint8_t **out, size_t *packed, const uint8_t *p,
                   size_t n, enum fsk_pack_place place, struct fsk_err *err);

#endif
