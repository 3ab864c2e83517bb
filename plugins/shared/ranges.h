/* A file as ranges that are read on demand, and what was wrong with it. */
#ifndef FSK_PLUGINS_SHARED_RANGES_H
#define FSK_PLUGINS_SHARED_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "plugins/shared/input.h"

#define FSK_RANGES_PAGE 16384u
#define FSK_RANGES_PAGES 16u

struct fsk_ranges_page {
	uint64_t off;
	size_t len; /* 0: nothing is in it */
	uint8_t data[FSK_RANGES_PAGE];
};

struct fsk_ranges {
	struct fsk_input in;
	struct fsk_ranges_page *pages; /* a cache by offset */
	unsigned npages;               /* up to FSK_RANGES_PAGES */
	struct fsk_err err;            /* of the first read that failed */
	bool bad;                      /* something came as zeros that the medium does not give */
	json_t *notes;                 /* texts, FSK_RANGES_NOTES_MAX of them at most */
	size_t noted;                  /* with those that were not kept */
	size_t names;                  /* bytes that names may still take: FSK_RANGES_NAMES_MAX */
};

/* FSK_ENOMEM. */
int fsk_ranges_open(struct fsk_ranges *out, const struct fsk_input *in, struct fsk_err *err);
void fsk_ranges_close(struct fsk_ranges *f);

/* Copies up to `n` bytes at `off`; the count is smaller at the end of the file, or
 * where reading failed (f->err then). The rest of `out` is zeroed. */
size_t fsk_ranges_read(struct fsk_ranges *f, void *out, size_t n, uint64_t off);
/* All `n` bytes, or false. */
bool fsk_ranges_read_all(struct fsk_ranges *f, void *out, size_t n, uint64_t off);

#define FSK_RANGES_NOWHERE UINT64_MAX
/* Something wrong in the file at `off`: "offset 0x1c: …" among the notes; without an offset
 * for FSK_RANGES_NOWHERE. */
void fsk_ranges_note(struct fsk_ranges *f, uint64_t off, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The notes, with one that counts those that were not kept. Borrowed. */
json_t *fsk_ranges_notes(struct fsk_ranges *f);

/* The NUL-terminated text at `off`, no longer than `max` bytes and FSK_RANGES_NAME_MAX;
 * false when its end is not there, or names have taken FSK_RANGES_NAMES_MAX. `out`
 * holds the bytes without the NUL. */
bool fsk_ranges_text(struct fsk_buf *out, struct fsk_ranges *f, uint64_t off, size_t max);

/* A JSON string of bytes; those that are no UTF-8 come as in core/base/text.h. New
 * reference, NULL without memory. */
json_t *fsk_json_bytes(const void *p, size_t n);

#endif
