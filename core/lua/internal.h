/* What the files of core/lua share: plugins, runs, and the objects of the
 * evidence that Lua holds. Private to core/lua. */
#ifndef FSK_LUA_INTERNAL_H
#define FSK_LUA_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/time.h"
#include "core/lua/engine.h"
#include "core/lua/machine.h"
#include "core/lua/sandbox.h"
#include "core/module/module.h"

/* --- engine.c --- */

struct fsk_text {
	enum fsk_engine_text kind;
	char *name;
	char *text; /* behind it a NUL */
	size_t len;
	size_t have; /* bytes that have come */
};

struct fsk_artifact {
	char *name;
	char *os; /* NULL: any */
	char *doc;
	enum fsk_engine_as as;
	bool empty; /* see struct fsk_want */
	char **globs;
	size_t nglobs;
	const struct fsk_text *text; /* in which it is the item of that number, from 1 */
	size_t item;
};

struct fsk_plugin;
struct fsk_object;

/* What owns objects: a call of run, or the plugin itself (`item` is NULL then). */
struct fsk_run {
	struct fsk_plugin *plugin;
	const struct fsk_engine_item *item;
	struct fsk_object *newest;
	/* the stream read last, kept open for the next read of the same entry */
	struct fsk_stream *stream;
	const struct fsk_object *stream_owner;
	uint64_t outside; /* bytes of hives that live outside of Lua's memory */
	bool *judging;    /* not NULL: there is no evidence; whether the verdict was given */
};

struct fsk_plugin {
	struct fsk_sandbox sandbox; /* not open before the first load */
	struct fsk_engine *engine;
	const struct fsk_text *text;
	json_t *options; /* chosen by the user, or NULL */
	bool loaded;     /* the two below tell the result */
	int load_code;
	struct fsk_err load_err;
	json_t *meta;
	struct fsk_run *run;    /* NULL outside of run */
	struct fsk_run lasting; /* objects that outlive it */
	/* so far, on this volume of this source */
	uint32_t source, volume;
	uint64_t rows;
	bool rows_full;    /* and the anomaly about it was reported */
	unsigned overruns; /* calls of run that ran into a budget */
	unsigned payloads; /* that were handed over */
};

/* Where JSON is written. Members of the objects in hand are remembered until they
 * are sorted. */
struct fsk_jsonmember {
	size_t at, name, len; /* in the text; length of the name, and of the whole */
};

struct fsk_jsonbuf {
	struct fsk_buf text, spare;
	struct fsk_jsonmember *members;
	size_t count, cap;
};

struct fsk_engine {
	struct fsk_engine_ops ops;
	void *arg;
	struct fsk_engine_limits limits;
	struct fsk_text **texts;
	size_t ntexts;
	struct fsk_plugin **plugins; /* in the order of their texts */
	size_t nplugins;
	bool thorough; /* see fsk_engine_be_thorough */
	bool artifacts_read;
	int artifacts_code; /* result of reading them, and why */
	struct fsk_err artifacts_err;
	struct fsk_artifact *artifacts; /* in the order of the texts */
	size_t nartifacts;
	struct fsk_jsonbuf row; /* of the record in hand */
	bool payloads;          /* are wanted */
};

/* The plugin, loaded; NULL and the reason when it is not there or did not load. */
struct fsk_plugin *fsk_engine_loaded(struct fsk_engine *e, const char *name, struct fsk_err *err);

/* NULL when there is none. */
const struct fsk_text *fsk_engine_text(const struct fsk_engine *e, enum fsk_engine_text kind,
                                       const char *name);

/* --- artifacts.c --- */

/* Reads all texts of kind artifacts, once; later calls give the same result. */
int fsk_artifacts_read(struct fsk_engine *e, struct fsk_err *err);
void fsk_artifacts_free(struct fsk_engine *e);
bool fsk_artifact_exists(const struct fsk_engine *e, const char *name);
/* Are the globs of all artifacts of that name right? If not, says what is wrong and where:
 * "texts.lua:line: …". */
int fsk_artifacts_test(struct fsk_engine *e, const char *name, struct fsk_err *err);
/* Is this entry of `wants` a glob (and not a name of an artifact)? */
bool fsk_want_is_glob(const char *want);
/* {"name","as","globs"}, and "os" and "empty" where it has them. New reference, or NULL. */
json_t *fsk_artifact_json(const struct fsk_artifact *a);
/* "file", "hive", "database" */
const char *fsk_as_name(enum fsk_engine_as as);

/* --- loader.c --- */

/* Opens the plugin's state, runs its text, checks its table, and keeps `run`
 * and the meta data. */
int fsk_loader_load(struct fsk_plugin *p, struct fsk_err *err);
/* Calls the plugin's function check: `list` gets a new reference to a list of texts, or NULL. */
int fsk_loader_problems(struct fsk_plugin *p, json_t **list, struct fsk_err *err);
/* Pushes the plugin's function run. */
void fsk_loader_push_run(lua_State *L);

