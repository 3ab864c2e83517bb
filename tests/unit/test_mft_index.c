/* MFTs of NTFS, sound and damaged, built here byte by byte. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/ntfs_index/mft_index.h"
#include "core/evidence/ntfs_index/mft_record.h"

#define RECORDS 64u
#define IN_USE 1u
#define FOLDER 2u
#define LONG 1
#define DOS 2
#define TIME 133245126000000000ull

struct mft {
	uint8_t *data;
	uint32_t count, size; /* of a record */
	unsigned reads;
	size_t largest;
};

static void put(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t) (v >> (8 * i));
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t) p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16 |
	       (uint32_t) p[3] << 24;
}

static uint8_t *at(const struct mft *m, uint32_t addr)
{
	return m->data + (size_t) addr * m->size;
}

static void start(struct mft *m, uint32_t count, uint32_t size)
{
	*m = (struct mft){ .count = count, .size = size };
	m->data = calloc(count, size);
	assert_non_null(m->data);
}

/* An unsealed record: attributes follow. */
static void record(struct mft *m, uint32_t addr, uint16_t seq, unsigned flags, uint64_t base)
{
	uint8_t *p = at(m, addr);
	uint32_t values = m->size / 512 + 1, first = (48 + 2 * values + 7) & ~7u;

	memset(p, 0, m->size);
	memcpy(p, "FILE", 4);
	put(p + 4, 48, 2);
	put(p + 6, values, 2);
	put(p + 16, seq, 2);
	put(p + 20, first, 2);
	put(p + 22, flags, 2);
	put(p + 24, first, 4);
	put(p + 28, m->size, 4);
	put(p + 32, base, 8);
}

/* Returns where the content of `n` bytes belongs. */
static uint8_t *attr(struct mft *m, uint32_t addr, uint32_t type, const char *name, size_t n)
{
	uint8_t *p = at(m, addr), *a = p + get32(p + 24);
	size_t chars = strlen(name), head = (24 + 2 * chars + 7) & ~(size_t) 7;
	size_t length = (head + n + 7) & ~(size_t) 7;

	put(a, type, 4);
	put(a + 4, length, 4);
	a[9] = (uint8_t) chars;
	put(a + 10, 24, 2);
	put(a + 16, n, 4);
	put(a + 20, head, 2);
	for (size_t i = 0; i < chars; i++)
		a[24 + 2 * i] = (uint8_t) name[i];
	put(p + 24, get32(p + 24) + length, 4);
	return a + head;
}

static void standard(struct mft *m, uint32_t addr, uint64_t time)
{
	uint8_t *p = attr(m, addr, FSK_MFT_STANDARD, "", 48);

	for (size_t i = 0; i < 4; i++)
		put(p + 8 * i, time + 10000000 * i, 8);
}

static void name(struct mft *m, uint32_t addr, uint64_t parent, const char *text, int space,
                 uint64_t time)
{
	size_t chars = strlen(text);
	uint8_t *p = attr(m, addr, FSK_MFT_FILE_NAME, "", 66 + 2 * chars);

	put(p, parent, 8);
	for (size_t i = 0; i < 4; i++)
		put(p + 8 + 8 * i, time, 8);
	p[64] = (uint8_t) chars;
	p[65] = (uint8_t) space;
	for (size_t i = 0; i < chars; i++)
		p[66 + 2 * i] = (uint8_t) text[i];
}

static void seal(struct mft *m, uint32_t addr)
{
	uint8_t *p = at(m, addr), *end = p + get32(p + 24);

	put(end, 0xffffffffu, 4);
	put(p + 24, get32(p + 24) + 8, 4);
	put(p + 48, 0xabcd, 2);
	for (size_t i = 1; i <= m->size / 512; i++) {
		memcpy(p + 48 + 2 * i, p + 512 * i - 2, 2);
		put(p + 512 * i - 2, 0xabcd, 2);
	}
}

/* A file with one long name. */
static void file(struct mft *m, uint32_t addr, unsigned flags, uint64_t parent, const char *text)
{
	record(m, addr, 1, flags, 0);
	standard(m, addr, TIME);
	name(m, addr, parent, text, LONG, TIME);
	seal(m, addr);
}

static uint64_t ref(uint64_t addr, uint64_t seq)
{
	return addr | seq << 48;
}

