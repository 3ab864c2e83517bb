/* Between the parts of the volume scan. Internal to core/evidence. */
#ifndef FSK_EVIDENCE_VOLUME_IMPL_H
#define FSK_EVIDENCE_VOLUME_IMPL_H

#include "core/evidence/volume.h"

/* A partition table, copied out of libtsk. */
struct fsk_part {
	uint64_t start, length; /* sectors */
	char slot[16], description[128];
};

struct fsk_table {
	enum fsk_scheme scheme;
	const char *name; /* "GPT", "MBR", …, for messages */
	uint32_t sector_size;
	bool backup;     /* read from the end of the disk: the front one is damaged */
	bool protective; /* MBR: has an entry that only says "this is GPT" */
	struct fsk_part *parts;
	size_t count;
};

/* GPT, MBR, BSD, Sun and Apple tables, read with sectors of `sector_size`
 * bytes. FSK_ENOTFOUND when there is none. Free with fsk_table_free. */
enum fsk_table_kind { FSK_TABLE_GPT, FSK_TABLE_MBR, FSK_TABLE_BSD, FSK_TABLE_SUN, FSK_TABLE_MAC };
int fsk_table_load(struct fsk_table *out, struct fsk_source *s, enum fsk_table_kind kind,
                   uint32_t sector_size, struct fsk_err *err);
void fsk_table_free(struct fsk_table *t);

/* What libtsk does not give: unique GUIDs of GPT partitions by start sector,
 * the disk signature of an MBR. Zero when absent or damaged. */
void fsk_gpt_guid(uint8_t out[16], struct fsk_source *s, const struct fsk_table *t,
                  uint64_t start);
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
