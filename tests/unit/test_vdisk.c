#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/evidence/source.h"
#include "tests/unit/image.h"

#define SECTOR 512u

/* A file that grows where it is written to. */
struct disk {
	struct fsk_buf file;
	uint8_t *medium;
	size_t size;
};

static void disk_init(struct disk *d, size_t size)
{
	uint32_t x = 4711;

	fsk_buf_init(&d->file, 64u << 20);
	d->size = size;
	d->medium = malloc(size);
	assert_non_null(d->medium);
	for (size_t i = 0; i < size; i++) {
		x = x * 1664525u + 1013904223u;
		d->medium[i] = (uint8_t) (x >> 24);
	}
}

static void disk_free(struct disk *d)
{
	fsk_buf_free(&d->file);
	free(d->medium);
}

static void put_at(struct disk *d, size_t at, const void *p, size_t n)
{
	while (d->file.len < at + n)
		assert_int_equal(fsk_buf_append_u8(&d->file, 0, NULL), 0);
	memcpy(d->file.data + at, p, n);
}

static void put_be(struct disk *d, size_t at, uint64_t v, unsigned bytes)
{
	uint8_t raw[8];

	for (unsigned i = 0; i < bytes; i++)
		raw[bytes - 1 - i] = (uint8_t) (v >> (8 * i));
	put_at(d, at, raw, bytes);
}

static void put_le(struct disk *d, size_t at, uint64_t v, unsigned bytes)
{
	uint8_t raw[8];

	for (unsigned i = 0; i < bytes; i++)
		raw[i] = (uint8_t) (v >> (8 * i));
	put_at(d, at, raw, bytes);
}

static int open_disks(struct fsk_source **out, const struct disk *d, size_t n, struct seen *seen,
                      struct fsk_err *err)
{
	struct fsk_segment segs[4];
	int rc;

	for (size_t i = 0; i < n; i++)
		temp_segment(&segs[i], "disk", d[i].file.data, d[i].file.len);
	rc = fsk_source_open(out, 0, segs, n, seen_sink(seen), err);
	for (size_t i = 0; rc < 0 && i < n; i++) {
		fsk_file_close(&segs[i].file);
		free(segs[i].name);
	}
	return rc;
}

static void check_bytes(struct fsk_source *s, uint64_t at, const uint8_t *want, size_t n)
{
	uint8_t *got = malloc(n);

	assert_non_null(got);
	for (size_t piece = 1000; piece <= n; piece += n - 1000) {
		for (size_t i = 0; i < n; i += piece)
			fsk_source_read(s, got + i, n - i < piece ? n - i : piece, at + i);
		assert_memory_equal(got, want, n);
	}
	free(got);
}

static void check_disk(const struct disk *d, const char *format, size_t anomalies,
                       const char *reason)
{
	struct fsk_source *s;
	struct fsk_err err;
	struct seen seen;

	assert_int_equal(open_disks(&s, d, 1, &seen, &err), 0);
	assert_string_equal(s->ops->format, format);
	assert_int_equal(s->size, d->size);
	check_bytes(s, 0, d->medium, d->size);
	assert_int_equal(seen_count(&seen), anomalies);
	if (anomalies > 0)
		assert_true(seen_with(&seen, reason) > 0);
	assert_int_equal(s->bad.count, 0);
	fsk_source_close(s);
	seen_free(&seen);
}

static void check_refused(const struct disk *d, int code, const char *text)
{
	struct fsk_source *s;
	struct fsk_err err;
	struct seen seen;

	assert_int_equal(open_disks(&s, d, 1, &seen, &err), code);
	assert_string_equal(err.msg, text);
	seen_free(&seen);
}

/* --- VHD --- */

static void put_vhd_sum(struct disk *d, size_t at, size_t n, size_t field)
{
	uint32_t sum = 0;

	put_be(d, at + field, 0, 4);
	for (size_t i = 0; i < n; i++)
		sum += d->file.data[at + i];
	put_be(d, at + field, ~sum, 4);
}

