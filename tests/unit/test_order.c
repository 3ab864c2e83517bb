/* Records that tell where a file lies, and files read in the order in which they
 * lie. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/ntfs_data.h"
#include "core/evidence/order.h"
#include "tests/unit/memory_source.h"

#define CLUSTER 4096u
#define SEQ 7u

static const struct fsk_ntfs_geometry geometry = { .offset = 1048576,
	                                           .clusters = 1000,
	                                           .cluster_size = CLUSTER };

/* ---- one record ---- */

struct record {
	uint8_t bytes[1024];
	size_t used;
};

static void put(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t) (v >> (8 * i));
}

static void start_record(struct record *r)
{
	memset(r, 0, sizeof(*r));
	memcpy(r->bytes, "FILE", 4);
	put(r->bytes + 4, 48, 2);
	put(r->bytes + 6, 3, 2);
	put(r->bytes + 16, SEQ, 2);
	put(r->bytes + 20, 56, 2);
	put(r->bytes + 22, 1, 2);
	r->used = 56;
}

static uint8_t *add_attr(struct record *r, uint32_t type, size_t n)
{
	uint8_t *p = r->bytes + r->used;

	put(p, type, 4);
	put(p + 4, n, 4);
	r->used += n;
	return p;
}

static void add_resident(struct record *r, uint32_t type, const char *text)
{
	uint8_t *p = add_attr(r, type, (24 + strlen(text) + 7) & ~(size_t) 7);

	put(p + 16, strlen(text), 4);
	put(p + 20, 24, 2);
	memcpy(p + 24, text, strlen(text));
}

struct sizes {
	uint64_t flags, clusters, size, initialised;
};

static void add_runs(struct record *r, struct sizes s, const char *list, size_t n)
{
	uint8_t *p = add_attr(r, 0x80, (64 + n + 7) & ~(size_t) 7);

	p[8] = 1;
	put(p + 12, s.flags, 2);
	put(p + 24, s.clusters - 1, 8);
	put(p + 32, 64, 2);
	put(p + 40, s.clusters * CLUSTER, 8);
	put(p + 48, s.size, 8);
	put(p + 56, s.initialised, 8);
	memcpy(p + 64, list, n);
}

static int find(struct fsk_extent *x, struct fsk_runs *runs, struct record *r)
{
	put(r->bytes + r->used, 0xffffffff, 4);
	put(r->bytes + 24, r->used + 8, 4);
	put(r->bytes + 48, 0, 2); /* the update sequence changes nothing */
	return fsk_ntfs_data_find(x, runs, &geometry, r->bytes, sizeof(r->bytes), SEQ, NULL, NULL);
}

#define LIST(text) (text), sizeof(text)

/* One attribute of runs; the result, without what was found. */
static int try_runs(struct sizes s, const char *list, size_t n)
{
	struct fsk_runs runs = { 0 };
	struct fsk_extent x;
	struct record r;
	int rc;

	start_record(&r);
	add_runs(&r, s, list, n);
	rc = find(&x, &runs, &r);
	if (rc < 0)
		assert_int_equal(runs.count, 0);
	free(runs.items);
	return rc;
}

static void assert_run(const struct fsk_run *r, enum fsk_run_kind kind, uint64_t start,
                       uint64_t length, uint64_t lcn)
{
	assert_int_equal(r->kind, kind);
	assert_int_equal(r->start, start * CLUSTER);
	assert_int_equal(r->length, length * CLUSTER);
	if (kind == FSK_RUN_DATA)
		assert_int_equal(r->at, geometry.offset + lcn * CLUSTER);
}

