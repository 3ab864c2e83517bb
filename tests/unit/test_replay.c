/* Transaction logs of hives, made by tests/data/make-logs.py. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/registry/header.h"
#include "core/registry/hive.h"
#include "core/registry/marvin.h"
#include "core/registry/replay.h"

#define RUN "Software\\Microsoft\\Windows\\CurrentVersion\\Run"
#define ENTRY 512u /* where the first entry begins in a log */

struct fixture {
	struct fsk_buf hive, log[FSK_HIVE_LOGS_MAX];
	size_t logs;
	struct fsk_replay replay;
};

static void load(struct fsk_buf *out, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/data/logs/%s", getenv("FOSSICK_BUILD"), name);
	fsk_buf_init(out, FSK_HIVE_MAX);
	assert_int_equal(fsk_file_slurp(out, path, NULL), 0);
}

static void setup(struct fixture *f, const char *hive, const char *first, const char *second)
{
	memset(f, 0, sizeof(*f));
	load(&f->hive, hive);
	if (first != NULL)
		load(&f->log[f->logs++], first);
	if (second != NULL)
		load(&f->log[f->logs++], second);
}

static void teardown(struct fixture *f)
{
	fsk_buf_free(&f->hive);
	for (size_t i = 0; i < f->logs; i++)
		fsk_buf_free(&f->log[i]);
}

static void run(struct fixture *f)
{
	struct fsk_hive_log logs[FSK_HIVE_LOGS_MAX];
	struct fsk_err err = { 0 };

	for (size_t i = 0; i < f->logs; i++)
		logs[i] = (struct fsk_hive_log){ f->log[i].data, f->log[i].len };
	if (fsk_replay_run(&f->replay, &f->hive, logs, f->logs, &err) < 0)
		fail_msg("%s", err.msg);
}

static void put32(struct fsk_buf *b, size_t at, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		b->data[at + i] = (uint8_t) (v >> 8 * i);
}

static uint32_t get32(const struct fsk_buf *b, size_t at)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 4; i++)
		v |= (uint32_t) b->data[at + i] << 8 * i;
	return v;
}

static void seal(struct fsk_buf *b)
{
	struct fsk_base_block head;

	assert_int_equal(fsk_base_block_parse(&head, b->data, b->len, NULL), 0);
	fsk_base_block_store(b->data, &head);
}

/* Both hashes of the entry at `at`, for what a test has put there. */
static void seal_entry(struct fsk_buf *b, size_t at)
{
	uint64_t body = fsk_marvin32(b->data + at + 40, get32(b, at + 4) - 40, FSK_MARVIN_HIVE);
	uint64_t head;

	put32(b, at + 24, (uint32_t) body);
	put32(b, at + 28, (uint32_t) (body >> 32));
	head = fsk_marvin32(b->data + at, 32, FSK_MARVIN_HIVE);
	put32(b, at + 32, (uint32_t) head);
	put32(b, at + 36, (uint32_t) (head >> 32));
}

/* The hive is byte for byte the one of that name. */
static void becomes(const struct fixture *f, const char *name)
{
	struct fsk_buf want;

	load(&want, name);
	assert_int_equal(f->hive.len, want.len);
	assert_memory_equal(f->hive.data, want.data, want.len);
	fsk_buf_free(&want);
}

