/* What the readers of image formats offer to source.c. */
#ifndef FSK_EVIDENCE_SOURCE_FORMAT_H
#define FSK_EVIDENCE_SOURCE_FORMAT_H

#include <stdbool.h>

#include "core/evidence/source.h"

enum fsk_source_format {
	FSK_FORMAT_RAW,
	FSK_FORMAT_EWF,
	FSK_FORMAT_VHD,
	FSK_FORMAT_VHDX,
	FSK_FORMAT_VMDK,
	FSK_FORMAT_OTHER, /* known, but nothing here reads it */
};

/* Looks at the first and the last sector. `*name` is what the format is
 * called in messages. Only signatures that a disk cannot hold at that place
 * by chance are taken; everything else is raw, also what cannot be read. */
enum fsk_source_format fsk_source_detect(const char **name, const struct fsk_file *f);

/* A reader looks at s->segs and sets ops, impl, size, sector_size, unit,
 * metadata, stored and lost. On failure it leaves ops NULL. */
int fsk_raw_open(struct fsk_source *s, struct fsk_err *err);
int fsk_ewf_open(struct fsk_source *s, struct fsk_err *err);
int fsk_vhd_open(struct fsk_source *s, struct fsk_err *err);
int fsk_vhdx_open(struct fsk_source *s, struct fsk_err *err);
int fsk_vmdk_open(struct fsk_source *s, struct fsk_err *err);

/* Is this the footer of a VHD (512 bytes), checksum included? */
bool fsk_vhd_is_footer(const uint8_t raw[512]);

#endif
