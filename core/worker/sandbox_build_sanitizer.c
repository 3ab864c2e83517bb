/* AddressSanitizer and UndefinedBehaviorSanitizer inside the lock-down. */
#include <sanitizer/common_interface_defs.h>

#include "core/worker/sandbox_layers.h"

static const char *const calls[] = { NULL };

static void reports_to(int fd)
{
	__sanitizer_set_report_fd((void *) (intptr_t) fd);
}

const struct fsk_sandbox_build fsk_sandbox_build = {
	.extra_calls = calls,
	.limits_memory = false,
	.reports_to = reports_to,
};

/* The leak checker stops the process's threads from a child that traces it,
 * which is what the filter is there to prevent. Leaks are looked for in the
 * unit tests of the same code. */
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return 1;
}
