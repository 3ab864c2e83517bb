#include "core/ipc/broker.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/ipc/broker_wire.h"

/* more than FSK_BROKER_LIST_MAX entries of ordinary length need */
#define ANSWER_MAX (256u * FSK_MIB)

static int ask(struct fsk_buf *answer, int *fd, intptr_t handle, uint8_t op, uint32_t source,
               const char *path, struct fsk_err *err)
{
	struct fsk_buf request;
	struct fsk_cur c;
	int rc, code;

	*fd = -1;
	fsk_buf_init(&request, FSK_PATH_MAX + 16);
	if ((rc = fsk_buf_append_u8(&request, op, err)) < 0 ||
	    (rc = fsk_buf_append_u32le(&request, source, err)) < 0 ||
	    (rc = fsk_buf_append_str(&request, path, err)) < 0 ||
	    (rc = fsk_broker_send(handle, &request, -1, err)) < 0)
		goto out;
	rc = fsk_broker_receive(answer, fd, handle, err);
	if (rc == 0)
		rc = fsk_err_set(err, FSK_EIO, "broker: the keeper is gone");
	if (rc < 0)
		goto out;
	fsk_cur_init(&c, answer->data, answer->len);
	code = (int) fsk_cur_u32le(&c);
	rc = 0;
	if (c.failed)
		rc = fsk_err_set(err, FSK_EPROTO, "broker: answer of %zu bytes", answer->len);
	else if (code != 0)
		rc = fsk_err_set(err, code < 0 ? code : FSK_EPROTO, "\"%s\": %s", path,
		                 fsk_code_name(code));
out:
	if (rc < 0 && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	fsk_buf_free(&request);
	return rc;
}

int fsk_broker_open(intptr_t *out_fd, intptr_t handle, uint32_t source, const char *path,
                    struct fsk_err *err)
{
	struct fsk_buf answer;
	int fd, rc;

	fsk_buf_init(&answer, ANSWER_MAX);
	rc = ask(&answer, &fd, handle, FSK_BROKER_OPEN, source, path, err);
	if (rc == 0 && fd < 0)
		rc = fsk_err_set(err, FSK_EPROTO, "broker: no descriptor came for \"%s\"", path);
	*out_fd = fd;
	fsk_buf_free(&answer);
	return rc;
}

static int take_entry(struct fsk_broker_entry *e, struct fsk_cur *c, struct fsk_err *err)
{
	const uint8_t *name;
	size_t n;

	*e = (struct fsk_broker_entry){ 0 };
	e->type = (char) fsk_cur_u8(c);
	e->size = fsk_cur_u64le(c);
	e->inode = fsk_cur_u64le(c);
	e->modified = (fsk_time) fsk_cur_u64le(c);
	e->accessed = (fsk_time) fsk_cur_u64le(c);
	e->changed = (fsk_time) fsk_cur_u64le(c);
	e->created = (fsk_time) fsk_cur_u64le(c);
	n = fsk_cur_u16le(c);
	name = fsk_cur_bytes(c, n);
	if (name == NULL)
		return fsk_err_set(err, FSK_EPROTO, "broker: entry is cut short");
	e->name = strndup((const char *) name, n);
	return e->name != NULL ? 0 : fsk_err_set(err, FSK_ENOMEM, "no memory for a name");
}

void fsk_broker_list_free(struct fsk_broker_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->entries[i].name);
	free(l->entries);
	*l = (struct fsk_broker_list){ 0 };
}

static int take_list(struct fsk_broker_list *out, const struct fsk_buf *answer, struct fsk_err *err)
{
	struct fsk_cur c;
	uint32_t count;
	int rc = 0;

	fsk_cur_init(&c, answer->data, answer->len);
	fsk_cur_skip(&c, 4);
	out->skipped = fsk_cur_u64le(&c);
	count = fsk_cur_u32le(&c);
	if (c.failed || count > FSK_BROKER_LIST_MAX)
		return fsk_err_set(err, FSK_EPROTO, "broker: list of %u entries", count);
	out->entries = calloc(count ? count : 1, sizeof(*out->entries));
	if (out->entries == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for %u names", count);
	while (rc == 0 && out->count < count) {
		rc = take_entry(&out->entries[out->count], &c, err);
		if (rc == 0)
			out->count++;
	}
	return rc;
}

int fsk_broker_list(struct fsk_broker_list *out, intptr_t handle, uint32_t source, const char *path,
                    struct fsk_err *err)
{
	struct fsk_buf answer;
	int fd, rc;

	*out = (struct fsk_broker_list){ 0 };
	fsk_buf_init(&answer, ANSWER_MAX);
	rc = ask(&answer, &fd, handle, FSK_BROKER_LIST, source, path, err);
	if (fd >= 0)
		close(fd);
	if (rc == 0)
		rc = take_list(out, &answer, err);
	if (rc < 0)
		fsk_broker_list_free(out);
	fsk_buf_free(&answer);
	return rc;
}

int fsk_broker_stat(struct fsk_broker_entry *out, intptr_t handle, uint32_t source,
                    const char *path, struct fsk_err *err)
{
	struct fsk_buf answer;
	struct fsk_cur c;
	int fd, rc;

	*out = (struct fsk_broker_entry){ 0 };
	fsk_buf_init(&answer, ANSWER_MAX);
	rc = ask(&answer, &fd, handle, FSK_BROKER_STAT, source, path, err);
	if (fd >= 0)
		close(fd);
	if (rc == 0) {
		fsk_cur_init(&c, answer.data, answer.len);
		fsk_cur_skip(&c, 4);
		rc = take_entry(out, &c, err);
	}
	fsk_buf_free(&answer);
	return rc;
}
