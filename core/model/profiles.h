/* Profile folders: whose files a folder of a Windows volume holds.
 *
 * Windows keeps them in its SOFTWARE hive, key "Microsoft\Windows NT\
 * CurrentVersion\ProfileList": a subkey for each SID, whose value
 * ProfileImagePath is the folder. It may lie outside of \Users, and on another
 * volume. The probe reads the list, plugins on the volume where the folder is
 * are told of it. */
#ifndef FSK_MODEL_PROFILES_H
#define FSK_MODEL_PROFILES_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/glob.h"
#include "core/base/limits.h"

struct fsk_profile {
	char *path; /* "Users/ann", inside of the volume */
	char *sid;  /* NULL: not known, or several lay claim to the folder */
};

/* Zeroed before first use. */
struct fsk_profiles {
	struct fsk_profile *items; /* after fsk_profiles_settle: by path, no doubles */
	size_t count;
	size_t bytes;                         /* of all paths and SIDs */
	char *places[FSK_PROFILE_PLACES_MAX]; /* globs of profile folders, beside those of
	                                       * every Windows */
	size_t nplaces;
	struct fsk_globset globs; /* the same, parsed */
};
void fsk_profiles_free(struct fsk_profiles *p);

/* Adds copies; `sid` may be NULL. FSK_ELIMIT beyond FSK_PROFILES_MAX profiles
 * or FSK_PROFILES_BYTES_MAX, FSK_ENOMEM. */
int fsk_profiles_add(struct fsk_profiles *p, const char *path, const char *sid,
                     struct fsk_err *err);

/* Sorts, and makes one of doubles. A folder that two SIDs claim has none. */
void fsk_profiles_settle(struct fsk_profiles *p);

/* Is this folder one that the standard places ("Users", …) include? */
bool fsk_profile_is_standard(const char *path);

/* Is it one of a Windows that was there before, as "Windows.old/Users/ann"? */
bool fsk_profile_is_former(const char *path);

/* Other profiles are looked for beside this one: adds "<parent>/" and a star, or
 * the folder itself when it lies in the root of the volume; once. FSK_ELIMIT beyond
 * FSK_PROFILE_PLACES_MAX, or when it is longer than FSK_PROFILE_PLACE_LEN;
 * FSK_ENOMEM. */
int fsk_profiles_add_place(struct fsk_profiles *p, const char *path, struct fsk_err *err);

/* {"folders":[["Users/ann","S-1-5-…" or null],…],"places":["Profiles/<star>",…]}. New
 * reference, NULL without memory. */
json_t *fsk_profiles_to_json(const struct fsk_profiles *p);
/* NULL gives none. FSK_EPROTO, FSK_ENOMEM; free what was read in any case. */
int fsk_profiles_from_json(struct fsk_profiles *out, const json_t *j, struct fsk_err *err);

struct fsk_profile_of {
	size_t folder;         /* bytes of the path of the profile folder; 0: in none */
	size_t name, name_len; /* where in it its last part is: the user */
	const char *sid;       /* NULL: not known */
};

/* Which profile is a file or folder below it in? Those of the list come first, then
 * the standard places of all systems ("Users/<user>", "home/<user>", …, also below
 * "Windows.old"), then, of the present Windows, folders beside one of the list. `p` may
 * be NULL. */
void fsk_profiles_find(struct fsk_profile_of *out, const struct fsk_profiles *p, const char *path);

/* As fsk_globset_add, with "%profile%" in front of a path replaced by the standard
 * places of Windows and those of `p` (may be NULL). FSK_EINVAL when it stands elsewhere
 * or twice; FSK_ELIMIT leaves room for the places of any volume. */
int fsk_profiles_glob(struct fsk_globset *set, const struct fsk_profiles *p, const char *pattern,
                      struct fsk_err *err);

#endif
