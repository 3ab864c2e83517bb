#include "core/worker/sandbox_layers.h"

static const char *const nothing[] = { NULL };

static void no_reports(int fd)
{
	(void) fd;
}

const struct fsk_sandbox_build fsk_sandbox_build = {
	.extra_calls = nothing,
	.limits_memory = true,
	.reports_to = no_reports,
};
