/* The reader of programs over a medium that is large, cut, or fails; what it tells of
 * sound and damaged ones is tested in tests/e2e/pe_module.py. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/limits.h"
#include "plugins/shared/cms.h"
#include "plugins/pe/program.h"

/* The head of a file that goes on with zeros. */
struct medium {
	struct fsk_buf head;
	uint64_t size;
	uint64_t bad_at; /* a byte that comes as zero; 0: none */
	bool fails;      /* from bad_at on nothing can be read */
	uint64_t given;  /* bytes */
};

static int64_t read_medium(void *arg, void *buf, size_t n, uint64_t off, bool *bad,
                           struct fsk_err *err)
{
	struct medium *m = arg;
	size_t take;

	if (off >= m->size)
		return 0;
	n = n < m->size - off ? n : (size_t) (m->size - off);
	if (m->bad_at != 0 && off + n > m->bad_at) {
		if (m->fails)
			return fsk_err_set(err, FSK_EIO, "sector 7: read error");
		*bad = true;
	}
	memset(buf, 0, n);
	take = off < m->head.len ? m->head.len - (size_t) off : 0;
	if (take > 0)
		memcpy(buf, m->head.data + off, take < n ? take : n);
	m->given += n;
	return (int64_t) n;
}

static void open_medium(struct medium *m, const char *name)
{
	char path[4096];

	memset(m, 0, sizeof(*m));
	snprintf(path, sizeof(path), "%s/tests/data/pe/%s", getenv("FOSSICK_BUILD"), name);
	fsk_buf_init(&m->head, FSK_MIB);
	assert_int_equal(fsk_file_slurp(&m->head, path, NULL), 0);
	m->size = m->head.len;
}

static int examine(json_t **told, json_t **notes, struct medium *m, bool content)
{
	const struct fsk_input in = { .arg = m, .size = m->size, .read = read_medium };
	const struct fsk_pe_options want = {
		.what = FSK_PE_HEADERS | FSK_PE_VERSION | FSK_PE_PARTS | FSK_PE_SIGNATURE,
		.content = content,
		.digests = content,
	};

	return fsk_pe_examine(told, notes, &in, &want, NULL);
}

static const char *text(json_t *o, const char *a, const char *b)
{
	return json_string_value(json_object_get(json_object_get(o, a), b));
}

static void drop(json_t *told, json_t *notes, struct medium *m)
{
	json_decref(told);
	json_decref(notes);
	fsk_buf_free(&m->head);
}

/* Sectors that come as zeros say nothing about what was signed. */
static void sectors_that_cannot_be_read(void **state)
{
	json_t *told, *notes;
	struct medium m;

	(void) state;
	open_medium(&m, "tool.exe");
	m.bad_at = 0x420;
	assert_int_equal(examine(&told, &notes, &m, true), 0);
	assert_string_equal(text(told, "signature", "state"), "unchecked");
	assert_string_equal(json_string_value(json_object_get(told, "unread")),
	                    "parts of the file cannot be read");
	assert_null(json_object_get(told, "file_digests"));
	assert_null(json_object_get(json_object_get(told, "checksum"), "right"));
	drop(told, notes, &m);
}

static void a_file_that_fails(void **state)
{
	json_t *told, *notes;
	struct medium m;

	(void) state;
	open_medium(&m, "tool.exe");
	m.fails = true;
	m.bad_at = 1;
	assert_int_equal(examine(&told, &notes, &m, true), FSK_EIO);
	assert_null(told);
	assert_null(notes);
	fsk_buf_free(&m.head);
}

/* What is not asked for is not read, and sizes beyond 32 bits are sizes. */
static void a_file_of_five_gigabytes(void **state)
{
	json_t *told, *notes, *overlay;
	struct medium m;

	(void) state;
	open_medium(&m, "tool.exe");
	m.size = 5 * FSK_GIB;
	assert_int_equal(examine(&told, &notes, &m, false), 0);
	assert_string_equal(text(told, "signature", "state"), "unchecked");
	assert_string_equal(text(told, "version", "file"), "18.12.425.1");
	overlay = json_object_get(told, "overlay");
	assert_true(json_integer_value(json_object_get(overlay, "size")) > (json_int_t) 4 << 30);
	assert_true(m.given <= FSK_PE_SLACK_MAX + FSK_MIB);
	drop(told, notes, &m);
}

static void little_is_read_of_a_large_one(void **state)
{
	json_t *told, *notes;
	struct medium m;

	(void) state;
	open_medium(&m, "plain.dll");
	m.size = 5 * FSK_GIB;
	assert_int_equal(examine(&told, &notes, &m, false), 0);
	assert_true(m.given <= FSK_MIB);
	drop(told, notes, &m);
}

static void sizes_of_der_values(void **state)
{
	static const struct {
		uint8_t bytes[6];
		size_t n, max, size;
	} cases[] = {
		{ { 0x30, 0x05 }, 2, 7, 7 },
		{ { 0x30, 0x05 }, 2, 6, 0 },
		{ { 0x30, 0x81, 0x80 }, 3, 200, 131 },
		{ { 0x30, 0x82, 0x01, 0x00 }, 4, 1000, 260 },
		{ { 0x30, 0x83, 0x01, 0x00, 0x00 }, 5, 0x20000, 0x10005 },
		{ { 0x30, 0x84, 0xff, 0xff, 0xff, 0xff }, 6, 0xffffffff, 0 },
		{ { 0x30, 0x80, 0, 0 }, 4, 4, 0 },
		{ { 0x30, 0x85, 0, 0, 0, 0 }, 6, 100, 0 },
		{ { 0x31, 0x01 }, 2, 100, 0 },
		{ { 0x30 }, 1, 100, 0 },
		{ { 0x30, 0x82, 0x01 }, 3, 1000, 0 },
	};

	(void) state;
	assert_int_equal(fsk_cms_der_size(NULL, 0, 100), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(fsk_cms_der_size(cases[i].bytes, cases[i].n, cases[i].max),
		                 cases[i].size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sectors_that_cannot_be_read),
		cmocka_unit_test(a_file_that_fails),
		cmocka_unit_test(a_file_of_five_gigabytes),
		cmocka_unit_test(little_is_read_of_a_large_one),
		cmocka_unit_test(sizes_of_der_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
