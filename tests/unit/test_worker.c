/* Drive letters, keys of steps, what is reported how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "core/worker/letters.h"
#include "core/worker/report.h"
#include "core/worker/steps.h"

static const char *const names[] = { "first.E01", "second.E01" };

struct heard {
	int count;
	char object[256], reason[256];
};

static void hear(void *arg, json_t *a)
{
	struct heard *h = arg;

	h->count++;
	strncpy(h->object, json_string_value(json_object_get(a, "object")), sizeof(h->object) - 1);
	strncpy(h->reason, json_string_value(json_object_get(a, "reason")), sizeof(h->reason) - 1);
}

static struct fsk_volume mbr(uint32_t source, uint32_t index, uint32_t signature, uint64_t offset,
                             const char *os)
{
	struct fsk_volume v = { .source = source,
		                .index = index,
		                .scheme = FSK_SCHEME_MBR,
		                .disk_signature = signature,
		                .offset = offset };

	strncpy(v.os, os, sizeof(v.os) - 1);
	return v;
}

static struct fsk_volume gpt(uint32_t source, uint32_t index, uint8_t guid, const char *os)
{
	struct fsk_volume v = { .source = source, .index = index, .scheme = FSK_SCHEME_GPT };

	memset(v.guid, guid, sizeof(v.guid));
	strncpy(v.os, os, sizeof(v.os) - 1);
	return v;
}

/* Letters of up to four volumes as a string, '-' for none. */
static const char *decide(char out[5], struct fsk_volume *v, size_t n, const struct fsk_mount *m,
                          size_t nm, struct heard *h)
{
	struct fsk_volume *list[4];
	struct fsk_anomaly_sink sink = { .report = hear, .arg = h };

	for (size_t i = 0; i < n; i++)
		list[i] = &v[i];
	fsk_letters_decide(list, n, m, nm, names, &sink);
	memset(out, 0, 5);
	for (size_t i = 0; i < n; i++)
		out[i] = v[i].letter ? v[i].letter : '-';
	return out;
}

static void test_mount_parse_mbr(void **state)
{
	static const uint8_t data[12] = { 0x78, 0x56, 0x34, 0x12, 0, 0, 0x10, 0, 1 };
	struct fsk_mount m = { 0 };

	(void) state;
	assert_true(fsk_mount_parse(&m, "\\DosDevices\\c:", data, sizeof(data)));
	assert_int_equal(m.letter, 'C');
	assert_false(m.gpt);
	assert_int_equal(m.signature, 0x12345678);
	assert_true(m.offset == UINT64_C(0x100100000));
}

static void test_mount_parse_gpt(void **state)
{
	static const uint8_t data[24] = "DMIO:ID:abcdefghijklmnop";
	struct fsk_mount m = { 0 };

	(void) state;
	assert_true(fsk_mount_parse(&m, "\\DosDevices\\D:", data, sizeof(data)));
	assert_int_equal(m.letter, 'D');
	assert_true(m.gpt);
	assert_memory_equal(m.guid, "abcdefghijklmnop", 16);
}

static void test_mount_parse_refuses(void **state)
{
	static const uint8_t data[26] = "XMIO:ID:abcdefghijklmnop";
	struct fsk_mount m = { 0 };

	(void) state;
	assert_false(fsk_mount_parse(&m, "\\??\\Volume{…}", data, 12));
	assert_false(fsk_mount_parse(&m, "\\DosDevices\\", data, 12));
	assert_false(fsk_mount_parse(&m, "\\DosDevices\\C", data, 12));
	assert_false(fsk_mount_parse(&m, "\\DosDevices\\1:", data, 12));
	assert_false(fsk_mount_parse(&m, "\\DosDevices\\C:", data, 11));
	assert_false(fsk_mount_parse(&m, "\\DosDevices\\C:", data, 24));
	assert_false(fsk_mount_parse(&m, "\\DosDevices\\C:", data, 26));
	assert_false(fsk_mount_parse(&m, "\\DosDevices\\C:", NULL, 0));
}

