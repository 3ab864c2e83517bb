/* From a command line found in evidence to the file on the same evidence that
 * it would start. The rules are those of Windows: CreateProcess for unquoted
 * paths with spaces (each prefix that ends at a space is tried, shortest
 * first), the search path for bare names, the usual hosts (rundll32,
 * regsvr32, cmd, wscript, cscript, mshta, powershell) are looked through.
 * A command line that begins with '/' or '~/' is one of Unix.
 * Source: Microsoft's documentation of CreateProcessW (lpCommandLine). */
#ifndef FSK_LUA_FOLLOW_H
#define FSK_LUA_FOLLOW_H

#include "core/base/err.h"
#include "core/evidence/fs.h"

#define FSK_FOLLOW_MAX 65536u /* bytes of a command line; longer than Windows permits */

struct fsk_follow {
	/* as fsk_fs_lookup; `out` is released with fsk_entry_free */
	int (*lookup)(void *arg, struct fsk_entry *out, const char *path, struct fsk_err *err);
	void *arg;
	char letter;      /* of the volume, 0 while unknown */
	const char *user; /* name of the profile folder, or NULL */
	/* Variables of that machine and user: names and values in turn. They come
	 * before those that are known of every Windows; a value may name others. */
	const char *const *env;
	size_t nenv; /* pairs */
};

/* FSK_ENOTFOUND when the file is not there, or lies on another drive, or on a
 * server; FSK_EUNSUPPORTED when the command line names something that cannot
 * be known (a variable, another user's folder); FSK_EINVAL for an empty one.
 * The message names what was looked for. Free `out` with fsk_entry_free. */
int fsk_follow_command(struct fsk_entry *out, const struct fsk_follow *f, const char *command,
                       struct fsk_err *err);

/* `text` with each %NAME% replaced, into `out` of FSK_FOLLOW_MAX + 1 bytes.
 * FSK_EUNSUPPORTED names the variable that is not known, FSK_ELIMIT, FSK_ENOMEM. */
int fsk_follow_expand(char *out, const struct fsk_follow *f, const char *text, struct fsk_err *err);

#endif