static void put_vhd_footer(struct disk *d, size_t at, unsigned type)
{
	put_at(d, at + 511, "", 1);
	put_at(d, at, "conectix", 8);
	put_be(d, at + 12, 0x10000, 4);
	put_be(d, at + 16, type == 2 ? UINT64_MAX : 512, 8);
	put_at(d, at + 28, "test", 4);
	put_be(d, at + 48, d->size, 8);
	put_be(d, at + 60, type, 4);
	put_at(d, at + 68, "0123456789abcdef", 16);
	put_vhd_sum(d, at, 512, 64);
}

/* Blocks of 4 KiB, the odd ones in the file in reverse order, the even ones
 * holes. */
static void make_vhd(struct disk *d, size_t size, unsigned type)
{
	const size_t block = 4096, table = 1536;
	size_t n, at;

	disk_init(d, size);
	n = (size + block - 1) / block;
	put_vhd_footer(d, 0, type);
	put_at(d, 512 + 1023, "", 1);
	put_at(d, 512, "cxsparse", 8);
	put_be(d, 512 + 16, table, 8);
	put_be(d, 512 + 28, n, 4);
	put_be(d, 512 + 32, block, 4);
	put_vhd_sum(d, 512, 1024, 36);
	at = (table + 4 * n + 511) / 512 * 512;
	for (size_t i = n; i-- > 0;) {
		size_t len = size - i * block < block ? size - i * block : block;
		put_be(d, table + 4 * i, i % 2 ? at / 512 : UINT32_MAX, 4);
		if (i % 2 == 0) {
			memset(d->medium + i * block, 0, len);
			continue;
		}
		put_at(d, at + 511, "", 1); /* the bitmap */
		put_at(d, at + 512, d->medium + i * block, len);
		at += 512 + block;
	}
	put_vhd_footer(d, at, type);
}

static void reads_fixed_vhd(void **state)
{
	struct disk d;

	(void) state;
	disk_init(&d, 20 * SECTOR);
	put_at(&d, 0, d.medium, d.size);
	put_vhd_footer(&d, d.size, 2);
	check_disk(&d, "vhd", 0, NULL);
	/* a wrong checksum: no signature at that place counts without one */
	d.file.data[d.size + 100] ^= 1;
	struct fsk_source *s;
	struct seen seen;
	assert_int_equal(open_disks(&s, &d, 1, &seen, NULL), 0);
	assert_string_equal(s->ops->format, "raw");
	fsk_source_close(s);
	seen_free(&seen);
	disk_free(&d);
}

static void reads_dynamic_vhd(void **state)
{
	struct disk d;

	(void) state;
	make_vhd(&d, 50 * 1024 + 512, 3);
	check_disk(&d, "vhd", 0, NULL);
	d.file.data[d.file.len - 400] ^= 1;
	check_disk(&d, "vhd", 1, "the copy at the start is used");
	d.file.data[100] ^= 1;
	check_disk(&d, "vhd", 1, "wrong checksum; it is used all the same");
	disk_free(&d);
}

static void refuses_vhd_it_would_misread(void **state)
{
	struct disk d;

	(void) state;
	make_vhd(&d, 50 * 1024, 4);
	check_refused(&d, FSK_EUNSUPPORTED,
	              "\"disk\": differencing VHD: it needs its parent, which is not supported");
	disk_free(&d);
	make_vhd(&d, 50 * 1024, 3);
	put_be(&d, 512 + 28, 3, 4);
	put_vhd_sum(&d, 512, 1024, 36);
	check_refused(&d, FSK_ECORRUPT, "\"disk\": a table of 3 blocks for a disk of 13");
	put_be(&d, 512 + 32, 1u << 31, 4);
	put_vhd_sum(&d, 512, 1024, 36);
	check_refused(&d, FSK_ECORRUPT, "\"disk\": blocks of 2147483648 bytes");
	put_be(&d, 512 + 32, 4096, 4);
	check_refused(&d, FSK_ECORRUPT, "\"disk\": the header of the dynamic disk is damaged");
	disk_free(&d);
	disk_init(&d, 512);
	d.size = UINT64_MAX / 2 + 1;
	put_vhd_footer(&d, 0, 3);
	put_at(&d, 512, "cxsparse", 8);
	put_at(&d, 512 + 1023, "", 1);
	put_be(&d, 512 + 32, 4096, 4);
	put_vhd_sum(&d, 512, 1024, 36);
	check_refused(&d, FSK_ELIMIT, "\"disk\": 2251799813685248 blocks, the limit is 33554432");
	disk_free(&d);
}

