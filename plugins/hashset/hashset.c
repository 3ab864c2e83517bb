#include "plugins/hashset/hashset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/text.h"
#include "plugins/hashset/parts.h"

#define RECENT 4096 /* labels that are remembered, so that equal ones are kept once */

struct fsk_hashset {
	struct fsk_hash_table tables[FSK_HASH_KINDS];
	struct fsk_buf labels; /* NUL-terminated texts; the first is "" */
	struct fsk_hashset_problem *problems;
	size_t nproblems, bad, lines, duplicates, unlabelled;
};

static const struct {
	const char *name;
	size_t size;
} kinds[FSK_HASH_KINDS] = { { "md5", 16 }, { "sha1", 20 }, { "sha256", 32 } };

const char *fsk_hash_kind_name(enum fsk_hash_kind kind)
{
	return kinds[kind].name;
}

size_t fsk_hash_size(enum fsk_hash_kind kind)
{
	return kinds[kind].size;
}

enum fsk_hash_kind fsk_hash_of_digits(size_t digits)
{
	enum fsk_hash_kind k = FSK_HASH_MD5;

	while (k < FSK_HASH_KINDS && kinds[k].size * 2 != digits)
		k++;
	return k;
}

/* --- first pass: how many there are --- */

static void count_entry(void *arg, uint32_t line, enum fsk_hash_kind kind, const char *hex,
                        struct fsk_hash_part label)
{
	size_t *n = arg;

	(void) line;
	(void) hex;
	(void) label;
	n[kind]++;
}

static void count_bad(void *arg, uint32_t line, const char *why)
{
	(void) arg;
	(void) line;
	(void) why;
}

static int make_room(struct fsk_hashset *s, const char *text, size_t len, struct fsk_err *err)
{
	size_t n[FSK_HASH_KINDS] = { 0 };
	const struct fsk_hash_visitor v = { n, count_entry, count_bad };

	s->lines = fsk_hash_lines(text, len, &v);
	for (int k = 0; k < FSK_HASH_KINDS; k++) {
		int rc = fsk_hash_table_open(&s->tables[k], (enum fsk_hash_kind) k, n[k], err);

		if (rc < 0)
			return rc;
	}
	s->problems = calloc(FSK_HASHSET_PROBLEMS_MAX, sizeof(s->problems[0]));
	return s->problems ? 0 : fsk_err_set(err, FSK_ENOMEM, "no memory for a list");
}

/* --- second pass: what they are --- */

struct load {
	struct fsk_hashset *set;
	uint32_t recent[RECENT]; /* places in the labels */
	int rc;
	struct fsk_err err;
};

static uint32_t slot_of(struct fsk_hash_part p)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < p.len; i++)
		h = (h ^ (uint8_t) p.at[i]) * 16777619u;
	return (h ^ h >> 12) % RECENT;
}

/* Appends; 0, which is "", when there is no room. */
static uint32_t new_label(struct load *l, struct fsk_hash_part p)
{
	struct fsk_buf *b = &l->set->labels;
	size_t at = b->len;

	if (fsk_text_append_utf8(b, p.at, p.len, &l->err) == 0 &&
	    fsk_buf_append_u8(b, 0, &l->err) == 0)
		return (uint32_t) at;
	b->len = at;
	if (l->err.code != FSK_ELIMIT)
		l->rc = l->err.code;
	l->set->unlabelled++;
	return 0;
}

/* The part of a label that is kept: no NUL, no half letter at its end. */
static struct fsk_hash_part kept_part(struct fsk_hash_part p)
{
	const char *nul = memchr(p.at, '\0', p.len);

	if (nul != NULL)
		p.len = (size_t) (nul - p.at);
	if (p.len <= FSK_HASHSET_LABEL_MAX)
		return p;
	p.len = FSK_HASHSET_LABEL_MAX;
	while (p.len > 0 && ((uint8_t) p.at[p.len] & 0xc0) == 0x80)
		p.len--;
	return p;
}

static uint32_t keep_label(struct load *l, struct fsk_hash_part p)
{
	const char *labels = (const char *) l->set->labels.data;
	uint32_t *seen, at;

	p = kept_part(p);
	if (p.len == 0)
		return 0;
	seen = &l->recent[slot_of(p)];
	if (strlen(labels + *seen) == p.len && memcmp(labels + *seen, p.at, p.len) == 0)
		return *seen;
	at = new_label(l, p);
	if (at != 0)
		*seen = at;
	return at;
}

static void add_bad(void *arg, uint32_t line, const char *why)
{
	struct load *l = arg;
	struct fsk_hashset *s = l->set;

	s->bad++;
	if (s->nproblems == FSK_HASHSET_PROBLEMS_MAX)
		return;
	s->problems[s->nproblems].line = line;
	snprintf(s->problems[s->nproblems].text, sizeof(s->problems[0].text), "%s", why);
	s->nproblems++;
}

