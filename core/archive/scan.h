/* The members of a ZIP of ours, found by walking over their local headers:
 * for archives without an index, and to hold an index against. */
#ifndef FSK_ARCHIVE_SCAN_H
#define FSK_ARCHIVE_SCAN_H

#include "core/archive/zip.h"

struct fsk_scan_item {
	uint64_t offset, end; /* from the local header to behind the data */
	uint32_t header_len;
	uint32_t packed_crc32; /* as the header has it */
	bool sound;            /* it is right, or was not looked at */
};

struct fsk_scan {
	struct fsk_scan_item *items;
	size_t count, cap;
	enum fsk_zip_at stop; /* what the walk met behind the last member */
	uint64_t stopped_at;
	char *in_flight; /* name of the member that was not finished, or NULL */
	uint64_t holes;  /* bytes between members that belong to none */
};

/* Walks over the `size` bytes of `f`. `data`: test the packed bytes too. Where
 * a header is damaged the walk goes on at the next one that names its own
 * offset. Free with fsk_scan_free, also after a failure. */
int fsk_scan(struct fsk_scan *s, const struct fsk_file *f, uint64_t size, bool data,
             struct fsk_err *err);
void fsk_scan_free(struct fsk_scan *s);

/* The offsets of the first `n` items; free() them. */
uint64_t *fsk_scan_offsets(const struct fsk_scan *s, size_t n, struct fsk_err *err);

/* Does a right index follow the members, and nothing else? `differs` as in
 * fsk_zip_compare_index. */
int fsk_scan_compare_index(uint64_t *differs, const struct fsk_scan *s, const struct fsk_file *f,
                           uint64_t size, struct fsk_err *err);

/* Reads the header of an item again; `room` holds the name. */
int fsk_scan_read(struct fsk_zip_member *m, struct fsk_buf *room, const struct fsk_scan_item *i,
                  const struct fsk_file *f, struct fsk_err *err);

/* Cuts pieces into lines and gives each, without its end and with a NUL
 * behind it, to `line`. A last line without an end is given by
 * fsk_lines_end. FSK_ELIMIT for one beyond FSK_JSON_LINE_MAX. */
struct fsk_lines {
	int (*line)(void *arg, const char *text, size_t n, struct fsk_err *err);
	void *arg;
	struct fsk_buf part;
};
void fsk_lines_init(struct fsk_lines *l,
                    int (*line)(void *arg, const char *text, size_t n, struct fsk_err *err),
                    void *arg);
/* An fsk_zip_sink whose `arg` is the struct. */
int fsk_lines_add(void *lines, const uint8_t *p, size_t n, struct fsk_err *err);
int fsk_lines_end(struct fsk_lines *l, struct fsk_err *err);
void fsk_lines_free(struct fsk_lines *l);

#endif