/* The file ends inside a block: zeros from there on, told once. */
static void reports_a_cut_vhd(void **state)
{
	struct disk d;
	struct fsk_source *s;
	struct seen seen;

	(void) state;
	make_vhd(&d, 48 * 1024, 3);
	/* block 1 was written last, and only the footer is behind it */
	d.file.len -= 512 + 1536 - 100; /* of a sector only a part: all of it is bad */
	memset(d.medium + 4096 + 4096 - 1536, 0, 1536);
	assert_int_equal(open_disks(&s, &d, 1, &seen, NULL), 0);
	assert_int_equal(seen_with(&seen, "1536 bytes of the medium are not in the file"), 1);
	assert_int_equal(seen_count(&seen), 2); /* and the footer */
	check_bytes(s, 0, d.medium, d.size);
	assert_int_equal(seen_count(&seen), 2);
	assert_int_equal(s->bad.count, 1);
	assert_int_equal(s->bad.ranges[0].offset, 4096 + 4096 - 1536);
	assert_int_equal(s->bad.ranges[0].length, 1536);
	fsk_source_close(s);
	seen_free(&seen);
	disk_free(&d);
}

/* --- VMDK --- */

enum { GRAIN = 8, GRAINS = 16 }; /* sectors; entries of a grain table */

static void put_vmdk_header(struct disk *d, size_t at, uint32_t flags, uint64_t spare,
                            uint64_t directory)
{
	put_at(d, at + 511, "", 1);
	put_at(d, at, "KDMV", 4);
	put_le(d, at + 4, flags >> 16 ? 3 : 1, 4);
	put_le(d, at + 8, flags, 4);
	put_le(d, at + 12, d->size / SECTOR, 8);
	put_le(d, at + 20, GRAIN, 8);
	put_le(d, at + 28, 1, 8);
	put_le(d, at + 36, 2, 8);
	put_le(d, at + 44, GRAINS, 4);
	put_le(d, at + 48, spare, 8);
	put_le(d, at + 56, directory, 8);
	put_at(d, at + 73, "\n \r\n", 4);
	put_le(d, at + 77, flags >> 16 ? 1 : 0, 2);
}

/* A grain at `at`, plain or packed; returns its length in the file. */
static size_t put_grain(struct disk *d, size_t at, size_t i, bool packed)
{
	size_t grain = GRAIN * SECTOR;
	size_t len = d->size - i * grain < grain ? d->size - i * grain : grain;
	uint8_t out[2 * GRAIN * SECTOR], in[GRAIN * SECTOR] = { 0 };
	size_t n;

	memcpy(in, d->medium + i * grain, len);
	if (!packed) {
		put_at(d, at, in, grain);
		return grain;
	}
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	n = libdeflate_zlib_compress(c, in, grain, out, sizeof(out));
	libdeflate_free_compressor(c);
	put_le(d, at, i * GRAIN, 8);
	put_le(d, at + 8, n, 4);
	put_at(d, at + 12, out, n);
	return (12 + n + SECTOR - 1) / SECTOR * SECTOR;
}

