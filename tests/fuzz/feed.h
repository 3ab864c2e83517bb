/* What the targets of image formats share. */
#ifndef FSK_TESTS_FEED_H
#define FSK_TESTS_FEED_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Opens the bytes as an evidence source of one file: it opens or says why
 * not; the first MiBs are read, then the end, then single bytes, and what
 * opening put off is tested. */
void feed_source(const uint8_t *data, size_t size);

#define FEED_FILES_MAX 4

/* The same of several files, the bytes between cuts[i] and cuts[i + 1], with
 * threads, a hint, and the pieces from the last one to the first. `n` is
 * 1 … FEED_FILES_MAX. */
void feed_files(const uint8_t *data, const size_t *cuts, size_t n);

#endif
