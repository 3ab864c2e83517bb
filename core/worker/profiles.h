/* ProfileList of a Windows, and the volumes on which its profiles lie. */
#ifndef FSK_WORKER_PROFILES_H
#define FSK_WORKER_PROFILES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/limits.h"
#include "core/registry/hive.h"

/* A profile as ProfileList has it. */
struct fsk_listed_profile {
	char *sid;   /* NULL: of nobody, as "Public", or the subkey is named otherwise */
	char letter; /* of its drive; 0: that of Windows itself */
	char *path;  /* inside of that volume, '/' separated */
};

struct fsk_profile_list {
	struct fsk_listed_profile *items; /* in the order of the subkeys, then those of nobody */
	size_t count;
	struct fsk_listed_profile home; /* ProfilesDirectory, where new ones are made; its path
	                                 * is NULL when it is not told */
	size_t odd;                     /* that name no folder */
	char example[400];              /* the first of them, in words */
	bool cut; /* there are more than FSK_PROFILES_MAX, or subkeys than are read */
};

/* Reads the list out of a SOFTWARE hive. `root` is what %SystemRoot% is:
 * "Windows". FSK_ENOTFOUND when there is no ProfileList; what the hive says; FSK_ENOMEM.
 * Free with fsk_profile_list_free in any case. */
int fsk_profile_list_read(struct fsk_profile_list *out, struct fsk_hive *software, const char *root,
                          struct fsk_err *err);
void fsk_profile_list_free(struct fsk_profile_list *l);

/* One value ProfileImagePath: "%SystemDrive%\Users\ann", "D:\Profiles\ann". `path`
 * gets what is behind the drive, with '/'. False when that is no folder of a drive: a
 * name with characters that Windows forbids, "..", a server, another variable. */
bool fsk_profile_parse(char *letter, char path[FSK_PROFILE_PATH_MAX], const char *text,
                       const char *root);

/* Is that "S-1-…", perhaps with ".bak" behind it, as Windows renames a key? `*len`
 * gets its length without that. */
bool fsk_profile_sid(size_t *len, const char *name);

#endif
