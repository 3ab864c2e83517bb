/* Errors: a code and one sentence that names the object and the reason.
 *
 * Every fallible function returns 0 (or a count) on success and one of the
 * negative FSK_E* codes on failure, and takes `struct fsk_err *` as its last
 * parameter. That pointer may be NULL when the caller wants the code only.
 */
#ifndef FSK_BASE_ERR_H
#define FSK_BASE_ERR_H

#include <stdarg.h>

#define FSK_ERR_MSG_MAX 512

enum fsk_code {
	FSK_OK = 0,
	FSK_ENOMEM = -1,       /* the allocator refused */
	FSK_EIO = -2,          /* the host failed to read or write */
	FSK_EINVAL = -3,       /* the caller (or the user) asked for nonsense */
	FSK_ENOTFOUND = -4,    /* absent; a result about the evidence */
	FSK_ECORRUPT = -5,     /* evidence contradicts its own format */
	FSK_EUNSUPPORTED = -6, /* valid, but nothing here reads it */
	FSK_ELIMIT = -7,       /* a named limit of base/limits.h was met */
	FSK_EPERM = -8,        /* the host, or the sandbox, refused */
	FSK_EEXIST = -9,       /* will not overwrite */
	FSK_ENOSPC = -10,      /* the output volume is full */
	FSK_EPROTO = -11,      /* a message that is not permitted now */
	FSK_ECANCELED = -12,   /* the user or the keeper asked to stop */
	FSK_ETIMEOUT = -13,    /* a wall clock or instruction budget ran out */
	FSK_EPLUGIN = -14,     /* a plugin raised or is malformed */
	FSK_EDIED = -15,       /* a worker ended without saying done */
	FSK_EAMBIGUOUS = -16,  /* evidence can be read in two ways; one was taken */
};

struct fsk_err {
	int code;
	char msg[FSK_ERR_MSG_MAX]; /* always NUL-terminated; truncated if longer */
};

/* Sets code and message. Returns `code`, so that a caller can write
 * `return fsk_err_set(err, FSK_ECORRUPT, "…")`. `err` may be NULL. */
int fsk_err_set(struct fsk_err *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

int fsk_err_vset(struct fsk_err *err, int code, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

/* As fsk_err_set, with the code derived from `saved_errno` and ": <reason>"
 * appended to the message. */
int fsk_err_errno(struct fsk_err *err, int saved_errno, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "<text>: " in front of the message that is there; the code stays.
 * Returns the code. */
int fsk_err_wrap(struct fsk_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Stable lower-case word for a code, e.g. "corrupt", "not-found"; used in
 * anomalies and JSON. Never NULL. */
const char *fsk_code_name(int code);

#endif
