#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libdeflate.h>
#include <zlib.h>

#include "core/archive/custody.h"
#include "core/archive/deflate.h"
#include "core/archive/journal.h"
#include "core/archive/name.h"
#include "core/archive/noise.h"
#include "core/archive/output.h"
#include "core/archive/pack.h"
#include "core/archive/zip.h"
#include "core/base/limits.h"

static char scratch[64];
static char file_path[80];

static int make_scratch(void **state)
{
	(void) state;
	snprintf(scratch, sizeof(scratch), "/tmp/fossick-test.XXXXXX");
	if (mkdtemp(scratch) == NULL)
		return -1;
	snprintf(file_path, sizeof(file_path), "%s/file", scratch);
	return 0;
}

static int drop_scratch(void **state)
{
	(void) state;
	unlink(file_path);
	return rmdir(scratch);
}

/* --- names --- */

static void assert_member_name(const char *name, const char *wanted)
{
	struct fsk_buf b;

	fsk_buf_init(&b, 8 * FSK_MEMBER_NAME_MAX);
	assert_int_equal(fsk_name_append_member(&b, name, NULL), 0);
	assert_int_equal(fsk_buf_append_u8(&b, 0, NULL), 0);
	assert_string_equal((const char *) b.data, wanted);
	fsk_buf_free(&b);
}

static void member_names_are_made_safe(void **state)
{
	(void) state;
	assert_member_name("fs/C/Users/Jörg/a b.txt", "fs/C/Users/Jörg/a b.txt");
	assert_member_name("/etc/passwd", "etc/passwd");
	assert_member_name("a//b/", "a/b");
	assert_member_name("../../x", "%2E%2E/%2E%2E/x");
	assert_member_name("a/./b/. ./c", "a/%2E/b/%2E %2E/c");
	assert_member_name("...", "%2E%2E%2E");
	assert_member_name("..a", "..a");
	assert_member_name("C:\\x", "C%3A%5Cx");
	assert_member_name("c:", "c%3A");
	assert_member_name("fs/file.txt:Zone.Identifier", "fs/file.txt:Zone.Identifier");
	assert_member_name("a\nb\x7f\x1b[0m", "a%0Ab%7F%1B[0m");
	assert_member_name("bad\xff\xc3", "bad%FF%C3");
	assert_member_name("rtl\xe2\x80\xae"
	                   "txt.exe",
	                   "rtl%E2%80%AEtxt.exe");
	assert_member_name("", "unnamed");
	assert_member_name("///", "unnamed");
}

static void long_member_names_are_cut_at_a_character(void **state)
{
	size_t n = 2 * FSK_MEMBER_NAME_MAX;
	char *name = malloc(n + 1);
	struct fsk_buf b;

	(void) state;
	assert_non_null(name);
	for (size_t i = 0; i < n; i += 2)
		memcpy(name + i, "\xc3\xa4", 2);
	name[n] = '\0';
	name[0] = 'x'; /* so that the limit falls into a character */
	name[1] = 'y';
	name[2] = 'z';
	memmove(name + 3, name + 4, n - 3);
	fsk_buf_init(&b, 8 * FSK_MEMBER_NAME_MAX);
	assert_int_equal(fsk_name_append_member(&b, name, NULL), 0);
	assert_true(b.len < FSK_MEMBER_NAME_MAX);
	assert_true(b.len > FSK_MEMBER_NAME_MAX - 100);
	assert_int_equal(b.len % 2, 1);
	fsk_buf_free(&b);
	free(name);
}

static void assert_label(const char *label, const char *wanted)
{
	struct fsk_buf b;

	fsk_buf_init(&b, 1000);
	assert_int_equal(fsk_name_append_label(&b, label, NULL), 0);
	assert_int_equal(fsk_buf_append_u8(&b, 0, NULL), 0);
	assert_string_equal((const char *) b.data, wanted);
	fsk_buf_free(&b);
}

static void labels_are_made_safe(void **state)
{
	char longer[300];

	(void) state;
	assert_label("case 42/disk.E01", "case_42_disk.E01");
	assert_label("../x", "_._x");
	assert_label("-rf", "_rf");
	assert_label("Büro", "Büro");
	assert_label("a\nb\xff", "a_b_");
	assert_label("", "evidence");
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	longer[100] = '\0';
	assert_label(longer, longer);
}

