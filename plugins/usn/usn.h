/* The change journal of NTFS and ReFS ($Extend/$UsnJrnl:$J): what happened to which file, by name.
 *
 * Format: Microsoft, USN_RECORD_V2, _V3 and _V4 (winioctl.h). Records begin at multiples of 8, and
 * none crosses a page of 4096 bytes; the rest of a page is zero. Windows gives back the oldest part
 * of the file, which is a hole then, of as many bytes as were ever written. */
#ifndef FSK_PLUGINS_USN_USN_H
#define FSK_PLUGINS_USN_USN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "plugins/shared/input.h"

#define FSK_USN_PAGE 4096u
#define FSK_USN_PIECE (256u * FSK_USN_PAGE)

struct fsk_usn_record {
	unsigned version; /* 2, 3 or 4 */
	uint64_t offset;  /* in the file */
	uint64_t usn;
	uint64_t file[2], parent[2]; /* references; the upper half is 0 on NTFS */
	uint64_t time;               /* FILETIME; 0 in version 4, which has none */
	uint32_t reason, source, attributes;
	uint16_t extents;    /* of version 4: changed ranges in it */
	const uint8_t *name; /* UTF-16LE; borrowed until the next call; NULL in version 4 */
	size_t name_size;    /* bytes */
};

struct fsk_usn {
	const struct fsk_input *in;
	uint64_t at;      /* where the next record is sought */
	uint64_t start;   /* of the bytes in hand */
	size_t size;      /* how many */
	size_t room;      /* for them: FSK_USN_PIECE at most */
	uint64_t damaged; /* bytes that are no record */
	uint64_t first_damage;
	bool bad; /* something came as zeros that the medium does not give */
	uint8_t *data;
};

/* Begins at byte `from`; `in` has to stay until fsk_usn_close. FSK_ENOMEM. */
int fsk_usn_open(struct fsk_usn *out, const struct fsk_input *in, uint64_t from,
                 struct fsk_err *err);
void fsk_usn_close(struct fsk_usn *u);

/* The page in which the bytes behind the hole begin: found by halving, so that holes of any size
 * cost a few reads. What lies in front of it is looked at in steps of FSK_USN_STEP_MAX at most, in
 * case that there are more holes than one. The size of the file when there are only zeros. A
 * negative code when it cannot be read. */
int64_t fsk_usn_first(const struct fsk_input *in, struct fsk_err *err);

/* 1: there is a record; 0: the end. What is none is passed over and counted. Negative when the file
 * cannot be read. */
int fsk_usn_next(struct fsk_usn *u, struct fsk_usn_record *out, struct fsk_err *err);

/* The word for one bit of a reason, NULL when it has none. */
const char *fsk_usn_reason(unsigned bit);

#endif
