#include "core/registry/hive.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/registry/header.h"
#include "core/registry/key.h"

/* The facts of the header, read before anything else. */
static int parse_header(struct fsk_base_block *out, struct fsk_hive_info *info,
                        const struct fsk_buf *data, struct fsk_err *err)
{
	int rc = fsk_base_block_parse(out, data->data, data->len, err);
	char *name;

	if (rc < 0)
		return rc;
	if (data->len > FSK_HIVE_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "hive of %zu bytes is larger than %u",
		                   data->len, FSK_HIVE_MAX);
	info->sequence1 = out->sequence1;
	info->sequence2 = out->sequence2;
	info->dirty = out->sequence1 != out->sequence2;
	info->written = fsk_time_from_filetime(out->written);
	name = fsk_base_block_name(out);
	if (name != NULL && strlen(name) < sizeof(info->name))
		memcpy(info->name, name, strlen(name) + 1);
	free(name);
	if (out->type != FSK_BASE_HIVE)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "a transaction log (type %u), no hive",
		                   out->type);
	if (data->len < FSK_HIVE_HEADER)
		return fsk_err_set(err, FSK_ECORRUPT, "hive ends after %zu bytes", data->len);
	if (out->minor < 2)
		return fsk_err_set(err, FSK_EUNSUPPORTED, "hive of format 1.%u", out->minor);
	return 0;
}

/* Bytes of bins that are there; less than the header says is damage. */
static int bins_size(size_t *out, struct fsk_check *check, const struct fsk_base_block *head,
                     const struct fsk_buf *data, struct fsk_err *err)
{
	size_t there = data->len - FSK_HIVE_HEADER;
	int rc = 0;

	*out = head->bins < there ? head->bins : there;
	if (head->bins > there)
		rc = fsk_check_note(check, data->len, err,
		                    "cut off: %zu of %u bytes of bins are there", there,
		                    head->bins);
	if (head->bins == 0) {
		*out = there;
		rc = fsk_check_note(check, 0, err, "the header says that there are no bins");
	}
	if (rc == 0 && !head->sound)
		rc = fsk_check_note(check, 0, err, "the checksum of the header is wrong");
	return rc;
}

static int check(struct fsk_hive *h, const struct fsk_base_block *head, struct fsk_err *err)
{
	size_t size;
	int rc = bins_size(&size, &h->check, head, &h->data, err);

	if (rc == 0)
		rc = fsk_cells_init(&h->cells, h->data.data + FSK_HIVE_HEADER, size, head->minor,
		                    err);
	if (rc == 0) {
		h->cells.root = head->root;
		rc = fsk_check_run(&h->check, &h->cells, head->root, err);
	}
	return rc;
}

int fsk_hive_open(struct fsk_hive **out, struct fsk_buf *data, struct fsk_err *err)
{
	struct fsk_hive *h = calloc(1, sizeof(*h));
	struct fsk_base_block head;
	int rc;

	*out = NULL;
	if (h == NULL) {
		fsk_buf_free(data);
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a hive");
	}
	h->data = *data;
	fsk_buf_init(data, data->max);
	rc = parse_header(&head, &h->info, &h->data, err);
	if (rc == 0)
		rc = check(h, &head, err);
	if (rc < 0) {
		fsk_hive_close(h);
		return rc;
	}
	h->root = head.root;
	h->info.keys = h->check.keys;
	h->info.values = h->check.values;
	h->info.damaged = h->check.damaged;
	*out = h;
	return 0;
}

void fsk_hive_close(struct fsk_hive *h)
{
	if (h == NULL)
		return;
	fsk_check_free(&h->check);
	fsk_cells_free(&h->cells);
	fsk_buf_free(&h->data);
	free(h);
}

const struct fsk_hive_info *fsk_hive_info(const struct fsk_hive *h)
{
	return &h->info;
}

const char *fsk_hive_damage(const struct fsk_hive *h, size_t i)
{
	return i < h->check.damaged && i < FSK_HIVE_DAMAGE_MAX ? h->check.damage[i] : NULL;
}

