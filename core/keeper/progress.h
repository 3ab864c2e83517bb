/* Where a run stands: one line that is rewritten on a terminal, a line now
 * and then elsewhere, nothing with -q. Always on standard error. */
#ifndef FSK_KEEPER_PROGRESS_H
#define FSK_KEEPER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct fsk_progress {
	bool enabled, shown;
	unsigned columns; /* 0: no terminal */
	uint64_t started; /* milliseconds of a steady clock */
	uint64_t last;    /* when a line was written */
	char step[256];   /* escaped */
	uint64_t files, files_total, bytes, bytes_total;
	uint64_t fetch_started;
};

/* Also takes over the log, so that its lines do not mix with this one. The
 * struct must live until fsk_progress_end. */
void fsk_progress_begin(struct fsk_progress *p, int verbosity);
/* "plugin on target"; either may be NULL. */
void fsk_progress_step(struct fsk_progress *p, const char *plugin, const char *target);
/* Writes the line when it is time. */
void fsk_progress_tick(struct fsk_progress *p);
/* Clears the line and gives the log back. */
void fsk_progress_end(struct fsk_progress *p);

#endif
