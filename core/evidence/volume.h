/* Volumes of a source: GPT, MBR with logical partitions, or none. */
#ifndef FSK_EVIDENCE_VOLUME_H
#define FSK_EVIDENCE_VOLUME_H

#include <stdbool.h>

#include "core/evidence/source.h"

enum fsk_scheme { FSK_SCHEME_NONE, FSK_SCHEME_MBR, FSK_SCHEME_GPT, FSK_SCHEME_OTHER };

struct fsk_volume {
	uint32_t source, index;
	enum fsk_scheme scheme;
	uint64_t offset, length; /* bytes in the source */
	uint32_t sector_size;
	char slot[16];           /* as mmls shows it ("001", "000:001"); "" without a table;
	                          * "/N" appended for volume N of an APFS container */
	char description[128];   /* partition type in words, UTF-8 */
	uint8_t guid[16];        /* GPT: unique partition GUID as on disk; else zero */
	uint32_t disk_signature; /* MBR: disk signature; else 0 */
	char fs[16];             /* "ntfs", "fat12" "fat16" "fat32", "exfat", "ext2" "ext3"
	                          * "ext4", "hfs", "apfs", "iso9660", "ufs1" "ufs2"; "" for
	                          * none that can be read */
	uint64_t pool_block;     /* APFS: block of the volume superblock; else 0 */
	uint32_t block_size;     /* of the file system */
	char label[128];         /* volume label, UTF-8 */
	uint64_t serial;         /* NTFS/FAT volume serial; 0 otherwise */
	char letter;             /* 'C'…; 0 while unknown */
	char os[16];             /* "windows", "macos", "linux", or "" */
};

struct fsk_volumes {
	struct fsk_volume *items;
	size_t count;
	uint64_t disk_sector_size;
};

/* Finds volumes and, for each, its file system. Unallocated and metadata
 * rows of the table are left out; what is allocated is listed also when no
 * file system is in it. Ambiguous detection (two schemes, two file systems,
 * two sector sizes) is an anomaly FSK_EAMBIGUOUS that names both candidates,
 * and the more specific one is used. What is encrypted (BitLocker, LUKS, APFS)
 * or of a file system that nothing here reads is an anomaly FSK_EUNSUPPORTED
 * that says so. A source with neither table nor file system gives count 0
 * and an anomaly, not an error. FSK_ENOMEM, FSK_ELIMIT. */
int fsk_volumes_scan(struct fsk_volumes *out, struct fsk_source *s, struct fsk_err *err);
void fsk_volumes_free(struct fsk_volumes *v);

/* "ntfs" etc. folds case when names are compared. */
bool fsk_volume_folds_case(const struct fsk_volume *v);

/* The JSON of message VOLUME (core/ipc/message.h). New reference. */
json_t *fsk_volume_to_json(const struct fsk_volume *v);

#endif
