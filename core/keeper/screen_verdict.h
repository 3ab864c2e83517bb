/* Verdicts on the closing screen. */
#ifndef FSK_KEEPER_SCREEN_VERDICT_H
#define FSK_KEEPER_SCREEN_VERDICT_H

#include <stdio.h>

#include "core/keeper/collect.h"

/* One after the other, machine by machine, each about one screen: the case, the ladder, the
 * reasons, times, what was not examined, what to do next. Long lists and texts are cut: the archive
 * has them whole. 80 columns, all text escaped. A plugin that failed is shown as one that says
 * nothing. Prints nothing when no plugin judges. */
void fsk_screen_print_verdicts(FILE *to, const struct fsk_collect *c);

/* The same once more, a line for each: the step that was reached, in capitals, and the case. */
void fsk_screen_print_steps(FILE *to, const struct fsk_collect *c);

#endif
