#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/lua/internal.h"

/// # Entries
///
/// A file, folder or stream of the volume: what `run` gets for globs and artifacts with `as =
/// "file"`, and what `ctx:glob`, `ctx:lookup` and `ctx:follow` give. It goes dead when the
/// call of `run` ends; a later use raises.
///
/// | member | meaning |
/// |---|---|
/// | `e.path` | inside the volume, `/` separated, in the case of the disk |
/// | `e.full` | with the drive letter: `C:/Users/…`; `/Users/…` where there is none |
/// | `e.name`, `e.folder`, `e.ext` | parts of the path; `ext` is in lower case and without
///     the dot, `""` if none |
/// | `e.size` | bytes of the stream |
/// | `e.type` | `"file"`, `"dir"`, `"link"`, `"other"` |
/// | `e.stream` | name of the alternate data stream, or nil |
/// | `e.deleted` | whether the name or the record is unallocated |
/// | `e.user` | the name of the profile folder that the path lies in, or nil: `Users/<user>/…`,
///     `home/<user>/…`, those of services, and wherever the ProfileList of a Windows has one |
/// | `e.profile` | the path of that folder: `"Users/ann"`, or nil |
/// | `e.sid` | the SID to which ProfileList gives that folder (below `Windows.old` that of the
///     former Windows), or nil |
/// | `e.times` | ISO times or nil: `modified accessed changed created`, on NTFS also
///     `fn_modified fn_accessed fn_changed fn_created` |
/// | `e.artifact` | the artifact or glob that matched; items only |
///
/// ```lua
/// assert(item.full == "C:/Users/ann/Downloads/setup.exe")
/// assert(item.ext == "exe" and item.user == "ann" and item.type == "file")
/// assert(item.times.modified == "2023-03-29T08:15:30Z")
/// ```
struct entry {
	struct fsk_object object;
	struct fsk_entry e;
	char *artifact;    /* NULL: no item */
	bool damage_noted; /* the anomaly about it was reported */
	/* results that a jump must not lose */
	char **streams;
	size_t nstreams;
	struct fsk_digest *digest;
};

static void release(struct fsk_object *self)
{
	struct entry *o = (struct entry *) self;

	fsk_entry_free(&o->e);
	free(o->artifact);
	fsk_fs_streams_free(o->streams, o->nstreams);
	fsk_digest_free(o->digest);
}

static const struct fsk_entry *entry_of(const struct fsk_object *self)
{
	return &((const struct entry *) self)->e;
}

static struct entry *check(lua_State *L)
{
	return fsk_object_check(L, 1, &fsk_bound_entry);
}

struct fsk_entry *fsk_entry_push(lua_State *L, const char *artifact)
{
	struct entry *o = fsk_object_new(L, &fsk_bound_entry, sizeof(*o), 0);

	if (artifact != NULL) {
		o->artifact = strdup(artifact);
		if (o->artifact == NULL)
			luaL_error(L, "no memory");
	}
	return &o->e;
}

/* --- fields --- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

bool fsk_entry_lends(const char *key)
{
	return strcmp(key, "user") == 0 || strcmp(key, "sid") == 0 || strcmp(key, "profile") == 0 ||
	       strcmp(key, "artifact") == 0;
}

static void push_full(lua_State *L, const struct fsk_entry *e)
{
	char letter = fsk_run_letter(fsk_run_of(L), &e->loc);

	if (letter != 0)
		lua_pushfstring(L, "%c:/%s", letter, e->loc.path);
	else
		lua_pushfstring(L, "/%s", e->loc.path);
}

static void push_folder(lua_State *L, const struct fsk_entry *e)
{
	const char *slash = strrchr(e->loc.path, '/');

	lua_pushlstring(L, e->loc.path, slash != NULL ? (size_t) (slash - e->loc.path) : 0);
}

static void push_ext(lua_State *L, const struct fsk_entry *e)
{
	const char *name = base_name(e->loc.path);
	const char *dot = strrchr(name, '.');
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	for (const char *p = dot != NULL && dot != name ? dot + 1 : ""; *p != '\0'; p++)
		luaL_addchar(&b, (char) tolower((unsigned char) *p));
	luaL_pushresult(&b);
}

static struct fsk_profile_of profile_of(lua_State *L, const struct entry *o)
{
	const struct fsk_engine_item *item = fsk_run_of(L)->item;
	bool elsewhere = fsk_machine_find(item->machine, &o->e.loc) != NULL;
	struct fsk_profile_of p;

	fsk_profiles_find(&p, elsewhere ? NULL : item->profiles, o->e.loc.path);
	return p;
}

/* A part of the path, nil when it is empty. */
static void push_part(lua_State *L, const struct entry *o, size_t at, size_t n)
{
	char *part = n > 0 ? lua_newuserdatauv(L, n + 1, 0) : NULL;

	if (part != NULL) {
		memcpy(part, o->e.loc.path + at, n);
		part[n] = '\0';
	}
	fsk_push_text(L, part);
}

