/* The native modules that are linked into the worker. */
#include "core/module/module.h"

const struct fsk_module *const fsk_modules[] = {
	NULL,
};
