/* How the heap gives memory back. heap_linux.c, heap_none.c. */
#ifndef FSK_BASE_HEAP_H
#define FSK_BASE_HEAP_H

/* For a process that has large things for a while (hives, databases): from here on what is
 * freed of FSK_HEAP_LARGE bytes or more goes back to the system at once, and so does the end of
 * the heap when FSK_HEAP_SPARE bytes of it are free. glibc, left alone, keeps up to 64 MiB
 * after the first large thing that was freed. Call it before threads are started. */
void fsk_heap_prepare(void);

#endif
