/* Inside of fsk_archive_recover: import.c makes a journal for an archive
 * that has lost its own. */
#ifndef FSK_ARCHIVE_RECOVER_H
#define FSK_ARCHIVE_RECOVER_H

#include "core/archive/journal.h"
#include "core/archive/scan.h"
#include "core/archive/writer.h"

/* Writes `path` (by way of "<path>.new", so that it is whole or not there)
 * with the custody lines and manifest rows of the archive itself, if its last
 * members are custody.jsonl and manifest.jsonl, and a fold line in front of
 * them. Rows of other members are left to the caller. */
int fsk_recover_import(const char *path, const char *archive, const struct fsk_scan *scan,
                       const struct fsk_file *f, struct fsk_err *err);

#endif
