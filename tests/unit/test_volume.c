/* Partition tables built in memory: MBR, logical partitions, GPT, both sector
 * sizes, damage and ambiguity. No file systems: those are in interop tests. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "core/evidence/volume.h"
#include "tests/unit/memory_source.h"

#define DISK (4u * 1024u * 1024u)

struct fixture {
	struct memory_medium medium;
	struct fsk_source source;
	struct anomaly_text notes;
	struct fsk_volumes volumes;
	struct fsk_err err;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->medium.size = DISK;
	f->medium.data = calloc(1, DISK);
	memory_source(&f->source, &f->medium, &f->notes);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	fsk_volumes_free(&f->volumes);
	fsk_rangelog_free(&f->source.bad);
	free(f->medium.data);
	free(f);
	return 0;
}

static void put(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t) (v >> (8 * i));
}

static void mbr_row(struct fixture *f, uint64_t table, unsigned row, uint8_t type, uint32_t start,
                    uint32_t length)
{
	uint8_t *p = f->medium.data + table + 446 + 16 * row;

	p[4] = type;
	put(p + 8, start, 4);
	put(p + 12, length, 4);
	put(f->medium.data + table + 510, 0xaa55, 2);
}

static void bitlocker(struct fixture *f, uint64_t at)
{
	memcpy(f->medium.data + at + 3, "-FVE-FS-", 8);
}

static uint32_t crc32_of(const uint8_t *p, size_t n)
{
	uint32_t c = 0xffffffff;

	while (n-- > 0) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
	}
	return ~c;
}

/* A header at `lba` whose table is at `table`; two partitions. */
static void gpt(struct fixture *f, uint32_t sector, uint64_t lba, uint64_t table)
{
	uint8_t *h = f->medium.data + lba * sector, *t = f->medium.data + table * sector;

	for (unsigned i = 0; i < 2; i++) {
		uint8_t *e = t + 128 * i;

		memset(e, 0xe0, 16);
		for (unsigned k = 0; k < 16; k++)
			e[16 + k] = (uint8_t) (0x10 * (i + 1) + k);
		put(e + 32, 64 + 64 * i, 8);
		put(e + 40, 64 + 64 * i + 31, 8);
		e[56] = (uint8_t) ('A' + i);
	}
	memcpy(h, "EFI PART", 8);
	put(h + 8, 0x10000, 4);
	put(h + 12, 92, 4);
	put(h + 24, lba, 8);
	put(h + 32, lba == 1 ? DISK / sector - 1 : 1, 8);
	put(h + 40, 34, 8);
	put(h + 48, DISK / sector - 34, 8);
	put(h + 72, table, 8);
	put(h + 80, 128, 4);
	put(h + 84, 128, 4);
	put(h + 88, crc32_of(t, 128 * 128), 4);
	put(h + 16, 0, 4);
	put(h + 16, crc32_of(h, 92), 4);
}

static void scan(struct fixture *f)
{
	assert_int_equal(fsk_volumes_scan(&f->volumes, &f->source, &f->err), 0);
}

static void is_volume(const struct fixture *f, size_t i, const char *slot, uint64_t offset,
                      uint64_t length)
{
	const struct fsk_volume *v = &f->volumes.items[i];

	assert_true(i < f->volumes.count);
	assert_string_equal(v->slot, slot);
	assert_int_equal(v->offset, offset);
	assert_int_equal(v->length, length);
	assert_int_equal(v->index, i);
}

static void test_mbr_with_logical_partitions(void **state)
{
	struct fixture *f = *state;

	put(f->medium.data + 440, 0x1badcafe, 4);
	mbr_row(f, 0, 0, 0x07, 64, 100);
	mbr_row(f, 0, 1, 0x05, 1000, 3000);
	mbr_row(f, 1000 * 512, 0, 0x07, 63, 100);
	mbr_row(f, 1000 * 512, 1, 0x05, 500, 700);
	mbr_row(f, 1500 * 512, 0, 0x83, 63, 200);
	scan(f);
	assert_int_equal(f->volumes.count, 3);
	is_volume(f, 0, "000:000", 64 * 512, 100 * 512);
	is_volume(f, 1, "001:000", 1063 * 512, 100 * 512);
	is_volume(f, 2, "002:000", 1563 * 512, 200 * 512);
	assert_int_equal(f->volumes.items[0].scheme, FSK_SCHEME_MBR);
	assert_int_equal(f->volumes.items[2].disk_signature, 0x1badcafe);
	assert_string_equal(f->volumes.items[2].description, "Linux (0x83)");
	assert_string_equal(f->notes.text, "");
}

static void test_loop_of_extended_tables_ends(void **state)
{
	struct fixture *f = *state;

	mbr_row(f, 0, 0, 0x05, 1000, 3000);
	mbr_row(f, 1000 * 512, 0, 0x07, 63, 100);
	mbr_row(f, 1000 * 512, 1, 0x05, 500, 700);
	mbr_row(f, 1500 * 512, 0, 0x83, 63, 200);
	mbr_row(f, 1500 * 512, 1, 0x05, 500, 700);
	scan(f);
	assert_int_equal(f->volumes.count, 2);
}

