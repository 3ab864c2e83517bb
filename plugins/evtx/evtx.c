#include "plugins/evtx/evtx.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "plugins/evtx/binxml.h"
#include "plugins/evtx/chunk.h"

#define HEADER 128u       /* bytes that mean something */
#define SUMMED 120u       /* of them before flags and checksum */
#define FIRST_CHUNK 4096u /* where chunks begin, unless the header says so otherwise */
#define ALIGN 8u          /* of records */

struct fsk_evtx {
	const struct fsk_input *in;
	const struct fsk_evtx_filter *filter;
	/* of the header */
	uint64_t first;  /* where the chunks begin */
	uint64_t last;   /* the chunk that is written to */
	uint64_t chunks; /* how many there are */
	uint32_t flags;
	/* the chunk in hand */
	bool loaded;
	uint64_t number;
	struct fsk_evtx_chunk chunk;
	enum fsk_evtx_chunk_state state;
	bool open;          /* it is being written to: its header lags behind */
	const char *damage; /* what is wrong with its checksums */
	size_t at;          /* where the next record is looked for */
	uint64_t record;    /* number of the one before */
	bool lost, strayed; /* told of this chunk: no record where one should be, odd numbers */
	uint64_t seen;      /* chunks with records */
	bool ended;
	struct fsk_evtx_span span;
	struct fsk_binxml xml;
	struct fsk_evtx_event event;
	struct fsk_buf notes;
	bool taken; /* the notes in hand were given away */
	size_t noted, unsaid;
	uint8_t data[FSK_EVTX_CHUNK];
};

__attribute__((format(printf, 3, 4))) static void note(struct fsk_evtx *log, uint64_t offset,
                                                       const char *fmt, ...)
{
	char what[FSK_ERR_MSG_MAX];
	va_list ap;

	if (log->taken)
		fsk_buf_reset(&log->notes);
	log->taken = false;
	if (log->noted >= FSK_EVTX_NOTES_MAX) {
		log->unsaid++;
		return;
	}
	log->noted++;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	fsk_buf_printf(&log->notes, NULL, "offset 0x%" PRIx64 ": %s\n", offset, what);
}

const struct fsk_buf *fsk_evtx_notes(struct fsk_evtx *log)
{
	if (log->taken)
		fsk_buf_reset(&log->notes);
	if (log->ended && log->unsaid > 0) {
		fsk_buf_printf(&log->notes, NULL, "and %zu more damaged places\n", log->unsaid);
		log->unsaid = 0;
	}
	log->taken = true;
	return &log->notes;
}

/* Up to `n` bytes at `off`; fewer where the file ends. */
static int64_t read_bytes(struct fsk_evtx *log, uint8_t *p, size_t n, uint64_t off, bool *bad,
                          struct fsk_err *err)
{
	size_t got = 0;

	while (got < n) {
		int64_t r = log->in->read(log->in->arg, p + got, n - got, off + got, bad, err);

		if (r < 0)
			return r;
		if (r == 0)
			break;
		got += (size_t) r;
	}
	return (int64_t) got;
}

/* --- the header of the file --- */

static int read_header(struct fsk_evtx *log, struct fsk_err *err)
{
	bool bad = false;
	int64_t got = read_bytes(log, log->data, HEADER, 0, &bad, err);
	struct fsk_cur c;
	uint16_t major;

	if (got < 0)
		return (int) got;
	if (got < (int64_t) HEADER || memcmp(log->data, "ElfFile", 8) != 0)
		return fsk_err_set(err, FSK_ECORRUPT, "no event log: signature missing");
	fsk_cur_init(&c, log->data, HEADER);
	fsk_cur_seek(&c, 16);
	log->last = fsk_cur_u64le(&c);
	fsk_cur_seek(&c, 38);
	major = fsk_cur_u16le(&c);
	log->first = fsk_cur_u16le(&c);
	log->chunks = fsk_cur_u16le(&c);
	fsk_cur_seek(&c, SUMMED);
	log->flags = fsk_cur_u32le(&c);
	if (log->first < HEADER)
		log->first = FIRST_CHUNK;
	if (log->in->size <= log->first) /* no record is lost, whatever the header says */
		return 0;
	if ((log->flags & FSK_EVTX_NO_SUMS) == 0 &&
	    fsk_evtx_sum(0, log->data, SUMMED) != fsk_cur_u32le(&c))
		note(log, 0, "the checksum of the header of the file is wrong");
	if (major != 3)
		note(log, 38, "version %u is not known", (unsigned) major);
	return 0;
}

