/* Prints a registry hive as text, one fact a line, fields parted by tabs:
 *
 *   E code message                 it could not be opened
 *   H sequence1 sequence2 dirty keys values damaged name
 *   D sentence                     a damaged place
 *   K path name time class owner
 *   V path name type size shown    text, number, strings parted by '|', or hex
 *   X sentence                     a key or value that could not be read
 *   P read keys values differences first    with -p: what libregf reads of it
 *   R dirty applied entries pages bytes grown    with logs: what replay did
 *   L state entries pages note                   for each log
 *
 * hivedump [-p] FILE [LOG…]. Names are escaped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/registry/hive.h"
#include "core/registry/peer.h"
#include "core/registry/replay.h"

#define SHOWN_BYTES 512

static void field(const char *s)
{
	struct fsk_buf b;

	fsk_buf_init(&b, 16u * FSK_MIB);
	fsk_text_append_escaped(&b, s, strlen(s), NULL);
	putchar('\t');
	if (b.len > 0)
		fwrite(b.data, 1, b.len, stdout);
	fsk_buf_free(&b);
}

static void show_data(const struct fsk_value *v)
{
	if (v->text != NULL) {
		field(v->text);
	} else if (v->list != NULL) {
		for (size_t i = 0; v->list[i] != NULL; i++) {
			field(v->list[i]);
			putchar('|');
		}
	} else if (v->type == FSK_REG_DWORD || v->type == FSK_REG_DWORD_BE ||
	           v->type == FSK_REG_QWORD) {
		printf("\t%llu", (unsigned long long) v->number);
	} else {
		putchar('\t');
		for (size_t i = 0; i < v->size && i < SHOWN_BYTES; i++)
			printf("%02x", v->data[i]);
	}
}

static void dump_values(struct fsk_key *k)
{
	struct fsk_err err = { 0 };
	char type[24];
	size_t count;

	if (fsk_key_values(&count, k, &err) < 0)
		printf("X\t%s\n", err.msg);
	for (size_t i = 0; i < count; i++) {
		struct fsk_value v;

		if (fsk_key_value(&v, k, i, &err) < 0) {
			printf("X\t%s\n", err.msg);
			continue;
		}
		putchar('V');
		field(fsk_key_path(k));
		field(v.name);
		printf("\t%s\t%zu", fsk_regtype_name(type, v.type), v.size);
		show_data(&v);
		putchar('\n');
		fsk_value_free(&v);
	}
}

static void fact(const struct fsk_key *k,
                 int (*get)(char **, const struct fsk_key *, struct fsk_err *))
{
	char *text = NULL;

	field(get(&text, k, NULL) == 0 ? text : "");
	free(text);
}

static void dump_key(struct fsk_key *k)
{
	char iso[FSK_TIME_STR_MAX];
	struct fsk_err err = { 0 };
	size_t count;

	putchar('K');
	field(fsk_key_path(k));
	field(fsk_key_name(k));
	printf("\t%s", fsk_time_iso(iso, fsk_key_written(k)));
	fact(k, fsk_key_class);
	fact(k, fsk_key_owner);
	putchar('\n');
	dump_values(k);
	if (fsk_key_subkeys(&count, k, &err) < 0)
		printf("X\t%s\n", err.msg);
	for (size_t i = 0; i < count; i++) {
		struct fsk_key *sub;

		if (fsk_key_subkey(&sub, k, i, &err) < 0) {
			printf("X\t%s\n", err.msg);
			continue;
		}
		dump_key(sub);
		fsk_key_free(sub);
	}
}

static void dump_peer(struct fsk_hive *hive)
{
	struct fsk_err err = { 0 };
	struct fsk_peer p;

	if (fsk_hive_compare(&p, hive, &err) < 0)
		printf("X\t%s\n", err.msg);
	printf("P\t%d\t%zu\t%zu\t%zu\t%s\n", p.read, p.keys, p.values, p.differences, p.first);
}

static int dump(struct fsk_buf *data, bool peer)
{
	const struct fsk_hive_info *info;
	struct fsk_err err = { 0 };
	struct fsk_hive *hive;
	struct fsk_key *root;
	int rc = fsk_hive_open(&hive, data, &err);

	if (rc < 0) {
		printf("E\t%s\t%s\n", fsk_code_name(rc), err.msg);
		return 1;
	}
	info = fsk_hive_info(hive);
	printf("H\t%u\t%u\t%d\t%zu\t%zu\t%zu", info->sequence1, info->sequence2, info->dirty,
	       info->keys, info->values, info->damaged);
	field(info->name);
	putchar('\n');
	for (size_t i = 0; fsk_hive_damage(hive, i) != NULL; i++)
		printf("D\t%s\n", fsk_hive_damage(hive, i));
	if (fsk_hive_root(&root, hive, &err) < 0) {
		printf("X\t%s\n", err.msg);
	} else {
		dump_key(root);
		fsk_key_free(root);
	}
	if (peer)
		dump_peer(hive);
	fsk_hive_close(hive);
	return 0;
}

static void print_replay(const struct fsk_replay *r, size_t n)
{
	printf("R\t%d\t%d\t%u\t%u\t%llu\t%llu\n", r->dirty, r->applied, r->entries, r->pages,
	       (unsigned long long) r->bytes, (unsigned long long) r->grown);
	for (size_t i = 0; i < n; i++)
		printf("L\t%s\t%u\t%u\t%s\n", fsk_log_state_name(r->logs[i].state),
		       r->logs[i].entries, r->logs[i].pages, r->logs[i].note);
}

static int replay(struct fsk_buf *hive, char **paths, size_t n, struct fsk_err *err)
{
	struct fsk_hive_log logs[FSK_HIVE_LOGS_MAX];
	struct fsk_buf data[FSK_HIVE_LOGS_MAX];
	struct fsk_replay r;
	size_t read;
	int rc = 0;

	for (read = 0; rc == 0 && read < n; read++) {
		fsk_buf_init(&data[read], FSK_HIVE_MAX);
		rc = fsk_file_slurp(&data[read], paths[read], err);
		logs[read] = (struct fsk_hive_log){ data[read].data, data[read].len };
	}
	if (rc == 0)
		rc = fsk_replay_run(&r, hive, logs, n, err);
	if (rc == 0)
		print_replay(&r, n);
	while (read > 0)
		fsk_buf_free(&data[--read]);
	return rc;
}

int main(int argc, char **argv)
{
	bool peer = argc >= 3 && strcmp(argv[1], "-p") == 0;
	struct fsk_err err = { 0 };
	struct fsk_buf data;
	int status, logs = argc - 2 - peer;

	if (logs < 0 || logs > (int) FSK_HIVE_LOGS_MAX) {
		fprintf(stderr, "usage: hivedump [-p] FILE [LOG]...\n");
		return 64;
	}
	fsk_buf_init(&data, (size_t) FSK_HIVE_MAX + 1);
	if (fsk_file_slurp(&data, argv[1 + peer], &err) < 0 ||
	    (logs > 0 && replay(&data, argv + 2 + peer, (size_t) logs, &err) < 0)) {
		fprintf(stderr, "%s\n", err.msg);
		return 2;
	}
	status = dump(&data, peer);
	fsk_buf_free(&data);
	return status;
}
