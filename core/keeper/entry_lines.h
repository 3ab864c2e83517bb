/* One entry of a listing as a line (or two) of text, appended to a buffer. There
 * are millions, so there is neither printf nor a tree. FSK_ENOMEM. */
#ifndef FSK_KEEPER_ENTRY_LINES_H
#define FSK_KEEPER_ENTRY_LINES_H

#include "core/ipc/rows.h"

/* `prefix` is the volume in front of the path, "C:/". */
int fsk_put_entry_name(struct fsk_buf *to, const struct fsk_row *row, const char *prefix,
                       struct fsk_err *err);

/* Type, size, then modified, accessed, changed, created in seconds, UTC; on NTFS
 * the same four of $FILE_NAME, "=" for one that is exactly its counterpart. "-"
 * for a time that is not there. The name is last. */
int fsk_put_entry_long(struct fsk_buf *to, const struct fsk_row *row, const char *prefix,
                       struct fsk_err *err);

/* A line of a body file as mactime 3 reads it: MD5|name|inode|mode|UID|GID|size|
 * atime|mtime|ctime|crtime, with 0 for what is not known and for times before
 * 1970; on NTFS a second line "name ($FILE_NAME)" with the times of that attribute,
 * except for streams.
 * '|' in a name is \x7c. Source of the format: the Sleuth Kit's documentation,
 * "Body file". */
int fsk_put_entry_body(struct fsk_buf *to, const struct fsk_row *row, const char *prefix,
                       struct fsk_err *err);

/* One JSON object of sorted members: locator, type, size, times and, where there is one, letter. */
int fsk_put_entry_json(struct fsk_buf *to, const struct fsk_row *row, const char *letter,
                       struct fsk_err *err);

#endif
