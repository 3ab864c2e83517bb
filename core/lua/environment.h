/* Variables of a machine or of a user, as the registry keeps them: the values of
 * one key are a name and a text each. */
#ifndef FSK_LUA_ENVIRONMENT_H
#define FSK_LUA_ENVIRONMENT_H

#include <jansson.h>

#include "core/registry/hive.h"

/* A new object {NAME: text, …} of the REG_SZ and REG_EXPAND_SZ values of key
 * `path`. FSK_ENOTFOUND when there is no such key: then and after other failures
 * `*out` is NULL. FSK_ELIMIT beyond FSK_ENVIRONMENT_MAX values or
 * FSK_ENVIRONMENT_BYTES_MAX: `*out` has what came before. Values that cannot be
 * read are left out. */
int fsk_environment_read(json_t **out, struct fsk_hive *h, const char *path, struct fsk_err *err);

/* The value of `name` (`n` bytes, any case), or NULL. `env` may be NULL. */
const char *fsk_environment_get(const json_t *env, const char *name, size_t n);

#endif
