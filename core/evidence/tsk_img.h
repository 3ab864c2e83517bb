/* libtsk over a source, in one place. Internal to core/evidence: nothing
 * else includes <tsk/…>. */
#ifndef FSK_EVIDENCE_TSK_IMG_H
#define FSK_EVIDENCE_TSK_IMG_H

#include <stdint.h>

#include "core/base/err.h"
#include "core/evidence/source.h"

struct TSK_IMG_INFO;
struct fsk_tsk_img;

/* Makes `s` an image of libtsk. tsk_img_open_external writes into memory of
 * the caller, and how much it writes differs between versions (2.1 MiB in
 * 4.11, where the read cache is part of the struct): the memory is on the
 * heap, zeroed, and larger than the struct that was compiled against, so that a
 * shared library that is slightly newer than its header stays inside.
 *
 * The read callback never fails for what is inside the medium
 * (fsk_source_read), because libtsk reports success with uninitialised memory
 * when a read fails whose length is no sector multiple
 * (tsk_img_read_no_cache). Behind the end it gives zeros and says so.
 *
 * `sector_size` is 512 … 4096, a multiple of 512. The source must outlive the
 * image. FSK_EINVAL, FSK_ENOMEM. */
int fsk_tsk_img_open(struct fsk_tsk_img **out, struct fsk_source *s, uint32_t sector_size,
                     struct fsk_err *err);

/* After every file system on it; NULL is allowed. */
void fsk_tsk_img_close(struct fsk_tsk_img *img);

struct TSK_IMG_INFO *fsk_tsk_img_info(struct fsk_tsk_img *img);

/* As fsk_err_set, with libtsk's last error appended after ": ". */
int fsk_tsk_err(struct fsk_err *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
