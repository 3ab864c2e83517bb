/* What the files of plugins/yara share. */
#ifndef FSK_PLUGINS_YARA_PARTS_H
#define FSK_PLUGINS_YARA_PARTS_H

#include <yara.h>

#include "plugins/yara/yara.h"

struct fsk_yara {
	bool initialized; /* yr_initialize, which counts */
	YR_RULES *rules;  /* NULL: none compiled */
	size_t count;
	struct fsk_yara_problem *problems;
	size_t nproblems;
};

/* The module that a text imports and that is not to be had here, with the line; NULL when there
 * is none. The name is constant. */
const char *fsk_yara_refused_import(int *line, const char *text);

/* --- blocks.c --- */

/* A file as libyara wants it: one block, or several that overlap. */
struct fsk_yara_blocks {
	const struct fsk_input *in;
	uint8_t *data; /* of the block in hand */
	size_t piece;  /* bytes of a block */
	bool loaded;
	YR_MEMORY_BLOCK block;
	YR_MEMORY_BLOCK_ITERATOR it;
	struct fsk_err err; /* of the read that failed */
};

/* FSK_ENOMEM. Close in any case. */
int fsk_yara_blocks_open(struct fsk_yara_blocks *b, const struct fsk_input *in,
                         struct fsk_err *err);
void fsk_yara_blocks_close(struct fsk_yara_blocks *b);

#endif
