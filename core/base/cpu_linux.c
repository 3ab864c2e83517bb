#include <sched.h>

#include "core/base/pool.h"

unsigned fsk_cpu_count(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return n > 0 ? (unsigned) n : 1;
}
