#include "core/model/profiles.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/buf.h"
#include "core/base/text.h"

#define MARK "%profile%"
#define FORMER "windows.old"               /* what setup calls the folder of the Windows before */
#define FORMER_UPGRADE "$windows.~q/data/" /* that of upgrades to Vista and 7 */

/* Folders that hold profiles on every system, and on Windows also these two. */
static const struct {
	const char *path;
	bool itself;  /* the folder is a profile, not what lies in it */
	bool windows; /* what "%profile%" stands for */
} homes[] = {
	{ "Users/", false, true },
	{ "Documents and Settings/", false, true },
	{ "WINNT/Profiles/", false, true }, /* Windows NT 4 */
	{ "Windows/ServiceProfiles/", false, true },
	{ "Windows/System32/config/systemprofile/", true, true },
	{ "Windows/SysWOW64/config/systemprofile/", true, true },
	{ "WINNT/System32/config/systemprofile/", true, true },
	{ "home/", false, false },
};

/* With all places of a volume it must fit FSK_GLOB_LEN_MAX. */
#define MARKED_LEN_MAX 1200u

#define HOMES (sizeof(homes) / sizeof(homes[0]))

void fsk_profiles_free(struct fsk_profiles *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->items[i].path);
		free(p->items[i].sid);
	}
	for (size_t i = 0; i < p->nplaces; i++)
		free(p->places[i]);
	free(p->items);
	fsk_globset_free(&p->globs);
	memset(p, 0, sizeof(*p));
}