/* --- schema.c: checks of tables that were turned into JSON --- */

struct fsk_schema {
	const char *chunk; /* "win-run-keys.lua" */
	const char *text;  /* for the line of a field */
	size_t len;
	size_t from; /* where in the text the search for that line begins */
};
/* "chunk:line: field 'where': …": the line is the first one on which the
 * last name in `where` is assigned, left out when there is none. Returns
 * FSK_EPLUGIN. */
int fsk_schema_fail(struct fsk_err *err, const struct fsk_schema *s, const char *where,
                    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* First key (bytewise) of `o` that is not in `known`, or NULL. */
const char *fsk_schema_unknown(const json_t *o, const char *const *known);
/* A string of one line, not empty. `j` may be NULL (missing). */
int fsk_schema_line(struct fsk_err *err, const struct fsk_schema *s, const char *where,
                    const json_t *j);
/* A list of such strings; an empty table counts as one. */
int fsk_schema_lines(struct fsk_err *err, const struct fsk_schema *s, const char *where,
                     const json_t *j);
/* "a string", "a list", …; null stands for a function of Lua */
const char *fsk_schema_type(const json_t *j);

/* Runs a text and pushes the one table that it returns; raises otherwise. */
void fsk_loader_table(lua_State *L, const struct fsk_text *t, const char *chunk);

/* --- json.c --- */

void fsk_jsonbuf_init(struct fsk_jsonbuf *b);
void fsk_jsonbuf_free(struct fsk_jsonbuf *b);

/* Appends the value at `at` to b->text in the form of model/jsontext.h; never
 * raises, calls no metamethod. A table with the keys 1..n (n > 0), or marked by
 * list{}, is an array; any other one an object whose integer keys are written
 * out. Bytes that are not UTF-8, and NUL, are escaped as fsk_jsontext_string
 * does. Numbers that JSON cannot hold are null. Evidence objects become the
 * locator of their file. `*budget` is what may still be used of
 * FSK_RECORD_BYTES_MAX. FSK_EINVAL (names the place: "fields.x[2]") for
 * functions, other keys and dead objects, FSK_ELIMIT for depth (a cycle) and
 * size: then nothing was appended. */
int fsk_lua_append_json(struct fsk_jsonbuf *b, lua_State *L, int at, const char *where,
                        size_t *budget, struct fsk_err *err);
/* The same as a tree; new reference. */
int fsk_lua_to_json(json_t **out, lua_State *L, int at, const char *where, size_t *budget,
                    struct fsk_err *err);
/* Pushes JSON; may raise. */
void fsk_lua_push_json(lua_State *L, const json_t *j);
/* Pushes an empty table that counts as a list. */
void fsk_lua_push_list(lua_State *L, int size);
int fsk_lua_list(lua_State *L); /* list(t) */
/* Keys of the metatable of lists. */
void fsk_lua_list_open(lua_State *L);

/* --- object.c: userdata that goes dead when run ends --- */

struct fsk_bound {
	const char *name;        /* "entry" */
	const luaL_Reg *methods; /* ended by NULL */
	/* Pushes the field and returns 1, or 0 when there is no such field. */
	int (*get)(lua_State *L, struct fsk_object *self, const char *key);
	/* Frees what C holds; must not touch Lua. May be NULL. */
	void (*release)(struct fsk_object *self);
	/* Lua calls the object itself: an iterator. May be NULL. */
	lua_CFunction call;
	/* The file that the object stands for, or NULL. May be NULL. */
	const struct fsk_entry *(*entry)(const struct fsk_object *self);
};

/* First member of every bound userdata. */
struct fsk_object {
	const struct fsk_bound *bound;
	struct fsk_run *run; /* NULL when dead */
	struct fsk_object *older, *newer;
};

/* Pushes a zeroed userdata of `size` bytes that is alive; raises outside of
 * run. Anything that C allocates for it goes into it at once, so that no
 * jump can lose it. */
void *fsk_object_new(lua_State *L, const struct fsk_bound *bound, size_t size, int nuservalues);
/* The same, of the plugin: it is alive until Lua drops it. */
void *fsk_object_new_lasting(lua_State *L, const struct fsk_bound *bound, size_t size,
                             int nuservalues);
/* The object at `at`; raises when it is of another class or dead. */
void *fsk_object_check(lua_State *L, int at, const struct fsk_bound *bound);
/* Any bound object, or NULL when the value is none; dead ones too. */
struct fsk_object *fsk_object_any(lua_State *L, int at);
/* The file an object stands for, or NULL; never raises. */
const struct fsk_entry *fsk_object_entry(lua_State *L, int at);
/* As above, and raises when there is none, or the object is dead. */
const struct fsk_entry *fsk_object_check_entry(lua_State *L, int at);
/* Releases one object now; it is dead afterwards. */
void fsk_object_kill(struct fsk_object *o);
/* The same for all of a run, newest first. */
void fsk_object_kill_all(struct fsk_run *run);
/* The run of a state; raises outside of run. */
struct fsk_run *fsk_run_of(lua_State *L);

/* --- run.c --- */

/* Reports an anomaly of a run. Negative when the callback refused. */
int fsk_run_anomaly(struct fsk_run *run, int code, const struct fsk_entry *e, const char *reason,
                    const struct fsk_range *ranges, size_t nranges, struct fsk_err *err);
/* As above from inside of Lua: a refusal ends the run. */
void fsk_run_report(lua_State *L, int code, const struct fsk_entry *e, const char *reason);
/* The same about a file of the analyst, or a table. */
void fsk_run_report_given(lua_State *L, const char *name, const char *reason);
/* The file system that an entry of the run is on: of the item, or of another drive of the
 * same machine. */
struct fsk_fs *fsk_run_fs(const struct fsk_run *run, const struct fsk_locator *loc);
/* The letter of its volume, or 0. */
char fsk_run_letter(const struct fsk_run *run, const struct fsk_locator *loc);
/* Asks for a file. A refusal ends the run. */
void fsk_run_collect(lua_State *L, const struct fsk_entry *e, const char *reason);

/* --- class_*.c: the push functions take a copy of what they are given --- */

extern const struct fsk_bound fsk_bound_entry, fsk_bound_hive, fsk_bound_ctx;

/* Pushes an entry of which the caller fills in the copy: the memory is safe
 * from jumps. `artifact` may be NULL. */
struct fsk_entry *fsk_entry_push(lua_State *L, const char *artifact);
/* Is this a member that hives and databases have of their files? */
bool fsk_entry_lends(const char *key);
/* Reads the entry whole into `out`; a damaged one is reported as an anomaly
 * and the result is 0. */
int fsk_entry_slurp(struct fsk_buf *out, struct fsk_run *run, const struct fsk_entry *e,
                    struct fsk_err *err);
/* The stream of the file that `o`, which is alive, stands for: one is kept open in
 * a run, because plugins read one file piece by piece. */
int fsk_entry_stream(struct fsk_stream **out, const struct fsk_object *o, const struct fsk_entry *e,
                     struct fsk_err *err);
/* Reports once that the entry was not read in full; nothing for objects of other
 * classes. Negative when the callback refused. */
int fsk_entry_note_damage(struct fsk_object *o, struct fsk_err *err);
/* e:find, in entry_find.c */
int fsk_entry_find(lua_State *L);
/* Opens the entry at `at` as a hive (pushes it, returns 0) or sets `err`. */
int fsk_hive_push(lua_State *L, int at, struct fsk_err *err);
struct fsk_hive;
struct fsk_key;
struct fsk_value;
/* The hive of an object that fsk_object_check found to be one. */
struct fsk_hive *fsk_hive_of(struct fsk_object *o);
/* Pushes a key object; see class_key.c. The slot is filled by the caller;
 * `hive_at` is the userdata that it keeps alive. */
struct fsk_key **fsk_key_push(lua_State *L, int hive_at);
struct fsk_value *fsk_value_push(lua_State *L);
/* Pushes the data of a value as `v.data` gives it. */
void fsk_value_push_data(lua_State *L, const struct fsk_value *v);
int fsk_hive_method_keys(lua_State *L);    /* hive:keys(…), hive_find.c */
int fsk_hive_method_deleted(lua_State *L); /* hive:deleted(), hive_find.c */
void fsk_ctx_push(lua_State *L);
int fsk_ctx_finding(lua_State *L); /* ctx:finding{…}, finding.c */
int fsk_ctx_machine(lua_State *L); /* ctx:machine{…}, finding.c */
int fsk_ctx_verdict(lua_State *L); /* ctx:verdict{…}, verdict.c */
/* The run of the ctx at 1; raises in a plugin that judges, for which there is no evidence. */
struct fsk_run *fsk_ctx_check(lua_State *L);
int fsk_ctx_payload(lua_State *L); /* ctx:payload{…}, payload.c */
int fsk_ctx_follow(lua_State *L);  /* ctx:follow(…), ctx_follow.c */
int fsk_ctx_expand(lua_State *L);  /* ctx:expand(…), ctx_follow.c */

/* --- given.c --- */

int fsk_lua_given(lua_State *L); /* given(kind) */
/* The text at `at`, or NULL when the value is none. */
const struct fsk_text *fsk_given_at(lua_State *L, int at);

/* nil, message, code name; returns 3. */
int fsk_push_failure(lua_State *L, const struct fsk_err *err);
/* ISO text or nil. */
void fsk_push_time(lua_State *L, fsk_time t);
/* UTF-8 of evidence, or nil for NULL. */
void fsk_push_text(lua_State *L, const char *s);

/* --- module_bridge.c --- */

/* Opens the entry at `at` with sqlite.open and pushes the database, or
 * pushes nothing and sets `err`. */
int fsk_database_push(lua_State *L, int at, struct fsk_err *err);

#endif
