/* Task "verify": the whole medium of a source, every checksum of its image,
 * and the digests that the image says the medium has. */
#include "core/worker/task.h"

#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/worker/hasher.h"

#define BLOCK (256ull * FSK_MIB) /* of one step */

struct check {
	struct fsk_session *session;
	struct fsk_source *source;
	struct fsk_hasher *hasher;
	bool left_out; /* a part was not read: there are no digests */
};

/* Those that are named, or stored, or SHA-256. */
static unsigned which_digests(const struct fsk_source *s, const char *names)
{
	unsigned which = 0;

	while (names != NULL && *names != '\0') {
		size_t n = strcspn(names, ",");
		which |= fsk_digest_named(names, n);
		names += n + (names[n] == ',');
	}
	if (which != 0)
		return which;
	if (json_object_get(s->stored, "md5"))
		which |= FSK_DIGEST_MD5;
	if (json_object_get(s->stored, "sha1"))
		which |= FSK_DIGEST_SHA1;
	return which ? which : FSK_DIGEST_SHA256;
}

static int read_block(struct check *c, uint64_t from, uint64_t to, struct fsk_err *err)
{
	int rc = 0;

	for (uint64_t at = from; rc == 0 && at < to; at += FSK_MEDIUM_PIECE) {
		size_t n = to - at < FSK_MEDIUM_PIECE ? (size_t) (to - at) : FSK_MEDIUM_PIECE;

		fsk_source_read(c->source, fsk_hasher_room(c->hasher), n, at);
		rc = fsk_hasher_feed(c->hasher, n, err);
	}
	return rc;
}

static int read_medium(struct check *c, struct fsk_err *err)
{
	const struct fsk_source *s = c->source;
	int rc = 0;

	for (uint64_t at = 0; rc == 0 && at < s->size; at += BLOCK) {
		uint64_t to = s->size - at < BLOCK ? s->size : at + BLOCK;
		char key[64], target[400];

		snprintf(key, sizeof(key), "medium %u at %llu", s->index, (unsigned long long) at);
		snprintf(target, sizeof(target), "\"%.280s\", MiB %llu of %llu", s->name,
		         (unsigned long long) (at / FSK_MIB),
		         (unsigned long long) (s->size / FSK_MIB));
		rc = fsk_step_begin(c->session, key, NULL, target, FSK_STEP_AGAIN, err);
		if (rc == 0) {
			c->left_out = true;
			fsk_rangelog_add(&c->source->bad, at, to - at);
		} else if (rc == 1) {
			rc = read_block(c, at, to, err);
		}
	}
	return rc;
}

static int report(struct check *c, struct fsk_err *err)
{
	const struct fsk_source *s = c->source;
	struct fsk_digests digests;
	int rc = fsk_hasher_final(&digests, c->hasher, err);

	if (rc != 0)
		return rc;
	return fsk_report(
	    c->session, FSK_MSG_VERIFIED,
	    json_pack("{s:I, s:I, s:o, s:o, s:b}", "source", (json_int_t) s->index, "unit",
	              (json_int_t) s->unit, "ranges", fsk_ranges_json(&s->bad), "digests",
	              c->left_out ? json_object() : fsk_digests_json(&digests), "merged",
	              s->bad.overflow || s->bad.count > FSK_CLOSE_RANGES_MAX),
	    err);
}

static int open_source(struct fsk_session *s, struct fsk_input *i, struct fsk_err *err)
{
	int rc;

	if (i->directory)
		return fsk_err_set(err, FSK_EINVAL, "\"%s\" is a folder", i->name);
	rc = fsk_step_begin(s, "source", NULL, i->name, FSK_STEP_AGAIN, err);
	if (rc == 0)
		return fsk_err_set(err, FSK_EDIED, "opening \"%s\" ended a worker", i->name);
	return rc == 1 ? fsk_input_open_source(&s->inputs, i, err) : rc;
}

int fsk_task_verify(struct fsk_session *s, const json_t *head, struct fsk_err *err)
{
	struct check c = { .session = s };
	uint64_t number;
	const char *names = json_string_value(json_object_get(head, "digests"));
	int rc = fsk_json_get_u64(&number, head, "source", err);

	if (rc == 0 && number >= s->inputs.count)
		rc = fsk_err_set(err, FSK_EPROTO, "there is no source %llu",
		                 (unsigned long long) number);
	if (rc == 0)
		rc = open_source(s, &s->inputs.items[number], err);
	if (rc != 0)
		return rc;
	c.source = s->inputs.items[number].source;
	fsk_source_check(c.source);
	rc = fsk_task_report_source(s, &s->inputs.items[number], err);
	if (rc == 0)
		rc = fsk_hasher_new(&c.hasher, s->pool, which_digests(c.source, names),
		                    &fsk_hash_medium, err);
	if (rc == 0)
		rc = read_medium(&c, err);
	if (rc == 0)
		rc = report(&c, err);
	fsk_hasher_free(c.hasher);
	return rc;
}
