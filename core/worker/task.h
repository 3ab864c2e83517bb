/* The tasks of core/ipc/message.h. Each returns 0 when DONE may be said and a
 * negative code when the task as a whole came to nothing; what goes wrong
 * inside a step is an anomaly. */
#ifndef FSK_WORKER_TASK_H
#define FSK_WORKER_TASK_H

#include "core/evidence/order.h"
#include "core/worker/report.h"

int fsk_task_probe(struct fsk_session *s, const json_t *head, struct fsk_err *err);
int fsk_task_check(struct fsk_session *s, const json_t *head, struct fsk_err *err);
int fsk_task_plugins(struct fsk_session *s, const json_t *head, struct fsk_err *err);
int fsk_task_fetch(struct fsk_session *s, const json_t *head, struct fsk_err *err);
int fsk_task_list(struct fsk_session *s, const json_t *head, struct fsk_err *err);
int fsk_task_cat(struct fsk_session *s, const json_t *head, struct fsk_err *err);
int fsk_task_hash(struct fsk_session *s, const json_t *head, struct fsk_err *err);
int fsk_task_judge(struct fsk_session *s, const json_t *head, struct fsk_err *err);
int fsk_task_hive(struct fsk_session *s, const json_t *head, struct fsk_err *err);
int fsk_task_verify(struct fsk_session *s, const json_t *head, struct fsk_err *err);

/* Reads "source", "volume", "letter" and "os" of a task, opens the volume's
 * file system without repeating what the probe reported, and sets letter and
 * system on the volume. */
int fsk_task_volume(struct fsk_input **input, struct fsk_input_volume **volume,
                    struct fsk_session *s, const json_t *head, struct fsk_err *err);

/* "folder/file" or "folder/file:stream", into fresh memory that the caller
 * frees; NULL and `err` set without memory. */
char *fsk_task_path(const struct fsk_locator *l, struct fsk_err *err);

/* "locator", "size", "times" and, where there is one, "letter": the members
 * that ENTRY and COLLECT have in common. New reference, NULL without memory. */
json_t *fsk_entry_head(const struct fsk_entry *e, const char *letter);

/* Sends one stream as FILE, DATA…, CLOSE. What the evidence refuses is in the
 * status; only a keeper that is gone is an error. */
struct fsk_sending {
	uint64_t id;
	const struct fsk_locator *loc;
	const char *letter;      /* NULL: none */
	const json_t *times;     /* an object; NULL: none */
	uint64_t size;           /* when the stream cannot be opened */
	struct fsk_order *order; /* the file came last of it; NULL: it is opened by `loc` */
};
int fsk_send_stream(struct fsk_session *s, struct fsk_fs *fs, const struct fsk_sending *what,
                    struct fsk_err *err);

/* [[offset, length], …]. Where there are more ranges than a message holds, the
 * last one covers all that are left: it may say too much, never too little.
 * New reference. */
json_t *fsk_ranges_json(const struct fsk_rangelog *bad);

/* Sends SOURCE. */
int fsk_task_report_source(struct fsk_session *s, const struct fsk_input *i, struct fsk_err *err);

#endif