static void test_runs(void **state)
{
	struct fsk_runs runs = { 0 };
	struct fsk_extent x;
	struct record r;

	(void) state;
	start_record(&r);
	add_resident(&r, 0x10, "standard");
	add_runs(&r, (struct sizes){ 0, 14, 14 * CLUSTER - 9, 5000 },
	         LIST("\x11\x04\x40\x11\x08\xe0\x21\x02\x00\x01"));
	assert_int_equal(find(&x, &runs, &r), 0);
	assert_null(x.content);
	assert_int_equal(x.size, 14 * CLUSTER - 9);
	assert_int_equal(x.initialised, 5000);
	assert_int_equal(x.count, 3);
	assert_run(&runs.items[0], FSK_RUN_DATA, 0, 4, 0x40);
	assert_run(&runs.items[1], FSK_RUN_DATA, 4, 8, 0x20);
	assert_run(&runs.items[2], FSK_RUN_DATA, 12, 2, 0x120);

	/* the next file's come behind them */
	start_record(&r);
	add_runs(&r, (struct sizes){ 0x8000, 48, 48 * CLUSTER, 48 * CLUSTER },
	         LIST("\x11\x10\x20\x01\x10\x11\x10\x10"));
	assert_int_equal(find(&x, &runs, &r), 0);
	assert_int_equal(x.first, 3);
	assert_int_equal(x.count, 3);
	assert_run(&runs.items[3], FSK_RUN_DATA, 0, 16, 0x20);
	assert_run(&runs.items[4], FSK_RUN_HOLE, 16, 16, 0);
	assert_run(&runs.items[5], FSK_RUN_DATA, 32, 16, 0x30);
	free(runs.items);
}

static void test_resident(void **state)
{
	struct fsk_runs runs = { 0 };
	struct fsk_extent x;
	struct record r;

	(void) state;
	start_record(&r);
	add_resident(&r, 0x80, "hello");
	assert_int_equal(find(&x, &runs, &r), 0);
	assert_int_equal(x.size, 5);
	assert_memory_equal(x.content, "hello", 5);
	assert_int_equal(x.count, 0);
}

static void test_sound_but_not_plain(void **state)
{
	static const struct sizes whole = { 0, 10, 40000, 40000 };
	struct fsk_runs runs = { 0 };
	struct fsk_extent x;
	struct record r;

	(void) state;
	assert_int_equal(try_runs(whole, LIST("\x11\x0a\x20")), 0);
	assert_int_equal(
	    try_runs((struct sizes){ 1, 16, 65536, 65536 }, LIST("\x11\x02\x20\x01\x0e")),
	    FSK_EUNSUPPORTED);
	assert_int_equal(try_runs((struct sizes){ 0x4000, 10, 40000, 40000 }, LIST("\x11\x0a\x20")),
	                 FSK_EUNSUPPORTED);
	for (unsigned i = 0; i < 4; i++) {
		start_record(&r);
		if (i == 0)
			add_resident(&r, 0x20, "an attribute list");
		add_runs(&r, whole, LIST("\x11\x0a\x20"));
		if (i == 1)
			add_resident(&r, 0xc0, "a reparse point");
		if (i == 2)
			add_resident(&r, 0x80, "a second one");
		if (i == 3)
			put(r.bytes + 32, 30, 6); /* part of another record */
		assert_int_equal(find(&x, &runs, &r), FSK_EUNSUPPORTED);
	}
	start_record(&r);
	put(r.bytes + 22, 3, 2); /* a folder */
	add_runs(&r, whole, LIST("\x11\x0a\x20"));
	assert_int_equal(find(&x, &runs, &r), FSK_EUNSUPPORTED);
	start_record(&r);
	add_resident(&r, 0x10, "no data");
	assert_int_equal(find(&x, &runs, &r), FSK_EUNSUPPORTED);
	start_record(&r);
	add_runs(&r, whole, LIST("\x11\x0a\x20"));
	put(r.bytes + 16, SEQ + 1, 2);
	assert_int_equal(find(&x, &runs, &r), FSK_ENOTFOUND);
	start_record(&r);
	add_runs(&r, whole, LIST("\x11\x0a\x20"));
	put(r.bytes + 22, 0, 2); /* given up */
	assert_int_equal(find(&x, &runs, &r), FSK_ENOTFOUND);
	assert_int_equal(runs.count, 0);
	free(runs.items);
}

