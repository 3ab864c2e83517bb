#include "tests/fuzz/feed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/evidence/source.h"

#define PIECE (256u * FSK_KIB)
#define PIECES 8u

static void drop(void *arg, json_t *anomaly)
{
	(void) arg;
	(void) anomaly;
}

static void read_some(struct fsk_source *s)
{
	static uint8_t buf[PIECE];

	for (unsigned i = 0; i < PIECES; i++)
		fsk_source_read(s, buf, PIECE, (uint64_t) i * PIECE);
	fsk_source_read(s, buf, PIECE, s->size - 1);
	for (uint64_t i = 0; i < 8; i++)
		fsk_source_read(s, buf, 1, s->size / 8 * i);
}

static void open_and_read(struct fsk_segment *seg)
{
	struct fsk_anomaly_sink sink = { drop, NULL };
	struct fsk_source *s;

	seg->name = strdup("fuzz");
	if (seg->name != NULL && fsk_source_open(&s, 0, seg, 1, sink, NULL) == 0) {
		read_some(s);
		fsk_source_close(s);
		return;
	}
	free(seg->name);
	fsk_file_close(&seg->file);
}

void feed_source(const uint8_t *data, size_t size)
{
	struct fsk_segment seg;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, data, size) != (ssize_t) size || fsk_file_adopt(&seg.file, fd, NULL) < 0) {
		close(fd);
		return;
	}
	open_and_read(&seg);
}
