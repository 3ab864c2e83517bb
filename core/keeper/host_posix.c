#include "core/keeper/host.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define INHERITED_MAX 65536

/* What the caller had open is none of the workers' business. */
static void keep_inherited(rlim_t limit)
{
	int end = limit < INHERITED_MAX ? (int) limit : INHERITED_MAX;

	for (int fd = STDERR_FILENO + 1; fd < end; fd++) {
		int flags = fcntl(fd, F_GETFD);
		if (flags >= 0)
			fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
	}
}

void fsk_host_prepare(void)
{
	struct rlimit r;

	signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return;
	keep_inherited(r.rlim_cur);
	if (r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

unsigned fsk_host_columns(FILE *f)
{
	struct winsize w;

	if (!isatty(fileno(f)))
		return 0;
	if (ioctl(fileno(f), TIOCGWINSZ, &w) < 0 || w.ws_col == 0)
		return 80;
	return w.ws_col;
}
