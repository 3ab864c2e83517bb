#include "core/keeper/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/ipc/broker.h"
#include "core/ipc/outbox.h"
#include "core/ipc/channel.h"
#include "core/keeper/hooks.h"
#include "core/keeper/logline.h"

#define STDERR_FD 2
#define SILENT_TICKS_MAX 10 /* of pipes whose process has ended */

struct fsk_process {
	uv_process_t process;
	uv_pipe_t channel, log, noise; /* noise: what libraries print to standard error */
	uv_poll_t broker;
	intptr_t broker_handle, outbox;
	uint64_t arrived; /* bytes through the channel */
	intptr_t *roots;
	size_t nroots;
	const struct fsk_process_ops *ops;
	void *arg;
	struct fsk_buf in;
	struct fsk_logline lines, noise_lines;
	char chunk[16 * 1024]; /* log and noise are read in turn */
	bool channel_open, log_open, noise_open, broker_open, reading;
	bool exited, killed, told_gone;
	unsigned handles; /* still to be closed */
	unsigned silent;  /* ticks without a message since it has ended */
	int64_t exit_status;
	int term_signal;
	char epitaph[64];
};

/* What the worker laid down and did not send. */
static void take_outbox(struct fsk_process *p)
{
	struct fsk_err err = { 0 };

	if (fsk_outbox_take(&p->in, p->outbox, p->arrived, &err) < 0)
		p->ops->broken(p->arg, err.msg);
}

static void check_gone(struct fsk_process *p)
{
	if (!p->exited || p->channel_open || p->log_open || p->noise_open || p->told_gone)
		return;
	p->told_gone = true;
	take_outbox(p);
	p->ops->gone(p->arg);
}

static void on_process_exit(uv_process_t *proc, int64_t exit_status, int term_signal)
{
	struct fsk_process *p = proc->data;

	p->exited = true;
	p->exit_status = exit_status;
	p->term_signal = term_signal;
	check_gone(p);
}

static void alloc_input(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct fsk_process *p = h->data;
	size_t room = p->in.max - p->in.len;
	size_t want = suggested < 256 * FSK_KIB ? 256 * FSK_KIB : suggested;

	want = want < room ? want : room;
	if (fsk_buf_reserve(&p->in, want, NULL) < 0) {
		*buf = uv_buf_init(NULL, 0); /* libuv reports ENOBUFS */
		return;
	}
	*buf = uv_buf_init((char *) p->in.data + p->in.len, (unsigned) want);
}

static void on_input(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct fsk_process *p = s->data;

	(void) buf;
	if (!p->killed)
		p->silent = 0;
	if (n < 0) {
		uv_read_stop(s);
		p->channel_open = p->reading = false;
		check_gone(p);
		return;
	}
	if (n == 0)
		return;
	p->in.len += (size_t) n;
	p->arrived += (uint64_t) n;
	p->ops->input(p->arg);
	if (p->in.len >= FSK_PROCESS_AHEAD && p->reading) {
		uv_read_stop(s);
		p->reading = false;
	}
}

static void alloc_log(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct fsk_process *p = h->data;

	(void) suggested;
	*buf = uv_buf_init(p->chunk, sizeof(p->chunk));
}

static void emit_line(enum fsk_log_level level, const char *line, void *arg)
{
	struct fsk_process *p = arg;

	p->ops->log(p->arg, level, line);
}

static void on_log(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct fsk_process *p = s->data;
	bool is_log = s == (uv_stream_t *) &p->log;
	struct fsk_logline *lines = is_log ? &p->lines : &p->noise_lines;
	uint64_t now = uv_now(s->loop);

	if (n >= 0) {
		fsk_logline_feed(lines, buf->base, (size_t) n, now, emit_line, p);
		return;
	}
	fsk_logline_finish(lines, now, emit_line, p);
	uv_read_stop(s);
	if (is_log)
		p->log_open = false;
	else
		p->noise_open = false;
	check_gone(p);
}

static void stop_broker(struct fsk_process *p)
{
	if (p->broker_open)
		uv_poll_stop(&p->broker);
	p->broker_open = false;
}

static void on_broker(uv_poll_t *h, int status, int events)
{
	struct fsk_process *p = h->data;
	struct fsk_err err = { 0 };
	int rc;

	(void) events;
	rc = status < 0 ? FSK_EIO : fsk_broker_serve(p->broker_handle, p->roots, p->nroots, &err);
	if (rc >= 0)
		return;
	stop_broker(p);
	fsk_process_pair_shutdown(p->broker_handle);
	if (rc != FSK_EIO) /* that is its end, which is seen elsewhere */
		p->ops->broken(p->arg, err.msg);
}

static void on_closed(uv_handle_t *h)
{
	struct fsk_process *p = h->data;

	if (--p->handles > 0)
		return;
	fsk_process_pair_close(p->broker_handle);
	fsk_outbox_close(p->outbox);
	fsk_buf_free(&p->in);
	free(p->roots);
	free(p);
}