static void root(struct mft *m)
{
	record(m, 5, 5, IN_USE | FOLDER, 0);
	standard(m, 5, TIME);
	name(m, 5, ref(5, 5), ".", 3, TIME);
	seal(m, 5);
}

static int read_mft(void *arg, void *buf, size_t n, uint64_t off, struct fsk_err *err)
{
	struct mft *m = arg;

	(void) err;
	assert_true(off + n <= (uint64_t) m->count * m->size);
	memcpy(buf, m->data + off, n);
	m->reads++;
	m->largest = n > m->largest ? n : m->largest;
	return 0;
}

static int build(struct fsk_mft_index *ix, struct mft *m)
{
	struct fsk_mft_reader from = { .read = read_mft,
		                       .arg = m,
		                       .size = (uint64_t) m->count * m->size,
		                       .record_size = m->size };
	struct fsk_err err;

	return fsk_mft_index_build(ix, &from, &err);
}

static void finish(struct fsk_mft_index *ix, struct mft *m)
{
	fsk_mft_index_free(ix);
	free(m->data);
}

/* The names in a folder, sorted by address, with ' ' between; "a=b" for a name
 * with an 8.3 name. */
static const char *names_in(const struct fsk_mft_index *ix, uint64_t addr, uint64_t seq)
{
	static char text[4096];
	struct fsk_name dir = { .addr = addr, .seq = seq };
	struct fsk_listing l = { 0 };
	struct fsk_err err;

	text[0] = '\0';
	assert_int_equal(fsk_mft_index_list(&l, ix, &dir, &err), 0);
	for (size_t i = 0; i < l.count; i++) {
		size_t n = strlen(text);

		snprintf(text + n, sizeof(text) - n, "%s%s%s%s", i > 0 ? " " : "", l.items[i].name,
		         l.items[i].alias != NULL ? "=" : "",
		         l.items[i].alias != NULL ? l.items[i].alias : "");
		fsk_name_clear(&l.items[i]);
	}
	free(l.items);
	return text;
}

static void test_files(void **state)
{
	struct fsk_mft_index ix;
	struct fsk_times t;
	struct mft m;

	(void) state;
	start(&m, RECORDS, 1024);
	root(&m);
	file(&m, 20, IN_USE | FOLDER, ref(5, 5), "Users");
	record(&m, 21, 7, IN_USE, 0);
	standard(&m, 21, TIME);
	name(&m, 21, ref(20, 1), "LONGNA~1.TXT", DOS, TIME + 70000000);
	name(&m, 21, ref(20, 1), "long name.txt", LONG, TIME + 50000000);
	name(&m, 21, ref(5, 5), "linked", 0, TIME + 60000000);
	memcpy(attr(&m, 21, FSK_MFT_DATA, "", 5), "12345", 5);
	attr(&m, 21, FSK_MFT_DATA, "Zone.Identifier", 26);
	attr(&m, 21, FSK_MFT_DATA, "a", 3);
	seal(&m, 21);
	assert_int_equal(build(&ix, &m), 0);
	assert_string_equal(names_in(&ix, 5, 5), "Users linked");
	assert_string_equal(names_in(&ix, 20, 1), "long name.txt=LONGNA~1.TXT");
	assert_string_equal(names_in(&ix, 20, 2), "");
	assert_null(fsk_mft_index_find(&ix, 21, 6));
	assert_null(fsk_mft_index_find(&ix, RECORDS, 0));
	const struct fsk_mft_entry *e = fsk_mft_index_find(&ix, 21, 7);
	assert_non_null(e);
	assert_int_equal(e->size, 5);
	assert_int_equal(e->type, FSK_ENTRY_FILE);
	fsk_mft_index_times(&t, &ix, e);
	assert_int_equal(t.created, fsk_time_from_filetime(TIME));
	assert_int_equal(t.modified, fsk_time_from_filetime(TIME + 10000000));
	assert_int_equal(t.changed, fsk_time_from_filetime(TIME + 20000000));
	assert_int_equal(t.accessed, fsk_time_from_filetime(TIME + 30000000));
	/* the first long name, not the 8.3 name before it */
	assert_int_equal(t.fn_created, fsk_time_from_filetime(TIME + 50000000));
	assert_int_equal(t.fn_accessed, fsk_time_from_filetime(TIME + 50000000));
	size_t count;
	const struct fsk_mft_stream *s = fsk_mft_index_streams(&count, &ix, 21);
	assert_int_equal(count, 2);
	assert_string_equal(fsk_mft_index_name(&ix, s[0].name), "Zone.Identifier");
	assert_int_equal(s[0].size, 26);
	assert_string_equal(fsk_mft_index_name(&ix, s[1].name), "a");
	fsk_mft_index_streams(&count, &ix, 20);
	assert_int_equal(count, 0);
	assert_int_equal(ix.n.used, 3);
	assert_int_equal(ix.n.garbage, 0);
	finish(&ix, &m);
}

