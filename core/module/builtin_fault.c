/* The same list for builds with --enable-fault-injection: one module more,
 * which misbehaves on request. */
#include "core/module/module.h"

extern const struct fsk_module fsk_leveldb_module;
extern const struct fsk_module fsk_lnk_module;
extern const struct fsk_module fsk_macho_module;
extern const struct fsk_module fsk_olecf_module;
extern const struct fsk_module fsk_pe_module;
extern const struct fsk_module fsk_prefetch_module;
extern const struct fsk_module fsk_sqlite_module;
extern const struct fsk_module fsk_selftest_module;

const struct fsk_module *const fsk_modules[] = {
	&fsk_leveldb_module,
	&fsk_lnk_module,
	&fsk_macho_module,
	&fsk_olecf_module,
	&fsk_pe_module,
	&fsk_prefetch_module,
	&fsk_sqlite_module,
	&fsk_selftest_module,
	NULL,
};