int fsk_profiles_add(struct fsk_profiles *p, const char *path, const char *sid, struct fsk_err *err)
{
	size_t bytes = strlen(path) + (sid != NULL ? strlen(sid) : 0);
	struct fsk_profile *more, *item;

	if (p->count >= FSK_PROFILES_MAX || p->bytes + bytes > FSK_PROFILES_BYTES_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u profiles, or %u bytes of them",
		                   FSK_PROFILES_MAX, FSK_PROFILES_BYTES_MAX);
	more = realloc(p->items, (p->count + 1) * sizeof(*more));
	if (more == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a profile");
	p->items = more;
	item = &more[p->count++];
	*item = (struct fsk_profile){ .path = strdup(path), .sid = sid ? strdup(sid) : NULL };
	p->bytes += bytes;
	if (item->path == NULL || (sid != NULL && item->sid == NULL))
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a profile");
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct fsk_profile *x = a, *y = b;
	int c = fsk_text_casecmp(x->path, y->path);

	if (c == 0)
		c = strcmp(x->path, y->path);
	return c != 0 ? c : strcmp(x->sid ? x->sid : "", y->sid ? y->sid : "");
}

static bool same_sid(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

void fsk_profiles_settle(struct fsk_profiles *p)
{
	size_t n = 0;

	if (p->count > 0)
		qsort(p->items, p->count, sizeof(*p->items), by_path);
	for (size_t i = 0; i < p->count; i++) {
		struct fsk_profile *kept = n > 0 ? &p->items[n - 1] : NULL;

		if (kept == NULL || fsk_text_casecmp(kept->path, p->items[i].path) != 0) {
			p->items[n++] = p->items[i];
			continue;
		}
		if (!same_sid(kept->sid, p->items[i].sid)) {
			free(kept->sid);
			kept->sid = NULL;
		}
		free(p->items[i].path);
		free(p->items[i].sid);
	}
	p->count = n;
}

/* --- standard places --- */

/* Bytes of the profile folder that `path` lies below, by place `i`; 0: none. */
static size_t home_folder(size_t i, const char *path)
{
	size_t n = strlen(homes[i].path), name;

	if (strncasecmp(path, homes[i].path, n) != 0)
		return 0;
	if (homes[i].itself)
		return path[n] != '\0' ? n - 1 : 0;
	name = strcspn(path + n, "/");
	/* a file in the folder of profiles is nobody's */
	return name > 0 && path[n + name] == '/' ? n + name : 0;
}

static size_t standard_folder(const char *path)
{
	size_t n = 0;

	for (size_t i = 0; i < HOMES && n == 0; i++)
		n = home_folder(i, path);
	return n;
}

bool fsk_profile_is_standard(const char *path)
{
	char below[FSK_PROFILE_PATH_MAX + 2];
	size_t n = strlen(path);

	if (n >= FSK_PROFILE_PATH_MAX)
		return false;
	memcpy(below, path, n);
	memcpy(below + n, "/x", 3);
	for (size_t i = 0; i < HOMES; i++)
		if (homes[i].windows && home_folder(i, below) == n)
			return true;
	return false;
}

/* Length of the folder that a former Windows was moved to, in front of a path:
 * "Windows.old/", "Windows.old.000/", …; 0: none. */
static size_t former_folder(const char *path)
{
	size_t n = strcspn(path, "/");

	if (strncasecmp(path, FORMER_UPGRADE, strlen(FORMER_UPGRADE)) == 0)
		return strlen(FORMER_UPGRADE);
	if (path[n] != '/' || strncasecmp(path, FORMER, strlen(FORMER)) != 0)
		return 0;
	return n + 1;
}

bool fsk_profile_is_former(const char *path)
{
	return former_folder(path) > 0;
}

/* --- the list --- */

static int compare_key(const void *key, const void *item)
{
	return fsk_text_casecmp(key, ((const struct fsk_profile *) item)->path);
}

/* The innermost folder of the list that `path` lies below. */
static size_t listed_folder(const struct fsk_profile **which, const struct fsk_profiles *p,
                            const char *path)
{
	char folder[FSK_PROFILE_PATH_MAX];
	size_t found = 0;

	if (p->count == 0)
		return 0;
	for (size_t n = strcspn(path, "/"); path[n] == '/' && n < sizeof(folder);
	     n += 1 + strcspn(path + n + 1, "/")) {
		const struct fsk_profile *hit;

		memcpy(folder, path, n);
		folder[n] = '\0';
		hit = bsearch(folder, p->items, p->count, sizeof(*p->items), compare_key);
		if (hit == NULL)
			continue;
		found = n;
		*which = hit;
	}
	return found;
}

/* A folder that a place's glob fits. */
static size_t placed_folder(const struct fsk_profiles *p, const char *path)
{
	char folder[FSK_PROFILE_PATH_MAX];
	size_t found = 0;

	for (size_t n = strcspn(path, "/"); path[n] == '/' && n < sizeof(folder) && found == 0;
	     n += 1 + strcspn(path + n + 1, "/")) {
		memcpy(folder, path, n);
		folder[n] = '\0';
		if (fsk_globset_match(&p->globs, folder, true))
			found = n;
	}
	return found;
}

void fsk_profiles_find(struct fsk_profile_of *out, const struct fsk_profiles *p, const char *path)
{
	const struct fsk_profile *listed = NULL;
	size_t former = former_folder(path), n = standard_folder(path + former), own;

	*out = (struct fsk_profile_of){ .folder = n > 0 ? former + n : 0 };
	if (p != NULL) {
		own = listed_folder(&listed, p, path);
		if (own > 0 && own >= out->folder) {
			out->folder = own;
			out->sid = listed->sid;
		} else if (n == 0 && former == 0) {
			out->folder = placed_folder(p, path);
		}
	}
	for (size_t i = out->folder; i > 0 && path[i - 1] != '/'; i--)
		out->name = i - 1;
	out->name_len = out->folder - out->name;
}

/* --- globs --- */

static int append_escaped(struct fsk_buf *b, const char *text, size_t n, struct fsk_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (strchr("*?[]{},\\", text[i]) != NULL)
			rc = fsk_buf_append_u8(b, '\\', err);
		if (rc == 0)
			rc = fsk_buf_append_u8(b, (uint8_t) text[i], err);
	}
	return rc;
}

/* A place stands among the alternatives of other globs. */
static int keep_place(struct fsk_profiles *p, const char *place, struct fsk_err *err)
{
	size_t before = p->globs.count;
	int rc;

	for (size_t i = 0; i < p->nplaces; i++)
		if (fsk_text_casecmp(p->places[i], place) == 0)
			return 0;
	if (p->nplaces == FSK_PROFILE_PLACES_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "profiles lie in more than %u folders",
		                   FSK_PROFILE_PLACES_MAX);
	rc = fsk_globset_add(&p->globs, place, err);
	if (rc == 0 && p->globs.count != before + 1)
		rc = fsk_err_set(err, FSK_EINVAL, "a place of profiles is several");
	if (rc < 0)
		return rc;
	p->places[p->nplaces] = strdup(place);
	if (p->places[p->nplaces] == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a profile");
	p->nplaces++;
	return 0;
}

int fsk_profiles_add_place(struct fsk_profiles *p, const char *path, struct fsk_err *err)
{
	const char *slash = strrchr(path, '/');
	struct fsk_buf b;
	int rc;

	fsk_buf_init(&b, FSK_PROFILE_PLACE_LEN + 1);
	rc = append_escaped(&b, path, slash != NULL ? (size_t) (slash - path) : strlen(path), err);
	if (rc == 0 && slash != NULL)
		rc = fsk_buf_append_str(&b, "/*", err);
	if (rc == 0)
		rc = fsk_buf_append_u8(&b, 0, err);
	if (rc == 0)
		rc = keep_place(p, (const char *) b.data, err);
	fsk_buf_free(&b);
	return rc;
}

static int append_places(struct fsk_buf *b, const struct fsk_profiles *p, struct fsk_err *err)
{
	int rc = fsk_buf_append_u8(b, '{', err);

	for (size_t i = 0; rc == 0 && i < HOMES; i++)
		if (homes[i].windows)
			rc = fsk_buf_printf(b, err, "%s%.*s%s", i > 0 ? "," : "",
			                    (int) strlen(homes[i].path) - 1, homes[i].path,
			                    homes[i].itself ? "" : "/*");
	for (size_t i = 0; rc == 0 && p != NULL && i < p->nplaces; i++)
		rc = fsk_buf_printf(b, err, ",%s", p->places[i]);
	return rc == 0 ? fsk_buf_append_u8(b, '}', err) : rc;
}

static bool stands_in_front(const char *pattern, const char *mark)
{
	const char *behind = mark + strlen(MARK);

	if (*behind != '/' || strstr(behind, MARK) != NULL)
		return false;
	return mark == pattern || mark[-1] == '{' || mark[-1] == ',' ||
	       (mark == pattern + 1 && mark[-1] == '/');
}

static int add_marked(struct fsk_globset *set, const struct fsk_profiles *p, const char *pattern,
                      const char *mark, struct fsk_err *err)
{
	const char *behind = mark + strlen(MARK);
	struct fsk_buf b;
	int rc;

	fsk_buf_init(&b, FSK_GLOB_LEN_MAX + 1);
	rc = fsk_buf_append(&b, pattern, (size_t) (mark - pattern), err);
	if (rc == 0)
		rc = append_places(&b, p, err);
	if (rc == 0)
		rc = fsk_buf_append(&b, behind, strlen(behind) + 1, err);
	if (rc == 0)
		rc = fsk_globset_add(set, (const char *) b.data, err);
	fsk_buf_free(&b);
	return rc;
}

int fsk_profiles_glob(struct fsk_globset *set, const struct fsk_profiles *p, const char *pattern,
                      struct fsk_err *err)
{
	const char *mark = strstr(pattern, MARK);
	int rc;

	if (mark == NULL)
		return fsk_globset_add(set, pattern, err);
	if (!stands_in_front(pattern, mark))
		return fsk_err_set(err, FSK_EINVAL,
		                   "\"%s\" stands once, for a folder in front of a path", MARK);
	if (strlen(pattern) > MARKED_LEN_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "pattern with \"%s\" is over %u bytes", MARK,
		                   MARKED_LEN_MAX);
	rc = add_marked(set, p, pattern, mark, err);
	/* the places of a volume may make four times as many */
	if (rc == 0 && (p == NULL || p->nplaces == 0) && set->count > FSK_GLOB_ALTERNATIVES_MAX / 4)
		rc = fsk_err_set(err, FSK_ELIMIT, "pattern with \"%s\" has too many alternatives",
		                 MARK);
	return rc;
}

/* --- JSON --- */

json_t *fsk_profiles_to_json(const struct fsk_profiles *p)
{
	json_t *folders = json_array(), *places = json_array();

	for (size_t i = 0; i < p->count; i++)
		json_array_append_new(folders,
		                      json_pack("[s, s?]", p->items[i].path, p->items[i].sid));
	for (size_t i = 0; i < p->nplaces; i++)
		json_array_append_new(places, json_string(p->places[i]));
	return json_pack("{s:o, s:o}", "folders", folders, "places", places);
}

static int take_folder(struct fsk_profiles *out, const json_t *pair, struct fsk_err *err)
{
	const char *path = json_string_value(json_array_get(pair, 0));
	const json_t *sid = json_array_get(pair, 1);

	if (path == NULL || strlen(path) >= FSK_PROFILE_PATH_MAX ||
	    !(json_is_string(sid) || json_is_null(sid)))
		return fsk_err_set(err, FSK_EPROTO, "a profile is no pair of folder and SID");
	return fsk_profiles_add(out, path, json_string_value(sid), err);
}

static int take_place(struct fsk_profiles *out, const char *place, struct fsk_err *err)
{
	if (place == NULL || strlen(place) > FSK_PROFILE_PLACE_LEN || strstr(place, MARK) != NULL ||
	    keep_place(out, place, NULL) < 0)
		return fsk_err_set(err, FSK_EPROTO, "a place of profiles is none");
	return 0;
}

int fsk_profiles_from_json(struct fsk_profiles *out, const json_t *j, struct fsk_err *err)
{
	const json_t *folders = json_object_get(j, "folders"),
	             *places = json_object_get(j, "places");
	json_t *item;
	size_t i;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if (j == NULL)
		return 0;
	if (!json_is_array(folders) || !json_is_array(places))
		return fsk_err_set(err, FSK_EPROTO, "\"profiles\" has no lists");
	json_array_foreach ((json_t *) folders, i, item)
		if (rc == 0)
			rc = take_folder(out, item, err);
	json_array_foreach ((json_t *) places, i, item)
		if (rc == 0)
			rc = take_place(out, json_string_value(item), err);
	fsk_profiles_settle(out);
	return rc;
}