static void test_nonresident_size(void **state)
{
	struct fsk_mft_index ix;
	struct mft m;
	uint8_t *a;

	(void) state;
	start(&m, RECORDS, 1024);
	root(&m);
	record(&m, 20, 1, IN_USE, 0);
	a = attr(&m, 20, FSK_MFT_DATA, "", 48) - 24;
	a[8] = 1;
	put(a + 16, 0, 8);
	put(a + 48, 123456789012ull, 8);
	seal(&m, 20);
	/* a later extent tells no size */
	record(&m, 21, 1, IN_USE, ref(20, 1));
	a = attr(&m, 21, FSK_MFT_DATA, "", 48) - 24;
	a[8] = 1;
	put(a + 16, 100, 8);
	put(a + 48, 7, 8);
	seal(&m, 21);
	assert_int_equal(build(&ix, &m), 0);
	assert_int_equal(fsk_mft_index_find(&ix, 20, 1)->size, 123456789012ull);
	assert_int_equal(ix.n.extensions, 1);
	finish(&ix, &m);
}

static void test_extensions(void **state)
{
	struct fsk_mft_index ix;
	struct fsk_times t;
	size_t streams;
	struct mft m;

	(void) state;
	start(&m, RECORDS, 1024);
	root(&m);
	/* in front of its base record, which has an 8.3 name only */
	record(&m, 20, 1, IN_USE, ref(30, 4));
	name(&m, 20, ref(5, 5), "far away", LONG, TIME + 10);
	attr(&m, 20, FSK_MFT_DATA, "ads", 9);
	seal(&m, 20);
	record(&m, 30, 4, IN_USE, 0);
	standard(&m, 30, TIME);
	name(&m, 30, ref(5, 5), "FARAWA~1", DOS, TIME);
	seal(&m, 30);
	/* of a file that was there before; of itself; of nothing; out of the MFT */
	record(&m, 31, 1, IN_USE, ref(30, 3));
	name(&m, 31, ref(5, 5), "stale", LONG, TIME);
	seal(&m, 31);
	record(&m, 32, 1, IN_USE, ref(32, 1));
	name(&m, 32, ref(5, 5), "itself", LONG, TIME);
	seal(&m, 32);
	record(&m, 33, 1, IN_USE, ref(50, 1));
	seal(&m, 33);
	record(&m, 34, 1, IN_USE, ref(1ull << 40, 1));
	seal(&m, 34);
	assert_int_equal(build(&ix, &m), 0);
	assert_string_equal(names_in(&ix, 5, 5), "far away=FARAWA~1");
	fsk_mft_index_times(&t, &ix, fsk_mft_index_find(&ix, 30, 4));
	assert_int_equal(t.created, fsk_time_from_filetime(TIME));
	assert_int_equal(t.fn_created, fsk_time_from_filetime(TIME + 10));
	assert_int_equal(fsk_mft_index_streams(&streams, &ix, 30)->size, 9);
	assert_int_equal(streams, 1);
	assert_int_equal(ix.n.extensions, 1);
	assert_int_equal(ix.n.strange, 1);
	finish(&ix, &m);
}

static void test_short_name_alone(void **state)
{
	struct fsk_mft_index ix;
	struct mft m;

	(void) state;
	start(&m, RECORDS, 1024);
	root(&m);
	record(&m, 20, 1, IN_USE, 0);
	name(&m, 20, ref(5, 5), "ALONE~1", DOS, TIME);
	seal(&m, 20);
	assert_int_equal(build(&ix, &m), 0);
	assert_string_equal(names_in(&ix, 5, 5), "ALONE~1");
	finish(&ix, &m);
}

