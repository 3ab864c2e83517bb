/* Frames from a worker that may be under the control of hostile evidence:
 * decoding must stay inside the bytes and end, and what is decoded must
 * encode again. The text of a record that passes is stored as it is, so reading
 * and writing it must give the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "core/ipc/message.h"
#include "core/model/jsontext.h"
#include "core/model/locator.h"
#include "core/model/times.h"
#include "core/model/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_members(const json_t *head)
{
	struct fsk_locator l;
	struct fsk_times t;

	if (fsk_locator_from_json(&l, json_object_get(head, "locator"), NULL) == 0)
		fsk_locator_free(&l);
	fsk_times_from_json(&t, json_object_get(head, "times"), NULL);
}

static void read_record(const char *text, size_t n)
{
	json_t *j = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	char *again = j != NULL ? fsk_json_line(j) : NULL;
	bool same = again != NULL && strlen(again) == n && memcmp(again, text, n) == 0;

	if (fsk_jsontext_record(text, n) && !same)
		abort();
	free(again);
	json_decref(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0;
	struct fsk_msg m;
	int64_t n;

	while ((n = fsk_msg_decode(&m, data + at, size - at, NULL)) > 0) {
		struct fsk_buf again;

		read_members(m.head);
		if (m.type == FSK_MSG_RECORD)
			read_record((const char *) m.blob, m.blob_len);
		fsk_buf_init(&again, SIZE_MAX / 2);
		if (fsk_msg_encode(&again, m.type, m.head, m.blob, m.blob_len, NULL) < 0)
			abort();
		fsk_buf_free(&again);
		fsk_msg_clear(&m);
		at += (size_t) n;
	}
	return 0;
}
