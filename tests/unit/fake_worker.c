/* A worker that plays a script: for tests of the keeper against workers that
 * behave badly. The script is the first evidence file. Lines:
 *
 *   on PART           what follows is for PART: hello, lock, probe, check,
 *                     plugins, fetch, list, cat, quit; a part that the script does
 *                     not have is played well
 *   send TYPE [JSON]  a message by its number; $T is the number of the task,
 *                     $[TEXT*N] is TEXT N times, $N see repeat
 *   blob TYPE N JSON  the same with N bytes behind it
 *   text TYPE TEXT    no head, TEXT behind it; $ as above
 *   lay TYPE TEXT     the same, but it waits in the outbox
 *   lie SENT LEN      writes these numbers into the outbox
 *   step KEY          BEGIN, in "plugins" of the first plugin; when KEY is to be skipped, the lines
 * up to the next step or "end" are skipped for ID            the lines up to "end" are for the task
 * whose first file has this id end files             sends every file that the task asks for done
 * DONE repeat N LINE     LINE N times; $N in what it sends counts from 0 orphan SECONDS    leaves
 * behind a process that holds all descriptors so long raw HEX           bytes as they are say TEXT
 * a line for the log; noise TEXT the same on standard error handles           logs the descriptors
 * that are open sleep SECONDS, die SIGNAL, exit STATUS, eat MIB, close
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/ipc/channel.h"

struct fake {
	char *script;
	struct fsk_buf in;
	json_t *skip;
	json_t *task;
	unsigned turn; /* of repeat */
};

static struct fsk_outbox box;

static void put(const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t k = write(FSK_WORKER_FD_CHANNEL, at, n);
		if (k <= 0)
			_exit(97);
		at += k;
		n -= (size_t) k;
		if (box.map != NULL)
			fsk_outbox_sent(&box, (size_t) k);
	}
}

/* The head goes out as it is written: a worker that was taken over does not
 * write JSON in our way. */
static void send_text(int type, const char *head, size_t blob_len)
{
	const char *text = head[0] != '\0' ? head : "{}";
	struct fsk_buf out;

	fsk_buf_init(&out, 64 * FSK_MIB);
	if (fsk_buf_append_u32le(&out, (uint32_t) (8 + strlen(text) + blob_len), NULL) < 0 ||
	    fsk_buf_append_u32le(&out, (uint32_t) type, NULL) < 0 ||
	    fsk_buf_append_u32le(&out, (uint32_t) strlen(text), NULL) < 0 ||
	    fsk_buf_append_str(&out, text, NULL) < 0 || fsk_buf_reserve(&out, blob_len, NULL) < 0)
		_exit(96);
	memset(out.data + out.len, 'A', blob_len);
	out.len += blob_len;
	put(out.data, out.len);
	fsk_buf_free(&out);
}

static long task_number(const struct fake *f)
{
	return (long) json_integer_value(json_object_get(f->task, "task"));
}

/* Appends what "$[TEXT*N]" at `text` stands for; returns its end. */
static const char *put_repeated(struct fsk_buf *b, const char *text)
{
	const char *star = strchr(text, '*'), *end = strchr(text, ']');
	unsigned long n = strtoul(star + 1, NULL, 10);

	for (unsigned long i = 0; i < n; i++)
		fsk_buf_append(b, text + 2, (size_t) (star - text) - 2, NULL);
	return end;
}

/* `text` with each $T, $N and $[TEXT*N] replaced; to be freed */
static char *expand(const struct fake *f, const char *text)
{
	struct fsk_buf b;
	char *out;

	fsk_buf_init(&b, FSK_FRAME_MAX);
	for (; *text != '\0'; text++) {
		if (strncmp(text, "$T", 2) == 0) {
			fsk_buf_printf(&b, NULL, "%ld", task_number(f));
			text++;
		} else if (strncmp(text, "$N", 2) == 0) {
			fsk_buf_printf(&b, NULL, "%u", f->turn);
			text++;
		} else if (strncmp(text, "$[", 2) == 0) {
			text = put_repeated(&b, text);
		} else {
			fsk_buf_append_u8(&b, (uint8_t) *text, NULL);
		}
	}
	out = fsk_buf_steal_str(&b, NULL);
	fsk_buf_free(&b);
	return out;
}

static void send_line(const struct fake *f, int type, const char *text, size_t blob_len)
{
	char *head = expand(f, text);

	send_text(type, head, blob_len);
	free(head);
}

/* A frame that is all blob: sent, or laid into the outbox. */
static void send_blob(const struct fake *f, int type, const char *text, bool lay)
{
	char *blob = expand(f, text);
	struct fsk_buf out;

	fsk_buf_init(&out, 64 * FSK_MIB);
	if (fsk_buf_append_u32le(&out, (uint32_t) (8 + strlen(blob)), NULL) < 0 ||
	    fsk_buf_append_u32le(&out, (uint32_t) type, NULL) < 0 ||
	    fsk_buf_append_u32le(&out, 0, NULL) < 0 || fsk_buf_append_str(&out, blob, NULL) < 0)
		_exit(96);
	if (!lay) {
		put(out.data, out.len);
	} else {
		fsk_outbox_put(&box, out.data, out.len);
		fsk_outbox_commit(&box);
	}
	fsk_buf_free(&out);
	free(blob);
}