static void state_is(const struct fixture *f, size_t i, enum fsk_log_state want, const char *note)
{
	const struct fsk_log_result *r = &f->replay.logs[i];

	assert_string_equal(fsk_log_state_name(r->state), fsk_log_state_name(want));
	if (strstr(r->note, note) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", r->note, note);
}

static bool has_run_value(struct fixture *f)
{
	struct fsk_value v;
	struct fsk_hive *h;
	struct fsk_key *k;
	bool found;

	assert_int_equal(fsk_hive_open(&h, &f->hive, NULL), 0);
	assert_int_equal(fsk_hive_info(h)->damaged, 0);
	assert_int_equal(fsk_hive_key(&k, h, RUN, NULL), 0);
	found = fsk_key_value_named(&v, k, "Phone", NULL) == 0;
	if (found)
		fsk_value_free(&v);
	fsk_key_free(k);
	fsk_hive_close(h);
	return found;
}

static void hash(void **state)
{
	(void) state;
	/* of the length 0 to 5, so that every end is there */
	static const uint8_t text[] = { 1, 2, 3, 4, 5 };
	uint64_t seen[6];

	for (size_t n = 0; n <= 5; n++) {
		seen[n] = fsk_marvin32(text, n, FSK_MARVIN_HIVE);
		for (size_t i = 0; i < n; i++)
			assert_true(seen[i] != seen[n]);
	}
}

static void two_logs(void **state)
{
	struct fixture f;

	(void) state;
	setup(&f, "ntuser.dat", "ntuser.dat.LOG1", "ntuser.dat.LOG2");
	run(&f);
	assert_true(f.replay.dirty && f.replay.applied && !f.replay.damaged);
	state_is(&f, 0, FSK_LOG_APPLIED, "");
	state_is(&f, 1, FSK_LOG_APPLIED, "");
	assert_int_equal(f.replay.entries, 2);
	assert_int_equal(f.replay.logs[0].first, 10);
	assert_int_equal(f.replay.logs[1].last, 11);
	assert_int_equal(f.replay.pages, f.replay.logs[0].pages + f.replay.logs[1].pages);
	assert_int_equal(f.replay.bytes, 4096 * f.replay.pages);
	assert_true(f.replay.grown > 0);
	becomes(&f, "clean.dat");
	assert_true(has_run_value(&f));
	teardown(&f);
}

static void later_log_first(void **state)
{
	struct fixture f;

	(void) state;
	setup(&f, "ntuser.dat", "ntuser.dat.LOG2", "ntuser.dat.LOG1");
	run(&f);
	becomes(&f, "clean.dat");
	teardown(&f);
}

static void one_log_with_both(void **state)
{
	struct fixture f;

	(void) state;
	setup(&f, "ntuser.dat", "both.LOG1", NULL);
	run(&f);
	assert_int_equal(f.replay.logs[0].entries, 2);
	becomes(&f, "clean.dat");
	teardown(&f);
}

static void without_logs(void **state)
{
	struct fixture f;

	(void) state;
	setup(&f, "ntuser.dat", NULL, NULL);
	run(&f);
	assert_true(f.replay.dirty && !f.replay.applied);
	becomes(&f, "ntuser.dat");
	assert_false(has_run_value(&f));
	teardown(&f);
}

static void clean_hive(void **state)
{
	struct fixture f;

	(void) state;
	setup(&f, "clean.dat", "ntuser.dat.LOG1", "ntuser.dat.LOG2");
	run(&f);
	assert_false(f.replay.dirty);
	state_is(&f, 0, FSK_LOG_UNNEEDED, "");
	becomes(&f, "clean.dat");
	teardown(&f);
}

static void gap(void **state)
{
	struct fixture f;

	(void) state;
	setup(&f, "ntuser.dat", "ntuser.dat.LOG1", "ntuser.dat.LOG2");
	put32(&f.log[1], 4, 12);
	put32(&f.log[1], 8, 12);
	seal(&f.log[1]);
	put32(&f.log[1], ENTRY + 12, 12);
	seal_entry(&f.log[1], ENTRY);
	run(&f);
	state_is(&f, 0, FSK_LOG_APPLIED, "");
	state_is(&f, 1, FSK_LOG_GAP, "begins at offset 512 with entry 12, not 11");
	assert_false(has_run_value(&f));
	teardown(&f);
}

/* The hive has what the first log tells; Windows begins with the second. */
static void older_log(void **state)
{
	struct fixture f;

	(void) state;
	setup(&f, "ntuser.dat", "ntuser.dat.LOG1", "ntuser.dat.LOG2");
	put32(&f.hive, 4, 12);
	put32(&f.hive, 8, 11);
	seal(&f.hive);
	run(&f);
	state_is(&f, 0, FSK_LOG_OLDER, "");
	state_is(&f, 1, FSK_LOG_APPLIED, "");
	assert_true(has_run_value(&f));
	teardown(&f);
}

/* Numbers wrap around: 0xffffffff comes before 0. */
static void wraps_around(void **state)
{
	struct fixture f;

	(void) state;
	setup(&f, "ntuser.dat", "ntuser.dat.LOG2", "ntuser.dat.LOG1");
	for (size_t i = 0; i < 2; i++) {
		uint32_t sequence = i == 0 ? 0 : UINT32_MAX;

		put32(&f.log[i], 4, sequence);
		put32(&f.log[i], 8, sequence);
		seal(&f.log[i]);
		put32(&f.log[i], ENTRY + 12, sequence);
		seal_entry(&f.log[i], ENTRY);
	}
	put32(&f.hive, 4, UINT32_MAX);
	put32(&f.hive, 8, UINT32_MAX - 1);
	seal(&f.hive);
	run(&f);
	assert_int_equal(f.replay.entries, 2);
	assert_true(has_run_value(&f));
	teardown(&f);
}

static void damaged_entry(void **state)
{
	static const struct {
		size_t at;
		const char *says;
	} cases[] = {
		{ 60, "the checksum of its content is wrong" },
		{ 20, "the checksum of its head is wrong" },
		{ 32, "the checksum of its head is wrong" },
	};
	struct fixture f;

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t second;

		setup(&f, "ntuser.dat", "both.LOG1", NULL);
		second = ENTRY + get32(&f.log[0], ENTRY + 4);
		f.log[0].data[second + cases[i].at] ^= 1;
		run(&f);
		state_is(&f, 0, FSK_LOG_APPLIED, cases[i].says);
		assert_int_equal(f.replay.entries, 1);
		assert_false(has_run_value(&f));
		teardown(&f);
	}
}

