/* Plugins and what belongs to them: read and hashed here, run by workers. */
#ifndef FSK_KEEPER_TEXTS_H
#define FSK_KEEPER_TEXTS_H

#include <stddef.h>

#include <jansson.h>

#include "core/base/buf.h"
#include "core/base/digest.h"
#include "core/base/err.h"

struct fsk_text {
	const char *kind; /* "plugin", "lib", "artifacts", "data"; "ioc", "yara": given */
	char *name;       /* without ".lua", but for data and what is given */
	char *path;
	struct fsk_buf text;
	char sha256[FSK_SHA256_HEX];
	json_t *options; /* of a plugin, chosen by name; NULL: none */
};

struct fsk_texts {
	struct fsk_text *items; /* sorted by kind and name once selected */
	size_t count;
	char *dir; /* the data folder */
};

/* Finds the data folder: `given` if not NULL, else "lua-scripts" beside the
 * program, else pkgdatadir; and reads lib/, artifacts/ and intel/ from it.
 * FSK_ENOTFOUND names the places. Free with fsk_texts_free, also after a
 * failure. */
int fsk_texts_open(struct fsk_texts *out, const char *given, struct fsk_err *err);
void fsk_texts_free(struct fsk_texts *t);

/* Adds the plugins that `list` names: profiles (profiles/<name>.json, an
 * object {"summary":…,"plugins":[…]}), plugins of the folder by name, files
 * by a path that ends in ".lua"; comma separated, doubles count once.
 * FSK_ENOTFOUND, FSK_EINVAL. */
int fsk_texts_select(struct fsk_texts *t, const char *list, struct fsk_err *err);
/* Adds every plugin of the folder. */
int fsk_texts_select_all(struct fsk_texts *t, struct fsk_err *err);
int fsk_texts_add_file(struct fsk_texts *t, const char *kind, const char *path,
                       struct fsk_err *err);

/* Adds what the analyst gives to plugins, `kind` is "ioc" or "yara" (a literal): a file, or the
 * regular files of a folder; hidden ones are left out. Selects "<kind>-scan", too. FSK_EINVAL
 * names the file and the reason. Limits: FSK_GIVEN_*. */
int fsk_texts_give(struct fsk_texts *t, const char *kind, const char *path, struct fsk_err *err);

/* Chooses an option of a selected plugin: "PLUGIN.OPTION=VALUE", where VALUE is JSON, else
 * taken as text. Whether the plugin has such an option is for the worker to say.
 * FSK_ENOTFOUND: no such plugin; FSK_ENOMEM. */
int fsk_texts_set(struct fsk_texts *t, const char *set, struct fsk_err *err);

/* Names of the plugins, sorted: a JSON array. */
json_t *fsk_texts_plugins(const struct fsk_texts *t);
/* [{"kind","name","sha256","size","options"?},…] of all texts, for collection.json. */
json_t *fsk_texts_describe(const struct fsk_texts *t);
const struct fsk_text *fsk_texts_find(const struct fsk_texts *t, const char *kind,
                                      const char *name);

#endif
