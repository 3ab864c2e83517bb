#include "core/keeper/hooks.h"

json_t *fsk_hook_fault(unsigned worker)
{
	(void) worker;
	return NULL;
}

void fsk_hook_shelf(intptr_t handle)
{
	(void) handle;
}

const char *fsk_hook_worker(void)
{
	return NULL;
}

char *const *fsk_hook_environment(void)
{
	static char *env[] = { NULL };

	return env;
}
