/* What a worker tells the keeper in the course of a task. */
#ifndef FSK_WORKER_REPORT_H
#define FSK_WORKER_REPORT_H

#include "core/worker/session.h"

/* Sends one message. Takes `head` over; NULL means that it could not be
 * built and is FSK_ENOMEM. A message over the frame's ceiling becomes an
 * anomaly and counts as sent. Other failures mean that the keeper is gone. */
int fsk_report(struct fsk_session *s, enum fsk_msg_type t, json_t *head, struct fsk_err *err);

/* As above, with a blob of at most FSK_FILE_PIECE bytes. */
int fsk_report_blob(struct fsk_session *s, enum fsk_msg_type t, json_t *head, const void *blob,
                    size_t n, struct fsk_err *err);

/* Sends a RECORD. */
int fsk_report_row(struct fsk_session *s, const char *row, size_t n, struct fsk_err *err);

/* Sends an anomaly with plugin and step of the step in hand. Borrows it. */
int fsk_report_anomaly(struct fsk_session *s, json_t *anomaly, struct fsk_err *err);

/* Turns a failure into an anomaly about `object`. */
int fsk_report_failure(struct fsk_session *s, const struct fsk_err *why, const char *object,
                       const struct fsk_locator *where, struct fsk_err *err);

/* Sink for fsk_inputs and file systems; `arg` is the session. */
void fsk_report_sink(void *arg, json_t *anomaly);

enum fsk_step_flags { FSK_STEP_AGAIN = 1 }; /* see message BEGIN */

/* Announces the next step. `plugin` and `target` may be NULL. Returns 1 when
 * it is to be taken, 0 when it is in the skip list, or a negative code. */
int fsk_step_begin(struct fsk_session *s, const char *key, const char *plugin, const char *target,
                   unsigned flags, struct fsk_err *err);

/* What is reported from here on belongs to no step. */
void fsk_step_end(struct fsk_session *s);

#endif
