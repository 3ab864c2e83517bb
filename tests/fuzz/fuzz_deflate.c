/* Ends of DEFLATE streams. The input is taken as a stream: what zlib inflates can
 * be opened, and then holds the same. And as plain bytes: two pieces of them are
 * packed, and come back. */
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "core/archive/deflate.h"
#include "core/archive/pack.h"

#define PLAIN_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fsk_deflate *walk;
static struct fsk_packer *packer;
static uint8_t *plain, *again;

static void must(int good)
{
	if (!good)
		abort();
}

/* Bytes that came out, or -1: no stream of exactly these bytes, or a long one. */
static long inflate_all(uint8_t *out, const uint8_t *p, size_t n)
{
	z_stream z = { .next_in = (uint8_t *) p,
		       .avail_in = (unsigned) n,
		       .next_out = out,
		       .avail_out = PLAIN_MAX };
	int state;

	must(inflateInit2(&z, -MAX_WBITS) == Z_OK);
	state = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	return state == Z_STREAM_END && z.avail_in == 0 ? (long) z.total_out : -1;
}

static void open_stream(const uint8_t *data, size_t size)
{
	uint8_t *p = malloc(size + FSK_DEFLATE_OPEN_MAX + 2);
	size_t n = size;
	long made = inflate_all(plain, data, size);
	int rc;

	must(p != NULL);
	memcpy(p, data, size);
	rc = fsk_deflate_open(walk, p, &n, NULL);
	if (rc < 0)
		must(made < 0 && n == size && memcmp(p, data, size) == 0);
	if (rc == 0 && made >= 0) {
		must(n <= size + FSK_DEFLATE_OPEN_MAX);
		memcpy(p + n, "\x03\x00", 2);
		must(inflate_all(again, p, n + 2) == made);
		must(memcmp(plain, again, (size_t) made) == 0);
	}
	free(p);
}

static void pack(const uint8_t *data, size_t size)
{
	size_t half = size / 2 + 1, n, first;
	uint8_t *p = malloc(2 * size + 1000);
	const uint8_t *made;

	must(p != NULL);
	must(fsk_pack_piece(packer, &made, &first, data, half, FSK_PACK_INSIDE, NULL) == 0);
	memcpy(p, made, first);
	must(fsk_pack_piece(packer, &made, &n, data + half, size - half, FSK_PACK_LAST, NULL) == 0);
	memcpy(p + first, made, n);
	must(inflate_all(plain, p, first + n) == (long) size);
	must(memcmp(plain, data, size) == 0);
	free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (walk == NULL) {
		walk = fsk_deflate_new();
		plain = malloc(PLAIN_MAX);
		again = malloc(PLAIN_MAX);
		must(walk != NULL && plain != NULL && again != NULL);
		must(fsk_packer_new(&packer, FSK_PACK_LEVEL, NULL) == 0);
	}
	if (size > PLAIN_MAX / 2)
		return 0;
	open_stream(data, size);
	if (size >= 3)
		pack(data, size);
	return 0;
}
