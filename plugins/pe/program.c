#include "plugins/pe/program.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/pe/authenticode.h"
#include "plugins/pe/parts.h"

struct program {
	struct fsk_ranges file;
	struct fsk_pe pe;
	struct fsk_pe_table table;
	struct fsk_pe_content content;
	bool whole; /* `content` was read */
	json_t *told;
};

static void set(json_t *o, const char *key, json_t *value)
{
	if (value != NULL)
		json_object_set_new(o, key, value);
}

/* Reads the whole file when somebody wants to know what that tells. What cannot be read is
 * an anomaly already; then nothing is said about the content. */
static int read_content(struct program *p, const struct fsk_pe_options *want, struct fsk_err *err)
{
	struct fsk_err why = { 0 };
	int rc;

	p->content.digests = fsk_pe_table_digests(&p->table);
	p->content.file_digests = want->digests;
	p->content.entropy = want->entropy;
	if (!want->digests && !want->entropy &&
	    (!want->content || (want->signed_only && p->content.digests == 0)))
		return 0;
	rc = fsk_pe_content_read(&p->content, &p->pe, &why);
	p->whole = rc == 0;
	if (rc < 0)
		set(p->told, "unread", fsk_json_bytes(why.msg, strlen(why.msg)));
	return rc == FSK_ENOMEM ? fsk_err_set(err, rc, "%s", why.msg) : 0;
}

static void tell_headers(struct program *p)
{
	json_t *sum = json_pack("{s:I}", "told", (json_int_t) p->pe.checksum);

	fsk_pe_tell_headers(p->told, &p->pe, p->whole ? p->content.sections : NULL);
	if (p->whole) {
		set(sum, "computed", json_integer(p->content.checksum));
		set(sum, "right", json_boolean(p->content.checksum == p->pe.checksum));
	}
	set(p->told, "checksum", sum);
	set(p->told, "overlay", fsk_pe_overlay(&p->pe));
}

static void tell(struct program *p, unsigned what)
{
	const struct fsk_digests *d = &p->content.file;

	if (what & FSK_PE_HEADERS)
		tell_headers(p);
	if (what & FSK_PE_VERSION)
		set(p->told, "version", fsk_pe_version(&p->pe));
	if (what & FSK_PE_PARTS) {
		fsk_pe_imports(p->told, &p->pe);
		set(p->told, "exports", fsk_pe_exports(&p->pe));
		set(p->told, "resources", fsk_pe_resources(&p->pe));
		set(p->told, "pdb", fsk_pe_pdb(&p->pe));
	}
	if (what & FSK_PE_SIGNATURE)
		set(p->told, "signature",
		    fsk_pe_table_tell(&p->table, &p->pe, p->whole ? &p->content : NULL));
	if (what & FSK_PE_TABLE)
		set(p->told, "table", fsk_pe_table_layout(&p->table));
	if (p->whole && p->content.file_digests)
		set(p->told, "file_digests",
		    json_pack("{s:s, s:s, s:s}", "sha256", d->sha256, "sha1", d->sha1, "md5",
		              d->md5));
}

static int examine(struct program *p, const struct fsk_pe_options *want, struct fsk_err *err)
{
	int rc = fsk_pe_headers(&p->pe, &p->file, err);

	if (rc == 0 && (want->what & (FSK_PE_SIGNATURE | FSK_PE_TABLE)))
		fsk_pe_table_read(&p->table, &p->pe, want->what & FSK_PE_SIGNATURE);
	if (rc == 0 && (want->what & FSK_PE_SIGNATURE))
		rc = read_content(p, want, err);
	if (rc == 0)
		tell(p, want->what);
	return rc;
}

int fsk_pe_examine(json_t **told, json_t **notes, const struct fsk_input *in,
                   const struct fsk_pe_options *want, struct fsk_err *err)
{
	struct program *p = calloc(1, sizeof(*p));
	int rc;

	*told = *notes = NULL;
	if (p != NULL)
		p->told = json_object();
	if (p == NULL || p->told == NULL)
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory to read a program");
	else
		rc = fsk_ranges_open(&p->file, in, err);
	if (rc == 0)
		rc = examine(p, want, err);
	if (rc == 0) {
		*told = json_incref(p->told);
		*notes = json_incref(fsk_ranges_notes(&p->file));
	}
	if (p != NULL) {
		fsk_pe_table_free(&p->table);
		fsk_ranges_close(&p->file);
		json_decref(p->told);
	}
	free(p);
	return rc;
}
