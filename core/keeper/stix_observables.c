/* Observables: what a finding is about, as things that others can compare. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/keeper/stix_impl.h"
#include "core/model/types.h"

const json_t *fsk_stix_volume(const struct fsk_stix *s, const json_t *source, const json_t *volume)
{
	json_t *each, *v;
	size_t i, k;

	json_array_foreach (json_object_get(s->collection, "sources"), i, each) {
		if (!json_equal(json_object_get(each, "source"), source))
			continue;
		json_array_foreach (json_object_get(each, "volumes"), k, v)
			if (json_equal(json_object_get(v, "volume"), volume))
				return v;
	}
	return NULL;
}

static void add_observable(struct fsk_stix *s, struct fsk_stix_finding *f, json_t *object)
{
	const char *id = fsk_stix_observable(s, object);
	json_t *each;
	size_t i;

	if (id == NULL)
		return;
	json_array_foreach (f->observables, i, each)
		if (strcmp(json_string_value(each), id) == 0)
			return;
	json_array_append_new(f->observables, json_string(id));
}

/* --- files --- */

/* A path as its system writes it, from the root: the first `n` bytes of `path`. */
static json_t *native_path(const json_t *volume, const char *path, size_t n)
{
	const char *letter = fsk_stix_text(volume, "letter"), *os = fsk_stix_text(volume, "os");
	bool windows = letter != NULL || (os != NULL && strcmp(os, "windows") == 0);
	struct fsk_buf b;
	json_t *j = NULL;
	int rc;

	fsk_buf_init(&b, 2 * FSK_PATH_MAX);
	rc = letter != NULL ? fsk_buf_printf(&b, NULL, "%s:", letter) : 0;
	if (rc == 0)
		rc = fsk_buf_append_u8(&b, windows ? '\\' : '/', NULL);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = fsk_buf_append_u8(&b, windows && path[i] == '/' ? '\\' : (uint8_t) path[i],
		                       NULL);
	if (rc == 0)
		j = json_stringn((const char *) b.data, b.len);
	fsk_buf_free(&b);
	return j;
}

static json_t *hashes_of(const json_t *o)
{
	static const char *const names[][2] = { { "md5", "MD5" },
		                                { "sha1", "SHA-1" },
		                                { "sha256", "SHA-256" } };
	json_t *hashes = json_object();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (fsk_stix_text(o, names[i][0]) != NULL)
			json_object_set(hashes, names[i][1], json_object_get(o, names[i][0]));
	if (json_object_size(hashes) > 0)
		return hashes;
	json_decref(hashes);
	return NULL;
}

/* Digests and size of what was collected whole; of what was not, those that the plugin
 * tells of the one file it speaks of. */
static void set_content(json_t *to, const json_t *member, const struct fsk_stix_finding *f)
{
	const char *status = fsk_stix_text(member, "status");
	bool whole = status != NULL && strcmp(status, "complete") == 0;
	const json_t *about = whole ? member : json_object_get(f->fields, "about");
	const json_t *size = json_object_get(about, "size");
	json_t *hashes;

	if (!whole && json_array_size(f->evidence) != 1)
		return;
	hashes = hashes_of(about);
	if (hashes != NULL)
		json_object_set_new(to, "hashes", hashes);
	if (json_is_integer(size) && json_integer_value(size) >= 0)
		json_object_set(to, "size", (json_t *) size);
}

static void set_times(json_t *to, const json_t *member)
{
	const json_t *times = json_object_get(member, "times");

	fsk_stix_set_time(to, "ctime", fsk_stix_time(times, "created"));
	fsk_stix_set_time(to, "mtime", fsk_stix_time(times, "modified"));
	fsk_stix_set_time(to, "atime", fsk_stix_time(times, "accessed"));
}

static bool is_folder(const struct fsk_stix *s, const json_t *locator, const char *path)
{
	char key[64];
	json_t *full;
	bool is;

	snprintf(key, sizeof(key), "%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT,
	         json_integer_value(json_object_get(locator, "source")),
	         json_integer_value(json_object_get(locator, "volume")));
	full = json_sprintf("%s/%s", key, path);
	is = full != NULL && json_is_true(json_object_get(s->paths, json_string_value(full)));
	json_decref(full);
	return is;
}

static void observe_file(struct fsk_stix *s, struct fsk_stix_finding *f, const json_t *locator)
{
	const json_t *volume = fsk_stix_volume(s, json_object_get(locator, "source"),
	                                       json_object_get(locator, "volume"));
	const char *path = fsk_stix_text(locator, "path"), *stream, *slash, *parent;
	char *line = fsk_json_line(locator);
	const json_t *member = line != NULL ? json_object_get(s->files, line) : NULL;
	json_t *file, *content;
	size_t n;

	free(line);
	if (path == NULL || strlen(path) > FSK_PATH_MAX)
		return;
	if (is_folder(s, locator, path) && fsk_stix_text(locator, "stream") == NULL) {
		add_observable(s, f,
		               json_pack("{s:s, s:o}", "type", "directory", "path",
		                         native_path(volume, path, strlen(path))));
		return;
	}
	slash = strrchr(path, '/');
	n = slash != NULL ? (size_t) (slash - path) : 0;
	parent = fsk_stix_observable(
	    s, json_pack("{s:s, s:o}", "type", "directory", "path", native_path(volume, path, n)));
	file = json_pack("{s:s, s:s, s:s*}", "type", "file", "name",
	                 slash != NULL ? slash + 1 : path, "parent_directory_ref", parent);
	stream = fsk_stix_text(locator, "stream");
	content = stream != NULL ? json_pack("{s:s}", "name", stream) : file;
	set_content(content, member, f);
	set_times(file, member);
	if (stream != NULL)
		json_object_set_new(
		    file, "extensions",
		    json_pack("{s:{s:[o]}}", "ntfs-ext", "alternate_data_streams", content));
	add_observable(s, f, file);
}

