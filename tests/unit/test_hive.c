#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/registry/hive.h"
#include "core/registry/peer.h"

#define BINS 4096u /* where the bins begin in the file */
#define KEYS 523u  /* of small.hive, the root included */
#define VALUES 24u
#define RUN "software\\microsoft\\WINDOWS\\CurrentVersion\\Run"

static void load(struct fsk_buf *out, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/data/%s", getenv("FOSSICK_BUILD"), name);
	fsk_buf_init(out, FSK_HIVE_MAX);
	assert_int_equal(fsk_file_slurp(out, path, NULL), 0);
}

static void small(struct fsk_buf *out)
{
	load(out, "small.hive");
}

static struct fsk_hive *open_good(struct fsk_buf *data)
{
	struct fsk_err err = { 0 };
	struct fsk_hive *h;

	if (fsk_hive_open(&h, data, &err) < 0)
		fail_msg("%s", err.msg);
	assert_null(data->data);
	return h;
}

static struct fsk_key *key(struct fsk_hive *h, const char *path)
{
	struct fsk_err err = { 0 };
	struct fsk_key *k;

	if (fsk_hive_key(&k, h, path, &err) < 0)
		fail_msg("%s", err.msg);
	return k;
}

/* Offset in the file of the first cell content that begins with `sig` and
 * has `name` at `name_at`. */
static size_t find(const struct fsk_buf *b, const char *sig, size_t name_at, const char *name)
{
	for (size_t i = BINS + 4; i + name_at + strlen(name) <= b->len; i += 4)
		if (memcmp(b->data + i, sig, 2) == 0 &&
		    memcmp(b->data + i + name_at, name, strlen(name)) == 0)
			return i;
	fail_msg("no %s cell of %s", sig, name);
	return 0;
}

static size_t find_key(const struct fsk_buf *b, const char *name)
{
	return find(b, "nk", 76, name);
}

static size_t find_value(const struct fsk_buf *b, const char *name)
{
	return find(b, "vk", 20, name);
}

static void put32(struct fsk_buf *b, size_t at, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		b->data[at + i] = (uint8_t) (v >> 8 * i);
}

static uint32_t get32(const struct fsk_buf *b, size_t at)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 4; i++)
		v |= (uint32_t) b->data[at + i] << 8 * i;
	return v;
}

