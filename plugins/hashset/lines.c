/* Lines of lists of digests: which form one has, what of it is a digest, and what its name. */
#include <stdio.h>
#include <string.h>

#include "plugins/hashset/parts.h"

#define FIELDS_MAX 64 /* of one line; what follows belongs to none */
#define NAME_MAX 32   /* bytes of the name of a column that are looked at */

struct row {
	struct fsk_hash_part fields[FIELDS_MAX];
	size_t count;
};

struct lines {
	const struct fsk_hash_visitor *v;
	uint32_t line;
	bool begun;          /* an entry or a header was seen */
	char delimiter;      /* of the header; 0: none, each line has its own */
	uint64_t digests;    /* columns that the header calls by the name of a digest */
	uint64_t indicators; /* those that may hold something else as well */
	int label;           /* column, or -1 */
};

/* --- letters --- */

/* value and 1 more of each digit: most of the work on a list is here */
static const int8_t digits[256] = {
	['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16
};

static int hex_digit(char c)
{
	return digits[(unsigned char) c] - 1;
}

bool fsk_hash_unhex(uint8_t *out, const char *hex, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2) {
		int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i / 2] = (uint8_t) (high << 4 | low);
	}
	return true;
}

static size_t hex_run(struct fsk_hash_part p)
{
	size_t n = 0;

	while (n < p.len && hex_digit(p.at[n]) >= 0)
		n++;
	return n;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct fsk_hash_part trimmed(struct fsk_hash_part p)
{
	while (p.len > 0 && is_blank(p.at[0])) {
		p.at++;
		p.len--;
	}
	while (p.len > 0 && is_blank(p.at[p.len - 1]))
		p.len--;
	return p;
}

static struct fsk_hash_part after(struct fsk_hash_part p, size_t n)
{
	return (struct fsk_hash_part){ p.at + n, p.len - n };
}

static bool begins(struct fsk_hash_part p, const char *word)
{
	return p.len >= strlen(word) && memcmp(p.at, word, strlen(word)) == 0;
}

/* --- fields --- */

/* The delimiter that comes first outside of quotes, or 0. */
static char delimiter_of(struct fsk_hash_part p)
{
	bool quoted = false;

	for (size_t i = 0; i < p.len; i++) {
		if (p.at[i] == '"')
			quoted = !quoted;
		else if (!quoted && p.at[i] != '\0' && strchr("\t;,|", p.at[i]) != NULL)
			return p.at[i];
	}
	return 0;
}

/* Without the quotes around it; doubled ones inside stay, they are in no digest. */
static struct fsk_hash_part unquoted(struct fsk_hash_part p)
{
	p = trimmed(p);
	if (p.len >= 2 && p.at[0] == '"' && p.at[p.len - 1] == '"')
		return trimmed((struct fsk_hash_part){ p.at + 1, p.len - 2 });
	return p;
}

static void split(struct row *out, struct fsk_hash_part p, char delimiter)
{
	bool quoted = false;
	size_t from = 0;

	out->count = 0;
	for (size_t i = 0; i <= p.len && out->count < FIELDS_MAX; i++) {
		if (i < p.len && p.at[i] == '"')
			quoted = !quoted;
		if (i < p.len && (quoted || delimiter == 0 || p.at[i] != delimiter))
			continue;
		out->fields[out->count++] = unquoted(
		    (struct fsk_hash_part){ p.at + from, i - from });
		from = i + 1;
	}
}

/* The digest that a field is as a whole, perhaps with its kind in front ("sha256:…"). */
static enum fsk_hash_kind digest_of(struct fsk_hash_part *p)
{
	static const char *const prefixes[] = { "md5:", "sha1:", "sha256:",
		                                "MD5:", "SHA1:", "SHA256:" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (begins(*p, prefixes[i]))
			*p = trimmed(after(*p, strlen(prefixes[i])));
	}
	return hex_run(*p) == p->len ? fsk_hash_of_digits(p->len) : FSK_HASH_KINDS;
}

/* --- headers --- */

/* Lower-case letters and digits of a name: "SHA-256 Hash" is "sha256hash". */
static void plain_name(char out[NAME_MAX], struct fsk_hash_part p)
{
	size_t n = 0;

	for (size_t i = 0; i < p.len && n < NAME_MAX - 1; i++) {
		char c = p.at[i];

		if (c >= 'A' && c <= 'Z')
			c = (char) (c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[n++] = c;
	}
	out[n] = '\0';
}

static int position(const char *const *words, const char *name)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], name) == 0)
			return i;
	}
	return -1;
}

