#include "core/base/time.h"

#include <time.h>

fsk_time fsk_time_now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
		return FSK_TIME_NONE;
	return fsk_time_from_unix(ts.tv_sec, (uint32_t) ts.tv_nsec);
}
