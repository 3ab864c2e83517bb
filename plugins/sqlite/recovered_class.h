/* db:recovered(table) of the sqlite module. */
#ifndef FSK_PLUGINS_SQLITE_RECOVERED_CLASS_H
#define FSK_PLUGINS_SQLITE_RECOVERED_CLASS_H

#include "core/module/module.h"

/* A method of databases, whose `self` is a struct fsk_memdb. */
int fsk_sqlite_recovered(const struct fsk_host *host, struct fsk_call *call, void *self);

#endif
