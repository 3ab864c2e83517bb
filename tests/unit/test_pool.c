#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/pool.h"
#include "core/evidence/source.h"
#include "tests/unit/image.h"

#define JOBS 500
#define LANES_MAX 9

/* ---- the pool itself ---- */

struct count {
	struct fsk_job job; /* first */
	uint64_t *lanes;    /* one counter a lane, each written without a lock */
	unsigned value, result;
};

static void square(struct fsk_job *job, unsigned lane)
{
	struct count *c = (struct count *) job;

	c->lanes[lane]++;
	c->result = c->value * c->value;
}

static void jobs_run_once(unsigned threads)
{
	struct fsk_pool *p = fsk_pool_new(threads);
	struct count *jobs = calloc(JOBS, sizeof(*jobs));
	uint64_t lanes[LANES_MAX] = { 0 }, sum = 0;

	assert_non_null(jobs);
	assert_in_range(fsk_pool_lanes(p), 1, threads + 1);
	for (unsigned i = 0; i < JOBS; i++) {
		jobs[i].job.run = square;
		jobs[i].lanes = lanes;
		jobs[i].value = i;
		fsk_pool_submit(p, &jobs[i].job, i % 7 == 0);
	}
	for (unsigned i = 0; i < JOBS; i++) {
		fsk_pool_wait(p, &jobs[i].job);
		assert_int_equal(jobs[i].result, i * i);
		fsk_pool_wait(p, &jobs[i].job); /* idle: nothing happens */
	}
	for (unsigned i = 0; i < LANES_MAX; i++)
		sum += lanes[i];
	assert_int_equal(sum, JOBS);
	free(jobs);
	fsk_pool_free(p);
}

static void every_job_runs_once(void **state)
{
	(void) state;
	for (unsigned threads = 0; threads < LANES_MAX; threads++)
		jobs_run_once(threads);
}

/* Each job of a row sees what the one before it left. */
struct step {
	struct fsk_job job; /* first */
	unsigned *at, number;
	bool in_order;
};

static void take_step(struct fsk_job *job, unsigned lane)
{
	struct step *s = (struct step *) job;

	(void) lane;
	s->in_order = *s->at == s->number;
	*s->at = s->number + 1;
}

static void rows_run_in_order(unsigned threads)
{
	enum { ROWS = 3 };
	struct fsk_pool *p = fsk_pool_new(threads);
	struct step *steps = calloc(ROWS * JOBS, sizeof(*steps));
	unsigned at[ROWS] = { 0 };

	assert_non_null(steps);
	for (unsigned i = 0; i < ROWS * JOBS; i++) {
		struct step *s = &steps[i];
		s->job.run = take_step;
		s->at = &at[i % ROWS];
		s->number = i / ROWS;
		fsk_pool_submit_after(p, &s->job, i < ROWS ? NULL : &steps[i - ROWS].job);
		if (i % 50 == 49) /* the row goes on behind one that is idle */
			fsk_pool_wait(p, &steps[i].job);
	}
	for (unsigned i = 0; i < ROWS * JOBS; i++) {
		fsk_pool_wait(p, &steps[i].job);
		assert_true(steps[i].in_order);
	}
	free(steps);
	fsk_pool_free(p);
}

static void jobs_of_a_row_wait(void **state)
{
	(void) state;
	for (unsigned threads = 0; threads < LANES_MAX; threads++)
		rows_run_in_order(threads);
}

static void cancelled_jobs_run_or_do_not(void **state)
{
	struct fsk_pool *p = fsk_pool_new(3);
	struct count *jobs = calloc(JOBS, sizeof(*jobs));
	uint64_t lanes[LANES_MAX] = { 0 }, ran = 0, sum = 0;

	(void) state;
	assert_non_null(jobs);
	for (unsigned i = 0; i < JOBS; i++) {
		jobs[i].job.run = square;
		jobs[i].lanes = lanes;
		jobs[i].value = i + 1;
		fsk_pool_submit(p, &jobs[i].job, false);
	}
	for (unsigned i = JOBS; i-- > 0;) {
		if (!fsk_pool_cancel(p, &jobs[i].job))
			ran++;
		assert_true(jobs[i].result == 0 || jobs[i].result == (i + 1) * (i + 1));
		sum += jobs[i].result != 0;
	}
	assert_int_equal(ran, sum);
	free(jobs);
	fsk_pool_free(p);
}

