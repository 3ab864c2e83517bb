#include "core/keeper/host.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define INHERITED_MAX 65536

void fsk_host_prepare(void)
{
	struct rlimit r;

	signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return;
	fsk_host_keep_inherited(r.rlim_cur < INHERITED_MAX ? (int) r.rlim_cur : INHERITED_MAX);
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