static const char *const digest_names[] = {
	"md5",        "sha1",      "sha256",     "md5hash",    "sha1hash",
	"sha256hash", "filemd5",   "filesha1",   "filesha256", "md5sum",
	"sha1sum",    "sha256sum", "md5digest",  "sha1digest", "sha256digest",
	"hashmd5",    "hashsha1",  "hashsha256", NULL
};
static const char *const indicator_names[] = {
	"hash", "hashes",   "filehash", "hashvalue",      "digest",     "checksum", "indicator",
	"ioc",  "iocvalue", "value",    "indicatorvalue", "observable", NULL
};
/* the best first */
static const char *const label_names[] = { "name",      "filename", "file",        "path",
	                                   "filepath",  "label",    "malware",     "family",
	                                   "signature", "comment",  "description", "note",
	                                   "title",     NULL };

/* Takes the row as a header when a column has a name that is known. */
static bool take_header(struct lines *l, const struct row *row, char delimiter)
{
	uint64_t digests = 0, indicators = 0;
	int best = -1, label = -1;
	char name[NAME_MAX];

	for (size_t i = 0; i < row->count; i++) {
		int rank;

		plain_name(name, row->fields[i]);
		rank = position(label_names, name);
		if (position(digest_names, name) >= 0)
			digests |= UINT64_C(1) << i;
		else if (position(indicator_names, name) >= 0)
			indicators |= UINT64_C(1) << i;
		else if (rank >= 0 && (best < 0 || rank < best)) {
			best = rank;
			label = (int) i;
		}
	}
	if ((digests | indicators) == 0)
		return false;
	*l = (struct lines){
		l->v, l->line, true, delimiter, digests | indicators, indicators, label
	};
	return true;
}

/* --- lines --- */

static void bad(struct lines *l, struct fsk_hash_part p)
{
	char why[96];
	size_t n = hex_run(p);

	if (n >= 16 && n == p.len)
		snprintf(why, sizeof(why), "%zu hex digits, where 32, 40 or 64 are a digest", n);
	else if (n >= 16)
		snprintf(why, sizeof(why), "no digest: byte 0x%02x behind %zu hex digits",
		         (unsigned) (uint8_t) p.at[n], n);
	else
		snprintf(why, sizeof(why), "no digest");
	l->v->bad(l->v->arg, l->line, why);
}

static void entry(struct lines *l, enum fsk_hash_kind kind, const char *hex,
                  struct fsk_hash_part label)
{
	l->begun = true;
	l->v->entry(l->v->arg, l->line, kind, hex, label);
}

/* "DIGEST  name", "DIGEST *name", and with a backslash in front when the name has odd letters. */
static bool take_sum(struct lines *l, struct fsk_hash_part p)
{
	enum fsk_hash_kind kind;
	struct fsk_hash_part label;
	size_t n;

	if (p.len > 0 && p.at[0] == '\\')
		p = after(p, 1);
	n = hex_run(p);
	kind = fsk_hash_of_digits(n);
	if (kind == FSK_HASH_KINDS || (n < p.len && p.at[n] != ' '))
		return false;
	label = trimmed(after(p, n));
	if (label.len > 0 && label.at[0] == '*')
		label = after(label, 1);
	entry(l, kind, p.at, label);
	return true;
}

/* "SHA256 (name) = DIGEST" */
static bool take_bsd(struct lines *l, struct fsk_hash_part p)
{
	const char *open = memchr(p.at, '(', p.len);
	size_t run = 0, label;
	enum fsk_hash_kind kind;

	while (run < p.len && hex_digit(p.at[p.len - 1 - run]) >= 0)
		run++;
	kind = fsk_hash_of_digits(run);
	if (open == NULL || kind == FSK_HASH_KINDS || run + 4 > p.len ||
	    memcmp(p.at + p.len - run - 4, ") = ", 4) != 0)
		return false;
	label = (size_t) (open - p.at) + 1;
	if (label > p.len - run - 4)
		return false;
	entry(l, kind, p.at + p.len - run,
	      (struct fsk_hash_part){ open + 1, p.len - run - 4 - label });
	return true;
}

