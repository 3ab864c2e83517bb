/* Which volumes are of one machine, so that a path with a drive letter that is found on
 * one of them may lead to another. */
#ifndef FSK_KEEPER_DRIVES_H
#define FSK_KEEPER_DRIVES_H

#include "core/keeper/probe.h"

#define FSK_DRIVES_NONE UINT32_MAX

/* The number of the machine that a volume is of: that of the source with its Windows. The
 * volumes of one source are of one machine, and so are those of sources without Windows when
 * a single source has one. FSK_DRIVES_NONE for volumes without a letter or a file system. */
uint32_t fsk_drives_machine(const struct fsk_probe *p, const struct fsk_probed_volume *v);

/* The machine that a source is of: that of its volumes, itself when none of them tells. */
uint32_t fsk_drives_machine_of(const struct fsk_probe *p, uint32_t source);

/* Adds to the head of a task "plugins" what is known of the machine: "drives", "system" and
 * "environment"; see message.h. FSK_ENOMEM. */
int fsk_drives_describe(json_t *head, const struct fsk_probe *p, const struct fsk_probed_volume *v,
                        struct fsk_err *err);

/* Is a volume one of the "drives" of that head? */
bool fsk_drives_has(const json_t *head, const json_t *source, const json_t *volume);

#endif
