/* A list of digests: each one that it told is found again. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plugins/hashset/parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void find_entry(void *arg, uint32_t line, enum fsk_hash_kind kind, const char *hex,
                       struct fsk_hash_part label)
{
	static const char nothing[FSK_HASH_KINDS][9] = { "d41d8cd9", "da39a3ee", "e3b0c442" };
	struct fsk_hashset_hit hit;

	(void) label;
	if (fsk_hashset_find(&hit, arg, hex, fsk_hash_size(kind) * 2)) {
		if (hit.line > line || hit.kind != kind)
			abort();
	} else if (strncasecmp(hex, nothing[kind], 8) != 0) {
		abort();
	}
}

static void pass_bad(void *arg, uint32_t line, const char *why)
{
	(void) arg;
	(void) line;
	(void) why;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fsk_hashset *s;
	struct fsk_hashset_counts c;

	if (fsk_hashset_load(&s, (const char *) data, size, NULL) < 0)
		return 0;
	const struct fsk_hash_visitor v = { s, find_entry, pass_bad };
	fsk_hash_lines((const char *) data, size, &v);
	fsk_hashset_counts(&c, s);
	fsk_hashset_free(s);
	return 0;
}