static void test_gpt(void **state)
{
	static const uint32_t sizes[] = { 512, 4096 };
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		uint32_t s = sizes[i];

		memset(f->medium.data, 0, DISK);
		mbr_row(f, 0, 0, 0xee, 1, 0xffffffff);
		gpt(f, s, 1, 2);
		scan(f);
		assert_int_equal(f->volumes.count, 2);
		is_volume(f, 0, "000", 64 * s, 32 * s);
		is_volume(f, 1, "001", 128 * s, 32 * s);
		assert_int_equal(f->volumes.items[0].scheme, FSK_SCHEME_GPT);
		assert_int_equal(f->volumes.items[0].guid[0], 0x10);
		assert_int_equal(f->volumes.items[1].guid[15], 0x2f);
		assert_string_equal(f->volumes.items[1].description, "B");
		assert_int_equal(f->volumes.disk_sector_size, s);
		assert_int_equal(f->volumes.items[1].sector_size, s);
		assert_string_equal(f->notes.text, "");
		fsk_volumes_free(&f->volumes);
	}
}

static void test_backup_gpt(void **state)
{
	struct fixture *f = *state;

	mbr_row(f, 0, 0, 0xee, 1, 0xffffffff);
	gpt(f, 512, DISK / 512 - 1, DISK / 512 - 33);
	scan(f);
	assert_int_equal(f->volumes.count, 2);
	is_volume(f, 1, "001", 128 * 512, 32 * 512);
	assert_int_equal(f->volumes.items[1].guid[0], 0x20);
	assert_string_equal(f->notes.text, "the GPT at the front is damaged; the backup is used\n");
}

static void test_gpt_without_mbr(void **state)
{
	struct fixture *f = *state;

	gpt(f, 512, 1, 2);
	f->medium.bad_length = 512;
	scan(f);
	assert_int_equal(f->volumes.count, 2);
	assert_string_equal(f->notes.text, "bad by request\n");
}

static void test_gpt_with_a_wrong_checksum(void **state)
{
	struct fixture *f = *state;

	gpt(f, 512, 1, 2);
	f->medium.data[2 * 512 + 60] = 'x';
	scan(f);
	assert_int_equal(f->volumes.count, 2);
	assert_string_equal(f->volumes.items[0].description, "A");
	assert_non_null(strstr(f->notes.text, "checksum of the GPT is wrong"));
	fsk_volumes_free(&f->volumes);
	f->notes.text[0] = '\0';
	gpt(f, 512, DISK / 512 - 1, DISK / 512 - 33);
	scan(f);
	assert_int_equal(f->volumes.count, 2);
	assert_string_equal(f->notes.text, "the GPT at the front is damaged; the backup is used\n");
}

static void test_large_gpt_entries(void **state)
{
	struct fixture *f = *state;
	uint8_t *h = f->medium.data + 512, *t = f->medium.data + 1024;

	gpt(f, 512, 1, 2);
	memmove(t + 256, t + 128, 128);
	memset(t + 128, 0, 128);
	put(h + 80, 16, 4);
	put(h + 84, 256, 4);
	put(h + 88, crc32_of(t, 16 * 256), 4);
	put(h + 16, 0, 4);
	put(h + 16, crc32_of(h, 92), 4);
	scan(f);
	assert_int_equal(f->volumes.count, 2);
	assert_string_equal(f->volumes.items[1].description, "B");
	assert_string_equal(f->notes.text, "");
}

static void test_gpt_and_mbr_are_ambiguous(void **state)
{
	struct fixture *f = *state;

	/* a hybrid */
	mbr_row(f, 0, 0, 0xee, 1, 63);
	mbr_row(f, 0, 1, 0x07, 64, 100);
	gpt(f, 512, 1, 2);
	scan(f);
	assert_int_equal(f->volumes.count, 2);
	assert_int_equal(f->volumes.items[0].scheme, FSK_SCHEME_GPT);
	assert_string_equal(f->notes.text,
	                    "partition table is ambiguous: GPT or MBR; GPT is used\n");
	fsk_volumes_free(&f->volumes);
	/* a GPT that nobody wiped */
	f->notes.text[0] = '\0';
	mbr_row(f, 0, 0, 0x07, 200, 100);
	bitlocker(f, 64 * 512);
	scan(f);
	assert_int_equal(f->volumes.items[0].scheme, FSK_SCHEME_MBR);
	assert_non_null(strstr(f->notes.text, "MBR is used"));
	fsk_volumes_free(&f->volumes);
	/* an MBR that leads nowhere */
	f->notes.text[0] = '\0';
	mbr_row(f, 0, 1, 0x07, 300, 100);
	scan(f);
	assert_int_equal(f->volumes.items[0].scheme, FSK_SCHEME_GPT);
	assert_non_null(strstr(f->notes.text, "GPT is used"));
}

