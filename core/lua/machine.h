/* The machine that a volume is of, as far as the evidence has it: its other
 * volumes with drive letters, its variables, and those of its users. */
#ifndef FSK_LUA_MACHINE_H
#define FSK_LUA_MACHINE_H

#include <jansson.h>

#include "core/evidence/fs.h"

#define FSK_MACHINE_DRIVES_MAX 26u

struct fsk_machine_drive {
	char letter;
	uint32_t source, volume;
	struct fsk_fs *fs; /* NULL until it is asked for; not owned */
	bool failed;       /* opening was tried, `why` says what came of it */
	struct fsk_err why;
};

struct fsk_machine {
	char system;         /* letter of the volume with Windows; 0: not known */
	json_t *environment; /* of all programs, {NAME: text, …}; owned; or NULL */
	/* Volumes with letters, but for the one in hand. */
	struct fsk_machine_drive drives[FSK_MACHINE_DRIVES_MAX];
	size_t ndrives;
	/* Opens the file system of one of them, which lives as long as this. */
	int (*open)(void *arg, struct fsk_fs **out, const struct fsk_machine_drive *d,
	            struct fsk_err *err);
	void *arg;
	json_t *users; /* environments that were read, by user; NULL at first */
};
/* Releases what it owns. */
void fsk_machine_clear(struct fsk_machine *m);

/* Is there another volume of that letter? `m` may be NULL. */
bool fsk_machine_has(const struct fsk_machine *m, char letter);

/* Its file system, opened once. FSK_ENOTFOUND when there is none, else what opening says. */
int fsk_machine_drive_fs(struct fsk_fs **out, struct fsk_machine *m, char letter,
                         struct fsk_err *err);

/* The drive that a locator is on, or NULL. */
const struct fsk_machine_drive *fsk_machine_find(const struct fsk_machine *m,
                                                 const struct fsk_locator *loc);

/* The variables of a user: the keys Environment and Volatile Environment of NTUSER.DAT, and
 * where the folders of applications are when that is not where they are otherwise. The hive is
 * in the profile folder `profile` of `fs`, or, when that is NULL, in the one that Windows gives
 * to `user`, below `root` ("Windows.old", or NULL) first. Read once; one that is not there
 * or cannot be read has none. Borrowed; NULL without memory. */
const json_t *fsk_machine_user(struct fsk_machine *m, struct fsk_fs *fs, const char *user,
                               const char *profile, const char *root);

#endif
