/* Between the parts of the volume scan. Internal to core/evidence. */
#ifndef FSK_EVIDENCE_VOLUME_IMPL_H
#define FSK_EVIDENCE_VOLUME_IMPL_H

#include "core/evidence/volume.h"

/* A partition table. */
struct fsk_part {
	uint64_t start, length; /* sectors */
	char slot[16], description[128];
	uint8_t guid[16]; /* GPT: unique partition GUID; else zero */
};

struct fsk_table {
	enum fsk_scheme scheme;
	const char *name; /* "GPT", "MBR", …, for messages */
	uint32_t sector_size;
	bool backup;            /* GPT: read from the end of the disk, the front is damaged */
	bool damaged;           /* GPT: a checksum is wrong, and there is no better copy */
	bool protective;        /* MBR: has an entry that only says "this is GPT" */
	struct fsk_part *parts; /* by start */
	size_t count;
};

/* MBR, BSD, Sun and Apple tables by libtsk, with sectors of `sector_size`
 * bytes. FSK_ENOTFOUND when there is none. Free with fsk_table_free. */
enum fsk_table_kind { FSK_TABLE_MBR, FSK_TABLE_BSD, FSK_TABLE_SUN, FSK_TABLE_MAC };
int fsk_table_load(struct fsk_table *out, struct fsk_source *s, enum fsk_table_kind kind,
                   uint32_t sector_size, struct fsk_err *err);
void fsk_table_free(struct fsk_table *t);
/* Appends a row; for the readers of tables. */
int fsk_table_add(struct fsk_table *t, const struct fsk_part *p, struct fsk_err *err);
/* Copies a text cut to the size of a description. */
void fsk_table_text(char out[128], const char *text, size_t n);

/* GPT, by our own reading: libtsk 4.11 gives no GUIDs, wants a protective entry
 * in the first row of an MBR that may be wiped or unreadable, and takes entries
 * of any size for 128 bytes. Tries the front with sectors of the source's own
 * size, 512, 1024, 2048 and 4096 bytes, then the end. FSK_ENOTFOUND. */
int fsk_gpt_load(struct fsk_table *out, struct fsk_source *s, struct fsk_err *err);

/* The disk signature of an MBR; libtsk does not give it. */
uint32_t fsk_mbr_signature(struct fsk_source *s);

/* Which file system is at v->offset? Fills fs and block_size. Reports
 * ambiguity, encryption and what is known but not readable. Nothing found
 * leaves fs "". Sets *what to a word for what was recognised but is not
 * readable ("BitLocker"), or NULL. */
int fsk_volume_detect(struct fsk_volume *v, struct fsk_source *s, const char **what,
                      struct fsk_err *err);

/* As above for scores: is anything known at this offset? Reports nothing. */
bool fsk_volume_recognise(struct fsk_source *s, uint64_t offset, uint32_t sector_size);

/* Label, serial number and operating system of a volume whose fs is set. */
void fsk_volume_describe(struct fsk_volume *v, struct fsk_source *s);

/* The volumes of an APFS container at v->offset. `v` is the model of each;
 * appends to `out`. */
int fsk_apfs_volumes(struct fsk_volumes *out, const struct fsk_volume *v, struct fsk_source *s,
                     struct fsk_err *err);

int fsk_volumes_add(struct fsk_volumes *out, const struct fsk_volume *v, struct fsk_err *err);

/* Anomaly about a volume. */
void fsk_volume_anomaly(const struct fsk_volume *v, struct fsk_source *s, int code,
                        const char *reason);

#endif
