/* Bounded reading of binary formats.
 *
 * A cursor walks over memory that somebody else owns. Reads past the end
 * return 0 (or NULL) and set `failed`, which stays set: read a whole
 * structure, then test once. Nothing is ever cast to a struct. */
#ifndef FSK_BASE_CURSOR_H
#define FSK_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fsk_cur {
	const uint8_t *data;
	size_t len;
	size_t pos;
	bool failed;
};

void fsk_cur_init(struct fsk_cur *c, const void *data, size_t len);

size_t fsk_cur_left(const struct fsk_cur *c);
/* Absolute position; past the end fails and leaves the position. */
void fsk_cur_seek(struct fsk_cur *c, size_t pos);
void fsk_cur_skip(struct fsk_cur *c, size_t n);

uint8_t fsk_cur_u8(struct fsk_cur *c);
uint16_t fsk_cur_u16le(struct fsk_cur *c);
uint32_t fsk_cur_u32le(struct fsk_cur *c);
uint64_t fsk_cur_u64le(struct fsk_cur *c);
uint16_t fsk_cur_u16be(struct fsk_cur *c);
uint32_t fsk_cur_u32be(struct fsk_cur *c);
uint64_t fsk_cur_u64be(struct fsk_cur *c);

/* The next `n` bytes in place, or NULL (and failed) if fewer are left. The
 * pointer lives as long as the memory under the cursor. */
const uint8_t *fsk_cur_bytes(struct fsk_cur *c, size_t n);

/* Copies the next `n` bytes; on failure `out` is zeroed. */
void fsk_cur_copy(struct fsk_cur *c, void *out, size_t n);

#endif