static void test_damaged(void **state)
{
	static const struct {
		struct sizes sizes;
		const char *list;
		size_t n;
	} cases[] = {
		{ { 0, 11, 40000, 40000 }, LIST("\x11\x0a\x20") },         /* too few */
		{ { 0, 9, 30000, 30000 }, LIST("\x11\x0a\x20") },          /* too many */
		{ { 0, 10, 40961, 40000 }, LIST("\x11\x0a\x20") },         /* more than allocated */
		{ { 0, 10, 40000, 40001 }, LIST("\x11\x0a\x20") },         /* more than the size */
		{ { 0, 10, 40000, 40000 }, LIST("\x21\x0a\xdf\x03") },     /* the end is outside */
		{ { 0, 10, 40000, 40000 }, LIST("\x11\x0a\x80") },         /* before the volume */
		{ { 0, 10, 40000, 40000 }, LIST("\x11\x05\x20\x01\x05") }, /* a hole, not sparse */
		{ { 0, 10, 40000, 40000 }, LIST("\x11\x05\x20\x11\x05\x00") }, /* the same place */
		{ { 0, 10, 40000, 40000 }, LIST("\x10\x20") },                 /* no length */
		{ { 0, 10, 40000, 40000 }, LIST("\x11\x00\x20") },             /* of nothing */
		{ { 0, 10, 40000, 40000 }, LIST("\x19\x0a\0\0\0\0\0\0\0\0\x20") },
		{ { 0, 10, 40000, 40000 }, LIST("\x81\x0a\xff\xff\xff\xff\xff\xff\xff\x7f") },
		{ { 0, 10, 40000, 40000 }, LIST("\x18\xff\xff\xff\xff\xff\xff\xff\xff\x20") },
		{ { 0, 10, 40000, 40000 }, "\x11\x0a\x20\x11\x01\x20\x88", 8 }, /* no end */
		{ { 0, 0, 0, 0 }, LIST("") },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(try_runs(cases[i].sizes, cases[i].list, cases[i].n),
		                 FSK_EUNSUPPORTED);
}

/* ---- many files ---- */

#define FILES 6u

struct place {
	uint64_t addr, at, length; /* at 0: in its record; length 0: nobody knows */
};

struct fixture {
	struct memory_medium medium;
	struct fsk_source source;
	struct fsk_source_ops ops;
	struct anomaly_text notes;
	struct fsk_fs fs;
	struct fsk_locator locs[FILES];
	const struct fsk_locator *files[FILES];
	char trace[512]; /* what was asked for, and what libtsk would have opened */
};

static const struct place places[FILES] = {
	{ 50, 8000000, 3000000 }, { 51, 0, 9 },
	{ 52, 1000000, 500 },     { 60, 0, 0 },
	{ 55, 20000, 900000 },    { 54, 12000000, 20000000 },
};

static void note(struct fixture *f, const char *text)
{
	size_t n = strlen(f->trace);

	snprintf(f->trace + n, sizeof(f->trace) - n, "%s", text);
}

static struct fixture *the_fixture; /* of the medium's prefetch */

static void prefetch(void *impl, uint64_t off, uint64_t n)
{
	char text[64];

	(void) impl;
	snprintf(text, sizeof(text), "<%llu+%llu>", (unsigned long long) off,
	         (unsigned long long) n);
	note(the_fixture, text);
}

static void done(void *impl, uint64_t off, uint64_t n)
{
	char text[64];

	(void) impl;
	snprintf(text, sizeof(text), "{%llu+%llu}", (unsigned long long) off,
	         (unsigned long long) n);
	note(the_fixture, text);
}

static int locate(struct fsk_fs *fs, struct fsk_extent *out, struct fsk_runs *runs,
                  const struct fsk_locator *loc, struct fsk_err *err)
{
	const struct fixture *f = fs->impl;
	const struct place *p = &places[loc - f->locs];
	struct fsk_run r = { .at = p->at, .length = p->length };

	*out = (struct fsk_extent){ .size = p->length,
		                    .initialised = p->length,
		                    .first = runs->count };
	if (p->length == 0)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "not plain");
	if (p->at == 0) {
		out->content = (const uint8_t *) "in record";
		return 0;
	}
	out->count = 1;
	return fsk_runs_add(runs, &r, FSK_ORDER_RUNS_MAX, err);
}

