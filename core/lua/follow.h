/* From a command line found in evidence to the file on the same evidence that
 * it would start. The rules are those of Windows: CreateProcess for unquoted
 * paths with spaces (each prefix that ends at a space is tried, shortest
 * first), the search path for bare names, redirection of 32-bit programs. Programs
 * whose argument is what matters (rundll32, cmd, wscript, powershell, msiexec, …)
 * are looked through, one inside another up to a limit.
 * A command line that begins with '/' or '~/' is one of Unix.
 * Sources: Microsoft's documentation of CreateProcessW (lpCommandLine), "File
 * System Redirector", "WOW64 Implementation Details", about_PowerShell_exe. */
#ifndef FSK_LUA_FOLLOW_H
#define FSK_LUA_FOLLOW_H

#include "core/base/err.h"
#include "core/evidence/fs.h"

#define FSK_FOLLOW_MAX 65536u /* bytes of a command line; longer than Windows permits */

/* Folders in which Windows keeps profiles: of people, now and before Vista, of services, and
 * of the system. */
#define FSK_FOLLOW_HOMES 4u
extern const char *const fsk_follow_homes[FSK_FOLLOW_HOMES];

/* Whose a variable is. They come in this order; what is known of every Windows
 * comes behind them. */
enum fsk_follow_scope { FSK_FOLLOW_GIVEN, FSK_FOLLOW_USER, FSK_FOLLOW_MACHINE, FSK_FOLLOW_SCOPES };

struct fsk_follow {
	/* As fsk_fs_lookup, on the volume of drive letter `drive`, or the one in hand
	 * when that is 0; `out` is released with fsk_entry_free. */
	int (*lookup)(void *arg, struct fsk_entry *out, char drive, const char *path,
	              struct fsk_err *err);
	/* Has the same machine another volume of that letter ('A'…'Z')? NULL: no. */
	bool (*has_drive)(void *arg, char letter);
	/* The value of a variable (`n` bytes, any case), which may name others; NULL
	 * when there is none. The pointer may be NULL, too. */
	const char *(*variable)(void *arg, enum fsk_follow_scope scope, const char *name, size_t n);
	void *arg;
	char letter;      /* of the volume, 0 while unknown */
	char system;      /* of the one with Windows; 0: the volume in hand */
	const char *user; /* name of the profile folder, or NULL */
	/* Path of that folder on the volume in hand; NULL: one of those that Windows has,
	 * on the volume with Windows */
	const char *profile;
	const char *dir;  /* the folder that relative names begin in, or NULL */
	const char *root; /* a folder like "Windows.old" that is tried first, or NULL */
	bool wow64;       /* a 32-bit program of a 64-bit Windows says it */
};

/* What had to be known to find the file, beside the path itself. */
enum fsk_follow_via {
	FSK_VIA_ENVIRONMENT = 1, /* variables of the registry, or given ones */
	FSK_VIA_SHORT = 2,       /* an 8.3 name */
	FSK_VIA_WOW64 = 4,       /* a 32-bit program's folder in place of the one named */
	FSK_VIA_SEARCH = 8,      /* the search path */
	FSK_VIA_DIR = 16,        /* the working folder */
	FSK_VIA_ROOT = 32,       /* the folder of a former installation */
	FSK_VIA_DEVICE = 64,     /* a device's name, which says no letter */
	FSK_VIA_DECODED = 128    /* text in base64 */
};
/* The word for one of them: "environment", "8.3 name", …; NULL for other numbers. */
const char *fsk_follow_via_name(unsigned via);

struct fsk_followed {
	struct fsk_entry entry;   /* the file */
	unsigned via;             /* of enum fsk_follow_via, combined */
	char host[24];            /* the program that was looked through last; "": none */
	struct fsk_entry program; /* its file, when that lies outside of the Windows folder */
	bool has_program;
	char *script;     /* what was in base64, as UTF-8; or NULL */
	unsigned lookups; /* paths that were looked for */
};
void fsk_followed_free(struct fsk_followed *r);

/* FSK_ENOTFOUND when the file is not there, or lies on another drive, or on a
 * server; FSK_EUNSUPPORTED when the command line names something that cannot
 * be known (a variable, another user's folder); FSK_EINVAL for an empty one;
 * FSK_ELIMIT for one too long or with too many places to look at; another code when it is not
 * where it could be looked for, and a folder could not be read. The message
 * names what was looked for. `out` has host, program and script also after a
 * failure; free it. */
int fsk_follow_command(struct fsk_followed *out, const struct fsk_follow *f, const char *command,
                       struct fsk_err *err);

/* `text` with each %NAME% replaced, into `out` of FSK_FOLLOW_MAX + 1 bytes.
 * FSK_EUNSUPPORTED names the variable that is not known, FSK_ELIMIT, FSK_ENOMEM. */
int fsk_follow_expand(char *out, const struct fsk_follow *f, const char *text, struct fsk_err *err);

#endif
