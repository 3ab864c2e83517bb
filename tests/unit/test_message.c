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
		{ "\x08\0\0\0\x22\0\0\0\0\0\0\0", 12 },       /* no head */
		{ "\x0a\0\0\0\x27\0\0\0\x02\0\0\0{}", 14 },   /* RECORD with a head */
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
	assert_int_equal(fsk_msg_encode(&b, FSK_MSG_FINDING, head, NULL, 0, &err), FSK_ELIMIT);
	assert_non_null(strstr(err.msg, "FINDING"));
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

/* Bytes that are there to be received now. */
static size_t peek(int fd, uint8_t *out, size_t max)
{
	ssize_t n = recv(fd, out, max, MSG_DONTWAIT);

	return n > 0 ? (size_t) n : 0;
}

static void record(struct fsk_channel *c, unsigned i)
{
	char row[64];
	int n = snprintf(row, sizeof(row), "{\"fields\":{\"n\":%u},\"kind\":\"k\"}", i);

	assert_int_equal(fsk_channel_send(c, FSK_MSG_RECORD, NULL, row, (size_t) n, NULL), 0);
}

/* How many records are in these bytes; each must be the one that comes next. */
static unsigned count_records(const uint8_t *p, size_t n, unsigned from)
{
	char row[64];
	int64_t size;
	struct fsk_msg m;

	for (; (size = fsk_msg_decode(&m, p, n, NULL)) > 0; p += size, n -= (size_t) size) {
		if (m.type == FSK_MSG_RECORD) {
			snprintf(row, sizeof(row), "{\"fields\":{\"n\":%u},\"kind\":\"k\"}",
			         from++);
			assert_int_equal(m.blob_len, strlen(row));
			assert_memory_equal(m.blob, row, m.blob_len);
		}
		fsk_msg_clear(&m);
	}
	assert_int_equal(n, 0);
	return from;
}

/* The channel has said something before it is given the memory; `*said` bytes. */
static void open_gathering(struct fsk_channel *c, int fds[2], intptr_t *memory, size_t *said)
{
	uint8_t hello[100];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(fsk_outbox_create(memory, NULL), 0);
	fsk_channel_init(c, fds[0]);
	assert_int_equal(fsk_channel_send(c, FSK_MSG_HELLO, NULL, NULL, 0, NULL), 0);
	*said = peek(fds[1], hello, sizeof(hello));
	assert_true(*said > 0);
	c->state = FSK_IPC_TASK;
	if (*memory >= 0)
		assert_int_equal(fsk_channel_gather(c, *memory, NULL), 0);
}

static void close_gathering(struct fsk_channel *c, int fds[2], intptr_t memory)
{
	fsk_channel_free(c);
	fsk_outbox_close(memory);
	close(fds[0]);
	close(fds[1]);
}

/* Records wait; what may not wait takes them along, in their order. */
static void small_messages_wait(void **state)
{
	static uint8_t got[FSK_MIB];
	struct fsk_channel c;
	intptr_t memory;
	size_t n, said, end = 0;
	int fds[2];

	(void) state;
	open_gathering(&c, fds, &memory, &said);
	if (memory < 0)
		skip();
	for (unsigned i = 0; i < 10; i++)
		record(&c, i);
	assert_int_equal(peek(fds[1], got, sizeof(got)), 0);
	assert_int_equal(fsk_channel_send(&c, FSK_MSG_BEGIN, NULL, NULL, 0, NULL), 0);
	n = peek(fds[1], got, sizeof(got));
	assert_int_equal(count_records(got, n, 0), 10);
	/* more than there is room for: some go out, the rest is in the memory */
	for (unsigned i = 10; i < 4000; i++) {
		record(&c, i);
		end += peek(fds[1], got + end, sizeof(got) - end);
	}
	assert_true(end > 0);
	assert_true(count_records(got, end, 10) < 4000);
	close_gathering(&c, fds, memory);
}

/* The worker dies with any number of bytes of the last write delivered: each
 * record is there exactly once. */
static void nothing_is_lost_or_doubled(void **state)
{
	static uint8_t got[4096];
	struct fsk_channel c;
	struct fsk_buf all;
	intptr_t memory;
	size_t first, said, sent;
	int fds[2];

	(void) state;
	open_gathering(&c, fds, &memory, &said);
	if (memory < 0)
		skip();
	fsk_buf_init(&all, FSK_MIB);
	record(&c, 0);
	assert_int_equal(fsk_channel_send(&c, FSK_MSG_BEGIN, NULL, NULL, 0, NULL), 0);
	first = peek(fds[1], got, sizeof(got));
	assert_int_equal(count_records(got, first, 0), 1);
	for (unsigned i = 1; i < 6; i++)
		record(&c, i);
	/* as if a write had come so far and no further */
	first += said;
	assert_int_equal(fsk_outbox_take(&all, memory, first, NULL), 0);
	sent = all.len;
	memcpy(got, all.data, sent);
	for (size_t cut = 0; cut <= sent + 100; cut++) {
		fsk_buf_reset(&all);
		assert_int_equal(fsk_buf_append(&all, got, cut < sent ? cut : sent, NULL), 0);
		assert_int_equal(fsk_outbox_take(&all, memory, first + cut, NULL), 0);
		assert_int_equal(count_records(all.data, all.len, 1), 6);
	}
	/* numbers that contradict what has arrived */
	assert_int_equal(fsk_outbox_take(&all, memory, first - 1, NULL), FSK_EPROTO);
	fsk_buf_free(&all);
	close_gathering(&c, fds, memory);
}

/* The memory cannot be made shorter under a reader. */
static void memory_is_sealed(void **state)
{
	intptr_t memory;

	(void) state;
	assert_int_equal(fsk_outbox_create(&memory, NULL), 0);
	if (memory < 0)
		skip();
	assert_int_not_equal(ftruncate((int) memory, 0), 0);
	fsk_outbox_close(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_round_trip),
		cmocka_unit_test(broken_frames_are_refused),
		cmocka_unit_test(too_large_a_message_is_not_sent),
		cmocka_unit_test(only_permitted_messages_pass),
		cmocka_unit_test(channel_carries_messages),
		cmocka_unit_test(small_messages_wait),
		cmocka_unit_test(nothing_is_lost_or_doubled),
		cmocka_unit_test(memory_is_sealed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
