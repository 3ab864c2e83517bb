/* fsls [-d] [-r] [-o] [-w] [-b OFFSET:LENGTH] [-g GLOB]… FILE…: opens the files as one
 * evidence source and prints what is on it, one JSON line for each volume and
 * entry; anomalies go to standard error.
 *   -d  deleted names, too
 *   -r  reads every stream and adds its SHA-256, status and bad ranges
 *   -o  reads them in the order of the medium, by their records where that can be
 *   -i  from the index of the volume, also where folders would be sooner
 *   -w  walks folder by folder, without an index of the volume
 *   -b  pretends that a range of the medium is unreadable
 *   -g  what to list instead of everything, repeatable
 * The last line on standard error counts the bytes read from the medium. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/limits.h"
#include "core/evidence/fs.h"
#include "core/evidence/order.h"
#include "core/evidence/source.h"
#include "core/evidence/volume.h"
#include "core/model/types.h"

struct options {
	bool deleted, read, order, walk, index;
	uint64_t bad_at, bad_length;
	struct fsk_globset globs;
};

/* The medium with a hole in it, and a count of what was read. */
struct holed {
	struct fsk_source *inner;
	uint64_t bad_at, bad_length, bytes;
};

static int read_holed(void *impl, void *buf, size_t n, uint64_t off, struct fsk_err *err)
{
	struct holed *h = impl;

	if (off < h->bad_at + h->bad_length && off + n > h->bad_at)
		return fsk_err_set(err, FSK_EIO, "unreadable by request");
	fsk_source_read(h->inner, buf, n, off);
	h->bytes += n;
	return 0;
}

static void close_holed(void *impl)
{
	(void) impl;
}

static const struct fsk_source_ops holed_ops = { .format = "test",
	                                         .read_at = read_holed,
	                                         .close = close_holed };

static void print_line(FILE *out, json_t *j)
{
	char *line = fsk_json_line(j);

	fprintf(out, "%s\n", line != NULL ? line : "null");
	free(line);
}

static void report(void *arg, json_t *anomaly)
{
	(void) arg;
	print_line(stderr, anomaly);
}

static int digest_stream(json_t *o, struct fsk_stream *st, uint8_t *buf, struct fsk_err *err)
{
	const struct fsk_rangelog *bad = fsk_stream_bad(st);
	struct fsk_digests d;
	struct fsk_digest *sum;
	json_t *ranges = json_array();
	uint64_t off = 0, holes = 0;
	int64_t n = 1;
	bool sparse;

	if (fsk_digest_new(&sum, FSK_DIGEST_SHA256, err) < 0)
		abort();
	while (n > 0) {
		n = fsk_stream_read(st, buf, FSK_FILE_PIECE, off, &sparse, err);
		if (n > 0) {
			fsk_digest_update(sum, buf, (size_t) n, err);
			off += (uint64_t) n;
			holes += sparse ? 1 : 0;
		}
	}
	fsk_digest_final(&d, sum, err);
	fsk_digest_free(sum);
	for (size_t i = 0; i < bad->count; i++)
		json_array_append_new(ranges, json_pack("[I,I]", (json_int_t) bad->ranges[i].offset,
		                                        (json_int_t) bad->ranges[i].length));
	json_object_set_new(o, "sha256", json_string(d.sha256));
	json_object_set_new(o, "read", json_integer((json_int_t) off));
	json_object_set_new(o, "holes", json_integer((json_int_t) holes));
	json_object_set_new(o, "status", json_string(fsk_status_name(fsk_stream_status(st))));
	json_object_set_new(o, "bad", ranges);
	return (int) n;
}

/* `rc` is what opening the stream gave. */
static void add_content(json_t *o, struct fsk_stream *const *st, int rc, struct fsk_err *err)
{
	uint8_t *buf = malloc(FSK_FILE_PIECE);

	if (buf == NULL)
		abort();
	if (rc < 0 || digest_stream(o, *st, buf, err) < 0)
		json_object_set_new(o, "error", fsk_json_text(err->msg));
	fsk_stream_close(*st);
	free(buf);
}

static json_t *entry_json(const struct fsk_entry *e)
{
	json_t *o = fsk_locator_to_json(&e->loc);

	json_object_set_new(o, "type", json_string(fsk_entry_type_name(e->type)));
	json_object_set_new(o, "size", json_integer((json_int_t) e->size));
	json_object_set_new(o, "times", fsk_times_to_json(&e->times));
	return o;
}

static bool has_content(const struct fsk_entry *e)
{
	return e->type == FSK_ENTRY_FILE || e->loc.stream != NULL;
}

static void read_as_listed(json_t **rows, struct fsk_fs *fs, const struct fsk_entries *l)
{
	for (size_t i = 0; i < l->count; i++) {
		struct fsk_stream *st = NULL;
		struct fsk_err err = { 0 };

		if (has_content(&l->items[i]))
			add_content(rows[i], &st, fsk_stream_open(&st, fs, &l->items[i].loc, &err),
			            &err);
	}
}

static void read_in_order(json_t **rows, struct fsk_fs *fs, const struct fsk_entries *l)
{
	const struct fsk_locator **locs = calloc(l->count + 1, sizeof(*locs));
	struct fsk_order *order;
	int64_t i;

	for (size_t k = 0; locs != NULL && k < l->count; k++)
		locs[k] = &l->items[k].loc;
	if (locs == NULL || fsk_order_new(&order, fs, locs, l->count, FSK_ORDER_LOOK, NULL) < 0)
		abort();
	while ((i = fsk_order_next(order)) >= 0) {
		struct fsk_stream *st = NULL;
		struct fsk_err err = { 0 };

		fsk_order_ahead(order, 0);
		if (has_content(&l->items[i]))
			add_content(rows[i], &st, fsk_order_open(&st, order, &err), &err);
	}
	fsk_order_free(order);
	free(locs);
}

