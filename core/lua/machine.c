#include "core/lua/machine.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/limits.h"
#include "core/lua/environment.h"
#include "core/lua/follow.h"
#include "core/lua/hive_logs.h"
#include "core/registry/hive.h"

#define USERS_MAX 1000u /* environments that are kept */

void fsk_machine_clear(struct fsk_machine *m)
{
	json_decref(m->environment);
	json_decref(m->users);
	memset(m, 0, sizeof(*m));
}

/* --- drives --- */

static struct fsk_machine_drive *find_letter(const struct fsk_machine *m, char letter)
{
	for (size_t i = 0; m != NULL && i < m->ndrives; i++)
		if (m->drives[i].letter == letter)
			return (struct fsk_machine_drive *) &m->drives[i];
	return NULL;
}

bool fsk_machine_has(const struct fsk_machine *m, char letter)
{
	return find_letter(m, letter) != NULL;
}

int fsk_machine_drive_fs(struct fsk_fs **out, struct fsk_machine *m, char letter,
                         struct fsk_err *err)
{
	struct fsk_machine_drive *d = find_letter(m, letter);

	*out = NULL;
	if (d == NULL)
		return fsk_err_set(err, FSK_ENOTFOUND, "there is no drive %c:", letter);
	if (d->fs == NULL && !d->failed)
		d->failed = m->open(m->arg, &d->fs, d, &d->why) < 0;
	if (d->failed)
		return fsk_err_set(err, d->why.code, "%s", d->why.msg);
	*out = d->fs;
	return 0;
}

const struct fsk_machine_drive *fsk_machine_find(const struct fsk_machine *m,
                                                 const struct fsk_locator *loc)
{
	for (size_t i = 0; m != NULL && i < m->ndrives; i++)
		if (m->drives[i].source == loc->source && m->drives[i].volume == loc->volume)
			return &m->drives[i];
	return NULL;
}

/* --- users --- */

/* Below `root` ("" is that of the volume). */
static int find_hive_below(struct fsk_entry *out, struct fsk_fs *fs, const char *root,
                           const char *user)
{
	char path[FSK_PATH_MAX];
	int rc = FSK_ENOTFOUND;

	for (size_t i = 0; rc < 0 && i < FSK_FOLLOW_HOMES; i++) {
		snprintf(path, sizeof(path), "%s/%s/%s/NTUSER.DAT", root, fsk_follow_homes[i],
		         user);
		rc = fsk_fs_lookup(out, fs, path, NULL);
	}
	return rc;
}

static int open_hive(struct fsk_hive **out, struct fsk_fs *fs, const struct fsk_locator *loc)
{
	struct fsk_hive_logs logs = { 0 };
	struct fsk_buf data;
	int rc;

	*out = NULL;
	fsk_buf_init(&data, FSK_HIVE_MAX);
	rc = fsk_stream_slurp(&data, NULL, fs, loc, NULL);
	if (rc == 0)
		rc = fsk_hive_logs_replay(&logs, &data, fs, loc, NULL);
	if (rc == 0)
		rc = fsk_hive_open(out, &data, NULL);
	fsk_hive_logs_free(&logs);
	fsk_buf_free(&data);
	return rc;
}

static void add_missing(json_t *env, struct fsk_hive *h, const char *path)
{
	json_t *more;

	fsk_environment_read(&more, h, path, NULL);
	if (more != NULL)
		json_object_update_missing(env, more);
	json_decref(more);
}

/* A folder of applications that was moved. */
static void add_folder(json_t *env, const json_t *folders, const char *value, const char *name,
                       const char *usual)
{
	const char *where = fsk_environment_get(folders, value, strlen(value));

	if (where != NULL && *where != '\0' && strcasecmp(where, usual) != 0 &&
	    fsk_environment_get(env, name, strlen(name)) == NULL)
		json_object_set_new(env, name, json_string(where));
}

static void add_folders(json_t *env, struct fsk_hive *h)
{
	json_t *folders;

	fsk_environment_read(
	    &folders, h,
	    "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\User Shell Folders", NULL);
	add_folder(env, folders, "AppData", "APPDATA", "%USERPROFILE%\\AppData\\Roaming");
	add_folder(env, folders, "Local AppData", "LOCALAPPDATA", "%USERPROFILE%\\AppData\\Local");
	json_decref(folders);
}

static void read_user(json_t *env, struct fsk_fs *fs, const struct fsk_locator *loc)
{
	struct fsk_hive *h;

	if (open_hive(&h, fs, loc) < 0)
		return;
	add_missing(env, h, "Environment");
	add_missing(env, h, "Volatile Environment");
	add_folders(env, h);
	fsk_hive_close(h);
}

static int find_hive(struct fsk_entry *out, struct fsk_fs *fs, const char *user,
                     const char *profile, const char *root)
{
	char path[FSK_PATH_MAX];
	int rc = FSK_ENOTFOUND;

	if (root != NULL)
		rc = find_hive_below(out, fs, root, user);
	if (rc < 0 && profile != NULL) {
		snprintf(path, sizeof(path), "%s/NTUSER.DAT", profile);
		return fsk_fs_lookup(out, fs, path, NULL);
	}
	return rc < 0 ? find_hive_below(out, fs, "", user) : rc;
}

const json_t *fsk_machine_user(struct fsk_machine *m, struct fsk_fs *fs, const char *user,
                               const char *profile, const char *root)
{
	char key[FSK_NAME_MAX];
	struct fsk_entry e = { 0 };
	json_t *env;

	if (strpbrk(user, "/\\") != NULL ||
	    snprintf(key, sizeof(key), "%s|%s", root != NULL ? root : "", user) >=
	        (int) sizeof(key))
		return NULL;
	if (m->users == NULL)
		m->users = json_object();
	env = json_object_get(m->users, key);
	if (env != NULL)
		return env;
	if (json_object_size(m->users) >= USERS_MAX)
		json_object_clear(m->users);
	env = json_object();
	if (json_object_set_new(m->users, key, env) < 0)
		return NULL;
	if (find_hive(&e, fs, user, profile, root) == 0)
		read_user(env, fs, &e.loc);
	fsk_entry_free(&e);
	return env;
}