static void assert_taken_as(struct fsk_nameset *s, const char *name, const char *wanted)
{
	struct fsk_buf b;

	fsk_buf_init(&b, 1000);
	assert_int_equal(fsk_buf_append_str(&b, name, NULL), 0);
	assert_int_equal(fsk_nameset_take(s, &b, NULL), 0);
	assert_int_equal(b.len, strlen(wanted));
	assert_string_equal((const char *) b.data, wanted);
	fsk_buf_free(&b);
}

static void taken_names_are_numbered(void **state)
{
	struct fsk_nameset s = { 0 };

	(void) state;
	assert_taken_as(&s, "a", "a");
	assert_taken_as(&s, "A", "A~2");
	assert_taken_as(&s, "a", "a~3");
	assert_taken_as(&s, "a~2", "a~2~2");
	assert_taken_as(&s, "Ärger", "Ärger");
	assert_taken_as(&s, "äRGER", "äRGER~2");
	assert_int_equal(fsk_nameset_add(&s, "b", NULL), 0);
	assert_int_equal(fsk_nameset_add(&s, "B", NULL), FSK_EEXIST);
	fsk_nameset_free(&s);
}

static void many_names_are_kept_apart(void **state)
{
	struct fsk_nameset s = { 0 };
	char name[32];

	(void) state;
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "fs/C/%d", i);
		assert_int_equal(fsk_nameset_add(&s, name, NULL), 0);
	}
	assert_true(fsk_nameset_has(&s, "FS/c/19999"));
	assert_false(fsk_nameset_has(&s, "fs/C/20000"));
	fsk_nameset_free(&s);
}

/* --- ZIP records --- */

static const struct fsk_zip_member sample = {
	.method = FSK_ZIP_DEFLATED,
	.crc32 = 0x12345678,
	.size = 5000000000u,
	.packed = 3,
	.modified = 1680077730123456700,
	.accessed = 1680077731000000000,
	.created = -5000000000000000000,
	.name = "fs/C/ä",
	.name_len = 7,
};

static void write_file(const struct fsk_buf *b)
{
	FILE *f = fopen(file_path, "wb");

	assert_non_null(f);
	if (b->len > 0)
		assert_int_equal(fwrite(b->data, 1, b->len, f), b->len);
	assert_int_equal(fclose(f), 0);
}

static enum fsk_zip_at read_header(struct fsk_zip_member *m, struct fsk_buf *room,
                                   const struct fsk_buf *bytes)
{
	struct fsk_file f;
	enum fsk_zip_at what;

	write_file(bytes);
	assert_int_equal(fsk_file_open(&f, file_path, NULL), 0);
	assert_int_equal(fsk_zip_read_local(&what, m, room, &f, 0, f.size, NULL), 0);
	fsk_file_close(&f);
	return what;
}

static void local_headers_read_as_written(void **state)
{
	struct fsk_zip_member m;
	struct fsk_buf b, room;

	(void) state;
	fsk_buf_init(&b, 1000);
	fsk_buf_init(&room, 1000);
	assert_int_equal(fsk_zip_append_local(&b, &sample, NULL), 0);
	assert_int_equal(read_header(&m, &room, &b), FSK_ZIP_IN_FLIGHT); /* no data yet */
	assert_int_equal(fsk_buf_append(&b, "abc", 3, NULL), 0);
	assert_int_equal(read_header(&m, &room, &b), FSK_ZIP_MEMBER);
	assert_int_equal(m.method, sample.method);
	assert_int_equal(m.crc32, sample.crc32);
	assert_int_equal(m.size, sample.size);
	assert_int_equal(m.packed, sample.packed);
	assert_string_equal(m.name, sample.name);
	assert_int_equal(m.header_len + 3, b.len);
	assert_int_equal(m.modified, sample.modified);
	assert_int_equal(m.accessed, sample.accessed);
	assert_int_equal(m.created, sample.created); /* 1811: only the NTFS field can say that */
	fsk_buf_free(&b);
	fsk_buf_free(&room);
}