static void no_pool_runs_when_waited_for(void **state)
{
	uint64_t lanes[LANES_MAX] = { 0 };
	struct count c = { .job = { .run = square }, .lanes = lanes, .value = 5 };

	(void) state;
	assert_int_equal(fsk_pool_lanes(NULL), 1);
	fsk_pool_submit(NULL, &c.job, false);
	assert_int_equal(c.result, 0);
	fsk_pool_wait(NULL, &c.job);
	assert_int_equal(c.result, 25);
	c.result = 0;
	fsk_pool_submit(NULL, &c.job, true);
	assert_true(fsk_pool_cancel(NULL, &c.job));
	fsk_pool_wait(NULL, &c.job);
	assert_int_equal(c.result, 0);
	fsk_pool_free(NULL);
}

static void queued_jobs_are_left_at_the_end(void **state)
{
	struct count *jobs = calloc(JOBS, sizeof(*jobs));
	uint64_t lanes[LANES_MAX] = { 0 };
	struct fsk_pool *p = fsk_pool_new(2);

	(void) state;
	assert_non_null(jobs);
	for (unsigned i = 0; i < JOBS; i++) {
		jobs[i].job.run = square;
		jobs[i].lanes = lanes;
		fsk_pool_submit(p, &jobs[i].job, false);
	}
	fsk_pool_free(p);
	assert_in_range(lanes[1] + lanes[2], 0, JOBS);
	assert_int_equal(lanes[0], 0);
	free(jobs);
}

static void there_is_a_core(void **state)
{
	(void) state;
	assert_true(fsk_cpu_count() >= 1);
}

/* ---- an image read with and without threads ---- */

#define SIZE (480 * 1024 + 512)

/* Some chunks are damaged, some near one another; one whole table is gone. */
static void damage(struct image *im)
{
	static const size_t bad[] = { 3, 40, 41, 43, 200, 479 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct image_chunk *c = &im->chunks[bad[i]];
		im->segs[c->segment].data[c->offset + c->length / 2] ^= 0x55;
		im->segs[c->segment].data[c->offset] ^= 0xff;
	}
}

struct reading {
	struct fsk_source *s;
	struct fsk_pool *pool;
	struct seen seen;
};

static void open_reading(struct reading *r, const struct image *im, unsigned threads)
{
	assert_int_equal(image_open(&r->s, im, 0xff, &r->seen, NULL), 0);
	r->pool = threads > 0 ? fsk_pool_new(threads) : NULL;
	fsk_source_use_pool(r->s, r->pool);
}

static void close_reading(struct reading *r)
{
	fsk_source_close(r->s);
	fsk_pool_free(r->pool);
	seen_free(&r->seen);
}

static uint32_t next_random(uint32_t *x)
{
	*x = *x * 1664525u + 1013904223u;
	return *x >> 8;
}

/* The same place with both; now and then a hint, which changes nothing. */
static void read_both(struct reading *one, struct reading *many, uint8_t *a, uint8_t *b,
                      uint64_t off, size_t n, uint32_t x)
{
	if (x % 5 == 0)
		fsk_source_prefetch(many->s, x * 977u % SIZE, x % 90000);
	memset(a, 0xaa, n);
	memset(b, 0xbb, n);
	fsk_source_read(one->s, a, n, off);
	fsk_source_read(many->s, b, n, off);
	assert_memory_equal(a, b, n);
	assert_int_equal(one->s->bad.generation, many->s->bad.generation);
}

static void same_complaints(const struct reading *one, const struct reading *many)
{
	const struct fsk_rangelog *a = &one->s->bad, *b = &many->s->bad;

	assert_true(seen_count(&one->seen) > 0);
	assert_true(json_equal(one->seen.list, many->seen.list));
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->ranges, b->ranges, a->count * sizeof(*a->ranges));
}

/* Jumps, short runs in sequence and long ones. */
static void patterns(struct reading *one, struct reading *many, uint32_t x)
{
	uint8_t *a = malloc(SIZE), *b = malloc(SIZE);

	assert_non_null(a);
	assert_non_null(b);
	for (int round = 0; round < 60; round++) {
		uint64_t off = next_random(&x) % SIZE;
		size_t n = 1 + next_random(&x) % (round % 3 == 0 ? 100000 : 5000);
		int steps = 1 + (int) (next_random(&x) % 12);
		for (int i = 0; i < steps && off < SIZE; i++, off += n) {
			size_t inside = n < SIZE - off ? n : SIZE - off;
			read_both(one, many, a, b, off, inside, next_random(&x));
		}
	}
	read_both(one, many, a, b, 0, SIZE, 1);
	free(a);
	free(b);
}

