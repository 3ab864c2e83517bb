#include "core/ipc/message.h"

#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"

#define ANY(s) (1u << (s))
#define WAITS (1u << 31) /* see fsk_msg_waits */

enum { FRAME_PREFIX = 4, FRAME_FIXED = 8 }; /* length; then type, zeros, head length */

/* The one table: from which states a message is permitted and where it leads
 * (NEXT_SAME: nowhere else). */
enum { NEXT_SAME = -1 };

static const struct {
	enum fsk_msg_type type;
	const char *name;
	unsigned permitted;
	int next;
} table[] = {
	{ FSK_MSG_SETUP, "SETUP", ANY(FSK_IPC_SETUP), NEXT_SAME },
	{ FSK_MSG_TEXT, "TEXT", ANY(FSK_IPC_SETUP), NEXT_SAME },
	{ FSK_MSG_LOCK, "LOCK", ANY(FSK_IPC_SETUP), FSK_IPC_LOCKING },
	{ FSK_MSG_SKIP, "SKIP", ANY(FSK_IPC_IDLE), NEXT_SAME },
	{ FSK_MSG_ROWS, "ROWS", ANY(FSK_IPC_IDLE), NEXT_SAME },
	{ FSK_MSG_TASK, "TASK", ANY(FSK_IPC_IDLE), FSK_IPC_TASK },
	{ FSK_MSG_QUIT, "QUIT", ANY(FSK_IPC_SETUP) | ANY(FSK_IPC_IDLE), FSK_IPC_ENDED },
	{ FSK_MSG_HELLO, "HELLO", ANY(FSK_IPC_START), FSK_IPC_SETUP },
	{ FSK_MSG_LOCKED, "LOCKED", ANY(FSK_IPC_LOCKING), FSK_IPC_IDLE },
	{ FSK_MSG_BEGIN, "BEGIN", ANY(FSK_IPC_TASK), NEXT_SAME },
	{ FSK_MSG_SOURCE, "SOURCE", ANY(FSK_IPC_TASK) | WAITS, NEXT_SAME },
	{ FSK_MSG_VOLUME, "VOLUME", ANY(FSK_IPC_TASK) | WAITS, NEXT_SAME },
	{ FSK_MSG_PLUGIN, "PLUGIN", ANY(FSK_IPC_TASK) | WAITS, NEXT_SAME },
	{ FSK_MSG_ENTRY, "ENTRY", ANY(FSK_IPC_TASK) | WAITS, NEXT_SAME },
	{ FSK_MSG_RECORD, "RECORD", ANY(FSK_IPC_TASK) | WAITS, NEXT_SAME },
	{ FSK_MSG_FINDING, "FINDING", ANY(FSK_IPC_TASK) | WAITS, NEXT_SAME },
	{ FSK_MSG_ANOMALY, "ANOMALY", ANY(FSK_IPC_TASK) | ANY(FSK_IPC_FILE) | WAITS, NEXT_SAME },
	{ FSK_MSG_COLLECT, "COLLECT", ANY(FSK_IPC_TASK) | WAITS, NEXT_SAME },
	{ FSK_MSG_FILE, "FILE", ANY(FSK_IPC_TASK) | WAITS, FSK_IPC_FILE },
	{ FSK_MSG_DATA, "DATA", ANY(FSK_IPC_FILE), NEXT_SAME },
	{ FSK_MSG_CLOSE, "CLOSE", ANY(FSK_IPC_FILE) | WAITS, FSK_IPC_TASK },
	{ FSK_MSG_HASHED, "HASHED", ANY(FSK_IPC_TASK) | WAITS, NEXT_SAME },
	{ FSK_MSG_VERIFIED, "VERIFIED", ANY(FSK_IPC_TASK) | WAITS, NEXT_SAME },
	{ FSK_MSG_PLAN, "PLAN", ANY(FSK_IPC_TASK), NEXT_SAME },
	{ FSK_MSG_MACHINE, "MACHINE", ANY(FSK_IPC_TASK) | WAITS, NEXT_SAME },
	{ FSK_MSG_PAYLOAD, "PAYLOAD", ANY(FSK_IPC_TASK), NEXT_SAME },
	{ FSK_MSG_VERDICT, "VERDICT", ANY(FSK_IPC_TASK) | WAITS, NEXT_SAME },
	{ FSK_MSG_HIVE, "HIVE", ANY(FSK_IPC_TASK), NEXT_SAME },
	{ FSK_MSG_DONE, "DONE", ANY(FSK_IPC_TASK), FSK_IPC_IDLE },
	{ FSK_MSG_FAILED, "FAILED", ANY(FSK_IPC_TASK), FSK_IPC_IDLE },
};

#define ROWS (sizeof(table) / sizeof(table[0]))

static size_t row_of(enum fsk_msg_type t)
{
	size_t i = 0;

	while (i < ROWS && table[i].type != t)
		i++;
	return i;
}

/* The many small ones say all in their blob. */
static bool has_no_head(enum fsk_msg_type t)
{
	return t == FSK_MSG_RECORD;
}

const char *fsk_msg_name(enum fsk_msg_type t)
{
	size_t i = row_of(t);

	return i < ROWS ? table[i].name : "?";
}

int fsk_ipc_step(enum fsk_ipc_state *state, enum fsk_msg_type t, struct fsk_err *err)
{
	static const char *const names[] = { "start", "setup", "locking", "idle",
		                             "task",  "file",  "ended" };
	size_t i = row_of(t);

	if (i == ROWS)
		return fsk_err_set(err, FSK_EPROTO, "message type %d is unknown", (int) t);
	if (!(table[i].permitted & ANY(*state)))
		return fsk_err_set(err, FSK_EPROTO, "message %s is not permitted in state %s",
		                   table[i].name, names[*state]);
	if (table[i].next != NEXT_SAME)
		*state = (enum fsk_ipc_state) table[i].next;
	return 0;
}

