/* Prefetch files, on what tests/data/make-prefetch.py writes, and the packing that
 * Windows 10 gives them. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/base/xpress.h"
#include "plugins/prefetch/mam.h"
#include "plugins/prefetch/prefetch.h"

static void slurp(struct fsk_buf *data, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/data/prefetch/%s.pf", getenv("FOSSICK_BUILD"), name);
	fsk_buf_init(data, FSK_PF_MAX);
	assert_int_equal(fsk_file_slurp(data, path, NULL), 0);
}

static int read_pf(struct fsk_pf *pf, const char *name, struct fsk_err *err)
{
	struct fsk_buf data;
	int rc;

	slurp(&data, name);
	rc = fsk_pf_read(pf, data.data, data.len, err);
	fsk_buf_free(&data);
	return rc;
}

static void is_time(fsk_time t, const char *wanted)
{
	char iso[FSK_TIME_STR_MAX];

	assert_string_equal(fsk_time_iso(iso, t), wanted);
}

static void check_version(const char *name, uint32_t version, size_t runs)
{
	const char *device = version < 30 ? "\\DEVICE\\HARDDISKVOLUME2"
	                                  : "\\VOLUME{01d95abc00000000-64bb3469}";
	struct fsk_pf pf;
	char path[100];

	print_message("# %s\n", name);
	assert_int_equal(read_pf(&pf, name, NULL), 0);
	assert_int_equal(pf.version, version);
	assert_string_equal(pf.executable, "TOOL.EXE");
	assert_true(pf.has_run_count && pf.run_count == 3 && pf.nruns == runs);
	is_time(pf.runs[0], "2023-03-29T08:15:30Z");
	if (runs > 1)
		is_time(pf.runs[1], "2023-03-29T08:14:30Z");
	assert_int_equal(pf.files.count, 3);
	snprintf(path, sizeof(path), "%s\\USERS\\ANN\\TOOL.EXE", device);
	assert_string_equal(pf.path, path);
	assert_true(pf.path_hashed);
	assert_int_equal(pf.nvolumes, 1);
	assert_string_equal(pf.volumes[0].device, device);
	assert_int_equal(pf.volumes[0].serial, 0x64bb3469);
	is_time(pf.volumes[0].created, "2023-03-28T08:15:30Z");
	assert_int_equal(pf.volumes[0].folders.count, 2);
	assert_int_equal(pf.volumes[0].nreferences, 2);
	assert_int_equal(pf.volumes[0].references[1], 2ull << 48 | 250);
	assert_int_equal(pf.damage.len, 0);
	fsk_pf_free(&pf);
}

static void every_version(void **state)
{
	(void) state;
	check_version("v17", 17, 1);
	check_version("v23", 23, 1);
	check_version("v26", 26, 2);
	check_version("v30", 30, 2);
	check_version("v30-2", 30, 2);
	check_version("v31", 31, 2);
	check_version("packed", 31, 2);
	check_version("packed-large", 31, 2);
	check_version("packed-sum", 31, 2);
}

static void which_file_it_is(void **state)
{
	struct fsk_pf pf;

	(void) state;
	assert_int_equal(read_pf(&pf, "long-name", NULL), 0);
	assert_non_null(pf.path);
	assert_string_equal(strrchr(pf.path, '\\') + 1, "TOOLTOOLTOOLTOOLTOOLTOOLTOOLTOOL.EXE");
	fsk_pf_free(&pf);
	assert_int_equal(read_pf(&pf, "hosted", NULL), 0);
	assert_string_equal(pf.path, "\\DEVICE\\HARDDISKVOLUME2\\USERS\\ANN\\TOOL.EXE");
	assert_false(pf.path_hashed);
	fsk_pf_free(&pf);
	assert_int_equal(read_pf(&pf, "two-places", NULL), 0);
	assert_null(pf.path);
	fsk_pf_free(&pf);
}

static void damaged_ones(void **state)
{
	static const struct {
		const char *name, *damage;
		size_t files, volumes;
	} cases[] = {
		{ "cut",
		  "cut off: shorter than its header says\nthe volumes lie outside of the file\n"
		  "the names of folders lie outside of the file\n",
		  3, 1 },
		{ "cut-info",
		  "cut off: shorter than its header says\ncut off within its file information\n", 0,
		  0 },
		{ "variant", "a variant that is not known: the run count is not read\n", 3, 1 },
		{ "files-outside", "the names of files lie outside of the file\n", 0, 1 },
		{ "files-many", "the names of files lie outside of the file\n", 3, 1 },
		{ "volumes-outside", "the volumes lie outside of the file\n", 3, 0 },
		{ "volumes-many", "more volumes than there is room for\n", 3, 0 },
		{ "device-outside", "the name of a volume lies outside of the file\n", 3, 1 },
		{ "device-long", "the name of a volume lies outside of the file\n", 3, 1 },
		{ "references-many", "more references to files than there is room for\n", 3, 1 },
		{ "folders-many", "the names of folders lie outside of the file\n", 3, 1 },
		{ "packed-wrong-sum", "the checksum of the packed data is wrong\n", 3, 1 },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fsk_pf pf;

		print_message("# %s\n", cases[i].name);
		assert_int_equal(read_pf(&pf, cases[i].name, NULL), 0);
		assert_string_equal(pf.executable, "TOOL.EXE");
		assert_int_equal(pf.files.count, cases[i].files);
		assert_int_equal(pf.nvolumes, cases[i].volumes);
		assert_int_equal(fsk_buf_append_u8(&pf.damage, 0, NULL), 0);
		assert_string_equal((char *) pf.damage.data, cases[i].damage);
		fsk_pf_free(&pf);
	}
}

/* What could be unpacked is read. */
static void packed_and_cut(void **state)
{
	struct fsk_pf pf;

	(void) state;
	assert_int_equal(read_pf(&pf, "packed-cut", NULL), 0);
	assert_int_equal(pf.run_count, 3);
	assert_true(pf.path_hashed);
	assert_true(pf.damage.len > 0);
	fsk_pf_free(&pf);
}

