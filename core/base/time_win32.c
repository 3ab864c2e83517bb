#include "core/base/time.h"

#include <windows.h>

fsk_time fsk_time_now(void)
{
	FILETIME ft;

	GetSystemTimePreciseAsFileTime(&ft);
	return fsk_time_from_filetime((uint64_t) ft.dwHighDateTime << 32 | ft.dwLowDateTime);
}
