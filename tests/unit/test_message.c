#include "tests/unit/unit.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/ipc/channel.h"
#include "core/ipc/message.h"

static void frames_round_trip(void **state)
{
	struct fsk_buf b;
	struct fsk_msg m;
	struct fsk_err err;
	json_t *head = json_pack("{s:i}", "task", 7);

	(void) state;
	fsk_buf_init(&b, FSK_FRAME_MAX);
	assert_int_equal(fsk_msg_encode(&b, FSK_MSG_DATA, head, "blob", 4, &err), 0);
	for (size_t cut = 0; cut < b.len; cut++)
		assert_int_equal(fsk_msg_decode(&m, b.data, cut, &err), 0);
	assert_int_equal(fsk_msg_decode(&m, b.data, b.len, &err), b.len);
	assert_int_equal(m.type, FSK_MSG_DATA);
	assert_int_equal(json_integer_value(json_object_get(m.head, "task")), 7);
	assert_int_equal(m.blob_len, 4);
	assert_memory_equal(m.blob, "blob", 4);
	fsk_msg_clear(&m);
	json_decref(head);
	fsk_buf_free(&b);
}

static void broken_frames_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{ "\xff\xff\xff\xff", 12 },                   /* over the ceiling, at once */
		{ "\x04\0\0\0\x22\0\0\0\0\0\0\0", 12 },       /* shorter than its fixed part */
		{ "\x0a\0\0\0\x63\0\0\0\x02\0\0\0{}", 14 },   /* no such type */
		{ "\x0a\0\0\0\x22\0\x01\0\x02\0\0\0{}", 14 }, /* reserved bits */
		{ "\x0a\0\0\0\x22\0\0\0\x03\0\0\0{}", 14 },   /* head longer than the frame */
		{ "\x0a\0\0\0\x22\0\0\0\x02\0\0\0[]", 14 },   /* head is no object */
		{ "\x0a\0\0\0\x22\0\0\0\x02\0\0\0{\"", 14 },  /* head is no JSON */
	};
	struct fsk_msg m;
	struct fsk_err err;

	(void) state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char raw[16] = { 0 };

		memcpy(raw, bad[i].bytes, i == 0 ? 4 : bad[i].len);
		assert_int_equal(fsk_msg_decode(&m, raw, i == 0 ? 4 : bad[i].len, &err),
		                 FSK_EPROTO);
	}
}

static void too_large_a_message_is_not_sent(void **state)
{
	static char text[FSK_FRAME_HEAD_MAX + 1];
	struct fsk_buf b;
	struct fsk_err err;
	json_t *head;

	(void) state;
	memset(text, 'a', sizeof(text) - 1);
	head = json_pack("{s:s}", "t", text);
	fsk_buf_init(&b, SIZE_MAX / 2);
	assert_int_equal(fsk_msg_encode(&b, FSK_MSG_RECORD, head, NULL, 0, &err), FSK_ELIMIT);
	assert_non_null(strstr(err.msg, "RECORD"));
	assert_int_equal(fsk_msg_encode(&b, FSK_MSG_DATA, NULL, text, FSK_FRAME_MAX, &err),
	                 FSK_ELIMIT);
	assert_int_equal(b.len, 0);
	json_decref(head);
	fsk_buf_free(&b);
}

static void only_permitted_messages_pass(void **state)
{
	static const enum fsk_msg_type good[] = {
		FSK_MSG_HELLO,  FSK_MSG_SETUP,   FSK_MSG_TEXT,  FSK_MSG_TEXT,  FSK_MSG_LOCK,
		FSK_MSG_LOCKED, FSK_MSG_SKIP,    FSK_MSG_TASK,  FSK_MSG_BEGIN, FSK_MSG_FILE,
		FSK_MSG_DATA,   FSK_MSG_ANOMALY, FSK_MSG_CLOSE, FSK_MSG_DONE,  FSK_MSG_TASK,
		FSK_MSG_FAILED, FSK_MSG_QUIT,
	};
	enum fsk_ipc_state st = FSK_IPC_START;
	struct fsk_err err;

	(void) state;
	assert_int_equal(fsk_ipc_step(&st, FSK_MSG_TASK, &err), FSK_EPROTO);
	assert_string_equal(err.msg, "message TASK is not permitted in state start");
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		/* before every good step, whatever is wrong in any state */
		enum fsk_ipc_state before = st;

		assert_int_equal(fsk_ipc_step(&st, FSK_MSG_NONE, &err), FSK_EPROTO);
		assert_int_equal(fsk_ipc_step(&st, FSK_MSG_END, &err), FSK_EPROTO);
		if (st != FSK_IPC_FILE)
			assert_int_equal(fsk_ipc_step(&st, FSK_MSG_DATA, &err), FSK_EPROTO);
		else
			assert_int_equal(fsk_ipc_step(&st, FSK_MSG_DONE, &err), FSK_EPROTO);
		assert_int_equal(st, before);
		assert_int_equal(fsk_ipc_step(&st, good[i], &err), 0);
	}
	assert_int_equal(st, FSK_IPC_ENDED);
	for (int t = 0; t <= FSK_MSG_END; t++)
		assert_int_equal(fsk_ipc_step(&st, (enum fsk_msg_type) t, &err), FSK_EPROTO);
}

static void channel_carries_messages(void **state)
{
	struct fsk_channel a, b;
	struct fsk_msg m;
	struct fsk_err err;
	int fds[2];

	(void) state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	fsk_channel_init(&a, fds[0]);
	fsk_channel_init(&b, fds[1]);
	assert_int_equal(fsk_channel_send(&a, FSK_MSG_TASK, NULL, NULL, 0, &err), FSK_EPROTO);
	assert_int_equal(fsk_channel_send(&a, FSK_MSG_HELLO, NULL, NULL, 0, &err), 0);
	assert_int_equal(fsk_channel_recv(&b, &m, &err), 1);
	assert_int_equal(m.type, FSK_MSG_HELLO);
	fsk_msg_clear(&m);
	assert_int_equal(fsk_channel_send(&b, FSK_MSG_SETUP, NULL, NULL, 0, &err), 0);
	assert_int_equal(fsk_channel_send(&b, FSK_MSG_TEXT, NULL, "x = 1", 5, &err), 0);
	assert_int_equal(fsk_channel_recv(&a, &m, &err), 1);
	fsk_msg_clear(&m);
	assert_int_equal(fsk_channel_recv(&a, &m, &err), 1);
	assert_memory_equal(m.blob, "x = 1", 5);
	fsk_msg_clear(&m);
	close(fds[1]);
	assert_int_equal(fsk_channel_recv(&a, &m, &err), 0);
	close(fds[0]);
	fsk_channel_free(&a);
	fsk_channel_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_round_trip),
		cmocka_unit_test(broken_frames_are_refused),
		cmocka_unit_test(too_large_a_message_is_not_sent),
		cmocka_unit_test(only_permitted_messages_pass),
		cmocka_unit_test(channel_carries_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
