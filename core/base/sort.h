/* Sorting what is nearly in order already. */
#ifndef FSK_BASE_SORT_H
#define FSK_BASE_SORT_H

#include <stddef.h>

/* As qsort, and stable as long as there is memory. Items that come in a few ascending
 * runs take one comparison each, and moves only where the runs overlap. */
void fsk_sort_runs(void *base, size_t n, size_t size, int (*cmp)(const void *, const void *));

#endif