/* Files of no bytes are everywhere, and lists that have their digest would find them all. */
static bool is_of_nothing(enum fsk_hash_kind kind, const uint8_t *digest)
{
	static const uint8_t first[FSK_HASH_KINDS][8] = {
		{ 0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04 },
		{ 0xda, 0x39, 0xa3, 0xee, 0x5e, 0x6b, 0x4b, 0x0d },
		{ 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14 },
	};

	return memcmp(first[kind], digest, 8) == 0;
}

static void add_entry(void *arg, uint32_t line, enum fsk_hash_kind kind, const char *hex,
                      struct fsk_hash_part label)
{
	uint8_t digest[FSK_HASH_BYTES_MAX];
	struct load *l = arg;

	if (!fsk_hash_unhex(digest, hex, fsk_hash_size(kind) * 2))
		return;
	if (is_of_nothing(kind, digest))
		add_bad(arg, line, "left out: the digest of files without content");
	else
		fsk_hash_table_add(&l->set->tables[kind], digest, line, keep_label(l, label));
}

static int fill(struct fsk_hashset *s, const char *text, size_t len, struct fsk_err *err)
{
	struct load *l = calloc(1, sizeof(*l));
	const struct fsk_hash_visitor v = { l, add_entry, add_bad };
	int rc;

	if (l == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a list");
	l->set = s;
	fsk_buf_init(&s->labels, FSK_HASHSET_LABELS_MAX);
	rc = fsk_buf_append_u8(&s->labels, 0, err);
	if (rc == 0) {
		fsk_hash_lines(text, len, &v);
		rc = l->rc;
	}
	if (rc < 0)
		fsk_err_set(err, rc, "no memory for a list");
	free(l);
	return rc;
}

static int seal(struct fsk_hashset *s, struct fsk_err *err)
{
	for (int k = 0; k < FSK_HASH_KINDS; k++) {
		int64_t n = fsk_hash_table_seal(&s->tables[k], err);

		if (n < 0)
			return (int) n;
		s->duplicates += (size_t) n;
	}
	return 0;
}

/* Lines have 32 bits, and so have places in the index. */
static int test_size(const char *text, size_t len, struct fsk_err *err)
{
	size_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	if (len > FSK_HASHSET_TEXT_MAX || lines > FSK_HASHSET_LINES_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "a list of %zu lines in %zu bytes", lines, len);
	return 0;
}

int fsk_hashset_load(struct fsk_hashset **out, const char *text, size_t len, struct fsk_err *err)
{
	struct fsk_hashset *s;
	int rc = test_size(text, len, err);

	*out = NULL;
	if (rc < 0)
		return rc;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a list");
	rc = make_room(s, text, len, err);
	if (rc == 0)
		rc = fill(s, text, len, err);
	if (rc == 0)
		rc = seal(s, err);
	if (rc < 0) {
		fsk_hashset_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

void fsk_hashset_free(struct fsk_hashset *s)
{
	if (s == NULL)
		return;
	for (int k = 0; k < FSK_HASH_KINDS; k++)
		fsk_hash_table_close(&s->tables[k]);
	fsk_buf_free(&s->labels);
	free(s->problems);
	free(s);
}

void fsk_hashset_counts(struct fsk_hashset_counts *out, const struct fsk_hashset *s)
{
	*out = (struct fsk_hashset_counts){
		.lines = s->lines,
		.duplicates = s->duplicates,
		.bad = s->bad,
		.problems = s->problems,
		.nproblems = s->nproblems,
		.unlabelled = s->unlabelled,
		.memory = sizeof(*s) + s->labels.cap +
		          FSK_HASHSET_PROBLEMS_MAX * sizeof(s->problems[0]),
	};
	for (int k = 0; k < FSK_HASH_KINDS; k++) {
		out->entries[k] = s->tables[k].count;
		out->memory += fsk_hash_table_memory(&s->tables[k]);
	}
}

bool fsk_hashset_find(struct fsk_hashset_hit *out, const struct fsk_hashset *s, const char *hex,
                      size_t len)
{
	uint8_t digest[FSK_HASH_BYTES_MAX];
	enum fsk_hash_kind kind = fsk_hash_of_digits(len);
	uint32_t label;

	if (kind == FSK_HASH_KINDS || !fsk_hash_unhex(digest, hex, len) ||
	    !fsk_hash_table_find(&out->line, &label, &s->tables[kind], digest))
		return false;
	out->kind = kind;
	out->label = (const char *) s->labels.data + label;
	return true;
}