static void every_broken_header_byte_is_survived(void **state)
{
	struct fsk_zip_member m;
	struct fsk_buf b, room;

	(void) state;
	fsk_buf_init(&b, 1000);
	fsk_buf_init(&room, 2 * FSK_MEMBER_NAME_MAX);
	assert_int_equal(fsk_zip_append_local(&b, &sample, NULL), 0);
	assert_int_equal(fsk_buf_append(&b, "abc", 3, NULL), 0);
	for (size_t i = 0; i < 4; i++) {
		b.data[i] ^= 0x40;
		assert_int_equal(read_header(&m, &room, &b), FSK_ZIP_UNKNOWN);
		b.data[i] ^= 0x40;
	}
	for (size_t i = 4; i < b.len; i++) {
		b.data[i] ^= 0xff;
		read_header(&m, &room, &b);
		b.data[i] ^= 0xff;
	}
	/* the field that names the header's own offset */
	b.data[b.len - 8]++;
	assert_int_equal(read_header(&m, &room, &b), FSK_ZIP_UNKNOWN);
	fsk_buf_free(&b);
	fsk_buf_free(&room);
}

static void central_headers_use_zip64_only_when_needed(void **state)
{
	struct fsk_zip_member small = sample;
	struct fsk_buf b;
	size_t with;

	(void) state;
	fsk_buf_init(&b, 1000);
	assert_int_equal(fsk_zip_append_central(&b, &sample, NULL), 0);
	assert_memory_equal(b.data + 24, "\xff\xff\xff\xff", 4);
	assert_memory_equal(b.data + 46 + 7, "\x01\x00\x08\x00", 4);
	with = b.len;
	fsk_buf_reset(&b);
	small.size = 5;
	assert_int_equal(fsk_zip_append_central(&b, &small, NULL), 0);
	assert_int_equal(b.len, with - 12);
	assert_memory_equal(b.data + 24, "\x05\x00\x00\x00", 4);
	fsk_buf_free(&b);
}

/* --- packing --- */

struct packed {
	struct fsk_buf b;
	uint16_t method;
};

static void fill(uint8_t *p, size_t n, unsigned kind)
{
	uint64_t x = 88172645463325252u;

	for (size_t i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p[i] = kind == 0 ? (uint8_t) x : (uint8_t) ("0123456789abcdef"[x & 7]);
	}
}

struct compare {
	const uint8_t *plain;
	size_t at;
};

static int compare(void *arg, const uint8_t *p, size_t n, struct fsk_err *err)
{
	struct compare *c = arg;

	(void) err;
	assert_memory_equal(c->plain + c->at, p, n);
	c->at += n;
	return 0;
}

static void assert_unpacks(const struct packed *out, const uint8_t *plain, size_t n)
{
	struct fsk_zip_member m = { .method = out->method,
		                    .size = n,
		                    .packed = out->b.len,
		                    .crc32 = libdeflate_crc32(0, plain, n) };
	struct compare c = { .plain = plain };
	struct fsk_file f;

	write_file(&out->b);
	assert_int_equal(fsk_file_open(&f, file_path, NULL), 0);
	assert_int_equal(fsk_zip_unpack(&m, &f, compare, &c, NULL), 0);
	assert_int_equal(c.at, n);
	m.crc32++;
	assert_int_equal(fsk_zip_unpack(&m, &f, NULL, NULL, NULL), FSK_ECORRUPT);
	fsk_file_close(&f);
}

static void pack(struct packed *out, int level, const uint8_t *p, size_t n)
{
	struct fsk_packer *packer;

	*out = (struct packed){ .method = FSK_ZIP_DEFLATED };
	fsk_buf_init(&out->b, 64u << 20);
	assert_int_equal(fsk_packer_new(&packer, level, NULL), 0);
	for (size_t at = 0; at < n; at += FSK_PACK_PIECE) {
		size_t len = n - at < FSK_PACK_PIECE ? n - at : FSK_PACK_PIECE, made;
		enum fsk_pack_place place = at + len < n ? FSK_PACK_INSIDE
		                            : at > 0     ? FSK_PACK_LAST
		                                         : FSK_PACK_ALONE;
		const uint8_t *piece;

		assert_int_equal(fsk_pack_piece(packer, &piece, &made, p + at, len, place, NULL),
		                 0);
		if (made == 0) {
			assert_int_equal(place, FSK_PACK_ALONE);
			out->method = FSK_ZIP_STORED;
			piece = p;
			made = n;
		}
		assert_int_equal(fsk_buf_append(&out->b, piece, made, NULL), 0);
	}
	fsk_packer_free(packer);
}

