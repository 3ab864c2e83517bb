/* The Lua engine as the worker sees it: texts go in, plugins run on items,
 * what they say comes out through callbacks. No lua_State leaks from here. */
#ifndef FSK_LUA_ENGINE_H
#define FSK_LUA_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/glob.h"
#include "core/evidence/fs.h"
#include "core/evidence/volume.h"
#include "core/model/judges.h"
#include "core/model/profiles.h"

struct fsk_engine;

/* Of ctx:payload. */
struct fsk_engine_payload {
	const char *bytes; /* `size` of them, 1 to FSK_PAYLOAD_MAX */
	size_t size;
	const char *name, *kind; /* not yet tested for UTF-8; NULL: none */
	const struct fsk_entry *from;
};

/* What a plugin says. `plugin` is its name; JSON is borrowed. A negative
 * result ends the run of the plugin, which then returns that code. */
struct fsk_engine_ops {
	/* ctx:record: the text of message RECORD; entries are locators already */
	int (*record)(void *arg, const char *plugin, const char *row, size_t n,
	              struct fsk_err *err);
	/* ctx:finding: an object with the members of message FINDING except
	 * "plugin" and "volume" */
	int (*finding)(void *arg, const char *plugin, json_t *finding, struct fsk_err *err);
	/* ctx:machine: the facts, an object */
	int (*machine)(void *arg, const char *plugin, json_t *facts, struct fsk_err *err);
	/* ctx:verdict, settled (model/verdict.h) */
	int (*verdict)(void *arg, const char *plugin, json_t *verdict, struct fsk_err *err);
	/* ctx:collect, ctx:follow */
	int (*collect)(void *arg, const char *plugin, const struct fsk_entry *e, const char *reason,
	               struct fsk_err *err);
	/* ctx:anomaly and what the engine itself noticed; see model/anomaly.h */
	int (*anomaly)(void *arg, const char *plugin, json_t *anomaly, struct fsk_err *err);
	/* ctx:payload, once fsk_engine_want_payloads was called; NULL: never */
	int (*payload)(void *arg, const char *plugin, const struct fsk_engine_payload *p,
	               struct fsk_err *err);
	/* ctx:log */
	void (*log)(void *arg, const char *plugin, const char *text);
};

/* `ops` is copied; `arg` is handed to each of them. Free with fsk_engine_free. */
int fsk_engine_new(struct fsk_engine **out, const struct fsk_engine_ops *ops, void *arg,
                   struct fsk_err *err);
void fsk_engine_free(struct fsk_engine *e);

/* Ceilings of one plugin; 0 means the default. */
struct fsk_engine_limits {
	size_t heap;           /* bytes of its Lua state: FSK_LUA_HEAP_MAX */
	uint64_t instructions; /* of loading, and of each run: FSK_LUA_INSTRUCTIONS_MAX */
	uint64_t rows;         /* records of one plugin on one volume: FSK_ROWS_MAX */
};
/* For plugins that are loaded after this call. */
void fsk_engine_set_limits(struct fsk_engine *e, const struct fsk_engine_limits *limits);

/* Somebody has asked for payloads. Without this call ctx:payload says that nobody has. */
void fsk_engine_want_payloads(struct fsk_engine *e);

/* Before the first plugin is loaded: tests the globs of all artifacts, which otherwise happens when
 * a plugin wants them. For who writes them; it takes longer than many a collection. */
void fsk_engine_be_thorough(struct fsk_engine *e);

enum fsk_engine_text {
	FSK_TEXT_PLUGIN,
	FSK_TEXT_LIB,
	FSK_TEXT_ARTIFACTS,
	FSK_TEXT_DATA,
	FSK_TEXT_IOC, /* these are of the analyst: given(kind) in Lua */
	FSK_TEXT_YARA,
};

/* Keeps a copy of a text; nothing of it runs yet. `options` (an object or
 * NULL, borrowed) are the values that the user set for a plugin. FSK_EEXIST
 * for a second text of the same kind and name, FSK_ELIMIT, FSK_ENOMEM.
 * `name` is the file name, without ".lua" for plugins, libraries and artifacts. */
int fsk_engine_add_text(struct fsk_engine *e, enum fsk_engine_text kind, const char *name,
                        const void *text, size_t len, const json_t *options, struct fsk_err *err);