static void lie(const char *line)
{
	unsigned long long words[2];

	if (sscanf(line, "%llu %llu", &words[0], &words[1]) != 2 ||
	    pwrite(FSK_WORKER_FD_OUTBOX, words, sizeof(words), 0) != sizeof(words))
		_exit(96);
}

static void send_json(int type, json_t *head)
{
	char *text = json_dumps(head, JSON_COMPACT);

	send_text(type, text, 0);
	free(text);
	json_decref(head);
}

static bool begin(struct fake *f, const char *key)
{
	json_t *plugin = json_array_get(json_object_get(f->task, "plugins"), 0);

	if (json_object_get(f->skip, key) != NULL)
		return false;
	send_json(FSK_MSG_BEGIN, json_pack("{s:i, s:s, s:s, s:O*}", "task", (int) task_number(f),
	                                   "key", key, "target", key, "plugin", plugin));
	return true;
}

static void send_files(struct fake *f)
{
	json_t *file;
	size_t i;

	json_array_foreach (json_object_get(f->task, "files"), i, file) {
		json_t *id = json_object_get(file, "id"), *loc = json_object_get(file, "locator");
		const char *path = json_string_value(json_object_get(loc, "path"));
		char key[200], head[64];
		if (!begin(f, path))
			continue;
		send_json(FSK_MSG_FILE,
		          json_pack("{s:O, s:O, s:i}", "id", id, "locator", loc, "size", 1000));
		snprintf(head, sizeof(head), "{\"id\":%d}", (int) json_integer_value(id));
		send_text(FSK_MSG_DATA, head, 1000);
		snprintf(key, sizeof(key), "{\"id\":%d,\"status\":\"complete\"}",
		         (int) json_integer_value(id));
		send_text(FSK_MSG_CLOSE, key, 0);
	}
}

static void put_hex(const char *hex)
{
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2) {
		uint8_t b = (uint8_t) byte;
		put(&b, 1);
	}
}

static void eat(size_t mib)
{
	for (size_t i = 0; i < mib; i++) {
		char *p = malloc(FSK_MIB);
		if (p != NULL)
			memset(p, 1, FSK_MIB);
		fprintf(stderr, "%s", p != NULL ? "" : "no memory\n");
	}
	sleep(60);
}

