#include "plugins/msi/msi.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/msi/parts.h"
#include "plugins/shared/cms.h"

#define SUMMARY "\005SummaryInformation"
#define SIGNATURE "\005DigitalSignature"
#define SIGNATURE_MORE "\005MsiDigitalSignatureEx"

static void set(json_t *o, const char *key, json_t *value)
{
	if (value != NULL)
		json_object_set_new(o, key, value);
}

/* Opens a table; false when there is none, or it cannot be read, which is noted. */
static bool table(struct fsk_msi_table *t, struct fsk_msi *m, const char *name)
{
	struct fsk_err why = { 0 };
	int rc = fsk_msi_table_read(t, m, name, &why);

	if (rc < 0 && rc != FSK_ENOTFOUND)
		fsk_msi_note(m, "%s", why.msg);
	if (rc < 0)
		fsk_msi_table_free(t);
	return rc == 0;
}

/* Rows that are told of one table. */
static size_t rows_of(const struct fsk_msi_table *t, struct fsk_msi *m, const char *name)
{
	if (t->rows <= FSK_MSI_ROWS_MAX)
		return t->rows;
	fsk_msi_note(m, "table %s has %zu rows, of which %u are told", name, t->rows,
	             FSK_MSI_ROWS_MAX);
	return FSK_MSI_ROWS_MAX;
}

/* --- tables --- */

static json_t *tell_tables(struct fsk_msi *m)
{
	json_t *out = json_array();
	struct fsk_msi_table t;
	size_t n;

	if (!table(&t, m, "_Tables"))
		return out;
	n = rows_of(&t, m, "_Tables");
	for (size_t i = 0; i < n; i++) {
		json_t *name = fsk_msi_string(m, fsk_msi_cell(&t, i, 0));

		if (name != NULL)
			json_array_append_new(out, name);
	}
	fsk_msi_table_free(&t);
	return out;
}

static json_t *tell_properties(struct fsk_msi *m)
{
	json_t *out = json_object();
	struct fsk_msi_table t;
	unsigned name, value;
	size_t n;

	if (!table(&t, m, "Property"))
		return out;
	name = fsk_msi_column(&t, m, "Property");
	value = fsk_msi_column(&t, m, "Value");
	n = rows_of(&t, m, "Property");
	for (size_t i = 0; i < n; i++) {
		json_t *key = fsk_msi_string(m, fsk_msi_cell(&t, i, name));

		if (key != NULL)
			set(out, json_string_value(key),
			    fsk_msi_string(m, fsk_msi_cell(&t, i, value)));
		json_decref(key);
	}
	fsk_msi_table_free(&t);
	return out;
}

/* "SHORT~1.TXT|a long name.txt", or one name that is both. */
static void set_names(json_t *o, json_t *both)
{
	const char *text = json_string_value(both), *bar = text != NULL ? strchr(text, '|') : NULL;

	if (bar != NULL) {
		set(o, "short", json_stringn(text, (size_t) (bar - text)));
		set(o, "name", json_string(bar + 1));
	} else if (text != NULL) {
		set(o, "name", json_string(text));
	}
	json_decref(both);
}

struct file_columns {
	unsigned key, name, size, version, component;
};

static json_t *tell_file(struct fsk_msi *m, const struct fsk_msi_table *t, size_t i,
                         const struct file_columns *in)
{
	json_t *o = json_object();
	int64_t size;

	set(o, "id", fsk_msi_string(m, fsk_msi_cell(t, i, in->key)));
	set_names(o, fsk_msi_string(m, fsk_msi_cell(t, i, in->name)));
	if (in->size < t->ncolumns && fsk_msi_number(&size, t, i, in->size))
		set(o, "size", json_integer(size));
	set(o, "version", fsk_msi_string(m, fsk_msi_cell(t, i, in->version)));
	set(o, "component", fsk_msi_string(m, fsk_msi_cell(t, i, in->component)));
	return o;
}

static json_t *tell_files(struct fsk_msi *m)
{
	json_t *out = json_array();
	struct file_columns in;
	struct fsk_msi_table t;
	size_t n;

	if (!table(&t, m, "File"))
		return out;
	in.key = fsk_msi_column(&t, m, "File");
	in.name = fsk_msi_column(&t, m, "FileName");
	in.size = fsk_msi_column(&t, m, "FileSize");
	in.version = fsk_msi_column(&t, m, "Version");
	in.component = fsk_msi_column(&t, m, "Component_");
	n = rows_of(&t, m, "File");
	for (size_t i = 0; i < n; i++)
		json_array_append_new(out, tell_file(m, &t, i, &in));
	fsk_msi_table_free(&t);
	return out;
}

/* --- the rest --- */

/* Streams that are no tables, summary or signature. */
static json_t *tell_embedded(struct fsk_msi *m)
{
	json_t *out = json_array();

	for (size_t i = 0; i < m->count; i++) {
		const char *name = m->names[i];

		if (*name == '!' || strcmp(name, SUMMARY) == 0 || strcmp(name, SIGNATURE) == 0 ||
		    strcmp(name, SIGNATURE_MORE) == 0)
			continue;
		if (json_array_size(out) == FSK_MSI_ROWS_MAX) {
			fsk_msi_note(m, "more streams than are told");
			break;
		}
		json_array_append_new(out, json_pack("{s:o, s:I}", "name",
		                                     fsk_json_bytes(name, strlen(name)), "size",
		                                     (json_int_t) fsk_compound_size(m->c, i)));
	}
	return out;
}

