/* floor LIST THREADS inflate|hash: what no reader of the image can beat. Inflates every
 * chunk of an E01 by libdeflate and tests its checksum; with "hash" also computes SHA-256
 * of each, and leaves chunks out in which nothing lies (zeros pack to almost nothing).
 * floor md5 BYTES: MD5 of so many bytes from one small buffer, on one core.
 *
 * LIST is made by floor_list.py: lines "segment offset length compressed", after the
 * number of segments, their paths, one a line, the size of a chunk and the number of chunks. */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <libdeflate.h>
#include <openssl/evp.h>

#define SEGMENTS_MAX 1000
#define THREADS_MAX 256
#define RUN 64    /* chunks that a thread takes at once */
#define EMPTY 256 /* a chunk packed to less than 1/EMPTY has nothing in it */
#define PIECE 65536

struct chunk {
	unsigned segment, compressed;
	uint64_t off, length;
};

static const uint8_t *segment_data[SEGMENTS_MAX];
static uint64_t segment_size[SEGMENTS_MAX];
static struct chunk *chunks;
static size_t nchunks, chunk_size;
static atomic_size_t next_chunk;
static bool with_hash;

static void die(const char *what)
{
	fprintf(stderr, "floor: %s\n", what);
	exit(1);
}

static void map_segment(unsigned i, const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0)
		die(path);
	p = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die(path);
	segment_data[i] = p;
	segment_size[i] = (uint64_t) st.st_size;
}

static void read_chunk(FILE *list, struct chunk *c, unsigned segments)
{
	if (fscanf(list, "%u %" SCNu64 " %" SCNu64 " %u", &c->segment, &c->off, &c->length,
	           &c->compressed) != 4 ||
	    c->segment >= segments || c->off > segment_size[c->segment] ||
	    c->length > segment_size[c->segment] - c->off || c->length < 4)
		die("the list has a bad line");
}

static void read_list(const char *path)
{
	FILE *list = fopen(path, "r");
	unsigned segments;
	char name[4096];

	if (list == NULL || fscanf(list, "%u\n", &segments) != 1 || segments > SEGMENTS_MAX)
		die(path);
	for (unsigned i = 0; i < segments; i++) {
		if (fgets(name, sizeof(name), list) == NULL)
			die("the list is short");
		name[strcspn(name, "\n")] = '\0';
		map_segment(i, name);
	}
	if (fscanf(list, "%zu %zu", &chunk_size, &nchunks) != 2)
		die("the list has no size");
	chunks = calloc(nchunks, sizeof(*chunks));
	if (chunks == NULL)
		die("memory");
	for (size_t i = 0; i < nchunks; i++)
		read_chunk(list, &chunks[i], segments);
	fclose(list);
}

/* The bytes of a chunk, in `out` or where they lie; their number in *n. */
static const uint8_t *inflate_chunk(const struct chunk *c, uint8_t *out, size_t *n,
                                    struct libdeflate_decompressor *d)
{
	const uint8_t *in = segment_data[c->segment] + c->off;

	if (c->compressed) {
		if (libdeflate_zlib_decompress(d, in, c->length, out, chunk_size, n) != 0)
			die("a chunk does not inflate");
		return out;
	}
	*n = c->length - 4;
	if (libdeflate_adler32(1, in, *n) !=
	    ((uint32_t) in[*n] | (uint32_t) in[*n + 1] << 8 | (uint32_t) in[*n + 2] << 16 |
	     (uint32_t) in[*n + 3] << 24))
		die("a checksum does not match");
	return in;
}

static void *work(void *unused)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *out = malloc(chunk_size), sum[EVP_MAX_MD_SIZE];
	size_t from, n;

	if (d == NULL || md == NULL || ctx == NULL || out == NULL)
		die("memory");
	while ((from = atomic_fetch_add(&next_chunk, RUN)) < nchunks) {
		for (size_t i = from; i < nchunks && i < from + RUN; i++) {
			if (with_hash && chunks[i].length < chunk_size / EMPTY)
				continue;
			const uint8_t *data = inflate_chunk(&chunks[i], out, &n, d);
			if (with_hash && (!EVP_DigestInit_ex2(ctx, md, NULL) ||
			                  !EVP_DigestUpdate(ctx, data, n) ||
			                  !EVP_DigestFinal_ex(ctx, sum, NULL)))
				die("SHA-256");
		}
	}
	free(out);
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	libdeflate_free_decompressor(d);
	return unused;
}

static int run_md5(uint64_t bytes)
{
	static uint8_t piece[PIECE];
	uint8_t sum[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx == NULL || !EVP_DigestInit_ex2(ctx, EVP_md5(), NULL))
		die("MD5");
	for (uint64_t done = 0; done < bytes; done += sizeof(piece))
		EVP_DigestUpdate(ctx, piece, sizeof(piece));
	EVP_DigestFinal_ex(ctx, sum, NULL);
	EVP_MD_CTX_free(ctx);
	return 0;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS_MAX];
	unsigned long count;

	if (argc == 3 && strcmp(argv[1], "md5") == 0)
		return run_md5(strtoull(argv[2], NULL, 10));
	if (argc != 4 || (strcmp(argv[3], "inflate") != 0 && strcmp(argv[3], "hash") != 0))
		die("usage: floor LIST THREADS inflate|hash, floor md5 BYTES");
	with_hash = strcmp(argv[3], "hash") == 0;
	count = strtoul(argv[2], NULL, 10);
	if (count == 0 || count > THREADS_MAX)
		die("so many threads will not do");
	read_list(argv[1]);
	for (unsigned long i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, work, NULL) != 0)
			die("no thread");
	for (unsigned long i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
