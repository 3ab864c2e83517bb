/* Results as tables of Lua, member by member. */
#ifndef FSK_PLUGINS_SHARED_SINK_H
#define FSK_PLUGINS_SHARED_SINK_H

#include "core/base/time.h"
#include "core/module/module.h"

/* Where results go; the table in hand is the one pushed last. */
struct fsk_sink {
	const struct fsk_host *host;
	struct fsk_call *call;
};

/* A member of the table in hand. What is absent (NULL, FSK_TIME_NONE) is left out. */
void fsk_put_text(const struct fsk_sink *s, const char *key, const char *text);
void fsk_put_int(const struct fsk_sink *s, const char *key, int64_t n);
void fsk_put_bool(const struct fsk_sink *s, const char *key, bool v);
void fsk_put_time(const struct fsk_sink *s, const char *key, fsk_time t);
/* Only when it is true. */
void fsk_put_true(const struct fsk_sink *s, const char *key, bool v);
/* Serial number of a volume, as Windows shows it: "64BB-3469". */
void fsk_put_serial(const struct fsk_sink *s, const char *key, uint32_t serial);

/* The text as element `i`, from 1, of the list in hand. */
void fsk_put_element(const struct fsk_sink *s, size_t i, const char *text);

#define FSK_MFT_REFERENCE_TEXT 32
/* A reference to a record of the MFT, which has the number in the lower 48 bits and the sequence
 * number above: "1234-5". Returns `out`. */
const char *fsk_mft_reference_text(char out[FSK_MFT_REFERENCE_TEXT], uint64_t reference);

/* One anomaly (FSK_ECORRUPT) of entry argument `entry_arg` for each line of `text`, which may be
 * NULL when `len` is 0; lines are cut at FSK_ERR_MSG_MAX. */
void fsk_report_lines(const struct fsk_sink *s, int entry_arg, const char *text, size_t len);
/* The same lines as a list. */
void fsk_put_lines(const struct fsk_sink *s, const char *key, const char *text, size_t len);

#endif
