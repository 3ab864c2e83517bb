/* fossick verify of an archive, fossick recover */
#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "core/archive/verify.h"
#include "core/base/log.h"
#include "core/keeper/commands.h"
#include "core/keeper/table.h"
#include "core/model/types.h"

struct problems {
	json_t *list; /* NULL: printed as they come */
};

static void on_problem(const char *object, const char *problem, void *arg)
{
	struct problems *p = arg;

	if (p->list == NULL) {
		fsk_put_text(stdout, object);
		printf(": ");
		fsk_put_text(stdout, problem);
		printf("\n");
		return;
	}
	json_array_append_new(p->list, json_pack("{s:o, s:o}", "object", fsk_json_text(object),
	                                         "problem", fsk_json_text(problem)));
}

static void print_verified(const char *path, const struct fsk_verify_result *r)
{
	char size[24];

	fsk_put_text(stdout, path);
	printf(": %" PRIu64 " members, %s", r->members, fsk_size_text(size, r->bytes));
	if (r->problems > 0)
		printf(", %" PRIu64 " PROBLEM%s\n", r->problems, r->problems == 1 ? "" : "S");
	else
		printf(", all as the manifest says\n");
	if (r->partial > 0)
		printf("%" PRIu64 " of them are marked as not complete, or as not known to be\n",
		       r->partial);
	if (r->manifest_sha256[0] != '\0')
		printf("manifest SHA-256 %s\n", r->manifest_sha256);
}

int fsk_verify_archive(const struct fsk_options *o)
{
	struct problems p = { .list = o->json ? json_array() : NULL };
	struct fsk_verify_result r = { 0 };
	struct fsk_err err;

	if (fsk_archive_verify(&r, o->args[0], on_problem, &p, &err) < 0) {
		fsk_log(FSK_LOG_ERROR, "%s", err.msg);
		json_decref(p.list);
		return FSK_EXIT_NOTHING;
	}
	if (o->json) {
		json_t *j = json_pack("{s:o, s:I, s:I, s:I, s:o, s:s}", "archive",
		                      fsk_json_text(o->args[0]), "members", (json_int_t) r.members,
		                      "bytes", (json_int_t) r.bytes, "partial",
		                      (json_int_t) r.partial, "problems", p.list, "manifest_sha256",
		                      r.manifest_sha256);
		fsk_put_json_document(stdout, j);
		json_decref(j);
	} else {
		print_verified(o->args[0], &r);
	}
	return r.problems > 0 ? FSK_EXIT_ANOMALIES : FSK_EXIT_COMPLETE;
}

int fsk_command_recover(const struct fsk_options *o)
{
	struct fsk_recover_result r = { 0 };
	struct fsk_err err;

	if (fsk_archive_recover(&r, o->args[0], &err) < 0) {
		fsk_log(FSK_LOG_ERROR, "%s", err.msg);
		return FSK_EXIT_NOTHING;
	}
	fsk_put_text(stdout, o->args[0]);
	if (r.already_complete) {
		printf(": is complete, nothing was changed\n");
		return FSK_EXIT_COMPLETE;
	}
	printf(": recovered, %" PRIu64 " members kept, %" PRIu64
	       " bytes of a torn end cut, %" PRIu64 " rows from the journal\n",
	       r.members_kept, r.bytes_dropped, r.rows);
	printf("manifest SHA-256 %s\n", r.manifest_sha256);
	return FSK_EXIT_COMPLETE;
}
