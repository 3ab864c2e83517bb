/* One record of the MFT of NTFS: its head and its attributes, checked. Knows no
 * volume and no other record. Internal to core/evidence.
 *
 * Formats: Russon and Fledel, "NTFS Documentation" (file record, attribute
 * header, $STANDARD_INFORMATION, $FILE_NAME); [MS-FSCC] 2.1.2 for reparse data. */
#ifndef FSK_EVIDENCE_NTFS_INDEX_MFT_RECORD_H
#define FSK_EVIDENCE_NTFS_INDEX_MFT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

enum fsk_mft_attr_type {
	FSK_MFT_STANDARD = 0x10,
	FSK_MFT_ATTRIBUTE_LIST = 0x20,
	FSK_MFT_FILE_NAME = 0x30,
	FSK_MFT_DATA = 0x80,
	FSK_MFT_REPARSE = 0xc0
};

struct fsk_mft_record {
	const uint8_t *data; /* borrowed: the record, fixups applied */
	uint32_t used;       /* bytes of it that hold something */
	uint32_t next;       /* where fsk_mft_attr_next goes on */
	uint16_t seq;        /* grows each time the record is given up */
	bool in_use, directory;
	uint64_t base; /* record that this one extends; 0: it is its own */
	uint16_t base_seq;
};

/* What a slot of the MFT holds. */
enum fsk_mft_slot {
	FSK_MFT_SLOT_UNUSED, /* zeros: nothing was ever here */
	FSK_MFT_SLOT_RECORD,
	FSK_MFT_SLOT_FREE,   /* in no use now, and damaged: nothing is missing */
	FSK_MFT_SLOT_GARBAGE /* may have been a record in use */
};

/* Looks at a slot of `n` bytes (a multiple of 512, at most 64 KiB), which are
 * modified: the update sequence is applied. Only FSK_MFT_SLOT_RECORD fills `r`. */
enum fsk_mft_slot fsk_mft_record_open(struct fsk_mft_record *r, uint8_t *p, size_t n);

struct fsk_mft_attr {
	uint32_t type;
	bool resident;
	const uint8_t *raw; /* all of it, with its head */
	size_t raw_len;
	const uint8_t *name; /* UTF-16LE, name_len bytes */
	size_t name_len;
	const uint8_t *content; /* resident only */
	size_t length;
	uint64_t size;      /* bytes of the attribute, wherever they are */
	uint64_t first_vcn; /* not 0 in the later extents of a non-resident attribute */
};

/* The next attribute: 1, 0 at the end, FSK_ECORRUPT for one that leaves the
 * record or its own bounds; nothing behind it can be found then. */
int fsk_mft_attr_next(struct fsk_mft_attr *out, struct fsk_mft_record *r);

/* A $FILE_NAME. */
struct fsk_mft_name {
	uint64_t parent;
	uint16_t parent_seq;
	uint64_t times[4]; /* FILETIME: created, modified, changed, accessed */
	bool reparse;
	uint32_t tag;        /* of the reparse point, or other things */
	uint8_t space;       /* 2: a DOS name that stands for a long one */
	const uint8_t *text; /* UTF-16LE */
	size_t text_len;     /* bytes, not 0 */
};
/* FSK_ECORRUPT. */
int fsk_mft_name_read(struct fsk_mft_name *out, const void *p, size_t n);

/* The four FILETIMEs of $STANDARD_INFORMATION; false when it is too short. */
bool fsk_mft_standard_times(uint64_t out[4], const void *p, size_t n);

#endif
