#include "plugins/shared/sink.h"

#include <stdio.h>
#include <string.h>

void fsk_put_text(const struct fsk_sink *s, const char *key, const char *text)
{
	if (text == NULL)
		return;
	s->host->push_string(s->call, text, strlen(text));
	s->host->set_field(s->call, key);
}

void fsk_put_int(const struct fsk_sink *s, const char *key, int64_t n)
{
	s->host->push_int(s->call, n);
	s->host->set_field(s->call, key);
}

void fsk_put_bool(const struct fsk_sink *s, const char *key, bool v)
{
	s->host->push_bool(s->call, v);
	s->host->set_field(s->call, key);
}

void fsk_put_true(const struct fsk_sink *s, const char *key, bool v)
{
	if (v)
		fsk_put_bool(s, key, true);
}

void fsk_put_time(const struct fsk_sink *s, const char *key, fsk_time t)
{
	char iso[FSK_TIME_STR_MAX];

	if (t != FSK_TIME_NONE)
		fsk_put_text(s, key, fsk_time_iso(iso, t));
}

void fsk_put_serial(const struct fsk_sink *s, const char *key, uint32_t serial)
{
	char text[sizeof("64BB-3469")];

	snprintf(text, sizeof(text), "%04X-%04X", (unsigned) (serial >> 16),
	         (unsigned) (serial & 0xffff));
	fsk_put_text(s, key, text);
}

void fsk_put_element(const struct fsk_sink *s, size_t i, const char *text)
{
	s->host->push_string(s->call, text, strlen(text));
	s->host->set_index(s->call, (int64_t) i);
}

const char *fsk_mft_reference_text(char out[FSK_MFT_REFERENCE_TEXT], uint64_t reference)
{
	snprintf(out, FSK_MFT_REFERENCE_TEXT, "%llu-%u",
	         (unsigned long long) (reference & 0xffffffffffffull),
	         (unsigned) (reference >> 48));
	return out;
}

/* --- lines --- */

struct lines {
	const char *at;
	size_t left;
	char line[FSK_ERR_MSG_MAX];
};

static bool next_line(struct lines *l)
{
	const char *end = l->left > 0 ? memchr(l->at, '\n', l->left) : NULL;
	size_t n = end != NULL ? (size_t) (end - l->at) : l->left;

	if (l->left == 0)
		return false;
	snprintf(l->line, sizeof(l->line), "%.*s", (int) n, l->at);
	n += end != NULL;
	l->at += n;
	l->left -= n;
	return true;
}

void fsk_report_lines(const struct fsk_sink *s, int entry_arg, const char *text, size_t len)
{
	struct lines l = { .at = text, .left = len };

	while (next_line(&l))
		s->host->anomaly(s->call, entry_arg, FSK_ECORRUPT, l.line);
}

void fsk_put_lines(const struct fsk_sink *s, const char *key, const char *text, size_t len)
{
	struct lines l = { .at = text, .left = len };
	size_t count = 0;

	s->host->push_table(s->call);
	while (next_line(&l))
		fsk_put_element(s, ++count, l.line);
	s->host->set_field(s->call, key);
}
