/* A hive is opened, and every key and value of it read. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/registry/deleted.h"
#include "core/registry/find.h"
#include "core/registry/hive.h"
#include "core/registry/peer.h"

#define CHECKSUM_AT 508

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct fsk_key *k)
{
	struct fsk_value v;
	struct fsk_key *sub;
	size_t n;

	if (fsk_key_values(&n, k, NULL) == 0)
		for (size_t i = 0; i < n; i++)
			if (fsk_key_value(&v, k, i, NULL) == 0)
				fsk_value_free(&v);
	if (fsk_key_subkeys(&n, k, NULL) == 0) {
		for (size_t i = 0; i < n; i++) {
			if (fsk_key_subkey(&sub, k, i, NULL) < 0)
				continue;
			walk(sub);
			fsk_key_free(sub);
		}
	}
}

/* Ends: each place is told once. */
static void search(struct fsk_hive *h)
{
	struct fsk_deleted_list l;
	struct fsk_keyfind *f;
	struct fsk_key *k;
	char *text;
	int rc;

	if (fsk_keyfind_new(&f, h, "**\\*", NULL) == 0) {
		while ((rc = fsk_keyfind_next(&k, f, NULL)) != 0) {
			if (rc < 0)
				continue;
			if (fsk_key_owner(&text, k, NULL) == 0)
				free(text);
			if (fsk_key_class(&text, k, NULL) == 0)
				free(text);
			fsk_key_free(k);
		}
		fsk_keyfind_free(f);
	}
	fsk_hive_deleted(&l, h, NULL);
	fsk_deleted_free(&l);
}

/* What is in order for us, libregf reads as we do. */
static void compare(struct fsk_hive *h)
{
	struct fsk_peer p;

	if (fsk_hive_compare(&p, h, NULL) == 0 && p.differences > 0) {
		fprintf(stderr, "%s\n", p.first);
		abort();
	}
}

static void read_all(struct fsk_buf *b)
{
	struct fsk_hive *h;
	struct fsk_key *k;

	if (fsk_hive_open(&h, b, NULL) < 0)
		return;
	for (size_t i = 0; fsk_hive_damage(h, i) != NULL; i++)
		if (fsk_hive_damage(h, i)[0] == '\0')
			abort();
	if (fsk_hive_root(&k, h, NULL) == 0) {
		walk(k);
		fsk_key_free(k);
	}
	search(h);
	compare(h);
	if (fsk_hive_key(&k, h, "A\\b", NULL) == 0)
		fsk_key_free(k);
	fsk_hive_close(h);
}

/* libregf is given only hives whose checksum is right. */
static void mend_checksum(struct fsk_buf *b)
{
	uint8_t sum[4] = { 0 };

	for (size_t i = 0; i < CHECKSUM_AT; i++)
		sum[i % 4] ^= b->data[i];
	for (size_t i = 0; i < 4; i++)
		b->data[CHECKSUM_AT + i] = sum[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fsk_buf b;

	fsk_buf_init(&b, FSK_HIVE_MAX);
	if (fsk_buf_append(&b, data, size, NULL) == 0)
		read_all(&b);
	if (size >= CHECKSUM_AT + 4 && fsk_buf_append(&b, data, size, NULL) == 0) {
		mend_checksum(&b);
		read_all(&b);
	}
	return 0;
}
