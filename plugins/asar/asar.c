#include "plugins/asar/asar.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/digest.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "plugins/shared/ranges.h"

enum { HEAD_SIZE = 16, FIRST_PICKLE = 4 };

struct asar {
	struct fsk_ranges file;
	json_t *index;
	uint64_t data;               /* where the files begin */
	char digest[FSK_SHA256_HEX]; /* of the text of the index */
	size_t listed, paths;        /* so far: entries, bytes of their paths */
	bool cut;
};

/* --- index --- */

/* Objects and arrays take many times their text in memory. */
static int values_check(const uint8_t *p, size_t n, struct fsk_err *err)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += p[i] == '{' || p[i] == '[';
	if (count > 3 * FSK_ASAR_ENTRIES_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u entries", FSK_ASAR_ENTRIES_MAX);
	return 0;
}

static int parse(struct asar *a, const uint8_t *p, size_t n, struct fsk_err *err)
{
	struct fsk_digests digests;
	json_error_t why;
	int rc = values_check(p, n, err);

	if (rc == 0)
		rc = fsk_digest_bytes(&digests, FSK_DIGEST_SHA256, p, n, err);
	if (rc < 0)
		return rc;
	memcpy(a->digest, digests.sha256, sizeof(a->digest));
	a->index = json_loadb((const char *) p, n, JSON_DISABLE_EOF_CHECK, &why);
	if (!json_is_object(json_object_get(a->index, "files")))
		return fsk_err_set(err, FSK_ECORRUPT, "the index cannot be read: %s",
		                   a->index == NULL ? why.text : "no files in it");
	return 0;
}

static int head(uint32_t *length, struct asar *a, struct fsk_err *err)
{
	uint8_t bytes[HEAD_SIZE];
	uint32_t first, size, payload;
	struct fsk_cur c;

	if (!fsk_ranges_read_all(&a->file, bytes, sizeof(bytes), 0))
		return a->file.err.code < 0
		           ? fsk_err_set(err, a->file.err.code, "%s", a->file.err.msg)
		           : fsk_err_set(err, FSK_ECORRUPT, "no archive of Electron: too short");
	fsk_cur_init(&c, bytes, sizeof(bytes));
	first = fsk_cur_u32le(&c);
	size = fsk_cur_u32le(&c);
	payload = fsk_cur_u32le(&c);
	*length = fsk_cur_u32le(&c);
	if (first != FIRST_PICKLE || size < 8 || payload != size - 4 || *length > payload - 4)
		return fsk_err_set(err, FSK_ECORRUPT, "no archive of Electron: the head is none");
	if (size > FSK_ASAR_HEADER_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "the index takes more than %u MiB",
		                   FSK_ASAR_HEADER_MAX / FSK_MIB);
	a->data = 8 + (uint64_t) size;
	return 0;
}

