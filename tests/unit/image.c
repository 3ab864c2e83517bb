#include "tests/unit/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libdeflate.h>

#include "core/base/digest.h"
#include "core/model/types.h"

#define DESCRIPTOR 76u

/* A test cannot go on without what this returns. */
static void must(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "image: %s failed\n", what);
		abort();
	}
}

void temp_segment(struct fsk_segment *out, const char *name, const void *data, size_t n)
{
	char path[] = "/tmp/fossick-segment.XXXXXX";
	int fd = mkstemp(path);

	must(fd >= 0, "mkstemp");
	unlink(path);
	must(n == 0 || write(fd, data, n) == (ssize_t) n, "write");
	must(fsk_file_adopt(&out->file, fd, NULL) == 0, "fsk_file_adopt");
	out->name = strdup(name);
}

static void see(void *arg, json_t *anomaly)
{
	struct seen *seen = arg;

	json_array_append(seen->list, anomaly);
}

struct fsk_anomaly_sink seen_sink(struct seen *seen)
{
	seen->list = json_array();
	return (struct fsk_anomaly_sink){ see, seen };
}

void seen_free(struct seen *seen)
{
	json_decref(seen->list);
	seen->list = NULL;
}

size_t seen_count(const struct seen *seen)
{
	return json_array_size(seen->list);
}

size_t seen_with(const struct seen *seen, const char *text)
{
	size_t n = 0, i;
	json_t *a;

	json_array_foreach (seen->list, i, a)
		n += strstr(json_string_value(json_object_get(a, "reason")), text) != NULL;
	return n;
}

static void put(struct fsk_buf *b, const void *p, size_t n)
{
	must(fsk_buf_append(b, p, n, NULL) == 0, "fsk_buf_append");
}

static void put_zero(struct fsk_buf *b, size_t n)
{
	static const uint8_t zero[1024];

	for (; n > sizeof(zero); n -= sizeof(zero))
		put(b, zero, sizeof(zero));
	put(b, zero, n);
}

static void put32(struct fsk_buf *b, uint32_t v)
{
	must(fsk_buf_append_u32le(b, v, NULL) == 0, "fsk_buf_append");
}

static void put64(struct fsk_buf *b, uint64_t v)
{
	must(fsk_buf_append_u64le(b, v, NULL) == 0, "fsk_buf_append");
}

static void set32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t) (v >> (8 * i));
}

static void set64(uint8_t *p, uint64_t v)
{
	set32(p, (uint32_t) v);
	set32(p + 4, (uint32_t) (v >> 32));
}

/* Adler-32 of everything from `from` on. */
static void put_adler(struct fsk_buf *b, size_t from)
{
	put32(b, libdeflate_adler32(1, b->data + from, b->len - from));
}

void image_seal_descriptor(struct fsk_buf *seg, size_t at)
{
	set32(seg->data + at + 72, libdeflate_adler32(1, seg->data + at, 72));
}

void image_seal_table(struct fsk_buf *seg, size_t at)
{
	uint8_t *p = seg->data + at + DESCRIPTOR;
	size_t n = 4 * (size_t) (p[0] | p[1] << 8);

	set32(p + 20, libdeflate_adler32(1, p, 20));
	set32(p + 24 + n, libdeflate_adler32(1, p + 24, n));
}

static size_t begin_section(struct fsk_buf *b, const char *type)
{
	size_t at = b->len;
	char name[16] = { 0 };

	memcpy(name, type, strlen(type));
	put(b, name, sizeof(name));
	put_zero(b, DESCRIPTOR - sizeof(name));
	return at;
}

static void end_section(const struct image *im, struct fsk_buf *b, size_t at, bool last)
{
	set64(b->data + at + 16, last ? at : b->len);
	set64(b->data + at + 24, last || im->spec.no_sizes ? 0 : b->len - at);
	image_seal_descriptor(b, at);
}

static size_t deflate_to(uint8_t *out, size_t cap, const void *p, size_t n)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	size_t len = libdeflate_zlib_compress(c, p, n, out, cap);

	libdeflate_free_compressor(c);
	must(len > 0, "libdeflate_zlib_compress");
	return len;
}

static void put_deflated(struct fsk_buf *b, const void *p, size_t n)
{
	size_t cap = n + n / 8 + 100;
	uint8_t *out = malloc(cap);

	must(out != NULL, "malloc");
	put(b, out, deflate_to(out, cap, p, n));
	free(out);
}

static void put_text(const struct image *im, struct fsk_buf *b, const char *type, const void *p,
                     size_t n)
{
	size_t at = begin_section(b, type);

	put_deflated(b, p, n);
	end_section(im, b, at, false);
}