/* Everything under a key as text, to compare two readings of one hive */
static void write_out(struct fsk_buf *out, struct fsk_key *k, size_t *keys, size_t *values)
{
	struct fsk_value v;
	struct fsk_key *sub;
	size_t n;

	++*keys;
	fsk_buf_printf(out, NULL, "%s|%s|%lld\n", fsk_key_path(k), fsk_key_name(k),
	               (long long) fsk_key_written(k));
	if (fsk_key_values(&n, k, NULL) == 0) {
		for (size_t i = 0; i < n; i++) {
			if (fsk_key_value(&v, k, i, NULL) < 0)
				continue;
			++*values;
			fsk_buf_printf(out, NULL, "%s %u %zu\n", v.name, v.type, v.size);
			fsk_buf_append(out, v.data, v.size, NULL);
			fsk_value_free(&v);
		}
	}
	if (fsk_key_subkeys(&n, k, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		if (fsk_key_subkey(&sub, k, i, NULL) < 0)
			continue;
		write_out(out, sub, keys, values);
		fsk_key_free(sub);
	}
}

static void walk(struct fsk_buf *out, struct fsk_hive *h, size_t *keys, size_t *values)
{
	struct fsk_key *root;

	fsk_buf_init(out, 16u * FSK_MIB);
	*keys = *values = 0;
	assert_int_equal(fsk_hive_root(&root, h, NULL), 0);
	write_out(out, root, keys, values);
	fsk_key_free(root);
}

/* Opens, walks and closes a damaged hive, and says what could be read. */
static void walk_damaged(struct fsk_buf *data, size_t *keys, size_t *values, const char *damage)
{
	struct fsk_hive *h = open_good(data);
	const struct fsk_hive_info *info = fsk_hive_info(h);
	struct fsk_buf text;
	bool told = false;

	walk(&text, h, keys, values);
	assert_int_equal(info->keys, *keys);
	assert_int_equal(info->values, *values);
	assert_true(info->damaged > 0);
	for (size_t i = 0; fsk_hive_damage(h, i) != NULL; i++)
		told = told || strstr(fsk_hive_damage(h, i), damage) != NULL;
	if (!told)
		fail_msg("\"%s\" is not in: %s", damage, fsk_hive_damage(h, 0));
	fsk_buf_free(&text);
	fsk_hive_close(h);
}

static void header_facts(void **state)
{
	const struct fsk_hive_info *info;
	char iso[FSK_TIME_STR_MAX];
	struct fsk_buf data;
	struct fsk_hive *h;

	(void) state;
	small(&data);
	put32(&data, 8, 2);
	put32(&data, 508, get32(&data, 508) ^ 1 ^ 2);
	h = open_good(&data);
	info = fsk_hive_info(h);
	assert_int_equal(info->sequence1, 1);
	assert_int_equal(info->sequence2, 2);
	assert_true(info->dirty);
	assert_string_equal(info->name, "\\??\\C:\\Users\\ann\\ntuser.dat");
	assert_string_equal(fsk_time_iso(iso, info->written), "2023-03-29T08:15:30.1234567Z");
	assert_int_equal(info->keys, KEYS);
	assert_int_equal(info->values, VALUES);
	assert_int_equal(info->damaged, 0);
	assert_null(fsk_hive_damage(h, 0));
	fsk_hive_close(h);
}

static void keys_by_path(void **state)
{
	char iso[FSK_TIME_STR_MAX], name[24];
	struct fsk_err err = { 0 };
	struct fsk_key *k, *sub;
	struct fsk_buf data;
	struct fsk_hive *h;
	size_t n;

	(void) state;
	small(&data);
	h = open_good(&data);
	k = key(h, RUN);
	assert_string_equal(fsk_key_name(k), "Run");
	assert_string_equal(fsk_key_path(k), "Software\\Microsoft\\Windows\\CurrentVersion\\Run");
	assert_string_equal(fsk_time_iso(iso, fsk_key_written(k)), "2023-03-30T01:02:03Z");
	fsk_key_free(k);

	k = key(h, "names\\GR\xc3\x96\xc3\x9f"
	           "E");
	fsk_key_free(k);
	k = key(h, "\\Names\\\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82\\");
	fsk_key_free(k);
	k = key(h, "Names\\\xf0\x9f\x8c\x8e");
	assert_string_equal(fsk_key_name(k), "\xf0\x9f\x8c\x8e");
	assert_int_equal(fsk_key_subkey(&sub, k, 0, &err), FSK_EINVAL);
	fsk_key_free(k);
	k = key(h, "");
	assert_string_equal(fsk_key_path(k), "");
	assert_string_equal(fsk_key_name(k), "CMI-CreateHive{0}");
	fsk_key_free(k);

	k = key(h, "Many");
	assert_int_equal(fsk_key_subkeys(&n, k, NULL), 0);
	assert_int_equal(n, 510);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(fsk_key_subkey(&sub, k, i, NULL), 0);
		snprintf(name, sizeof(name), "k%03zu", i);
		assert_string_equal(fsk_key_name(sub), name);
		fsk_key_free(sub);
	}
	fsk_key_free(k);

	k = key(h, "Software\\Microsoft");
	assert_int_equal(fsk_key_below(&sub, k, "windows\\CurrentVersion\\", &err), 0);
	assert_string_equal(fsk_key_path(sub), "Software\\Microsoft\\Windows\\CurrentVersion");
	fsk_key_free(sub);
	assert_int_equal(fsk_key_below(&sub, k, "Windows\\None", &err), FSK_ENOTFOUND);
	assert_null(sub);
	assert_int_equal(fsk_key_below(&sub, k, "\\", &err), FSK_EINVAL);
	fsk_key_free(k);

	assert_int_equal(fsk_hive_key(&k, h, "Software\\None\\Deeper", &err), FSK_ENOTFOUND);
	assert_null(k);
	assert_string_equal(err.msg, "key \"Software\" has no subkey \"None\"");
	fsk_hive_close(h);
}

struct expected {
	const char *name;
	uint32_t type;
	size_t size;
	const char *text;
	uint64_t number;
	const char *list[4];
};