static void test_mbr_of_4096(void **state)
{
	struct fixture *f = *state;

	mbr_row(f, 0, 0, 0x07, 64, 100);
	bitlocker(f, 64 * 4096);
	scan(f);
	assert_int_equal(f->volumes.count, 1);
	is_volume(f, 0, "000:000", 64 * 4096, 100 * 4096);
	assert_non_null(strstr(f->notes.text, "512 or 4096 bytes; volumes are found with 4096"));
	assert_non_null(strstr(f->notes.text, "encrypted: BitLocker"));
	assert_string_equal(f->volumes.items[0].fs, "");
}

static void test_device_of_4096(void **state)
{
	struct fixture *f = *state;

	f->source.sector_size = 4096;
	mbr_row(f, 0, 0, 0x07, 64, 100);
	bitlocker(f, 64 * 4096);
	scan(f);
	is_volume(f, 0, "000:000", 64 * 4096, 100 * 4096);
	assert_string_equal(f->notes.text, "encrypted: BitLocker\n");
}

static void test_whole_disk(void **state)
{
	struct fixture *f = *state;

	memcpy(f->medium.data, "LUKS\xba\xbe\0\2", 8);
	scan(f);
	assert_int_equal(f->volumes.count, 1);
	is_volume(f, 0, "", 0, DISK);
	assert_int_equal(f->volumes.items[0].scheme, FSK_SCHEME_NONE);
	assert_string_equal(f->notes.text, "encrypted: LUKS\n");
}

static void test_nothing(void **state)
{
	struct fixture *f = *state;

	memset(f->medium.data, 'x', DISK);
	scan(f);
	assert_int_equal(f->volumes.count, 0);
	assert_string_equal(f->notes.text,
	                    "neither a partition table nor a file system is recognised\n");
	f->notes.text[0] = '\0';
	f->source.size = 0;
	scan(f);
	assert_int_equal(f->volumes.count, 0);
	assert_string_equal(f->notes.text, "it is empty\n");
	f->source.size = 100;
	scan(f);
	assert_int_equal(f->volumes.count, 0);
}

static void test_partition_behind_the_end(void **state)
{
	struct fixture *f = *state;

	mbr_row(f, 0, 0, 0x07, 64, 0x7fffffff);
	mbr_row(f, 0, 2, 0x07, 0x7fffffff, 100);
	scan(f);
	assert_int_equal(f->volumes.count, 2);
	assert_non_null(strstr(f->notes.text, "it ends behind the end of the image"));
	assert_non_null(strstr(f->notes.text, "it lies behind the end of the image"));
}

static void test_json(void **state)
{
	struct fixture *f = *state;
	json_t *j;

	mbr_row(f, 0, 0, 0xee, 1, 0xffffffff);
	gpt(f, 512, 1, 2);
	scan(f);
	j = fsk_volume_to_json(&f->volumes.items[0]);
	assert_string_equal(json_string_value(json_object_get(j, "guid")),
	                    "13121110-1514-1716-1819-1a1b1c1d1e1f");
	assert_string_equal(json_string_value(json_object_get(j, "scheme")), "gpt");
	assert_true(json_is_null(json_object_get(j, "fs")));
	assert_null(json_object_get(j, "letter"));
	assert_int_equal(json_integer_value(json_object_get(j, "offset")), 64 * 512);
	json_decref(j);
	f->volumes.items[0].letter = 'C';
	f->volumes.items[0].serial = 0x1234abcd;
	j = fsk_volume_to_json(&f->volumes.items[0]);
	assert_string_equal(json_string_value(json_object_get(j, "letter")), "C");
	assert_string_equal(json_string_value(json_object_get(j, "serial")), "1234-ABCD");
	json_decref(j);
}

/* The first sectors at random: whatever it says, the scan ends. */
static void test_random_tables(void **state)
{
	struct fixture *f = *state;
	uint32_t r = 1;

	for (unsigned round = 0; round < 60; round++) {
		memset(f->medium.data, 0, DISK);
		mbr_row(f, 0, 0, round % 2 ? 0xee : 0x05, 1, 5000);
		gpt(f, round % 3 ? 512 : 4096, 1, 2);
		for (unsigned i = 0; i < 40; i++) {
			r = r * 1664525u + 1013904223u;
			f->medium.data[(r >> 8) % 20000] = (uint8_t) (r >> 24);
		}
		put(f->medium.data + 510, 0xaa55, 2);
		assert_int_equal(fsk_volumes_scan(&f->volumes, &f->source, &f->err), 0);
		fsk_volumes_free(&f->volumes);
	}
}

int main(void)
{
#define CASE(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_mbr_with_logical_partitions),
		CASE(test_loop_of_extended_tables_ends),
		CASE(test_gpt),
		CASE(test_backup_gpt),
		CASE(test_gpt_without_mbr),
		CASE(test_gpt_with_a_wrong_checksum),
		CASE(test_large_gpt_entries),
		CASE(test_gpt_and_mbr_are_ambiguous),
		CASE(test_mbr_of_4096),
		CASE(test_device_of_4096),
		CASE(test_whole_disk),
		CASE(test_nothing),
		CASE(test_partition_behind_the_end),
		CASE(test_json),
		CASE(test_random_tables),
	};

	return cmocka_run_group_tests_name("volumes", tests, NULL, NULL);
}
