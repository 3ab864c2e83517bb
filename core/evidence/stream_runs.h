/* Where the bytes of a stream lie on the medium, and how they are read from there:
 * without a cache in between, so that an unreadable sector is known by its offset
 * in the stream. Internal to core/evidence. */
#ifndef FSK_EVIDENCE_STREAM_RUNS_H
#define FSK_EVIDENCE_STREAM_RUNS_H

#include "core/evidence/fs_impl.h"
#include "core/evidence/source.h"

enum fsk_run_kind {
	FSK_RUN_DATA,
	FSK_RUN_HOLE, /* zeros of the file */
	FSK_RUN_LOST  /* damage: nobody knows what was there */
};

struct fsk_run {
	uint64_t start, length; /* bytes in the stream */
	uint64_t at;            /* bytes in the source; FSK_RUN_DATA only */
	enum fsk_run_kind kind;
};

/* A growing list. Free `items`. */
struct fsk_runs {
	struct fsk_run *items;
	size_t count, cap;
};

/* Appends a run. FSK_ELIMIT beyond `max` runs, FSK_ENOMEM. */
int fsk_runs_add(struct fsk_runs *l, const struct fsk_run *r, size_t max, struct fsk_err *err);

/* All of a stream. */
struct fsk_layout {
	const struct fsk_run *runs; /* sorted by start, disjoint */
	size_t count;
	uint64_t initialised; /* bytes from here on are zero, whatever the runs say */
};

/* The part of [off, off + n) that starts at `off` and is all of one kind. What no
 * run covers is lost. */
struct fsk_run fsk_layout_piece(const struct fsk_layout *l, uint64_t off, uint64_t n);

/* Fills `buf` with [off, off + n) of the stream `st`; notes in st->bad what is
 * unreadable. `*sparse`: all of it is a hole. */
void fsk_layout_read(struct fsk_stream *st, struct fsk_source *s, const struct fsk_layout *l,
                     uint8_t *buf, size_t n, uint64_t off, bool *sparse);

/* The first byte of the data in the source; 0 when there is none. */
uint64_t fsk_layout_at(const struct fsk_layout *l);

/* Where an open stream lies: see member `locate` of struct fsk_fs_ops. FSK_EUNSUPPORTED
 * when it does not know; `runs` is then as it was. */
int fsk_stream_extent(struct fsk_extent *out, struct fsk_runs *runs, const struct fsk_stream *st,
                      struct fsk_err *err);

/* A stream of `size` bytes; the runs are borrowed and must outlive it. */
int fsk_layout_open(struct fsk_stream **out, struct fsk_source *s, const struct fsk_layout *l,
                    uint64_t size, struct fsk_err *err);

/* The same of a list of runs of its own: takes over `runs`, also on failure. */
int fsk_runs_open(struct fsk_stream **out, struct fsk_source *s, struct fsk_runs *runs,
                  uint64_t initialised, uint64_t size, struct fsk_err *err);

#endif