static void print_entries(struct fsk_fs *fs, const struct fsk_entries *l, const struct options *opt)
{
	json_t **rows = calloc(l->count + 1, sizeof(json_t *));

	if (rows == NULL)
		abort();
	for (size_t i = 0; i < l->count; i++)
		rows[i] = entry_json(&l->items[i]);
	if (opt->read && opt->order)
		read_in_order(rows, fs, l);
	else if (opt->read)
		read_as_listed(rows, fs, l);
	for (size_t i = 0; i < l->count; i++) {
		print_line(stdout, rows[i]);
		json_decref(rows[i]);
	}
	free(rows);
}

static int list_volume(struct fsk_source *s, const struct fsk_volume *v, const struct options *opt)
{
	struct fsk_entries l = { 0 };
	struct fsk_err err = { 0 };
	unsigned flags = (opt->deleted ? FSK_GLOB_DELETED : 0) | (opt->index ? FSK_GLOB_INDEX : 0);
	struct fsk_fs *fs;
	int rc = fsk_fs_open(&fs, s, v, &err);

	if (rc == 0 && opt->walk)
		fsk_fs_walk_only(fs);
	if (rc == 0)
		rc = fsk_fs_glob(&l, fs, &opt->globs, flags, &err);
	if (rc == 0)
		print_entries(fs, &l, opt);
	else
		fprintf(stderr, "fsls: %s\n", err.msg);
	if (rc == 0)
		fprintf(stderr, "way: %s, %s\n", fsk_way_name(fsk_fs_last_plan(fs)->way),
		        fsk_fs_last_plan(fs)->reason);
	fsk_entries_free(&l);
	fsk_fs_close(fs);
	return rc < 0;
}

static int run(struct fsk_source *s, const struct options *opt)
{
	struct fsk_volumes v;
	struct fsk_err err = { 0 };
	int rc = 0;

	if (fsk_volumes_scan(&v, s, &err) < 0) {
		fprintf(stderr, "fsls: %s\n", err.msg);
		return 1;
	}
	for (size_t i = 0; i < v.count; i++) {
		json_t *j = fsk_volume_to_json(&v.items[i]);

		print_line(stdout, j);
		json_decref(j);
		if (v.items[i].fs[0] != '\0')
			rc |= list_volume(s, &v.items[i], opt);
	}
	fsk_volumes_free(&v);
	return rc;
}

static int open_files(struct fsk_source **out, char **names, size_t count, struct fsk_err *err)
{
	struct fsk_segment *segs = calloc(count, sizeof(*segs));
	int rc = segs != NULL ? 0 : FSK_ENOMEM;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		const char *slash = strrchr(names[i], '/');

		rc = fsk_file_open(&segs[i].file, names[i], err);
		segs[i].name = strdup(slash != NULL ? slash + 1 : names[i]);
	}
	if (rc == 0)
		rc = fsk_source_open(out, 0, segs, count, (struct fsk_anomaly_sink){ report, NULL },
		                     err);
	for (size_t i = 0; rc < 0 && segs != NULL && i < count; i++) {
		fsk_file_close(&segs[i].file);
		free(segs[i].name);
	}
	free(segs);
	return rc;
}

static void parse(struct options *opt, int argc, char **argv)
{
	struct fsk_err err;
	char *colon;
	int c;

	while ((c = getopt(argc, argv, "idrowb:g:")) != -1) {
		if (c == 'd')
			opt->deleted = true;
		else if (c == 'r')
			opt->read = true;
		else if (c == 'o')
			opt->order = true;
		else if (c == 'w')
			opt->walk = true;
		else if (c == 'i')
			opt->index = true;
		else if (c == 'b' && (colon = strchr(optarg, ':')) != NULL) {
			opt->bad_at = strtoull(optarg, NULL, 0);
			opt->bad_length = strtoull(colon + 1, NULL, 0);
		} else if (c != 'g' || fsk_globset_add(&opt->globs, optarg, &err) < 0) {
			exit(2);
		}
	}
	if (opt->globs.count == 0 && (fsk_globset_add(&opt->globs, "**", &err) < 0 ||
	                              fsk_globset_add(&opt->globs, "**/*:*", &err) < 0))
		exit(2);
}

int main(int argc, char **argv)
{
	struct options opt = { 0 };
	struct holed h = { 0 };
	struct fsk_source s;
	struct fsk_err err = { 0 };
	int rc;

	parse(&opt, argc, argv);
	if (optind == argc ||
	    open_files(&h.inner, argv + optind, (size_t) (argc - optind), &err) < 0) {
		fprintf(stderr, "fsls: %s\n", err.msg);
		fsk_globset_free(&opt.globs);
		return 1;
	}
	h.bad_at = opt.bad_at;
	h.bad_length = opt.bad_length;
	s = *h.inner;
	s.ops = &holed_ops;
	s.impl = &h;
	fsk_rangelog_init(&s.bad);
	rc = run(&s, &opt);
	fprintf(stderr, "bytes %llu\n", (unsigned long long) h.bytes);
	fsk_rangelog_free(&s.bad);
	fsk_source_close(h.inner);
	fsk_globset_free(&opt.globs);
	return rc;
}
