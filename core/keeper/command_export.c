/* fossick export: what an archive says, for other tools */
#include <stdio.h>

#include "core/archive/output.h"
#include "core/archive/reader.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/keeper/commands.h"
#include "core/keeper/stix.h"
#include "core/keeper/table.h"

static int take_row(void *arg, const char *member, const json_t *row, struct fsk_err *err)
{
	return fsk_stix_take(arg, member, row, err);
}

static int make_bundle(json_t **out, const char *path, struct fsk_err *err)
{
	const struct fsk_reader_ops ops = { .members = fsk_stix_members, .row = take_row };
	char manifest_sha256[FSK_SHA256_HEX];
	struct fsk_stix *s;
	int rc = fsk_stix_new(&s, err);

	*out = NULL;
	if (rc == 0)
		rc = fsk_archive_read(manifest_sha256, path, &ops, s, err);
	if (rc == 0)
		rc = fsk_stix_bundle(out, s, manifest_sha256, err);
	fsk_stix_free(s);
	return rc;
}

/* ---- into a file ---- */

struct sink {
	struct fsk_output out;
	struct fsk_buf waiting;
	uint64_t written;
	struct fsk_err failure;
};

static int flush(struct sink *k)
{
	int rc = fsk_output_write(&k->out, k->waiting.data, k->waiting.len, k->written,
	                          &k->failure);

	k->written += k->waiting.len;
	fsk_buf_reset(&k->waiting);
	return rc;
}

static int add_text(const char *text, size_t n, void *arg)
{
	struct sink *k = arg;

	if (k->waiting.len > FSK_MIB && flush(k) < 0)
		return -1;
	return fsk_buf_append(&k->waiting, text, n, &k->failure) < 0 ? -1 : 0;
}

static int write_file(const char *path, const json_t *bundle, struct fsk_err *err)
{
	struct sink k = { .out.handle = -1 };
	int rc = fsk_output_create(&k.out, path, err);

	if (rc < 0)
		return rc;
	fsk_buf_init(&k.waiting, SIZE_MAX);
	if (json_dump_callback(bundle, add_text, &k, JSON_INDENT(2) | JSON_SORT_KEYS) < 0 ||
	    add_text("\n", 1, &k) < 0 || flush(&k) < 0 || fsk_output_sync(&k.out, &k.failure) < 0) {
		rc = k.failure.code != 0
		         ? fsk_err_set(err, k.failure.code, "%s", k.failure.msg)
		         : fsk_err_set(err, FSK_ENOMEM, "cannot write \"%s\": out of memory", path);
		fsk_output_remove(path, NULL);
	}
	fsk_buf_free(&k.waiting);
	fsk_output_close(&k.out);
	return rc;
}

int fsk_command_export(const struct fsk_options *o)
{
	struct fsk_err err;
	json_t *bundle;
	int status = FSK_EXIT_COMPLETE;

	if (make_bundle(&bundle, o->args[0], &err) < 0) {
		fsk_log(FSK_LOG_ERROR, "%s", err.msg);
		status = FSK_EXIT_NOTHING;
	} else if (o->out_file == NULL) {
		fsk_put_json_document(stdout, bundle);
	} else if (write_file(o->out_file, bundle, &err) < 0) {
		fsk_log(FSK_LOG_ERROR, "%s", err.msg);
		status = FSK_EXIT_CANNOT_CREATE;
	}
	json_decref(bundle);
	return status;
}
