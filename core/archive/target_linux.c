/* Is the output folder on the evidence? */
#include "core/archive/archive.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LAYERS_MAX 16 /* partition, RAID, LVM, encryption, loop, … */

static bool lies_on(dev_t dev, const struct stat *evidence, int depth);

/* "/sys/dev/block/8:1/<rest>" */
static void sys_path(char *out, size_t cap, dev_t dev, const char *rest)
{
	snprintf(out, cap, "/sys/dev/block/%u:%u/%s", major(dev), minor(dev), rest);
}

static bool read_text(char *out, size_t cap, const char *path)
{
	FILE *f = fopen(path, "re");
	size_t n = f != NULL ? fread(out, 1, cap - 1, f) : 0;

	if (f != NULL)
		fclose(f);
	out[n] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return n > 0;
}

static bool read_dev(dev_t *dev, const char *path)
{
	char text[64];
	unsigned maj, min;

	if (!read_text(text, sizeof(text), path) || sscanf(text, "%u:%u", &maj, &min) != 2)
		return false;
	*dev = makedev(maj, min);
	return true;
}

/* The disk that a partition is part of. */
static bool parent_lies_on(dev_t dev, const struct stat *evidence, int depth)
{
	char path[PATH_MAX];
	dev_t parent;

	sys_path(path, sizeof(path), dev, "partition");
	if (access(path, F_OK) < 0)
		return false;
	sys_path(path, sizeof(path), dev, "../dev");
	return read_dev(&parent, path) && lies_on(parent, evidence, depth + 1);
}

/* The devices that a mapped device (LVM, RAID, encryption) is made of. */
static bool slaves_lie_on(dev_t dev, const struct stat *evidence, int depth)
{
	char path[PATH_MAX];
	struct dirent *e;
	bool found = false;
	DIR *d;

	sys_path(path, sizeof(path), dev, "slaves");
	d = opendir(path);
	while (d != NULL && !found && (e = readdir(d)) != NULL) {
		char sub[PATH_MAX + 300];
		dev_t slave;

		snprintf(sub, sizeof(sub), "%s/%s/dev", path, e->d_name);
		found = e->d_name[0] != '.' && read_dev(&slave, sub) &&
		        lies_on(slave, evidence, depth + 1);
	}
	if (d != NULL)
		closedir(d);
	return found;
}

/* The image file behind a loop device, when that image is the evidence. */
static bool backing_is(dev_t dev, const struct stat *evidence)
{
	char path[PATH_MAX], file[PATH_MAX];
	struct stat st;

	sys_path(path, sizeof(path), dev, "loop/backing_file");
	return read_text(file, sizeof(file), path) && stat(file, &st) == 0 &&
	       st.st_dev == evidence->st_dev && st.st_ino == evidence->st_ino;
}

static bool lies_on(dev_t dev, const struct stat *evidence, int depth)
{
	if (depth > LAYERS_MAX)
		return false;
	if (S_ISBLK(evidence->st_mode) && evidence->st_rdev == dev)
		return true;
	return backing_is(dev, evidence) || parent_lies_on(dev, evidence, depth) ||
	       slaves_lie_on(dev, evidence, depth);
}

/* The device that is mounted where `dev` (a number that btrfs and others
 * make up) is the number of the file system; false if none is. */
static bool mounted_device(dev_t *out, dev_t dev)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t cap = 0;
	bool found = false;

	while (f != NULL && !found && getline(&line, &cap, f) > 0) {
		char source[PATH_MAX];
		const char *rest = strstr(line, " - ");
		unsigned maj, min;
		struct stat st;

		if (rest == NULL || sscanf(line, "%*u %*u %u:%u", &maj, &min) != 2 ||
		    makedev(maj, min) != dev || sscanf(rest, " - %*s %4095s", source) != 1)
			continue;
		if (stat(source, &st) == 0 && S_ISBLK(st.st_mode)) {
			*out = st.st_rdev;
			found = true;
		}
	}
	free(line);
	if (f != NULL)
		fclose(f);
	return found;
}

/* Is `dir` the folder `evidence`, or below it? By identity, so that neither
 * links nor bind mounts hide it. */
static bool is_inside(const char *dir, const struct stat *evidence)
{
	char *path = realpath(dir, NULL);
	bool found = false;

	while (path != NULL && !found) {
		struct stat st;
		char *slash = strrchr(path, '/');

		found = stat(path, &st) == 0 && st.st_dev == evidence->st_dev &&
		        st.st_ino == evidence->st_ino;
		if (slash == NULL || strcmp(path, "/") == 0)
			break;
		slash[slash == path ? 1 : 0] = '\0';
	}
	free(path);
	return found;
}

int fsk_archive_check_target(const char *dir, const char *const *evidence, size_t n,
                             struct fsk_err *err)
{
	struct stat target;
	dev_t real;

	if (stat(dir, &target) < 0)
		return fsk_err_errno(err, errno, "cannot use output folder \"%s\"", dir);
	if (!S_ISDIR(target.st_mode))
		return fsk_err_set(err, FSK_EINVAL, "cannot use output folder \"%s\": not a folder",
		                   dir);
	for (size_t i = 0; i < n; i++) {
		struct stat st;
		bool hit;

		if (stat(evidence[i], &st) < 0)
			continue; /* whoever opens it will say so */
		if (S_ISDIR(st.st_mode))
			hit = is_inside(dir, &st);
		else
			hit = lies_on(target.st_dev, &st, 0) ||
			      (mounted_device(&real, target.st_dev) && lies_on(real, &st, 0));
		if (hit)
			return fsk_err_set(
			    err, FSK_EPERM,
			    "will not write to \"%s\": it lies on the evidence \"%s\"", dir,
			    evidence[i]);
	}
	return 0;
}
