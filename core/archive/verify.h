/* Reading an archive back: `fossick verify` and `fossick recover`. */
#ifndef FSK_ARCHIVE_VERIFY_H
#define FSK_ARCHIVE_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/digest.h"
#include "core/base/err.h"

/* One statement about one member ("fs/C/…") or part ("custody.jsonl line 7"). */
typedef void fsk_verify_report(const char *object, const char *problem, void *arg);

struct fsk_verify_result {
	uint64_t members, bytes, problems;
	uint64_t partial; /* members whose manifest row says they are not complete */
	char manifest_sha256[FSK_SHA256_HEX];
};

/* Re-reads every member with libarchive (not with our own code), compares
 * size and digests with manifest.jsonl, looks for members missing on either
 * side, checks the custody chain and that each "member" line of it is there.
 * Problems are reported, not errors: 0 with result->problems > 0. Negative
 * only when the file cannot be read as an archive at all. */
int fsk_archive_verify(struct fsk_verify_result *result, const char *path,
                       fsk_verify_report *report, void *arg, struct fsk_err *err);

struct fsk_recover_result {
	uint64_t members_kept, bytes_dropped; /* tail after the last complete member */
	uint64_t rows;                        /* taken from the journal */
	bool already_complete;                /* file untouched; a left-over journal is removed */
	char manifest_sha256[FSK_SHA256_HEX];
};

/* Finishes an archive whose run was killed: keeps every complete member
 * (local header sizes set, CRC right), cuts the torn tail, folds in the
 * journal if it is there (a torn last line is dropped), adds a custody line
 * "recovered", writes manifest and index. Idempotent; safe to be killed.
 *
 * A member for which no manifest row was left gets one with what the ZIP
 * tells and "status":"recovered"; one that is damaged, but that the journal
 * calls finished or that sound members follow, stays, so that verify can
 * name it. Without a journal the manifest and the custody log in the ZIP are used
 * if they are there. FSK_ECORRUPT when the file is no archive of ours,
 * FSK_EPERM while another process is writing it. */
int fsk_archive_recover(struct fsk_recover_result *result, const char *path, struct fsk_err *err);

#endif