static size_t put_volume(const struct image *im, struct fsk_buf *b, const char *type)
{
	size_t at = begin_section(b, type), from = b->len;
	uint32_t sectors = (uint32_t) (im->spec.size / 512);

	put32(b, 1);
	put32(b, (uint32_t) im->nchunks);
	put32(b, im->spec.chunk_sectors);
	put32(b, 512);
	if (im->spec.smart) {
		put32(b, sectors);
		put_zero(b, 20 + 45);
		put(b, "SMART", 5);
	} else {
		put64(b, sectors);
		put_zero(b, 12);
		put32(b, 3); /* physical */
		put_zero(b, 12);
		put32(b, 1); /* compression */
		put32(b, 64);
		put_zero(b, 4);
		for (int i = 0; i < 16; i++)
			put(b, &im->spec.guid, 1);
		put_zero(b, 963 + 5);
	}
	put_adler(b, from);
	end_section(im, b, at, false);
	return at;
}

static void put_chunk(struct image *im, unsigned segment, size_t i)
{
	struct fsk_buf *b = &im->segs[segment];
	size_t start = i * im->chunk_size, n = im->chunk_size;
	size_t from = b->len;

	if (n > im->spec.size - start && !im->spec.full_last)
		n = im->spec.size - start;
	im->chunks[i] = (struct image_chunk){ segment, from, 0 };
	if (im->spec.stored && i % 3 == 0) {
		put(b, im->medium + start, n);
		put_adler(b, from);
	} else {
		put_deflated(b, im->medium + start, n);
	}
	im->chunks[i].length = b->len - from;
}

static void put_table_head(struct fsk_buf *b, unsigned count, uint64_t base)
{
	size_t from = b->len;

	put32(b, count);
	put32(b, 0);
	put64(b, base);
	put32(b, 0);
	put_adler(b, from);
}

static uint32_t entry_of(const struct image *im, size_t i, uint64_t base)
{
	uint32_t at = (uint32_t) (im->chunks[i].offset - base);

	return im->spec.stored && i % 3 == 0 ? at : at | 0x80000000u;
}

static size_t put_table(const struct image *im, struct fsk_buf *b, const char *type, size_t first,
                        unsigned count, uint64_t base)
{
	size_t at = begin_section(b, type), from;

	put_table_head(b, count, base);
	from = b->len;
	for (unsigned i = 0; i < count; i++)
		put32(b, entry_of(im, first + i, base));
	put_adler(b, from);
	end_section(im, b, at, false);
	return at;
}

static void put_chunks_smart(struct image *im, struct image_table *t)
{
	struct fsk_buf *b = &im->segs[t->segment];
	size_t entries;

	t->table = begin_section(b, "table");
	put_table_head(b, t->count, 0);
	entries = b->len;
	put_zero(b, 4 * t->count);
	for (unsigned i = 0; i < t->count; i++) {
		put_chunk(im, t->segment, t->first_chunk + i);
		set32(b->data + entries + 4 * i, entry_of(im, t->first_chunk + i, 0));
	}
	end_section(im, b, t->table, false);
}

static void put_chunks(struct image *im, struct image_table *t)
{
	struct fsk_buf *b = &im->segs[t->segment];
	uint64_t base;

	if (im->spec.smart) {
		put_chunks_smart(im, t);
		return;
	}
	t->sectors = begin_section(b, "sectors");
	base = im->spec.based ? t->sectors : 0;
	for (unsigned i = 0; i < t->count; i++)
		put_chunk(im, t->segment, t->first_chunk + i);
	end_section(im, b, t->sectors, false);
	t->table = put_table(im, b, "table", t->first_chunk, t->count, base);
	t->table2 = put_table(im, b, "table2", t->first_chunk, t->count, base);
}

static void put_errors(const struct image *im, struct fsk_buf *b)
{
	size_t at, from;
	uint32_t n = 0;

	while (n < 4 && im->spec.errors[n][1] > 0)
		n++;
	if (n == 0)
		return;
	at = begin_section(b, "error2");
	from = b->len;
	put32(b, n);
	put_zero(b, 512);
	put_adler(b, from);
	from = b->len;
	for (uint32_t i = 0; i < n; i++) {
		put32(b, im->spec.errors[i][0]);
		put32(b, im->spec.errors[i][1]);
	}
	put_adler(b, from);
	end_section(im, b, at, false);
}

