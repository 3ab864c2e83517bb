#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/registry/key.h"

const char *fsk_regtype_name(char buf[24], uint32_t type)
{
	static const char *const names[] = {
		"REG_NONE",
		"REG_SZ",
		"REG_EXPAND_SZ",
		"REG_BINARY",
		"REG_DWORD",
		"REG_DWORD_BIG_ENDIAN",
		"REG_LINK",
		"REG_MULTI_SZ",
		"REG_RESOURCE_LIST",
		"REG_FULL_RESOURCE_DESCRIPTOR",
		"REG_RESOURCE_REQUIREMENTS_LIST",
		"REG_QWORD",
	};

	if (type < sizeof(names) / sizeof(names[0]))
		return names[type];
	if (type == FSK_REG_FILETIME)
		return "REG_FILETIME";
	snprintf(buf, 24, "REG_0x%x", type);
	return buf;
}

int fsk_key_list_values(struct fsk_key *k, struct fsk_err *err)
{
	int rc;

	if (k->has_values)
		return 0;
	rc = fsk_cells_values(&k->values, &k->hive->cells, &k->nk, err);
	if (rc < 0) {
		return fsk_key_wrap(k, rc, err);
	}
	k->has_values = true;
	return 0;
}

int fsk_key_values(size_t *out, struct fsk_key *k, struct fsk_err *err)
{
	int rc = fsk_key_list_values(k, err);

	*out = rc < 0 ? 0 : k->values.count;
	return rc;
}

int fsk_value_fill(struct fsk_value *v, uint32_t type, const uint8_t *data, size_t size,
                   struct fsk_err *err)
{
	v->type = type;
	v->data = malloc(size + 1);
	if (v->data == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a value");
	memcpy(v->data, data, size);
	v->size = size;
	return fsk_value_shape(v, err);
}

int fsk_key_value(struct fsk_value *out, struct fsk_key *k, size_t i, struct fsk_err *err)
{
	const struct fsk_cells *cells = &k->hive->cells;
	struct fsk_vk vk;
	char name[80];
	int rc;

	memset(out, 0, sizeof(*out));
	rc = fsk_key_list_values(k, err);
	if (rc < 0)
		return rc;
	if (i >= k->values.count)
		return fsk_err_set(err, FSK_EINVAL, "key \"%s\" has %zu values", k->path,
		                   k->values.count);
	rc = fsk_cells_vk(&vk, cells, k->values.at[i], err);
	if (rc < 0) {
		fsk_err_wrap(err, "value %zu", i + 1);
		return fsk_key_wrap(k, rc, err);
	}
	out->name = fsk_cells_text(vk.name, vk.name_len, vk.latin1);
	out->type = vk.type;
	out->size = vk.size;
	if (out->name == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for the name of a value");
	rc = fsk_cells_data(&out->data, cells, &vk, err);
	if (rc == 0)
		rc = fsk_value_shape(out, err);
	if (rc < 0) {
		fsk_err_wrap(err, "value \"%s\"", fsk_text_escape(name, sizeof(name), out->name));
		fsk_key_wrap_at(k, k->values.at[i], rc, err);
		fsk_value_free(out);
	}
	return rc;
}

int fsk_key_value_named(struct fsk_value *out, struct fsk_key *k, const char *name,
                        struct fsk_err *err)
{
	struct fsk_vk vk;
	int rc;

	memset(out, 0, sizeof(*out));
	rc = fsk_key_list_values(k, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < k->values.count; i++) {
		char *have;
		bool same;

		if (fsk_cells_vk(&vk, &k->hive->cells, k->values.at[i], NULL) < 0)
			continue; /* another value may still have the name */
		have = fsk_cells_text(vk.name, vk.name_len, vk.latin1);
		if (have == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "no memory for the name of a value");
		same = fsk_text_casecmp(have, name) == 0;
		free(have);
		if (same)
			return fsk_key_value(out, k, i, err);
	}
	return fsk_err_set(err, FSK_ENOTFOUND, "key \"%s\" has no value \"%s\"", k->path, name);
}

void fsk_value_free(struct fsk_value *v)
{
	for (size_t i = 0; v->list != NULL && v->list[i] != NULL; i++)
		free(v->list[i]);
	free(v->list);
	free(v->text);
	free(v->name);
	free(v->data);
	memset(v, 0, sizeof(*v));
}
