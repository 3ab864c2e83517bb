/* What the keeper asks of the machine it runs on (host.c, host_posix.c). */
#ifndef FSK_KEEPER_HOST_H
#define FSK_KEEPER_HOST_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/* The folder this program lies in; the caller frees. NULL when not known. */
char *fsk_host_program_dir(void);

/* {"name","os","release","machine"}. New reference. */
json_t *fsk_host_describe(void);

/* Versions of the libraries in use: {"libuv":"1.44.2",…}. New reference. */
json_t *fsk_host_libraries(void);

/* Cores that this process may use, at least 1. */
unsigned fsk_host_cores(void);

/* Once, at the start. Large segment sets need many descriptors: raises the
 * soft limit to the hard one. A write to a closed pipe is an error then, not
 * a signal. Descriptors that the caller left open do not reach the workers. */
void fsk_host_prepare(void);

/* inherited_linux.c: what the caller had open, below `end` at least, is none of the
 * workers' business. */
void fsk_host_keep_inherited(int end);

/* Columns of a terminal, or 0 when `f` is none. */
unsigned fsk_host_columns(FILE *f);

#endif