int fsk_evtx_open(struct fsk_evtx **out, const struct fsk_input *in,
                  const struct fsk_evtx_filter *filter, struct fsk_err *err)
{
	struct fsk_evtx *log = calloc(1, sizeof(*log));
	int rc;

	*out = NULL;
	if (log == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for an event log");
	log->in = in;
	log->filter = filter;
	fsk_buf_init(&log->notes, (size_t) (FSK_EVTX_NOTES_MAX + 1) * FSK_ERR_MSG_MAX * 2);
	fsk_evtx_event_init(&log->event);
	fsk_binxml_init(&log->xml);
	rc = read_header(log, err);
	if (rc < 0)
		fsk_evtx_close(log);
	else
		*out = log;
	return rc;
}

void fsk_evtx_close(struct fsk_evtx *log)
{
	if (log == NULL)
		return;
	fsk_binxml_free(&log->xml);
	fsk_evtx_event_free(&log->event);
	fsk_buf_free(&log->notes);
	free(log);
}

/* --- chunks --- */

static uint64_t chunk_offset(const struct fsk_evtx *log)
{
	return log->first + log->number * FSK_EVTX_CHUNK;
}

/* The checksums of what is being written to are not up to date. */
static void judge_chunk(struct fsk_evtx *log)
{
	const struct fsk_evtx_chunk *c = &log->chunk;

	if (log->state == FSK_EVTX_CHUNK_LOST) {
		note(log, chunk_offset(log), "no chunk where one should be");
		log->damage = "its chunk has no header";
		return;
	}
	log->open = (c->flags & FSK_EVTX_DIRTY) != 0 ||
	            ((log->flags & FSK_EVTX_DIRTY) != 0 && log->number >= log->last);
	if (c->size < c->free)
		note(log, chunk_offset(log), "a chunk is cut off by the end of the file");
	else if (!log->open && ((log->flags | c->flags) & FSK_EVTX_NO_SUMS) == 0)
		log->damage = fsk_evtx_chunk_sums(c);
	if (log->damage == NULL)
		return;
	note(log, chunk_offset(log), "the checksum of the %s of a chunk is wrong", log->damage);
	log->damage = "a checksum of its chunk is wrong";
}

/* true: there is one, perhaps without records. */
static bool load_chunk(struct fsk_evtx *log)
{
	struct fsk_err err = { 0 };
	bool bad = false;
	int64_t got;

	if (chunk_offset(log) >= log->in->size || log->number >= FSK_EVTX_CHUNKS_MAX)
		return false;
	log->loaded = true;
	log->open = log->lost = log->strayed = false;
	log->damage = NULL;
	log->at = FSK_EVTX_CHUNK_HEADER;
	log->record = 0;
	got = read_bytes(log, log->data, FSK_EVTX_CHUNK, chunk_offset(log), &bad, &err);
	if (got < 0)
		note(log, chunk_offset(log), "%s", err.msg);
	log->state = fsk_evtx_chunk_read(&log->chunk, log->data, got > 0 ? (size_t) got : 0);
	fsk_binxml_chunk(&log->xml, log->data, log->chunk.size);
	if (log->state != FSK_EVTX_CHUNK_UNUSED) {
		log->seen++;
		judge_chunk(log);
	}
	return true;
}

/* A header that knows of more chunks than there are: the file was cut. */
static void end(struct fsk_evtx *log)
{
	if (!log->ended && (log->flags & FSK_EVTX_DIRTY) == 0 && log->seen < log->chunks)
		note(log, 42,
		     "chunks of the log: its header tells of %" PRIu64 ", %" PRIu64 " are there",
		     log->chunks, log->seen);
	log->ended = true;
}

/* --- records --- */

/* Behind the end only what goes on counting belongs to a chunk that is being written to; the
 * rest is what was there before. */
static bool belongs(const struct fsk_evtx *log, const struct fsk_evtx_record *rec)
{
	return rec->at < log->chunk.free || (log->open && rec->number == log->record + 1);
}

static void complain(struct fsk_evtx *log, bool torn)
{
	uint64_t at = chunk_offset(log) + log->at;

	if (log->lost || log->at >= log->chunk.free || log->state == FSK_EVTX_CHUNK_LOST)
		return;
	log->lost = true;
	note(log, at,
	     torn ? "a record contradicts itself: its two sizes differ, or it does not "
	            "end within its chunk"
	          : "no record where one should be");
}

/* The next record of the chunk in hand. */
static bool next_record(struct fsk_evtx_record *out, bool *slack, struct fsk_evtx *log)
{
	bool torn;

	for (; log->at + FSK_EVTX_RECORD_HEADER <= log->chunk.size; log->at += ALIGN) {
		if (log->at >= log->chunk.free && !log->open && !log->filter->slack)
			return false;
		if (!fsk_evtx_record_read(out, &torn, &log->chunk, log->at)) {
			complain(log, torn);
			continue;
		}
		*slack = !belongs(log, out);
		if (*slack && !log->filter->slack)
			return false;
		log->at += (out->size + ALIGN - 1) & ~(size_t) (ALIGN - 1);
		return true;
	}
	return false;
}

/* Numbers ascend, and the header of the chunk has the first and the last one. */
static void check_number(struct fsk_evtx *log, const struct fsk_evtx_record *rec)
{
	const struct fsk_evtx_chunk *c = &log->chunk;
	bool outside = log->state == FSK_EVTX_CHUNK_GOOD && !log->open &&
	               (rec->number < c->first || rec->number > c->last);

	if ((outside || (log->record != 0 && rec->number <= log->record)) && !log->strayed) {
		log->strayed = true;
		note(log, chunk_offset(log) + rec->at,
		     "record %" PRIu64 " has a number that does not fit its chunk", rec->number);
	}
	log->record = rec->number;
}

static void count_record(struct fsk_evtx_span *s, uint64_t written)
{
	s->records++;
	if (written != 0 && (s->first == 0 || written < s->first))
		s->first = written;
	if (written > s->last)
		s->last = written;
}

void fsk_evtx_seen(struct fsk_evtx_span *out, const struct fsk_evtx *log)
{
	*out = log->span;
}

/* --- events --- */

/* Its template tells number and provider, so that most records are passed over unread. */
static bool may_be_chosen(struct fsk_evtx *log, size_t from, size_t to)
{
	const struct fsk_evtx_filter *f = log->filter;
	struct fsk_binxml_kind kind;

	if (f->nids == 0 && f->nproviders == 0)
		return f->nwords == 0;
	fsk_binxml_peek(&kind, &log->xml, from, to);
	return (!kind.has_id || fsk_evtx_filter_id(f, kind.id)) &&
	       (!kind.has_provider || fsk_evtx_filter_provider(f, kind.provider));
}

/* An event of which not even that can be read is not hidden by a choice. */
static bool is_chosen(const struct fsk_evtx *log)
{
	const struct fsk_evtx_filter *f = log->filter;
	const char *provider = fsk_evtx_slot(&log->event, FSK_EVTX_PROVIDER);
	uint64_t id;

	if (fsk_evtx_slot_number(&id, &log->event, FSK_EVTX_ID) && !fsk_evtx_filter_id(f, id))
		return false;
	return provider == NULL || fsk_evtx_filter_provider(f, provider);
}

static void damaged(struct fsk_evtx *log, const char *why)
{
	size_t n = strnlen(why, sizeof(log->event.damage) - 1);

	memcpy(log->event.damage, why, n);
	log->event.damage[n] = '\0';
}

/* 1: an event; 0: none that is wanted. */
static int read_event(struct fsk_evtx *log, const struct fsk_evtx_record *rec, bool slack,
                      struct fsk_err *err)
{
	size_t from = rec->at + FSK_EVTX_RECORD_HEADER;
	size_t to = rec->at + rec->size - FSK_EVTX_RECORD_END;
	struct fsk_evtx_event *e = &log->event;
	struct fsk_err why = { 0 };
	bool held, chosen;
	uint64_t id;
	int rc;

	if (!slack) {
		check_number(log, rec);
		count_record(&log->span, rec->written);
	}
	chosen = may_be_chosen(log, from, to);
	held = !chosen && fsk_evtx_filter_holds(log->filter, log->chunk.p + from, to - from);
	if (!chosen && !held)
		return 0;
	fsk_evtx_event_reset(e);
	e->number = rec->number;
	e->written = rec->written;
	e->offset = chunk_offset(log) + rec->at;
	e->slack = slack;
	rc = fsk_binxml_read(e, &log->xml, from, to, &why);
	if (rc == FSK_ENOMEM)
		return fsk_err_set(err, rc, "%s", why.msg);
	if (rc == 0 && !fsk_evtx_slot_number(&id, e, FSK_EVTX_ID))
		rc = fsk_err_set(&why, FSK_ECORRUPT, "an event without a number");
	if (rc < 0 && !slack)
		note(log, e->offset, "record %" PRIu64 ": %s", rec->number, why.msg);
	if (rc < 0 || log->damage != NULL)
		damaged(log, rc < 0 ? why.msg : log->damage);
	return held || is_chosen(log) ? 1 : 0;
}

int fsk_evtx_next(struct fsk_evtx *log, struct fsk_evtx_event **out, struct fsk_err *err)
{
	struct fsk_evtx_record rec;
	bool slack;
	int rc;

	*out = NULL;
	for (;;) {
		if (!log->loaded && !load_chunk(log)) {
			end(log);
			return 0;
		}
		if (log->state == FSK_EVTX_CHUNK_UNUSED || !next_record(&rec, &slack, log)) {
			log->loaded = false;
			log->number++;
			continue;
		}
		rc = read_event(log, &rec, slack, err);
		if (rc == 0)
			continue;
		*out = &log->event;
		return rc;
	}
}