static void threads_change_nothing(void **state)
{
	static const struct image_spec specs[] = {
		{ .size = SIZE, .segments = 3, .stored = true },
		{ .size = SIZE, .segments = 2, .table_chunks = 300 },
	};

	(void) state;
	for (unsigned i = 0; i < 8; i++) {
		struct image im;
		struct reading one, many;
		image_make(&im, &specs[i % 2]);
		damage(&im);
		open_reading(&one, &im, 0);
		open_reading(&many, &im, 1 + i % 4);
		patterns(&one, &many, i + 1);
		same_complaints(&one, &many);
		close_reading(&one);
		close_reading(&many);
		image_free(&im);
	}
}

/* What lies behind the sequence is damaged, is asked for ahead of time, and
 * is not read: nothing is said about it. */
static void damage_ahead_is_not_reported(void **state)
{
	struct image im;
	struct reading r;
	uint8_t buf[1024];

	(void) state;
	image_make(&im, &(struct image_spec){ .size = SIZE });
	damage(&im);
	open_reading(&r, &im, 3);
	for (uint64_t off = 10 * 1024; off < 40 * 1024; off += sizeof(buf)) {
		fsk_source_read(r.s, buf, sizeof(buf), off);
		assert_memory_equal(buf, im.medium + off, sizeof(buf));
	}
	assert_int_equal(seen_count(&r.seen), 0);
	assert_int_equal(r.s->bad.count, 0);
	fsk_source_read(r.s, buf, sizeof(buf), 40 * 1024);
	assert_int_equal(seen_count(&r.seen), 1);
	assert_int_equal(r.s->bad.count, 1);
	assert_int_equal(r.s->bad.ranges[0].offset, 40 * 1024);
	assert_int_equal(r.s->bad.ranges[0].length, 1024);
	for (size_t i = 0; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0);
	close_reading(&r);
	image_free(&im);
}

/* A pool that is taken away while chunks are under way. */
static void pools_come_and_go(void **state)
{
	struct image im;
	struct reading r;
	uint8_t *buf = malloc(SIZE);

	(void) state;
	assert_non_null(buf);
	image_make(&im, &(struct image_spec){ .size = SIZE });
	open_reading(&r, &im, 2);
	for (unsigned i = 0; i < 20; i++) {
		fsk_source_read(r.s, buf, 4000, 0);
		fsk_source_prefetch(r.s, 1000, SIZE);
		fsk_source_use_pool(r.s, i % 2 == 0 ? NULL : r.pool);
		fsk_source_read(r.s, buf, SIZE, 0);
		assert_memory_equal(buf, im.medium, SIZE);
	}
	assert_int_equal(seen_count(&r.seen), 0);
	close_reading(&r);
	image_free(&im);
	free(buf);
}

#define RANGES 64

static void fill_list(struct fsk_read *list, uint8_t *bufs, uint32_t x)
{
	for (size_t i = 0; i < RANGES; i++) {
		list[i].length = next_random(&x) % 4000;
		list[i].offset = next_random(&x) % (SIZE - list[i].length);
		list[i].buf = bufs + i * 4000;
	}
}

static void batches_are_single_reads(void **state)
{
	struct image im;
	struct reading one, many;
	struct fsk_read list[RANGES];
	uint8_t *bufs = malloc((size_t) RANGES * 4000), *want = malloc(4000);

	(void) state;
	assert_non_null(bufs);
	assert_non_null(want);
	image_make(&im, &(struct image_spec){ .size = SIZE, .stored = true });
	damage(&im);
	for (unsigned threads = 0; threads < 4; threads++) {
		open_reading(&one, &im, 0);
		open_reading(&many, &im, threads);
		fill_list(list, bufs, threads);
		list[7].offset = 2 * 1024; /* damage is in it */
		list[7].length = 3000;
		fsk_source_read_many(many.s, list, RANGES);
		for (size_t i = 0; i < RANGES; i++) {
			assert_true(i == 0 || list[i - 1].offset <= list[i].offset);
			fsk_source_read(one.s, want, list[i].length, list[i].offset);
			assert_memory_equal(list[i].buf, want, list[i].length);
		}
		same_complaints(&one, &many);
		close_reading(&one);
		close_reading(&many);
	}
	image_free(&im);
	free(bufs);
	free(want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_job_runs_once),
		cmocka_unit_test(jobs_of_a_row_wait),
		cmocka_unit_test(cancelled_jobs_run_or_do_not),
		cmocka_unit_test(no_pool_runs_when_waited_for),
		cmocka_unit_test(queued_jobs_are_left_at_the_end),
		cmocka_unit_test(there_is_a_core),
		cmocka_unit_test(threads_change_nothing),
		cmocka_unit_test(damage_ahead_is_not_reported),
		cmocka_unit_test(pools_come_and_go),
		cmocka_unit_test(batches_are_single_reads),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
