/* What a file system tells about the system that lives on it. */
#include "core/worker/task.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/lua/hive_logs.h"
#include "core/registry/hive.h"
#include "core/worker/letters.h"

#define SYSTEM_HIVE "Windows/System32/config/SYSTEM"

const char *fsk_system_of(struct fsk_fs *fs)
{
	static const struct {
		const char *path, *os;
	} marks[] = {
		{ "Windows/System32", "windows" },
		{ "System/Library/CoreServices", "macos" },
		{ "private/var/db", "macos" }, /* the data volume of macOS 10.15 and later */
		{ "etc/passwd", "linux" },
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct fsk_entry e = { 0 };
		int rc = fsk_fs_lookup(&e, fs, marks[i].path, NULL);

		if (rc == 0)
			fsk_entry_free(&e);
		if (rc == 0)
			return marks[i].os;
	}
	return "";
}

static int open_hive(struct fsk_hive **out, struct fsk_fs *fs, struct fsk_err *err)
{
	struct fsk_entry e = { 0 };
	struct fsk_hive_logs logs = { 0 };
	struct fsk_buf data;
	int rc = fsk_fs_lookup(&e, fs, SYSTEM_HIVE, err);

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
	return rc;
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

int fsk_system_mounts(struct fsk_mount **out, size_t *count, struct fsk_fs *fs,
                      const struct fsk_volume *v, struct fsk_err *err)
{
	struct fsk_hive *hive = NULL;
	struct fsk_key *key = NULL;
	int rc;

	*out = NULL;
	*count = 0;
	rc = open_hive(&hive, fs, err);
	if (rc == 0)
		rc = fsk_hive_key(&key, hive, "MountedDevices", err);
	if (rc == 0)
		rc = read_values(out, count, key, v, err);
	fsk_key_free(key);
	fsk_hive_close(hive);
	if (rc != 0) {
		free(*out);
		*out = NULL;
		*count = 0;
		if (rc != FSK_ENOTFOUND && err)
			fsk_err_wrap(err, "\"%s\"", SYSTEM_HIVE);
	}
	return rc;
}
