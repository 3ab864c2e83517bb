/* Native modules: C code in plugins/ that gives Lua a format. A module never
 * sees lua_State; it gets this table and fills in functions and classes.
 * The ABI grows at the end only; `abi` tells what is there. */
#ifndef FSK_MODULE_MODULE_H
#define FSK_MODULE_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

#define FSK_MODULE_ABI 5

struct fsk_host;
struct fsk_function;
struct fsk_call; /* one call from Lua; lives until the function returns */

enum fsk_arg_type {
	FSK_ARG_NIL,
	FSK_ARG_BOOL,
	FSK_ARG_INT,
	FSK_ARG_NUMBER,
	FSK_ARG_STRING,
	FSK_ARG_TABLE,
	FSK_ARG_OBJECT /* of a module class */,
	FSK_ARG_ENTRY /* an evidence entry */,
	FSK_ARG_TEXT /* a file of the analyst, see given(kind) */
};

/* A class of objects that Lua may hold. `destroy` is called once: at the
 * latest when the call of the plugin's run ends (newest objects first, later
 * use raises), earlier when Lua has dropped the object. An object that a
 * method pushes keeps the object of that method alive: a cursor never
 * outlives its database. What push_lasting gave stays until Lua drops it. */
struct fsk_class {
	const char *name;
	/* ended by name == NULL. A method "__call" lets Lua call the object
	 * itself, which is how a native gives an iterator: `for row in
	 * db:rows(sql) do` calls the pushed object until it pushes nil. */
	const struct fsk_function *methods;
	void (*destroy)(void *object);
};

/* Returns the number of values pushed, or negative after host->fail.
 * arg_* may leave the native by a jump: read all arguments before anything is
 * allocated. push_*, set_* and anomaly never jump: when memory is short they
 * do nothing more, and the call raises after the native has returned. */
typedef int fsk_native(const struct fsk_host *host, struct fsk_call *call, void *self);

struct fsk_function {
	const char *name;
	fsk_native *call;
};

/* A named value; text is borrowed. */
struct fsk_cell {
	const char *name;
	enum fsk_arg_type type; /* FSK_ARG_INT, _NUMBER or _STRING */
	int64_t i;
	double d;
	const char *s;
	size_t len;
};

struct fsk_host {
	uint32_t abi;
	/* arguments, counted from 0 and without self; wrong types raise a Lua
	 * error that names function and argument, and the native does not go on
	 * (these do not return then) */
	int (*argc)(struct fsk_call *);
	enum fsk_arg_type (*arg_type)(struct fsk_call *, int i);
	const char *(*arg_string)(struct fsk_call *, int i, size_t *len);
	int64_t (*arg_int)(struct fsk_call *, int i);
	double (*arg_number)(struct fsk_call *, int i);
	bool (*arg_bool)(struct fsk_call *, int i);
	void *(*arg_object)(struct fsk_call *, int i, const struct fsk_class *);
	/* reads of an evidence entry argument: whole content into memory that the
	 * native frees with free(); a sibling is "the same path plus suffix"
	 * (FSK_ENOTFOUND when there is none) */
	int (*arg_entry_slurp)(struct fsk_call *, int i, const char *suffix, size_t max,
	                       uint8_t **data, size_t *size, struct fsk_err *err);
	const char *(*arg_entry_path)(struct fsk_call *, int i);
	/* results */
	void (*push_nil)(struct fsk_call *);
	void (*push_bool)(struct fsk_call *, bool);
	void (*push_int)(struct fsk_call *, int64_t);
	void (*push_number)(struct fsk_call *, double);
	void (*push_string)(struct fsk_call *, const char *, size_t);
	/* the object is the host's from here on, also when memory is short */
	void (*push_object)(struct fsk_call *, const struct fsk_class *, void *object);
	/* {} on top; then each set_* takes the value pushed last into the table */
	void (*push_table)(struct fsk_call *);
	void (*set_field)(struct fsk_call *, const char *key);
	void (*set_index)(struct fsk_call *, int64_t i);
	/* makes the call return nil, message, code-name; returns -1 */
	int (*fail)(struct fsk_call *, const struct fsk_err *err);
	/* reports an anomaly about an entry argument; -1: about the entry that
	 * self, or what self came from, was opened from */
	void (*anomaly)(struct fsk_call *, int entry_arg, int code, const char *reason);
	/* since ABI 2: many set_field at once, into the table on top; a name that
	 * comes again replaces what it had */
	void (*set_fields)(struct fsk_call *, const struct fsk_cell *, int n);
	/* since ABI 3: pieces of an entry argument, for files that are too large to
	 * slurp. A negative size or count is an error. `read` gives up to `n` bytes
	 * at `off`, 0 at the end; what the medium does not give comes as zeros and is
	 * an anomaly, once for each entry, and then `*bad` (may be NULL) is set. */
	int64_t (*arg_entry_size)(struct fsk_call *, int i, struct fsk_err *err);
	int64_t (*arg_entry_read)(struct fsk_call *, int i, void *buf, size_t n, uint64_t off,
	                          bool *bad, struct fsk_err *err);
	/* The boolean `name` of a table argument; `absent` when there is no such
	 * argument or member. A member of another type raises. */
	bool (*arg_flag)(struct fsk_call *, int i, const char *name, bool absent);
	/* {} on top that is a list in JSON, too, when it is empty */
	void (*push_list)(struct fsk_call *);
	/* since ABI 4: the bytes of a string, or of a file of the analyst, which is not
	 * copied into Lua's memory for this. Borrowed: a string for the call, a file for
	 * as long as the worker lives. */
	const char *(*arg_text)(struct fsk_call *, int i, size_t *len);
	/* since ABI 4: as push_object, for what is made of the analyst's texts and not of
	 * evidence: it lives as long as Lua holds it, in later calls of run, too. It is tied
	 * to no entry and keeps no other object alive. */
	void (*push_lasting)(struct fsk_call *, const struct fsk_class *, void *object);
	/* since ABI 5: in arg_entry_size and arg_entry_read -1 stands for the entry that self came
	 * from, so that an iterator can read on. Element `k`, from 0, of the list `name` in a table
	 * argument, as FSK_ARG_INT or FSK_ARG_STRING (borrowed while the table has it); false
	 * behind its end, and when there is no such argument or member. Other types raise. */
	bool (*arg_element)(struct fsk_call *, int i, const char *name, size_t k,
	                    struct fsk_cell *out);
	/* since ABI 5: item `n`, from 1, of a list argument: a file of the analyst, or a table with
	 * the members `name` and `text`. False past the end; raises for other items. Borrowed for
	 * the call. */
	bool (*arg_named)(struct fsk_call *, int i, int64_t n, const char **name, const char **text,
	                  size_t *len);
};

struct fsk_module {
	uint32_t abi;     /* FSK_MODULE_ABI of its build */
	const char *name; /* the global table in Lua: "sqlite" */
	const char *summary;
	const struct fsk_function *functions;
	const char *(*library)(void); /* version of the library behind it; NULL: none */
};

/* Built-in modules, ended by NULL (core/module/builtin_list.h). The module of
 * plugins/<name>/ defines `const struct fsk_module fsk_<name>_module`. A module
 * "sqlite" must have a function open(entry) that pushes an object of a class
 * with the methods rows, tables and columns: items of `as = "database"` and
 * ctx:database(e) are what it returns. */
extern const struct fsk_module *const fsk_modules[];

#endif