static int asar_open(struct asar *a, const struct fsk_input *in, struct fsk_err *err)
{
	uint32_t length = 0;
	uint8_t *text;
	int rc;

	memset(a, 0, sizeof(*a));
	rc = fsk_ranges_open(&a->file, in, err);
	if (rc == 0)
		rc = head(&length, a, err);
	if (rc == 0 && HEAD_SIZE + (uint64_t) length > in->size)
		rc = fsk_err_set(err, FSK_ECORRUPT, "the file ends inside of the index");
	if (rc < 0)
		return rc;
	text = malloc((size_t) length + 1);
	if (text == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for an index");
	if (fsk_ranges_read_all(&a->file, text, length, HEAD_SIZE))
		rc = parse(a, text, length, err);
	else
		rc = fsk_err_set(err, FSK_EIO, "the index cannot be read: %s", a->file.err.msg);
	free(text);
	return rc;
}

static void asar_close(struct asar *a)
{
	json_decref(a->index);
	fsk_ranges_close(&a->file);
}

/* --- entries --- */

/* A decimal number in a text, as the index has offsets. */
static bool decimal(uint64_t *out, const json_t *j)
{
	const char *p = json_string_value(j);

	*out = 0;
	if (p == NULL || *p == '\0' || strlen(p) > 18)
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		*out = *out * 10 + (uint64_t) (*p - '0');
	return *p == '\0';
}

/* Where a file lies: false when its place makes no sense. */
static bool place(uint64_t *at, uint64_t *size, const struct asar *a, json_t *entry)
{
	json_t *n = json_object_get(entry, "size");
	uint64_t end = a->file.in.size;

	if (!json_is_integer(n) || json_integer_value(n) < 0 ||
	    !decimal(at, json_object_get(entry, "offset")))
		return false;
	*size = (uint64_t) json_integer_value(n);
	*at += a->data;
	return *at <= end && *size <= end - *at;
}

static const char *integrity(json_t *entry)
{
	json_t *told = json_object_get(entry, "integrity");
	const char *algorithm = json_string_value(json_object_get(told, "algorithm"));

	if (algorithm == NULL || strcmp(algorithm, "SHA256") != 0)
		return NULL;
	return json_string_value(json_object_get(told, "hash"));
}

static void copy(json_t *to, json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (json_is_true(value) || json_is_string(value) || json_is_integer(value))
		json_object_set(to, key, value);
}

static json_t *described(struct asar *a, json_t *entry, const char *path)
{
	bool outside = json_is_true(json_object_get(entry, "unpacked"));
	json_t *o = json_object();
	uint64_t at, size;

	json_object_set_new(o, "path", json_string(path));
	copy(o, entry, "size");
	copy(o, entry, "link");
	copy(o, entry, "executable");
	copy(o, entry, "unpacked");
	if (integrity(entry) != NULL)
		json_object_set_new(o, "sha256", json_string(integrity(entry)));
	if (outside || json_object_get(entry, "link") != NULL)
		return o;
	if (place(&at, &size, a, entry))
		json_object_set_new(o, "offset", json_integer((json_int_t) at));
	else
		fsk_ranges_note(&a->file, FSK_RANGES_NOWHERE, "%s lies outside of the file", path);
	return o;
}

/* The files of a folder whose path is in `path`, and of those below. */
static void list(json_t *out, struct asar *a, json_t *folder, struct fsk_buf *path, unsigned depth)
{
	size_t base = path->len;
	const char *name;
	json_t *entry, *below;

	json_object_foreach (folder, name, entry) {
		if (a->listed >= FSK_ASAR_ENTRIES_MAX || a->paths > FSK_ASAR_PATHS_MAX ||
		    depth > FSK_ASAR_DEPTH_MAX) {
			a->cut = true;
			return;
		}
		path->len = base;
		if (fsk_buf_printf(path, NULL, "%s%s", base > 0 ? "/" : "", name) < 0 ||
		    fsk_buf_append_u8(path, 0, NULL) < 0) {
			a->cut = true;
			continue;
		}
		path->len--;
		a->listed++;
		a->paths += path->len;
		below = json_object_get(entry, "files");
		if (json_is_object(below))
			list(out, a, below, path, depth + 1);
		else
			json_array_append_new(out, described(a, entry, (char *) path->data));
	}
	path->len = base;
}

int fsk_asar_examine(json_t **told, json_t **notes, const struct fsk_input *in, struct fsk_err *err)
{
	struct fsk_buf path;
	struct asar a;
	json_t *files;
	int rc;

	*told = *notes = NULL;
	fsk_buf_init(&path, FSK_ASAR_PATH_MAX);
	rc = asar_open(&a, in, err);
	if (rc == 0) {
		files = json_array();
		list(files, &a, json_object_get(a.index, "files"), &path, 1);
		if (a.cut)
			fsk_ranges_note(&a.file, FSK_RANGES_NOWHERE,
			                "more or deeper entries than are listed");
		*told = json_pack("{s:o,s:s,s:I}", "files", files, "index_sha256", a.digest,
		                  "offset", (json_int_t) a.data);
		*notes = json_incref(fsk_ranges_notes(&a.file));
	}
	fsk_buf_free(&path);
	asar_close(&a);
	return rc;
}

/* --- content --- */

/* The entry at a path. */
static json_t *find(const struct asar *a, const char *path)
{
	json_t *entry = a->index;
	size_t n;

	for (; entry != NULL; path += n + 1) {
		n = strcspn(path, "/");
		entry = json_object_getn(json_object_get(entry, "files"), path, n);
		if (path[n] == '\0')
			break;
	}
	return entry;
}

static int locate(uint64_t *at, uint64_t *size, const struct asar *a, json_t *entry,
                  const char *path, struct fsk_err *err)
{
	if (entry == NULL || json_object_get(entry, "files") != NULL)
		return fsk_err_set(err, FSK_ENOTFOUND, "no file %s", path);
	if (json_object_get(entry, "link") != NULL)
		return fsk_err_set(err, FSK_ENOTFOUND, "%s is a link", path);
	if (json_is_true(json_object_get(entry, "unpacked")))
		return fsk_err_set(err, FSK_ENOTFOUND, "%s lies beside the archive", path);
	if (!place(at, size, a, entry))
		return fsk_err_set(err, FSK_ECORRUPT, "%s lies outside of the file", path);
	return 0;
}

/* What a whole file should be, compared. */
static char *differs(const struct fsk_buf *b, json_t *entry)
{
	static const char text[] = "the file is not the one whose digest the index has";
	const char *want = integrity(entry);
	struct fsk_digests digests;

	if (want == NULL ||
	    fsk_digest_bytes(&digests, FSK_DIGEST_SHA256, b->data, b->len, NULL) < 0)
		return NULL;
	return fsk_text_casecmp(want, digests.sha256) != 0 ? fsk_text_dup(text, strlen(text))
	                                                   : NULL;
}

int fsk_asar_read(struct fsk_buf *out, char **note, const struct fsk_input *in, const char *path,
                  uint64_t offset, size_t max, struct fsk_err *err)
{
	uint64_t at, size;
	json_t *entry = NULL;
	struct asar a;
	int rc;

	*note = NULL;
	rc = asar_open(&a, in, err);
	if (rc == 0) {
		entry = find(&a, path);
		rc = locate(&at, &size, &a, entry, path, err);
	}
	if (rc == 0 && offset < size) {
		size_t n = size - offset < max ? (size_t) (size - offset) : max;

		rc = fsk_buf_reserve(out, n, err);
		if (rc == 0 && !fsk_ranges_read_all(&a.file, out->data, n, at + offset))
			rc = fsk_err_set(err, FSK_EIO, "%s", a.file.err.msg);
		out->len = rc == 0 ? n : 0;
	}
	if (rc == 0 && out->len == size)
		*note = differs(out, entry);
	asar_close(&a);
	return rc;
}
