#include "core/registry/regf.h"

#include <stdlib.h>
#include <string.h>

#include <libbfio.h>
#include <libregf.h>

#include "core/registry/hive.h"

#include "core/registry/cells.h"

struct fsk_regf {
	libbfio_handle_t *io;
	libregf_file_t *file;
};

/* Takes a sentence out of libregf's chain of errors and frees the chain. */
static int failed(libregf_error_t *e, const char *what, struct fsk_err *err)
{
	char text[FSK_ERR_MSG_MAX] = "";

	if (e != NULL && libregf_error_sprint(e, text, sizeof(text)) < 0)
		text[0] = '\0';
	libregf_error_free(&e);
	return fsk_err_set(err, FSK_ECORRUPT, "%s: libregf: %s", what,
	                   text[0] == '\0' ? "no reason given" : text);
}

int fsk_regf_open(struct fsk_regf **out, uint8_t *data, size_t size, struct fsk_err *err)
{
	struct fsk_regf *r = calloc(1, sizeof(*r));
	libregf_error_t *e = NULL;
	int rc = 0;

	*out = NULL;
	if (r == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a hive");
	libregf_notify_set_verbose(0);
	if (libbfio_memory_range_initialize(&r->io, (libbfio_error_t **) &e) != 1 ||
	    libbfio_memory_range_set(r->io, data, size, (libbfio_error_t **) &e) != 1 ||
	    libregf_file_initialize(&r->file, &e) != 1 ||
	    libregf_file_open_file_io_handle(r->file, r->io, LIBREGF_OPEN_READ, &e) != 1)
		rc = failed(e, "cannot open", err);
	if (rc < 0)
		fsk_regf_close(r);
	else
		*out = r;
	return rc;
}

void fsk_regf_close(struct fsk_regf *r)
{
	if (r == NULL)
		return;
	if (r->file != NULL) {
		libregf_file_close(r->file, NULL);
		libregf_file_free(&r->file, NULL);
	}
	if (r->io != NULL)
		libbfio_handle_free(&r->io, NULL);
	free(r);
}

int fsk_regf_root(fsk_regf_key **out, struct fsk_regf *r, struct fsk_err *err)
{
	libregf_error_t *e = NULL;

	*out = NULL;
	if (libregf_file_get_root_key(r->file, out, &e) != 1)
		return failed(e, "no root key", err);
	return 0;
}

int fsk_regf_subkey(fsk_regf_key **out, fsk_regf_key *k, size_t i, struct fsk_err *err)
{
	libregf_error_t *e = NULL;

	*out = NULL;
	if (libregf_key_get_sub_key(k, (int) i, out, &e) != 1)
		return failed(e, "no such subkey", err);
	return 0;
}

void fsk_regf_key_free(fsk_regf_key *k)
{
	if (k != NULL)
		libregf_key_free(&k, NULL);
}

int fsk_regf_facts(uint32_t *off, uint64_t *written, char **name, fsk_regf_key *k,
                   struct fsk_err *err)
{
	libregf_error_t *e = NULL;
	size_t size = 0;
	off64_t at = 0;

	*name = NULL;
	if (libregf_key_get_offset(k, &at, &e) != 1 ||
	    libregf_key_get_last_written_time(k, written, &e) != 1 ||
	    libregf_key_get_utf8_name_size(k, &size, &e) != 1 || size == 0)
		return failed(e, "key", err);
	/* libregf counts from the start of the file and past the cell's length */
	*off = (uint32_t) (at - FSK_HIVE_HEADER - 4);
	*name = malloc(size);
	if (*name == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for the name of a key");
	if (libregf_key_get_utf8_name(k, (uint8_t *) *name, size, &e) != 1) {
		free(*name);
		*name = NULL;
		return failed(e, "key", err);
	}
	return 0;
}

int fsk_regf_values(size_t *out, fsk_regf_key *k, struct fsk_err *err)
{
	libregf_error_t *e = NULL;
	int n = 0;

	*out = 0;
	if (libregf_key_get_number_of_values(k, &n, &e) != 1 || n < 0)
		return failed(e, "values", err);
	*out = (size_t) n;
	return 0;
}

int fsk_regf_value(fsk_regf_val **out, fsk_regf_key *k, size_t i, struct fsk_err *err)
{
	libregf_error_t *e = NULL;

	*out = NULL;
	if (libregf_key_get_value(k, (int) i, out, &e) != 1)
		return failed(e, "no such value", err);
	return 0;
}

void fsk_regf_value_free(fsk_regf_val *v)
{
	if (v != NULL)
		libregf_value_free(&v, NULL);
}

/* libregf has no name for the default value, and no data where there is none. */
int fsk_regf_content(char **name, uint32_t *type, uint8_t **data, size_t *size, fsk_regf_val *v,
                     struct fsk_err *err)
{
	libregf_error_t *e = NULL;
	size_t named = 0;

	*name = NULL;
	*data = NULL;
	*size = 0;
	if (libregf_value_get_value_type(v, type, &e) != 1 ||
	    libregf_value_get_utf8_name_size(v, &named, &e) < 0 ||
	    libregf_value_get_value_data_size(v, size, &e) < 0)
		return failed(e, "value", err);
	*name = calloc(named + 1, 1);
	*data = malloc(*size + 1);
	if (*name == NULL || *data == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a value");
	if ((named > 0 && libregf_value_get_utf8_name(v, (uint8_t *) *name, named, &e) != 1) ||
	    (*size > 0 && libregf_value_get_value_data(v, *data, *size, &e) != 1))
		return failed(e, "value", err);
	return 0;
}

const char *fsk_hive_library(void)
{
	return libregf_get_version();
}