/* Byte `i` of kind 0 is noise, of kind 1 half a byte of noise; 2 mixes both in
 * runs of `run` bytes. */
static void fill_mixed(uint8_t *p, size_t n, size_t run)
{
	for (size_t at = 0; at < n; at += run)
		fill(p + at, n - at < run ? n - at : run, (unsigned) (at / run) & 1);
}

static size_t assert_packs(const uint8_t *p, size_t n, int level, uint16_t method)
{
	struct packed out;
	size_t made;

	pack(&out, level, p, n);
	assert_int_equal(out.method, method);
	if (method == FSK_ZIP_STORED)
		assert_int_equal(out.b.len, n);
	assert_unpacks(&out, p, n);
	made = out.b.len;
	fsk_buf_free(&out.b);
	return made;
}

static void members_are_deflated_when_that_pays(void **state)
{
	uint8_t *p = malloc(300000);

	(void) state;
	assert_non_null(p);
	fill(p, 300000, 1);
	assert_packs(p, 1, 4, FSK_ZIP_STORED);
	assert_packs(p, 1000, 4, FSK_ZIP_DEFLATED);
	assert_packs(p, 300000, 1, FSK_ZIP_DEFLATED);
	assert_packs(p, 300000, 12, FSK_ZIP_DEFLATED);
	fill(p, 300000, 0);
	assert_packs(p, 1000, 4, FSK_ZIP_STORED);
	assert_packs(p, 300000, 4, FSK_ZIP_STORED);
	free(p);
}

static void pieces_are_one_stream(void **state)
{
	static const size_t sizes[] = { FSK_PACK_PIECE, FSK_PACK_PIECE + 1, 3 * FSK_PACK_PIECE,
		                        3 * FSK_PACK_PIECE + 4321 };
	static const size_t runs[] = { 1000, 40000, 200000, 700000 };
	size_t cap = 4 * FSK_PACK_PIECE;
	uint8_t *p = malloc(cap);

	(void) state;
	assert_non_null(p);
	for (unsigned i = 0; i < 4; i++) {
		size_t n = sizes[i];

		fill(p, n, 0);
		if (n > FSK_PACK_PIECE)
			assert_true(assert_packs(p, n, 1, FSK_ZIP_DEFLATED) < n + n / 1000);
		fill(p, n, 1);
		for (int level = 1; level <= 12; level += 3)
			assert_true(assert_packs(p, n, level, FSK_ZIP_DEFLATED) < n * 45 / 100);
		for (unsigned k = 0; k < 4; k++) {
			fill_mixed(p, n, runs[k]);
			assert_true(assert_packs(p, n, 4, FSK_ZIP_DEFLATED) < n * 80 / 100);
		}
		memset(p, 0, n);
		assert_true(assert_packs(p, n, 4, FSK_ZIP_DEFLATED) < 100 + n / 500);
	}
	free(p);
}

/* --- noise --- */

static void noise_is_told_from_what_deflates(void **state)
{
	size_t n = 32 * (size_t) FSK_NOISE_UNIT;
	struct fsk_noise *t = fsk_noise_new();
	uint8_t *p = malloc(n);

	(void) state;
	assert_non_null(t);
	assert_non_null(p);
	fill(p, n, 0);
	assert_int_equal(fsk_noise_units(t, p, n), UINT32_MAX);
	assert_int_equal(fsk_noise_units(t, p, 0), 0);
	assert_int_equal(fsk_noise_units(t, p, 3 * FSK_NOISE_UNIT + 5000), 15);
	fill(p + 2 * FSK_NOISE_UNIT, FSK_NOISE_UNIT, 1);
	assert_int_equal(fsk_noise_units(t, p, n), UINT32_MAX - 4);
	/* the same again, within the window: the first copy is noise, the second not */
	fill(p, n, 0);
	memcpy(p + 5 * FSK_NOISE_UNIT, p + 4 * FSK_NOISE_UNIT + 1000, 20000);
	assert_int_equal(fsk_noise_units(t, p, n), UINT32_MAX - (1u << 5));
	/* too far away for a match */
	fill(p, n, 0);
	memcpy(p + 5 * FSK_NOISE_UNIT, p + 2 * FSK_NOISE_UNIT, 20000);
	assert_int_equal(fsk_noise_units(t, p, n), UINT32_MAX);
	free(p);
	fsk_noise_free(t);
}

