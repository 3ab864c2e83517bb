#include "core/keeper/logline.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool within_rate(struct fsk_logline *l, uint64_t now, fsk_logline_emit *emit, void *arg)
{
	char note[80];

	if (now / 1000 != l->second) {
		if (l->suppressed > 0) {
			snprintf(note, sizeof(note), "%" PRIu64 " lines of its log were dropped",
			         l->suppressed);
			emit(FSK_LOG_WARN, note, arg);
		}
		l->second = now / 1000;
		l->in_second = 0;
		l->suppressed = 0;
	}
	if (l->in_second < FSK_LOG_LINES_PER_SECOND) {
		l->in_second++;
		return true;
	}
	l->suppressed++;
	return false;
}

static void end_line(struct fsk_logline *l, uint64_t now, fsk_logline_emit *emit, void *arg)
{
	enum fsk_log_level level = FSK_LOG_WARN;
	const char *text = l->text;

	l->text[l->len] = '\0';
	if (l->has_levels && text[0] >= '0' && text[0] <= '0' + FSK_LOG_DEBUG) {
		level = (enum fsk_log_level)(text[0] - '0');
		text++;
	}
	if (text[0] != '\0' && within_rate(l, now, emit, arg))
		emit(level, text, arg);
	l->len = 0;
}

void fsk_logline_feed(struct fsk_logline *l, const char *bytes, size_t n, uint64_t now,
                      fsk_logline_emit *emit, void *arg)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n')
			end_line(l, now, emit, arg);
		else if (l->len < FSK_LOG_LINE_MAX)
			l->text[l->len++] = bytes[i] != '\0' ? bytes[i] : '?';
	}
}

void fsk_logline_finish(struct fsk_logline *l, uint64_t now, fsk_logline_emit *emit, void *arg)
{
	if (l->len > 0)
		end_line(l, now, emit, arg);
	within_rate(l, now + 1000, emit, arg);
}
