/* A call of a native module, from inside: what the files module_*.c share. */
#ifndef FSK_LUA_MODULE_CALL_H
#define FSK_LUA_MODULE_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/lua/internal.h"
#include "core/module/module.h"

/* One call from Lua into a native. Lives on the C stack of `enter`. */
struct fsk_call {
	lua_State *L;
	const char *owner, *function; /* "sqlite", "open"; for messages */
	int nargs;                    /* without self */
	int first;                    /* stack index of argument 0 */
	int self;                     /* stack index of self, 0 when there is none */
	bool starved;                 /* a push ran out of memory: later ones do nothing */
	bool stopped;                 /* the sink of anomalies refused */
	struct fsk_err err;
};

/* An object of a module's class. */
struct fsk_native_object {
	struct fsk_object object; /* uservalue 1: self of the method that pushed it, 2: entry */
	const struct fsk_class *cls;
	void *ptr;
	const struct fsk_entry *entry; /* of uservalue 2 */
};

/* The object at `at` if it is of a module, alive or not; else NULL. */
struct fsk_native_object *fsk_native_at(lua_State *L, int at);
/* The one at `at`; raises when it is of another class, or its run is over. */
struct fsk_native_object *fsk_native_check(lua_State *L, int at, const struct fsk_class *cls);
/* The bound of a class, made at first use and kept by the registry. */
const struct fsk_bound *fsk_native_bound(lua_State *L, const struct fsk_class *cls);

/* Members of struct fsk_host, whose meaning is in core/module/module.h. */

/* --- module_args.c --- */

int fsk_host_argc(struct fsk_call *c);
enum fsk_arg_type fsk_host_arg_type(struct fsk_call *c, int i);
const char *fsk_host_arg_string(struct fsk_call *c, int i, size_t *len);
const char *fsk_host_arg_text(struct fsk_call *c, int i, size_t *len);
int64_t fsk_host_arg_int(struct fsk_call *c, int i);
double fsk_host_arg_number(struct fsk_call *c, int i);
bool fsk_host_arg_bool(struct fsk_call *c, int i);
void *fsk_host_arg_object(struct fsk_call *c, int i, const struct fsk_class *cls);
const char *fsk_host_arg_entry_path(struct fsk_call *c, int i);
int fsk_host_arg_entry_slurp(struct fsk_call *c, int i, const char *suffix, size_t max,
                             uint8_t **data, size_t *size, struct fsk_err *err);
int64_t fsk_host_arg_entry_size(struct fsk_call *c, int i, struct fsk_err *err);
int64_t fsk_host_arg_entry_read(struct fsk_call *c, int i, void *buf, size_t n, uint64_t off,
                                bool *bad, struct fsk_err *err);
bool fsk_host_arg_flag(struct fsk_call *c, int i, const char *name, bool absent);
bool fsk_host_arg_element(struct fsk_call *c, int i, const char *name, size_t k,
                          struct fsk_cell *out);
bool fsk_host_arg_named(struct fsk_call *c, int i, int64_t n, const char **name, const char **text,
                        size_t *len);

/* --- module_push.c --- */

void fsk_host_push_nil(struct fsk_call *c);
void fsk_host_push_bool(struct fsk_call *c, bool v);
void fsk_host_push_int(struct fsk_call *c, int64_t v);
void fsk_host_push_number(struct fsk_call *c, double v);
void fsk_host_push_string(struct fsk_call *c, const char *s, size_t len);
void fsk_host_push_table(struct fsk_call *c);
void fsk_host_push_list(struct fsk_call *c);
void fsk_host_set_field(struct fsk_call *c, const char *key);
void fsk_host_set_fields(struct fsk_call *c, const struct fsk_cell *cells, int n);
void fsk_host_set_index(struct fsk_call *c, int64_t i);
void fsk_host_push_object(struct fsk_call *c, const struct fsk_class *cls, void *object);
void fsk_host_push_lasting(struct fsk_call *c, const struct fsk_class *cls, void *object);

#endif