static const struct expected expected[] = {
	{ "", FSK_REG_SZ, 24, "the default", 0, { NULL } },
	{ "none", FSK_REG_NONE, 0, NULL, 0, { NULL } },
	{ "sz", FSK_REG_SZ, 20, "J\xc3\xbcrgen \xf0\x9f\x8c\x8d", 0, { NULL } },
	{ "hidden", FSK_REG_SZ, 26, "shown", 0, { NULL } },
	{ "open", FSK_REG_SZ, 12, "no end", 0, { NULL } },
	{ "lone", FSK_REG_SZ, 8, "a\\ud800b", 0, { NULL } },
	{ "binary", FSK_REG_BINARY, 9, NULL, 0, { NULL } },
	{ "short", FSK_REG_BINARY, 3, NULL, 0, { NULL } },
	{ "dword", FSK_REG_DWORD, 4, NULL, 0xfedcba98, { NULL } },
	{ "dword-be", FSK_REG_DWORD_BE, 4, NULL, 0x01020304, { NULL } },
	{ "dword-odd", FSK_REG_DWORD, 1, NULL, 42, { NULL } },
	{ "link", FSK_REG_LINK, 34, "\\Registry\\Machine", 0, { NULL } },
	{ "multi", FSK_REG_MULTI_SZ, 30, NULL, 0, { "one", "two", "three", NULL } },
	{ "multi-none", FSK_REG_MULTI_SZ, 2, NULL, 0, { NULL } },
	{ "multi-open", FSK_REG_MULTI_SZ, 14, NULL, 0, { "one", "two", NULL } },
	{ "qword", FSK_REG_QWORD, 8, NULL, 1ull << 63, { NULL } },
	{ "strange", 0x52, 5, NULL, 0, { NULL } },
};

static void check_value(const struct expected *e, const struct fsk_value *v)
{
	size_t i;

	assert_string_equal(v->name, e->name);
	assert_int_equal(v->type, e->type);
	assert_int_equal(v->size, e->size);
	assert_non_null(v->data);
	assert_true((v->text != NULL) == (e->text != NULL));
	if (e->text != NULL)
		assert_string_equal(v->text, e->text);
	assert_true(v->number == e->number);
	assert_true((v->list != NULL) == (e->type == FSK_REG_MULTI_SZ));
	for (i = 0; v->list != NULL && e->list[i] != NULL; i++)
		assert_string_equal(v->list[i], e->list[i]);
	if (v->list != NULL)
		assert_null(v->list[i]);
}

static void values_of_each_type(void **state)
{
	struct fsk_err err = { 0 };
	struct fsk_value v;
	struct fsk_buf data;
	struct fsk_hive *h;
	struct fsk_key *k;
	size_t n;

	(void) state;
	small(&data);
	h = open_good(&data);
	k = key(h, "Types");
	assert_int_equal(fsk_key_values(&n, k, NULL), 0);
	assert_int_equal(n, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(fsk_key_value(&v, k, i, NULL), 0);
		check_value(&expected[i], &v);
		fsk_value_free(&v);
	}
	assert_int_equal(fsk_key_value_named(&v, k, "HIDDEN", NULL), 0);
	assert_memory_equal(v.data, "s\0h\0o\0w\0n\0\0\0b\0e\0h\0i\0n\0d\0\0\0", 26);
	fsk_value_free(&v);
	assert_int_equal(fsk_key_value_named(&v, k, "", NULL), 0);
	assert_string_equal(v.text, "the default");
	fsk_value_free(&v);
	assert_int_equal(fsk_key_value_named(&v, k, "absent", &err), FSK_ENOTFOUND);
	assert_string_equal(err.msg, "key \"Types\" has no value \"absent\"");
	assert_int_equal(fsk_key_value(&v, k, n, &err), FSK_EINVAL);
	fsk_key_free(k);
	fsk_hive_close(h);
}

static void type_names(void **state)
{
	char buf[24];

	(void) state;
	assert_string_equal(fsk_regtype_name(buf, FSK_REG_SZ), "REG_SZ");
	assert_string_equal(fsk_regtype_name(buf, FSK_REG_QWORD), "REG_QWORD");
	assert_string_equal(fsk_regtype_name(buf, 0x52), "REG_0x52");
	assert_string_equal(fsk_regtype_name(buf, UINT32_MAX), "REG_0xffffffff");
}