void fsk_process_close(struct fsk_process *p)
{
	stop_broker(p);
	uv_close((uv_handle_t *) &p->process, on_closed);
	uv_close((uv_handle_t *) &p->channel, on_closed);
	uv_close((uv_handle_t *) &p->log, on_closed);
	uv_close((uv_handle_t *) &p->noise, on_closed);
	if (p->broker_handle >= 0)
		uv_close((uv_handle_t *) &p->broker, on_closed);
}

static void init_handles(struct fsk_process *p, uv_loop_t *loop)
{
	p->process.data = p->channel.data = p->log.data = p->noise.data = p->broker.data = p;
	uv_pipe_init(loop, &p->channel, 0);
	uv_pipe_init(loop, &p->log, 0);
	uv_pipe_init(loop, &p->noise, 0);
	p->handles = 4;
	if (p->broker_handle < 0)
		return;
	p->handles++;
	uv_poll_init(loop, &p->broker, (int) p->broker_handle);
	fsk_process_pair_block(p->broker_handle);
}

static void set_pipe(uv_stdio_container_t *c, uv_pipe_t *pipe, int flags)
{
	c->flags = UV_CREATE_PIPE | flags;
	c->data.stream = (uv_stream_t *) pipe;
}

static void set_handle(uv_stdio_container_t *c, intptr_t handle)
{
	if (handle < 0)
		return;
	c->flags = UV_INHERIT_FD;
	c->data.fd = (int) handle;
}

static uv_stdio_container_t *make_stdio(struct fsk_process *p, const struct fsk_process_spec *spec,
                                        intptr_t broker_child, int *count)
{
	const struct fsk_sources *s = spec->sources;
	size_t n = FSK_WORKER_FD_EVIDENCE + fsk_sources_handles(s) + spec->nshelves;
	size_t at = FSK_WORKER_FD_EVIDENCE;
	uv_stdio_container_t *io = calloc(n, sizeof(*io)); /* zero is UV_IGNORE */

	if (io == NULL)
		return NULL;
	set_pipe(&io[STDERR_FD], &p->noise, UV_WRITABLE_PIPE);
	set_pipe(&io[FSK_WORKER_FD_CHANNEL], &p->channel, UV_READABLE_PIPE | UV_WRITABLE_PIPE);
	set_pipe(&io[FSK_WORKER_FD_LOG], &p->log, UV_WRITABLE_PIPE);
	set_handle(&io[FSK_WORKER_FD_BROKER], broker_child);
	set_handle(&io[FSK_WORKER_FD_OUTBOX], p->outbox);
	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < s->items[i].nsegments; k++)
			set_handle(&io[at++], s->items[i].segments[k].file.handle);
	for (size_t i = 0; i < spec->nshelves; i++)
		set_handle(&io[at++], spec->shelves[i]);
	*count = (int) n;
	return io;
}

static int start(struct fsk_process *p, const struct fsk_process_spec *spec, intptr_t broker_child,
                 struct fsk_err *err)
{
	char *args[] = { (char *) spec->program, NULL };
	uv_process_options_t o = { 0 };
	int rc;

	o.exit_cb = on_process_exit;
	o.file = spec->program;
	o.args = args;
	o.env = (char **) fsk_hook_environment();
	o.flags = UV_PROCESS_DETACHED | UV_PROCESS_WINDOWS_HIDE;
	o.stdio = make_stdio(p, spec, broker_child, &o.stdio_count);
	if (o.stdio == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	rc = uv_spawn(spec->loop, &p->process, &o);
	free(o.stdio);
	if (rc < 0)
		return fsk_err_set(err, rc == UV_ENOENT ? FSK_ENOTFOUND : FSK_EIO,
		                   "cannot start worker \"%s\": %s", spec->program,
		                   uv_strerror(rc));
	p->channel_open = p->log_open = p->noise_open = p->reading = true;
	uv_read_start((uv_stream_t *) &p->channel, alloc_input, on_input);
	uv_read_start((uv_stream_t *) &p->log, alloc_log, on_log);
	uv_read_start((uv_stream_t *) &p->noise, alloc_log, on_log);
	if (p->broker_handle >= 0) {
		p->broker_open = true;
		uv_poll_start(&p->broker, UV_READABLE, on_broker);
	}
	return 0;
}

static int copy_roots(struct fsk_process *p, const struct fsk_sources *s)
{
	p->roots = calloc(s->count > 0 ? s->count : 1, sizeof(*p->roots));
	if (p->roots == NULL)
		return FSK_ENOMEM;
	p->nroots = s->count;
	for (size_t i = 0; i < s->count; i++)
		p->roots[i] = s->items[i].root;
	return 0;
}

/* Everything that can fail before there are handles of the loop. */
static int prepare(struct fsk_process *p, intptr_t pair[2], const struct fsk_sources *s,
                   struct fsk_err *err)
{
	int rc = copy_roots(p, s);

