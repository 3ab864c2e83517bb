/* What the files of ctx:follow share. Private to core/lua/follow*.c. */
#ifndef FSK_LUA_FOLLOW_IMPL_H
#define FSK_LUA_FOLLOW_IMPL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/limits.h"
#include "core/lua/follow.h"

/* One call of fsk_follow_command. All functions return 0 or a negative code;
 * a failure whose message is not set yet has err->code 0: the caller says it. */
struct fsk_search {
	const struct fsk_follow *f;
	struct fsk_followed *out;
	struct fsk_err *err;
	struct fsk_err trouble; /* the first place that could not be looked at */
	char *dir;              /* the working folder, expanded; or NULL */
	unsigned depth;         /* of commands inside one another */
	char drive;             /* other volume where the last path was not; 0: that in hand */
	unsigned lookups;       /* so far; up to FSK_FOLLOW_LOOKUPS_MAX */
	bool wow64;             /* 32-bit folders come first */
	bool narrow;            /* a variable depends on that */
	bool environment;       /* variables that are not of every Windows were used */
};

/* "<before><what><after>", `what` escaped and cut. */
int fsk_search_fail(struct fsk_search *s, int code, const char *before, const char *what,
                    const char *after);
/* "what": not on this volume, or on the drive where it was looked for last */
int fsk_search_missing(struct fsk_search *s, const char *what);
int fsk_search_nomem(struct fsk_search *s);

/* --- follow.c --- */

/* A whole command line whose variables are replaced. */
int fsk_search_command(struct fsk_search *s, const char *command);

/* A program and its arguments, or a file, where the first word may be quoted: the
 * file itself, no program is looked through. */
int fsk_search_argument(struct fsk_search *s, const char *args, const char *const *suffixes);

/* --- follow_words.c --- */

const char *fsk_word_skip_blank(const char *p);

/* Takes the next word off `*p`, quoted or up to a byte of `stop` outside of
 * quotes, without its quotes. A quoted part that a path goes on behind
 * ("C:\a b"\c.exe) is not the end. A quote that is not closed takes all that is
 * left. NULL without memory; the caller frees. */
char *fsk_word_take(const char **p, const char *stop);

/* Skips words that begin with one of `marks`. */
const char *fsk_word_skip_switches(const char *args, const char *marks);

bool fsk_word_has_prefix(const char *s, const char *prefix); /* in any case */

/* Is `word` ('-' or '/' in front) an abbreviation of `whole` of `least` letters or more? */
bool fsk_word_is_switch(const char *word, const char *whole, size_t least);

/* Has the name of a path an extension? */
bool fsk_word_has_extension(const char *path);

/* Does it end as the name of a program or script does: ".exe", ".ps1", …? */
bool fsk_word_is_program(const char *path);

/* --- follow_vars.c --- */

/* `text` with each known %NAME% replaced, which the caller frees; others stay as
 * they are. NULL after a failure. */
char *fsk_vars_expand(struct fsk_search *s, const char *text);

/* Fails with the reason when a %NAME% is left in `text`. */
int fsk_vars_check(struct fsk_search *s, const char *text);

/* --- follow_paths.c --- */

extern const char *const fsk_program_suffixes[], *const fsk_library_suffixes[],
                                                     *const fsk_no_suffixes[];

/* One whole path or name as Windows writes it, without arguments. When it is there,
 * s->out->entry has it. */
int fsk_path_try(struct fsk_search *s, const char *word, const char *const *suffixes);

/* Does a path of Windows say by itself where it begins: "C:\…", "\…", "\\…"? */
bool fsk_path_is_absolute(const char *word);

/* --- follow_drives.c --- */

/* Has a volume of the machine, other than the one in hand, this letter? */
bool fsk_path_has_drive(const struct fsk_search *s, char letter);

/* What fsk_follow.lookup is to be given for a letter: 0 for the volume in hand; -1 when no volume
 * has it. A volume whose letter nobody knows counts as C. */
int fsk_path_drive(const struct fsk_search *s, char letter);

/* The same for the volume with Windows; 0 when it is not there. */
int fsk_path_system_drive(const struct fsk_search *s);

/* Counts and looks up; `drive` as fsk_follow.lookup has it. What is no mere absence goes into
 * s->trouble. */
int fsk_path_look_up(struct fsk_search *s, struct fsk_entry *out, int drive, const char *path);

/* The same for what must be a file: then s->out->entry has it. */
int fsk_path_take_file(struct fsk_search *s, int drive, const char *path);

/* The letter of the volume with Windows, and whether a file or folder is there. */
char fsk_path_system(const struct fsk_search *s);
bool fsk_path_exists(struct fsk_search *s, char letter, const char *path);

/* A path from the root of a drive, with either separator, "." and "..": in a former installation
 * first if that is where the search is from, and where Windows leads 32-bit programs. */
int fsk_path_try_rooted(struct fsk_search *s, int drive, const char *path,
                        const char *const *suffixes);

/* --- follow_hosts.c --- */

/* Looks through `program` when it is one whose argument is what matters: 1 when it
 * is none of them. */
#define FSK_NO_HOST 1
int fsk_host_try(struct fsk_search *s, const char *program, const char *args);

/* What a host returns that is given nothing to start: then it is the file itself. */
#define FSK_NAMES_NOTHING(s) ((s)->err->code = 0, FSK_ENOTFOUND)

/* --- follow_cmd.c --- */

/* cmd [switches] /c command, or /k: switches may touch ("/q/c"). */
int fsk_cmd_follow(struct fsk_search *s, const char *args);

/* --- follow_script.c --- */

/* The first file that a piece of script names by its path and that is there.
 * FSK_ENOTFOUND with err->code 0 when it names none. */
int fsk_script_scan(struct fsk_search *s, const char *text);

/* The arguments of powershell, from the first on. As fsk_script_scan. */
int fsk_script_powershell(struct fsk_search *s, const char *args);

#endif