static void test_registry_decides(void **state)
{
	struct fsk_volume v[] = { mbr(0, 0, 7, 1048576, ""), mbr(0, 1, 7, 2097152, "windows"),
		                  mbr(0, 2, 7, 4194304, "") };
	struct fsk_mount m[] = {
		{ .source = 0, .volume = 1, .letter = 'D', .signature = 7, .offset = 2097152 },
		{ .source = 0, .volume = 1, .letter = 'C', .signature = 7, .offset = 4194304 },
		{ .source = 0, .volume = 1, .letter = 'E', .signature = 8, .offset = 1048576 },
	};
	struct heard h = { 0 };
	char out[5];

	(void) state;
	assert_string_equal(decide(out, v, 3, m, 3, &h), "-DC");
	assert_int_equal(h.count, 0);
}

static void test_gpt_by_guid(void **state)
{
	struct fsk_volume v[] = { gpt(0, 0, 1, ""), gpt(0, 1, 2, "windows"), gpt(0, 2, 3, "") };
	struct fsk_mount m[] = { { .letter = 'C', .volume = 1, .gpt = true },
		                 { .letter = 'F', .volume = 1, .gpt = true } };
	struct heard h = { 0 };
	char out[5];

	(void) state;
	memset(m[0].guid, 2, 16);
	memset(m[1].guid, 3, 16);
	assert_string_equal(decide(out, v, 3, m, 2, &h), "-CF");
}

static void test_zero_signature_matches_nothing(void **state)
{
	struct fsk_volume v[] = { mbr(0, 0, 0, 1048576, ""), mbr(0, 1, 0, 2097152, "windows") };
	struct fsk_mount m[] = { { .volume = 1, .letter = 'D', .offset = 1048576 } };
	struct heard h = { 0 };
	char out[5];

	(void) state;
	assert_string_equal(decide(out, v, 2, m, 1, &h), "-C");
}

static void test_windows_is_c_by_default(void **state)
{
	struct fsk_volume v[] = { mbr(0, 0, 7, 1048576, ""), mbr(0, 1, 7, 2097152, "windows"),
		                  mbr(0, 2, 7, 4194304, "linux") };
	struct heard h = { 0 };
	char out[5];

	(void) state;
	assert_string_equal(decide(out, v, 3, NULL, 0, &h), "-C-");
	assert_int_equal(h.count, 0);
}

static void test_c_is_not_given_twice(void **state)
{
	struct fsk_volume v[] = { mbr(0, 0, 7, 1048576, ""), mbr(0, 1, 7, 2097152, "windows") };
	struct fsk_mount m[] = {
		{ .volume = 1, .letter = 'C', .signature = 7, .offset = 1048576 }
	};
	struct heard h = { 0 };
	char out[5];

	(void) state;
	assert_string_equal(decide(out, v, 2, m, 1, &h), "C-");
}

static void test_two_windows_in_one_source(void **state)
{
	struct fsk_volume v[] = { mbr(0, 0, 7, 1048576, "windows"),
		                  mbr(0, 1, 7, 2097152, "windows") };
	struct fsk_mount m[] = {
		{ .volume = 0, .letter = 'C', .signature = 7, .offset = 1048576 },
		{ .volume = 0, .letter = 'D', .signature = 7, .offset = 2097152 },
		{ .volume = 1, .letter = 'C', .signature = 7, .offset = 2097152 },
	};
	struct heard h = { 0 };
	char out[5];

	(void) state;
	assert_string_equal(decide(out, v, 2, m, 3, &h), "CD");
	assert_int_equal(h.count, 1);
	assert_string_equal(h.object, "volumes 0 and 1 of \"first.E01\"");
	assert_non_null(strstr(h.reason, "volume 0, which has letter C"));
}

static void test_two_windows_unknown(void **state)
{
	struct fsk_volume v[] = { mbr(0, 0, 7, 1048576, "windows"),
		                  mbr(0, 1, 7, 2097152, "windows") };
	struct heard h = { 0 };
	char out[5];

	(void) state;
	assert_string_equal(decide(out, v, 2, NULL, 0, &h), "C-");
	assert_int_equal(h.count, 1);
}

