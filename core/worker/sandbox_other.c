/* Systems without a lock-down yet: every layer is reported as not held, so
 * that an archive never claims more than there was. */
#include <stdio.h>
#include <string.h>

#include "core/worker/sandbox.h"

void fsk_sandbox_enter(struct fsk_sandbox_report *out, const struct fsk_sandbox_limits *limits,
                       unsigned which)
{
	(void) which;
	if (limits->threads)
		limits->threads(limits->arg);
	memset(out, 0, sizeof(*out));
	out->layers[0].name = "lock-down";
	out->layers[0].essential = true;
	snprintf(out->layers[0].detail, sizeof(out->layers[0].detail),
	         "not available on this system");
	out->count = 1;
}

bool fsk_sandbox_holds(const struct fsk_sandbox_report *r)
{
	(void) r;
	return false;
}

void fsk_sandbox_close_others(const int *keep, size_t n)
{
	(void) keep;
	(void) n;
}
