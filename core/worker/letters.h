/* Drive letters of Windows volumes.
 *
 * Windows keeps them in its SYSTEM hive, key MountedDevices: a value
 * "\DosDevices\C:" holds, for a partition of an MBR disk, the disk signature
 * (u32le) and the partition's byte offset (u64le); for one of a GPT disk the
 * eight characters "DMIO:ID:" and the partition's GUID as it stands on the
 * disk. Other values (a device path in UTF-16) name drives that are no
 * partition. */
#ifndef FSK_WORKER_LETTERS_H
#define FSK_WORKER_LETTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/evidence/volume.h"
#include "core/model/anomaly.h"

struct fsk_mount {
	uint32_t source, volume; /* the Windows whose registry says it */
	char letter;             /* 'A'…'Z' */
	bool gpt;
	uint8_t guid[16];   /* when gpt */
	uint32_t signature; /* when not */
	uint64_t offset;
};

/* Reads one value of MountedDevices into letter, gpt, guid, signature and
 * offset. False when it gives no letter to a partition. */
bool fsk_mount_parse(struct fsk_mount *out, const char *name, const uint8_t *data, size_t size);

/* Sets the letters of `volumes`, which are in order of (source, volume) and
 * whose `os` is known. What a Windows says about its own source is taken
 * first, then what it says about sources that hold no Windows themselves. Within
 * a source a letter is given once: where two Windows claim it, the first
 * volume's word counts. A Windows volume that nobody speaks of is C. Two
 * Windows in one source are an anomaly that names both. `names` are the
 * sources' names by number. */
void fsk_letters_decide(struct fsk_volume **volumes, size_t nvolumes,
                        const struct fsk_mount *mounts, size_t nmounts, const char *const *names,
                        const struct fsk_anomaly_sink *sink);

/* The volume that a letter means to the Windows on `windows`, once letters are
 * decided: what its own registry says comes first, of its source and then of those
 * that hold no Windows, then the letters of its source. NULL when it is none of them. */
const struct fsk_volume *fsk_letters_find(struct fsk_volume **volumes, size_t nvolumes,
                                          const struct fsk_mount *mounts, size_t nmounts,
                                          const struct fsk_volume *windows, char letter);

#endif