static void test_two_machines(void **state)
{
	struct fsk_volume v[] = { mbr(0, 0, 7, 1048576, "windows"),
		                  mbr(1, 0, 7, 1048576, "windows") };
	struct fsk_mount m[] = {
		{ .source = 0, .letter = 'D', .signature = 7, .offset = 1048576 },
	};
	struct heard h = { 0 };
	char out[5];

	(void) state;
	/* the second machine is a clone of the first one's disk: not its business */
	assert_string_equal(decide(out, v, 2, m, 1, &h), "DC");
	assert_int_equal(h.count, 0);
}

/* Number of the volume that a letter means to the Windows on volume `of`; -1: none. */
static int means(struct fsk_volume *v, size_t n, const struct fsk_mount *m, size_t nm, size_t of,
                 char letter)
{
	const struct fsk_volume *found;
	struct fsk_volume *list[4];

	for (size_t i = 0; i < n; i++)
		list[i] = &v[i];
	found = fsk_letters_find(list, n, m, nm, &v[of], letter);
	return found ? (int) (found - v) : -1;
}

static void test_a_letter_is_that_of_its_windows(void **state)
{
	struct fsk_volume v[] = { mbr(0, 0, 7, 1048576, "windows"),
		                  mbr(0, 1, 7, 2097152, "windows"),
		                  mbr(1, 0, 7, 1048576, "windows"), mbr(2, 0, 9, 1048576, "") };
	struct fsk_mount m[] = {
		{ .source = 0, .volume = 0, .letter = 'C', .signature = 7, .offset = 1048576 },
		{ .source = 0, .volume = 0, .letter = 'D', .signature = 7, .offset = 2097152 },
		{ .source = 0, .volume = 1, .letter = 'C', .signature = 7, .offset = 2097152 },
		{ .source = 0, .volume = 1, .letter = 'D', .signature = 7, .offset = 1048576 },
		{ .source = 0, .volume = 0, .letter = 'E', .signature = 9, .offset = 1048576 },
		{ .source = 1, .volume = 0, .letter = 'C', .signature = 7, .offset = 1048576 },
		{ .source = 1, .volume = 0, .letter = 'D', .signature = 7, .offset = 2097152 },
	};
	struct heard h = { 0 };
	char out[5];

	(void) state;
	assert_string_equal(decide(out, v, 4, m, 7, &h), "CDCE");
	assert_int_equal(means(v, 4, m, 7, 0, 'C'), 0);
	assert_int_equal(means(v, 4, m, 7, 0, 'D'), 1);
	assert_int_equal(means(v, 4, m, 7, 1, 'C'), 1);
	assert_int_equal(means(v, 4, m, 7, 1, 'D'), 0);
	assert_int_equal(means(v, 4, m, 7, 0, 'E'), 3);
	assert_int_equal(means(v, 4, m, 7, 1, 'E'), -1);
	/* a copy of the first disk: its letters are of itself */
	assert_int_equal(means(v, 4, m, 7, 2, 'C'), 2);
	assert_int_equal(means(v, 4, m, 7, 2, 'D'), -1);
	/* without a word of its own: as its source has them */
	assert_int_equal(means(v, 4, m, 0, 0, 'D'), 1);
	assert_int_equal(means(v, 4, m, 0, 0, 'E'), -1);
}

static void test_second_disk_of_a_machine(void **state)
{
	struct fsk_volume v[] = { mbr(0, 0, 7, 1048576, "windows"), mbr(1, 0, 9, 1048576, "") };
	struct fsk_mount m[] = {
		{ .source = 0, .letter = 'E', .signature = 9, .offset = 1048576 },
	};
	struct heard h = { 0 };
	char out[5];

	(void) state;
	assert_string_equal(decide(out, v, 2, m, 1, &h), "CE");
}

static void next(struct fsk_steps *s, const char *key, const char *want, bool want_skip)
{
	char *got = NULL;
	bool skip = !want_skip;

	assert_int_equal(fsk_steps_next(&got, &skip, s, key, NULL), 0);
	assert_string_equal(got, want);
	assert_int_equal(skip, want_skip);
	free(got);
}

