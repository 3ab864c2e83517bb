/* What is printed when a collection is over. */
#ifndef FSK_KEEPER_SCREEN_H
#define FSK_KEEPER_SCREEN_H

#include <stdio.h>

#include "core/keeper/collect.h"

/* The closing screen: findings, what could not be read, where the archive
 * is. 80 columns; all text from evidence is escaped. */
void fsk_screen_print(FILE *to, struct fsk_collect *c);

/* The same as JSON. */
void fsk_screen_print_json(FILE *to, struct fsk_collect *c);

/* The result of a dry run. */
void fsk_screen_print_dry(FILE *to, struct fsk_collect *c);

#endif