static void big_data(void **state)
{
	static const size_t sizes[] = { 16344, 16345, 32689 };
	struct fsk_buf data;
	struct fsk_value v;
	struct fsk_hive *h;
	struct fsk_key *k;
	char name[24];

	(void) state;
	small(&data);
	h = open_good(&data);
	k = key(h, "Big");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		snprintf(name, sizeof(name), "%zu", sizes[i]);
		assert_int_equal(fsk_key_value_named(&v, k, name, NULL), 0);
		assert_int_equal(v.size, sizes[i]);
		for (size_t j = 0; j < v.size; j++)
			assert_int_equal(v.data[j], (j * 7 + j / 251) & 0xff);
		fsk_value_free(&v);
	}
	assert_int_equal(fsk_key_value_named(&v, k, "text", NULL), 0);
	assert_int_equal(strlen(v.text), 9000);
	fsk_value_free(&v);
	fsk_key_free(k);
	fsk_hive_close(h);
}

static void same_by_libregf(void **state)
{
	struct fsk_buf data, text;
	size_t keys, values;
	struct fsk_peer p;
	struct fsk_hive *h;

	(void) state;
	small(&data);
	h = open_good(&data);
	assert_int_equal(fsk_hive_compare(&p, h, NULL), 0);
	assert_true(p.read);
	assert_string_equal(p.first, "");
	assert_int_equal(p.differences, 0);
	assert_int_equal(p.keys, KEYS);
	assert_int_equal(p.values, VALUES);
	fsk_hive_close(h);

	small(&data);
	data.data[508] ^= 1;
	h = open_good(&data);
	assert_string_equal(fsk_hive_damage(h, 0),
	                    "the checksum of the header is wrong (offset 0)");
	assert_int_equal(fsk_hive_compare(&p, h, NULL), 0);
	assert_false(p.read);
	assert_string_equal(p.first, "it is damaged");
	walk(&text, h, &keys, &values);
	assert_int_equal(keys, KEYS);
	assert_int_equal(values, VALUES);
	fsk_hive_close(h);
	fsk_buf_free(&text);
}

static void refuse(const void *bytes, size_t n, int code, const char *msg)
{
	struct fsk_err err = { 0 };
	struct fsk_buf data;
	struct fsk_hive *h;

	fsk_buf_init(&data, FSK_MIB);
	assert_int_equal(fsk_buf_append(&data, bytes, n, NULL), 0);
	assert_int_equal(fsk_hive_open(&h, &data, &err), code);
	assert_null(h);
	assert_null(data.data);
	assert_non_null(strstr(err.msg, msg));
}

static void no_hive(void **state)
{
	static uint8_t zeros[8192];
	struct fsk_buf data;

	(void) state;
	refuse("", 0, FSK_ECORRUPT, "no registry hive: signature missing");
	refuse("regf", 4, FSK_ECORRUPT, "ends after 4 bytes");
	refuse("just some text", 14, FSK_ECORRUPT, "no registry hive: signature missing");
	refuse(zeros, sizeof(zeros), FSK_ECORRUPT, "no registry hive: signature missing");
	memcpy(zeros, "regf", 4);
	refuse(zeros, sizeof(zeros), FSK_EUNSUPPORTED, "format 1.0");
	zeros[24] = 5;
	refuse(zeros, 4000, FSK_ECORRUPT, "ends after 4000 bytes");
	refuse(zeros, 4096, FSK_ECORRUPT, "no root key");
	refuse(zeros, sizeof(zeros), FSK_ECORRUPT, "no root key");
	zeros[28] = 6;
	refuse(zeros, 1024, FSK_EUNSUPPORTED, "a transaction log (type 6), no hive");
	small(&data);
	put32(&data, find_key(&data, "CMI-CreateHive"), 0);
	refuse(data.data, data.len, FSK_ECORRUPT, "no root key: cell 0x20 is no key");
	fsk_buf_free(&data);
}

static void cut_off(void **state)
{
	size_t keys, values;
	struct fsk_buf data;

	(void) state;
	small(&data);
	data.len = data.len / 2;
	walk_damaged(&data, &keys, &values, "cut off: ");
	assert_in_range(keys, 6, KEYS - 1); /* the root and those beside "Big" at least */
}

static void one_key_gone(void **state)
{
	struct fsk_err err = { 0 };
	size_t keys, values;
	struct fsk_buf data;
	struct fsk_hive *h;
	struct fsk_key *k;

	(void) state;
	small(&data);
	put32(&data, find_key(&data, "k100"), 0);
	walk_damaged(&data, &keys, &values,
	             "key \"Many\": 1 of its subkeys cannot be read: cell 0x");
	assert_int_equal(keys, KEYS - 1);
	assert_int_equal(values, VALUES);

	small(&data);
	put32(&data, find_key(&data, "Run"), 0);
	h = open_good(&data);
	k = key(h, "Software\\Microsoft\\Windows\\CurrentVersion");
	assert_int_equal(fsk_key_subkeys(&keys, k, &err), FSK_ECORRUPT);
	assert_non_null(strstr(err.msg, "CurrentVersion\": 1 of its subkeys cannot be read: "));
	fsk_key_free(k);
	fsk_hive_close(h);
}

