/* What --help prints. */
#ifndef FSK_KEEPER_USAGE_H
#define FSK_KEEPER_USAGE_H

#include <stdio.h>

#include "core/keeper/options.h"

/* The help of one command, or with FSK_CMD_NONE the overview. At most 80
 * columns wide. */
void fsk_usage_print(FILE *to, enum fsk_command c);

#endif