/* Checksums are right, but what they cover is not. */
static void strange_entry(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *says;
	} cases[] = {
		{ 16, 0, "its size of the hive cannot be" },
		{ 16, 4097, "its size of the hive cannot be" },
		{ 16, 0xfffff000, "one of its pages lies outside" }, /* with the one below */
		{ 20, 0, "its number of pages cannot be" },
		{ 20, 0x10000000, "its number of pages cannot be" },
		{ 40, 0xfffff000, "one of its pages lies outside" },
		{ 44, 0, "one of its pages lies outside" },
		{ 44, 0x7fffffff, "one of its pages lies outside" },
	};
	struct fixture f;

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setup(&f, "ntuser.dat", "ntuser.dat.LOG1", NULL);
		put32(&f.log[0], ENTRY + cases[i].at, cases[i].value);
		if (i == 2)
			put32(&f.log[0], ENTRY + 44, 0xffffff00);
		seal_entry(&f.log[0], ENTRY);
		run(&f);
		state_is(&f, 0, FSK_LOG_DAMAGED, cases[i].says);
		becomes(&f, "ntuser.dat");
		teardown(&f);
	}
	setup(&f, "ntuser.dat", "ntuser.dat.LOG1", NULL);
	put32(&f.log[0], ENTRY + 16, FSK_HIVE_MAX);
	seal_entry(&f.log[0], ENTRY);
	run(&f);
	state_is(&f, 0, FSK_LOG_DAMAGED, "would be larger");
	becomes(&f, "ntuser.dat");
	teardown(&f);
}

static void cut_off(void **state)
{
	struct fixture f;

	(void) state;
	setup(&f, "ntuser.dat", "both.LOG1", NULL);
	f.log[0].len -= 512;
	run(&f);
	state_is(&f, 0, FSK_LOG_APPLIED, "cut off");
	teardown(&f);
	setup(&f, "ntuser.dat", "both.LOG1", NULL);
	for (size_t n = 0; n <= f.log[0].len; n += n < 600 ? 1 : 97) {
		struct fsk_replay r;
		struct fsk_hive_log log = { f.log[0].data, n };
		struct fsk_buf copy;

		fsk_buf_init(&copy, FSK_HIVE_MAX);
		assert_int_equal(fsk_buf_append(&copy, f.hive.data, f.hive.len, NULL), 0);
		assert_int_equal(fsk_replay_run(&r, &copy, &log, 1, NULL), 0);
		assert_true(r.dirty);
		assert_int_equal(r.applied, n > 600 && r.entries > 0);
		fsk_buf_free(&copy);
	}
	teardown(&f);
}

static void log_of_another_hive(void **state)
{
	static const char sam[] = "S\0A\0M\0\0";
	struct fixture f;

	(void) state;
	setup(&f, "ntuser.dat", "ntuser.dat.LOG1", NULL);
	memset(f.log[0].data + 48, 0, 64);
	memcpy(f.log[0].data + 48, sam, sizeof(sam));
	seal(&f.log[0]);
	run(&f);
	state_is(&f, 0, FSK_LOG_FOREIGN, "a log of \"SAM\"");
	becomes(&f, "ntuser.dat");
	teardown(&f);
}