static json_t *tell_signatures(struct fsk_msi *m, const struct fsk_buf *der)
{
	json_t *out = json_array();
	struct fsk_cms cms = { 0 };
	struct fsk_err why = { 0 };

	if (fsk_cms_read(&cms, der->data, der->len, &why) < 0)
		fsk_msi_note(m, "signature: %s", why.msg);
	for (unsigned i = 0; i < cms.count; i++) {
		json_t *o = json_copy(cms.items[i].told);

		set(o, "algorithm", json_string(cms.items[i].algorithm));
		set(o, "sealed", json_boolean(cms.items[i].sealed));
		json_array_append_new(out, o);
	}
	fsk_cms_free(&cms);
	return out;
}

static void tell_signed(json_t *o, struct fsk_msi *m)
{
	struct fsk_buf der;
	struct fsk_err why = { 0 };
	json_t *list;
	int rc;

	fsk_buf_init(&der, FSK_CMS_MAX);
	rc = fsk_msi_stream(&der, m, SIGNATURE, &why);
	set(o, "signed", json_boolean(rc != FSK_ENOTFOUND));
	if (rc < 0 && rc != FSK_ENOTFOUND)
		fsk_msi_note(m, "%s", why.msg);
	if (rc == 0 && der.len > 0) {
		list = tell_signatures(m, &der);
		set(o, "signer", json_incref(json_object_get(json_array_get(list, 0), "name")));
		set(o, "signatures", list);
	}
	fsk_buf_free(&der);
}

static json_t *tell(struct fsk_msi *m)
{
	static const struct {
		const char *name, *property;
	} known[] = {
		{ "product_code", "ProductCode" }, { "version", "ProductVersion" },
		{ "name", "ProductName" },         { "manufacturer", "Manufacturer" },
		{ "upgrade_code", "UpgradeCode" }, { "language", "ProductLanguage" },
	};
	json_t *o = json_object(), *properties = tell_properties(m);

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		set(o, known[i].name, json_incref(json_object_get(properties, known[i].property)));
	set(o, "code_page", json_integer(m->pool.code_page));
	set(o, "properties", properties);
	set(o, "summary", fsk_msi_summary(m));
	set(o, "tables", tell_tables(m));
	set(o, "files", tell_files(m));
	set(o, "embedded", tell_embedded(m));
	tell_signed(o, m);
	return o;
}

/* --- opening --- */

static int64_t read_pages(void *arg, void *buf, size_t n, uint64_t off, bool *bad,
                          struct fsk_err *err)
{
	(void) bad;
	(void) err;
	return (int64_t) fsk_ranges_read(arg, buf, n, off);
}

static int name_streams(struct fsk_msi *m, struct fsk_err *err)
{
	size_t n = fsk_compound_count(m->c);

	m->names = calloc(n + 1, sizeof(*m->names));
	while (m->names != NULL && m->count < n) {
		char *name = fsk_msi_name(fsk_compound_path(m->c, m->count));

		if (name == NULL)
			break;
		m->names[m->count++] = name;
	}
	return m->count == n && m->names != NULL
	           ? 0
	           : fsk_err_set(err, FSK_ENOMEM, "no memory for names of streams");
}

static int examine(json_t **told, struct fsk_msi *m, struct fsk_err *err)
{
	int rc = name_streams(m, err);

	if (rc == 0)
		rc = fsk_msi_pool_read(m, err);
	if (rc == FSK_ENOTFOUND)
		rc = fsk_err_set(err, FSK_EUNSUPPORTED,
		                 "a compound file, but no package: it has no string pool");
	if (rc == 0)
		*told = tell(m);
	for (size_t i = 0; i < m->count; i++)
		free(m->names[i]);
	free(m->names);
	fsk_msi_pool_free(&m->pool);
	return rc;
}

int fsk_msi_examine(json_t **told, json_t **notes, const struct fsk_input *in, struct fsk_err *err)
{
	struct fsk_ranges file;
	struct fsk_input pages = { .arg = &file, .size = in->size, .read = read_pages };
	struct fsk_msi m = { .file = &file, .text = FSK_MSI_TEXT_MAX };
	int rc;

	*told = *notes = NULL;
	rc = fsk_ranges_open(&file, in, err);
	if (rc < 0)
		return rc;
	rc = fsk_compound_open_input(&m.c, &pages, err);
	if (rc == 0 && fsk_compound_damage(m.c) != NULL)
		fsk_ranges_note(&file, FSK_RANGES_NOWHERE, "%s", fsk_compound_damage(m.c));
	if (rc == 0)
		rc = examine(told, &m, err);
	if (rc < 0 && file.err.code != 0)
		rc = fsk_err_set(err, file.err.code, "%s", file.err.msg);
	if (rc == 0 && file.err.code != 0)
		fsk_ranges_note(&file, FSK_RANGES_NOWHERE, "%s", file.err.msg);
	if (rc == 0)
		*notes = json_incref(fsk_ranges_notes(&file));
	fsk_compound_close(m.c);
	fsk_ranges_close(&file);
	return rc;
}