/* --- ends of streams --- */

/* Opens a stream, closes it with an empty block, and compares. */
static void assert_opens(struct fsk_deflate *d, uint8_t *packed, size_t len, const uint8_t *plain,
                         size_t n)
{
	uint8_t *out = malloc(n + 1);
	struct fsk_err err = { 0 };
	z_stream z = { 0 };

	assert_non_null(out);
	if (fsk_deflate_open(d, packed, &len, &err) < 0)
		fail_msg("%s", err.msg);
	memcpy(packed + len, "\x03\x00", 2); /* final, fixed codes, empty */
	assert_int_equal(inflateInit2(&z, -MAX_WBITS), Z_OK);
	z.next_in = packed;
	z.avail_in = (unsigned) len + 2;
	z.next_out = out;
	z.avail_out = (unsigned) n + 1;
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, n);
	assert_int_equal(z.avail_in, 0);
	assert_memory_equal(out, plain, n);
	inflateEnd(&z);
	free(out);
}

/* Letters that are rarer and rarer have codes up to the longest; a copy from far
 * has the longest distance. */
static void fill_skewed(uint8_t *p, size_t n)
{
	fill(p, n, 0);
	for (size_t i = 0; i < n; i++) {
		unsigned v = p[i] | (unsigned) p[(i + 1) % n] << 8, zeros = 0;

		for (; zeros < 16 && (v & 1) == 0; v >>= 1)
			zeros++;
		p[i] = (uint8_t) (zeros * 7 + i / 50000);
		if (i > 33000 && i % 5000 < 200)
			p[i] = p[i - 32000];
	}
}

static size_t zlib_deflate(uint8_t *out, size_t cap, const uint8_t *p, size_t n, int level,
                           int strategy)
{
	z_stream z = { 0 };
	size_t len;

	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, -MAX_WBITS, 9, strategy), Z_OK);
	z.next_in = (uint8_t *) p;
	z.avail_in = (unsigned) n;
	z.next_out = out;
	z.avail_out = (unsigned) cap;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	len = z.total_out;
	deflateEnd(&z);
	return len;
}

static void every_stream_is_opened(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 10, 100, 999, 65535, 65536, 250000 };
	static const int strategies[] = { Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE,
		                          Z_FIXED };
	size_t cap = 600000;
	uint8_t *p = malloc(cap), *out = malloc(cap);
	struct fsk_deflate *d = fsk_deflate_new();

	(void) state;
	assert_true(p != NULL && out != NULL && d != NULL);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (unsigned kind = 0; kind < 4; kind++) {
			size_t n = sizes[i];

			if (kind < 2)
				fill(p, n, kind);
			else if (kind == 2)
				fill_skewed(p, n);
			else
				memset(p, 7, n);
			for (int level = 0; level <= 12; level++) {
				struct libdeflate_compressor *c = libdeflate_alloc_compressor(
				    level);
				size_t len = libdeflate_deflate_compress(c, p, n, out, cap - 100);

				assert_true(len > 0);
				assert_opens(d, out, len, p, n);
				libdeflate_free_compressor(c);
			}
			for (unsigned k = 0; k < 5; k++)
				for (int level = 0; level <= 9; level += 3)
					assert_opens(d, out,
					             zlib_deflate(out, cap - 100, p, n, level,
					                          strategies[k]),
					             p, n);
		}
	fsk_deflate_free(d);
	free(p);
	free(out);
}