static void no_log(void **state)
{
	struct fixture f;

	(void) state;
	setup(&f, "ntuser.dat", "ntuser.dat.LOG1", "ntuser.dat");
	memset(f.log[0].data, 0, f.log[0].len);
	run(&f);
	state_is(&f, 0, FSK_LOG_EMPTY, "");
	state_is(&f, 1, FSK_LOG_DAMAGED, "no transaction log (type 0 at offset 28)");
	teardown(&f);
	setup(&f, "ntuser.dat", "ntuser.dat.LOG1", NULL);
	put32(&f.log[0], 8, 9);
	seal(&f.log[0]);
	run(&f);
	state_is(&f, 0, FSK_LOG_DAMAGED, "cut short");
	teardown(&f);
	setup(&f, "ntuser.dat", "ntuser.dat.LOG1", NULL);
	f.log[0].data[100] ^= 1;
	run(&f);
	state_is(&f, 0, FSK_LOG_DAMAGED, "checksum of its base block");
	teardown(&f);
}

/* Only the log with the latest entries counts then. */
static void damaged_base_block(void **state)
{
	struct fixture f;

	(void) state;
	setup(&f, "ntuser.dat", "both.LOG1", NULL);
	memset(f.hive.data, 0x55, 512);
	run(&f);
	assert_true(f.replay.damaged && f.replay.applied);
	assert_true(has_run_value(&f));
	teardown(&f);
	setup(&f, "ntuser.dat", "ntuser.dat.LOG1", "ntuser.dat.LOG2");
	f.hive.data[100] ^= 1;
	run(&f);
	state_is(&f, 0, FSK_LOG_OLDER, "");
	state_is(&f, 1, FSK_LOG_APPLIED, "");
	teardown(&f);
}

static void old_log(void **state)
{
	struct fixture f;

	(void) state;
	setup(&f, "old.dat", "old.dat.LOG", NULL);
	run(&f);
	state_is(&f, 0, FSK_LOG_APPLIED, "");
	assert_false(f.replay.logs[0].entries_format);
	becomes(&f, "old-clean.dat");
	assert_true(has_run_value(&f));
	teardown(&f);
}

static void old_log_of_before(void **state)
{
	struct fixture f;

	(void) state;
	setup(&f, "old.dat", "old.dat.LOG", NULL);
	put32(&f.log[0], 12, get32(&f.log[0], 12) - 1);
	seal(&f.log[0]);
	run(&f);
	state_is(&f, 0, FSK_LOG_OLDER, "written before the hive was");
	becomes(&f, "old.dat");
	teardown(&f);
}

static void old_log_torn(void **state)
{
	struct fixture f;

	(void) state;
	setup(&f, "old.dat", "old.dat.LOG", NULL);
	f.log[0].len -= 700;
	run(&f);
	state_is(&f, 0, FSK_LOG_APPLIED, "before the sector for 0x");
	teardown(&f);
	setup(&f, "old.dat", "old.dat.LOG", NULL);
	memcpy(f.log[0].data + 512, "dirt", 4);
	run(&f);
	state_is(&f, 0, FSK_LOG_DAMAGED, "no bitmap");
	becomes(&f, "old.dat");
	teardown(&f);
	/* the hive had grown already when the first sector turned out to be none */
	setup(&f, "old.dat", "old.dat.LOG", NULL);
	f.log[0].data[516] |= 1;
	memset(f.log[0].data + 1024, 0, 512);
	run(&f);
	state_is(&f, 0, FSK_LOG_DAMAGED, "no bin for 0x0");
	becomes(&f, "old.dat");
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash),
		cmocka_unit_test(two_logs),
		cmocka_unit_test(later_log_first),
		cmocka_unit_test(one_log_with_both),
		cmocka_unit_test(without_logs),
		cmocka_unit_test(clean_hive),
		cmocka_unit_test(gap),
		cmocka_unit_test(older_log),
		cmocka_unit_test(wraps_around),
		cmocka_unit_test(damaged_entry),
		cmocka_unit_test(strange_entry),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(log_of_another_hive),
		cmocka_unit_test(no_log),
		cmocka_unit_test(damaged_base_block),
		cmocka_unit_test(old_log),
		cmocka_unit_test(old_log_of_before),
		cmocka_unit_test(old_log_torn),
	};

	return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
