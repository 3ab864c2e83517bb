/* The native modules that are linked into the worker. */
#include "core/module/builtin_list.h"

const struct fsk_module *const fsk_modules[] = { FSK_BUILTIN_MODULES(FSK_MODULE_ADDRESS) NULL };