static void push_times(lua_State *L, const struct fsk_times *t)
{
	const struct {
		const char *name;
		fsk_time time;
	} all[] = {
		{ "modified", t->modified },       { "accessed", t->accessed },
		{ "changed", t->changed },         { "created", t->created },
		{ "fn_modified", t->fn_modified }, { "fn_accessed", t->fn_accessed },
		{ "fn_changed", t->fn_changed },   { "fn_created", t->fn_created },
	};

	lua_createtable(L, 0, 8);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		fsk_push_time(L, all[i].time);
		lua_setfield(L, -2, all[i].name);
	}
}

static void get_path(lua_State *L, const struct entry *o)
{
	fsk_push_text(L, o->e.loc.path);
}
static void get_full(lua_State *L, const struct entry *o)
{
	push_full(L, &o->e);
}
static void get_folder(lua_State *L, const struct entry *o)
{
	push_folder(L, &o->e);
}
static void get_ext(lua_State *L, const struct entry *o)
{
	push_ext(L, &o->e);
}
static void get_user(lua_State *L, const struct entry *o)
{
	struct fsk_profile_of p = profile_of(L, o);

	push_part(L, o, p.name, p.name_len);
}
static void get_profile(lua_State *L, const struct entry *o)
{
	push_part(L, o, 0, profile_of(L, o).folder);
}
static void get_sid(lua_State *L, const struct entry *o)
{
	fsk_push_text(L, profile_of(L, o).sid);
}
static void get_times(lua_State *L, const struct entry *o)
{
	push_times(L, &o->e.times);
}
static void get_stream(lua_State *L, const struct entry *o)
{
	fsk_push_text(L, o->e.loc.stream);
}
static void get_artifact(lua_State *L, const struct entry *o)
{
	fsk_push_text(L, o->artifact);
}

static void get_name(lua_State *L, const struct entry *o)
{
	fsk_push_text(L, base_name(o->e.loc.path));
}

static void get_size(lua_State *L, const struct entry *o)
{
	lua_pushinteger(L, (lua_Integer) o->e.size);
}

static void get_type(lua_State *L, const struct entry *o)
{
	lua_pushstring(L, fsk_entry_type_name(o->e.type));
}

static void get_deleted(lua_State *L, const struct entry *o)
{
	lua_pushboolean(L, o->e.loc.deleted);
}

static int get(lua_State *L, struct fsk_object *self, const char *key)
{
	static const struct {
		const char *name;
		void (*push)(lua_State *L, const struct entry *o);
	} fields[] = {
		{ "path", get_path },     { "full", get_full },       { "name", get_name },
		{ "folder", get_folder }, { "ext", get_ext },         { "size", get_size },
		{ "type", get_type },     { "stream", get_stream },   { "deleted", get_deleted },
		{ "user", get_user },     { "times", get_times },     { "artifact", get_artifact },
		{ "sid", get_sid },       { "profile", get_profile },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (strcmp(key, fields[i].name) == 0) {
			fields[i].push(L, (const struct entry *) self);
			return 1;
		}
	}
	return 0;
}

/* --- reading --- */

int fsk_entry_stream(struct fsk_stream **out, const struct fsk_object *o, const struct fsk_entry *e,
                     struct fsk_err *err)
{
	struct fsk_run *run = o->run;
	int rc;

	if (run->stream_owner != o) {
		if (run->stream_owner != NULL)
			fsk_stream_close(run->stream);
		run->stream_owner = NULL;
		rc = fsk_stream_open(&run->stream, fsk_run_fs(run, &e->loc), &e->loc, err);
		if (rc < 0)
			return rc;
		run->stream_owner = o;
	}
	*out = run->stream;
	return 0;
}

static int open_stream(struct fsk_stream **out, struct entry *o, struct fsk_err *err)
{
	return fsk_entry_stream(out, &o->object, &o->e, err);
}

/* Reports once that the entry cannot be read in full. */
static int note_damage(struct entry *o, const struct fsk_rangelog *bad, struct fsk_err *err)
{
	if (o->damage_noted || bad == NULL || bad->count == 0)
		return 0;
	o->damage_noted = true;
	return fsk_run_anomaly(o->object.run, FSK_EIO, &o->e,
	                       "unreadable ranges were read as zeros by a plugin", bad->ranges,
	                       bad->count, err);
}

