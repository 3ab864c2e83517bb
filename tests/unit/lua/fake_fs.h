/* A file system in a table, in place of core/evidence: the functions of
 * core/evidence/fs.h over an array, for tests of what stands on top. */
#ifndef FSK_TESTS_FAKE_FS_H
#define FSK_TESTS_FAKE_FS_H

#include "core/evidence/fs.h"

struct fake_file {
	const char *path;   /* "dir/name" */
	const char *stream; /* alternate stream, or NULL */
	const char *data;
	size_t size;
	enum fsk_entry_type type;
	uint64_t bad_at, bad_len; /* bytes that cannot be read */
};

/* An array ended by path == NULL. Names are compared without case. */
void fake_fs_open(struct fsk_fs **out, const struct fake_file *files);

/* Entry of a path, from the heap; fails the test when there is none. */
struct fsk_entry *fake_fs_entry(struct fsk_fs *fs, const char *path);

/* Streams that are open now. */
extern int fake_streams_open;

#endif
