/* Payloads: what plugins have decrypted, into the archive, but only when
 * --export-payloads names who may read it, and only encrypted for these. In the
 * clear it is in memory alone, of the worker and of this process.
 *
 *   payloads/<SHA-256 of the plaintext>.p7m   as base/envelope.h makes it
 *
 * The same bytes are written once; the manifest row has the locator they came
 * from first. */
#ifndef FSK_KEEPER_PAYLOADS_H
#define FSK_KEEPER_PAYLOADS_H

#include "core/base/envelope.h"
#include "core/keeper/crew.h"
#include "core/keeper/options.h"

/* Tag of these members in the archive: no request has it. */
#define FSK_PAYLOAD_TAG UINT64_MAX

/* One that a worker is sending. */
struct fsk_payload {
	const struct fsk_task *task;
	uint64_t size; /* as the worker said */
	struct fsk_buf bytes;
	struct fsk_payload *next;
};

struct fsk_payloads {
	struct fsk_envelope *envelope; /* NULL: nobody wants any */
	struct fsk_payload *incoming;  /* one a worker at most */
	json_t *known;                 /* SHA-256 of those that were written */
	uint64_t count;                /* of these */
	bool full;                     /* and it was reported */
};

struct fsk_collect;

/* Reads and tries the certificates. FSK_EINVAL names the file that is none; what
 * fsk_envelope_add returns. `p` is zeroed before; free with fsk_payloads_free. */
int fsk_payloads_open(struct fsk_payloads *p, const struct fsk_options *o, struct fsk_err *err);
void fsk_payloads_free(struct fsk_payloads *p);

/* [{"subject":…,"sha256":…},…] of the certificates; NULL when there are none. New
 * reference. */
json_t *fsk_payloads_describe(const struct fsk_payloads *p);

/* Message PAYLOAD; `arg` is the collection. */
int fsk_payloads_on_payload(void *arg, struct fsk_task *t, const struct fsk_msg *m,
                            struct fsk_err *err);

/* The worker of `t` (NULL: any) will send no more: what is not whole is forgotten. */
void fsk_payloads_abandon(struct fsk_payloads *p, const struct fsk_task *t);

#endif
