/* The base block: the first 4096 bytes of a hive, and the first 512 of each of
 * its transaction logs. Internal to core/registry.
 *
 * Facts: M. Suhanov, "Windows registry file format specification", "Base
 * block" and "Transaction log files". */
#ifndef FSK_REGISTRY_HEADER_H
#define FSK_REGISTRY_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

#define FSK_BASE_BLOCK 512u     /* bytes of it that the checksum covers, and the checksum */
#define FSK_BASE_BLOCK_NAME 64u /* bytes of the file name, UTF-16LE */

enum fsk_base_type {
	FSK_BASE_HIVE = 0,
	FSK_BASE_LOG_XP = 1,   /* log of XP to 8, with a bitmap ("DIRT") */
	FSK_BASE_LOG_2000 = 2, /* the same of Windows 2000 */
	FSK_BASE_LOG_NEW = 6   /* log of 8.1 and later, with entries ("HvLE") */
};

struct fsk_base_block {
	uint32_t sequence1, sequence2; /* equal unless a write was cut short */
	uint64_t written;              /* FILETIME */
	uint32_t minor;                /* of version 1.x */
	uint32_t type;                 /* enum fsk_base_type, or any number */
	uint32_t root;                 /* offset of the root key, from the first bin */
	uint32_t bins;                 /* bytes of all bins */
	uint32_t flags;
	bool sound;          /* its checksum is right */
	const uint8_t *name; /* FSK_BASE_BLOCK_NAME bytes, in the memory that was parsed */
};

/* FSK_ECORRUPT without the signature and for less than FSK_BASE_BLOCK bytes.
 * A wrong checksum is no error. */
int fsk_base_block_parse(struct fsk_base_block *out, const uint8_t *data, size_t len,
                         struct fsk_err *err);

/* Writes all fields but `written` and `name` over those in `data` (at least
 * FSK_BASE_BLOCK bytes), and the checksum. */
void fsk_base_block_store(uint8_t *data, const struct fsk_base_block *b);

/* The file name as UTF-8; the caller frees. NULL without memory. */
char *fsk_base_block_name(const struct fsk_base_block *b);

#endif
