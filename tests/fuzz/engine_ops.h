/* Where plugins that are run by a fuzzer send what they tell: records are tested, the rest is
 * dropped. */
#ifndef FSK_TESTS_ENGINE_OPS_H
#define FSK_TESTS_ENGINE_OPS_H

#include "core/lua/engine.h"

extern const struct fsk_engine_ops engine_ops;

#endif
