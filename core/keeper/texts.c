#include "core/keeper/texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "core/base/file.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/keeper/host.h"
#include "core/keeper/sources.h"
#include "core/model/types.h"

/* a text travels in one frame, beside a small head */
#define TEXT_MAX (FSK_FRAME_MAX - 64u * FSK_KIB)
#define INTEL "intel" /* the folder of data */
#define TEXTS_MAX (4u * FSK_PLUGINS_MAX + FSK_GIVEN_FILES_MAX)

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), k = strlen(tail);

	return n > k && strcmp(s + n - k, tail) == 0;
}

static bool is_given(const char *kind)
{
	return strcmp(kind, "ioc") == 0 || strcmp(kind, "yara") == 0;
}

/* Data in a folder of its own has its name in front: "3cx/hashes.csv". */
static const char *base_of(const struct fsk_texts *t, const char *kind, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t root = t->dir != NULL ? strlen(t->dir) + strlen("/" INTEL "/") : 0;

	if (strcmp(kind, "data") == 0 && strlen(path) > root)
		return path + root;
	return slash != NULL ? slash + 1 : path;
}

static char *text_name(const struct fsk_texts *t, const char *kind, const char *path)
{
	const char *base = base_of(t, kind, path);
	size_t n = strlen(base);

	if (!is_given(kind) && strcmp(kind, "data") != 0 && ends_with(base, ".lua"))
		n -= strlen(".lua");
	return fsk_text_dup_utf8(base, n);
}

const struct fsk_text *fsk_texts_find(const struct fsk_texts *t, const char *kind, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->items[i].kind, kind) == 0 && strcmp(t->items[i].name, name) == 0)
			return &t->items[i];
	return NULL;
}

static void clear_text(struct fsk_text *x)
{
	free(x->name);
	free(x->path);
	fsk_buf_free(&x->text);
	json_decref(x->options);
}

static int load(struct fsk_text *x, const struct fsk_texts *t, const char *kind, const char *path,
                struct fsk_err *err)
{
	struct fsk_digests d;
	int rc;

