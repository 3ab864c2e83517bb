#include "core/keeper/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"

/* proc(5): the second number of statm is the resident set, in pages */
uint64_t fsk_process_rss(int64_t pid)
{
	unsigned long long pages = 0;
	char text[128] = "";
	struct fsk_file f;

	snprintf(text, sizeof(text), "/proc/%" PRId64 "/statm", pid);
	if (fsk_file_open(&f, text, NULL) < 0)
		return 0;
	memset(text, 0, sizeof(text));
	if (fsk_file_pread(&f, text, sizeof(text) - 1, 0, NULL) <= 0 ||
	    sscanf(text, "%*u %llu", &pages) != 1)
		pages = 0;
	fsk_file_close(&f);
	return (uint64_t) pages * (uint64_t) sysconf(_SC_PAGESIZE);
}
