/* The native modules of the engine's tests, in place of core/module's list:
 * "sqlite" knows databases whose content is "rows=N", "probe" calls every
 * entry of the host's table. */
#ifndef FSK_TESTS_FAKE_MODULES_H
#define FSK_TESTS_FAKE_MODULES_H

#include "core/module/module.h"

/* Objects that were made and not destroyed yet. */
extern int fake_databases_open, fake_cursors_open, fake_lasting_open;
/* A cursor was destroyed after its database, or a database twice. */
extern int fake_wrong_order;

#endif
