#include "plugins/olecf/compound.h"

#include <stdlib.h>
#include <string.h>

#include <libbfio.h>
#include <libolecf.h>

#include "core/base/limits.h"

struct stream {
	char *path;
	libolecf_item_t *item;
	uint32_t size;
};

struct fsk_compound {
	uint8_t *data;
	size_t size;
	libbfio_handle_t *io;
	libolecf_file_t *file;
	struct stream *streams;
	size_t count, seen; /* seen: items of all kinds */
	const char *damage;
};

/* Takes a sentence out of the library's chain of errors and frees the chain. */
static int failed(libolecf_error_t *e, const char *what, struct fsk_err *err)
{
	char text[FSK_ERR_MSG_MAX] = "";

	if (e != NULL && libolecf_error_sprint(e, text, sizeof(text)) < 0)
		text[0] = '\0';
	libolecf_error_free(&e);
	return fsk_err_set(err, FSK_ECORRUPT, "%s: libolecf: %s", what,
	                   text[0] == '\0' ? "no reason given" : text);
}

const char *fsk_compound_library(void)
{
	return libolecf_get_version();
}

/* --- the list --- */

/* "storage/" and the name of the item; NULL when it has none that is text. */
static char *path_of(libolecf_item_t *item, const char *above)
{
	size_t n = 0, before = strlen(above);
	char *path;

	if (libolecf_item_get_utf8_name_size(item, &n, NULL) != 1 || n < 2 || n > FSK_NAME_MAX)
		return NULL;
	path = malloc(before + n + 1);
	if (path == NULL)
		return NULL;
	memcpy(path, above, before);
	path[before] = '\0';
	before += before > 0;
	if (before > 0)
		path[before - 1] = '/';
	if (libolecf_item_get_utf8_name(item, (uint8_t *) path + before, n, NULL) == 1)
		return path;
	free(path);
	return NULL;
}

/* Takes over `path` and `item`. */
static int add_stream(struct fsk_compound *c, char *path, libolecf_item_t *item,
                      struct fsk_err *err)
{
	struct stream *grown = c->streams;
	struct stream s = { .path = path, .item = item };

	if ((c->count & (c->count - 1)) == 0)
		grown = realloc(grown, (c->count == 0 ? 1 : c->count * 2) * sizeof(*grown));
	if (grown == NULL) {
		free(path);
		libolecf_item_free(&item, NULL);
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a stream");
	}
	c->streams = grown;
	if (libolecf_item_get_size(item, &s.size, NULL) != 1)
		s.size = 0;
	c->streams[c->count++] = s;
	return 0;
}

static int list_items(struct fsk_compound *c, libolecf_item_t *parent, const char *above,
                      unsigned depth, struct fsk_err *err);

/* Takes over `item`. */
static int list_item(struct fsk_compound *c, libolecf_item_t *item, const char *above,
                     unsigned depth, struct fsk_err *err)
{
	char *path = path_of(item, above);
	uint8_t type = 0;
	int rc = 0;

	if (path == NULL || libolecf_item_get_type(item, &type, NULL) != 1) {
		c->damage = "names that cannot be read are left out";
	} else if (type == LIBOLECF_ITEM_TYPE_STREAM) {
		return add_stream(c, path, item, err);
	} else if (depth >= FSK_OLECF_DEPTH_MAX) {
		c->damage = "storages are nested too deeply";
	} else {
		rc = list_items(c, item, path, depth + 1, err);
	}
	free(path);
	libolecf_item_free(&item, NULL);
	return rc;
}

static int list_items(struct fsk_compound *c, libolecf_item_t *parent, const char *above,
                      unsigned depth, struct fsk_err *err)
{
	int n = 0, rc = 0;

	if (libolecf_item_get_number_of_sub_items(parent, &n, NULL) != 1) {
		c->damage = "what is in a storage cannot be read";
		return 0;
	}
	for (int i = 0; i < n && rc == 0; i++) {
		libolecf_item_t *item = NULL;

		if (c->seen++ >= FSK_OLECF_ITEMS_MAX) {
			c->damage = "more streams than are listed";
			break;
		}
		if (libolecf_item_get_sub_item(parent, i, &item, NULL) != 1)
			c->damage = "what is in a storage cannot be read";
		else
			rc = list_item(c, item, above, depth, err);
	}
	return rc;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct stream *) a)->path, ((const struct stream *) b)->path);
}

