#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/evidence/ewf/ewf.h"

#define WINDOW (256u * FSK_KIB)
#define FIRST_WINDOW (4u * FSK_KIB) /* the next descriptor is often near */

/* What a descriptor may be called; searching for one needs the names. */
static const char *const types[] = {
	"header", "header2", "xheader", "volume",     "disk",   "data",   "sectors",
	"table",  "table2",  "hash",    "xhash",      "digest", "error2", "session",
	"ltree",  "ltypes",  "map",     "incomplete", "next",   "done",
};

/* Type (16 bytes, NUL-padded), start of the next section (8), size of this
 * one (8), padding (40), Adler-32 of all that (4). */
static bool parse_descriptor(struct fsk_ewf_section *out, uint64_t *size,
                             const uint8_t raw[FSK_EWF_DESCRIPTOR])
{
	struct fsk_cur c;

	fsk_cur_init(&c, raw, FSK_EWF_DESCRIPTOR);
	memset(out, 0, sizeof(*out));
	fsk_cur_copy(&c, out->type, 16);
	out->next = fsk_cur_u64le(&c);
	*size = fsk_cur_u64le(&c);
	fsk_cur_seek(&c, 72);
	return fsk_cur_u32le(&c) == libdeflate_adler32(1, raw, 72);
}

bool fsk_ewf_known_section(const char *type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

/* `at` is where `p` lies in the segment file. An image may hold another one;
 * that one's descriptors speak of other offsets. */
static bool looks_like_descriptor(const uint8_t *p, uint64_t at)
{
	struct fsk_ewf_section sec;
	uint64_t size;

	/* all names start with one of these, and none is shorter than three */
	if (p[0] == 0 || strchr("hxvdstlmine", p[0]) == NULL || p[2] == 0)
		return false;
	if (!parse_descriptor(&sec, &size, p) || !fsk_ewf_known_section(sec.type))
		return false;
	return sec.next == at || (sec.next > at && (size == 0 || sec.next - at == size));
}

/* The first whole descriptor at or behind `from`; 0 when there is none. */
static uint64_t search_descriptor(const struct fsk_ewf_segment *seg, uint64_t from)
{
	uint8_t *w = malloc(WINDOW);
	size_t want = FIRST_WINDOW;
	uint64_t found = 0;

	while (w != NULL && found == 0) {
		int64_t got = fsk_file_pread(seg->file, w, want, from, NULL);
		if (got < (int64_t) FSK_EWF_DESCRIPTOR)
			break;
		for (size_t i = 0; found == 0 && i + FSK_EWF_DESCRIPTOR <= (size_t) got; i++)
			if (looks_like_descriptor(w + i, from + i))
				found = from + i;
		from += (uint64_t) got - (FSK_EWF_DESCRIPTOR - 1);
		want = WINDOW;
	}
	free(w);
	return found;
}

/* The end of the section's data. Descriptors give it twice, as the start of
 * the next section and as a size, which some programs leave 0; an image
 * whose two chains differ could show different tools different disks. */
static void find_end(struct fsk_ewf *e, const struct fsk_ewf_segment *seg,
                     const struct fsk_ewf_walk *w, struct fsk_ewf_section *sec, uint64_t size)
{
	uint64_t file_end = seg->file->size;

	if (sec->last) {
		sec->end = sec->data;
		return;
	}
	if (size != 0 && sec->next > sec->start && size != sec->next - sec->start && w->report)
		fsk_ewf_report(e, seg, FSK_ECORRUPT, NULL, 0,
		               "section \"%s\" at byte %" PRIu64 ": its size and the start of the "
		               "next section contradict each other",
		               sec->type, sec->start);
	if (sec->next < sec->data)
		sec->next = search_descriptor(seg, sec->data);
	sec->truncated = sec->next == 0 || sec->next > file_end;
	sec->end = sec->truncated ? file_end : sec->next;
	if (sec->truncated)
		sec->next = 0;
}

static int read_section(struct fsk_ewf *e, const struct fsk_ewf_segment *seg,
                        const struct fsk_ewf_walk *w, uint64_t at, struct fsk_ewf_section *out,
                        struct fsk_err *err)
{
	uint8_t raw[FSK_EWF_DESCRIPTOR];
	uint64_t size;
	int rc = fsk_ewf_pread(seg, raw, sizeof(raw), at, err);

	if (rc < 0)
		return rc;
	if (!parse_descriptor(out, &size, raw))
		return fsk_err_set(err, FSK_ECORRUPT, "wrong checksum");
	out->start = at;
	out->data = at + FSK_EWF_DESCRIPTOR;
	out->last = strcmp(out->type, "next") == 0 || strcmp(out->type, "done") == 0;
	find_end(e, seg, w, out, size);
	return 0;
}

int fsk_ewf_walk_sections(struct fsk_ewf *e, uint32_t segment, struct fsk_ewf_walk *w,
                          fsk_ewf_visit *visit, void *arg, struct fsk_err *err)
{
	const struct fsk_ewf_segment *seg = &e->segments[segment];
	uint64_t at = FSK_EWF_FILE_HEADER;
	int rc;

	w->broken = w->ended = w->done = false;
	for (uint32_t n = 0; at != 0 && n < FSK_EWF_SECTIONS_MAX; n++) {
		struct fsk_ewf_section sec;
		struct fsk_err why;
		if (read_section(e, seg, w, at, &sec, &why) < 0) {
			if (w->report)
				fsk_ewf_report(e, seg, why.code, NULL, 0,
				               "section descriptor at byte %" PRIu64 ": %s", at,
				               why.msg);
			w->broken = true;
			at = search_descriptor(seg, at + 1);
			continue;
		}
		rc = visit(e, segment, &sec, arg, err);
		if (rc != 0)
			return rc;
		if (sec.last) {
			w->ended = true;
			w->done = strcmp(sec.type, "done") == 0;
			return 0;
		}
		at = sec.next;
	}
	if (at != 0)
		return fsk_err_set(err, FSK_ELIMIT, "\"%s\": more than %u sections", seg->name,
		                   FSK_EWF_SECTIONS_MAX);
	return 0;
}
