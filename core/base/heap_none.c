/* Systems whose heap is left as it is. */
#include "core/base/heap.h"

void fsk_heap_prepare(void)
{
}
