#include "core/archive/reader.h"

#include <stdlib.h>
#include <string.h>

#include "core/archive/readback.h"
#include "core/archive/scan.h"
#include "core/archive/writer.h"
#include "core/base/limits.h"

struct reading {
	const struct fsk_reader_ops *ops;
	void *arg;
	char *member;       /* that is being read, or NULL */
	uint64_t line;      /* of it, from 1 */
	bool whole, wanted; /* it is one document; its rows are given out */
	struct fsk_lines lines;
	struct fsk_digest *digest;
	json_t *digests; /* SHA-256 of the members that were read */
	char *last;      /* line of the custody log */
};

static bool is_wanted(const struct reading *r, const char *name)
{
	for (const char *const *m = r->ops->members; *m != NULL; m++)
		if (strcmp(*m, name) == 0)
			return true;
	return false;
}

static bool has_end(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n >= k && strcmp(name + n - k, end) == 0;
}

/* What the manifest says of a member that was wanted. */
static int compare(struct reading *r, const json_t *row, struct fsk_err *err)
{
	const char *name = json_string_value(json_object_get(row, "name"));
	const char *sha256 = json_string_value(json_object_get(row, "sha256"));
	const json_t *read = name != NULL ? json_object_get(r->digests, name) : NULL;

	if (name == NULL || !is_wanted(r, name))
		return 0;
	if (read == NULL)
		return fsk_err_set(err, FSK_ECORRUPT, "%s is missing", name);
	if (sha256 == NULL || strcmp(sha256, json_string_value(read)) != 0)
		return fsk_err_set(err, FSK_ECORRUPT, "%s is not what the manifest says", name);
	return 0;
}

static int take_document(struct reading *r, const char *text, size_t n, struct fsk_err *err)
{
	json_t *row = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	int rc = 0;

	r->line++;
	if (!json_is_object(row))
		rc = fsk_err_set(err, FSK_ECORRUPT, "%s, line %llu is no JSON object", r->member,
		                 (unsigned long long) r->line);
	if (rc == 0 && strcmp(r->member, FSK_NAME_MANIFEST) == 0)
		rc = compare(r, row, err);
	if (rc == 0 && r->wanted)
		rc = r->ops->row(r->arg, r->member, row, err);
	json_decref(row);
	return rc;
}

static int take_line(void *arg, const char *text, size_t n, struct fsk_err *err)
{
	struct reading *r = arg;

	if (strcmp(r->member, FSK_NAME_CUSTODY) != 0)
		return take_document(r, text, n, err);
	free(r->last);
	r->last = strdup(text);
	return r->last != NULL ? 0 : fsk_err_set(err, FSK_ENOMEM, "out of memory");
}

/* ---- one member ---- */

static int member_begins(void *arg, const char *name, struct fsk_err *err)
{
	struct reading *r = arg;

	r->wanted = is_wanted(r, name);
	if (!r->wanted && strcmp(name, FSK_NAME_MANIFEST) != 0 &&
	    strcmp(name, FSK_NAME_CUSTODY) != 0)
		return FSK_READBACK_SKIP;
	r->whole = !has_end(name, ".jsonl");
	r->line = 0;
	r->member = strdup(name);
	if (r->member == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	fsk_lines_init(&r->lines, take_line, r);
	return fsk_digest_new(&r->digest, FSK_DIGEST_SHA256, err);
}

static int member_data(void *arg, const void *p, size_t n, struct fsk_err *err)
{
	struct reading *r = arg;
	int rc = fsk_digest_update(r->digest, p, n, err);

	if (rc < 0)
		return rc;
	return r->whole ? fsk_buf_append(&r->lines.part, p, n, err)
	                : fsk_lines_add(&r->lines, p, n, err);
}

static void forget_member(struct reading *r)
{
	fsk_lines_free(&r->lines);
	fsk_digest_free(r->digest);
	free(r->member);
	r->digest = NULL;
	r->member = NULL;
}

static int member_ends(void *arg, const char *damage, struct fsk_err *err)
{
	struct reading *r = arg;
	struct fsk_digests d;
	int rc = 0;

	if (damage != NULL)
		rc = fsk_err_set(err, FSK_ECORRUPT, "%s is damaged: %s", r->member, damage);
	if (rc == 0)
		rc = fsk_lines_end(&r->lines, err);
	if (rc == 0)
		rc = fsk_digest_final(&d, r->digest, err);
	if (rc == 0 && json_object_get(r->digests, r->member) != NULL)
		rc = fsk_err_set(err, FSK_ECORRUPT, "%s is there twice", r->member);
	if (rc == 0)
		json_object_set_new(r->digests, r->member, json_string(d.sha256));
	forget_member(r);
	return rc;
}

static void raw_bytes(void *arg, uint64_t at, const uint8_t *p, size_t n)
{
	(void) arg;
	(void) at;
	(void) p;
	(void) n;
}

/* ---- the whole ---- */

/* The last line of the custody log ties in the manifest. */
static int check_closing(struct reading *r, char manifest_sha256[FSK_SHA256_HEX],
                         struct fsk_err *err)
{
	const char *manifest = json_string_value(json_object_get(r->digests, FSK_NAME_MANIFEST));
	json_t *closed = r->last != NULL ? json_loads(r->last, 0, NULL) : NULL;
	const char *event = json_string_value(json_object_get(closed, "event"));
	const char *sha256 = json_string_value(json_object_get(closed, "manifest_sha256"));
	int rc = 0;

	if (manifest == NULL)
		rc = fsk_err_set(err, FSK_ECORRUPT, "it has no " FSK_NAME_MANIFEST);
	else if (event == NULL || strcmp(event, "closed") != 0 || sha256 == NULL)
		rc = fsk_err_set(err, FSK_ECORRUPT, "its custody log was not closed");
	else if (strcmp(sha256, manifest) != 0)
		rc = fsk_err_set(err, FSK_ECORRUPT,
		                 FSK_NAME_MANIFEST " is not what the custody log says");
	else
		memcpy(manifest_sha256, manifest, FSK_SHA256_HEX);
	json_decref(closed);
	return rc;
}

/* An archive whose run did not end has no index yet. */
static int read_members(struct reading *r, const struct fsk_file *f, struct fsk_err *err)
{
	static const struct fsk_readback_ops readback = { member_begins, member_data, member_ends,
		                                          raw_bytes };
	struct fsk_err why;
	int rc = fsk_readback(f, &readback, r, &why);

	if (rc == FSK_ECORRUPT && r->member == NULL && json_object_size(r->digests) == 0)
		return fsk_err_set(
		    err, rc, "%s (if its run did not end, `fossick recover` finishes it)", why.msg);
	return rc < 0 ? fsk_err_set(err, rc, "%s", why.msg) : 0;
}

int fsk_archive_read(char manifest_sha256[FSK_SHA256_HEX], const char *path,
                     const struct fsk_reader_ops *ops, void *arg, struct fsk_err *err)
{
	struct reading r = { .ops = ops, .arg = arg, .digests = json_object() };
	struct fsk_file f;
	int rc = fsk_file_open(&f, path, err);

	manifest_sha256[0] = '\0';
	if (rc == 0) {
		rc = read_members(&r, &f, err);
		if (rc == 0)
			rc = check_closing(&r, manifest_sha256, err);
		if (rc < 0)
			fsk_err_wrap(err, "cannot read the archive \"%s\"", path);
		fsk_file_close(&f);
	}
	if (r.member != NULL)
		forget_member(&r);
	free(r.last);
	json_decref(r.digests);
	return rc;
}
