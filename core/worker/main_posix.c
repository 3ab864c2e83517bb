/* fossick-worker: parses evidence for the keeper, locked down. Started by
 * fossick with the descriptors of core/ipc/channel.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/heap.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/worker/sandbox_layers.h"
#include "core/worker/session.h"

enum { EXIT_OK = 0, EXIT_BROKEN = 1, EXIT_USAGE = 64 };

/* One write for each line, so that lines stay whole. */
static void log_line(enum fsk_log_level level, const char *line, void *arg)
{
	char out[FSK_LOG_LINE_MAX + 4];
	int n = snprintf(out, sizeof(out), "%d%s\n", (int) level, line);
	ssize_t done;

	(void) arg;
	if (n >= (int) sizeof(out))
		n = (int) sizeof(out) - 1;
	out[n - 1] = '\n';
	/* a log that nobody reads is no reason to stop */
	do
		done = write(FSK_WORKER_FD_LOG, out, (size_t) n);
	while (done < 0 && errno == EINTR);
}

static int started_by_keeper(void)
{
	struct stat st;

	return fstat(FSK_WORKER_FD_CHANNEL, &st) == 0 && S_ISSOCK(st.st_mode) &&
	       fcntl(FSK_WORKER_FD_LOG, F_GETFD) >= 0;
}

static int serve(void)
{
	struct fsk_session session;
	struct fsk_err err = { 0 };
	int rc = fsk_session_init(&session, FSK_WORKER_FD_CHANNEL, &err);

	if (rc == 0)
		rc = fsk_session_run(&session, &err);
	if (rc != 0)
		fsk_log(FSK_LOG_ERROR, "worker: %s", err.msg);
	fsk_session_free(&session);
	return rc == 0 ? EXIT_OK : EXIT_BROKEN;
}

int main(int argc, char **argv)
{
	(void) argv;
	if (argc > 1 || !started_by_keeper()) {
		fprintf(stderr, "fossick-worker: fossick starts this program; "
		                "run \"fossick collect SOURCE\" instead\n");
		return EXIT_USAGE;
	}
	fsk_heap_prepare();
	/* an interrupt is the keeper's to handle: it decides what is still saved */
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	fsk_sandbox_build.reports_to(FSK_WORKER_FD_LOG);
	fsk_log_set_sink(log_line, NULL);
	fsk_log_set_level(FSK_LOG_INFO);
	/* no exit handlers: those of libraries expect files they could open */
	_exit(serve());
}