/* The path of a key with that name below `parent`, which may be NULL. */
static int join(char **out, const struct fsk_key *parent, const char *name, struct fsk_err *err)
{
	size_t above = parent != NULL ? strlen(parent->path) : 0;
	size_t own = parent != NULL ? strlen(name) : 0;

	if (above + own + 1 > FSK_HIVE_PATH_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "its path is longer than a registry allows");
	*out = malloc(above + own + 2);
	if (*out == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a key");
	if (above > 0) {
		memcpy(*out, parent->path, above);
		(*out)[above++] = '\\';
	}
	memcpy(*out + above, name, own);
	(*out)[above + own] = '\0';
	return 0;
}

static int key_new(struct fsk_key **out, struct fsk_hive *h, const struct fsk_key *parent,
                   uint32_t off, struct fsk_err *err)
{
	struct fsk_key *k = calloc(1, sizeof(*k));
	int rc;

	if (k == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a key");
	k->hive = h;
	k->depth = parent == NULL ? 0 : parent->depth + 1;
	rc = fsk_cells_nk(&k->nk, &h->cells, off, err);
	if (rc < 0)
		goto out;
	k->written = fsk_time_from_filetime(k->nk.written);
	k->name = fsk_cells_text(k->nk.name, k->nk.name_len, k->nk.latin1);
	if (k->name == NULL)
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory for the name of a key");
	else
		rc = join(&k->path, parent, k->name, err);
out:
	if (rc < 0)
		fsk_key_free(k);
	else
		*out = k;
	return rc;
}

int fsk_hive_root(struct fsk_key **out, struct fsk_hive *h, struct fsk_err *err)
{
	*out = NULL;
	return key_new(out, h, NULL, h->root, err);
}

void fsk_key_free(struct fsk_key *k)
{
	if (k == NULL)
		return;
	fsk_list_free(&k->subkeys);
	fsk_list_free(&k->values);
	free(k->name);
	free(k->path);
	free(k);
}

const char *fsk_key_name(const struct fsk_key *k)
{
	return k->name;
}

const char *fsk_key_path(const struct fsk_key *k)
{
	return k->path;
}

fsk_time fsk_key_written(const struct fsk_key *k)
{
	return k->written;
}

int fsk_key_wrap_at(const struct fsk_key *k, uint32_t off, int rc, struct fsk_err *err)
{
	char path[200], msg[FSK_ERR_MSG_MAX];

	if (err == NULL)
		return rc;
	memcpy(msg, err->msg, sizeof(msg));
	return fsk_err_set(err, rc, "key \"%s\": %s (offset %" PRIu64 ")",
	                   fsk_text_escape(path, sizeof(path), k->path), msg,
	                   FSK_HIVE_HEADER + (uint64_t) off);
}

int fsk_key_wrap(const struct fsk_key *k, int rc, struct fsk_err *err)
{
	return fsk_key_wrap_at(k, k->nk.off, rc, err);
}

int fsk_key_subkeys(size_t *out, struct fsk_key *k, struct fsk_err *err)
{
	int rc;

	*out = 0;
	if (!k->has_subkeys) {
		rc = fsk_cells_subkeys(&k->subkeys, &k->hive->cells, &k->nk, err);
		if (rc < 0)
			return fsk_key_wrap(k, rc, err);
		k->has_subkeys = true;
	}
	if (k->subkeys.count == 0 && k->subkeys.dropped > 0) {
		fsk_err_set(err, FSK_ECORRUPT, "%zu of its subkeys cannot be read: %s",
		            k->subkeys.dropped, k->subkeys.reason);
		return fsk_key_wrap(k, FSK_ECORRUPT, err);
	}
	*out = k->subkeys.count;
	return 0;
}

int fsk_key_subkey(struct fsk_key **out, struct fsk_key *k, size_t i, struct fsk_err *err)
{
	size_t count;
	int rc = fsk_key_subkeys(&count, k, err);

	*out = NULL;
	if (rc < 0)
		return rc;
	if (i >= count)
		return fsk_err_set(err, FSK_EINVAL, "key \"%s\" has %zu subkeys", k->path, count);
	if (k->depth >= FSK_HIVE_DEPTH_MAX) {
		fsk_err_set(err, FSK_ELIMIT, "nested deeper than a registry allows");
		return fsk_key_wrap(k, FSK_ELIMIT, err);
	}
	rc = key_new(out, k->hive, k, k->subkeys.at[i], err);
	return rc < 0 ? fsk_key_wrap(k, rc, err) : 0;
}

static bool is_ascii(const char *s)
{
	for (; *s != '\0'; s++) {
		if ((unsigned char) *s >= 0x80)
			return false;
	}
	return true;
}

/* 1 when `nk` has that name, compared without case, 0 when not. Names of one byte for a
 * letter, which most are, need no copy. */
static int has_name(const struct fsk_nk *nk, const char *name, bool ascii, struct fsk_err *err)
{
	char *have;
	int same;

	if (nk->latin1 && ascii)
		return nk->name_len == strlen(name) &&
		       strncasecmp((const char *) nk->name, name, nk->name_len) == 0;
	have = fsk_cells_text(nk->name, nk->name_len, nk->latin1);
	if (have == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for the name of a key");
	same = fsk_text_casecmp(have, name) == 0;
	free(have);
	return same;
}

/* The index of the subkey with that name, compared without case. */
static int find_subkey(size_t *out, struct fsk_key *k, const char *name, struct fsk_err *err)
{
	bool ascii = is_ascii(name);
	struct fsk_nk nk;
	size_t count;
	int rc = fsk_key_subkeys(&count, k, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count; i++) {
		rc = fsk_cells_nk(&nk, &k->hive->cells, k->subkeys.at[i], err);
		if (rc < 0)
			return fsk_key_wrap(k, rc, err);
		rc = has_name(&nk, name, ascii, err);
		if (rc < 0)
			return rc;
		*out = i;
		if (rc == 1)
			return 0;
	}
	return fsk_err_set(err, FSK_ENOTFOUND, "key \"%s\" has no subkey \"%s\"", k->path, name);
}

/* The subkey that the first part of `*path` names; `*path` moves on. */
static int step(struct fsk_key **out, struct fsk_key *k, const char **path, struct fsk_err *err)
{
	size_t len = strcspn(*path, "\\"), i = 0;
	char *part = strndup(*path, len);
	int rc;

	*out = NULL;
	*path += len;
	*path += strspn(*path, "\\");
	if (part == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a path");
	rc = find_subkey(&i, k, part, err);
	free(part);
	return rc < 0 ? rc : fsk_key_subkey(out, k, i, err);
}

int fsk_key_below(struct fsk_key **out, struct fsk_key *from, const char *path, struct fsk_err *err)
{
	struct fsk_key *k = from, *sub;
	int rc = 0;

	*out = NULL;
	path += strspn(path, "\\");
	if (*path == '\0')
		return fsk_err_set(err, FSK_EINVAL, "a path below key \"%s\" is empty", from->path);
	while (rc == 0 && *path != '\0') {
		rc = step(&sub, k, &path, err);
		if (k != from)
			fsk_key_free(k);
		k = sub;
	}
	*out = rc == 0 ? k : NULL;
	return rc;
}

int fsk_hive_key(struct fsk_key **out, struct fsk_hive *h, const char *path, struct fsk_err *err)
{
	struct fsk_key *root;
	int rc = fsk_hive_root(&root, h, err);

	*out = NULL;
	if (rc < 0)
		return rc;
	if (path[strspn(path, "\\")] == '\0') {
		*out = root;
		return 0;
	}
	rc = fsk_key_below(out, root, path, err);
	fsk_key_free(root);
	return rc;
}