static void test_keys_are_unique_and_the_same_again(void **state)
{
	struct fsk_steps s;

	(void) state;
	assert_int_equal(fsk_steps_init(&s, NULL), 0);
	for (int run = 0; run < 2; run++) {
		next(&s, "p|a|x", "p|a|x", false);
		next(&s, "p|b|x", "p|b|x", false);
		next(&s, "p|a|x", "p|a|x#2", false);
		next(&s, "p|a|x", "p|a|x#3", false);
		fsk_steps_reset(&s);
	}
	fsk_steps_free(&s);
}

static void test_skip(void **state)
{
	struct fsk_steps s;
	json_t *head = json_pack("{s:[s, s]}", "keys", "b", "a#2");

	(void) state;
	assert_int_equal(fsk_steps_init(&s, NULL), 0);
	assert_int_equal(fsk_steps_skip(&s, head, NULL), 0);
	next(&s, "a", "a", false);
	next(&s, "b", "b", true);
	next(&s, "a", "a#2", true);
	next(&s, "c", "c", false);
	/* a skip list holds for one task */
	fsk_steps_reset(&s);
	next(&s, "b", "b", false);
	json_decref(head);
	fsk_steps_free(&s);
}

static void test_skip_refuses(void **state)
{
	struct fsk_steps s;
	struct fsk_err err = { 0 };
	json_t *none = json_object(), *wrong = json_pack("{s:[s, i]}", "keys", "a", 1);

	(void) state;
	assert_int_equal(fsk_steps_init(&s, NULL), 0);
	assert_int_equal(fsk_steps_skip(&s, none, &err), FSK_EPROTO);
	assert_int_equal(fsk_steps_skip(&s, wrong, &err), FSK_EPROTO);
	assert_string_equal(err.msg, "SKIP: key 1 is not a string");
	json_decref(none);
	json_decref(wrong);
	fsk_steps_free(&s);
}

struct talk {
	struct fsk_session s;
	struct fsk_channel keeper;
	int fds[2];
};

static int open_talk(void **state)
{
	struct talk *t = calloc(1, sizeof(*t));

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, t->fds), 0);
	fsk_channel_init(&t->s.channel, t->fds[0]);
	fsk_channel_init(&t->keeper, t->fds[1]);
	t->s.channel.state = t->keeper.state = FSK_IPC_TASK;
	assert_int_equal(fsk_steps_init(&t->s.steps, NULL), 0);
	*state = t;
	return 0;
}

static int close_talk(void **state)
{
	struct talk *t = *state;

	fsk_step_end(&t->s);
	fsk_steps_free(&t->s.steps);
	fsk_channel_free(&t->s.channel);
	fsk_channel_free(&t->keeper);
	close(t->fds[0]);
	close(t->fds[1]);
	free(t);
	return 0;
}

