#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/limits.h"
#include "plugins/evtx/evtx.h"

static int64_t read_memory(void *arg, void *buf, size_t n, uint64_t off, bool *bad,
                           struct fsk_err *err)
{
	const struct fsk_buf *b = arg;
	size_t left = off < b->len ? b->len - (size_t) off : 0;

	(void) bad;
	(void) err;
	n = n < left ? n : left;
	n = n < 5000 ? n : 5000; /* short reads are no end */
	if (n > 0)
		memcpy(buf, b->data + off, n);
	return (int64_t) n;
}

static void load(struct fsk_buf *b, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/data/evtx/%s", getenv("FOSSICK_BUILD"), name);
	fsk_buf_init(b, FSK_MIB);
	assert_int_equal(fsk_file_slurp(b, path, NULL), 0);
}

/* "number id time provider name=value… value… !damage" in lines. */
static void dump_event(char *out, size_t cap, const struct fsk_evtx_event *e)
{
	const char *texts = (const char *) e->texts.data;
	size_t n = (size_t) snprintf(out, cap, "%d %s %.19s %s", (int) e->number,
	                             fsk_evtx_slot(e, FSK_EVTX_ID), fsk_evtx_slot(e, FSK_EVTX_TIME),
	                             fsk_evtx_slot(e, FSK_EVTX_PROVIDER));

	for (size_t i = 0; i < e->nitems; i++) {
		const struct fsk_evtx_item *it = &e->items[i];

		n += (size_t) snprintf(out + n, cap - n, " %s%s%s",
		                       it->name.there ? texts + it->name.at : "",
		                       it->name.there ? "=" : "", texts + it->value.at);
	}
	snprintf(out + n, cap - n, "%s%s\n", e->slack ? " (slack)" : "",
	         e->damage[0] != '\0' ? " !" : "");
}

static void read_log(char *out, size_t cap, char *notes, size_t notes_cap, const char *name,
                     const struct fsk_evtx_filter *filter)
{
	const struct fsk_buf *said;
	struct fsk_evtx_event *e;
	struct fsk_evtx *log;
	struct fsk_input in;
	struct fsk_buf b;

	load(&b, name);
	in = (struct fsk_input){ .arg = &b, .size = b.len, .read = read_memory };
	assert_int_equal(fsk_evtx_open(&log, &in, filter, NULL), 0);
	out[0] = '\0';
	while (fsk_evtx_next(log, &e, NULL) > 0)
		dump_event(out + strlen(out), cap - strlen(out), e);
	said = fsk_evtx_notes(log);
	snprintf(notes, notes_cap, "%.*s", (int) said->len, (const char *) said->data);
	assert_int_equal(fsk_evtx_notes(log)->len, 0);
	fsk_evtx_close(log);
	fsk_buf_free(&b);
}

#define DAY " 2023-03-29T09:32:"
#define FIRST                                                                \
	"1 1" DAY "34 Fixture text=line one\r\nline two number=7 hex=0x3e7 " \
	"sid=S-1-5-21-1-2-3-1001 bytes=01AB many=a many= many=c twice=x twice=y empty="
#define SECOND "2 2" DAY "35 Fixture one two three\nlines"
#define THIRD "3 3" DAY "36 Other who=ann who=bob"
#define FOURTH "4 3" DAY "37 Other who=eve who="
#define FIFTH "5 2" DAY "38 Fixture four five six"
#define SIXTH "6 4" DAY "39 Plain a=& b=c"

static void expect(const char *name, const struct fsk_evtx_filter *filter, const char *wanted,
                   const char *notes)
{
	char got[8192], said[4096];

	read_log(got, sizeof(got), said, sizeof(said), name, filter);
	assert_string_equal(got, wanted);
	assert_string_equal(said, notes);
}

static void sound(void **state)
{
	const struct fsk_evtx_filter all = { 0 };

	(void) state;
	expect("good.evtx", &all,
	       FIRST "\n" SECOND "\n" THIRD "\n" FOURTH "\n" FIFTH "\n" SIXTH "\n", "");
}

/* Of templates, of values, and where neither tells. */
static void chosen(void **state)
{
	uint64_t ids[] = { 2, 3, 4 };
	char other[] = "Other", plain[] = "Plain";
	char *providers[] = { other, plain };
	const struct fsk_evtx_filter by_id = { .ids = ids, .nids = 3 };
	const struct fsk_evtx_filter by_both = {
		.ids = ids + 1, .nids = 2, .providers = providers, .nproviders = 2
	};

	(void) state;
	expect("good.evtx", &by_id, SECOND "\n" THIRD "\n" FOURTH "\n" FIFTH "\n" SIXTH "\n", "");
	expect("good.evtx", &by_both, THIRD "\n" FOURTH "\n" SIXTH "\n", "");
}

