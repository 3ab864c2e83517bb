#include "core/base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/limits.h"
#include "core/base/text.h"

static void log_stderr(enum fsk_log_level level, const char *line, void *arg)
{
	(void) level;
	(void) arg;
	fprintf(stderr, "fossick: %s\n", line);
}

/* the one sink of the process: the only state that is not a constant */
static struct {
	fsk_log_sink *sink;
	void *arg;
	enum fsk_log_level max;
} sink = { log_stderr, NULL, FSK_LOG_WARN };

void fsk_log_set_sink(fsk_log_sink *fn, void *arg)
{
	sink.sink = fn != NULL ? fn : log_stderr;
	sink.arg = arg;
}

void fsk_log_set_level(enum fsk_log_level max)
{
	sink.max = max;
}

void fsk_log(enum fsk_log_level level, const char *fmt, ...)
{
	char raw[FSK_LOG_LINE_MAX], line[FSK_LOG_LINE_MAX];
	va_list ap;

	if (level > sink.max)
		return;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	sink.sink(level, fsk_text_escape(line, sizeof(line), raw), sink.arg);
}

const char *fsk_log_level_name(enum fsk_log_level level)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };

	return (unsigned) level < 4 ? names[level] : "?";
}
