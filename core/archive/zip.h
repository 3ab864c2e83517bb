/* The ZIP records that this program writes, and the walk over them.
 *
 * Facts: PKWARE APPNOTE.TXT 6.3.10 (4.3.7 local header, 4.3.12 central
 * header, 4.3.14 to 4.3.16 end records, 4.5.3 ZIP64 field 0x0001, 4.5.5 NTFS
 * field 0x000a); the extended timestamp 0x5455 is Info-ZIP's (extrafld.txt).
 *
 * Every local header has the same shape: version 4.5, flag 11 (UTF-8 name),
 * both 32-bit sizes 0xFFFFFFFF with the true ones in the ZIP64 field, then the
 * time fields if there is a time, then a field of our own (0x6f66, 12 bytes)
 * with the offset of the header itself and the CRC-32 of the packed bytes. So
 * a header can be written before the data and patched afterwards, no data
 * descriptor is needed, a header that lies inside a collected file is not
 * mistaken for one of ours, and a member can be tested without unpacking it
 * (deflate has bits that no one reads). While a member is being written both
 * sizes are 2^64 - 1. */
#ifndef FSK_ARCHIVE_ZIP_H
#define FSK_ARCHIVE_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/file.h"
#include "core/base/time.h"

#define FSK_ZIP_STORED 0u
#define FSK_ZIP_DEFLATED 8u
#define FSK_ZIP_OPEN UINT64_MAX /* as a size: the member is not finished */
#define FSK_ZIP_END_SIZE 98u    /* both ZIP64 end records and the old one */

struct fsk_zip_member {
	uint64_t offset; /* of the local header */
	uint16_t method;
	uint32_t crc32; /* of the plain bytes */
	uint32_t packed_crc32;
	uint64_t size, packed;
	fsk_time modified, accessed, created; /* FSK_TIME_NONE where not known */
	const char *name; /* borrowed; in fsk_zip_read_local NUL-terminated inside `room` */
	size_t name_len;
	uint32_t header_len; /* read: bytes of the local header, name and fields included */
};

/* Appends a local header. Its length depends on the name and on which times
 * there are, not on sizes, method and digests. */
int fsk_zip_append_local(struct fsk_buf *out, const struct fsk_zip_member *m, struct fsk_err *err);

/* Appends the central header that belongs to the local one. */
int fsk_zip_append_central(struct fsk_buf *out, const struct fsk_zip_member *m,
                           struct fsk_err *err);

/* Appends the end records of an index of `size` bytes at `offset`. */
int fsk_zip_append_end(struct fsk_buf *out, uint64_t members, uint64_t offset, uint64_t size,
                       struct fsk_err *err);

/* What lies at `offset`. */
enum fsk_zip_at {
	FSK_ZIP_MEMBER,    /* a finished member, all of whose bytes are in the file */
	FSK_ZIP_IN_FLIGHT, /* a header of ours whose member is not finished, or cut off */
	FSK_ZIP_INDEX,     /* the central directory or the end records begin */
	FSK_ZIP_EOF,
	FSK_ZIP_UNKNOWN, /* none of these */
};

/* Reads the local header at `offset` of a file of `end` bytes. `room` holds
 * the name that `m` points to. Negative only for errors of reading. */
int fsk_zip_read_local(enum fsk_zip_at *what, struct fsk_zip_member *m, struct fsk_buf *room,
                       const struct fsk_file *f, uint64_t offset, uint64_t end,
                       struct fsk_err *err);

/* Gets the plain bytes of a member in pieces; a negative return ends it. */
typedef int fsk_zip_sink(void *arg, const uint8_t *p, size_t n, struct fsk_err *err);

/* Compares the CRC of the packed bytes; FSK_ECORRUPT when it is another. */
int fsk_zip_test_packed(const struct fsk_zip_member *m, const struct fsk_file *f,
                        struct fsk_err *err);

/* Unpacks a member and compares CRC and size. FSK_ECORRUPT says what is
 * wrong; `sink` may be NULL. */
int fsk_zip_unpack(const struct fsk_zip_member *m, const struct fsk_file *f, fsk_zip_sink *sink,
                   void *arg, struct fsk_err *err);

/* Builds the index of the members at `offsets` (in this order) from their
 * local headers and gives it piece by piece to `sink`, end records included,
 * as it has to lie at `at`. */
int fsk_zip_build_index(const struct fsk_file *f, const uint64_t *offsets, size_t n, uint64_t at,
                        fsk_zip_sink *sink, void *arg, struct fsk_err *err);

/* Is what lies from `at` to the end of the file (`size`) byte for byte the index of
 * these members? `differs` is the offset of the first byte that is not, or
 * UINT64_MAX. */
int fsk_zip_compare_index(uint64_t *differs, const struct fsk_file *f, const uint64_t *offsets,
                          size_t n, uint64_t at, uint64_t size, struct fsk_err *err);

/* The first offset in [from, end) where a finished member of ours begins: its
 * header names that very offset, so a header inside a collected file is not
 * taken for one. `end` if there is none. For files with damage in the
 * middle. */
int fsk_zip_resync(uint64_t *out, const struct fsk_file *f, uint64_t from, uint64_t end,
                   struct fsk_err *err);

#endif
