/* Which events of a log are wanted: by number and provider, or by words that a record holds. */
#ifndef FSK_PLUGINS_EVTX_FILTER_H
#define FSK_PLUGINS_EVTX_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

/* Zeros: all. */
struct fsk_evtx_filter {
	uint64_t *ids; /* ascending */
	size_t nids;
	char **providers;
	size_t nproviders;
	char **words; /* of what the others leave out: records that hold one are wanted, too */
	size_t nwords;
	bool begins[256]; /* first bytes of the words, in both cases */
	bool slack;       /* also what lies behind the records of a chunk: of events that were there
	                     before */
};
void fsk_evtx_filter_free(struct fsk_evtx_filter *f);

/* Adds a word of `n` bytes to `words`, which has room for it. FSK_EINVAL unless it is 1 to
 * FSK_EVTX_WORD_MAX bytes of ASCII, FSK_ENOMEM. */
int fsk_evtx_filter_word(struct fsk_evtx_filter *f, const char *word, size_t n,
                         struct fsk_err *err);

bool fsk_evtx_filter_id(const struct fsk_evtx_filter *f, uint64_t id);
bool fsk_evtx_filter_provider(const struct fsk_evtx_filter *f, const char *provider);

/* Does a record hold one of the words, as UTF-16 in either case? */
bool fsk_evtx_filter_holds(const struct fsk_evtx_filter *f, const uint8_t *p, size_t n);

#endif