/* Every third grain is a hole, and grain table 1 is not there at all. */
static void make_vmdk(struct disk *d, size_t size, bool packed, const char *descriptor)
{
	size_t grain = GRAIN * SECTOR, n = (size + grain - 1) / grain;
	size_t tables = (n + GRAINS - 1) / GRAINS;
	size_t spare = 3 * SECTOR, directory = 4 * SECTOR, table = 5 * SECTOR, at;

	disk_init(d, size);
	put_at(d, SECTOR, descriptor, strlen(descriptor));
	at = table + tables * SECTOR;
	put_at(d, at - 1, "", 1);
	for (size_t t = 0; t < tables; t++) {
		put_le(d, spare + 4 * t, t == 1 ? 0 : (table + t * SECTOR) / SECTOR, 4);
		put_le(d, directory + 4 * t, t == 1 ? 0 : (table + t * SECTOR) / SECTOR, 4);
	}
	for (size_t i = 0; i < n; i++) {
		size_t len = size - i * grain < grain ? size - i * grain : grain;
		bool hole = i % 3 == 2 || i / GRAINS == 1;
		size_t entry = table + i / GRAINS * SECTOR + 4 * (i % GRAINS);
		put_le(d, entry, hole ? i % 2 : at / SECTOR, 4); /* 0, or 1: a zero grain */
		if (hole)
			memset(d->medium + i * grain, 0, len);
		else
			at += put_grain(d, at, i, packed);
	}
	put_vmdk_header(d, 0, packed ? 0x30007 : 7, spare / SECTOR,
	                packed ? UINT64_MAX : directory / SECTOR);
	if (!packed)
		return;
	put_vmdk_header(d, at, 0x30007, spare / SECTOR, directory / SECTOR);
	put_at(d, at + 2 * SECTOR - 1, "", 1); /* the end marker */
}

#define PLAIN "# Disk DescriptorFile\nversion=1\nparentCID=ffffffff\n"

static void reads_vmdk(void **state)
{
	struct disk d;

	(void) state;
	for (size_t size = 512; size < 300000; size = size * 7 + 512) {
		make_vmdk(&d, size, false, PLAIN);
		check_disk(&d, "vmdk", 0, NULL);
		disk_free(&d);
		make_vmdk(&d, size, true, PLAIN);
		check_disk(&d, "vmdk", 0, NULL);
		disk_free(&d);
	}
}

static void joins_extents_of_vmdk(void **state)
{
	struct disk d[2];
	struct fsk_source *s;
	struct seen seen;

	(void) state;
	make_vmdk(&d[0], 100 * SECTOR, false, PLAIN);
	make_vmdk(&d[1], 60 * SECTOR, true, PLAIN);
	assert_int_equal(open_disks(&s, d, 2, &seen, NULL), 0);
	assert_int_equal(s->size, 160 * SECTOR);
	check_bytes(s, 0, d[0].medium, d[0].size);
	check_bytes(s, d[0].size, d[1].medium, d[1].size);
	uint8_t got[4 * SECTOR];
	fsk_source_read(s, got, sizeof(got), d[0].size - 2 * SECTOR);
	assert_memory_equal(got, d[0].medium + d[0].size - 2 * SECTOR, 2 * SECTOR);
	assert_memory_equal(got + 2 * SECTOR, d[1].medium, 2 * SECTOR);
	fsk_source_close(s);
	seen_free(&seen);
	disk_free(&d[0]);
	disk_free(&d[1]);
}

static void refuses_vmdk_it_would_misread(void **state)
{
	struct disk d;

	(void) state;
	make_vmdk(&d, 100 * SECTOR, false, "# Disk DescriptorFile\nparentCID=12345678\n");
	check_refused(&d, FSK_EUNSUPPORTED,
	              "\"disk\": VMDK snapshot: it needs its parent, which is not supported");
	disk_free(&d);
	make_vmdk(&d, 100 * SECTOR, false, PLAIN);
	d.file.data[75] = '\n';
	check_refused(&d, FSK_ECORRUPT,
	              "\"disk\": damaged: it was copied as text, which changes "
	              "line ends");
	d.file.data[75] = '\r';
	put_le(&d, 20, 0, 8);
	check_refused(&d, FSK_ECORRUPT, "\"disk\": 100 sectors in grains of 0, 16 a table");
	put_le(&d, 20, 1, 8);
	put_le(&d, 12, UINT64_MAX / 2048, 8);
	check_refused(&d, FSK_ELIMIT, "\"disk\": 9007199254740991 blocks, the limit is 33554432");
	disk_free(&d);
}

