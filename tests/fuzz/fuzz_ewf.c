/* The EWF reader over one hostile segment file: it opens or says why not, the
 * first MiBs are read, then the end, then single bytes. Each input runs twice,
 * as it is and with its checksums made right, so that values are met which no
 * mutation would get past a checksum. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <libdeflate.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/evidence/source.h"

#define PIECE (256u * FSK_KIB)
#define PIECES 8u
#define SECTIONS 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static void run(struct fsk_segment *seg)
{
	struct fsk_anomaly_sink sink = { drop, NULL };
	struct fsk_source *s;

	seg->name = strdup("fuzz.E01");
	if (seg->name != NULL && fsk_source_open(&s, 0, seg, 1, sink, NULL) == 0) {
		read_some(s);
		fsk_source_close(s);
		return;
	}
	free(seg->name);
	fsk_file_close(&seg->file);
}

/* Puts the Adler-32 of from..at at `at`, if that is inside. */
static void seal(uint8_t *data, size_t size, size_t from, uint64_t at)
{
	uint32_t sum;

	if (at > size || size - at < 4 || from > at)
		return;
	sum = libdeflate_adler32(1, data + from, (size_t) at - from);
	for (int i = 0; i < 4; i++)
		data[at + (size_t) i] = (uint8_t) (sum >> (8 * i));
}

static void seal_section(uint8_t *data, size_t size, size_t at, uint64_t next)
{
	const char *type = (const char *) data + at;
	size_t body = at + 76;
	struct fsk_cur c;

	fsk_cur_init(&c, data, size);
	fsk_cur_seek(&c, body);
	if (strncmp(type, "table", 5) == 0) {
		uint64_t count = fsk_cur_u32le(&c);
		seal(data, size, body, body + 20);
		seal(data, size, body + 24, body + 24 + 4 * count);
	} else if (strncmp(type, "error2", 6) == 0) {
		uint64_t count = fsk_cur_u32le(&c);
		seal(data, size, body, body + 516);
		seal(data, size, body + 520, body + 520 + 8 * count);
	} else if (strncmp(type, "volume", 6) == 0 || strncmp(type, "data", 4) == 0) {
		seal(data, size, body, next >= body + 1052 ? body + 1048 : body + 90);
	} else if (strncmp(type, "digest", 6) == 0) {
		seal(data, size, body, body + 76);
	} else if (strncmp(type, "hash", 4) == 0) {
		seal(data, size, body, body + 32);
	}
	seal(data, size, at, at + 72);
}

static void seal_all(uint8_t *data, size_t size)
{
	size_t at = 13;

	for (unsigned i = 0; i < SECTIONS && at < size && size - at >= 76; i++) {
		struct fsk_cur c;
		uint64_t next;
		fsk_cur_init(&c, data, size);
		fsk_cur_seek(&c, at + 16);
		next = fsk_cur_u64le(&c);
		seal_section(data, size, at, next);
		if (next <= at || next > size)
			break;
		at = (size_t) next;
	}
}

static void run_bytes(const uint8_t *data, size_t size)
{
	struct fsk_segment seg;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, data, size) != (ssize_t) size || fsk_file_adopt(&seg.file, fd, NULL) < 0) {
		close(fd);
		return;
	}
	run(&seg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	run_bytes(data, size);
	if (copy != NULL && size > 0) {
		memcpy(copy, data, size);
		seal_all(copy, size);
		run_bytes(copy, size);
	}
	free(copy);
	return 0;
}