/* A stream that is cut, goes on, or is none stays as it was. */
static void no_stream_is_refused(void **state)
{
	uint8_t plain[3000], out[4000], before[4000];
	struct fsk_deflate *d = fsk_deflate_new();
	size_t len, n;

	(void) state;
	assert_non_null(d);
	fill_skewed(plain, sizeof(plain));
	len = zlib_deflate(out, sizeof(out), plain, sizeof(plain), 6, Z_DEFAULT_STRATEGY);
	memset(out + len, 0, sizeof(out) - len);
	memcpy(before, out, sizeof(out));
	for (size_t cut = 0; cut < len; cut++) {
		n = cut;
		assert_int_equal(fsk_deflate_open(d, out, &n, NULL), FSK_ECORRUPT);
		assert_int_equal(n, cut);
	}
	n = len + 1;
	assert_int_equal(fsk_deflate_open(d, out, &n, NULL), FSK_ECORRUPT);
	assert_memory_equal(out, before, sizeof(out));
	out[0] |= 6; /* a type of block that is not */
	n = len;
	assert_int_equal(fsk_deflate_open(d, out, &n, NULL), FSK_ECORRUPT);
	fsk_deflate_free(d);
}

/* --- custody --- */

static void custody_lines_are_chained(void **state)
{
	struct fsk_custody c, check;
	struct fsk_err err;
	char *lines[3];
	json_t *details = json_pack("{s:s,s:s,s:s}", "name", "x", "hash", "mine", "seq", "mine"),
	       *o;

	(void) state;
	fsk_custody_init(&c);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    fsk_custody_make(&lines[i], &c, 1680077730000000000, "step", details, &err), 0);
	fsk_custody_init(&check);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fsk_custody_check(&o, &check, lines[i], strlen(lines[i]), &err),
		                 0);
		assert_int_equal(json_integer_value(json_object_get(o, "seq")), i);
		assert_string_equal(json_string_value(json_object_get(o, "event")), "step");
		assert_string_equal(json_string_value(json_object_get(o, "name")), "x");
		json_decref(o);
	}
	/* the second left out */
	fsk_custody_init(&check);
	assert_int_equal(fsk_custody_check(&o, &check, lines[0], strlen(lines[0]), &err), 0);
	json_decref(o);
	assert_int_equal(fsk_custody_check(&o, &check, lines[2], strlen(lines[2]), &err),
	                 FSK_ECORRUPT);
	assert_non_null(strstr(err.msg, "does not follow"));
	json_decref(o);
	/* changed */
	*strstr(lines[0], "step") = 'S';
	fsk_custody_init(&check);
	assert_int_equal(fsk_custody_check(&o, &check, lines[0], strlen(lines[0]), &err),
	                 FSK_ECORRUPT);
	assert_non_null(strstr(err.msg, "was changed"));
	json_decref(o);
	for (int i = 0; i < 3; i++)
		free(lines[i]);
	json_decref(details);
}

static void custody_check_survives_nonsense(void **state)
{
	static const char *const lines[] = {
		"", "{}", "[]", "null", "{\"hash\":\"x\"}", "{\"a\":1"
	};
	struct fsk_custody c;
	json_t *o;

	(void) state;
	fsk_custody_init(&c);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(fsk_custody_check(&o, &c, lines[i], strlen(lines[i]), NULL),
		                 FSK_ECORRUPT);
		assert_null(o);
	}
}

/* --- journal --- */

static int append_text(void *arg, const char *text, size_t n, struct fsk_err *err)
{
	return fsk_buf_append(arg, text, n, err);
}

static void assert_stream(struct fsk_journal *j, const char *name, const char *wanted)
{
	struct fsk_buf b;

	fsk_buf_init(&b, 10000);
	assert_int_equal(fsk_journal_each(j, fsk_journal_stream(j, name), append_text, &b, NULL),
	                 0);
	assert_int_equal(fsk_buf_append_u8(&b, 0, NULL), 0);
	assert_string_equal((const char *) b.data, wanted);
	fsk_buf_free(&b);
}

static void make_journal(struct fsk_journal *j)
{
	json_t *opening = json_pack("{s:i}", "format", 1);

	unlink(file_path);
	assert_int_equal(fsk_journal_create(j, file_path, opening, NULL), 0);
	json_decref(opening);
}