static void test_deleted(void **state)
{
	struct fsk_mft_index ix;
	struct mft m;

	(void) state;
	start(&m, RECORDS, 1024);
	root(&m);
	file(&m, 20, 0, ref(5, 5), "gone");
	file(&m, 21, IN_USE, ref(5, 5), "here");
	assert_int_equal(build(&ix, &m), 0);
	assert_string_equal(names_in(&ix, 5, 5), "here");
	assert_int_equal(ix.n.deleted, 1);
	assert_null(fsk_mft_index_find(&ix, 20, 1));
	assert_int_equal(ix.entries[20].flags & FSK_MFT_DELETED, FSK_MFT_DELETED);
	finish(&ix, &m);
}

static void test_loops(void **state)
{
	struct fsk_mft_index ix;
	struct mft m;

	(void) state;
	start(&m, RECORDS, 1024);
	root(&m);
	file(&m, 20, IN_USE | FOLDER, ref(21, 1), "a");
	file(&m, 21, IN_USE | FOLDER, ref(20, 1), "b");
	file(&m, 22, IN_USE | FOLDER, ref(22, 1), "self");
	file(&m, 23, IN_USE, ref(1ull << 47, 1), "outside");
	assert_int_equal(build(&ix, &m), 0);
	assert_string_equal(names_in(&ix, 5, 5), "");
	assert_string_equal(names_in(&ix, 20, 1), "b");
	assert_string_equal(names_in(&ix, 22, 1), "self");
	assert_string_equal(names_in(&ix, 1ull << 47, 1), "");
	assert_int_equal(ix.n.strange, 1);
	finish(&ix, &m);
}

static void many(struct mft *m, uint32_t count, uint32_t size)
{
	char text[32];

	start(m, count, size);
	root(m);
	for (uint32_t i = 24; i < count; i++) {
		snprintf(text, sizeof(text), "document %06u.txt", i);
		record(m, i, 1, IN_USE, 0);
		standard(m, i, TIME + i);
		name(m, i, ref(5, 5), text, LONG, TIME + i);
		snprintf(text, sizeof(text), "DOCU%04u.TXT", i % 10000);
		name(m, i, ref(5, 5), text, DOS, TIME + i);
		attr(m, i, FSK_MFT_DATA, "", 100);
		seal(m, i);
	}
}

static size_t count_in(const struct fsk_mft_index *ix, uint64_t addr, uint64_t seq)
{
	struct fsk_name dir = { .addr = addr, .seq = seq };
	struct fsk_listing l = { 0 };
	struct fsk_err err;

	assert_int_equal(fsk_mft_index_list(&l, ix, &dir, &err), 0);
	for (size_t i = 0; i < l.count; i++) {
		assert_non_null(l.items[i].alias);
		fsk_name_clear(&l.items[i]);
	}
	free(l.items);
	return l.count;
}

static void test_memory(void **state)
{
	struct fsk_mft_index ix;
	struct mft m;

	(void) state;
	many(&m, 20000, 1024);
	assert_int_equal(build(&ix, &m), 0);
	assert_int_equal(count_in(&ix, 5, 5), 20000 - 24);
	/* with a long name, a short name and four different times for each */
	assert_true(ix.size <= 120 * 20000u);
	/* one sequential pass in big pieces */
	assert_true(m.largest >= 1024 * 1024);
	assert_true(m.reads <= 20000 * 1024 / (1024 * 1024) + 1);
	finish(&ix, &m);
}

static void test_large_records(void **state)
{
	struct fsk_mft_index ix;
	struct mft m;

	(void) state;
	many(&m, 3000, 4096);
	assert_int_equal(build(&ix, &m), 0);
	assert_int_equal(count_in(&ix, 5, 5), 3000 - 24);
	assert_int_equal(ix.n.garbage, 0);
	finish(&ix, &m);
}

static void test_torn_records(void **state)
{
	struct fsk_mft_index ix;
	uint32_t torn = 0;
	struct mft m;

	(void) state;
	many(&m, 1000, 1024);
	for (uint32_t i = 30; i < m.count; i += 10, torn++)
		at(&m, i)[1022] ^= 1;
	/* in no use, so nothing is lost */
	at(&m, 31)[22] = 0;
	at(&m, 31)[510] ^= 1;
	assert_int_equal(build(&ix, &m), 0);
	assert_int_equal(ix.n.garbage, torn);
	assert_int_equal(count_in(&ix, 5, 5), 1000 - 24 - torn - 1);
	finish(&ix, &m);
}