	memset(x, 0, sizeof(*x));
	fsk_buf_init(&x->text, is_given(kind) ? FSK_GIVEN_MAX : TEXT_MAX);
	x->kind = kind;
	x->name = text_name(t, kind, path);
	x->path = strdup(path);
	if (x->name == NULL || x->path == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	rc = fsk_file_slurp(&x->text, path, err);
	if (rc < 0)
		return rc;
	rc = fsk_digest_bytes(&d, FSK_DIGEST_SHA256, x->text.data, x->text.len, err);
	if (rc == 0)
		memcpy(x->sha256, d.sha256, sizeof(x->sha256));
	return rc;
}

static int by_kind_and_name(const void *a, const void *b)
{
	const struct fsk_text *x = a, *y = b;
	int c = strcmp(x->kind, y->kind);

	return c != 0 ? c : strcmp(x->name, y->name);
}

int fsk_texts_add_file(struct fsk_texts *t, const char *kind, const char *path, struct fsk_err *err)
{
	const struct fsk_text *same;
	struct fsk_text *more;
	struct fsk_text x;
	int rc;

	if (t->count >= TEXTS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u plugins and texts", TEXTS_MAX);
	rc = load(&x, t, kind, path, err);
	if (rc < 0)
		goto out;
	same = fsk_texts_find(t, kind, x.name);
	if (same != NULL) {
		if (strcmp(same->sha256, x.sha256) != 0)
			rc = fsk_err_set(err, FSK_EEXIST, "\"%s\" and \"%s\" are both %s \"%s\"",
			                 same->path, path, kind, x.name);
		goto out;
	}
	more = realloc(t->items, (t->count + 1) * sizeof(*more));
	if (more == NULL) {
		rc = fsk_err_set(err, FSK_ENOMEM, "out of memory");
		goto out;
	}
	t->items = more;
	t->items[t->count++] = x;
	qsort(t->items, t->count, sizeof(x), by_kind_and_name);
	return 0;
out:
	clear_text(&x);
	return rc;
}

/* Neither a folder nor a device, as far as the folder tells; links lead to anything. */
static bool may_be_text(const uv_dirent_t *ent)
{
	return ent->name[0] != '.' && (ent->type == UV_DIRENT_FILE || ent->type == UV_DIRENT_LINK ||
	                               ent->type == UV_DIRENT_UNKNOWN);
}

/* Adds every file of the folder at `path` that ends in `tail` ("" for all). */
static int add_files(struct fsk_texts *t, const char *kind, const char *path, const char *tail,
                     struct fsk_err *err)
{
	char file[8192];
	uv_dirent_t ent;
	uv_fs_t req;
	int rc = uv_fs_scandir(NULL, &req, path, 0, NULL);

	if (rc < 0) {
		rc = fsk_err_set(err, FSK_EIO, "cannot list \"%s\": %s", path, uv_strerror(rc));
		uv_fs_req_cleanup(&req);
		return rc;
	}
	rc = 0;
	while (rc == 0 && uv_fs_scandir_next(&req, &ent) == 0) {
		snprintf(file, sizeof(file), "%s/%s", path, ent.name);
		if (may_be_text(&ent) && (*tail == '\0' || ends_with(ent.name, tail)) &&
		    !fsk_path_is_folder(file))
			rc = fsk_texts_add_file(t, kind, file, err);
	}
	uv_fs_req_cleanup(&req);
	return rc;
}

/* The same of a folder of ours. An absent one has no files. */
static int add_folder(struct fsk_texts *t, const char *kind, const char *sub, const char *tail,
                      struct fsk_err *err)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", t->dir, sub);
	return fsk_path_is_folder(path) ? add_files(t, kind, path, tail, err) : 0;
}

/* Tables lie in the folder or, by case, in folders in it. */
static int add_intel(struct fsk_texts *t, struct fsk_err *err)
{
	int rc = add_folder(t, "data", INTEL, "", err);
	char path[4096], sub[8192];
	uv_dirent_t ent;
	uv_fs_t req;

	snprintf(path, sizeof(path), "%s/" INTEL, t->dir);
	if (rc < 0 || !fsk_path_is_folder(path))
		return rc;
	if (uv_fs_scandir(NULL, &req, path, 0, NULL) < 0)
		rc = fsk_err_set(err, FSK_EIO, "cannot list \"%s\"", path);
	while (rc == 0 && uv_fs_scandir_next(&req, &ent) == 0) {
		snprintf(sub, sizeof(sub), "%s/%s", path, ent.name);
		if (ent.name[0] != '.' && fsk_path_is_folder(sub))
			rc = add_files(t, "data", sub, ".csv", err);
	}
	uv_fs_req_cleanup(&req);
	return rc;
}

static int find_folder(struct fsk_texts *t, const char *given, struct fsk_err *err)
{
	char beside[4096] = "";
	char *dir = fsk_host_program_dir();
	const char *chosen = given;

	if (dir != NULL)
		snprintf(beside, sizeof(beside), "%s/lua-scripts", dir);
	free(dir);
	if (chosen == NULL)
		chosen = fsk_path_is_folder(beside) ? beside : FSK_PKGDATADIR;
	if (!fsk_path_is_folder(chosen))
		return given != NULL
		           ? fsk_err_set(err, FSK_ENOTFOUND, "there is no folder \"%s\"", given)
		           : fsk_err_set(err, FSK_ENOTFOUND,
		                         "no plugins: neither \"%s\" nor \"%s\" is a folder: "
		                         "copy lua-scripts to one of them, or name it with --data",
		                         beside, FSK_PKGDATADIR);
	t->dir = strdup(chosen);
	return t->dir != NULL ? 0 : fsk_err_set(err, FSK_ENOMEM, "out of memory");
}

int fsk_texts_open(struct fsk_texts *t, const char *given, struct fsk_err *err)
{
	int rc;

	memset(t, 0, sizeof(*t));
	rc = find_folder(t, given, err);
	if (rc == 0)
		rc = add_folder(t, "lib", "lib", ".lua", err);
	if (rc == 0)
		rc = add_folder(t, "artifacts", "artifacts", ".lua", err);
	if (rc == 0)
		rc = add_intel(t, err);
	return rc;
}

void fsk_texts_free(struct fsk_texts *t)
{
	for (size_t i = 0; i < t->count; i++)
		clear_text(&t->items[i]);
	free(t->items);
	free(t->dir);
	memset(t, 0, sizeof(*t));
}

static int add_plugin(struct fsk_texts *t, const char *name, struct fsk_err *err)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/plugins/%s.lua", t->dir, name);
	return fsk_texts_add_file(t, "plugin", path, err);
}

static int add_profile(struct fsk_texts *t, const char *path, struct fsk_err *err)
{
	json_error_t why;
	json_t *profile = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	json_t *plugins = NULL, *name;
	const char *summary;
	int rc = 0;
	size_t i;

	if (profile == NULL)
		return fsk_err_set(err, FSK_EINVAL, "profile \"%s\" line %d: %s", path, why.line,
		                   why.text);
	if (json_unpack_ex(profile, &why, JSON_STRICT, "{s?s, s:o}", "summary", &summary, "plugins",
	                   &plugins) < 0 ||
	    !json_is_array(plugins))
		rc = fsk_err_set(err, FSK_EINVAL,
		                 "profile \"%s\": wants {\"summary\": text, \"plugins\": [names]}",
		                 path);
	json_array_foreach (rc == 0 ? plugins : NULL, i, name) {
		if (!json_is_string(name))
			rc = fsk_err_set(err, FSK_EINVAL, "profile \"%s\": plugin %zu is no name",
			                 path, i + 1);
		else
			rc = add_plugin(t, json_string_value(name), err);
		if (rc < 0) {
			fsk_err_wrap(err, "profile \"%s\"", path);
			break;
		}
	}
	json_decref(profile);
	return rc;
}

