/* srccat [-m] [-e] [-k] [-s SEED] [-r OFFSET]… FILE…: opens the files as one evidence source
 * and writes its bytes to standard output. Anomalies go to standard error, one JSON
 * line each. -m writes size, format, metadata and stored digests instead,
 * as JSON; -e reads nothing and only opens; -k also tests what opening puts
 * off; -r writes 64 KiB at an offset; -s reads pieces in an order that
 * the seed decides and compares them with the sequential read. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/evidence/source.h"
#include "core/model/types.h"

#define PIECES_MAX 100

static void print_json(FILE *out, const json_t *j)
{
	char *line = fsk_json_line(j);

	fprintf(out, "%s\n", line != NULL ? line : "null");
	free(line);
}

static void report(void *arg, json_t *anomaly)
{
	(void) arg;
	print_json(stderr, anomaly);
}

static int write_medium(struct fsk_source *s)
{
	uint8_t *buf = malloc(FSK_MIB);

	if (buf == NULL)
		return 1;
	for (uint64_t at = 0; at < s->size; at += FSK_MIB) {
		size_t n = s->size - at < FSK_MIB ? (size_t) (s->size - at) : FSK_MIB;
		fsk_source_read(s, buf, n, at);
		if (fwrite(buf, 1, n, stdout) != n)
			break;
	}
	free(buf);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}

static int write_pieces(struct fsk_source *s, const uint64_t *offsets, size_t n)
{
	static uint8_t piece[65536];

	for (size_t i = 0; i < n; i++) {
		fsk_source_read(s, piece, sizeof(piece), offsets[i]);
		if (fwrite(piece, 1, sizeof(piece), stdout) != sizeof(piece))
			return 1;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}

static void print_facts(const struct fsk_source *s)
{
	json_t *o = json_pack("{s:s, s:I, s:i, s:O, s:O}", "format", s->ops->format, "size",
	                      (json_int_t) s->size, "sector_size", (int) s->sector_size, "metadata",
	                      s->metadata, "stored", s->stored);

	print_json(stdout, o);
	json_decref(o);
}

/* A small generator, the same everywhere. */
static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static int compare_random(struct fsk_source *s, uint32_t seed)
{
	uint8_t *whole = malloc(s->size), piece[150000];
	int rc = 0;

	if (whole == NULL)
		return 1;
	fsk_source_read(s, whole, s->size, 0);
	for (int i = 0; i < 2000 && rc == 0; i++) {
		uint64_t at = next_random(&seed) % s->size;
		size_t n = 1 + next_random(&seed) % sizeof(piece);
		if (n > s->size - at)
			n = (size_t) (s->size - at);
		fsk_source_read(s, piece, n, at);
		if (memcmp(piece, whole + at, n) != 0) {
			printf("%zu bytes at %llu differ\n", n, (unsigned long long) at);
			rc = 1;
		}
	}
	free(whole);
	return rc;
}

static int open_source(struct fsk_source **out, char **paths, size_t n, struct fsk_err *err)
{
	struct fsk_segment *segs = calloc(n, sizeof(*segs));
	struct fsk_anomaly_sink sink = { report, NULL };
	size_t opened = 0;
	int rc = segs == NULL ? fsk_err_set(err, FSK_ENOMEM, "out of memory") : 0;

	for (; opened < n && rc == 0; opened++) {
		const char *slash = strrchr(paths[opened], '/');
		segs[opened].name = strdup(slash != NULL ? slash + 1 : paths[opened]);
		segs[opened].file.handle = -1;
		rc = fsk_file_open(&segs[opened].file, paths[opened], err);
	}
	if (rc == 0)
		rc = fsk_source_open(out, 0, segs, n, sink, err);
	for (size_t i = 0; rc < 0 && i < opened; i++) {
		fsk_file_close(&segs[i].file);
		free(segs[i].name);
	}
	free(segs);
	return rc;
}

int main(int argc, char **argv)
{
	struct fsk_source *s;
	struct fsk_err err;
	uint32_t seed = 0;
	uint64_t offsets[PIECES_MAX];
	size_t noffsets = 0;
	int mode = 'c', c, rc = 0;

	while ((c = getopt(argc, argv, "meks:r:")) != -1) {
		if (c == '?' || noffsets == PIECES_MAX)
			return 64;
		if (c == 'r')
			offsets[noffsets++] = strtoull(optarg, NULL, 10);
		mode = c;
		if (c == 's')
			seed = (uint32_t) strtoul(optarg, NULL, 10);
	}
	if (open_source(&s, argv + optind, (size_t) (argc - optind), &err) < 0) {
		fprintf(stderr, "%s: %s\n", fsk_code_name(err.code), err.msg);
		return 2;
	}
	if (mode == 'm')
		print_facts(s);
	else if (mode == 's')
		rc = compare_random(s, seed);
	else if (mode == 'c')
		rc = write_medium(s);
	else if (mode == 'r')
		rc = write_pieces(s, offsets, noffsets);
	else if (mode == 'k')
		fsk_source_check(s);
	fsk_source_close(s);
	return rc;
}