static void held(void **state)
{
	char *words[3];
	uint64_t id = 4;
	struct fsk_evtx_filter f = { .ids = &id, .nids = 1, .words = words };

	(void) state;
	assert_int_equal(fsk_evtx_filter_word(&f, "THREE", 5, NULL), 0);
	assert_int_equal(fsk_evtx_filter_word(&f, "Bob", 3, NULL), 0);
	assert_int_equal(fsk_evtx_filter_word(&f, "fourteen", 8, NULL), 0);
	assert_int_equal(fsk_evtx_filter_word(&f, "", 0, NULL), FSK_EINVAL);
	assert_int_equal(fsk_evtx_filter_word(&f, "\xc3\xa9", 2, NULL), FSK_EINVAL);
	expect("good.evtx", &f, SECOND "\n" THIRD "\n" SIXTH "\n", "");
	f.nids = 0;
	expect("good.evtx", &f, SECOND "\n" THIRD "\n", "");
	for (size_t i = 0; i < f.nwords; i++)
		free(words[i]);
}

/* The header of the chunk knows of one record: the others go on counting. */
static void being_written(void **state)
{
	const struct fsk_evtx_filter all = { 0 }, slack = { .slack = true };
	const char *sum = "offset 0x1000: the checksum of the header of a chunk is wrong\n";

	(void) state;
	expect("dirty.evtx", &all,
	       FIRST "\n" SECOND "\n" THIRD "\n" FOURTH "\n" FIFTH "\n" SIXTH "\n", "");
	expect("slack.evtx", &all, FIRST " !\n", sum);
	expect("slack.evtx", &slack,
	       FIRST " !\n" SECOND " (slack) !\n" THIRD " (slack) !\n" FOURTH " (slack) !\n" FIFTH
	             " (slack) !\n" SIXTH " (slack) !\n",
	       sum);
}

/* What is behind damage is read. */
static void damaged(void **state)
{
	const struct fsk_evtx_filter all = { 0 };

	(void) state;
	expect("torn.evtx", &all, FIRST " !\n" THIRD " !\n" FOURTH " !\n" FIFTH " !\n" SIXTH " !\n",
	       "offset 0x1000: the checksum of the records of a chunk is wrong\n"
	       "offset 0x1700: a record contradicts itself: its two sizes differ, or it does not "
	       "end within its chunk\n");
	expect("cut.evtx", &all, FIRST "\n",
	       "offset 0x1000: a chunk is cut off by the end of the file\n");
	expect("lost.evtx", &all,
	       FIRST " !\n" SECOND " !\n" THIRD " !\n" FOURTH " !\n" FIFTH " !\n" SIXTH " !\n" FIRST
	             "\n" SECOND "\n" THIRD "\n" FOURTH "\n" FIFTH "\n" SIXTH "\n",
	       "offset 0x1000: no chunk where one should be\n"
	       "offset 0x21000: no chunk where one should be\n"
	       "offset 0x2a: chunks of the log: its header tells of 4, 3 are there\n");
}

/* A file that ends with its header: what that tells of chunks is all that can be missing. */
static void headers(void **state)
{
	const struct fsk_evtx_filter all = { 0 };

	(void) state;
	expect("empty.evtx", &all, "", "");
	expect("none.evtx", &all, "",
	       "offset 0x2a: chunks of the log: its header tells of 1, 0 are there\n");
}

static void bounded(void **state)
{
	const struct fsk_evtx_filter all = { 0 };
	char got[8192], said[4096];

	(void) state;
	read_log(got, sizeof(got), said, sizeof(said), "loop.evtx", &all);
	assert_non_null(strstr(said, "offset 0x1200: record 1: templates nested too deep\n"));
}

static void none(void **state)
{
	const struct fsk_evtx_filter all = { 0 };
	uint8_t zeros[200] = { 0 };
	struct fsk_buf b = { .data = zeros, .len = sizeof(zeros) };
	const struct fsk_input in = { .arg = &b, .size = b.len, .read = read_memory };
	struct fsk_evtx *log;

	(void) state;
	assert_int_equal(fsk_evtx_open(&log, &in, &all, NULL), FSK_ECORRUPT);
	assert_null(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound),         cmocka_unit_test(chosen),
		cmocka_unit_test(held),          cmocka_unit_test(damaged),
		cmocka_unit_test(being_written), cmocka_unit_test(bounded),
		cmocka_unit_test(none),          cmocka_unit_test(headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