static int select_one(struct fsk_texts *t, const char *name, struct fsk_err *err)
{
	char path[4096];

	if (ends_with(name, ".lua"))
		return fsk_texts_add_file(t, "plugin", name, err);
	if (strchr(name, '/') != NULL || name[0] == '\0')
		return fsk_err_set(err, FSK_EINVAL, "\"%s\" is no name of a profile or plugin",
		                   name);
	snprintf(path, sizeof(path), "%s/profiles/%s.json", t->dir, name);
	if (fsk_path_exists(path))
		return add_profile(t, path, err);
	snprintf(path, sizeof(path), "%s/plugins/%s.lua", t->dir, name);
	if (fsk_path_exists(path))
		return fsk_texts_add_file(t, "plugin", path, err);
	return fsk_err_set(err, FSK_ENOTFOUND, "there is no profile or plugin \"%s\" in \"%s\"",
	                   name, t->dir);
}

int fsk_texts_select(struct fsk_texts *t, const char *list, struct fsk_err *err)
{
	char *copy = strdup(list);
	char *at = copy, *comma;
	int rc = 0;

	if (copy == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	do {
		comma = strchr(at, ',');
		if (comma != NULL)
			*comma = '\0';
		rc = select_one(t, at, err);
		at = comma != NULL ? comma + 1 : NULL;
	} while (rc == 0 && at != NULL);
	free(copy);
	return rc;
}

int fsk_texts_select_all(struct fsk_texts *t, struct fsk_err *err)
{
	return add_folder(t, "plugin", "plugins", ".lua", err);
}

static int check_given(const struct fsk_texts *t, struct fsk_err *err)
{
	uint64_t bytes = 0;
	size_t files = 0;

	for (size_t i = 0; i < t->count; i++) {
		if (!is_given(t->items[i].kind))
			continue;
		bytes += t->items[i].text.len;
		files++;
	}
	if (files > FSK_GIVEN_FILES_MAX || bytes > FSK_GIVEN_BYTES_MAX)
		return fsk_err_set(
		    err, FSK_ELIMIT, "%zu files with %llu bytes are more than %u files or %u bytes",
		    files, (unsigned long long) bytes, FSK_GIVEN_FILES_MAX, FSK_GIVEN_BYTES_MAX);
	return 0;
}

int fsk_texts_give(struct fsk_texts *t, const char *kind, const char *path, struct fsk_err *err)
{
	char plugin[32];
	int rc = fsk_path_is_folder(path) ? add_files(t, kind, path, "", err)
	                                  : fsk_texts_add_file(t, kind, path, err);

	if (rc == 0)
		rc = check_given(t, err);
	if (rc < 0) {
		err->code = FSK_EINVAL; /* whatever it is, the command line names it */
		fsk_err_wrap(err, "--%s", kind);
		return FSK_EINVAL;
	}
	snprintf(plugin, sizeof(plugin), "%s-scan", kind);
	return add_plugin(t, plugin, err);
}

static struct fsk_text *find_plugin(struct fsk_texts *t, const char *name, size_t n)
{
	for (size_t i = 0; i < t->count; i++) {
		struct fsk_text *x = &t->items[i];

		if (strcmp(x->kind, "plugin") == 0 && strlen(x->name) == n &&
		    memcmp(x->name, name, n) == 0)
			return x;
	}
	return NULL;
}

int fsk_texts_set(struct fsk_texts *t, const char *set, struct fsk_err *err)
{
	const char *dot = strchr(set, '.'), *equals = strchr(set, '=');
	struct fsk_text *x = find_plugin(t, set, (size_t) (dot - set));
	json_t *value;

	if (x == NULL)
		return fsk_err_set(err, FSK_ENOTFOUND, "--set %s: that plugin does not run", set);
	value = json_loads(equals + 1, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	if (value == NULL)
		value = fsk_json_text(equals + 1);
	if (x->options == NULL)
		x->options = json_object();
	if (json_object_setn_new(x->options, dot + 1, (size_t) (equals - dot - 1), value) < 0)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	return 0;
}

json_t *fsk_texts_plugins(const struct fsk_texts *t)
{
	json_t *names = json_array();

	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->items[i].kind, "plugin") == 0)
			json_array_append_new(names, json_string(t->items[i].name));
	return names;
}

json_t *fsk_texts_describe(const struct fsk_texts *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->count; i++) {
		const struct fsk_text *x = &t->items[i];
		json_array_append_new(list,
		                      json_pack("{s:s, s:s, s:s, s:I, s:O*}", "kind", x->kind,
		                                "name", x->name, "sha256", x->sha256, "size",
		                                (json_int_t) x->text.len, "options", x->options));
	}
	return list;
}
