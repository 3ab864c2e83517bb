#include "core/keeper/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <uv.h>

#include "core/base/buf.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/keeper/host.h"
#include "core/keeper/table.h"

#define PLAIN_MS 10000u
#define CLEAR_LINE "\r\033[K"

static uint64_t now_ms(void)
{
	return uv_hrtime() / 1000000u;
}

static void clear(struct fsk_progress *p)
{
	if (p->shown)
		fputs(CLEAR_LINE, stderr);
	p->shown = false;
}

static void log_sink(enum fsk_log_level level, const char *line, void *arg)
{
	clear(arg);
	fprintf(stderr, "fossick: %s%s\n", level == FSK_LOG_WARN ? "warning: " : "", line);
}

void fsk_progress_begin(struct fsk_progress *p, int verbosity)
{
	memset(p, 0, sizeof(*p));
	p->enabled = verbosity >= 0;
	p->columns = fsk_host_columns(stderr);
	p->started = p->last = now_ms();
	fsk_log_set_sink(log_sink, p);
}

void fsk_progress_end(struct fsk_progress *p)
{
	clear(p);
	fsk_log_set_sink(NULL, NULL);
}

void fsk_progress_step(struct fsk_progress *p, const char *plugin, const char *target)
{
	char raw[512];

	snprintf(raw, sizeof(raw), "%s%s%s", plugin != NULL ? plugin : "",
	         plugin != NULL && target != NULL ? ": " : "", target != NULL ? target : "");
	fsk_text_escape(p->step, sizeof(p->step), raw);
}

/* Many small files are slow by number, a few large ones by size. */
static uint64_t seconds_left(const struct fsk_progress *p, uint64_t ms)
{
	uint64_t bytes = p->bytes_total > p->bytes ? p->bytes_total - p->bytes : 0;
	uint64_t files = p->files_total > p->files ? p->files_total - p->files : 0;
	double by_bytes = p->bytes > 0 ? (double) bytes / (double) p->bytes : 0;
	double by_files = p->files > 0 ? (double) files / (double) p->files : 0;

	return (uint64_t) ((by_bytes > by_files ? by_bytes : by_files) * (double) ms / 1000);
}

static void rate(struct fsk_progress *p, uint64_t now, struct fsk_buf *b)
{
	uint64_t ms = now - p->fetch_started;
	uint64_t per_second = ms > 0 ? p->bytes * 1000 / ms : 0;
	uint64_t seconds = seconds_left(p, ms);
	char done[24], all[24], speed[24];

	fsk_buf_printf(b, NULL, "%" PRIu64 "/%" PRIu64 " files, %s of %s", p->files, p->files_total,
	               fsk_size_text(done, p->bytes), fsk_size_text(all, p->bytes_total));
	if (ms < 1000 || per_second == 0)
		return;
	fsk_buf_printf(b, NULL, ", %s/s, %" PRIu64 ":%02" PRIu64 " left",
	               fsk_size_text(speed, per_second), seconds / 60, seconds % 60);
}

static void compose(struct fsk_progress *p, uint64_t now, struct fsk_buf *b)
{
	uint64_t s = (now - p->started) / 1000;

	fsk_buf_printf(b, NULL, "%" PRIu64 ":%02" PRIu64 "  ", s / 60, s % 60);
	if (p->files_total > 0) {
		if (p->fetch_started == 0)
			p->fetch_started = now;
		rate(p, now, b);
		fsk_buf_append_str(b, "  ", NULL);
	}
	fsk_buf_append_str(b, p->step, NULL);
}

/* Cut at a character, so that the terminal does not wrap. */
static int cut(const struct fsk_buf *b, unsigned columns)
{
	size_t n = 0;
	unsigned w = 0;

	for (; n < b->len; n++) {
		if ((b->data[n] & 0xc0) != 0x80 && ++w >= columns)
			break;
	}
	return (int) n;
}

void fsk_progress_tick(struct fsk_progress *p)
{
	uint64_t now = now_ms();
	struct fsk_buf b;

	if (!p->enabled || (p->columns == 0 && now - p->last < PLAIN_MS))
		return;
	p->last = now;
	fsk_buf_init(&b, 4096);
	compose(p, now, &b);
	if (b.data == NULL)
		return;
	if (p->columns == 0) {
		fprintf(stderr, "fossick: %.*s\n", (int) b.len, (const char *) b.data);
	} else {
		fprintf(stderr, CLEAR_LINE "%.*s", cut(&b, p->columns), (const char *) b.data);
		fflush(stderr);
		p->shown = true;
	}
	fsk_buf_free(&b);
}