static void one_value_gone(void **state)
{
	struct fsk_err err = { 0 };
	size_t keys, values, at;
	struct fsk_value v;
	struct fsk_buf data;
	struct fsk_hive *h;
	struct fsk_key *k;

	(void) state;
	small(&data);
	at = find_value(&data, "Phone");
	put32(&data, at + 8, 0x7ffffff0); /* where its data lies */
	h = open_good(&data);
	k = key(h, RUN);
	assert_int_equal(fsk_key_values(&values, k, NULL), 0);
	assert_int_equal(values, 2);
	assert_int_equal(fsk_key_value_named(&v, k, "Phone", &err), FSK_ECORRUPT);
	assert_non_null(strstr(err.msg,
	                       "key \"Software\\Microsoft\\Windows\\CurrentVersion\\Run\": "
	                       "value \"Phone\": no data cell at 0x7ffffff0 (offset "));
	assert_int_equal(fsk_key_value_named(&v, k, "Sidebar", NULL), 0);
	fsk_value_free(&v);
	fsk_key_free(k);
	fsk_hive_close(h);

	small(&data);
	put32(&data, at + 4, 4000); /* bytes of data, more than the cell has */
	walk_damaged(&data, &keys, &values, "value \"Phone\": data cell at 0x");
	assert_int_equal(keys, KEYS);
	assert_int_equal(values, VALUES - 1);

	small(&data);
	put32(&data, at, 0);
	walk_damaged(&data, &keys, &values, "Run\": value 1: cell 0x");
	assert_int_equal(values, VALUES - 1);

	small(&data);
	put32(&data, find_value(&data, "short") + 4, 0x80000005);
	walk_damaged(&data, &keys, &values, "says it holds 5 bytes of data");
	assert_int_equal(values, VALUES - 1);
}

static void list_of_values_overflows(void **state)
{
	size_t keys, values;
	struct fsk_buf data;

	(void) state;
	small(&data);
	put32(&data, find_key(&data, "Types") + 36, 0x40000001);
	walk_damaged(&data, &keys, &values, "key \"Types\": the list of 1073741825 values at 0x");
	assert_int_equal(keys, KEYS);
	assert_int_equal(values, VALUES - 17);

	small(&data);
	put32(&data, find_key(&data, "Types") + 36, 18 + 200);
	walk_damaged(&data, &keys, &values, "the list of 218 values at 0x");
	assert_int_equal(values, VALUES - 17);
}

/* Lists that lead back to where they came from must end a walk. */
static void loops(void **state)
{
	size_t keys, values, many, lists;
	struct fsk_buf data;

	(void) state;
	small(&data);
	many = find_key(&data, "Many");
	lists = BINS + 4 + get32(&data, many + 28);
	assert_memory_equal(data.data + lists, "ri", 2);
	put32(&data, lists + 4, get32(&data, many + 28));
	walk_damaged(&data, &keys, &values, "is no list of subkeys");
	assert_int_equal(keys, KEYS - 507);

	small(&data);
	put32(&data, lists + 4, get32(&data, lists + 8));
	walk_damaged(&data, &keys, &values, "is listed twice");
	assert_int_equal(keys, KEYS - 507);

	small(&data);
	put32(&data, find_key(&data, "k000") + 20, 1);
	put32(&data, find_key(&data, "k000") + 28, get32(&data, many + 28));
	walk_damaged(&data, &keys, &values, "belongs to another key");
	assert_int_equal(keys, KEYS);
}

