/* A source over bytes in memory, with ranges that fail, for tests. */
#ifndef FSK_TESTS_MEMORY_SOURCE_H
#define FSK_TESTS_MEMORY_SOURCE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/evidence/source.h"

struct memory_medium {
	uint8_t *data;
	size_t size;
	uint64_t bad_at, bad_length; /* reads that touch this range fail */
	unsigned reads;
};

static inline int memory_read(void *impl, void *buf, size_t n, uint64_t off, struct fsk_err *err)
{
	struct memory_medium *m = impl;

	m->reads++;
	if (off < m->bad_at + m->bad_length && off + n > m->bad_at)
		return fsk_err_set(err, FSK_EIO, "bad by request");
	memcpy(buf, m->data + off, n);
	return 0;
}

static inline void memory_close(void *impl)
{
	(void) impl;
}

static const struct fsk_source_ops memory_ops = { .format = "test",
	                                          .read_at = memory_read,
	                                          .close = memory_close };

/* The reasons of all anomalies, one a line. */
struct anomaly_text {
	char text[8192];
};

static inline void anomaly_note(void *arg, json_t *anomaly)
{
	struct anomaly_text *t = arg;
	size_t n = strlen(t->text);

	snprintf(t->text + n, sizeof(t->text) - n, "%s\n",
	         json_string_value(json_object_get(anomaly, "reason")));
}

static inline void memory_source(struct fsk_source *s, struct memory_medium *m,
                                 struct anomaly_text *notes)
{
	memset(s, 0, sizeof(*s));
	s->ops = &memory_ops;
	s->impl = m;
	s->name = (char *) "medium";
	s->size = m->size;
	s->sector_size = s->unit = 512;
	s->sink.report = anomaly_note;
	s->sink.arg = notes;
	fsk_rangelog_init(&s->bad);
	fsk_rangelog_init(&s->lost);
}

#endif