static int open_library(struct fsk_fs *fs, struct fsk_stream **out, const struct fsk_locator *loc,
                        struct fsk_err *err)
{
	char text[32];

	snprintf(text, sizeof(text), "[%llu]", (unsigned long long) loc->addr);
	note(fs->impl, text);
	return fsk_memory_stream_open(out, "library", 7, err);
}

static void set_up(struct fixture *f)
{
	static const struct fsk_fs_ops ops = { .locate = locate, .open = open_library };

	memset(f, 0, sizeof(*f));
	the_fixture = f;
	f->medium.size = 32u << 20;
	f->medium.data = malloc(f->medium.size);
	for (size_t i = 0; i < f->medium.size; i++)
		f->medium.data[i] = (uint8_t) (i * 31 + (i >> 11));
	memory_source(&f->source, &f->medium, &f->notes);
	f->ops = memory_ops;
	f->ops.prefetch = prefetch;
	f->source.ops = &f->ops;
	f->fs.ops = &ops;
	f->fs.impl = f;
	f->fs.medium = &f->source;
	for (size_t i = 0; i < FILES; i++) {
		f->locs[i].addr = places[i].addr;
		f->locs[i].path = (char *) "file";
		f->files[i] = &f->locs[i];
	}
}

static void tear_down(struct fixture *f)
{
	fsk_rangelog_free(&f->source.bad);
	free(f->medium.data);
}

static void check_content(struct fixture *f, struct fsk_order *o, size_t i)
{
	const struct place *p = &places[i];
	struct fsk_stream *st;
	uint8_t *buf = malloc(p->length + 16);

	assert_int_equal(fsk_order_open(&st, o, NULL), 0);
	assert_int_equal(fsk_stream_read(st, buf, p->length + 16, 0, NULL, NULL),
	                 p->length > 0 ? p->length : 7);
	if (p->at > 0)
		assert_memory_equal(buf, f->medium.data + p->at, p->length);
	else
		assert_memory_equal(buf, p->length > 0 ? "in record" : "library", 7);
	fsk_stream_close(st);
	free(buf);
}

static void test_order(void **state)
{
	static const size_t wanted[FILES] = { 1, 4, 2, 0, 5, 3 };
	struct fixture f;
	struct fsk_order *o;

	(void) state;
	set_up(&f);
	assert_int_equal(fsk_order_new(&o, &f.fs, f.files, FILES, FSK_ORDER_LOOK, NULL), 0);
	for (size_t i = 0; i < FILES; i++) {
		assert_int_equal(fsk_order_next(o), wanted[i]);
		check_content(&f, o, wanted[i]);
	}
	assert_int_equal(fsk_order_next(o), -1);
	assert_string_equal(f.trace, "[60]");
	fsk_order_free(o);
	tear_down(&f);
}

/* Whoever is not to look leaves all to libtsk, by address. */
static void test_without_looking(void **state)
{
	struct fixture f;
	struct fsk_order *o;
	struct fsk_stream *st;

	(void) state;
	set_up(&f);
	assert_int_equal(fsk_order_new(&o, &f.fs, f.files, FILES, 0, NULL), 0);
	while (fsk_order_next(o) >= 0) {
		fsk_order_ahead(o, 0);
		assert_int_equal(fsk_order_open(&st, o, NULL), 0);
		fsk_stream_close(st);
	}
	assert_string_equal(f.trace, "[50][51][52][54][55][60]");
	fsk_order_free(o);
	assert_int_equal(fsk_order_new(&o, &f.fs, f.files, 0, FSK_ORDER_LOOK, NULL), 0);
	assert_int_equal(fsk_order_next(o), -1);
	fsk_order_free(o);
	tear_down(&f);
}