int fsk_entry_note_damage(struct fsk_object *o, struct fsk_err *err)
{
	if (o->bound != &fsk_bound_entry || o->run == NULL || o->run->stream_owner != o)
		return 0;
	return note_damage((struct entry *) o, fsk_stream_bad(o->run->stream), err);
}

static int read_pieces(struct fsk_stream *st, char *to, size_t n, uint64_t off, size_t *got,
                       struct fsk_err *err)
{
	*got = 0;
	while (*got < n) {
		size_t piece = n - *got < FSK_FILE_PIECE ? n - *got : FSK_FILE_PIECE;
		int64_t r = fsk_stream_read(st, to + *got, piece, off + *got, NULL, err);

		if (r < 0)
			return (int) r;
		if (r == 0)
			break;
		*got += (size_t) r;
	}
	return 0;
}

/// e:read([offset[, n]])
///
/// Bytes of the file as a string: all of it, or up to `n` bytes (at most 64 MiB) from
/// `offset`, which counts from 0. `""` at the end. `nil, message, code` when nothing can be
/// read, or the whole is larger than 64 MiB. Ranges that the medium does not give come as
/// zeros, and an anomaly says so.
///
/// ```lua
/// assert(item:read(0, 2) == "MZ")
/// assert(item:read(item.size) == "")
/// ```
static int method_read(lua_State *L)
{
	struct entry *o = check(L);
	lua_Integer off = luaL_optinteger(L, 2, 0), n = luaL_optinteger(L, 3, -1);
	struct fsk_err err;
	struct fsk_stream *st;
	luaL_Buffer b;
	size_t got;
	uint64_t left;
	char *to;

	luaL_argcheck(L, off >= 0, 2, "must not be negative");
	luaL_argcheck(L, lua_isnoneornil(L, 3) || (n >= 0 && n <= (lua_Integer) FSK_LUA_STRING_MAX),
	              3, "must be between 0 and 64 MiB");
	if (open_stream(&st, o, &err) < 0)
		return fsk_push_failure(L, &err);
	left = fsk_stream_size(st) > (uint64_t) off ? fsk_stream_size(st) - (uint64_t) off : 0;
	if (n < 0 && left > FSK_LUA_STRING_MAX) {
		fsk_err_set(&err, FSK_ELIMIT, "\"%s\" is larger than 64 MiB: read it in pieces",
		            o->e.loc.path);
		return fsk_push_failure(L, &err);
	}
	if (n < 0 || (uint64_t) n > left)
		n = (lua_Integer) left;
	to = luaL_buffinitsize(L, &b, (size_t) n);
	if (read_pieces(st, to, (size_t) n, (uint64_t) off, &got, &err) < 0)
		return fsk_push_failure(L, &err);
	luaL_pushresultsize(&b, got);
	if (note_damage(o, fsk_stream_bad(st), &err) < 0)
		return fsk_sandbox_stop(L, &err);
	return 1;
}

static int digest_stream(struct entry *o, struct fsk_digests *out, unsigned which, void *piece,
                         struct fsk_err *err)
{
	struct fsk_stream *st;
	uint64_t off = 0;
	int64_t n;
	int rc = open_stream(&st, o, err);

	if (rc == 0)
		rc = fsk_digest_new(&o->digest, which, err);
	while (rc == 0) {
		n = fsk_stream_read(st, piece, FSK_FILE_PIECE, off, NULL, err);
		if (n <= 0) {
			rc = (int) n;
			break;
		}
		off += (uint64_t) n;
		rc = fsk_digest_update(o->digest, piece, (size_t) n, err);
	}
	if (rc == 0 && fsk_stream_status(st) != FSK_STATUS_COMPLETE)
		rc = fsk_err_set(err, FSK_EIO, "\"%s\" has ranges that cannot be read",
		                 o->e.loc.path);
	if (rc == 0)
		rc = fsk_digest_final(out, o->digest, err);
	fsk_digest_free(o->digest);
	o->digest = NULL;
	return rc;
}

/// e:sha256()
///
/// SHA-256 of the whole stream in lower-case hex; `nil, message, code` when a part of it
/// cannot be read.
///
/// ```lua
/// assert(#item:sha256() == 64)
/// ```
static int method_sha256(lua_State *L)
{
	struct entry *o = check(L);
	void *piece = lua_newuserdatauv(L, FSK_FILE_PIECE, 0);
	struct fsk_digests digests;
	struct fsk_err err;

	if (digest_stream(o, &digests, FSK_DIGEST_SHA256, piece, &err) < 0)
		return fsk_push_failure(L, &err);
	lua_pushstring(L, digests.sha256);
	return 1;
}