void fsk_msg_clear(struct fsk_msg *m)
{
	json_decref(m->head);
	*m = (struct fsk_msg){ 0 };
}

bool fsk_msg_waits(enum fsk_msg_type t)
{
	size_t i = row_of(t);

	return i < ROWS && (table[i].permitted & WAITS) != 0;
}

static int append_head(const char *text, size_t n, void *out)
{
	return fsk_buf_append(out, text, n, NULL) < 0 ? -1 : 0;
}

/* The head behind what is in `out`, which is restored when it does not fit. */
static int put_head(struct fsk_buf *out, enum fsk_msg_type t, const json_t *head,
                    struct fsk_err *err)
{
	if (has_no_head(t))
		return 0;
	if (head == NULL)
		return fsk_buf_append(out, "{}", 2, err);
	if (json_dump_callback(head, append_head, out, JSON_COMPACT | JSON_SORT_KEYS) < 0)
		return fsk_err_set(err, FSK_ELIMIT, "message %s: head is over %u bytes",
		                   fsk_msg_name(t), FSK_FRAME_HEAD_MAX);
	return 0;
}

static void put_u32le(uint8_t *p, uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		p[i] = (uint8_t) (v >> (8 * i));
}

int fsk_msg_encode_front(struct fsk_buf *out, enum fsk_msg_type t, const json_t *head,
                         size_t blob_len, struct fsk_err *err)
{
	size_t start = out->len, max = out->max, head_len;
	int rc = fsk_buf_reserve(out, FRAME_PREFIX + FRAME_FIXED, err);

	if (rc < 0)
		return rc;
	out->len += FRAME_PREFIX + FRAME_FIXED;
	if (out->max - out->len > FSK_FRAME_HEAD_MAX)
		out->max = out->len + FSK_FRAME_HEAD_MAX;
	rc = put_head(out, t, head, err);
	out->max = max;
	head_len = out->len - start - FRAME_PREFIX - FRAME_FIXED;
	if (rc == 0 && blob_len > FSK_FRAME_MAX - FRAME_FIXED - head_len)
		rc = fsk_err_set(err, FSK_ELIMIT, "message %s: %zu bytes are over the ceiling",
		                 fsk_msg_name(t), blob_len);
	if (rc < 0) {
		out->len = start;
		return rc;
	}
	put_u32le(out->data + start, (uint32_t) (FRAME_FIXED + head_len + blob_len));
	put_u32le(out->data + start + 4, (uint32_t) t);
	put_u32le(out->data + start + 8, (uint32_t) head_len);
	return 0;
}

int fsk_msg_encode(struct fsk_buf *out, enum fsk_msg_type t, const json_t *head, const void *blob,
                   size_t blob_len, struct fsk_err *err)
{
	size_t start = out->len;
	int rc = fsk_msg_encode_front(out, t, head, blob_len, err);

	if (rc == 0)
		rc = fsk_buf_append(out, blob, blob_len, err);
	if (rc < 0)
		out->len = start;
	return rc;
}

/* NULL and `err`: there is no head where one should be, or no JSON object. */
static json_t *load_head(enum fsk_msg_type t, const uint8_t *head, size_t n, struct fsk_err *err)
{
	json_error_t why;
	json_t *j = json_loadb((const char *) head, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
	                       &why);

	if (json_is_object(j))
		return j;
	json_decref(j);
	fsk_err_set(err, FSK_EPROTO, "message %s: head is no JSON object", fsk_msg_name(t));
	return NULL;
}

int64_t fsk_msg_decode(struct fsk_msg *m, const void *in, size_t len, struct fsk_err *err)
{
	struct fsk_cur c;
	uint32_t rest, type, head_len;
	const uint8_t *head;
	json_t *j = NULL;

	fsk_cur_init(&c, in, len);
	if (len < FRAME_PREFIX + FRAME_FIXED)
		return len < FRAME_PREFIX || fsk_cur_u32le(&c) <= FSK_FRAME_MAX
		           ? 0
		           : fsk_err_set(err, FSK_EPROTO, "frame is over the ceiling");
	rest = fsk_cur_u32le(&c);
	type = fsk_cur_u32le(&c);
	head_len = fsk_cur_u32le(&c);
	if (rest < FRAME_FIXED || rest > FSK_FRAME_MAX)
		return fsk_err_set(err, FSK_EPROTO, "frame of %u bytes", rest);
	if (type >= FSK_MSG_END || row_of((enum fsk_msg_type) type) == ROWS)
		return fsk_err_set(err, FSK_EPROTO, "message type %u is unknown", type);
	if (head_len > FSK_FRAME_HEAD_MAX || head_len > rest - FRAME_FIXED)
		return fsk_err_set(err, FSK_EPROTO, "frame of %u bytes with a head of %u", rest,
		                   head_len);
	if (len < (size_t) FRAME_PREFIX + rest)
		return 0;
	head = fsk_cur_bytes(&c, head_len);
	if (has_no_head((enum fsk_msg_type) type) && head_len > 0)
		return fsk_err_set(err, FSK_EPROTO, "message %s has a head",
		                   fsk_msg_name((enum fsk_msg_type) type));
	if (!has_no_head((enum fsk_msg_type) type)) {
		j = load_head((enum fsk_msg_type) type, head, head_len, err);
		if (j == NULL)
			return FSK_EPROTO;
	}
	m->type = (enum fsk_msg_type) type;
	m->head = j;
	m->blob_len = rest - FRAME_FIXED - head_len;
	m->blob = fsk_cur_bytes(&c, m->blob_len);
	return (int64_t) FRAME_PREFIX + rest;
}
