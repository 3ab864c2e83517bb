/* What `fossick hash` says about files. They come as they lie on the medium, and
 * are kept until their volume is over: then they are told in the order of paths. */
#ifndef FSK_KEEPER_HASH_LINES_H
#define FSK_KEEPER_HASH_LINES_H

#include <stdio.h>

#include "core/ipc/hash_rows.h"
#include "core/ipc/message.h"
#include "core/keeper/probe.h"

struct fsk_hash_line {
	uint64_t order;
	char *text;    /* lines for standard output, or NULL */
	char *warning; /* of a file that is not complete, or NULL */
};

struct fsk_hash_lines {
	struct fsk_hash_line *items;
	size_t count, cap;
	size_t sure; /* those behind come again if the step in hand ends its worker */
};

struct fsk_hash_look {
	bool json;
	bool tagged; /* as `sha256sum --tag`, which tells digests apart */
};

void fsk_hash_lines_free(struct fsk_hash_lines *l);

/* Takes a message HASHED apart. FSK_EPROTO, FSK_ENOMEM. */
int fsk_hash_lines_take(struct fsk_hash_lines *l, const struct fsk_msg *m,
                        const struct fsk_probe *probe, struct fsk_hash_look look,
                        struct fsk_err *err);

/* A step begins: what came before is sure. */
void fsk_hash_lines_mark(struct fsk_hash_lines *l);
/* The step in hand ended its worker and is done again: forgets what came in it. */
void fsk_hash_lines_rewind(struct fsk_hash_lines *l);

/* Tells and forgets all of them. `*incomplete` grows by the files that have no
 * digest, of which the log is told. */
void fsk_hash_lines_print(struct fsk_hash_lines *l, FILE *to, uint64_t *incomplete);

#endif
