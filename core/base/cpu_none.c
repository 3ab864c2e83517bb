#include "core/base/pool.h"

unsigned fsk_cpu_count(void)
{
	return 1;
}
