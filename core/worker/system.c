/* What a file system tells about the system that lives on it. */
#include "core/worker/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/lua/hive_logs.h"

static bool exists(struct fsk_fs *fs, const char *path)
{
	struct fsk_entry e = { 0 };

	if (fsk_fs_lookup(&e, fs, path, NULL) != 0)
		return false;
	fsk_entry_free(&e);
	return true;
}

const char *fsk_system_of(struct fsk_fs *fs)
{
	static const struct {
		const char *path, *os;
	} marks[] = {
		{ "Windows/System32", "windows" },
		{ "WINNT/System32/config", "windows" }, /* Windows 2000 and before */
		{ "System/Library/CoreServices", "macos" },
		{ "private/var/db", "macos" }, /* the data volume of macOS 10.15 and later */
		{ "etc/passwd", "linux" },
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (exists(fs, marks[i].path))
			return marks[i].os;
	return "";
}

const char *fsk_system_root(struct fsk_fs *fs)
{
	if (exists(fs, "Windows/System32/config"))
		return "Windows";
	return exists(fs, "WINNT/System32/config") ? "WINNT" : NULL;
}

static int load_hive(struct fsk_hive **out, struct fsk_fs *fs, const char *path,
                     struct fsk_err *err)
{
	struct fsk_entry e = { 0 };
	struct fsk_hive_logs logs = { 0 };
	struct fsk_buf data;
	int rc = fsk_fs_lookup(&e, fs, path, err);

	*out = NULL;
	if (rc != 0)
		return rc;
	fsk_buf_init(&data, FSK_HIVE_MAX);
	rc = fsk_stream_slurp(&data, NULL, fs, &e.loc, err);
	if (rc == 0)
		rc = fsk_hive_logs_replay(&logs, &data, fs, &e.loc, err);
	fsk_hive_logs_free(&logs);
	fsk_entry_free(&e);
	if (rc == 0)
		rc = fsk_hive_open(out, &data, err);
	fsk_buf_free(&data);
	return rc == 0 ? 0 : fsk_err_wrap(err, "\"%s\"", path);
}

int fsk_system_hive_in(struct fsk_hive **out, struct fsk_fs *fs, const char *root, const char *name,
                       struct fsk_err *err)
{
	char path[160];

	*out = NULL;
	snprintf(path, sizeof(path), "%s/System32/config/%s", root, name);
	return load_hive(out, fs, path, err);
}

int fsk_system_hive(struct fsk_hive **out, struct fsk_fs *fs, const char *name, struct fsk_err *err)
{
	const char *root = fsk_system_root(fs);

	*out = NULL;
	if (!root)
		return fsk_err_set(err, FSK_ENOTFOUND, "no folder of hives");
	return fsk_system_hive_in(out, fs, root, name, err);
}

static int read_values(struct fsk_mount **out, size_t *count, struct fsk_key *key,
                       const struct fsk_volume *v, struct fsk_err *err)
{
	size_t n;
	int rc = fsk_key_values(&n, key, err);

	if (rc != 0 || n == 0)
		return rc;
	*out = calloc(n, sizeof(**out));
	if (!*out)
		return fsk_err_set(err, FSK_ENOMEM, "drive letters: out of memory");
	for (size_t i = 0; i < n; i++) {
		struct fsk_mount *m = &(*out)[*count];
		struct fsk_value value = { 0 };

		/* a value that is damaged gives no letter; the others still do */
		if (fsk_key_value(&value, key, i, NULL) != 0)
			continue;
		m->source = v->source;
		m->volume = v->index;
		if (fsk_mount_parse(m, value.name, value.data, value.size))
			(*count)++;
		fsk_value_free(&value);
	}
	return 0;
}

int fsk_system_mounts(struct fsk_mount **out, size_t *count, struct fsk_hive *system,
                      const struct fsk_volume *v, struct fsk_err *err)
{
	struct fsk_key *key = NULL;
	int rc;

	*out = NULL;
	*count = 0;
	rc = fsk_hive_key(&key, system, "MountedDevices", err);
	if (rc == 0)
		rc = read_values(out, count, key, v, err);
	fsk_key_free(key);
	if (rc == 0)
		return 0;
	free(*out);
	*out = NULL;
	*count = 0;
	return fsk_err_wrap(err, "hive %s", FSK_SYSTEM_HIVE);
}
