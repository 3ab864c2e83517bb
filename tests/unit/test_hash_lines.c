/* Messages HASHED, and what the keeper makes of them. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/keeper/hash_lines.h"

static char logged[4096];

static void log_sink(enum fsk_log_level level, const char *line, void *arg)
{
	size_t n = strlen(logged);

	(void) level;
	(void) arg;
	snprintf(logged + n, sizeof(logged) - n, "%s\n", line);
}

static void append(struct fsk_buf *b, uint64_t order, const char *path, const char *stream,
                   unsigned which)
{
	struct fsk_hash_row row = { .order = order, .size = 5 };

	row.loc.addr = 40 + order;
	row.loc.seq = 1;
	row.loc.path = (char *) (uintptr_t) path;
	row.loc.stream = (char *) (uintptr_t) stream;
	row.loc.deleted = order % 2 != 0;
	if (which != 0)
		assert_int_equal(fsk_digest_bytes(&row.digests, which, "hello", 5, NULL), 0);
	assert_int_equal(fsk_hash_row_append(b, &row, NULL), 0);
}

static int take(struct fsk_hash_lines *l, const struct fsk_buf *b, const char *status, bool json)
{
	static const struct fsk_probe probe;
	struct fsk_hash_look look = { .json = json };
	struct fsk_msg m = { .type = FSK_MSG_HASHED, .blob = b->data, .blob_len = b->len };
	struct fsk_err err;
	int rc;

	m.head = json_pack("{s:i, s:i, s:s, s:s}", "source", 0, "volume", 1, "status", status,
	                   "reason", "because");
	rc = fsk_hash_lines_take(l, &m, &probe, look, &err);
	json_decref(m.head);
	return rc;
}

/* What is printed, in fresh memory. */
static char *print(struct fsk_hash_lines *l, uint64_t *incomplete)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	*incomplete = 0;
	logged[0] = '\0';
	fsk_hash_lines_print(l, f, incomplete);
	fclose(f);
	return text;
}

#define HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

static void told_in_the_order_of_paths(void **state)
{
	struct fsk_hash_lines l = { 0 };
	struct fsk_buf b;
	uint64_t incomplete;
	char *text;

	(void) state;
	fsk_buf_init(&b, FSK_MIB);
	append(&b, 2, "c", NULL, FSK_DIGEST_SHA256);
	append(&b, 0, "a", "s", FSK_DIGEST_SHA256);
	assert_int_equal(take(&l, &b, "complete", false), 0);
	fsk_buf_reset(&b);
	append(&b, 1, "b\nb", NULL, 0);
	assert_int_equal(take(&l, &b, "partial", false), 0);
	text = print(&l, &incomplete);
	assert_string_equal(text, HELLO "  ?:/a:s\n" HELLO "  ?:/c\n");
	assert_int_equal(incomplete, 1);
	assert_string_equal(logged, "?:/b\\x0ab is partial, it has no digest: because\n");
	free(text);
	text = print(&l, &incomplete);
	assert_string_equal(text, "");
	free(text);
	fsk_buf_free(&b);
}

static void told_as_json(void **state)
{
	struct fsk_hash_lines l = { 0 };
	struct fsk_buf b;
	uint64_t incomplete;
	char *text;
	json_t *j;

	(void) state;
	fsk_buf_init(&b, FSK_MIB);
	append(&b, 3, "x", NULL, FSK_DIGEST_ALL);
	assert_int_equal(take(&l, &b, "complete", true), 0);
	text = print(&l, &incomplete);
	j = json_loads(text, 0, NULL);
	assert_int_equal(json_object_size(json_object_get(j, "digests")), 3);
	assert_string_equal(
	    json_string_value(json_object_get(json_object_get(j, "digests"), "sha256")), HELLO);
	assert_int_equal(json_integer_value(json_object_get(j, "size")), 5);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(j, "locator"), "addr")),
	                 43);
	json_decref(j);
	free(text);
	fsk_buf_free(&b);
}

/* What came in a step that is done again is not told twice. */
static void a_step_is_forgotten(void **state)
{
	struct fsk_hash_lines l = { 0 };
	struct fsk_buf b;
	uint64_t incomplete;
	char *text;

	(void) state;
	fsk_buf_init(&b, FSK_MIB);
	append(&b, 0, "a", NULL, FSK_DIGEST_SHA256);
	assert_int_equal(take(&l, &b, "complete", false), 0);
	fsk_hash_lines_mark(&l);
	assert_int_equal(take(&l, &b, "unreadable", false), 0);
	assert_int_equal(take(&l, &b, "complete", false), 0);
	fsk_hash_lines_rewind(&l);
	text = print(&l, &incomplete);
	assert_string_equal(text, HELLO "  ?:/a\n");
	assert_int_equal(incomplete, 0);
	free(text);
	fsk_buf_free(&b);
}

static int read_one(const uint8_t *p, size_t n)
{
	struct fsk_hash_row row;
	struct fsk_err err;
	struct fsk_cur c;

	fsk_cur_init(&c, p, n);
	return fsk_hash_row_read(&row, &c, &err);
}

/* Whatever is cut off or written over: a row, the end, or FSK_EPROTO. */
static void damaged_rows(void **state)
{
	struct fsk_hash_lines l = { 0 };
	struct fsk_buf b;
	size_t hex = 4 + 4 * 8 + 1; /* md5, which is empty, then sha1, too */

	(void) state;
	fsk_buf_init(&b, FSK_MIB);
	append(&b, 0, "a\xc3\xa9", "s", FSK_DIGEST_SHA256);
	assert_int_equal(read_one(b.data, b.len), 1);
	for (size_t n = 1; n < b.len; n++) {
		uint8_t *part = malloc(n); /* of its own: its end is watched */
		memcpy(part, b.data, n);
		assert_int_equal(read_one(part, n), FSK_EPROTO);
		free(part);
	}
	assert_int_equal(b.data[hex + 2], HELLO[0]);
	b.data[hex + 2] = 'G'; /* no hex */
	assert_int_equal(read_one(b.data, b.len), FSK_EPROTO);
	b.data[hex + 2] = HELLO[0];
	b.data[hex] = 'a'; /* an md5 of one digit, and no sha1 */
	assert_int_equal(read_one(b.data, b.len), FSK_EPROTO);
	b.data[hex] = 0;
	b.data[hex - 1] ^= 2; /* a stream that is none */
	assert_int_equal(read_one(b.data, b.len), FSK_EPROTO);
	b.data[hex - 1] ^= 2;
	b.data[b.len - 4] = 0xff; /* no UTF-8 */
	assert_int_equal(read_one(b.data, b.len), FSK_EPROTO);
	assert_int_equal(take(&l, &b, "complete", false), FSK_EPROTO);
	b.data[b.len - 4] = 0xa9;
	assert_int_equal(take(&l, &b, "no status", false), FSK_EPROTO);
	assert_int_equal(take(&l, &b, "complete", false), 0);
	fsk_hash_lines_free(&l);
	fsk_buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_in_the_order_of_paths),
		cmocka_unit_test(told_as_json),
		cmocka_unit_test(a_step_is_forgotten),
		cmocka_unit_test(damaged_rows),
	};

	fsk_log_set_sink(log_sink, NULL);
	return cmocka_run_group_tests_name("hash lines", tests, NULL, NULL);
}
