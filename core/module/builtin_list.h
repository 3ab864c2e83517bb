/* The native modules of every build, in the order of their names: M(x) stands for
 * fsk_x_module of plugins/x. */
#ifndef FSK_MODULE_BUILTIN_LIST_H
#define FSK_MODULE_BUILTIN_LIST_H

#include "core/module/module.h"

#define FSK_BUILTIN_MODULES(M) \
	M(asar)                \
	M(ese)                 \
	M(evtx)                \
	M(hashset)             \
	M(ico)                 \
	M(leveldb)             \
	M(lnk)                 \
	M(macho)               \
	M(msi)                 \
	M(olecf)               \
	M(pe)                  \
	M(plist)               \
	M(prefetch)            \
	M(sqlite)              \
	M(usn)                 \
	M(yara)                \
	M(zip)

#define FSK_MODULE_DECLARE(x) extern const struct fsk_module fsk_##x##_module;
#define FSK_MODULE_ADDRESS(x) &fsk_##x##_module,

FSK_BUILTIN_MODULES(FSK_MODULE_DECLARE)

#endif