static void saves_what_a_damaged_vmdk_has(void **state)
{
	struct disk d;
	struct fsk_source *s;
	struct seen seen;
	size_t grain = GRAIN * SECTOR, table0 = 5 * SECTOR;

	(void) state;
	make_vmdk(&d, 50 * grain, true, PLAIN);
	/* grain 4 is damaged */
	size_t at = (d.file.data[table0 + 16] | (size_t) d.file.data[table0 + 17] << 8) * SECTOR;
	d.file.data[at + 200] ^= 1;
	memset(d.medium + 4 * grain, 0, grain);
	/* table 2 is beyond the file in the first directory; the spare has it */
	put_le(&d, 4 * SECTOR + 8, 0xfffff0, 4);
	assert_int_equal(open_disks(&s, &d, 1, &seen, NULL), 0);
	assert_int_equal(seen_with(&seen, "grain table 2: "), 1);
	check_bytes(s, 0, d.medium, d.size);
	assert_int_equal(seen_count(&seen), 2);
	assert_int_equal(seen_with(&seen, "does not inflate"), 1);
	assert_int_equal(s->bad.count, 1);
	assert_int_equal(s->bad.ranges[0].offset, 4 * grain);
	assert_int_equal(s->bad.ranges[0].length, grain);
	fsk_source_close(s);
	seen_free(&seen);
	/* neither has it: 16 grains are lost, and no others */
	put_le(&d, 3 * SECTOR + 8, 0xfffff0, 4);
	memset(d.medium + 32 * grain, 0, 16 * grain);
	assert_int_equal(open_disks(&s, &d, 1, &seen, NULL), 0);
	assert_int_equal(seen_with(&seen, "65536 bytes of the medium are not in the file"), 1);
	check_bytes(s, 0, d.medium, d.size);
	assert_int_equal(fsk_rangelog_bytes(&s->bad), 17 * grain);
	fsk_source_close(s);
	seen_free(&seen);
	disk_free(&d);
}

/* --- VHDX --- */

static uint32_t crc32c(const uint8_t *p, size_t n)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

static void put_crc(struct disk *d, size_t at, size_t n)
{
	put_le(d, at + 4, 0, 4);
	put_le(d, at + 4, crc32c(d->file.data + at, n), 4);
}

static void put_guid(struct disk *d, size_t at, uint32_t a, uint16_t b, uint16_t c, uint64_t rest)
{
	put_le(d, at, a, 4);
	put_le(d, at + 4, b, 2);
	put_le(d, at + 6, c, 2);
	put_be(d, at + 8, rest, 8);
}

static void put_vhdx_header(struct disk *d, size_t at, unsigned sequence, bool dirty)
{
	put_at(d, at + 4095, "", 1);
	put_at(d, at, "head", 4);
	put_le(d, at + 8, sequence, 8);
	put_le(d, at + 48, dirty, 8);
	put_crc(d, at, 4096);
}

/* Three blocks of 1 MiB: one there, one a hole, one there and cut short by the
 * size of the disk. Metadata at 1 MiB, the table at 2 MiB, blocks behind. */
