/* An event log: all of it is read, and what some numbers choose. */
#include <stdint.h>
#include <stdlib.h>

#include "plugins/evtx/evtx.h"
#include "tests/fuzz/memory_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_log(const struct fsk_input *in, const struct fsk_evtx_filter *filter)
{
	struct fsk_evtx_event *e;
	struct fsk_evtx *log;

	if (fsk_evtx_open(&log, in, filter, NULL) < 0)
		return;
	while (fsk_evtx_next(log, &e, NULL) > 0)
		fsk_evtx_notes(log);
	fsk_evtx_notes(log);
	fsk_evtx_close(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t ids[] = { 1, 3, 4624 };
	char provider[] = "Fixture";
	char *providers[] = { provider };
	const struct fsk_evtx_filter all = { .slack = true }, some = {
		.ids = ids, .nids = 3, .providers = providers, .nproviders = 1
	};
	char word[] = "one";
	char *words[] = { word };
	const struct fsk_evtx_filter held = {
		.ids = ids, .nids = 1, .words = words, .nwords = 1, .begins = { ['o'] = true }
	};
	struct memory m = { data, size };
	const struct fsk_input in = memory_input(&m);

	read_log(&in, &all);
	read_log(&in, &some);
	read_log(&in, &held);
	return 0;
}
