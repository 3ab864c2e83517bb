#include "core/archive/custody.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/model/types.h"

#define TAIL_START ",\"hash\":\""
#define TAIL_LEN (sizeof(TAIL_START) - 1 + 64 + 2)

void fsk_custody_init(struct fsk_custody *c)
{
	c->next = 0;
	memset(c->prev, '0', FSK_SHA256_HEX - 1);
	c->prev[FSK_SHA256_HEX - 1] = '\0';
}

static json_t *make_object(const struct fsk_custody *c, fsk_time when, const char *event,
                           const json_t *details)
{
	char text[FSK_TIME_STR_MAX];
	json_t *o = json_object();

	if (o == NULL || (details != NULL && json_object_update(o, (json_t *) details) < 0) ||
	    json_object_set_new(o, "event", json_string(event)) < 0 ||
	    json_object_set_new(o, "prev", json_string(c->prev)) < 0 ||
	    json_object_set_new(o, "seq", json_integer((json_int_t) c->next)) < 0 ||
	    json_object_set_new(o, "time", json_string(fsk_time_iso(text, when))) < 0) {
		json_decref(o);
		return NULL;
	}
	json_object_del(o, "hash");
	return o;
}

int fsk_custody_make(char **line, struct fsk_custody *c, fsk_time when, const char *event,
                     const json_t *details, struct fsk_err *err)
{
	json_t *o = make_object(c, when, event, details);
	char *text = o != NULL ? fsk_json_line(o) : NULL;
	size_t len = text != NULL ? strlen(text) - 1 : 0; /* without the brace */
	struct fsk_digests d;
	char *grown;
	int rc = 0;

	*line = NULL;
	json_decref(o);
	grown = text != NULL ? realloc(text, len + TAIL_LEN + 1) : NULL;
	if (grown == NULL) {
		free(text);
		return fsk_err_set(err, FSK_ENOMEM, "no memory for the custody log");
	}
	if (len > FSK_JSON_LINE_MAX - TAIL_LEN)
		rc = fsk_err_set(err, FSK_ELIMIT, "a custody line of %zu bytes", len);
	if (rc == 0)
		rc = fsk_digest_bytes(&d, FSK_DIGEST_SHA256, grown, len, err);
	if (rc < 0) {
		free(grown);
		return rc;
	}
	snprintf(grown + len, TAIL_LEN + 1, TAIL_START "%s\"}", d.sha256);
	memcpy(c->prev, d.sha256, sizeof(c->prev));
	c->next++;
	*line = grown;
	return 0;
}

static int check_links(const struct fsk_custody *c, const json_t *o, struct fsk_err *err)
{
	const char *prev = json_string_value(json_object_get(o, "prev"));
	const json_t *seq = json_object_get(o, "seq");

	if (prev == NULL || strcmp(prev, c->prev) != 0)
		return fsk_err_set(err, FSK_ECORRUPT,
		                   "does not follow the line before it: a line was "
		                   "changed, removed, added or moved");
	if (!json_is_integer(seq) || json_integer_value(seq) != (json_int_t) c->next)
		return fsk_err_set(err, FSK_ECORRUPT, "\"seq\" is not %llu",
		                   (unsigned long long) c->next);
	return 0;
}

int fsk_custody_check(json_t **parsed, struct fsk_custody *c, const char *line, size_t n,
                      struct fsk_err *err)
{
	struct fsk_digests d;
	int rc;

	*parsed = json_loadb(line, n, JSON_ALLOW_NUL, NULL);
	if (!json_is_object(*parsed) || n <= TAIL_LEN ||
	    memcmp(line + n - TAIL_LEN, TAIL_START, sizeof(TAIL_START) - 1) != 0) {
		json_decref(*parsed);
		*parsed = NULL;
		c->next++;
		return fsk_err_set(err, FSK_ECORRUPT, "is no custody line");
	}
	rc = fsk_digest_bytes(&d, FSK_DIGEST_SHA256, line, n - TAIL_LEN, err);
	if (rc < 0)
		return rc;
	rc = check_links(c, *parsed, err);
	if (memcmp(line + n - 2 - 64, d.sha256, 64) != 0)
		rc = fsk_err_set(err, FSK_ECORRUPT,
		                 "its hash does not fit its text: it was changed");
	memcpy(c->prev, line + n - 2 - 64, 64);
	c->next = json_is_integer(json_object_get(*parsed, "seq"))
	              ? (uint64_t) json_integer_value(json_object_get(*parsed, "seq")) + 1
	              : c->next + 1;
	return rc;
}
