/* Mach-O programs of macOS and its kin, thin and fat, as JSON.
 *
 * Layout: Apple, "OS X ABI Mach-O File Format Reference" and <mach-o/loader.h>,
 * <mach-o/fat.h>; of signatures <Security/CodeDirectory.h> (osfmk/kern/cs_blobs.h of
 * XNU). No library of Debian 12 reads them but LLVM, which is no parser for evidence. */
#ifndef FSK_PLUGINS_MACHO_MACHO_H
#define FSK_PLUGINS_MACHO_MACHO_H

#include "core/base/limits.h"
#include "plugins/shared/ranges.h"

struct fsk_macho_options {
	bool content; /* read the pages of signed programs, and compare them */
	bool strings; /* list the literals of C */
};

/* One program inside a file. */
struct fsk_macho {
	struct fsk_ranges *file;
	uint64_t at, size;     /* in the file */
	bool wide, big;        /* 64 bits; big endian */
	uint64_t signature_at; /* file offset of the signature; its size 0: none */
	uint32_t signature_size;
	struct fsk_macho_options want;
	json_t *told;
};

/* What the file at `in` tells: the members that docs/plugin-reference.md has for macho.open.
 * `*notes` as fsk_ranges_notes; both are new references, NULL on failure.
 * FSK_EUNSUPPORTED for what is no such program, FSK_ENOMEM, and the errors of reading. */
int fsk_macho_examine(json_t **told, json_t **notes, const struct fsk_input *in,
                      const struct fsk_macho_options *want, struct fsk_err *err);

/* --- signature.c --- */

/* The signature of a program as JSON; { state = "none" } when there is none. */
json_t *fsk_macho_signature(const struct fsk_macho *m);

#endif