static void rows_come_out_sorted(void **state)
{
	static const char wanted[] = "{\"n\":4}\n{\"n\":1}\n{\"n\":3}\n{\"n\":2}\n{\"n\":5}\n";
	struct fsk_journal j;

	(void) state;
	make_journal(&j);
	assert_int_equal(fsk_journal_row(&j, "s", "b", "{\"n\":1}", 7, NULL), 0);
	assert_int_equal(fsk_journal_row(&j, "s", "c\"x", "{\"n\":2}", 7, NULL), 0);
	assert_int_equal(fsk_journal_row(&j, "s", "b", "{\"n\":3}", 7, NULL), 0);
	assert_int_equal(fsk_journal_row(&j, "t", "0", "{\"t\":0}", 7, NULL), 0);
	assert_int_equal(fsk_journal_row(&j, "s", "a\\", "{\"n\":4}", 7, NULL), 0);
	assert_int_equal(fsk_journal_row(&j, "s", "ä\xff", "{\"n\":5}", 7, NULL), 0);
	assert_stream(&j, "s", wanted);
	fsk_journal_close(&j);
	assert_int_equal(fsk_journal_open(&j, file_path, NULL), 0);
	assert_stream(&j, "s", wanted);
	assert_stream(&j, "t", "{\"t\":0}\n");
	assert_int_equal(j.rows, 6);
	assert_int_equal(j.damaged, 0);
	assert_int_equal(json_integer_value(json_object_get(j.opening, "format")), 1);
	fsk_journal_close(&j);
}

static uint64_t size_on_disk(const struct fsk_journal *j)
{
	uint64_t size = 0;

	assert_int_equal(fsk_output_size(&j->out, &size, NULL), 0);
	return size;
}

