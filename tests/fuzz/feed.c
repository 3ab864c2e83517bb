#include "tests/fuzz/feed.h"

#include <stdbool.h>
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

static bool make_segment(struct fsk_segment *seg, const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	seg->name = strdup("fuzz");
	if (fd < 0 || seg->name == NULL || write(fd, data, size) != (ssize_t) size ||
	    fsk_file_adopt(&seg->file, fd, NULL) < 0) {
		free(seg->name);
		if (fd >= 0)
			close(fd);
		return false;
	}
	return true;
}

static bool open_segments(struct fsk_source **out, const uint8_t *data, const size_t *cuts,
                          size_t n)
{
	struct fsk_anomaly_sink sink = { drop, NULL };
	struct fsk_segment segs[FEED_FILES_MAX];
	size_t made = 0;

	while (made < n &&
	       make_segment(&segs[made], data + cuts[made], cuts[made + 1] - cuts[made]))
		made++;
	if (made == n && fsk_source_open(out, 0, segs, n, sink, NULL) == 0)
		return true;
	while (made-- > 0) {
		free(segs[made].name);
		fsk_file_close(&segs[made].file);
	}
	return false;
}

void feed_source(const uint8_t *data, size_t size)
{
	size_t cuts[2] = { 0, size };
	struct fsk_source *s;

	if (!open_segments(&s, data, cuts, 1))
		return;
	read_some(s);
	fsk_source_check(s);
	fsk_source_close(s);
}

void feed_files(const uint8_t *data, const size_t *cuts, size_t n)
{
	static uint8_t buf[PIECE];
	struct fsk_pool *pool;
	struct fsk_source *s;

	if (!open_segments(&s, data, cuts, n))
		return;
	pool = fsk_pool_new(1);
	fsk_source_use_pool(s, pool);
	fsk_source_prefetch(s, s->size / 3, PIECE);
	for (unsigned i = PIECES; i-- > 0;)
		fsk_source_read(s, buf, PIECE, (uint64_t) i * PIECE / 2);
	fsk_source_check(s);
	read_some(s);
	fsk_source_close(s);
	fsk_pool_free(pool);
}
