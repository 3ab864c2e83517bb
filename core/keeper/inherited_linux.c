#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/keeper/host.h"

/* One by one on a kernel before Linux 5.11. */
static void mark_each(int end)
{
	for (int fd = STDERR_FILENO + 1; fd < end; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags >= 0)
			fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
	}
}

void fsk_host_keep_inherited(int end)
{
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC) != 0)
		mark_each(end);
}
