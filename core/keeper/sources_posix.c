#include "core/keeper/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool fsk_path_is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool fsk_path_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

int fsk_folder_open(intptr_t *out, const char *path, struct fsk_err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*out = fd;
	if (fd < 0)
		return fsk_err_errno(err, errno, "cannot open folder \"%s\"", path);
	return 0;
}

#define HIGH_NUMBER 128

void fsk_handle_raise(intptr_t *handle)
{
	int fd = fcntl((int) *handle, F_DUPFD_CLOEXEC, HIGH_NUMBER);

	if (fd < 0)
		return;
	close((int) *handle);
	*handle = fd;
}

void fsk_folder_close(intptr_t handle)
{
	if (handle >= 0)
		close((int) handle);
}