/* Damage to record 20 that must be counted, while record 21 is still found. */
static void expect_garbage(void (*harm)(uint8_t *))
{
	struct fsk_mft_index ix;
	struct mft m;

	start(&m, RECORDS, 1024);
	root(&m);
	file(&m, 20, IN_USE, ref(5, 5), "harmed");
	file(&m, 21, IN_USE, ref(5, 5), "sound");
	harm(at(&m, 20));
	assert_int_equal(build(&ix, &m), 0);
	assert_int_equal(ix.n.garbage, 1);
	assert_non_null(fsk_mft_index_find(&ix, 21, 1));
	finish(&ix, &m);
}

static void harm_signature(uint8_t *p)
{
	memcpy(p, "BAAD", 4);
}

static void harm_used(uint8_t *p)
{
	put(p + 24, 1025, 4);
}

static void harm_first(uint8_t *p)
{
	put(p + 20, 8, 2);
}

static void harm_attr_short(uint8_t *p)
{
	put(p + 56 + 4, 0, 4);
}

static void harm_attr_long(uint8_t *p)
{
	put(p + 56 + 4, 0xfffffff8u, 4);
}

static void harm_content(uint8_t *p)
{
	put(p + 56 + 16, 4000, 4);
}

static void harm_attr_name(uint8_t *p)
{
	p[56 + 9] = 255;
}

static void test_garbage(void **state)
{
	(void) state;
	expect_garbage(harm_signature);
	expect_garbage(harm_used);
	expect_garbage(harm_first);
	expect_garbage(harm_attr_short);
	expect_garbage(harm_attr_long);
	expect_garbage(harm_content);
	expect_garbage(harm_attr_name);
}

static void test_wrong_sizes(void **state)
{
	struct fsk_mft_index ix;
	struct fsk_mft_reader from = { .read = read_mft, .size = 1024 };
	static const uint32_t sizes[] = { 0, 256, 1000, 131072 };

	(void) state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		from.record_size = sizes[i];
		assert_int_equal(fsk_mft_index_build(&ix, &from, NULL), FSK_EINVAL);
		fsk_mft_index_free(&ix);
	}
	from.record_size = 512;
	from.size = UINT64_MAX;
	assert_int_equal(fsk_mft_index_build(&ix, &from, NULL), FSK_ELIMIT);
	fsk_mft_index_free(&ix);
}

/* A little of everything. */
static void mixed(struct mft *m)
{
	start(m, RECORDS, 1024);
	root(m);
	file(m, 20, IN_USE | FOLDER, ref(5, 5), "Users");
	record(m, 21, 7, IN_USE, 0);
	standard(m, 21, TIME);
	name(m, 21, ref(20, 1), "LONGNA~1.TXT", DOS, TIME + 70000000);
	name(m, 21, ref(20, 1), "long name.txt", LONG, TIME + 50000000);
	attr(m, 21, FSK_MFT_DATA, "Zone.Identifier", 26);
	attr(m, 21, FSK_MFT_DATA, "a", 3);
	seal(m, 21);
	file(m, 22, 0, ref(5, 5), "gone");
	file(m, 23, IN_USE, ref(5, 5), "torn");
	at(m, 23)[1022] ^= 1;
}

/* Everything that can be asked. */
static void ask_all(const struct fsk_mft_index *ix)
{
	struct fsk_times t;
	size_t count;

	for (uint32_t i = 0; i < ix->n.entries; i++) {
		const struct fsk_mft_stream *s = fsk_mft_index_streams(&count, ix, i);

		names_in(ix, i, ix->entries[i].seq);
		fsk_mft_index_times(&t, ix, &ix->entries[i]);
		for (size_t k = 0; k < count; k++)
			assert_true(strlen(fsk_mft_index_name(ix, s[k].name)) < FSK_NAME_MAX);
	}
}