/// e:digests()
///
/// Table with `sha256`, `sha1` and `md5` of the whole stream, from one reading; `nil,
/// message, code` as above.
///
/// ```lua
/// local d = item:digests()
/// assert(d.sha256 == item:sha256() and #d.sha1 == 40 and #d.md5 == 32)
/// ```
static int method_digests(lua_State *L)
{
	struct entry *o = check(L);
	void *piece = lua_newuserdatauv(L, FSK_FILE_PIECE, 0);
	struct fsk_digests digests;
	struct fsk_err err;

	if (digest_stream(o, &digests, FSK_DIGEST_ALL, piece, &err) < 0)
		return fsk_push_failure(L, &err);
	lua_createtable(L, 0, 3);
	lua_pushstring(L, digests.sha256);
	lua_setfield(L, -2, "sha256");
	lua_pushstring(L, digests.sha1);
	lua_setfield(L, -2, "sha1");
	lua_pushstring(L, digests.md5);
	lua_setfield(L, -2, "md5");
	return 1;
}

/// e:streams()
///
/// List of the names of the alternate data streams.
///
/// ```lua
/// for _, name in ipairs(item:streams()) do
///     local stream = item:sibling(item.name .. ":" .. name)
///     ctx:record("stream", { name = name, text = stream:read(0, 1024), entry = stream })
/// end
/// ```
static int method_streams(lua_State *L)
{
	struct entry *o = check(L);
	struct fsk_err err;

	fsk_fs_streams_free(o->streams, o->nstreams);
	o->streams = NULL;
	o->nstreams = 0;
	if (fsk_fs_streams(&o->streams, &o->nstreams, fsk_run_fs(o->object.run, &o->e.loc), &o->e,
	                   &err) < 0)
		return fsk_push_failure(L, &err);
	fsk_lua_push_list(L, (int) o->nstreams);
	for (size_t i = 0; i < o->nstreams; i++) {
		lua_pushstring(L, o->streams[i]);
		lua_rawseti(L, -2, (lua_Integer) i + 1);
	}
	return 1;
}

/// e:sibling(name)
///
/// The entry of that name in the same folder; of a folder, inside it. `name` may lead deeper
/// with `/`, and name a stream with `:`. `nil, message, code` when it is not there.
///
/// ```lua
/// local mark = item:sibling("setup.exe:Zone.Identifier")
/// assert(mark:read():find("ZoneId=3", 1, true))
/// assert(not item:sibling("gone.txt"))
/// ```
static int method_sibling(lua_State *L)
{
	struct entry *o = check(L);
	const char *name = luaL_checkstring(L, 2), *path;
	struct fsk_err err;

	luaL_argcheck(L, *name != '\0' && *name != '/' && strchr(name, '\\') == NULL, 2,
	              "expected a name, or a path with '/' below the folder");
	fsk_sandbox_charge(L, FSK_COST_LOOKUP);
	if (o->e.type == FSK_ENTRY_DIR)
		fsk_push_text(L, o->e.loc.path);
	else
		push_folder(L, &o->e);
	path = lua_tostring(L, -1);
	path = *path != '\0' ? lua_pushfstring(L, "%s/%s", path, name) : lua_pushstring(L, name);
	if (fsk_fs_lookup(fsk_entry_push(L, NULL), fsk_run_fs(o->object.run, &o->e.loc), path,
	                  &err) < 0)
		return fsk_push_failure(L, &err);
	return 1;
}

int fsk_entry_slurp(struct fsk_buf *out, struct fsk_run *run, const struct fsk_entry *e,
                    struct fsk_err *err)
{
	enum fsk_status status = FSK_STATUS_COMPLETE;
	int rc = fsk_stream_slurp(out, &status, fsk_run_fs(run, &e->loc), &e->loc, err);

	if (rc < 0 || status == FSK_STATUS_COMPLETE)
		return rc;
	return fsk_run_anomaly(run, FSK_EIO, e,
	                       status == FSK_STATUS_UNREADABLE
	                           ? "cannot be read; a plugin saw zeros"
	                           : "parts cannot be read; a plugin saw zeros there",
	                       NULL, 0, err);
}

static const luaL_Reg methods[] = {
	{ "read", method_read },
	{ "sha256", method_sha256 },
	{ "digests", method_digests },
	{ "streams", method_streams },
	{ "sibling", method_sibling },
	{ "find", fsk_entry_find },
	{ NULL, NULL },
};

const struct fsk_bound fsk_bound_entry = {
	.name = "entry",
	.methods = methods,
	.get = get,
	.release = release,
	.entry = entry_of,
};
