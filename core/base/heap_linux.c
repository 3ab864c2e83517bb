#include "core/base/heap.h"

#include <malloc.h>

#include "core/base/limits.h"

void fsk_heap_prepare(void)
{
	mallopt(M_MMAP_THRESHOLD, FSK_HEAP_LARGE);
	mallopt(M_TRIM_THRESHOLD, FSK_HEAP_SPARE);
}
