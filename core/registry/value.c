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

static uint64_t number(const struct fsk_value *v)
{
	size_t width = v->type == FSK_REG_QWORD ? 8 : 4;
	uint64_t n = 0;

	for (size_t i = 0; i < width; i++) {
		uint64_t byte = i < v->size ? v->data[i] : 0;

		n |= byte << 8 * (v->type == FSK_REG_DWORD_BE ? width - 1 - i : i);
	}
	return n;
}

static char *text(const uint8_t *p, size_t n, struct fsk_err *err)
{
	struct fsk_buf b;
	char *s = NULL;

	fsk_buf_init(&b, 4 * (size_t) FSK_HIVE_VALUE_MAX);
	if (fsk_text_append_utf16le(&b, p, n, true, err) == 0)
		s = fsk_buf_steal_str(&b, err);
	fsk_buf_free(&b);
	return s;
}

/* Bytes of the string at `p` without its NUL, at most `n`. */
static size_t utf16_len(const uint8_t *p, size_t n)
{
	size_t len = 0;

	while (len + 1 < n && (p[len] != 0 || p[len + 1] != 0))
		len += 2;
	return len;
}

static int strings(struct fsk_value *v, struct fsk_err *err)
{
	size_t count = 0, pos = 0, len;

	for (pos = 0; (len = utf16_len(v->data + pos, v->size - pos)) > 0; count++)
		pos = pos + len + 2 < v->size ? pos + len + 2 : v->size;
	v->list = calloc(count + 1, sizeof(*v->list));
	if (v->list == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a list of strings");
	pos = 0;
	for (size_t i = 0; i < count; i++) {
		len = utf16_len(v->data + pos, v->size - pos);
		v->list[i] = text(v->data + pos, len, err);
		if (v->list[i] == NULL)
			return FSK_ENOMEM;
		pos = pos + len + 2 < v->size ? pos + len + 2 : v->size;
	}
	return 0;
}

/* Gives the data the form that its type says. */
static int shape(struct fsk_value *v, struct fsk_err *err)
{
	switch (v->type) {
	case FSK_REG_SZ:
	case FSK_REG_EXPAND_SZ:
	case FSK_REG_LINK:
		v->text = text(v->data, v->size, err);
		return v->text == NULL ? FSK_ENOMEM : 0;
	case FSK_REG_MULTI_SZ:
		return strings(v, err);
	case FSK_REG_DWORD:
	case FSK_REG_DWORD_BE:
	case FSK_REG_QWORD:
		v->number = number(v);
		return 0;
	default:
		return 0;
	}
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
	return shape(v, err);
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
		rc = shape(out, err);
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