/* The next message that the keeper gets, as "TYPE head". */
static void heard(struct talk *t, const char *type, const char *head)
{
	struct fsk_msg m;
	char *text;

	assert_int_equal(fsk_channel_recv(&t->keeper, &m, NULL), 1);
	text = json_dumps(m.head, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(fsk_msg_name(m.type), type);
	if (head)
		assert_string_equal(text, head);
	free(text);
	fsk_msg_clear(&m);
}

static void test_a_step_is_announced(void **state)
{
	struct talk *t = *state;
	struct fsk_err why = { .code = FSK_ECORRUPT, .msg = "bad" };

	t->s.task = 3;
	assert_int_equal(fsk_step_begin(&t->s, "k", "p", "t", FSK_STEP_AGAIN, NULL), 1);
	heard(t, "BEGIN",
	      "{\"again\":true,\"key\":\"k\",\"plugin\":\"p\","
	      "\"target\":\"t\",\"task\":3}");
	assert_int_equal(fsk_report_failure(&t->s, &why, "o", NULL, NULL), 0);
	heard(t, "ANOMALY",
	      "{\"code\":\"corrupt\",\"object\":\"o\",\"plugin\":\"p\","
	      "\"reason\":\"bad\",\"step\":\"k\"}");
	fsk_step_end(&t->s);
	assert_int_equal(fsk_report_failure(&t->s, &why, "o", NULL, NULL), 0);
	heard(t, "ANOMALY", "{\"code\":\"corrupt\",\"object\":\"o\",\"reason\":\"bad\"}");
}

static void test_a_step_is_skipped(void **state)
{
	struct talk *t = *state;
	json_t *head = json_pack("{s:[s]}", "keys", "k");

	assert_int_equal(fsk_steps_skip(&t->s.steps, head, NULL), 0);
	assert_int_equal(fsk_step_begin(&t->s, "k", NULL, NULL, 0, NULL), 0);
	assert_null(t->s.step);
	assert_int_equal(fsk_step_begin(&t->s, "l", NULL, NULL, 0, NULL), 1);
	heard(t, "BEGIN", "{\"key\":\"l\",\"task\":0}");
	json_decref(head);
}

static void test_too_large_is_an_anomaly(void **state)
{
	struct talk *t = *state;
	char *much = malloc(FSK_FRAME_HEAD_MAX + 1);

	memset(much, 'a', FSK_FRAME_HEAD_MAX);
	much[FSK_FRAME_HEAD_MAX] = '\0';
	assert_int_equal(fsk_step_begin(&t->s, "k", "p", NULL, 0, NULL), 1);
	heard(t, "BEGIN", NULL);
	assert_int_equal(fsk_report(&t->s, FSK_MSG_FINDING, json_pack("{s:s}", "x", much), NULL),
	                 0);
	heard(t, "ANOMALY",
	      "{\"code\":\"over-limit\",\"object\":\"FINDING\",\"plugin\":\"p\","
	      "\"reason\":\"message FINDING: head is over 2097152 bytes\"}");
	assert_int_equal(t->s.lost.code, 0);
	free(much);
}

static void test_evidence_is_nobodys_doing(void **state)
{
	struct talk *t = *state;
	const struct fsk_anomaly_sink sink = { .report = fsk_report_sink, .arg = &t->s };

	assert_int_equal(fsk_step_begin(&t->s, "k", "p", NULL, 0, NULL), 1);
	heard(t, "BEGIN", NULL);
	t->s.muted = true;
	fsk_anomaly_report(&sink, FSK_EIO, "o", "not now", NULL, NULL, 0);
	t->s.muted = false;
	fsk_anomaly_report(&sink, FSK_EIO, "o", "r", NULL, NULL, 0);
	heard(t, "ANOMALY", "{\"code\":\"io\",\"object\":\"o\",\"reason\":\"r\"}");
}

static void test_a_keeper_that_is_gone(void **state)
{
	struct talk *t = *state;
	const struct fsk_anomaly_sink sink = { .report = fsk_report_sink, .arg = &t->s };

	t->s.channel.state = FSK_IPC_IDLE; /* nothing may be said now */
	fsk_anomaly_report(&sink, FSK_EIO, "o", "r", NULL, NULL, 0);
	assert_int_equal(t->s.lost.code, FSK_EPROTO);
	assert_int_equal(fsk_step_begin(&t->s, "k", NULL, NULL, 0, NULL), FSK_EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mount_parse_mbr),
		cmocka_unit_test(test_mount_parse_gpt),
		cmocka_unit_test(test_mount_parse_refuses),
		cmocka_unit_test(test_registry_decides),
		cmocka_unit_test(test_gpt_by_guid),
		cmocka_unit_test(test_zero_signature_matches_nothing),
		cmocka_unit_test(test_windows_is_c_by_default),
		cmocka_unit_test(test_c_is_not_given_twice),
		cmocka_unit_test(test_two_windows_in_one_source),
		cmocka_unit_test(test_two_windows_unknown),
		cmocka_unit_test(test_two_machines),
		cmocka_unit_test(test_second_disk_of_a_machine),
		cmocka_unit_test(test_a_letter_is_that_of_its_windows),
		cmocka_unit_test(test_keys_are_unique_and_the_same_again),
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_skip_refuses),
		cmocka_unit_test_setup_teardown(test_a_step_is_announced, open_talk, close_talk),
		cmocka_unit_test_setup_teardown(test_a_step_is_skipped, open_talk, close_talk),
		cmocka_unit_test_setup_teardown(test_too_large_is_an_anomaly, open_talk,
		                                close_talk),
		cmocka_unit_test_setup_teardown(test_evidence_is_nobodys_doing, open_talk,
		                                close_talk),
		cmocka_unit_test_setup_teardown(test_a_keeper_that_is_gone, open_talk, close_talk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
