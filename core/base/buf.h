/* A growable byte buffer with a ceiling. */
#ifndef FSK_BASE_BUF_H
#define FSK_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct fsk_buf {
	uint8_t *data; /* NULL while nothing was reserved */
	size_t len;    /* bytes in use */
	size_t cap;    /* bytes allocated */
	size_t max;    /* growth beyond this is FSK_ELIMIT */
};

/* Makes `b` an empty buffer that will never hold more than `max` bytes.
 * Allocates nothing. Release with fsk_buf_free. */
void fsk_buf_init(struct fsk_buf *b, size_t max);

/* Frees the memory and makes `b` empty again; the ceiling stays. */
void fsk_buf_free(struct fsk_buf *b);

/* Sets the length to 0 and keeps the memory. */
void fsk_buf_reset(struct fsk_buf *b);

/* Makes room for `extra` more bytes. FSK_ELIMIT, FSK_ENOMEM. */
int fsk_buf_reserve(struct fsk_buf *b, size_t extra, struct fsk_err *err);

/* Appends. On failure the buffer is unchanged. FSK_ELIMIT, FSK_ENOMEM. */
int fsk_buf_append(struct fsk_buf *b, const void *p, size_t n, struct fsk_err *err);
int fsk_buf_append_u8(struct fsk_buf *b, uint8_t v, struct fsk_err *err);
int fsk_buf_append_u16le(struct fsk_buf *b, uint16_t v, struct fsk_err *err);
int fsk_buf_append_u32le(struct fsk_buf *b, uint32_t v, struct fsk_err *err);
int fsk_buf_append_u64le(struct fsk_buf *b, uint64_t v, struct fsk_err *err);
int fsk_buf_append_str(struct fsk_buf *b, const char *s, struct fsk_err *err);
int fsk_buf_printf(struct fsk_buf *b, struct fsk_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Drops the first `n` bytes (n <= len) and moves the rest to the front. */
void fsk_buf_consume(struct fsk_buf *b, size_t n);

/* Ends the content with a NUL (not counted in len) and hands the memory to
 * the caller, who frees it with free(); `b` is empty afterwards. NULL and
 * `err` set when memory or the ceiling does not suffice. */
char *fsk_buf_steal_str(struct fsk_buf *b, struct fsk_err *err);

#endif
