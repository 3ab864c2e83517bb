/* The members of a ZIP as libarchive sees them: what verify goes by, so that
 * our own code is not its own witness. */
#ifndef FSK_ARCHIVE_READBACK_H
#define FSK_ARCHIVE_READBACK_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/file.h"

#define FSK_READBACK_SKIP 1

struct fsk_readback_ops {
	/* FSK_READBACK_SKIP: neither data nor an end is given */
	int (*begin)(void *arg, const char *name, struct fsk_err *err);
	int (*data)(void *arg, const void *p, size_t n, struct fsk_err *err);
	/* `damage` is NULL, or why the member could not be read to its end */
	int (*end)(void *arg, const char *damage, struct fsk_err *err);
	/* raw bytes of the file as they pass, in any order */
	void (*raw)(void *arg, uint64_t at, const uint8_t *p, size_t n);
};

/* Goes over all members in the order in which they lie. FSK_ECORRUPT when the
 * file cannot be read as a ZIP with an index; what the ops return otherwise. */
int fsk_readback(const struct fsk_file *f, const struct fsk_readback_ops *ops, void *arg,
                 struct fsk_err *err);

/* Names in a ZIP are UTF-8, but libarchive hands them out in the character
 * set of the thread's locale. These switch this thread to UTF-8 and back.
 * locale_posix.c, locale_win32.c. */
void *fsk_locale_enter_utf8(void);
void fsk_locale_leave(void *before);

#endif
