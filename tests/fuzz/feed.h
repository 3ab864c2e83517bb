/* What the targets of image formats share. */
#ifndef FSK_TESTS_FEED_H
#define FSK_TESTS_FEED_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Opens the bytes as an evidence source of one file: it opens or says why
 * not; the first MiBs are read, then the end, then single bytes. */
void feed_source(const uint8_t *data, size_t size);

#endif
