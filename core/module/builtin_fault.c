/* The same for builds with --enable-fault-injection: one module more, which misbehaves
 * on request. */
#include "core/module/builtin_list.h"

FSK_MODULE_DECLARE(selftest)

const struct fsk_module *const fsk_modules[] = {
	FSK_BUILTIN_MODULES(FSK_MODULE_ADDRESS) FSK_MODULE_ADDRESS(selftest) NULL,
};