/* --- the registry --- */

/* Where Windows mounts a hive file, by its name; NULL: nowhere that is known. */
static const char *mount_of(const char *path)
{
	static const char *const mounts[][2] = {
		{ "ntuser.dat", "HKEY_CURRENT_USER" },
		{ "usrclass.dat", "HKEY_CURRENT_USER\\Software\\Classes" },
		{ "software", "HKEY_LOCAL_MACHINE\\SOFTWARE" },
		{ "system", "HKEY_LOCAL_MACHINE\\SYSTEM" },
		{ "security", "HKEY_LOCAL_MACHINE\\SECURITY" },
		{ "sam", "HKEY_LOCAL_MACHINE\\SAM" },
		{ "default", "HKEY_USERS\\.DEFAULT" },
	};
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		if (fsk_text_casecmp(name, mounts[i][0]) == 0)
			return mounts[i][1];
	return NULL;
}

/* The one hive among the evidence; NULL: none, or several. */
static const char *only_mount(const json_t *evidence)
{
	const char *found = NULL, *path, *mount;
	json_t *each;
	size_t i;

	json_array_foreach (evidence, i, each) {
		path = fsk_stix_text(each, "path");
		mount = path != NULL ? mount_of(path) : NULL;
		if (mount != NULL && found != NULL)
			return NULL;
		if (mount != NULL)
			found = mount;
	}
	return found;
}

static void observe_key(struct fsk_stix *s, struct fsk_stix_finding *f)
{
	const char *key = fsk_stix_text(f->fields, "key"), *mount = only_mount(f->evidence);
	const char *name = fsk_stix_text(f->fields, "value");
	const char *data = fsk_stix_text(f->fields, "data");
	json_t *object;

	if (key == NULL || mount == NULL)
		return;
	object = json_pack("{s:s, s:o}", "type", "windows-registry-key", "key",
	                   json_sprintf("%s\\%s", mount, key));
	if (data == NULL)
		data = fsk_stix_text(f->fields, "command");
	if (object != NULL && name != NULL)
		json_object_set_new(object, "values",
		                    json_pack("[{s:s, s:s*}]", "name", name, "data", data));
	add_observable(s, f, object);
}

/* --- names --- */

bool fsk_stix_is_host(const char *s)
{
	size_t n = strlen(s), label = 0, dots = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
			dots++;
		} else if (isalnum((unsigned char) s[i]) || s[i] == '-' || s[i] == '_') {
			if (++label > 63)
				return false;
		} else {
			return false;
		}
	}
	return dots > 0 && label > 1 && n <= 253 && !isdigit((unsigned char) s[n - 1]);
}

static bool is_url(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");

	return isalpha((unsigned char) s[0]) && strncmp(s + n, "://", 3) == 0 && s[n + 3] != '\0' &&
	       strpbrk(s, " \"<>\\^`{|}") == NULL;
}

static void observe_host(struct fsk_stix *s, struct fsk_stix_finding *f, const char *name)
{
	char lower[254];
	size_t n = 0;

	if (name == NULL || !fsk_stix_is_host(name))
		return;
	for (; name[n] != '\0'; n++)
		lower[n] = (char) tolower((unsigned char) name[n]);
	lower[n] = '\0';
	add_observable(s, f, json_pack("{s:s, s:s}", "type", "domain-name", "value", lower));
}

static void observe_names(struct fsk_stix *s, struct fsk_stix_finding *f)
{
	const char *url = fsk_stix_text(f->fields, "url"), *user = fsk_stix_text(f->fields, "user");
	const char *sid = fsk_stix_text(f->fields, "sid");

	/* "name" is that of many things */
	if (f->sign != NULL && strcmp(f->sign, "network.c2") == 0)
		observe_host(s, f, fsk_stix_text(f->fields, "name"));
	observe_host(s, f, fsk_stix_text(f->fields, "domain"));
	observe_host(s, f, fsk_stix_text(f->fields, "host"));
	if (url != NULL && is_url(url))
		add_observable(s, f, json_pack("{s:s, s:s}", "type", "url", "value", url));
	if (user != NULL || sid != NULL)
		add_observable(s, f,
		               json_pack("{s:s, s:s*, s:s*}", "type", "user-account", "user_id",
		                         sid, "account_login", user));
}

void fsk_stix_observe(struct fsk_stix *s, struct fsk_stix_finding *f)
{
	json_t *locator;
	size_t i;

	json_array_foreach (f->evidence, i, locator)
		observe_file(s, f, locator);
	observe_key(s, f);
	observe_names(s, f);
}