	if (rc < 0)
		return fsk_err_set(err, rc, "out of memory");
	rc = fsk_outbox_create(&p->outbox, err);
	if (rc == 0 && p->outbox >= 0)
		fsk_handle_raise(&p->outbox);
	if (rc == 0 && fsk_sources_any(s, FSK_EVIDENCE_DIRECTORY))
		rc = fsk_process_pair(pair, err);
	return rc;
}

int fsk_process_spawn(struct fsk_process **out, const struct fsk_process_spec *spec,
                      struct fsk_err *err)
{
	struct fsk_process *p = calloc(1, sizeof(*p));
	intptr_t pair[2] = { -1, -1 };
	int rc;

	*out = NULL;
	if (p == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	p->ops = spec->ops;
	p->arg = spec->arg;
	p->lines.has_levels = true;
	p->outbox = -1;
	fsk_buf_init(&p->in, FSK_PROCESS_AHEAD + 2 * FSK_FRAME_MAX + FSK_OUTBOX_ROOM);
	rc = prepare(p, pair, spec->sources, err);
	p->broker_handle = pair[0];
	if (rc < 0) {
		fsk_outbox_close(p->outbox);
		free(p->roots);
		free(p);
		return rc;
	}
	init_handles(p, spec->loop);
	rc = start(p, spec, pair[1], err);
	fsk_process_pair_close(pair[1]);
	if (rc < 0) {
		fsk_process_close(p);
		return rc;
	}
	*out = p;
	return 0;
}

struct write {
	uv_write_t req;
	struct fsk_buf frame;
};

static void on_written(uv_write_t *req, int status)
{
	struct write *w = req->data;

	(void) status; /* a worker that does not listen is noticed by its end */
	fsk_buf_free(&w->frame);
	free(w);
}

/* Queues the frame of `w`, and behind it what was lent; frees `w`. */
static void queue(struct fsk_process *p, struct write *w, const void *lent, size_t n)
{
	uv_buf_t bufs[2] = {
		uv_buf_init((char *) w->frame.data, (unsigned) w->frame.len),
		uv_buf_init((char *) (uintptr_t) lent, (unsigned) n),
	};

	w->req.data = w;
	if (!p->channel_open ||
	    uv_write(&w->req, (uv_stream_t *) &p->channel, bufs, n > 0 ? 2 : 1, on_written) < 0)
		on_written(&w->req, 0);
}

static int send_frame(struct fsk_process *p, enum fsk_msg_type t, const json_t *head,
                      const void *blob, size_t n, bool lent, struct fsk_err *err)
{
	struct write *w = calloc(1, sizeof(*w));
	int rc;

	if (w == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	fsk_buf_init(&w->frame, FSK_FRAME_MAX + 64);
	rc = lent ? fsk_msg_encode_front(&w->frame, t, head, n, err)
	          : fsk_msg_encode(&w->frame, t, head, blob, n, err);
	if (rc < 0) {
		fsk_buf_free(&w->frame);
		free(w);
		return rc;
	}
	queue(p, w, blob, lent ? n : 0);
	return 0;
}

int fsk_process_send(struct fsk_process *p, enum fsk_msg_type t, const json_t *head,
                     const void *blob, size_t blob_len, struct fsk_err *err)
{
	return send_frame(p, t, head, blob, blob_len, false, err);
}

int fsk_process_send_lent(struct fsk_process *p, enum fsk_msg_type t, const json_t *head,
                          const void *blob, size_t blob_len, struct fsk_err *err)
{
	return send_frame(p, t, head, blob, blob_len, true, err);
}

bool fsk_process_gathers(const struct fsk_process *p)
{
	return p->outbox >= 0;
}

struct fsk_buf *fsk_process_input(struct fsk_process *p)
{
	return &p->in;
}

void fsk_process_consumed(struct fsk_process *p)
{
	if (!p->channel_open || p->reading || p->in.len >= FSK_PROCESS_AHEAD)
		return;
	p->reading = true;
	uv_read_start((uv_stream_t *) &p->channel, alloc_input, on_input);
}

void fsk_process_kill(struct fsk_process *p)
{
	p->killed = true;
	if (!p->exited)
		fsk_process_kill_group(p->process.pid);
	/* what it sent before is still read, so a full buffer must move on */
}

void fsk_process_tick(struct fsk_process *p)
{
	/* a channel that is not read now may have more to say */
	if (!p->exited || p->told_gone || (p->channel_open && !p->reading) ||
	    ++p->silent < SILENT_TICKS_MAX)
		return;
	uv_read_stop((uv_stream_t *) &p->channel);
	uv_read_stop((uv_stream_t *) &p->log);
	uv_read_stop((uv_stream_t *) &p->noise);
	p->channel_open = p->log_open = p->noise_open = p->reading = false;
	check_gone(p);
}

int64_t fsk_process_pid(const struct fsk_process *p)
{
	return p->process.pid;
}

const char *fsk_process_epitaph(const struct fsk_process *p)
{
	struct fsk_process *self = (struct fsk_process *) p;

	if (p->term_signal != 0)
		snprintf(self->epitaph, sizeof(self->epitaph), "signal %d (%s)", p->term_signal,
		         fsk_process_signal_name(p->term_signal));
	else
		snprintf(self->epitaph, sizeof(self->epitaph), "exit status %d",
		         (int) p->exit_status);
	return p->epitaph;
}
