/* What a file system, and the registry on it, tell about the system that lives
 * there, before plugins run. */
#ifndef FSK_WORKER_SYSTEM_H
#define FSK_WORKER_SYSTEM_H

#include <jansson.h>

#include "core/evidence/fs.h"
#include "core/registry/hive.h"
#include "core/worker/letters.h"

#define FSK_SYSTEM_HIVE "SYSTEM"

/* The operating system's name that a volume's folders give away: "windows",
 * "macos", "linux" or "". */
const char *fsk_system_of(struct fsk_fs *fs);

/* The folder that a Windows calls %SystemRoot%: "Windows", or "WINNT" as that of
 * Windows 2000 and before; NULL when there is none. */
const char *fsk_system_root(struct fsk_fs *fs);

/* Opens a hive of that Windows by the name that it has in System32/config, its
 * transaction logs replayed. FSK_ENOTFOUND when there is none, else what reading and
 * opening say; the message names the path. Close it with fsk_hive_close. */
int fsk_system_hive(struct fsk_hive **out, struct fsk_fs *fs, const char *name,
                    struct fsk_err *err);
/* The same of a Windows whose %SystemRoot% is the folder `root` of the volume. */
int fsk_system_hive_in(struct fsk_hive **out, struct fsk_fs *fs, const char *root, const char *name,
                       struct fsk_err *err);

/* Reads MountedDevices of the Windows on volume `v` into fresh memory that the
 * caller frees. FSK_ENOTFOUND when there is no such key. */
int fsk_system_mounts(struct fsk_mount **out, size_t *count, struct fsk_hive *system,
                      const struct fsk_volume *v, struct fsk_err *err);

/* The variables of the machine as fsk_environment_read gives them, of the control
 * set in force (Select\Current; the first one when that is missing). */
int fsk_system_environment(json_t **out, struct fsk_hive *system, struct fsk_err *err);

#endif