static void say_handles(void)
{
	char text[512] = "";
	size_t n = 0;

	for (int fd = 0; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			n += (size_t) snprintf(text + n, sizeof(text) - n, " %d", fd);
	dprintf(FSK_WORKER_FD_LOG, "1handles:%s\n", text);
}

static long first_file(const struct fake *f)
{
	return (long) json_integer_value(
	    json_object_get(json_array_get(json_object_get(f->task, "files"), 0), "id"));
}

static void die(int sig)
{
	signal(sig, SIG_DFL); /* a sanitizer would make an exit of it */
	kill(getpid(), sig);
}

/* Somebody who outlives the worker, in a session of its own. */
static void leave_orphan(unsigned seconds)
{
	if (fork() != 0)
		return;
	setsid();
	sleep(seconds);
	_exit(0);
}

static void play_line(struct fake *f, const char *line);

static void play_often(struct fake *f, const char *line)
{
	unsigned count = 0;
	int n = 0;

	if (sscanf(line, "%u %n", &count, &n) == 1)
		for (f->turn = 0; f->turn < count; f->turn++)
			play_line(f, line + n);
}

static void play_line(struct fake *f, const char *line)
{
	char word[32] = "";
	int n = 0, type = 0;
	unsigned size = 0;

	sscanf(line, "%31s %n", word, &n);
	line += n;
	if (strcmp(word, "send") == 0 && sscanf(line, "%d %n", &type, &n) == 1)
		send_line(f, type, line + n, 0);
	else if (strcmp(word, "blob") == 0 && sscanf(line, "%d %u %n", &type, &size, &n) == 2)
		send_line(f, type, line + n, size);
	else if (strcmp(word, "text") == 0 && sscanf(line, "%d %n", &type, &n) == 1)
		send_blob(f, type, line + n, false);
	else if (strcmp(word, "lay") == 0 && sscanf(line, "%d %n", &type, &n) == 1)
		send_blob(f, type, line + n, true);
	else if (strcmp(word, "lie") == 0)
		lie(line);
	else if (strcmp(word, "files") == 0)
		send_files(f);
	else if (strcmp(word, "done") == 0)
		send_line(f, FSK_MSG_DONE, "{\"task\":$T}", 0);
	else if (strcmp(word, "raw") == 0)
		put_hex(line);
	else if (strcmp(word, "repeat") == 0)
		play_often(f, line);
	else if (strcmp(word, "orphan") == 0)
		leave_orphan((unsigned) strtoul(line, NULL, 10));
	else if (strcmp(word, "say") == 0)
		dprintf(FSK_WORKER_FD_LOG, "1%s\n", line);
	else if (strcmp(word, "handles") == 0)
		say_handles();
	else if (strcmp(word, "noise") == 0)
		dprintf(STDERR_FILENO, "%s\n", line);
	else if (strcmp(word, "sleep") == 0)
		sleep((unsigned) strtoul(line, NULL, 10));
	else if (strcmp(word, "die") == 0)
		die((int) strtol(line, NULL, 10));
	else if (strcmp(word, "exit") == 0)
		_exit((int) strtol(line, NULL, 10));
	else if (strcmp(word, "eat") == 0)
		eat(strtoul(line, NULL, 10));
	else if (strcmp(word, "close") == 0)
		close(FSK_WORKER_FD_CHANNEL);
}

/* Returns false when the script has no such part. */
static bool play(struct fake *f, const char *part)
{
	const char *line = f->script;
	bool here = false, found = false, skipping = false, elsewhere = false;

	for (; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		char text[8192];
		snprintf(text, sizeof(text), "%.*s", (int) strcspn(line, "\n"), line);
		if (strncmp(text, "on ", 3) == 0) {
			here = strcmp(text + 3, part) == 0;
			found = found || here;
		} else if (here && strncmp(text, "step ", 5) == 0) {
			skipping = elsewhere || !begin(f, text + 5);
		} else if (here && strncmp(text, "for ", 4) == 0) {
			skipping = elsewhere = first_file(f) != strtol(text + 4, NULL, 10);
		} else if (here && strcmp(text, "end") == 0) {
			skipping = elsewhere = false;
		} else if (here && !skipping) {
			play_line(f, text);
		}
	}
	return found;
}

static void play_well(struct fake *f, const char *part)
{
	if (strcmp(part, "hello") == 0)
		send_text(FSK_MSG_HELLO, "{\"proto\":1,\"version\":\"fake\"}", 0);
	else if (strcmp(part, "lock") == 0)
		send_text(FSK_MSG_LOCKED,
		          "{\"layers\":[{\"name\":\"fake\",\"held\":true,\"essential\":true}]}", 0);
	if (f->task == NULL)
		return;
	if (strcmp(part, "probe") == 0) {
		send_text(FSK_MSG_SOURCE, "{\"source\":0,\"format\":\"raw\",\"size\":1}", 0);
		send_text(FSK_MSG_VOLUME,
		          "{\"source\":0,\"volume\":0,\"offset\":0,\"length\":1,\"fs\":\"ntfs\","
		          "\"letter\":\"C\",\"os\":\"windows\"}",
		          0);
	} else if (strcmp(part, "fetch") == 0) {
		send_files(f);
	}
	send_line(f, FSK_MSG_DONE, "{\"task\":$T}", 0);
}

static void perform(struct fake *f, const char *part)
{
	if (!play(f, part))
		play_well(f, part);
}

static void take_skip(struct fake *f, const json_t *keys)
{
	json_t *key;
	size_t i;

	json_array_foreach ((json_t *) keys, i, key)
		json_object_set_new(f->skip, json_string_value(key), json_true());
}

static void answer(struct fake *f, const struct fsk_msg *m)
{
	switch (m->type) {
	case FSK_MSG_LOCK:
		perform(f, "lock");
		break;
	case FSK_MSG_SKIP:
		take_skip(f, json_object_get(m->head, "keys"));
		break;
	case FSK_MSG_TASK:
		f->task = m->head;
		perform(f, json_string_value(json_object_get(m->head, "op")));
		f->task = NULL;
		json_object_clear(f->skip);
		break;
	case FSK_MSG_QUIT:
		play(f, "quit");
		_exit(0);
	default:
		break;
	}
}

/* One message from the keeper; exits when there is none any more. */
static void receive(struct fake *f)
{
	struct fsk_msg m = { 0 };
	int64_t n;

	while ((n = fsk_msg_decode(&m, f->in.data, f->in.len, NULL)) == 0) {
		ssize_t k;
		fsk_buf_reserve(&f->in, 65536, NULL);
		k = read(FSK_WORKER_FD_CHANNEL, f->in.data + f->in.len, 65536);
		if (k <= 0)
			_exit(0);
		f->in.len += (size_t) k;
	}
	if (n < 0)
		_exit(95);
	answer(f, &m);
	fsk_msg_clear(&m);
	fsk_buf_consume(&f->in, (size_t) n);
}

int main(void)
{
	static char script[65536];
	struct fake f = { .script = script, .skip = json_object() };
	ssize_t n = pread(FSK_WORKER_FD_EVIDENCE, script, sizeof(script) - 1, 0);

	script[n > 0 ? n : 0] = '\0';
	fsk_buf_init(&f.in, 16 * FSK_MIB);
	if (fcntl(FSK_WORKER_FD_OUTBOX, F_GETFD) >= 0)
		fsk_outbox_map(&box, FSK_WORKER_FD_OUTBOX, NULL);
	perform(&f, "hello");
	for (;;)
		receive(&f);
}