static void make_vhdx(struct disk *d, unsigned flags, bool dirty)
{
	const size_t mib = 1u << 20, k64 = 1u << 16;

	disk_init(d, 2 * mib + 4096);
	put_at(d, 0, "vhdxfile", 8);
	put_vhdx_header(d, k64, 7, dirty);
	put_vhdx_header(d, 2 * k64, 6, !dirty);
	for (size_t at = 3 * k64; at <= 4 * k64; at += k64) {
		put_at(d, at + k64 - 1, "", 1);
		put_at(d, at, "regi", 4);
		put_le(d, at + 8, 2, 4);
		put_guid(d, at + 16, 0x2dc27766, 0xf623, 0x4200, 0x9d64115e9bfd4a08);
		put_le(d, at + 32, 2 * mib, 8);
		put_le(d, at + 40, mib, 4);
		put_guid(d, at + 48, 0x8b7ca206, 0x4790, 0x4b9a, 0xb8fe575f050f886e);
		put_le(d, at + 64, mib, 8);
		put_le(d, at + 72, mib, 4);
		put_crc(d, at, k64);
	}
	put_at(d, mib, "metadata", 8);
	put_le(d, mib + 10, 3, 2);
	put_guid(d, mib + 32, 0xcaa16737, 0xfa36, 0x4d43, 0xb3b633f0aa44e76b);
	put_le(d, mib + 48, k64, 4);
	put_le(d, mib + k64, mib, 4);
	put_le(d, mib + k64 + 4, flags, 4);
	put_guid(d, mib + 64, 0x2fa54224, 0xcd1b, 0x4876, 0xb2115dbed83bf4b8);
	put_le(d, mib + 80, k64 + 8, 4);
	put_le(d, mib + k64 + 8, d->size, 8);
	put_guid(d, mib + 96, 0x8141bf1d, 0xa96f, 0x4709, 0xba47f233a8faab5f);
	put_le(d, mib + 112, k64 + 16, 4);
	put_le(d, mib + k64 + 16, 4096, 4);
	put_le(d, 2 * mib, 4ull << 20 | 6, 8);
	put_le(d, 2 * mib + 8, 2, 8);
	put_le(d, 2 * mib + 16, 3ull << 20 | 6, 8);
	put_at(d, 3 * mib, d->medium + 2 * mib, 4096);
	put_at(d, 4 * mib, d->medium, mib);
	memset(d->medium + mib, 0, mib);
}

static void reads_vhdx(void **state)
{
	struct disk d;
	struct fsk_source *s;
	struct seen seen;

	(void) state;
	make_vhdx(&d, 0, false);
	check_disk(&d, "vhdx", 0, NULL);
	assert_int_equal(open_disks(&s, &d, 1, &seen, NULL), 0);
	assert_int_equal(s->sector_size, 4096);
	fsk_source_close(s);
	seen_free(&seen);
	d.file.data[0x30000 + 20] ^= 1; /* the first region table: the second serves */
	check_disk(&d, "vhdx", 0, NULL);
	d.file.data[0x40000 + 20] ^= 1;
	check_refused(&d, FSK_ECORRUPT, "\"disk\": \"regi\" at byte 262144 is damaged");
	disk_free(&d);
}

static void tells_of_an_open_vhdx_log(void **state)
{
	struct disk d;

	(void) state;
	make_vhdx(&d, 0, true);
	check_disk(&d, "vhdx", 1, "the last writes are in its log only");
	d.file.data[0x10000 + 20] ^= 1;
	check_disk(&d, "vhdx", 0, NULL); /* the other header counts then */
	d.file.data[0x20000 + 20] ^= 1;
	check_refused(&d, FSK_ECORRUPT, "\"disk\": both headers are damaged");
	disk_free(&d);
	make_vhdx(&d, 2, false);
	check_refused(&d, FSK_EUNSUPPORTED,
	              "\"disk\": differencing VHDX: it needs its parent, which is not supported");
	disk_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_fixed_vhd),
		cmocka_unit_test(reads_dynamic_vhd),
		cmocka_unit_test(refuses_vhd_it_would_misread),
		cmocka_unit_test(reports_a_cut_vhd),
		cmocka_unit_test(reads_vmdk),
		cmocka_unit_test(joins_extents_of_vmdk),
		cmocka_unit_test(refuses_vmdk_it_would_misread),
		cmocka_unit_test(saves_what_a_damaged_vmdk_has),
		cmocka_unit_test(reads_vhdx),
		cmocka_unit_test(tells_of_an_open_vhdx_log),
	};
	return cmocka_run_group_tests_name("vdisk", tests, NULL, NULL);
}
