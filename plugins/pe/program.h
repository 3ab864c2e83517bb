/* A program as a whole: what pe.open and its kin tell, as JSON. */
#ifndef FSK_PLUGINS_PE_PROGRAM_H
#define FSK_PLUGINS_PE_PROGRAM_H

#include "plugins/shared/ranges.h"

enum {
	FSK_PE_HEADERS = 1,
	FSK_PE_VERSION = 2,
	FSK_PE_PARTS = 4,
	FSK_PE_SIGNATURE = 8,
	FSK_PE_TABLE = 16
};

struct fsk_pe_options {
	unsigned what;         /* FSK_PE_HEADERS … */
	bool content;          /* read the whole file, for checksum and signature */
	bool digests, entropy; /* from the same reading */
	bool signed_only;      /* that reading is for a signature alone */
};

/* What the file at `in` tells: the members that docs/plugin-reference.md has for pe.open,
 * of `want`. `*notes` is a list of texts, what is wrong in the file; both are new
 * references, and NULL on failure. FSK_EUNSUPPORTED for what is no program,
 * FSK_ECORRUPT, FSK_ENOMEM, and the errors of reading. */
int fsk_pe_examine(json_t **told, json_t **notes, const struct fsk_input *in,
                   const struct fsk_pe_options *want, struct fsk_err *err);

#endif
