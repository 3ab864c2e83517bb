/* An anomaly: something about the evidence, or about the run, that a reader
 * of the archive must know before trusting an absence. */
#ifndef FSK_MODEL_ANOMALY_H
#define FSK_MODEL_ANOMALY_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/model/locator.h"

struct fsk_range {
	uint64_t offset, length; /* bytes */
};

/* Builds {"code":"corrupt","object":…,"reason":…} plus, when given,
 * "locator" and "ranges":[[offset,length],…]. `code` is one of FSK_E*;
 * `object` names the thing ("volume 2 of \"disk.E01\""). New reference, NULL
 * without memory. */
json_t *fsk_anomaly_json(int code, const char *object, const char *reason,
                         const struct fsk_locator *where, const struct fsk_range *ranges,
                         size_t nranges);

/* Whoever reads evidence reports through this. `anomaly` is borrowed. */
struct fsk_anomaly_sink {
	void (*report)(void *arg, json_t *anomaly);
	void *arg;
};

/* Convenience: builds, reports and releases. A NULL sink drops it. */
void fsk_anomaly_report(const struct fsk_anomaly_sink *sink, int code, const char *object,
                        const char *reason, const struct fsk_locator *where,
                        const struct fsk_range *ranges, size_t nranges);

#endif