static struct fsk_hash_part label_of(const struct lines *l, const struct row *row)
{
	if (l->digests != 0)
		return l->label >= 0 && (size_t) l->label < row->count
		           ? row->fields[l->label]
		           : (struct fsk_hash_part){ "", 0 };
	for (size_t i = 0; i < row->count; i++) {
		struct fsk_hash_part p = row->fields[i];

		if (p.len > 0 && digest_of(&p) == FSK_HASH_KINDS)
			return row->fields[i];
	}
	return (struct fsk_hash_part){ "", 0 };
}

static bool counts(const struct lines *l, size_t column)
{
	return l->digests == 0 || (l->digests >> column & 1) != 0;
}

/* Nothing is there, in the words that people and programs have for it. */
static bool says_nothing(struct fsk_hash_part p)
{
	char name[NAME_MAX];

	plain_name(name, p);
	return name[0] == '\0' || strcmp(name, "na") == 0 || strcmp(name, "none") == 0 ||
	       strcmp(name, "null") == 0;
}

/* The field that is to blame when a row has no digest: of those that count the one that looks most
 * like one; NULL when the header makes it an ordinary row of something else. */
static const struct fsk_hash_part *to_blame(const struct lines *l, const struct row *row)
{
	const struct fsk_hash_part *worst = NULL;

	for (size_t i = 0; i < row->count; i++) {
		const struct fsk_hash_part *p = &row->fields[i];

		if (!counts(l, i) || says_nothing(*p))
			continue;
		if ((l->indicators >> i & 1) != 0 && (hex_run(*p) < 16 || hex_run(*p) != p->len))
			continue;
		if (worst == NULL || hex_run(*p) > hex_run(*worst))
			worst = p;
	}
	return worst;
}

static bool take_digests(struct lines *l, const struct row *row)
{
	struct fsk_hash_part label = label_of(l, row);
	bool any = false;

	for (size_t i = 0; i < row->count; i++) {
		struct fsk_hash_part p = row->fields[i];
		enum fsk_hash_kind kind = digest_of(&p);

		if (kind == FSK_HASH_KINDS || !counts(l, i))
			continue;
		entry(l, kind, p.at, label);
		any = true;
	}
	return any;
}

static void take_row(struct lines *l, struct fsk_hash_part p)
{
	char delimiter = l->delimiter != 0 ? l->delimiter : delimiter_of(p);
	const struct fsk_hash_part *blame;
	struct row row;

	split(&row, p, delimiter);
	if (take_digests(l, &row))
		return;
	if (!l->begun && take_header(l, &row, delimiter))
		return;
	blame = to_blame(l, &row);
	if (blame != NULL)
		bad(l, *blame);
}

/* A header may be a comment. */
static void take_comment(struct lines *l, struct fsk_hash_part p)
{
	char delimiter;
	struct row row;

	p = trimmed(after(p, 1));
	delimiter = delimiter_of(p);
	if (l->begun || delimiter == 0)
		return;
	split(&row, p, delimiter);
	take_header(l, &row, delimiter);
}

static void take_line(struct lines *l, struct fsk_hash_part p)
{
	p = trimmed(p);
	if (p.len == 0)
		return;
	if (p.at[0] == '#' || p.at[0] == ';' || begins(p, "//"))
		take_comment(l, p);
	else if (l->digests != 0 || (!take_sum(l, p) && !take_bsd(l, p)))
		take_row(l, p);
}

size_t fsk_hash_lines(const char *text, size_t len, const struct fsk_hash_visitor *v)
{
	struct lines l = { .v = v, .label = -1 };
	struct fsk_hash_part rest = { text, len };

	if (begins(rest, "\xef\xbb\xbf"))
		rest = after(rest, 3);
	while (rest.len > 0) {
		const char *end = memchr(rest.at, '\n', rest.len);
		size_t n = end != NULL ? (size_t) (end - rest.at) : rest.len;

		l.line++;
		take_line(&l, (struct fsk_hash_part){ rest.at, n });
		rest = after(rest, end != NULL ? n + 1 : n);
	}
	return l.line;
}