static void test_attach(void **state)
{
	struct fsk_mft_index ix, other;
	const void *area;
	struct mft m;
	size_t size, count;
	void *copy;

	(void) state;
	mixed(&m);
	assert_int_equal(build(&ix, &m), 0);
	area = fsk_mft_index_pack(&ix, &size);
	copy = malloc(size);
	assert_non_null(copy);
	memcpy(copy, area, size);
	assert_int_equal(fsk_mft_index_attach(&other, copy, size, NULL), 0);
	finish(&ix, &m);
	assert_string_equal(names_in(&other, 5, 5), "Users");
	assert_string_equal(names_in(&other, 20, 1), "long name.txt=LONGNA~1.TXT");
	assert_string_equal(
	    fsk_mft_index_name(&other, fsk_mft_index_streams(&count, &other, 21)->name),
	    "Zone.Identifier");
	assert_int_equal(other.n.garbage, 1);
	assert_int_equal(other.n.damage, 1);
	assert_int_equal(other.damage[0].first, 23);
	fsk_mft_index_free(&other);
	assert_int_equal(fsk_mft_index_attach(&other, copy, size - 1, NULL), FSK_ECORRUPT);
	assert_int_equal(fsk_mft_index_attach(&other, copy, 0, NULL), FSK_ECORRUPT);
	assert_int_equal(other.n.entries, 0);
	free(copy);
}

/* Whatever is in the area, what was accepted can be used. */
static void test_attach_damaged(void **state)
{
	static const uint8_t masks[] = { 0x01, 0x80, 0xff };
	struct fsk_mft_index ix, other;
	unsigned refused = 0;
	uint8_t *copy;
	struct mft m;
	size_t size;

	(void) state;
	mixed(&m);
	assert_int_equal(build(&ix, &m), 0);
	fsk_mft_index_pack(&ix, &size);
	copy = malloc(size);
	assert_non_null(copy);
	memcpy(copy, ix.area, size);
	for (size_t i = 0; i < size; i++) {
		for (size_t k = 0; k < sizeof(masks); k++) {
			copy[i] ^= masks[k];
			if (fsk_mft_index_attach(&other, copy, size, NULL) == 0)
				ask_all(&other);
			else
				refused++;
			copy[i] ^= masks[k];
		}
	}
	assert_true(refused > 0);
	free(copy);
	finish(&ix, &m);
}

/* Each array in turn points out of its bounds. */
static void test_attach_refuses(void **state)
{
	struct fsk_mft_index ix, other;
	struct mft m;
	size_t size;

	(void) state;
	mixed(&m);
	assert_int_equal(build(&ix, &m), 0);
	fsk_mft_index_pack(&ix, &size);
	uint8_t *area = ix.owned;
	struct {
		const void *at;
		uint32_t value;
	} wrong[] = {
		{ &ix.entries[20].times, (uint32_t) ix.n.times },
		{ &ix.entries[22].which, 0x99999999u },
		{ &ix.links[0].child, RECORDS },
		{ &ix.links[0].parent, 6 },
		{ &ix.links[0].name, (uint32_t) ix.n.names },
		{ &ix.first[0], 1 },
		{ &ix.first[6], UINT32_MAX },
		{ &ix.first[RECORDS], 0 },
		{ &ix.streams[0].record, 22 },
		{ &ix.streams[1].record, RECORDS },
		{ &ix.streams[1].name, UINT32_MAX },
		{ &ix.damage[0].first, RECORDS },
		{ &ix.damage[0].count, UINT32_MAX },
		{ &ix.names[ix.n.names - 4], 0x41414141u },
		{ &ix.names[0], 0x2f2f2f2fu },
		{ area, 0 },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint8_t *p = area + ((const uint8_t *) wrong[i].at - area);
		uint8_t before[4];

		memcpy(before, p, 4);
		memcpy(p, &wrong[i].value, 4);
		if (fsk_mft_index_attach(&other, area, size, NULL) != FSK_ECORRUPT)
			fail_msg("wrong value %zu was accepted", i);
		memcpy(p, before, 4);
		assert_int_equal(fsk_mft_index_attach(&other, area, size, NULL), 0);
	}
	finish(&ix, &m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),          cmocka_unit_test(test_nonresident_size),
		cmocka_unit_test(test_extensions),     cmocka_unit_test(test_short_name_alone),
		cmocka_unit_test(test_deleted),        cmocka_unit_test(test_loops),
		cmocka_unit_test(test_memory),         cmocka_unit_test(test_large_records),
		cmocka_unit_test(test_torn_records),   cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_wrong_sizes),    cmocka_unit_test(test_attach),
		cmocka_unit_test(test_attach_damaged), cmocka_unit_test(test_attach_refuses),
	};

	return cmocka_run_group_tests_name("mft_index", tests, NULL, NULL);
}