/* Rows wait until they are flushed, given up, or a line of another kind comes. */
static void rows_wait(void **state)
{
	char first[] = "{\"name\":\"a\\\"}{\",\"seq\":1,\"o\":{}}", second[] = "{\"seq\":2}";
	char *lines[2] = { first, second };
	struct fsk_journal j;
	uint64_t empty;

	(void) state;
	make_journal(&j);
	empty = size_on_disk(&j);
	assert_int_equal(fsk_journal_row(&j, "s", "1", "{\"n\":1}", 7, NULL), 0);
	assert_int_equal(size_on_disk(&j), empty);
	assert_int_equal(fsk_journal_flush(&j, NULL), 0);
	assert_int_equal(size_on_disk(&j), j.end);
	assert_int_equal(fsk_journal_row(&j, "s", "2", "{\"n\":2}", 7, NULL), 0);
	assert_int_equal(fsk_journal_custody(&j, lines, 2, NULL), 0);
	assert_int_equal(size_on_disk(&j), j.end);
	assert_int_equal(fsk_journal_row(&j, "s", "3", "{\"n\":3}", 7, NULL), 0);
	fsk_journal_give_up(&j); /* there is room */
	assert_int_equal(size_on_disk(&j), j.end);
	assert_stream(&j, "s", "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
	assert_int_equal(fsk_journal_row(&j, "s", "4", "{\"n\":4}", 7, NULL), 0);
	fsk_journal_close(&j); /* this does not lose any either */
	assert_int_equal(fsk_journal_open(&j, file_path, NULL), 0);
	assert_stream(&j, "s", "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n");
	assert_int_equal(j.damaged, 0);
	assert_int_equal(j.custody.count, 2);
	assert_int_equal(j.custody.entries[0].row_len, strlen(first));
	assert_string_equal(j.last_custody, second);
	fsk_journal_close(&j);
}

static void void_members_do_not_count(void **state)
{
	struct fsk_journal j;

	(void) state;
	make_journal(&j);
	assert_int_equal(fsk_journal_member(&j, 0, "z", "{\"n\":1}", NULL), 0);
	assert_int_equal(fsk_journal_member(&j, 500, "y", "{\"n\":2}", NULL), 0);
	assert_int_equal(fsk_journal_member(&j, 900, "x", "{\"n\":3}", NULL), 0);
	assert_int_equal(fsk_journal_void(&j, 500, UINT64_MAX, NULL), 0);
	assert_int_equal(fsk_journal_member(&j, 500, "w", "{\"n\":4}", NULL), 0);
	assert_stream(&j, FSK_JOURNAL_MANIFEST, "{\"n\":4}\n{\"n\":1}\n");
	fsk_journal_close(&j);
	assert_int_equal(fsk_journal_open(&j, file_path, NULL), 0);
	assert_stream(&j, FSK_JOURNAL_MANIFEST, "{\"n\":4}\n{\"n\":1}\n");
	fsk_journal_close(&j);
}

static void torn_and_damaged_lines_are_left_out(void **state)
{
	static const char junk[] = "[\"row\",\"s\",\"k\",{\"n\":9}";
	struct fsk_journal j;
	FILE *f;

	(void) state;
	make_journal(&j);
	assert_int_equal(fsk_journal_row(&j, "s", "k", "{\"n\":1}", 7, NULL), 0);
	fsk_journal_close(&j);
	f = fopen(file_path, "ab");
	assert_non_null(f);
	fputs(
	    "[\"row\",\"s\",\"k\",[]]\n[\"what\",1]\n[ \"row\",\"s\",\"k\",{\"n\":8}]\nnonsense\n",
	    f);
	fwrite("\0\0\0", 1, 3, f);
	fputs("[\"row\",\"s\",\"k\",{\"n\":2}]\n", f);
	fputs(junk, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(fsk_journal_open(&j, file_path, NULL), 0);
	assert_int_equal(j.damaged, 5);
	assert_stream(&j, "s", "{\"n\":1}\n{\"n\":2}\n");
	/* the torn end goes, and the next line takes its place */
	assert_int_equal(fsk_journal_rewind(&j, NULL), 0);
	assert_int_equal(fsk_journal_row(&j, "s", "k", "{\"n\":3}", 7, NULL), 0);
	fsk_journal_close(&j);
	assert_int_equal(fsk_journal_open(&j, file_path, NULL), 0);
	assert_stream(&j, "s", "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
	assert_int_equal(j.damaged, 4);
	fsk_journal_close(&j);
}

static void a_fold_is_taken_back(void **state)
{
	struct fsk_journal j;

	(void) state;
	make_journal(&j);
	assert_int_equal(fsk_journal_row(&j, "s", "k", "{\"n\":1}", 7, NULL), 0);
	assert_int_equal(fsk_journal_fold(&j, 77, NULL), 0);
	assert_int_equal(fsk_journal_row(&j, "s", "k", "{\"n\":2}", 7, NULL), 0);
	fsk_journal_close(&j);
	assert_int_equal(fsk_journal_open(&j, file_path, NULL), 0);
	assert_int_equal(j.fold, 77);
	assert_int_equal(fsk_journal_rewind(&j, NULL), 0);
	assert_true(j.fold == FSK_JOURNAL_NO_FOLD);
	assert_stream(&j, "s", "{\"n\":1}\n");
	fsk_journal_close(&j);
}

static void an_output_file_has_one_writer(void **state)
{
	struct fsk_output a, b;
	struct fsk_err err;

	(void) state;
	unlink(file_path);
	assert_int_equal(fsk_output_create(&a, file_path, &err), 0);
	assert_int_equal(fsk_output_create(&b, file_path, &err), FSK_EEXIST);
	assert_int_equal(fsk_output_open(&b, file_path, &err), FSK_EPERM);
	assert_non_null(strstr(err.msg, "another process"));
	fsk_output_close(&a);
	assert_int_equal(fsk_output_open(&b, file_path, &err), 0);
	fsk_output_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(member_names_are_made_safe),
		cmocka_unit_test(long_member_names_are_cut_at_a_character),
		cmocka_unit_test(labels_are_made_safe),
		cmocka_unit_test(taken_names_are_numbered),
		cmocka_unit_test(many_names_are_kept_apart),
		cmocka_unit_test(local_headers_read_as_written),
		cmocka_unit_test(every_broken_header_byte_is_survived),
		cmocka_unit_test(central_headers_use_zip64_only_when_needed),
		cmocka_unit_test(members_are_deflated_when_that_pays),
		cmocka_unit_test(pieces_are_one_stream),
		cmocka_unit_test(noise_is_told_from_what_deflates),
		cmocka_unit_test(every_stream_is_opened),
		cmocka_unit_test(no_stream_is_refused),
		cmocka_unit_test(custody_lines_are_chained),
		cmocka_unit_test(custody_check_survives_nonsense),
		cmocka_unit_test(rows_come_out_sorted),
		cmocka_unit_test(rows_wait),
		cmocka_unit_test(void_members_do_not_count),
		cmocka_unit_test(torn_and_damaged_lines_are_left_out),
		cmocka_unit_test(a_fold_is_taken_back),
		cmocka_unit_test(an_output_file_has_one_writer),
	};

	return cmocka_run_group_tests(tests, make_scratch, drop_scratch);
}