/* A record, its reuse and its streams are different files. */
static void test_same(void **state)
{
	struct fixture f;
	struct fsk_order *o;
	bool same[FILES];

	(void) state;
	set_up(&f);
	for (size_t i = 0; i < FILES; i++)
		f.locs[i].addr = i == 3 ? 60 : 50;
	f.locs[1].seq = f.locs[4].seq = 2;
	f.locs[5].stream = (char *) "s";
	assert_int_equal(fsk_order_new(&o, &f.fs, f.files, FILES, 0, NULL), 0);
	/* 0, 1, 2, 4, 5, 3 by address and number: none follows its like */
	while (fsk_order_next(o) >= 0)
		assert_false(fsk_order_same(o));
	fsk_order_free(o);
	f.locs[1].seq = f.locs[4].seq = 0;
	assert_int_equal(fsk_order_new(&o, &f.fs, f.files, FILES, 0, NULL), 0);
	for (size_t i = 0; fsk_order_next(o) >= 0; i++)
		same[i] = fsk_order_same(o);
	assert_true(same[1] && same[2] && same[3] && !same[0] && !same[4] && !same[5]);
	fsk_order_free(o);
	f.fs.medium = NULL; /* addresses of a host mean nothing */
	assert_int_equal(fsk_order_new(&o, &f.fs, f.files, FILES, 0, NULL), 0);
	while (fsk_order_next(o) >= 0)
		assert_false(fsk_order_same(o));
	fsk_order_free(o);
	tear_down(&f);
}

/* The source is told of the ends of files when nobody else will read them. */
static void test_done(void **state)
{
	struct fixture f;
	struct fsk_order *o;

	(void) state;
	set_up(&f);
	f.ops.done = done;
	f.source.unit = 1u << 20;
	assert_int_equal(fsk_order_new(&o, &f.fs, f.files, FILES, FSK_ORDER_LOOK, NULL), 0);
	while (fsk_order_next(o) != 0)
		assert_string_equal(f.trace, ""); /* two files in unit 0, the second is in hand */
	assert_string_equal(f.trace, "{0+1048576}");
	f.trace[0] = '\0';
	fsk_order_next(o);
	assert_string_equal(f.trace, "{7340032+1048576}{10485760+1048576}");
	fsk_order_free(o);
	tear_down(&f);
}

/* At most FSK_READ_AHEAD bytes, neighbours in one piece, nothing twice. */
static void test_ahead(void **state)
{
	struct fixture f;
	struct fsk_order *o;

	(void) state;
	set_up(&f);
	assert_int_equal(fsk_order_new(&o, &f.fs, f.files, FILES, FSK_ORDER_LOOK, NULL), 0);
	fsk_order_next(o);
	fsk_order_ahead(o, 0);
	/* 900000 + 500 + 3000000, and pieces of 1 MiB up to the budget */
	assert_string_equal(f.trace,
	                    "<20000+900000><1000000+500><8000000+3000000><12000000+5242880>");
	f.trace[0] = '\0';
	fsk_order_next(o);
	fsk_order_ahead(o, 0);
	fsk_order_next(o);
	fsk_order_ahead(o, 0);
	assert_string_equal(f.trace, "");
	fsk_order_next(o);
	fsk_order_ahead(o, 2000000);
	assert_string_equal(f.trace, "");
	fsk_order_next(o); /* more than half of what was asked for is read */
	fsk_order_ahead(o, 0);
	fsk_order_ahead(o, 1048576);
	assert_string_equal(f.trace, "<17242880+4194304>");
	fsk_order_free(o);
	tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_resident),
		cmocka_unit_test(test_sound_but_not_plain),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_without_looking),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_done),
		cmocka_unit_test(test_ahead),
	};

	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