static int list_all(struct fsk_compound *c, struct fsk_err *err)
{
	libolecf_item_t *root = NULL;
	libolecf_error_t *e = NULL;
	int rc;

	if (libolecf_file_get_root_item(c->file, &root, &e) != 1)
		return failed(e, "no root", err);
	rc = list_items(c, root, "", 0, err);
	libolecf_item_free(&root, NULL);
	if (c->count > 1)
		qsort(c->streams, c->count, sizeof(*c->streams), by_path);
	return rc;
}

/* --- opening --- */

int fsk_compound_open(struct fsk_compound **out, uint8_t *data, size_t size, struct fsk_err *err)
{
	static const uint8_t magic[8] = { 0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1 };
	struct fsk_compound *c = calloc(1, sizeof(*c));
	libolecf_error_t *e = NULL;
	int rc = 0;

	*out = NULL;
	if (c == NULL) {
		free(data);
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a compound file");
	}
	c->data = data;
	c->size = size;
	libolecf_notify_set_verbose(0);
	if (size < sizeof(magic) || memcmp(data, magic, sizeof(magic)) != 0)
		rc = fsk_err_set(err, FSK_ECORRUPT, "no compound file: signature missing");
	else if (libbfio_memory_range_initialize(&c->io, (libbfio_error_t **) &e) != 1 ||
	         libbfio_memory_range_set(c->io, data, size, (libbfio_error_t **) &e) != 1 ||
	         libolecf_file_initialize(&c->file, &e) != 1 ||
	         libolecf_file_open_file_io_handle(c->file, c->io, LIBOLECF_OPEN_READ, &e) != 1)
		rc = failed(e, "cannot open", err);
	if (rc == 0)
		rc = list_all(c, err);
	if (rc < 0)
		fsk_compound_close(c);
	else
		*out = c;
	return rc;
}

void fsk_compound_close(struct fsk_compound *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->count; i++) {
		free(c->streams[i].path);
		libolecf_item_free(&c->streams[i].item, NULL);
	}
	free(c->streams);
	if (c->file != NULL) {
		libolecf_file_close(c->file, NULL);
		libolecf_file_free(&c->file, NULL);
	}
	if (c->io != NULL)
		libbfio_handle_free(&c->io, NULL);
	free(c->data);
	free(c);
}

size_t fsk_compound_count(const struct fsk_compound *c)
{
	return c->count;
}

const char *fsk_compound_path(const struct fsk_compound *c, size_t i)
{
	return c->streams[i].path;
}

uint32_t fsk_compound_size(const struct fsk_compound *c, size_t i)
{
	return c->streams[i].size;
}

const char *fsk_compound_damage(const struct fsk_compound *c)
{
	return c->damage;
}

/* --- reading --- */

int fsk_compound_read(struct fsk_buf *out, struct fsk_compound *c, const char *path,
                      uint64_t offset, size_t max, struct fsk_err *err)
{
	struct stream key = { .path = (char *) path };
	struct stream *s = c->count > 0 ? bsearch(&key, c->streams, c->count, sizeof(key), by_path)
	                                : NULL;
	libolecf_error_t *e = NULL;
	size_t left;
	ssize_t n;
	int rc;

	if (s == NULL)
		return fsk_err_set(err, FSK_ENOTFOUND, "no stream \"%s\"", path);
	if (s->size > c->size)
		return fsk_err_set(err, FSK_ECORRUPT, "stream \"%s\": larger than its file", path);
	left = offset < s->size ? (size_t) (s->size - offset) : 0;
	left = left < max ? left : max;
	if (left == 0)
		return 0;
	rc = fsk_buf_reserve(out, left, err);
	if (rc < 0)
		return rc;
	n = libolecf_stream_read_buffer_at_offset(s->item, out->data + out->len, left,
	                                          (off64_t) offset, &e);
	if (n < 0 || (size_t) n > left)
		return failed(e, path, err);
	out->len += (size_t) n;
	if ((size_t) n < left)
		return fsk_err_set(err, FSK_ECORRUPT, "stream \"%s\": %zd of %zu bytes are there",
		                   path, n, left);
	return 0;
}