static void refused(void **state)
{
	static const struct {
		const char *name;
		int code;
		const char *message;
	} cases[] = {
		{ "none", FSK_ECORRUPT, "no prefetch file: signature missing" },
		{ "cut-header", FSK_ECORRUPT, "a prefetch file that ends in its header" },
		{ "version", FSK_EUNSUPPORTED, "a prefetch file of version 99" },
		{ "packed-bomb", FSK_ELIMIT, "unpacks to 4294967280 bytes" },
		{ "packed-short", FSK_ECORRUPT, "a prefetch file that ends in its header" },
		{ "packed-codes", FSK_ECORRUPT,
		  "packed data is damaged or cut off: 0 of 1114 bytes" },
		{ "packed-kind", FSK_EUNSUPPORTED, "packed in a way that is not known (3)" },
		{ "packed-empty", FSK_ECORRUPT,
		  "packed data is damaged or cut off: 0 of 20000 bytes" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fsk_err err = { 0 };
		struct fsk_pf pf;

		print_message("# %s\n", cases[i].name);
		assert_int_equal(read_pf(&pf, cases[i].name, &err), cases[i].code);
		assert_string_equal(err.msg, cases[i].message);
		fsk_pf_free(&pf);
	}
}

/* Across the blocks of 64 KiB, with matches that reach into themselves. */
static void unpacked_bytes(void **state)
{
	struct fsk_buf plain, packed, out;

	(void) state;
	slurp(&plain, "v31");
	slurp(&packed, "packed-large");
	fsk_buf_init(&out, FSK_PF_MAX);
	assert_true(fsk_mam_is(packed.data, packed.len));
	assert_int_equal(fsk_mam_unpack(&out, packed.data, packed.len, NULL), 0);
	assert_int_equal(out.len, plain.len + 140000);
	assert_memory_equal(out.data, plain.data, plain.len);
	for (size_t i = plain.len; i < out.len; i++)
		assert_int_equal(out.data[i], 0);
	fsk_buf_free(&plain);
	fsk_buf_free(&packed);
	fsk_buf_free(&out);
}

/* The two examples of [MS-XCA] 3.2: 26 letters, and 300 times "abc". */
static void published_examples(void **state)
{
	static const uint8_t letters[] = { 0x50, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
		                           0x55, 0x55, 0x55, 0x55, 0x45, 0x44, 0x04 };
	static const uint8_t letters_bits[] = { 0xd8, 0x52, 0x3e, 0xd7, 0x94, 0x11, 0x5b,
		                                0xe9, 0x19, 0x5f, 0xf9, 0xd6, 0x7c, 0xdf,
		                                0x8d, 0x04, 0x00, 0x00, 0x00, 0x00 };
	static const uint8_t abc_bits[] = { 0xa8, 0xdc, 0x00, 0x00, 0xff, 0x26, 0x01 };
	uint8_t in[300] = { 0 }, out[300];

	(void) state;
	memcpy(in + 48, letters, sizeof(letters));
	in[128] = 0x04;
	memcpy(in + 256, letters_bits, sizeof(letters_bits));
	assert_int_equal(fsk_xpress_huffman(out, 26, NULL, in, 256 + sizeof(letters_bits), NULL),
	                 0);
	assert_memory_equal(out, "abcdefghijklmnopqrstuvwxyz", 26);
	memset(in, 0, sizeof(in));
	in[48] = 0x30;
	in[49] = 0x23;
	in[128] = 0x02;
	in[143] = 0x20;
	memcpy(in + 256, abc_bits, sizeof(abc_bits));
	assert_int_equal(fsk_xpress_huffman(out, 300, NULL, in, 256 + sizeof(abc_bits), NULL), 0);
	for (int i = 0; i < 300; i++)
		assert_int_equal(out[i], "abc"[i % 3]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_version),
		cmocka_unit_test(which_file_it_is),
		cmocka_unit_test(damaged_ones),
		cmocka_unit_test(packed_and_cut),
		cmocka_unit_test(refused),
		cmocka_unit_test(unpacked_bytes),
		cmocka_unit_test(published_examples),
	};

	return cmocka_run_group_tests_name("prefetch", tests, NULL, NULL);
}