/* Keys that share one long list would make a walk take for ever. */
static void shared_lists(void **state)
{
	static const char *const sharing[] = { "Phone",  "Sidebar",    "none",       "hidden",
		                               "binary", "multi-none", "multi-open", "strange" };
	size_t keys, values;
	struct fsk_buf data;
	uint32_t cell;
	char name[24];

	(void) state;
	small(&data);
	cell = get32(&data, find_value(&data, "16344") + 8);
	for (unsigned i = 0; i < 510; i++) {
		size_t at;

		snprintf(name, sizeof(name), "k%03u", i);
		at = find_key(&data, name);
		put32(&data, at + 36, 4000);
		put32(&data, at + 40, cell);
	}
	walk_damaged(&data, &keys, &values, "or values in it, are those of other keys, too");
	assert_int_equal(keys, KEYS);
	assert_int_equal(values, VALUES);

	/* values that share their data */
	small(&data);
	cell = get32(&data, find_value(&data, "32689") + 8);
	for (size_t i = 0; i < sizeof(sharing) / sizeof(sharing[0]); i++) {
		size_t at = find_value(&data, sharing[i]);

		put32(&data, at + 4, 32689);
		put32(&data, at + 8, cell);
	}
	walk_damaged(&data, &keys, &values, "its 32689 bytes of data at 0x");
	assert_int_equal(keys, KEYS);
	assert_in_range(values, VALUES - 8, VALUES - 1);
}

static void bad_bins(void **state)
{
	size_t keys, values, at;
	struct fsk_buf data;

	(void) state;
	small(&data);
	memset(data.data + BINS, 'x', 32);
	walk_damaged(&data, &keys, &values, "no bin from 0x0 to 0x1000");
	assert_int_equal(keys, KEYS);
	assert_int_equal(values, VALUES);

	small(&data);
	at = find_key(&data, "k003") - 4;
	put32(&data, at, 0); /* a cell without length: the chain of the bin ends */
	walk_damaged(&data, &keys, &values, "the cells of the bin at 0x");
	assert_int_equal(keys, KEYS - 1);
	assert_int_equal(values, VALUES);
}

static void too_deep(void **state)
{
	char path[2 * (FSK_HIVE_DEPTH_MAX + 2)] = "";
	struct fsk_err err = { 0 };
	size_t keys, values;
	struct fsk_buf data;
	struct fsk_hive *h;
	struct fsk_key *k;

	(void) state;
	load(&data, "deep.hive");
	walk_damaged(&data, &keys, &values, "is nested deeper than a registry allows");
	assert_int_equal(keys, FSK_HIVE_DEPTH_MAX + 1);
	assert_int_equal(values, 0);

	load(&data, "deep.hive");
	h = open_good(&data);
	for (unsigned i = 0; i < FSK_HIVE_DEPTH_MAX; i++)
		memcpy(path + 2 * i, "\\d", 3);
	k = key(h, path);
	fsk_key_free(k);
	memcpy(path + strlen(path), "\\d", 3);
	assert_int_equal(fsk_hive_key(&k, h, path, &err), FSK_ELIMIT);
	fsk_hive_close(h);
}

/* A name that libregf refuses, or ends early, hides nothing. */
static void odd_names(void **state)
{
	struct fsk_buf data;
	struct fsk_hive *h;
	struct fsk_key *k;
	size_t at;

	(void) state;
	small(&data);
	at = find_key(&data, "\x3c\xd8\x0e\xdf"); /* U+1F30E in UTF-16 */
	put32(&data, at + 76, 0xd83cd83c);
	h = open_good(&data);
	assert_int_equal(fsk_hive_info(h)->damaged, 1);
	assert_non_null(strstr(fsk_hive_damage(h, 0), "surrogate without its other half (offset "));
	k = key(h, "Names\\\xef\xbf\xbd\xef\xbf\xbd");
	fsk_key_free(k);
	fsk_hive_close(h);

	small(&data);
	data.data[find_key(&data, "k001") + 77] = 0;
	h = open_good(&data);
	k = key(h, "Many\\k\xe2\x90\x80"
	           "01");
	fsk_key_free(k);
	fsk_hive_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_facts),
		cmocka_unit_test(keys_by_path),
		cmocka_unit_test(values_of_each_type),
		cmocka_unit_test(type_names),
		cmocka_unit_test(big_data),
		cmocka_unit_test(same_by_libregf),
		cmocka_unit_test(no_hive),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(one_key_gone),
		cmocka_unit_test(one_value_gone),
		cmocka_unit_test(list_of_values_overflows),
		cmocka_unit_test(loops),
		cmocka_unit_test(shared_lists),
		cmocka_unit_test(bad_bins),
		cmocka_unit_test(too_deep),
		cmocka_unit_test(odd_names),
	};

	return cmocka_run_group_tests_name("hive", tests, NULL, NULL);
}
