/* What plugins say, turned into messages. */
#ifndef FSK_WORKER_PLUGIN_OPS_H
#define FSK_WORKER_PLUGIN_OPS_H

#include "core/lua/engine.h"

/* The argument of each is the session, whose `volume` is set, but for plugins that judge. */
extern const struct fsk_engine_ops fsk_plugin_ops;

#endif
