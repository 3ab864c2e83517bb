#include "core/keeper/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int fsk_process_pair(intptr_t out[2], struct fsk_err *err)
{
	int fds[2];

	out[0] = out[1] = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return fsk_err_errno(err, errno, "cannot make a socket pair for a worker");
	out[0] = fds[0];
	out[1] = fds[1];
	fsk_handle_raise(&out[1]);
	return 0;
}

void fsk_process_pair_close(intptr_t handle)
{
	if (handle >= 0)
		close((int) handle);
}

void fsk_process_pair_block(intptr_t handle)
{
	int flags = fcntl((int) handle, F_GETFL);

	if (flags >= 0)
		fcntl((int) handle, F_SETFL, flags & ~O_NONBLOCK);
}

void fsk_process_pair_shutdown(intptr_t handle)
{
	shutdown((int) handle, SHUT_RDWR);
}

void fsk_process_kill_group(int64_t pid)
{
	/* the worker leads its own session, so the group's number is its own */
	if (pid > 1 && kill((pid_t) -pid, SIGKILL) < 0)
		kill((pid_t) pid, SIGKILL);
}

const char *fsk_process_signal_name(int sig)
{
	static const struct {
		int sig;
		const char *name;
	} names[] = {
		{ SIGHUP, "SIGHUP" },   { SIGINT, "SIGINT" },   { SIGABRT, "SIGABRT" },
		{ SIGBUS, "SIGBUS" },   { SIGFPE, "SIGFPE" },   { SIGILL, "SIGILL" },
		{ SIGKILL, "SIGKILL" }, { SIGPIPE, "SIGPIPE" }, { SIGSEGV, "SIGSEGV" },
		{ SIGSYS, "SIGSYS" },   { SIGTERM, "SIGTERM" }, { SIGXCPU, "SIGXCPU" },
		{ SIGTRAP, "SIGTRAP" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].sig == sig)
			return names[i].name;
	return "unknown";
}