static void put_digests(struct image *im, struct fsk_buf *b)
{
	struct fsk_digests d;
	uint8_t raw[36];
	size_t at, from;

	must(fsk_digest_bytes(&d, FSK_DIGEST_ALL, im->medium, im->spec.size, NULL) == 0, "digest");
	memcpy(im->md5, d.md5, sizeof(im->md5));
	memcpy(im->sha1, d.sha1, sizeof(im->sha1));
	for (size_t i = 0; i < 36; i++) {
		const char *hex = i < 16 ? d.md5 + 2 * i : d.sha1 + 2 * (i - 16);
		char pair[3] = { hex[0], hex[1], 0 };
		raw[i] = (uint8_t) strtoul(pair, NULL, 16);
	}
	at = begin_section(b, "digest");
	from = b->len;
	put(b, raw, sizeof(raw));
	put_zero(b, 40);
	put_adler(b, from);
	end_section(im, b, at, false);
	at = begin_section(b, "hash");
	from = b->len;
	put(b, raw, 16);
	put_zero(b, 16);
	put_adler(b, from);
	end_section(im, b, at, false);
}

static void put_segment(struct image *im, unsigned segment, size_t first, size_t end)
{
	struct fsk_buf *b = &im->segs[segment];
	const struct image_spec *spec = &im->spec;
	bool last = segment + 1 == spec->segments;
	uint8_t number = (uint8_t) (segment + 1);
	size_t at;

	put(b, "EVF\x09\x0d\x0a\xff\x00\x01", 9);
	put(b, &number, 1);
	put_zero(b, 3);
	if (segment == 0 && spec->header2 != NULL)
		put_text(im, b, "header2", spec->header2, spec->header2_len);
	if (segment == 0 && spec->header != NULL)
		put_text(im, b, "header", spec->header, strlen(spec->header));
	at = put_volume(im, b, segment == 0 ? "volume" : "data");
	if (segment == 0)
		im->volume = at;
	while (first < end) {
		struct image_table *t = &im->tables[im->ntables++];
		must(im->ntables <= IMAGE_TABLES_MAX, "too many tables: the test");
		t->segment = segment;
		t->first_chunk = (unsigned) first;
		t->count = end - first < spec->table_chunks ? (unsigned) (end - first)
		                                            : spec->table_chunks;
		put_chunks(im, t);
		first += t->count;
	}
	if (last) {
		put_errors(im, b);
		put_digests(im, b);
	}
	at = begin_section(b, last ? "done" : "next");
	end_section(im, b, at, true);
}

/* Runs of zeros, of text and of noise, so that chunks differ in kind. */
static void fill(uint8_t *p, size_t n)
{
	uint32_t x = 12345;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		switch (i / 1500 % 3) {
		case 0:
			p[i] = (uint8_t) (x >> 24);
			break;
		case 1:
			p[i] = (uint8_t) ("fossick "[i % 8] + i / 4096);
			break;
		default:
			p[i] = 0;
		}
	}
}

void image_segment_chunks(const struct image *im, unsigned segment, size_t *first, size_t *end)
{
	*first = im->nchunks * segment / im->spec.segments;
	*end = im->nchunks * (segment + 1) / im->spec.segments;
}

void image_make(struct image *im, const struct image_spec *spec)
{
	memset(im, 0, sizeof(*im));
	im->spec = *spec;
	if (spec->segments == 0)
		im->spec.segments = 1;
	if (spec->chunk_sectors == 0)
		im->spec.chunk_sectors = 2;
	if (spec->table_chunks == 0)
		im->spec.table_chunks = 16;
	im->chunk_size = im->spec.chunk_sectors * 512;
	im->nchunks = (spec->size + im->chunk_size - 1) / im->chunk_size;
	must(im->nchunks <= IMAGE_CHUNKS_MAX && im->spec.segments <= IMAGE_SEGMENTS_MAX,
	     "too large: the test");
	im->medium = calloc(im->nchunks, im->chunk_size);
	must(im->medium != NULL, "calloc");
	fill(im->medium, spec->size);
	for (unsigned s = 0; s < im->spec.segments; s++) {
		size_t first, end;
		image_segment_chunks(im, s, &first, &end);
		fsk_buf_init(&im->segs[s], 256u << 20);
		put_segment(im, s, first, end);
	}
}

void image_free(struct image *im)
{
	for (unsigned s = 0; s < im->spec.segments; s++)
		fsk_buf_free(&im->segs[s]);
	free(im->medium);
}

int image_open(struct fsk_source **out, const struct image *im, unsigned mask, struct seen *seen,
               struct fsk_err *err)
{
	struct fsk_segment segs[IMAGE_SEGMENTS_MAX];
	char name[24];
	size_t n = 0;
	int rc;

	for (unsigned s = 0; s < im->spec.segments; s++) {
		if ((mask >> s & 1) == 0)
			continue;
		snprintf(name, sizeof(name), "disk.E%02u", s + 1);
		temp_segment(&segs[n++], name, im->segs[s].data, im->segs[s].len);
	}
	rc = fsk_source_open(out, 0, segs, n, seen_sink(seen), err);
	for (size_t i = 0; rc < 0 && i < n; i++) {
		fsk_file_close(&segs[i].file);
		free(segs[i].name);
	}
	return rc;
}