/* The same of a text that comes in pieces, one call after the other: `size` is that of the whole
 * and counts, as name and options do, with the first. FSK_EPROTO for a piece of another text
 * before the last one is whole, or beyond its end. */
struct fsk_engine_piece {
	const char *name;
	const void *data;
	size_t len;
	uint64_t size;
	const json_t *options;
};
int fsk_engine_add_piece(struct fsk_engine *e, enum fsk_engine_text kind,
                         const struct fsk_engine_piece *piece, struct fsk_err *err);
bool fsk_engine_texts_whole(const struct fsk_engine *e);

/* The plugins' names, in the order in which they were added. NULL past the end. */
const char *fsk_engine_plugin_name(const struct fsk_engine *e, size_t i);

/* Loads a plugin (once; later calls give the first result again) and tests
 * its table. FSK_EPLUGIN: the message is "name:line: what is wrong",
 * FSK_ENOTFOUND when there is no text of that name. `meta` (may be NULL) gets
 * a new reference: {"api","name","summary","author","license","categories",
 * "references","os","wants","options"}, and "judges" of a plugin that judges, whose "wants"
 * are empty. */
int fsk_engine_plugin_load(struct fsk_engine *e, const char *plugin, json_t **meta,
                           struct fsk_err *err);

/* What a plugin says is wrong with the texts that it reads, by its function check: `list` gets a
 * new reference to a list of texts, or NULL when there is nothing to say. FSK_EPLUGIN when it
 * raises. */
int fsk_engine_plugin_problems(struct fsk_engine *e, const char *plugin, json_t **list,
                               struct fsk_err *err);

enum fsk_engine_as { FSK_AS_FILE, FSK_AS_HIVE, FSK_AS_DATABASE };

struct fsk_want {
	char *artifact; /* name of the artifact, or the glob as the plugin wrote it */
	enum fsk_engine_as as;
	bool empty; /* files of size 0 are ordinary there, and nobody's items */
	struct fsk_globset globs;
};

struct fsk_wants {
	struct fsk_want *items; /* in the order of the plugin's list */
	size_t count;
};

/* What a plugin wants on a volume with this system ("" is unknown: then
 * artifacts of every system count) and these profiles (NULL: none are known). Empty
 * when the plugin's own `os` list leaves the system out. */
int fsk_engine_plugin_wants(struct fsk_wants *out, struct fsk_engine *e, const char *plugin,
                            const char *os, const struct fsk_profiles *profiles,
                            struct fsk_err *err);
void fsk_wants_free(struct fsk_wants *w);

struct fsk_machine;

struct fsk_engine_item {
	struct fsk_fs *fs;
	struct fsk_machine *machine;     /* that the volume is of; NULL: nothing is known of it */
	const struct fsk_volume *volume; /* with letter and os as the keeper decided */
	const struct fsk_profiles *profiles; /* on it; NULL: none are known */
	const char *source_name;
	const struct fsk_entry *entry;
	const char *artifact; /* becomes item.artifact */
	enum fsk_engine_as as;
};

/* Calls run(ctx, item). FSK_EPLUGIN when it raised ("name:line: …"),
 * FSK_ETIMEOUT or FSK_ELIMIT when a budget ran out (FSK_LUA_OVERRUNS_MAX times
 * on one volume: the message says so, and later calls for this volume do
 * nothing and return 0), FSK_ECORRUPT,
 * FSK_EUNSUPPORTED, … when the item cannot be opened as what `as` says: run
 * is not called then. The caller turns each into an anomaly. */
int fsk_engine_run(struct fsk_engine *e, const char *plugin, const struct fsk_engine_item *item,
                   struct fsk_err *err);

/* What a plugin that judges is given of a machine: lines of JSON by the names of
 * model/judges.h, in their order. */
struct fsk_judged_rows {
	const char *name; /* of the machine, for messages */
	bool truncated;   /* there were more */
	struct fsk_buf lists[FSK_JUDGED_COUNT];
};

/* Calls run(ctx, machine) of a plugin that judges. Of findings and records it gets those that
 * its table names. `*said`: it gave a verdict, also when it failed behind that. Codes are those of
 * fsk_engine_run. */
int fsk_engine_judge(bool *said, struct fsk_engine *e, const char *plugin,
                     const struct fsk_judged_rows *rows, struct fsk_err *err);

/* Version of the Lua in use. */
const char *fsk_engine_library(void);

#endif
